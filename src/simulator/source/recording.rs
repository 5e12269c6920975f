//! A recording as a source: raw lines `(time_local, frame)` given by the caller.
//!
//! Depth diffs pass unchanged under the subscribed name (`@depth@100ms` for a recorded
//! `@depth@0ms`). `trade` becomes `aggTrade` with a = f = l = t, and only market trades do. A
//! REST `depth` request is answered with the recording's own snapshot, held back until its line
//! has been reached.

use std::collections::VecDeque;

use model::{Instrument, Nanos};

use super::{Ask, Outgoing, Reply, Source};
use crate::speech::Speech;
use crate::statistics::scan;

/// Aggregates kept for REST.
const AGGREGATES_KEPT: usize = 1 << 18;

/// What a recording held, for the closing report.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RecordingStatistics {
    /// Frames passed on.
    pub frames: u64,
    /// Trades that were no market trades: their ids stay holes.
    pub foreign: u64,
    /// Lines that were neither frame nor snapshot.
    pub skipped: u64,
}

/// A recorded session of one instrument.
pub struct RecordingSource<I> {
    lines: I,
    ahead: Option<(Nanos, Vec<u8>)>,
    instrument: Instrument,
    price_places: u32,
    /// Recorded stream names and the names under which they are sent.
    names: Vec<(String, String)>,
    snapshot: Option<Vec<u8>>,
    aggregates: VecDeque<(u64, u64, Vec<u8>)>,
    mark: Option<Vec<u8>>,
    /// What was passed on and what was not.
    pub statistics: RecordingStatistics,
    start: Nanos,
    shift: i64,
}

impl<I> std::fmt::Debug for RecordingSource<I> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RecordingSource")
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator<Item = (Nanos, Vec<u8>)> + Send> RecordingSource<I> {
    /// The session in `lines`: receive time and frame, in order of arrival.
    #[must_use]
    pub fn new(mut lines: I, instrument: Instrument, price_places: u32) -> Self {
        let ahead = lines.next();
        let start = ahead.as_ref().map_or(Nanos::NONE, |line| line.0);
        // The recorder's clock stood beside the venue's; frames leave by the venue's.
        let event = ahead.as_ref().and_then(|line| scan::whole(scan::payload(&line.1), "E"));
        let venue = event.map_or(start, Nanos::from_millis);
        let shift = i64::try_from(i128::from(venue.0) - i128::from(start.0)).unwrap_or(0);
        let lower = instrument.symbol.text().to_lowercase();
        let name = |from: &str, to: &str| (format!("{lower}{from}"), format!("{lower}{to}"));
        let names = vec![
            name("@depth@0ms", "@depth@100ms"),
            name("@depth@100ms", "@depth@100ms"),
            name("@bookTicker", "@bookTicker"),
            name("@trade", "@aggTrade"),
            name("@aggTrade", "@aggTrade"),
            name("@markPrice@1s", "@markPrice@1s"),
            name("@markPrice", "@markPrice@1s"),
            name("@forceOrder", "@forceOrder"),
            name("@kline_1m", "@kline_1m"),
        ];
        Self {
            lines,
            ahead,
            instrument,
            price_places,
            names,
            snapshot: None,
            aggregates: VecDeque::new(),
            mark: None,
            statistics: RecordingStatistics::default(),
            start: venue,
            shift,
        }
    }

    fn venue_time(&self, local: Nanos) -> Nanos {
        Nanos(local.0.saturating_add_signed(self.shift))
    }

    /// Fills in the frame of a line; `false` when the line is no frame to be sent.
    fn line(&mut self, local: Nanos, line: &[u8], out: &mut Outgoing) -> bool {
        let payload = scan::payload(line);
        if scan::value(payload, "e").is_none() {
            match scan::whole(payload, "lastUpdateId") {
                Some(_) => self.snapshot = Some(payload.to_vec()),
                None => self.statistics.skipped += 1,
            }
            return false;
        }
        let recorded = scan::value(line, "stream").unwrap_or_default();
        let found = self.names.iter().find(|(from, _)| from.as_bytes() == recorded);
        let Some((_, name)) = found else {
            self.statistics.skipped += 1;
            return false;
        };
        out.stream.clear();
        out.stream.push_str(name);
        out.time_venue = self.venue_time(local);
        out.payload.clear();
        // The wrapper's closing brace is not the payload's.
        let wrapped = payload.len() < line.len();
        let bare = payload.strip_suffix(b"\n").unwrap_or(payload);
        let bare = if wrapped { bare.strip_suffix(b"}").unwrap_or(bare) } else { bare };
        match scan::value(bare, "e") {
            Some(b"trade") => return self.trade(bare, out),
            Some(b"aggTrade") => {
                out.id = scan::whole(bare, "a").unwrap_or(0);
                self.keep(out.id, bare);
            }
            Some(b"markPriceUpdate") => self.mark = Some(bare.to_vec()),
            _ => out.id = scan::whole(bare, "u").unwrap_or(0),
        }
        out.payload.extend_from_slice(bare);
        self.statistics.frames += 1;
        true
    }

    /// A single trade as an aggregate of one.
    fn trade(&mut self, bare: &[u8], out: &mut Outgoing) -> bool {
        let part = |key| scan::value(bare, key).and_then(|part| std::str::from_utf8(part).ok());
        let (Some(id), Some(event), Some(time)) =
            (scan::whole(bare, "t"), scan::whole(bare, "E"), scan::whole(bare, "T"))
        else {
            self.statistics.skipped += 1;
            return false;
        };
        let (Some(price), Some(lots), Some(maker)) = (part("p"), part("q"), part("m")) else {
            self.statistics.skipped += 1;
            return false;
        };
        if part("X").is_some_and(|kind| kind != "MARKET") {
            self.statistics.foreign += 1;
            return false;
        }
        let symbol = self.instrument.symbol;
        let mut speech = Speech::new(&mut out.payload);
        speech.text("{\"e\":\"aggTrade\",\"E\":").whole(event).text(",\"a\":").whole(id);
        speech.text(",\"s\":\"").text(symbol.text()).text("\",\"p\":\"").text(price);
        speech.text("\",\"q\":\"").text(lots).text("\",\"nq\":\"").text(lots);
        speech.text("\",\"f\":").whole(id).text(",\"l\":").whole(id);
        speech.text(",\"T\":").whole(time).text(",\"m\":").text(maker).text(",\"st\":1}");
        out.id = id;
        let payload = std::mem::take(&mut out.payload);
        self.keep(id, &payload);
        out.payload = payload;
        self.statistics.frames += 1;
        true
    }

    fn keep(&mut self, id: u64, payload: &[u8]) {
        if self.aggregates.len() == AGGREGATES_KEPT {
            self.aggregates.pop_front();
        }
        let time = scan::whole(payload, "T").unwrap_or(0);
        self.aggregates.push_back((id, time, rest_form(payload)));
    }

    fn aggregates(&self, limit: usize, wanted: impl Fn(u64, u64) -> bool) -> Vec<u8> {
        let mut body = vec![b'['];
        let within = self.aggregates.iter().filter(|(id, time, _)| wanted(*id, *time));
        for (at, (_, _, trade)) in within.take(limit).enumerate() {
            if at > 0 {
                body.push(b',');
            }
            body.extend_from_slice(trade);
        }
        body.push(b']');
        body
    }
}

/// An aggregate as REST writes it: from `a` on, without what only the stream has.
fn rest_form(payload: &[u8]) -> Vec<u8> {
    let part = |key| scan::value(payload, key).unwrap_or_default();
    let mut body = Vec::with_capacity(128);
    for (open, key, close) in [
        ("{\"a\":", "a", ""),
        (",\"p\":\"", "p", "\""),
        (",\"q\":\"", "q", "\""),
        (",\"nq\":\"", "nq", "\""),
        (",\"f\":", "f", ""),
        (",\"l\":", "l", ""),
        (",\"T\":", "T", ""),
        (",\"m\":", "m", "}"),
    ] {
        let value = if key == "nq" && part(key).is_empty() { part("q") } else { part(key) };
        body.extend_from_slice(open.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(close.as_bytes());
    }
    body
}

impl<I: Iterator<Item = (Nanos, Vec<u8>)> + Send> Source for RecordingSource<I> {
    fn instruments(&self) -> Vec<(Instrument, u32)> {
        vec![(self.instrument, self.price_places)]
    }

    fn time_start(&self) -> Nanos {
        self.start
    }

    fn next(&mut self, out: &mut Outgoing) -> bool {
        while let Some((local, line)) = self.ahead.take() {
            self.ahead = self.lines.next();
            if self.line(local, &line, out) {
                return true;
            }
        }
        false
    }

    fn ask(&mut self, place: usize, ask: Ask) -> Reply {
        if place != 0 {
            return Reply::Unknown;
        }
        match ask {
            Ask::Depth { .. } => match (&self.snapshot, &self.ahead) {
                (Some(snapshot), _) => Reply::Body(snapshot.clone()),
                (None, Some(_)) => Reply::Later,
                (None, None) => Reply::Unknown,
            },
            Ask::Aggregates { from: Some(from), limit } => {
                Reply::Body(self.aggregates(limit, |id, _| id >= from))
            }
            Ask::Aggregates { from: None, limit } => {
                let skip = self.aggregates.len().saturating_sub(limit);
                let least = self.aggregates.get(skip).map_or(0, |trade| trade.0);
                Reply::Body(self.aggregates(limit, |id, _| id >= least))
            }
            Ask::AggregatesBetween { from, to, limit } => {
                let (from, to) = (from.0 / 1_000_000, to.0 / 1_000_000);
                Reply::Body(self.aggregates(limit, |_, time| (from..=to).contains(&time)))
            }
            Ask::PremiumIndex => {
                self.mark.as_ref().map_or(Reply::Unknown, |mark| Reply::Body(premium_index(mark)))
            }
            // No candles and no open interest were recorded: said, not invented.
            Ask::Klines { .. } => Reply::Body(b"[]".to_vec()),
            Ask::OpenInterest => Reply::Unknown,
        }
    }

    fn carries(&self, stream: &str) -> bool {
        self.names.iter().any(|(_, name)| name == stream)
    }
}

/// A recorded mark price frame in the form of the REST reply.
fn premium_index(mark: &[u8]) -> Vec<u8> {
    let part =
        |key| scan::value(mark, key).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("");
    format!(
        "{{\"symbol\":\"{}\",\"markPrice\":\"{}\",\"indexPrice\":\"{}\",\"estimatedSettlePrice\":\"{}\",\
         \"lastFundingRate\":\"{}\",\"interestRate\":\"0.00010000\",\"nextFundingTime\":{},\"time\":{}}}",
        part("s"), part("p"), part("i"), part("P"), part("r"), part("T"), part("E")
    )
    .into_bytes()
}

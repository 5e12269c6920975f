//! What we ask the venue, what it costs, and how the answer becomes messages.

use model::{Draft, Flags, Instrument, InstrumentId, Instruments, Interval, Kind, Nanos, Refusal};
use serde_json::{Map, Value, json};
use wire::{Decoder, Endpoint, Frame, exchange_info};

use super::client::{Client, RestError};
use super::instant;
use super::ledger::Need;
use crate::feed::repair::Print;

/// Trades in one page, the venue's most.
pub const PAGE: u64 = 1_000;

/// How an instrument pays its funding, where it is not the usual eight hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FundingInfo {
    /// Whose.
    pub instrument: InstrumentId,
    /// Hours between two settlements.
    pub interval_hours: u64,
    /// The highest rate, as the venue writes it; empty where it does not.
    pub cap: String,
    /// The lowest rate, as the venue writes it; empty where it does not.
    pub floor: String,
}

impl FundingInfo {
    /// Every eight hours, cap and floor not known.
    #[must_use]
    pub const fn usual(instrument: InstrumentId) -> Self {
        Self { instrument, interval_hours: 8, cap: String::new(), floor: String::new() }
    }
}

/// The questions, with a decoder for the answers. One for each thread.
#[derive(Debug)]
pub struct Questions {
    /// Who asks.
    pub client: Client,
    decoder: Decoder,
}

fn unreadable(reason: Refusal) -> RestError {
    RestError::Unreadable(reason.sentence().into())
}

fn shape() -> RestError {
    RestError::Unreadable("not the shape that the endpoint answers in".into())
}

impl Questions {
    /// Questions about these instruments.
    #[must_use]
    pub fn new(client: Client, instruments: Instruments) -> Self {
        Self { client, decoder: Decoder::new(instruments) }
    }

    /// The instruments asked about.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        self.decoder.instruments()
    }

    /// Takes an instrument's new grid.
    pub fn put(&mut self, instrument: Instrument) {
        // It is in the table already, so there is room for it.
        let _ = self.decoder.put(instrument);
    }

    fn symbol(&self, id: InstrumentId) -> Result<String, RestError> {
        let instrument = self.decoder.instruments().get(id);
        instrument
            .map(|one| encoded(one.symbol.text()))
            .ok_or_else(|| RestError::Unreadable(format!("there is no instrument {}", id.0)))
    }

    /// The venue's clock: one more sample of the offset.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn server_time(&mut self) -> Result<(), RestError> {
        let reply = self.client.get("/fapi/v1/time", 1, Need::Routine)?;
        let value = parsed(&reply.body)?;
        let millis = value.get("serverTime").and_then(Value::as_u64);
        // The venue cuts to the millisecond: half of one is the best guess of what it cut.
        let server = millis.and_then(instant).ok_or_else(shape)?.after(Nanos(500_000));
        self.client.with_offset(|offset| offset.hear(reply.sent, server, reply.received));
        Ok(())
    }

    /// A depth snapshot of `limit` levels a side, as an event.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn snapshot(
        &mut self,
        id: InstrumentId,
        limit: u32,
        need: Need,
    ) -> Result<Draft, RestError> {
        let weight = match limit {
            0..=50 => 2,
            51..=100 => 5,
            101..=500 => 10,
            _ => 20,
        };
        let path = format!("/fapi/v1/depth?symbol={}&limit={limit}", self.symbol(id)?);
        self.event(&path, weight, need, Endpoint::Depth(id))
    }

    /// Open interest, as an event.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn open_interest(&mut self, id: InstrumentId) -> Result<Draft, RestError> {
        let path = format!("/fapi/v1/openInterest?symbol={}", self.symbol(id)?);
        self.event(&path, 1, Need::Routine, Endpoint::OpenInterest)
    }

    /// Mark, index and funding, as an event.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn premium(&mut self, id: InstrumentId) -> Result<Draft, RestError> {
        let path = format!("/fapi/v1/premiumIndex?symbol={}", self.symbol(id)?);
        self.event(&path, 1, Need::Routine, Endpoint::PremiumIndex)
    }

    fn event(
        &mut self,
        path: &str,
        weight: u32,
        need: Need,
        endpoint: Endpoint,
    ) -> Result<Draft, RestError> {
        let reply = self.client.get(path, weight, need)?;
        let mut draft = Draft::default();
        self.decoder
            .answer(endpoint, &reply.body, reply.received, &mut draft)
            .map_err(unreadable)?;
        Ok(draft)
    }

    /// Up to [`PAGE`] aggregate trades from an id on, ascending.
    ///
    /// # Errors
    /// [`RestError`]; a page with one bad trade is refused whole.
    pub fn trades(
        &mut self,
        id: InstrumentId,
        from: u64,
        limit: u64,
        need: Need,
    ) -> Result<Vec<Print>, RestError> {
        let limit = limit.clamp(1, PAGE);
        let prints = self.page(id, &format!("fromId={from}&limit={limit}"), need)?;
        if prints.first().is_some_and(|first| first.head.id < from) {
            return Err(shape());
        }
        Ok(prints)
    }

    /// The newest aggregate trade; `None` when there was none yet.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn newest_trade(
        &mut self,
        id: InstrumentId,
        need: Need,
    ) -> Result<Option<Print>, RestError> {
        Ok(self.page(id, "limit=1", need)?.pop())
    }

    fn page(&mut self, id: InstrumentId, which: &str, need: Need) -> Result<Vec<Print>, RestError> {
        let symbol = self.symbol(id)?;
        let path = format!("/fapi/v1/aggTrades?symbol={symbol}&{which}");
        let reply = self.client.get(&path, 20, need)?;
        let Value::Array(rows) = parsed(&reply.body)? else { return Err(shape()) };
        let mut prints: Vec<Print> = Vec::with_capacity(rows.len());
        for row in rows {
            let Value::Object(row) = row else { return Err(shape()) };
            let draft = self.trade(id, row, reply.received)?;
            let ascends = prints.last().is_none_or(|last| last.head.id < draft.head.id);
            if !ascends || draft.head.kind() != Some(Kind::Trade) {
                return Err(shape());
            }
            prints.push(Print { head: draft.head, body: draft.body().first().copied() });
        }
        Ok(prints)
    }

    /// A row of aggTrades is a stream's payload without its envelope, so the stream's decoder
    /// reads it, with all its checks.
    fn trade(
        &mut self,
        id: InstrumentId,
        mut row: Map<String, Value>,
        received: Nanos,
    ) -> Result<Draft, RestError> {
        let symbol = self.decoder.instruments().get(id).ok_or_else(shape)?.symbol;
        let time = row.get("T").cloned().ok_or_else(shape)?;
        row.insert("e".into(), "aggTrade".into());
        row.insert("s".into(), symbol.text().into());
        row.insert("E".into(), time);
        let mut draft = self.stream(&Value::Object(row), received)?;
        // REST says nothing of when it would have been sent.
        draft.head.time_event = Nanos::NONE;
        Ok(draft)
    }

    fn stream(&mut self, payload: &Value, received: Nanos) -> Result<Draft, RestError> {
        let text = payload.to_string();
        let mut draft = Draft::default();
        let frame = Frame::bare(text.as_bytes());
        self.decoder.stream(frame, received, &mut draft).map_err(unreadable)?;
        Ok(draft)
    }

    /// The last `limit` candles, the open one not among them, as history events, oldest first.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn klines(
        &mut self,
        id: InstrumentId,
        interval: Interval,
        limit: u64,
    ) -> Result<Vec<Draft>, RestError> {
        let (weight, limit) = match limit.min(1_500) {
            few @ 0..=99 => (1, few + 1),
            some @ 100..=499 => (2, some),
            many @ 500..=1_000 => (5, many),
            most => (10, most),
        };
        let symbol = self.symbol(id)?;
        let path =
            format!("/fapi/v1/klines?symbol={symbol}&interval={}&limit={limit}", interval.text());
        let reply = self.client.get(&path, weight, Need::Routine)?;
        let now = self.client.venue_now();
        let Value::Array(rows) = parsed(&reply.body)? else { return Err(shape()) };
        let mut drafts = Vec::with_capacity(rows.len());
        for row in &rows {
            let Value::Array(row) = row else { return Err(shape()) };
            let end = row.get(6).and_then(Value::as_u64).and_then(instant).ok_or_else(shape)?;
            if end < now {
                drafts.push(self.kline(id, interval, row, reply.received)?);
            }
        }
        Ok(drafts)
    }

    fn kline(
        &mut self,
        id: InstrumentId,
        interval: Interval,
        row: &[Value],
        received: Nanos,
    ) -> Result<Draft, RestError> {
        let [open_time, open, high, low, close, volume, end, quote, trades, buys, buys_quote, ..] =
            row
        else {
            return Err(shape());
        };
        let symbol = self.decoder.instruments().get(id).ok_or_else(shape)?.symbol;
        // REST gives no trade ids; the stream's -1 says the same.
        let payload = json!({
            "e": "kline", "E": end, "s": symbol.text(),
            "k": {"t": open_time, "T": end, "s": symbol.text(), "i": interval.text(), "f": -1,
                  "L": -1, "o": open, "c": close, "h": high, "l": low, "v": volume, "n": trades,
                  "x": true, "q": quote, "V": buys, "Q": buys_quote, "B": "0"},
        });
        let mut draft = self.stream(&payload, received)?;
        draft.head.flags = draft.head.flags.with(Flags::HISTORY);
        Ok(draft)
    }

    /// The venue's table of instruments, with the bytes it came in.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn exchange_info(&mut self) -> Result<(Vec<u8>, Vec<Instrument>), RestError> {
        let reply = self.client.get("/fapi/v1/exchangeInfo", 1, Need::Routine)?;
        let list = exchange_info(&reply.body).map_err(unreadable)?;
        Ok((reply.body, list))
    }

    /// Funding rules that differ from the usual, of our instruments only. The pool of this
    /// endpoint is its own: 500 requests in 5 minutes.
    ///
    /// # Errors
    /// [`RestError`].
    pub fn funding_info(&mut self) -> Result<Vec<FundingInfo>, RestError> {
        let reply = self.client.get("/fapi/v1/fundingInfo", 0, Need::Routine)?;
        let Value::Array(rows) = parsed(&reply.body)? else { return Err(shape()) };
        let mut list = Vec::new();
        for row in &rows {
            let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
            let symbol = text("symbol").ok_or_else(shape)?;
            let Some(instrument) = self.decoder.instruments().find(symbol.as_bytes()) else {
                continue;
            };
            let hours = row.get("fundingIntervalHours").and_then(Value::as_u64);
            list.push(FundingInfo {
                instrument,
                interval_hours: hours.filter(|hours| (1..=24).contains(hours)).ok_or_else(shape)?,
                cap: text("adjustedFundingRateCap").ok_or_else(shape)?,
                floor: text("adjustedFundingRateFloor").ok_or_else(shape)?,
            });
        }
        Ok(list)
    }
}

fn parsed(body: &[u8]) -> Result<Value, RestError> {
    serde_json::from_slice(body).map_err(|error| RestError::Unreadable(error.to_string()))
}

/// A symbol for a URL: some have letters that are not ASCII.
fn encoded(symbol: &str) -> String {
    symbol
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

//! Frames on their way out: the payload bytes of each stream in the layout of late 2026, in the
//! order in which the venue would send them.

use model::{Fine, Instrument, Lots, MILLISECOND, Nanos, Price, Side};

use super::ladder::{Change, Ladder, price_of};
use super::tape::{Aggregate, Candle};
use crate::speech::{Scale, Speech};

/// The streams that a source can carry, by the suffix of their names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stream {
    /// `@aggTrade`, market route.
    AggTrade,
    /// `@depth@100ms`, public route.
    Depth,
    /// `@bookTicker`, public route.
    BookTicker,
    /// `@markPrice@1s`, market route.
    MarkPrice,
    /// `@forceOrder`, market route.
    ForceOrder,
    /// `@kline_1m`, market route.
    Kline,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Self; 6] = [
        Self::AggTrade,
        Self::Depth,
        Self::BookTicker,
        Self::MarkPrice,
        Self::ForceOrder,
        Self::Kline,
    ];

    /// What follows the lower-case symbol in the stream's usual name.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::AggTrade => "@aggTrade",
            Self::Depth => "@depth@100ms",
            Self::BookTicker => "@bookTicker",
            Self::MarkPrice => "@markPrice@1s",
            Self::ForceOrder => "@forceOrder",
            Self::Kline => "@kline_1m",
        }
    }
}

/// One frame as the venue sends it: the bare payload, without the `/stream` wrapper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Venue time at which it leaves.
    pub time_venue: Nanos,
    /// Its stream.
    pub stream: Stream,
    /// Its id: aggregate id, last update id; zero for streams without one.
    pub id: u64,
    /// The payload.
    pub bytes: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Nanos,
    stream: Stream,
    id: u64,
    from: usize,
    to: usize,
}

/// Frames written and not yet taken; one buffer, used again when it is empty.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    next: usize,
    symbol: String,
    pub(crate) scale: Scale,
    changes: Vec<Change>,
    update_published: u64,
    quoted: [u64; 4],
}

/// What a forced order did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forced {
    pub(crate) side: Side,
    pub(crate) lots: Lots,
    pub(crate) last: Lots,
    pub(crate) price: Price,
    /// Σ ticks × lots of its fills.
    pub(crate) notional: i128,
    pub(crate) time: Nanos,
}

const fn millis(time: Nanos) -> u64 {
    time.0 / MILLISECOND.0
}

impl Outbox {
    pub(crate) fn new(instrument: &Instrument, price_places: u32) -> Self {
        Self {
            bytes: Vec::with_capacity(1 << 20),
            entries: Vec::with_capacity(1024),
            next: 0,
            symbol: instrument.symbol.text().to_owned(),
            scale: Scale::new(instrument, price_places),
            changes: Vec::with_capacity(4096),
            update_published: 0,
            quoted: [0; 4],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next == self.entries.len()
    }

    /// The oldest frame not yet taken.
    pub(crate) fn take(&mut self) -> Option<Frame<'_>> {
        let entry = *self.entries.get(self.next)?;
        self.next += 1;
        Some(Frame {
            time_venue: entry.time,
            stream: entry.stream,
            id: entry.id,
            bytes: &self.bytes[entry.from..entry.to],
        })
    }

    /// Forgets frames that were taken; call when empty.
    pub(crate) fn rewind(&mut self) {
        assert!(self.is_empty(), "frames are taken, never dropped");
        self.bytes.clear();
        self.entries.clear();
        self.next = 0;
    }

    fn speak(
        &mut self,
        time: Nanos,
        stream: Stream,
        id: u64,
        say: impl FnOnce(&mut Speech<'_>, &str, Scale),
    ) {
        let from = self.bytes.len();
        say(&mut Speech::new(&mut self.bytes), &self.symbol, self.scale);
        self.entries.push(Entry { time, stream, id, from, to: self.bytes.len() });
    }

    /// The depth event of everything since the last; nothing when nothing changed.
    pub(crate) fn depth(&mut self, now: Nanos, matched: Nanos, ladder: &mut Ladder) {
        if !ladder.is_changed() {
            return;
        }
        let (first, last, before) = (ladder.update_first, ladder.update, self.update_published);
        let mut changes = std::mem::take(&mut self.changes);
        ladder.drain_changes(&mut changes);
        // The venue's `pu` of the first event on a stream names an event that nobody saw.
        let before = if before == 0 { first - 1 } else { before };
        self.speak(now, Stream::Depth, last, |speech, symbol, scale| {
            speech.text("{\"e\":\"depthUpdate\",\"E\":").whole(millis(now));
            speech.text(",\"T\":").whole(millis(matched));
            speech.text(",\"s\":\"").text(symbol).text("\",\"ps\":\"").text(symbol);
            speech.text("\",\"U\":").whole(first).text(",\"u\":").whole(last);
            speech.text(",\"pu\":").whole(before).text(",\"b\":[");
            let bids = changes.iter().take_while(|change| change.side == Side::Buy).count();
            levels(speech, &changes[..bids], scale);
            speech.text("],\"a\":[");
            levels(speech, &changes[bids..], scale);
            speech.text("],\"st\":1}");
        });
        self.changes = changes;
        self.update_published = last;
    }

    /// The best bid and ask, when they differ from the last ones sent.
    pub(crate) fn quote(&mut self, now: Nanos, ladder: &Ladder) {
        let (bid, ask) = (ladder.bid(), ladder.ask());
        let (bids, asks) = (ladder.at(bid), ladder.at(ask));
        let quote = [bid as u64, u64::from(bids), ask as u64, u64::from(asks)];
        if quote == self.quoted {
            return;
        }
        self.quoted = quote;
        let id = ladder.update;
        self.speak(now, Stream::BookTicker, id, |speech, symbol, scale| {
            speech.text("{\"e\":\"bookTicker\",\"u\":").whole(id);
            speech.text(",\"s\":\"").text(symbol).text("\",\"ps\":\"").text(symbol);
            speech.text("\",\"b\":").price(price_of(bid), scale);
            speech.text(",\"B\":").lots(Lots(i64::from(bids)), scale);
            speech.text(",\"a\":").price(price_of(ask), scale);
            speech.text(",\"A\":").lots(Lots(i64::from(asks)), scale);
            speech.text(",\"T\":").whole(millis(now)).text(",\"E\":").whole(millis(now));
            speech.text(",\"st\":1}");
        });
    }

    pub(crate) fn aggregate(&mut self, now: Nanos, trade: &Aggregate) {
        self.speak(now, Stream::AggTrade, trade.id, |speech, symbol, scale| {
            speech.text("{\"e\":\"aggTrade\",\"E\":").whole(millis(now)).text(",\"a\":");
            speech.whole(trade.id).text(",\"s\":\"").text(symbol).text("\",");
            trade.say(speech, scale);
            speech.text(",\"st\":1}");
        });
    }

    pub(crate) fn mark(&mut self, now: Nanos, prices: [Fine; 4], rate: i64, next_funding: Nanos) {
        self.speak(now, Stream::MarkPrice, 0, |speech, symbol, _| {
            let [mark, average, index, settle] = prices;
            speech.text("{\"e\":\"markPriceUpdate\",\"E\":").whole(millis(now));
            speech.text(",\"s\":\"").text(symbol).text("\",\"p\":").fine(mark);
            speech.text(",\"ap\":").fine(average).text(",\"P\":").fine(settle);
            speech.text(",\"i\":").fine(index).text(",\"r\":").fine(Fine(rate));
            speech.text(",\"T\":").whole(millis(next_funding)).text(",\"st\":1}");
        });
    }

    pub(crate) fn force(&mut self, now: Nanos, forced: &Forced) {
        self.speak(now, Stream::ForceOrder, 0, |speech, symbol, scale| {
            let side = if forced.side == Side::Buy { "BUY" } else { "SELL" };
            let average = forced.notional / i128::from(forced.lots.0.max(1));
            let average = Price(i64::try_from(average).unwrap_or(forced.price.0));
            speech.text("{\"e\":\"forceOrder\",\"E\":").whole(millis(now));
            speech.text(",\"o\":{\"s\":\"").text(symbol).text("\",\"S\":\"").text(side);
            speech.text("\",\"o\":\"LIMIT\",\"f\":\"IOC\",\"q\":").lots(forced.lots, scale);
            speech.text(",\"p\":").price(forced.price, scale);
            speech.text(",\"ap\":").price(average, scale);
            speech.text(",\"X\":\"FILLED\",\"l\":").lots(forced.last, scale);
            speech.text(",\"z\":").lots(forced.lots, scale);
            speech.text(",\"T\":").whole(millis(forced.time));
            speech.text(",\"ps\":\"").text(symbol).text("\",\"st\":1}}");
        });
    }

    pub(crate) fn kline(&mut self, now: Nanos, candle: &Candle, closed: bool) {
        self.speak(now, Stream::Kline, 0, |speech, symbol, scale| {
            speech.text("{\"e\":\"kline\",\"E\":").whole(millis(now));
            speech.text(",\"s\":\"").text(symbol).text("\",\"k\":");
            candle.say_stream(speech, symbol, scale, closed);
            speech.text("}");
        });
    }
}

fn levels(speech: &mut Speech<'_>, changes: &[Change], scale: Scale) {
    for (at, change) in changes.iter().enumerate() {
        if at > 0 {
            speech.text(",");
        }
        speech.level(change.price, change.lots, scale);
    }
}

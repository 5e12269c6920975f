//! Trades printed: aggregation as the venue does it, the aggregates that REST can give again,
//! and the candles.

use std::collections::VecDeque;

use model::{Lots, MILLISECOND, MINUTE, Nanos, Price, Side};

use crate::speech::{Scale, Speech};

/// Aggregates kept for REST: a little more than all the weight of a minute can fetch (2 400 of
/// weight, 20 a page of 1 000). The venue keeps a year; whoever asks for an older one gets the
/// oldest that is here, and sees by its id that there is a hole.
const AGGREGATES_KEPT: usize = 1 << 17;
/// Candles kept for REST: 1 500 bars of 30 minutes would need as many; one minute bars of a
/// month.
const CANDLES_KEPT: usize = 45_000;

/// One aggregate trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Aggregate {
    /// Aggregate id.
    pub id: u64,
    /// First single trade.
    pub first: u64,
    /// Last single trade.
    pub last: u64,
    /// Venue time of the first single trade.
    pub time: Nanos,
    /// Price.
    pub price: Price,
    /// Quantity.
    pub lots: Lots,
    /// The aggressor.
    pub taker: Side,
}

impl Aggregate {
    /// `"p":… "m":…`, the part that stream and REST share.
    pub(crate) fn say(&self, speech: &mut Speech<'_>, scale: Scale) {
        speech.text("\"p\":").price(self.price, scale).text(",\"q\":").lots(self.lots, scale);
        speech.text(",\"nq\":").lots(self.lots, scale);
        speech.text(",\"f\":").whole(self.first).text(",\"l\":").whole(self.last);
        speech.text(",\"T\":").whole(self.time.0 / MILLISECOND.0);
        // `m`: the buyer was the maker, so the taker sold.
        speech.text(",\"m\":").truth(self.taker == Side::Sell);
    }
}

/// A candle of one minute, or of several merged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candle {
    /// Opening time.
    pub open_time: Nanos,
    /// Length.
    pub length: Nanos,
    /// Open, high, low, close.
    pub prices: [Price; 4],
    /// Volume and taker-buy volume.
    pub lots: [i64; 2],
    /// Quote volume and taker-buy quote volume, ticks × lots.
    pub notional: [i128; 2],
    /// Single trades.
    pub trades: u64,
    /// First and last single trade.
    pub ids: [u64; 2],
}

impl Candle {
    fn empty(open_time: Nanos, close: Price) -> Self {
        Self {
            open_time,
            length: MINUTE,
            prices: [close; 4],
            lots: [0; 2],
            notional: [0; 2],
            trades: 0,
            ids: [0; 2],
        }
    }

    fn add(&mut self, price: Price, lots: Lots, taker: Side, first: u64, count: u64) {
        if self.trades == 0 {
            self.prices = [price; 4];
            self.ids[0] = first;
        }
        self.prices[1] = self.prices[1].max(price);
        self.prices[2] = self.prices[2].min(price);
        self.prices[3] = price;
        self.trades += count;
        self.ids[1] = first + count - 1;
        let sides = if taker == Side::Buy { 2 } else { 1 };
        for at in 0..sides {
            self.lots[at] += lots.0;
            self.notional[at] += (price * lots).0;
        }
    }

    /// Adds the later candle to this one.
    fn join(&mut self, later: &Self) {
        if later.trades > 0 {
            if self.trades == 0 {
                self.prices[0] = later.prices[0];
                self.ids[0] = later.ids[0];
            }
            self.ids[1] = later.ids[1];
        }
        self.prices[1] = self.prices[1].max(later.prices[1]);
        self.prices[2] = self.prices[2].min(later.prices[2]);
        self.prices[3] = later.prices[3];
        self.trades += later.trades;
        for at in 0..2 {
            self.lots[at] += later.lots[at];
            self.notional[at] += later.notional[at];
        }
    }

    const fn close_millis(&self) -> u64 {
        (self.open_time.0 + self.length.0) / MILLISECOND.0 - 1
    }

    pub(crate) fn say_stream(
        &self,
        out: &mut Speech<'_>,
        symbol: &str,
        scale: Scale,
        closed: bool,
    ) {
        let [open, high, low, close] = self.prices;
        out.text("{\"t\":").whole(self.open_time.0 / MILLISECOND.0);
        out.text(",\"T\":").whole(self.close_millis()).text(",\"s\":\"").text(symbol);
        out.text("\",\"i\":\"1m\"");
        // A candle without a trade has no trade ids; the venue writes −1.
        if self.trades == 0 {
            out.text(",\"f\":-1,\"L\":-1");
        } else {
            out.text(",\"f\":").whole(self.ids[0]).text(",\"L\":").whole(self.ids[1]);
        }
        out.text(",\"o\":").price(open, scale).text(",\"c\":").price(close, scale);
        out.text(",\"h\":").price(high, scale).text(",\"l\":").price(low, scale);
        out.text(",\"v\":").lots(Lots(self.lots[0]), scale).text(",\"n\":").whole(self.trades);
        out.text(",\"x\":").truth(closed).text(",\"q\":").notional(self.notional[0], scale);
        out.text(",\"V\":").lots(Lots(self.lots[1]), scale);
        out.text(",\"Q\":").notional(self.notional[1], scale).text(",\"B\":\"0\"}");
    }

    pub(crate) fn say_row(&self, out: &mut Speech<'_>, scale: Scale) {
        let [open, high, low, close] = self.prices;
        out.text("[").whole(self.open_time.0 / MILLISECOND.0);
        for price in [open, high, low, close] {
            out.text(",").price(price, scale);
        }
        out.text(",").lots(Lots(self.lots[0]), scale).text(",").whole(self.close_millis());
        out.text(",").notional(self.notional[0], scale).text(",").whole(self.trades);
        out.text(",").lots(Lots(self.lots[1]), scale);
        out.text(",").notional(self.notional[1], scale).text(",\"0\"]");
    }
}

/// A queue whose memory is there from the start: a venue that serves for days is as large in its
/// first minute as in its last.
fn reserved(count: usize) -> VecDeque<Aggregate> {
    let blank = Aggregate {
        id: 1,
        first: 1,
        last: 1,
        time: Nanos(1),
        price: Price(1),
        lots: Lots(1),
        taker: Side::Buy,
    };
    let mut queue = VecDeque::from(vec![blank; count]);
    queue.clear();
    queue
}

/// Everything printed so far.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    open: Option<Aggregate>,
    span: Nanos,
    delay: Nanos,
    next_aggregate: u64,
    next_trade: u64,
    kept: VecDeque<Aggregate>,
    candle: Candle,
    candles: VecDeque<Candle>,
}

impl Tape {
    pub(crate) fn new(start: Nanos, close: Price, span: Nanos, delay: Nanos) -> Self {
        Self {
            open: None,
            span,
            delay,
            next_aggregate: 3_466_782_974,
            next_trade: 8_123_344_783,
            kept: reserved(AGGREGATES_KEPT),
            candle: Candle::empty(start.floor(MINUTE), close),
            candles: VecDeque::new(),
        }
    }

    /// A level's fills by one taker: `count` single trades. Returns the aggregate that this one
    /// displaced, if any.
    pub(crate) fn print(
        &mut self,
        time: Nanos,
        price: Price,
        lots: Lots,
        taker: Side,
        count: u64,
    ) -> Option<Aggregate> {
        let first = self.next_trade;
        self.next_trade += count;
        self.candle.add(price, lots, taker, first, count);
        if let Some(open) = &mut self.open
            && open.price == price
            && open.taker == taker
            && time.floor(MILLISECOND).since(open.time) <= self.span
            && self.span.0 > 0
        {
            open.lots += lots;
            open.last = self.next_trade - 1;
            return None;
        }
        let displaced = self.close();
        let last = self.next_trade - 1;
        let time = time.floor(MILLISECOND);
        let id = self.next_aggregate;
        self.next_aggregate += 1;
        self.open = Some(Aggregate { id, first, last, time, price, lots, taker });
        displaced
    }

    /// When the open aggregate must be sent.
    pub(crate) fn due(&self) -> Option<Nanos> {
        self.open.map(|open| open.time.after(self.delay))
    }

    /// Takes an aggregate as it was made elsewhere.
    pub(crate) fn keep(&mut self, aggregate: Aggregate) {
        let count = aggregate.last.saturating_sub(aggregate.first) + 1;
        let Aggregate { price, lots, taker, first, .. } = aggregate;
        self.candle.add(price, lots, taker, first, count);
        self.remember(aggregate);
    }

    /// Closes the open aggregate.
    pub(crate) fn close(&mut self) -> Option<Aggregate> {
        let closed = self.open.take()?;
        self.remember(closed);
        Some(closed)
    }

    fn remember(&mut self, closed: Aggregate) {
        if self.kept.len() == AGGREGATES_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(closed);
    }

    /// At a minute's end: the candle that closes; the next one opens.
    pub(crate) fn minute(&mut self, now: Nanos) -> Candle {
        let closed = self.candle;
        if self.candles.len() == CANDLES_KEPT {
            self.candles.pop_front();
        }
        self.candles.push_back(closed);
        self.candle = Candle::empty(now.floor(MINUTE), closed.prices[3]);
        closed
    }

    pub(crate) const fn candle(&self) -> &Candle {
        &self.candle
    }

    /// Aggregates from an id (or the latest ones), at most `limit`.
    pub(crate) fn aggregates(
        &self,
        from: Option<u64>,
        limit: usize,
    ) -> impl Iterator<Item = &Aggregate> {
        let at = match from {
            Some(id) => self.kept.partition_point(|trade| trade.id < id),
            None => self.kept.len().saturating_sub(limit),
        };
        self.kept.range(at..).take(limit)
    }

    /// The place of the first aggregate not before a time.
    pub(crate) fn id_at(&self, time: Nanos) -> Option<u64> {
        let at = self.kept.partition_point(|trade| trade.time < time);
        self.kept.get(at).map(|trade| trade.id)
    }

    /// The latest candles of a length, oldest first, the open one last; at most `limit`, within
    /// a span of opening times.
    pub(crate) fn candles(
        &self,
        length: Nanos,
        from: Nanos,
        to: Nanos,
        limit: usize,
    ) -> Vec<Candle> {
        let mut merged: Vec<Candle> = Vec::new();
        for candle in self.candles.iter().chain([&self.candle]) {
            let open_time = candle.open_time.floor(length);
            if open_time < from || open_time > to {
                continue;
            }
            match merged.last_mut() {
                Some(last) if last.open_time == open_time => last.join(candle),
                _ => merged.push(Candle { open_time, length, ..*candle }),
            }
        }
        let spare = merged.len().saturating_sub(limit);
        // With a start the venue counts from it, else from the end.
        if from.0 > 0 {
            merged.truncate(limit);
        } else {
            merged.drain(..spare);
        }
        merged
    }
}

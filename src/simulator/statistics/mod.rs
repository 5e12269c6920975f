//! What a market looks like in figures, from its frames alone: the same computation for a
//! recording and for the synthetic market, so that the two can stand side by side.

mod figures;
pub(crate) mod scan;

use std::collections::BTreeSet;

use model::{Fine, MINUTE, Nanos, Side};

pub use self::figures::{Figures, table};

use crate::market::{Market, MarketPlan};

/// Levels a side in the snapshots that a market is looked at by.
const LEVELS: usize = 1_000;

/// The figures of so much time of a synthetic market, with a snapshot every minute.
#[must_use]
pub fn of_market(seed: u64, plan: MarketPlan, span: Nanos) -> Figures {
    let mut statistics = Statistics::new(plan.instrument.tick);
    let mut market = Market::new(seed, plan);
    let end = market.now().after(span);
    let mut minute = market.now();
    let mut text = Vec::new();
    while market.now() < end {
        statistics.take(market.next().bytes);
        if market.now().since(minute) > MINUTE {
            minute = market.now();
            text.clear();
            market.snapshot(LEVELS, &mut text);
            statistics.take(&text);
        }
    }
    statistics.figures()
}

/// Gathers frames; [`Statistics::figures`] sums up.
#[derive(Debug)]
pub struct Statistics {
    tick: i64,
    messages: u64,
    first_millis: u64,
    last_millis: u64,
    /// Messages by 100 ms of event time: only the slot under way and the peaks are kept.
    slot: (u64, u64),
    burst: u64,
    second: (u64, u64),
    second_peak: u64,
    bursts_over_1000: u64,
    trades: u64,
    quotes: u64,
    depth_events: u64,
    level_changes: u64,
    merged: BTreeSet<(bool, i64)>,
    merged_slot: u64,
    open: Option<Single>,
    sizes: Vec<f64>,
    signs: Vec<i8>,
    per_second: Vec<u32>,
    quote: Option<Quote>,
    spread_time: [u64; 3],
    /// Mid by second, in ticks × 2.
    mids: Vec<i64>,
    mid_second: u64,
    depth_shape: Vec<[f64; 4]>,
    best_sizes: Vec<f64>,
    liquidations: u64,
}

/// An aggregate under construction.
#[derive(Clone, Copy, Debug)]
struct Single {
    price: i64,
    side: Side,
    millis: u64,
    size: f64,
}

#[derive(Clone, Copy, Debug)]
struct Quote {
    millis: u64,
    bid: i64,
    ask: i64,
}

impl Statistics {
    /// For an instrument with this tick.
    #[must_use]
    pub fn new(tick: Fine) -> Self {
        Self {
            tick: tick.0.max(1),
            messages: 0,
            first_millis: 0,
            last_millis: 0,
            slot: (0, 0),
            burst: 0,
            second: (0, 0),
            second_peak: 0,
            bursts_over_1000: 0,
            trades: 0,
            quotes: 0,
            depth_events: 0,
            level_changes: 0,
            merged: BTreeSet::new(),
            merged_slot: 0,
            open: None,
            sizes: Vec::new(),
            signs: Vec::new(),
            per_second: Vec::new(),
            quote: None,
            spread_time: [0; 3],
            mids: Vec::new(),
            mid_second: 0,
            depth_shape: Vec::new(),
            best_sizes: Vec::new(),
            liquidations: 0,
        }
    }

    /// Takes a frame or a REST snapshot, wrapped or bare. What it does not know it ignores.
    pub fn take(&mut self, frame: &[u8]) {
        let text = scan::payload(frame);
        let Some(kind) = scan::value(text, "e") else {
            if scan::whole(text, "lastUpdateId").is_some() {
                self.snapshot(text);
            }
            return;
        };
        let Some(millis) = scan::whole(text, "E") else { return };
        self.message(millis);
        match kind {
            b"aggTrade" | b"trade" => self.trade(text, kind == b"trade"),
            b"bookTicker" => self.book_ticker(text),
            b"depthUpdate" => self.depth(text, millis),
            b"forceOrder" => self.liquidations += 1,
            _ => {}
        }
    }

    fn message(&mut self, millis: u64) {
        if self.messages == 0 {
            self.first_millis = millis;
        }
        self.messages += 1;
        self.last_millis = self.last_millis.max(millis);
        if millis / 100 != self.slot.0 {
            self.bursts_over_1000 += u64::from(self.slot.1 >= 1000);
            self.slot = (millis / 100, 0);
        }
        self.slot.1 += 1;
        self.burst = self.burst.max(self.slot.1);
        if millis / 1000 != self.second.0 {
            self.second = (millis / 1000, 0);
        }
        self.second.1 += 1;
        self.second_peak = self.second_peak.max(self.second.1);
    }

    fn trade(&mut self, text: &[u8], single: bool) {
        // A print that was no market trade carries another `X`.
        if scan::value(text, "X").is_some_and(|kind| kind != b"MARKET") {
            return;
        }
        let (Some(price), Some(lots)) = (scan::fine(text, "p"), scan::fine(text, "q")) else {
            return;
        };
        let (Some(millis), Some(maker)) = (scan::whole(text, "T"), scan::value(text, "m")) else {
            return;
        };
        let side = if maker == b"true" { Side::Sell } else { Side::Buy };
        let size = lots as f64 * 1e-8;
        let fills = match (scan::whole(text, "f"), scan::whole(text, "l")) {
            (Some(first), Some(last)) => last.saturating_sub(first) + 1,
            _ => 1,
        };
        self.trades += fills;
        if let Some(open) = &mut self.open
            && single
            && open.price == price
            && open.side == side
            && millis.saturating_sub(open.millis) <= 100
        {
            open.size += size;
            return;
        }
        self.close();
        self.open = Some(Single { price, side, millis, size });
    }

    fn close(&mut self) {
        let Some(closed) = self.open.take() else { return };
        self.sizes.push(closed.size);
        self.signs.push(if closed.side == Side::Buy { 1 } else { -1 });
        let second = (closed.millis / 1000).saturating_sub(self.first_millis / 1000);
        let at = usize::try_from(second).unwrap_or(usize::MAX);
        // A time far off would ask for memory without end.
        if at < 10_000_000 {
            if self.per_second.len() <= at {
                self.per_second.resize(at + 1, 0);
            }
            self.per_second[at] += 1;
        }
    }

    fn book_ticker(&mut self, text: &[u8]) {
        let (Some(bid), Some(ask)) = (scan::fine(text, "b"), scan::fine(text, "a")) else { return };
        let Some(millis) = scan::whole(text, "T") else { return };
        self.quotes += 1;
        if let Some(bids) = scan::fine(text, "B")
            && self.quotes.is_multiple_of(16)
        {
            self.best_sizes.push(bids as f64 * 1e-8);
        }
        if let Some(before) = self.quote {
            let ticks = (before.ask - before.bid) / self.tick;
            let place = usize::try_from(ticks.clamp(1, 3) - 1).unwrap_or(0);
            self.spread_time[place] += millis.saturating_sub(before.millis);
            self.mid_until(before, millis / 1000);
        } else {
            self.mid_second = millis / 1000;
        }
        self.quote = Some(Quote { millis, bid, ask });
    }

    /// The mid of each second is the last quote's before its end.
    fn mid_until(&mut self, quote: Quote, second: u64) {
        while self.mid_second < second && self.mids.len() < 10_000_000 {
            self.mids.push((quote.bid + quote.ask) / self.tick);
            self.mid_second += 1;
        }
    }

    fn depth(&mut self, text: &[u8], millis: u64) {
        self.depth_events += 1;
        // Diffs of every speed are compared as if they had come every 100 ms.
        if millis / 100 != self.merged_slot {
            self.level_changes += self.merged.len() as u64;
            self.merged.clear();
            self.merged_slot = millis / 100;
        }
        for (key, bid) in [("b", true), ("a", false)] {
            for (price, _) in scan::levels(text, key) {
                self.merged.insert((bid, price));
            }
        }
    }

    fn snapshot(&mut self, text: &[u8]) {
        let mut shape = [0.0; 4];
        for key in ["bids", "asks"] {
            for (at, (_, lots)) in scan::levels(text, key).enumerate().take(1000) {
                for (sum, reach) in shape.iter_mut().zip([1, 10, 100, 1000]) {
                    if at < reach {
                        *sum += lots as f64 * 1e-8 / 2.0;
                    }
                }
            }
        }
        self.depth_shape.push(shape);
    }
}

//! The `ZigZag`: highs and lows of the trade price, each confirmed by a retrace from it.
//!
//! An extreme is confirmed when price retraces `swing_bp`/10 000 of it: a low at
//! 10 000·(p − L) ≥ bp·L, a high at 10 000·(H − p) ≥ bp·H, in integers. Of equal prices the first
//! is the extreme. The running extreme is provisional; confirming it makes the confirming trade
//! the running extreme of the other side, because nothing beyond it was traded in between.
//!
//! Before the first retrace there is no direction: the highest and the lowest trade so far both
//! run, and the first move of the threshold from either of them confirms that one.

use model::{Nanos, Price};

/// What is kept of one extreme. `S`: what was known at its trade.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Swing<S> {
    /// From 1, in order of confirmation; highs and lows take turns.
    pub number: u64,
    /// A high; else a low.
    pub is_high: bool,
    /// The extreme.
    pub price: Price,
    /// T of the trade that made it.
    pub time: Nanos,
    /// What was known at that trade.
    pub seen: S,
}

/// What a trade did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// Nothing.
    None,
    /// The first trade: high and low both run from it.
    Begun,
    /// The running extreme (before the first retrace: one of two) is this trade now.
    Moved {
        /// The high moved; else the low.
        is_high: bool,
    },
    /// The running extreme was confirmed; now this trade is, of the other side.
    Confirmed,
}

/// Where a running extreme stands.
#[derive(Clone, Copy, Debug)]
enum Way<S> {
    /// No trade yet.
    Unknown,
    /// No retrace yet: high and low so far.
    Either(Swing<S>, Swing<S>),
    /// Towards the running extreme.
    Toward(Swing<S>),
}

/// The running state.
#[derive(Clone, Copy, Debug)]
pub struct ZigZag<S> {
    bp: i64,
    way: Way<S>,
    // A trade strictly between these does nothing.
    floor: i64,
    ceiling: i64,
}

/// Hundredths of a percent in one.
const WHOLE: i64 = 10_000;

impl<S: Copy> ZigZag<S> {
    /// Confirming at `bp` hundredths of a percent, 1..=5000.
    #[must_use]
    pub fn new(bp: u32) -> Self {
        assert!((1..=5_000).contains(&bp), "a retrace of at most one half");
        Self { bp: i64::from(bp), way: Way::Unknown, floor: i64::MAX, ceiling: i64::MIN }
    }

    /// Whether a trade at this price changes anything.
    #[inline]
    #[must_use]
    pub const fn matters(&self, price: Price) -> bool {
        price.0 <= self.floor || self.ceiling <= price.0
    }

    /// The running extreme; none before the first retrace.
    #[must_use]
    pub const fn running(&self) -> Option<&Swing<S>> {
        match &self.way {
            Way::Toward(running) => Some(running),
            Way::Unknown | Way::Either(..) => None,
        }
    }

    /// Takes a trade, price in 1..=2⁴⁸; what it did, and the extreme that it confirmed.
    #[inline(never)]
    pub fn take(&mut self, price: Price, time: Nanos, seen: S) -> (Move, Option<Swing<S>>) {
        let new = |number, is_high| Swing { number, is_high, price, time, seen };
        match self.way {
            Way::Unknown => self.set(Way::Either(new(1, true), new(1, false)), Move::Begun),
            Way::Either(high, low) => {
                if price > high.price && !self.rises(low.price, price) {
                    self.set(Way::Either(new(1, true), low), Move::Moved { is_high: true })
                } else if price < low.price && !self.falls(high.price, price) {
                    self.set(Way::Either(high, new(1, false)), Move::Moved { is_high: false })
                } else if self.rises(low.price, price) {
                    self.turn(low, new(2, true))
                } else if self.falls(high.price, price) {
                    self.turn(high, new(2, false))
                } else {
                    (Move::None, None)
                }
            }
            Way::Toward(running) => {
                let Swing { number, is_high, price: at, .. } = running;
                if (is_high && price > at) || (!is_high && price < at) {
                    self.set(Way::Toward(new(number, is_high)), Move::Moved { is_high })
                } else if (is_high && self.falls(at, price)) || (!is_high && self.rises(at, price))
                {
                    self.turn(running, new(number + 1, !is_high))
                } else {
                    (Move::None, None)
                }
            }
        }
    }

    fn turn(&mut self, confirmed: Swing<S>, running: Swing<S>) -> (Move, Option<Swing<S>>) {
        let (turned, _) = self.set(Way::Toward(running), Move::Confirmed);
        (turned, Some(confirmed))
    }

    fn set(&mut self, way: Way<S>, done: Move) -> (Move, Option<Swing<S>>) {
        self.way = way;
        (self.floor, self.ceiling) = match way {
            Way::Unknown => (i64::MAX, i64::MIN),
            Way::Either(high, low) => (
                (low.price.0 - 1).max(self.fallen(high.price)),
                (high.price.0 + 1).min(self.risen(low.price)),
            ),
            Way::Toward(Swing { is_high: true, price, .. }) => (self.fallen(price), price.0 + 1),
            Way::Toward(Swing { price, .. }) => (price.0 - 1, self.risen(price)),
        };
        (done, None)
    }

    /// bp·price/10 000, rounded up: the least whole distance that confirms.
    fn distance(&self, Price(price): Price) -> i64 {
        let least =
            (i128::from(self.bp) * i128::from(price) + i128::from(WHOLE - 1)) / i128::from(WHOLE);
        i64::try_from(least).unwrap_or(i64::MAX)
    }

    fn fallen(&self, high: Price) -> i64 {
        high.0.saturating_sub(self.distance(high))
    }

    fn risen(&self, low: Price) -> i64 {
        low.0.saturating_add(self.distance(low))
    }

    fn falls(&self, high: Price, price: Price) -> bool {
        price.0 <= self.fallen(high)
    }

    fn rises(&self, low: Price, price: Price) -> bool {
        self.risen(low) <= price.0
    }
}

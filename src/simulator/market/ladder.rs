//! The resting quantities: one array by tick, an occupancy bitmap to walk it, and the list of
//! what changed since the last depth event.
//!
//! One array serves both sides: what stands at or below the best bid is a bid, what stands at
//! or above the best ask is an ask, and nothing stands between.

use model::{Lots, Price, Side};

/// A limit order book of aggregate queues.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    lots: Vec<u32>,
    occupied: Vec<u64>,
    changed: Vec<u64>,
    touched: Vec<u32>,
    bid: usize,
    ask: usize,
    /// Best bid and ask when the last depth event was taken: the side on which each level was
    /// last published.
    bid_published: usize,
    ask_published: usize,
    /// Id of the last change.
    pub(crate) update: u64,
    /// Id of the first change since the last depth event; zero when there was none.
    pub(crate) update_first: u64,
    stride: u64,
}

/// One level of a depth event; zero lots remove it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) lots: Lots,
}

impl Ladder {
    /// An empty book around `mid`, for prices below four times that.
    pub(crate) fn new(mid: Price, update: u64) -> Self {
        let mid = usize::try_from(mid.0).unwrap_or(1).max(1);
        let words = mid * 4 / 64 + 1;
        Self {
            lots: vec![0; words * 64],
            occupied: vec![0; words],
            changed: vec![0; words],
            touched: Vec::with_capacity(4096),
            bid: mid,
            ask: mid + 1,
            bid_published: mid,
            ask_published: mid + 1,
            update,
            update_first: 0,
            stride: update,
        }
    }

    pub(crate) const fn bid(&self) -> usize {
        self.bid
    }

    pub(crate) const fn ask(&self) -> usize {
        self.ask
    }

    pub(crate) const fn best(&self, side: Side) -> usize {
        match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        }
    }

    pub(crate) const fn spread(&self) -> usize {
        self.ask - self.bid
    }

    /// Twice the mid price, exact.
    pub(crate) const fn mid_twice(&self) -> usize {
        self.bid + self.ask
    }

    pub(crate) fn mid(&self) -> f64 {
        self.mid_twice() as f64 * 0.5
    }

    /// One past the highest tick.
    pub(crate) const fn height(&self) -> usize {
        self.lots.len()
    }

    pub(crate) fn at(&self, tick: usize) -> u32 {
        self.lots.get(tick).copied().unwrap_or(0)
    }

    /// Sets what rests at a tick. A bid must stand below the best ask, an ask above the best
    /// bid: the caller trades first. Refused (and `false`) at the edge of the array, or when it
    /// would leave a side empty.
    pub(crate) fn set(&mut self, side: Side, tick: usize, lots: u32) -> bool {
        // Tick zero is no price, and the topmost word stays free so that walks end.
        if tick == 0 || tick + 64 >= self.lots.len() || self.lots[tick] == lots {
            return false;
        }
        match side {
            Side::Buy => assert!(tick < self.ask, "a bid below the best ask"),
            Side::Sell => assert!(tick > self.bid, "an ask above the best bid"),
        }
        if lots == 0 && tick == self.best(side) {
            let Some(next) = self.next(side, tick) else { return false };
            self.write(tick, 0);
            match side {
                Side::Buy => self.bid = next,
                Side::Sell => self.ask = next,
            }
            return true;
        }
        self.write(tick, lots);
        if lots > 0 {
            match side {
                Side::Buy => self.bid = self.bid.max(tick),
                Side::Sell => self.ask = self.ask.min(tick),
            }
        }
        true
    }

    /// Takes from the best level of the side that rests; returns how much. Never the last level.
    pub(crate) fn take(&mut self, resting: Side, wanted: u32) -> u32 {
        let tick = self.best(resting);
        let taken = wanted.min(self.lots[tick]);
        let left = self.lots[tick] - taken;
        if taken > 0 && self.set(resting, tick, left) { taken } else { 0 }
    }

    fn write(&mut self, tick: usize, lots: u32) {
        self.lots[tick] = lots;
        let (word, bit) = (tick / 64, 1_u64 << (tick % 64));
        if lots == 0 {
            self.occupied[word] &= !bit;
        } else {
            self.occupied[word] |= bit;
        }
        if self.changed[word] & bit == 0 {
            self.changed[word] |= bit;
            self.touched.push(u32::try_from(tick).expect("ticks fit the array"));
        }
        // The venue counts the changes of all its instruments with one counter, so ids jump: on
        // the recordings by about 65 a change of one of them.
        self.stride = self.stride.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0xda3e_39cb);
        self.update += 1 + (self.stride >> 57);
        if self.update_first == 0 {
            self.update_first = self.update;
        }
    }

    /// The next occupied tick behind `tick`, away from the spread.
    pub(crate) fn next(&self, side: Side, tick: usize) -> Option<usize> {
        match side {
            Side::Buy => self.below(tick),
            Side::Sell => self.above(tick),
        }
    }

    fn below(&self, tick: usize) -> Option<usize> {
        let mut word = tick / 64;
        let mut bits = self.occupied[word] & ((1_u64 << (tick % 64)) - 1);
        loop {
            if bits != 0 {
                return Some(word * 64 + 63 - bits.leading_zeros() as usize);
            }
            word = word.checked_sub(1)?;
            bits = self.occupied[word];
        }
    }

    fn above(&self, tick: usize) -> Option<usize> {
        let mut word = tick / 64;
        let mut bits = self.occupied[word] & (!1_u64 << (tick % 64));
        loop {
            if bits != 0 {
                return Some(word * 64 + bits.trailing_zeros() as usize);
            }
            word += 1;
            bits = *self.occupied.get(word)?;
        }
    }

    /// The levels of a side from the best on.
    pub(crate) fn levels(&self, side: Side) -> impl Iterator<Item = (Price, Lots)> + '_ {
        let mut at = Some(self.best(side)).filter(|&tick| self.lots[tick] > 0);
        std::iter::from_fn(move || {
            let tick = at?;
            at = self.next(side, tick);
            Some((price_of(tick), Lots(i64::from(self.lots[tick]))))
        })
    }

    /// Whether anything changed since the last depth event.
    pub(crate) const fn is_changed(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Moves the levels that changed since the last depth event into `out`, bids first, each
    /// side by rising price, and starts the next event.
    pub(crate) fn drain_changes(&mut self, out: &mut Vec<Change>) {
        out.clear();
        self.touched.sort_unstable();
        for side in [Side::Buy, Side::Sell] {
            for &tick in &self.touched {
                let tick = tick as usize;
                let (was, is) = match side {
                    Side::Buy => (tick <= self.bid_published, tick <= self.bid),
                    Side::Sell => (tick >= self.ask_published, tick >= self.ask),
                };
                // A level that changed sides is removed from the one and put on the other.
                if is || was {
                    let lots = if is { self.lots[tick] } else { 0 };
                    out.push(Change { side, price: price_of(tick), lots: Lots(i64::from(lots)) });
                }
            }
        }
        for &tick in &self.touched {
            self.changed[tick as usize / 64] &= !(1_u64 << (tick % 64));
        }
        self.touched.clear();
        self.bid_published = self.bid;
        self.ask_published = self.ask;
        self.update_first = 0;
    }
}

/// The price of a tick.
pub(crate) fn price_of(tick: usize) -> Price {
    Price(i64::try_from(tick).expect("ticks fit the array"))
}

#[cfg(test)]
mod tests {
    use super::{Change, Ladder};
    use model::{Lots, Price, Side};

    fn small() -> Ladder {
        let mut ladder = Ladder::new(Price(1000), 5);
        for (side, tick, lots) in [
            (Side::Buy, 1000, 5),
            (Side::Buy, 998, 7),
            (Side::Sell, 1001, 3),
            (Side::Sell, 1070, 9),
        ] {
            assert!(ladder.set(side, tick, lots));
        }
        let mut out = Vec::new();
        ladder.drain_changes(&mut out);
        assert_eq!(out.len(), 4);
        ladder
    }

    #[test]
    fn a_sweep_walks_to_the_next_level_and_never_empties_a_side() {
        let mut ladder = small();
        assert_eq!(ladder.take(Side::Sell, 10), 3);
        assert_eq!((ladder.bid(), ladder.ask()), (1000, 1070));
        assert_eq!(ladder.take(Side::Sell, 10), 0, "the last level stays");
        assert_eq!(ladder.take(Side::Sell, 8), 8);
        assert_eq!(ladder.at(1070), 1);
    }

    #[test]
    fn a_level_that_changes_sides_leaves_the_one_and_enters_the_other() {
        let mut ladder = small();
        assert_eq!(ladder.take(Side::Sell, 3), 3);
        assert!(ladder.set(Side::Buy, 1001, 4));
        assert_eq!((ladder.bid(), ladder.ask()), (1001, 1070));
        let mut out = Vec::new();
        ladder.drain_changes(&mut out);
        let change = |side, lots| Change { side, price: Price(1001), lots: Lots(lots) };
        assert_eq!(out, [change(Side::Buy, 4), change(Side::Sell, 0)]);
        assert!(!ladder.is_changed());
    }

    #[test]
    fn levels_come_from_the_best_outwards() {
        let ladder = small();
        let bids: Vec<_> = ladder.levels(Side::Buy).collect();
        assert_eq!(bids, [(Price(1000), Lots(5)), (Price(998), Lots(7))]);
        let asks: Vec<_> = ladder.levels(Side::Sell).collect();
        assert_eq!(asks, [(Price(1001), Lots(3)), (Price(1070), Lots(9))]);
    }
}

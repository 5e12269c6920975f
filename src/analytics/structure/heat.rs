//! Liquidation estimates by price: a fixed array of bins that follows the price.
//!
//! Weights are `f64` lots: estimates of a model, never money. What leaves the array is counted.
//!
//! Positions lie within a fifth of the price, mostly; so the stretch of places that may hold
//! anything is kept, and who sums or scales passes over that alone.

use std::ops::Range;

/// Bins. At a width of 0.05 % of the price they reach from nothing to twice the price.
const BINS: usize = 4_096;
const MIDDLE: i64 = 2_048;
const _: () = assert!(BINS / 2 == 2_048 && MIDDLE == 2_048);

/// Estimated lots in a bin.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Weight {
    /// Of longs.
    pub longs: f64,
    /// Of shorts.
    pub shorts: f64,
}

impl Weight {
    /// Both.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.longs + self.shorts
    }
}

/// Where every lot went: opened = held + scaled + emptied + forced + lost, but for rounding.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Ledger {
    /// Put in.
    pub opened: f64,
    /// Taken by a fall of open interest.
    pub scaled: f64,
    /// In bins that the price passed.
    pub emptied: f64,
    /// Taken by forced orders.
    pub forced: f64,
    /// Beyond the array, which reaches at least half of the price to both sides.
    pub lost: f64,
}

/// The bins.
#[derive(Clone, Debug)]
pub struct Heat {
    bins: Box<[Weight]>,
    // The places outside hold nothing.
    used: Range<usize>,
    // The bin number, ⌊price/width⌋, of the first place; aligned to price 0.
    base: i64,
    width: i64,
    /// Where every lot went.
    pub ledger: Ledger,
}

impl Default for Heat {
    fn default() -> Self {
        // Written, so that the pages are there before the first event.
        let mut bins = vec![Weight { longs: 1.0, shorts: 1.0 }; BINS].into_boxed_slice();
        bins.fill(Weight::default());
        Self { bins, used: 0..0, base: 0, width: 0, ledger: Ledger::default() }
    }
}

impl Heat {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bins.fill(Weight::default());
        self.used = 0..0;
        (self.base, self.width, self.ledger) = (0, 0, Ledger::default());
    }

    /// Width of a bin in ticks; zero before the first price.
    #[must_use]
    pub const fn width(&self) -> i64 {
        self.width
    }

    /// The bins that hold anything, lowest first: low edge in ticks, what is in it.
    pub fn bins(&self) -> impl Iterator<Item = (i64, Weight)> {
        let full = self.bins.iter().enumerate().filter(|(_, bin)| bin.total() > 0.0);
        full.map(|(place, bin)| (self.low(place), *bin))
    }

    /// Everything that is in them.
    #[must_use]
    pub fn held(&self) -> f64 {
        self.bins[self.used.clone()].iter().map(Weight::total).sum()
    }

    fn low(&self, place: usize) -> i64 {
        (self.base + i64::try_from(place).unwrap_or(0)) * self.width
    }

    /// The place of a price; `None` beyond the array.
    fn place(&self, price: i64) -> Option<usize> {
        if self.width == 0 {
            return None;
        }
        let place = price.div_euclid(self.width) - self.base;
        usize::try_from(place).ok().filter(|place| *place < BINS)
    }

    /// Brings the array around a price > 0: once in a long while one of two cold ways is gone.
    pub fn follow(&mut self, price: i64) {
        if price <= 0 {
            return;
        }
        // 2^k ticks, at least 0.05 % of the price: width in (price/2000, price/1000].
        let width = i64::try_from((price / 2_000 + 1).unsigned_abs().next_power_of_two());
        let width = width.unwrap_or(1 << 40);
        if self.width == 0 {
            self.width = width;
            self.base = price.div_euclid(width) - MIDDLE;
        }
        while width > self.width {
            self.fold();
        }
        // A quarter of the array to either side of the middle is free to walk.
        let at = price.div_euclid(self.width) - self.base;
        if !(MIDDLE / 2..MIDDLE + MIDDLE / 2).contains(&at) {
            self.recentre(price.div_euclid(self.width) - MIDDLE);
        }
    }

    /// Two bins become one.
    #[cold]
    fn fold(&mut self) {
        let old = self.base;
        self.base = old.div_euclid(2);
        let odd = usize::from(old.rem_euclid(2) == 1);
        for place in 0..BINS {
            let mut sum = Weight::default();
            for half in 0..2 {
                // The place that held this half; none below the first.
                let from = (2 * place + half).checked_sub(odd).filter(|from| *from < BINS);
                let bin = from.map_or(Weight::default(), |from| self.bins[from]);
                sum = Weight { longs: sum.longs + bin.longs, shorts: sum.shorts + bin.shorts };
            }
            // Reads run ahead of writes: 2p + h − odd >= p but at the first place, where they meet.
            self.bins[place] = sum;
        }
        if !self.used.is_empty() {
            let Range { start, end } = self.used;
            self.used = (start + odd) / 2..(end + odd).div_ceil(2);
        }
        self.width *= 2;
    }

    #[cold]
    fn recentre(&mut self, base: i64) {
        let shift = base - self.base;
        let steps = usize::try_from(shift.unsigned_abs()).unwrap_or(BINS).min(BINS);
        let (kept, gone) = (BINS - steps, steps);
        let gone = if shift > 0 { 0..gone } else { kept..BINS };
        self.ledger.lost += self.bins[gone].iter().map(Weight::total).sum::<f64>();
        if shift > 0 {
            self.bins.copy_within(steps.., 0);
            self.bins[kept..].fill(Weight::default());
            self.used = self.used.start.saturating_sub(steps)..self.used.end.saturating_sub(steps);
        } else {
            self.bins.copy_within(..kept, steps);
            self.bins[..steps].fill(Weight::default());
            self.used = (self.used.start + steps).min(BINS)..(self.used.end + steps).min(BINS);
        }
        self.base = base;
    }

    /// Puts lots at a price.
    pub fn open(&mut self, price: i64, longs: f64, shorts: f64) {
        self.ledger.opened += longs + shorts;
        match self.place(price) {
            Some(place) => {
                let bin = &mut self.bins[place];
                bin.longs += longs;
                bin.shorts += shorts;
                self.used = if self.used.is_empty() {
                    place..place + 1
                } else {
                    self.used.start.min(place)..self.used.end.max(place + 1)
                };
            }
            None => self.ledger.lost += longs + shorts,
        }
    }

    /// Open interest fell to this ratio of itself, in [0, 1].
    pub fn scale(&mut self, ratio: f64) {
        let before = self.held();
        for bin in &mut self.bins[self.used.clone()] {
            bin.longs *= ratio;
            bin.shorts *= ratio;
        }
        self.ledger.scaled += before - self.held();
    }

    /// The price passed from one to the other: every bin that it was in is empty.
    pub fn pass(&mut self, from: i64, to: i64) {
        let (low, high) = (from.min(to), from.max(to));
        if self.width == 0 {
            return;
        }
        let place = |price: i64| price.div_euclid(self.width) - self.base;
        let inside = |place: i64| usize::try_from(place.clamp(0, 2 * MIDDLE)).unwrap_or(0);
        let range = inside(place(low))..inside(place(high) + 1);
        for bin in &mut self.bins[range] {
            if bin.total() > 0.0 {
                self.ledger.emptied += bin.total();
                *bin = Weight::default();
            }
        }
    }

    /// A forced order: takes from its side's bin at the price and then from the `reach` ones
    /// beyond it, away from the market: below for longs, above for shorts. What was not there.
    pub fn force(&mut self, price: i64, lots: f64, longs: bool, reach: usize) -> f64 {
        let mut rest = lots;
        let Some(place) = self.place(price) else { return rest };
        for step in 0..=reach {
            let at = if longs { place.checked_sub(step) } else { Some(place + step) };
            let Some(bin) = at.and_then(|at| self.bins.get_mut(at)) else { break };
            let side = if longs { &mut bin.longs } else { &mut bin.shorts };
            let taken = side.min(rest);
            *side -= taken;
            rest -= taken;
            self.ledger.forced += taken;
            if rest <= 0.0 {
                break;
            }
        }
        rest
    }

    /// Σ lots × centre × exp(−distance/1 %) of the bins above and below a price.
    #[must_use]
    pub fn weigh(&self, price: i64) -> (f64, f64) {
        let Some(at) = self.place(price) else { return (0.0, 0.0) };
        #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53")]
        let (mark, width) = (price as f64, self.width as f64);
        #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53")]
        let centre = |place: usize| self.low(place) as f64 + width / 2.0;
        let first = if centre(at) > mark { at } else { at + 1 };
        // From bin to bin the weight falls by the same factor: two exponentials, not thousands.
        let near = |place: usize| libm::exp(-(centre(place) - mark).abs() / mark / 0.01);
        let fall = libm::exp(-width / mark / 0.01);
        let side = |places: &mut dyn Iterator<Item = usize>| {
            let (mut sum, mut weight) = (0.0, None);
            for place in places {
                let now = weight.map_or_else(|| near(place), |before: f64| before * fall);
                sum += self.bins[place].total() * centre(place) * now;
                weight = Some(now);
            }
            sum
        };
        // What is empty adds nothing, but the weight goes down over it, bin by bin.
        let Range { start, end } = self.used;
        (side(&mut (first..end)), side(&mut (start..first.min(BINS)).rev()))
    }

    /// Every bin that holds more than the one below and no less than the one above: low edge, what
    /// is in it; lowest first.
    pub fn tops(&self) -> impl Iterator<Item = (i64, Weight)> {
        let total = |place: usize| self.bins.get(place).map_or(0.0, Weight::total);
        let used = self.bins.iter().enumerate().take(self.used.end).skip(self.used.start);
        let places = used.filter(move |(place, bin)| {
            let below = place.checked_sub(1).map_or(0.0, total);
            bin.total() > below && bin.total() >= total(place + 1)
        });
        places.map(|(place, bin)| (self.low(place), *bin))
    }
}

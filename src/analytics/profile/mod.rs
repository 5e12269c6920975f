//! The volume profile: lots by price, its point of control and its value area.
//!
//! ```text
//! trade ──▶ bins (buys, sells by ⌊p/Δ⌋) ──▶ POC (a bound on the others) ──▶ area (a kept path)
//! ```
//!
//! **Invariants.** POC and value area equal a recompute from scratch after every add and every
//! removal (`naive` is that recompute, and the property tests compare). No volume is lost.

mod area;
mod bins;
pub mod naive;
#[cfg(test)]
mod tests;

use model::{Lots, Price, Side};

use area::Area;
use bins::Bins;
use bins::Room;
pub(crate) use bins::SLOTS;
use naive::{Rules, Settled};

/// Lots by price bin, with POC and value area by the specification's rule.
#[derive(Clone, Debug)]
pub struct Profile {
    bins: Bins,
    area: Area,
    // Slot of the fullest bin, of equals the lowest; meaningless while empty, as is `top`.
    poc: usize,
    // Its volume.
    top: i64,
    // No other bin holds more than this. Only a bound, because lots that leave other bins do
    // not lower it: the bins are searched only when the POC itself sinks to it.
    runner: i64,
    // Lots were laid into the bins alone: POC and area are not known until `settle`.
    laid: bool,
}

/// What of a profile is said when it changes: equal keys, equal POC, value area and bins.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Key {
    base: i64,
    width: i64,
    // POC, low and high of the area; `UNKNOWN` while nothing is known.
    slots: [usize; 3],
}

/// No slots.
const UNKNOWN: [usize; 3] = [usize::MAX; 3];

impl Profile {
    /// A profile that never allocates: Δ = 2^`shift` ticks, doubled when the traded range
    /// outgrows the array.
    #[must_use]
    pub fn folding(shift: u32) -> Self {
        Self::over(Bins::new(1 << shift, Room::Folds))
    }

    /// A profile of any bin width in ticks, >= 1, aligned to price 0, that keeps its width and
    /// allocates when the traded range outgrows the array (beyond 2²¹ bins it folds too).
    ///
    /// # Panics
    /// When `bin_ticks` is not positive.
    #[must_use]
    pub fn growing(bin_ticks: i64) -> Self {
        Self::over(Bins::new(bin_ticks, Room::Grows))
    }

    fn over(bins: Bins) -> Self {
        let area = Area::new(bins.volume.len());
        Self { bins, area, poc: 0, top: 0, runner: 0, laid: false }
    }

    /// Adds a trade. Lots >= 0; the sum of all stays below 2⁶⁰.
    #[inline]
    pub fn add(&mut self, price: Price, side: Side, lots: Lots) {
        let Some(slot) = self.bins.slot(price).filter(|_| self.bins.total != 0) else {
            self.add_far(price, side, lots);
            return;
        };
        let volume = self.bins.raise(slot, side, lots.0);
        let high_before = self.bins.high;
        self.bins.low = self.bins.low.min(slot);
        self.bins.high = high_before.max(slot);
        if slot == self.poc {
            self.top = volume;
        } else if volume > self.top || (volume == self.top && slot < self.poc) {
            self.runner = self.top;
            (self.poc, self.top) = (slot, volume);
            self.area.restart(slot, &self.bins);
            return;
        } else {
            self.runner = self.runner.max(volume);
        }
        self.area.raised(slot, self.poc, lots.0, high_before, &self.bins);
    }

    /// The first trade, or one that the array does not reach.
    #[cold]
    #[inline(never)]
    fn add_far(&mut self, price: Price, side: Side, lots: Lots) {
        if lots.0 == 0 {
            return;
        }
        let slot = self.bins.reach(price);
        let first = self.bins.total == 0;
        self.bins.raise(slot, side, lots.0);
        self.bins.low = if first { slot } else { self.bins.low.min(slot) };
        self.bins.high = if first { slot } else { self.bins.high.max(slot) };
        self.rebuild();
    }

    /// Takes a trade away that was added before.
    ///
    /// # Panics
    /// When its bin holds less: it was never added.
    #[inline]
    pub fn remove(&mut self, price: Price, side: Side, lots: Lots) {
        let slot = self.bins.slot(price).expect("a trade is removed that was added");
        let volume = self.bins.lower(slot, side, lots.0);
        if self.bins.total == 0 {
            (self.poc, self.top, self.runner) = (0, 0, 0);
            return;
        }
        if volume == 0 {
            self.shrink(slot);
        }
        if slot == self.poc {
            self.top = volume;
            if volume <= self.runner && self.find_poc() {
                self.area.restart(self.poc, &self.bins);
                return;
            }
        }
        self.area.lowered(slot, self.poc, lots.0, &self.bins);
    }

    /// An emptied bin at the end of the traded range pulls that end in.
    fn shrink(&mut self, slot: usize) {
        let volume = &self.bins.volume;
        if slot == self.bins.low {
            let skipped = volume[slot..].iter().take_while(|&&lots| lots == 0).count();
            self.bins.low += skipped;
        } else if slot == self.bins.high {
            let skipped = volume[..=slot].iter().rev().take_while(|&&lots| lots == 0).count();
            self.bins.high -= skipped;
        }
    }

    /// Searches the fullest bin; whether it is another one than before.
    fn find_poc(&mut self) -> bool {
        let (low, high) = (self.bins.low, self.bins.high);
        let traded = &self.bins.volume[low..=high];
        let top = traded.iter().copied().max().unwrap_or(0);
        let at = traded.iter().position(|&lots| lots == top).unwrap_or(0);
        let others = traded[..at].iter().chain(&traded[at + 1..]);
        self.runner = others.copied().max().unwrap_or(0);
        self.top = top;
        let moved = self.poc != low + at;
        self.poc = low + at;
        moved
    }

    fn rebuild(&mut self) {
        if self.bins.total != 0 {
            self.find_poc();
            self.area.restart(self.poc, &self.bins);
        }
    }

    /// Empties it; it may start anew with another width.
    pub fn clear(&mut self, bin_ticks: Option<i64>) {
        self.bins.clear(bin_ticks);
        (self.poc, self.top, self.runner) = (0, 0, 0);
        self.laid = false;
    }

    /// Adds lots to the bins alone; POC and value area are missing until [`Self::settle`].
    #[inline]
    pub(crate) fn lay(&mut self, price: Price, buys: Lots, sells: Lots) {
        if buys.0 + sells.0 == 0 {
            return;
        }
        let first = self.bins.total == 0;
        let slot = match self.bins.slot(price) {
            Some(slot) if !first => slot,
            _ => self.bins.reach(price),
        };
        self.bins.lay(slot, buys.0, sells.0);
        self.bins.low = if first { slot } else { self.bins.low.min(slot) };
        self.bins.high = if first { slot } else { self.bins.high.max(slot) };
        self.laid = true;
    }

    /// Takes lots from the bins alone.
    pub(crate) fn lift(&mut self, price: Price, side: Side, lots: Lots) {
        let slot = self.bins.slot(price).expect("a trade is removed that was added");
        if self.bins.lower(slot, side, lots.0) == 0 && self.bins.total != 0 {
            self.shrink(slot);
        }
        self.laid = true;
    }

    /// Finds POC and value area of what was laid.
    pub(crate) fn settle(&mut self) {
        self.laid = false;
        (self.poc, self.top, self.runner) = (0, 0, 0);
        self.rebuild();
    }

    /// Whether lots were laid since it was last settled.
    pub(crate) const fn is_laid(&self) -> bool {
        self.laid
    }

    /// The traded bins from the one that holds a price on, or from the lowest: low edge, buys,
    /// sells.
    pub(crate) fn bins_from(
        &self,
        price: Option<Price>,
    ) -> impl Iterator<Item = (Price, Lots, Lots)> + '_ {
        let (low, high) = (self.bins.low, self.bins.high);
        let end = if self.is_empty() { 0 } else { high + 1 };
        let start = match price {
            Some(price) if end != 0 && price > self.bins.edge(high) => end,
            Some(price) if end != 0 => self.bins.slot(price).unwrap_or(low).max(low),
            _ => low,
        };
        (start..end).map(|slot| {
            let (buys, sells) = self.bins.sides(slot);
            (self.bins.edge(slot), buys, sells)
        })
    }

    #[inline]
    pub(crate) fn key(&self) -> Key {
        let known = !self.is_empty() && !self.laid;
        let slots = if known { [self.poc, self.area.low, self.area.high] } else { UNKNOWN };
        Key { base: self.bins.base, width: self.bins.width(), slots }
    }

    /// Folds two bins into one until a bin has at least this many ticks.
    pub fn widen(&mut self, bin_ticks: i64) {
        if self.bins.width() >= bin_ticks {
            return;
        }
        while self.bins.width() < bin_ticks {
            self.bins.fold();
        }
        self.rebuild();
    }

    /// Ticks in a bin.
    #[must_use]
    pub const fn bin_ticks(&self) -> i64 {
        self.bins.width()
    }

    /// Lots in it.
    #[must_use]
    pub const fn volume(&self) -> Lots {
        Lots(self.bins.total)
    }

    /// Lots that aggressors bought.
    #[must_use]
    pub const fn buys(&self) -> Lots {
        Lots(self.bins.total_buys)
    }

    /// Lots that aggressors sold.
    #[must_use]
    pub const fn sells(&self) -> Lots {
        Lots(self.bins.total - self.bins.total_buys)
    }

    /// Whether nothing traded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bins.total == 0
    }

    /// Low edge of the fullest bin, of equals the lower; `None` when nothing traded.
    #[must_use]
    pub fn poc(&self) -> Option<Price> {
        (!self.is_empty() && !self.laid).then(|| self.bins.edge(self.poc))
    }

    /// Lots in the fullest bin.
    #[must_use]
    pub const fn poc_volume(&self) -> Lots {
        Lots(self.top)
    }

    /// Low edge of the lowest and top edge of the highest bin of the value area.
    #[must_use]
    pub fn value_area(&self) -> Option<(Price, Price)> {
        let area = &self.area;
        let known = !self.is_empty() && !self.laid;
        known.then(|| (self.bins.edge(area.low), self.bins.edge(area.high + 1)))
    }

    /// Every bin from the lowest to the highest that traded, empty ones between included:
    /// low edge, buys, sells.
    pub fn bins(&self) -> impl Iterator<Item = (Price, Lots, Lots)> + '_ {
        let end = if self.is_empty() { 0 } else { self.bins.high + 1 };
        (self.bins.low..end).map(|slot| {
            let (buys, sells) = self.bins.sides(slot);
            (self.bins.edge(slot), buys, sells)
        })
    }

    /// The lots of every bin from the lowest to the highest that traded, with the low edge of the
    /// first; `None` when nothing traded.
    #[must_use]
    pub fn row(&self) -> Option<(Price, &[i64])> {
        let (low, high) = (self.bins.low, self.bins.high);
        (!self.is_empty()).then(|| (self.bins.edge(low), &self.bins.volume[low..=high]))
    }

    /// The POC's place in [`Profile::row`].
    #[must_use]
    pub fn poc_bin(&self) -> Option<usize> {
        (!self.is_empty() && !self.laid).then(|| self.poc - self.bins.low)
    }

    /// It takes the place of another: its version shall be none that the other had.
    pub(crate) fn succeeds(&mut self, other: &Self) {
        self.bins.version = self.bins.version.max(other.bins.version) + 1;
    }

    /// A number that is another one after every change.
    #[must_use]
    pub(crate) const fn version(&self) -> u64 {
        self.bins.version
    }

    /// POC and value area by other rules (or by the same, the slow way): a recompute over the
    /// traded range.
    #[must_use]
    pub fn settled(&self, rules: Rules) -> Option<Settled> {
        if self.is_empty() {
            return None;
        }
        let low = self.bins.low;
        let (poc, val, vah) = naive::settle(&self.bins.volume[low..=self.bins.high], rules)?;
        Some(Settled {
            poc: self.bins.edge(low + poc),
            val: self.bins.edge(low + val),
            vah: self.bins.edge(low + vah + 1),
        })
    }
}

//! The value area, exact after every change without being found anew.
//!
//! The greedy expansion is kept as a path: the number of the step at which each bin was taken.
//! A change in one bin can only overturn decisions in which that bin stood for choice; the path
//! is cut before the first one that falls and continued from there. The bins taken after n
//! steps are always n + 1 in a row, so a step number alone tells which bins they were.

use super::bins::Bins;

/// The bins taken so far. `step` is valid inside `low..=high` only.
#[derive(Clone, Debug)]
pub(super) struct Area {
    step: Vec<u32>,
    // Slots, the POC between them.
    pub(super) low: usize,
    pub(super) high: usize,
    // Lots in the bins taken.
    taken: i64,
    // The bin taken last, and the lots in all others; while `rest < need <= taken` nothing has
    // to be given back or taken, and no array is read to know it. `i64::MIN` when the POC is
    // alone: it is never given back.
    last: usize,
    rest: i64,
}

impl Area {
    pub(super) fn new(slots: usize) -> Self {
        Self { step: vec![0; slots], low: 0, high: 0, taken: 0, last: 0, rest: i64::MIN }
    }

    /// Expands from the POC as if for the first time.
    pub(super) fn restart(&mut self, poc: usize, bins: &Bins) {
        self.step.resize(bins.volume.len(), 0);
        (self.low, self.high, self.taken) = (poc, poc, bins.volume[poc]);
        self.step[poc] = 0;
        self.settle_anew(bins);
    }

    /// A bin gained lots; `high_before` is the highest traded slot before that.
    #[inline]
    pub(super) fn raised(
        &mut self,
        slot: usize,
        poc: usize,
        lots: i64,
        high_before: usize,
        bins: &Bins,
    ) {
        if slot >= self.low && slot <= self.high {
            self.taken += lots;
            self.rest += if slot == self.last { 0 } else { lots };
        }
        if slot > poc {
            self.review_above(slot, bins);
            // The range grew by more than a bin: the first of the new empty ones was no choice
            // before and is one now.
            if slot > high_before + 1 {
                self.review_above(high_before + 1, bins);
            }
        } else if slot < poc {
            self.review_below(slot, bins);
        }
        self.settle(bins);
    }

    /// Was a bin above the POC passed over for one below that it now equals or beats?
    #[inline]
    fn review_above(&mut self, slot: usize, bins: &Bins) {
        if slot > self.high + 1 {
            return;
        }
        let from = self.step[slot - 1] as usize + 1;
        let until = if slot <= self.high { self.step[slot] as usize } else { self.len() };
        // While it waited the bins below went one by one, downwards from here.
        let mut other = slot - from;
        for _ in from..until {
            other -= 1;
            if bins.volume[slot] >= bins.volume[other] {
                self.cut(other + 1, slot - 1, bins);
                return;
            }
        }
    }

    /// Was a bin below the POC passed over for one above that it now beats?
    #[inline]
    fn review_below(&mut self, slot: usize, bins: &Bins) {
        if slot + 1 < self.low {
            return;
        }
        let from = self.step[slot + 1] as usize + 1;
        let until = if slot >= self.low { self.step[slot] as usize } else { self.len() };
        let mut other = slot + from;
        for _ in from..until {
            other += 1;
            if bins.volume[slot] > bins.volume[other] {
                self.cut(slot + 1, other - 1, bins);
                return;
            }
        }
    }

    /// A bin lost lots, and the traded range is what it is now.
    #[inline]
    pub(super) fn lowered(&mut self, slot: usize, poc: usize, lots: i64, bins: &Bins) {
        if slot >= self.low && slot <= self.high {
            self.taken -= lots;
            self.rest -= if slot == self.last { 0 } else { lots };
            let step = self.step[slot] as usize;
            // The choice it won: against the next bin of the other side at that step. To cut
            // where nothing fell would only cost the steps again.
            if slot > poc {
                let other = slot.checked_sub(step + 1).filter(|&other| other >= bins.low);
                if other.is_some_and(|other| bins.volume[other] > bins.volume[slot]) {
                    self.cut(slot - step, slot - 1, bins);
                }
            } else if slot < poc {
                let other = slot + step + 1;
                if other <= bins.high && bins.volume[other] >= bins.volume[slot] {
                    self.cut(slot + 1, slot + step, bins);
                }
            }
        }
        // Bins that the traded range left are no choice any more; all of them are empty.
        if self.high > bins.high {
            let step = self.step[bins.high + 1] as usize;
            self.cut(bins.high + 1 - step, bins.high, bins);
        }
        if self.low < bins.low {
            let step = self.step[bins.low - 1] as usize;
            self.cut(bins.low, bins.low - 1 + step, bins);
        }
        self.settle(bins);
    }

    /// Bins taken, which is also the number of the next step.
    #[inline]
    const fn len(&self) -> usize {
        self.high - self.low + 1
    }

    /// Keeps the path's beginning, up to where it held these slots.
    #[inline(never)]
    fn cut(&mut self, low: usize, high: usize, bins: &Bins) {
        debug_assert!(self.low <= low && low <= high && high <= self.high);
        self.taken -= bins.volume[self.low..low].iter().sum::<i64>();
        self.taken -= bins.volume[high + 1..=self.high].iter().sum::<i64>();
        (self.low, self.high) = (low, high);
        // Makes `settle` look for the new last one.
        self.rest = i64::MAX;
    }

    /// Gives back what is not needed, takes what is missing: the shortest path that holds
    /// 7/10 of the total.
    #[inline]
    fn settle(&mut self, bins: &Bins) {
        let need = need(bins.total);
        if self.rest >= need || self.taken < need {
            self.settle_anew(bins);
        }
    }

    #[inline(never)]
    fn settle_anew(&mut self, bins: &Bins) {
        let need = need(bins.total);
        while self.high > self.low {
            let last = self.find_last();
            let rest = self.taken - bins.volume[last];
            if rest < need {
                break;
            }
            self.taken = rest;
            if last == self.high { self.high -= 1 } else { self.low += 1 }
        }
        while self.taken < need {
            self.take_next(bins);
        }
        self.last = self.find_last();
        let alone = self.high == self.low;
        self.rest = if alone { i64::MIN } else { self.taken - bins.volume[self.last] };
    }

    /// The bin of the highest step stands at one of the two ends.
    #[inline]
    fn find_last(&self) -> usize {
        if self.step[self.high] > self.step[self.low] { self.high } else { self.low }
    }

    #[inline]
    fn take_next(&mut self, bins: &Bins) {
        let above = if self.high < bins.high { bins.volume[self.high + 1] } else { -1 };
        let below = if self.low > bins.low { bins.volume[self.low - 1] } else { -1 };
        #[expect(clippy::cast_possible_truncation, reason = "at most 2^22 slots")]
        let step = self.len() as u32;
        if above >= below {
            self.high += 1;
            self.step[self.high] = step;
            self.taken += above;
        } else {
            self.low -= 1;
            self.step[self.low] = step;
            self.taken += below;
        }
    }
}

/// ⌈7·total/10⌉; totals stay below 2^60, so nothing overflows.
#[inline]
const fn need(total: i64) -> i64 {
    // Unsigned: the division is a multiplication and a shift, without a sign to mend.
    total - (3 * total.cast_unsigned() / 10).cast_signed()
}

//! Market Profile: the letters of each bin counted, in small pieces.

use model::Price;

use super::brackets::{BRACKETS, Brackets, Range};
use super::strongest::Strongest;
use super::study::BINS_MAX;

/// Runs of single prints that are told: the longest, of equals the lower.
pub(super) const SINGLES_MAX: usize = 16;

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Count,
    Area,
    Done,
}

/// Counts the letters of some brackets.
#[derive(Clone, Debug)]
pub(super) struct Letters {
    pub(super) ranges: [Range; BRACKETS],
    /// Brackets that are over.
    pub(super) over: usize,
    pub(super) bin_ticks: i64,
    // The bin that place 0 holds, and the bins of the range.
    base: i64,
    bins: usize,
    // Letters a bin; before the count came by, how many more than in the bin below.
    counts: Vec<i64>,
    phase: Phase,
    at: usize,
    run: usize,
    /// Letters in all bins.
    pub(super) total: i64,
    poc: usize,
    low: usize,
    high: usize,
    taken: i64,
    singles: Strongest<(usize, usize)>,
    /// Runs of single prints.
    pub(super) found: usize,
}

impl Letters {
    pub(super) fn new() -> Self {
        let mut counts = vec![1; BINS_MAX + 1];
        counts.clear();
        Self {
            ranges: [None; BRACKETS],
            over: 0,
            bin_ticks: 1,
            base: 0,
            bins: 0,
            counts,
            phase: Phase::Done,
            at: 0,
            run: 0,
            total: 0,
            poc: 0,
            low: 0,
            high: 0,
            taken: 0,
            singles: Strongest::new(SINGLES_MAX),
            found: 0,
        }
    }

    /// Begins; whether it could: without a trade, or with more bins than a profile has, it cannot.
    pub(super) fn begin(&mut self, ranges: &[Range], bin_ticks: i64) -> bool {
        self.phase = Phase::Done;
        let Some((low, high)) = Brackets::span(ranges) else { return false };
        let bin = |price: Price| price.0.div_euclid(bin_ticks);
        let bins = usize::try_from(bin(high) - bin(low)).map_or(usize::MAX, |span| span + 1);
        if bins > BINS_MAX {
            return false;
        }
        self.ranges = [None; BRACKETS];
        self.ranges[..ranges.len()].copy_from_slice(ranges);
        self.over = ranges.len();
        (self.bin_ticks, self.base, self.bins) = (bin_ticks, bin(low), bins);
        self.counts.clear();
        self.counts.resize(bins + 1, 0);
        let base = self.base;
        let place = |price: Price| usize::try_from(bin(price) - base).unwrap_or(0);
        for &(low, high) in ranges.iter().flatten() {
            self.counts[place(low)] += 1;
            self.counts[place(high) + 1] -= 1;
        }
        self.singles.clear();
        (self.at, self.run, self.found, self.total, self.poc) = (0, 0, 0, 0, 0);
        self.phase = Phase::Count;
        true
    }

    /// Works for about this many bins; whether all is done.
    pub(super) fn step(&mut self, mut budget: usize) -> bool {
        if self.phase == Phase::Count {
            budget = self.count(budget);
        }
        if self.phase == Phase::Area {
            self.expand(budget);
        }
        self.phase == Phase::Done
    }

    fn count(&mut self, budget: usize) -> usize {
        let end = self.bins.min(self.at.saturating_add(budget));
        let left = budget - (end - self.at);
        for at in self.at..end {
            let count = self.counts[at] + if at > 0 { self.counts[at - 1] } else { 0 };
            self.counts[at] = count;
            self.total += count;
            if count > self.counts[self.poc] {
                self.poc = at;
            }
            if count != 1 {
                self.end_run(at);
                self.run = at + 1;
            }
        }
        self.at = end;
        if end == self.bins {
            (self.low, self.high, self.taken) = (self.poc, self.poc, self.counts[self.poc]);
            self.phase = Phase::Area;
        }
        left
    }

    /// A run of single prints is over: it is one if it is inside and has two bins.
    fn end_run(&mut self, end: usize) {
        let bins = end - self.run;
        // Where the run would go on to the top of the range this is never called.
        if self.run > 0 && bins >= 2 {
            self.found += 1;
            self.singles.offer(i64::try_from(bins).unwrap_or(i64::MAX), (self.run, end));
        }
    }

    fn expand(&mut self, mut budget: usize) {
        while 10 * self.taken < 7 * self.total {
            if budget == 0 {
                return;
            }
            budget -= 1;
            let above = if self.high + 1 < self.bins { self.counts[self.high + 1] } else { -1 };
            let below = if self.low > 0 { self.counts[self.low - 1] } else { -1 };
            if above >= below {
                self.high += 1;
                self.taken += above;
            } else {
                self.low -= 1;
                self.taken += below;
            }
        }
        self.phase = Phase::Done;
    }

    /// The low edge of a place's bin.
    pub(super) fn edge(&self, at: usize) -> Price {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        Price((self.base + at) * self.bin_ticks)
    }

    /// Low edge of the POC's bin, of equals the lowest.
    pub(super) fn poc(&self) -> Price {
        self.edge(self.poc)
    }

    /// Low edge of the lowest and top edge of the highest bin of the value area.
    pub(super) fn value_area(&self) -> (Price, Price) {
        (self.edge(self.low), self.edge(self.high + 1))
    }

    /// The longest runs of single prints: low edge and top edge, from low to high.
    pub(super) fn singles(&self) -> impl Iterator<Item = (Price, Price)> + '_ {
        self.singles.iter().map(|(low, end)| (self.edge(low), self.edge(end)))
    }

    /// Letters a bin, from the lowest.
    #[cfg(test)]
    pub(super) fn counts(&self) -> &[i64] {
        &self.counts[..self.bins]
    }
}

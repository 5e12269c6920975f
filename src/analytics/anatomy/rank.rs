//! Medians and percentiles of a list without sorting it, in pieces.
//!
//! The range of values is cut into 256 equal buckets and counted; only the bucket that holds the
//! rank is kept and cut again, until few values are left.

/// Buckets of one cut.
const BUCKETS: usize = 256;
/// Lists that are settled at once.
const FEW: usize = 128;

/// Which stretch of the work comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Narrow,
    Count,
    Keep { bucket: usize },
    Ends { lower: usize, upper: usize },
    Done,
}

/// A list of values >= 0 and the two ranks that are asked of it.
#[derive(Clone, Debug)]
pub(super) struct Rank {
    values: Vec<i64>,
    low: i64,
    high: i64,
    counts: Vec<usize>,
    shift: u32,
    // Of the list as it is: the ranks of the wanted values, from 0.
    lower: usize,
    upper: usize,
    phase: Phase,
    at: usize,
    kept: usize,
    // Of what is kept.
    bounds: (i64, i64),
    found: (i64, i64),
}

impl Rank {
    /// Room for this many values, every page touched.
    pub(super) fn new(values: usize) -> Self {
        let mut rank = Self {
            values: vec![1; values],
            low: 0,
            high: 0,
            counts: vec![1; BUCKETS],
            shift: 0,
            lower: 0,
            upper: 0,
            phase: Phase::Done,
            at: 0,
            kept: 0,
            bounds: (0, 0),
            found: (0, 0),
        };
        rank.clear();
        rank
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        (self.low, self.high) = (i64::MAX, 0);
    }

    /// Values >= 0. No more than there is room for.
    #[inline]
    pub(super) fn extend(&mut self, values: impl Iterator<Item = i64>) {
        let (mut low, mut high) = (self.low, self.high);
        self.values.extend(values.inspect(|&value| {
            debug_assert!(value >= 0);
            (low, high) = (low.min(value), high.max(value));
        }));
        (self.low, self.high) = (low, high);
    }

    /// Asks for the two middle values: the same one when their count is odd.
    pub(super) fn seek_median(&mut self) {
        let count = self.values.len();
        self.seek(count.saturating_sub(1) / 2, count / 2);
    }

    /// Asks for the p-th percentile by nearest rank, 1..=100.
    pub(super) fn seek_percentile(&mut self, percent: usize) {
        let rank = (percent * self.values.len()).div_ceil(100).saturating_sub(1);
        self.seek(rank, rank);
    }

    fn seek(&mut self, lower: usize, upper: usize) {
        (self.lower, self.upper) = (lower, upper);
        self.found = (0, 0);
        self.phase = if self.values.is_empty() { Phase::Done } else { Phase::Narrow };
    }

    /// The values at the two ranks; zeros for an empty list.
    pub(super) fn found(&self) -> (i64, i64) {
        debug_assert_eq!(self.phase, Phase::Done);
        self.found
    }

    /// Works on about this many values; what is left of the budget. Some is left when the
    /// values are found.
    pub(super) fn step(&mut self, mut budget: usize) -> usize {
        while self.phase != Phase::Done {
            if budget == 0 {
                return 0;
            }
            budget = match self.phase {
                Phase::Narrow => self.narrow(budget),
                Phase::Count => self.count(budget),
                Phase::Keep { bucket } => self.keep(bucket, budget),
                Phase::Ends { lower, upper } => self.ends(lower, upper, budget),
                Phase::Done => budget,
            };
        }
        budget
    }

    fn narrow(&mut self, budget: usize) -> usize {
        if self.low == self.high {
            (self.found, self.phase) = ((self.low, self.low), Phase::Done);
        } else if self.values.len() <= FEW {
            let (before, &mut upper, _) = self.values.select_nth_unstable(self.upper);
            let lower = if self.lower == self.upper {
                upper
            } else {
                before.iter().copied().max().unwrap_or(upper)
            };
            (self.found, self.phase) = ((lower, upper), Phase::Done);
        } else {
            let bits = i64::BITS - (self.high - self.low).leading_zeros();
            self.shift = bits.saturating_sub(BUCKETS.trailing_zeros());
            self.counts.fill(0);
            (self.phase, self.at) = (Phase::Count, 0);
        }
        budget.saturating_sub(FEW / 2)
    }

    #[inline]
    fn bucket(&self, value: i64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "below 256 by the choice of shift")]
        #[expect(clippy::cast_sign_loss, reason = "no value lies below the lowest")]
        {
            ((value - self.low) >> self.shift) as usize
        }
    }

    /// The end of the piece that a budget allows.
    fn piece(&self, budget: usize) -> usize {
        self.values.len().min(self.at.saturating_add(budget))
    }

    fn count(&mut self, budget: usize) -> usize {
        let end = self.piece(budget);
        for at in self.at..end {
            let bucket = self.bucket(self.values[at]);
            self.counts[bucket] += 1;
        }
        let left = budget - (end - self.at);
        self.at = end;
        if end < self.values.len() {
            return 0;
        }
        let holder = |rank: usize| {
            let mut below = 0;
            let bucket = self.counts.iter().position(|&count| {
                below += count;
                below > rank
            });
            let bucket = bucket.expect("a rank is below the count of the values");
            (bucket, below - self.counts[bucket])
        };
        let ((lower, below), (upper, _)) = (holder(self.lower), holder(self.upper));
        (self.at, self.kept, self.bounds) = (0, 0, (i64::MAX, 0));
        if lower == upper {
            (self.lower, self.upper) = (self.lower - below, self.upper - below);
            self.phase = Phase::Keep { bucket: lower };
        } else {
            // The last of one bucket and the first of the next that is not empty.
            self.found = (0, i64::MAX);
            self.phase = Phase::Ends { lower, upper };
        }
        left.saturating_sub(FEW / 2)
    }

    fn keep(&mut self, bucket: usize, budget: usize) -> usize {
        let end = self.piece(budget);
        for at in self.at..end {
            let value = self.values[at];
            if self.bucket(value) == bucket {
                self.values[self.kept] = value;
                self.kept += 1;
                self.bounds = (self.bounds.0.min(value), self.bounds.1.max(value));
            }
        }
        let left = budget - (end - self.at);
        self.at = end;
        if end == self.values.len() {
            self.values.truncate(self.kept);
            (self.low, self.high) = self.bounds;
            self.phase = Phase::Narrow;
        }
        left
    }

    fn ends(&mut self, lower: usize, upper: usize, budget: usize) -> usize {
        let end = self.piece(budget);
        for at in self.at..end {
            let value = self.values[at];
            let bucket = self.bucket(value);
            if bucket == lower {
                self.found.0 = self.found.0.max(value);
            } else if bucket == upper {
                self.found.1 = self.found.1.min(value);
            }
        }
        let left = budget - (end - self.at);
        self.at = end;
        if end == self.values.len() {
            self.phase = Phase::Done;
        }
        left
    }
}

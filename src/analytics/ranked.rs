//! The samples of the last hour, in order of time and in order of size: medians and
//! percentiles without sorting.

/// Seconds that samples stay.
pub(crate) const SECONDS: u64 = 3_600;
/// Samples that may leave one by one; more than these are cheaper to sort out at once.
const ONE_BY_ONE: usize = 16;

/// At most one sample a second, so at most 3 600: one goes in by moving the larger ones up,
/// half a microsecond a second.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    // Ring of (second, value); `oldest..newest` count up for ever.
    ring: Vec<(u64, i64)>,
    oldest: usize,
    newest: usize,
    sorted: Vec<i64>,
}

impl Ranked {
    pub(crate) fn new() -> Self {
        // One more, because a sample comes before the one that it pushes out has left.
        let slots = usize::try_from(SECONDS).expect("an hour") + 1;
        Self { ring: vec![(0, 0); slots], oldest: 0, newest: 0, sorted: Vec::with_capacity(slots) }
    }

    pub(crate) const fn len(&self) -> usize {
        self.newest - self.oldest
    }

    /// Adds the sample of a second, later than every one before.
    pub(crate) fn push(&mut self, second: u64, value: i64) {
        self.leave(second);
        let slots = self.ring.len();
        assert!(self.len() < slots, "one sample a second");
        self.ring[self.newest % slots] = (second, value);
        self.newest += 1;
        let at = self.sorted.partition_point(|&other| other < value);
        self.sorted.insert(at, value);
    }

    /// Lets those go that are an hour old or older at a second.
    pub(crate) fn leave(&mut self, second: u64) {
        let slots = self.ring.len();
        let mut gone = 0;
        while self.oldest < self.newest && self.ring[self.oldest % slots].0 + SECONDS <= second {
            if gone < ONE_BY_ONE {
                let value = self.ring[self.oldest % slots].1;
                let at = self.sorted.partition_point(|&other| other < value);
                self.sorted.remove(at);
            }
            gone += 1;
            self.oldest += 1;
        }
        if gone > ONE_BY_ONE {
            self.sorted.clear();
            for at in self.oldest..self.newest {
                self.sorted.push(self.ring[at % slots].1);
            }
            self.sorted.sort_unstable();
        }
    }

    /// Twice the median, so that it is whole; `None` without samples.
    pub(crate) fn median_doubled(&self) -> Option<i64> {
        let count = self.sorted.len();
        let upper = *self.sorted.get(count / 2)?;
        let lower = if count.is_multiple_of(2) { self.sorted[count / 2 - 1] } else { upper };
        Some(lower.saturating_add(upper))
    }

    /// The p-th percentile by nearest rank, 1..=100; `None` without samples.
    pub(crate) fn percentile(&self, percent: usize) -> Option<i64> {
        let rank = (percent * self.sorted.len()).div_ceil(100);
        self.sorted.get(rank.checked_sub(1)?).copied()
    }
}

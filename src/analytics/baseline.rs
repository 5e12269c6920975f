//! The values of the 24 hours before: percentiles against earlier samples only, one sample a bar.

use model::{DAY, Nanos};

/// Samples of one timeframe, by time and by size. A bar gives at most one, so a day holds a fixed
/// number; one goes in by moving the larger ones up (1 440 of 1 m bars at most).
#[derive(Clone, Debug)]
pub struct Baseline {
    // Ring of (opening time of its bar, value); `oldest..newest` count up for ever.
    ring: Vec<(Nanos, f64)>,
    oldest: usize,
    newest: usize,
    sorted: Vec<f64>,
}

impl Baseline {
    /// A day of bars of this length.
    #[must_use]
    pub fn new(length: Nanos) -> Self {
        let slots = usize::try_from(DAY.0 / length.0).expect("bars of a day");
        // Written, so that the memory is ours before the first sample.
        let mut sorted = vec![1.0; slots];
        sorted.clear();
        Self { ring: vec![(Nanos(1), 1.0); slots], oldest: 0, newest: 0, sorted }
    }

    /// Samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.newest - self.oldest
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every bar of the day gave a sample.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.len() == self.ring.len()
    }

    /// Half of a day's bars: with fewer there is no percentile (spec § 0).
    fn is_covered(&self) -> bool {
        2 * self.len() >= self.ring.len()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.oldest = self.newest;
        self.sorted.clear();
    }

    /// Lets those go whose bar opened more than a day before this one.
    pub fn leave(&mut self, time: Nanos) {
        let slots = self.ring.len();
        while self.oldest < self.newest && self.ring[self.oldest % slots].0.after(DAY) < time {
            let value = self.ring[self.oldest % slots].1;
            let at = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
            self.sorted.remove(at);
            self.oldest += 1;
        }
    }

    /// Adds the sample of the bar that opened at `time`, later than every one before. What is no
    /// number is no sample.
    pub fn push(&mut self, time: Nanos, value: f64) {
        if !value.is_finite() {
            return;
        }
        // The next bar's baseline is a day long and begins one bar later than this one's.
        let slots = self.ring.len();
        let length = Nanos(DAY.0 / slots as u64);
        self.leave(time.after(length));
        assert!(self.len() < slots, "one sample a bar");
        self.ring[self.newest % slots] = (time, value);
        self.newest += 1;
        let at = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
    }

    /// The p-th percentile by nearest rank, 1..=100; `None` with less than half a day of samples.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<f64> {
        if !self.is_covered() {
            return None;
        }
        let rank = (percent * self.sorted.len()).div_ceil(100);
        self.sorted.get(rank.checked_sub(1)?).copied()
    }

    /// Share of the samples below a value plus half of those equal, in [0, 1]; `None` with less
    /// than half a day of samples.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most 1 440 samples")]
    pub fn share_below(&self, value: f64) -> Option<f64> {
        if !self.is_covered() {
            return None;
        }
        let below = self.sorted.partition_point(|other| *other < value);
        let upto = self.sorted.partition_point(|other| *other <= value);
        Some((below + upto) as f64 / (2 * self.sorted.len()) as f64)
    }
}

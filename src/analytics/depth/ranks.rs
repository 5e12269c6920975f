//! The ratios of the last 24 hours' bars of one interval, in order of time and of size.

use model::{DAY, Interval, Nanos};

/// At most one a bar; in [0, 1], kept as bits, whose order is the order of the numbers.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    // Ring of (end of the bar, bits); `oldest..newest` count up for ever.
    ring: Vec<(Nanos, u64)>,
    oldest: usize,
    newest: usize,
    sorted: Vec<u64>,
}

impl Ranks {
    /// Room for a day of bars.
    pub(super) fn new(interval: Interval) -> Self {
        let bars = usize::try_from(DAY.0 / interval.length().0).expect("bars of a day");
        // Written once, so that no page is first touched later.
        let mut sorted = vec![std::hint::black_box(1); bars + 1];
        sorted.clear();
        Self { ring: vec![(Nanos(1), 1); bars + 1], oldest: 0, newest: 0, sorted }
    }

    /// The percentile of a ratio among the bars that ended less than 24 h before `end`: the
    /// share below it and half of those equal; none while they are fewer than half a day's.
    pub(super) fn percentile(&mut self, end: Nanos, ratio: f64) -> Option<f64> {
        self.leave(end);
        let count = self.sorted.len();
        if count * 2 < self.ring.len() - 1 {
            return None;
        }
        let bits = ratio.to_bits();
        let below = self.sorted.partition_point(|&other| other < bits);
        let equal = self.sorted[below..].partition_point(|&other| other == bits);
        #[expect(clippy::cast_precision_loss, reason = "at most 1 440")]
        let share = (2 * below + equal) as f64 / (2 * count) as f64;
        Some(share)
    }

    /// Adds the ratio of the bar that ended at `end`, later than every one before.
    pub(super) fn push(&mut self, end: Nanos, ratio: f64) {
        self.leave(end);
        let slots = self.ring.len();
        if self.newest - self.oldest == slots {
            self.drop_oldest();
        }
        let bits = ratio.to_bits();
        self.ring[self.newest % slots] = (end, bits);
        self.newest += 1;
        let at = self.sorted.partition_point(|&other| other < bits);
        self.sorted.insert(at, bits);
    }

    fn leave(&mut self, end: Nanos) {
        let slots = self.ring.len();
        while self.oldest < self.newest && self.ring[self.oldest % slots].0.after(DAY) <= end {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let bits = self.ring[self.oldest % self.ring.len()].1;
        let at = self.sorted.partition_point(|&other| other < bits);
        self.sorted.remove(at);
        self.oldest += 1;
    }
}

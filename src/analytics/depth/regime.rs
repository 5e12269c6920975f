//! The regime of the book imbalance: its 1 Hz samples by bar.
//!
//! A sample is the reading after the last book event of a second of the venue clock; a
//! suppressed one is counted and gives no value.

use model::{Interval, Nanos, SECOND, Trust};

use super::per_bar::{PerBar, Sum};
use crate::obi::Reading;

/// Mean and squared deviation after Welford: equal samples deviate by exactly nothing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Samples {
    pub(super) count: u32,
    pub(super) suppressed: u32,
    pub(super) mean: f64,
    squares: f64,
}

impl Samples {
    fn of(reading: &Reading) -> Self {
        if reading.trust == Trust::SOUND {
            Self { count: 1, mean: reading.obi, ..Self::default() }
        } else {
            Self { suppressed: 1, ..Self::default() }
        }
    }

    /// Population deviation; none below two samples.
    pub(super) fn deviation(&self) -> Option<f64> {
        (self.count >= 2).then(|| libm::sqrt(self.squares / f64::from(self.count)))
    }
}

impl Sum for Samples {
    fn merge(&mut self, other: &Self) {
        self.suppressed += other.suppressed;
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            (self.count, self.mean, self.squares) = (other.count, other.mean, other.squares);
            return;
        }
        let (ours, theirs) = (f64::from(self.count), f64::from(other.count));
        let (all, apart) = (ours + theirs, other.mean - self.mean);
        self.mean += apart * theirs / all;
        self.squares += other.squares + apart * apart * ours * theirs / all;
        self.count += other.count;
    }
}

/// The samples of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Regime {
    // The running second and its last reading.
    second: u64,
    running: Option<Samples>,
    samples: PerBar<Samples>,
}

impl Regime {
    pub(super) fn new() -> Self {
        Self { second: 0, running: None, samples: PerBar::new() }
    }

    /// The reading after a book event.
    #[inline]
    pub(super) fn take(&mut self, clock: Nanos, reading: &Reading) {
        let second = clock.0 / SECOND.0;
        if second > self.second {
            self.end(second);
        }
        self.running = Some(Samples::of(reading));
    }

    fn end(&mut self, second: u64) {
        if let Some(sample) = self.running.take() {
            self.samples.add(Nanos(self.second * SECOND.0), &sample);
        }
        self.second = second;
    }

    /// The samples of a bar that closed; `open` of the last of a run.
    pub(super) fn close(&mut self, interval: Interval, open: Nanos) -> Samples {
        let end = open.after(interval.length()).0 / SECOND.0;
        if end > self.second {
            self.end(end);
        }
        self.samples.take(interval, open)
    }
}

//! Realised volatility: √Σ r² of 1 s log returns over 5 min, 1 h and 24 h, annualised.
//!
//! **No drift.** r² is kept as a whole number of 2⁻⁹⁶, so that what enters a window leaves it to
//! the last bit. 2⁻⁹⁶ is 10⁻⁷ of the smallest r² there is (a tick at 10⁸ ticks: 2⁻⁵³ · 10⁻⁵ of
//! it); the largest, (ln 2⁴⁸)² < 2¹¹, 86 400 times, is below 2¹²⁴.

use model::{DAY, HOUR, MINUTE, Nanos, SECOND, Trust};

/// The windows, shortest first.
pub(super) const WINDOWS: [Nanos; 3] = [Nanos(5 * MINUTE.0), HOUR, DAY];
/// Seconds of 365 days.
const YEAR_SECONDS: f64 = 31_536_000.0;
/// 2⁹⁶.
const SCALE: f64 = 79_228_162_514_264_337_593_543_950_336.0;
/// Returns of a day, and one that came before the oldest left.
const SLOTS: usize = 86_401;

/// One window's sum.
#[derive(Clone, Copy, Default, Debug)]
struct Sum {
    total: u128,
    // Place of the oldest return that is in it.
    tail: u64,
}

/// What a window says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) volatility: Option<f64>,
    pub(super) variance: f64,
    pub(super) returns: u64,
    pub(super) trust: Trust,
}

/// The returns that are not zero, and their sums.
#[derive(Clone, Debug)]
pub(super) struct Volatility {
    // Ring of (end of the second, r² as it is summed); places count up for ever.
    ring: Vec<(Nanos, u128)>,
    end: u64,
    sums: [Sum; 3],
    close: Option<i64>,
    // End of the first second; of the last; of the last unstable one.
    first: Nanos,
    last: Nanos,
    unstable: Nanos,
}

fn fixed(square: f64) -> u128 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= r² < 2¹¹")]
    {
        (square * SCALE) as u128
    }
}

fn slot(place: u64) -> usize {
    usize::try_from(place % SLOTS as u64).unwrap_or(0)
}

impl Volatility {
    pub(super) fn new() -> Self {
        Self {
            ring: vec![(Nanos(u64::MAX), 1); SLOTS],
            end: 0,
            sums: [Sum::default(); 3],
            close: None,
            first: Nanos::NONE,
            last: Nanos::NONE,
            unstable: Nanos::NONE,
        }
    }

    pub(super) fn clear(&mut self) {
        (self.sums, self.end, self.close) = ([Sum::default(); 3], 0, None);
        (self.first, self.last, self.unstable) = (Nanos::NONE, Nanos::NONE, Nanos::NONE);
    }

    /// A second closed, or a run of empty ones, the last of which ended at `end`. `first`: end of
    /// the first of them; only that one can have a return that is not zero.
    pub(super) fn take(&mut self, (first, end): (Nanos, Nanos), close: i64, unstable: bool) {
        if self.first == Nanos::NONE {
            self.first = first;
        }
        self.last = end;
        if unstable {
            self.unstable = end;
        }
        let before = self.close.replace(close);
        if let Some(before) = before.filter(|&before| before != close) {
            #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
            let change = libm::log(close as f64 / before as f64);
            self.push(first, change * change);
        }
        for (sum, window) in self.sums.iter_mut().zip(WINDOWS) {
            let edge = end.since(window);
            // All of them: no need to take them out one by one.
            if sum.tail < self.end && self.ring[slot(self.end - 1)].0 <= edge {
                *sum = Sum { total: 0, tail: self.end };
            }
            while sum.tail < self.end && self.ring[slot(sum.tail)].0 <= edge {
                sum.total -= self.ring[slot(sum.tail)].1;
                sum.tail += 1;
            }
        }
    }

    fn push(&mut self, end: Nanos, square: f64) {
        // One a second: when the ring is full, the oldest is older than a day.
        if self.end - self.sums[2].tail == SLOTS as u64 {
            let gone = self.ring[slot(self.end)].1;
            for sum in self.sums.iter_mut().filter(|sum| sum.tail + SLOTS as u64 == self.end) {
                sum.total -= gone;
                sum.tail += 1;
            }
        }
        let square = fixed(square);
        self.ring[slot(self.end)] = (end, square);
        self.end += 1;
        for sum in &mut self.sums {
            sum.total += square;
        }
    }

    /// What a window says after the last second.
    pub(super) fn read(&self, window: usize) -> Reading {
        let length = WINDOWS[window];
        // As many returns as seconds between the first close and the last.
        let seconds = self.last.since(self.first).min(length).0 / SECOND.0;
        let whole = length.0 / SECOND.0;
        let edge = self.last.since(length);
        let mut trust = Trust::SOUND;
        if self.unstable != Nanos::NONE && self.unstable >= edge {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if seconds < whole {
            trust = trust.with(Trust::UNCOVERED);
        }
        #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
        let (total, returns) = (self.sums[window].total as f64, seconds as f64);
        let variance = total / SCALE;
        if seconds * 2 < whole {
            let trust = trust.with(Trust::MISSING);
            return Reading { volatility: None, variance, returns: seconds, trust };
        }
        let volatility = libm::sqrt(variance * (YEAR_SECONDS / returns));
        Reading { volatility: Some(volatility), variance, returns: seconds, trust }
    }
}

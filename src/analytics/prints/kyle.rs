//! Kyle's λ: how many ticks the close moves with a lot of delta. Least squares with intercept over
//! the last closed bars, from exact integer sums.

use model::{Interval, Nanos, Trust};

use crate::Baseline;

/// Bars that go in.
const BARS: usize = 60;
/// Fewest bars that give a value: half of them.
const BARS_MIN: usize = BARS / 2;

/// One bar: what went in.
#[derive(Clone, Copy, Default, Debug)]
struct Sample {
    close_change: i64,
    delta: i64,
    unstable: bool,
}

/// A fitted line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Ticks a lot.
    pub slope: f64,
    /// Ticks at delta 0.
    pub intercept: f64,
}

/// Beyond this a bar's delta and change of close count as this: no product of sums may leave
/// 128 bits, (60 · 2⁵⁶)² < 2¹²⁴.
const VALUE_MAX: i64 = 1 << 56;

/// The sums over the last 60 bars.
#[derive(Clone, Debug)]
pub struct Regression {
    ring: [Sample; BARS],
    oldest: usize,
    len: usize,
    unstable: usize,
    x: i128,
    y: i128,
    xx: i128,
    xy: i128,
}

impl Default for Regression {
    fn default() -> Self {
        let ring = [Sample::default(); BARS];
        Self { ring, oldest: 0, len: 0, unstable: 0, x: 0, y: 0, xx: 0, xy: 0 }
    }
}

impl Regression {
    /// Adds a bar: the change of its close in ticks and its delta in lots.
    pub fn push(&mut self, close_change: i64, delta: i64, unstable: bool) {
        if self.len == BARS {
            let oldest = self.ring[self.oldest];
            self.account(oldest, -1);
            self.unstable -= usize::from(oldest.unstable);
            self.oldest = (self.oldest + 1) % BARS;
            self.len -= 1;
        }
        let bounded = |value: i64| value.clamp(-VALUE_MAX, VALUE_MAX);
        let (close_change, delta) = (bounded(close_change), bounded(delta));
        let sample = Sample { close_change, delta, unstable };
        self.ring[(self.oldest + self.len) % BARS] = sample;
        self.account(sample, 1);
        self.unstable += usize::from(unstable);
        self.len += 1;
    }

    fn account(&mut self, sample: Sample, sign: i128) {
        let (x, y) = (i128::from(sample.delta), i128::from(sample.close_change));
        self.x += sign * x;
        self.y += sign * y;
        self.xx += sign * x * x;
        self.xy += sign * x * y;
    }

    /// The line; `None` below half of the bars, or when every delta is the same.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    pub fn line(&self) -> Option<Line> {
        let count = self.len as i128;
        let divisor = count * self.xx - self.x * self.x;
        if self.len < BARS_MIN || divisor == 0 {
            return None;
        }
        let slope = (count * self.xy - self.x * self.y) as f64 / divisor as f64;
        let intercept = (self.y as f64 - slope * self.x as f64) / count as f64;
        Some(Line { slope, intercept })
    }

    /// Bars that went in.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no bar went in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// λ of one interval.
#[derive(Clone, Debug)]
pub(super) struct Kyle {
    regression: Regression,
    // Close of the bar before, and whether that was unstable: its close may be another.
    before: Option<(i64, bool)>,
    // λ⁺ of the day before; bars with holes gave none.
    history: Baseline,
}

/// λ after a bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) line: Option<Line>,
    pub(super) percentile: Option<f64>,
    pub(super) bars: usize,
    pub(super) trust: Trust,
}

impl Kyle {
    pub(super) fn new(interval: Interval) -> Self {
        let history = Baseline::new(interval.length());
        Self { regression: Regression::default(), before: None, history }
    }

    pub(super) fn clear(&mut self) {
        self.regression = Regression::default();
        self.before = None;
        self.history.clear();
    }

    /// A bar closed that opened at `open`.
    pub(super) fn take(&mut self, close: i64, delta: i64, unstable: bool, open: Nanos) -> Reading {
        // The first close has none before it.
        if let Some((before, was_unstable)) = self.before.replace((close, unstable)) {
            let change = close.saturating_sub(before);
            self.regression.push(change, delta, unstable || was_unstable);
        }
        self.history.leave(open);
        let line = self.regression.line();
        let plus = line.map(|line| line.slope.max(0.0));
        let percentile = plus.and_then(|plus| self.history.share_below(plus));
        let mut trust = Trust::SOUND;
        if self.regression.unstable != 0 {
            trust = trust.with(Trust::CONTAMINATED);
        } else if let Some(plus) = plus {
            self.history.push(open, plus);
        }
        if self.regression.len < BARS {
            trust = trust.with(Trust::UNCOVERED);
        }
        if line.is_none() {
            trust = trust.with(Trust::MISSING);
        }
        Reading { line, percentile, bars: self.regression.len, trust }
    }
}

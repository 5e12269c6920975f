//! Indicators that are sums: volume by direction, and the last n closes.

use model::{Lots, Price};

/// A whole number as a float: quantities below 2⁵³ lots stay exact.
pub(super) fn float(whole: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio: here float begins")]
    {
        whole as f64
    }
}

/// On-balance volume: a bar's volume added when it closed higher than the one before, taken away
/// when lower. Exact. As in TA-Lib it begins with the first bar's volume (Skender: with 0), so
/// only its differences mean anything.
#[derive(Clone, Copy, Default, Debug)]
pub struct Obv {
    close: Option<Price>,
    value: Lots,
}

impl Obv {
    /// Takes a closed bar; the sum after it. Saturating: lots come from outside.
    pub fn push(&mut self, close: Price, volume: Lots) -> Lots {
        let sign = self.close.map_or(1, |before| (close - before).0.signum());
        self.value = Lots(self.value.0.saturating_add(sign.saturating_mul(volume.0)));
        self.close = Some(close);
        self.value
    }
}

/// Accumulation/distribution: Σ volume·((close − low) − (high − close))/(high − low), in lots. A
/// bar without a range adds nothing, as in TA-Lib.
///
/// The part of each bar is one quotient of whole numbers, rounded once; the sum is a float.
#[derive(Clone, Copy, Default, Debug)]
pub struct AccumulationDistribution {
    value: f64,
}

impl AccumulationDistribution {
    /// Takes a closed bar; the sum after it.
    pub fn push(&mut self, high: Price, low: Price, close: Price, volume: Lots) -> f64 {
        let range = (high - low).0;
        if range > 0 {
            let place = (close - low).0 - (high - close).0;
            self.value += float(place) * float(volume.0) / float(range);
        }
        self.value
    }
}

/// Mean and population deviation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moments {
    /// Σx/n.
    pub mean: f64,
    /// √(Σ(x − mean)²/n); zero where all are equal.
    pub deviation: f64,
}

/// Mean and deviation of the last n closes in ticks, this bar's included. Both sums are exact
/// integers, so nothing drifts and nothing cancels.
#[derive(Clone, Debug)]
pub struct Rolling {
    ring: Vec<i64>,
    taken: usize,
    sum: i128,
    squares: i128,
}

impl Rolling {
    /// Of `bars` closes, >= 1.
    #[must_use]
    pub fn new(bars: usize) -> Self {
        assert!(bars >= 1, "a window holds at least one bar");
        // Written, so that the memory is there before the first bar.
        Self { ring: vec![1; bars], taken: 0, sum: 0, squares: 0 }
    }

    /// Takes a close; the moments after it, from the n-th on.
    pub fn push(&mut self, close: Price) -> Option<Moments> {
        let bars = self.ring.len();
        let slot = &mut self.ring[self.taken % bars];
        let before = std::mem::replace(slot, close.0);
        let (new, old) = (i128::from(close.0), i128::from(before));
        self.sum += new;
        self.squares += new * new;
        if self.taken >= bars {
            self.sum -= old;
            self.squares -= old * old;
        }
        self.taken += 1;
        (self.taken >= bars).then(|| self.moments())
    }

    fn moments(&self) -> Moments {
        let bars = i128::try_from(self.ring.len()).unwrap_or(i128::MAX);
        // n·Σx² − (Σx)² >= 0, whole: n² times the variance.
        let spread = bars * self.squares - self.sum * self.sum;
        #[expect(clippy::cast_precision_loss, reason = "a mean: here float begins")]
        let [bars, sum, spread] = [bars, self.sum, spread].map(|whole| whole as f64);
        Moments { mean: sum / bars, deviation: libm::sqrt(spread) / bars }
    }
}

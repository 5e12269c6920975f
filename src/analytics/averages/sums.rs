//! Exact sums of prices weighted by lots, and what follows from them: mean, deviation, bands.
//!
//! One running sum serves every anchor: what traded since an anchor is the sum now less the sum
//! then, so an anchor costs a trade nothing.
//!
//! **Bounds.** p ≤ 2⁴⁸ ticks and Σv ≤ 2⁶⁰ lots over the whole run (`flow.rs` refuses what is
//! beyond). Σp·v ≤ 2¹⁰⁸ fits 128 bits. Σp²·v ≤ 2¹⁵⁶ does not; p² is cut in two words and each is
//! summed by itself: Σv·(p² mod 2⁶⁴) < 2¹²⁴, Σv·⌊p²/2⁶⁴⌋ ≤ 2⁹². Differences of two such sums lie
//! within the same bounds.

use model::{Lots, Price};

/// Standard deviations at which bands lie.
pub const BANDS: [i64; 6] = [-3, -2, -1, 1, 2, 3];

/// Σv, Σp·v, Σp²·v.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    lots: i64,
    first: i128,
    // Σp²·v = high·2⁶⁴ + low.
    low: i128,
    high: i128,
}

/// What sums of at least one lot mean.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Average {
    // ⌊Σp·v/Σv⌋ and what is left of Σp·v.
    whole: i64,
    rest: i64,
    lots: i64,
    // σ²·Σv² where it fits: an integer, because σ² = (Σv·Σp²v − (Σpv)²)/(Σv)².
    scaled: Option<u128>,
    sigma: f64,
}

impl Sums {
    /// Of nothing.
    pub const ZERO: Self = Self { lots: 0, first: 0, low: 0, high: 0 };

    /// Of one trade; price in 0..=2⁴⁸, lots in 0..=2⁶⁰.
    #[inline]
    #[must_use]
    pub fn of(price: Price, lots: Lots) -> Self {
        let weight = i128::from(lots.0);
        let (high, low) = split(square(price.0));
        Self {
            lots: lots.0,
            first: i128::from(price.0) * weight,
            low: i128::from(low) * weight,
            high: i128::from(high) * weight,
        }
    }

    /// Puts other trades in.
    #[inline]
    pub const fn put(&mut self, other: &Self) {
        self.lots += other.lots;
        self.first += other.first;
        self.low += other.low;
        self.high += other.high;
    }

    /// Takes trades out.
    #[inline]
    pub const fn take(&mut self, other: &Self) {
        self.lots -= other.lots;
        self.first -= other.first;
        self.low -= other.low;
        self.high -= other.high;
    }

    /// What came since these sums were `base`.
    #[inline]
    #[must_use]
    pub const fn since(&self, base: &Self) -> Self {
        let mut sums = *self;
        sums.take(base);
        sums
    }

    /// Σv.
    #[must_use]
    pub const fn lots(&self) -> Lots {
        Lots(self.lots)
    }

    /// The mean and its deviation; `None` without a lot.
    #[must_use]
    pub fn average(&self) -> Option<Average> {
        if self.lots <= 0 {
            return None;
        }
        let weight = i128::from(self.lots);
        let whole = narrow(self.first.div_euclid(weight));
        let rest = narrow(self.first.rem_euclid(weight));
        let (high, low) = self.spread(whole);
        let small = u64::try_from(high).ok().map(|high| u128::from(high) << 64 | u128::from(low));
        // Σv·Σv(p − whole)² − rest², which is the same as without `whole`.
        let scaled = small.and_then(|sum| sum.checked_mul(weight.unsigned_abs()));
        let scaled = scaled.and_then(|sum| sum.checked_sub(square(rest)));
        let sigma = match scaled {
            Some(scaled) => libm::sqrt(float(scaled)) / float(weight.unsigned_abs()),
            None => {
                // At least 2⁸ ticks² a lot: `rest` is below one, nothing cancels.
                let sum = libm::ldexp(float(high.unsigned_abs()), 64) + float(u128::from(low));
                let part = share(rest, self.lots);
                libm::sqrt(sum / float(weight.unsigned_abs()) - part * part)
            }
        };
        Some(Average { whole, rest, lots: self.lots, scaled, sigma })
    }

    /// Σv·(p − at)² in words of 2⁶⁴, the lower one within 0..2⁶⁴; `at` in 0..=2⁴⁸.
    fn spread(&self, at: i64) -> (i128, u64) {
        let weight = i128::from(self.lots);
        let (square_high, square_low) = split(square(at));
        // Σpv is not negative: each of its words times 2·at stays below 2¹¹³.
        let (first_high, first_low) = split(self.first.unsigned_abs());
        let twice = 2 * i128::from(at);
        let low = self.low - twice * i128::from(first_low) + weight * i128::from(square_low);
        let high = self.high - twice * i128::from(first_high) + weight * i128::from(square_high);
        let (carry, low) = (low >> 64, low.cast_unsigned() & u128::from(u64::MAX));
        (high + carry, split(low).1)
    }
}

impl Average {
    /// The mean on the tick: nearest, half up. Exact.
    #[must_use]
    pub fn price(&self) -> Price {
        let up = i128::from(self.rest) * 2 >= i128::from(self.lots);
        Price(self.whole + i64::from(up))
    }

    /// The mean in ticks, to the last bit or two.
    #[must_use]
    pub fn mean(&self) -> f64 {
        share(self.whole, 1) + share(self.rest, self.lots)
    }

    /// The population deviation in ticks.
    #[must_use]
    pub const fn sigma(&self) -> f64 {
        self.sigma
    }

    /// The mean and this many deviations, on the tick: nearest, half up. Exact as long as
    /// σ²·(Σv)² stays below 2¹²² (a deviation of 2²¹ ticks over 2⁴⁰ lots), else as `f64` has it.
    #[must_use]
    pub fn band(&self, sigmas: i64) -> Price {
        let near = self.mean() + share(sigmas, 1) * self.sigma + 0.5;
        let floor = libm::floor(near);
        // Only near a border of rounding the square root has to be asked exactly.
        let slack = 1e-6 + libm::fabs(near) * 1e-13;
        let between = near - floor > slack && near - floor < 1.0 - slack;
        if !between && let Some(exact) = self.exact_band(sigmas) {
            return exact;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 2^48 + 3·2^48")]
        Price(floor as i64)
    }

    /// How far a price is from it, in per cent of it and in σ; the latter `None` without a σ.
    #[must_use]
    pub fn distance(&self, price: Price) -> (f64, Option<f64>) {
        // The whole ticks first: nothing of a small distance is lost.
        let distance = share(price.0 - self.whole, 1) - share(self.rest, self.lots);
        let sigmas = (self.sigma > 0.0).then(|| distance / self.sigma);
        (100.0 * distance / self.mean(), sigmas)
    }

    /// ⌊(2·rest + v ± √(4k²·σ²v²))/2v⌋: of a floor over whole numbers only the whole part of the
    /// root matters, rounded towards the lower result.
    fn exact_band(&self, sigmas: i64) -> Option<Price> {
        let factor = 2 * u128::from(sigmas.unsigned_abs());
        let square = self.scaled?.checked_mul(factor * factor)?;
        let root = square.isqrt();
        let up = root + u128::from(root * root < square);
        let middle = 2 * i128::from(self.rest) + i128::from(self.lots);
        let top = if sigmas < 0 {
            middle - i128::try_from(up).ok()?
        } else {
            middle + i128::try_from(root).ok()?
        };
        Some(Price(self.whole + narrow(top.div_euclid(2 * i128::from(self.lots)))))
    }
}

fn square(value: i64) -> u128 {
    let value = u128::from(value.unsigned_abs());
    value * value
}

/// The words of a number, the high one first.
#[expect(clippy::cast_possible_truncation, reason = "cut on purpose")]
const fn split(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).expect("a price, or less than the lots")
}

#[expect(clippy::cast_precision_loss, reason = "a ratio begins")]
const fn float(value: u128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "a ratio begins")]
fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

//! Shares, fractions of ticks, and a product that cannot overflow.

use model::Price;

/// A share in millionths: 0.02 is 20 000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Share(pub u32);

impl Share {
    /// The whole.
    pub const ONE: Self = Self(1_000_000);
}

/// A distance in millionths of a tick, ≥ 0: an ATR, a σ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reach(pub i64);

/// A point in millionths of a tick: an average price off the grid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Micro(pub i64);

/// Parts of a tick.
pub(super) const PARTS: i64 = 1_000_000;
/// Beyond 2⁴⁰ ticks nothing is a price.
const TICKS_MAX: f64 = (1_u64 << 40) as f64;

fn parts(ticks: f64) -> Option<i64> {
    let sane = ticks.is_finite() && libm::fabs(ticks) <= TICKS_MAX;
    #[expect(clippy::cast_possible_truncation, reason = "at most 2⁴⁰ × 10⁶ < 2⁶⁰")]
    let whole = libm::round(ticks * 1e6) as i64;
    sane.then_some(whole)
}

impl Reach {
    /// A distance that analytics gives in ticks, to the nearest millionth.
    /// `None` when it is missing, negative or absurd.
    #[must_use]
    pub fn of(ticks: f64) -> Option<Self> {
        parts(ticks).filter(|&parts| parts >= 0).map(Self)
    }
}

impl Micro {
    /// A point that analytics gives in ticks, to the nearest millionth.
    /// `None` when it is missing, negative or absurd.
    #[must_use]
    pub fn of(ticks: f64) -> Option<Self> {
        parts(ticks).filter(|&parts| parts >= 0).map(Self)
    }

    /// A point on the grid; `None` outside ±2⁴⁰ ticks.
    #[must_use]
    pub fn at(price: Price) -> Option<Self> {
        (price.0.unsigned_abs() <= 1 << 40).then(|| Self(price.0 * PARTS))
    }

    /// The point lower by a distance.
    #[must_use]
    pub const fn below(self, reach: Reach) -> Self {
        Self(self.0.saturating_sub(reach.0))
    }

    /// The point higher by a distance.
    #[must_use]
    pub const fn above(self, reach: Reach) -> Self {
        Self(self.0.saturating_add(reach.0))
    }

    /// The tick at or below.
    #[must_use]
    pub const fn floor(self) -> Price {
        Price(self.0.div_euclid(PARTS))
    }

    /// The tick at or above.
    #[must_use]
    pub const fn ceil(self) -> Price {
        Price(-(-self.0).div_euclid(PARTS))
    }
}

/// ⌊a·b/c⌋ over 256 bits; `None` when c is zero or the quotient has more than 128.
#[must_use]
pub fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
    if c == 0 {
        return None;
    }
    if let Some(product) = a.checked_mul(b) {
        return Some(product / c);
    }
    let (high, low) = wide(a, b);
    if high >= c {
        return None;
    }
    // Long division, a bit a step: this branch is for absurd numbers, not for each trade.
    let (mut rest, mut quotient) = (high, 0_u128);
    for bit in (0..128).rev() {
        let carry = rest >> 127 == 1;
        rest = (rest << 1) | ((low >> bit) & 1);
        if carry || rest >= c {
            rest = rest.wrapping_sub(c);
            quotient |= 1 << bit;
        }
    }
    Some(quotient)
}

/// The high and the low half of a product.
const fn wide(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a_low * b_low;
    let cross = a_high * b_low + (low >> 64);
    let middle = a_low * b_high + (cross & LOW);
    let high = a_high * b_high + (cross >> 64) + (middle >> 64);
    (high, (middle << 64) | (low & LOW))
}

/// The greatest common divisor; of nothing and n it is n.
pub(super) const fn common(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

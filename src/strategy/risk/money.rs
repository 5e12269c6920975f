//! Money in 10⁻¹⁶ quote units: exact for any price times any quantity.

use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use model::{Fine, Instrument, Lots, Price};

use crate::exits::Share;

/// An amount in 10⁻¹⁶ quote units. i128 holds 10²² quote units; what could go beyond is refused where
/// it comes in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Money(pub i128);

impl Money {
    /// One quote unit.
    pub const ONE: i128 = 10_000_000_000_000_000;

    /// An amount of 10⁻⁸.
    #[must_use]
    pub const fn of(amount: Fine) -> Self {
        Self(amount.0 as i128 * Fine::ONE.0 as i128)
    }

    /// Rounded down to 10⁻⁸; saturates.
    #[must_use]
    pub fn fine(self) -> Fine {
        let fine = self.0.div_euclid(i128::from(Fine::ONE.0));
        Fine(i64::try_from(fine).unwrap_or(if fine < 0 { i64::MIN } else { i64::MAX }))
    }

    /// A share of it, rounded down.
    #[must_use]
    pub fn share(self, share: Share) -> Self {
        Self(self.0.saturating_mul(i128::from(share.0)).div_euclid(i128::from(Share::ONE.0)))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

/// No single value is more: 10¹⁵ quote units. Sums of a million of them still fit.
const VALUE_MAX: i128 = 1_000_000_000_000_000 * Money::ONE;

/// What lots are worth at a price on the grid; `None` when absurd. Signed with the lots.
pub(super) fn value(on: &Instrument, price: Price, lots: Lots) -> Option<Money> {
    worth(price.0.checked_mul(on.tick.0)?, on, lots)
}

/// What lots are worth at a price off the grid.
pub(super) fn value_fine(on: &Instrument, price: Fine, lots: Lots) -> Option<Money> {
    worth(price.0, on, lots)
}

/// Both factors fit 64 bits or are absurd (9 · 10¹⁰ units): a checked product of 128 bits costs ten
/// times as much, and the gate makes a hundred of them.
fn worth(fine: i64, on: &Instrument, lots: Lots) -> Option<Money> {
    let base = lots.0.checked_mul(on.lot.0)?;
    let value = i128::from(fine) * i128::from(base);
    (value.abs() <= VALUE_MAX).then_some(Money(value))
}

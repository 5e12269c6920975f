//! Points and distances, each its own type, so that a wrong sum does not compile.
//!
//! | operation | result |
//! |---|---|
//! | `Price - Price` | `Ticks` |
//! | `Price + Ticks`, `Price - Ticks` | `Price` |
//! | `Price * Lots` | `Notional` |
//! | `Lots + Lots`, `Ticks + Ticks`, `Notional + Notional` | themselves |
//! | `Price + Price`, anything with `Fine` | no such thing, does not compile |

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use bytemuck::{Pod, Zeroable};

macro_rules! unit {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Pod, Zeroable)]
        #[repr(transparent)]
        pub struct $name(pub $inner);
    };
}

macro_rules! distance {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
    };
}

unit! {
    /// A point on the instrument's tick grid, in ticks from zero: what trades and rests.
    Price(i64)
}
unit! {
    /// A distance between two prices, in ticks.
    Ticks(i64)
}
unit! {
    /// A quantity in lots; signed, because deltas are quantities too.
    Lots(i64)
}
unit! {
    /// Price times quantity, in ticks × lots; exact. `Instrument::notional` shows it in quote units.
    Notional(i128)
}
unit! {
    /// A price off the tick grid (mark, index, averages, odd resting levels), in units of 10⁻⁸.
    Fine(i64)
}
unit! {
    /// Nanoseconds: a UTC instant or a span of time. The field's name says which clock.
    Nanos(u64)
}

distance!(Ticks);
distance!(Lots);
distance!(Notional);

impl Sub for Price {
    type Output = Ticks;
    fn sub(self, other: Self) -> Ticks {
        Ticks(self.0 - other.0)
    }
}

impl Add<Ticks> for Price {
    type Output = Self;
    fn add(self, distance: Ticks) -> Self {
        Self(self.0 + distance.0)
    }
}

impl Sub<Ticks> for Price {
    type Output = Self;
    fn sub(self, distance: Ticks) -> Self {
        Self(self.0 - distance.0)
    }
}

impl Mul<Lots> for Price {
    type Output = Notional;
    fn mul(self, lots: Lots) -> Notional {
        Notional(i128::from(self.0) * i128::from(lots.0))
    }
}

impl Fine {
    /// One, in units of 10⁻⁸.
    pub const ONE: Self = Self(100_000_000);
}

impl Nanos {
    /// No time given.
    pub const NONE: Self = Self(0);

    /// An instant in milliseconds, as the venue sends it.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// This instant and a span later.
    #[must_use]
    pub const fn after(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The span since `earlier`; zero when `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// The last multiple of `step` not after this instant.
    #[must_use]
    pub const fn floor(self, step: Self) -> Self {
        Self(self.0 - self.0 % step.0)
    }
}

/// Which side of the market: of a trade the aggressor's, of a level the resting order's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The aggressor bought; a resting bid.
    Buy,
    /// The aggressor sold; a resting ask.
    Sell,
}

impl Side {
    /// The byte that stands for this side in a line: 1 or 2. Zero is no side.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Buy => 1,
            Self::Sell => 2,
        }
    }

    /// The side a byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Buy),
            2 => Some(Self::Sell),
            _ => None,
        }
    }

    /// +1 for a buy, −1 for a sell.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }

    /// The lots with this side's sign.
    #[must_use]
    pub const fn signed(self, lots: Lots) -> Lots {
        Lots(self.sign() * lots.0)
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

//! Prices in half ticks, and percentages of them compared as rationals: no rounding at an edge.

use std::cmp::Ordering;

use model::Price;

/// The highest price taken in, in ticks: its products with a million stay far inside 128 bits.
pub const PRICE_MAX: i64 = 1 << 50;

/// A price in half ticks: a mid lies between two ticks as often as on one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Point(pub i64);

impl Point {
    /// A price on the tick.
    #[must_use]
    pub const fn of(price: Price) -> Self {
        Self(price.0 * 2)
    }

    /// The middle of two.
    #[must_use]
    pub const fn mid(bid: Price, ask: Price) -> Self {
        Self(bid.0 + ask.0)
    }
}

/// Whether a price can be one: above zero and not beyond [`PRICE_MAX`].
#[must_use]
pub const fn is_price(price: Price) -> bool {
    0 < price.0 && price.0 <= PRICE_MAX
}

/// The distance of two prices against so many millionths of `base`.
#[must_use]
pub fn against(one: Point, other: Point, ppm: u32, base: Point) -> Ordering {
    let distance = i128::from(one.0.abs_diff(other.0)) * 1_000_000;
    distance.cmp(&(i128::from(base.0) * i128::from(ppm)))
}

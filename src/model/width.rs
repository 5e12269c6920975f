//! The bin width Δ = 2^k ticks that suits a price (spec § 2): the rule for profiles and for rows
//! of depth.

use crate::Price;

/// 1/0.0002: the price in bins of the wished width.
const BINS_PER_PRICE: u128 = 5_000;

/// k so that 2^k/price is nearest in log to 0.0002. In integers: the border between k and k + 1
/// lies at 2^k·√2, and both sides are squared.
#[must_use]
pub const fn width_shift(price: Price) -> u32 {
    // Prices stop at 2⁴⁸ ticks wherever they are kept; absurd ones must not overflow the borders.
    let ticks = price.0.unsigned_abs();
    let ticks = if ticks > PRICE_MAX { PRICE_MAX } else { ticks };
    let square = (ticks as u128).pow(2);
    let mut shift = 0;
    while square > width_border(shift) {
        shift += 1;
    }
    shift
}

/// Where prices are cut.
const PRICE_MAX: u64 = 1 << 48;

/// The square of the price at which k + 1 gets nearer than k.
#[must_use]
pub const fn width_border(shift: u32) -> u128 {
    (BINS_PER_PRICE * BINS_PER_PRICE) << (2 * shift + 1)
}

#[cfg(test)]
mod tests {
    use super::width_shift;
    use crate::Price;

    #[test]
    fn width_is_the_power_of_two_nearest_in_log() {
        for (price, want) in [
            (1, 0),
            (5_000, 0),
            (7_071, 0),
            (7_072, 1),
            (14_142, 1),
            (14_143, 2),
            // The specification's two: 64 k and 100 k USDT at a tick of 0.1.
            (640_000, 7),
            (1_000_000, 8),
            // Where float would have to be asked: 2^k·√2 · 5 000 on either side.
            (905_096, 7),
            (905_097, 8),
            (i64::MAX, width_shift(Price(1 << 48))),
        ] {
            assert_eq!(width_shift(Price(price)), want, "{price}");
        }
    }
}

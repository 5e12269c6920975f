//! The bin width Δ = 2^k ticks that suits a price, chosen once a UTC day.

use model::{DAY, Nanos, Price};

/// 1/0.0002: the price in bins of the wished width.
const BINS_PER_PRICE: u128 = 5_000;

/// k so that 2^k/price is nearest in log to 0.0002. In integers: the border between k and k + 1
/// lies at 2^k·√2, and both sides are squared.
pub(crate) fn shift_for(price: Price) -> u32 {
    let square = u128::from(price.0.unsigned_abs()).pow(2);
    let mut shift = 0;
    while square > border(shift) {
        shift += 1;
    }
    shift
}

/// The square of the price at which k + 1 gets nearer than k.
const fn border(shift: u32) -> u128 {
    (BINS_PER_PRICE * BINS_PER_PRICE) << (2 * shift + 1)
}

/// Whether a price left the band of k by more than 20 %.
fn has_left(price: Price, shift: u32) -> bool {
    let square = u128::from(price.0.unsigned_abs()).pow(2);
    // (6/5)² above the upper border, (4/5)² below the lower one.
    let above = square * 25 > border(shift) * 36;
    let below = shift > 0 && square * 25 < border(shift - 1) * 16;
    above || below
}

/// The k of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Width {
    // None before the first trade.
    shift: Option<u32>,
    // Days since 1970 of the last choice.
    day: u64,
}

impl Width {
    /// A trade came; k when this was the moment to choose.
    #[inline]
    pub(crate) fn choose(&mut self, time: Nanos, price: Price) -> Option<u32> {
        let day = time.0 / DAY.0;
        let shift = match self.shift {
            Some(_) if day <= self.day => return None,
            Some(shift) if !has_left(price, shift) => shift,
            _ => shift_for(price),
        };
        (self.shift, self.day) = (Some(shift), day);
        Some(shift)
    }
}

#[cfg(test)]
mod tests {
    use super::{Width, has_left, shift_for};
    use model::{DAY, Nanos, Price};

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
        ] {
            assert_eq!(shift_for(Price(price)), want, "{price}");
            #[expect(clippy::cast_precision_loss, reason = "the plain formula, as a cross-check")]
            let wished = libm::log2(price as f64 / 5_000.0);
            let near = libm::fabs(f64::from(want) - wished) <= 0.5 + 1e-9 || want == 0;
            assert!(near, "{price}: {wished}");
        }
    }

    #[test]
    fn width_stays_until_the_price_left_the_band_by_a_fifth() {
        // Band of k = 7: 452 548.3 .. 905 096.7 ticks.
        for (price, left) in
            [(362_100, false), (362_000, true), (1_086_115, false), (1_086_117, true)]
        {
            assert_eq!(has_left(Price(price), 7), left, "{price}");
        }
        let mut width = Width::default();
        assert_eq!(width.choose(Nanos(1), Price(640_000)), Some(7));
        assert_eq!(width.choose(Nanos(2), Price(2_000_000)), None, "once a day");
        assert_eq!(width.choose(DAY, Price(1_000_000)), Some(7), "inside band and fifth");
        assert_eq!(width.choose(Nanos(2 * DAY.0), Price(1_100_000)), Some(8));
        assert_eq!(width.choose(Nanos(2 * DAY.0 - 1), Price(1)), None, "a late trade is no day");
    }
}

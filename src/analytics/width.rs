//! When the bin width Δ = 2^k ticks is chosen: once a UTC day.

use model::{DAY, Nanos, Price, width_border as border, width_shift as shift_for};

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

    /// Δ in ticks; 1 before the first trade.
    pub(crate) const fn ticks(&self) -> i64 {
        match self.shift {
            Some(shift) => 1 << shift,
            None => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Width, has_left, shift_for};
    use model::{DAY, Nanos, Price};

    #[test]
    fn width_is_the_power_of_two_nearest_in_log() {
        for price in [5_000, 7_071, 14_142, 640_000, 905_096, 905_097, 1_000_000] {
            let shift = shift_for(Price(price));
            #[expect(clippy::cast_precision_loss, reason = "the plain formula, as a cross-check")]
            let wished = libm::log2(price as f64 / 5_000.0);
            let near = libm::fabs(f64::from(shift) - wished) <= 0.5 + 1e-9 || shift == 0;
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

//! Near and far in exact integers: hundredths of a percent of a price, and round numbers.

use model::{Fine, Price};

/// Hundredths of a percent in one.
const BP: i128 = 10_000;

/// How far two prices lie apart, in ticks.
pub(super) fn gap(a: Price, b: Price) -> i128 {
    (i128::from(a.0) - i128::from(b.0)).abs()
}

/// Whether two prices lie at most `bp` hundredths of a percent of `of` apart; the edge belongs.
pub(super) fn within(a: Price, b: Price, bp: u32, of: Price) -> bool {
    gap(a, b) * BP <= i128::from(bp) * i128::from(of.0)
}

/// The most ticks that are still within `bp` hundredths of a percent of a price: the same rule as
/// [`within`], divided once.
pub(super) fn reach(of: Price, bp: u32) -> i64 {
    i64::try_from(i128::from(bp) * i128::from(of.0) / BP).unwrap_or(i64::MAX)
}

/// A ratio of two whole numbers as a float: one division, `below` > 0. Both are cut to 53 bits
/// only when they are absurd (beyond 2⁵³).
#[expect(clippy::cast_precision_loss, reason = "a ratio; exactness ends here by definition")]
pub(super) fn ratio(above: i128, below: i128) -> f64 {
    above as f64 / below as f64
}

/// 1 at no distance, falling to 0 at `bp` hundredths of a percent of `of`.
pub(super) fn closeness(apart: i64, bp: u32, of: Price) -> f64 {
    let (far, edge) = (i128::from(apart) * BP, i128::from(bp) * i128::from(of.0));
    if far >= edge { 0.0 } else { ratio(edge - far, edge) }
}

/// 1 up to `near` hundredths of a percent of `of`, linear to 0 at `far`.
pub(super) fn proximity(a: Price, of: Price, near: u32, far: u32) -> f64 {
    let (apart, unit) = (gap(a, of) * BP, i128::from(of.0));
    let (near, far) = (i128::from(near) * unit, i128::from(far) * unit);
    if apart <= near {
        1.0
    } else if apart >= far {
        0.0
    } else {
        ratio(far - apart, far - near)
    }
}

/// What counts as a round number now: distances in 10⁻⁸ of the quote; zero is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RoundSteps(pub [i128; 2]);

impl RoundSteps {
    /// The steps of the configuration; both zero: 0.5 % and 1 % of the price, rounded down to a
    /// power of ten.
    pub(super) fn of(wished: [Fine; 2], tick: Fine, price: Price) -> Self {
        let worth = i128::from(price.0) * i128::from(tick.0);
        let steps = if wished == [Fine(0); 2] {
            [power_of_ten(worth / 200), power_of_ten(worth / 100)]
        } else {
            wished.map(|step| i128::from(step.0))
        };
        // On a grid as coarse as the step every price would be round.
        Self(steps.map(|step| if step > i128::from(tick.0) { step } else { 0 }))
    }

    /// Whether a round number lies within `bp` hundredths of a percent of the price.
    pub(super) fn near(&self, price: Price, tick: Fine, bp: u32) -> bool {
        let worth = i128::from(price.0) * i128::from(tick.0);
        self.0.iter().filter(|&&step| step > 0).any(|&step| {
            let above = worth.rem_euclid(step);
            above.min(step - above) * BP <= i128::from(bp) * worth
        })
    }
}

/// The largest power of ten not above a number; 0 below one.
fn power_of_ten(most: i128) -> i128 {
    if most < 1 {
        return 0;
    }
    let mut power = 1;
    while power <= most / 10 {
        power *= 10;
    }
    power
}

#[cfg(test)]
mod tests {
    use model::{Fine, Price};

    use super::{RoundSteps, closeness, proximity, reach, within};

    #[test]
    fn an_edge_belongs_to_the_distance() {
        for (a, b, bp, want) in [
            (1_000_000, 1_000_500, 5, true),
            (1_000_000, 1_000_501, 5, false),
            (1_000_000, 999_500, 5, true),
            (1_000_000, 999_499, 5, false),
            // 0.05 % of 1 999 is less than one tick.
            (1_999, 2_000, 5, false),
            (2_000, 2_001, 5, true),
            (7, 7, 0, true),
        ] {
            assert_eq!(within(Price(b), Price(a), bp, Price(a)), want, "{a} {b}");
            assert_eq!((b - a).abs() <= reach(Price(a), bp), want, "{a} {b}");
        }
    }

    #[test]
    fn proximity_is_flat_then_linear_then_nothing() {
        let price = Price(1_000_000);
        for (level, want) in [
            (1_000_000, 1.0),
            (1_002_500, 1.0),
            (997_500, 1.0),
            (1_002_501, 1.0 - 1.0 / 27_500.0),
            (1_016_250, 0.5),
            (983_750, 0.5),
            (1_029_999, 1.0 / 27_500.0),
            (1_030_000, 0.0),
            (2_000_000, 0.0),
        ] {
            let got = proximity(Price(level), price, 25, 300);
            assert!((got - want).abs() < 1e-12, "{level}: {got}");
        }
    }

    #[test]
    fn closeness_ends_at_its_edge() {
        let of = Price(1_000_000);
        for (apart, want) in [(0, 1.0), (250, 0.5), (499, 0.002), (500, 0.0), (i64::MAX, 0.0)] {
            assert!((closeness(apart, 5, of) - want).abs() < 1e-15, "{apart}");
        }
    }

    #[test]
    fn round_steps_follow_the_price_when_none_are_given() {
        let one = 100_000_000_i128;
        let tick = Fine(10_000_000);
        // Price in ticks of 0.1; steps in the quote.
        for (price, want) in [
            (640_000, [100 * one, 100 * one]),
            (1_000_000, [100 * one, 1_000 * one]),
            (2_000_000, [1_000 * one, 1_000 * one]),
            (1_999_999, [100 * one, 1_000 * one]),
            // 0.5 % of 2.0 is a hundredth: finer than the tick, so nothing is round.
            (20, [0, 0]),
        ] {
            let steps = RoundSteps::of([Fine(0); 2], tick, Price(price));
            assert_eq!(steps.0, want, "{price}");
        }
    }

    #[test]
    fn a_round_number_is_near_up_to_the_edge() {
        let tick = Fine(10_000_000);
        let steps =
            RoundSteps::of([Fine(50_000_000_000), Fine(100_000_000_000)], tick, Price(640_000));
        // 64 000.0 is 640 000 ticks; 0.05 % of 64 032.0 is 32.016.
        for (price, want) in [
            (640_000, true),
            (640_320, true),
            (640_321, false),
            (639_680, false),
            (639_681, true),
            (645_000, true),
            (642_500, false),
        ] {
            assert_eq!(steps.near(Price(price), tick, 5), want, "{price}");
        }
    }
}

//! Means, shares and their intervals. Pure: numbers in, numbers out; what cannot be told is none.

use simulator::dice::Dice;

/// The two-sided 95 % point of the normal distribution.
const Z95: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 2_000;
/// The level of the one-sided test.
pub(crate) const ALPHA: f64 = 0.05;

/// From … to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A sample by its moments.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Moments {
    pub(crate) count: usize,
    pub(crate) mean: f64,
    /// Of the sample: ÷ (n − 1).
    pub(crate) deviation: f64,
}

impl Moments {
    /// Of two values and more.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / (count as f64 - 1.0)).sqrt();
        Some(Self { count, mean, deviation })
    }

    /// Of the mean.
    fn error(&self) -> f64 {
        self.deviation / (self.count as f64).sqrt()
    }

    /// 95 % of the mean, by the normal distribution.
    pub(crate) fn interval(&self) -> Interval {
        let reach = Z95 * self.error();
        Interval { low: self.mean - reach, high: self.mean + reach }
    }

    /// How likely so high a mean is by chance when the true one is zero: small speaks for a mean
    /// above zero. None where nothing varies.
    pub(crate) fn chance_above_zero(&self) -> Option<f64> {
        let error = self.error();
        (error > 0.0).then(|| tail(self.mean / error))
    }
}

/// P(Z ≥ z) of the standard normal distribution.
fn tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The 95 % interval of a statistic over clusters that were drawn again and again with
/// replacement (percentiles, nearest rank): what happens within one seed hangs together, so whole
/// seeds are drawn. None where most draws have no value, or there are fewer than two clusters.
pub(crate) fn bootstrap(
    clusters: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    if clusters < 2 {
        return None;
    }
    let mut dice = Dice::new(seed);
    let mut drawn = vec![0; clusters];
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        for place in &mut drawn {
            *place = usize::try_from(dice.below(clusters as u64)).unwrap_or(0);
        }
        values.extend(statistic(&drawn));
    }
    if values.len() * 2 < RESAMPLES {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = |percent: f64| {
        let rank = libm::ceil(percent / 100.0 * values.len() as f64);
        usize::try_from(simulator::dice::whole(rank)).unwrap_or(1).clamp(1, values.len()) - 1
    };
    Some(Interval { low: values[rank(2.5)], high: values[rank(97.5)] })
}

#[cfg(test)]
mod tests {
    use super::{Moments, bootstrap, tail};

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-9, "{got} is not {want}");
    }

    #[test]
    fn moments_by_hand() {
        // Mean 3, squares 4 + 1 + 1 + 4 = 10, ÷ 3.
        let moments = Moments::of(&[1.0, 2.0, 4.0, 5.0]).expect("four values");
        near(moments.mean, 3.0);
        near(moments.deviation, (10.0_f64 / 3.0).sqrt());
        let interval = moments.interval();
        // 1.96 · √(10/12).
        near(interval.high - 3.0, 1.959_963_984_540_054 * (10.0_f64 / 12.0).sqrt());
        near(3.0 - interval.low, interval.high - 3.0);
        assert!(Moments::of(&[1.0]).is_none());
        assert_eq!(Moments::of(&[2.0, 2.0]).and_then(|same| same.chance_above_zero()), None);
    }

    #[test]
    fn tails_of_the_normal_distribution() {
        // scipy.stats.norm.sf.
        for (z, want) in [
            (0.0, 0.5),
            (1.644_853_626_951_472_2, 0.05),
            (1.959_963_984_540_054, 0.025),
            (-1.0, 0.841_344_746_068_542_9),
            (3.0, 0.001_349_898_031_630_094_5),
        ] {
            near(tail(z), want);
        }
        // Mean 1, error 1: z = 1.
        let moments = Moments::of(&[0.0, 2.0]).expect("two values");
        near(moments.chance_above_zero().expect("it varies"), 0.158_655_253_931_457_05);
    }

    #[test]
    fn a_bootstrap_of_a_mean_is_as_wide_as_the_normal_interval() {
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 20)).collect();
        let mean = |drawn: &[usize]| {
            Some(drawn.iter().map(|&at| values[at]).sum::<f64>() / drawn.len() as f64)
        };
        let found = bootstrap(values.len(), 1, mean).expect("enough");
        let want = Moments::of(&values).expect("enough").interval();
        assert!((found.low - want.low).abs() < 0.08 && (found.high - want.high).abs() < 0.08);
        assert_eq!(bootstrap(values.len(), 1, mean), Some(found), "the same seed, the same draws");
        assert_eq!(bootstrap(1, 1, |_| Some(1.0)), None);
        assert_eq!(bootstrap(9, 1, |_| None), None);
    }
}

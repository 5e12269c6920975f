//! Our own dice: SplitMix64 spreads a seed, xoshiro256++ rolls (Blackman and Vigna, public
//! domain algorithms). Never the system's randomness: one seed is one day, on every machine.
//!
//! Transcendental functions come from `libm`, because the platform's differ in the last bit.

/// A generator and the distributions that a market needs.
#[derive(Clone, Debug)]
pub struct Dice {
    state: [u64; 4],
}

/// One step of SplitMix64: the word that follows from a counter.
const fn split(counter: u64) -> u64 {
    let mut word = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The whole part of a real, saturating.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is what is wanted")]
#[must_use]
pub const fn whole(value: f64) -> i64 {
    value as i64
}

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut state = [0; 4];
        for (turn, word) in (0_u64..).zip(&mut state) {
            *word = split(seed.wrapping_add(step.wrapping_mul(turn)));
        }
        Self { state }
    }

    /// Dice of their own for one part of the whole, so that a part can change its appetite
    /// without changing what the others roll.
    #[must_use]
    pub fn fork(seed: u64, part: u64) -> Self {
        Self::new(seed ^ split(part))
    }

    /// 64 bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A real in [0, 1): 53 bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Whether something of this probability happens.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number in 0..`below`; zero when `below` is zero.
    #[inline]
    pub fn below(&mut self, below: u64) -> u64 {
        // The bias of the multiply is below 2^-40 for every range used here.
        let wide = u128::from(self.word()) * u128::from(below);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Exponential with this mean.
    #[inline]
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -libm::log(1.0 - self.unit()) * mean
    }

    /// Standard normal (Box and Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Lognormal with this median and this deviation of the logarithm.
    #[inline]
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.normal())
    }

    /// Pareto: at least `least`, tail index `alpha`.
    #[inline]
    pub fn pareto(&mut self, least: f64, alpha: f64) -> f64 {
        least * libm::exp(self.exponential(1.0 / alpha))
    }

    /// Laplace with mean zero and this scale.
    pub fn laplace(&mut self, scale: f64) -> f64 {
        let size = self.exponential(scale);
        if self.chance(0.5) { size } else { -size }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, split};

    #[test]
    fn the_generator_is_the_published_one() {
        // SplitMix64's published sequence for the seed 1234567.
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let words: Vec<u64> =
            (0..3).map(|turn| split(1_234_567_u64.wrapping_add(step.wrapping_mul(turn)))).collect();
        assert_eq!(
            words,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        // xoshiro256++ from the state 1, 2, 3, 4, as its reference implementation gives it.
        let mut dice = Dice { state: [1, 2, 3, 4] };
        assert_eq!([dice.word(), dice.word()], [41_943_041, 58_720_359]);
    }

    #[test]
    fn distributions_have_the_moments_they_claim() {
        let mut dice = Dice::new(7);
        let n = 200_000;
        let mean =
            |draws: &mut dyn FnMut() -> f64| (0..n).map(|_| draws()).sum::<f64>() / f64::from(n);
        let unit = mean(&mut || dice.unit());
        assert!((unit - 0.5).abs() < 0.005, "unit {unit}");
        let exponential = mean(&mut || dice.exponential(3.0));
        assert!((exponential - 3.0).abs() < 0.05, "exponential {exponential}");
        let normal = mean(&mut || dice.normal());
        assert!(normal.abs() < 0.01, "normal {normal}");
        let variance = mean(&mut || dice.normal().powi(2));
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
        // Pareto with index 3: mean 3/2 of the least.
        let pareto = mean(&mut || dice.pareto(2.0, 3.0));
        assert!((pareto - 3.0).abs() < 0.05, "pareto {pareto}");
        assert!((0..n).all(|_| dice.below(6) < 6));
    }

    #[test]
    fn forks_of_one_seed_differ() {
        assert_ne!(Dice::fork(1, 0).word(), Dice::fork(1, 1).word());
        assert_ne!(Dice::fork(1, 0).word(), Dice::fork(2, 0).word());
    }
}

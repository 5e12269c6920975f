//! How much a bar's volume achieved, and whether its flow stood behind it.

use super::frame::Closed;

/// Volume over its mean is cut here.
const EXPANSION_MAX: f64 = 3.0;

/// The sign of a whole number.
pub(super) const fn sign(value: i64) -> i8 {
    value.signum() as i8
}

/// The sign of a ratio; a zero of either sign has none.
pub(super) fn sign_of(value: f64) -> i8 {
    i8::from(value > 0.0) - i8::from(value < 0.0)
}

/// |c − o| and high − low in ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Body {
    /// |close − open|.
    pub body: i64,
    /// high − low.
    pub range: i64,
}

impl Body {
    /// Of a closed bar.
    #[must_use]
    pub fn of(bar: &Closed) -> Self {
        Self { body: (bar.close - bar.open).0.abs(), range: (bar.high - bar.low).0 }
    }

    /// |c − o|/range; `None` for a range of zero.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "prices < 2^48: exact")]
    pub fn share(self) -> Option<f64> {
        (self.range > 0).then(|| self.body as f64 / self.range as f64)
    }

    /// 1 − |c − o|/range.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "prices < 2^48: exact")]
    pub fn wick(self) -> Option<f64> {
        (self.range > 0).then(|| (self.range - self.body) as f64 / self.range as f64)
    }

    /// |c − o|/range × (1 − ½·wick share).
    #[must_use]
    pub fn efficiency(self) -> Option<f64> {
        Some(self.share()? * (1.0 - 0.5 * self.wick()?))
    }

    /// Whether the wick share is above 2/5, in integers.
    #[must_use]
    pub fn is_wicked(self) -> Option<bool> {
        let (body, range) = (i128::from(self.body), i128::from(self.range));
        (self.range > 0).then_some(5 * (range - body) > 2 * range)
    }

    /// Whether the efficiency is at least 7/20, in integers: with b = body/range it is b(1 + b)/2.
    #[must_use]
    pub fn is_efficient(self) -> Option<bool> {
        let (body, range) = (i128::from(self.body), i128::from(self.range));
        (self.range > 0).then_some(10 * body * (range + body) >= 7 * range * range)
    }
}

/// The three flows of a bar; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Flows {
    /// Buys less sells, in lots.
    pub delta: i64,
    /// Order flow imbalance, normalised, in [−1, 1].
    pub ofi: Option<f64>,
    /// Mean book imbalance.
    pub obi: Option<f64>,
}

impl Flows {
    /// The signs that there are.
    fn signs(self) -> [Option<i8>; 3] {
        [Some(sign(self.delta)), self.ofi.map(sign_of), self.obi.map(sign_of)]
    }

    /// The majority sign: of as many up as down there is none.
    #[must_use]
    pub fn direction(self) -> i8 {
        self.signs().into_iter().flatten().sum::<i8>().signum()
    }

    /// The factor for how many flows have the sign of c − o: 3 → 1.2, 2 → 1.0, else 0.6. Without a
    /// book delta alone: 1.0 or 0.6.
    #[must_use]
    pub fn alignment(self, body: i8) -> f64 {
        let along = |&of: &i8| of != 0 && of == body;
        let count = self.signs().into_iter().flatten().filter(along).count();
        match (count, self.ofi.is_some() || self.obi.is_some()) {
            (3, _) => 1.2,
            (2, true) | (1, false) => 1.0,
            _ => 0.6,
        }
    }

    /// The larger of the shares that point up and down among delta, OFI, OBI and slope, of those
    /// that there are.
    #[must_use]
    pub fn agreement(self, slope: i8) -> f64 {
        let (mut up, mut down, mut all) = (0_u8, 0_u8, 0_u8);
        for of in self.signs().into_iter().flatten().chain([slope]) {
            up += u8::from(of > 0);
            down += u8::from(of < 0);
            all += 1;
        }
        f64::from(up.max(down)) / f64::from(all)
    }
}

/// min(1, alignment × geometric mean of |delta|/volume, the percentile of |OFI|, |OBI|), of those
/// that there are; `None` without volume.
#[must_use]
pub fn flow_quality(alignment: f64, effort: Option<f64>, others: [Option<f64>; 2]) -> Option<f64> {
    let (mut product, mut count) = (effort?, 1.0);
    for one in others.into_iter().flatten() {
        product *= one.abs();
        count += 1.0;
    }
    let mean = if count == 1.0 {
        product
    } else if count == 2.0 {
        libm::sqrt(product)
    } else {
        libm::cbrt(product)
    };
    Some((alignment * mean).min(1.0))
}

/// Volume against the mean of the bars before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expansion {
    /// Lots of the bar.
    pub volume: i64,
    /// Lots of the bars before.
    pub sum: i64,
    /// How many those are, >= 1.
    pub count: i64,
}

impl Expansion {
    /// min(volume/mean, 3); `None` when the mean is zero.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "float begins where a mean does")]
    pub fn ratio(self) -> Option<f64> {
        (self.sum > 0)
            .then(|| (self.volume as f64 * self.count as f64 / self.sum as f64).min(EXPANSION_MAX))
    }

    /// Whether volume expansion is at least 13/20, in integers: volume/mean >= 39/20.
    #[must_use]
    pub fn is_expanded(self) -> Option<bool> {
        let (volume, sum) = (i128::from(self.volume), i128::from(self.sum));
        (self.sum > 0).then_some(20 * volume * i128::from(self.count) >= 39 * sum)
    }
}

/// min(volume/SMA₂₀, 3)/1.5 × (1 + ½·percentile of λ); a missing percentile makes the factor 1.
#[must_use]
pub fn amplifier(ratio: f64, lambda_percentile: Option<f64>) -> f64 {
    ratio / 1.5 * (1.0 + 0.5 * lambda_percentile.unwrap_or(0.0))
}

/// min(1, 0.6·x/P95); `None` when the percentile is missing or zero.
#[must_use]
pub fn scaled(value: f64, percentile: Option<f64>) -> Option<f64> {
    let percentile = percentile.filter(|&percentile| percentile > 0.0)?;
    Some((0.6 * value / percentile).min(1.0))
}

//! Rows that stand out, what stands behind them, and what they mean for the price.

use model::{DAY, Nanos, Price};

/// Clusters that a reading holds; of more the largest are kept, of equals the lower.
pub const CLUSTERS_MAX: usize = 16;
/// ATRs over which a cluster's weight falls to 1/e.
const REACH: f64 = 2.0;
/// Rows of depth that a reading can use.
pub const DEPTH_MAX: usize = 160;

/// Resting lots by row around the mid.
#[derive(Clone, Copy, Debug)]
pub struct DepthBins {
    /// Rows are 2^shift ticks wide.
    pub shift: u32,
    /// The first row that is wholly known.
    pub first: i64,
    /// How many are, from there on.
    pub count: usize,
    /// Their lots, bids and asks together.
    pub lots: [i64; DEPTH_MAX],
    /// The sum of them.
    pub all: i64,
}

impl DepthBins {
    /// No row.
    pub const NONE: Self = Self { shift: 0, first: 0, count: 0, lots: [0; DEPTH_MAX], all: 0 };

    /// Depth of a row of 2^shift ticks over the mean depth, in [0.5, 2]; `None` outside the
    /// known book. Rows of another width are compared by lots a tick.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "float begins where a mean does")]
    pub fn factor(&self, shift: u32, row: i64) -> Option<f64> {
        let known = &self.lots[..self.count];
        if self.all <= 0 {
            return None;
        }
        let (low, high) = match shift.checked_sub(self.shift) {
            Some(wider) => (row << wider, ((row + 1) << wider) - 1),
            None => (row >> (self.shift - shift), row >> (self.shift - shift)),
        };
        let at = |row: i64| usize::try_from(row - self.first).ok();
        let here: i64 = known.get(at(low)?..=at(high)?)?.iter().sum();
        let rows = (high - low + 1) as f64;
        Some((here as f64 / rows / (self.all as f64 / self.count as f64)).clamp(0.5, 2.0))
    }
}

/// What all clusters of a reading share; `None` is missing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ground {
    /// The close.
    pub price: Price,
    /// The timeframe's ATR in ticks, > 0.
    pub atr: Option<f64>,
    /// λ⁺ in ticks a lot.
    pub lambda: Option<f64>,
    /// Mean of |delta|/volume over the bars.
    pub effort: Option<f64>,
    /// 1 + ΔOI/OI₀.
    pub interest: Option<f64>,
}

/// A row that stands out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cluster {
    /// Low edge of the row.
    pub low: Price,
    /// Lots traded in it.
    pub lots: i64,
    /// (v − μ)/σ.
    pub z: f64,
    /// Σ(ofi·v)/Σv over the bars, in [−1, 1].
    pub bias: f64,
    /// Depth over mean depth, in [0.5, 2]; 1 outside the known book.
    pub book: f64,
    /// The row's centre on the tick less the price, in ticks.
    pub off: i64,
    /// |centre − price| in ATRs.
    pub distance: Option<f64>,
    /// λ⁺·V·mean(|delta|/volume)/ATR.
    pub difficulty: Option<f64>,
    /// z × (½ + ½·|bias|) × book × OI × proximity.
    pub score: Option<f64>,
}

impl Cluster {
    /// No cluster.
    pub const NONE: Self = Self {
        low: Price(0),
        lots: 0,
        z: 0.0,
        bias: 0.0,
        book: 1.0,
        off: 0,
        distance: None,
        difficulty: None,
        score: None,
    };

    /// Measures it against price and volatility. A missing difficulty lengthens no distance, a
    /// missing OI factor is 1.
    #[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
    pub fn measure(&mut self, ground: &Ground, bin_ticks: i64) {
        self.off = self.low.0 + bin_ticks / 2 - ground.price.0;
        let off = self.off.abs() as f64;
        self.distance = ground.atr.map(|atr| off / atr);
        let behind = ground.lambda.zip(ground.effort).zip(ground.atr);
        self.difficulty =
            behind.map(|((lambda, effort), atr)| lambda * self.lots as f64 * effort / atr);
        self.score = self.distance.map(|distance| {
            let effective = distance * (1.0 + self.difficulty.unwrap_or(0.0));
            let proximity = libm::exp(-effective / REACH);
            let strength = self.z * (0.5 + 0.5 * self.bias.abs());
            strength * self.book * ground.interest.unwrap_or(1.0) * proximity
        });
    }

    /// Below the price and bought, or above it and sold.
    const fn wall(&self) -> i8 {
        if self.off < 0 && self.bias > 0.0 {
            1
        } else if self.off > 0 && self.bias < 0.0 {
            -1
        } else {
            0
        }
    }
}

/// What the clusters mean together; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Structure {
    /// Σ scores below the price with bias > 0.
    pub support: Option<f64>,
    /// Σ scores above the price with bias < 0.
    pub resistance: Option<f64>,
    /// (s − r)/(s + r); 0 when both are 0.
    pub bias: Option<f64>,
    /// 1/(1 + Σ difficulty·exp(−d/k)) over the clusters above.
    pub runway_up: Option<f64>,
    /// Likewise below.
    pub runway_down: Option<f64>,
    /// 1 − exp(−Σ score/3).
    pub combined: Option<f64>,
    /// A support within half an ATR.
    pub support_near: Option<bool>,
    /// A resistance within half an ATR.
    pub resistance_near: Option<bool>,
}

/// A sum that one missing part makes missing; of nothing it is zero.
fn sum(mut parts: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    // From +0, where `Sum` begins with −0: records are compared as bytes.
    parts.try_fold(0.0, |sum, part| part.map(|part| sum + part))
}

impl Structure {
    /// Of measured clusters.
    #[must_use]
    pub fn of(clusters: &[Cluster]) -> Self {
        let scores =
            |side| sum(clusters.iter().filter(move |one| one.wall() == side).map(|one| one.score));
        let (support, resistance) = (scores(1), scores(-1));
        let bias = support.zip(resistance).map(|(support, resistance)| {
            let both = support + resistance;
            if both == 0.0 { 0.0 } else { (support - resistance) / both }
        });
        let runway = |side: i64| {
            let ahead = clusters.iter().filter(move |one| one.off.signum() == side);
            let weights =
                ahead.map(|one| Some(one.difficulty? * libm::exp(-one.distance? / REACH)));
            sum(weights).map(|weight| 1.0 / (1.0 + weight))
        };
        let near = |side| {
            let walls = clusters.iter().filter(move |one| one.wall() == side);
            walls
                .map(|one| one.distance.map(|distance| distance <= 0.5))
                .try_fold(false, |any, near| near.map(|near| any | near))
        };
        let all = sum(clusters.iter().map(|one| one.score));
        Self {
            support,
            resistance,
            bias,
            runway_up: runway(1),
            runway_down: runway(-1),
            combined: all.map(|all| 1.0 - libm::exp(-all / 3.0)),
            support_near: near(1),
            resistance_near: near(-1),
        }
    }
}

/// The rows found so far.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    clusters: [Cluster; CLUSTERS_MAX],
    kept: usize,
    /// Rows that stood out, kept or not.
    pub all: u32,
}

impl Found {
    /// None yet.
    pub const NONE: Self = Self { clusters: [Cluster::NONE; CLUSTERS_MAX], kept: 0, all: 0 };

    /// Those kept, lowest first.
    #[must_use]
    pub fn kept(&self) -> &[Cluster] {
        &self.clusters[..self.kept]
    }

    pub(super) fn kept_mut(&mut self) -> &mut [Cluster] {
        &mut self.clusters[..self.kept]
    }

    /// Takes the next one upwards.
    pub fn push(&mut self, cluster: Cluster) {
        self.all += 1;
        if self.kept == CLUSTERS_MAX {
            let sizes = self.clusters.iter().enumerate();
            // Of equals the last, so that the lower stay.
            let least = sizes.min_by_key(|(at, one)| (one.lots, std::cmp::Reverse(*at)));
            let (at, one) = least.expect("the pool is full");
            if one.lots >= cluster.lots {
                return;
            }
            self.clusters.copy_within(at + 1.., at);
            self.kept -= 1;
        }
        self.clusters[self.kept] = cluster;
        self.kept += 1;
    }
}

/// Bars of a day.
pub(super) const fn bars_of_a_day(length: Nanos) -> u64 {
    DAY.0 / length.0
}

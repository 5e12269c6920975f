//! What the level book is configured by, and what it refuses to start with.

use std::fmt;

use model::{Fine, HOUR, Nanos, SECOND};

/// The most levels a side that may be asked for.
pub const SIDE_LEVELS_MAX: usize = 16;

/// What each term of the score weighs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weights {
    /// Of an LVN's prominence over the smoothed profile at its POC.
    pub lvn: f64,
    /// Of each other kind nearby.
    pub confluence: f64,
    /// Of a naked POC.
    pub naked: f64,
    /// Of the profile's shape.
    pub shape: f64,
    /// Of being near the price.
    pub distance: f64,
    /// Of being left alone.
    pub age: f64,
    /// Of an anchored average or its band nearby.
    pub avwap: f64,
}

impl Default for Weights {
    /// The specification's: 3, 2, 2, 1, 1, 1, 1.
    fn default() -> Self {
        Self {
            lvn: 3.0,
            confluence: 2.0,
            naked: 2.0,
            shape: 1.0,
            distance: 1.0,
            age: 1.0,
            avwap: 1.0,
        }
    }
}

/// What a zone's half width comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZoneBase {
    /// A part of the level's price; of an LVN half its width, within limits.
    Percent,
    /// A part of ATR 4 h; while that is missing as `Percent`.
    Atr,
}

/// The level book's parameters; the default is the specification. `bp` is a hundredth of a
/// percent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LevelPlan {
    /// A refresh is due each time the venue clock enters the next of these (`refresh_s`).
    pub refresh: Nanos,
    /// Elementary operations in one step (`piece`); 5 to 15 ns each.
    pub piece: u32,
    /// The score's weights.
    pub weights: Weights,
    /// A developing session or event anchor younger than this is young (`young_hours`).
    pub young: Nanos,
    /// One of fewer bins is young too (`young_bins`).
    pub young_bins: u32,
    /// How near another kind must be for confluence (`confluence_bp`).
    pub confluence_bp: u32,
    /// The most kinds that count (`confluence_max`).
    pub confluence_max: u32,
    /// Up to here the distance term is 1 (`distance_near_bp`).
    pub distance_near_bp: u32,
    /// From here it is 0 (`distance_far_bp`).
    pub distance_far_bp: u32,
    /// Time constant of the age term (`age_hours`).
    pub age: Nanos,
    /// Where the AVWAP term ends (`avwap_bp`).
    pub avwap_bp: u32,
    /// What a zone comes from (`zone`).
    pub zone: ZoneBase,
    /// Half a zone's width (`zone_bp`).
    pub zone_bp: u32,
    /// The least half width that an LVN gives (`lvn_zone_bp_min`).
    pub lvn_zone_bp_min: u32,
    /// The most that it gives (`lvn_zone_bp_max`).
    pub lvn_zone_bp_max: u32,
    /// Half a zone's width in hundredths of ATR 4 h (`zone_atr_percent`).
    pub zone_atr_percent: u32,
    /// The most that volatility widens a zone, in hundredths (`zone_volatility_percent_max`).
    pub zone_volatility_percent_max: u32,
    /// Levels this near become one (`dedupe_bp`).
    pub dedupe_bp: u32,
    /// Levels a side (`side_levels`).
    pub side_levels: usize,
    /// A level stays the same when it moved at most so many tenths of a bin since it was last
    /// seen (`same_bin_tenths`) …
    pub same_bin_tenths: u32,
    /// … or so much of its price (`same_bp`) …
    pub same_bp: u32,
    /// … and never more than this since its birth (`same_birth_bp`).
    pub same_birth_bp: u32,
    /// A level is tradable while it has fewer touches (`max_touches`).
    pub max_touches: u32,
    /// What a touch leaves of the score, in hundredths (`touch_percent`).
    pub touch_percent: u32,
    /// Touches are forgotten this long after the last (`touch_reset_hours`).
    pub touch_reset: Nanos,
    /// An untouched level that no candidate supports keeps its number this long
    /// (`absent_hours`).
    pub absent: Nanos,
    /// What a round number is a multiple of, in the quote; both zero: 0.5 % and 1 % of the price,
    /// rounded down to a power of ten. One zero: only the other. The configuration names them by
    /// instrument (`round_steps`): see `Plan::levels_of`.
    pub round_steps: [Fine; 2],
}

impl Default for LevelPlan {
    fn default() -> Self {
        Self {
            refresh: Nanos(10 * SECOND.0),
            piece: 96,
            weights: Weights::default(),
            young: Nanos(2 * HOUR.0),
            young_bins: 40,
            confluence_bp: 5,
            confluence_max: 5,
            distance_near_bp: 25,
            distance_far_bp: 300,
            age: Nanos(24 * HOUR.0),
            avwap_bp: 5,
            zone: ZoneBase::Percent,
            zone_bp: 15,
            lvn_zone_bp_min: 5,
            lvn_zone_bp_max: 15,
            zone_atr_percent: 15,
            zone_volatility_percent_max: 200,
            dedupe_bp: 8,
            side_levels: 6,
            same_bin_tenths: 15,
            same_bp: 3,
            same_birth_bp: 10,
            max_touches: 2,
            touch_percent: 70,
            touch_reset: Nanos(72 * HOUR.0),
            absent: HOUR,
            round_steps: [Fine(0); 2],
        }
    }
}

/// Which parameter is refused, and what it would have to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LevelPlanError {
    /// The key.
    pub key: &'static str,
    /// The least that it may be, in the key's unit.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// What it was.
    pub got: f64,
}

impl fmt::Display for LevelPlanError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} must be in {}..={}, got {}", self.key, self.low, self.high, self.got)
    }
}

impl std::error::Error for LevelPlanError {}

impl LevelPlan {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// The first parameter outside its range.
    pub fn check(&self) -> Result<(), LevelPlanError> {
        self.check_times()?;
        self.check_weights()?;
        self.check_distances()?;
        self.check_counts()
    }

    fn check_times(&self) -> Result<(), LevelPlanError> {
        span("refresh_s", self.refresh, SECOND, 1.0, 3_600.0)?;
        span("young_hours", self.young, HOUR, 0.0, 24.0)?;
        span("age_hours", self.age, HOUR, 0.01, 10_000.0)?;
        span("touch_reset_hours", self.touch_reset, HOUR, 0.01, 10_000.0)?;
        span("absent_hours", self.absent, HOUR, 0.0, 10_000.0)
    }

    fn check_weights(&self) -> Result<(), LevelPlanError> {
        let Weights { lvn, confluence, naked, shape, distance, age, avwap } = self.weights;
        let all = [lvn, confluence, naked, shape, distance, age, avwap];
        let keys = [
            "weight_lvn",
            "weight_confluence",
            "weight_naked",
            "weight_shape",
            "weight_distance",
            "weight_age",
            "weight_avwap",
        ];
        for (key, weight) in keys.into_iter().zip(all) {
            range(key, weight, 0.0, 100.0)?;
        }
        // Without any weight every level would be as good as every other.
        range("sum of weights", all.iter().sum(), 0.01, 700.0)
    }

    fn check_distances(&self) -> Result<(), LevelPlanError> {
        let far = f64::from(self.distance_far_bp);
        let zone = f64::from(self.lvn_zone_bp_max);
        let birth = f64::from(self.same_birth_bp);
        range("confluence_bp", f64::from(self.confluence_bp), 1.0, 100.0)?;
        range("avwap_bp", f64::from(self.avwap_bp), 1.0, 100.0)?;
        range("distance_far_bp", far, 1.0, 5_000.0)?;
        range("distance_near_bp", f64::from(self.distance_near_bp), 0.0, far - 1.0)?;
        range("zone_bp", f64::from(self.zone_bp), 1.0, 200.0)?;
        range("lvn_zone_bp_max", zone, 1.0, 200.0)?;
        range("lvn_zone_bp_min", f64::from(self.lvn_zone_bp_min), 0.0, zone)?;
        range("zone_atr_percent", f64::from(self.zone_atr_percent), 1.0, 200.0)?;
        let most = f64::from(self.zone_volatility_percent_max);
        range("zone_volatility_percent_max", most, 100.0, 1_000.0)?;
        range("dedupe_bp", f64::from(self.dedupe_bp), 0.0, 100.0)?;
        range("same_birth_bp", birth, 0.0, 100.0)?;
        range("same_bp", f64::from(self.same_bp), 0.0, birth)?;
        range("same_bin_tenths", f64::from(self.same_bin_tenths), 0.0, 100.0)
    }

    fn check_counts(&self) -> Result<(), LevelPlanError> {
        range("piece", f64::from(self.piece), 16.0, 65_536.0)?;
        range("young_bins", f64::from(self.young_bins), 0.0, 10_000.0)?;
        range("confluence_max", f64::from(self.confluence_max), 0.0, 5.0)?;
        let levels = u32::try_from(self.side_levels).unwrap_or(u32::MAX);
        range("side_levels", f64::from(levels), 1.0, 16.0)?;
        range("max_touches", f64::from(self.max_touches), 1.0, 100.0)?;
        range("touch_percent", f64::from(self.touch_percent), 1.0, 100.0)?;
        for step in self.round_steps {
            range("round_steps", units(step.0), 0.0, 1e9)?;
        }
        Ok(())
    }
}

fn span(
    key: &'static str,
    time: Nanos,
    unit: Nanos,
    low: f64,
    high: f64,
) -> Result<(), LevelPlanError> {
    range(key, super::score::quotient(time, unit), low, high)
}

#[expect(clippy::cast_precision_loss, reason = "for the range and the message only")]
fn units(fine: i64) -> f64 {
    fine as f64 / Fine::ONE.0 as f64
}

fn range(key: &'static str, got: f64, low: f64, high: f64) -> Result<(), LevelPlanError> {
    // A NaN is in no range.
    if (low..=high).contains(&got) { Ok(()) } else { Err(LevelPlanError { key, low, high, got }) }
}

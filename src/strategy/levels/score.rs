//! The score, its seven terms kept apart.

use model::{Nanos, Price, Side};

use super::input::{Class, Shape};
use super::plan::{LevelPlan, Weights};
use crate::terms::LevelKind;

/// The kinds of things that a level may coincide with; bits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Kinds(pub u8);

impl Kinds {
    /// The edge of a value area; not for a level that is one itself.
    pub const AREA_EDGE: Self = Self(1);
    /// A confirmed swing.
    pub const SWING: Self = Self(1 << 1);
    /// A round number.
    pub const ROUND: Self = Self(1 << 2);
    /// A node or POC of a window that holds other trades.
    pub const NODE: Self = Self(1 << 3);
    /// The high or low of a session.
    pub const EXTREME: Self = Self(1 << 4);

    /// How many.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it holds these.
    #[must_use]
    pub const fn has(self, kinds: Self) -> bool {
        self.0 & kinds.0 == kinds.0
    }

    /// With these as well.
    #[must_use]
    pub const fn with(self, kinds: Self) -> Self {
        Self(self.0 | kinds.0)
    }
}

/// The seven terms before they are weighed.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Terms {
    /// LVN: prominence over the smoothed profile at its window's POC; of other kinds 0.
    pub lvn: f64,
    /// Other kinds nearby, 0..=5.
    pub confluence: f64,
    /// 1: a naked POC.
    pub naked: f64,
    /// 0.5 in a D or B, of P and b the bias on the level's side, in [0, 1].
    pub shape: f64,
    /// 1 near the price, 0 far away.
    pub distance: f64,
    /// 1 − exp(−h/24) since the last touch, else since it was first published.
    pub age: f64,
    /// 1 at an anchored average or band, 0 from 0.05 % on.
    pub avwap: f64,
}

impl Terms {
    /// Σ weight × term, in the order of the specification.
    #[must_use]
    pub fn sum(&self, weights: &Weights) -> f64 {
        let parts = self.weighed(weights);
        parts.lvn
            + parts.confluence
            + parts.naked
            + parts.shape
            + parts.distance
            + parts.age
            + parts.avwap
    }

    /// Each term times its weight: what it adds to the score.
    #[must_use]
    pub fn weighed(&self, weights: &Weights) -> Self {
        Self {
            lvn: self.lvn * weights.lvn,
            confluence: self.confluence * weights.confluence,
            naked: self.naked * weights.naked,
            shape: self.shape * weights.shape,
            distance: self.distance * weights.distance,
            age: self.age * weights.age,
            avwap: self.avwap * weights.avwap,
        }
    }
}

/// The side that would be taken at a level: a long below the price, a short above. At the price
/// itself there is none yet.
pub(super) fn side_of(level: Price, price: Price) -> Option<Side> {
    match level.cmp(&price) {
        std::cmp::Ordering::Less => Some(Side::Buy),
        std::cmp::Ordering::Greater => Some(Side::Sell),
        std::cmp::Ordering::Equal => None,
    }
}

/// The shape term; without a class or a side there is nothing to add.
pub(super) fn shape_term(shape: Shape, side: Option<Side>) -> f64 {
    let bias = if (-1.0..=1.0).contains(&shape.bias) { shape.bias } else { 0.0 };
    match (shape.class, side) {
        (None, _) => 0.0,
        (Some(Class::D | Class::B), _) => 0.5,
        (Some(_), Some(Side::Buy)) => bias.max(0.0),
        (Some(_), Some(Side::Sell)) => (-bias).max(0.0),
        (Some(_), None) => 0.0,
    }
}

/// Whose shape counts for a level: its own profile's; what has none takes the UTC day's.
pub(super) const fn shape_for(kind: LevelKind, own: Shape, day: Shape) -> Shape {
    match kind {
        LevelKind::Avwap | LevelKind::AvwapBand | LevelKind::NakedPoc => day,
        _ => own,
    }
}

/// The age term at `now` for a level that was last touched, or first published, at `since`.
pub(super) fn age_term(now: Nanos, since: Nanos, plan: &LevelPlan) -> f64 {
    1.0 - libm::exp(-quotient(now.since(since), plan.age))
}

/// What is left of a score after so many touches.
pub(super) fn decay(touches: u32, plan: &LevelPlan) -> f64 {
    // A signal lasts seconds, so a count beyond a thousand is absurd; there nothing is left.
    let once = f64::from(plan.touch_percent) / 100.0;
    (0..touches.min(1_000)).fold(1.0, |left, _| left * once)
}

/// A span in units of another, `unit` > 0.
#[expect(clippy::cast_precision_loss, reason = "a ratio of times")]
pub(super) fn quotient(span: Nanos, unit: Nanos) -> f64 {
    span.0 as f64 / unit.0 as f64
}

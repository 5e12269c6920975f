//! Which hypothesis a level has, where it would be entered, and what it aims at (spec § 9).
//!
//! | level | fade | enters at | zone that counts | target |
//! |---|---|---|---|---|
//! | LVN | rejection | the valley's near edge, held inside the zone | [L − h, L + h] | § 10 |
//! | VAH, VAL, cliff, AVWAP, band | rejection | L | [L − h, L + h] | § 10 |
//! | HVN, completed POC | magnet | the node's far edge | the node [a, b] | its centre |
//! | naked POC | magnet | far edge of its bin ± h | bin ± h | its centre |
//! | LVN | break-through as well | far edge + 1 tick, a stop | the node | § 10 |
//!
//! A magnet's zone is its node: price *enters the node from outside*, and an order at the far
//! edge of a node wider than the level's zone would else be cancelled before it is reached.

use model::{Price, Side, Ticks};

use super::exact::{Point, against, is_price};
use super::plan::HypothesisPlan;
use crate::terms::{Hypothesis, Level, LevelKind, Zone};

/// A level with what is expected of it: frozen from Monitored on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Setup {
    /// The level as it was.
    pub level: Level,
    /// What is expected.
    pub hypothesis: Hypothesis,
    /// The side that would be taken. Of a break-through the direction, which is the other side
    /// than the level's.
    pub side: Side,
    /// Where price counts as being there.
    pub zone: Zone,
    /// Where an order would stand; the book may push it further away.
    pub entry: Price,
    /// What the hypothesis itself aims at; the others have theirs from § 10.
    pub target: Option<Price>,
}

/// What is expected of a kind when price comes to it.
#[must_use]
pub const fn hypothesis(kind: LevelKind) -> Hypothesis {
    match kind {
        LevelKind::Lvn
        | LevelKind::Vah
        | LevelKind::Val
        | LevelKind::Cliff
        | LevelKind::Avwap
        | LevelKind::AvwapBand => Hypothesis::Rejection,
        LevelKind::Hvn | LevelKind::Poc | LevelKind::NakedPoc => Hypothesis::Magnet,
    }
}

/// Whether price may break through it.
#[must_use]
pub const fn may_break(kind: LevelKind) -> bool {
    matches!(kind, LevelKind::Lvn)
}

/// Whether it is made of a profile: what the flash guard freezes.
#[must_use]
pub const fn is_profile(kind: LevelKind) -> bool {
    !matches!(kind, LevelKind::Avwap | LevelKind::AvwapBand)
}

/// The fade of a level; `None` when the level makes no sense, or when a magnet's way is not
/// worth twice the round trip's fees.
#[must_use]
pub fn fade(level: &Level, plan: &HypothesisPlan) -> Option<Setup> {
    if !is_sound(level) {
        return None;
    }
    match hypothesis(level.kind) {
        Hypothesis::Magnet => magnet(level, plan),
        Hypothesis::Rejection | Hypothesis::BreakThrough => Some(rejection(level)),
    }
}

/// The break-through of a level: against the side that its rejection would take.
#[must_use]
pub fn break_through(level: &Level) -> Option<Setup> {
    if !is_sound(level) || !may_break(level.kind) {
        return None;
    }
    let side = level.side.opposite();
    let entry = level.node.far(level.side) + Ticks(side.sign());
    let (zone, hypothesis) = (level.node, Hypothesis::BreakThrough);
    let setup = Setup { level: *level, hypothesis, side, zone, entry, target: None };
    is_price(entry).then_some(setup)
}

fn rejection(level: &Level) -> Setup {
    let entry = match level.kind {
        LevelKind::Lvn => level.node.near(level.side).clamp(level.zone.low, level.zone.high),
        _ => level.price,
    };
    Setup {
        level: *level,
        hypothesis: Hypothesis::Rejection,
        side: level.side,
        zone: level.zone,
        entry,
        target: None,
    }
}

fn magnet(level: &Level, plan: &HypothesisPlan) -> Option<Setup> {
    let wider = match level.kind {
        LevelKind::NakedPoc => level.zone.half(),
        _ => Ticks(0),
    };
    let zone = Zone { low: level.node.low - wider, high: level.node.high + wider };
    let entry = zone.far(level.side);
    let centre = Point::mid(zone.low, zone.high);
    let least = plan.round_trip_ppm.saturating_mul(2);
    if zone.low == zone.high
        || !is_price(zone.low)
        || against(centre, Point::of(entry), least, Point::of(entry)).is_lt()
    {
        return None;
    }
    // To the tick: nearest, half up.
    let target = Some(Price((zone.low.0 + zone.high.0 + 1).div_euclid(2)));
    let (side, hypothesis) = (level.side, Hypothesis::Magnet);
    Some(Setup { level: *level, hypothesis, side, zone, entry, target })
}

/// Outside data is refused, never asserted.
fn is_sound(level: &Level) -> bool {
    let Level { zone, node, price, .. } = level;
    zone.low <= *price
        && *price <= zone.high
        && node.low <= node.high
        && [zone.low, zone.high, node.low, node.high].into_iter().all(is_price)
        && level.score.is_finite()
}

impl Setup {
    /// Half ticks that a price lies before the zone, where a fade's price comes from; negative
    /// once inside.
    #[must_use]
    pub const fn before(&self, at: Point) -> i64 {
        self.side.sign() * (at.0 - Point::of(self.zone.near(self.side)).0)
    }

    /// Half ticks that a price lies behind the zone, where a fade has failed.
    #[must_use]
    pub const fn behind(&self, at: Point) -> i64 {
        self.side.sign() * (Point::of(self.zone.far(self.side)).0 - at.0)
    }

    /// Whether a price lies in the zone; its edges belong to it.
    #[must_use]
    pub const fn holds(&self, at: Point) -> bool {
        self.before(at) <= 0 && self.behind(at) <= 0
    }

    /// h in half ticks: of the level's zone, a magnet's too.
    #[must_use]
    pub const fn half(&self) -> i64 {
        self.level.zone.high.0 - self.level.zone.low.0
    }

    /// The near edge.
    #[must_use]
    pub const fn near(&self) -> Point {
        Point::of(self.zone.near(self.side))
    }

    /// Whether a price lies more than so many millionths outside, on either side.
    #[must_use]
    pub fn is_out(&self, at: Point, ppm: u32) -> bool {
        let edge = if self.before(at) > 0 {
            self.near()
        } else if self.behind(at) > 0 {
            Point::of(self.zone.far(self.side))
        } else {
            return false;
        };
        against(at, edge, ppm, edge).is_gt()
    }

    /// Whether two take the same side where their zones share a price.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.side == other.side
            && self.zone.low <= other.zone.high
            && other.zone.low <= self.zone.high
    }
}

//! Where the stop and the first target of an entry stand (spec § 10).

use std::fmt;

use model::{Price, Side, Ticks};

use super::measure::PARTS;
use super::{Reach, Share};
use crate::terms::{Hypothesis, Level, LevelKind, Zone};

/// An entry with what was frozen about its level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Side of the entry.
    pub side: Side,
    /// What is expected.
    pub hypothesis: Hypothesis,
    /// Where it enters.
    pub entry: Price,
    /// The level L; of a magnet its centre c.
    pub level: Price,
    /// What the level is made of.
    pub kind: LevelKind,
    /// [L − h, L + h].
    pub zone: Zone,
    /// Edges of the node.
    pub node: Zone,
    /// The frozen ATR.
    pub atr: Reach,
}

/// Levels that a target may be: any order, both sides of the price, stale ones left out.
#[derive(Clone, Copy, Default, Debug)]
pub struct Nodes<'a> {
    /// Peaks of volume.
    pub hvns: &'a [Price],
    /// Points of control.
    pub pocs: &'a [Price],
}

/// Which rule set a target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TargetKind {
    /// A peak of volume.
    Hvn,
    /// A point of control.
    Poc,
    /// The centre of a magnet.
    Centre,
    /// A multiple of R, because no node was far enough.
    Multiple,
}

/// Where half is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The price.
    pub price: Price,
    /// Which rule set it.
    pub kind: TargetKind,
    /// R: entry to stop.
    pub risk: Ticks,
}

/// Why an entry has no exit, and so is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitRefusal {
    /// A price is not positive or absurd.
    Absurd,
    /// The stop is not beyond the entry: the rule leaves no room.
    NoRoom,
    /// The centre of a magnet is nearer than two round trips of fees, or behind.
    FeesEatIt,
    /// ATR is missing: too few bars so far, or a hole in them.
    NoAtr,
}

impl fmt::Display for ExitRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Absurd => "a price out of range",
            Self::NoRoom => "the stop would not lie beyond the entry",
            Self::FeesEatIt => "the target is nearer than twice the round trip's fees",
            Self::NoAtr => "ATR is missing",
        })
    }
}

/// Prices beyond are refused, so that no sum here can overflow.
const PRICE_MAX: i64 = 1 << 40;

impl Frame {
    /// A frame of a frozen level.
    #[must_use]
    pub const fn of(level: &Level, hypothesis: Hypothesis, entry: Price, atr: Reach) -> Self {
        Self {
            side: level.side,
            hypothesis,
            entry,
            level: level.price,
            kind: level.kind,
            zone: level.zone,
            node: level.node,
            atr,
        }
    }

    /// The stop: the far edge of the zone, further by the greatest of ½ ATR, ½ the LVN's width and
    /// h; the distance is cut to the tick, so the stop lies towards the market, never beyond the rule.
    /// A magnet enters at the node's far edge, which may lie outside the zone: there the outer of
    /// both edges counts.
    ///
    /// # Errors
    /// [`ExitRefusal::Absurd`], [`ExitRefusal::NoRoom`].
    pub fn stop(&self) -> Result<Price, ExitRefusal> {
        let prices = [self.entry, self.zone.low, self.zone.high, self.node.low, self.node.high];
        let sane = prices.iter().all(|price| 0 < price.0 && price.0 <= PRICE_MAX);
        if !sane || self.atr.0 <= 0 || self.zone.low > self.zone.high {
            return Err(ExitRefusal::Absurd);
        }
        let stop = Price(self.edge().0 - self.side.sign() * self.room().0);
        let risk = self.side.sign() * (self.entry - stop).0;
        if stop.0 <= 0 || risk <= 0 { Err(ExitRefusal::NoRoom) } else { Ok(stop) }
    }

    /// Target 1.
    ///
    /// - Rejection: the nearest HVN or POC at ≥ 1 R, else 1.5 R.
    /// - Magnet: the centre; refused when nearer than 2 × `round_trip` (fees of both ways as a share
    ///   of the entry price).
    /// - Break-through: the next HVN, else 2 R.
    ///
    /// # Errors
    /// [`ExitRefusal`] by name.
    pub fn target(
        &self,
        stop: Price,
        nodes: Nodes<'_>,
        round_trip: Share,
    ) -> Result<Target, ExitRefusal> {
        let risk = Ticks(self.side.sign() * (self.entry - stop).0);
        if risk.0 <= 0 {
            return Err(ExitRefusal::NoRoom);
        }
        let (price, kind) = match self.hypothesis {
            Hypothesis::Rejection => self.nearest(nodes, risk.0).unwrap_or_else(|| {
                // Cut: 1.5 R of an odd R lies half a tick nearer, not further.
                (self.ahead(risk.0 * 3 / 2), TargetKind::Multiple)
            }),
            Hypothesis::Magnet => (self.centre(round_trip)?, TargetKind::Centre),
            Hypothesis::BreakThrough => self
                .nearest(Nodes { hvns: nodes.hvns, pocs: &[] }, 1)
                .unwrap_or_else(|| (self.ahead(risk.0 * 2), TargetKind::Multiple)),
        };
        if price.0 <= 0 { Err(ExitRefusal::Absurd) } else { Ok(Target { price, kind, risk }) }
    }

    fn edge(&self) -> Price {
        let zone = self.zone.far(self.side);
        match (self.hypothesis, self.side) {
            (Hypothesis::Magnet, Side::Buy) => zone.min(self.node.low),
            (Hypothesis::Magnet, Side::Sell) => zone.max(self.node.high),
            _ => zone,
        }
    }

    /// All three are halves, so they are compared doubled: nothing is cut before the end.
    fn room(&self) -> Ticks {
        let width = |zone: Zone| (zone.high - zone.low).0 * PARTS;
        let node = if self.kind == LevelKind::Lvn { width(self.node) } else { 0 };
        Ticks(self.atr.0.max(node).max(width(self.zone)) / (2 * PARTS))
    }

    const fn ahead(&self, ticks: i64) -> Price {
        Price(self.entry.0 + self.side.sign() * ticks)
    }

    /// The nearest node at least `least` ticks ahead; of two at one price the HVN.
    fn nearest(&self, nodes: Nodes<'_>, least: i64) -> Option<(Price, TargetKind)> {
        let hvns = nodes.hvns.iter().map(|&price| (price, TargetKind::Hvn));
        let pocs = nodes.pocs.iter().map(|&price| (price, TargetKind::Poc));
        let distance = |price: Price| {
            let ticks = i128::from(price.0) - i128::from(self.entry.0);
            i128::from(self.side.sign()) * ticks
        };
        hvns.chain(pocs)
            .filter(|&(price, _)| distance(price) >= i128::from(least))
            .min_by_key(|&(price, kind)| (distance(price), kind))
    }

    fn centre(&self, round_trip: Share) -> Result<Price, ExitRefusal> {
        let distance = i128::from(self.side.sign() * (self.level - self.entry).0);
        let fees = 2 * i128::from(self.entry.0) * i128::from(round_trip.0);
        if distance <= 0 || distance * i128::from(Share::ONE.0) < fees {
            return Err(ExitRefusal::FeesEatIt);
        }
        Ok(self.level)
    }
}

//! The words that levels, hypotheses, exits and risk share.

use model::{Nanos, Price, Side, Ticks, Window};

/// What a level is made of (spec § 8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LevelKind {
    /// A valley of volume: price passes quickly or turns.
    Lvn,
    /// A peak of volume.
    Hvn,
    /// Upper edge of a value area.
    Vah,
    /// Lower edge of a value area.
    Val,
    /// The fullest bin of a completed window.
    Poc,
    /// The steepest edge between a peak and the valley beside it.
    Cliff,
    /// The point of control of a completed session that price has not touched since.
    NakedPoc,
    /// An anchored average.
    Avwap,
    /// A band around one.
    AvwapBand,
}

/// Which level: it keeps its number while it stays the same level, through every refresh.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LevelId(pub u64);

/// Where price counts as being at a level: both edges belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Lower edge.
    pub low: Price,
    /// Upper edge, not below `low`.
    pub high: Price,
}

impl Zone {
    /// Whether a price lies in it.
    #[must_use]
    pub fn holds(&self, price: Price) -> bool {
        self.low <= price && price <= self.high
    }

    /// The edge that price reaches first: the upper one for a long, which price comes down to.
    #[must_use]
    pub const fn near(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.high,
            Side::Sell => self.low,
        }
    }

    /// The edge behind which the level has failed.
    #[must_use]
    pub const fn far(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.low,
            Side::Sell => self.high,
        }
    }

    /// Half its width.
    #[must_use]
    pub const fn half(&self) -> Ticks {
        Ticks((self.high.0 - self.low.0) / 2)
    }
}

/// What is expected at a level (spec § 9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Hypothesis {
    /// Price turns: fade the first touch.
    Rejection,
    /// Price is drawn through a node to its middle: enter at the far edge, against the approach.
    Magnet,
    /// Price passes a thin place: a stop entry behind it.
    BreakThrough,
}

/// A level with everything that a hypothesis about it needs; frozen from Monitored on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Level {
    /// Which.
    pub id: LevelId,
    /// Counts its refreshes.
    pub version: u32,
    /// What it is made of.
    pub kind: LevelKind,
    /// The window it comes from.
    pub window: Window,
    /// The side that would be taken there: a long below price, a short above.
    pub side: Side,
    /// The level itself, L.
    pub price: Price,
    /// [L − h, L + h].
    pub zone: Zone,
    /// Edges of the node it is made of; of a line both are the level.
    pub node: Zone,
    /// Its score, all seven terms.
    pub score: f64,
    /// When it was first published.
    pub time_born: Nanos,
}

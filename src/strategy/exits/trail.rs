//! The stop that follows (spec § 10).

use model::{Price, Side};

use super::{Micro, Reach, Share};

/// The extreme since the touch with its distance, when § 11 is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct High {
    /// The highest price since the entry of a long, the lowest of a short.
    pub extreme: Price,
    /// The current ATR.
    pub atr: Reach,
    /// The trail factor.
    pub factor: Share,
}

/// The stop of one position. Long: AVWAP − 1 σ, anchored at the bar of the extreme since the touch;
/// with [`High`] the higher of it and high − ATR × factor. It moves only once the result is above the
/// entry, and never back. Shorts mirrored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trail {
    side: Side,
    entry: Price,
    stop: Price,
    active: bool,
}

impl Trail {
    /// Begins at the initial stop.
    #[must_use]
    pub const fn new(side: Side, entry: Price, stop: Price) -> Self {
        Self { side, entry, stop, active: false }
    }

    /// Where the stop belongs now.
    #[must_use]
    pub const fn stop(&self) -> Price {
        self.stop
    }

    /// Whether it has left the initial stop.
    #[must_use]
    pub const fn active(&self) -> bool {
        self.active
    }

    /// New figures. Gives the stop's new price when it moves; rounded to the tick towards the
    /// market. A missing average or extreme takes no part.
    pub fn follow(&mut self, average: Option<(Micro, Reach)>, high: Option<High>) -> Option<Price> {
        let band = average.map(|(avwap, sigma)| self.behind(avwap, sigma));
        let chandelier = high.and_then(|high| {
            let reach = i128::from(high.atr.0) * i128::from(high.factor.0);
            // Cut: a shorter distance is a nearer stop.
            let reach = i64::try_from(reach / i128::from(Share::ONE.0)).ok()?;
            Some(self.behind(Micro::at(high.extreme)?, Reach(reach)))
        });
        let next = match (band, chandelier) {
            (Some(one), Some(other)) => self.nearer(one, other),
            (one, other) => one.or(other)?,
        };
        let sign = self.side.sign();
        let earned = sign * next.0 > sign * self.entry.0;
        if !earned || sign * next.0 <= sign * self.stop.0 {
            return None;
        }
        self.active = true;
        self.stop = next;
        Some(next)
    }

    const fn behind(&self, point: Micro, reach: Reach) -> Price {
        match self.side {
            Side::Buy => point.below(reach).ceil(),
            Side::Sell => point.above(reach).floor(),
        }
    }

    fn nearer(&self, one: Price, other: Price) -> Price {
        match self.side {
            Side::Buy => one.max(other),
            Side::Sell => one.min(other),
        }
    }
}

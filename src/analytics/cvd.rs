//! Cumulative volume delta: what aggressors bought less what they sold.

use model::{Lots, Notional, Price, Side, Trust};

/// The sums since the anchor; the anchor is the first trade, or the last jump of the venue
/// clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cvd {
    /// Buys less sells.
    pub value: Lots,
    /// Its lowest value, from 0.
    pub min: Lots,
    /// Its highest value, from 0.
    pub max: Lots,
    /// Tape records.
    pub trades: u64,
    /// Σ price × lots.
    pub notional: Notional,
    /// Lots that aggressors bought.
    pub buys: Lots,
    /// Lots that aggressors sold.
    pub sells: Lots,
    /// Whether no trade is missing since the anchor; nothing but a new anchor heals it.
    pub stable: bool,
}

impl Cvd {
    /// Before the first trade.
    pub const ZERO: Self = Self {
        value: Lots(0),
        min: Lots(0),
        max: Lots(0),
        trades: 0,
        notional: Notional(0),
        buys: Lots(0),
        sells: Lots(0),
        stable: true,
    };

    /// Adds a trade.
    #[inline]
    pub(crate) fn add(&mut self, price: Price, side: Side, lots: Lots) {
        self.value += side.signed(lots);
        self.min = self.min.min(self.value);
        self.max = self.max.max(self.value);
        self.trades += 1;
        self.notional += price * lots;
        let bought = if side == Side::Buy { lots } else { Lots(0) };
        self.buys += bought;
        self.sells += lots - bought;
    }

    /// Lots of either side.
    #[must_use]
    pub fn volume(&self) -> Lots {
        self.buys + self.sells
    }

    /// How far it is to be trusted.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        if self.stable { Trust::SOUND } else { Trust::CONTAMINATED }
    }
}

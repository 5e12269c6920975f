//! What an imagined market is told before it starts.

use model::{DAY, Instrument, Nanos, Price};

/// How price moves.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Temper {
    /// Every change of the mid is symmetric and independent of everything before it; flow and
    /// book only follow. Nothing can be foretold.
    Driftless,
    /// Price stays, travels, and meets the levels of its own volume: there it turns with this
    /// probability, 0..=1, and shows it beforehand; else it goes through and shows that.
    Planted {
        /// The share of meetings that turn.
        share: f64,
    },
}

/// An imagined market: so many UTC days of one instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ImaginedPlan {
    /// What is traded.
    pub instrument: Instrument,
    /// The mid at the start.
    pub start: Price,
    /// Midnight of the first day.
    pub time_start: Nanos,
    /// How many days.
    pub days: u32,
    /// How price moves.
    pub temper: Temper,
}

impl ImaginedPlan {
    /// BTCUSDT at 60 000 from Monday, 2026-11-02.
    ///
    /// # Panics
    /// Never: the grid is a literal.
    #[must_use]
    pub fn btcusdt(days: u32, temper: Temper) -> Self {
        Self {
            instrument: Instrument::new("BTCUSDT", "0.1", "0.001").expect("a literal grid"),
            start: Price(600_000),
            time_start: Nanos(1_793_577_600 * 1_000_000_000),
            days,
            temper,
        }
    }

    /// When it ends: the first instant that is no longer told.
    #[must_use]
    pub const fn time_end(&self) -> Nanos {
        Nanos(self.time_start.0 + DAY.0 * self.days as u64)
    }
}

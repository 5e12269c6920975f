//! A step in the life of a level and side.

use bytemuck::{Pod, Zeroable};

use crate::insight::insight as decision;
use crate::{InstrumentId, Lots, Nanos, Price, Trust};

decision! {
    /// A level and side went from one state to the next. `window` is the level's. Behind it: a
    /// [`SignalLine`], a [`crate::TermsLine`], a [`FeaturesLine`], a [`FeaturesMoreLine`].
    SignalDecision {
        /// The signal: every life of a level and side, from leaving Inactive on, has its own.
        signal: u64,
        /// The level's number.
        level: u64,
        /// Where an order would stand.
        entry: Price,
        /// The state before.
        from: u8,
        /// The state now.
        to: u8,
        /// What is expected.
        hypothesis: u8,
        /// The side that would be taken.
        side: u8,
        /// What the level is made of.
        what: u8,
        /// What the confirmations weigh, in halves; zero under a veto.
        halves: u8,
        /// 1 while profile levels are frozen.
        frozen: u8,
        /// Zero.
        reserved: u8,
        /// Why; bits.
        reasons: u32,
        /// What confirmed so far; bits.
        confirmations: u16,
        /// What contaminated; bits.
        causes: u16,
    }
}

/// The level as it was frozen.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct SignalLine {
    /// The level.
    pub price: Price,
    /// Lower edge of where price counts as being there.
    pub zone_low: Price,
    /// Upper edge.
    pub zone_high: Price,
    /// Lower edge of the node.
    pub node_low: Price,
    /// Upper edge.
    pub node_high: Price,
    /// What the hypothesis itself aims at; missing where the exits' rules say it.
    pub target: Price,
    /// When price touched the zone; zero: not yet.
    pub time_touch: Nanos,
    /// The level's version.
    pub version: u32,
    /// Inputs that the source never brought; bits.
    pub abstaining: u16,
    /// Zero.
    pub reserved: u16,
}

/// What was known at the step.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FeaturesLine {
    /// Best bid of a trusted book; missing without one, as each of these.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// The last trade.
    pub last: Price,
    /// ΔCVD over 300 s.
    pub cvd_change: Lots,
    /// ΔOI over 300 s.
    pub interest_change: Lots,
    /// OBI's z.
    pub obi_z: f64,
    /// Realised volatility over 5 min, a year's as a share.
    pub volatility_short: f64,
    /// The same over 24 h.
    pub volatility_long: f64,
}

/// The rest of it.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FeaturesMoreLine {
    /// ATR in ticks.
    pub atr: f64,
    /// RSI of the last closed minute.
    pub rsi: f64,
    /// Funding rate for 8 h.
    pub funding: f64,
    /// The next funding timestamp; zero: unknown.
    pub time_funding: Nanos,
    /// When the level was first published.
    pub time_born: Nanos,
    /// Zero.
    pub reserved: [u64; 3],
}

const _: () = {
    assert!(size_of::<SignalLine>() == 64);
    assert!(size_of::<FeaturesLine>() == 64);
    assert!(size_of::<FeaturesMoreLine>() == 64);
};

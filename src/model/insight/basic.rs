//! The first figures: the best of the book, profiles, cumulative delta, book imbalance.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Lots, Nanos, Price};

insight! {
    /// The best of the book.
    TopInsight {
        /// Best bid.
        bid: Price,
        /// Quantity at the best bid.
        bid_lots: Lots,
        /// Best ask.
        ask: Price,
        /// Quantity at the best ask.
        ask_lots: Lots,
        /// Update id of the book.
        update_id: u64,
    }
}

insight! {
    /// A volume profile: said when POC, value area, Δ or trust changed, and where only the volume
    /// did, at most once a second of the venue clock.
    ProfileInsight {
        /// Low edge of the POC's bin.
        poc: Price,
        /// Top edge of the highest bin of the value area.
        vah: Price,
        /// Low edge of the lowest bin of the value area.
        val: Price,
        /// Lots in the window.
        volume: Lots,
        /// Bin width in ticks.
        bin_ticks: i64,
    }
}

insight! {
    /// Cumulative volume delta.
    CvdInsight {
        /// Buys less sells.
        cvd: Lots,
        /// Its lowest value, from 0.
        min: Lots,
        /// Its highest value, from 0.
        max: Lots,
        /// Tape records so far.
        trades: u64,
        /// Lots so far.
        volume: Lots,
    }
}

insight! {
    /// Book imbalance over the best `OBI_LEVELS` levels.
    ObiInsight {
        /// (Σ bid − Σ ask)/(Σ bid + Σ ask), in [−1, 1].
        obi: f64,
        /// Its z-score against the 1 Hz samples before it; zero with bit 0 of `flags` unset.
        z: f64,
        /// Σ over the best bids.
        bid_depth: Lots,
        /// Σ over the best asks.
        ask_depth: Lots,
        /// Bit 0: `z` has a value.
        flags: u64,
    }
}

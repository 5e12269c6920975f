//! What a profile looks like: nodes, shelves, cliffs, shape, naked POCs, TPO.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Lots, Nanos, Price, Ticks};

insight! {
    /// The nodes of a window's smoothed profile, a [`NodeLine`] each: the strongest HVNs, LVNs,
    /// shelves and cliffs, in this order, each kind from low to high.
    NodesInsight {
        /// How often this window was analysed, this time included.
        version: u64,
        /// The venue clock when the histogram was copied.
        time_row: Nanos,
        /// Lots in it.
        volume: Lots,
        /// Bin width in ticks.
        bin_ticks: i64,
        /// Bins of its traded range.
        bins: u32,
        /// Nodes found, those that are not told included.
        found: u16,
        /// 1: the session is over and this is what it ended as.
        completed: u8,
        /// Zero.
        reserved: u8,
    }
}

/// One node; a body line of [`NodesInsight`].
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct NodeLine {
    /// Its price as a level: its bin's centre on the tick.
    pub level: Price,
    /// HVN, LVN: low end of its width at half prominence, on the tick. Shelf: low edge. Cliff: the
    /// edge itself.
    pub low: Price,
    /// See `low`.
    pub high: Price,
    /// Its width in bins; 0 for a cliff.
    pub width: f64,
    /// HVN, LVN: topographic prominence, in lots × 60. Cliff: |ΔHs|. Shelf: the lower wall's |ΔHs|.
    pub prominence: i64,
    /// The smoothed histogram at its bin, in lots × 60.
    pub smooth: i64,
    /// `prominence` over the smoothed histogram at the POC's bin.
    pub share: f64,
    /// 1 HVN, 2 LVN, 3 shelf, 4 cliff.
    pub kind: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

impl NodeLine {
    /// What it is, as the command line writes it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self.kind {
            1 => "hvn",
            2 => "lvn",
            3 => "shelf",
            4 => "cliff",
            _ => "?",
        }
    }
}

insight! {
    /// The shape of a window's profile, said with its nodes.
    ShapeInsight {
        /// The class that counts: 1 P, 2 b, 3 B, 4 I, 5 D; 0 none yet, or below 20 bins.
        class: u8,
        /// The class found now.
        now: u8,
        /// Closes of 15 m bars at which the latest class held, up to 3.
        closes: u8,
        /// 1: the session is over.
        completed: u8,
        /// Zero.
        reserved: [u8; 4],
        /// 2q − 1 of the class found now if that is P or b, else 0; missing without a class.
        bias: f64,
        /// (POC − low)/(high − low) by bin centres; missing with one bin.
        place: f64,
        /// Lots in the upper third of the range.
        upper: Lots,
        /// Lots in the lower third.
        lower: Lots,
    }
}

impl ShapeInsight {
    /// A class as the command line writes it.
    #[must_use]
    pub const fn text(class: u8) -> &'static str {
        match class {
            1 => "P",
            2 => "b",
            3 => "B",
            4 => "I",
            5 => "D",
            _ => "",
        }
    }
}

insight! {
    /// The POC of a session that is over, and what befell it; `window` says of which kind.
    NakedInsight {
        /// Its price as a level: its bin's centre on the tick.
        poc: Price,
        /// Bin width in ticks.
        bin_ticks: i64,
        /// When its session ended, the venue's clock.
        time_end: Nanos,
        /// When its session opened.
        time_open: Nanos,
        /// 1 registered, 2 touched, 3 forgotten after 72 h, 4 gave way to a newer one.
        event: u8,
        /// POCs that stand now.
        standing: u8,
        /// Zero.
        reserved: [u8; 6],
    }
}

impl NakedInsight {
    /// What befell it, as the command line writes it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self.event {
            1 => "registered",
            2 => "touched",
            3 => "forgotten",
            4 => "displaced",
            _ => "?",
        }
    }
}

insight! {
    /// Market Profile of the UTC day when a 30-minute bracket ended: a [`TpoLine`] for each bracket
    /// that traded and each run of single prints.
    TpoInsight {
        /// Low edge of the bin with most letters, of equals the lowest.
        poc: Price,
        /// Top edge of the highest bin of the value area.
        vah: Price,
        /// Low edge of the lowest bin of the value area.
        val: Price,
        /// Bin width in ticks.
        bin_ticks: i64,
        /// Letters in all bins.
        letters: u32,
        /// Brackets that are over, 1..=48.
        brackets: u8,
        /// 1: the day is over.
        completed: u8,
        /// Runs of single prints, those that are not told included.
        singles: u16,
    }
}

/// A bracket or a run of single prints; a body line of [`TpoInsight`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct TpoLine {
    /// Low edge of its lowest bin.
    pub low: Price,
    /// Top edge of its highest bin.
    pub high: Price,
    /// Of a bracket: its lowest trade; of a run zero.
    pub low_traded: Price,
    /// Of a bracket: its highest trade; of a run zero.
    pub high_traded: Price,
    /// 1 bracket, 2 single prints.
    pub kind: u8,
    /// A bracket's letter, A to Z, then a to v; of a run zero.
    pub letter: u8,
    /// Zero.
    pub reserved: [u8; 30],
}

insight! {
    /// Initial balance of the UTC day and how far the day went beyond, said with its TPO.
    BalanceInsight {
        /// Lowest trade of the first 60 minutes; missing until they are over.
        low: Price,
        /// Highest trade of the first 60 minutes; missing until they are over.
        high: Price,
        /// How far the day traded below it so far; missing until it is known.
        below: Ticks,
        /// How far the day traded above it so far; missing until it is known.
        above: Ticks,
        /// Brackets that are over, 1..=48.
        brackets: u8,
        /// 1: the day is over.
        completed: u8,
        /// Zero.
        reserved: [u8; 6],
    }
}

const _: () = {
    assert!(size_of::<NodeLine>() == 64);
    assert!(size_of::<TpoLine>() == 64);
};

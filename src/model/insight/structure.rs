//! Market structure: gaps, swings, breaks, order blocks, pools and what becomes of them; killzones;
//! liquidation clusters.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Nanos, Price};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal, $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant = $code,)+ }

        impl $name {
            /// What a byte stands for.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// As the command line writes it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

coded! {
    /// What a fact of market structure is about.
    StructureWhat {
        /// A fair value gap.
        Gap = 1, "gap";
        /// A swing of five bars a side.
        Swing = 2, "swing";
        /// A break of structure: a close beyond the last swing, along the trend.
        Break = 3, "bos";
        /// A change of character: the first break against the trend.
        Change = 4, "choch";
        /// An order block.
        Block = 5, "block";
        /// Equal highs or lows.
        Equal = 6, "equal";
        /// The last completed UTC day's high or low.
        Day = 7, "day";
        /// The last completed UTC week's.
        Week = 8, "week";
        /// The last completed funding session's.
        Funding = 9, "funding";
        /// The last completed Asia killzone's.
        Asia = 10, "asia";
        /// The last completed London killzone's.
        London = 11, "london";
        /// The last completed New York killzone's.
        NewYork = 12, "new_york";
        /// The last completed overlap's of London and New York.
        Overlap = 13, "overlap";
        /// Everything: the venue clock jumped, all of it was forgotten.
        All = 14, "all";
    }
}

coded! {
    /// What happened to it.
    StructureStep {
        /// It became known.
        Created = 1, "created";
        /// Price came back to it for the first time.
        Touched = 2, "touched";
        /// A gap: price went deeper into it than before.
        Deepened = 3, "deepened";
        /// A gap: traded through.
        Filled = 4, "filled";
        /// A block or pool: a bar closed beyond it.
        Broken = 5, "broken";
        /// A pool: traded beyond, closed back inside.
        Swept = 6, "swept";
        /// A pool of equal highs or lows: one more.
        Grown = 7, "grown";
        /// A pool of a session: the next one of its kind took its place.
        Expired = 8, "expired";
        /// It made room, or everything began anew.
        Forgotten = 9, "forgotten";
    }
}

insight! {
    /// A fact of market structure, said when it became known. The `window` byte is the index of
    /// its bars' interval. A thing keeps interval, `what`, `up` and `time` through all its steps,
    /// and shares them with no other.
    StructureInsight {
        /// Upper edge; of a swing, break or pool its price.
        top: Price,
        /// Lower edge; the same price where it has only one.
        bottom: Price,
        /// Opening time of the bar that it stands for: the gap's middle bar, the swing's bar, the
        /// block's candle, a session's beginning.
        time: Nanos,
        /// A [`StructureWhat`].
        what: u8,
        /// A [`StructureStep`].
        step: u8,
        /// 1 bullish or a high above, 0 bearish or a low below.
        up: u8,
        /// Zero.
        reserved: [u8; 5],
        /// A gap: the share filled so far, in [0, 1]. Equal highs or lows: how many. Else missing.
        share: f64,
    }
}

/// Killzones as bits: which are open.
pub mod killzone {
    /// 00–09 UTC.
    pub const ASIA: u8 = 1;
    /// 07–16 UTC.
    pub const LONDON: u8 = 1 << 1;
    /// 12–22 UTC.
    pub const NEW_YORK: u8 = 1 << 2;
    /// 12–16 UTC: London and New York.
    pub const OVERLAP: u8 = 1 << 3;
}

insight! {
    /// The open killzones are others than before.
    KillzoneInsight {
        /// Bits of [`killzone`] from now on.
        zones: u64,
        /// The bits before; equal at the first.
        before: u64,
        /// When they next change.
        time_next: Nanos,
        /// Zero.
        more: [u64; 2],
    }
}

insight! {
    /// Liquidation clusters after a minute: [`HeatLine`]s behind it, the largest first. The
    /// `window` byte is 0 for the own model, 1 for the external heatmap.
    HeatInsight {
        /// Σ notional × exp(−distance/1 %) of the bins above the mark price, in ticks × lots.
        up: f64,
        /// The same below.
        down: f64,
        /// The mark price in ticks by which they are above or below.
        mark: Price,
        /// Width of a bin in ticks.
        bin_ticks: i64,
        /// 1 when trade bars stood in for the mark price.
        by_trades: u64,
    }
}

/// A bin that stands out of its neighbours.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct HeatLine {
    /// Low edge of the bin.
    pub low: Price,
    /// Its high edge; the next bin's low edge.
    pub high: Price,
    /// Estimated lots of longs that are liquidated there.
    pub longs: f64,
    /// Estimated lots of shorts.
    pub shorts: f64,
    /// Both × the bin's centre, in ticks × lots.
    pub notional: f64,
    /// (centre − mark)/mark.
    pub distance: f64,
    /// Zero.
    pub reserved: [u64; 2],
}

const _: () = assert!(size_of::<HeatLine>() == 64);

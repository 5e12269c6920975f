//! From the tape: footprint, delta by size, pace, VPIN, λ, volatility, markouts.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Lots, Nanos, Price};

/// Rows of one footprint; a bar that has more gets wider ones.
pub const FOOTPRINT_ROWS_MAX: usize = 192;
/// Rows in one body line.
const ROWS_PER_LINE: usize = 4;

/// What a closed footprint shows; bits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct FootprintFacts(pub u32);

impl FootprintFacts {
    /// Buys outweigh the sells diagonally below in at least `stacked_rows` rows in a row.
    pub const STACKED_BUY: Self = Self(1);
    /// Sells outweigh the buys diagonally above in at least `stacked_rows` rows in a row.
    pub const STACKED_SELL: Self = Self(1 << 1);
    /// Much was bought in the top two rows and the close lies below them.
    pub const ABSORPTION_BEARISH: Self = Self(1 << 2);
    /// Much was sold in the bottom two rows and the close lies above them.
    pub const ABSORPTION_BULLISH: Self = Self(1 << 3);
    /// Both sides traded in the highest row.
    pub const UNFINISHED_HIGH: Self = Self(1 << 4);
    /// Both sides traded in the lowest row.
    pub const UNFINISHED_LOW: Self = Self(1 << 5);
    /// The bar had more rows than fit and got wider ones.
    pub const WIDENED: Self = Self(1 << 6);
    /// The rows do not sum to the bar or to the change of CVD: contaminated.
    pub const MISMATCH: Self = Self(1 << 7);
    /// A bar of the baseline is unstable: contaminated.
    pub const BASELINE_UNSTABLE: Self = Self(1 << 8);

    /// Whether any of these bits is set.
    #[must_use]
    pub const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// With these bits set as well, if they are to be.
    #[must_use]
    pub const fn with(self, bits: Self, set: bool) -> Self {
        if set { Self(self.0 | bits.0) } else { self }
    }
}

insight! {
    /// A minute's footprint. Behind it: a [`FootprintSumsLine`], a [`FootprintMarksLine`] and
    /// `rows` rows, lowest first, in [`FootprintRowsLine`]s.
    FootprintInsight {
        /// Opening time of the bar.
        time_open: Nanos,
        /// Low edge of the lowest row.
        low: Price,
        /// Height of a row in ticks; a multiple of `footprint_rows` by a power of two.
        row_ticks: i64,
        /// Low edge of the row with most lots; of equals the lower.
        poc: Price,
        /// Rows from the lowest to the highest that traded, 1..=`FOOTPRINT_ROWS_MAX`.
        rows: u32,
        /// What it shows.
        facts: FootprintFacts,
    }
}

/// First body line of a footprint.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FootprintSumsLine {
    /// Σ ask lots.
    pub buys: Lots,
    /// Σ bid lots.
    pub sells: Lots,
    /// Lowest running delta, from 0.
    pub delta_min: Lots,
    /// Highest running delta, from 0.
    pub delta_max: Lots,
    /// 100 × delta/volume, in [−100, 100].
    pub delta_percent: f64,
    /// Mean occupied row side in lots of the 60 bars before; missing below 30 bars.
    pub mean_side: f64,
    /// Share of those sides that the larger buys of the top two rows reach, in [0, 1].
    pub top_share: f64,
    /// Share of those sides that the larger sells of the bottom two rows reach.
    pub bottom_share: f64,
}

/// Second body line of a footprint: bit i is row i from the lowest.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FootprintMarksLine {
    /// Rows in which buys outweigh the sells one row below.
    pub buy_imbalances: [u64; FOOTPRINT_ROWS_MAX / 64],
    /// Rows in which sells outweigh the buys one row above.
    pub sell_imbalances: [u64; FOOTPRINT_ROWS_MAX / 64],
    /// Most buy imbalances in a row.
    pub buy_run: u32,
    /// Most sell imbalances in a row.
    pub sell_run: u32,
    /// Zero.
    pub reserved: [u32; 2],
}

/// One row of a footprint.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct FootprintRow {
    /// Lots that aggressors sold.
    pub bid: Lots,
    /// Lots that aggressors bought.
    pub ask: Lots,
}

impl FootprintRow {
    /// Lots of either side.
    #[must_use]
    pub fn volume(&self) -> Lots {
        self.bid + self.ask
    }

    /// Buys less sells.
    #[must_use]
    pub fn delta(&self) -> Lots {
        self.ask - self.bid
    }
}

/// Further body lines of a footprint: four rows, lowest first; behind the last row zero.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FootprintRowsLine {
    /// The rows.
    pub rows: [FootprintRow; ROWS_PER_LINE],
}

impl FootprintRowsLine {
    /// Rows in one line.
    pub const ROWS: usize = ROWS_PER_LINE;
}

insight! {
    /// Kyle's λ over closed bars. `window`: the index of the bars' interval in `Interval::ALL`.
    KyleInsight {
        /// Slope of Δclose on delta in ticks a lot; λ⁺ is this or 0.
        lambda: f64,
        /// The line's value at delta 0, in ticks.
        intercept: f64,
        /// Percentile of λ⁺ among those of the 24 h before, in [0, 1].
        percentile: f64,
        /// Bars that went in, 0..=60.
        bars: u64,
        /// Opening time of the last of them.
        time_open: Nanos,
    }
}

insight! {
    /// VPIN. `window`: 0 after a completed bucket, 1 after a closed minute.
    VpinInsight {
        /// Mean of |buys − sells|/bucket over 50 buckets, in [0, 1].
        vpin: f64,
        /// |buys − sells|/total of what closed: the last bucket, or the minute.
        imbalance: f64,
        /// Size of the bucket that fills now, in lots.
        bucket_lots: Lots,
        /// Buckets completed so far.
        buckets: u64,
        /// Lots in the bucket that fills now.
        filled: Lots,
    }
}

insight! {
    /// Realised volatility. `window`: 0 for 5 min, 1 for 1 h, 2 for 24 h.
    VolatilityInsight {
        /// √(Σ r²·(seconds of 365 days)/returns): a year's deviation as a share, 0.5 = 50 %.
        volatility: f64,
        /// Σ r² of the 1 s log returns.
        variance: f64,
        /// Returns that went in, at most the window's seconds.
        returns: u64,
        /// End of the last second.
        time_end: Nanos,
        /// Its close.
        close: Price,
    }
}

insight! {
    /// Tape speed over the last closed second and the last ten. Behind it: a [`TapeRanksLine`].
    TapeInsight {
        /// Tape records in the last second.
        trades: u64,
        /// Lots in it.
        lots: Lots,
        /// Tape records in the last ten seconds.
        trades_10s: u64,
        /// Lots in them.
        lots_10s: Lots,
        /// Trades of the second over the 24 h 95th percentile before it; not cut at 1.
        pace: f64,
    }
}

/// Body line of the tape speed: percentiles among the 1 Hz samples of the 24 h before, in [0, 1].
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct TapeRanksLine {
    /// Of the trades in a second.
    pub trades: f64,
    /// Of the lots in a second.
    pub lots: f64,
    /// Of the trades in ten seconds.
    pub trades_10s: f64,
    /// Of the lots in ten seconds.
    pub lots_10s: f64,
    /// The 95th percentile of trades in a second; `missing::WHOLE` without a baseline.
    pub trades_p95: i64,
    /// Samples of the baseline.
    pub samples: u64,
    /// End of the last closed second.
    pub time_end: Nanos,
    /// Zero.
    pub reserved: u64,
}

insight! {
    /// What the prints of a minute were worth later. `window`: 0, 1, 2 for 1, 10, 60 s.
    MarkoutInsight {
        /// Opening time of the minute in which they printed.
        time_open: Nanos,
        /// Lot-weighted mean of side·(mid(T + h) − p)/p, in bp.
        markout: f64,
        /// Lots that went in.
        lots: Lots,
        /// Lots that came too late or left the ring early and are not in it.
        missed: Lots,
        /// Bit 0: some mid was the last trade, for want of a trusted book.
        flags: u64,
    }
}

insight! {
    /// Cumulative delta by the notional of the aggregate trade. Behind it: a [`SizesLine`].
    SizesInsight {
        /// Below the first edge.
        small: Lots,
        /// From the first edge on, below the second.
        medium: Lots,
        /// From the second edge on, below the third.
        large: Lots,
        /// From the third edge on.
        huge: Lots,
        /// Tape records since CVD's anchor.
        trades: u64,
    }
}

/// Body line of the delta by size, smallest class first. Σ buys − Σ sells is CVD.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct SizesLine {
    /// Lots that aggressors bought.
    pub buys: [Lots; 4],
    /// Lots that aggressors sold.
    pub sells: [Lots; 4],
}

const _: () = {
    assert!(size_of::<FootprintSumsLine>() == 64);
    assert!(size_of::<FootprintMarksLine>() == 64);
    assert!(size_of::<FootprintRowsLine>() == 64);
    assert!(size_of::<TapeRanksLine>() == 64);
    assert!(size_of::<SizesLine>() == 64);
};

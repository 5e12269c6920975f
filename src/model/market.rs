//! What the book adds to the events it passes on: its top after a change, and closed bars.

use bytemuck::{Pod, Zeroable};

use crate::{Fine, Interval, Lots, Nanos, Notional, Price};

/// How far a book is to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BookState {
    /// Nothing known, or the chain broke: waits for a snapshot.
    Unsynced,
    /// A snapshot is there; waits for the event that straddles it.
    Syncing,
    /// Snapshot and every event since, in chain.
    Trusted,
}

impl BookState {
    /// The byte that stands for this state.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unsynced => 0,
            Self::Syncing => 1,
            Self::Trusted => 2,
        }
    }

    /// The state a byte stands for; unknown reads as `Unsynced`.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            2 => Self::Trusted,
            1 => Self::Syncing,
            _ => Self::Unsynced,
        }
    }
}

/// The book after an event that changed it, or after its state changed.
/// Prices and lots are zero where a side is empty or the book is not trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct BookLine {
    /// Best bid (rounded down where the best level lies off the grid).
    pub bid: Price,
    /// Best ask (rounded up where the best level lies off the grid).
    pub ask: Price,
    /// Quantity at the best bid.
    pub bid_lots: Lots,
    /// Quantity at the best ask.
    pub ask_lots: Lots,
    /// Sum over the best `OBI_LEVELS` bids.
    pub bid_depth: Lots,
    /// Sum over the best `OBI_LEVELS` asks.
    pub ask_depth: Lots,
    /// Level changes this event brought.
    pub changes: u32,
    /// Bid levels that went into `bid_depth`, 0..=`OBI_LEVELS`.
    pub bid_levels: u8,
    /// Ask levels that went into `ask_depth`.
    pub ask_levels: u8,
    /// [`BookState::code`].
    pub state: u8,
    /// 1 while no depth event came for `stale_ms`.
    pub stale: u8,
    /// 1 while a level in `bid_depth` or `ask_depth` lies beyond what the last snapshot told:
    /// levels may be missing before it.
    pub uncovered: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

impl BookLine {
    /// How far the book is to be trusted.
    #[must_use]
    pub const fn state(&self) -> BookState {
        BookState::from_code(self.state)
    }

    /// Whether its figures are the venue's: trusted, not stale, and within what a snapshot told.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        matches!(self.state(), BookState::Trusted) && self.stale == 0 && self.uncovered == 0
    }
}

/// A closed bar, first line. `run` > 1 stands for that many equal empty bars in a row,
/// the first of which opens at `time_open`: a quiet night costs one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct BarLine {
    /// Opening time: a UTC multiple of the interval.
    pub time_open: Nanos,
    /// First price; of an empty bar the close before.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Bars this record stands for, >= 1; only empty ones are joined.
    pub run: u64,
    /// Index into [`Interval::ALL`].
    pub interval: u8,
    /// 1 when the tape was unstable in it.
    pub unstable: u8,
    /// Zero.
    pub reserved: [u8; 14],
}

impl BarLine {
    /// The interval.
    ///
    /// # Panics
    /// Never for a line that the book wrote: it writes indices of [`Interval::ALL`].
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval::ALL[usize::from(self.interval)]
    }
}

/// A closed bar, second line. Invariant: volume = buys + sells, delta = buys − sells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct BarSumsLine {
    /// Σ price × lots.
    pub notional: Notional,
    /// Lots that aggressors bought.
    pub buys: Lots,
    /// Lots that aggressors sold.
    pub sells: Lots,
    /// Lowest running delta, from 0.
    pub delta_min: Lots,
    /// Highest running delta, from 0.
    pub delta_max: Lots,
    /// Tape records.
    pub trades: u64,
    /// Single trades: Σ(l − f + 1).
    pub fills: u64,
}

impl BarSumsLine {
    /// Lots traded.
    #[must_use]
    pub fn volume(&self) -> Lots {
        self.buys + self.sells
    }

    /// Buys less sells.
    #[must_use]
    pub fn delta(&self) -> Lots {
        self.buys - self.sells
    }
}

/// Lines of levels in a message of [`crate::Kind::Drain`], at most: 960 levels; a raw stream has
/// brought 894 in one event.
pub const DRAIN_LINES_MAX: usize = 160;

/// What levels lost between two depth events, first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct DrainLine {
    /// T of the depth event before: the losses fell after it and not after this event's T.
    pub time_before: Nanos,
    /// Levels that may have lost something and are not told: a message has an end, and
    /// quantities beyond u32 are not compared.
    pub cut: u32,
    /// Zero.
    pub reserved: u32,
    /// Zero.
    pub more: [u64; 6],
}

/// Rows of depth: 64 on either side of the one that holds the mid.
pub const DEPTH_ROWS: usize = 129;

/// The book's quantity by row of Δ = 2^`shift` ticks, first line. Row r holds the prices of
/// ⌊p/Δ⌋ = r.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct DepthRowsLine {
    /// End of the bar it comes with.
    pub time: Nanos,
    /// Best bid + best ask.
    pub mid_doubled: i64,
    /// The first row's r; the others follow.
    pub row_first: i64,
    /// k.
    pub shift: u32,
    /// [`DEPTH_ROWS`].
    pub rows: u32,
    /// The book is whole from this price …
    pub known_low: Price,
    /// … to this one; rows beyond hold what happens to be known.
    pub known_high: Price,
    /// Zero.
    pub reserved: [u64; 2],
}

/// Eight rows; behind the last row zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct DepthLotsLine {
    /// Bids and asks together.
    pub lots: [Lots; 8],
}

const _: () = {
    assert!(size_of::<DrainLine>() == 64);
    assert!(size_of::<DepthRowsLine>() == 64);
    assert!(size_of::<DepthLotsLine>() == 64);
};

/// A closed bar of the mark price. `run` as in a [`BarLine`]; only bars without a mark are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct MarkBarLine {
    /// Opening time: a UTC multiple of the interval.
    pub time_open: Nanos,
    /// First mark; of a bar without one the close before.
    pub open: Fine,
    /// Highest mark.
    pub high: Fine,
    /// Lowest mark.
    pub low: Fine,
    /// Last mark.
    pub close: Fine,
    /// Bars this record stands for, >= 1.
    pub run: u64,
    /// Marks in it.
    pub marks: u32,
    /// Index into [`Interval::ALL`].
    pub interval: u8,
    /// 1 when no mark came for too long in it.
    pub unstable: u8,
    /// Zero.
    pub reserved: [u8; 10],
}

impl MarkBarLine {
    /// The interval.
    ///
    /// # Panics
    /// Never for a line that the book wrote: it writes indices of [`Interval::ALL`].
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval::ALL[usize::from(self.interval)]
    }
}

const _: () = {
    assert!(size_of::<MarkBarLine>() == 64);
    assert!(size_of::<BookLine>() == 64);
    assert!(size_of::<BarLine>() == 64);
    assert!(size_of::<BarSumsLine>() == 64);
};

//! Stage 2: order book, tape, bars.
//!
//! ```text
//!  events ──▶ venue clock ──▶ bars that its time closes ──▶ book  (depth, snapshot)
//!             too far ahead:                            ──▶ tape  (trades) ──▶ bars
//!             refused                                   ──▶ passed on (marks, quotes, ticks …)
//! ```
//!
//! What goes in are events in the order of the log; what comes out is the market: trades that
//! are new, marks, quotes and ticks as they came, the book's top after each change, closed bars
//! before the event that closed them. Heads keep the sequence of the event that caused them;
//! their `time_event` is the instrument's venue clock.
//!
//! **Invariants.** No socket, clock, file or thread, and no float. Nothing is allocated in
//! `take` (an instrument that first appears after the start is counted). What comes out depends
//! on the events alone, never on how many wait. An event causes at most `OUT_MAX` lines.
#![forbid(unsafe_code)]

mod bars;
mod buffer;
mod clock;
mod content;
#[cfg(test)]
mod cover_scenarios;
mod desk;
mod drain;
mod far;
mod half;
mod ladder;
#[cfg(test)]
mod mark_bar_tests;
mod mark_bars;
#[cfg(test)]
mod oracle_tests;
mod order_book;
#[cfg(test)]
mod properties;
mod put;
mod rows;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod scenarios;
mod stage;
mod tape;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trust_scenarios;
mod window;

pub use bars::Bars;
pub use content::Content;
pub use mark_bars::MarkBars;
pub use order_book::OrderBook;
pub use stage::Stage;
pub use tape::Tape;

use model::{MILLISECOND, Nanos, SECOND};

/// What the stage is built with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Ticks of a side that lie in its ladder, a power of two ≥ 256; four bytes each.
    pub window_ticks: usize,
    /// Slots of a side's far table, a power of two ≥ 8; a level takes one, a quarter stays free.
    pub far_slots: usize,
    /// Lines of depth events that may wait for a snapshot.
    pub buffer_lines: usize,
    /// How long after its end the venue clock closes a bar (`bar_grace_ms`).
    pub bar_grace: Nanos,
    /// Without a depth event for so long a trusted book is stale (`stale_ms`).
    pub stale_after: Nanos,
    /// A venue time further ahead is refused until three agree (`time_jump_max`).
    pub time_jump_max: Nanos,
    /// Whether content digests are kept.
    pub content: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            window_ticks: 65_536,
            far_slots: 32_768,
            buffer_lines: 16_384,
            bar_grace: Nanos(500 * MILLISECOND.0),
            stale_after: Nanos(3 * SECOND.0),
            time_jump_max: Nanos(10 * SECOND.0),
            content: false,
        }
    }
}

runtime::counters! {
    /// What the book counts.
    pub enum BookCounter {
        /// Depth events applied.
        DepthApplied => "book_depth_applied_total",
        /// Depth events that were applied or kept before.
        DepthDuplicates => "book_depth_duplicates_total",
        /// Breaks of the depth chain.
        DepthGaps => "book_depth_gaps_total",
        /// Depth events that end before the snapshot.
        DepthBeforeSnapshot => "book_depth_before_snapshot_total",
        /// Waiting depth events that had to go because the buffer was full.
        BufferDropped => "book_buffer_dropped_total",
        /// Snapshots taken.
        Snapshots => "book_snapshots_total",
        /// Snapshots that a trusted book did not need.
        SnapshotsIgnored => "book_snapshots_ignored_total",
        /// Snapshots that end before the first event kept: another one is needed.
        SnapshotsTooOld => "book_snapshots_too_old_total",
        /// Books found crossed or locked after an update.
        BooksCrossed => "book_crossed_total",
        /// Times the best levels came to lie beyond what the last snapshot told.
        Uncovered => "book_uncovered_total",
        /// Levels refused: a price or a quantity that cannot be.
        BadLevels => "book_bad_levels_total",
        /// Levels off the tick grid.
        OffGridLevels => "book_off_grid_levels_total",
        /// Levels left out because the far table was full.
        FarFull => "book_far_full_total",
        /// Times a side's window followed its price.
        Recenterings => "book_recenterings_total",
        /// Times a trusted book went stale.
        Stale => "book_stale_total",
        /// Times a book lost trust by a lost way, a pause of our host or an audit.
        Distrusted => "book_distrusted_total",
        /// Trades taken.
        Trades => "book_trades_total",
        /// Trades whose id was taken before.
        TradeDuplicates => "book_trade_duplicates_total",
        /// Holes in the trade ids.
        TradeGaps => "book_trade_gaps_total",
        /// Trade ids in those holes.
        TradesMissing => "book_trades_missing_total",
        /// Prints that were no market trade.
        ForeignPrints => "book_foreign_prints_total",
        /// Trades whose time ran back by more than a second.
        TimeRanBack => "book_time_ran_back_total",
        /// Trades that came after their bar was closed.
        LateTrades => "book_late_trades_total",
        /// Trades refused: a price, quantity or id range that cannot be.
        BadTrades => "book_bad_trades_total",
        /// Marks that were repeats, late, or no price.
        MarksIgnored => "book_marks_ignored_total",
        /// Bar records sent, of trades and of marks.
        Bars => "book_bars_total",
        /// Messages refused because their venue time lies too far ahead.
        TimeJumpsRefused => "book_time_jumps_refused_total",
        /// Jumps of the venue time that three messages agreed on.
        TimeJumps => "book_time_jumps_total",
        /// Messages with a body that does not fit their kind.
        Malformed => "book_malformed_total",
        /// Messages of instruments that were never named.
        UnknownInstruments => "book_unknown_instruments_total",
        /// Instruments that first appeared after the start: memory was taken for each.
        LateInstruments => "book_late_instruments_total",
        /// Changes of an instrument's tick or lot: its book and bars began anew.
        GridChanges => "book_grid_changes_total",
    }
}

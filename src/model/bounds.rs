//! The limits of what moves, and the relations between them.

/// Instruments in one engine.
pub const INSTRUMENTS_MAX: usize = 64;

/// Levels in one packed depth line.
pub const DEPTH_LEVELS_PER_LINE: usize = 6;

/// Body lines in one message: a snapshot of 2 × 5 000 levels with every level in a line of its
/// own would not fit and is refused by name; 24 576 packed levels do.
pub const LINES_MAX: usize = 4096;

/// Body lines of an external heatmap, of four levels each: the largest 256.
pub const HEATMAP_LINES_MAX: usize = 64;

/// Levels a side in the book imbalance (spec § 5, `obi_levels`).
pub const OBI_LEVELS: usize = 10;

/// Levels a side in the book's content digest and in `analyze --emit book`.
pub const TOP_LEVELS: usize = 20;

const _: () = {
    // `Head::lines` is a u16.
    assert!(LINES_MAX <= u16::MAX as usize);
    // REST depth answers at most 1 000 levels a side; even one line a level fits.
    assert!(2 * 1000 <= LINES_MAX);
    assert!(OBI_LEVELS <= TOP_LEVELS);
};

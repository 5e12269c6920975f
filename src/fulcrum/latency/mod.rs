//! Latency figures on disk and on paper: `.hlog` and `.hgrm` in, percentiles, ratios and a
//! picture out.
//!
//! | file | one line |
//! |---|---|
//! | `hlog.rs` | interval logs (HDR V2, deflated, with tags): read and written |
//! | `hgrm.rs` | percentile dumps: read and written |
//! | `plot.rs` | percentiles as an SVG that needs no tool to be read |
//! | `read.rs` | the verb `latency read` |
//!
//! **Invariants.** Every time is in nanoseconds. A series keeps its tag from file to picture.

pub mod hgrm;
pub mod hlog;
pub mod plot;
mod read;

use std::fs;
use std::path::Path;

use hdrhistogram::Histogram;

pub(crate) use read::run;

/// The percentiles that are printed, and how they are called.
pub const PERCENTILES: [(&str, f64); 5] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9), ("p99.99", 99.99)];

/// The longest time that is kept apart, in nanoseconds: a minute.
pub const TIME_MAX: u64 = 60_000_000_000;

/// Times of one kind.
#[derive(Clone, Debug)]
pub struct Series {
    /// What was timed; the file's name where the file does not say.
    pub tag: String,
    /// The times in nanoseconds.
    pub times: Histogram<u64>,
}

impl Series {
    /// An empty one. Times up to a minute, three significant digits.
    ///
    /// # Panics
    /// Never: the bounds are constants that a histogram can have.
    #[must_use]
    pub fn new(tag: &str) -> Self {
        let times = Histogram::new_with_bounds(1, TIME_MAX, 3).expect("sound bounds");
        Self { tag: tag.to_owned(), times }
    }
}

/// Reads a file of either form; which one, its content says. Intervals of one tag become one
/// series, in the order of their first appearance.
///
/// # Errors
/// What is wrong with the file, in a sentence.
pub fn read(path: &Path) -> Result<Vec<Series>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into());
    let found = if hgrm::is_one(&bytes) {
        hgrm::read(&bytes, &stem).map(|series| vec![series])
    } else {
        hlog::read(&bytes, &stem)
    };
    found.map_err(|why| format!("{}: {why}", path.display()))
}

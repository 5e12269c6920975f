//! The ordered log of everything that enters, in shared memory.
//!
//! ```text
//! keeper (cold) ── ready segments ──▶ writer (hot) ── plain stores ──▶ segment
//!    ▲                                                                   │ sequence word
//!    └── frees what all readers have passed ◀── tails: recorder, replica ┘ (acquire)
//! ```
//!
//! The writer never waits and makes no system call: with no ready segment it has no room, and
//! the door stays shut. What it has published outlives a `kill -9`, because the memory belongs
//! to a file. Segments are never used twice: a file is unlinked when every reader of this
//! process has passed it, and a mapping in another process stays good for as long as it is held.

mod keeper;
mod segment;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Line, Nanos};

pub use keeper::{Keeper, LogCounter};
use segment::Segment;
pub use segment::{
    END, HeaderError, LAST, MAGIC, SEGMENT_LINES_MIN, SegmentHeader, VERSION, end_line,
    segment_path,
};
pub use tail::{Item, Tail, TailError};
pub use writer::Writer;

/// Which log of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogOf {
    /// Of what entered at the door.
    Events,
    /// Of what the last stage decided.
    Decisions,
}

/// How a log is laid out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Where runs make their directories; shared memory, or `kill -9` is all that is survived
    /// slowly (a mapped disk file stalls its writer).
    pub hot_dir: PathBuf,
    /// The run, never zero and never used before.
    pub run: u64,
    /// Which of its logs.
    pub of: LogOf,
    /// Sequence of the first message, from 1.
    pub first: u64,
    /// Bytes of a segment; rounded up to what the longest message needs and to a page.
    pub segment_bytes: usize,
    /// Segments kept ready ahead of the writer, >= 1.
    pub ahead: usize,
    /// Segments alive at most, ready ones included: the bound on memory, >= 1 + `ahead`.
    pub segments_max: usize,
}

impl Plan {
    /// The usual layout: 64 MiB a segment, one ahead, 32 at most.
    #[must_use]
    pub const fn new(hot_dir: PathBuf, run: u64) -> Self {
        let of = LogOf::Events;
        Self { hot_dir, run, of, first: 1, segment_bytes: 64 << 20, ahead: 1, segments_max: 32 }
    }

    /// The layout of a log of decisions: 2 MiB a segment, which last minutes, four at most.
    #[must_use]
    pub fn of_decisions(hot_dir: PathBuf, run: u64) -> Self {
        let of = LogOf::Decisions;
        Self { of, segment_bytes: 2 << 20, segments_max: 4, ..Self::new(hot_dir, run) }
    }

    /// Where this run's segments lie.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        match self.of {
            LogOf::Events => run_directory(&self.hot_dir, self.run),
            LogOf::Decisions => decisions_directory(&self.hot_dir, self.run),
        }
    }

    fn segment_lines(&self) -> usize {
        let page = crate::mapping::PAGE / size_of::<Line>();
        (self.segment_bytes / size_of::<Line>()).max(SEGMENT_LINES_MIN).next_multiple_of(page)
    }
}

/// Where the hot segments of a run lie.
#[must_use]
pub fn run_directory(hot_dir: &Path, run: u64) -> PathBuf {
    hot_dir.join(format!("fulcrum-{run:016x}"))
}

/// Where the hot segments of a run's decisions lie.
#[must_use]
pub fn decisions_directory(hot_dir: &Path, run: u64) -> PathBuf {
    hot_dir.join(format!("fulcrum-{run:016x}-decisions"))
}

/// Takes the lock of a hot run directory. Its writer holds it as long as it lives, in whatever
/// way it dies, so that a log is recovered only when nobody writes it any more.
///
/// # Errors
/// `WouldBlock` when the log is alive; else the system's.
pub fn lock(directory: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(directory.join("lock"))?;
    file.try_lock()?;
    Ok(file)
}

/// The numbers of the segments in a hot run directory, ascending.
///
/// # Errors
/// The system's.
pub fn segment_numbers(directory: &Path) -> io::Result<Vec<u64>> {
    segment::numbers(directory)
}

/// Why a log cannot be made or found.
#[derive(Debug)]
pub enum LogError {
    /// A number in the plan that cannot be.
    Plan(&'static str),
    /// The run's directory, with the system's reason.
    Directory(io::Error),
    /// A segment, with the system's reason.
    Segment(io::Error),
    /// No segment there.
    Empty,
}

impl fmt::Display for LogError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(what) => write!(out, "the log's plan: {what}"),
            Self::Directory(error) => write!(out, "the log's directory: {error}"),
            Self::Segment(error) => write!(out, "a log segment: {error}"),
            Self::Empty => write!(out, "no log segment there"),
        }
    }
}

impl std::error::Error for LogError {}

/// Makes a new log: its hot end, the cold thread's work, and a handle for readers.
///
/// # Errors
/// [`LogError`]; a directory that is already there means that the run's number was used before.
pub fn create(plan: Plan, now: Nanos) -> Result<(Writer, Keeper, Log), LogError> {
    if plan.run == 0 || plan.first == 0 || plan.first == END {
        return Err(LogError::Plan("run and first sequence start from 1"));
    }
    if plan.ahead == 0 || plan.segments_max <= plan.ahead {
        return Err(LogError::Plan("one segment ahead at least, and one more than that in all"));
    }
    let directory = plan.directory();
    fs::create_dir_all(&plan.hot_dir).map_err(LogError::Directory)?;
    fs::DirBuilder::new().mode(0o700).create(&directory).map_err(LogError::Directory)?;
    let alive = lock(&directory).map_err(LogError::Directory)?;
    let (hand, ready) = rtrb::RingBuffer::new(plan.ahead);
    let shared = Arc::new(Shared {
        lines: plan.segment_lines(),
        plan,
        directory,
        registry: Mutex::default(),
        current: AtomicU64::new(0),
        _alive: alive,
    });
    let log = Log { shared: Arc::clone(&shared) };
    let mut keeper = Keeper::new(Arc::clone(&shared), hand);
    // The second one is the keeper's first work, but a writer without any could not begin.
    let first = keeper.make(now).map_err(|error| {
        drop(fs::remove_dir_all(&log.shared.directory));
        LogError::Segment(error)
    })?;
    keeper.cycle(now);
    Ok((Writer::new(first, ready, shared), keeper, log))
}

/// A handle to a log of this process: makes readers.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

impl Log {
    /// A registered reader from the oldest message still in memory. Segments wait for it.
    #[must_use]
    pub fn tail(&self) -> Tail {
        Tail::local(&self.shared, false)
    }

    /// A registered reader whose segments wait until it says so with [`Tail::release`].
    #[must_use]
    pub fn holding_tail(&self) -> Tail {
        Tail::local(&self.shared, true)
    }

    /// Where the segments lie, for readers of other processes.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.shared.plan.run
    }
}

/// What writer, keeper and readers of one process share. The writer touches `current` alone.
#[derive(Debug)]
struct Shared {
    plan: Plan,
    directory: PathBuf,
    // Lines of a segment.
    lines: usize,
    registry: Mutex<Registry>,
    // Number of the segment that is being written.
    current: AtomicU64,
    // Locked while this process has the log: whoever recovers leaves a living log alone.
    _alive: fs::File,
}

#[derive(Default, Debug)]
struct Registry {
    // Alive, in order of their number, without a gap; the last ones may not have begun.
    segments: VecDeque<Arc<Segment>>,
    // For each reader the first segment that it still needs.
    readers: Vec<Arc<AtomicU64>>,
}

impl Shared {
    // A reader that panicked leaves nothing half done here.
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn segment(&self, number: u64) -> Option<Arc<Segment>> {
        let registry = self.registry();
        registry.segments.iter().find(|segment| segment.number == number).cloned()
    }
}

impl Registry {
    /// The first segment that somebody still needs.
    fn needed(&self, current: u64) -> u64 {
        let needs = self.readers.iter().map(|needs| needs.load(Ordering::Acquire));
        needs.min().map_or(current, |needed| needed.min(current))
    }
}

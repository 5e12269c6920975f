//! Lost cores: when a thread of ours did not have its own, as the thread itself notices.
//!
//! A thread that never sleeps tells its [`Meter`] the time every turn. A long turn in which nothing
//! was to be done is time in which somebody else had the core, and the kernel's account of how long
//! the thread waited for one, read only then, tells who: another thread, or an interrupt or the
//! hypervisor. Nobody looks from outside: a watcher would sit on one of the cores that it watches.
//!
//! | cause | what was noticed |
//! |---|---|
//! | switch | the kernel gave the core to another thread for longer than `LOOK` |
//! | stolen | no switch, nothing to do, and yet a turn longer than `STOLEN`; of a thread that yields: the core did not come back for so long |
//! | late | a sleep that was `LATE` too long |
//! | walk | the lab itself emptied the caches |
//!
//! A turn that had work to do is its own doing, however long it took, unless the kernel says that it
//! waited. A mark lasts until what it piled up is worked off: until the first turn with nothing
//! to do.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use model::Nanos;

/// A turn as short as this is not looked at: one in vain takes 1–2 µs, and asking the kernel takes as
/// long.
const LOOK: Nanos = Nanos(10_000);
/// Longer than any interrupt: the timer's take 20–50 µs on a nested virtual machine, 250 times a
/// second, and are no switch, so they stay in the verdict.
const STOLEN: Nanos = Nanos(100_000);
/// What a venue that sleeps and spins leaves itself to wake up in.
const LATE: Nanos = Nanos(150_000);
/// Marks that one thread can make in a run.
const MARKS_MAX: usize = 1 << 16;

/// Why a thread did not have its core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Another thread had it.
    Switch,
    /// An interrupt or the hypervisor had it.
    Stolen,
    /// It was woken too late.
    Late,
    /// The lab emptied the caches on it.
    Walk,
}

impl Cause {
    /// All of them, in the order of the page's columns.
    pub const ALL: [Self; 4] = [Self::Switch, Self::Stolen, Self::Late, Self::Walk];

    /// The name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::Stolen => "stolen",
            Self::Late => "late",
            Self::Walk => "walk",
        }
    }
}

/// What a turn was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// There was nothing to do.
    Idle,
    /// There was something to do.
    Busy,
    /// It slept, and meant to for so long.
    Slept(Nanos),
    /// The lab emptied the caches.
    Walked,
}

/// How a thread waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bearing {
    /// It wants its core always.
    Spins,
    /// It offers its core in every turn in vain: the kernel's account says nothing then, and of its
    /// busy turns none is ever marked.
    Yields,
}

/// Time in which a thread did not have its core, or was behind because of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The end of the last turn before it.
    pub from: Nanos,
    /// When everything was as if it had not been.
    pub to: Nanos,
    /// Why.
    pub cause: Cause,
}

/// What one thread noticed, and from when to when it was watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watched {
    /// The first and the last turn.
    pub span: (Nanos, Nanos),
    /// Marks, ascending.
    pub marks: Vec<Mark>,
}

/// Watches the thread that it is called on.
#[derive(Debug)]
pub struct Meter<K = Kernel> {
    kernel: K,
    bearing: Bearing,
    first: Nanos,
    last: Nanos,
    // The kernel's account as of the last look.
    waited: Nanos,
    // The last mark goes on while there is something to do.
    owes: bool,
    marks: Vec<Mark>,
}

/// Who keeps account of the calling thread's waiting.
pub trait Account {
    /// How long it could have run and had no core, so far.
    fn waited(&mut self) -> Nanos;
}

/// The kernel's own account, by the file of the calling thread; opened at the first question, because
/// a meter may be made on another thread. Without such a file it stands still.
#[derive(Debug, Default)]
pub struct Kernel(Option<File>);

impl Account for Kernel {
    /// The second number of `schedstat`; to ask takes 1–2 µs.
    fn waited(&mut self) -> Nanos {
        if self.0.is_none() {
            self.0 = File::open("/proc/thread-self/schedstat").ok();
        }
        let mut text = [0; 96];
        let read = self.0.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let text = std::str::from_utf8(&text[..read]).unwrap_or_default();
        let waited = text.split_whitespace().nth(1).and_then(|word| word.parse().ok());
        Nanos(waited.unwrap_or(0))
    }
}

impl Meter {
    /// A meter of a thread that waits like this.
    #[must_use]
    pub fn new(bearing: Bearing) -> Self {
        Self::by(bearing, Kernel::default())
    }
}

impl<K: Account> Meter<K> {
    fn by(bearing: Bearing, kernel: K) -> Self {
        let blank = Mark { from: Nanos(1), to: Nanos(1), cause: Cause::Switch };
        // Every page is touched before the run.
        let mut marks = vec![blank; MARKS_MAX];
        marks.clear();
        let [first, last, waited] = [Nanos::NONE; 3];
        Self { kernel, bearing, first, last, waited, owes: false, marks }
    }

    /// A turn is over, at `now`.
    #[inline]
    pub fn turn(&mut self, now: Nanos, turn: Turn) {
        let from = self.last;
        self.last = now;
        let short = now.since(from) <= LOOK && from != Nanos::NONE;
        match turn {
            Turn::Idle if short => self.owes = false,
            Turn::Busy if short && !self.owes => {}
            _ => self.look(from, now, turn),
        }
    }

    #[cold]
    fn look(&mut self, from: Nanos, now: Nanos, turn: Turn) {
        if from == Nanos::NONE {
            self.first = now;
            self.waited = self.kernel.waited();
            return;
        }
        let gap = now.since(from);
        let (from, cause) = match turn {
            Turn::Walked => (from, Some(Cause::Walk)),
            Turn::Slept(nap) => {
                // It gave its core away: the account begins anew.
                self.waited = self.kernel.waited();
                (from.after(nap), (gap > nap.after(LATE)).then_some(Cause::Late))
            }
            Turn::Idle | Turn::Busy => (from, self.cause(gap, turn == Turn::Idle)),
        };
        match (cause, turn) {
            (Some(cause), _) => {
                if self.marks.len() < MARKS_MAX {
                    self.marks.push(Mark { from, to: now, cause });
                }
                self.owes = true;
            }
            (None, Turn::Busy) if self.owes => {
                if let Some(mark) = self.marks.last_mut() {
                    mark.to = now;
                }
            }
            (None, _) => self.owes &= turn == Turn::Busy,
        }
    }

    /// Why a turn took so long; nothing when it was its own doing.
    fn cause(&mut self, gap: Nanos, idle: bool) -> Option<Cause> {
        if gap <= LOOK {
            return None;
        }
        if self.bearing == Bearing::Yields {
            return (idle && gap > STOLEN).then_some(Cause::Stolen);
        }
        let waited = self.kernel.waited();
        if waited.since(std::mem::replace(&mut self.waited, waited)) > LOOK {
            return Some(Cause::Switch);
        }
        (idle && gap > STOLEN).then_some(Cause::Stolen)
    }

    /// What was noticed. Beyond the room for marks nothing was watched.
    #[must_use]
    pub fn end(self) -> Watched {
        let full = self.marks.len() == MARKS_MAX;
        let last = self.marks.last().filter(|_| full).map_or(self.last, |mark| mark.to);
        Watched { span: (self.first, last), marks: self.marks }
    }
}

/// Writes what threads noticed, a line each mark.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, threads: &[Watched]) -> io::Result<()> {
    let mut text = String::new();
    for thread in threads {
        // Writing to a String does not fail.
        let _ = writeln!(text, "span {} {}", thread.span.0.0, thread.span.1.0);
        for mark in &thread.marks {
            let _ = writeln!(text, "{} {} {}", mark.cause.name(), mark.from.0, mark.to.0);
        }
    }
    fs::write(path, text)
}

/// Reads what threads noticed.
///
/// # Errors
/// When a line is none.
pub fn read(text: &str) -> Result<Vec<Watched>, String> {
    let mut threads: Vec<Watched> = Vec::new();
    for line in text.lines() {
        let wrong = || format!("switches: {line:?}");
        let words: Vec<&str> = line.split(' ').collect();
        let &[name, from, to] = words.as_slice() else { return Err(wrong()) };
        let time = |word: &str| word.parse().map(Nanos).map_err(|_| wrong());
        let (from, to) = (time(from)?, time(to)?);
        if name == "span" {
            threads.push(Watched { span: (from, to), marks: Vec::new() });
            continue;
        }
        let cause = Cause::ALL.into_iter().find(|cause| cause.name() == name).ok_or_else(wrong)?;
        threads.last_mut().ok_or_else(wrong)?.marks.push(Mark { from, to, cause });
    }
    Ok(threads)
}

/// When all threads of a process had their cores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quiet {
    // All were watched from here to there.
    span: (Nanos, Nanos),
    // When not; ascending, apart from each other.
    lost: Vec<(Nanos, Nanos)>,
}

impl Quiet {
    /// By what the threads noticed; without one nothing was watched.
    #[must_use]
    pub fn of(threads: &[Watched]) -> Self {
        let first = threads.iter().map(|thread| thread.span.0).max().unwrap_or(Nanos::NONE);
        let last = threads.iter().map(|thread| thread.span.1).min().unwrap_or(Nanos::NONE);
        let marks = threads.iter().flat_map(|thread| &thread.marks);
        let mut all: Vec<_> = marks.map(|mark| (mark.from, mark.to)).collect();
        all.sort_unstable();
        let mut lost: Vec<(Nanos, Nanos)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match lost.last_mut() {
                Some(before) if before.1 >= from => before.1 = before.1.max(to),
                _ => lost.push((from, to)),
            }
        }
        Self { span: (first, last), lost }
    }

    /// Whether a frame that was under way from here to there found every thread on its core. What
    /// was not watched was disturbed.
    #[must_use]
    pub fn holds(&self, from: Nanos, to: Nanos) -> bool {
        let next = self.lost.partition_point(|lost| lost.1 < from);
        let free = self.lost.get(next).is_none_or(|lost| lost.0 > to);
        free && self.span.0 <= from && to <= self.span.1
    }
}

#[cfg(test)]
#[path = "switches_tests.rs"]
mod tests;

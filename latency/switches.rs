//! Context switches nobody asked for: when one of our threads lost its core to someone else.
//!
//! A cold thread looks at the kernel's count of each thread some times a second. A window in
//! which a count moved is marked, and no verdict is made on frames that were under way in it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Nanos;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// When it was looked, and the count of all watched threads so far.
pub type Look = (Nanos, u64);

/// A thread that looks.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Look>>,
}

impl Watch {
    /// Begins to watch the threads of this process whose name begins so.
    #[must_use]
    pub fn start(prefix: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut looks = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                looks.push((now(), involuntary(prefix)));
                std::thread::sleep(LOOK);
            }
            looks.push((now(), involuntary(prefix)));
            looks
        });
        Self { stop, thread }
    }

    /// Ends it.
    #[must_use]
    pub fn end(self) -> Vec<Look> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Involuntary switches of the threads whose name begins so; those that ended are not counted.
fn involuntary(prefix: &str) -> u64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    let of = |path: &Path| {
        let name = fs::read_to_string(path.join("comm")).ok()?;
        if !name.starts_with(prefix) {
            return None;
        }
        let status = fs::read_to_string(path.join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("nonvoluntary_ctxt_switches"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    tasks.flatten().filter_map(|task| of(&task.path())).sum()
}

/// Writes looks, a line each.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, looks: &[Look]) -> io::Result<()> {
    let lines: String = looks.iter().map(|(at, count)| format!("{} {count}\n", at.0)).collect();
    fs::write(path, lines)
}

/// Reads looks; a line that is none is left out.
#[must_use]
pub fn read(text: &str) -> Vec<Look> {
    let line = |line: &str| {
        let (at, count) = line.split_once(' ')?;
        Some((Nanos(at.parse().ok()?), count.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// The windows of a run and which of them are marked.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Windows {
    // Begin, end, whether a count moved; ascending.
    all: Vec<(Nanos, Nanos, bool)>,
}

impl Windows {
    /// The windows between one look and the next.
    #[must_use]
    pub fn of(looks: &[Look]) -> Self {
        let window = |pair: &[Look]| (pair[0].0, pair[1].0, pair[1].1 != pair[0].1);
        Self { all: looks.windows(2).map(window).collect() }
    }

    /// Whether nobody lost a core in any window that a span touches. What was not watched was
    /// disturbed.
    #[must_use]
    pub fn is_quiet(&self, from: Nanos, to: Nanos) -> bool {
        let first = self.all.partition_point(|window| window.1 < from);
        let touched = self.all[first..].iter().take_while(|window| window.0 <= to);
        let mut covered = false;
        for (begin, end, marked) in touched {
            if *marked {
                return false;
            }
            covered |= *begin <= from && *end >= from || *end >= to;
        }
        covered
    }

    /// Windows, and how many of them are marked.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.all.len(), self.all.iter().filter(|window| window.2).count())
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Watch, Windows, read};

    #[test]
    fn a_span_is_quiet_when_no_window_it_touches_is_marked() {
        let windows = Windows::of(&read("100 0\n200 0\n300 2\n400 2\nrubbish\n500 2\n"));
        assert_eq!(windows.counts(), (4, 1));
        for (from, to, quiet) in [
            (110, 190, true),
            (110, 210, false),
            (250, 260, false),
            (290, 310, false),
            (310, 320, true),
            (310, 490, true),
            (510, 520, false),
            (10, 20, false),
        ] {
            assert_eq!(windows.is_quiet(Nanos(from), Nanos(to)), quiet, "{from}..{to}");
        }
    }

    #[test]
    fn our_own_threads_are_found_by_name() {
        let watch = Watch::start("");
        std::thread::sleep(std::time::Duration::from_millis(60));
        let looks = watch.end();
        assert!(looks.len() > 1 && looks.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

//! The progress bar: on stderr, for people only, for anything over two seconds.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::intake::Voice;

/// Shorter runs need no bar.
const QUIET: Duration = Duration::from_secs(2);
/// How often the bar is drawn.
const PERIOD: Duration = Duration::from_millis(100);
/// Items between two looks at the clock.
const ITEMS: u32 = 4096;
const WIDTH: u64 = 30;

/// How far the reading of the inputs is.
#[derive(Debug)]
pub(crate) struct Progress {
    // None where stderr is no terminal.
    next: Option<Instant>,
    items: u32,
    drawn: bool,
}

impl Progress {
    pub(crate) fn start(voice: Voice) -> Self {
        let shown = voice == Voice::Loud && stderr().is_terminal();
        let next = shown.then(|| Instant::now() + QUIET);
        Self { next, items: 0, drawn: false }
    }

    /// One more item; `at` gives bytes done and bytes in all, when it is time to draw.
    pub(crate) fn step(&mut self, at: impl FnOnce() -> (u64, u64)) {
        self.items += 1;
        if self.items < ITEMS {
            return;
        }
        self.items = 0;
        if self.next.is_some_and(|next| Instant::now() >= next) {
            self.next = Some(Instant::now() + PERIOD);
            self.drawn = true;
            let (done, all) = at();
            let _ = write!(stderr(), "\r{}", bar(done, all));
        }
    }

    /// Takes the bar away, so that other words have the line.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn bar(done: u64, all: u64) -> String {
    let all = all.max(1);
    let done = done.min(all);
    let full = done.saturating_mul(WIDTH) / all;
    let cells: String = (0..WIDTH).map(|cell| if cell < full { '=' } else { ' ' }).collect();
    let percent = done.saturating_mul(100) / all;
    format!("[{cells}] {percent:>3} %  {} of {} MB", done / 1_000_000, all / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_never_over_full() {
        assert_eq!(bar(0, 0), "[                              ]   0 %  0 of 0 MB");
        assert_eq!(
            bar(5_000_000, 10_000_000),
            "[===============               ]  50 %  5 of 10 MB"
        );
        assert_eq!(bar(9, 3), "[==============================] 100 %  0 of 0 MB");
    }
}

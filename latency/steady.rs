//! A clock that runs as fast as the host's: measured before the run, anchored while it lasts.
//!
//! A process calibrates its counter in a few milliseconds and is off by some 20 millionths then.
//! Times inside one process do not feel it, but departures are stamped in another one: after five
//! seconds every frame would seem to come 100 µs later or earlier than it did, which is more than
//! what is measured here. A live engine's supervisor anchors its clock in the same way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use runtime::Clock;
use runtime::clock::ANCHOR_INTERVAL;

/// Long enough to measure the counter's rate to a tenth of a millionth.
const WARM_UP: Duration = Duration::from_millis(1_200);
/// Between two looks whether it is time, or over: rare, because who looks takes somebody's core.
const LOOK: Duration = Duration::from_millis(250);

/// The clock and the cold thread that anchors it.
#[derive(Debug)]
pub(crate) struct Steady {
    pub(crate) clock: Clock,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Steady {
    /// Measures the counter for a second, then anchors it each second. Start it before any thread
    /// is pinned.
    pub(crate) fn start() -> Self {
        let clock = Clock::host();
        std::thread::sleep(WARM_UP);
        clock.reanchor();
        let stop = Arc::new(AtomicBool::new(false));
        let (own, asked) = (clock.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut due = Instant::now();
            while !asked.load(Ordering::Relaxed) {
                if Instant::now() >= due {
                    due = Instant::now() + Duration::from_nanos(ANCHOR_INTERVAL.0);
                    own.reanchor();
                }
                std::thread::sleep(LOOK);
            }
        });
        Self { clock, stop, thread: Some(thread) }
    }

    /// How far off the clock was when it was anchored last, in nanoseconds.
    pub(crate) fn error(&self) -> i64 {
        self.clock.health().error
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only anchors; a panic there has been printed.
            let _ = thread.join();
        }
    }
}

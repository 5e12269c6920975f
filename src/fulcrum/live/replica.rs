//! The replica: the same stages once more, inline on a cold thread, fed by the log's tail.
//!
//! It proves while the engine runs that its insights follow from the log alone, by comparing
//! digests with the hot side at every boundary; and it is what views are made from, so that
//! showing things costs the hot side nothing.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{Inline, MARK_EVERY, Marks, Plan, Summary};
use model::{Instruments, Window};

use super::source::{Broken, Source};
use super::view::{Eyes, View, picture};

/// Between two pictures.
const PICTURE_EVERY: Duration = Duration::from_millis(200);
/// Messages between two looks at the clock.
const MESSAGES: u32 = 512;

/// What the replica ended with.
#[derive(Debug)]
pub struct ReplicaEnd {
    /// What it said, as the hot side's summary.
    pub summary: Summary,
    /// Digests compared while it ran, and those that differed.
    pub checks: (u64, u64),
    /// How often it fell so far behind that it read on from the disk.
    pub detours: u64,
    /// Why it did not come to the log's end, if it did not.
    pub broken: Option<String>,
}

/// Where the last picture is found.
pub(super) type Pictures = Arc<Mutex<Arc<View>>>;

/// The replica on its thread.
#[derive(Debug)]
pub(super) struct Replica {
    view: Pictures,
    stop: Arc<AtomicBool>,
    marks: Arc<OnceLock<Marks>>,
    thread: JoinHandle<ReplicaEnd>,
}

impl Replica {
    /// Starts at the log's beginning. Call it before any thread is pinned.
    pub(super) fn start(
        source: Source,
        instruments: Instruments,
        plan: &Plan,
        window: Window,
        eyes: Eyes,
    ) -> io::Result<Self> {
        let view = Arc::new(Mutex::new(Arc::new(View::default())));
        let stop = Arc::new(AtomicBool::new(false));
        let marks = Arc::new(OnceLock::new());
        let mut work = Work {
            source,
            inline: Inline::of_log(instruments, plan, eyes),
            window,
            view: Arc::clone(&view),
            hot: Arc::clone(&marks),
            checked: 0,
            checks: (0, 0),
        };
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("replica".into()).spawn(move || {
            let broken = work.run(&asked).err().map(|error| error.to_string());
            work.show();
            let (summary, detours) = (work.inline.summary(), work.source.detours());
            ReplicaEnd { summary, checks: work.checks, detours, broken }
        })?;
        Ok(Self { view, stop, marks, thread })
    }

    /// Whom it is compared with.
    pub(super) fn compare(&self, marks: Marks) {
        // Set once, by the start.
        let _ = self.marks.set(marks);
    }

    /// The last picture.
    pub(super) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where pictures are put, also the last one.
    pub(super) fn pictures(&self) -> Pictures {
        Arc::clone(&self.view)
    }

    /// Waits until it has all of a log that was ended. `cut`: the log has no end; what is there
    /// is taken.
    pub(super) fn finish(self, cut: bool) -> ReplicaEnd {
        self.stop.store(cut, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Work {
    source: Source,
    inline: Inline<Eyes>,
    window: Window,
    view: Pictures,
    hot: Arc<OnceLock<Marks>>,
    // The last boundary that was compared or passed over.
    checked: u64,
    checks: (u64, u64),
}

impl Work {
    fn run(&mut self, stop: &AtomicBool) -> Result<(), Broken> {
        let mut due = Instant::now();
        loop {
            let last = stop.load(Ordering::Acquire);
            let mut taken = 0;
            while taken < MESSAGES
                && let Some(message) = self.source.read()?
            {
                self.inline.replay(message);
                taken += 1;
            }
            self.inline.observer().1.tend();
            if Instant::now() >= due {
                self.check();
                self.show();
                due = Instant::now() + PICTURE_EVERY;
            }
            if taken == MESSAGES {
                self.source.relieve()?;
            }
            if taken == 0 {
                if self.source.ended() || last {
                    self.check();
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Compares the digests at the boundaries that both sides have passed.
    fn check(&mut self) {
        let Some(hot) = self.hot.get() else { return };
        let own = self.inline.marks();
        let position = self.source.position();
        loop {
            let boundary = self.checked + MARK_EVERY;
            if boundary + MARK_EVERY > position {
                return;
            }
            if let Some(mine) = own.get(boundary) {
                match hot.get(boundary) {
                    Some(theirs) => {
                        self.checks.0 += 1;
                        self.checks.1 += u64::from(theirs != mine);
                    }
                    // Not there yet, unless the hot side has gone on and lost it.
                    None if (1..=64)
                        .all(|more| hot.get(boundary + more * MARK_EVERY).is_none()) =>
                    {
                        return;
                    }
                    None => {}
                }
            }
            self.checked = boundary;
        }
    }

    fn show(&mut self) {
        let mut view = picture(&mut self.inline, self.window);
        view.checks = self.checks;
        let view = Arc::new(view);
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

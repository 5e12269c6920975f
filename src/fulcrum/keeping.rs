//! The journal that a replay writes: door and last stage keep their logs in shared memory, cold
//! threads bring them to disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engine::DecisionLog;
use journal::{Files, Home, RecordError, Recorder, RecorderPlan};
use model::{Head, Line};
use runtime::Clock;
use runtime::door::Keep;
use runtime::log::{self, Keeper, Writer};

use crate::exit::{Exit, Stop};

/// How long the cold threads sleep when there was nothing to do.
const PAUSE: Duration = Duration::from_micros(200);

/// Keeps the log at the door, and ends it in order when it is dropped.
#[derive(Debug)]
pub(crate) struct Kept(Option<Writer>);

impl Keep for Kept {
    fn has_room(&self, lines: usize) -> bool {
        self.0.as_ref().is_some_and(|writer| writer.has_room(lines))
    }

    fn keep(&mut self, head: &mut Head, body: &[Line]) {
        if let Some(writer) = &mut self.0 {
            writer.keep(head, body);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take() {
            writer.finish();
        }
    }
}

/// A journal being written.
#[derive(Debug)]
pub(crate) struct Keeping {
    events: Cold,
    decisions: Option<Cold>,
    directory: PathBuf,
    // Ours until the journal is whole.
    _home: Home,
}

impl Keeping {
    /// Makes the run's place on disk and in shared memory, and starts the cold threads. What is
    /// decided is kept where the plan decides anything.
    pub(crate) fn start(
        journal: &Path,
        hot_dir: &Path,
        plan: &engine::Plan,
    ) -> Result<(Kept, DecisionLog, Self), Stop> {
        let home = Home::open(journal).map_err(disk)?;
        let mut clock = Clock::host();
        // The start's own time: no two runs of a host share it, so no number is used twice.
        let run = clock.now().0;
        let files = home.begin(run).map_err(disk)?;
        let events = log::Plan::new(hot_dir.to_path_buf(), run);
        let (writer, events) = Cold::start(events, files, clock.clone())?;
        let (log, decisions) = match plan.strategy {
            None => (DecisionLog::none(), None),
            Some(_) => {
                let files = home.begin_decisions(run).map_err(disk)?;
                let decisions = log::Plan::of_decisions(hot_dir.to_path_buf(), run);
                let (writer, cold) = Cold::start(decisions, files, clock.clone())?;
                (DecisionLog::begin(writer, plan, clock.now()), Some(cold))
            }
        };
        let directory = home.run_directory(run);
        Ok((Kept(Some(writer)), log, Self { events, decisions, directory, _home: home }))
    }

    /// Where the run lies on disk.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Waits until everything is on disk. To be called when what was kept has ended.
    pub(crate) fn finish(self) -> Result<(), Stop> {
        let events = self.events.finish();
        let decisions = self.decisions.map_or(Ok(()), Cold::finish);
        events.and(decisions).map_err(|error| {
            let place = self.directory.display();
            Stop::new(Exit::Disk, format_args!("{place}: the journal is not whole: {error}"))
        })
    }
}

fn disk(error: impl std::fmt::Display) -> Stop {
    Stop::new(Exit::Disk, error)
}

/// The cold side of one log.
#[derive(Debug)]
struct Cold {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), RecordError>>,
}

impl Cold {
    fn start(plan: log::Plan, files: Files, mut clock: Clock) -> Result<(Writer, Self), Stop> {
        let (writer, keeper, log) = log::create(plan, clock.now()).map_err(disk)?;
        let recorder = Recorder::new(&log, files, RecorderPlan::default());
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("cold-recorder".to_owned())
            .spawn(move || record(recorder, keeper, clock, &asked))
            .map_err(disk)?;
        Ok((writer, Self { stop, thread }))
    }

    fn finish(self) -> Result<(), RecordError> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The cold thread. When the disk fails the log goes on without it, so that the run can end.
fn record(
    recorder: Recorder<Files>,
    mut keeper: Keeper,
    mut clock: Clock,
    stop: &AtomicBool,
) -> Result<(), RecordError> {
    let mut recorder = Some(recorder);
    let mut failed = None;
    while !stop.load(Ordering::Acquire) {
        let now = clock.now();
        let mut moved = keeper.cycle(now);
        if let Some(recording) = &mut recorder {
            match recording.cycle(now) {
                Ok(messages) => moved += messages,
                Err(error) => {
                    failed = Some(error);
                    // Its segments are free for the feed again.
                    recorder = None;
                }
            }
        }
        if moved == 0 {
            thread::sleep(PAUSE);
        }
    }
    if let Some(recording) = &mut recorder {
        recording.finish(clock.now())?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    drop(recorder);
    // The disk has all of it; a log that stays behind would only be recovered for nothing.
    let _ = keeper.remove();
    Ok(())
}

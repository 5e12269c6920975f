//! The cold side of a log. The keeper's thread makes and frees segments, and lets the log go on
//! without its recorder when the disk has failed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::DecisionLog;
use journal::{Files, Home, RecordError, Recorder, RecorderCounter, RecorderPlan, Recording};
use runtime::Clock;
use runtime::log::{self, Keeper};

use super::plan::{Plan, StartError};
use super::ward::Tables;

/// How long the thread sleeps when there was nothing to do.
const PAUSE: Duration = Duration::from_millis(1);

/// The keeper on its thread.
#[derive(Debug)]
pub(super) struct Keep {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), RecordError>>,
}

impl Keep {
    pub(super) fn start(
        keeper: Keeper,
        recording: Option<Recording<Files>>,
        clock: Clock,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("keeper".into())
            .spawn(move || run(keeper, recording, clock, &asked))?;
        Ok(Self { stop, thread })
    }

    /// Has everything recorded and removes the log from memory. To be called when the log has
    /// ended and the other readers are through.
    pub(super) fn stop(self) -> Result<(), RecordError> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn run(
    mut keeper: Keeper,
    mut recording: Option<Recording<Files>>,
    mut clock: Clock,
    stop: &AtomicBool,
) -> Result<(), RecordError> {
    let mut outcome = Ok(());
    while !stop.load(Ordering::Acquire) {
        if recording.as_ref().is_some_and(Recording::is_finished) {
            // Its segments are free for the feed again; the counters tell that it failed.
            outcome = recording.take().map_or(Ok(()), finish);
        }
        if keeper.cycle(clock.now()) == 0 {
            std::thread::sleep(PAUSE);
        }
    }
    if let Some(recording) = recording {
        outcome = finish(recording);
    }
    if outcome.is_ok() {
        // The disk has all of it, or nobody wanted it; what cannot be removed is recovered.
        let _ = keeper.remove();
    }
    outcome
}

fn finish(recording: Recording<Files>) -> Result<(), RecordError> {
    let (recorder, outcome) = recording.stop();
    drop(recorder);
    outcome
}

/// The log of what this run decides, and the threads that bring it to disk.
pub(super) fn decisions(
    plan: &Plan,
    home: &Home,
    run: u64,
    tables: &mut Tables,
    host: &mut Clock,
) -> Result<(DecisionLog, Option<Keep>), StartError> {
    let files = home.begin_decisions(run).map_err(StartError::Journal)?;
    let log_plan = log::Plan::of_decisions(plan.hot.directory.clone(), run);
    let (writer, keeper, log) = log::create(log_plan, host.now()).map_err(StartError::Log)?;
    let recorder = Recorder::new(&log, files, RecorderPlan::default());
    let counters = recorder.counters();
    tables.add_one("decisions_synced_sequence", &counters, RecorderCounter::Synced);
    tables.add_one("decisions_failed", &counters, RecorderCounter::Failed);
    let mut clock = host.clone();
    let recording = recorder.spawn(move || clock.now()).map_err(StartError::Thread)?;
    let keep = Keep::start(keeper, Some(recording), host.clone()).map_err(StartError::Thread)?;
    Ok((DecisionLog::begin(writer, &plan.stages, host.now()), Some(keep)))
}

/// Brings a log to disk on a thread of its own.
pub(super) fn record(
    log: &log::Log,
    files: Files,
    tables: &mut Tables,
    host: &Clock,
) -> Result<Recording<Files>, StartError> {
    let recorder = Recorder::new(log, files, RecorderPlan::default());
    tables.add(&recorder.counters());
    let mut clock = host.clone();
    recorder.spawn(move || clock.now()).map_err(StartError::Thread)
}

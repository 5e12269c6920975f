//! A live engine: sockets, door, log, stages on their threads; recorder, replica, supervisor cold.
//!
//! ```text
//! venue ══▶ feed ─▶ door ─▶ book ─▶ analytics ─▶ strategy, ledger   hot: the river
//!   │REST           │ log (shared memory)          │ log of decisions ─▶ recorder
//!   └──▶ desk       ├──▶ recorder ─▶ journal                        cold: one thread each
//!        (cold)     ├──▶ replica ─▶ views, digests compared
//!                   └── keeper: makes and frees segments
//! ```
//! Cold threads start before any thread is pinned, and keep off the cores on which a hot one
//! spins, as long as there are others. The end goes down the river: the feed stops,
//! the stages empty their inboxes, the writer ends the log, the replica and the recorder read it
//! to that end.

mod auditor;
mod frames;
mod heatmap;
mod history;
mod keep;
mod notify;
mod plan;
mod refused;
mod replayed;
mod replica;
mod sockets;
mod source;
mod view;
mod ward;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock, PoisonError};

use engine::{DecisionLog, River, Summary};
use journal::{Files, Home, JournalError, RecordError};
use model::Instruments;
use runtime::door::DoorCounter;
use runtime::log;
use runtime::pin::keep_off;
use runtime::{Clock, Heartbeat, LatencyReader, Running, latency};
use venue::feed::hatch::{Clerk, hatch};
use venue::feed::history::{History, history};
use venue::rest::client::Client;
use venue::rest::desk::Desk;
use venue::rest::questions::Questions;
use venue::rest::warm;

pub use frames::{FramesPlan, Packing};
pub use heatmap::HeatmapAsk;
pub use notify::Notify;
pub use plan::{Address, HotLog, Plan, StartError};
pub use replayed::{Decided, Replayed, replay};
pub use replica::ReplicaEnd;
pub use view::{LEVELS, Note, Picture, ProfileView, SAMPLES, View};
pub use ward::{Times, Vitals};

use auditor::Auditor;
use frames::{FrameRecorder, FrameTap};
use heatmap::HeatmapDesk;
use history::{Past, Warm};
use keep::{Keep, decisions, record};
use refused::{RefusedKeeper, RefusedTap};
use replica::Replica;
use sockets::{Sockets, Stopwatch, Taps, Told};
use source::Source;
use view::Looker;
use ward::{Charge, Supervisor, Tables};

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    instruments: Instruments,
    stages: engine::Plan,
    running: Running,
    river: River<Sockets, DecisionLog>,
    told: Arc<OnceLock<Told>>,
    desk: Desk,
    heatmap: Option<HeatmapDesk>,
    warm: Option<Warm>,
    frames: Option<FrameRecorder>,
    refused: Option<RefusedKeeper>,
    replica: Replica,
    keep: Keep,
    decisions: Option<Keep>,
    supervisor: Supervisor,
    run: u64,
    directory: Option<PathBuf>,
    // Ours until the journal is whole.
    home: Option<Home>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// What the hot side said.
    pub live: Summary,
    /// What the replica said.
    pub replica: ReplicaEnd,
    /// Where the journal of the run lies.
    pub journal: Option<PathBuf>,
    /// Why the journal is not whole, if it is not.
    pub recorded: Result<(), RecordError>,
    /// Why the raw frames are not whole, if they are not.
    pub frames: Result<(), std::io::Error>,
    /// The last picture.
    pub view: Arc<View>,
    /// The last findings.
    pub vitals: Arc<Vitals>,
    /// The histograms of the hot thread's stretches.
    pub times: Vec<LatencyReader>,
    /// The instruments of the run.
    pub instruments: Instruments,
    /// What the stages were built with.
    pub stages: engine::Plan,
}

impl Ended {
    /// Whether hot side and replica said the same, at every comparison and in the end.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let replica = &self.replica;
        replica.broken.is_none() && replica.checks.1 == 0 && replica.summary == self.live
    }

    /// Replays the journal that the run wrote.
    ///
    /// # Errors
    /// [`JournalError`]; [`JournalError::Lost`] for a journal with a hole.
    pub fn replay(&self) -> Result<Option<Summary>, JournalError> {
        Ok(self.check()?.map(|replayed| replayed.summary))
    }

    /// The same, and whether it decides what the run recorded.
    ///
    /// # Errors
    /// As [`Ended::replay`].
    pub fn check(&self) -> Result<Option<Replayed>, JournalError> {
        let Some(directory) = &self.journal else { return Ok(None) };
        replay(directory, &self.instruments, &self.stages).map(Some)
    }
}

/// What is made before the river.
struct Cold {
    instruments: Instruments,
    writer: log::Writer,
    desk: Desk,
    heatmap: Option<HeatmapDesk>,
    frames: Option<FrameRecorder>,
    refused: Option<RefusedKeeper>,
    tap: Taps,
    replica: Replica,
    keep: Keep,
    // The hot end of the log of decisions, and its cold threads.
    decided: DecisionLog,
    decisions: Option<Keep>,
    tables: Tables,
    home: Option<Home>,
    // The cold thread that tells the past, and the feed's end of it.
    warm: Option<Warm>,
    history: Option<History>,
    directory: Option<PathBuf>,
    run: u64,
}

impl Engine {
    /// Starts everything. Call it from a thread that is not pinned: from now on it and all that it
    /// starts keep off the cores on which a hot thread spins.
    ///
    /// # Errors
    /// [`StartError`]; nothing goes on running then, and a journal begun stays as it is.
    pub fn start(plan: Plan) -> Result<Self, StartError> {
        // A machine without another core has them all share: slower, and no reason not to start.
        let _ = keep_off(&plan.layout.spun());
        let mut host = Clock::host();
        let (hatch, clerk) = hatch();
        let cold = Cold::start(&plan, &clerk, &mut host)?;
        let (to_door, door_reader) = latency("read to door");
        let (behind, behind_reader) = latency(behind_name(&plan));
        let told = Arc::new(OnceLock::new());
        let heart = Heartbeat::default();
        let sockets = Sockets {
            plan: plan.feed(&cold.instruments),
            hatch,
            tap: cold.tap,
            writer: cold.writer,
            heart: heart.clone(),
            stopwatch: Stopwatch { to_door, behind, host: host.clone() },
            told: Arc::clone(&told),
            history: cold.history,
        };
        let running = Running::default();
        let instruments = cold.instruments.clone();
        let (stages, layout) = (&plan.stages, &plan.layout);
        let river = River::deciding(
            instruments,
            stages,
            layout,
            &plan.clock,
            &running,
            sockets,
            cold.decided,
        )
        .map_err(StartError::Run)?;
        cold.replica.compare(river.marks());
        let mut tables = cold.tables;
        if let Some(told) = told.get() {
            tables.add(&told.feed);
            tables.add(&told.door);
        }
        let mut hearts = vec![("feed", heart)];
        hearts.extend(river.hearts().iter().cloned());
        let charge = Charge {
            clocks: vec![plan.clock.clone()],
            host,
            hearts,
            readers: vec![door_reader, behind_reader],
            tables,
            notify: plan.notify,
        };
        let supervisor = Supervisor::start(charge).map_err(StartError::Thread)?;
        Ok(Self {
            instruments: cold.instruments,
            stages: plan.stages,
            running,
            river,
            told,
            desk: cold.desk,
            heatmap: cold.heatmap,
            warm: cold.warm,
            frames: cold.frames,
            refused: cold.refused,
            replica: cold.replica,
            keep: cold.keep,
            decisions: cold.decisions,
            supervisor,
            run: cold.run,
            directory: cold.directory,
            home: cold.home,
        })
    }

    /// The last picture, up to a fifth of a second old.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.replica.view()
    }

    /// Messages that have entered and are not yet in a view.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let entered = self.told.get().map_or(0, |told| told.door.get(DoorCounter::Entered));
        entered.saturating_sub(self.replica.view().sequence)
    }

    /// The last findings of the supervisor, up to a fifth of a second old.
    #[must_use]
    pub fn vitals(&self) -> Arc<Vitals> {
        self.supervisor.vitals()
    }

    /// The instruments of the run.
    #[must_use]
    pub const fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// The run's number: the host's time at its start.
    #[must_use]
    pub const fn run(&self) -> u64 {
        self.run
    }

    /// Where the journal of the run lies.
    #[must_use]
    pub fn journal(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Whether the river flows. It ends by itself only when a stage panicked.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.river.is_finished()
    }

    /// Ends everything in order. What came through the door is in the journal then.
    ///
    /// # Panics
    /// When a thread of the engine did.
    #[must_use]
    pub fn stop(self) -> Ended {
        self.running.stop();
        let live = self.river.join();
        if let Some(told) = self.told.get() {
            let mut dialers = told.dialers.lock().unwrap_or_else(PoisonError::into_inner);
            for dialer in dialers.drain(..) {
                // A dial under way is waited for; one that panicked has said so.
                let _ = dialer.join();
            }
        }
        if let Some(warm) = self.warm {
            warm.stop();
        }
        if let Some(heatmap) = self.heatmap {
            heatmap.stop();
        }
        self.desk.stop();
        let frames = self.frames.map_or(Ok(()), FrameRecorder::stop);
        if let Some(refused) = self.refused {
            refused.stop();
        }
        let pictures = self.replica.pictures();
        let replica = self.replica.finish(false);
        let recorded = self.keep.stop();
        let recorded = recorded.and(self.decisions.map_or(Ok(()), Keep::stop));
        let (vitals, times) = self.supervisor.stop();
        drop(self.home);
        let view = pictures.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ended {
            live,
            replica,
            journal: self.directory,
            recorded,
            frames,
            view,
            vitals,
            times,
            instruments: self.instruments,
            stages: self.stages,
        }
    }
}

/// How far the feed's own thread goes behind the door.
fn behind_name(plan: &Plan) -> &'static str {
    match plan.layout.kind {
        runtime::LayoutKind::Four => "door to ring",
        runtime::LayoutKind::Two => "door to book",
        runtime::LayoutKind::One | runtime::LayoutKind::Auto => "door to insight",
    }
}

impl Cold {
    fn start(plan: &Plan, clerk: &Clerk, host: &mut Clock) -> Result<Self, StartError> {
        let address = &plan.address;
        let client = Client::new(
            &address.rest_host,
            address.rest_port,
            &address.tls,
            plan.weight,
            plan.clock.clone(),
        )
        .map_err(StartError::Venue)?;
        let symbols: Vec<&str> = plan.symbols.iter().map(String::as_str).collect();
        let mut asking = Questions::new(client.clone(), Instruments::default());
        let (instruments, _) = warm::instruments(&mut asking, plan.cache.as_deref(), &symbols)
            .map_err(StartError::Venue)?;
        // The start's own time: no two runs of a host share it, so no number is used twice.
        let run = host.now().0;
        let home = match &plan.journal {
            Some(directory) => Some(open(directory, &plan.hot.directory)?),
            None => None,
        };
        let files = match &home {
            Some(home) => Some(home.begin(run).map_err(StartError::Journal)?),
            None => None,
        };
        let log_plan = log::Plan {
            segment_bytes: plan.hot.segment_bytes,
            segments_max: plan.hot.segments_max,
            ..log::Plan::new(plan.hot.directory.clone(), run)
        };
        let (writer, keeper, log) = log::create(log_plan, host.now()).map_err(StartError::Log)?;
        let mut tables = Tables::default();
        tables.add(&keeper.counters());
        let recording = files.map(|files| record(&log, files, &mut tables, host)).transpose()?;
        let questions = || Questions::new(client.clone(), instruments.clone());
        let auditor = Auditor::start(&instruments, questions(), clerk.clone(), plan.audit_every)
            .map_err(StartError::Thread)?;
        let (tell, told) = sync_channel(heatmap::FAULTS);
        let eyes = (Looker::hearing(told), auditor);
        let directory = home.as_ref().map(|home| home.run_directory(run));
        let segments = plan.hot.segments_max;
        let source = Source::new(log, directory.clone(), keeper.counters(), segments);
        let replica = Replica::start(source, instruments.clone(), &plan.stages, plan.window, eyes)
            .map_err(StartError::Thread)?;
        let ask = |ask: &HeatmapAsk| {
            let started =
                HeatmapDesk::start(ask, &instruments, clerk.clone(), tell, replica.pictures());
            started.map_err(StartError::Heatmap)
        };
        let heatmap = plan.heatmap.as_ref().map(ask).transpose()?;
        if let Some(heatmap) = &heatmap {
            tables.add(&heatmap.counters);
        }
        let keep = Keep::start(keeper, recording, host.clone()).map_err(StartError::Thread)?;
        let (decided, decisions) = match &home {
            Some(home) if plan.stages.strategy.is_some() => {
                decisions(plan, home, run, &mut tables, host)?
            }
            _ => (DecisionLog::none(), None),
        };
        let (tap, frames) = match &plan.frames {
            Some(frames) => {
                let failed = |error| StartError::Frames(frames.directory.clone(), error);
                let (tap, recorder) = FrameRecorder::start(frames.clone(), run).map_err(failed)?;
                tables.add(&recorder.tap);
                tables.add(&recorder.counters);
                (tap, Some(recorder))
            }
            None => (FrameTap::closed(), None),
        };
        let (refused_tap, refused) = match &directory {
            Some(directory) => {
                let files = Files::new(directory.clone());
                let (tap, keeper) = RefusedKeeper::start(files).map_err(StartError::Thread)?;
                tables.add(&keeper.tap);
                tables.add(&keeper.counters);
                (tap, Some(keeper))
            }
            None => (RefusedTap::closed(), None),
        };
        let tap = Taps { frames: tap, refused: refused_tap };
        let desk =
            Desk::start(&plan.desk, questions(), questions(), clerk).map_err(StartError::Thread)?;
        tables.add(&desk.urgent);
        tables.add(&desk.routine);
        let (warm, history) = match &home {
            Some(home) if !plan.warm.is_zero() => {
                let runs = home.runs().map_err(StartError::Journal)?.into_iter();
                let past = Past {
                    runs: runs
                        .filter(|&one| one < run)
                        .map(|one| home.run_directory(one))
                        .collect(),
                    instruments: instruments.clone(),
                    questions: questions(),
                    reach: plan.warm,
                };
                let (historian, history) = history();
                let warm = Warm::start(past, historian).map_err(StartError::Thread)?;
                tables.add(&warm.counters);
                (Some(warm), Some(history))
            }
            _ => (None, None),
        };
        Ok(Self {
            instruments,
            writer,
            desk,
            heatmap,
            frames,
            refused,
            tap,
            replica,
            keep,
            decided,
            decisions,
            tables,
            home,
            warm,
            history,
            directory,
            run,
        })
    }
}

/// Takes the journal's directory and brings home what a run that died left in memory.
fn open(directory: &Path, hot: &Path) -> Result<Home, StartError> {
    let home = Home::open(directory).map_err(StartError::Journal)?;
    home.recover(hot).map_err(StartError::Journal)?;
    Ok(home)
}

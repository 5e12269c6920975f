//! `fulcrum demo`: a simulated venue and a live engine in one process, over real TLS on the
//! loopback. No keys, no network.

mod decided;
mod lines;
mod screen;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use model::{Nanos, SECOND};
use runtime::layout::{Layout, LayoutKind};
use runtime::{Idle, usable_cores};
use venue::feed::tls;

use crate::cli::{Demo, Layout as Named};
use crate::config;
use crate::exit::{Exit, Stop};
use crate::live::{Address, Ended, Engine, Notify, Plan};
use crate::record::{Record, Style};
use crate::signals::Signals;
use crate::simulated::{Served, Simulated};

/// Entries of the rolling tape of an instrument: a day of the synthetic market fits.
const TAPE_SLOTS: usize = 1 << 20;
/// Bytes of a segment of the hot log, and how many: 48 MiB, what a small container has.
const SEGMENT_BYTES: usize = 4 << 20;
const SEGMENTS_MAX: usize = 12;
/// A venue that has sent everything, and nothing new for so long: it is over.
const SETTLED: Duration = Duration::from_millis(700);

pub(crate) fn run(asked: &Demo) -> Result<Exit, Stop> {
    let signals = Signals::watch()?;
    let simulated = Simulated {
        seed: asked.seed,
        speed: asked.speed,
        recordings: asked.recording.clone(),
        faults: asked.faults.clone(),
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        departures: None,
        // A recording is to be told as its own replay tells it, on a busy machine as well.
        in_step: !asked.recording.is_empty(),
    };
    let served = simulated.start()?;
    let place = Place::of(asked)?;
    let (clock, per_mille, follower) = served.clock()?;
    let plan = plan(asked, &served, &place)?.at_speed(clock, per_mille);
    let plan = if served.is_recorded() { plan.for_recording() } else { plan };
    let engine = Engine::start(plan).map_err(|error| Stop::new(Exit::Unavailable, error))?;
    let mut out = io::stdout();
    let shown = if out.is_terminal() && !asked.json {
        screen::show(&engine, &served, asked, &signals)
    } else {
        lines::show(&engine, &served, asked, &signals, &mut out)
    };
    let ended = engine.stop();
    drop((served, follower));
    let exit = shown?;
    let verdict = close(&ended, asked, &mut out)?;
    place.leave(verdict == Exit::Done);
    Ok(if verdict == Exit::Done { exit } else { verdict })
}

/// Where the run's files lie.
struct Place {
    journal: PathBuf,
    // Ours to remove again.
    scratch: Option<PathBuf>,
}

impl Place {
    fn of(asked: &Demo) -> Result<Self, Stop> {
        if let Some(journal) = &asked.journal {
            return Ok(Self { journal: journal.clone(), scratch: None });
        }
        let scratch = std::env::temp_dir().join(format!("fulcrum-demo-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).map_err(|error| {
            Stop::new(Exit::Disk, format_args!("{}: {error}", scratch.display()))
        })?;
        Ok(Self { journal: scratch.join("journal"), scratch: Some(scratch) })
    }

    /// A journal that proves a fault is kept.
    fn leave(self, sound: bool) {
        match self.scratch {
            Some(scratch) if sound => {
                // What stays lies in the temporary directory.
                let _ = std::fs::remove_dir_all(scratch);
            }
            _ => eprintln!("fulcrum: the journal is in {}", self.journal.display()),
        }
    }
}

fn plan(asked: &Demo, served: &Served, place: &Place) -> Result<Plan, Stop> {
    let tls = tls::config(&[served.authority()?]).map_err(Stop::failed)?;
    let address = served.venue.address();
    let host = address.ip().to_string();
    let address = Address {
        stream_host: host.clone(),
        stream_port: address.port(),
        rest_host: host,
        rest_port: address.port(),
        tls,
    };
    let mut plan = Plan::new(address, served.symbols.clone(), hot_dir()).map_err(Stop::failed)?;
    plan.layout = layout(asked.layout)?;
    plan.hot.segment_bytes = SEGMENT_BYTES;
    plan.hot.segments_max = SEGMENTS_MAX;
    plan.journal = Some(place.journal.clone());
    plan.stages.analytics.tape_slots = TAPE_SLOTS;
    plan.stages = plan.stages.with_content(true);
    plan.stages.strategy = Some(config::demonstration());
    plan.seed = asked.seed;
    plan.notify = Notify::new(None);
    if served.is_recorded() {
        // Its clock leaps: what stands still is not our host.
        plan.rules.pause = Nanos(1_000_000 * SECOND.0);
    }
    Ok(plan)
}

/// Shared memory, or what there is.
fn hot_dir() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() }
}

/// Threads that lie down when nothing comes: the venue needs the machine as well.
fn layout(named: Named) -> Result<Layout, Stop> {
    let kind = match named {
        Named::Inline => return Err(Stop::usage("a live engine has at least one hot thread")),
        Named::Fused => LayoutKind::One,
        Named::Two => LayoutKind::Two,
        Named::Four => LayoutKind::Four,
        Named::Auto => LayoutKind::Auto,
    };
    let nap = Duration::from_micros(50);
    Layout::plan(kind, &[], usable_cores(), Idle::Park { nap }).map_err(Stop::failed)
}

/// Whether it is time to end, looked at between two pictures.
struct Watch<'a> {
    engine: &'a Engine,
    served: &'a Served,
    signals: &'a Signals,
    until: Option<Instant>,
    // The last count of messages, and since when it stands.
    still: (u64, Instant),
}

impl<'a> Watch<'a> {
    fn new(engine: &'a Engine, served: &'a Served, asked: &Demo, signals: &'a Signals) -> Self {
        let span = asked.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        let until = span.map(|span| Instant::now() + span);
        Self { engine, served, signals, until, still: (0, Instant::now()) }
    }

    /// How to end, when it is time.
    fn over(&mut self) -> Option<Exit> {
        if let Err(stop) = self.signals.check() {
            return Some(stop.exit);
        }
        if !self.engine.is_running() {
            return Some(Exit::Failed);
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Some(Exit::Done);
        }
        if !self.served.venue.is_drained() {
            self.still.1 = Instant::now();
            return None;
        }
        let frames = self.engine.vitals().count("feed_frames_total");
        if frames != self.still.0 {
            self.still = (frames, Instant::now());
        }
        (self.still.1.elapsed() >= SETTLED && self.engine.lag() < 100).then_some(Exit::Done)
    }
}

/// The closing summary: what was said three times, live, by the replica and by the journal.
fn close(ended: &Ended, asked: &Demo, out: &mut impl Write) -> Result<Exit, Stop> {
    let replayed = ended.check().map_err(|error| Stop::new(Exit::Broken, error))?;
    let decided = replayed.as_ref().and_then(|replayed| replayed.decided.as_ref());
    let difference = decided.and_then(|decided| decided.difference.as_deref());
    let replayed = replayed.as_ref().map(|replayed| &replayed.summary);
    let equal = ended.agrees()
        && replayed.is_none_or(|replayed| *replayed == ended.live)
        && difference.is_none();
    let mut record = Record::new(if asked.json { Style::Json } else { Style::Plain });
    let vitals = &ended.vitals;
    record
        .open("summary")
        .number("events", ended.live.events)
        .exact("digest", ended.live.digest)
        .exact("digest_replica", ended.replica.summary.digest)
        .maybe("digest_replay", replayed.map(|replayed| replayed.digest))
        .number("equal", equal)
        .number("checks", ended.replica.checks.0)
        .number("checks_different", ended.replica.checks.1)
        .maybe("decisions", decided.map(|decided| decided.decisions))
        .maybe("decisions_compared", decided.map(|decided| decided.compared))
        .number("audits", ended.view.audits.0)
        .number("audits_different", ended.view.audits.1)
        .number("frames", vitals.count("feed_frames_total"))
        .number("door_refused", vitals.count("door_refused_total"))
        .texts("content", ended.live.content.iter().map(|(name, digest)| (name, digest)))
        .counts("faults", ended.view.faults.iter())
        .end(out)?;
    for times in &vitals.times {
        lines::times(&mut record, times).end(out)?;
    }
    out.flush()?;
    if let Err(error) = &ended.recorded {
        return Err(Stop::new(Exit::Disk, format_args!("the journal is not whole: {error}")));
    }
    if let Some(broken) = &ended.replica.broken {
        eprintln!("fulcrum: the replica did not come to the end: {broken}");
    }
    if let Some(difference) = difference {
        eprintln!("fulcrum: {difference}");
    }
    if !equal {
        eprintln!("fulcrum: the same log was told in different ways");
        return Ok(Exit::Broken);
    }
    if !asked.json {
        eprintln!(
            "fulcrum: live, replica and the journal's replay said the same: {} events, digest {}",
            ended.live.events, ended.live.digest
        );
    }
    Ok(Exit::Done)
}

//! A venue and an engine that lives on it, in one process, over TLS.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fulcrum::live::{Address, Ended, Engine, Plan};
use model::{Nanos, SECOND};
use runtime::layout::{Layout, LayoutKind};
use runtime::log::{Tail, run_directory};
use runtime::{Clock, Idle, usable_cores};
use simulator::{MarketPlan, Pace, Source, SyntheticSource, Venue, VenuePlan};
use venue::feed::tls;

use crate::truth::{Made, Remembering};
use crate::witness::Witness;

static HOUSES: AtomicU64 = AtomicU64::new(0);

/// Where a run's files lie; gone with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = HOUSES.fetch_add(1, Ordering::Relaxed);
        let name = format!("fulcrum-faults-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays lies in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A calm market, so that two cores in a debug build keep up with it at a higher speed.
pub(crate) fn calm() -> MarketPlan {
    MarketPlan { avalanches_per_hour: 0.0, ..MarketPlan::btcusdt() }
}

/// A venue of these markets, and what they made.
pub(crate) fn venue(
    speed: u32,
    seed: u64,
    markets: Vec<MarketPlan>,
    plan: VenuePlan,
) -> (Venue, Made) {
    venue_of(speed, SyntheticSource::new(seed, markets), plan)
}

/// A venue of any source.
pub(crate) fn venue_of(
    speed: u32,
    source: impl Source + 'static,
    plan: VenuePlan,
) -> (Venue, Made) {
    let (source, made) = Remembering::new(source);
    let plan = VenuePlan { pace: Pace::Times(f64::from(speed)), ..plan };
    (Venue::start(plan, Box::new(source)).expect("a venue"), made)
}

/// An engine on a venue, and who looks on.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) witness: Witness,
    folder: Folder,
}

/// What everybody is started with: spans of venue time short enough for a test. At this speed a
/// second of the venue is a fraction of one of ours, so spans that guard against our host and the
/// loopback are at least half a second of our time.
pub(crate) fn plan(venue: &Venue, speed: u32, folder: &Folder) -> Plan {
    let clock = Clock::scaled(venue.clock().now(), u64::from(speed) * 1_000);
    let authority = venue.authority_pem().as_bytes();
    plan_at(venue.address().port(), authority, clock, speed, &folder.0)
}

/// The same for a venue that may live in another process.
pub(crate) fn plan_at(
    port: u16,
    authority: &[u8],
    clock: Clock,
    speed: u32,
    folder: &Path,
) -> Plan {
    let per_mille = u64::from(speed) * 1_000;
    let authority = tls::certificates(authority).expect("an authority");
    let address = Address {
        stream_host: "localhost".into(),
        stream_port: port,
        rest_host: "localhost".into(),
        rest_port: port,
        tls: tls::config(&authority).expect("a sound certificate"),
    };
    let hot = folder.join("hot");
    std::fs::create_dir_all(&hot).expect("a folder for the log");
    let mut plan = Plan::new(address, vec!["BTCUSDT".into()], hot).expect("a layout");
    let idle = Idle::Park { nap: Duration::from_micros(300) };
    plan.layout = Layout::plan(LayoutKind::One, &[], usable_cores(), idle).expect("a layout");
    plan.hot.segment_bytes = 8 << 20;
    plan.hot.segments_max = 16;
    plan.journal = Some(folder.join("journal"));
    plan.stages.analytics.tape_slots = 1 << 16;
    plan.stages = plan.stages.with_content(true);
    plan.audit_every = Duration::from_secs(1);
    plan = plan.at_speed(clock, per_mille);
    let seconds = |count: u64| Nanos(count * SECOND.0);
    plan.rules.backoff_first = seconds(1);
    plan.rules.backoff_max = seconds(8);
    plan.rules.stable = seconds(2);
    plan.rules.overlap = seconds(2);
    plan.rules.budget = 500;
    plan.subscription.depth_silence = seconds(8);
    plan.subscription.mark_silence = seconds(10);
    plan.subscription.late = seconds(2);
    plan.desk.time = Duration::from_millis(500);
    plan.desk.open_interest = Duration::from_millis(500);
    plan
}

impl House {
    pub(crate) fn start(plan: Plan, folder: Folder) -> Self {
        let (stages, hot) = (plan.stages.clone(), plan.hot.directory.clone());
        let engine = Engine::start(plan).expect("an engine");
        let tail = Tail::open(&run_directory(&hot, engine.run())).expect("a log");
        let witness = Witness::new(tail, engine.instruments().clone(), &stages);
        Self { engine, witness, folder }
    }

    /// Ends the run; live, replica, journal and witness said the same.
    pub(crate) fn stop(mut self) -> (Witness, Ended) {
        self.witness.look();
        // The log leaves memory with the engine: what comes until then is in the journal alone.
        let ended = self.engine.stop();
        assert!(ended.agrees(), "live and replica differ: {:?}", ended.replica);
        assert!(ended.recorded.is_ok(), "the journal is whole: {:?}", ended.recorded);
        let replayed = ended.replay().expect("a sound journal").expect("a journal");
        assert_eq!(replayed, ended.live, "the journal says what the run said");
        let journal = ended.journal.as_deref().expect("a journal");
        self.witness.finish(journal);
        self.witness.keeps_what_was_refused(journal);
        assert_eq!(self.witness.summary(), ended.live, "the witness heard what the run said");
        drop(self.folder);
        (self.witness, ended)
    }
}

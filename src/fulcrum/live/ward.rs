//! The supervisor, a cold thread: anchors the clocks, listens to the hearts, collects times and
//! counters, and tells the service manager that we live, only while every hot thread does.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use model::{Nanos, SECOND};
use runtime::clock::ANCHOR_INTERVAL;
use runtime::{Clock, ClockHealth, Counter, Counters, Heartbeat, LatencyReader, Ward};

use super::notify::Notify;

/// Between two rounds.
const ROUND: Duration = Duration::from_millis(200);
/// A heart that was not heard for so long stands still. A parked thread beats 6 000 times in it.
const STILL: Nanos = SECOND;

/// How the engine is, apart from what it says.
#[derive(Clone, Default, Debug)]
pub struct Vitals {
    /// Times of the hot thread's stretches.
    pub times: Vec<Times>,
    /// For how long each heart has not been heard.
    pub hearts: Vec<(&'static str, Nanos)>,
    /// The host's clock, as of its last anchor.
    pub clock: ClockHealth,
    /// Every counter.
    pub counters: Vec<(&'static str, u64)>,
}

/// One stretch's times in nanoseconds.
#[derive(Clone, Copy, Default, Debug)]
pub struct Times {
    /// Which stretch.
    pub role: &'static str,
    /// Messages timed.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1000.
    pub p999: u64,
    /// All of them.
    pub max: u64,
}

impl Times {
    fn of(role: &'static str, histogram: &Histogram<u64>) -> Self {
        Self {
            role,
            count: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        }
    }
}

impl Vitals {
    /// A counter by its name; zero for one that is not there.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counters.iter().find(|counter| counter.0 == name).map_or(0, |counter| counter.1)
    }
}

/// Reads a table of counters into a list.
type Table = Box<dyn Fn(&mut Vec<(&'static str, u64)>) + Send>;

/// Tables of counters of any kind.
#[derive(Default)]
pub(super) struct Tables(Vec<Table>);

impl std::fmt::Debug for Tables {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Tables").field(&self.0.len()).finish()
    }
}

impl Tables {
    pub(super) fn add<C: Counter + Send>(&mut self, counters: &Counters<C>) {
        let counters = counters.clone();
        self.0.push(Box::new(move |out| {
            out.extend(counters.all().map(|(counter, value)| (counter.name(), value)));
        }));
    }

    /// One counter of a table, by another name.
    pub(super) fn add_one<C: Counter + Send>(
        &mut self,
        name: &'static str,
        counters: &Counters<C>,
        counter: C,
    ) {
        let counters = counters.clone();
        self.0.push(Box::new(move |out| out.push((name, counters.get(counter)))));
    }

    fn read(&self) -> Vec<(&'static str, u64)> {
        let mut all = Vec::new();
        for table in &self.0 {
            table(&mut all);
        }
        all
    }
}

/// What the supervisor looks after.
#[derive(Debug)]
pub(super) struct Charge {
    pub(super) clocks: Vec<Clock>,
    pub(super) host: Clock,
    pub(super) hearts: Vec<(&'static str, Heartbeat)>,
    pub(super) readers: Vec<LatencyReader>,
    pub(super) tables: Tables,
    pub(super) notify: Notify,
}

/// The supervisor on its thread.
#[derive(Debug)]
pub(super) struct Supervisor {
    vitals: Arc<Mutex<Arc<Vitals>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<LatencyReader>>,
}

impl Supervisor {
    pub(super) fn start(charge: Charge) -> io::Result<Self> {
        let vitals = Arc::new(Mutex::new(Arc::new(Vitals::default())));
        let stop = Arc::new(AtomicBool::new(false));
        let mut rounds = Rounds::new(charge, Arc::clone(&vitals));
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("supervisor".into()).spawn(move || {
            rounds.charge.notify.tell("READY=1");
            while !asked.load(Ordering::Acquire) {
                rounds.one();
                std::thread::sleep(ROUND);
            }
            rounds.charge.notify.tell("STOPPING=1");
            // What the recorders still hold comes with the next call but one.
            rounds.one();
            rounds.one();
            rounds.charge.readers
        })?;
        Ok(Self { vitals, stop, thread })
    }

    /// The last findings.
    pub(super) fn vitals(&self) -> Arc<Vitals> {
        Arc::clone(&self.vitals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends, with one more look at everything.
    pub(super) fn stop(self) -> (Arc<Vitals>, Vec<LatencyReader>) {
        self.stop.store(true, Ordering::Release);
        let readers = self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let vitals = Arc::clone(&self.vitals.lock().unwrap_or_else(PoisonError::into_inner));
        (vitals, readers)
    }
}

struct Rounds {
    charge: Charge,
    ward: Ward,
    anchored: Instant,
    vitals: Arc<Mutex<Arc<Vitals>>>,
}

impl Rounds {
    fn new(mut charge: Charge, vitals: Arc<Mutex<Arc<Vitals>>>) -> Self {
        let mut ward = Ward::default();
        let now = charge.host.now();
        for (role, heart) in &charge.hearts {
            ward.admit(role, heart.clone(), now);
        }
        Self { charge, ward, anchored: Instant::now(), vitals }
    }

    fn one(&mut self) {
        if self.anchored.elapsed() >= Duration::from_nanos(ANCHOR_INTERVAL.0) {
            self.anchored = Instant::now();
            for clock in &self.charge.clocks {
                clock.reanchor();
            }
            self.charge.host.reanchor();
        }
        let now = self.charge.host.now();
        let hearts: Vec<_> = self.ward.round(now).collect();
        if hearts.iter().all(|heart| heart.1 < STILL) {
            self.charge.notify.tell("WATCHDOG=1");
        }
        for reader in &mut self.charge.readers {
            reader.collect();
        }
        let times = self.charge.readers.iter();
        let vitals = Vitals {
            times: times.map(|reader| Times::of(reader.role, reader.total())).collect(),
            hearts,
            clock: self.charge.host.health(),
            counters: self.charge.tables.read(),
        };
        *self.vitals.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(vitals);
    }
}

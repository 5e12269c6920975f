//! The log that a run wrote, replayed from disk, says what the run said, in every layout; and what
//! is decided from it is what the run recorded, byte for byte.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{DecisionLog, Feeder, Inline, Plan, River, Summary, Upstream, write_decision};
use fulcrum_tests::{Market, two_instruments};
use journal::{Files, Home, Journal, Recorder, RecorderPlan, decisions};
use model::{Draft, Head, Instruments, Kind, Line, Message, Nanos, Sink};
use runtime::door::{Door, Room};
use runtime::layout::{Layout, LayoutKind};
use runtime::log::{self, Keeper, Log, Writer};
use runtime::station::Outlet;
use runtime::{Clock, Idle, Running};

const MESSAGES: usize = 100_000;

/// A seeded market whose door keeps a log.
struct Logged {
    market: Market,
    writer: Writer,
}

impl Upstream for Logged {
    type Feed<W: Outlet + Send + 'static> = Feeder<Market, W, Writer>;

    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        Feeder::new(self.market, Door::new(way, self.writer, 0))
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.into_door();
        let events = door.sequence();
        let (way, writer) = door.into_parts();
        writer.finish();
        (way, events)
    }
}

/// A directory of its own that goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fulcrum-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn plan() -> Plan {
    let strategy = strategy::Plan::demonstration().conclude().expect("a sound plan");
    Plan { strategy: Some(strategy), ..Plan::default() }.with_content(true)
}

/// The cold side of a log, to be driven on one thread.
struct Cold {
    keeper: Keeper,
    recorder: Recorder<Files>,
}

impl Cold {
    fn new(keeper: Keeper, log: &Log, files: Files) -> Self {
        Self { keeper, recorder: Recorder::new(log, files, RecorderPlan::default()) }
    }

    fn cycle(&mut self) -> usize {
        self.recorder.cycle(Nanos(2)).expect("a disk") + self.keeper.cycle(Nanos(2))
    }
}

/// Runs a market in a layout with the log in `hot` and the journal in `disk`.
fn run(kind: LayoutKind, run: u64, hot: &Path, disk: &Path) -> Summary {
    let home = Home::open(disk).expect("a journal directory");
    let log_plan = log::Plan { segment_bytes: 4 << 20, ..log::Plan::new(hot.to_path_buf(), run) };
    let (writer, keeper, log) = log::create(log_plan, Nanos(1)).expect("a log");
    let files: Files = home.begin(run).expect("a new run");
    let mut events = Cold::new(keeper, &log, files);
    let log_plan = log::Plan::of_decisions(hot.to_path_buf(), run);
    let (decided, keeper, log) = log::create(log_plan, Nanos(1)).expect("a log");
    let files = home.begin_decisions(run).expect("a new run");
    let mut deciding = Cold::new(keeper, &log, files);
    let decided = DecisionLog::begin(decided, &plan(), Nanos(1));
    let layout = Layout::plan(kind, &[], runtime::usable_cores(), Idle::Yield).expect("a layout");
    let stop = Arc::new(AtomicBool::new(false));
    let cold = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                if events.cycle() + deciding.cycle() == 0 {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
            events.recorder.finish(Nanos(3)).expect("a disk");
            deciding.recorder.finish(Nanos(3)).expect("a disk");
        })
    };
    let logged = Logged { market: Market::new(run, MESSAGES), writer };
    let (clock, running) = (Clock::host(), Running::default());
    let (table, plan) = (two_instruments(), plan());
    let river = River::deciding(table, &plan, &layout, &clock, &running, logged, decided);
    let summary = river.expect("threads").join();
    stop.store(true, Ordering::Relaxed);
    cold.join().expect("the cold thread");
    summary
}

/// Decisions as their log holds them, but for place and checksum.
type Decisions = Vec<(Head, Vec<Line>)>;

fn plain(message: Message<'_>) -> (Head, Vec<Line>) {
    let head = Head { sequence: 0, crc: 0, ..*message.head };
    (head, message.body.iter().copied().collect())
}

/// Writes down what is decided.
#[derive(Clone, Default)]
struct Again(Arc<Mutex<Decisions>>);

impl Sink for Again {
    fn send(&mut self, decision: Message<'_>) {
        let mut draft = Draft::default();
        write_decision(decision, &mut draft);
        self.0.lock().expect("nobody panicked").push(plain(draft.message()));
    }
}

impl Room for Again {
    fn room(&self) -> usize {
        usize::MAX
    }
}

impl Outlet for Again {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        0
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

/// What a journal says and decides when it is replayed.
fn replay(directory: &Path) -> (Summary, Decisions) {
    let again = Again::default();
    let instruments = Instruments::default();
    let mut inline = Inline::deciding(instruments, &plan(), (), (), again.clone());
    each(directory, |message| inline.replay(message));
    let decisions = std::mem::take(&mut *again.0.lock().expect("nobody panicked"));
    (inline.summary(), decisions)
}

/// What a run recorded of its decisions.
fn recorded(directory: &Path) -> Decisions {
    let mut all = Decisions::new();
    each(&decisions(directory), |message| all.push(plain(message)));
    let (first, _) = all.remove(0);
    assert_eq!(first.kind(), Some(Kind::DecidedBy));
    all
}

fn each(directory: &Path, mut take: impl FnMut(Message<'_>)) {
    let journal = Journal::open(directory).expect("a journal");
    let mut reader = journal.reader();
    while let Some(message) = reader.read().expect("a whole journal") {
        take(message);
    }
    assert!(reader.losses().is_empty() && reader.ended(), "{:?}", reader.losses());
}

#[test]
fn the_journal_of_every_layout_replays_to_its_digest() {
    let (hot, disk) = (Scratch::new("hot"), Scratch::new("disk"));
    for (at, kind) in [LayoutKind::One, LayoutKind::Two, LayoutKind::Four].into_iter().enumerate() {
        let number = at as u64 + 1;
        let live = run(kind, number, &hot.0, &disk.0);
        assert!(live.events > MESSAGES as u64, "ticks enter too");
        let directory = Home::open(&disk.0).expect("free again").run_directory(number);
        let (replayed, decided) = replay(&directory);
        assert_eq!(replayed, live, "layout {}", kind.text());
        assert!(!decided.is_empty(), "the market moves stage 4");
        assert!(decided == recorded(&directory), "layout {}", kind.text());
    }
}

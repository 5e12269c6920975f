//! The log that a run wrote, replayed from shared memory and from disk, says what the run said,
//! in every layout.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::{Feeder, Inline, Plan, River, Summary, Upstream};
use fulcrum_tests::{Market, two_instruments};
use journal::{Files, Home, Journal, Recorder, RecorderPlan};
use model::Nanos;
use runtime::door::Door;
use runtime::layout::{Layout, LayoutKind};
use runtime::log::{self, Writer};
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
    Plan::default().with_content(true)
}

/// Runs a market in a layout with the log in `hot` and the journal in `disk`.
fn run(kind: LayoutKind, run: u64, hot: &Path, disk: &Path) -> Summary {
    let home = Home::open(disk).expect("a journal directory");
    let log_plan = log::Plan { segment_bytes: 4 << 20, ..log::Plan::new(hot.to_path_buf(), run) };
    let (writer, mut keeper, log) = log::create(log_plan, Nanos(1)).expect("a log");
    let files: Files = home.begin(run).expect("a new run");
    let mut recorder = Recorder::new(&log, files, RecorderPlan::default());
    let layout = Layout::plan(kind, &[], runtime::usable_cores(), Idle::Yield).expect("a layout");
    let stop = Arc::new(AtomicBool::new(false));
    let cold = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let moved = recorder.cycle(Nanos(2)).expect("a disk") + keeper.cycle(Nanos(2));
                if moved == 0 {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
            recorder.finish(Nanos(3)).expect("a disk");
        })
    };
    let logged = Logged { market: Market::new(run, MESSAGES), writer };
    let (clock, running) = (Clock::host(), Running::default());
    let river = River::start(two_instruments(), &plan(), &layout, &clock, &running, logged);
    let summary = river.expect("threads").join();
    stop.store(true, Ordering::Relaxed);
    cold.join().expect("the cold thread");
    summary
}

fn replay(directory: &Path) -> Summary {
    let mut inline = Inline::of_log(two_instruments(), &plan(), ());
    let journal = Journal::open(directory).expect("a journal");
    let mut reader = journal.reader();
    while let Some(message) = reader.read().expect("a whole journal") {
        inline.replay(message);
    }
    assert!(reader.losses().is_empty(), "{:?}", reader.losses());
    inline.summary()
}

#[test]
fn the_journal_of_every_layout_replays_to_its_digest() {
    let (hot, disk) = (Scratch::new("hot"), Scratch::new("disk"));
    for (at, kind) in [LayoutKind::One, LayoutKind::Two, LayoutKind::Four].into_iter().enumerate() {
        let number = at as u64 + 1;
        let live = run(kind, number, &hot.0, &disk.0);
        assert!(live.events > MESSAGES as u64, "ticks enter too");
        let directory = Home::open(&disk.0).expect("free again").run_directory(number);
        assert_eq!(replay(&directory), live, "layout {}", kind.text());
    }
}

//! Faults of clocks: ours is wrong, is set back, stands still with the whole process; and the
//! host's time zone, which nobody may notice.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::Inline;
use fulcrum_tests::{Stream, two_instruments};
use model::{Draft, HOUR, Nanos, SECOND};
use runtime::Clock;
use simulator::{Venue, VenuePlan};

use crate::house::{self, Folder};
use crate::{PATIENCE, Stage, impatient, seconds};

/// Our clock as a hand sets it: the venue's and an error. It never runs back: where the error
/// falls it stands, as a clock does that is told to slow down.
struct Hand {
    clock: Clock,
    error: Arc<AtomicI64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hand {
    fn new(venue: &Venue, error: i64) -> Self {
        let theirs = venue.clock();
        let own = move |error: i64| Nanos(theirs.now().0.saturating_add_signed(error));
        let clock = Clock::manual(own(error));
        let (error, stop) = (Arc::new(AtomicI64::new(error)), Arc::new(AtomicBool::new(false)));
        let (told, asked, hand) = (Arc::clone(&error), Arc::clone(&stop), clock.clone());
        let thread = std::thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                hand.set(own(told.load(Ordering::Relaxed)));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Self { clock, error, stop, thread: Some(thread) }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn with_clock(seed: u64, error: i64) -> (Stage, Hand) {
    let plan = VenuePlan { rules: impatient(), ..VenuePlan::default() };
    let (venue, made) = house::venue(2, seed, vec![house::calm()], plan);
    let hand = Hand::new(&venue, error);
    let clock = hand.clock.clone();
    (Stage::on(venue, made, 2, move |plan| plan.clock = clock), hand)
}

const UPSET: [&str; 6] = ["unsynced", "stale", "hole", "unstable", "lag pause", "late"];

/// Nothing of the market was touched since a note.
fn calm_since(stage: &mut Stage, from: usize, what: &str) {
    let told = &stage.house.witness.notes().notes[from..];
    for never in UPSET {
        assert!(!told.iter().any(|note| note.text == never), "{what}: {never}");
    }
}

fn millis(nanos: i64) -> i64 {
    nanos / 1_000_000
}

#[test]
fn a_wrong_clock_is_measured_and_said_and_touches_no_figure() {
    for error in [2, -6] {
        let (mut stage, hand) = with_clock(41, error * 1_000_000_000);
        let from = stage.house.witness.notes().notes.len();
        stage.house.witness.watch(Duration::from_secs(2));
        calm_since(&mut stage, from, "C1");
        let offsets = stage.house.witness.notes().offsets.clone();
        assert!(offsets.len() > 3, "C1: the clock was looked at");
        for (_, offset, excessive) in offsets {
            // The round trip of the loopback on a busy host, in venue time.
            let off = millis(offset) + error * 1_000;
            assert!(off.abs() < 500 && excessive, "C1: {offset} with {error} s, {excessive}");
        }
        stage.end();
        drop(hand);
    }
}

#[test]
fn a_clock_that_is_set_back_stands_and_the_market_goes_on() {
    let (mut stage, hand) = with_clock(43, 0);
    let from = stage.house.witness.notes().notes.len();
    let back = stage.house.witness.notes().offsets.len();
    hand.error.store(-5_000_000_000, Ordering::Relaxed);
    // It stands for five seconds of the venue, then runs again, five seconds late.
    stage.house.witness.watch(Duration::from_millis(4_500));
    calm_since(&mut stage, from, "C2");
    let offsets = stage.house.witness.notes().offsets.clone();
    assert!(offsets[..back].iter().all(|one| !one.2), "C2: a good clock before: {offsets:?}");
    let last = offsets.last().expect("looked at");
    let off = millis(last.1) - 5_000;
    assert!(off.abs() < 500 && last.2, "C2: the step is seen: {offsets:?}");
    stage.end();
    drop(hand);
}

#[test]
fn a_host_that_stood_still_believes_nothing() {
    let (mut stage, hand) = with_clock(47, 0);
    let from = stage.house.witness.notes().notes.len();
    hand.error.store(30_000_000_000, Ordering::Relaxed);
    let seen =
        ["lag pause", "unsynced", "lost public paused", "open public", "snapshot", "trusted"];
    let found = stage.house.witness.until(from, &seen, PATIENCE);
    assert!(found.is_some(), "C3: {:?}", &stage.house.witness.notes().notes[from..]);
    stage.house.witness.watch(Duration::from_secs(1));
    stage.end();
    drop(hand);
}

/// The engine in a process of its own, for the test below: it lives for some seconds.
#[test]
#[ignore = "the other process of `a_stopped_process_believes_nothing_when_it_goes_on`"]
fn engine_of_another_process() {
    let told = |name: &str| std::env::var(name).expect("started by its test");
    let number = |name: &str| told(name).parse::<u64>().expect("a number");
    let folder = PathBuf::from(told("FAULTS_FOLDER"));
    let authority = std::fs::read(folder.join("authority.pem")).expect("an authority");
    let port = u16::try_from(number("FAULTS_PORT")).expect("a port");
    let clock = Clock::scaled(Nanos(number("FAULTS_NOW")), 1_000);
    let mut plan = house::plan_at(port, &authority, clock, 1, &folder);
    plan.rules.pause = seconds(2);
    let engine = fulcrum::live::Engine::start(plan).expect("an engine");
    let end = Instant::now() + Duration::from_millis(number("FAULTS_MILLIS"));
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let ended = engine.stop();
    assert!(ended.agrees() && ended.recorded.is_ok());
    let journal = ended.journal.expect("a journal");
    std::fs::write(folder.join("journal.path"), journal.display().to_string()).expect("a file");
}

#[test]
fn a_stopped_process_believes_nothing_when_it_goes_on() {
    let plan = VenuePlan { rules: impatient(), ..VenuePlan::default() };
    let (venue, made) = house::venue(1, 53, vec![house::calm()], plan);
    let folder = Folder::new();
    std::fs::write(folder.0.join("authority.pem"), venue.authority_pem()).expect("a file");
    let own = std::env::current_exe().expect("our own file");
    let mut child = Command::new(own)
        .args(["--ignored", "--exact", "clocks::engine_of_another_process"])
        .env("FAULTS_FOLDER", &folder.0)
        .env("FAULTS_PORT", venue.address().port().to_string())
        .env("FAULTS_NOW", venue.clock().now().0.to_string())
        .env("FAULTS_MILLIS", "9000")
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("a process");
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {name}");
    };
    std::thread::sleep(Duration::from_secs(3));
    signal("-STOP");
    std::thread::sleep(Duration::from_millis(3_500));
    signal("-CONT");
    assert!(child.wait().expect("its end").success(), "C3: the other process ended well");
    drop(venue);
    let journal = std::fs::read_to_string(folder.0.join("journal.path")).expect("a path");
    let notes = crate::witness::of_journal(PathBuf::from(journal).as_path());
    let told: Vec<String> = notes.notes.iter().map(|note| note.text.clone()).collect();
    let seen = "trusted, lag pause, unsynced, lost public paused, open public, snapshot, trusted";
    assert!(crate::in_order(&told, seen), "C3: {told:?}");
    notes.judge(&made.truth());
}

/// Three hours around each of 00, 08 and 16 UTC.
#[test]
#[ignore = "the other process of `the_time_zone_of_the_host_is_nobodys_business`"]
fn digest_of_three_boundaries() {
    let plan = engine::Plan::default().with_content(true);
    let mut inline = Inline::new(two_instruments(), &plan, ());
    let mut draft = Draft::default();
    for boundary in 0..3_u64 {
        // The stream begins two minutes before midnight.
        let mut stream = Stream::new(boundary + 1, 2);
        let shift = boundary * 8 * HOUR.0;
        for _ in 0..20_000 {
            stream.next(&mut draft);
            for time in
                [&mut draft.head.time_local, &mut draft.head.time_event, &mut draft.head.time_match]
            {
                if *time != Nanos::NONE {
                    // Twelve times as fast: the stream of a minute passes the boundary.
                    let start = 1_721_347_070 * SECOND.0;
                    *time = Nanos(start + (time.0 - start) * 12 + shift);
                }
            }
            draft.head.id += boundary * 10_000_000;
            if draft.head.kind() == Some(model::Kind::Depth) {
                draft.head.id_prev += boundary * 10_000_000;
            }
            inline.enter(&mut draft);
        }
    }
    let summary = inline.summary();
    let name = std::env::var("FAULTS_OUT").expect("started by its test");
    let clock = inline.analytics().clock(model::InstrumentId(0));
    std::fs::write(name, format!("{clock:?} {summary:?}")).expect("a file");
}

#[test]
fn the_time_zone_of_the_host_is_nobodys_business() {
    let folder = Folder::new();
    let own = std::env::current_exe().expect("our own file");
    let told: Vec<String> = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
        .iter()
        .enumerate()
        .map(|(at, zone)| {
            let out = folder.0.join(format!("{at}"));
            let ended = Command::new(&own)
                .args(["--ignored", "--exact", "clocks::digest_of_three_boundaries"])
                .env("TZ", zone)
                .env("FAULTS_OUT", &out)
                .stdout(std::process::Stdio::null())
                .status();
            assert!(ended.is_ok_and(|status| status.success()), "C5: {zone}");
            std::fs::read_to_string(out).expect("a summary")
        })
        .collect();
    assert!(told.iter().all(|one| *one == told[0]), "C5: {told:?}");
}

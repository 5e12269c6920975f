//! The session of 2024, both of its files, served by the venue's imitation over TLS, through the
//! live engine in every layout, at twenty times its pace and as fast as it is read: the same content
//! as the offline replay says; and what a run said is said again by its replica and its journal.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a test's word to whoever runs it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use archive::{Archive, Item};
use engine::{Inline, Summary};
use fulcrum::live::{Address, Engine, Plan};
use fulcrum_tests::{data, table};
use model::{Digest, Draft, Instrument, InstrumentId, MINUTE, Nanos, SECOND};
use runtime::layout::{Layout, LayoutKind};
use runtime::{Clock, Idle, usable_cores};
use simulator::{Pace, RecordingSource, Rules, Venue, VenuePlan};
use venue::feed::tls;
use wire::{Decoder, Frame};

const GRID: &str = "BTCUSDT:0.1:0.001";
const DAYS: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
/// A run that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(120);
/// Nothing new for so long behind a venue that has sent everything: it is over.
const SETTLED: Duration = Duration::from_millis(700);

/// Frames of an archive with their receive times.
struct Lines(Archive);

impl Iterator for Lines {
    type Item = (Nanos, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next()? {
                Item::Frame { time_local, bytes, .. } | Item::Answer { time_local, bytes, .. } => {
                    return Some((time_local, bytes.get().to_vec()));
                }
                _ => {}
            }
        }
    }
}

fn lines(files: &[PathBuf]) -> Lines {
    Lines(Archive::open(files).expect("the recording"))
}

/// What the recording says offline, line after line.
fn offline(files: &[PathBuf]) -> Summary {
    let plan = engine::Plan::default().with_content(true);
    let mut inline = Inline::new(table(&[GRID]), &plan, ());
    let mut decoder = Decoder::new(table(&[GRID]));
    decoder.belongs_to(Some(InstrumentId(0)));
    let mut draft = Draft::default();
    for (time, line) in lines(files) {
        if decoder.stream(Frame::bare(&line), time, &mut draft).is_ok() {
            inline.enter(&mut draft);
        }
    }
    inline.summary()
}

fn named(content: &[(String, Digest)]) -> Vec<(String, String)> {
    content.iter().map(|(name, digest)| (name.clone(), digest.to_string())).collect()
}

/// Sets an engine's clock by a venue whose clock waits for its subscribers.
struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Follower {
    fn new(venue: &Venue) -> (Self, Clock) {
        let theirs = venue.clock();
        // It must run while sockets are made, before the venue's own does.
        let mut waited = Nanos(theirs.epoch_venue().0 - 5 * MINUTE.0);
        let clock = Clock::manual(waited);
        let stop = Arc::new(AtomicBool::new(false));
        let (own, asked) = (clock.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                if theirs.epoch_local().is_some() {
                    own.set(theirs.now());
                } else {
                    waited = waited.after(Nanos(1_000_000));
                    own.set(waited);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        (Self { stop, thread: Some(thread) }, clock)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(files: &[PathBuf], pace: Pace) -> Venue {
    let grid = Instrument::parse(GRID).expect("a grid");
    let source = RecordingSource::new(lines(files), grid, 2);
    let streams = ["depth@100ms", "bookTicker", "aggTrade"];
    let plan = VenuePlan {
        pace,
        rules: Rules::default(),
        wait_for: streams.map(|stream| format!("btcusdt@{stream}")).to_vec(),
        // However busy the machine is: no socket may run ahead of another by a bar's grace.
        in_step: true,
        ..VenuePlan::default()
    };
    Venue::start(plan, Box::new(source)).expect("a venue")
}

/// One run to the recording's end. Everything that must be equal within it is held here.
fn live(files: &[PathBuf], kind: LayoutKind, pace: Pace, folder: &Path) -> Summary {
    let venue = serve(files, pace);
    let (follower, clock) = Follower::new(&venue);
    let authority = tls::certificates(venue.authority_pem().as_bytes()).expect("an authority");
    let (host, port) = ("localhost".to_owned(), venue.address().port());
    let address = Address {
        stream_host: host.clone(),
        stream_port: port,
        rest_host: host,
        rest_port: port,
        tls: tls::config(&authority).expect("a sound certificate"),
    };
    let hot = folder.join("hot");
    std::fs::create_dir_all(&hot).expect("a folder");
    let mut plan = Plan::new(address, vec!["BTCUSDT".into()], hot).expect("a layout");
    let idle = Idle::Park { nap: Duration::from_micros(200) };
    plan.layout = Layout::plan(kind, &[], usable_cores(), idle).expect("a layout");
    plan.journal = Some(folder.join("journal"));
    plan.stages = plan.stages.with_content(true);
    // An audit asks for a snapshot of now, and a recording has one of then.
    plan.audit_every = Duration::ZERO;
    let per_mille = if pace == Pace::AsRead { 1_000 } else { 20_000 };
    plan = plan.at_speed(clock, per_mille).for_recording();
    // Its clock leaps: what stands still is not our host.
    plan.rules.pause = Nanos(1_000_000 * SECOND.0);
    let engine = Engine::start(plan).expect("an engine");
    let begun = Instant::now();
    let mut still = (0, Instant::now());
    while still.1.elapsed() < SETTLED {
        assert!(begun.elapsed() < PATIENCE, "stuck at {} frames", still.0);
        let frames = engine.vitals().count("feed_frames_total");
        if frames != still.0 || !venue.is_drained() || engine.lag() > 100 {
            still = (frames, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = engine.stop();
    drop((venue, follower));
    let which = format!("{} at {pace:?}", kind.text());
    assert!(ended.agrees(), "{which}: live and replica differ");
    let replayed = ended.replay().expect("a sound journal").expect("a journal");
    assert_eq!(replayed, ended.live, "{which}: the journal says something else");
    println!("{which}: {} events in {} ms", ended.live.events, begun.elapsed().as_millis());
    ended.live
}

/// Where a run's files lie; gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_session_of_2024_has_one_content_however_it_comes() {
    let test = "the_session_of_2024_has_one_content_however_it_comes";
    let files: Option<Vec<PathBuf>> = DAYS.iter().map(|name| data(test, name)).collect();
    let Some(files) = files else { return };
    let name = format!("fulcrum-sockets-{}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    let want = offline(&files);
    assert_eq!(want.content.len(), 5, "five figures: {:?}", want.content);
    let want = named(&want.content);
    let mut wrong = Vec::new();
    for pace in [Pace::AsRead, Pace::Times(20.0)] {
        for kind in [LayoutKind::One, LayoutKind::Two, LayoutKind::Four] {
            let place = folder.0.join(format!("{}-{}", kind.text(), pace == Pace::AsRead));
            let got = named(&live(&files, kind, pace, &place).content);
            for (got, want) in got.iter().zip(&want) {
                if got != want {
                    wrong.push(format!("{} at {pace:?}: {got:?}, not {want:?}", kind.text()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

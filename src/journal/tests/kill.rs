//! `kill -9` at random instants: every message that was published is found again, of events and of
//! decisions, and a reader in another process sees what the dead one wrote.

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use journal::{Files, Home, Journal, JournalError, Recorder, RecorderPlan, Recording, decisions};
use model::{Draft, Head, InstrumentId, Kind, Line, MILLISECOND, Nanos};
use runtime::log::{Plan, Tail, TailError, Writer, create, decisions_directory, run_directory};

use crate::place::Place;
use crate::rig::{RUN, digest_of, expected, read_all};
use crate::tape::{Dice, Tape};

const SEED: u64 = 5;
const ROUNDS: u64 = 12;
/// Events for each decision of the child.
const EVENTS_PER_DECISION: u64 = 8;
/// Tells a test process that it is the child, and where to write.
const PLACES: &str = "FULCRUM_TEST_KILL";

/// The child: writes as fast as the door lets it until it is killed.
#[test]
#[ignore = "the child of the tests beside it"]
fn child() {
    let Some(places) = env::var_os(PLACES) else { return };
    let places = places.into_string().expect("a path of ours");
    let (disk, hot) = places.split_once('|').expect("two places");
    let home = Home::open(Path::new(disk)).expect("ours");
    let files = home.begin(RUN).expect("a new run");
    let plan = Plan {
        segment_bytes: 1 << 20,
        ahead: 2,
        segments_max: 8,
        ..Plan::new(Path::new(hot).into(), RUN)
    };
    let (mut events, recording) = start(plan, files);
    let files = home.begin_decisions(RUN).expect("a run of ours");
    let plan = Plan::of_decisions(Path::new(hot).into(), RUN);
    let (mut decided, deciding) = start(plan, files);
    let (mut tape, mut draft) = (Tape::new(SEED), Draft::default());
    loop {
        tape.next(&mut draft);
        let (head, body) = draft.parts();
        append(&mut events, head, body, &recording);
        if head.sequence.is_multiple_of(EVENTS_PER_DECISION) {
            let mut decision = Head::new(Kind::StateDecision, InstrumentId::NONE);
            (decision.sequence, decision.lines, decision.id) = (decided.next(), 1, head.sequence);
            append(&mut decided, &mut decision, &[Line([head.sequence; 8])], &deciding);
        }
    }
}

/// A log, and its cold side on threads.
fn start(plan: Plan, files: Files) -> (Writer, Recording<Files>) {
    let start = Instant::now();
    let now = move || Nanos(u64::try_from(start.elapsed().as_nanos()).expect("fits"));
    let (writer, mut keeper, log) = create(plan, now()).expect("a log");
    let often = RecorderPlan { sync_every: Nanos(5 * MILLISECOND.0), ..RecorderPlan::default() };
    let recording = Recorder::new(&log, files, often).spawn(now).expect("a thread");
    thread::spawn(move || keeper.run(now, Duration::from_micros(200), &AtomicBool::new(false)));
    (writer, recording)
}

fn append(writer: &mut Writer, head: &mut Head, body: &[Line], recording: &Recording<Files>) {
    while writer.append(head, body).is_err() {
        assert!(!recording.is_finished(), "the recorder lives");
        thread::yield_now();
    }
}

fn spawn(disk: &Place, hot: &Place) -> Child {
    let places = format!("{}|{}", disk.path().display(), hot.path().display());
    Command::new(env::current_exe().expect("this test"))
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env(PLACES, places)
        .stdout(Stdio::null())
        .spawn()
        .expect("a child")
}

/// Waits for the child's log and reads it until `deadline` or its end; checks what it reads
/// against the tape and gives back the last sequence seen.
struct Watcher<'a> {
    directory: std::path::PathBuf,
    tail: Option<Tail>,
    last: u64,
    want: &'a [u64],
}

impl Watcher<'_> {
    /// Reads all there is now.
    fn look(&mut self) {
        loop {
            let Some(tail) = &mut self.tail else {
                self.tail = Tail::open(&self.directory).ok();
                if self.tail.is_none() {
                    return;
                }
                continue;
            };
            match tail.read() {
                Ok(Some(message)) => {
                    assert_eq!(message.head.crc, runtime::crc::message(message));
                    self.last = message.head.sequence;
                    let at = usize::try_from(self.last - 1).expect("fits");
                    if let Some(want) = self.want.get(at) {
                        assert_eq!(digest_of(message), *want, "message {}", self.last);
                    }
                }
                Ok(None) => return,
                // Too slow for shared memory: on from what is there.
                Err(TailError::Gone(_)) => self.tail = None,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn kill_9_loses_nothing() {
    let want = expected(SEED, 20_000);
    let mut dice = Dice(97);
    for round in 0..ROUNDS {
        let (disk, hot) = (Place::disk(), Place::hot());
        let mut child = spawn(&disk, &hot);
        let directory = run_directory(hot.path(), RUN);
        let mut watcher =
            Watcher { directory: directory.clone(), tail: None, last: 0, want: &want };
        let patience = Instant::now() + Duration::from_secs(30);
        while watcher.last == 0 {
            assert!(Instant::now() < patience, "the child never wrote");
            thread::sleep(Duration::from_micros(100));
            watcher.look();
        }
        if round == 0 {
            // The living keep what is theirs.
            assert!(matches!(Home::open(disk.path()), Err(JournalError::Taken(_))));
            let lock = runtime::log::lock(&directory).expect_err("the log is alive");
            assert_eq!(lock.kind(), std::io::ErrorKind::WouldBlock);
        }
        let until = Instant::now() + Duration::from_micros(dice.roll() % 60_000);
        while Instant::now() < until {
            watcher.look();
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("dead");
        // What the dead process published last stands in the shared memory still.
        watcher.look();

        let home = Home::open(disk.path()).expect("the lock died with the child");
        let recovered = home.recover(hot.path()).expect("recovered");
        assert_eq!(recovered.len(), 2, "round {round}: events and decisions");
        assert_eq!((&recovered[0].losses, &recovered[1].losses), (&vec![], &vec![]));
        assert_eq!(recovered[0].last, watcher.last, "round {round}: the last one published");
        assert!(!directory.exists() && !decisions_directory(hot.path(), RUN).exists());
        all_decisions(&decisions(&recovered[0].directory), watcher.last);
        let found = read_all(&Journal::open(&recovered[0].directory).expect("a journal"));
        assert_eq!((found.stopped, found.losses), (None, vec![]), "round {round}");
        assert_eq!(found.digests.len() as u64, watcher.last, "round {round}");
        let checked = found.digests.len().min(want.len());
        assert_eq!(found.digests[..checked], want[..checked], "round {round}");
    }
}

/// Every decision on the events up to `last` is there; that on the last one itself may not have
/// been written yet.
fn all_decisions(directory: &Path, last: u64) {
    let journal = Journal::open(directory).expect("decisions");
    let mut reader = journal.reader();
    let mut found = 0;
    while let Some(message) = reader.read().expect("whole") {
        found += 1;
        let event = found * EVENTS_PER_DECISION;
        assert_eq!((message.head.sequence, message.head.id), (found, event));
        assert_eq!(message.body.view(0), Some(&Line([event; 8])));
    }
    assert!(reader.losses().is_empty(), "{:?}", reader.losses());
    let all = last / EVENTS_PER_DECISION;
    let under_way = u64::from(last.is_multiple_of(EVENTS_PER_DECISION));
    assert!((all - under_way..=all).contains(&found), "{found} of {all}");
}

//! A million messages beside a busy disk: nothing refused, nothing lost; the worst store is
//! printed, not judged (a shared machine takes the thread away when it likes).

use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use journal::{Files, Journal, Recorder, RecorderCounter, RecorderPlan};
use model::{Draft, Nanos};
use runtime::log::{LogCounter, Plan, create};

use crate::place::Place;
use crate::rig::RUN;
use crate::tape::Tape;

const MESSAGES: u64 = 1_000_000;
/// Different messages; their sequences differ, so each is written and checked anew.
const DRAFTS: usize = 4096;
const SEGMENT_BYTES: usize = 16 << 20;
/// Enough for all of it, were the disk to stand still: the feed must not notice.
const SEGMENTS_MAX: usize = 40;

/// Writes and syncs a large file over and over.
fn keep_busy(path: &Path, stop: &AtomicBool) -> u64 {
    let mut file = OpenOptions::new().create_new(true).write(true).open(path).expect("a file");
    let block = vec![0x5a; 4 << 20];
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) {
        file.seek(SeekFrom::Start(0)).expect("sought");
        for _ in 0..16 {
            file.write_all(&block).expect("written");
        }
        file.sync_all().expect("synced");
        written += 16 * block.len() as u64;
    }
    written
}

/// The worst and the count of slow ones among some spans.
#[derive(Default)]
struct Worst {
    worst: Duration,
    over_10_us: u64,
    over_100_us: u64,
}

impl Worst {
    fn add(&mut self, span: Duration) {
        self.worst = self.worst.max(span);
        self.over_10_us += u64::from(span > Duration::from_micros(10));
        self.over_100_us += u64::from(span > Duration::from_micros(100));
    }

    fn text(&self) -> String {
        let Self { worst, over_10_us, over_100_us } = self;
        format!("worst {worst:?}, {over_10_us} over 10 us, {over_100_us} over 100 us")
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is what this test is for")]
fn a_million_messages_beside_a_busy_disk() {
    let (hot, disk) = (Place::hot(), Place::disk());
    let plan = Plan {
        segment_bytes: SEGMENT_BYTES,
        ahead: 6,
        segments_max: SEGMENTS_MAX,
        ..Plan::new(hot.path().into(), RUN)
    };
    let start = Instant::now();
    let now = move || Nanos(u64::try_from(start.elapsed().as_nanos()).expect("fits"));
    let (mut writer, mut keeper, log) = create(plan, now()).expect("a log");
    let counters = keeper.counters();
    if counters.get(LogCounter::Failed) > 0 {
        println!("skipped: a_million_messages_beside_a_busy_disk needs 640 MiB of shared memory");
        return;
    }
    let files = Files::new(disk.path().into());
    let recording =
        Recorder::new(&log, files, RecorderPlan::default()).spawn(now).expect("a thread");
    let stop = AtomicBool::new(false);
    let mut drafts = vec![Draft::default(); DRAFTS];
    let mut tape = Tape::new(77);
    drafts.iter_mut().for_each(|draft| tape.next(draft));

    let (mut stores, mut nothing, mut refused) = (Worst::default(), Worst::default(), 0_u64);
    let busy = thread::scope(|scope| {
        scope.spawn(|| keeper.run(now, Duration::from_micros(500), &stop));
        let busy = scope.spawn(|| keep_busy(&disk.join("busy"), &stop));
        while writer.next() <= MESSAGES {
            let at = usize::try_from(writer.next()).expect("fits") % DRAFTS;
            let sequence = writer.next();
            let (head, body) = drafts[at].parts();
            head.sequence = sequence;
            let before = Instant::now();
            let done = writer.append(head, body);
            let after = Instant::now();
            stores.add(after - before);
            // The same two clock readings around nothing: what the machine itself takes away.
            nothing.add(black_box(Instant::now()).elapsed());
            if done.is_err() {
                refused += 1;
                thread::yield_now();
            }
            // About 200 000 messages a second: ten times the busiest second on record.
            while after.elapsed() < Duration::from_micros(4) {
                std::hint::spin_loop();
            }
        }
        stop.store(true, Ordering::Relaxed);
        busy.join().expect("the busy thread")
    });
    writer.finish();
    let (recorder, done) = recording.stop();
    done.expect("a sound disk");
    println!(
        "{MESSAGES} messages beside a disk that took {} MiB in {:?}\n\
         a store: {}\n nothing: {}\n segments not locked: {}",
        busy >> 20,
        start.elapsed(),
        stores.text(),
        nothing.text(),
        counters.get(LogCounter::Unlocked),
    );
    assert_eq!(refused, 0, "the door never shut");
    assert_eq!(recorder.counters().get(RecorderCounter::Synced), MESSAGES);
    let mut reader = Journal::open(disk.path()).expect("a journal").reader();
    let mut read = 0;
    while let Some(message) = reader.read().expect("sound") {
        read += 1;
        assert_eq!(message.head.sequence, read);
    }
    assert_eq!((read, reader.ended()), (MESSAGES, true));
}

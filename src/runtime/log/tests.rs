//! Scenarios of the log within one process: order, segments, the shut door, freeing.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use model::{Head, InstrumentId, Kind, LINES_MAX, Line, Nanos};

use super::{Item, Keeper, Log, LogCounter, LogError, Plan, Tail, TailError, Writer, create};
use crate::crc;
use crate::door::Closed;

/// A directory of its own for each test, in shared memory where there is any.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shared = PathBuf::from("/dev/shm");
        let base = if shared.is_dir() { shared } else { std::env::temp_dir() };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(base.join(format!("fulcrum-test-log-{}-{number}", std::process::id())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn small(place: &Place) -> Plan {
    Plan { segment_bytes: 0, segments_max: 4, ..Plan::new(place.0.clone(), 7) }
}

fn made(place: &Place) -> (Writer, Keeper, Log) {
    create(small(place), Nanos(5)).expect("a log")
}

/// A message that tells from its sequence what must stand in it.
fn message(sequence: u64, lines: u16) -> (Head, Vec<Line>) {
    let mut head = Head::new(Kind::Depth, InstrumentId(1));
    (head.sequence, head.lines, head.id) = (sequence, lines, !sequence);
    let body = (0..u64::from(lines)).map(|at| Line([sequence ^ at; 8])).collect();
    (head, body)
}

fn append(writer: &mut Writer, lines: u16) -> Result<(), Closed> {
    let (mut head, body) = message(writer.next(), lines);
    writer.append(&mut head, &body)
}

/// Reads all there is and checks every message; the last sequence read.
fn drain(tail: &mut Tail) -> u64 {
    while let Some(read) = tail.read().expect("a sound log") {
        let (head, body) = message(read.head.sequence, read.head.lines);
        assert_eq!(read.head.crc, crc::message(read), "checksum of {}", head.sequence);
        assert_eq!(Head { crc: 0, ..*read.head }, head);
        assert_eq!(read.body.front, body);
    }
    tail.position() - 1
}

#[test]
fn what_is_appended_is_read_in_order_across_segments() {
    let place = Place::new();
    let (mut writer, mut keeper, log) = made(&place);
    let mut tail = log.tail();
    let mut last = 0;
    let sizes = [0, 1, 8, 100, u16::try_from(LINES_MAX).expect("fits"), 3, 0, 4000];
    for round in 0..40 {
        for lines in sizes {
            append(&mut writer, lines).expect("room");
            last += 1;
            keeper.cycle(Nanos(round));
            assert_eq!(drain(&mut tail), last);
        }
    }
    let counters = keeper.counters();
    assert!(counters.get(LogCounter::Made) > 40);
    assert!(counters.get(LogCounter::Live) <= 3, "passed segments are freed");
    assert_eq!(counters.get(LogCounter::Failed), 0);
    assert!(!tail.ended());
    writer.finish();
    assert_eq!(drain(&mut tail), last);
    assert!(tail.ended());
    keeper.remove().expect("removed");
    assert!(!log.directory().exists());
}

#[test]
fn another_process_reads_the_same_until_it_is_too_slow() {
    let place = Place::new();
    let (mut writer, mut keeper, log) = made(&place);
    let mut quick = Tail::open(log.directory()).expect("a log");
    let mut slow = Tail::open(log.directory()).expect("a log");
    append(&mut writer, 4).expect("room");
    assert_eq!(drain(&mut slow), 1);
    for last in 2..30 {
        append(&mut writer, 3000).expect("room");
        assert_eq!(drain(&mut quick), last);
        keeper.cycle(Nanos(0));
    }
    // What it has mapped stays good after the file is gone; the next segment is not there.
    let read = slow.read().expect("still mapped").expect("a message");
    assert_eq!((read.head.sequence, read.body.len()), (2, 3000));
    assert!(matches!(slow.read(), Err(TailError::Gone(2))));
    assert!(matches!(slow.read(), Err(TailError::Gone(2))), "and stays so");
}

#[test]
fn the_door_shuts_while_a_reader_holds_segments_and_opens_when_it_lets_go() {
    let place = Place::new();
    let (mut writer, mut keeper, log) = made(&place);
    let mut tail = log.holding_tail();
    let mut written = 0;
    loop {
        keeper.cycle(Nanos(0));
        if !writer.room(3001) {
            break;
        }
        append(&mut writer, 3000).expect("the room that was there");
        written += 1;
    }
    assert_eq!(append(&mut writer, 3000), Err(Closed));
    assert_eq!(written, 4, "one message in each of the segments allowed");
    assert!(keeper.counters().get(LogCounter::Full) > 0);
    // A small one still fits behind the last.
    assert!(writer.room(1));
    append(&mut writer, 0).expect("room");
    // Read is not enough for a holding reader.
    assert_eq!(drain(&mut tail), 5);
    keeper.cycle(Nanos(0));
    assert!(!writer.room(3001));
    tail.release(3);
    keeper.cycle(Nanos(0));
    assert!(writer.room(3001));
    append(&mut writer, 3000).expect("room");
    // Rewound, it reads again what it still holds: segments 3, 4 and 5.
    tail.rewind().expect("held");
    assert_eq!(drain(&mut tail), 6);
    let kept: Vec<u64> = super::segment::numbers(log.directory()).expect("listed");
    assert_eq!(kept, [3, 4, 5]);
}

#[test]
fn room_means_that_all_of_it_fits() {
    let place = Place::new();
    let plan = Plan { segments_max: 64, ..small(&place) };
    let (mut writer, mut keeper, log) = create(plan, Nanos(0)).expect("a log");
    let mut tail = log.tail();
    let mut dice = 1_u64;
    for _ in 0..3000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lines = u16::try_from((dice >> 33) % 2100).expect("fits");
        let ticks = (dice >> 58) as usize;
        if writer.room(1 + usize::from(lines) + ticks) {
            for _ in 0..ticks {
                append(&mut writer, 0).expect("the room that was there");
            }
            append(&mut writer, lines).expect("the room that was there");
        } else {
            keeper.cycle(Nanos(0));
        }
        assert_eq!(drain(&mut tail), writer.next() - 1);
    }
}

#[test]
fn segments_begin_and_end_in_order() {
    let place = Place::new();
    let (mut writer, mut keeper, log) = made(&place);
    for _ in 0..3 {
        append(&mut writer, 3000).expect("room");
        keeper.cycle(Nanos(11));
    }
    writer.finish();
    let mut tail = log.tail();
    let mut seen = Vec::new();
    while let Some(item) = tail.item().expect("sound") {
        match item {
            Item::Begin(header) => {
                assert_eq!(header.check(), Ok(()));
                assert_eq!((header.run, header.number), (7, header.first));
                seen.push(("begin", header.first));
            }
            Item::Message(message) => seen.push(("message", message.head.sequence)),
            Item::End(end) => {
                assert_eq!(end.crc, crc::of(end, model::Body::EMPTY));
                seen.push(("end", end.id));
            }
        }
    }
    // Segment 1 was freed as no reader was there to need it; so was 2.
    assert_eq!(seen, [("begin", 3), ("message", 3), ("end", 3)]);
    assert!(tail.ended());
}

#[test]
fn impossible_plans_are_refused() {
    let place = Place::new();
    let plan = small(&place);
    for bad in [
        Plan { run: 0, ..plan.clone() },
        Plan { first: 0, ..plan.clone() },
        Plan { first: u64::MAX, ..plan.clone() },
        Plan { ahead: 0, ..plan.clone() },
        Plan { segments_max: 1, ..plan.clone() },
    ] {
        assert!(matches!(create(bad, Nanos(0)), Err(LogError::Plan(_))));
    }
    let made = create(plan.clone(), Nanos(0)).expect("a log");
    assert!(matches!(create(plan, Nanos(0)), Err(LogError::Directory(_))), "a run's number twice");
    drop(made);
    assert!(matches!(Tail::open(&place.0), Err(LogError::Empty)));
}

#[test]
fn memory_that_is_not_there_is_an_error_and_not_a_signal() {
    let place = Place::new();
    let plan = Plan { segment_bytes: 1 << 50, ..small(&place) };
    let directory = plan.directory();
    assert!(matches!(create(plan, Nanos(0)), Err(LogError::Segment(_))));
    assert!(!directory.exists(), "nothing is left behind");
}

#[test]
#[should_panic(expected = "follow each other")]
fn a_hole_in_the_sequence_is_our_own_fault() {
    let place = Place::new();
    let (mut writer, _keeper, _log) = made(&place);
    let (mut head, body) = message(2, 1);
    let _ = writer.append(&mut head, &body);
}

#[test]
fn writer_keeper_and_readers_on_threads_of_their_own() {
    const MESSAGES: u64 = 200_000;
    let place = Place::new();
    let plan = Plan { segment_bytes: 1 << 20, segments_max: 4, ahead: 2, ..small(&place) };
    let (mut writer, mut keeper, log) = create(plan, Nanos(0)).expect("a log");
    let tails = [log.tail(), log.holding_tail()];
    thread::scope(|scope| {
        let feed = scope.spawn(move || {
            while writer.next() <= MESSAGES {
                let lines = u16::try_from(writer.next() % 11).expect("fits");
                if append(&mut writer, lines).is_err() {
                    thread::yield_now();
                }
            }
            writer.finish();
        });
        let readers = tails.map(|mut tail| {
            scope.spawn(move || {
                let mut number = 0;
                while !tail.ended() {
                    let mut passed = None;
                    match tail.item().expect("a sound log") {
                        Some(Item::Begin(header)) => number = header.number,
                        Some(Item::Message(read)) => {
                            assert_eq!(read.head.crc, crc::message(read));
                            assert_eq!(read.head.id, !read.head.sequence);
                        }
                        Some(Item::End(_)) => passed = Some(number + 1),
                        None => thread::yield_now(),
                    }
                    if let Some(number) = passed {
                        tail.release(number);
                    }
                }
                tail.position() - 1
            })
        });
        while !feed.is_finished() {
            keeper.cycle(Nanos(0));
            thread::yield_now();
        }
        feed.join().expect("the feed");
        for reader in readers {
            assert_eq!(reader.join().expect("a reader"), MESSAGES);
        }
    });
}

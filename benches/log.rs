//! A message into the hot log: place, checksum, publish; against a copy into a vector.
//!
//! `cargo bench --bench log` prints a table. Both sides write memory that was touched before and
//! is not in the cache, as the live log's is; the vector neither checksums nor publishes.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use fulcrum_benches::{Contestant, measure, row};
use model::{Head, InstrumentId, Kind, Line, Message, Nanos};
use runtime::crc;
use runtime::log::{Log, Plan, Tail, Writer, create};

const ROUNDS: usize = 21;
/// Lines of one run, whatever the message: 6.4 MB, more than a second-level cache holds.
const LINES: usize = 100_000;

fn main() {
    println!("{:34} {:>9} {:>9} {:>8}", "ns a message", "least", "median", "ratio");
    compare("trade: head and 1 line", Kind::Trade, 1);
    compare("depth: head and 8 lines", Kind::Depth, 8);
    compare("snapshot: head and 334 lines", Kind::Snapshot, 334);
}

/// What one run writes: the same body under ever new sequences.
struct Case {
    head: Head,
    body: Vec<Line>,
    messages: usize,
}

fn compare(title: &str, kind: Kind, lines: u16) {
    let head = Head { lines, ..Head::new(kind, InstrumentId(0)) };
    let body: Vec<Line> = (0..u64::from(lines)).map(|at| Line([!at; 8])).collect();
    let case = Case { head, messages: LINES / (1 + body.len()), body };
    println!("\n{title}");

    let mut copies = vec![Line([1; 8]); (ROUNDS + 2) * LINES];
    copies.clear();
    let (mut writer, log, directory) = hot_log();
    let mut tail = log.tail();
    let mut sequence = 0;
    let mut contestants = [
        Contestant::new("copy into a vector (baseline)", || {
            sequence = copy(&case, &mut copies, sequence);
        }),
        Contestant::new("Writer::append", || append(&case, &mut writer)),
        Contestant::new("the checksum of it alone", || checksum(&case)),
        Contestant::new("Tail::read", || read(&case, &mut tail)),
    ];
    for figure in measure(ROUNDS, case.messages, &mut contestants) {
        println!("{}", row(&figure));
    }
    drop(std::fs::remove_dir_all(directory));
}

/// A log of one segment that holds all rounds: what the cold keeper does is not measured.
fn hot_log() -> (Writer, Log, PathBuf) {
    let shared = Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.into() } else { std::env::temp_dir() };
    let hot_dir = base.join(format!("fulcrum-bench-log-{}", std::process::id()));
    let segment_bytes = (ROUNDS + 2) * LINES * size_of::<Line>();
    let plan = Plan { segment_bytes, ..Plan::new(hot_dir.clone(), 1) };
    let (writer, _keeper, log) = create(plan, Nanos(0)).expect("room in shared memory");
    (writer, log, hot_dir)
}

fn copy(case: &Case, copies: &mut Vec<Line>, mut sequence: u64) -> u64 {
    for _ in 0..case.messages {
        sequence += 1;
        let head = Head { sequence, ..case.head };
        copies.push(Line::of(head));
        copies.extend_from_slice(&case.body);
        black_box(copies.len());
    }
    sequence
}

fn append(case: &Case, writer: &mut Writer) {
    for _ in 0..case.messages {
        let mut head = Head { sequence: writer.next(), ..case.head };
        writer.append(&mut head, &case.body).expect("room for all rounds");
    }
}

fn checksum(case: &Case) {
    for sequence in 0..case.messages as u64 {
        let head = Head { sequence, ..case.head };
        black_box(crc::message(Message::new(&head, &case.body)));
    }
}

fn read(case: &Case, tail: &mut Tail) {
    for _ in 0..case.messages {
        let message = tail.read().expect("a sound log").expect("a message");
        black_box(message.head.id);
    }
}

//! Golden tapes: a tape of each format version is read as it was on the day it was made, forever.
//!
//! Made again only by `cargo test -p journal --test journal -- --ignored make_the_golden_tape`,
//! and the difference is read before it is committed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use journal::{Files, Journal, Recorder, RecorderPlan};
use model::{Digest, Kind, Line, Nanos};

use crate::place::Place;
use crate::rig::Rig;

/// The tape of version 1: this many messages of this seed.
const MESSAGES: u64 = 400;
const SEED: u64 = 1;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name)
}

/// The tape as today's writer and recorder make it.
fn made() -> Vec<u8> {
    let (hot, disk) = (Place::hot(), Place::disk());
    let mut rig = Rig::new(hot.path(), SEED);
    let files = Files::new(disk.path().to_path_buf());
    let mut recorder = Recorder::new(&rig.log, files, RecorderPlan::default());
    rig.write_to(MESSAGES);
    rig.writer.finish();
    recorder.finish(Nanos(0)).expect("a sound disk");
    assert!(!disk.join("0000000002.journal").exists(), "the tape is one segment");
    fs::read(disk.join("0000000001.journal")).expect("recorded")
}

/// A line a kind: number, name, messages, lines, digest over heads and bodies; kinds that this
/// build does not name are joined under `unknown`, as a reader that skips them would.
fn digests(path: &Path) -> String {
    let mut kinds: BTreeMap<u16, (u64, u64, Digest)> = BTreeMap::new();
    let mut reader = Journal::open(path).expect("a tape").reader();
    while let Some(message) = reader.read().expect("a sound tape") {
        let kind = message.head.kind().map_or(0, |kind| kind as u16);
        let (messages, lines, digest) = kinds.entry(kind).or_default();
        *messages += 1;
        *lines += 1 + u64::from(message.head.lines);
        digest.line(&Line::of(*message.head));
        message.body.iter().for_each(|line| digest.line(line));
    }
    assert!(reader.ended(), "the tape was closed in order");
    assert_eq!(reader.losses(), []);
    let mut text = String::from("# kind name messages lines digest\n");
    for (kind, (messages, lines, digest)) in kinds {
        let name = Kind::from_number(kind).map_or("unknown", Kind::text);
        writeln!(text, "{kind} {name} {messages} {lines} {digest}").expect("a string");
    }
    text
}

#[test]
fn the_tape_of_version_1_reads_as_it_did() {
    let want = fs::read_to_string(golden("tape.v1.digests")).expect("committed");
    assert_eq!(digests(&golden("tape.v1.journal")), want);
    // All that enters is on it, and something that nobody knows.
    for number in 0..=18 {
        assert!(want.lines().any(|line| line.starts_with(&format!("{number} "))), "kind {number}");
    }
}

#[test]
fn version_1_is_still_written_byte_for_byte() {
    let want = fs::read(golden("tape.v1.journal")).expect("committed");
    let made = made();
    let same = want.iter().zip(&made).take_while(|(a, b)| a == b).count();
    assert!(want == made, "differs from byte {same} on ({} and {} bytes)", want.len(), made.len());
}

#[test]
fn the_document_describes_every_event() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/JOURNAL_FORMAT.md");
    let text = fs::read_to_string(path).expect("docs/JOURNAL_FORMAT.md");
    for &kind in Kind::ALL.iter().filter(|kind| (**kind as u16) < 64) {
        let heading = format!("\n### {} {}\n", kind as u16, kind.text());
        assert!(text.contains(&heading), "no section {heading:?}");
    }
}

#[test]
#[ignore = "writes the golden tape"]
fn make_the_golden_tape() {
    fs::create_dir_all(golden("")).expect("tests/data");
    fs::write(golden("tape.v1.journal"), made()).expect("written");
    let text = digests(&golden("tape.v1.journal"));
    fs::write(golden("tape.v1.digests"), text).expect("written");
}

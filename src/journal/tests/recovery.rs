//! Damage of every kind at every place: the longest good prefix is kept, the rest is named,
//! nothing panics.

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Files, Home, Journal, JournalError, Reason, Recorder, RecorderPlan};
use model::Nanos;

use crate::place::Place;
use crate::rig::{RUN, Rig, expected, read_all};

const SEED: u64 = 11;

/// A run on disk of `count` messages; the paths of its segments.
fn recorded(place: &Place, count: u64, end: bool) -> Vec<PathBuf> {
    let hot = Place::hot();
    let mut rig = Rig::new(hot.path(), SEED);
    let disk = Files::new(place.path().to_path_buf());
    let mut recorder = Recorder::new(&rig.log, disk, RecorderPlan::default());
    rig.write_to(count);
    if end {
        rig.writer.finish();
    }
    recorder.finish(Nanos(0)).expect("a sound disk");
    segments(place.path())
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("listed");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("listed").path()).collect();
    paths.sort();
    paths
}

#[test]
fn what_was_recorded_is_read_back() {
    let place = Place::disk();
    let files = recorded(&place, 5000, true);
    assert!(files.len() > 3, "several segments: {}", files.len());
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    assert_eq!(found.digests, expected(SEED, 5000));
    assert_eq!((found.stopped, found.losses, found.ended), (None, vec![], true));
    // One segment alone is a journal too.
    let one = read_all(&Journal::open(&files[1]).expect("a segment"));
    assert!(!one.digests.is_empty() && !one.ended);
    assert_eq!(one.stopped, None);
    // So is a run whose oldest segments were removed.
    fs::remove_file(&files[0]).expect("removed");
    let rest = read_all(&Journal::open(place.path()).expect("a journal"));
    assert_eq!(rest.digests, found.digests[found.digests.len() - rest.digests.len()..]);
    assert_eq!(rest.stopped, None);
}

#[test]
fn truncated_at_every_byte() {
    let place = Place::hot();
    let files = recorded(&place, 60, true);
    let whole = fs::read(&files[0]).expect("read");
    let want = expected(SEED, 60);
    let mut kept_before = 0;
    for cut in 0..whole.len() {
        fs::write(&files[0], &whole[..cut]).expect("written");
        let journal = match Journal::open(&files[0]) {
            Ok(journal) => journal,
            Err(JournalError::NoSegment(_)) if cut < 8 => continue,
            Err(error) => panic!("cut at {cut}: {error}"),
        };
        let found = read_all(&journal);
        assert_eq!(found.digests, want[..found.digests.len()], "cut at {cut}");
        assert!(found.digests.len() >= kept_before, "a longer file keeps as much, cut at {cut}");
        kept_before = found.digests.len();
        assert!(!found.ended);
        match found.stopped {
            // Cut between two messages: as after a power cut, nothing to be seen.
            None => assert_eq!(cut % 64, 0),
            Some(loss) => {
                assert_eq!(loss.reason, Reason::Truncated, "cut at {cut}");
                assert_eq!(loss.offset + loss.bytes, cut as u64);
                assert_eq!(loss.after, found.digests.len() as u64);
            }
        }
    }
    assert_eq!(kept_before, want.len());
}

#[test]
fn every_bit_of_the_last_records_flipped() {
    let place = Place::hot();
    let files = recorded(&place, 60, true);
    let whole = fs::read(&files[0]).expect("read");
    let want = expected(SEED, 60);
    let header = 0..64;
    let last_records = whole.len() - 3000..whole.len();
    for byte in header.chain(last_records) {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[byte] ^= 1 << bit;
            fs::write(&files[0], &bytes).expect("written");
            let at = format!("bit {bit} of byte {byte}");
            let Ok(journal) = Journal::open(&files[0]) else {
                assert!(byte < 8, "{at}: only the magic makes it no segment");
                continue;
            };
            let found = read_all(&journal);
            assert_eq!(found.digests, want[..found.digests.len()], "{at}");
            let loss = found.stopped.unwrap_or_else(|| panic!("{at} was not noticed"));
            assert!(loss.offset <= byte as u64, "{at}: {loss}");
            assert_eq!(loss.offset + loss.bytes, whole.len() as u64, "{at}");
            assert_eq!(loss.after, found.digests.len() as u64, "{at}");
        }
    }
}

#[test]
fn damage_in_the_middle_ends_the_reading_there() {
    let place = Place::disk();
    let files = recorded(&place, 5000, true);
    let mut bytes = fs::read(&files[1]).expect("read");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&files[1], &bytes).expect("written");
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    let want = expected(SEED, 5000);
    assert_eq!(found.digests, want[..found.digests.len()]);
    let loss = found.stopped.expect("noticed");
    assert_eq!(loss.path, files[1]);
    // The damaged rest and every segment behind it are named with their bytes.
    let named: u64 = found.losses.iter().map(|loss| loss.bytes).sum();
    let behind: u64 = files[2..].iter().map(|file| fs::metadata(file).expect("there").len()).sum();
    assert_eq!(named, bytes.len() as u64 - loss.offset + behind);
}

#[test]
fn damage_that_costs_no_message_is_named_and_read_over() {
    let place = Place::disk();
    let files = recorded(&place, 5000, true);
    let whole = fs::read(&files[1]).expect("read");
    let want = expected(SEED, 5000);
    for (what, bytes, reason) in [
        ("the end line is gone", whole[..whole.len() - 64].to_vec(), None),
        ("half of it", whole[..whole.len() - 20].to_vec(), Some(Reason::Truncated)),
        ("a bit of it", flipped(&whole, whole.len() - 30), Some(Reason::Crc)),
        ("something behind it", [&whole[..], &[7; 10]].concat(), Some(Reason::BehindEnd)),
    ] {
        fs::write(&files[1], bytes).expect("written");
        let found = read_all(&Journal::open(place.path()).expect("a journal"));
        assert_eq!(found.digests, want, "{what}");
        assert_eq!(found.stopped, None, "{what}");
        let reasons: Vec<Reason> = found.losses.iter().map(|loss| loss.reason).collect();
        assert_eq!(reasons, Vec::from_iter(reason), "{what}");
    }
}

#[test]
fn a_missing_first_or_middle_segment_is_a_hole() {
    let place = Place::disk();
    let files = recorded(&place, 5000, true);
    let middle = fs::read(&files[2]).expect("read");
    fs::remove_file(&files[2]).expect("removed");
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    assert_eq!(found.stopped.expect("noticed").reason, Reason::Hole);
    // Another segment in its place is told by its number.
    fs::copy(&files[1], &files[2]).expect("copied");
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    assert_eq!(found.stopped.expect("noticed").reason, Reason::Misplaced);
    fs::write(&files[2], middle).expect("written");
    // The first header damaged: nothing before the second segment is known, so nothing is kept.
    let first = fs::read(&files[0]).expect("read");
    fs::write(&files[0], flipped(&first, 20)).expect("written");
    let found = read_all(&Journal::open(place.path()).expect("a journal"));
    assert!(found.digests.is_empty());
    assert!(matches!(found.stopped.expect("noticed").reason, Reason::Header(_)));
}

#[test]
fn what_is_no_journal_is_refused() {
    let place = Place::disk();
    let open = |path: &Path| Journal::open(path).map(|_| ());
    assert!(matches!(open(place.path()), Err(JournalError::NoSegment(_))));
    assert!(matches!(open(&place.join("none")), Err(JournalError::Io(..))));
    for (name, bytes) in [("empty", &b""[..]), ("text", b"1721347080000 {\"e\":\"trade\"}\n")] {
        fs::write(place.join(name), bytes).expect("written");
        assert!(matches!(open(&place.join(name)), Err(JournalError::NoSegment(_))), "{name}");
    }
}

#[test]
fn hot_segments_left_behind_complete_the_disk() {
    let (place, hot) = (Place::disk(), Place::hot());
    let home = Home::open(place.path()).expect("ours");
    assert!(matches!(Home::open(place.path()), Err(JournalError::Taken(_))), "one at a time");
    let disk = home.begin(RUN).expect("a new run");
    assert!(matches!(home.begin(RUN), Err(JournalError::RunUsed(_))));
    let directory = disk.directory().to_path_buf();
    let mut rig = Rig::new(hot.path(), SEED);
    let mut recorder = Recorder::new(&rig.log, disk, RecorderPlan::default());
    rig.write_to(1500);
    recorder.finish(Nanos(0)).expect("a sound disk");
    // The recorder sees no more; the writer goes on, then all of it dies without a word.
    rig.write_to(5000);
    let hot_directory = rig.log.directory().to_path_buf();
    assert!(home.recover(hot.path()).expect("looked").is_empty(), "the living are left alone");
    drop((recorder, rig));

    let want = expected(SEED, 5000);
    // Reading both places together changes nothing and loses nothing.
    let both = Journal::open_with_hot(&directory, &hot_directory).expect("both");
    assert_eq!(read_all(&both).digests, want);
    // A torn end of the disk's part is healed by the hot one.
    let last = segments(&directory).pop().expect("a segment");
    let bytes = fs::read(&last).expect("read");
    fs::write(&last, &bytes[..bytes.len() - 100]).expect("written");
    let found = read_all(&both);
    assert_eq!((found.digests, found.stopped), (want.clone(), None));
    assert_eq!(found.losses.len(), 1);

    let kept = Place::hot();
    copy_all(&hot_directory, kept.path());
    let recovered = home.recover(hot.path()).expect("recovered");
    assert_eq!(recovered.len(), 1);
    assert_eq!((recovered[0].run, recovered[0].last), (RUN, 5000));
    assert!(recovered[0].messages >= 3500);
    assert!(!hot_directory.exists(), "the hot log is gone");
    let found = read_all(&Journal::open(&directory).expect("a journal"));
    assert_eq!((&found.digests, found.stopped, found.losses), (&want, None, vec![]));
    assert!(home.recover(hot.path()).expect("nothing left").is_empty());

    // Killed while recovering: a half copy lies there, one segment is old, the hot log is whole.
    fs::create_dir(&hot_directory).expect("made");
    copy_all(kept.path(), &hot_directory);
    let files = segments(&directory);
    let last = files.last().expect("a segment");
    let bytes = fs::read(last).expect("read");
    fs::write(last.with_extension("recovering"), &bytes[..bytes.len() / 3]).expect("written");
    fs::write(last, &bytes[..bytes.len() / 2]).expect("written");
    let again = home.recover(hot.path()).expect("recovered");
    assert!(again[0].messages > 0 && again[0].messages < recovered[0].messages);
    assert_eq!(again[0].last, 5000);
    assert_eq!(segments(&directory), files, "the half copy is gone");
    assert_eq!(read_all(&Journal::open(&directory).expect("a journal")).digests, want);
}

fn copy_all(from: &Path, to: &Path) {
    for path in segments(from) {
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
    }
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

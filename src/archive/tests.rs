//! Scenarios: every container, every break, every order; files composed here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use model::{Nanos, Refusal};

use crate::lines::{Lines, Span};
use crate::{Archive, Item, JOURNAL_MAGIC, SLACK_BACK, SLACK_FRONT};

/// A folder of its own for one test, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("archive-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file for the test");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything a tape holds, one text an item.
fn read(paths: &[PathBuf]) -> Vec<String> {
    let mut archive = Archive::open(paths).expect("inputs that are there");
    let mut texts = Vec::new();
    while let Some(item) = archive.next() {
        texts.push(show(item));
    }
    assert!(archive.next().is_none(), "an end is an end");
    texts
}

fn show(item: Item<'_>) -> String {
    let text = |bytes: crate::Bytes<'_>| {
        assert!(bytes.start >= SLACK_FRONT, "slack before");
        assert!(bytes.end + SLACK_BACK <= bytes.buffer.len(), "slack behind");
        String::from_utf8_lossy(bytes.get()).into_owned()
    };
    match item {
        Item::Frame { time_local: Nanos(time), bytes, place } => {
            format!("{} {time} {}", place.line, text(bytes))
        }
        Item::Answer { time_local: Nanos(time), url, bytes, place } => {
            format!("{} {time} {} {}", place.line, String::from_utf8_lossy(url), text(bytes))
        }
        Item::Header { bytes, place, name } => {
            format!("{} header {name} {}", place.line, text(bytes))
        }
        Item::Row { bytes, place, name } => format!("{} row {name} {}", place.line, text(bytes)),
        Item::Bad { reason, place, .. } => format!("{} bad {}", place.line, reason.text()),
        Item::Journal { path, .. } => format!("journal {}", name_of(path)),
        Item::Broken(broken) => format!("broken {}", name_of(&broken.file)),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("zstd");
    packed.include_checksum(true).expect("zstd");
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

/// How a test's zip keeps its member.
#[derive(Clone, Copy, PartialEq)]
enum Pack {
    Stored,
    Deflated,
    SizesBehind,
}

fn zip(name: &str, bytes: &[u8], pack: Pack) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let data = if pack == Pack::Stored {
        bytes.to_vec()
    } else {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(bytes).expect("memory");
        packed.finish().expect("memory")
    };
    let length = |length: usize| u32::try_from(length).expect("a small test").to_le_bytes();
    let half = |value: usize| u16::try_from(value).expect("a small test").to_le_bytes();
    let sums = [crc.sum().to_le_bytes(), length(data.len()), length(bytes.len())].concat();
    let behind = pack == Pack::SizesBehind;
    let method = if pack == Pack::Stored { 0 } else { 8 };
    let mut out =
        [&b"PK\x03\x04"[..], &half(20), &half(if behind { 8 } else { 0 }), &half(method)].concat();
    out.extend([0; 4]);
    out.extend(if behind { vec![0; 12] } else { sums.clone() });
    out.extend([half(name.len()), half(3)].concat());
    out.extend(name.as_bytes());
    out.extend(b"ext");
    out.extend(data);
    if behind {
        out.extend(b"PK\x07\x08");
        out.extend(sums);
    }
    out.extend(b"PK\x01\x02");
    out.extend([0; 42]);
    out.extend(name.as_bytes());
    out.extend(b"PK\x05\x06");
    out.extend([0; 18]);
    out
}

const RECORDING: &str = "1721347020984480942 {\"a\":1}\n\n1721347020984480943 {\"b\":2}\r\nrubbish\n1721347020984480944 {\"c\":3}";

const RECORDING_READ: [&str; 4] = [
    "1 1721347020984480942 {\"a\":1}",
    "3 1721347020984480943 {\"b\":2}",
    "4 bad bad_line",
    "5 1721347020984480944 {\"c\":3}",
];

const DUMP: &str = "# note\nagg_trade_id,price\n1,2\n# more\n3,4\n";

#[test]
fn what_an_input_is_packed_in_makes_no_difference() {
    let folder = Folder::new("packed");
    let twice = [gz(&RECORDING.as_bytes()[..30]), gz(&RECORDING.as_bytes()[30..])].concat();
    for (name, bytes) in [
        ("plain", RECORDING.as_bytes().to_vec()),
        ("gz", gz(RECORDING.as_bytes())),
        ("two members", twice),
        ("zst", zst(RECORDING.as_bytes())),
        ("stored", zip("x", RECORDING.as_bytes(), Pack::Stored)),
        ("deflated", zip("x", RECORDING.as_bytes(), Pack::Deflated)),
        ("sizes behind", zip("x", RECORDING.as_bytes(), Pack::SizesBehind)),
    ] {
        // Names lie on purpose: only what is inside counts.
        let path = folder.put(&format!("{name}.csv"), &bytes);
        assert_eq!(read(&[path]), RECORDING_READ, "{name}");
    }
}

#[test]
fn rows_carry_the_name_they_came_under() {
    let folder = Folder::new("rows");
    let file = folder.put("BTCUSDT-aggTrades.csv", DUMP.as_bytes());
    assert_eq!(
        read(&[file]),
        [
            "2 header BTCUSDT-aggTrades.csv agg_trade_id,price",
            "3 row BTCUSDT-aggTrades.csv 1,2",
            "5 row BTCUSDT-aggTrades.csv 3,4",
        ]
    );
    let packed = folder.put("any", &zip("ETHUSDT-trades.csv", b"1,2\n", Pack::Deflated));
    assert_eq!(read(&[packed]), ["1 row ETHUSDT-trades.csv 1,2"]);
}

#[test]
fn a_container_cut_anywhere_gives_what_stands_before_the_cut() {
    let folder = Folder::new("cut");
    let whole: Vec<String> = RECORDING_READ.iter().map(ToString::to_string).collect();
    for (name, bytes) in [
        ("gz", gz(RECORDING.as_bytes())),
        ("zst", zst(RECORDING.as_bytes())),
        ("zip", zip("x", RECORDING.as_bytes(), Pack::Deflated)),
        ("sizes", zip("x", RECORDING.as_bytes(), Pack::SizesBehind)),
        ("stored", zip("x", RECORDING.as_bytes(), Pack::Stored)),
    ] {
        for cut in 4..bytes.len() {
            let path = folder.put(name, &bytes[..cut]);
            let mut got = read(&[path.clone(), path]);
            assert_eq!(got.pop(), Some(format!("broken {name}")), "{name} cut at {cut}");
            assert!(whole.starts_with(&got), "{name} cut at {cut}: {got:?}");
        }
    }
}

#[test]
fn a_flipped_bit_never_passes_for_data() {
    let folder = Folder::new("flip");
    for (name, bytes, data) in [
        ("gz", gz(RECORDING.as_bytes()), 10),
        ("zip", zip("x", RECORDING.as_bytes(), Pack::Deflated), 34),
        ("stored", zip("x", RECORDING.as_bytes(), Pack::Stored), 34),
        ("zst", zst(RECORDING.as_bytes()), 6),
    ] {
        let end = if name == "gz" || name == "zst" { bytes.len() } else { bytes.len() - 69 };
        for bit in data * 8..end * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let path = folder.put(name, &flipped);
            let got = read(&[path]);
            // A few bits only pad the last byte of a stream: nothing changed, nothing is broken.
            let broken = got.last() == Some(&format!("broken {name}"));
            assert!(broken || got == RECORDING_READ, "{name} bit {bit}: {got:?}");
        }
    }
}

#[test]
fn captures_given_together_are_merged_and_others_are_not() {
    let folder = Folder::new("merge");
    let ws = folder.put("ws", b"wss://h/s <-> 1.0\n1.2: {w2}\n1.4: {w4}\nrubbish\n1.6: {w6}\n");
    let http = folder.put("http", b"http://h/d?symbol=A -> 1.3: {h3}\nhttp://h/d -> 1.4: {h4}\n");
    let other = folder.put("other", b"1000000000000000000 {o}\n");
    let tail = folder.put("tail", b"0.5: {t}\n");
    assert_eq!(
        read(&[ws, http, other, tail]),
        [
            "2 1200000000 {w2}",
            "1 1300000000 http://h/d?symbol=A {h3}",
            "3 1400000000 {w4}",
            "4 bad bad_line",
            "2 1400000000 http://h/d {h4}",
            "5 1600000000 {w6}",
            "1 1000000000000000000 {o}",
            "1 500000000 {t}",
        ]
    );
}

#[test]
fn a_journal_is_handed_on_whole() {
    let folder = Folder::new("journal");
    let segment = folder.put("segment", &[&JOURNAL_MAGIC[..], b"\x01\0\0\0"].concat());
    let plain = folder.put("plain", b"1000000000000000000 {o}\n");
    let directory = folder.0.join("directory");
    fs::create_dir(&directory).expect("a folder");
    assert_eq!(
        read(&[segment, plain, directory]),
        ["journal segment", "1 1000000000000000000 {o}", "journal directory"]
    );
}

#[test]
fn what_is_recognised_as_nothing_is_refused_line_by_line() {
    let folder = Folder::new("nothing");
    let path = folder.put("x", b"hello\nworld\n");
    assert_eq!(read(&[path]), ["1 bad bad_line", "2 bad bad_line"]);
    let empty = folder.put("empty", b"");
    assert!(read(&[empty]).is_empty());
    let marked = folder.put("marked", b"\xef\xbb\xbf1,2\n");
    assert_eq!(read(&[marked]), ["1 row marked 1,2"]);
    assert!(Archive::open(&[folder.0.join("absent")]).is_err());
}

#[test]
fn a_line_over_the_limit_is_refused_and_the_next_one_stands() {
    let mut text = vec![b'x'; 100];
    text.extend(b"\nshort\n");
    text.extend([b'y'; 33]);
    for step in [1, 7, 32, 1000] {
        let mut source = Drip { bytes: &text, step };
        let mut lines = Lines::new(8, 32);
        let mut got = Vec::new();
        while let Some(Span { start, end, too_long }) = lines.next(&mut source) {
            assert!(lines.buffer().len() <= SLACK_FRONT + 32 + SLACK_BACK);
            got.push(if too_long {
                Refusal::TooLong.text().to_owned()
            } else {
                String::from_utf8_lossy(&lines.buffer()[start..end]).into_owned()
            });
        }
        assert_eq!(got, ["too_long", "short", "too_long"], "step {step}");
    }
}

/// A stream that gives a few bytes at a time.
struct Drip<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl std::io::Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.step.min(into.len()).min(self.bytes.len());
        into[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

//! What the oracles share: where the real data lies, how it is read, and the Python of others.
#![forbid(unsafe_code)]

pub mod day;
pub mod tape;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use archive::{Archive, Item};
use model::{Draft, Instrument, InstrumentId, Instruments};
use tape::Tape;
use wire::{Decoder, Frame, dump::Table};

/// The only instrument of either tape below.
pub const BTC: InstrumentId = InstrumentId(0);
/// The spot day: 863 403 aggregate trades.
pub const SPOT_DAY: &str = "dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip";
/// The futures session of 2024: depth, quotes and single trades over eight minutes.
pub const SESSION: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];

#[expect(clippy::print_stdout, reason = "a test's word to whoever runs it")]
fn skip(test: &str, what: &str) {
    println!("skipped: {test} needs {what}");
}

/// A file of the shared data; `None`, said by name, when it is not there.
///
/// Real data lies where `FULCRUM_DATA` points, else in `../shared/data` beside the project.
#[must_use]
pub fn data(test: &str, file: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(file);
    if path.exists() {
        return Some(path);
    }
    skip(test, &path.display().to_string());
    None
}

/// Runs a script of this folder with the Python of `scripts/oracles` (or of `FULCRUM_PYTHON`):
/// `input` goes to its stdin, what it prints comes back. `None`, said by name, without Python.
///
/// # Panics
/// When the script fails.
#[must_use]
pub fn python(test: &str, script: &str, input: &str) -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("FULCRUM_PYTHON")
        .map_or_else(|| here.join("../../target/oracles/bin/python"), PathBuf::from);
    if !python.exists() {
        skip(test, "the Python that scripts/oracles makes");
        return None;
    }
    let mut child = Command::new(python)
        .arg(here.join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // Of its own: the script may answer before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{script} ended with {}", output.status);
    writer.join().expect("the writer ends").expect("the script reads all of its input");
    Some(String::from_utf8(output.stdout).expect("text"))
}

fn table(text: &str) -> Instruments {
    let mut instruments = Instruments::default();
    let instrument = Instrument::parse(text).expect("a sound grid");
    assert_eq!(instruments.put(instrument), Ok(BTC));
    instruments
}

/// The grid of the spot day.
#[must_use]
pub fn spot() -> Instruments {
    table("BTCUSDT:0.01:0.00001:spot")
}

/// The grid of the session.
#[must_use]
pub fn usdm() -> Instruments {
    table("BTCUSDT:0.1:0.001")
}

/// Every row of the spot day as a message, in order; decoded once a process. How many.
pub fn each_trade(zip: PathBuf, mut take: impl FnMut(&mut Draft)) -> u64 {
    let tape = spot_day(zip);
    tape.first(usize::MAX, |_, draft| take(draft));
    tape.len() as u64
}

/// The spot day's messages.
///
/// # Panics
/// On a row that is none.
pub fn spot_day(zip: PathBuf) -> &'static Tape {
    static DAY: OnceLock<Tape> = OnceLock::new();
    DAY.get_or_init(|| {
        let mut archive = Archive::open(&[zip]).expect("the archive's zip");
        let mut decoder = Decoder::new(spot());
        let (mut draft, mut tape) = (Draft::default(), Tape::default());
        while let Some(item) = archive.next() {
            let Item::Row { bytes, .. } = item else { panic!("{item:?} in a dump of trades") };
            decoder.row(Table::AggTrades, BTC, bytes.get(), &mut draft).expect("a sound row");
            tape.keep(&draft);
        }
        tape
    })
}

/// Every frame of a recording as a message, in order; frames that are none are passed over.
/// How many were taken.
pub fn each_frame(
    recording: &[PathBuf],
    instruments: Instruments,
    mut take: impl FnMut(&mut Draft),
) -> u64 {
    let mut archive = Archive::open(recording).expect("a recording");
    let mut decoder = Decoder::new(instruments);
    let mut draft = Draft::default();
    let mut frames = 0;
    while let Some(item) = archive.next() {
        let Item::Frame { bytes, time_local, .. } = item else { continue };
        if decoder.stream(Frame::bare(bytes.get()), time_local, &mut draft).is_ok() {
            take(&mut draft);
            frames += 1;
        }
    }
    frames
}

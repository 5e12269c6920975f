//! The whole inline pipeline, bytes to insights: the spot day row by row and the 2024 session
//! frame by frame, with decoding alone as the baseline in the same process.
//!
//! `cargo bench --bench pipeline` prints a table; `-- --instructions` takes the first 40 000 of each
//! once through every window, for callgrind. Files are read into memory first; what is
//! timed is decoding, door, book, analytics and ledger.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::path::PathBuf;

use archive::{Archive, Item};
use engine::{Inline, Plan};
use fulcrum_benches::instructions::count;
use fulcrum_benches::{Contestant, cpu_ns, measure, row};
use fulcrum_tests::data;
use model::{Draft, Instrument, InstrumentId, Instruments, Kind, Nanos, Window};
use wire::{Decoder, Frame, dump::Table};

const DAY: &str = "dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip";
const SESSION: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
const ROUNDS: usize = 5;
/// Lines that callgrind is shown.
const COUNTED: usize = 40_000;
/// Every trade of the day fits.
const DAY_TAPE: usize = 1 << 20;
/// Readable bytes before and behind each line, as an archive or a socket buffer has them.
const SLACK: usize = 64;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == "--instructions") {
        instructions(&[DAY], "BTCUSDT:0.01:0.00001:spot", "row of the spot day");
        instructions(&SESSION, "BTCUSDT:0.1:0.001", "frame of the 2024 session");
    } else {
        spot_day();
        session();
    }
}

/// The first lines of an input through every window, for callgrind.
fn instructions(files: &[&str], grid: &str, event: &str) {
    let paths: Option<Vec<_>> = files.iter().map(|file| data("pipeline", file)).collect();
    let Some(paths) = paths else { return };
    let lines = Lines::of(&paths);
    let grid = instruments(grid);
    let mut inline = Inline::new(grid.clone(), &plan(&Window::ALL, SESSION_TAPE), ());
    let (mut decoder, mut draft) = (Decoder::new(grid), Draft::default());
    let calls = COUNTED.min(lines.at.len());
    count(
        "pipeline, every window",
        event,
        calls,
        |calls| calls.len(),
        |calls| {
            for at in calls {
                let (frame, time) = lines.frame(at);
                if time == Nanos::NONE {
                    let (table, id) = (Table::AggTrades, InstrumentId(0));
                    decoder.row(table, id, frame.bytes(), &mut draft).expect("a sound row");
                } else {
                    decoder.stream(frame, time, &mut draft).expect("a sound frame");
                }
                inline.enter(&mut draft);
            }
        },
    );
}

/// Lines of an input in one buffer with slack between them.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    // Where each begins and ends, and when it was received.
    at: Vec<(usize, usize, Nanos)>,
}

impl Lines {
    fn of(paths: &[PathBuf]) -> Self {
        let mut lines = Self { buffer: vec![0; SLACK], at: Vec::new() };
        let mut archive = Archive::open(paths).expect("an input");
        while let Some(item) = archive.next() {
            let (bytes, time) = match item {
                Item::Frame { bytes, time_local, .. } => (bytes.get(), time_local),
                Item::Row { bytes, .. } => (bytes.get(), Nanos::NONE),
                _ => continue,
            };
            let start = lines.buffer.len();
            lines.buffer.extend_from_slice(bytes);
            lines.at.push((start, lines.buffer.len(), time));
            lines.buffer.extend_from_slice(&[0; SLACK]);
        }
        lines
    }

    fn frame(&self, at: usize) -> (Frame<'_>, Nanos) {
        let (start, end, time) = self.at[at];
        (Frame::within(&self.buffer, start, end), time)
    }
}

fn instruments(text: &str) -> Instruments {
    let mut instruments = Instruments::default();
    instruments.put(Instrument::parse(text).expect("a sound grid")).expect("room");
    instruments
}

/// Eight minutes of trades; a tape for 24 h would cost the session 100 MB of page faults.
const SESSION_TAPE: usize = 65_536;

fn plan(windows: &[Window], tape_slots: usize) -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = tape_slots;
    plan.analytics.windows = windows.to_vec();
    plan.analytics.groups = analytics::Kept::NONE;
    plan
}

fn spot_day() {
    let Some(zip) = data("pipeline", DAY) else { return };
    let lines = Lines::of(&[zip]);
    let grid = || instruments("BTCUSDT:0.01:0.00001:spot");
    let decode = |mut take: Box<dyn FnMut(&mut Draft)>| {
        let mut decoder = Decoder::new(grid());
        let mut draft = Draft::default();
        for &(start, end, _) in &lines.at {
            let row = &lines.buffer[start..end];
            decoder.row(Table::AggTrades, InstrumentId(0), row, &mut draft).expect("a sound row");
            take(&mut draft);
        }
    };
    let whole = |windows: &[Window]| {
        let mut inline = Inline::new(grid(), &plan(windows, DAY_TAPE), ());
        decode(Box::new(move |draft| inline.enter(draft)));
    };
    let mut contestants = [
        Contestant::new("decode only", || decode(Box::new(|_| {}))),
        Contestant::new("pipeline, no window", || whole(&[])),
        Contestant::new("pipeline, one profile", || whole(&[Window::All])),
        Contestant::new("pipeline, every window", || whole(&Window::ALL)),
    ];
    println!("spot day, {} rows; ns a row: least, median, times the first", lines.at.len());
    for figure in measure(ROUNDS, lines.at.len(), &mut contestants) {
        println!("{}   {:.2} M rows/s", row(&figure), 1e3 / figure.least_ns);
    }
}

fn session() {
    let paths: Option<Vec<_>> = SESSION.iter().map(|file| data("pipeline", file)).collect();
    let Some(paths) = paths else { return };
    let lines = Lines::of(&paths);
    let grid = || instruments("BTCUSDT:0.1:0.001");
    let decode = |mut take: Box<dyn FnMut(&mut Draft)>| {
        let mut decoder = Decoder::new(grid());
        let mut draft = Draft::default();
        for at in 0..lines.at.len() {
            let (frame, time) = lines.frame(at);
            decoder.stream(frame, time, &mut draft).expect("a sound frame");
            take(&mut draft);
        }
    };
    let mut contestants = [
        Contestant::new("decode only", || decode(Box::new(|_| {}))),
        Contestant::new("pipeline, every window", || {
            let mut inline = Inline::new(grid(), &plan(&Window::ALL, SESSION_TAPE), ());
            decode(Box::new(move |draft| inline.enter(draft)));
        }),
    ];
    println!("2024 session, {} frames; ns a frame: least, median, times the first", lines.at.len());
    for figure in measure(ROUNDS, lines.at.len(), &mut contestants) {
        println!("{}   {:.2} M frames/s", row(&figure), 1e3 / figure.least_ns);
    }
    by_kind(&lines, grid());
}

/// Where the session's time goes: ns a message by kind, two clock readings (about 0.5 µs of
/// system call, subtracted) around runs of one kind.
fn by_kind(lines: &Lines, grid: Instruments) {
    let mut inline = Inline::new(grid.clone(), &plan(&Window::ALL, SESSION_TAPE), ());
    let mut decoder = Decoder::new(grid);
    let mut draft = Draft::default();
    let mut spent = [(0.0, 0_u32); Kind::ALL.len()];
    let reading = {
        let start = cpu_ns();
        let readings = 1000;
        (0..readings).for_each(|_| {
            std::hint::black_box(cpu_ns());
        });
        (cpu_ns() - start) / f64::from(readings)
    };
    for at in 0..lines.at.len() {
        let (frame, time) = lines.frame(at);
        let start = cpu_ns();
        decoder.stream(frame, time, &mut draft).expect("a sound frame");
        inline.enter(&mut draft);
        let (sum, count) = &mut spent[usize::from(draft.head.kind)];
        *sum += cpu_ns() - start - reading;
        *count += 1;
    }
    println!("by kind, ns a message, mean, caches cold from the clock's system call:");
    for &kind in Kind::ALL {
        let Some((sum, count)) = spent.get(kind as usize).filter(|(_, count)| *count > 0) else {
            continue;
        };
        println!("  {:14} {:9.0}   {} messages", kind.text(), sum / f64::from(*count), count);
    }
}

//! Frame to event: ours against sonic-rs and serde_json into typed structs with every field
//! converted to fixed point, on recorded and composed frames.
//!
//! `cargo bench --bench decode` prints the table. `-- --instructions` decodes every set a few times,
//! for callgrind; `-- --baseline SET N` decodes a set N times with sonic-rs and prints nothing.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod typed;

use std::hint::black_box;
use std::io::Read;

use fulcrum_benches::instructions::count;
use fulcrum_benches::{Contestant, measure, row};
use fulcrum_tests::compose::{ALT, BTC, Composer, ETH, Look};
use fulcrum_tests::{data, table};
use model::{Draft, InstrumentId, Nanos};
use typed::{Fixed, Parser};
use wire::dump::Table;
use wire::{Decoder, Frame};

const ROUNDS: usize = 15;
/// Frames handled in one round of one contestant, about.
const FRAMES: usize = 20_000;

/// Frames of one kind in one buffer with room around each.
struct Set {
    name: &'static str,
    buffer: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Set {
    fn new<'f>(name: &'static str, frames: impl Iterator<Item = &'f [u8]>) -> Self {
        let mut set = Self { name, buffer: vec![0; 64], places: Vec::new() };
        for frame in frames {
            let start = set.buffer.len();
            set.buffer.extend_from_slice(frame);
            set.places.push((start, set.buffer.len()));
            // As in a receive buffer: the next frame's header is all that lies between.
            set.buffer.extend_from_slice(&[0; 4]);
        }
        set.buffer.extend_from_slice(&[0; 64]);
        set
    }

    fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|&(start, end)| &self.buffer[start..end])
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let sets = sets();
    match words.as_slice() {
        ["--instructions"] => sets.iter().for_each(instructions),
        ["--baseline", name, times] => repeat(&sets, name, times, |set, times| {
            theirs(set, Parser::Sonic, times);
        }),
        [] => {
            sets.iter().for_each(compare);
            rows();
        }
        _ => println!("decode [--instructions | --baseline SET N]"),
    }
}

/// Two passes, of which the second is counted.
fn instructions(set: &Set) {
    let (mut decoder, mut draft) = (decoder(), Draft::default());
    let frames = |passes: std::ops::Range<usize>| passes.len() * set.places.len();
    count(&format!("decode {}", set.name), "frame", 2, frames, |passes| {
        passes.for_each(|_| pass(&mut decoder, set, &mut draft));
    });
}

fn repeat(sets: &[Set], name: &str, times: &str, run: impl Fn(&Set, usize)) {
    let times = times.parse().unwrap_or(1);
    sets.iter().filter(|set| set.name == name).for_each(|set| run(set, times));
}

fn decoder() -> Decoder {
    Decoder::new(table(&[BTC.instrument, ETH.instrument, ALT.instrument]))
}

fn pass(decoder: &mut Decoder, set: &Set, draft: &mut Draft) {
    for &(start, end) in &set.places {
        let frame = Frame::within(black_box(&set.buffer), start, end);
        let done = decoder.stream(frame, Nanos(1), draft);
        debug_assert!(done.is_ok());
        black_box(&*draft);
    }
}

fn theirs(set: &Set, parser: Parser, times: usize) {
    let mut fixed = Fixed::default();
    for _ in 0..times {
        for frame in set.frames() {
            assert!(fixed.read(parser, black_box(frame)), "a typed struct misses a field");
            black_box(&fixed);
        }
    }
}

fn compare(set: &Set) {
    if set.places.is_empty() {
        return;
    }
    let times = FRAMES.div_ceil(set.places.len());
    let bytes: usize = set.frames().map(<[u8]>::len).sum();
    let (mut decoder, mut draft) = (decoder(), Draft::default());
    pass(&mut decoder, set, &mut draft);
    let before = decoder.counts().clone();
    let figures = measure(
        ROUNDS,
        times * set.places.len(),
        &mut [
            Contestant::new("wire::Decoder", || {
                for _ in 0..times {
                    pass(&mut decoder, set, &mut draft);
                }
            }),
            Contestant::new("sonic-rs typed", || theirs(set, Parser::Sonic, times)),
            Contestant::new("serde_json typed", || theirs(set, Parser::Serde, times)),
        ],
    );
    let learnt = decoder.counts().learnt - before.learnt;
    println!(
        "\n{}: {} frames of {} bytes; {learnt} shapes learnt while measured\n{:34} {:>9} {:>9} {:>8}",
        set.name,
        set.places.len(),
        bytes / set.places.len(),
        "",
        "least ns",
        "median ns",
        "x ours",
    );
    figures.iter().for_each(|figure| println!("{}", row(figure)));
}

/// Rows of a dump: the scanner against the checked way, which splits and reads each column.
fn rows() {
    let text = text("dumps/spot-BTCUSDT-aggTrades-2025-09-01-10k.csv.gz");
    let rows: Vec<&[u8]> =
        text.split(|&byte| byte == b'\n').filter(|row| !row.is_empty()).collect();
    let spot = || Decoder::new(table(&["BTCUSDT:0.01:0.00001:spot"]));
    let (mut fast, mut slow) = (spot(), spot());
    let (mut left, mut right) = (Draft::default(), Draft::default());
    let id = InstrumentId(0);
    let figures = measure(
        ROUNDS,
        rows.len().max(1),
        &mut [
            Contestant::new("Decoder::row", || {
                for row in &rows {
                    let _ = fast.row(Table::AggTrades, id, black_box(row), &mut left);
                    black_box(&left);
                }
            }),
            Contestant::new("split and checked", || {
                for row in &rows {
                    let _ = slow.row_checked(Table::AggTrades, id, black_box(row), &mut right);
                    black_box(&right);
                }
            }),
        ],
    );
    println!("\naggTrades-csv: {} rows", rows.len());
    figures.iter().for_each(|figure| println!("{}", row(figure)));
}

fn sets() -> Vec<Set> {
    let old = text("recordings/usdm_btcusdt_20240719.gz");
    let marks = text("recordings/usdm_btcusdt_20230404.gz");
    let new = [text("frames/usdm_streams.txt"), text("frames/more_frames.jsonl")].concat();
    let recorded = |name, text: &[u8], wanted: &str| {
        let lines = frames(text).filter(|frame| holds(frame, wanted)).take(4_000);
        let lines: Vec<Vec<u8>> = lines.map(<[u8]>::to_vec).collect();
        Set::new(name, lines.iter().map(Vec::as_slice))
    };
    vec![
        recorded("aggTrade-2026", &new, "btcusdt@aggTrade"),
        recorded("trade-2024", &old, "btcusdt@trade"),
        recorded("depth-2024", &old, "btcusdt@depth"),
        recorded("depth-2026", &new, "btcusdt@depth@"),
        composed("depth-eth", |eth, _| eth.depth(25, false).wrapped()),
        recorded("bookTicker-2024", &old, "btcusdt@bookTicker"),
        recorded("bookTicker-2026", &new, "usdt@bookTicker"),
        composed("bookTicker-eth", |eth, _| eth.quote().wrapped()),
        composed("bookTicker-alt", |_, alt| alt.quote().wrapped()),
        composed("aggTrade-eth", |eth, _| eth.aggregate().wrapped()),
        recorded("markPrice-2023", &marks, "btcusdt@markPrice"),
        recorded("markPrice-2026", &new, "btcusdt@markPrice"),
    ]
}

fn composed(name: &'static str, next: impl Fn(&mut Composer, &mut Composer) -> String) -> Set {
    let mut eth = Composer::new(1, ETH, Look::New);
    let mut alt = Composer::new(2, ALT, Look::New);
    let list: Vec<String> = (0..2_000).map(|_| next(&mut eth, &mut alt)).collect();
    Set::new(name, list.iter().map(String::as_bytes))
}

fn holds(frame: &[u8], wanted: &str) -> bool {
    frame.get(..60).is_some_and(|head| String::from_utf8_lossy(head).contains(wanted))
}

fn frames(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
        .filter_map(|line| Some(&line[line.iter().position(|&byte| byte == b'{')?..]))
}

fn text(name: &str) -> Vec<u8> {
    let Some(path) = data("decode", name) else { return Vec::new() };
    let bytes = std::fs::read(&path).unwrap_or_default();
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut text = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text);
    if read.is_ok() { text } else { Vec::new() }
}

//! The book on the recordings' own diffs, against a sorted map and a hash map.
//!
//! What is timed of ours is the whole stage: clock, procedure, both sides, the sums of the best
//! ten levels, and the message that says so. The baselines get the same decoded lines and keep
//! levels, best, and the same sums; no procedure, no clock, no message.
//!
//! `cargo bench --bench book` prints a table.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Read;
use std::path::PathBuf;

use book::{Plan, Stage};
use fulcrum_benches::{cpu_ns, median};
use model::{
    Draft, Head, Instrument, InstrumentId, Instruments, Kind, Level, LevelPrice, Line, Lots,
    Message, Nanos, OBI_LEVELS, Side, Sink,
};
use runtime::Work;
use rustc_hash::FxHashMap;
use wire::{Decoder, Frame};

const FILES: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
/// Everything is measured so many times, in turn.
const ROUNDS: usize = 11;

/// A side of a book, as simple as it can be made.
trait Plain: Default {
    fn put(&mut self, side: Side, price: i64, lots: i64);
    fn best(&self) -> [i64; 2];
    fn sums(&self) -> [i64; 2];
}

/// Sorted maps, asks under their price and bids under theirs.
#[derive(Default)]
struct Sorted {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Plain for Sorted {
    #[inline]
    fn put(&mut self, side: Side, price: i64, lots: i64) {
        let levels = if side == Side::Buy { &mut self.bids } else { &mut self.asks };
        if lots == 0 {
            levels.remove(&price);
        } else {
            levels.insert(price, lots);
        }
    }

    #[inline]
    fn best(&self) -> [i64; 2] {
        let bid = self.bids.last_key_value().map_or(0, |(price, _)| *price);
        [bid, self.asks.first_key_value().map_or(0, |(price, _)| *price)]
    }

    #[inline]
    fn sums(&self) -> [i64; 2] {
        let bids = self.bids.values().rev().take(OBI_LEVELS).sum();
        [bids, self.asks.values().take(OBI_LEVELS).sum()]
    }
}

/// Hash maps; the best is kept, and searched tick by tick when it goes.
#[derive(Default)]
struct Hashed {
    bids: FxHashMap<i64, i64>,
    asks: FxHashMap<i64, i64>,
    best: [i64; 2],
}

impl Hashed {
    /// The next level from `price` on, in steps of `step`. The recordings' book is never empty.
    #[inline]
    fn next(levels: &FxHashMap<i64, i64>, mut price: i64, step: i64) -> i64 {
        while !levels.contains_key(&price) {
            price += step;
        }
        price
    }

    fn sum(levels: &FxHashMap<i64, i64>, best: i64, step: i64) -> i64 {
        let (mut price, mut sum) = (best, 0);
        for _ in 0..OBI_LEVELS {
            price = Self::next(levels, price, step);
            sum += levels[&price];
            price += step;
        }
        sum
    }
}

impl Plain for Hashed {
    #[inline]
    fn put(&mut self, side: Side, price: i64, lots: i64) {
        let (levels, at, step) = match side {
            Side::Buy => (&mut self.bids, 0, -1),
            Side::Sell => (&mut self.asks, 1, 1),
        };
        let best = &mut self.best[at];
        if lots == 0 {
            levels.remove(&price);
            if price == *best && !levels.is_empty() {
                *best = Self::next(levels, price, step);
            }
        } else {
            levels.insert(price, lots);
            if *best == 0 || 0 < (*best - price) * step {
                *best = price;
            }
        }
    }

    #[inline]
    fn best(&self) -> [i64; 2] {
        self.best
    }

    #[inline]
    fn sums(&self) -> [i64; 2] {
        [Self::sum(&self.bids, self.best[0], -1), Self::sum(&self.asks, self.best[1], 1)]
    }
}

/// Takes everything, and keeps the compiler from leaving it out.
struct Null;

impl Sink for Null {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        black_box(message.body.front.first());
    }
}

/// A depth event or snapshot as it was decoded.
struct Event {
    head: Head,
    body: Vec<Line>,
}

impl Event {
    fn levels(&self) -> usize {
        self.body.iter().map(|line| Level::all(line).count()).sum()
    }
}

fn main() {
    let instrument = Instrument::parse("BTCUSDT:0.1:0.001").expect("an instrument");
    let mut instruments = Instruments::default();
    let id = instruments.put(instrument).expect("room");
    let Some((snapshot, diffs)) = recorded(&instruments) else { return };
    let levels: usize = diffs.iter().map(Event::levels).sum();
    println!("{} depth events of {levels} levels, {ROUNDS} rounds, ns a level", diffs.len());
    println!("{:48} {:>8} {:>8} {:>8}", "", "least", "median", "ratio");
    let rounds: Vec<[f64; NAMES.len()]> =
        (0..ROUNDS).map(|_| round(&instruments, id, &snapshot, &diffs)).collect();
    for (at, name) in NAMES.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a bench's figure, not money")]
        let times: Vec<f64> = rounds.iter().map(|times| times[at] / levels as f64).collect();
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let ratio = median(rounds.iter().map(|times| times[at] / times[0]).collect());
        println!("{name:48} {least:8.2} {:8.2} {ratio:8.2}", median(times));
    }
}

/// What is measured; the ratio is to the first.
const NAMES: [&str; 6] = [
    "book stage: apply, best, sums of 10, message",
    "BTreeMap: apply, best, sums of 10",
    "BTreeMap: apply, best",
    "FxHashMap + best scan: apply, best, sums of 10",
    "FxHashMap + best scan: apply, best",
    "floor: read every level of the lines",
];

/// CPU time of each over all events behind the snapshot, ns.
fn round(
    instruments: &Instruments,
    id: InstrumentId,
    snapshot: &Event,
    diffs: &[Event],
) -> [f64; NAMES.len()] {
    let mut stage = Stage::new(instruments, Plan::default());
    stage.take(Message::new(&snapshot.head, &snapshot.body), &mut Null);
    let ours = timed(|| {
        for event in diffs {
            stage.take(Message::new(&event.head, &event.body), &mut Null);
        }
    });
    let best = stage.book(id).map(|book| [Side::Buy, Side::Sell].map(|side| book.best(side)));
    let best = best.map(|best| best.map(|best| best.map_or(0, |(price, _)| price.0)));
    let floor = timed(|| {
        for line in diffs.iter().flat_map(|event| &event.body) {
            put(line, |_, price, lots| {
                black_box(price ^ lots);
            });
        }
    });
    [
        ours,
        plain::<Sorted>(snapshot, diffs, true, best),
        plain::<Sorted>(snapshot, diffs, false, best),
        plain::<Hashed>(snapshot, diffs, true, best),
        plain::<Hashed>(snapshot, diffs, false, best),
        floor,
    ]
}

fn plain<P: Plain>(snapshot: &Event, diffs: &[Event], sums: bool, want: Option<[i64; 2]>) -> f64 {
    let mut book = P::default();
    let load = |book: &mut P, event: &Event| {
        for line in &event.body {
            put(line, |side, price, lots| book.put(side, price, lots));
        }
    };
    load(&mut book, snapshot);
    let nanos = timed(|| {
        for event in diffs {
            load(&mut book, event);
            black_box(book.best());
            if sums {
                black_box(book.sums());
            }
        }
    });
    // A figure of a wrong result is worth nothing.
    assert_eq!(Some(book.best()), want, "all keep the same book");
    nanos
}

/// The levels of a line, read as fast as the book reads them.
#[inline]
fn put(line: &Line, mut put: impl FnMut(Side, i64, i64)) {
    let packed: &model::DepthLine = line.view();
    if packed.form != model::DepthForm::Packed.code() {
        for level in Level::all(line) {
            if let Level { side, price: LevelPrice::Tick(price), lots: Lots(lots) } = level {
                put(side, price.0, lots);
            }
        }
        return;
    }
    let bids = usize::from(packed.bids);
    for at in 0..(bids + usize::from(packed.asks)).min(packed.lots.len()) {
        let side = if at < bids { Side::Buy } else { Side::Sell };
        put(side, packed.base.0 + i64::from(packed.offsets[at]), i64::from(packed.lots[at]));
    }
}

fn timed(run: impl FnOnce()) -> f64 {
    let start = cpu_ns();
    run();
    cpu_ns() - start
}

/// The snapshot of the 2024 session and the events behind it; `None`, said aloud, without it.
fn recorded(instruments: &Instruments) -> Option<(Event, Vec<Event>)> {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let mut decoder = Decoder::new(instruments.clone());
    let mut draft = Draft::default();
    let (mut events, mut snapshot) = (Vec::<Event>::new(), None);
    for file in FILES {
        let Ok(bytes) = std::fs::read(root.join(file)) else {
            println!("skipped: the book bench needs {file}");
            return None;
        };
        let mut text = String::new();
        let mut gz = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        gz.read_to_string(&mut text).expect("a gzip text");
        for (local, json) in text.lines().filter_map(|line| line.split_once(' ')) {
            let local = Nanos(local.parse().expect("nanoseconds"));
            if decoder.stream(Frame::bare(json.as_bytes()), local, &mut draft).is_err() {
                continue;
            }
            let event = || Event { head: draft.head, body: draft.body().to_vec() };
            match draft.head.kind() {
                Some(Kind::Snapshot) => snapshot = Some(event()),
                Some(Kind::Depth) => events.push(event()),
                _ => {}
            }
        }
    }
    // Events that end before the snapshot are of no use to anybody.
    let snapshot = snapshot?;
    events.retain(|event| snapshot.head.id <= event.head.id);
    Some((snapshot, events))
}

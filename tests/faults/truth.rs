//! The venue's truth: every frame that its market made, before any fault touched it, and the book
//! and tape that follow from them by the simplest means there are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use model::{Instrument, Nanos, OBI_LEVELS};
use serde_json::Value;
use simulator::Source;
use simulator::source::{Ask, Outgoing, Reply};

/// What a market made: its first snapshots and every frame since, by stream.
#[derive(Clone, Default, Debug)]
pub(crate) struct Made(Arc<Mutex<Frames>>);

#[derive(Default, Debug)]
struct Frames {
    snapshots: Vec<(String, Instrument, Vec<u8>)>,
    frames: Vec<(String, Vec<u8>)>,
}

/// A source that remembers what it said.
pub(crate) struct Remembering<S> {
    source: S,
    made: Made,
}

impl<S: Source> Remembering<S> {
    pub(crate) fn new(mut source: S) -> (Self, Made) {
        let made = Made::default();
        for (place, (instrument, _)) in source.instruments().into_iter().enumerate() {
            let Reply::Body(body) = source.ask(place, Ask::Depth { limit: 1_000_000 }) else {
                panic!("a synthetic market always has a book");
            };
            let name = instrument.symbol.text().to_lowercase();
            made.0.lock().expect("no panic").snapshots.push((name, instrument, body));
        }
        (Self { source, made: made.clone() }, made)
    }
}

impl<S: Source> Source for Remembering<S> {
    fn instruments(&self) -> Vec<(Instrument, u32)> {
        self.source.instruments()
    }

    fn time_start(&self) -> Nanos {
        self.source.time_start()
    }

    fn next(&mut self, out: &mut Outgoing) -> bool {
        let more = self.source.next(out);
        if more && (out.stream.contains("@depth") || out.stream.contains("@aggTrade")) {
            let mut made = self.made.0.lock().expect("no panic");
            made.frames.push((out.stream.clone(), out.payload.clone()));
        }
        more
    }

    fn ask(&mut self, place: usize, ask: Ask) -> Reply {
        self.source.ask(place, ask)
    }

    fn carries(&self, stream: &str) -> bool {
        self.source.carries(stream)
    }
}

/// Best prices and lots, and the lots of the best [`OBI_LEVELS`], in ticks and lots.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Top {
    pub(crate) bid: i64,
    pub(crate) bid_lots: i64,
    pub(crate) ask: i64,
    pub(crate) ask_lots: i64,
    pub(crate) bid_depth: i64,
    pub(crate) ask_depth: i64,
}

/// A trade: price in ticks, lots, whether the aggressor bought.
pub(crate) type Trade = (i64, i64, bool);

/// One instrument's truth.
#[derive(Default, Debug)]
pub(crate) struct Truth {
    /// The book after each depth event, by its last update id.
    pub(crate) tops: BTreeMap<u64, Top>,
    /// Every aggregate trade by its id.
    pub(crate) trades: BTreeMap<u64, Trade>,
}

impl Made {
    /// The truth of each instrument, in the order of the source.
    pub(crate) fn truth(&self) -> Vec<Truth> {
        let made = self.0.lock().expect("no panic");
        made.snapshots.iter().map(|(name, grid, body)| one(&made, name, grid, body)).collect()
    }
}

fn one(made: &Frames, name: &str, grid: &Instrument, snapshot: &[u8]) -> Truth {
    let mut truth = Truth::default();
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    let snapshot = json(snapshot);
    put(&mut sides, &snapshot["bids"], &snapshot["asks"], grid);
    let mut last = None;
    for (stream, payload) in &made.frames {
        let Some((of, kind)) = stream.split_once('@') else { continue };
        if of != name {
            continue;
        }
        let event = json(payload);
        let id = |key: &str| event[key].as_u64().expect("an id");
        if kind.starts_with("depth") {
            // The market's own chain is whole, or this oracle would be none.
            assert!(last.is_none_or(|last| id("pu") == last), "the market broke its own chain");
            last = Some(id("u"));
            put(&mut sides, &event["b"], &event["a"], grid);
            truth.tops.insert(id("u"), top(&sides));
        } else {
            let price = steps(&event["p"], grid.tick.0);
            let lots = steps(&event["q"], grid.lot.0);
            let buys = !event["m"].as_bool().expect("a flag");
            let before = truth.trades.insert(id("a"), (price, lots, buys));
            assert!(before.is_none(), "the market gave an id twice");
        }
    }
    truth
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("the market speaks JSON")
}

/// A decimal text in whole steps of so many 10⁻⁸.
fn steps(text: &Value, step: i64) -> i64 {
    let text = text.as_str().expect("a decimal");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let fine: i64 = format!("{whole}{part:0<8}").parse().expect("digits");
    assert_eq!(fine % step, 0, "{text} lies on the grid");
    fine / step
}

fn put(sides: &mut [BTreeMap<i64, i64>; 2], bids: &Value, asks: &Value, grid: &Instrument) {
    for (side, levels) in sides.iter_mut().zip([bids, asks]) {
        for level in levels.as_array().expect("levels") {
            let (price, lots) = (steps(&level[0], grid.tick.0), steps(&level[1], grid.lot.0));
            if lots == 0 {
                side.remove(&price)
            } else {
                side.insert(price, lots)
            };
        }
    }
}

fn top([bids, asks]: &[BTreeMap<i64, i64>; 2]) -> Top {
    let best = |level: Option<(&i64, &i64)>| level.map_or((0, 0), |(price, lots)| (*price, *lots));
    let (bid, bid_lots) = best(bids.last_key_value());
    let (ask, ask_lots) = best(asks.first_key_value());
    Top {
        bid,
        bid_lots,
        ask,
        ask_lots,
        bid_depth: bids.values().rev().take(OBI_LEVELS).sum(),
        ask_depth: asks.values().take(OBI_LEVELS).sum(),
    }
}

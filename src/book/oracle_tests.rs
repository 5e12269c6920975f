//! The book against real sessions: the venue's own bookTicker after every event, and the figures
//! of an independent script.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use model::{
    BookState, Draft, Fine, Flags, Instrument, Interval, Kind, Level, LevelPrice, Lots, Nanos,
    Price, QuoteLine, Side, TradeLine, decimal,
};
use serde_json::Value;

use crate::tests::{Bench, ID};
use crate::{BookCounter, Plan};

/// A file of the shared data; `None`, said aloud, where it is absent.
fn data(test: &str, file: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let bytes = std::fs::read(root.join(file));
    if bytes.is_err() {
        #[expect(clippy::print_stdout, reason = "a test that could not run says so")]
        {
            println!("skipped: {test} needs {file}");
        }
    }
    bytes.ok()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_string(&mut text).expect("a gzip text");
    text
}

/// Reads frames of the recordings with a plain JSON library, to owe `wire` nothing.
struct Reader {
    instrument: Instrument,
    id: model::InstrumentId,
}

impl Reader {
    fn price(&self, text: &Value) -> LevelPrice {
        let value = decimal(text.as_str().expect("text").as_bytes()).expect("a decimal");
        match value.steps(self.instrument.tick) {
            Ok(ticks) => LevelPrice::Tick(Price(ticks)),
            Err(_) => LevelPrice::Fine(value.fine().expect("fine")),
        }
    }

    fn ticks(&self, text: &Value) -> Price {
        match self.price(text) {
            LevelPrice::Tick(price) => price,
            LevelPrice::Fine(_) => panic!("off the grid"),
        }
    }

    fn lots(&self, text: &Value) -> Lots {
        let value = decimal(text.as_str().expect("text").as_bytes()).expect("a decimal");
        Lots(value.steps(self.instrument.lot).expect("whole lots"))
    }

    /// Writes the event into the draft; `false` for what the book has no use for.
    fn read(&self, event: &Value, draft: &mut Draft) -> bool {
        let millis = |name: &str| Nanos::from_millis(event[name].as_u64().unwrap_or(0));
        let number = |name: &str| event[name].as_u64().expect("a number");
        let kind = match event["e"].as_str() {
            None => Kind::Snapshot,
            Some("depthUpdate") => Kind::Depth,
            Some("bookTicker") => Kind::Quote,
            Some("trade" | "aggTrade") => Kind::Trade,
            Some(_) => return false,
        };
        draft.open(kind, self.id);
        draft.head.time_event = millis("E");
        draft.head.time_match = millis("T");
        match kind {
            Kind::Snapshot => {
                draft.head.id = number("lastUpdateId");
                self.levels(&event["bids"], &event["asks"], draft);
            }
            Kind::Depth => {
                draft.head.id = number("u");
                draft.head.id_prev = number("pu");
                draft.head.id_span = u32::try_from(number("u") - number("U")).expect("a span");
                self.levels(&event["b"], &event["a"], draft);
            }
            Kind::Quote => {
                draft.head.id = number("u");
                draft.push(QuoteLine {
                    bid: self.ticks(&event["b"]),
                    bid_lots: self.lots(&event["B"]),
                    ask: self.ticks(&event["a"]),
                    ask_lots: self.lots(&event["A"]),
                    bid_fine: Fine(0),
                    ask_fine: Fine(0),
                    reserved: [0; 2],
                });
            }
            _ => self.trade(event, draft),
        }
        true
    }

    fn trade(&self, event: &Value, draft: &mut Draft) {
        let id = event["t"].as_u64().or(event["a"].as_u64()).expect("an id");
        draft.head.id = id;
        if event["X"].as_str().is_some_and(|kind| kind != "MARKET") {
            draft.head.flags = Flags::FOREIGN;
            return;
        }
        let side = if event["m"].as_bool().expect("m") { Side::Sell } else { Side::Buy };
        draft.push(TradeLine {
            price: self.ticks(&event["p"]),
            lots: self.lots(&event["q"]),
            lots_normal: self.lots(&event["q"]),
            first: event["f"].as_u64().unwrap_or(id),
            last: event["l"].as_u64().unwrap_or(id),
            side: side.code(),
            reserved: [0; 23],
        });
    }

    fn levels(&self, bids: &Value, asks: &Value, draft: &mut Draft) {
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            for pair in levels.as_array().expect("levels") {
                let (price, lots) = (self.price(&pair[0]), self.lots(&pair[1]));
                assert!(draft.push_level(Level { side, price, lots }));
            }
        }
    }
}

/// Both sides' best: price and lots in integers.
type Best = [(Price, Lots); 2];

/// A session through the stage, and what the venue said of the best after each update id.
struct Session {
    bench: Bench,
    /// After each applied depth event, in order.
    applied: Vec<(u64, Best)>,
    quotes: BTreeMap<u64, Best>,
}

fn run(test: &str, instrument: &str, files: &[&str], plan: Plan) -> Option<Session> {
    let mut session =
        Session { bench: Bench::new(instrument, plan), applied: vec![], quotes: BTreeMap::new() };
    let reader = Reader { instrument: Instrument::parse(instrument).expect("one"), id: ID };
    for file in files {
        for line in unpacked(&data(test, file)?).lines() {
            let (local, json) = line.split_once(' ').expect("a receive time");
            // Nanoseconds in 19 digits, microseconds in 16.
            let local: u64 = local.parse().expect("digits");
            session.bench.now = Nanos(if local < 1 << 53 { local * 1000 } else { local });
            let frame: Value = serde_json::from_str(json).expect("JSON");
            let event = frame.get("data").unwrap_or(&frame);
            if reader.read(event, &mut session.bench.draft) {
                session.take();
            }
        }
    }
    Some(session)
}

impl Session {
    fn take(&mut self) {
        if self.bench.draft.head.kind() == Some(Kind::Quote) {
            let quote: QuoteLine = *self.bench.draft.body()[0].view();
            let best = [(quote.bid, quote.bid_lots), (quote.ask, quote.ask_lots)];
            self.quotes.insert(self.bench.draft.head.id, best);
        }
        let before = self.bench.count(BookCounter::DepthApplied);
        for seen in self.bench.take() {
            if let Some(line) = seen.book()
                && line.state() == BookState::Trusted
            {
                let best = [(line.bid, line.bid_lots), (line.ask, line.ask_lots)];
                self.applied.push((seen.head.id, best));
            }
        }
        assert!(self.bench.count(BookCounter::DepthApplied) <= before + 1, "one at a time here");
    }

    /// How many applied events equal the last quote whose id is not larger, in order of id.
    fn equal(&self) -> usize {
        let equals = |&&(id, best): &&(u64, Best)| {
            self.quotes.range(..=id).next_back().is_some_and(|(_, quote)| *quote == best)
        };
        self.applied.iter().filter(equals).count()
    }
}

const FILES: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];

#[test]
fn the_session_of_2024_equals_the_venue_and_the_independent_script() {
    let test = "the_session_of_2024_equals_the_venue_and_the_independent_script";
    let oracle = "oracles/usdm_btcusdt_20240718_19_book_profile_cvd.json";
    let Some(expected) = data(test, oracle) else { return };
    let expected: Value = serde_json::from_slice(&expected).expect("JSON");
    // The small window is left and followed all the time, and must not change anything.
    for window_ticks in [65_536, 512] {
        let plan = Plan { window_ticks, content: true, ..Plan::default() };
        let Some(session) = run(test, "BTCUSDT:0.1:0.001", &FILES, plan) else { return };
        assert_eq!(session.bench.count(BookCounter::DepthApplied), 9017);
        assert_eq!(session.applied.len(), 9017);
        assert_eq!(session.equal(), 9017);
        assert_eq!(session.bench.count(BookCounter::DepthBeforeSnapshot), 5);
        assert_eq!(session.bench.count(BookCounter::FarFull), 0);
        final_book(&session, &expected["final_book"]);
        minutes(&session, &expected);
    }
}

#[test]
fn the_session_of_2023_equals_the_venue() {
    let test = "the_session_of_2023_equals_the_venue";
    let files = ["recordings/usdm_btcusdt_20230404.gz"];
    let Some(session) = run(test, "BTCUSDT:0.1:0.001", &files, Plan::default()) else { return };
    let applied = session.bench.count(BookCounter::DepthApplied);
    assert_eq!(session.applied.len() as u64, applied);
    // The first quote may be younger than the first event.
    let first = session.quotes.keys().next().copied().expect("quotes");
    let judged = session.applied.iter().filter(|(id, _)| first <= *id).count();
    assert!(900 < judged, "{judged} events");
    assert_eq!(session.equal(), judged);
    assert_eq!(session.bench.count(BookCounter::DepthGaps), 0);
    assert_eq!(session.bench.count(BookCounter::TradeGaps), 0);
}

fn final_book(session: &Session, expected: &Value) {
    let book = session.bench.stage.book(ID).expect("a book");
    let pair = |value: &Value| (value[0].as_u64().unwrap(), value[1].as_u64().unwrap());
    let number = |value: i64| u64::try_from(value).unwrap();
    let best = |side| book.best(side).map(|(p, q)| (number(p.0), number(q.0))).unwrap();
    assert_eq!(book.state(), BookState::Trusted);
    assert_eq!(Some(book.update_id()), expected["u"].as_u64());
    assert_eq!(best(Side::Buy), pair(&expected["best_bid"]));
    assert_eq!(best(Side::Sell), pair(&expected["best_ask"]));
    let [levels, lots, top] = [Side::Buy, Side::Sell]
        .map(|side| {
            let mut top = 0;
            book.top(side, 20, |_, lots| top += lots.0);
            (book.level_count(side) as u64, number(book.lots(side).0), number(top))
        })
        .into_iter()
        .fold([vec![], vec![], vec![]], |[mut a, mut b, mut c], (x, y, z)| {
            a.push(x);
            b.push(y);
            c.push(z);
            [a, b, c]
        });
    assert_eq!((levels[0], levels[1]), pair(&expected["levels"]));
    assert_eq!(Some(lots[0]), expected["sum_qty_bids"].as_u64());
    assert_eq!(Some(lots[1]), expected["sum_qty_asks"].as_u64());
    assert_eq!((top[0], top[1]), pair(&expected["sum_qty_top20"]));
}

fn minutes(session: &Session, expected: &Value) {
    let closed = session.bench.kept.0.iter().filter_map(crate::tests::Seen::bar);
    let open = session.bench.stage.bars(ID).and_then(|bars| bars.open(Interval::Minute1));
    let bars: Vec<Vec<i64>> = closed
        .chain(open)
        .filter(|(bar, _)| bar.interval() == Interval::Minute1)
        .map(|(bar, sums)| {
            assert_eq!(bar.run, 1);
            assert_eq!(bar.unstable, 0);
            let millis = i64::try_from(bar.time_open.0 / 1_000_000).unwrap();
            let trades = i64::try_from(sums.trades).unwrap();
            let Lots(delta) = sums.delta();
            let [open, high, low, close] = [bar.open.0, bar.high.0, bar.low.0, bar.close.0];
            let [buys, sells] = [sums.buys.0, sums.sells.0];
            let [min, max] = [sums.delta_min.0, sums.delta_max.0];
            vec![millis, open, high, low, close, buys, sells, trades, delta, min, max]
        })
        .collect();
    let want: Vec<Vec<i64>> = serde_json::from_value(expected["bars_1m"].clone()).expect("bars");
    assert_eq!(bars, want);
    assert_eq!(session.bench.count(BookCounter::Trades), 10_701);
    assert_eq!(session.bench.count(BookCounter::TradeGaps), 0);
}

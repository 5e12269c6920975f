//! What a synthetic market promises.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use model::{Digest, Fine, HOUR, MINUTE, Nanos};

use super::{Market, MarketPlan, Stream};
use crate::statistics::{Statistics, of_market, scan, table};

/// Where shared data lies.
fn data(name: &str) -> PathBuf {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    root.join(name)
}

fn figures_of(seed: u64, span: Nanos) -> crate::Figures {
    of_market(seed, MarketPlan::btcusdt(), span)
}

fn recorded(names: &[&str]) -> Option<crate::Figures> {
    let mut statistics = Statistics::new(Fine(10_000_000));
    for name in names {
        let Ok(file) = std::fs::File::open(data(name)) else {
            eprintln!("skipped: statistics of a recording needs {name}");
            return None;
        };
        for line in BufReader::new(flate2::read::GzDecoder::new(file)).split(b'\n') {
            let line = line.expect("a readable recording");
            let at = line.iter().position(|&byte| byte == b' ').map_or(0, |at| at + 1);
            statistics.take(&line[at..]);
        }
    }
    Some(statistics.figures())
}

#[test]
#[ignore = "prints the table of docs; run by hand"]
fn synthetic_beside_recorded() {
    let mut columns = Vec::new();
    let names = ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
    columns.extend(recorded(&names).map(|figures| ("2024-07-18", figures)));
    columns.extend(recorded(&["recordings/usdm_btcusdt_20230404.gz"]).map(|f| ("2023-04-04", f)));
    let hours = std::env::var("HOURS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for (name, seed) in [("seed 1", 1), ("seed 2", 2), ("seed 3", 3)] {
        columns.push((name, figures_of(seed, Nanos(hours * HOUR.0))));
    }
    eprintln!("{}", table(&columns));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let digest = |seed| {
        let mut market = Market::new(seed, MarketPlan::btcusdt());
        let mut digest = Digest::default();
        for _ in 0..20_000 {
            let frame = market.next();
            digest.word(frame.time_venue.0);
            digest.bytes(frame.bytes);
        }
        digest.value()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

/// A book kept from the frames alone, in units of 10⁻⁸.
#[derive(Default)]
struct Mirror {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    update: u64,
}

impl Mirror {
    fn of(market: &Market) -> Self {
        let mut text = Vec::new();
        market.snapshot(usize::MAX, &mut text);
        let update = scan::whole(&text, "lastUpdateId").expect("an id");
        let side = |key| scan::levels(&text, key).collect();
        Self { bids: side("bids"), asks: side("asks"), update }
    }

    fn apply(&mut self, text: &[u8]) {
        for (key, side) in [("b", &mut self.bids), ("a", &mut self.asks)] {
            for (price, lots) in scan::levels(text, key) {
                if lots == 0 {
                    side.remove(&price);
                } else {
                    side.insert(price, lots);
                }
            }
        }
        self.update = scan::whole(text, "u").expect("u");
    }
}

#[test]
fn every_trade_is_a_decrease_of_the_resting_level_to_the_lot() {
    let plan =
        MarketPlan { depth_interval: Nanos(0), aggregate_span: Nanos(0), ..MarketPlan::btcusdt() };
    let mut market = Market::new(11, plan);
    let mut mirror = Mirror::of(&market);
    let mut printed: BTreeMap<(bool, i64), i64> = BTreeMap::new();
    let (mut trades, mut events) = (0, 0);
    while trades < 5_000 {
        let frame = market.next();
        match frame.stream {
            Stream::AggTrade => {
                trades += 1;
                let price = scan::fine(frame.bytes, "p").expect("p");
                let lots = scan::fine(frame.bytes, "q").expect("q");
                let sold = scan::value(frame.bytes, "m") == Some(b"true");
                *printed.entry((sold, price)).or_default() += lots;
            }
            Stream::Depth => {
                events += 1;
                let before = mirror.update;
                let first = scan::whole(frame.bytes, "U").expect("U");
                assert!(first > before, "ids grow");
                if events > 1 {
                    assert_eq!(scan::whole(frame.bytes, "pu"), Some(before));
                }
                for (&(sold, price), &lots) in &printed {
                    let (side, key) = if sold { (&mirror.bids, "b") } else { (&mirror.asks, "a") };
                    let rests = side.get(&price).copied().unwrap_or(0);
                    let after = scan::levels(frame.bytes, key).find(|level| level.0 == price);
                    let (_, after) = after.expect("a trade changes its level");
                    assert_eq!(rests - lots, after, "trade at {price}, event {events}");
                }
                printed.clear();
                mirror.apply(frame.bytes);
                let (bid, ask) = (mirror.bids.last_key_value(), mirror.asks.first_key_value());
                let crossed = bid.zip(ask).is_some_and(|(bid, ask)| bid.0 >= ask.0);
                assert!(!crossed, "event {events}");
            }
            _ => {}
        }
    }
    assert!(events > trades);
}

#[test]
fn diffs_on_a_snapshot_give_the_later_snapshot() {
    let mut market = Market::new(5, MarketPlan::btcusdt());
    let mut mirror = Mirror::of(&market);
    let (mut events, mut compared) = (0, 0);
    while compared < 60 {
        let frame = market.next();
        if frame.stream != Stream::Depth {
            continue;
        }
        events += 1;
        mirror.apply(frame.bytes);
        if events % 50 == 0 {
            let now = Mirror::of(&market);
            // A wall may have been shown at the very end of the beat.
            if now.update == mirror.update {
                compared += 1;
                assert_eq!(now.bids, mirror.bids);
                assert_eq!(now.asks, mirror.asks);
                assert!(now.bids.len() > 1000 && now.asks.len() > 1000);
            }
        }
    }
}

#[test]
fn a_quote_is_the_best_of_the_book_at_its_id() {
    let plan = MarketPlan { depth_interval: Nanos(0), ..MarketPlan::btcusdt() };
    let mut market = Market::new(21, plan);
    let mut mirror = Mirror::of(&market);
    let mut quote = Vec::new();
    for _ in 0..10_000 {
        let frame = market.next();
        match frame.stream {
            Stream::BookTicker => {
                quote.clear();
                quote.extend_from_slice(frame.bytes);
            }
            Stream::Depth => {
                mirror.apply(frame.bytes);
                if scan::whole(&quote, "u") == Some(mirror.update) {
                    let (bid, bids) = mirror.bids.last_key_value().expect("bids");
                    let (ask, asks) = mirror.asks.first_key_value().expect("asks");
                    assert_eq!(
                        (scan::fine(&quote, "b"), scan::fine(&quote, "B")),
                        (Some(*bid), Some(*bids))
                    );
                    assert_eq!(
                        (scan::fine(&quote, "a"), scan::fine(&quote, "A")),
                        (Some(*ask), Some(*asks))
                    );
                }
            }
            _ => {}
        }
    }
}

#[test]
fn ids_of_trades_have_no_hole_and_candles_hold_them_all() {
    let mut market = Market::new(8, MarketPlan { klines: true, ..MarketPlan::btcusdt() });
    let end = market.now().after(Nanos(5 * MINUTE.0));
    let (mut id, mut last, mut volume, mut fills) = (None, None, 0, 0);
    while market.now() < end {
        let frame = market.next();
        assert!(frame.bytes.ends_with(b"}"));
        if frame.stream == Stream::AggTrade {
            assert_eq!(id.map_or(frame.id, |id: u64| id + 1), frame.id);
            id = Some(frame.id);
            let first = scan::whole(frame.bytes, "f").expect("f");
            assert_eq!(last.map_or(first, |last: u64| last + 1), first);
            last = scan::whole(frame.bytes, "l");
            fills += last.expect("l") - first + 1;
            volume += scan::fine(frame.bytes, "q").expect("q");
        }
    }
    let mut text = Vec::new();
    market.aggregates(None, 1000, &mut text);
    assert_eq!(text.windows(5).filter(|part| part == b"{\"a\":").count(), 1000);
    let mut rows = Vec::new();
    market.candles(HOUR, (Nanos(0), Nanos(u64::MAX)), 10, &mut rows);
    let row = String::from_utf8(rows).expect("text");
    let cells: Vec<&str> = row.trim_matches(['[', ']']).split(',').collect();
    let candle_volume = model::decimal(cells[5].trim_matches('"').as_bytes()).expect("volume");
    // The candle also has the aggregate that is still open.
    let open = candle_volume.fine().expect("eight places").0 - volume;
    assert!((0..200_000_000_000).contains(&open), "still open {open}");
    let trades: u64 = cells[8].parse().expect("trades");
    assert!(trades >= fills && trades < fills + 1000);
}

#[test]
fn figures_stand_near_the_recording() {
    // Bands around the recording of July 2024, wide enough for most hours of a seed.
    let figures = figures_of(3, HOUR);
    let within = |name: &str, value: f64, low: f64, high: f64| {
        assert!((low..=high).contains(&value), "{name} {value} not in {low}..{high}");
    };
    within("aggregates/s", figures.aggregates_rate, 3.0, 30.0);
    within("single trades/s", figures.trades_rate, 7.0, 80.0);
    within("aggregates dispersion", figures.aggregates_dispersion, 3.0, 60.0);
    within("size tail", figures.size_tail, 1.05, 1.9);
    within("spread 1 tick", figures.spread_share[0], 0.99, 1.0);
    within("quotes/s", figures.quotes_rate, 40.0, 400.0);
    within("levels/s", figures.levels_rate, 250.0, 2000.0);
    within("volatility", figures.volatility_bp, 0.15, 1.6);
    within("kurtosis", figures.kurtosis, 8.0, 1500.0);
    within("seconds without a move", figures.still_share, 0.3, 0.9);
    within("|r| memory", figures.absolute_memory[0], 0.02, 0.6);
    within("best bid", figures.best_median, 3.0, 20.0);
    within("depth 1000", figures.depth_shape[3], 250.0, 1500.0);
    within("burst", figures.burst_max, 80.0, 5000.0);
}

#[test]
fn a_day_has_bursts_liquidations_and_funding() {
    let mut market = Market::new(2, MarketPlan::btcusdt());
    let open_at_start = market.open_lots();
    let end = market.now().after(Nanos(4 * HOUR.0));
    let (mut slot, mut count, mut burst, mut forced, mut moods) = (0, 0, 0, 0, [false; 4]);
    let lively = |burst: u32, forced: u32, moods: &[bool; 4]| {
        burst >= 1000 && forced > 3 && moods.iter().filter(|&&seen| seen).count() >= 2
    };
    while market.now() < end && !lively(burst, forced, &moods) {
        let mood = market.mood();
        let frame = market.next();
        let tenth = frame.time_venue.0 / 100_000_000;
        (slot, count) = if tenth == slot { (slot, count + 1) } else { (tenth, 1) };
        burst = burst.max(count);
        forced += u32::from(frame.stream == Stream::ForceOrder);
        moods[mood] = true;
    }
    assert!(burst >= 1000, "burst {burst}");
    assert!(forced > 3, "forced {forced}");
    assert!(moods.iter().filter(|&&seen| seen).count() >= 2);
    assert_ne!(market.open_lots(), open_at_start);
    assert!(market.funding_rate().abs() <= 300_000);
}

#[test]
#[ignore = "measures; run by hand: a simulated day and what it costs"]
fn a_day() {
    let start = std::time::Instant::now();
    let mut market = Market::new(1, MarketPlan::btcusdt());
    let end = market.now().after(model::DAY);
    let (mut frames, mut bytes) = (0_u64, 0);
    while market.now() < end {
        bytes += market.next().bytes.len();
        frames += 1;
    }
    eprintln!("{frames} frames, {bytes} bytes, {:?}", start.elapsed());
}

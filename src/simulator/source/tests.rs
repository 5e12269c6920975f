//! What each source promises.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use model::{Instrument, Lots, MILLISECOND, Nanos, Price, Side};

use super::{
    ArchiveRow, ArchiveSource, Ask, Outgoing, RecordingSource, Reply, Source, SyntheticSource,
};
use crate::dice::Dice;
use crate::market::MarketPlan;
use crate::statistics::scan;

fn btc() -> Instrument {
    Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid")
}

#[test]
fn a_recorded_trade_becomes_an_aggregate_of_one_and_diffs_pass_unchanged() {
    let depth = br#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":5,"T":5,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["1.10","2.000"]],"a":[]}}"#;
    let trade = br#"{"stream":"btcusdt@trade","data":{"e":"trade","E":6,"T":6,"s":"BTCUSDT","t":77,"p":"1.10","q":"0.310","X":"MARKET","m":false}}"#;
    let foreign = br#"{"stream":"btcusdt@trade","data":{"e":"trade","E":7,"T":7,"s":"BTCUSDT","t":78,"p":"1.10","q":"0.310","X":"INSURANCE_FUND","m":false}}"#;
    let snapshot = br#"{"lastUpdateId":9,"E":1,"T":1,"bids":[],"asks":[]}"#;
    let lines: Vec<(Nanos, Vec<u8>)> = [&depth[..], trade, foreign, snapshot, depth]
        .iter()
        .zip(1000..)
        .map(|(line, time)| (Nanos(time), line.to_vec()))
        .collect();
    let mut source = RecordingSource::new(lines.into_iter(), btc(), 2);
    let mut out = Outgoing::default();
    assert!(source.next(&mut out));
    assert_eq!(out.stream, "btcusdt@depth@100ms");
    assert_eq!(
        out.payload,
        depth[br#"{"stream":"btcusdt@depth@0ms","data":"#.len()..depth.len() - 1]
    );
    assert_eq!((out.id, out.time_venue), (2, Nanos::from_millis(5)));
    assert_eq!(source.ask(0, Ask::Depth { limit: 1000 }), Reply::Later);
    assert!(source.next(&mut out));
    assert_eq!(out.stream, "btcusdt@aggTrade");
    assert_eq!(
        String::from_utf8_lossy(&out.payload),
        r#"{"e":"aggTrade","E":6,"a":77,"s":"BTCUSDT","p":"1.10","q":"0.310","nq":"0.310","f":77,"l":77,"T":6,"m":false,"st":1}"#
    );
    assert!(source.next(&mut out));
    assert_eq!(
        out.stream, "btcusdt@depth@100ms",
        "the foreign print and the snapshot are no frames"
    );
    assert_eq!(source.ask(0, Ask::Depth { limit: 1000 }), Reply::Body(snapshot.to_vec()));
    let wanted = br#"[{"a":77,"p":"1.10","q":"0.310","nq":"0.310","f":77,"l":77,"T":6,"m":false}]"#;
    assert_eq!(
        source.ask(0, Ask::Aggregates { from: Some(70), limit: 9 }),
        Reply::Body(wanted.to_vec())
    );
    assert!(!source.next(&mut out));
    assert_eq!(source.statistics.foreign, 1);
}

#[test]
fn the_recording_is_served_whole() {
    let root = std::env::var_os("FULCRUM_DATA").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let name = "recordings/usdm_btcusdt_20240718.gz";
    let Ok(file) = std::fs::File::open(root.join(name)) else {
        eprintln!("skipped: the_recording_is_served_whole needs {name}");
        return;
    };
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).split(b'\n').map(|line| {
        let line = line.expect("a readable recording");
        let at = line.iter().position(|&byte| byte == b' ').expect("a time");
        let time = std::str::from_utf8(&line[..at]).expect("text").parse().expect("a number");
        (Nanos(time), line[at + 1..].to_vec())
    });
    let mut source = RecordingSource::new(lines, btc(), 2);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut out = Outgoing::default();
    let mut before = Nanos::NONE;
    while source.next(&mut out) {
        assert!(out.time_venue >= before && out.payload.ends_with(b"}"));
        before = out.time_venue;
        *counts.entry(out.stream.clone()).or_default() += 1;
    }
    assert_eq!(counts["btcusdt@depth@100ms"], 3326);
    assert_eq!(counts["btcusdt@bookTicker"], 7113);
    assert_eq!(counts["btcusdt@aggTrade"], 974);
    let Reply::Body(snapshot) = source.ask(0, Ask::Depth { limit: 1000 }) else {
        panic!("a snapshot")
    };
    assert_eq!(scan::whole(&snapshot, "lastUpdateId"), Some(4_984_028_384_061));
}

#[test]
fn an_archive_trades_in_its_book_to_the_lot() {
    let mut dice = Dice::new(9);
    let mut price = 640_000;
    let rows: Vec<ArchiveRow> = (1..4000_u64)
        .map(|id| {
            price += i64::try_from(dice.below(81)).expect("small") - 40;
            ArchiveRow {
                id,
                first: id * 3,
                last: id * 3 + 2,
                time: Nanos(1_700_000_000_000 * MILLISECOND.0 + id * 37 * MILLISECOND.0),
                price: Price(price),
                lots: Lots(1 + i64::try_from(dice.below(90_000)).expect("small")),
                taker: if dice.chance(0.5) { Side::Buy } else { Side::Sell },
            }
        })
        .collect();
    let volume: i64 = rows.iter().map(|row| row.lots.0).sum();
    let mut source = ArchiveSource::new(1, rows.into_iter(), MarketPlan::btcusdt());
    let Reply::Body(text) = source.ask(0, Ask::Depth { limit: usize::MAX }) else {
        panic!("a book")
    };
    let mut bids: BTreeMap<i64, i64> = scan::levels(&text, "bids").collect();
    let mut asks: BTreeMap<i64, i64> = scan::levels(&text, "asks").collect();
    let (mut out, mut traded, mut previous) = (Outgoing::default(), 0, None);
    while source.next(&mut out) {
        if out.stream.ends_with("@aggTrade") {
            traded += scan::fine(&out.payload, "q").expect("q") / 100_000;
        }
        if out.stream.ends_with("@depth@100ms") {
            for (key, side) in [("b", &mut bids), ("a", &mut asks)] {
                for (price, lots) in scan::levels(&out.payload, key) {
                    side.insert(price, lots);
                }
                side.retain(|_, lots| *lots > 0);
            }
            let pu = scan::whole(&out.payload, "pu");
            assert!(previous.is_none() || previous == pu);
            previous = scan::whole(&out.payload, "u");
            let best =
                (bids.last_key_value().expect("bids").0, asks.first_key_value().expect("asks").0);
            assert!(best.0 < best.1);
        }
    }
    assert_eq!(traded, volume);
    let Reply::Body(text) = source.ask(0, Ask::Depth { limit: usize::MAX }) else {
        panic!("a book")
    };
    assert_eq!(bids, scan::levels(&text, "bids").collect());
    assert_eq!(asks, scan::levels(&text, "asks").collect());
}

#[test]
fn instruments_are_merged_by_time() {
    let plans = vec![MarketPlan::btcusdt(), MarketPlan::ethusdt()];
    let mut source = SyntheticSource::new(3, plans);
    let (mut out, mut before, mut seen) = (Outgoing::default(), Nanos::NONE, BTreeMap::new());
    for _ in 0..5000 {
        assert!(source.next(&mut out));
        assert!(out.time_venue >= before);
        before = out.time_venue;
        *seen.entry(out.stream[..3].to_owned()).or_insert(0) += 1;
    }
    assert!(seen["btc"] > 500 && seen["eth"] > 500, "{seen:?}");
    assert!(source.carries("ethusdt@depth@100ms") && !source.carries("ethusdt@kline_1m"));
}

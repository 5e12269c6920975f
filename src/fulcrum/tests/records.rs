//! Golden records: what `analyze` and `replay` print over a small composed market, to the byte.

mod common;

use common::{Folder, GRID, SESSION, fulcrum, gz};

const BOOK: &str = r#"{"schema":1,"kind":"book","symbol":"BTCUSDT","time_venue":1700000061000000000,"update_id":120,"state":"trusted","bids":[["50000.0","1.500"]],"asks":[["50000.1","2.000"],["50000.2","5.000"]],"levels":[1,2],"lots":["1.500","7.000"]}"#;
const CVD: &str = r#"{"schema":1,"kind":"cvd","symbol":"BTCUSDT","time_venue":1700000061000000000,"cvd":"0.400","min":"0.000","max":"0.500","trades":3,"notional":"40000.0700","stable":true}"#;
const PROFILE: &str = r#"{"schema":1,"kind":"profile","symbol":"BTCUSDT","window":"all","time_venue":1700000061000000000,"bin_ticks":128,"poc":"49996.8","vah":"50009.6","val":"49996.8","volume":"0.800","buy":"0.600","sell":"0.200","bins":[["49996.8","0.600","0.200"]]}"#;
const PROFILE_1: &str = r#"{"schema":1,"kind":"profile","symbol":"BTCUSDT","window":"all","time_venue":1700000061000000000,"bin_ticks":1,"poc":"50000.1","vah":"50000.2","val":"50000.0","volume":"0.800","buy":"0.600","sell":"0.200","bins":[["50000.0","0.000","0.200"],["50000.1","0.500","0.000"],["50000.2","0.100","0.000"]]}"#;
const BAR: &str = r#"{"schema":1,"kind":"bars","symbol":"BTCUSDT","interval":"1m","time_venue":1699999980000000000,"open":"50000.1","high":"50000.1","low":"50000.0","close":"50000.0","volume":"0.700","buy":"0.500","sell":"0.200","delta":"0.300","delta_min":"0.000","delta_max":"0.500","trades":2,"fills":4,"notional":"35000.0500","vwap":"50000.07142857"}"#;
const OPEN_BAR: &str = r#"{"schema":1,"kind":"bars","symbol":"BTCUSDT","interval":"1m","time_venue":1700000040000000000,"open":"50000.2","high":"50000.2","low":"50000.2","close":"50000.2","volume":"0.100","buy":"0.100","sell":"0.000","delta":"0.100","delta_min":"0.000","delta_max":"0.100","trades":1,"fills":2,"notional":"5000.0200","vwap":"50000.20000000","open_bar":true}"#;
const INPUT: &str = r#"{"schema":1,"kind":"input","lines":6,"refused":{}}"#;

fn lines(records: &[&str]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn every_kind_is_printed_to_the_byte() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let words = format!("analyze --emit book,cvd,profile,bars --bin 1 --json {GRID}");
    let ran = fulcrum(&words, &[&file]);
    assert_eq!(ran.out, lines(&[BAR, OPEN_BAR, BOOK, CVD, PROFILE, PROFILE_1, INPUT]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    // Packed, or in two files: the same tape.
    let packed = folder.put("packed", gz(SESSION));
    assert_eq!(fulcrum(&words, &[&packed]).out, ran.out);
    let half = SESSION.find("\n1700000000300").expect("the first trade") + 1;
    let (first, second) = SESSION.split_at(half);
    let parts = [folder.put("first", first), folder.put("second", gz(second))];
    assert_eq!(fulcrum(&words, &[&parts[0], &parts[1]]).out, ran.out);
}

#[test]
fn profiles_come_by_window_and_width() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let words = "analyze --emit profile --window 2h,day,funding --bin 1,10 --json";
    let ran = fulcrum(&format!("{words} {GRID}"), &[&file]);
    let mut want = Vec::new();
    // The input began within these windows.
    let of = |record: &str, window: &str| {
        let record = record.replace("\"all\"", &format!("\"{window}\""));
        record.replace(",\"bin_ticks\"", ",\"uncovered\":true,\"bin_ticks\"")
    };
    for window in ["2h", "day", "funding"] {
        want.push(of(PROFILE, window));
    }
    let tens = PROFILE_1.split("\"bin_ticks\"").next().map(|front| {
        format!(
            "{front}{}",
            r#""bin_ticks":10,"poc":"50000.0","vah":"50001.0","val":"50000.0","volume":"0.800","buy":"0.600","sell":"0.200","bins":[["50000.0","0.600","0.200"]]}"#
        )
    });
    for record in [PROFILE_1, tens.as_deref().unwrap_or_default()] {
        for window in ["2h", "day", "funding"] {
            want.push(of(record, window));
        }
    }
    let want: Vec<&str> = want.iter().map(String::as_str).chain([INPUT]).collect();
    assert_eq!(ran.out, lines(&want));
}

#[test]
fn top_follows_each_depth_event() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let ran = fulcrum(&format!("analyze --emit top --every update --json {GRID}"), &[&file]);
    assert_eq!(
        ran.out,
        lines(&[
            r#"{"schema":1,"kind":"top","symbol":"BTCUSDT","time_venue":1700000000040000000,"update_id":0,"bid":["",""],"ask":["",""],"state":"untrusted"}"#,
            r#"{"schema":1,"kind":"top","symbol":"BTCUSDT","time_venue":1700000000055000000,"update_id":110,"bid":["50000.0","1.500"],"ask":["50000.1","2.000"],"state":"trusted"}"#,
            r#"{"schema":1,"kind":"top","symbol":"BTCUSDT","time_venue":1700000000140000000,"update_id":120,"bid":["50000.0","1.500"],"ask":["50000.1","2.000"],"state":"trusted"}"#,
            INPUT,
        ])
    );
}

#[test]
fn records_as_of_a_time_hold_everything_up_to_it() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let cvd = |time: &str, cvd: &str, max: &str, trades: u32, notional: &str| {
        format!(
            r#"{{"schema":1,"kind":"cvd","symbol":"BTCUSDT","time_venue":{time},"cvd":"{cvd}","min":"0.000","max":"{max}","trades":{trades},"notional":"{notional}","stable":true}}"#
        )
    };
    for (at, want) in [
        // Between two trades, at one, before all, behind all.
        ("2023-11-14T22:13:20.25Z", cvd("1700000000250000000", "0.500", "0.500", 1, "25000.0500")),
        ("1700000000300000000", cvd("1700000000300000000", "0.300", "0.500", 2, "35000.0500")),
        ("1600000000000000000", cvd("1600000000000000000", "0.000", "0.000", 0, "0.0000")),
        ("2023-11-15T00:00:00Z", cvd("1700006400000000000", "0.400", "0.500", 3, "40000.0700")),
    ] {
        let ran = fulcrum(&format!("analyze --emit cvd --at {at} --json {GRID}"), &[&file]);
        assert_eq!(ran.out, lines(&[&want, INPUT]), "{at}");
    }
    let ran = fulcrum(&format!("analyze --emit cvd --every 30s --json {GRID}"), &[&file]);
    assert_eq!(
        ran.out,
        lines(&[
            &cvd("1700000010000000000", "0.300", "0.500", 2, "35000.0500"),
            &cvd("1700000040000000000", "0.300", "0.500", 2, "35000.0500"),
            INPUT,
        ])
    );
}

#[test]
fn a_snapshot_of_nobody_is_refused_and_one_of_an_answer_is_not() {
    let folder = Folder::new();
    let snapshot = SESSION.lines().nth(1).expect("the snapshot");
    let alone = folder.put("alone", snapshot);
    let ran = fulcrum(&format!("analyze --emit book --json {GRID}"), &[&alone]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("alone:1: symbol_not_given: "), "{}", ran.err);
    // As a capture of two files, merged by receive time.
    let frame = |line: usize, stamp: &str| {
        let (_, json) = SESSION.lines().nth(line).and_then(|l| l.split_once(' ')).expect("a frame");
        format!("{stamp}: {json}\n")
    };
    let ws = folder.put(
        "ws",
        format!(
            "wss://host/stream <-> 1700000000.1\n{}{}",
            frame(0, "1700000000.14"),
            frame(2, "1700000000.24")
        ),
    );
    let http = folder.put(
        "http",
        format!(
            "https://host/fapi/v1/depth?symbol=BTCUSDT&limit=1000 -> {}",
            frame(1, "1700000000.155")
        ),
    );
    for order in [[&ws, &http], [&http, &ws]] {
        let ran = fulcrum(&format!("analyze --emit book --json {GRID}"), &[order[0], order[1]]);
        let book = BOOK.replace("1700000061000000000", "1700000000140000000");
        assert_eq!(ran.out, lines(&[&book, &INPUT.replace('6', "3")]));
    }
}

const ROWS: &str = "\
1,50000.10,0.500,10,12,1700000000200,false
2,50000.00,0.200,13,13,1700000000300,true
3,50000.20,0.100,14,15,1700000061000,false
";

#[test]
fn dumps_give_the_same_with_and_without_header_in_ms_and_us() {
    let folder = Folder::new();
    let header =
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n";
    let micros = ROWS
        .replace("00200,", "00200000,")
        .replace("00300,", "00300000,")
        .replace("61000,", "61000000,");
    let spot = ROWS.replace("false", "False,True").replace("true", "True,True");
    for (name, text) in [
        ("BTCUSDT-aggTrades-2023-11-14.csv", ROWS.to_owned()),
        ("BTCUSDT-aggTrades-header.csv", format!("{header}{ROWS}")),
        ("spot-BTCUSDT-aggTrades-comments.csv", format!("# made here\n#\n{ROWS}")),
        ("BTCUSDT-aggTrades-micros.csv", micros),
        ("BTCUSDT-aggTrades-spot.csv", spot),
        ("any.name", ROWS.replace('\n', "\r\n")),
    ] {
        let file = folder.put(name, text);
        let ran = fulcrum(&format!("analyze --emit cvd,bars --json {GRID}"), &[&file]);
        assert_eq!(ran.out, lines(&[BAR, OPEN_BAR, CVD, &INPUT.replace('6', "3")]), "{name}");
    }
}

#[test]
fn the_symbol_of_a_dump_is_in_its_name() {
    let folder = Folder::new();
    let file = folder.put("BTCUSDT-aggTrades-2023-11-14.csv", ROWS);
    let ran = fulcrum("analyze --emit cvd --json", &[&file]);
    assert_eq!(ran.out, lines(&[CVD, &INPUT.replace('6', "3")]));
    assert!(ran.err.contains("BTCUSDT: no grid is given, taking tick 0.1 and lot 0.001"));
    let file = folder.put("NOSUCH-aggTrades-2023-11-14.csv", ROWS);
    let ran = fulcrum("analyze --emit cvd --json", &[&file]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("--instrument NOSUCH:TICK:LOT"), "{}", ran.err);
}

const EXCHANGE_INFO: &str = r#"{"timezone":"UTC","serverTime":1700000000000,"rateLimits":[],"exchangeFilters":[],"symbols":[{"symbol":"NEWUSDT","pair":"NEWUSDT","contractType":"PERPETUAL","status":"TRADING","baseAsset":"NEW","quoteAsset":"USDT","pricePrecision":2,"quantityPrecision":3,"filters":[{"filterType":"PRICE_FILTER","minPrice":"0.05","maxPrice":"100000","tickSize":"0.05"},{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"},{"filterType":"MARKET_LOT_SIZE","minQty":"0.001","maxQty":"120","stepSize":"0.001"},{"filterType":"MIN_NOTIONAL","notional":"5"}]}]}"#;

#[test]
fn an_exchange_info_in_the_input_brings_its_grids() {
    let folder = Folder::new();
    let trades = SESSION.replace("btcusdt", "newusdt").replace("BTCUSDT", "NEWUSDT");
    let recorded = format!("1700000000000000000 {EXCHANGE_INFO}\n{trades}");
    let together = folder.put("together", &recorded);
    let (info, rest) = (folder.put("info", EXCHANGE_INFO), folder.put("rest", &trades));
    for inputs in [vec![together.as_str()], vec![&info, &rest]] {
        let ran = fulcrum("analyze --emit cvd --json", &inputs);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let cvd = CVD.replace("BTCUSDT", "NEWUSDT").replace("40000.0700", "40000.07000");
        assert_eq!(ran.out, lines(&[&cvd, &INPUT.replace('6', "7")]));
    }
    // Without it nobody knows that grid; the configuration may.
    let ran = fulcrum("analyze --emit cvd --json", &[&rest]);
    assert_eq!(ran.code, 2);
    let config = folder.put("c.toml", "[market]\ninstruments = [\"NEWUSDT:0.05:0.001\"]\n");
    let ran = fulcrum(&format!("analyze --emit cvd --json -c {config}"), &[&rest]);
    assert_eq!(ran.code, 0);
}

#[test]
fn replay_says_the_same_in_every_layout_and_from_its_journal() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let digest = |record: &str| record.split("\"journal\"").next().map(str::to_owned);
    let inline = fulcrum("replay --json", &[&file]);
    assert_eq!(inline.code, 0, "{}", inline.err);
    let want = digest(inline.of("replay")[0]);
    for figure in ["book/BTCUSDT", "tape/BTCUSDT", "bars/BTCUSDT", "profile/BTCUSDT", "cvd/BTCUSDT"]
    {
        assert!(inline.out.contains(figure), "{figure} in {}", inline.out);
    }
    for layout in ["inline", "fused", "two", "four", "auto"] {
        let home = folder.path(&format!("journal-{layout}"));
        let hot = folder.path("hot");
        let config = folder.put("c.toml", format!("[engine]\nhot_dir = {hot:?}\n"));
        let words = format!("replay --json --layout {layout} --journal {home} -c {config}");
        let ran = fulcrum(&words, &[&file]);
        assert_eq!(ran.code, 0, "{layout}: {}", ran.err);
        assert_eq!(digest(ran.of("replay")[0]), want, "{layout}");
        let given = fulcrum(&format!("replay --json --layout {layout} {GRID}"), &[&file]);
        assert_eq!(digest(given.of("replay")[0]), want, "{layout} with a grid given");
        let again = fulcrum(&format!("replay --json --layout {layout}"), &[&home]);
        assert_eq!(digest(again.of("replay")[0]), want, "{layout} from its journal");
        let left = std::fs::read_dir(&hot).map_or(0, Iterator::count);
        assert_eq!(left, 0, "nothing stays in shared memory");
        let figures = fulcrum("analyze --emit cvd,book --json", &[&home]);
        assert!(figures.out.starts_with(&lines(&[CVD, BOOK])), "{}", figures.out);
    }
}

#[test]
fn people_get_the_same_figures_without_json() {
    let folder = Folder::new();
    let file = folder.put("session", SESSION);
    let ran = fulcrum(&format!("analyze --emit cvd,book,profile,bars,obi,top {GRID}"), &[&file]);
    assert_eq!(ran.code, 0);
    for part in
        ["cvd 0.400", "2023-11-14T22:14:21Z", "poc 49996.8", "vwap 50000.07142857", "lines 6"]
    {
        assert!(ran.out.contains(part), "{part:?} in {}", ran.out);
    }
    assert!(!ran.out.contains('{'));
}

//! A spot day and a recorded futures session against independent integer oracles.

use std::io::Read;
use std::path::PathBuf;

use model::{DAY, Fine, Flags, HOUR, MINUTE, Price, Side, Window, decimal};
use serde_json::Value;

use super::feed::{Feed, ID, Print, compare};
use crate::{Plan, Profile};

/// A file of the shared data; says which is missing.
fn data(name: &str, test: &str) -> Option<Vec<u8>> {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("FULCRUM_DATA").map_or(shared, PathBuf::from);
    let bytes = std::fs::read(root.join(name)).ok();
    if bytes.is_none() {
        eprintln!("skipped: {test} needs {name}");
    }
    bytes
}

/// The only member of an archive zip.
fn unzip(zip: &[u8]) -> String {
    let short = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let start = 30 + short(26) + short(28);
    let mut text = String::new();
    let read = flate2::read::DeflateDecoder::new(&zip[start..]).read_to_string(&mut text);
    assert!(read.is_ok_and(|bytes| bytes > 0), "a deflated member");
    text
}

fn spot_day(zip: &[u8]) -> Vec<Print> {
    let steps = |text: &str, step| {
        decimal(text.as_bytes()).and_then(|d| d.steps(Fine(step))).expect("on the grid")
    };
    let print = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        Print {
            time: cells[5].parse::<u64>().expect("ms") * 1_000_000,
            price: steps(cells[1], 1_000_000),
            side: if cells[6] == "True" { Side::Sell } else { Side::Buy },
            lots: steps(cells[2], 1_000),
        }
    };
    unzip(zip).lines().map(print).collect()
}

fn int(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_else(|| panic!("{key} is an integer"))
}

fn oracle(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("an oracle is JSON")
}

fn widths(oracle: &Value) -> Vec<(Window, i64)> {
    let all = oracle["profiles"].as_array().expect("profiles");
    all.iter().map(|profile| (Window::All, int(profile, "bin_ticks"))).collect()
}

fn compare_with_oracle(profile: &Profile, want: &Value) {
    let width = int(want, "bin_ticks");
    assert_eq!(profile.bin_ticks(), width);
    assert_eq!(profile.poc(), Some(Price(int(want, "poc_bin_low_ticks"))), "{width}");
    let (val, vah) = (int(want, "val_bin_low_ticks"), int(want, "vah_bin_low_ticks") + width);
    assert_eq!(profile.value_area(), Some((Price(val), Price(vah))), "{width}");
    assert_eq!(profile.volume().0, int(want, "total"));
    assert_eq!(profile.poc_volume().0, int(want, "poc_vol"));
    assert_eq!(i64::try_from(profile.bins().count()), Ok(int(want, "rows")));
    let taken: i64 = profile
        .bins()
        .filter(|(low, ..)| (val..vah).contains(&low.0))
        .map(|(_, buys, sells)| (buys + sells).0)
        .sum();
    assert_eq!(taken, int(want, "va_vol"));
}

#[test]
fn spot_day_equals_its_oracle_and_every_window_a_recompute() {
    let test = "spot_day_equals_its_oracle_and_every_window_a_recompute";
    let Some(zip) = data("dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip", test) else { return };
    let Some(want) = data("oracles/spot_2024-01-01_profile_cvd_bars.json", test) else { return };
    let want = oracle(&want);
    let prints = spot_day(&zip);
    let mut feed = Feed::new(Plan { extra: widths(&want), content: true, ..Plan::default() });
    // CVD at each minute, from the oracle's bars: time, …, delta and its extremes.
    let bars = want["bars_1m"].as_array().expect("bars");
    let bar = |at: usize, column: usize| bars[at][column].as_i64().expect("an integer");
    let (mut minute, mut cvd, mut low, mut high) = (0, 0, 0, 0);
    let start = prints[0].time;
    for (at, print) in prints.iter().enumerate() {
        let now = usize::try_from((print.time - start) / MINUTE.0).expect("of a day");
        while minute < now {
            low = low.min(cvd + bar(minute, 9));
            high = high.max(cvd + bar(minute, 10));
            cvd += bar(minute, 8);
            minute += 1;
            let got = feed.stage.cvd(ID);
            assert_eq!((got.value.0, got.min.0, got.max.0), (cvd, low, high), "minute {now}");
        }
        feed.trade(*print, Flags::default());
        if at % 150_000 == 149_999 {
            let since = |hours: u64| {
                let edge = print.time.saturating_sub(hours * HOUR.0);
                prints[..=at].iter().filter(move |print| print.time > edge)
            };
            let session = print.time / (8 * HOUR.0);
            let of_session = prints[..=at].iter().filter(|p| p.time / (8 * HOUR.0) == session);
            let of_day = prints[..=at].iter().filter(|p| p.time / DAY.0 == print.time / DAY.0);
            compare(feed.profile(Window::Hours2), since(2), "2h");
            compare(feed.profile(Window::Hours8), since(8), "8h");
            compare(feed.profile(Window::Hours24), since(24), "24h");
            compare(feed.profile(Window::Funding), of_session, "funding");
            compare(feed.profile(Window::Day), of_day, "day");
            compare(feed.profile(Window::All), prints[..=at].iter(), "all");
        }
    }
    let got = *feed.stage.cvd(ID);
    assert_eq!((got.buys.0, got.sells.0), (int(&want, "buy"), int(&want, "sell")));
    assert_eq!(i64::try_from(got.trades), Ok(int(&want, "rows")));
    assert_eq!(got.value.0, int(&want, "buy") - int(&want, "sell"));
    for (at, want) in want["profiles"].as_array().expect("profiles").iter().enumerate() {
        compare_with_oracle(feed.stage.extra(ID, at).expect("in the plan"), want);
    }
}

#[test]
fn futures_session_equals_its_oracle() {
    let test = "futures_session_equals_its_oracle";
    let Some(want) = data("oracles/usdm_btcusdt_20240718_19_book_profile_cvd.json", test) else {
        return;
    };
    let want = oracle(&want);
    let mut feed = Feed::new(Plan { extra: widths(&want), tape_slots: 65_536, ..Plan::default() });
    let steps = |value: &Value, key: &str, step| {
        let text = value[key].as_str().expect("a decimal string");
        decimal(text.as_bytes()).and_then(|d| d.steps(Fine(step))).expect("on the grid")
    };
    for name in ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"] {
        let Some(bytes) = data(name, test) else { return };
        let mut text = String::new();
        let read = flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text);
        assert!(read.is_ok(), "{name} is a gz of text");
        for line in text.lines().filter(|line| line.contains("\"e\":\"trade\"")) {
            let json: Value = serde_json::from_str(&line[20..]).expect("JSON");
            let trade = &json["data"];
            assert_eq!(trade["X"], "MARKET");
            let print = Print {
                time: trade["T"].as_u64().expect("ms") * 1_000_000,
                price: steps(trade, "p", 10_000_000),
                side: if trade["m"] == true { Side::Sell } else { Side::Buy },
                lots: steps(trade, "q", 100_000),
            };
            feed.trade(print, Flags::default());
        }
    }
    let got = *feed.stage.cvd(ID);
    assert_eq!((got.buys.0, got.sells.0), (int(&want, "buy"), int(&want, "sell")));
    assert_eq!(got.value.0, int(&want, "cvd_final"));
    assert_eq!((got.min.0, got.max.0), (int(&want, "cvd_min"), int(&want, "cvd_max")));
    assert_eq!(got.notional.0, i128::from(int(&want, "vwap_num")));
    assert_eq!(i64::try_from(got.trades), Ok(int(&want, "market_trades")));
    for (at, want) in want["profiles"].as_array().expect("profiles").iter().enumerate() {
        compare_with_oracle(feed.stage.extra(ID, at).expect("in the plan"), want);
    }
}

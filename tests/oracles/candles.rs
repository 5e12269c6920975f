//! The spot day against what others made of it: third-party bars over id ranges, and the venue's
//! own hourly candles. (Profile, CVD and minute bars of the sessions stand in the CLI's tests.)

use std::collections::BTreeMap;

use engine::{Inline, Observer, Plan};
use fulcrum_oracles::{BTC, SPOT_DAY, data, each_trade, spot};
use model::{BarLine, BarSumsLine, HOUR, Interval, Kind, Message, Nanos};
use serde_json::Value;

/// The oracle's unit is 10⁻⁸; a tick is 0.01, a lot 0.00001.
const RAW_PER_TICK: i128 = 1_000_000;
const RAW_PER_LOT: i128 = 1_000;

fn raw(value: &Value) -> i128 {
    match value {
        Value::String(text) => text.parse().expect("an integer"),
        number => i128::from(number.as_i64().expect("an integer")),
    }
}

#[test]
fn third_party_bars_over_id_ranges_are_equal() {
    let test = "third_party_bars_over_id_ranges_are_equal";
    let Some(zip) = data(test, SPOT_DAY) else { return };
    let Some(golden) = data(test, "oracles/spot_2024-01-01_golden_bars_250.json") else { return };
    let text = std::fs::read(golden).expect("the golden bars");
    let golden: Vec<Value> = serde_json::from_slice(&text).expect("a list of bars");
    let starts = golden.iter().enumerate().map(|(at, bar)| (raw(&bar["first_ref_id"]), at));
    let starts: BTreeMap<i128, usize> = starts.collect();

    let plan = Plan::default();
    let mut inline: Option<(usize, Inline)> = None;
    let mut equal = 0;
    each_trade(zip, |draft| {
        let id = i128::from(draft.head.id);
        if let Some(&at) = starts.get(&id) {
            inline = Some((at, Inline::new(spot(), &plan, ())));
        }
        let Some((at, run)) = &mut inline else { return };
        let golden = &golden[*at];
        // One range, one bar: every trade of it at the same instant.
        let time = Nanos(u64::try_from(raw(&golden["open_time"])).expect("a time") * 1_000_000);
        let head = &mut draft.head;
        (head.time_match, head.time_event, head.time_local) = (time, time, time);
        run.enter(draft);
        if id == raw(&golden["last_ref_id"]) {
            compare(golden, run);
            equal += 1;
            inline = None;
        }
    });
    assert_eq!(equal, golden.len(), "golden bars compared");
}

fn compare(golden: &Value, run: &Inline) {
    let (bar, sums) = run.book().bars(BTC).expect("BTC").open(Interval::Hour4).expect("a bar");
    let name = &golden["first_ref_id"];
    let price = |price: model::Price| i128::from(price.0) * RAW_PER_TICK;
    let lots = |lots: model::Lots| i128::from(lots.0) * RAW_PER_LOT;
    let field = |key: &str| raw(&golden[key]);
    assert_eq!(price(bar.open), field("open_raw"), "open of {name}");
    assert_eq!(price(bar.high), field("high_raw"), "high of {name}");
    assert_eq!(price(bar.low), field("low_raw"), "low of {name}");
    assert_eq!(price(bar.close), field("close_raw"), "close of {name}");
    assert_eq!(lots(sums.buys), field("buy_volume_raw"), "buys of {name}");
    assert_eq!(lots(sums.sells), field("sell_volume_raw"), "sells of {name}");
    assert_eq!(lots(sums.volume()), field("volume_raw"), "volume of {name}");
    assert_eq!(sums.notional.0 * RAW_PER_TICK * RAW_PER_LOT, field("turnover_raw"), "of {name}");
    assert_eq!(i128::from(sums.trades), field("agg_record_count"), "records of {name}");
    assert_eq!(i128::from(sums.fills), field("individual_trade_count"), "fills of {name}");
    let cvd = run.analytics().cvd(BTC);
    assert_eq!(lots(cvd.value), field("buy_volume_raw") - field("sell_volume_raw"), "of {name}");
}

/// Closed hours by opening time.
#[derive(Default)]
struct Hours(BTreeMap<u64, (BarLine, BarSumsLine)>);

impl Observer for Hours {
    fn market(&mut self, message: Message<'_>) {
        if message.head.kind() != Some(Kind::Bar) {
            return;
        }
        let bar: &BarLine = message.body.view(0).expect("a bar's first line");
        if bar.interval() == Interval::Hour1 {
            let sums: &BarSumsLine = message.body.view(1).expect("a bar's second line");
            self.0.insert(bar.time_open.0, (*bar, *sums));
        }
    }
}

#[test]
fn the_venues_hourly_candles_are_equal() {
    let test = "the_venues_hourly_candles_are_equal";
    let Some(zip) = data(test, SPOT_DAY) else { return };
    let Some(candles) = data(test, "dumps/spot-BTCUSDT-1h-2017_2024.csv.gz") else { return };
    let mut inline = Inline::new(spot(), &Plan::default(), Hours::default());
    let rows = each_trade(zip, |draft| inline.enter(draft));
    assert_eq!(rows, 863_403);
    let open = inline.book().bars(BTC).expect("BTC").open(Interval::Hour1).expect("the last hour");
    let hours = &mut inline.observer().0;
    hours.insert(open.0.time_open.0, open);

    let mut text = String::new();
    let file = std::fs::File::open(candles).expect("the candles");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(file), &mut text).expect("gz");
    let day = 1_704_067_200_000_000_000;
    let mut equal = 0;
    for row in text.lines().filter(|row| row.starts_with("2024-01-01 ")) {
        let cells: Vec<&str> = row.split(',').collect();
        let hour: u64 = cells[0][11..13].parse().expect("an hour");
        let (bar, sums) = &hours[&(day + hour * HOUR.0)];
        let grid = *spot().get(BTC).expect("BTC");
        let ticks = |cell: &str| model::decimal(cell.as_bytes()).and_then(|d| d.steps(grid.tick));
        let lots = |cell: &str| model::decimal(cell.as_bytes()).and_then(|d| d.steps(grid.lot));
        for (cell, price) in [(1, bar.open), (2, bar.high), (3, bar.low), (4, bar.close)] {
            assert_eq!(ticks(cells[cell]), Ok(price.0), "column {cell} of {}", cells[0]);
        }
        assert_eq!(lots(cells[5]), Ok(sums.volume().0), "volume of {}", cells[0]);
        assert_eq!(lots(cells[9]), Ok(sums.buys.0), "taker buys of {}", cells[0]);
        assert_eq!(cells[8].parse(), Ok(sums.fills), "trades of {}", cells[0]);
        equal += 1;
    }
    assert_eq!(equal, 24, "hours compared");
}

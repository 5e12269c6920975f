//! RSI, MACD, ATR, EMA, OBV, A/D, rolling mean and deviation against TA-Lib on random bars and on
//! its own regression bars, and against the Skender files.
//!
//! Equal to TA-Lib from its first output to 1e-9 of the value. Where it writes 0 for 0/0 (an RSI
//! without any change) we say missing. Skender seeds both EMAs of MACD at bar 0, so MACD is equal
//! once the seeds have faded; its OBV begins with 0, so OBV is compared by difference.
#![expect(clippy::print_stdout, reason = "a test says what it compared")]

use analytics::{AccumulationDistribution, Atr, Ema, Macd, MacdReading, Obv, Rolling, Rsi};
use fulcrum_oracles::{data, python};
use model::{Lots, Price};
use serde_json::{Value, json};

/// Closed bars; prices in ticks of 0.01.
#[derive(Default)]
struct Bars {
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
}

fn whole(x: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "small")]
    {
        x.round() as i64
    }
}

impl Bars {
    fn len(&self) -> usize {
        self.close.len()
    }

    fn push(&mut self, [open, high, low, close, volume]: [f64; 5]) {
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.volume.push(volume);
    }

    /// A walk of whole prices around `start`, with bars that do not move and bars without range.
    fn random(seed: u64, start: i64, count: usize) -> Self {
        let mut state = seed;
        let mut dice = |below: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
            i64::try_from((state >> 33) % u64::try_from(below).expect("positive")).expect("small")
        };
        let (mut bars, mut close) = (Self::default(), start);
        for _ in 0..count {
            let open = close;
            close = (open + if dice(9) == 0 { 0 } else { dice(301) - 150 }).max(1);
            let flat = dice(40) == 0;
            let [up, down] = [dice(60), dice(60)].map(|by| if flat { 0 } else { by });
            let (high, low) = (open.max(close) + up, (open.min(close) - down).max(1));
            #[expect(clippy::cast_precision_loss, reason = "small")]
            bars.push([open, high, low, close, dice(1_000_000)].map(|x| x as f64));
        }
        bars
    }

    /// Rows of `_,open,high,low,close,volume`, prices times `scale`.
    fn csv(text: &str, scale: f64) -> Self {
        let mut bars = Self::default();
        for row in text.lines().skip(1) {
            let cells: Vec<f64> =
                row.split(',').skip(1).map(|cell| cell.parse().expect("a number")).collect();
            let [open, high, low, close, volume] = cells[..] else { panic!("{row}") };
            bars.push([open * scale, high * scale, low * scale, close * scale, volume]);
        }
        bars
    }

    fn json(&self) -> String {
        json!({"open": self.open, "high": self.high, "low": self.low, "close": self.close,
               "volume": self.volume})
        .to_string()
    }

    /// One value a bar of every close.
    fn closes<T>(&self, mut push: impl FnMut(f64) -> Option<T>) -> Vec<Option<T>> {
        self.close.iter().map(|&close| push(close)).collect()
    }

    fn macd(&self, periods: [usize; 3]) -> Vec<Option<MacdReading>> {
        let mut macd = Macd::new(periods[0], periods[1], periods[2]);
        self.closes(|close| macd.push(close))
    }

    fn atr(&self) -> Vec<Option<f64>> {
        let mut atr = Atr::new(14);
        (0..self.len()).map(|at| atr.push(self.high[at], self.low[at], self.close[at])).collect()
    }

    /// Of whole prices and volumes.
    fn obv(&self) -> Vec<i64> {
        let mut obv = Obv::default();
        let bars = self.close.iter().zip(&self.volume);
        bars.map(|(&close, &volume)| obv.push(Price(whole(close)), Lots(whole(volume))).0).collect()
    }

    fn ad(&self) -> Vec<Option<f64>> {
        let mut ad = AccumulationDistribution::default();
        let price = |x: f64| Price(whole(x));
        let push = |at: usize| {
            let [high, low, close] = [self.high[at], self.low[at], self.close[at]].map(price);
            Some(ad.push(high, low, close, Lots(whole(self.volume[at]))))
        };
        (0..self.len()).map(push).collect()
    }

    fn rolling(&self, unit: f64) -> [Vec<Option<f64>>; 2] {
        let mut rolling = Rolling::new(20);
        let moments = self.closes(|close| rolling.push(Price(whole(close))));
        [
            moments.iter().map(|both| both.map(|both| both.mean * unit)).collect(),
            moments.iter().map(|both| both.map(|both| both.deviation * unit)).collect(),
        ]
    }
}

/// The column of an answer, none where it is null.
fn column(answer: &Value, key: &str) -> Vec<Option<f64>> {
    answer[key].as_array().expect("a list").iter().map(Value::as_f64).collect()
}

/// Compares from the other's first output on; how many were.
fn equal(
    what: &str,
    ours: &[Option<f64>],
    theirs: &[Option<f64>],
    from: usize,
    close: f64,
) -> usize {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let mut compared = 0;
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate().skip(from) {
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            // 0/0 is missing here and 0 there.
            let zero = ours.is_none() && theirs.is_none_or(|theirs| theirs == 0.0);
            assert!(zero, "{what} at {at}: {ours:?} and {theirs:?}");
            continue;
        };
        let off = (ours - theirs).abs();
        assert!(off <= close * theirs.abs().max(1.0), "{what} at {at}: {ours} and {theirs}");
        compared += 1;
    }
    assert!(compared > 0, "{what}: nothing compared");
    compared
}

/// Relative; sums near zero are held to 1e-9 of one unit.
const CLOSE: f64 = 1e-9;

fn by_talib(test: &str, name: &str, bars: &Bars) -> bool {
    let Some(answer) = python(test, "indicators.py", &bars.json()) else { return false };
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let [mut rsi, mut rsi5] = [Rsi::new(14), Rsi::new(5)];
    let mut ema = Ema::new(20);
    let (macd, macd5) = (bars.macd([12, 26, 9]), bars.macd([5, 11, 4]));
    let pick = |all: &[Option<MacdReading>], of: fn(MacdReading) -> f64| -> Vec<Option<f64>> {
        all.iter().map(|reading| reading.map(of)).collect()
    };
    let atr = bars.atr();
    let natr = atr.iter().zip(&bars.close).map(|(atr, close)| atr.map(|atr| 100.0 * atr / close));
    let [mean, deviation] = bars.rolling(1.0);
    #[expect(clippy::cast_precision_loss, reason = "far below 2⁵³")]
    let obv: Vec<_> = bars.obv().into_iter().map(|obv| Some(obv as f64)).collect();
    let ours = [
        ("rsi", bars.closes(|close| rsi.push(close))),
        ("rsi5", bars.closes(|close| rsi5.push(close))),
        ("macd", pick(&macd, |reading| reading.macd)),
        ("signal", pick(&macd, |reading| reading.signal)),
        ("histogram", pick(&macd, |reading| reading.histogram())),
        ("macd5", pick(&macd5, |reading| reading.macd)),
        ("signal5", pick(&macd5, |reading| reading.signal)),
        ("ema", bars.closes(|close| ema.push(close))),
        ("atr", atr.clone()),
        ("natr", natr.collect()),
        ("obv", obv),
        ("ad", bars.ad()),
        ("mean", mean),
        ("deviation", deviation.clone()),
        ("deviation_numpy", deviation),
    ];
    let mut compared = 0;
    for (key, ours) in &ours {
        let theirs = column(&answer, key);
        let first = theirs.iter().position(Option::is_some).expect("an output");
        assert!(ours[..first].iter().all(Option::is_none), "{key} before TA-Lib's first");
        assert!(ours[first].is_some() || theirs[first] == Some(0.0), "{key} at {first}");
        // A difference of means is as exact as they are: 1e-13 of the price.
        let top = bars.close.iter().copied().fold(1.0, f64::max);
        let unit = (top / 10_000.0).max(1.0);
        let by =
            |all: &[Option<f64>]| -> Vec<_> { all.iter().map(|x| x.map(|x| x / unit)).collect() };
        compared += equal(&format!("{key} of {name}"), &by(ours), &by(&theirs), 0, CLOSE);
    }
    println!("{name}: {compared} values of {} figures equal TA-Lib's", ours.len());
    true
}

#[test]
fn all_are_talibs_on_random_bars_and_on_its_own() {
    let test = "all_are_talibs_on_random_bars_and_on_its_own";
    // From cheap and rough to dear and smooth.
    for (seed, price) in (1..).zip([300, 5_000, 60_000, 600_000, 9_000_000]) {
        let bars = Bars::random(seed, price, 3_000);
        if !by_talib(test, &format!("random bars {seed}"), &bars) {
            return;
        }
    }
    let Some(file) = data(test, "oracles/talib_sref_daily.csv") else { return };
    let text = std::fs::read_to_string(file).expect("text");
    // Its prices have three decimals.
    by_talib(test, "its regression bars", &Bars::csv(&text, 1_000.0));
}

#[test]
fn talibs_expected_values_are_met() {
    let test = "talibs_expected_values_are_met";
    let Some(file) = data(test, "oracles/talib_sref_daily.csv") else { return };
    let Some(expected) = data(test, "oracles/talib_expected.json") else { return };
    let bars = Bars::csv(&std::fs::read_to_string(file).expect("text"), 1.0);
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(expected).expect("text")).expect("JSON");
    let mut rsi = Rsi::new(14);
    let rsi = bars.closes(|close| rsi.push(close));
    let mut compared = 0;
    let mut meet = |key: &str, values: &[Option<f64>], close: f64| {
        for (at, want) in expected[key]["values"].as_object().expect("by index") {
            let got = values[at.parse::<usize>().expect("an index")].expect("a value");
            let want = want.as_f64().expect("a number");
            assert!((got - want).abs() <= close, "{key} at {at}: {got}, {want} expected");
            compared += 1;
        }
        let first = expected[key]["first_index"].as_u64().expect("an index");
        let ours = values.iter().position(Option::is_some).expect("a value");
        assert_eq!(u64::try_from(ours), Ok(first), "first {key}");
    };
    meet("RSI14", &rsi, 0.01);
    let natr: Vec<_> = bars
        .atr()
        .iter()
        .zip(&bars.close)
        .map(|(atr, close)| atr.map(|atr| 100.0 * atr / close))
        .collect();
    meet("NATR14", &natr, 0.0001);
    let macd = bars.macd([12, 26, 9]);
    assert_eq!(macd.iter().position(Option::is_some), Some(33), "first MACD");
    let want = &expected["MACD_12_26_9"]["values"]["33"];
    let got = macd[33].expect("a value");
    for (key, got) in [("macd", got.macd), ("signal", got.signal), ("hist", got.histogram())] {
        let want = want[key].as_f64().expect("a number");
        assert!((got - want).abs() <= 0.0001, "{key}: {got}, {want} expected");
    }
    assert_eq!(compared, 7);
}

/// A column of a Skender file.
fn skender(test: &str, file: &str, keys: &[&str]) -> Option<Vec<Vec<Option<f64>>>> {
    let path = data(test, &format!("oracles/skender_{file}.json"))?;
    let rows: Vec<Value> =
        serde_json::from_slice(&std::fs::read(path).expect("JSON")).expect("JSON");
    Some(keys.iter().map(|key| rows.iter().map(|row| row[*key].as_f64()).collect()).collect())
}

#[test]
fn skenders_files_are_met() {
    let test = "skenders_files_are_met";
    let Some(file) = data(test, "oracles/skender_quotes.csv") else { return };
    let text = std::fs::read_to_string(file).expect("text");
    let (bars, cents) = (Bars::csv(&text, 1.0), Bars::csv(&text, 100.0));
    assert_eq!(bars.len(), 502);
    let Some(theirs) = skender(test, "rsi", &["rsi"]) else { return };
    let mut rsi = Rsi::new(14);
    let mut compared = equal("RSI", &bars.closes(|close| rsi.push(close)), &theirs[0], 0, CLOSE);
    let Some(theirs) = skender(test, "atr", &["atr"]) else { return };
    compared += equal("ATR", &bars.atr(), &theirs[0], 0, CLOSE);
    let Some(theirs) = skender(test, "ema", &["ema"]) else { return };
    let mut ema = Ema::new(20);
    compared += equal("EMA", &bars.closes(|close| ema.push(close)), &theirs[0], 0, CLOSE);
    let Some(theirs) = skender(test, "bb", &["sma", "upperBand"]) else { return };
    let [mean, deviation] = cents.rolling(0.01);
    let upper: Vec<_> =
        mean.iter().zip(&deviation).map(|(mean, by)| Some((*mean)? + 2.0 * (*by)?)).collect();
    compared += equal("mean", &mean, &theirs[0], 0, CLOSE);
    compared += equal("upper band", &upper, &theirs[1], 0, CLOSE);
    let Some(theirs) = skender(test, "macd", &["macd", "signal", "histogram"]) else { return };
    let macd = bars.macd([12, 26, 9]);
    for (theirs, of) in theirs.iter().zip([
        (|reading| reading.macd) as fn(MacdReading) -> f64,
        |reading| reading.signal,
        |reading| reading.histogram(),
    ]) {
        let ours: Vec<_> = macd.iter().map(|reading| reading.map(of)).collect();
        // The seeds fade with (25/27)ⁿ.
        compared += equal("MACD", &ours, theirs, 200, 1e-5);
    }
    let Some(theirs) = skender(test, "obv", &["obv"]) else { return };
    let ours = cents.obv();
    for at in 1..ours.len() {
        let [now, before] = [theirs[0][at], theirs[0][at - 1]].map(|obv| obv.expect("a sum"));
        assert_eq!(ours[at] - ours[at - 1], whole(now - before), "OBV at {at}");
    }
    println!("{compared} values and 501 differences of OBV equal Skender's");
}

//! Figures of the tape over the spot day and the session of 2024: footprints against a recompute
//! from the trades and against the book's bars, λ against numpy, volatility against pandas.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::{Inline, Observer, Plan};
use fulcrum_oracles::{BTC, SESSION, SPOT_DAY, data, each_frame, each_trade, python, spot, usdm};
use model::{
    BarLine, BarSumsLine, Body, FootprintFacts, FootprintInsight, FootprintRow, FootprintRowsLine,
    FootprintSumsLine, Insight, Interval, Kind, KyleInsight, Lots, Message, SizesInsight,
    SizesLine, TradeLine, VolatilityInsight, VpinInsight,
};

/// Rows by their low edge.
type Rows = BTreeMap<i64, FootprintRow>;

/// Everything the run says about the tape.
#[derive(Default)]
struct Watch {
    // Of the bar that the book has open: every trade since it closed the one before.
    open: Vec<(i64, bool, i64)>,
    cvd: i64,
    footprints: usize,
    widened: usize,
    bar: Option<(BarLine, BarSumsLine)>,
    // By interval: Δclose and delta of the closed bars.
    closes: BTreeMap<u8, i64>,
    samples: BTreeMap<u8, Vec<(i64, i64)>>,
    lambdas: BTreeMap<u8, Vec<(f64, f64)>>,
    // By second: the close; and what was said of it.
    seconds: BTreeMap<u64, i64>,
    volatility: BTreeMap<(u64, u8), f64>,
    sizes: Option<(SizesInsight, SizesLine)>,
    buckets: Vec<VpinInsight>,
}

fn rows_of(trades: &[(i64, bool, i64)], ticks: i64) -> Rows {
    let mut rows = Rows::new();
    for &(price, bought, lots) in trades {
        let row = rows.entry(price.div_euclid(ticks) * ticks).or_default();
        if bought { row.ask += Lots(lots) } else { row.bid += Lots(lots) }
    }
    rows
}

impl Watch {
    fn closed(&mut self, bar: &BarLine, sums: &BarSumsLine) {
        for at in 0..bar.run {
            if bar.interval() == Interval::Second1 {
                self.seconds.insert(bar.time_open.0 / 1_000_000_000 + at, bar.close.0);
            }
            if let Some(before) = self.closes.insert(bar.interval, bar.close.0) {
                let sample = (bar.close.0 - before, sums.delta().0);
                self.samples.entry(bar.interval).or_default().push(sample);
            }
        }
        if bar.interval() == Interval::Minute1 && sums.trades != 0 {
            assert!(self.bar.is_none(), "every bar with trades has its footprint");
            self.bar = Some((*bar, *sums));
        }
    }

    /// A footprint comes right behind its bar, before any trade of the next one.
    fn footprint(&mut self, head: &FootprintInsight, body: Body<'_>) {
        let (bar, sums) = self.bar.take().expect("a bar before it");
        let said: &FootprintSumsLine = body.view(0).expect("its sums");
        assert_eq!(head.time_open, bar.time_open);
        assert!(!head.facts.has(FootprintFacts::MISMATCH));
        assert_eq!((said.buys, said.sells), (sums.buys, sums.sells));
        assert_eq!((said.delta_min, said.delta_max), (sums.delta_min, sums.delta_max));
        let mut got = Rows::new();
        for at in 0..head.rows as usize {
            let line: &FootprintRowsLine = body.view(2 + at / 4).expect("its rows");
            let row = line.rows[at % 4];
            if row.volume() != Lots(0) {
                got.insert(head.low.0 + i64::try_from(at).expect("small") * head.row_ticks, row);
            }
        }
        let want = rows_of(&self.open, head.row_ticks);
        assert_eq!(got, want, "rows at {}", head.time_open.0);
        let poc = want.iter().map(|(low, row)| (row.volume(), -low)).max().expect("rows");
        assert_eq!(head.poc.0, -poc.1);
        let total = got.values().fold(Lots(0), |sum, row| sum + row.volume());
        assert_eq!(total, sums.volume(), "Σ rows = the bar's volume");
        let delta = got.values().fold(Lots(0), |sum, row| sum + row.delta());
        let signed = |&(_, bought, lots): &(i64, bool, i64)| if bought { lots } else { -lots };
        let change: i64 = self.open.iter().map(signed).sum();
        assert_eq!((delta, delta.0), (sums.delta(), change), "Σ deltas = delta = ΔCVD");
        self.cvd += delta.0;
        self.footprints += 1;
        self.widened += usize::from(head.facts.has(FootprintFacts::WIDENED));
        self.open.clear();
    }
}

impl Observer for Watch {
    fn market(&mut self, message: Message<'_>) {
        let body = message.body;
        match message.head.kind() {
            Some(Kind::Trade) => {
                let Some(trade) = body.view::<TradeLine>(0) else { return };
                let bought = trade.side() == model::Side::Buy;
                self.open.push((trade.price.0, bought, trade.lots.0));
            }
            Some(Kind::Bar) => {
                let (bar, sums) = (body.view(0).expect("a bar"), body.view(1).expect("its sums"));
                self.closed(bar, sums);
            }
            _ => {}
        }
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        match insight.kind() {
            Some(Kind::FootprintInsight) => self.footprint(insight.view(), body),
            Some(Kind::KyleInsight) => {
                let said: &KyleInsight = insight.view();
                if !said.lambda.is_nan() {
                    let list = self.lambdas.entry(said.window).or_default();
                    list.push((said.lambda, said.intercept));
                }
            }
            Some(Kind::VolatilityInsight) => {
                let said: &VolatilityInsight = insight.view();
                let second = said.time_end.0 / 1_000_000_000 - 1;
                self.volatility.insert((second, said.window), said.volatility);
            }
            Some(Kind::SizesInsight) => {
                self.sizes = Some((*insight.view(), *body.view(0).expect("its sums")));
            }
            Some(Kind::VpinInsight) if insight.window == 0 => self.buckets.push(*insight.view()),
            _ => {}
        }
    }
}

/// The figures of the tape alone, with buckets of 100 BTC on the spot day's grid.
fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.windows = Vec::new();
    plan.analytics.groups = analytics::Kept { prints: true, ..analytics::Kept::NONE };
    plan.analytics.prints.vpin_daily_lots = 500_000_000;
    plan
}

/// What is true of every run at its end.
fn settle(run: &mut Inline<Watch>) {
    let cvd = *run.analytics().cvd(BTC);
    let open = run.analytics().footprint(BTC).expect("kept").clone();
    let (_, sums) = run.book().bars(BTC).expect("BTC").open(Interval::Minute1).expect("a bar");
    let watch = run.observer();
    assert_eq!((open.buys, open.sells, open.trades), (sums.buys, sums.sells, sums.trades));
    let rows: Rows = open.rows().map(|(low, row)| (low.0, row)).collect();
    let rows: Rows = rows.into_iter().filter(|(_, row)| row.volume() != Lots(0)).collect();
    assert_eq!(rows, rows_of(&watch.open, open.row_ticks()), "the open minute as it stands");
    assert_eq!(watch.cvd + open.delta().0, cvd.value.0, "footprints sum to CVD");
    let (head, body) = watch.sizes.expect("delta by size");
    let (buys, sells) = (body.buys.iter(), body.sells.iter());
    let total = buys.zip(sells).fold(0, |sum, (buys, sells)| sum + (*buys - *sells).0);
    assert_eq!((head.small + head.medium + head.large + head.huge).0, total);
}

fn day(test: &str) -> Option<Inline<Watch>> {
    let zip: PathBuf = data(test, SPOT_DAY)?;
    let mut run = Inline::new(spot(), &plan(), Watch::default());
    assert_eq!(each_trade(zip, |draft| run.enter(draft)), 863_403);
    Some(run)
}

/// "x:y" pairs of a series, "-" where there is none.
fn lines_of(answer: &str) -> Vec<Vec<Option<(f64, f64)>>> {
    let pair = |text: &str| {
        let (x, y) = text.split_once(':')?;
        Some((x.parse().expect("a number"), y.parse().expect("a number")))
    };
    answer.lines().map(|line| line.split(' ').map(pair).collect()).collect()
}

fn near(got: f64, want: f64, scale: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(scale), "{what}: {got} is not {want}");
}

#[test]
fn the_day_s_footprints_sum_and_lambda_and_volatility_are_numpy_s() {
    let test = "the_day_s_footprints_sum_and_lambda_and_volatility_are_numpy_s";
    let Some(mut run) = day(test) else { return };
    settle(&mut run);
    let watch = run.observer();
    assert_eq!(watch.footprints, 1_439, "every minute but the open one");
    // Every bucket is 10 000 000 lots: 27 174.29903 BTC fill 271 of them.
    assert_eq!(watch.buckets.len(), 271);
    let last = watch.buckets.last().expect("buckets");
    assert_eq!((last.buckets, last.bucket_lots), (271, Lots(10_000_000)));

    let series: Vec<(u8, String)> = watch
        .lambdas
        .keys()
        .map(|interval| {
            let pairs = watch.samples[interval].iter().map(|(y, x)| format!("{y}:{x}"));
            (*interval, pairs.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let input: Vec<&str> = series.iter().map(|(_, text)| text.as_str()).collect();
    let Some(answer) = python(test, "kyle.py", &(input.join("\n") + "\n")) else { return };
    let mut compared = 0;
    for ((interval, _), want) in series.iter().zip(lines_of(&answer)) {
        let got = &watch.lambdas[interval];
        let want: Vec<(f64, f64)> = want.into_iter().flatten().collect();
        assert_eq!(got.len(), want.len(), "interval {interval}");
        for (got, want) in got.iter().zip(want) {
            near(got.0, want.0, 1e-6, "slope");
            near(got.1, want.1, 1.0, "intercept");
            compared += 1;
        }
    }
    assert!(compared > 1_409 + 250 + 60, "{compared} lines compared");

    let input: String =
        watch.seconds.iter().map(|(second, close)| format!("{second} {close}\n")).collect();
    let Some(answer) = python(test, "volatility.py", &input) else { return };
    let mut compared = 0;
    for (second, line) in watch.seconds.keys().zip(answer.lines()) {
        for (window, want) in (0_u8..).zip(line.split(' ')) {
            // Of a run of empty seconds only the last is said.
            let Some(got) = watch.volatility.get(&(*second, window)) else { continue };
            assert_eq!(got.is_nan(), want == "-", "second {second}");
            if want != "-" {
                // pandas' rolling sums drift by themselves.
                let want: f64 = want.parse().expect("a number");
                assert!((got - want).abs() <= 1e-7 * want, "{got} is not {want}");
                compared += 1;
            }
        }
    }
    assert!(compared > 150_000, "{compared} volatilities compared");
}

#[test]
fn the_session_s_footprints_sum_to_the_lot() {
    let test = "the_session_s_footprints_sum_to_the_lot";
    let files: Option<Vec<PathBuf>> = SESSION.iter().map(|file| data(test, file)).collect();
    let Some(files) = files else { return };
    let mut run = Inline::new(usdm(), &plan(), Watch::default());
    each_frame(&files, usdm(), |draft| run.enter(draft));
    settle(&mut run);
    assert_eq!(run.observer().footprints, 8);
}

#[test]
fn lambda_over_random_bars_is_numpy_s() {
    let test = "lambda_over_random_bars_is_numpy_s";
    let mut dice = 11_u64;
    let mut roll = |bits: u32| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(dice >> (64 - bits)).expect("few bits") - (1 << (bits - 1))
    };
    let mut got = Vec::new();
    let mut input = String::new();
    for bits in [4, 12, 24, 36] {
        let mut regression = analytics::KyleRegression::default();
        let mut line = Vec::new();
        for at in 0..400 {
            let delta = roll(bits);
            let change = delta / 64 + roll(bits.div_ceil(2));
            regression.push(change, delta, false);
            input += &format!("{}{change}:{delta}", if at == 0 { "" } else { " " });
            if at >= 29 {
                line.push(regression.line().map(|line| (line.slope, line.intercept)));
            }
        }
        input += "\n";
        got.push((bits, line));
    }
    let Some(answer) = python(test, "kyle.py", &input) else { return };
    for ((bits, got), want) in got.into_iter().zip(lines_of(&answer)) {
        assert_eq!(got.len(), want.len());
        for (got, want) in got.into_iter().zip(want) {
            let (Some(got), Some(want)) = (got, want) else {
                assert_eq!(got, want);
                continue;
            };
            near(got.0, want.0, 1e-3, "slope");
            near(got.1, want.1, f64::from(2_u32.pow(bits / 2)), "intercept");
        }
    }
}

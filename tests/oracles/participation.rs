//! Participation and volume clusters against a recompute from the trades themselves in plain numpy
//! (participation.py), over the spot day's bars of 5, 15 and 30 m: once with what a tape alone
//! gives, once with an invented book beside it. And how often each word is said.

use std::fmt::Write;
use std::time::{Duration, Instant};

use analytics::participation::clusters::DepthBins;
use analytics::participation::frame::{Closed, Inputs, Reading, Timeframe};
use analytics::participation::rows::BarRows;
use engine::{Inline, Observer, Plan};
use fulcrum_oracles::{SPOT_DAY, data, each_trade, python, spot};
use model::{BarLine, BarSumsLine, Interval, Kind, Message, TradeLine};
use serde_json::{Value, json};

const INTERVALS: [Interval; 3] = [Interval::Minute5, Interval::Minute15, Interval::Minute30];
const SPAN: u64 = 96;
/// Wilder's average of the true range.
const ATR_BARS: u32 = 14;

/// What is kept of one timeframe to give the next bar its inputs: plain, and not the engine's.
struct Plain {
    frame: Timeframe,
    rows: BarRows,
    ranges: u32,
    atr: f64,
    closes: Vec<i64>,
    deltas: Vec<i64>,
}

impl Plain {
    #[expect(clippy::cast_precision_loss, reason = "a plain recompute")]
    fn atr(&mut self, bar: &Closed) -> Option<f64> {
        if let Some(&before) = self.closes.last() {
            let range = (bar.high.0.max(before) - bar.low.0.min(before)) as f64;
            self.ranges += 1;
            let length = f64::from(ATR_BARS);
            self.atr = match self.ranges {
                first if first <= ATR_BARS => self.atr + range / length,
                _ => (self.atr * (length - 1.0) + range) / length,
            };
        }
        (self.ranges >= ATR_BARS).then_some(self.atr)
    }

    /// Least squares of Δclose on delta over the last 60 bars, from exact sums.
    #[expect(clippy::cast_precision_loss, reason = "a plain recompute")]
    fn lambda(&self) -> Option<f64> {
        let first = self.closes.len().saturating_sub(61);
        let changes = self.closes[first..].windows(2).map(|pair| i128::from(pair[1] - pair[0]));
        let points = changes.zip(self.deltas[first + 1..].iter().map(|&delta| i128::from(delta)));
        let points: Vec<(i128, i128)> = points.collect();
        if points.len() < 30 {
            return None;
        }
        let n = i128::try_from(points.len()).expect("60");
        let sum = |of: fn(&(i128, i128)) -> i128| points.iter().map(of).sum::<i128>();
        let (y, x) = (sum(|p| p.0), sum(|p| p.1));
        let (xy, xx) = (sum(|p| p.0 * p.1), sum(|p| p.1 * p.1));
        Some(((n * xy - x * y) as f64 / (n * xx - x * x) as f64).max(0.0))
    }
}

/// Our own dice (SplitMix64).
struct Dice(u64);

impl Dice {
    /// In [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn maybe(&mut self, low: f64, high: f64) -> Option<f64> {
        let value = low + (high - low) * self.roll();
        (self.roll() < 0.9).then_some(value)
    }
}

/// Feeds the calculators and writes down what they say.
struct Run {
    frames: Vec<Plain>,
    // None: what a tape gives.
    dice: Option<Dice>,
    begun: bool,
    shift: u32,
    lines: String,
    spent: Vec<Duration>,
}

impl Run {
    fn new(dice: Option<Dice>) -> Self {
        let frames = INTERVALS.map(|interval| Plain {
            frame: Timeframe::new(interval, SPAN, false),
            rows: BarRows::new(0),
            ranges: 0,
            atr: 0.0,
            closes: Vec::new(),
            deltas: Vec::new(),
        });
        let frames = Vec::from(frames);
        Self { frames, dice, begun: false, shift: 0, lines: String::new(), spent: Vec::new() }
    }

    #[expect(clippy::cast_possible_truncation, reason = "invented lots")]
    fn inputs(&mut self, at: usize, bar: &Closed) -> (Inputs, Option<Value>) {
        let plain = &mut self.frames[at];
        let atr = plain.atr(bar);
        plain.closes.push(bar.close.0);
        plain.deltas.push(bar.delta.0);
        let lambda = plain.lambda();
        plain.frame.depth_mut().count = 0;
        let Some(dice) = &mut self.dice else {
            return (Inputs { atr, lambda, ..Inputs::default() }, None);
        };
        let ofi = dice.maybe(-1.0, 1.0);
        let inputs = Inputs {
            ofi,
            ofi_percentile: ofi.and_then(|_| dice.maybe(0.0, 1.0)),
            obi: dice.maybe(-1.0, 1.0),
            atr,
            lambda: dice.maybe(0.0, 0.000_02),
            lambda_percentile: dice.maybe(0.0, 1.0),
            pace: dice.maybe(0.0, 1.3),
            interest: dice.maybe(8e9, 9e9).map(|lots| lots as i64),
        };
        let bins = plain.frame.depth_mut();
        *bins = DepthBins { shift: self.shift, count: 129, ..DepthBins::NONE };
        bins.first = (bar.close.0 >> self.shift) - 64;
        for lots in &mut bins.lots[..129] {
            *lots = (dice.roll() * dice.roll() * 1e9) as i64;
            bins.all += *lots;
        }
        let depth = json!({ "first": bins.first, "lots": bins.lots[..129] });
        (inputs, Some(depth))
    }

    fn close(&mut self, at: usize, bar: Closed) {
        let (inputs, depth) = self.inputs(at, &bar);
        let (plain, shift) = (&mut self.frames[at], self.shift);
        let start = Instant::now();
        plain.frame.close(bar, &inputs, &mut plain.rows, shift, true);
        let reading = plain.frame.finish().expect("a reading a bar");
        self.spent.push(start.elapsed());
        plain.rows.clear(shift);
        let line = line(&plain.frame, &reading, depth);
        writeln!(self.lines, "{line}").expect("a string");
    }
}

impl Observer for Run {
    fn market(&mut self, message: Message<'_>) {
        match message.head.kind() {
            Some(Kind::Trade) => {
                let trade: &TradeLine = message.body.view(0).expect("a trade");
                if !self.begun {
                    (self.begun, self.shift) = (true, model::width_shift(trade.price));
                    self.frames.iter_mut().for_each(|plain| plain.rows.clear(self.shift));
                }
                for plain in &mut self.frames {
                    plain.rows.add(trade.price.0, trade.lots.0);
                }
            }
            Some(Kind::Bar) => {
                let line: &BarLine = message.body.view(0).expect("a bar's first line");
                let sums: &BarSumsLine = message.body.view(1).expect("a bar's second line");
                let Some(at) = INTERVALS.iter().position(|of| *of == line.interval()) else {
                    return;
                };
                assert_eq!(line.run, 1, "the spot day trades in every 5 m");
                self.close(at, closed(line, sums));
            }
            _ => {}
        }
    }
}

fn closed(line: &BarLine, sums: &BarSumsLine) -> Closed {
    Closed {
        time: line.time_open,
        open: line.open,
        high: line.high,
        low: line.low,
        close: line.close,
        volume: sums.volume(),
        delta: sums.delta(),
        unstable: false,
        partial: false,
    }
}

fn line(frame: &Timeframe, reading: &Reading, depth: Option<Value>) -> Value {
    let Reading { bar, inputs, figures, structure, moments, .. } = reading;
    let clusters = frame.found().kept().iter().map(|one| {
        json!({ "low": one.low.0, "lots": one.lots, "z": one.z, "bias": one.bias,
            "book": one.book, "distance": one.distance, "difficulty": one.difficulty,
            "score": one.score })
    });
    let clusters: Vec<Value> = clusters.collect();
    let momentum = &figures.momentum;
    json!({
        "interval": frame.interval().text(),
        "bar": { "time": bar.time.0 / 1_000_000, "open": bar.open.0, "high": bar.high.0,
            "low": bar.low.0, "close": bar.close.0, "volume": bar.volume.0, "delta": bar.delta.0 },
        "inputs": { "ofi": inputs.ofi, "ofi_percentile": inputs.ofi_percentile, "obi": inputs.obi,
            "atr": inputs.atr, "lambda": inputs.lambda,
            "lambda_percentile": inputs.lambda_percentile, "pace": inputs.pace,
            "interest": inputs.interest, "depth": depth },
        "figures": { "wick": figures.wick, "efficiency": figures.efficiency,
            "quality": figures.quality, "amplifier": figures.amplifier,
            "amplified": figures.amplified, "raw": figures.raw, "inst_proxy": figures.inst_proxy,
            "accumulation": figures.accumulation, "slope": momentum.slope,
            "accel": momentum.accel, "context": momentum.context,
            "state": momentum.state.map_or(0, |state| state as u8),
            "agreement": figures.agreement, "validated": figures.validated,
            "exhaustion": figures.exhaustion.map(|tired| tired.value),
            "expansion": figures.expansion, "strength": figures.strength,
            "intensity": figures.intensity, "pressure": figures.pressure,
            "direction": figures.direction, "urgency": figures.urgency,
            "x_factor": figures.x_factor, "flow": figures.flow },
        "histogram": { "bars": frame.held(), "rows": moments.rows, "sum": moments.sum },
        "bin_ticks": reading.bin_ticks,
        "clusters": clusters,
        "structure": { "support": structure.support, "resistance": structure.resistance,
            "structural_bias": structure.bias, "runway_up": structure.runway_up,
            "runway_down": structure.runway_down, "combined": structure.combined,
            "support_near": structure.support_near,
            "resistance_near": structure.resistance_near },
        "label": reading.label.map_or(0, |label| label as u8),
        "confidence": reading.confidence, "size": reading.size, "trail": reading.trail,
        "vote": reading.vote.map(|vote| vote.direction),
    })
}

#[expect(clippy::print_stdout, reason = "a test's word to whoever runs it")]
fn compare(test: &str, dice: Option<Dice>) {
    let Some(zip) = data(test, SPOT_DAY) else { return };
    let head = json!({ "zip": zip, "vcp_bars": SPAN, "invented": dice.is_some() });
    let mut plan = Plan::default();
    plan.analytics.groups = analytics::Kept::NONE;
    let mut inline = Inline::new(spot(), &plan, Run::new(dice));
    each_trade(zip, |draft| inline.enter(draft));
    let run = inline.observer();
    run.spent.sort_unstable();
    println!(
        "from candle close to reading, clusters and all: median {:?}, longest {:?} of {} (asked: \
         less than 50 ms)",
        run.spent[run.spent.len() / 2],
        run.spent[run.spent.len() - 1],
        run.spent.len(),
    );
    let input = format!("{head}\n{}", run.lines);
    let Some(said) = python(test, "participation.py", &input) else { return };
    let said: Value = serde_json::from_str(&said).expect("what the script prints");
    println!(
        "{test}: {} readings, {} figures, largest relative difference {}",
        said["readings"], said["compared"], said["largest"]
    );
    assert_eq!(said["differences"], json!(0), "{}", said["first"]);
    // The last bar of each timeframe is still open at the end of the file.
    assert_eq!(said["readings"], json!(287 + 95 + 47));
    let all = said["compared"].as_u64().expect("a count");
    assert!(all > 15_000, "{all} figures are too few");
}

#[test]
fn the_spot_days_participation_equals_a_recompute_from_its_trades() {
    compare("the_spot_days_participation_equals_a_recompute_from_its_trades", None);
}

#[test]
fn with_an_invented_book_it_equals_a_recompute_as_well() {
    compare("with_an_invented_book_it_equals_a_recompute_as_well", Some(Dice(20_240_101)));
}

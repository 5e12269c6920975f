//! What the group says, and when.

use model::{
    FOOTPRINT_ROWS_MAX, FootprintFacts, FootprintRowsLine, FootprintSumsLine, Interval, Kind, Line,
    Lots, Nanos, Price, Sink, SizesLine, TapeRanksLine, Trust, Window, missing,
};

use super::auction::{Auction, judge};
use super::footprint::Footprint;
use super::markout::Worth;
use super::{LAMBDAS, Prints, auction};
use crate::board::{Anchor, Lambda};
use crate::figures::{Bar, Scene};

/// Lines that a footprint's rows take.
pub(super) const ROW_LINES: usize = FOOTPRINT_ROWS_MAX.div_ceil(FootprintRowsLine::ROWS);

fn word(lots: Lots) -> u64 {
    lots.0.cast_unsigned()
}

fn ratio(value: Option<f64>) -> f64 {
    value.unwrap_or(missing::RATIO)
}

/// Contaminated if so.
fn unstable(is: bool) -> Trust {
    if is { Trust::CONTAMINATED } else { Trust::SOUND }
}

/// Uncovered if so.
fn uncovered(is: bool) -> Trust {
    if is { Trust::UNCOVERED } else { Trust::SOUND }
}

impl Prints {
    /// A second closed, or a run of empty ones.
    pub(super) fn second<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let (line, sums) = (bar.line, bar.sums);
        let first = Nanos(bar.time.0.saturating_add(bar.interval.length().0));
        self.volatility.take((first, bar.end()), line.close.0, bar.is_unstable());
        for window in 0..3_u8 {
            let reading = self.volatility.read(usize::from(window));
            scene.board.volatility[usize::from(window)] = reading.volatility;
            let values = [
                ratio(reading.volatility).to_bits(),
                reading.variance.to_bits(),
                reading.returns,
                bar.end().0,
                line.close.0.cast_unsigned(),
            ];
            scene.voice.say(Kind::VolatilityInsight, window, reading.trust, values);
        }
        let reading = if sums.trades == 0 {
            self.pace.empty(first, bar.run, bar.is_unstable())
        } else {
            let trades = i64::try_from(sums.trades).unwrap_or(i64::MAX >> 8);
            self.pace.second(first, trades, sums.volume().0, bar.is_unstable())
        };
        let pace = reading.pace();
        scene.board.pace = pace;
        let [trades, lots, trades_10s, lots_10s] = reading.values.map(i64::cast_unsigned);
        let values = [trades, lots, trades_10s, lots_10s, ratio(pace).to_bits()];
        let [trades, lots, trades_10s, lots_10s] = reading.percentiles.map(ratio);
        let ranks = TapeRanksLine {
            trades,
            lots,
            trades_10s,
            lots_10s,
            trades_p95: reading.p95.unwrap_or(missing::WHOLE),
            samples: reading.samples as u64,
            time_end: bar.end(),
            reserved: 0,
        };
        scene.voice.tell(Kind::TapeInsight, 0, reading.trust, values, &[ranks]);
        if sums.trades != 0 {
            self.say_sizes(scene);
        }
    }

    fn say_sizes<S: Sink>(&self, scene: &mut Scene<'_, S>) {
        let [small, medium, large, huge] = self.sizes.deltas().map(word);
        let values = [small, medium, large, huge, self.sizes.trades];
        let body: [SizesLine; 1] = [self.sizes.sums];
        scene.voice.tell(Kind::SizesInsight, 0, scene.now.cvd.trust(), values, &body);
    }

    /// A bar of an interval with a λ closed.
    pub(super) fn fit<S: Sink>(&mut self, scene: &mut Scene<'_, S>, at: usize, bar: &Bar<'_>) {
        let (close, delta) = (bar.line.close.0, bar.sums.delta().0);
        let reading = self.kyles[at].take(close, delta, bar.is_unstable(), bar.time);
        let interval = LAMBDAS[at] as usize;
        let line = reading.line;
        scene.board.lambda[interval] = line.map(|line| Lambda {
            slope: line.slope,
            percentile: reading.percentile,
            trust: reading.trust,
        });
        let values = [
            ratio(line.map(|line| line.slope)).to_bits(),
            ratio(line.map(|line| line.intercept)).to_bits(),
            ratio(reading.percentile).to_bits(),
            reading.bars as u64,
            bar.time.0,
        ];
        let window = u8::try_from(interval).unwrap_or(u8::MAX);
        scene.voice.say(Kind::KyleInsight, window, reading.trust, values);
    }

    /// A minute closed: what VPIN learns of the day, and how one-sided the minute was.
    pub(super) fn minute<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let volume = bar.sums.volume().0;
        let sound = !bar.is_unstable() && scene.now.start <= bar.time;
        self.vpin.minute((bar.time, bar.end()), volume, sound);
        if volume == 0 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
        let imbalance = bar.sums.delta().0.abs() as f64 / volume as f64;
        self.say_vpin(scene, 1, imbalance, unstable(bar.is_unstable()));
    }

    /// A trade completed a bucket.
    #[inline(never)]
    pub(super) fn say_bucket<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let Some(imbalance) = self.vpin.last().map(super::vpin::Bucket::imbalance) else { return };
        self.say_vpin(scene, 0, imbalance, Trust::SOUND);
    }

    fn say_vpin<S: Sink>(
        &self,
        scene: &mut Scene<'_, S>,
        window: u8,
        imbalance: f64,
        trust: Trust,
    ) {
        let vpin = &self.vpin;
        let values = [
            ratio(vpin.value()).to_bits(),
            imbalance.to_bits(),
            vpin.open.size.cast_unsigned(),
            vpin.completed,
            word(vpin.filled()),
        ];
        // The minute's own figure has a value when the mean has none.
        let mut all = vpin.trust();
        if window == 1 {
            all.0 &= !Trust::MISSING.0;
        }
        scene.voice.say(Kind::VpinInsight, window, all.with(trust), values);
    }

    /// The book closed a minute: the footprint of the same trades closes with it.
    pub(super) fn close_footprint<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let cvd = scene.now.cvd.value;
        let change = cvd - self.cvd_before;
        self.cvd_before = cvd;
        if !self.footprint.is_empty() {
            let footprint = &self.footprint;
            let mut auction = judge(footprint, bar.line.close, &self.baseline, &self.plan);
            let mismatch = !is_bar(footprint, bar) || footprint.delta() != change;
            auction.facts = auction.facts.with(FootprintFacts::MISMATCH, mismatch);
            let broken = mismatch || bar.is_unstable() || self.baseline.is_unstable();
            let start = scene.now.start;
            let trust = unstable(broken)
                .with(uncovered(start > bar.time || self.baseline.len < auction::BARS));
            say_footprint(scene, footprint, &auction, bar.time, trust);
            if !broken {
                ask_anchors(scene, auction.facts, bar);
            }
        } else if bar.sums.trades != 0 {
            // Trades that were refused here: the baseline has a hole.
            self.baseline.push(&self.footprint, true);
            return;
        }
        self.baseline.push(&self.footprint, bar.is_unstable());
        self.footprint.clear();
    }
}

/// Whether rows and bar hold the same trades, as far as sums can say.
fn is_bar(footprint: &Footprint, bar: &Bar<'_>) -> bool {
    let (rows, sums) = (footprint, bar.sums);
    let total = footprint
        .rows()
        .fold((Lots(0), Lots(0)), |(buys, sells), (_, row)| (buys + row.ask, sells + row.bid));
    total == (sums.buys, sums.sells)
        && (rows.buys, rows.sells, rows.trades) == (sums.buys, sums.sells, sums.trades)
        && (rows.delta_min, rows.delta_max) == (sums.delta_min, sums.delta_max)
}

/// Absorption asks for averages and profiles from the bar's opening on.
fn ask_anchors<S: Sink>(scene: &mut Scene<'_, S>, facts: FootprintFacts, bar: &Bar<'_>) {
    for (fact, price) in [
        (FootprintFacts::ABSORPTION_BEARISH, bar.line.high),
        (FootprintFacts::ABSORPTION_BULLISH, bar.line.low),
    ] {
        if facts.has(fact) && !scene.voice.muted {
            let (window, price) = (Window::Absorption, Some(price));
            scene.board.ask(Anchor { window, time: bar.time, price });
        }
    }
}

fn say_footprint<S: Sink>(
    scene: &mut Scene<'_, S>,
    footprint: &Footprint,
    auction: &Auction,
    time: Nanos,
    trust: Trust,
) {
    let rows = footprint.len();
    let mut body = [Line::ZERO; 2 + ROW_LINES];
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    let delta_percent =
        footprint.delta().0 as f64 * 100.0 / (footprint.buys + footprint.sells).0 as f64;
    body[0] = Line::of(FootprintSumsLine {
        buys: footprint.buys,
        sells: footprint.sells,
        delta_min: footprint.delta_min,
        delta_max: footprint.delta_max,
        delta_percent,
        mean_side: auction.mean_side,
        top_share: auction.top_share,
        bottom_share: auction.bottom_share,
    });
    body[1] = Line::of(auction.marks);
    for at in 0..rows {
        let (line, place) = (at / FootprintRowsLine::ROWS, at % FootprintRowsLine::ROWS);
        let row = footprint.row(at);
        body[2 + line].0[2 * place] = word(row.bid);
        body[2 + line].0[2 * place + 1] = word(row.ask);
    }
    let poc = footprint.poc().map_or(Price(missing::WHOLE), |at| footprint.edge(at));
    let values = [
        time.0,
        footprint.edge(0).0.cast_unsigned(),
        footprint.row_ticks().cast_unsigned(),
        poc.0.cast_unsigned(),
        rows as u64 | u64::from(auction.facts.0) << 32,
    ];
    let body = &body[..2 + rows.div_ceil(FootprintRowsLine::ROWS)];
    scene.voice.tell(Kind::FootprintInsight, 0, trust, values, body);
}

/// The prints of a minute are settled at a horizon.
#[inline(never)]
pub(super) fn worth<S: Sink>(scene: &mut Scene<'_, S>, worth: &Worth) {
    let now = &scene.now;
    let mut trust = now.tape_trust(worth.minute).with(now.book_trust(worth.minute));
    if worth.missed.0 != 0 {
        trust = trust.with(Trust::CONTAMINATED);
    }
    if worth.markout.is_none() {
        trust = trust.with(Trust::MISSING);
    }
    let values = [
        worth.minute.0,
        ratio(worth.markout).to_bits(),
        word(worth.lots),
        word(worth.missed),
        u64::from(worth.from_last),
    ];
    let window = u8::try_from(worth.horizon).unwrap_or(u8::MAX);
    scene.voice.say(Kind::MarkoutInsight, window, trust, values);
}

const _: () = assert!(Interval::ALL.len() <= u8::MAX as usize);

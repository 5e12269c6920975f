//! Who takes part (spec § 11), per timeframe 5, 15, 30 m: volume clusters, efficiency, momentum,
//! exhaustion, urgency, and one word for all of it. Nothing trades on it here.
//!
//! ```text
//! trade ─▶ rows of the open 5 m bar ─(its close)─▶ rows of the open 15 m and 30 m bars
//! close ─▶ Timeframe::close ─▶ a piece an event (`STEP`) ─▶ three records with the bar's time
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `rows.rs`, `candle.rs` | what a bar traded where: its trades, or a bell where only the candle is known |
//! | `bars.rs`, `histogram.rs` | the last bars, and the sum of their rows |
//! | `clusters.rs` | rows that stand out, their weight, support, resistance, runway |
//! | `effort.rs`, `momentum.rs`, `urgency.rs`, `fusion.rs` | one formula each, pure |
//! | `figures.rs` | a bar's figures together |
//! | `frame.rs`, `reading.rs`, `report.rs` | one timeframe, what it says, its records |
//!
//! **Invariants.** Only closed bars are read. Volumes are whole lots up to a mean. A reading is
//! what the board said at the close, however many events later it is said.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod bars;
pub mod candle;
pub mod clusters;
pub mod effort;
pub mod figures;
pub mod frame;
pub mod fusion;
pub mod histogram;
pub mod momentum;
mod reading;
mod report;
pub mod rows;
pub mod urgency;

#[cfg(test)]
mod tests;

use model::{
    Body, Flags, Head, Instrument, Interval, Kind, KlineLine, KlineSumsLine, Nanos, Price, Sink,
    Trust,
};

use crate::board::{Board, DepthRows};
use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;
use crate::width::Width;

use candle::Candle;
use clusters::{DEPTH_MAX, DepthBins};
use frame::{Closed, Inputs, Reading, Timeframe};
use fusion::Vote;
use rows::BarRows;

/// The timeframes, each a multiple of the first.
const INTERVALS: [Interval; 3] = [Interval::Minute5, Interval::Minute15, Interval::Minute30];
/// What one event may spend on readings under way, about as many nanoseconds.
const STEP: i64 = 1_500;
/// Readings that one message can end: the one under way, and those of the last two bars of a run.
const READINGS_MAX: usize = 3;

/// What the group is to compute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParticipationPlan {
    /// Bars whose volume the clusters are found in (`vcp_bars`), 24..=288.
    pub vcp_bars: u64,
    /// Slopes are divided by 3, and accelerations with them (`slope_per_bar`).
    pub slope_per_bar: bool,
}

impl Default for ParticipationPlan {
    /// The specification's values.
    fn default() -> Self {
        Self { vcp_bars: 96, slope_per_bar: false }
    }
}

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Participation {
    width: Width,
    // k for bars that open next; of the open bars, by timeframe.
    shift: u32,
    wished: [u32; 3],
    begun: bool,
    open: [BarRows; 3],
    frames: [Timeframe; 3],
    // Whether any reading is under way.
    busy: bool,
    // Trades may be missing in the open bar.
    holed: [bool; 3],
    votes: [Option<Vote>; 3],
    trusts: [Trust; 3],
}

impl Participation {
    pub(crate) fn new(_instrument: &Instrument, plan: &Plan) -> Self {
        let ParticipationPlan { vcp_bars, slope_per_bar } = plan.participation;
        Self {
            width: Width::default(),
            shift: 0,
            wished: [0; 3],
            begun: false,
            open: [0; 3].map(BarRows::new),
            frames: INTERVALS.map(|of| Timeframe::new(of, vcp_bars, slope_per_bar)),
            busy: false,
            holed: [false; 3],
            votes: [None; 3],
            trusts: [Trust::SOUND; 3],
        }
    }

    /// The first trade chooses Δ.
    #[cold]
    fn begin(&mut self, time: Nanos, price: Price) {
        self.begun = true;
        self.choose(time, price);
        self.wished = [self.shift; 3];
        for open in &mut self.open {
            open.clear(self.shift);
        }
    }

    fn choose(&mut self, time: Nanos, price: Price) {
        if let Some(shift) = self.width.choose(time, price) {
            self.shift = shift;
        }
    }

    /// Says a reading.
    fn say<S: Sink>(&mut self, at: usize, reading: &Reading, scene: &mut Scene<'_, S>) {
        let (voice, of) = (&mut scene.voice, INTERVALS[at]);
        report::participation(voice, of, reading);
        report::clusters(voice, &self.frames[at], reading);
        self.votes[at] = reading.vote;
        self.trusts[at] = report::trust_of(reading);
        let trust = self.trusts.into_iter().fold(Trust::SOUND, Trust::with);
        report::timeframes(voice, of, reading, &self.votes, trust);
    }

    /// A reading that the next bar finds under way is finished, whatever the event it falls on.
    #[cold]
    fn finish<S: Sink>(&mut self, at: usize, scene: &mut Scene<'_, S>) {
        // Its own bar was one of those that are spoken of.
        let muted = std::mem::replace(&mut scene.voice.muted, false);
        if let Some(reading) = self.frames[at].finish() {
            self.say(at, &reading, scene);
        }
        scene.voice.muted = muted;
    }

    #[inline(never)]
    fn work<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let Some(at) = self.frames.iter().position(Timeframe::is_busy) else {
            self.busy = false;
            return;
        };
        if let Some(reading) = self.frames[at].step(STEP) {
            self.say(at, &reading, scene);
        }
    }

    /// A bar of one of the timeframes closed.
    #[inline(never)]
    fn close<S: Sink>(&mut self, at: usize, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        if self.frames[at].is_busy() {
            self.finish(at, scene);
        }
        if at == 0 {
            let [five, longer @ ..] = &mut self.open;
            for open in longer {
                open.merge(five);
            }
            self.choose(bar.end(), bar.line.close);
        }
        let mut closed = closed(bar, &scene.now);
        let inputs = inputs(scene.board, bar, &scene.now, &mut closed);
        closed.unstable |= std::mem::take(&mut self.holed[at]);
        let heavy = !scene.voice.muted;
        if heavy {
            depth(scene.board.depth_rows.as_ref(), bar.end(), self.frames[at].depth_mut());
        }
        let (rows, wished) = (&mut self.open[at], self.wished[at]);
        self.frames[at].close(closed, &inputs, rows, wished, heavy);
        self.open[at].clear(self.shift);
        self.wished[at] = self.shift;
        self.busy |= self.frames[at].is_busy();
    }

    /// A candle of before our first bar.
    #[cold]
    fn candle(&mut self, line: &KlineLine, sums: &KlineSumsLine) {
        let of = line.interval().and_then(|of| INTERVALS.iter().position(|one| *one == of));
        let Some(at) = of.filter(|_| line.closed == 1) else { return };
        let candle = Candle {
            open: line.open,
            high: line.high,
            low: line.low,
            close: line.close,
            volume: sums.lots,
            buys: sums.buy_lots,
            notional: sums.notional,
        };
        if candle.is_sound() {
            let wished = if self.begun { self.shift } else { model::width_shift(line.close) };
            self.frames[at].candle(line.time_open, &candle, wished);
            self.busy |= self.frames[at].is_busy();
        }
    }
}

fn closed(bar: &Bar<'_>, now: &Now<'_>) -> Closed {
    let (line, sums) = (bar.line, bar.sums);
    Closed {
        time: bar.time,
        open: line.open,
        high: line.high,
        low: line.low,
        close: line.close,
        volume: sums.volume(),
        delta: sums.delta(),
        unstable: bar.is_unstable(),
        partial: now.start > bar.time,
    }
}

/// What the board knows at the close. What is not sound marks the bar.
#[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
fn inputs(board: &Board, bar: &Bar<'_>, now: &Now<'_>, closed: &mut Closed) -> Inputs {
    let at = bar.interval as usize;
    let ofi = board.ofi[at].filter(|ofi| ofi.absolute > 0);
    let obi = board.obi[at].filter(|obi| obi.samples > 0);
    if let Some(ofi) = &ofi {
        closed.unstable |= ofi.trust.has(Trust::CONTAMINATED);
        closed.partial |= ofi.trust.has(Trust::UNCOVERED);
    }
    closed.unstable |= obi.is_some() && now.dark != Nanos::NONE && now.dark >= bar.time;
    let lambda = board.lambda[at];
    Inputs {
        ofi: ofi.map(|ofi| ofi.sum as f64 / ofi.absolute as f64),
        ofi_percentile: ofi.and_then(|ofi| ofi.percentile),
        obi: obi.map(|obi| obi.mean),
        atr: board.atr[at].filter(|&atr| atr > 0.0),
        lambda: lambda.map(|lambda| lambda.slope.max(0.0)),
        lambda_percentile: lambda.and_then(|lambda| lambda.percentile),
        pace: board.pace,
        interest: board.interest.map(|lots| lots.0),
    }
}

/// The rows of depth that are wholly known, when they came with this close.
fn depth(rows: Option<&DepthRows>, end: Nanos, bins: &mut DepthBins) {
    bins.count = 0;
    let Some(rows) = rows.filter(|rows| rows.line.time == end) else { return };
    let (line, known) = (&rows.line, |price: i64| {
        (rows.line.known_low.0..=rows.line.known_high.0).contains(&price)
    });
    (bins.shift, bins.all) = (line.shift, 0);
    for (row, &lots) in (line.row_first..).zip(&rows.lots) {
        let whole = known(row << line.shift) && known(((row + 1) << line.shift) - 1);
        if !whole || bins.count == DEPTH_MAX {
            continue;
        }
        if bins.count == 0 {
            bins.first = row;
        }
        bins.lots[bins.count] = lots;
        bins.count += 1;
        bins.all += lots;
    }
}

impl Figures for Participation {
    const LINES_MAX: usize = READINGS_MAX * report::READING_LINES;

    #[inline]
    fn trade<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, print: &Print) {
        if !self.begun {
            self.begin(print.time, print.price);
        }
        self.open[0].add(print.price.0, print.lots.0);
    }

    #[inline]
    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        // A bar before the first trade that counted has no rows.
        if let Some(at) = INTERVALS.iter().position(|of| *of == bar.interval)
            && self.begun
        {
            self.close(at, scene, bar);
        }
    }

    fn other<S: Sink>(
        &mut self,
        _scene: &mut Scene<'_, S>,
        kind: Kind,
        head: &Head,
        body: Body<'_>,
    ) {
        if kind == Kind::Kline
            && head.flags.has(Flags::HISTORY)
            && let (Some(line), Some(sums)) = (body.view(0), body.view(1))
        {
            self.candle(line, sums);
        }
    }

    #[inline]
    fn clock<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        if self.busy {
            self.work(scene);
        }
    }

    fn hole(&mut self, _now: &Now<'_>) {
        self.holed = [true; 3];
    }

    fn jump(&mut self, _now: &Now<'_>) {
        for open in &mut self.open {
            open.clear(self.shift);
        }
        for frame in &mut self.frames {
            frame.clear();
        }
        (self.begun, self.busy, self.holed) = (false, false, [false; 3]);
        (self.votes, self.trusts) = ([None; 3], [Trust::SOUND; 3]);
        self.width = Width::default();
    }
}

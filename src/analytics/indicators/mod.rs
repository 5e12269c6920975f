//! Indicators on closed bars, swings and the divergences between them.
//!
//! ```text
//! trade bars 1m … 4h ─▶ ATR          mark bars (or trade bars) 1m, 3m ─▶ RSI, MACD ─┐
//!            1m, 3m  ─▶ OBV, A/D, EMA, rolling ──────────────── X of a closed bar ──┤
//! trades ─▶ ZigZag ─▶ extremes ─▶ those of the bar that closed ─────────────────────┴▶ divergences
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `filters.rs`, `sums.rs` | the calculators, equal to TA-Lib from its first output |
//! | `swing.rs`, `extremes.rs` | the `ZigZag`; what was known at each extreme |
//! | `divergence.rs` | one indicator beside the extremes |
//! | `bars.rs` | all that is kept for one interval |
//! | `say.rs` | the records |
//!
//! **Two clocks.** A mark bar may close before or after the trade bar of the same minute. The
//! extremes of a minute are those that stood when its *trade* bar closed; CVD, OBV and A/D are
//! judged there, RSI and MACD as soon as the mark bar of that minute has closed as well.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod bars;
mod divergence;
mod extremes;
mod filters;
mod plan;
mod say;
mod sums;
mod swing;
#[cfg(test)]
mod tests;

use model::{Body, Head, Instrument, Interval, Kind, MarkBarLine, Nanos, SECOND, Sink, Window};

use crate::board::{Anchor, Extreme as Provisional};
use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;

use bars::{Lane, Oscillators, Ranges, fine};
use divergence::TURNS_MAX;
use extremes::{Extremes, Seen};
use swing::Move;

pub use filters::{Atr, Ema, Macd, MacdReading, Rsi};
pub use plan::{IndicatorPlan, RsiPrice, SYNC_BARS_MAX};
pub use sums::{AccumulationDistribution, Moments, Obv, Rolling};
pub use swing::{Move as SwingMove, Swing, ZigZag};

/// The intervals of everything but ATR.
const LANES: [Interval; 2] = [Interval::Minute1, Interval::Minute3];
/// Empty mark bars of one run that are seen one by one: 25 hours of minutes, as of trade bars.
const RUN_MAX: u64 = 1_500;

/// Where RSI and MACD come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    /// Not decided: the first minute has not closed.
    Unknown,
    Mark,
    /// There was no mark when the first minute closed.
    TradesForWant,
    /// The plan says so.
    TradesByPlan,
}

impl Source {
    /// As the record writes it.
    const fn code(self) -> u32 {
        match self {
            Self::Unknown | Self::Mark => 0,
            Self::TradesForWant => 1,
            Self::TradesByPlan => 2,
        }
    }
}

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Indicators {
    plan: IndicatorPlan,
    /// A tick in 10⁻⁸.
    tick: i64,
    /// How far back the samples of OBI's z reach.
    obi_memory: Nanos,
    source: Source,
    seen_mark: bool,
    extremes: Extremes,
    lanes: [Lane; LANES.len()],
    ranges: [Ranges; Interval::ALL.len()],
}

impl Indicators {
    pub(crate) fn new(instrument: &Instrument, plan: &Plan) -> Self {
        let samples = u64::try_from(plan.obi_window).unwrap_or(u64::MAX);
        let obi_memory = Nanos(samples.saturating_add(1).saturating_mul(SECOND.0));
        Self::begin(instrument.tick.0, obi_memory, plan.indicators)
    }

    fn begin(tick: i64, obi_memory: Nanos, plan: IndicatorPlan) -> Self {
        let source = match plan.rsi_price {
            RsiPrice::Mark => Source::Unknown,
            RsiPrice::Trade => Source::TradesByPlan,
        };
        Self {
            plan,
            tick,
            obi_memory,
            source,
            seen_mark: false,
            extremes: Extremes::new(plan.swing_bp),
            lanes: LANES.map(|interval| Lane::new(interval, &plan)),
            ranges: [Ranges::new(&plan); Interval::ALL.len()],
        }
    }

    /// The running extreme moved, or one was confirmed.
    #[inline(never)]
    fn turn<S: Sink>(&mut self, scene: &mut Scene<'_, S>, print: &Print) {
        let interest = [scene.board.interest, scene.board.interest_change];
        let rsi = self.lanes[0].oscillators.last_rsi;
        let trades = self.extremes.trades();
        let seen = Seen::new(&scene.now, interest, rsi, trades, self.obi_memory);
        let (done, confirmed) = self.extremes.take(print.price, print.time, seen);
        let here = Some(Provisional { time: print.time, price: print.price });
        match done {
            Move::None => {}
            Move::Begun => {
                (scene.board.provisional_high, scene.board.provisional_low) = (here, here);
            }
            Move::Moved { is_high: true } => scene.board.provisional_high = here,
            Move::Moved { is_high: false } => scene.board.provisional_low = here,
            Move::Confirmed => {
                let Some(extreme) = confirmed else { return };
                let swing = &extreme.swing;
                let window = if swing.is_high {
                    scene.board.provisional_low = here;
                    Window::SwingHigh
                } else {
                    scene.board.provisional_high = here;
                    Window::SwingLow
                };
                let price = Some(swing.price);
                scene.board.ask(Anchor { window, time: swing.time, price });
                say::swing(&mut scene.voice, &extreme, Some(print.time));
            }
        }
    }

    /// The first minute decides where RSI and MACD come from; a mark that comes later begins
    /// them anew.
    fn decide(&mut self, mark: bool) {
        let before = self.source;
        self.source = match before {
            Source::Unknown | Source::TradesForWant if mark || self.seen_mark => Source::Mark,
            Source::Unknown => Source::TradesForWant,
            decided => decided,
        };
        if before == Source::TradesForWant && self.source == Source::Mark {
            for lane in &mut self.lanes {
                lane.oscillators = Oscillators::new(&self.plan);
                lane.due = None;
            }
        }
    }

    fn range<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        let at = bar.interval as usize;
        let Ranges { atr, taint } = &mut self.ranges[at];
        let dirty = taint.close(bar.is_unstable());
        let [high, low, close] =
            [bar.line.high, bar.line.low, bar.line.close].map(|price| sums::float(price.0));
        let value = atr.push(high, low, close);
        scene.board.atr[at] = value;
        let chosen = bar.interval == self.plan.atr_interval;
        say::atr(&mut scene.voice, bar, value, atr.range(), chosen, dirty);
    }

    /// A trade bar of 1 m or 3 m.
    fn minutes<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>, at: usize) {
        let source = self.source;
        let unit = sums::float(self.tick);
        let lane = &mut self.lanes[at];
        let mut turns = self.extremes.turns(lane.since);
        for turn in turns.iter_mut().flatten() {
            turn.dirty |= bar.is_unstable();
        }
        let moved = turns[TURNS_MAX - 1].is_some();
        lane.since = self.extremes.trades();
        let cvd = scene.now.cvd;
        let volume = lane.volumes.push(bar, cvd.value, cvd.stable);
        let voice = &mut scene.voice;
        say::volume(voice, bar, &volume, lane.volumes.bars);
        let interval = bar.interval;
        let mut found = |of, found: &_| say::divergence(voice, interval, bar.time, of, found);
        lane.volumes.judge(&turns, &mut found);
        if matches!(source, Source::TradesForWant | Source::TradesByPlan) {
            let close = fine(bar.line.close, self.tick);
            let said = lane.oscillators.push(bar.time, close, unit, bar.is_unstable());
            lane.oscillators.judge(&turns, found);
            say::oscillators(voice, interval, &said, unit, (source.code(), bar.time));
        } else if lane.oscillators.time == bar.time {
            lane.oscillators.judge(&turns, found);
        } else if turns.iter().any(Option::is_some) {
            lane.due = Some((bar.time, turns));
        }
        if at == 0
            && moved
            && let Some(running) = self.extremes.running()
        {
            say::swing(voice, &running, None);
        }
    }

    /// A bar of the mark price, one of the run that its line stands for.
    fn mark_bar<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        line: &MarkBarLine,
        time: Nanos,
        at: usize,
    ) {
        let unit = sums::float(self.tick);
        let lane = &mut self.lanes[at];
        let close = sums::float(line.close.0);
        let said = lane.oscillators.push(time, close, unit, line.unstable != 0);
        let voice = &mut scene.voice;
        if let Some((bar, turns)) = lane.due.take()
            && bar == time
        {
            let interval = lane.interval;
            let found = |of, found: &_| say::divergence(voice, interval, bar, of, found);
            lane.oscillators.judge(&turns, found);
        }
        say::oscillators(voice, lane.interval, &said, unit, (self.source.code(), time));
    }
}

impl Figures for Indicators {
    /// The worst is the close of a trade bar: ATR, OBV with A/D, means, RSI with MACD, the running
    /// extreme (2), and of each of five indicators a divergence (2) at every extreme of the bar.
    /// Two bars of a run are told of.
    const LINES_MAX: usize = 2 * (4 + 2) + 5 * 2 * TURNS_MAX;

    #[inline]
    fn trade<S: Sink>(&mut self, scene: &mut Scene<'_, S>, print: &Print) {
        if self.extremes.hear(print.price, scene.now.cvd.value) {
            self.turn(scene, print);
        }
    }

    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        if bar.interval == Interval::Second1 {
            return;
        }
        self.decide(false);
        self.range(scene, bar);
        if let Some(at) = LANES.iter().position(|&interval| interval == bar.interval) {
            self.minutes(scene, bar, at);
        }
    }

    fn other<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        kind: Kind,
        _head: &Head,
        body: Body<'_>,
    ) {
        if kind != Kind::MarkBar || self.source == Source::TradesByPlan {
            return;
        }
        let Some(line) = body.view::<MarkBarLine>(0) else { return };
        self.seen_mark = true;
        let interval = line.interval();
        let Some(at) = LANES.iter().position(|&of| of == interval) else { return };
        self.decide(true);
        for run in line.run.saturating_sub(RUN_MAX)..line.run {
            let after = run.saturating_mul(interval.length().0);
            scene.voice.muted = run + 2 < line.run;
            self.mark_bar(scene, line, line.time_open.after(Nanos(after)), at);
        }
        scene.voice.muted = false;
    }

    fn hole(&mut self, _now: &Now<'_>) {
        self.extremes.hole();
    }

    fn jump(&mut self, _now: &Now<'_>) {
        *self = Self::begin(self.tick, self.obi_memory, self.plan);
    }
}

//! From the book and beside it: OFI, the imbalance's regime, liquidity fate, open interest,
//! funding, liquidations.
//!
//! | file | one line |
//! |---|---|
//! | `ofi.rs` | order flow imbalance by bar |
//! | `regime.rs` | the imbalance's 1 Hz samples by bar |
//! | `fate.rs` | what levels lost: traded or pulled |
//! | `interest.rs`, `funding.rs`, `liquidations.rs` | what the venue tells beside the book |
//! | `per_bar.rs` | sums by bar of what happens between trades |
//!
//! **Which bar.** An event belongs to the bar that holds its own venue time (T, else E, else the
//! clock): bars close up to half a second after their end, and what comes in that half second
//! with a time at or after the end is the next bar's.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod fate;
mod funding;
mod interest;
mod liquidations;
mod ofi;
mod per_bar;
#[cfg(test)]
mod properties;
mod regime;
#[cfg(test)]
mod tests;

use model::{
    Body, BookLine, DEPTH_ROWS, DepthLotsLine, DepthRowsLine, DrainLine, ForceLine, Head,
    Instrument, Interval, Kind, Lots, MarkLine, Nanos, QuoteLine, Sink, Trust, missing,
};

use crate::board::{BarObi, DepthRows};
use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;

use fate::Fate;
use funding::Funding;
use interest::Interest;
use liquidations::Liquidations;
use ofi::Ofi;
use regime::Regime;

pub use ofi::OfiSource;

/// Steps of the fate's work that a trade does; it must not pay for a burst of levels.
const STEPS_TRADE: usize = 2;
/// … and any other message. A full event (160 lines) takes four of them, of which it brings two.
const STEPS: usize = 48;

/// What the group is built with.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DepthPlan {
    /// Where order flow imbalance takes the best from (`ofi`).
    pub ofi: OfiSource,
}

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Depth {
    ofi: Ofi,
    regime: Regime,
    fate: Fate,
    interest: Interest,
    funding: Funding,
    liquidations: Liquidations,
    // What this message may do of the fate's work.
    steps: usize,
}

impl Depth {
    pub(crate) fn new(instrument: &Instrument, plan: &Plan) -> Self {
        Self {
            ofi: Ofi::new(plan.depth.ofi),
            regime: Regime::new(),
            fate: Fate::new(),
            interest: Interest::new(),
            funding: Funding::new(),
            liquidations: Liquidations::new(instrument),
            steps: STEPS,
        }
    }

    /// Order flow imbalance of a closed bar: on the board for all, said from a minute on.
    fn close_ofi<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>, open: Nanos) {
        let ofi = self.ofi.close(&scene.now, bar);
        scene.board.ofi[bar.interval as usize] = ofi;
        if bar.interval == Interval::Second1 {
            return;
        }
        let (trust, values) = match ofi {
            Some(ofi) => (
                ofi.trust,
                [
                    open.0,
                    ofi.sum.cast_unsigned(),
                    ofi.absolute.cast_unsigned(),
                    ofi.ratio().unwrap_or(missing::RATIO).to_bits(),
                    ofi.percentile.unwrap_or(missing::RATIO).to_bits(),
                ],
            ),
            None => (scene.now.book_trust(open).with(Trust::MISSING), [open.0, 0, 0, 0, 0]),
        };
        scene.voice.say(Kind::OfiInsight, bar.interval as u8, trust, values);
    }

    /// The imbalance's samples of a closed bar.
    fn close_regime<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>, open: Nanos) {
        let samples = self.regime.close(bar.interval, open);
        let seconds = bar.interval.length().0 / model::SECOND.0;
        let whole = u64::from(samples.count) * 2 >= seconds;
        scene.board.obi[bar.interval as usize] =
            whole.then_some(BarObi { mean: samples.mean, samples: samples.count });
        if bar.interval != Interval::Minute1 {
            return;
        }
        let mean = if whole { samples.mean } else { missing::RATIO };
        let deviation = samples.deviation().filter(|_| whole).unwrap_or(missing::RATIO);
        let mut trust = scene.now.book_trust(open);
        if samples.count + samples.suppressed == 0 {
            trust = trust.with(Trust::MISSING);
        }
        let values = [
            open.0,
            mean.to_bits(),
            deviation.to_bits(),
            u64::from(samples.count),
            u64::from(samples.suppressed),
        ];
        scene.voice.say(Kind::RegimeInsight, bar.interval as u8, trust, values);
    }

    /// Closes the liquidations' minutes that are over.
    #[inline]
    fn close_minutes<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let Scene { now, voice, .. } = scene;
        if self.liquidations.is_due(now.clock) {
            self.liquidations.pass(now.clock, |closed| {
                let whole = closed.mean.is_some();
                let trust = if whole { Trust::SOUND } else { Trust::UNCOVERED };
                voice.say(Kind::LiquidationsInsight, 0, trust, closed.values());
            });
        }
    }

    /// What waited for its prints and is due.
    fn settle<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let Scene { now, voice, .. } = scene;
        let steps = std::mem::replace(&mut self.steps, STEPS);
        self.fate.step(now.clock, steps, |minute| {
            let open = minute.open;
            let mut trust = minute.trust();
            for one in [now.book_trust(open), now.tape_trust(open)] {
                trust = trust.with(one);
            }
            voice.say(Kind::LiquidityInsight, 0, trust, minute.near.values(open));
            voice.say(Kind::LiquidityInsight, 1, trust, minute.all.values(open));
        });
    }
}

impl Figures for Depth {
    // At one bar of a run or two: imbalance and regime; a poll, a rate, a spike; at the end of a
    // message three minutes of fate in two lines, two of liquidations, and silent polls.
    const LINES_MAX: usize = 2 * 2 + 3 + 3 * 2 + 2 + 1;

    #[inline]
    fn trade<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, print: &Print) {
        self.fate.print(print);
        self.steps = STEPS_TRADE;
    }

    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        // Of the last one, where a line of seconds stands for several.
        let open = bar.end().since(bar.interval.length());
        self.close_ofi(scene, bar, open);
        self.close_regime(scene, bar, open);
    }

    fn book<S: Sink>(&mut self, scene: &mut Scene<'_, S>, book: &BookLine, _time: Nanos) {
        self.ofi.book(&scene.now, book);
        self.regime.take(scene.now.clock, scene.now.obi);
        if !book.is_sound() {
            self.fate.forget();
            scene.board.depth_rows = None;
        }
    }

    fn quote<S: Sink>(&mut self, scene: &mut Scene<'_, S>, quote: &QuoteLine, update_id: u64) {
        self.ofi.quote(&scene.now, quote, update_id);
    }

    fn mark<S: Sink>(&mut self, scene: &mut Scene<'_, S>, mark: &MarkLine, _time: Nanos) {
        if self.funding.take(mark) {
            scene.voice.say(Kind::FundingInsight, 0, Trust::SOUND, self.funding.values());
        }
    }

    fn interest<S: Sink>(&mut self, scene: &mut Scene<'_, S>, lots: Lots, time: Nanos) {
        let Some(look) = self.interest.take(lots, time, scene.now.clock) else { return };
        scene.board.interest = Some(look.lots);
        scene.board.interest_change = look.change;
        let trust = if look.covered { Trust::SOUND } else { Trust::UNCOVERED };
        scene.voice.say(Kind::InterestInsight, 0, trust, look.values());
    }

    fn force<S: Sink>(&mut self, scene: &mut Scene<'_, S>, force: &ForceLine, time: Nanos) {
        // Minutes that its own time closes are closed before it counts.
        self.close_minutes(scene);
        if let Some((spike, trust)) = self.liquidations.take(force, time) {
            if let Some(anchor) = spike.anchor {
                scene.board.ask(anchor);
            }
            scene.voice.say(Kind::SpikeInsight, 0, trust, spike.values());
        }
    }

    fn other<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        kind: Kind,
        head: &Head,
        body: Body<'_>,
    ) {
        match kind {
            Kind::Drain => {
                let Some(drain) = body.view::<DrainLine>(0) else { return };
                let mid = scene.now.best().map_or(0, |(bid, ask)| bid.0.saturating_add(ask.0));
                let lines = body.iter().skip(1).take(body.len() - 1);
                self.fate.lose(drain, (lines, body.len() - 1), head.time_venue(), mid);
            }
            Kind::DepthRows => {
                let Some(line) = body.view::<DepthRowsLine>(0) else { return };
                let mut lots = [0; DEPTH_ROWS];
                let all = body.iter().skip(1).flat_map(|line| line.view::<DepthLotsLine>().lots);
                for (row, Lots(here)) in lots.iter_mut().zip(all) {
                    *row = here;
                }
                scene.board.depth_rows = Some(DepthRows { line: *line, lots });
            }
            _ => {}
        }
    }

    #[inline]
    fn clock<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        self.settle(scene);
        self.close_minutes(scene);
        if self.interest.is_stale(scene.now.clock) {
            scene.board.interest = None;
            scene.board.interest_change = None;
            scene.voice.say(Kind::InterestInsight, 0, Trust::MISSING, [0; 5]);
        }
    }

    fn jump(&mut self, _now: &Now<'_>) {
        self.ofi.jump();
        self.regime = Regime::new();
        self.fate.restart();
        self.interest = Interest::new();
        self.funding = Funding::new();
        self.liquidations.jump();
    }
}

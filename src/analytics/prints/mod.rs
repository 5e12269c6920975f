//! From the tape: footprint, delta by size, pace, VPIN, λ, volatility, markouts.
//!
//! | file | figure | said |
//! |---|---|---|
//! | `footprint.rs`, `auction.rs` | rows of a minute; imbalances, stacks, absorption | closed minute |
//! | `sizes.rs` | CVD by size of the trade | closed second |
//! | `kyle.rs` | Kyle's λ over 1, 5, 15, 30 m bars | closed bar |
//! | `vpin.rs` | VPIN | completed bucket, closed minute |
//! | `volatility.rs` | realised volatility | closed second |
//! | `pace.rs`, `ordered.rs` | tape speed and its percentiles | closed second |
//! | `markout.rs` | markouts after 1, 10, 60 s | when a minute's prints are settled |
//!
//! **Invariants.** Nothing that was said is taken back. The rows of a footprint sum to the bar
//! that the book closed and to the change of CVD, or the record says that they do not.

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod auction;
mod footprint;
mod kyle;
mod markout;
mod ordered;
mod pace;
mod plan;
mod say;
mod sizes;
mod volatility;
mod vpin;

#[cfg(test)]
mod tests;

use model::{Instrument, Interval, Lots, Sink, SizesLine};

use crate::figures::{Bar, Figures, Now, Print, Scene};
use crate::plan::Plan;

pub use footprint::Footprint;
pub use kyle::{Line as KyleLine, Regression as KyleRegression};
pub use plan::PrintsPlan;

use auction::Baseline;
use kyle::Kyle;
use markout::Markouts;
use pace::Pace;
use sizes::Sizes;
use volatility::Volatility;
use vpin::Vpin;

/// The intervals that have a λ.
const LAMBDAS: [Interval; 4] =
    [Interval::Minute1, Interval::Minute5, Interval::Minute15, Interval::Minute30];

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Prints {
    plan: PrintsPlan,
    footprint: Footprint,
    // CVD when the open minute began.
    cvd_before: Lots,
    baseline: Baseline,
    sizes: Sizes,
    kyles: [Kyle; 4],
    vpin: Vpin,
    volatility: Volatility,
    pace: Pace,
    markouts: Markouts,
}

impl Prints {
    pub(crate) fn new(instrument: &Instrument, plan: &Plan) -> Self {
        let plan = plan.prints;
        Self {
            plan,
            footprint: Footprint::new(plan.footprint_rows),
            cvd_before: Lots(0),
            baseline: Baseline::new(),
            sizes: Sizes::new(instrument, plan.size_edges),
            kyles: LAMBDAS.map(Kyle::new),
            vpin: Vpin::new(plan.vpin_daily_lots),
            volatility: Volatility::new(),
            pace: Pace::new(),
            markouts: Markouts::new(plan.markout_slots),
        }
    }

    /// The open minute as it stands; provisional.
    pub(crate) const fn footprint(&self) -> &Footprint {
        &self.footprint
    }

    pub(crate) const fn sizes(&self) -> &SizesLine {
        &self.sizes.sums
    }
}

impl Figures for Prints {
    // A closed minute: footprint (head, sums, marks, 48 lines of rows), λ, VPIN; then the markouts
    // of at most three minutes at three horizons.
    const LINES_MAX: usize = 3 + say::ROW_LINES + 2 + 3 * 3;

    #[inline]
    fn trade<S: Sink>(&mut self, scene: &mut Scene<'_, S>, print: &Print) {
        let Print { time, price, side, lots, .. } = *print;
        self.footprint.add(price, side, lots);
        self.sizes.add(price, side, lots);
        self.markouts.add(time, price, side, lots);
        if self.vpin.add(side, lots) {
            self.say_bucket(scene);
        }
    }

    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {
        match bar.interval {
            Interval::Second1 => self.second(scene, bar),
            Interval::Minute1 => {
                self.close_footprint(scene, bar);
                self.fit(scene, 0, bar);
                self.minute(scene, bar);
            }
            interval => {
                if let Some(at) = LAMBDAS.iter().position(|&of| of == interval) {
                    self.fit(scene, at, bar);
                }
            }
        }
    }

    #[inline]
    fn clock<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {
        let clock = scene.now.clock;
        if self.markouts.is_due(clock) {
            self.markouts.settle(clock, |worth| say::worth(scene, &worth));
        }
        self.pace.work();
        let best = scene.now.best();
        self.markouts.keep(clock, scene.now.mid_doubled(), best.is_none());
    }

    fn hole(&mut self, _now: &Now<'_>) {
        self.vpin.hole();
    }

    fn jump(&mut self, _now: &Now<'_>) {
        self.footprint.clear();
        self.cvd_before = Lots(0);
        self.baseline.clear();
        self.sizes.clear();
        for kyle in &mut self.kyles {
            kyle.clear();
        }
        self.vpin.clear();
        self.volatility.clear();
        self.pace.clear();
        self.markouts.clear();
    }
}

//! A synthetic market: a limit order book that really trades, from a seed.
//!
//! ```text
//! regime ─▶ reference price ─▶ makers ─┐
//!    │            ▲ surprise           ▼
//!    └─▶ flow ────┴──── takers ─▶ ladder ─▶ tape, depth, quotes ─▶ frames
//!          ▲                            │
//!          └── forced orders ◀── positions, structure
//! ```
//!
//! Time is continuous and event-driven: everything that can happen has a rate, the next event
//! is drawn from their sum (Ogata's thinning for the rates that fade), and the clock's own
//! boundaries (100 ms, 1 s, 1 min) interrupt the wait.

mod answers;
mod beat;
mod flow;
mod ladder;
mod makers;
mod outbox;
mod plan;
mod positions;
mod regime;
mod structure;
mod tape;
#[cfg(test)]
mod tests;

use model::{Lots, MILLISECOND, Nanos, Price, Side};

pub use self::outbox::{Frame, Stream};
pub use self::plan::MarketPlan;
pub use self::tape::{Aggregate, Candle};

pub(crate) use self::ladder::{Ladder, price_of};
pub(crate) use self::makers::Makers;
pub(crate) use self::outbox::{Forced, Outbox};
pub(crate) use self::tape::Tape;

use self::flow::{Flow, taker_units};
use self::positions::Positions;
use self::regime::{Reference, Regime};
use self::structure::Structure;
use crate::dice::{Dice, whole};

/// The venue counts all its instruments' changes with one counter; a plausible place to start.
const UPDATE_START: u64 = 11_671_659_685_961;
/// The finest boundary at which something is due.
const BEAT: Nanos = Nanos(100 * MILLISECOND.0);

/// A synthetic market. See the module.
#[derive(Clone, Debug)]
pub struct Market {
    plan: MarketPlan,
    now: Nanos,
    /// Venue time of the last change of the book.
    matched: Nanos,
    update_seen: u64,
    dice: Dice,
    ladder: Ladder,
    makers: Makers,
    flow: Flow,
    regime: Regime,
    reference: Reference,
    structure: Structure,
    positions: Positions,
    tape: Tape,
    outbox: Outbox,
    /// Quotes are on their way to the reference price.
    chasing: bool,
    /// Extra actions a second while an avalanche lasts, and until when.
    heat: f64,
    heat_until: Nanos,
    /// Fading mean of taker signs: what presses on the premium.
    tilt: f64,
    forced: Option<Forced>,
    /// News makes news: fades within some ten seconds.
    alarm: f64,
    /// What time of day does to activity.
    hour_factor: f64,
}

/// The rates of everything that can happen next, a second each.
#[derive(Clone, Copy, Debug)]
struct Rates {
    buyers: f64,
    sellers: f64,
    queue: f64,
    refresh: f64,
    news: f64,
    parent: f64,
    avalanche: f64,
    forced: f64,
    chase: f64,
    improve: f64,
}

impl Rates {
    fn sum(&self) -> f64 {
        self.buyers
            + self.sellers
            + self.queue
            + self.refresh
            + self.news
            + self.parent
            + self.avalanche
            + self.forced
            + self.chase
            + self.improve
    }
}

impl Market {
    /// The market of a seed.
    #[must_use]
    pub fn new(seed: u64, plan: MarketPlan) -> Self {
        let ticks = plan.start.0 as f64;
        let mut dice = Dice::new(seed);
        let mut ladder = Ladder::new(plan.start, UPDATE_START);
        let mut makers = Makers::new(ticks, plan.unit_lots, plan.best_units);
        makers.fill(&mut ladder, &mut dice);
        // The first snapshot knows these levels; no depth event tells of them.
        ladder.drain_changes(&mut Vec::new());
        let outbox = Outbox::new(&plan.instrument, plan.price_places);
        let tape =
            Tape::new(plan.time_start, plan.start, plan.aggregate_span, plan.aggregate_delay);
        Self {
            now: plan.time_start,
            matched: plan.time_start,
            update_seen: ladder.update,
            dice,
            ladder,
            makers,
            flow: Flow::new(),
            regime: Regime::new(),
            reference: Reference::new(ticks, plan.volatility_bp),
            structure: Structure::new(ticks),
            positions: Positions::new(ticks, plan.open_interest),
            tape,
            outbox,
            chasing: false,
            heat: 0.0,
            heat_until: plan.time_start,
            tilt: 0.0,
            forced: None,
            alarm: 0.0,
            hour_factor: 1.0,
            plan,
        }
    }

    /// What is traded here, and how.
    #[must_use]
    pub const fn plan(&self) -> &MarketPlan {
        &self.plan
    }

    /// Venue time of the last event.
    #[must_use]
    pub const fn now(&self) -> Nanos {
        self.now
    }

    /// The next frame, in the order in which the venue sends them. It never ends.
    #[expect(clippy::should_implement_trait, reason = "the frame borrows the market's buffer")]
    pub fn next(&mut self) -> Frame<'_> {
        if self.outbox.is_empty() {
            self.outbox.rewind();
            while self.outbox.is_empty() {
                self.step();
            }
        }
        self.outbox.take().expect("the outbox was just filled")
    }

    /// Seconds since the start.
    fn seconds(&self) -> f64 {
        self.now.since(self.plan.time_start).0 as f64 * 1e-9
    }

    /// One event, or one boundary of the clock.
    fn step(&mut self) {
        let rates = self.rates();
        let wait = self.dice.exponential(1.0 / rates.sum());
        let wait_nanos = u64::try_from(whole(wait * 1e9)).unwrap_or(u64::MAX).max(1);
        let at = self.now.after(Nanos(wait_nanos));
        let beat = Nanos(self.now.floor(BEAT).0 + BEAT.0);
        let due = self.tape.due().map_or(beat, |due| due.min(beat)).max(self.now);
        if at >= due {
            // Exponential waits have no memory: the draw is forgotten, not continued.
            self.flow.fade(due.since(self.now).0 as f64 * 1e-9);
            self.now = due;
            self.boundary(due == beat);
            return;
        }
        self.flow.fade(wait);
        self.now = at;
        let pick = self.dice.unit() * rates.sum();
        if self.happen(pick, &rates) {
            self.after_action();
        }
    }

    fn rates(&mut self) -> Rates {
        let activity = self.regime.activity() * self.hour_factor;
        let heat = if self.now < self.heat_until { self.heat } else { 0.0 };
        let gap = (self.reference.ticks - self.ladder.mid()).abs();
        if !self.chasing && gap > self.reference.band {
            self.chasing = true;
        }
        let excitement = self.flow.excitement().min(120.0);
        let waiting = self.positions.forced[0] + self.positions.forced[1] >= 1.0;
        Rates {
            buyers: self.flow.bound(Side::Buy) + heat * 0.02,
            sellers: self.flow.bound(Side::Sell) + heat * 0.02,
            queue: 50.0 * activity + 5.0 * excitement + heat,
            refresh: 22.0 * activity + 0.5 * excitement,
            news: (0.1 * activity + 0.012 * excitement) * (1.0 + self.alarm),
            parent: activity / 150.0,
            avalanche: self.plan.avalanches_per_hour * activity / 3600.0,
            forced: if waiting { 9.0 } else { 0.0 },
            chase: if self.chasing { 500.0 } else { 0.0 },
            improve: if self.ladder.spread() > 1 { 1500.0 } else { 0.0 },
        }
    }

    /// Does what the pick points at; `false` when thinning says that nothing happened.
    fn happen(&mut self, mut pick: f64, rates: &Rates) -> bool {
        let mut under = |rate: f64| {
            pick -= rate;
            pick < 0.0
        };
        if under(rates.buyers) {
            return self.taker(Side::Buy, rates.buyers);
        }
        if under(rates.sellers) {
            return self.taker(Side::Sell, rates.sellers);
        }
        if under(rates.queue) {
            self.makers.queue(&mut self.ladder, &mut self.dice);
        } else if under(rates.refresh) {
            let count = 1 + u64::try_from(whole(self.dice.exponential(42.0))).unwrap_or(0);
            self.makers.refresh(&mut self.ladder, &mut self.dice, count);
        } else if under(rates.chase) {
            self.chase();
        } else if under(rates.improve) {
            self.makers.improve(&mut self.ladder, &mut self.dice, self.reference.ticks);
        } else if under(rates.forced) {
            self.forced_order();
        } else if under(rates.news) {
            self.reference.news(self.nervousness(), &mut self.dice);
            self.alarm = (self.alarm + 0.5).min(4.0);
        } else if under(rates.parent) {
            self.start_parent();
        } else {
            self.avalanche();
        }
        true
    }

    /// An order of a taker, unless the intensity has faded since it was drawn (thinning).
    fn taker(&mut self, side: Side, drawn: f64) -> bool {
        let heat = if self.now < self.heat_until { self.heat * 0.02 } else { 0.0 };
        if self.dice.unit() * drawn > self.flow.intensity(side) + heat {
            return false;
        }
        let units = taker_units(&mut self.dice);
        // Most takers bound what they pay.
        let reach = self.reference.sigma() * (0.15 + self.dice.exponential(0.5));
        let lots = self.makers.lots(units);
        let done = self.sweep(side, lots, reach);
        self.flow.excite(side);
        let units = f64::from(done.0) / self.plan.unit_lots;
        self.reference.learn(signum(side), units, self.regime.volatility());
        done.0 > 0
    }

    /// Takes from the resting side until the lots or the reach (in ticks) are used up. Returns
    /// the lots taken and Σ ticks × lots.
    fn sweep(&mut self, taker: Side, lots: u32, reach: f64) -> (u32, i128) {
        let resting = taker.opposite();
        let start = self.ladder.best(resting) as f64;
        let (mut left, mut notional) = (lots, 0);
        while left > 0 {
            let tick = self.ladder.best(resting);
            if (tick as f64 - start).abs() > reach {
                break;
            }
            let taken = self.ladder.take(resting, left);
            if taken == 0 {
                break;
            }
            left -= taken;
            notional += (price_of(tick) * Lots(i64::from(taken))).0;
            self.print(taker, tick, taken);
        }
        (lots - left, notional)
    }

    /// A level's fills: to the tape, to the memory of structure and to the positions.
    fn print(&mut self, taker: Side, tick: usize, taken: u32) {
        let units = f64::from(taken) / self.plan.unit_lots;
        let others = self.dice.exponential(0.25 + 1.5 * libm::sqrt(units));
        let count = 1 + u64::try_from(whole(others)).unwrap_or(0).min(u64::from(taken) - 1);
        let lots = Lots(i64::from(taken));
        if let Some(displaced) = self.tape.print(self.now, price_of(tick), lots, taker, count) {
            self.outbox.aggregate(self.now, &displaced);
        }
        self.tilt += (signum(taker) - self.tilt) * 0.002;
        self.structure.traded(tick as f64, units);
        self.positions.traded(tick as f64, taken, self.tilt, &mut self.dice);
    }

    /// Quotes move towards the reference price: makers pull, takers snap up what is left.
    fn chase(&mut self) {
        let gap = self.reference.ticks - self.ladder.mid();
        if gap.abs() <= 1.0 && self.ladder.spread() == 1 {
            self.chasing = false;
            self.reference.redraw_band(&mut self.dice);
            let reach = 20 + self.dice.below(40);
            self.makers.tidy(
                &mut self.ladder,
                &mut self.dice,
                usize::try_from(reach).unwrap_or(20),
            );
            return;
        }
        let taker = if gap > 0.0 { Side::Buy } else { Side::Sell };
        if self.dice.chance(0.6) {
            let limit = self.reference.ticks;
            self.makers.pull(&mut self.ladder, &mut self.dice, taker.opposite(), limit);
        } else {
            let units = taker_units(&mut self.dice) * 6.0;
            let lots = self.makers.lots(units);
            let (done, _) = self.sweep(taker, lots, gap.abs());
            if done > 0 && self.dice.chance(0.5) {
                self.flow.excite(taker);
            }
        }
    }

    /// One forced order: as much as the queue holds, heavy-tailed, whatever it costs.
    fn forced_order(&mut self) {
        let [longs, shorts] = self.positions.forced;
        let side = if longs >= shorts { Side::Sell } else { Side::Buy };
        let units = self.dice.pareto(0.15, 1.1).min(40.0);
        let wanted = self.positions.force(side, units * self.plan.unit_lots);
        let lots = u32::try_from(whole(wanted)).unwrap_or(0);
        let last_tick = self.ladder.best(side.opposite());
        let (done, notional) = self.sweep(side, lots, self.reference.sigma() * 8.0);
        if done == 0 {
            return;
        }
        let units = f64::from(done) / self.plan.unit_lots;
        let shift = signum(side) * libm::sqrt(units) * self.reference.sigma() * 0.25;
        self.reference.shift(shift);
        self.flow.excite(side);
        let bankrupt = last_tick as f64 * (1.0 + signum(side) * 0.004);
        let forced = Forced {
            side,
            lots: Lots(i64::from(done)),
            last: self.last_fill(done),
            price: Price(whole(bankrupt)),
            notional,
            time: self.now,
        };
        // The venue shows the largest of the second.
        if self.forced.is_none_or(|shown| shown.lots < forced.lots) {
            self.forced = Some(forced);
        }
    }

    /// What the last of a forced order's fills may have been.
    fn last_fill(&mut self, done: u32) -> Lots {
        let part = self.dice.below(u64::from(done)) + 1;
        Lots(i64::try_from(part).unwrap_or(1))
    }

    /// The regime's volatility, more of it while orders chase each other.
    fn nervousness(&self) -> f64 {
        let excitement = self.flow.excitement().min(60.0);
        self.regime.volatility() * (0.55 + 0.015 * excitement + 0.25 * self.alarm)
    }

    fn start_parent(&mut self) {
        let side = if self.dice.chance(0.5) { Side::Buy } else { Side::Sell };
        let rate = self.dice.exponential(0.9 * self.regime.activity());
        let until = self.seconds() + self.dice.exponential(110.0);
        self.flow.start_parent(side, rate, until);
    }

    /// A tenth of a second or two in which everybody acts at once.
    fn avalanche(&mut self) {
        self.heat = 9000.0 + self.dice.exponential(5000.0).min(14_000.0);
        let length = 0.12 + self.dice.exponential(0.08).min(0.3);
        self.heat_until = self.now.after(Nanos(u64::try_from(whole(length * 1e9)).unwrap_or(0)));
        self.reference.news(self.regime.volatility() * 2.0, &mut self.dice);
    }

    /// What follows from any action: the quote, and the depth event where every action has one.
    fn after_action(&mut self) {
        if self.ladder.update != self.update_seen {
            self.update_seen = self.ladder.update;
            self.matched = self.now;
        }
        if self.plan.aggregate_span.0 == 0 {
            self.close_aggregate();
        }
        self.outbox.quote(self.now, &self.ladder);
        if self.plan.depth_interval.0 == 0 {
            self.outbox.depth(self.now, self.matched, &mut self.ladder);
        }
    }

    fn close_aggregate(&mut self) {
        if let Some(closed) = self.tape.close() {
            self.outbox.aggregate(self.now, &closed);
        }
    }
}

const fn signum(side: Side) -> f64 {
    match side {
        Side::Buy => 1.0,
        Side::Sell => -1.0,
    }
}

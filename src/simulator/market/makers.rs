//! Those who wait: how the book is filled, refreshed, pulled and put back. Every function here
//! changes resting quantity only; trades are made in `market`.

use model::Side;

use super::ladder::Ladder;
use crate::dice::{Dice, whole};

/// The habits of the resting side, in the instrument's own ticks and lots.
#[derive(Clone, Debug)]
pub(crate) struct Makers {
    /// Ticks that count as one tick of BTCUSDT at 64 000: distances scale with the price.
    stretch: f64,
    unit_lots: f64,
    best_units: f64,
    /// Mood of each best queue around its usual size, a mean-reverting logarithm.
    leaning: [f64; 2],
}

/// Ticks up to which nearly every level is taken, and beyond which only round prices are.
const NEAR: f64 = 1500.0;
const FAR: f64 = 9000.0;

fn lots_of(units: f64, unit_lots: f64) -> u32 {
    u32::try_from(whole(units * unit_lots + 0.5).max(1)).unwrap_or(u32::MAX / 2)
}

impl Makers {
    pub(crate) fn new(start_ticks: f64, unit_lots: f64, best_units: f64) -> Self {
        let stretch = (start_ticks / 640_000.0).max(0.02);
        Self { stretch, unit_lots, best_units, leaning: [0.0; 2] }
    }

    pub(crate) fn lots(&self, units: f64) -> u32 {
        lots_of(units, self.unit_lots)
    }

    /// Median size at a distance: tiny behind the best, full some hundred ticks away.
    fn median_units(&self, distance: f64) -> f64 {
        0.008 + 0.16 * (1.0 - libm::exp(-distance / (30.0 * self.stretch)))
    }

    fn draw_level(&self, distance: f64, dice: &mut Dice) -> u32 {
        self.lots(dice.lognormal(self.median_units(distance), 1.55).min(400.0))
    }

    /// The chance that a level at this distance holds anything.
    fn density(&self, tick: usize, distance: f64) -> f64 {
        let scaled = distance / self.stretch;
        if scaled < NEAR {
            return 0.72;
        }
        let round = if tick.is_multiple_of(10_000) {
            0.95
        } else if tick.is_multiple_of(1000) {
            0.8
        } else if tick.is_multiple_of(100) {
            0.2
        } else {
            0.0006
        };
        if scaled < FAR { f64::max(round, 0.25) } else { round }
    }

    /// Fills both sides from the mid outwards, so far as the ladder reaches.
    pub(crate) fn fill(&mut self, ladder: &mut Ladder, dice: &mut Dice) {
        let (bid, ask) = (ladder.bid(), ladder.ask());
        ladder.set(Side::Buy, bid, self.lots(self.best_units));
        ladder.set(Side::Sell, ask, self.lots(self.best_units));
        for away in 1..bid {
            let distance = away as f64;
            for (side, tick) in [(Side::Buy, bid - away), (Side::Sell, ask + away)] {
                if dice.chance(self.density(tick, distance)) {
                    ladder.set(side, tick, self.draw_level(distance, dice));
                }
            }
        }
    }

    /// A burst of changes away from the best, on one side mostly.
    pub(crate) fn refresh(&self, ladder: &mut Ladder, dice: &mut Dice, count: u64) {
        let favoured = if dice.chance(0.5) { Side::Buy } else { Side::Sell };
        for _ in 0..count {
            let side = if dice.chance(0.7) { favoured } else { favoured.opposite() };
            let distance = self.draw_distance(dice);
            let Some(tick) = away(ladder, side, distance) else { continue };
            self.touch(ladder, dice, side, tick, distance as f64);
        }
    }

    /// The recording's distances of changed levels: half within 320 ticks, a tenth beyond 10 000.
    fn draw_distance(&self, dice: &mut Dice) -> usize {
        let kind = dice.unit();
        let ticks = if kind < 0.62 {
            dice.exponential(230.0)
        } else if kind < 0.87 {
            dice.exponential(850.0)
        } else {
            dice.pareto(1500.0, 0.55).min(450_000.0)
        };
        usize::try_from(whole(1.0 + ticks * self.stretch)).unwrap_or(1)
    }

    /// One maker's change of one level: a new order, another size, or gone.
    fn touch(&self, ladder: &mut Ladder, dice: &mut Dice, side: Side, tick: usize, distance: f64) {
        let density = self.density(tick, distance);
        if ladder.at(tick) == 0 {
            // In balance with the removals below: density / (1 − density) of them.
            if dice.chance(0.16 * density / (1.0 - density).max(0.05)) {
                ladder.set(side, tick, self.draw_level(distance, dice));
            }
        } else if dice.chance(0.16) {
            ladder.set(side, tick, 0);
        } else {
            ladder.set(side, tick, self.draw_level(distance, dice));
        }
    }

    /// The levels next to the best take the sizes usual there: a large queue that is no longer
    /// the best is withdrawn, holes left by a sweep are filled.
    pub(crate) fn tidy(&self, ladder: &mut Ladder, dice: &mut Dice, reach: usize) {
        for side in [Side::Buy, Side::Sell] {
            for distance in 1..=reach {
                let Some(tick) = away(ladder, side, distance) else { break };
                if dice.chance(0.3) {
                    continue;
                }
                let wanted = dice.chance(self.density(tick, distance as f64));
                let lots = if wanted { self.draw_level(distance as f64, dice) } else { 0 };
                ladder.set(side, tick, lots);
            }
        }
    }

    /// One order more or less in a best queue, towards its usual size.
    pub(crate) fn queue(&mut self, ladder: &mut Ladder, dice: &mut Dice) {
        let side = if dice.chance(0.5) { Side::Buy } else { Side::Sell };
        let leaning = &mut self.leaning[super::flow::place(side)];
        *leaning += -0.002 * *leaning + 0.035 * dice.normal();
        let usual = self.best_units * libm::exp(*leaning) * self.unit_lots;
        let tick = ladder.best(side);
        let rests = f64::from(ladder.at(tick));
        if dice.chance(usual / (usual + rests)) {
            let mut more = dice.lognormal(0.06, 1.7).min(self.best_units) * self.unit_lots;
            if rests < usual * 0.4 {
                more += (usual - rests) * 0.35 * dice.unit();
            }
            ladder.set(side, tick, ladder.at(tick).saturating_add(lots_of(more, 1.0)));
        } else {
            let less = (dice.lognormal(0.06, 1.7) * self.unit_lots).min(rests * 0.6);
            // An order leaves, the queue stays: it falls by takers or when quotes move.
            let left = ladder.at(tick).saturating_sub(lots_of(less, 1.0)).max(1);
            ladder.set(side, tick, left);
        }
    }

    /// Pulls what rests on a side before the reference price: the best queue shrinks to a rest,
    /// most levels behind it go.
    pub(crate) fn pull(&self, ladder: &mut Ladder, dice: &mut Dice, side: Side, limit: f64) {
        let best = ladder.best(side);
        let rest = f64::from(ladder.at(best)) * 0.12 * dice.unit();
        let keep = u32::try_from(whole(rest)).unwrap_or(0).max(1);
        let mut at = Some(best);
        // Bounded: a jump of more levels than this is pulled in several actions.
        for _ in 0..200 {
            let Some(tick) = at else { break };
            if !is_before(side, tick, limit) {
                break;
            }
            at = ladder.next(side, tick);
            let lots = if tick == best { keep } else { ladder.at(tick) / 8 };
            let gone = tick != best && dice.chance(0.8);
            ladder.set(side, tick, if gone { 0 } else { lots.max(1) });
        }
    }

    /// Puts a new best inside the spread, on the side that the reference price leaves room for.
    pub(crate) fn improve(&self, ladder: &mut Ladder, dice: &mut Dice, reference: f64) {
        let (bid, ask) = (ladder.bid(), ladder.ask());
        let side = if reference > ladder.mid() { Side::Buy } else { Side::Sell };
        let believed = usize::try_from(whole(reference)).unwrap_or(bid);
        let tick = match side {
            Side::Buy if dice.chance(0.8) => believed.clamp(bid + 1, ask - 1),
            Side::Buy => bid + 1,
            Side::Sell if dice.chance(0.8) => (believed + 1).clamp(bid + 1, ask - 1),
            Side::Sell => ask - 1,
        };
        let units = dice.lognormal(self.best_units * 0.12, 1.0);
        ladder.set(side, tick, self.lots(units));
    }
}

/// Whether a level would be left behind when the price goes to `limit`.
pub(crate) fn is_before(side: Side, tick: usize, limit: f64) -> bool {
    match side {
        Side::Sell => (tick as f64) < limit,
        Side::Buy => tick as f64 > limit,
    }
}

/// The tick so far behind the best of a side; `None` off the ladder.
fn away(ladder: &Ladder, side: Side, distance: usize) -> Option<usize> {
    match side {
        Side::Buy => ladder.bid().checked_sub(distance).filter(|&tick| tick > 0),
        Side::Sell => Some(ladder.ask() + distance).filter(|&tick| tick + 64 < ladder.height()),
    }
}

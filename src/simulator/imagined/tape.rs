//! Trades and forced orders of one step.

use model::Side;

use super::motion::Motion;
use crate::dice::{Dice, whole};

/// Trades a step in the middle, before bursts.
const TRADES: f64 = 1.25;
/// Trades of a step are spread over this, from here on.
const FIRST_AT: u64 = 30_000_000;
const SPAN: u64 = 450_000_000;
/// A move of so many ticks makes all it can of the next trades' sides.
const MOVED: f64 = 60.0;
/// The smallest size, and the largest: 100 BTC.
const LOTS: (f64, i64) = (25.0, 100_000);
/// A step in so many has a forced order.
const FORCED: u64 = 4_000;

/// A trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Trade {
    /// Nanoseconds from the step's begin.
    pub(super) at: u64,
    pub(super) price: i64,
    pub(super) lots: i64,
    pub(super) side: Side,
    pub(super) id: u64,
    /// Single trades: first and last.
    pub(super) fills: (u64, u64),
}

/// A forced order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Force {
    pub(super) price: i64,
    pub(super) lots: i64,
    pub(super) side: Side,
}

/// What prints in a step.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) trades: Vec<Trade>,
    pub(super) force: Option<Force>,
    last_id: u64,
    last_fill: u64,
    /// A fading mean of moves: whom forced orders hit.
    trend: f64,
    /// A slow noise in the sides of trades: parents are worked in pieces.
    tilt: f64,
}

impl Tape {
    pub(super) const fn new() -> Self {
        Self { trades: Vec::new(), force: None, last_id: 0, last_fill: 0, trend: 0.0, tilt: 0.0 }
    }

    /// One step. `moved`: by how many ticks the mid has just moved; `best`: bid and ask since.
    pub(super) fn step(&mut self, motion: &Motion, moved: i64, best: [i64; 2], dice: &mut Dice) {
        self.trades.clear();
        self.trend = self.trend * 0.99 + moved as f64;
        self.tilt = self.tilt * 0.995 + (dice.unit() - 0.5) * 0.03;
        let chase = (moved as f64 / MOVED).clamp(-1.0, 1.0) * 0.2;
        let buys = (0.5 + (motion.lean + self.tilt + chase) / 2.0).clamp(0.05, 0.95);
        let mean = TRADES * motion.activity;
        let mut count = u64::try_from(whole(2.0 * mean * dice.unit() + 0.5)).unwrap_or(0);
        if dice.below(64) == 0 {
            count += dice.below(20);
        }
        for turn in 0..count {
            let side = if dice.chance(buys) { Side::Buy } else { Side::Sell };
            let at = FIRST_AT + (SPAN * turn + dice.below(SPAN)) / count;
            let lots = whole(dice.pareto(LOTS.0, 1.5)).min(LOTS.1);
            self.last_id += 1;
            let fills = (self.last_fill + 1, self.last_fill + 1 + dice.below(4));
            self.last_fill = fills.1;
            let price = best[usize::from(side == Side::Buy)];
            self.trades.push(Trade { at, price, lots, side, id: self.last_id, fills });
        }
        self.force = self.forced(best, dice);
    }

    /// Who is forced out holds what has lost: longs sell when price has fallen.
    fn forced(&self, best: [i64; 2], dice: &mut Dice) -> Option<Force> {
        let strain = 1 + u64::try_from(whole(self.trend.abs() / 300.0)).unwrap_or(0).min(10);
        if dice.below(FORCED) >= strain {
            return None;
        }
        let side = if self.trend < 0.0 { Side::Sell } else { Side::Buy };
        let lots = whole(dice.pareto(300.0, 1.2)).min(200_000);
        Some(Force { price: best[usize::from(side == Side::Buy)], lots, side })
    }
}

//! When takers come and how much they want: two self- and cross-exciting Hawkes intensities
//! with a fast and a slow memory, hidden parent orders, heavy-tailed sizes.

use model::Side;

use crate::dice::Dice;

/// Decay of the fast memory, 1/s: a sweep answers a sweep within 50 ms.
const FAST: f64 = 20.0;
/// Decay of the slow memory, 1/s: activity lingers for some ten seconds.
const SLOW: f64 = 0.12;
/// Offspring of one order on its own side, fast and slow, and on the other side, slow. The sum
/// stays below one, or the market would explode.
const OWN_FAST: f64 = 0.38;
const OWN_SLOW: f64 = 0.30;
const CROSS_SLOW: f64 = 0.12;
const _: () = assert!(OWN_FAST + OWN_SLOW + CROSS_SLOW < 0.9);

/// The intensities of buyers and sellers, in orders a second.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    fast: [f64; 2],
    slow: [f64; 2],
    /// Base intensity of each side, set from regime, parent orders and tilt.
    pub(crate) base: [f64; 2],
    parents: Vec<Parent>,
}

/// A hidden large order that is worked in small pieces.
#[derive(Clone, Copy, Debug)]
struct Parent {
    side: Side,
    rate: f64,
    /// Seconds since start at which it ends.
    until: f64,
}

pub(crate) const fn place(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self { fast: [0.0; 2], slow: [0.0; 2], base: [0.0; 2], parents: Vec::with_capacity(16) }
    }

    /// Lets the memories fade over a span.
    #[inline]
    pub(crate) fn fade(&mut self, seconds: f64) {
        let (fast, slow) = (libm::exp(-FAST * seconds), libm::exp(-SLOW * seconds));
        for side in 0..2 {
            self.fast[side] *= fast;
            self.slow[side] *= slow;
        }
    }

    #[inline]
    pub(crate) fn intensity(&self, side: Side) -> f64 {
        let at = place(side);
        self.base[at] + self.fast[at] + self.slow[at]
    }

    /// How excited the market is, 0 when nothing happened lately.
    #[inline]
    pub(crate) fn excitement(&self) -> f64 {
        self.fast[0] + self.fast[1] + self.slow[0] + self.slow[1]
    }

    /// An order came: others will follow.
    pub(crate) fn excite(&mut self, side: Side) {
        let (own, other) = (place(side), 1 - place(side));
        self.fast[own] += OWN_FAST * FAST;
        self.slow[own] += OWN_SLOW * SLOW;
        self.slow[other] += CROSS_SLOW * SLOW;
    }

    /// A hidden order of `rate` pieces a second begins.
    pub(crate) fn start_parent(&mut self, side: Side, rate: f64, until: f64) {
        // More than sixteen at once would only be noise.
        if self.parents.len() < 16 {
            self.parents.push(Parent { side, rate, until });
        }
    }

    /// Pieces a second of hidden orders on a side; drops those that have ended.
    pub(crate) fn parents(&mut self, now: f64) -> [f64; 2] {
        self.parents.retain(|parent| parent.until > now);
        let mut rates = [0.0; 2];
        for parent in &self.parents {
            rates[place(parent.side)] += parent.rate;
        }
        rates
    }
}

/// A taker's size in units: many small ones, some middling, a tail with index 1.3.
pub(crate) fn taker_units(dice: &mut Dice) -> f64 {
    let kind = dice.unit();
    if kind < 0.57 {
        dice.lognormal(0.009, 1.2)
    } else if kind < 0.92 {
        dice.lognormal(0.08, 1.1)
    } else {
        dice.pareto(0.35, 1.3).min(150.0)
    }
}

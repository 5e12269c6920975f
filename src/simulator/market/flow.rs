//! When takers come and how much they want: two self- and cross-exciting Hawkes intensities
//! with a fast and a slow memory, hidden parent orders, heavy-tailed sizes.

use model::Side;

use crate::dice::Dice;

/// Decay of the fast memory, 1/s: a sweep answers a sweep within 100 ms.
const FAST: f64 = 10.0;
/// Decay of the slow memory, 1/s: activity lingers for some ten seconds.
const SLOW: f64 = 0.12;
/// Offspring of one order on its own side, fast and slow, and on the other side, slow. The sum
/// stays below one, or the market would explode.
const OWN_FAST: f64 = 0.34;
const OWN_SLOW: f64 = 0.49;
const CROSS_SLOW: f64 = 0.06;
const _: () = assert!(OWN_FAST + OWN_SLOW + CROSS_SLOW < 0.9);

/// The intensities of buyers and sellers, in orders a second.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    fast: [f64; 2],
    slow: [f64; 2],
    /// Base intensity of each side, set from regime, parent orders and tilt.
    pub(crate) base: [f64; 2],
    parents: Vec<Parent>,
    /// Which side has the upper hand for some ten seconds, −1 to 1.
    lean: f64,
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
        Self {
            fast: [0.0; 2],
            slow: [0.0; 2],
            base: [0.0; 2],
            parents: Vec::with_capacity(16),
            lean: 0.0,
        }
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

    /// Orders a second of a side: while one side sweeps, the other waits.
    #[inline]
    pub(crate) fn intensity(&self, side: Side) -> f64 {
        let at = place(side);
        (self.bound(side) - self.fast[at]) / (1.0 + 0.8 * self.fast[1 - at]) + self.fast[at]
    }

    /// An upper bound of the intensity until the next order: it only fades (thinning draws from
    /// it).
    #[inline]
    pub(crate) fn bound(&self, side: Side) -> f64 {
        let at = place(side);
        let lean = if at == 0 { self.lean } else { -self.lean };
        self.base[at] * (1.0 + lean) + self.fast[at] + self.slow[at]
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

    /// Ten times a second: the upper hand wanders, with a memory of some fifteen seconds.
    pub(crate) fn wander(&mut self, dice: &mut Dice) {
        self.lean = (self.lean * 0.993 + 0.15 * dice.normal()).clamp(-0.95, 0.95);
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

/// A taker's size in units: many small ones, some middling, a tail with index 1.2.
pub(crate) fn taker_units(dice: &mut Dice) -> f64 {
    let kind = dice.unit();
    if kind < 0.66 {
        dice.lognormal(0.006, 1.2)
    } else if kind < 0.92 {
        dice.lognormal(0.09, 1.2)
    } else {
        dice.pareto(0.4, 1.2).min(150.0)
    }
}

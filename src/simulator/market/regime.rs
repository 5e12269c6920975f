//! How nervous the market is, and the price it believes in.
//!
//! Regimes follow each other as a Markov chain; the reference price moves by news, by the
//! surprise in the flow and by drift. Makers quote around it (see `makers`).

use crate::dice::Dice;

/// One state of nervousness.
#[derive(Clone, Copy, Debug)]
struct Mood {
    volatility: f64,
    activity: f64,
    /// Mean length in seconds.
    length: f64,
    /// Chances of going one calmer; the rest goes one wilder.
    calmer: f64,
}

const MOODS: [Mood; 4] = [
    Mood { volatility: 0.55, activity: 0.55, length: 2400.0, calmer: 0.0 },
    Mood { volatility: 1.0, activity: 1.0, length: 2400.0, calmer: 0.55 },
    Mood { volatility: 1.8, activity: 1.9, length: 700.0, calmer: 0.75 },
    Mood { volatility: 3.6, activity: 3.6, length: 150.0, calmer: 1.0 },
];

/// The state of nervousness now.
#[derive(Clone, Debug)]
pub(crate) struct Regime {
    at: usize,
    until: f64,
}

impl Regime {
    pub(crate) const fn new() -> Self {
        Self { at: 1, until: 600.0 }
    }

    /// Once a second: perhaps another mood.
    pub(crate) fn tick(&mut self, now: f64, dice: &mut Dice) {
        if now < self.until {
            return;
        }
        let calmer = self.at > 0 && dice.chance(MOODS[self.at].calmer);
        self.at = if calmer { self.at - 1 } else { (self.at + 1).min(MOODS.len() - 1) };
        self.until = now + dice.exponential(MOODS[self.at].length);
    }

    /// At least this wild for a while (after a shock).
    pub(crate) fn shock(&mut self, now: f64, dice: &mut Dice) {
        self.at = (self.at + 1).min(MOODS.len() - 1);
        self.until = now + dice.exponential(MOODS[self.at].length);
    }

    /// Index of the mood, 0 calm to 3 storm.
    pub(crate) const fn mood(&self) -> usize {
        self.at
    }

    pub(crate) fn volatility(&self) -> f64 {
        MOODS[self.at].volatility
    }

    pub(crate) fn activity(&self) -> f64 {
        MOODS[self.at].activity
    }
}

/// The price that makers believe in, in ticks, and how far quotes may lag it.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) ticks: f64,
    /// Quotes move when the mid is further than this from the reference.
    pub(crate) band: f64,
    /// Ticks a second, from trends.
    pub(crate) drift: f64,
    /// What sign the next order is expected to have, −1 to 1.
    expected: f64,
    lowest: f64,
    highest: f64,
    /// While a wall stands: the belief does not pass it.
    floor: f64,
    ceiling: f64,
    /// One deviation of a second in the middle mood, in ticks.
    sigma: f64,
}

impl Reference {
    pub(crate) fn new(ticks: f64, volatility_bp: f64) -> Self {
        let sigma = ticks * volatility_bp * 1e-4;
        let (lowest, highest) = (ticks * 0.35, ticks * 2.8);
        Self {
            ticks,
            band: sigma * 0.3,
            drift: 0.0,
            expected: 0.0,
            lowest,
            highest,
            floor: lowest,
            ceiling: highest,
            sigma,
        }
    }

    pub(crate) const fn sigma(&self) -> f64 {
        self.sigma
    }

    /// A new lag: exponential, because requotes are triggered by many makers at odds.
    pub(crate) fn redraw_band(&mut self, dice: &mut Dice) {
        self.band = (self.sigma * (0.12 + dice.exponential(0.28))).max(0.75);
    }

    /// Moves by so many ticks, within what the ladder can hold.
    pub(crate) fn shift(&mut self, ticks: f64) {
        self.ticks = (self.ticks + ticks).clamp(self.floor, self.ceiling);
    }

    /// A wall: beliefs stop at this price in this direction.
    pub(crate) fn hold(&mut self, ticks: f64, sign: f64) {
        if sign > 0.0 {
            self.ceiling = ticks.max(self.ticks).clamp(self.lowest, self.highest);
        } else {
            self.floor = ticks.min(self.ticks).clamp(self.lowest, self.highest);
        }
    }

    /// No wall.
    pub(crate) const fn release(&mut self) {
        self.floor = self.lowest;
        self.ceiling = self.highest;
    }

    /// News: a jump with a heavy tail.
    pub(crate) fn news(&mut self, volatility: f64, dice: &mut Dice) {
        let spread = dice.lognormal(1.0, 0.55);
        let jump = dice.laplace(self.sigma * 0.85 * spread) * volatility;
        self.shift(jump);
    }

    /// An order of this sign and size in units: only its surprise moves the belief, so that the
    /// long memory of order signs does not become a trend for free.
    pub(crate) fn learn(&mut self, sign: f64, units: f64, volatility: f64) {
        let surprise = sign - self.expected;
        self.expected += (sign - self.expected) * 0.12;
        self.shift(surprise * libm::sqrt(units.min(60.0)) * self.sigma * 0.2 * volatility);
    }
}

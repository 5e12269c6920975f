//! What the market remembers of where it traded, and what it does when it comes back there.
//!
//! A volume histogram that fades over hours gives value area and point of control. When price
//! first returns to an edge of the value area, takers lean into a wall there (absorption) and
//! price turns, or the edge gives way and price runs: the trends and reversals that a pivot
//! engine is built to see.

use crate::dice::Dice;

/// Seconds after which half of the remembered volume counts.
const HALF_LIFE: f64 = 4.0 * 3600.0;
/// Seconds between two episodes.
const REST: f64 = 420.0;

/// What happens at an edge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Act {
    /// Takers push against a wall at the edge.
    Absorb,
    /// Price moves away, back into value or out of it.
    Run,
}

/// An episode at an edge of value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Episode {
    pub(crate) act: Act,
    /// The price at which it began, in ticks.
    pub(crate) edge: f64,
    /// Which way takers push (absorb) or price goes (run): +1 up, −1 down.
    pub(crate) sign: f64,
    /// Which way price will go after the push.
    after: f64,
    until: f64,
}

/// Traded volume by price, and the episode under way.
#[derive(Clone, Debug)]
pub(crate) struct Structure {
    bins: Vec<f64>,
    width: f64,
    /// Weight of a unit traded now: grows, so that the past fades without being touched.
    weight: f64,
    low: f64,
    high: f64,
    pub(crate) episode: Option<Episode>,
    rests_until: f64,
}

impl Structure {
    pub(crate) fn new(start_ticks: f64) -> Self {
        let width = (start_ticks * 2e-4).max(1.0);
        let count = 4.0 * start_ticks / width + 2.0;
        let bins = vec![0.0; usize::try_from(crate::dice::whole(count)).unwrap_or(1)];
        Self { bins, width, weight: 1.0, low: 0.0, high: 0.0, episode: None, rests_until: 900.0 }
    }

    fn bin(&self, ticks: f64) -> usize {
        let at = usize::try_from(crate::dice::whole(ticks / self.width)).unwrap_or(0);
        at.min(self.bins.len() - 1)
    }

    pub(crate) fn traded(&mut self, ticks: f64, units: f64) {
        let at = self.bin(ticks);
        self.bins[at] += units * self.weight;
    }

    /// Once a minute: the past fades and the value area is worked out anew.
    pub(crate) fn minute(&mut self) {
        self.weight *= libm::exp(60.0 * std::f64::consts::LN_2 / HALF_LIFE);
        if self.weight > 1e12 {
            for bin in &mut self.bins {
                *bin /= self.weight;
            }
            self.weight = 1.0;
        }
        let total: f64 = self.bins.iter().sum();
        let poc = self
            .bins
            .iter()
            .enumerate()
            .fold(0, |best, (at, &bin)| if bin > self.bins[best] { at } else { best });
        let (mut low, mut high, mut taken) = (poc, poc, self.bins[poc]);
        while taken < total * 0.7 {
            let above = self.bins.get(high + 1).copied().unwrap_or(-1.0);
            let below = if low > 0 { self.bins[low - 1] } else { -1.0 };
            if above < 0.0 && below < 0.0 {
                break;
            }
            if above >= below {
                high += 1;
                taken += above;
            } else {
                low -= 1;
                taken += below;
            }
        }
        self.low = low as f64 * self.width;
        self.high = (high + 1) as f64 * self.width;
    }

    /// Once a second: an episode may begin, turn or end. `true` when one began or turned.
    pub(crate) fn tick(&mut self, now: f64, ticks: f64, dice: &mut Dice) -> bool {
        if let Some(episode) = self.episode {
            if now < episode.until {
                return false;
            }
            self.episode = match episode.act {
                Act::Absorb => Some(Episode {
                    act: Act::Run,
                    sign: episode.after,
                    until: now + 90.0 + dice.exponential(240.0),
                    ..episode
                }),
                Act::Run => None,
            };
            self.rests_until = now + REST + dice.exponential(REST);
            return self.episode.is_some();
        }
        if now < self.rests_until || self.high <= self.low {
            return false;
        }
        let reach = self.width * 0.4;
        let edge = [self.low, self.high].into_iter().find(|edge| (edge - ticks).abs() < reach);
        let Some(edge) = edge else { return false };
        // Outwards at an edge; most edges hold.
        let sign = if edge > self.low { 1.0 } else { -1.0 };
        let after = if dice.chance(0.65) { -sign } else { sign };
        let until = now + 25.0 + dice.exponential(45.0);
        self.episode = Some(Episode { act: Act::Absorb, edge: ticks, sign, after, until });
        true
    }
}

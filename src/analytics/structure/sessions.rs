//! The extremes of completed days, weeks, funding sessions and killzones as pools, and which
//! killzones are open.

use model::{DAY, FundingSession, HOUR, Nanos, StructureStep, StructureWhat, Trust, killzone};

use super::candle::{Candle, Fact, and};
use super::pools::survives;

/// From 1970-01-01, a Thursday, back to its Monday.
const MONDAY: u64 = 3 * DAY.0;
const WEEK: u64 = 7 * DAY.0;

/// Killzones: hours of the UTC day, half-open.
const KILLZONES: [(StructureWhat, u8, u64, u64); 4] = [
    (StructureWhat::Asia, killzone::ASIA, 0, 9),
    (StructureWhat::London, killzone::LONDON, 7, 16),
    (StructureWhat::NewYork, killzone::NEW_YORK, 12, 22),
    (StructureWhat::Overlap, killzone::OVERLAP, 12, 16),
];

/// Every kind of session, in the order in which their pools are said.
const KINDS: [StructureWhat; 7] = [
    StructureWhat::Day,
    StructureWhat::Week,
    StructureWhat::Funding,
    StructureWhat::Asia,
    StructureWhat::London,
    StructureWhat::NewYork,
    StructureWhat::Overlap,
];

/// The killzones that are open at an instant, as bits of [`killzone`].
#[must_use]
pub fn killzones(time: Nanos) -> u8 {
    let hour = time.0 % DAY.0 / HOUR.0;
    let open = KILLZONES.iter().filter(|(_, _, from, to)| (*from..*to).contains(&hour));
    open.fold(0, |bits, (_, bit, _, _)| bits | bit)
}

/// When the open killzones change next, after an instant.
#[must_use]
pub fn killzones_next(time: Nanos) -> Nanos {
    let now = killzones(time);
    let mut next = time.floor(HOUR).after(HOUR);
    // At the latest at midnight.
    for _ in 0..24 {
        if killzones(next) != now {
            break;
        }
        next = next.after(HOUR);
    }
    next
}

/// The session of a kind that holds an instant: from, to; `None` between two killzones.
fn session(what: StructureWhat, time: Nanos) -> Option<(u64, u64)> {
    let day = time.0 - time.0 % DAY.0;
    match what {
        StructureWhat::Day => Some((day, day.saturating_add(DAY.0))),
        StructureWhat::Week => {
            let into = time.0.saturating_add(MONDAY) % WEEK;
            // The week of 1970-01-01 began before it.
            Some((time.0.saturating_sub(into), time.0.saturating_add(WEEK - into)))
        }
        StructureWhat::Funding => {
            let length = FundingSession::LENGTH.0;
            let from = time.0 - time.0 % length;
            Some((from, from.saturating_add(length)))
        }
        _ => {
            let (_, _, from, to) = KILLZONES.iter().find(|zone| zone.0 == what)?;
            let (from, to) = (from * HOUR.0, to * HOUR.0);
            (from..to).contains(&(time.0 - day)).then(|| (day + from, day.saturating_add(to)))
        }
    }
}

/// A session under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Open {
    from: u64,
    to: u64,
    high: i64,
    low: i64,
    trust: Trust,
}

/// The extremes of sessions, fed with bars of one length that divides an hour.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    open: [Option<Open>; KINDS.len()],
    // The pools of the last completed session of each kind: low, high.
    pools: [[Option<Fact>; 2]; KINDS.len()],
}

impl Sessions {
    /// The pools that stand.
    pub fn pools(&self) -> impl Iterator<Item = &Fact> {
        self.pools.iter().flatten().flatten()
    }

    /// Trades may be missing: whatever is said of the pools that stand, and of the sessions under
    /// way, is contaminated from now on.
    pub fn taint(&mut self) {
        for open in self.open.iter_mut().flatten() {
            open.trust = and(open.trust, Trust::CONTAMINATED);
        }
        for pool in self.pools.iter_mut().flatten().flatten() {
            pool.trust = and(pool.trust, Trust::CONTAMINATED);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A bar of this length closed: first what it does to the pools that stand, then the sessions
    /// that it completes.
    pub fn close(&mut self, bar: &Candle, length: Nanos, say: &mut impl FnMut(Fact)) {
        let end = bar.time.after(length).0;
        for (at, &what) in KINDS.iter().enumerate() {
            // Bars were missing at its end: it is over nevertheless, before this bar.
            if let Some(open) = self.open[at].take_if(|open| open.to <= bar.time.0) {
                let trust = and(open.trust, Trust::UNCOVERED);
                self.complete(at, Open { trust, ..open }, say);
            }
            for pool in &mut self.pools[at] {
                pool.take_if(|pool| !survives(pool, bar, say));
            }
            let Some((from, to)) = session(what, bar.time) else { continue };
            let open = self.open[at].get_or_insert(Open {
                from,
                to,
                high: bar.high,
                low: bar.low,
                trust: if bar.time.0 == from { Trust::SOUND } else { Trust::UNCOVERED },
            });
            open.high = open.high.max(bar.high);
            open.low = open.low.min(bar.low);
            open.trust = and(open.trust, bar.trust);
            if let Some(open) = self.open[at].take_if(|open| open.to <= end) {
                self.complete(at, open, say);
            }
        }
    }

    fn complete(&mut self, at: usize, open: Open, say: &mut impl FnMut(Fact)) {
        for (side, price) in [open.low, open.high].into_iter().enumerate() {
            if let Some(pool) = self.pools[at][side].take() {
                say(pool.step(StructureStep::Expired));
            }
            let fact = Fact::at(KINDS[at], side == 1, price, Nanos(open.from));
            let fact = Fact { trust: open.trust, ..fact };
            say(fact);
            self.pools[at][side] = Some(fact);
        }
    }
}

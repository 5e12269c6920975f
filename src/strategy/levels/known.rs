//! Which levels are known: identity, births, touches; a fixed pool.

use model::{Nanos, Price, Side, Ticks};

use super::near::{gap, within};
use super::plan::LevelPlan;
use crate::terms::LevelId;

/// Levels that are remembered at a time. Each refresh publishes at most 32 and sees at most
/// [`super::refresh::WINNERS_MAX`], so there is always one that can give way.
pub(super) const KNOWN_MAX: usize = 256;

/// No place in the pool.
pub(super) const NOWHERE: u16 = u16::MAX;

/// A level that was published once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Known {
    pub id: LevelId,
    /// In use.
    pub alive: bool,
    /// Where it was when it was first published.
    pub born: Price,
    /// Where it was when it was last seen.
    pub seen: Price,
    pub time_born: Nanos,
    pub time_seen: Nanos,
    /// When its last signal that touched it ended; none if there was no such signal.
    pub time_touched: Nanos,
    /// Touches counted in `era`; see [`Memory::touches`].
    pub touches: u32,
    /// Touches of an earlier era were reset by the day's class.
    pub era: u32,
    /// Refreshes that published it.
    pub version: u32,
    /// The side it was last published on.
    pub side: Side,
    /// Signals that hold it frozen.
    pub holds: u32,
    /// The attempt in which a winner took this identity.
    pub claim: u64,
    /// The swap with which it was last published.
    pub shown: u64,
}

impl Known {
    const BLANK: Self = Self {
        id: LevelId(u64::MAX),
        alive: false,
        born: Price(1),
        seen: Price(1),
        time_born: Nanos::NONE,
        time_seen: Nanos::NONE,
        time_touched: Nanos::NONE,
        touches: 0,
        era: 0,
        version: 0,
        side: Side::Buy,
        holds: 0,
        claim: 0,
        shown: 0,
    };

    /// From when its age counts.
    pub(super) const fn rested_since(&self) -> Nanos {
        if self.time_touched.0 == 0 { self.time_born } else { self.time_touched }
    }

    /// Whether a level at this price, with bins of this width, is still this one (spec § 8).
    pub(super) fn is_at(&self, price: Price, bin: Ticks, plan: &LevelPlan) -> bool {
        let bins =
            10 * gap(price, self.seen) <= i128::from(plan.same_bin_tenths) * i128::from(bin.0);
        let moved = bins || within(price, self.seen, plan.same_bp, self.seen);
        moved && within(price, self.born, plan.same_birth_bp, self.born)
    }
}

/// Every level that is remembered.
#[derive(Debug)]
pub(super) struct Memory {
    slots: Vec<Known>,
    /// Slots in use, by (`born`, id): births never move, so the order costs nothing to keep.
    by_birth: Vec<u16>,
    /// The number that the next one gets.
    next: u64,
    /// Counts the resets by the day's class.
    pub era: u32,
    /// Levels that gave way because all places were taken.
    pub evicted: u64,
}

impl Memory {
    pub(super) fn new() -> Self {
        let mut by_birth = vec![NOWHERE; KNOWN_MAX];
        by_birth.clear();
        Self { slots: vec![Known::BLANK; KNOWN_MAX], by_birth, next: 1, era: 0, evicted: 0 }
    }

    pub(super) const fn number_from(&mut self, number: u64) {
        if self.next == 1 {
            self.next = number.saturating_add(1);
        }
    }

    pub(super) fn get(&self, slot: u16) -> &Known {
        &self.slots[usize::from(slot)]
    }

    pub(super) fn get_mut(&mut self, slot: u16) -> &mut Known {
        &mut self.slots[usize::from(slot)]
    }

    /// Levels remembered now.
    pub(super) fn len(&self) -> usize {
        self.by_birth.len()
    }

    /// The slot of a number; rare, so it may look at all.
    pub(super) fn find(&self, id: LevelId) -> Option<u16> {
        self.by_birth.iter().copied().find(|&slot| self.get(slot).id == id)
    }

    /// The known level that this one continues: of several the one that was seen nearest, of
    /// those the older. `skip` names an attempt whose claims are not up for taking.
    pub(super) fn matching(
        &self,
        (price, bin): (Price, Ticks),
        plan: &LevelPlan,
        skip: Option<u64>,
    ) -> Option<u16> {
        let reach = |born: Price| within(price, born, plan.same_birth_bp, born);
        let from = self.by_birth.partition_point(|&slot| {
            let born = self.get(slot).born;
            born < price && !reach(born)
        });
        self.by_birth[from..]
            .iter()
            .copied()
            .take_while(|&slot| reach(self.get(slot).born))
            .filter(|&slot| self.get(slot).is_at(price, bin, plan))
            .filter(|&slot| skip != Some(self.get(slot).claim))
            .min_by_key(|&slot| (gap(price, self.get(slot).seen), self.get(slot).id))
    }

    /// How many touches count now: none from `touch_reset` after the last on, none from before
    /// the day's class changed.
    pub(super) fn touches(&self, known: &Known, now: Nanos, plan: &LevelPlan) -> u32 {
        let old = now.since(known.time_touched) >= plan.touch_reset;
        if old || known.era != self.era { 0 } else { known.touches }
    }

    /// Counts a touch that ended at `time`.
    pub(super) fn touch(&mut self, slot: u16, time: Nanos, plan: &LevelPlan) {
        let touches = self.touches(self.get(slot), time, plan);
        let era = self.era;
        let known = self.get_mut(slot);
        known.touches = touches.saturating_add(1);
        known.time_touched = known.time_touched.max(time);
        known.era = era;
    }

    /// Remembers a level published for the first time.
    pub(super) fn birth(
        &mut self,
        price: Price,
        side: Side,
        now: Nanos,
        swaps: u64,
        claim: u64,
    ) -> u16 {
        let slot = self.room(swaps, claim);
        *self.get_mut(slot) = Known {
            id: LevelId(self.next),
            alive: true,
            born: price,
            seen: price,
            time_born: now,
            time_seen: now,
            side,
            era: self.era,
            claim,
            ..Known::BLANK
        };
        self.next += 1;
        let id = self.get(slot).id;
        let at = self.by_birth.partition_point(|&other| {
            let other = self.get(other);
            (other.born, other.id) < (price, id)
        });
        self.by_birth.insert(at, slot);
        slot
    }

    /// A free slot. When there is none, of those that are neither published, frozen nor just
    /// taken the untouched gives way first, and of those the one unseen for longest.
    fn room(&mut self, swaps: u64, claim: u64) -> u16 {
        if self.by_birth.len() < KNOWN_MAX {
            let free = self.slots.iter().position(|known| !known.alive);
            return free.and_then(|slot| u16::try_from(slot).ok()).unwrap_or(NOWHERE);
        }
        let spare = |known: &Known| known.holds == 0 && known.shown < swaps && known.claim != claim;
        let victim =
            self.by_birth.iter().copied().filter(|&slot| spare(self.get(slot))).min_by_key(
                |&slot| {
                    let known = self.get(slot);
                    (known.time_touched, known.time_seen, known.id)
                },
            );
        let victim = victim.expect("fewer winners and published levels than places");
        self.forget(victim);
        self.evicted += 1;
        victim
    }

    /// Forgets the level in this slot if its time is over: nothing supports it, nobody holds it,
    /// it is not published, and it has no touch to remember.
    pub(super) fn sweep(&mut self, slot: u16, now: Nanos, swaps: u64, plan: &LevelPlan) {
        let known = self.get(slot);
        let kept = known.holds > 0 || known.shown >= swaps || self.touches(known, now, plan) > 0;
        if known.alive && !kept && now.since(known.time_seen) > plan.absent {
            self.forget(slot);
        }
    }

    fn forget(&mut self, slot: u16) {
        self.by_birth.retain(|&other| other != slot);
        *self.get_mut(slot) = Known::BLANK;
    }
}

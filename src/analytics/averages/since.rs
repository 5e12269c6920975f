//! What traded since an instant: which trades belong to it, and how those of before it was named
//! are fetched from the rolling tape.
//!
//! A trade belongs to an anchor when its T is not before the anchor's. An anchor is mostly named
//! after its own time; the tape is read backwards from its end, a few entries an event, until it
//! gets there. Whatever comes meanwhile is added at once, or fetched later, never both.

use model::{Lots, Nanos, Price, Side, Trust};

use super::sums::Sums;
use crate::tape::{Entry, Placed, Tape};

/// Entries of the tape that one event fetches for one anchor.
const PIECE: u32 = 64;

/// How far back the rolling tape reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reach {
    /// The first place that is sure to be in order.
    pub(crate) floor: u64,
    /// Whatever left before that place had a T not after this.
    pub(crate) edge: Nanos,
}

/// Membership of an anchor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Since {
    /// T of the anchor; `None` while nothing is anchored.
    pub(crate) time: Option<Nanos>,
    /// The anchor's price where it has one.
    pub(crate) price: Option<Price>,
    // The running sums less this are the anchor's.
    base: Sums,
    // Entries from this place on are done.
    next: u64,
    filling: bool,
    // The tape reached back to the anchor.
    covered: bool,
}

/// What becomes of a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// It lies before the anchor.
    No,
    /// It belongs to it, and will be fetched from the tape.
    Later,
    /// It belongs to it.
    Now,
}

impl Since {
    pub(crate) const IDLE: Self =
        Self { time: None, price: None, base: Sums::ZERO, next: 0, filling: false, covered: false };

    /// Anchors it; the tape is still to be read.
    pub(crate) fn begin(&mut self, time: Nanos, price: Option<Price>, total: &Sums, tape: &Tape) {
        let next = tape.end();
        *self = Self { time: Some(time), price, base: *total, next, filling: true, covered: false };
    }

    pub(crate) fn end(&mut self) {
        *self = Self::IDLE;
    }

    pub(crate) const fn is_set(&self) -> bool {
        self.time.is_some()
    }

    /// Whether the tape is still being read.
    #[inline]
    pub(crate) const fn is_filling(&self) -> bool {
        self.filling
    }

    /// A trade was put on the tape.
    #[inline]
    pub(crate) fn admit(&mut self, placed: Placed, terms: &Sums) -> Admission {
        let Some(time) = self.time else { return Admission::No };
        if placed.time < time {
            self.base.put(terms);
            if self.filling && placed.own && placed.place < self.next {
                self.next += 1;
            }
            return Admission::No;
        }
        if self.filling && placed.place < self.next {
            self.next += u64::from(placed.own);
            self.base.put(terms);
            return Admission::Later;
        }
        Admission::Now
    }

    /// Fetches a few entries; `take` gets each. Whether it was the last piece.
    pub(crate) fn fill(
        &mut self,
        tape: &Tape,
        reach: Reach,
        mut take: impl FnMut(Price, Side, Lots),
    ) -> bool {
        let Some(time) = self.time.filter(|_| self.filling) else { return false };
        for _ in 0..PIECE {
            if self.next <= reach.floor {
                self.covered = reach.floor == 0 || time > reach.edge;
                self.filling = false;
                return true;
            }
            let Entry { time: at, price, .. } = *tape.get(self.next - 1);
            if at < time {
                (self.covered, self.filling) = (true, false);
                return true;
            }
            let entry = tape.get(self.next - 1);
            let lots = entry.lots();
            self.next -= 1;
            self.base.take(&Sums::of(price, lots));
            take(price, entry.side(), lots);
        }
        false
    }

    /// What traded since, given the running sums.
    pub(crate) fn sums(&self, total: &Sums) -> Sums {
        total.since(&self.base)
    }

    /// How far whatever is kept since the anchor is to be trusted. `start`: clock at the first
    /// event, `hole`: at the last hole.
    #[inline]
    pub(crate) fn trust(&self, start: Nanos, hole: Nanos) -> Trust {
        let Some(time) = self.time else { return Trust::MISSING.with(Trust::UNCOVERED) };
        let mut trust = Trust::SOUND;
        if hole != Nanos::NONE && hole >= time {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if !self.covered || start > time {
            trust = trust.with(Trust::UNCOVERED);
        }
        trust
    }
}

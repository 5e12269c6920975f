//! The tape's chain: which print is new, and whether one is missing before it.
//!
//! Judged on the aggregate id alone. There is no repairing source yet: a hole stays a hole, and
//! `missing` names the ids that one would have to fetch.

use std::ops::Range;

use model::{Flags, Nanos, SECOND};

/// A trade time further back than this makes the tape unstable.
const BACK_MAX: Nanos = SECOND;

/// The chain of one instrument's prints.
#[derive(Clone, Debug)]
pub struct Tape {
    /// The last id taken.
    last: Option<u64>,
    /// The largest trade time taken.
    time: Nanos,
    stable: bool,
    /// Ids before this one may be missing without a word: the tape started again.
    fresh: bool,
    missing: Range<u64>,
}

impl Default for Tape {
    fn default() -> Self {
        Self { last: None, time: Nanos::NONE, stable: true, fresh: true, missing: 0..0 }
    }
}

impl Tape {
    /// The last id taken.
    #[must_use]
    pub const fn last(&self) -> Option<u64> {
        self.last
    }

    /// Whether nothing is missing and time never ran back since the tape (re)started. It does
    /// not heal by waiting.
    #[must_use]
    pub const fn stable(&self) -> bool {
        self.stable
    }

    /// The ids of the last hole; empty when there was none.
    #[must_use]
    pub const fn missing(&self) -> &Range<u64> {
        &self.missing
    }

    /// Takes a print. `None`: its id was taken before. Else what became of the tape *at* this
    /// print: `GAP` when ids are missing before it, `UNSTABLE` with it and when time ran back.
    /// A print that was no market trade has an id only.
    #[inline]
    pub(crate) fn take(&mut self, id: u64, time: Option<Nanos>) -> Option<Flags> {
        let mut flags = Flags::default();
        if let Some(last) = self.last {
            if id <= last {
                return None;
            }
            if last + 1 < id && !self.fresh {
                self.missing = last + 1..id;
                flags = Flags::GAP.with(Flags::UNSTABLE);
            }
        }
        if let Some(time) = time {
            if time.after(BACK_MAX) < self.time {
                flags = flags.with(Flags::UNSTABLE);
            }
            self.time = self.time.max(time);
        }
        self.last = Some(id);
        self.fresh = false;
        self.stable &= !flags.has(Flags::UNSTABLE);
        Some(flags)
    }

    /// Starts again where the venue clock jumped: ids taken stay taken, what is missing until
    /// the next print does not count.
    pub(crate) fn restart(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }
}

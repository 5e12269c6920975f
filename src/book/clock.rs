//! The venue clock of an instrument: the largest venue time seen, never going back, and not
//! carried away by one wrong time.

use model::{Flags, Head, Nanos};

/// Messages in a row that must agree before a jump of the venue's time is believed.
const AGREEING: u8 = 3;

/// What the clock says to a message's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    /// Taken, or the message has no time.
    Kept,
    /// Too far ahead: the message is refused.
    Refused,
    /// Too far ahead as the messages before it were: the clock stands there now, and everything
    /// that is measured by it starts again.
    Jumped,
}

/// A venue clock.
#[derive(Clone, Debug)]
pub(crate) struct VenueClock {
    /// The largest venue time; zero before the first.
    now: Nanos,
    /// Receive time of the message that set `now`.
    local: Nanos,
    jump_max: Nanos,
    /// The last refused time and its receive time.
    suspect: Nanos,
    suspect_local: Nanos,
    /// Refused messages in a row that agree, 0..`AGREEING`.
    agreeing: u8,
}

impl VenueClock {
    pub(crate) const fn new(jump_max: Nanos) -> Self {
        Self {
            now: Nanos::NONE,
            local: Nanos::NONE,
            jump_max,
            suspect: Nanos::NONE,
            suspect_local: Nanos::NONE,
            agreeing: 0,
        }
    }

    /// The largest venue time seen so far; zero before the first.
    pub(crate) const fn now(&self) -> Nanos {
        self.now
    }

    /// Takes a message's time.
    #[inline]
    pub(crate) fn read(&mut self, head: &Head) -> Reading {
        let time = head.time_venue();
        if time == Nanos::NONE {
            return Reading::Kept;
        }
        if time <= self.now {
            self.agreeing = 0;
            return Reading::Kept;
        }
        if self.now != Nanos::NONE && !self.believes(self.now, self.local, time, head) {
            return self.suspect(time, head);
        }
        self.set(time, head.time_local);
        Reading::Kept
    }

    /// Whether `time` is no more ahead of `from` than the receive time gone by and the margin.
    fn believes(&self, from: Nanos, local: Nanos, time: Nanos, head: &Head) -> bool {
        // Where the receive time is the venue's, it covers any gap.
        let gone = if head.flags.has(Flags::NO_LOCAL_CLOCK) {
            time.since(from)
        } else {
            head.time_local.since(local)
        };
        time <= from.after(gone).after(self.jump_max)
    }

    #[cold]
    fn suspect(&mut self, time: Nanos, head: &Head) -> Reading {
        let agrees = self.agreeing != 0
            && self.suspect.since(time) <= self.jump_max
            && self.believes(self.suspect, self.suspect_local, time, head);
        self.agreeing = if agrees { self.agreeing + 1 } else { 1 };
        self.suspect = time;
        self.suspect_local = head.time_local;
        if self.agreeing < AGREEING {
            return Reading::Refused;
        }
        self.set(time, head.time_local);
        Reading::Jumped
    }

    const fn set(&mut self, time: Nanos, local: Nanos) {
        self.now = time;
        self.local = local;
        self.agreeing = 0;
    }
}

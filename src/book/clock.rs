//! The venue clock of an instrument: the largest venue time seen, never going back, and not
//! carried away by one wrong time.
//!
//! History (`Flags::HISTORY`) brings the venue times of hours in the receive time of seconds, so
//! its receive time says nothing of the time gone by between two messages of it. It counts as
//! received when the venue made it: the next message, of history or live, may then lie as far
//! ahead as its own receive time and the margin, and no further.

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
        self.set(time, received(head));
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
        self.suspect_local = received(head);
        if self.agreeing < AGREEING {
            return Reading::Refused;
        }
        self.set(time, received(head));
        Reading::Jumped
    }

    const fn set(&mut self, time: Nanos, local: Nanos) {
        self.now = time;
        self.local = local;
        self.agreeing = 0;
    }
}

/// When a message counts as received.
#[inline]
fn received(head: &Head) -> Nanos {
    if head.flags.has(Flags::HISTORY) { head.time_venue() } else { head.time_local }
}

#[cfg(test)]
mod tests {
    use model::{Flags, Head, InstrumentId, Kind, Nanos};

    use super::{Reading, VenueClock};

    /// `h` history or `l` live, its venue time and its receive time in seconds | what the clock
    /// says, and where it stands then.
    fn check(table: &str) {
        let mut clock = VenueClock::new(Nanos::from_millis(10_000));
        for line in table.trim().lines() {
            let (input, want) = line.split_once('|').expect("a table");
            let words: Vec<&str> = input.split_whitespace().collect();
            let second = |at: usize| words[at].parse::<u64>().expect("seconds") * 1_000;
            let mut head = Head::new(Kind::Trade, InstrumentId(0));
            head.time_match = Nanos::from_millis(second(1));
            head.time_local = Nanos::from_millis(second(2));
            if words[0] == "h" {
                head.flags = Flags::HISTORY;
            }
            let reading = match clock.read(&head) {
                Reading::Kept => "kept",
                Reading::Refused => "refused",
                Reading::Jumped => "jumped",
            };
            let got = format!("{reading} {}", clock.now().0 / 1_000_000_000);
            assert_eq!(got, want.trim(), "{line}");
        }
    }

    #[test]
    fn history_spans_hours_in_seconds_and_hands_over_to_the_live_stream() {
        check(
            "
            h 1000 90000  | kept 1000
            h 1001 90000  | kept 1001
            h 40000 90000 | kept 40000
            h 39999 90001 | kept 40000
            h 89900 90001 | kept 89900
            l 90002 90002 | kept 90002
            l 90020 90003 | refused 90002
            l 90013 90003 | kept 90013
        ",
        );
    }

    #[test]
    fn history_of_a_time_to_come_is_refused_like_anything_else() {
        check(
            "
            h 1000 90000  | kept 1000
            h 90011 90000 | refused 1000
            h 90010 90000 | kept 90010
            l 90021 90001 | refused 90010
            l 90011 90001 | kept 90011
        ",
        );
    }

    #[test]
    fn live_messages_are_measured_by_their_receive_time_only() {
        check(
            "
            l 1000 1000   | kept 1000
            l 1030 1001   | refused 1000
            l 1030 1020   | kept 1030
        ",
        );
    }
}

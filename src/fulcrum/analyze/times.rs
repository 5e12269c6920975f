//! When records are due: at one instant, or at every multiple of a span of venue time.
//!
//! A record for an instant holds all that happened up to and with it, so it is written before
//! the first message of a later time is taken.

use model::{Flags, Head, INSTRUMENTS_MAX, InstrumentId, Nanos};

use crate::cli::Every;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Nothing,
    At(Nanos),
    Every(Nanos),
}

/// One instrument's venue clock, as the book keeps it, and the next record due.
#[derive(Clone, Copy, Default, Debug)]
struct Due {
    clock: Nanos,
    local: Nanos,
    // Zero: before the first message.
    next: Nanos,
}

/// When the next records are due.
#[derive(Debug)]
pub(crate) struct Times {
    asked: Asked,
    jump_max: Nanos,
    due: Vec<Due>,
}

/// Behind the last record.
const NEVER: Nanos = Nanos(u64::MAX);

impl Times {
    pub(crate) fn new(at: Option<Nanos>, every: Option<Every>, jump_max: Nanos) -> Self {
        let asked = match (at, every) {
            (Some(time), _) => Asked::At(time),
            (None, Some(Every::Span(span))) => Asked::Every(span),
            (None, _) => Asked::Nothing,
        };
        Self { asked, jump_max, due: vec![Due::default(); INSTRUMENTS_MAX] }
    }

    /// Whether this message may leave a record behind.
    #[inline]
    pub(crate) fn is_due(&mut self, head: &Head) -> bool {
        if self.asked == Asked::Nothing {
            return false;
        }
        self.see(head)
    }

    /// Follows the venue clock; a time too far ahead is not believed, as in the book. Where a
    /// jump turns out to be real, the records it leaves behind come with the message after.
    fn see(&mut self, head: &Head) -> bool {
        let Some(due) = self.due.get_mut(head.instrument.index()) else { return false };
        let time = head.time_venue();
        let gone = head.time_local.since(due.local);
        let believed = due.clock == Nanos::NONE
            || head.flags.has(Flags::NO_LOCAL_CLOCK)
            || time <= due.clock.after(gone).after(self.jump_max);
        if time <= due.clock || !believed {
            return false;
        }
        (due.clock, due.local) = (time, head.time_local);
        if due.next == Nanos::NONE {
            due.next = match self.asked {
                Asked::At(at) => at,
                // The first multiple that is not before the first message.
                Asked::Every(span) => {
                    let before = Nanos(time.0 - 1).floor(span);
                    before.after(span)
                }
                Asked::Nothing => NEVER,
            };
        }
        due.next < time
    }

    /// The next instant that this message leaves behind.
    pub(crate) fn next(&mut self, head: &Head) -> Option<Nanos> {
        let time = head.time_venue();
        self.pass(head.instrument, |next| next < time)
    }

    /// The next instant that is due at the end of the input, when the clock stood at `clock`:
    /// one that was asked for by name comes even when nothing reached it.
    pub(crate) fn last(&mut self, id: InstrumentId, clock: Nanos) -> Option<Nanos> {
        let named = matches!(self.asked, Asked::At(_));
        self.pass(id, |next| next <= clock || named)
    }

    fn pass(&mut self, id: InstrumentId, is_due: impl Fn(Nanos) -> bool) -> Option<Nanos> {
        let due = self.due.get_mut(id.index())?;
        let next = due.next;
        if next == Nanos::NONE || next == NEVER || !is_due(next) {
            return None;
        }
        due.next = match self.asked {
            Asked::Every(span) => next.after(span),
            Asked::At(_) | Asked::Nothing => NEVER,
        };
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Due, NEVER, Times};
    use model::{Flags, Head, InstrumentId, Kind, Nanos};

    fn times(asked: Asked) -> Times {
        Times { asked, jump_max: Nanos(10), due: vec![Due::default(); 2] }
    }

    fn head(time: u64, local: u64) -> Head {
        let mut head = Head::new(Kind::Trade, InstrumentId(0));
        (head.time_match, head.time_local) = (Nanos(time), Nanos(local));
        head
    }

    /// The instants that come before each message, and those of the end.
    fn run(mut times: Times, messages: &[(u64, u64)]) -> Vec<Vec<u64>> {
        let mut all = Vec::new();
        let mut clock = 0;
        for &(time, local) in messages {
            let head = head(time, local);
            let mut before = Vec::new();
            if times.is_due(&head) {
                before.extend(std::iter::from_fn(|| times.next(&head)).map(|time| time.0));
            }
            all.push(before);
            clock = times.due[0].clock.0;
        }
        let id = InstrumentId(0);
        all.push(std::iter::from_fn(|| times.last(id, Nanos(clock))).map(|time| time.0).collect());
        all
    }

    #[test]
    fn multiples_come_before_the_first_later_message() {
        let span = Asked::Every(Nanos(10));
        for (messages, want) in [
            (&[(5, 1), (10, 2), (11, 3)][..], vec![vec![], vec![], vec![10], vec![]]),
            (&[(10, 1), (20, 2)], vec![vec![], vec![10], vec![20]]),
            (
                &[(11, 1), (29, 20), (9, 21), (31, 22)],
                vec![vec![], vec![20], vec![], vec![30], vec![]],
            ),
            (&[(11, 1), (41, 40)], vec![vec![], vec![20, 30, 40], vec![]]),
            // Too far ahead of the clock and the receive time gone by.
            (&[(11, 1), (99, 2), (12, 3)], vec![vec![], vec![], vec![], vec![]]),
        ] {
            assert_eq!(run(times(span), messages), want, "{messages:?}");
        }
    }

    #[test]
    fn a_named_instant_comes_once_and_always() {
        for (at, want) in [
            (3, vec![vec![3], vec![], vec![]]),
            (5, vec![vec![], vec![5], vec![]]),
            (7, vec![vec![], vec![], vec![7]]),
            (70, vec![vec![], vec![], vec![70]]),
        ] {
            assert_eq!(run(times(Asked::At(Nanos(at))), &[(5, 1), (6, 2)]), want, "{at}");
        }
    }

    #[test]
    fn a_tape_without_a_local_clock_is_believed() {
        let mut times = times(Asked::Every(Nanos(1000)));
        let mut first = head(5, 5);
        first.flags = Flags::NO_LOCAL_CLOCK;
        assert!(!times.is_due(&first));
        let mut later = head(100_000, 100_000);
        later.flags = Flags::NO_LOCAL_CLOCK;
        assert!(times.is_due(&later));
        assert_ne!(times.due[0].next, NEVER);
    }
}

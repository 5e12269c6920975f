//! A light check of one instrument's depth chain, so that the feed knows when the book needs a
//! snapshot and which messages are doubled. It judges ids only; the book behind the door judges
//! everything again.
//!
//! ```text
//! Broken ──snapshot inside an event seen──▶ Whole ──pu is not the last u──▶ Broken
//!    └──snapshot newer than all──▶ Ahead ──event straddles it──▶ Whole
//! ```

use model::{Head, Nanos, SECOND, Venue};

/// Events remembered since the break: 25 s at ten a second. An older snapshot is asked for anew.
const EVENTS: usize = 256;

/// How long an answer is waited for before the question is put again.
const PATIENCE: Nanos = Nanos(8 * SECOND.0);

/// The wait after an answer that was of no use.
const RETRY: Nanos = Nanos(SECOND.0);

/// What becomes of a depth event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It enters.
    Enter,
    /// Seen before, on the other socket of a rotation.
    Duplicate,
}

/// What becomes of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// It enters.
    Enter,
    /// It is older than the first event since the break, or lies between two events.
    Useless,
    /// Nobody waits for it any more.
    Unasked,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Broken,
    // A snapshot with this id has entered; all events so far are older.
    Ahead(u64),
    Whole,
}

/// The chain of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    venue: Venue,
    state: State,
    // Last update id seen; zero before the first.
    last: u64,
    // Venue time of the last event: ids that start again come with a later time.
    time: Nanos,
    // (U, u) of the events since the break, oldest first, contiguous.
    events: [(u64, u64); EVENTS],
    oldest: usize,
    count: usize,
    // When a snapshot may be asked for (again).
    due: Nanos,
}

impl Chain {
    /// A chain of which nothing is known.
    #[must_use]
    pub(super) const fn new(venue: Venue) -> Self {
        Self {
            venue,
            state: State::Broken,
            last: 0,
            time: Nanos::NONE,
            events: [(0, 0); EVENTS],
            oldest: 0,
            count: 0,
            due: Nanos::NONE,
        }
    }

    /// Whether snapshot and events are in chain.
    #[must_use]
    pub(super) fn is_whole(&self) -> bool {
        self.state == State::Whole
    }

    /// A depth event came.
    #[inline]
    pub(super) fn event(&mut self, head: &Head) -> Fate {
        let (first, last, time) = (head.id_first(), head.id, head.time_venue());
        if last <= self.last && time <= self.time {
            return Fate::Duplicate;
        }
        let chained = match self.venue {
            Venue::UsdM => head.id_prev == self.last,
            Venue::Spot => first == self.last + 1,
        };
        self.last = last;
        self.time = time;
        if !chained {
            self.start_again();
        }
        match self.state {
            State::Whole => {}
            State::Ahead(id) if last < id => {}
            State::Ahead(id) if first <= id => self.state = State::Whole,
            // The snapshot lies between two events: another one may not.
            State::Ahead(_) => {
                self.start_again();
                self.remember(first, last);
            }
            State::Broken => self.remember(first, last),
        }
        Fate::Enter
    }

    /// The book asks for a fresh start, though the ids are in chain. One that is broken already
    /// keeps what it knows: a snapshot may be on its way.
    #[cold]
    pub(super) fn distrust(&mut self) {
        if self.state != State::Broken {
            self.start_again();
        }
    }

    /// A hole before what comes next: its ids need not show it.
    #[cold]
    pub(super) fn start_again(&mut self) {
        self.state = State::Broken;
        self.count = 0;
    }

    /// Whether a snapshot is to be asked for now; it counts as asked then. Events first: a
    /// snapshot before the first of them could not be joined to them.
    pub(super) fn asks(&mut self, now: Nanos) -> bool {
        let asks = self.state == State::Broken && self.count > 0 && now >= self.due;
        if asks {
            self.due = now.after(PATIENCE);
        }
        asks
    }

    /// A snapshot came.
    pub(super) fn snapshot(&mut self, id: u64, now: Nanos) -> Use {
        if self.state != State::Broken || self.count == 0 {
            return Use::Unasked;
        }
        let straddled = self.events().any(|(first, last)| (first..=last).contains(&id));
        if id > self.last {
            self.state = State::Ahead(id);
        } else if straddled {
            self.state = State::Whole;
        } else {
            self.due = now.after(RETRY);
            return Use::Useless;
        }
        self.due = now;
        Use::Enter
    }

    /// A snapshot could not be had.
    pub(super) const fn unanswered(&mut self, now: Nanos) {
        self.due = now.after(RETRY);
    }

    fn events(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        (0..self.count).map(|at| self.events[(self.oldest + at) % EVENTS])
    }

    fn remember(&mut self, first: u64, last: u64) {
        if self.count == EVENTS {
            self.oldest = (self.oldest + 1) % EVENTS;
            self.count -= 1;
        }
        self.events[(self.oldest + self.count) % EVENTS] = (first, last);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use model::{Head, InstrumentId, Kind, Nanos, SECOND, Venue};

    use super::{Chain, Fate, Use};

    fn head(prev: u64, first: u64, last: u64, time: u64) -> Head {
        let mut head = Head::new(Kind::Depth, InstrumentId(0));
        head.id = last;
        head.id_prev = prev;
        head.id_span = u32::try_from(last - first).expect("short");
        head.time_match = Nanos(time);
        head
    }

    /// `e PU U U` an event, `s ID` a snapshot, `w` whether it asks; the time is the line's number
    /// in tens of seconds.
    fn check(venue: Venue, table: &str) {
        let mut chain = Chain::new(venue);
        for (number, line) in table.trim().lines().enumerate() {
            let (input, want) = line.split_once('|').expect("a table");
            let now = Nanos(10 * SECOND.0 * (1 + number as u64));
            let words: Vec<&str> = input.split_whitespace().collect();
            let id = |at: usize| words[at].parse::<u64>().expect("an id");
            let got = match words[0] {
                "e" => match chain.event(&head(id(1), id(2), id(3), now.0)) {
                    Fate::Enter if chain.is_whole() => "whole",
                    Fate::Enter => "enter",
                    Fate::Duplicate => "duplicate",
                },
                // The same event again, from the other socket.
                "d" => match chain.event(&head(id(1), id(2), id(3), 0)) {
                    Fate::Enter => "enter",
                    Fate::Duplicate => "duplicate",
                },
                "s" => match chain.snapshot(id(1), now) {
                    Use::Enter if chain.is_whole() => "whole",
                    Use::Enter => "ahead",
                    Use::Useless => "useless",
                    Use::Unasked => "unasked",
                },
                "again" => {
                    chain.distrust();
                    if chain.is_whole() { "whole" } else { "again" }
                }
                _ => {
                    if chain.asks(now) {
                        "asks"
                    } else {
                        "waits"
                    }
                }
            };
            assert_eq!(got, want.trim(), "line {}: {line}", number + 1);
        }
    }

    #[test]
    fn a_snapshot_is_asked_for_after_the_first_event_and_joined_where_it_falls() {
        check(
            Venue::UsdM,
            "
            w          | waits
            e 90 95 100 | enter
            w          | asks
            e 100 105 110 | enter
            s 94       | useless
            w          | asks
            s 103      | useless
            w          | asks
            s 105      | whole
            s 107      | unasked
            e 110 111 120 | whole
            w          | waits
        ",
        );
    }

    #[test]
    fn a_snapshot_ahead_of_the_events_waits_for_the_one_that_straddles_it() {
        check(
            Venue::UsdM,
            "
            e 90 95 100   | enter
            w             | asks
            s 130         | ahead
            w             | waits
            e 100 105 110 | enter
            e 110 111 140 | whole
            e 141 142 150 | enter
            w             | asks
            s 200         | ahead
            e 150 160 190 | enter
            e 190 205 210 | enter
            w             | asks
            s 208         | whole
        ",
        );
    }

    #[test]
    fn a_hole_breaks_it_and_doubled_events_do_not() {
        check(
            Venue::UsdM,
            "
            e 90 95 100   | enter
            s 100         | whole
            d 90 95 100   | duplicate
            e 100 101 110 | whole
            d 90 95 100   | duplicate
            e 115 116 120 | enter
            s 110         | useless
            s 118         | whole
            again         | again
            w             | waits
            e 120 121 130 | enter
            w             | asks
            again         | again
            s 125         | whole
        ",
        );
    }

    #[test]
    fn ids_that_start_again_are_no_duplicates() {
        check(
            Venue::UsdM,
            "
            e 90 95 100 | enter
            s 100       | whole
            e 3 4 9     | enter
            w           | asks
            s 5         | whole
        ",
        );
    }

    #[test]
    fn spot_chains_by_the_next_id() {
        check(
            Venue::Spot,
            "
            e 0 95 100  | enter
            s 97        | whole
            e 0 101 110 | whole
            e 0 112 120 | enter
        ",
        );
    }

    #[test]
    fn a_long_wait_forgets_the_oldest_events_only() {
        let mut chain = Chain::new(Venue::UsdM);
        for at in 1..=1_000_u64 {
            assert_eq!(chain.event(&head(at * 10 - 10, at * 10 - 9, at * 10, at)), Fate::Enter);
        }
        assert_eq!(chain.snapshot(7_440, Nanos(5)), Use::Useless);
        assert_eq!(chain.snapshot(7_441, Nanos(5)), Use::Enter);
    }
}

//! Trades in order of their ids: a hole is filled from REST exactly once and in order, while the
//! later trades are held back; or given up, and the trades pass on with the hole.
//!
//! ```text
//! 1 2 3 ✗ ✗ 6 7 8      6 7 8 … are held, 4 and 5 asked for
//!       4 5 ──────▶    then 6 7 8 are released, and trades pass again
//! ```
//! Nothing is allocated after birth. What is released gets the time of its release as its receive
//! time: the log's times then do not run back.

use std::collections::VecDeque;

use model::{Head, InstrumentId, Line, MILLISECOND, Nanos};

/// The limits of holding back (spec § 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// A trade is held back for this long at most (`repair_ms`).
    pub hold: Nanos,
    /// This many trades are held back at most.
    pub trades: usize,
    /// A hole of more ids is not repaired: each thousand costs 20 of 2 400 weight a minute.
    pub ids: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { hold: Nanos(3_000 * MILLISECOND.0), trades: 65_536, ids: 20_000 }
    }
}

/// A trade as it is held: an id that was no market trade has no body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Print {
    /// Its head.
    pub head: Head,
    /// Its body line, if it has one.
    pub body: Option<Line>,
}

/// What becomes of a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It enters now.
    Enter,
    /// Its id has entered before, or is held already.
    Duplicate,
    /// It is held back; see [`Repair::release`].
    Held,
}

/// A hole that is to be filled: both ids are missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hole {
    /// Whose.
    pub instrument: InstrumentId,
    /// The first missing id.
    pub first: u64,
    /// The last missing id.
    pub last: u64,
}

/// The trades of one instrument.
#[derive(Clone, Debug)]
pub struct Repair {
    patience: Patience,
    // The id that comes next; zero before the first trade.
    next: u64,
    // Venue time of the last trade taken.
    time: Nanos,
    // Ascending ids, all >= next.
    held: VecDeque<Print>,
    // The first missing id that was asked for; zero when nothing is.
    asked: u64,
}

impl Repair {
    /// A tape that begins with the first trade to come.
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            next: 0,
            time: Nanos::NONE,
            held: VecDeque::with_capacity(patience.trades),
            asked: 0,
        }
    }

    /// Whether trades are held back.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// A live trade came.
    #[inline]
    pub fn trade(&mut self, head: &Head, body: Option<&Line>) -> Fate {
        if (head.id == self.next || self.next == 0) && self.held.is_empty() {
            return self.enter(head);
        }
        self.out_of_order(head, body)
    }

    #[cold]
    fn out_of_order(&mut self, head: &Head, body: Option<&Line>) -> Fate {
        if let Some(front) = self.held.front()
            && (self.next..front.head.id).contains(&head.id)
        {
            return self.missing(head, body);
        }
        let newest = self.held.back().map_or(self.next.saturating_sub(1), |print| print.head.id);
        if head.id <= newest {
            // Ids that start again come with a later time: the venue began anew, and so do we.
            let anew = self.held.is_empty() && head.time_venue() > self.time;
            return if anew { self.enter(head) } else { Fate::Duplicate };
        }
        let missing = head.id - self.next;
        if self.held.is_empty() && missing > self.patience.ids {
            return self.enter(head);
        }
        // `release` gives up the hole when the store is full, so there is room again soon; a trade
        // that comes in between is missing like any other, and asked for.
        if self.held.len() < self.patience.trades {
            self.held.push_back(Print { head: *head, body: body.copied() });
        }
        Fate::Held
    }

    /// A trade of the hole came by itself, late or on another socket.
    fn missing(&mut self, head: &Head, body: Option<&Line>) -> Fate {
        if head.id == self.next {
            self.advance(head);
            return Fate::Enter;
        }
        if self.held.len() < self.patience.trades {
            self.held.push_front(Print { head: *head, body: body.copied() });
        }
        Fate::Held
    }

    /// Goes on by one trade of the hole that was asked for; the question stays the same.
    fn advance(&mut self, head: &Head) {
        self.next = head.id + 1;
        self.time = self.time.max(head.time_venue());
        if self.asked != 0 {
            self.asked = self.next;
        }
    }

    fn enter(&mut self, head: &Head) -> Fate {
        self.next = head.id + 1;
        self.time = head.time_venue();
        self.asked = 0;
        Fate::Enter
    }

    /// The hole before the first held trade, once.
    pub fn asks(&mut self, instrument: InstrumentId) -> Option<Hole> {
        let front = self.held.front()?.head.id;
        if front == self.next || self.asked == self.next {
            return None;
        }
        self.asked = self.next;
        Some(Hole { instrument, first: self.next, last: front - 1 })
    }

    /// Whether a fetched trade is part of the hole and enters now. One that comes too late, or
    /// twice, is not. A hole in what was fetched stays a hole.
    #[must_use]
    pub fn fits(&self, head: &Head) -> bool {
        let front = self.held.front().map_or(0, |print| print.head.id);
        self.asked != 0 && (self.next..front).contains(&head.id)
    }

    /// A fetched trade that fits has entered.
    pub fn fetched(&mut self, head: &Head) {
        assert!(self.fits(head), "whoever lets it in has asked");
        self.advance(head);
    }

    /// The door was shut for a trade that should have entered: it is missing like one that never
    /// came.
    #[cold]
    pub fn turned_away(&mut self, head: &Head) {
        if self.next == head.id + 1 {
            self.next = head.id;
        }
    }

    /// Whether a trade of the past comes before all live ones. A hole among such trades stays.
    #[must_use]
    pub fn precedes(&self, head: &Head) -> bool {
        self.next <= head.id && self.held.front().is_none_or(|front| head.id < front.head.id)
    }

    /// A trade of the past has entered: the live ones follow it.
    pub fn recalled(&mut self, head: &Head) {
        assert!(self.precedes(head), "whoever lets it in has asked");
        self.advance(head);
    }

    /// The past is told: what is held is patient from now on.
    pub fn wait_anew(&mut self, now: Nanos) {
        for print in &mut self.held {
            print.head.time_local = print.head.time_local.max(now);
        }
    }

    /// Nothing more will be fetched for this hole: what is missing stays missing.
    pub fn give_up(&mut self) {
        if let Some(front) = self.held.front() {
            self.next = front.head.id;
        }
    }

    /// The next trade that need not wait any longer, with whether a hole was given up before it.
    /// It is not gone before [`Repair::released`] says so: the door may be shut.
    pub fn release(&mut self, now: Nanos) -> Option<(Print, bool)> {
        let front = *self.held.front()?;
        let hole = front.head.id != self.next;
        let full = self.held.len() >= self.patience.trades;
        let late = now.since(front.head.time_local) > self.patience.hold;
        if hole && !full && !late {
            return None;
        }
        let mut print = front;
        print.head.time_local = print.head.time_local.max(now);
        Some((print, hole))
    }

    /// The trade that `release` gave has entered.
    pub fn released(&mut self) {
        if let Some(print) = self.held.pop_front() {
            self.enter(&print.head);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Head, InstrumentId, Kind, Nanos};
    use proptest::prelude::*;

    use super::{Fate, Hole, Patience, Repair};

    const BTC: InstrumentId = InstrumentId(0);

    fn head(id: u64, millis: u64) -> Head {
        let mut head = Head::new(Kind::Trade, BTC);
        head.id = id;
        head.time_local = Nanos::from_millis(millis);
        head.time_match = Nanos::from_millis(millis);
        head
    }

    fn drain(repair: &mut Repair, millis: u64, out: &mut Vec<u64>) {
        while let Some((print, hole)) = repair.release(Nanos::from_millis(millis)) {
            if hole {
                out.push(0);
            }
            out.push(print.head.id);
            repair.released();
        }
    }

    /// `t ID` a live trade, `f ID` a fetched one, `gone` no more fetched, `at MS` time passes;
    /// behind the bar what entered (0: a hole), and `?a-b` what was asked.
    fn check(patience: Patience, table: &str) {
        let mut repair = Repair::new(patience);
        let mut millis = 1_000;
        for line in table.trim().lines() {
            let (input, want) = line.split_once('|').expect("a table");
            let mut out = Vec::new();
            for step in input.split(',') {
                let words: Vec<&str> = step.split_whitespace().collect();
                let number = words.get(1).map(|word| word.parse::<u64>().expect("a number"));
                match (words[0], number) {
                    ("t", Some(id)) => {
                        if repair.trade(&head(id, millis), None) == Fate::Enter {
                            out.push(id);
                        }
                    }
                    // The same trade from the other socket: its time is old.
                    ("d", Some(id)) => {
                        assert_eq!(repair.trade(&head(id, 1), None), Fate::Duplicate, "{line}");
                    }
                    ("f", Some(id)) => {
                        if repair.fits(&head(id, millis)) {
                            repair.fetched(&head(id, millis));
                            out.push(id);
                        }
                    }
                    ("gone", None) => repair.give_up(),
                    ("at", Some(at)) => millis = at,
                    other => panic!("{other:?}"),
                }
                drain(&mut repair, millis, &mut out);
            }
            let mut got: Vec<String> = out.iter().map(u64::to_string).collect();
            if let Some(Hole { first, last, .. }) = repair.asks(BTC) {
                got.push(format!("?{first}-{last}"));
            }
            assert_eq!(got.join(" "), want.trim(), "{line}");
        }
    }

    #[test]
    fn a_hole_is_asked_for_once_and_filled_in_order() {
        check(
            Patience::default(),
            "
            t 5, t 6, t 7       | 5 6 7
            t 10                | ?8-9
            t 11, d 10          |
            f 8                 | 8
            f 8, f 9            | 9 10 11
            f 9, d 9, t 12      | 12
        ",
        );
    }

    #[test]
    fn holes_behind_holes_are_asked_for_in_turn() {
        check(
            Patience::default(),
            "
            t 1, t 3, t 6, t 7  | 1 ?2-2
            f 2                 | 2 3 ?4-5
            f 4, f 5            | 4 5 6 7
        ",
        );
    }

    #[test]
    fn a_trade_that_only_came_late_fills_its_own_hole() {
        check(
            Patience::default(),
            "
            t 1, t 5, t 3       | 1 ?2-2
            t 2                 | 2 3 ?4-4
            t 4, t 6            | 4 5 6
        ",
        );
    }

    #[test]
    fn what_is_not_filled_in_time_is_passed_on_with_its_hole_and_late_answers_are_ignored() {
        check(
            Patience::default(),
            "
            t 1, t 4, t 5       | 1 ?2-3
            at 4001             | 0 4 5
            f 2, f 3            |
            t 6                 | 6
            at 5000, t 9        | ?7-8
            f 8                 | 8 9
            t 12                | ?10-11
            gone                | 12
        ",
        );
    }

    #[test]
    fn a_trade_that_found_the_door_shut_is_fetched_again() {
        let mut repair = Repair::new(Patience::default());
        for id in [1, 2] {
            assert_eq!(repair.trade(&head(id, 1_000), None), Fate::Enter);
        }
        repair.turned_away(&head(2, 1_000));
        assert_eq!(repair.trade(&head(3, 1_000), None), Fate::Held);
        assert_eq!(repair.asks(BTC), Some(Hole { instrument: BTC, first: 2, last: 2 }));
    }

    #[test]
    fn a_full_store_gives_up_and_a_huge_hole_is_not_asked_for() {
        let patience = Patience { trades: 3, ids: 50, ..Patience::default() };
        check(
            patience,
            "
            t 1, t 4, t 5       | 1 ?2-3
            t 6                 | 0 4 5 6
            t 100               | 100
            t 101               | 101
        ",
        );
    }

    #[test]
    fn what_is_recalled_stands_before_what_is_live_once_and_in_order() {
        let mut repair = Repair::new(Patience::default());
        let mut entered = Vec::new();
        let mut recall = |repair: &mut Repair, ids: std::ops::RangeInclusive<u64>| {
            for id in ids {
                if repair.precedes(&head(id, 500)) {
                    repair.recalled(&head(id, 500));
                    entered.push(id);
                }
            }
        };
        recall(&mut repair, 1..=5);
        // Twice told, and live already.
        recall(&mut repair, 4..=7);
        assert_eq!(repair.trade(&head(7, 500), None), Fate::Duplicate);
        assert_eq!(repair.trade(&head(10, 1_000), None), Fate::Held);
        recall(&mut repair, 8..=12);
        // As patient as with a hole that was seen just now.
        repair.wait_anew(Nanos::from_millis(9_000));
        drain(&mut repair, 9_000, &mut entered);
        assert_eq!(repair.trade(&head(12, 9_000), None), Fate::Held);
        drain(&mut repair, 11_000, &mut entered);
        assert_eq!(entered, (1..=10).collect::<Vec<u64>>());
        assert_eq!(repair.asks(BTC), Some(Hole { instrument: BTC, first: 11, last: 11 }));
    }

    #[test]
    fn ids_that_start_again_begin_a_new_tape() {
        check(
            Patience::default(),
            "
            t 500, at 2000, t 7, t 8 | 500 7 8
        ",
        );
    }

    proptest! {
        /// Whatever is lost, doubled (with its old time) or answered late: no id enters twice, and
        /// the order is kept; with every answer in time nothing is missing.
        #[test]
        fn each_id_enters_at_most_once_and_in_order(
            fates in prop::collection::vec(0_u8..10, 50..300),
            answers in prop::collection::vec(any::<bool>(), 300),
            reliable: bool,
        ) {
            let mut repair = Repair::new(Patience::default());
            let mut entered = Vec::new();
            let mut answers = answers.into_iter();
            // The time of trade `id`: all of it well within the patience, so that only answers
            // that fail lead to holes.
            let time = |id: u64| 1_000 + id;
            for (id, fate) in (1_u64..).zip(&fates) {
                let copies = if id == 1 || *fate >= 7 { 1 + usize::from(*fate == 9) } else { usize::from(*fate > 2) };
                for _ in 0..copies {
                    if repair.trade(&head(id, time(id)), None) == Fate::Enter {
                        entered.push(id);
                    }
                }
                while let Some(hole) = repair.asks(BTC) {
                    for missing in hole.first..=hole.last {
                        let answered = reliable || answers.next().unwrap_or(true);
                        let trade = head(missing, time(missing));
                        if answered && repair.fits(&trade) {
                            repair.fetched(&trade);
                            entered.push(missing);
                        }
                    }
                    repair.give_up();
                    drain(&mut repair, time(id), &mut entered);
                }
            }
            prop_assert!(!entered.contains(&0), "nothing was late or full");
            prop_assert!(entered.windows(2).all(|pair| pair[0] < pair[1]));
            if reliable {
                let last = *entered.last().expect("the first one at least");
                prop_assert_eq!(entered, (1..=last).collect::<Vec<u64>>());
            }
        }
    }
}

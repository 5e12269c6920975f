//! The one door: everything that can change a decision is numbered here, in one order.
//!
//! ```text
//! drafts ──▶ door ──▶ log (kept before it is acted on)
//!              └────▶ first ring, or the first stage itself
//! ```
//!
//! The door puts a clock tick before the message whose receive time passed a multiple of the
//! tick, so that the same frames give the same ticks at any speed. It takes a message only when
//! the log and the ring have room for all of it and its ticks; otherwise it stays shut and says
//! so: a live feed then refuses the frame and counts it, a replay waits.

use model::{Draft, Flags, Head, InstrumentId, Kind, Line, MILLISECOND, Message, Nanos, Sink};

use crate::counters;
use crate::counters::Counters;

/// How many more lines a sink takes now.
pub trait Room {
    /// Free lines.
    fn room(&self) -> usize;

    /// Whether this many messages of this many lines in all fit: clock ticks, and behind them at
    /// most one that is none. A sink that turns a message into others counts messages, not lines.
    fn fits(&self, _messages: usize, lines: usize) -> bool {
        lines <= self.room()
    }
}

/// What keeps every message before anyone acts on it.
pub trait Keep {
    /// Whether a message of this many lines fits now.
    fn has_room(&self, lines: usize) -> bool;

    /// Keeps a message; sets the head's CRC. Only after `has_room` said yes.
    fn keep(&mut self, head: &mut Head, body: &[Line]);
}

/// Keeps nothing: for runs whose input is kept elsewhere.
impl Keep for () {
    fn has_room(&self, _lines: usize) -> bool {
        true
    }

    fn keep(&mut self, _head: &mut Head, _body: &[Line]) {}
}

counters! {
    /// What the door counts.
    pub enum DoorCounter {
        /// Messages numbered and let in, ticks included.
        Entered => "door_entered_total",
        /// Messages turned away because the log or the first ring had no room.
        Refused => "door_refused_total",
        /// Clock ticks let in.
        Ticks => "door_ticks_total",
        /// Clock ticks left out because the receive time leapt further than `TICKS_MAX` ticks.
        TicksSkipped => "door_ticks_skipped_total",
    }
}

/// The length of a clock tick (`tick_ms`).
pub const TICK: Nanos = Nanos(100 * MILLISECOND.0);

/// Ticks that one message can bring at most: 6.4 s of silence tick by tick; after a longer one
/// only the last multiple enters, since nobody can act on the ones between any more.
pub const TICKS_MAX: u64 = 64;

/// The door is shut: no room for the message in the log or in the ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed;

/// The one door. `S` is the way in, `K` what keeps the log.
#[derive(Debug)]
pub struct Door<S, K = ()> {
    sequence: u64,
    // The last multiple of TICK that has passed; zero before the first timed message.
    tick: Nanos,
    way: S,
    keep: K,
    counters: Counters<DoorCounter>,
}

impl<S: Sink + Room, K: Keep> Door<S, K> {
    /// A door whose first message gets the number after `sequence` (0 for a new run).
    pub fn new(way: S, keep: K, sequence: u64) -> Self {
        Self { sequence, tick: Nanos::NONE, way, keep, counters: Counters::default() }
    }

    /// Lets a message in behind the ticks that its receive time brings, and numbers it.
    ///
    /// # Errors
    /// [`Closed`] when there is no room; nothing has entered then.
    #[inline]
    pub fn enter(&mut self, draft: &mut Draft) -> Result<(), Closed> {
        let lines = 1 + draft.body().len();
        let due = self.ticks_due(draft.head.time_local);
        let ticks = usize::try_from(due.min(TICKS_MAX)).unwrap_or(0);
        if !self.way.fits(1 + ticks, lines + ticks) || !self.keep.has_room(lines + ticks) {
            self.counters.bump(DoorCounter::Refused);
            return Err(Closed);
        }
        if due > 0 {
            self.ticks(due, draft.head.time_local, draft.head.flags);
        }
        let (head, body) = draft.parts();
        self.number(head, body);
        Ok(())
    }

    /// Lets the clock itself in, while no frame comes: the ticks up to `now`.
    ///
    /// # Errors
    /// [`Closed`] when there is no room.
    pub fn idle(&mut self, now: Nanos) -> Result<(), Closed> {
        let due = self.ticks_due(now);
        let ticks = usize::try_from(due.min(TICKS_MAX)).unwrap_or(0);
        if due == 0 {
            return Ok(());
        }
        if !self.way.fits(ticks, ticks) || !self.keep.has_room(ticks) {
            return Err(Closed);
        }
        self.ticks(due, now, Flags::default());
        Ok(())
    }

    /// Lets in a message that a log has numbered already, ticks and all.
    ///
    /// # Errors
    /// [`Closed`] when there is no room.
    pub fn replay(&mut self, message: Message<'_>) -> Result<(), Closed> {
        if !self.way.fits(1, 1 + message.body.len()) {
            return Err(Closed);
        }
        self.sequence = message.head.sequence;
        self.counters.bump(DoorCounter::Entered);
        self.way.send(message);
        Ok(())
    }

    /// The number of the last message that entered.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What the door counts.
    #[must_use]
    pub fn counters(&self) -> Counters<DoorCounter> {
        self.counters.clone()
    }

    /// The way in.
    #[must_use]
    pub const fn way(&self) -> &S {
        &self.way
    }

    /// The way in, to look at or to finish what stands behind it.
    pub const fn way_mut(&mut self) -> &mut S {
        &mut self.way
    }

    /// The way in and what keeps the log, when nothing enters any more.
    pub fn into_parts(self) -> (S, K) {
        (self.way, self.keep)
    }

    /// Multiples of the tick since the last one. A message without receive time brings none.
    fn ticks_due(&self, time: Nanos) -> u64 {
        if self.tick == Nanos::NONE || time <= self.tick {
            return 0;
        }
        time.since(self.tick).0 / TICK.0
    }

    #[cold]
    fn ticks(&mut self, due: u64, time: Nanos, flags: Flags) {
        let last = time.floor(TICK);
        let mut at = self.tick.after(TICK);
        if due > TICKS_MAX {
            self.counters.add(DoorCounter::TicksSkipped, due - 1);
            at = last;
        }
        while at <= last {
            let mut head = Head::new(Kind::Tick, InstrumentId::NONE);
            head.time_local = at;
            // A tick of a tape without a local clock says so too.
            head.flags = Flags(flags.0 & Flags::NO_LOCAL_CLOCK.0);
            self.counters.bump(DoorCounter::Ticks);
            self.number(&mut head, &[]);
            at = at.after(TICK);
        }
    }

    #[inline]
    fn number(&mut self, head: &mut Head, body: &[Line]) {
        self.sequence += 1;
        head.sequence = self.sequence;
        let passed = head.time_local.floor(TICK);
        if passed > self.tick {
            self.tick = passed;
        }
        self.keep.keep(head, body);
        self.counters.bump(DoorCounter::Entered);
        self.way.send(Message::new(head, body));
    }
}

#[cfg(test)]
mod tests {
    use model::{Draft, InstrumentId, Kind, MILLISECOND, Message, Nanos, Sink};

    use super::{Closed, Door, Room};

    /// Remembers what came in; has room for `room` lines.
    #[derive(Default)]
    struct Hall {
        seen: Vec<(u64, Kind, u64)>,
        room: usize,
    }

    impl Sink for Hall {
        fn send(&mut self, message: Message<'_>) {
            let millis = message.head.time_local.0 / MILLISECOND.0;
            let kind = message.head.kind().expect("a known kind");
            self.seen.push((message.head.sequence, kind, millis));
        }
    }

    impl Room for Hall {
        fn room(&self) -> usize {
            self.room
        }
    }

    fn trade(millis: u64) -> Draft {
        let mut draft = Draft::default();
        draft.open(Kind::Trade, InstrumentId(0));
        draft.head.time_local = Nanos::from_millis(millis);
        draft
    }

    #[test]
    fn a_tick_stands_before_the_frame_that_passed_it() {
        let hall = Hall { room: 1000, ..Hall::default() };
        let mut door = Door::new(hall, (), 0);
        for millis in [1_050, 1_099, 1_100, 1_350, 1_340, 61_000] {
            door.enter(&mut trade(millis)).expect("room");
        }
        let (trade, tick) = (Kind::Trade, Kind::Tick);
        let want = [
            (1, trade, 1_050),
            (2, trade, 1_099),
            (3, tick, 1_100),
            (4, trade, 1_100),
            (5, tick, 1_200),
            (6, tick, 1_300),
            (7, trade, 1_350),
            (8, trade, 1_340),
            // A minute of silence: only the last multiple.
            (9, tick, 61_000),
            (10, trade, 61_000),
        ];
        assert_eq!(door.way().seen, want);
    }

    #[test]
    fn a_shut_door_lets_nothing_in_not_even_the_tick() {
        let mut door = Door::new(Hall { room: 3, ..Hall::default() }, (), 0);
        door.enter(&mut trade(1_000)).expect("room");
        door.way_mut().room = 2;
        assert_eq!(door.enter(&mut trade(1_200)), Err(Closed));
        assert_eq!(door.sequence(), 1);
        door.way_mut().room = 3;
        door.enter(&mut trade(1_200)).expect("room");
        assert_eq!(door.sequence(), 4);
    }

    #[test]
    fn the_clock_enters_alone_while_no_frame_comes() {
        let mut door = Door::new(Hall { room: 1000, ..Hall::default() }, (), 0);
        door.enter(&mut trade(1_000)).expect("room");
        door.idle(Nanos::from_millis(1_250)).expect("room");
        door.idle(Nanos::from_millis(1_260)).expect("room");
        door.enter(&mut trade(1_260)).expect("room");
        let kinds: Vec<Kind> = door.way().seen.iter().map(|seen| seen.1).collect();
        assert_eq!(kinds, [Kind::Trade, Kind::Tick, Kind::Tick, Kind::Trade]);
    }
}

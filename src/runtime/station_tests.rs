//! The discipline: nothing is dropped, however small the ring and however slow the reader.

use model::{Head, Message, Nanos, Sink};

use super::{Open, Station, StationCounter};
use crate::ring::tests::{is_whole, message, send};
use crate::ring::{Outbox, ring_of};
use crate::stage::{Stage, Work};
use crate::{Clock, Timing, latency};

/// Sends each message `TIMES` times.
pub(crate) struct Echo<const TIMES: usize>;

/// Body lines of every message in these tests.
const BODY: u16 = 2;

impl<const TIMES: usize> Work for Echo<TIMES> {
    const ROLE: &'static str = "echo";
    const OUT_MAX: usize = TIMES * (1 + BODY as usize);

    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        for _ in 0..TIMES {
            out.send(message);
        }
    }
}

/// Remembers the sequences it saw and that each message was whole.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Sink for Seen {
    fn send(&mut self, message: Message<'_>) {
        assert!(is_whole(message, message.head.sequence, BODY));
        self.0.push(message.head.sequence);
    }
}

#[test]
fn a_full_outbox_holds_the_message_back_and_nothing_is_lost() {
    let (mut door, inbox) = ring_of(64);
    let (out, mut behind) = ring_of(32);
    let mut station = Station::new(Echo::<3>, inbox, out);
    let counters = station.counters();
    let mut seen = Vec::new();
    let mut sequence = 0;
    let mut round = 0;
    while sequence < 1_000 {
        round += 1;
        while sequence < 1_000 && door.room() > usize::from(BODY) {
            sequence += 1;
            send(&mut door, sequence, BODY);
        }
        station.cycle(Nanos::NONE);
        // The slow reader: one message, and only every other round.
        if round % 2 == 0 {
            behind.receive(|got| seen.push(got.head.sequence));
        }
    }
    assert!(counters.get(StationCounter::Blocked) > 900, "it was meant to be slow");
    door.close();
    while !station.is_done() {
        station.cycle(Nanos::NONE);
        while behind.receive(|got| seen.push(got.head.sequence)).is_some() {}
    }
    let want: Vec<u64> = (1..=1_000).flat_map(|sequence| [sequence; 3]).collect();
    assert!(seen == want, "{} of {} came, or in another order", seen.len(), want.len());
    let count = |counter| counters.get(counter);
    assert_eq!(count(StationCounter::Messages), 1_000);
    assert_eq!(count(StationCounter::LinesIn), 3_000);
    assert_eq!(count(StationCounter::LinesOut), 9_000);
}

#[test]
fn a_cycle_is_bounded_and_the_heart_beats_once_in_it() {
    let (mut door, inbox) = ring_of(1024);
    let mut station = Station::new(Echo::<1>, inbox, Open::new(Seen::default()));
    let heart = station.heartbeat();
    for sequence in 1..=150 {
        send(&mut door, sequence, BODY);
    }
    let moved: Vec<usize> = (0..4).map(|_| station.cycle(Nanos::NONE)).collect();
    assert_eq!(moved, [64, 64, 22, 0]);
    assert_eq!(heart.beats(), 4);
    let (_, out) = station.into_parts();
    assert_eq!(out.sink.0, (1..=150).collect::<Vec<_>>());
}

#[test]
fn a_station_whose_reader_died_is_done() {
    let (mut door, inbox) = ring_of(64);
    let (out, behind) = ring_of(32);
    let mut station = Station::new(Echo::<1>, inbox, out);
    send(&mut door, 1, BODY);
    assert!(!station.is_done());
    drop(behind);
    assert!(station.is_done());
    station.close();
    assert!(door.is_abandoned(), "the one upstream is told");
}

/// Takes everything and says nothing.
struct Silent;

impl Work for Silent {
    const ROLE: &'static str = "silent";
    const OUT_MAX: usize = 0;

    fn take<S: Sink>(&mut self, _message: Message<'_>, _out: &mut S) {}
}

#[test]
fn messages_are_timed_from_their_receive_time() {
    let (mut door, inbox) = ring_of(64);
    let (recorder, mut reader) = latency("silent");
    let timing = Timing::new(recorder, Clock::manual(Nanos(5_000)), 1);
    let mut station = Station::new(Silent, inbox, Open::new(Seen::default())).timed(timing);
    for time in [4_000, 4_900, 6_000] {
        let (head, _) = message(1, 0);
        door.send(Message::new(&Head { time_local: Nanos(time), ..head }, &[]));
    }
    reader.collect();
    station.cycle(Nanos::NONE);
    reader.collect();
    let total = reader.total();
    assert_eq!((total.len(), total.min(), total.max()), (3, 0, 1_000));
}

/// Sends a line more than it promised.
struct Liar;

impl Work for Liar {
    const ROLE: &'static str = "liar";
    const OUT_MAX: usize = 2;

    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        out.send(message);
    }
}

#[test]
#[should_panic(expected = "liar sent 3 lines for one message, but promised at most 2")]
fn a_work_is_held_to_its_promise() {
    let (mut door, inbox) = ring_of(64);
    let mut station = Station::new(Liar, inbox, Open::new(Seen::default()));
    send(&mut door, 1, BODY);
    station.cycle(Nanos::NONE);
}

#[test]
#[should_panic(expected = "echo can send 9 lines at once, but its outbox grants 8")]
fn a_ring_that_could_never_grant_the_room_is_refused_at_birth() {
    let (_door, inbox) = ring_of(64);
    let (out, _behind) = ring_of(16);
    let _: Station<Echo<3>, Outbox> = Station::new(Echo::<3>, inbox, out);
}

//! Runners: the same river on any threads, its normal end, and its end by a panic.

use std::time::{Duration, Instant};

use model::{Digest, Message, Nanos, Sink};

use super::{Fused, RunError, Running, Seat, run_dedicated, run_here, run_inline};
use crate::idle::Idle;
use crate::pin::Core;
use crate::ring::tests::{is_whole, send};
use crate::ring::{Inbox, Outbox, ring_of};
use crate::station::tests::Echo;
use crate::{Clock, Open, Stage, Station};

const BODY: u16 = 2;

/// A source: sends `left` messages, or until it is stopped.
struct Spring {
    out: Outbox,
    sent: u64,
    left: u64,
}

impl Stage for Spring {
    fn role(&self) -> &'static str {
        "spring"
    }

    fn cycle(&mut self, _now: Nanos) -> usize {
        if self.left == 0 || self.out.room() <= usize::from(BODY) {
            return 0;
        }
        self.left -= 1;
        self.sent += 1;
        send(&mut self.out, self.sent, BODY);
        1
    }

    fn is_done(&self) -> bool {
        self.left == 0 || self.out.is_abandoned()
    }

    fn stop(&mut self) {
        self.left = 0;
    }

    fn close(&mut self) {
        self.out.close();
    }
}

/// The sea: a digest over all that arrives, in order.
#[derive(Default)]
struct Sea {
    messages: u64,
    digest: Digest,
    breaks_at: Option<u64>,
}

impl Sink for Sea {
    fn send(&mut self, message: Message<'_>) {
        self.messages += 1;
        assert!(self.breaks_at != Some(self.messages), "the sea was told to break");
        assert!(is_whole(message, message.head.sequence, BODY));
        self.digest.word(message.head.sequence);
    }
}

type Middle = Station<Echo<2>, Outbox>;
type Mouth = Station<Echo<1>, Open<Sea>>;

/// spring ─▶ middle (doubles) ─▶ mouth, over rings so small that all of them block.
fn river(left: u64, breaks_at: Option<u64>) -> (Spring, Middle, Mouth) {
    let (out, inbox) = ring_of(16);
    let (middle_out, mouth_in) = ring_of(32);
    let spring = Spring { out, sent: 0, left };
    let sea = Sea { breaks_at, ..Sea::default() };
    (spring, Station::new(Echo, inbox, middle_out), Station::new(Echo, mouth_in, Open::new(sea)))
}

fn seat(name: &str, idle: Idle) -> Seat {
    Seat { name: name.to_owned(), core: None, idle }
}

fn end_of(mouth: Mouth) -> (u64, u64) {
    let (_, out) = mouth.into_parts();
    (out.sink.messages, out.sink.digest.value())
}

#[test]
fn one_thread_or_three_or_none_the_sea_is_the_same() {
    const MESSAGES: u64 = 5_000;
    let (spring, middle, mouth) = river(MESSAGES, None);
    let mut fused = Fused::new(spring, Fused::new(middle, mouth));
    run_here(&mut fused, Idle::Yield, &mut Clock::manual(Nanos(1)), &Running::default());
    let want = end_of(fused.second.second);
    assert_eq!(want.0, 2 * MESSAGES);

    for idle in [Idle::Yield, Idle::Park { nap: Idle::NAP }, Idle::Spin] {
        let (spring, middle, mouth) = river(MESSAGES, None);
        let running = Running::default();
        let clock = || Clock::manual(Nanos(1));
        let start = "the system gives threads";
        let spring =
            run_dedicated(spring, seat("spring", idle), clock(), running.clone()).expect(start);
        let rest = Fused::new(middle, mouth);
        let rest = run_dedicated(rest, seat("rest", idle), clock(), running).expect(start);
        spring.join().expect("no panic");
        assert_eq!(end_of(rest.join().expect("no panic").second), want, "{idle:?}");
    }

    let (mut spring, mut middle, mut mouth) = river(MESSAGES, None);
    let moved = run_inline(&mut [&mut spring, &mut middle, &mut mouth], Nanos(1));
    assert_eq!(moved as u64, MESSAGES + MESSAGES + 2 * MESSAGES);
    assert_eq!(end_of(mouth), want);
}

#[test]
fn a_normal_stop_loses_nothing_that_came_through_the_door() {
    let (spring, middle, mouth) = river(u64::MAX, None);
    let running = Running::default();
    let clock = || Clock::manual(Nanos(1));
    let heart = mouth.heartbeat();
    let run = "the system gives threads";
    let idle = Idle::Yield;
    let spring = run_dedicated(spring, seat("spring", idle), clock(), running.clone()).expect(run);
    let middle = run_dedicated(middle, seat("middle", idle), clock(), running.clone()).expect(run);
    let mouth = run_dedicated(mouth, seat("mouth", idle), clock(), running.clone()).expect(run);
    while heart.beats() < 2_000 {
        std::thread::yield_now();
    }
    running.stop();
    let sent = spring.join().expect("no panic").sent;
    middle.join().expect("no panic");
    let (arrived, _) = end_of(mouth.join().expect("no panic"));
    assert!(sent > 0);
    assert_eq!(arrived, 2 * sent);
}

#[test]
fn a_panic_ends_the_whole_run_and_whoever_joins_gets_it() {
    let (spring, middle, mouth) = river(u64::MAX, Some(500));
    let running = Running::default();
    let clock = || Clock::manual(Nanos(1));
    let run = "the system gives threads";
    let idle = Idle::Yield;
    let spring = run_dedicated(spring, seat("spring", idle), clock(), running.clone()).expect(run);
    let middle = run_dedicated(middle, seat("middle", idle), clock(), running.clone()).expect(run);
    let mouth = run_dedicated(mouth, seat("mouth", idle), clock(), running.clone()).expect(run);
    let panic = mouth.join().map(|_| ()).expect_err("the sea breaks");
    let text = panic.downcast_ref::<&str>().copied();
    assert_eq!(text, Some("the sea was told to break"));
    // The others would wait for ever for room, were they not told.
    spring.join().expect("told by its ring or by the flag");
    middle.join().expect("told by its ring");
    assert!(!running.goes_on());
}

#[test]
fn a_dead_reader_ends_a_fused_thread_and_those_upstream_of_it() {
    let (spring, middle, mouth) = river(u64::MAX, None);
    let (out, dead) = ring_of(32);
    drop(dead);
    let (_, _) = end_of(mouth);
    // `middle` sends to nobody now; it shares a thread with a station whose reader is dead too.
    let (_ignored, inbox): (_, Inbox) = ring_of(16);
    let last: Station<Echo<2>, Outbox> = Station::new(Echo, inbox, out);
    let mut fused = Fused::new(middle, last);
    run_here(&mut fused, Idle::Yield, &mut Clock::manual(Nanos(1)), &Running::default());
    assert!(spring.is_done(), "the spring's reader has closed");
}

#[test]
fn a_core_that_is_not_there_is_an_error_and_no_thread_is_left() {
    let (spring, middle, mouth) = river(10, None);
    let nowhere = Seat { core: Some(Core(1_000)), ..seat("middle", Idle::Yield) };
    let refusal = run_dedicated(middle, nowhere, Clock::manual(Nanos(1)), Running::default())
        .map(|_| ())
        .expect_err("there is no such core");
    assert!(matches!(refusal, RunError::Core { .. }));
    assert_eq!(refusal.to_string(), "middle cannot be pinned to core 1000");
    // Both neighbours find their ring abandoned, as soon as the thread is gone.
    let start = Instant::now();
    while !(spring.is_done() && mouth.is_done()) {
        assert!(start.elapsed() < Duration::from_secs(60), "the thread is still there");
        std::thread::yield_now();
    }
}

/// Moves for ever.
struct Restless;

impl Stage for Restless {
    fn role(&self) -> &'static str {
        "restless"
    }

    fn cycle(&mut self, _now: Nanos) -> usize {
        1
    }

    fn is_done(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

#[test]
#[should_panic(expected = "restless still move after 65536 rounds: one of them feeds itself")]
fn stages_that_never_rest_are_found_out() {
    run_inline(&mut [&mut Restless], Nanos(1));
}

//! The log of decisions: what it holds, that the door stays shut while it has no room, and that
//! nobody allocates to write it.

#[path = "allocator.rs"]
mod allocator;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use allocator::{Counting, allocations, watch};
use engine::{DECISION_LINES, DecisionLog, Inline, Plan, recorded_words};
use fulcrum_tests::two_instruments;
use model::{
    Body, Head, InstrumentId, Kind, LevelDecision, LevelFlags, Line, Message, Nanos, Price, Sink,
    Trust, Window,
};
use runtime::door::Room;
use runtime::log::{self, Keeper, Log, Tail, create};
use runtime::station::Outlet;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Lines of the decisions of these tests in their log: head, level, its two lines, four reasons.
const LINES: usize = 1 + 1 + 2 + 4;

/// A hot directory of its own that goes with it.
struct Hot(PathBuf);

impl Hot {
    fn new(name: &str) -> Self {
        let shared = std::path::Path::new("/dev/shm");
        let base = if shared.is_dir() { shared.into() } else { std::env::temp_dir() };
        Self(base.join(format!("fulcrum-test-{name}-{}", std::process::id())))
    }

    fn log(&self) -> (DecisionLog, Keeper, Log) {
        let plan = log::Plan::of_decisions(self.0.clone(), 7);
        let (writer, keeper, log) = create(plan, Nanos(1)).expect("room in shared memory");
        (DecisionLog::begin(writer, &plan_of_stages(), Nanos(2)), keeper, log)
    }
}

impl Drop for Hot {
    fn drop(&mut self) {
        // What cannot be removed stays in shared memory until the next boot.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn plan_of_stages() -> Plan {
    Plan { strategy: Some(strategy::Plan::demonstration()), ..Plan::default() }
}

fn decide(out: &mut impl Sink, event: u64) {
    let level = LevelDecision {
        sequence: event,
        kind: Kind::LevelDecision as u16,
        instrument: InstrumentId(1),
        lines: 6,
        window: Window::Day as u8,
        trust: Trust::SOUND,
        time_venue: Nanos(1_000 + event),
        level: event,
        price: Price(-4),
        zone_low: Price(-5),
        zone_high: Price(-3),
        what: 1,
        side: 2,
        fate: 1,
        flags: LevelFlags::TRADABLE,
        version: 9,
    };
    let head: Head = *Line::of(level).view();
    // In two pieces, as a ring may hold it.
    let lines = [1, 2, 3, 4, 5, 6].map(|at| Line([event + at; 8]));
    let (front, back) = lines.split_at(2);
    out.send(Message { head: &head, body: Body { front, back } });
}

/// Reads the next message that is there.
fn next(tail: &mut Tail) -> Option<(Head, Vec<Line>)> {
    let message = tail.read().expect("a sound log")?;
    Some((*message.head, message.body.iter().copied().collect()))
}

#[test]
fn the_log_holds_the_plan_and_each_decision_with_its_own_line_first() {
    let hot = Hot::new("decisions");
    let (mut decisions, keeper, log) = hot.log();
    assert!(log.directory().ends_with("fulcrum-0000000000000007-decisions"));
    for event in [4, 4, 9] {
        decide(&mut decisions, event);
    }
    let mut tail = log.tail();
    let (head, body) = next(&mut tail).expect("the plan");
    let message = Message { head: &head, body: Body { front: &body, back: &[] } };
    assert_eq!((head.sequence, head.kind()), (1, Some(Kind::DecidedBy)));
    let words = recorded_words(message).expect("words");
    assert_eq!(words, plan_of_stages().words());
    assert!(words.contains("taker: Share(") && words.contains("obi_window: 300"), "{words}");
    for (at, event) in [4_u64, 4, 9].into_iter().enumerate() {
        let (head, body) = next(&mut tail).expect("a decision");
        assert_eq!((head.sequence, head.id), (at as u64 + 2, event));
        assert_eq!((head.kind(), head.instrument.0), (Some(Kind::LevelDecision), 1));
        assert_eq!((head.time_event, head.time_local), (Nanos(1_000 + event), Nanos(0)));
        assert_eq!((usize::from(head.lines), body.len()), (LINES - 1, LINES - 1));
        let level: &LevelDecision = body[0].view();
        assert_eq!((level.sequence, level.price), (event, Price(-4)));
        assert_eq!(body[6], Line([event + 6; 8]));
    }
    assert!(next(&mut tail).is_none() && !tail.ended());
    decisions.close();
    assert!(next(&mut tail).is_none() && tail.ended(), "closed in order");
    assert_eq!(decisions.room(), usize::MAX, "what is closed takes nothing and stops nobody");
    keeper.remove().expect("removed");
}

#[test]
fn the_door_stays_shut_while_the_log_has_no_room() {
    let hot = Hot::new("no-room");
    let (mut decisions, mut keeper, _log) = hot.log();
    // While there is room there is enough for all that one event can cause.
    let mut events = 0;
    while decisions.room() > 0 {
        (0..DECISION_LINES / LINES).for_each(|_| decide(&mut decisions, 1));
        events += 1;
    }
    assert!(events > 1, "two segments of two events");
    let (stages, entered) = (plan_of_stages(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let entered = &entered;
        let waiting = scope.spawn(move || {
            // The instruments are the first messages: they wait as every event does.
            let inline = Inline::deciding(two_instruments(), &stages, (), (), decisions);
            entered.store(true, Ordering::Release);
            inline.summary().events
        });
        std::thread::sleep(Duration::from_millis(30));
        assert!(!entered.load(Ordering::Acquire), "no room, no event");
        while !waiting.is_finished() {
            keeper.cycle(Nanos(3));
            std::thread::yield_now();
        }
        assert_eq!(waiting.join().expect("entered"), 2);
    });
    keeper.remove().expect("removed");
}

#[test]
fn decisions_are_written_without_an_allocation() {
    const DECISIONS: u64 = 200_000;
    let hot = Hot::new("hot-decisions");
    let (mut decisions, mut keeper, log) = hot.log();
    let mut tail = log.tail();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| keeper.run(|| Nanos(0), Duration::from_micros(200), &stop));
        let reader = scope.spawn(move || {
            let mut read = 0;
            while !tail.ended() {
                while tail.read().expect("a sound log").is_some() {
                    read += 1;
                }
                std::thread::yield_now();
            }
            read
        });
        let before = allocations();
        watch(true);
        for event in 1..=DECISIONS {
            while decisions.room() == 0 {
                std::thread::yield_now();
            }
            decide(&mut decisions, event);
        }
        watch(false);
        assert_eq!(allocations() - before, 0, "allocations over {DECISIONS} decisions");
        decisions.close();
        assert_eq!(reader.join().expect("the reader"), DECISIONS + 1);
        stop.store(true, Ordering::Relaxed);
    });
    keeper.remove().expect("removed");
}

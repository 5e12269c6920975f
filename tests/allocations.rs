//! After start no hot thread allocates: a million messages with everything that can go wrong,
//! inline and on threads, and the allocation count stands still. Page faults do not grow either.
#![expect(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "allocator.rs"]
mod allocator;

use allocator::{Counting, allocations, watch};
use engine::{Drawn, Feeder, Inline, Observer, Plan, River, Source, Upstream};
use fulcrum_tests::{Stream, two_instruments};
use model::{Body, Draft, Insight, Instrument, Instruments, Kind};
use runtime::door::Door;
use runtime::layout::{Layout, LayoutKind};
use runtime::station::Outlet;
use runtime::{Clock, Idle, Running};
use simulator::{Imagined, ImaginedPlan, Temper};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WARM: usize = 50_000;
const MESSAGES: usize = 1_000_000;

/// Every stage, stage 4 too.
fn plan() -> Plan {
    let strategy = strategy::Plan::demonstration().conclude().expect("constants");
    Plan { strategy: Some(strategy), ..Plan::default() }
}

/// How many decisions of each kind: 192 and up.
#[derive(Default)]
struct Decisions([u32; 32]);

impl Observer for Decisions {
    fn decision(&mut self, decision: &Insight, _body: Body<'_>) {
        self.0[usize::from(decision.kind - 192)] += 1;
    }
}

#[test]
fn a_day_of_decisions_allocates_nothing() {
    let market = ImaginedPlan::btcusdt(2, Temper::Planted { share: 0.7 });
    let (mut market, mut draft) = (Imagined::new(7, market), Draft::default());
    let mut inline = Inline::new(btcusdt(), &plan(), Decisions::default());
    let before = allocations();
    let mut drawn = 0;
    while market.draw(&mut draft) {
        drawn += 1;
        // The market itself may allocate; only what the stages do counts.
        watch(drawn > WARM);
        inline.enter(&mut draft);
        watch(false);
    }
    assert_eq!(allocations() - before, 0, "allocations over {drawn} messages");
    let said = |kind: Kind, seen: &Decisions| seen.0[usize::from(kind as u16 - 192)];
    let seen = inline.observer();
    for kind in [Kind::LevelDecision, Kind::SignalDecision, Kind::IntentDecision] {
        assert!(said(kind, seen) > 0, "{kind:?} among {:?}", seen.0);
    }
}

fn btcusdt() -> Instruments {
    let mut instruments = Instruments::default();
    let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
    instruments.put(instrument).expect("room");
    instruments
}

#[test]
fn a_million_messages_inline_allocate_nothing() {
    let mut stream = Stream::new(1, 2);
    let mut inline = Inline::new(two_instruments(), &plan().with_content(true), ());
    let mut draft = Draft::default();
    for _ in 0..WARM {
        stream.next(&mut draft);
        inline.enter(&mut draft);
    }
    let faults = page_faults();
    let before = allocations();
    watch(true);
    for _ in 0..MESSAGES {
        stream.next(&mut draft);
        inline.enter(&mut draft);
    }
    watch(false);
    assert_eq!(allocations() - before, 0, "allocations over {MESSAGES} messages");
    let grown = page_faults() - faults;
    println!("page faults over {MESSAGES} messages: {grown}");
    // Nothing is touched for the first time any more, but for what the test itself does.
    assert!(grown < 200, "{grown} page faults after start");
    assert!(inline.summary().events > MESSAGES as u64);
}

/// A stream that watches the thread it is drawn on, from the warm-up to the end.
struct Watched {
    stream: Stream,
    drawn: usize,
}

impl Source for Watched {
    fn draw(&mut self, draft: &mut Draft) -> Drawn {
        self.drawn += 1;
        if self.drawn == WARM {
            watch(true);
        }
        if self.drawn > MESSAGES {
            watch(false);
            return Drawn::End;
        }
        self.stream.next(draft);
        Drawn::Fresh
    }
}

impl Upstream for Watched {
    type Feed<W: Outlet + Send + 'static> = Feeder<Self, W, ()>;

    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        Feeder::new(self, Door::new(way, (), 0))
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.into_door();
        let events = door.sequence();
        (door.into_parts().0, events)
    }
}

#[test]
fn a_fused_thread_allocates_nothing() {
    let layout = Layout::plan(LayoutKind::One, &[], runtime::usable_cores(), Idle::Yield);
    let layout = layout.expect("a layout of one thread that yields");
    let before = allocations();
    let watched = Watched { stream: Stream::new(2, 2), drawn: 0 };
    let river = River::start(
        two_instruments(),
        &plan(),
        &layout,
        &Clock::host(),
        &Running::default(),
        watched,
    );
    let summary = river.expect("a thread").join();
    assert!(summary.events > MESSAGES as u64);
    assert_eq!(allocations() - before, 0, "allocations over {MESSAGES} messages");
}

fn page_faults() -> u64 {
    // Field 10 of /proc/self/stat behind the name in parentheses: minor faults.
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc");
    let behind = stat.rsplit(')').next().expect("a name");
    behind.split_whitespace().nth(7).expect("minor faults").parse().expect("a number")
}

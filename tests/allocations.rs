//! After start no hot thread allocates: a million messages with everything that can go wrong,
//! inline and on threads, and the allocation count stands still. Page faults do not grow either.
#![expect(clippy::print_stdout, reason = "a test says what it saw")]

#[path = "allocator.rs"]
mod allocator;

use allocator::{Counting, allocations, watch};
use engine::{Drawn, Feeder, Inline, Plan, River, Source, Upstream};
use fulcrum_tests::{Stream, two_instruments};
use model::Draft;
use runtime::door::Door;
use runtime::layout::{Layout, LayoutKind};
use runtime::station::Outlet;
use runtime::{Clock, Idle, Running};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WARM: usize = 50_000;
const MESSAGES: usize = 1_000_000;

#[test]
fn a_million_messages_inline_allocate_nothing() {
    let mut stream = Stream::new(1, 2);
    let mut inline = Inline::new(two_instruments(), &Plan::default().with_content(true), ());
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
        &Plan::default(),
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

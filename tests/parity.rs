//! Live = replay = every layout: the same messages give the same digests, whatever thread runs
//! what, and the log that a run wrote gives them again.

use engine::{Feeder, Inline, Plan, River, Summary, Upstream};
use fulcrum_tests::{Market, Stream, two_instruments};
use model::Draft;
use runtime::door::Door;
use runtime::layout::{Layout, LayoutKind};
use runtime::station::Outlet;
use runtime::{Clock, Idle, Running};

const MESSAGES: usize = 200_000;

/// A seeded market without a log.
struct Few(Market);

impl Upstream for Few {
    type Feed<W: Outlet + Send + 'static> = Feeder<Market, W, ()>;

    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        Feeder::new(self.0, Door::new(way, (), 0))
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.into_door();
        let events = door.sequence();
        (door.into_parts().0, events)
    }
}

fn plan() -> Plan {
    Plan::default().with_content(true)
}

fn inline(seed: u64) -> Summary {
    let mut inline = Inline::new(two_instruments(), &plan(), ());
    let mut stream = Stream::new(seed, 2);
    let mut draft = Draft::default();
    for _ in 0..MESSAGES {
        stream.next(&mut draft);
        inline.enter(&mut draft);
    }
    inline.summary()
}

fn on_threads(seed: u64, kind: LayoutKind) -> Summary {
    let layout = Layout::plan(kind, &[], runtime::usable_cores(), Idle::Yield).expect("a layout");
    let (clock, running) = (Clock::host(), Running::default());
    River::start(
        two_instruments(),
        &plan(),
        &layout,
        &clock,
        &running,
        Few(Market::new(seed, MESSAGES)),
    )
    .expect("threads")
    .join()
}

#[test]
fn every_layout_says_what_the_inline_run_says() {
    for seed in 1..=3 {
        let want = inline(seed);
        assert!(want.kinds.len() >= 8, "the stream moves every figure: {:?}", want.kinds);
        for kind in [LayoutKind::One, LayoutKind::Two, LayoutKind::Four] {
            assert_eq!(on_threads(seed, kind), want, "seed {seed}, layout {}", kind.text());
        }
    }
}

#[test]
fn another_seed_says_something_else() {
    let (one, two) = (inline(1), inline(2));
    assert_ne!(one.digest, two.digest);
    assert_ne!(one.content, two.content);
}

//! Bars of the mark price against a naive recompute, and what silence, repeats and jumps do.

use std::collections::BTreeMap;

use bytemuck::Zeroable;
use model::{
    Fine, Head, Interval, Kind, MILLISECOND, MINUTE, MarkBarLine, MarkLine, Nanos, SECOND,
};
use proptest::prelude::*;

use crate::tests::{Bench, ID, NOON};
use crate::{BookCounter, Plan};

/// A mark that the venue sent so many milliseconds after noon; the bars that followed.
fn mark(bench: &mut Bench, kind: Kind, millis: u64, mark: i64) -> Vec<MarkBarLine> {
    bench.draft.open(kind, ID);
    let time = Nanos(NOON.0 + millis * MILLISECOND.0);
    bench.draft.head = Head { time_event: time, ..bench.draft.head };
    bench.draft.push(MarkLine { mark: Fine(mark), ..MarkLine::zeroed() });
    bench.now = time;
    let seen = bench.take();
    assert_eq!(seen.last().map(|seen| seen.kind()), Some(kind), "a mark is passed on");
    let bars = seen.iter().filter(|seen| seen.kind() == Kind::MarkBar);
    bars.map(|seen| *seen.body[0].view::<MarkBarLine>()).collect()
}

fn bench() -> Bench {
    Bench::new("BTCUSDT:0.1:0.001", Plan::default())
}

fn of(bars: &[MarkBarLine], interval: Interval) -> Vec<MarkBarLine> {
    bars.iter().filter(|bar| bar.interval() == interval).copied().collect()
}

proptest! {
    #[test]
    fn bars_equal_a_naive_recompute(
        steps in proptest::collection::vec((1_u64..9_000, 1_i64..1_000), 2..300),
    ) {
        let mut bench = bench();
        let (mut bars, mut marks, mut time) = (Vec::new(), Vec::new(), 0);
        for (step, price) in steps {
            time += step;
            bars.extend(mark(&mut bench, Kind::Mark, time, price));
            marks.push((time, price));
        }
        for interval in Interval::ALL {
            let length = interval.length().0 / MILLISECOND.0;
            let mut want = BTreeMap::<u64, (i64, i64, i64, i64, u32)>::new();
            for &(time, price) in &marks {
                let bar = want.entry(time / length).or_insert((price, price, price, price, 0));
                *bar = (bar.0, bar.1.max(price), bar.2.min(price), price, bar.4 + 1);
            }
            let (mut next, mut close) = (marks[0].0 / length, 0);
            for bar in of(&bars, interval) {
                let at = (bar.time_open.0 - NOON.0) / interval.length().0;
                prop_assert_eq!(at, next, "bars follow each other");
                let got = (bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.marks);
                if bar.marks == 0 {
                    prop_assert_eq!(got, (close, close, close, close, 0));
                    prop_assert!((at..at + bar.run).all(|at| !want.contains_key(&at)));
                } else {
                    prop_assert_eq!(got, want[&at]);
                    prop_assert_eq!(bar.run, 1);
                }
                prop_assert_eq!(bar.unstable, 0, "never silent for 10 s");
                (next, close) = (at + bar.run, bar.close.0);
            }
            prop_assert_eq!(next, time / length, "all but the open one");
            let open = bench.stage.mark_bars(ID).and_then(|bars| bars.open(interval));
            let open = open.expect("an open bar");
            let got = (open.open.0, open.high.0, open.low.0, open.close.0, open.marks);
            prop_assert_eq!(got, want[&next]);
        }
    }
}

#[test]
fn silence_makes_bars_unstable() {
    let mut bench = bench();
    let minute = Interval::Minute1;
    mark(&mut bench, Kind::Mark, 1_000, 5);
    // Eleven seconds without one, within the minute.
    mark(&mut bench, Kind::Mark, 12_001, 6);
    mark(&mut bench, Kind::Mark, 21_000, 6);
    for second in 22..180 {
        let bars = of(&mark(&mut bench, Kind::Mark, second * 1_000, 7), minute);
        let want: &[u8] = match second {
            60 => &[1],
            120 => &[0],
            _ => &[],
        };
        assert_eq!(bars.iter().map(|bar| bar.unstable).collect::<Vec<_>>(), want, "{second}");
    }
    // The third minute ends sound: 12:02:59 was the last. Then five minutes of nothing.
    let bars = of(&mark(&mut bench, Kind::Mark, 480_500, 8), minute);
    let got: Vec<_> = bars
        .iter()
        .map(|bar| ((bar.time_open.0 - NOON.0) / MINUTE.0, bar.run, bar.marks, bar.unstable))
        .collect();
    assert_eq!(got, [(2, 1, 60, 0), (3, 5, 0, 1)]);
}

#[test]
fn the_venue_clock_closes_a_bar_a_grace_after_its_end() {
    let mut bench = bench();
    mark(&mut bench, Kind::Mark, 59_000, 5);
    let mut tick = |millis: u64| {
        bench.draft.open(Kind::OpenInterest, ID);
        bench.draft.head.time_event = Nanos(NOON.0 + millis * MILLISECOND.0);
        bench.draft.push(model::OpenInterestLine::zeroed());
        bench.now = Nanos(NOON.0 + millis * MILLISECOND.0);
        let seen = bench.take();
        let bars = seen.iter().filter(|seen| seen.kind() == Kind::MarkBar);
        bars.filter(|bar| bar.body[0].view::<MarkBarLine>().interval() == Interval::Minute1).count()
    };
    assert_eq!([60_000, 60_499, 60_500, 60_501].map(&mut tick), [0, 0, 1, 0]);
}

#[test]
fn repeats_late_ones_and_those_of_rest_are_left_out() {
    let mut bench = bench();
    mark(&mut bench, Kind::Mark, 2_000, 5);
    mark(&mut bench, Kind::Mark, 2_000, 9);
    mark(&mut bench, Kind::Mark, 1_000, 9);
    mark(&mut bench, Kind::Mark, 3_000, 0);
    mark(&mut bench, Kind::Premium, 3_000, 9);
    assert_eq!(bench.count(BookCounter::MarksIgnored), 3);
    let open = bench.stage.mark_bars(ID).and_then(|bars| bars.open(Interval::Minute1));
    let open = open.expect("an open bar");
    assert_eq!((open.high.0, open.marks), (5, 1));
}

#[test]
fn a_jump_closes_what_is_open_and_begins_anew() {
    let mut bench = bench();
    mark(&mut bench, Kind::Mark, 1_000, 5);
    bench.now = NOON;
    let jumped = |bench: &mut Bench, seconds: u64| {
        bench.draft.open(Kind::Mark, ID);
        bench.draft.head.time_event = Nanos(NOON.0 + seconds * SECOND.0);
        bench.draft.push(MarkLine { mark: Fine(7), ..MarkLine::zeroed() });
        let seen = bench.take();
        let bars = seen.iter().filter(|seen| seen.kind() == Kind::MarkBar);
        bars.map(|seen| *seen.body[0].view::<MarkBarLine>()).collect::<Vec<_>>()
    };
    assert!(jumped(&mut bench, 9_000).is_empty() && jumped(&mut bench, 9_001).is_empty());
    let bars = jumped(&mut bench, 9_002);
    assert_eq!(bars.len(), Interval::ALL.len());
    assert!(bars.iter().all(|bar| bar.unstable == 1 && bar.marks == 1 && bar.close.0 == 5));
    let open = bench.stage.mark_bars(ID).and_then(|bars| bars.open(Interval::Hour1));
    assert_eq!(open.map(|bar| (bar.open.0, bar.unstable)), Some((7, 0)));
}

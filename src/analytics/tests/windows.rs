//! Windows against plain recomputes over random tapes, and the life of a bin width in tables.

use model::{DAY, Flags, HOUR, MINUTE, SECOND, Side, Trust, Window};
use proptest::prelude::{Strategy, any, prop, proptest};

use super::feed::{Feed, ID, Print, compare};
use crate::{AnalyticsCounter, AveragesPlan, Plan};

const GRACE: u64 = SECOND.0 / 2;

/// What each window holds, kept the plain way.
#[derive(Default)]
struct Model {
    all: Vec<Print>,
    day: (Option<u64>, Vec<Print>),
    funding: (Option<u64>, Vec<Print>),
}

impl Model {
    fn open(session: &mut (Option<u64>, Vec<Print>), length: u64, time: u64) {
        let number = time / length;
        if session.0.is_none_or(|was| number > was) {
            *session = (Some(number), Vec::new());
        }
    }

    fn clock(&mut self, clock: u64) {
        let settled = clock.saturating_sub(GRACE);
        Self::open(&mut self.day, DAY.0, settled);
        Self::open(&mut self.funding, 8 * HOUR.0, settled);
    }

    fn trade(&mut self, print: Print) {
        Self::open(&mut self.day, DAY.0, print.time);
        Self::open(&mut self.funding, 8 * HOUR.0, print.time);
        self.all.push(print);
        self.day.1.push(print);
        self.funding.1.push(print);
    }

    fn check(&self, feed: &Feed) {
        let clock = feed.clock;
        let since = |hours: u64| {
            let edge = clock.saturating_sub(hours * HOUR.0);
            self.all.iter().filter(move |print| print.time > edge)
        };
        compare(feed.profile(Window::All), self.all.iter(), "all");
        compare(feed.profile(Window::Hours2), since(2), "2h");
        compare(feed.profile(Window::Hours8), since(8), "8h");
        compare(feed.profile(Window::Hours24), since(24), "24h");
        compare(feed.profile(Window::Day), self.day.1.iter(), "day");
        compare(feed.profile(Window::Funding), self.funding.1.iter(), "funding");
        let extra = |at| feed.stage.extra(ID, at).expect("in the plan");
        compare(extra(0), since(2), "2h in 700 ticks");
        compare(extra(1), self.day.1.iter(), "day in 1000 ticks");
    }
}

fn plan() -> Plan {
    Plan {
        tape_slots: 1024,
        extra: vec![(Window::Hours2, 700), (Window::Day, 1_000)],
        ..Plan::default()
    }
}

#[derive(Clone, Copy, Debug)]
struct Step {
    // Time that passes, and how far behind the clock the trade's T lies.
    passes: u64,
    behind: u64,
    // In 1/1000 of the price before.
    factor: i64,
    bought: bool,
    lots: i64,
    // Only the clock moves.
    silent: bool,
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    // Mostly minutes, now and then hours; mostly in order, now and then late by up to 3 h.
    let passes = (0..20_u8, 0..20 * MINUTE.0).prop_map(|(dice, span)| match dice {
        0 => span * 60,
        1..4 => 0,
        _ => span,
    });
    let behind = (0..20_u8, 0..SECOND.0).prop_map(|(dice, span)| match dice {
        0 => span * 10_800,
        1..6 => span,
        _ => 0,
    });
    let factor = (0..12_u8, 960..1_041_i64).prop_map(|(dice, small)| match dice {
        0 => 1_300,
        1 => 760,
        _ => small,
    });
    let step = (passes, behind, factor, any::<bool>(), 1..6_i64, 0..8_u8);
    let step = step.prop_map(|(passes, behind, factor, bought, lots, dice)| Step {
        passes,
        behind,
        factor,
        bought,
        lots,
        silent: dice == 0,
    });
    prop::collection::vec(step, 1..count)
}

fn run(steps: &[Step]) {
    let mut feed = Feed::new(plan());
    let mut model = Model::default();
    let mut time = 19_000 * DAY.0 + 23 * HOUR.0;
    let mut price = 600_000_i64;
    for step in steps {
        time += step.passes;
        if step.silent {
            feed.clock(time);
            model.clock(time);
        } else {
            price = (price * step.factor / 1_000).clamp(50_000, 8_000_000);
            let side = if step.bought { Side::Buy } else { Side::Sell };
            let print = Print { time: time - step.behind, price, side, lots: step.lots };
            // The clock first, then the trade, as the stage's rule has it.
            feed.trade(print, Flags::default());
            model.clock(feed.clock);
            model.trade(print);
        }
        model.check(&feed);
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn every_window_equals_a_recompute_after_every_message(steps in steps(220)) {
        run(&steps);
    }
}

#[test]
fn rolling_edge_is_exact_to_the_nanosecond() {
    let start = 19_000 * DAY.0;
    let mut feed = Feed::new(Plan { tape_slots: 1024, ..Plan::default() });
    let print = |time, lots| Print { time, price: 600_000, side: Side::Buy, lots };
    feed.trade(print(start, 1), Flags::default());
    feed.trade(print(start + 1, 10), Flags::default());
    for (clock, want) in
        [(start + 2 * HOUR.0 - 1, 11), (start + 2 * HOUR.0, 10), (start + 2 * HOUR.0 + 1, 0)]
    {
        feed.stage.advance(ID, model::Nanos(clock));
        assert_eq!(feed.profile(Window::Hours2).volume().0, want, "{clock}");
        assert_eq!(feed.profile(Window::Hours8).volume().0, 11);
    }
}

#[test]
fn a_full_tape_lets_the_oldest_leave_and_says_so() {
    let start = 19_000 * DAY.0;
    let mut feed = Feed::new(Plan { tape_slots: 1024, ..Plan::default() });
    let mut prints = Vec::new();
    for at in 0..3_000_u64 {
        let price = 600_000 + i64::try_from(at * 37 % 900).expect("small");
        let print = Print { time: start + at * SECOND.0, price, side: Side::Sell, lots: 1 };
        feed.trade(print, Flags::default());
        prints.push(print);
    }
    assert_eq!(feed.stage.counters().get(AnalyticsCounter::Evicted), 3 * (3_000 - 1_024));
    for window in [Window::Hours2, Window::Hours8, Window::Hours24] {
        compare(feed.profile(window), prints[3_000 - 1_024..].iter(), window.text());
    }
    // Later than what left early, and older: it stays as long as its own time says.
    let late = Print { time: start + 100 * SECOND.0, price: 600_001, side: Side::Buy, lots: 3 };
    feed.trade(late, Flags::default());
    let held: Vec<Print> = std::iter::once(late).chain(prints[1_977..].iter().copied()).collect();
    for window in [Window::Hours2, Window::Hours8, Window::Hours24] {
        compare(feed.profile(window), held.iter(), window.text());
    }
    feed.clock(start + 100 * SECOND.0 + 2 * HOUR.0);
    compare(feed.profile(Window::Hours2), prints[1_977..].iter(), "the late one has left");
    compare(feed.profile(Window::Hours8), held.iter(), "the late one is still there");
    let prints = &prints[1_977..];
    // Covered again once the window no longer reaches back to what left early.
    let evicted = start + (3_000 - 1_024) * SECOND.0;
    for (clock, covered) in [(evicted + 2 * HOUR.0 - 1, false), (evicted + 2 * HOUR.0, true)] {
        feed.clock(clock);
        let trust = feed.stage.trust(ID, Window::Hours2).expect("kept");
        assert_eq!(!trust.has(model::Trust::UNCOVERED), covered, "{clock}");
        let edge = clock - 2 * HOUR.0;
        let held = prints.iter().filter(|print| print.time > edge.max(evicted));
        compare(feed.profile(Window::Hours2), held, "after the eviction");
    }
}

#[test]
fn widths_fold_up_soon_and_narrow_after_the_window_turned_over() {
    let day = |number: u64| (19_000 + number) * DAY.0;
    let mut feed = Feed::new(Plan { tape_slots: 4096, ..Plan::default() });
    let mut prints = Vec::new();
    let mut widths = Vec::new();
    // A trade every ten minutes; the price of each day in ticks.
    for (number, price) in [(0, 640_000), (1, 1_200_000), (2, 640_000), (3, 500_000)] {
        for at in 0..144 {
            let time = day(number) + at * 10 * MINUTE.0;
            let lots = 1 + i64::try_from(at).expect("small");
            let print = Print { time, price: price + lots * 300, side: Side::Buy, lots };
            feed.trade(print, Flags::default());
            prints.push(print);
            // A fold takes a few events more.
            (0..48).for_each(|_| feed.clock(time));
            let of = |window: Window| feed.profile(window).bin_ticks();
            let now = [
                of(Window::All),
                of(Window::Hours2),
                of(Window::Hours8),
                of(Window::Hours24),
                of(Window::Day),
                of(Window::Funding),
            ];
            if widths.last().is_none_or(|(_, last)| *last != now) {
                widths.push(((number, at), now));
            }
            for (window, hours) in [(Window::Hours2, 2), (Window::Hours8, 8), (Window::Hours24, 24)]
            {
                let edge = time.saturating_sub(hours * HOUR.0);
                let held = prints.iter().filter(|print| print.time > edge);
                compare(feed.profile(window), held, window.text());
            }
        }
    }
    let want = vec![
        ((0, 0), [128, 128, 128, 128, 128, 128]),
        // Up: every window folds with the first trade of the day.
        ((1, 0), [256, 256, 256, 256, 256, 256]),
        // Down: the sessions begin anew; 2 h, 8 h, 24 h follow when they have turned over.
        ((2, 0), [256, 256, 256, 256, 128, 128]),
        ((2, 12), [256, 128, 256, 256, 128, 128]),
        ((2, 48), [256, 128, 128, 256, 128, 128]),
        ((3, 0), [256, 128, 128, 128, 128, 128]),
    ];
    assert_eq!(widths, want);
}

/// Prints over a range of 400 bins, then after midnight over another, higher by 29 %.
fn busy_days() -> (Vec<Print>, u64) {
    let midnight = 19_001 * DAY.0;
    let mut prints = Vec::new();
    for at in 0..1_600_u64 {
        // 800 trades in the 40 minutes before midnight, the others after it, 3 s apart.
        let time = midnight - 2_400 * SECOND.0 + at * 3 * SECOND.0;
        let noise = i64::try_from(at * 7_919 % 51_200).expect("small");
        let base = if at < 800 { 850_000 } else { 1_100_000 };
        let side = if at % 3 == 0 { Side::Buy } else { Side::Sell };
        let lots = 1 + i64::try_from(at * 31 % 17).expect("small");
        prints.push(Print { time, price: base + noise, side, lots });
    }
    (prints, midnight)
}

#[test]
fn a_fold_is_spread_over_events_and_exact_after_each() {
    let (prints, midnight) = busy_days();
    let mut feed = Feed::new(Plan { tape_slots: 4_096, ..Plan::default() });
    // Events since midnight at which each of these folded.
    let windows = [Window::All, Window::Hours2, Window::Hours24, Window::Composite];
    let mut folded = [None; 4];
    for (at, print) in prints.iter().enumerate() {
        feed.trade(*print, Flags::default());
        let since = print.time.saturating_sub(2 * HOUR.0);
        for (window, folded) in windows.into_iter().zip(&mut folded) {
            let edge = if window == Window::Hours2 { since } else { 0 };
            let held = prints[..=at].iter().filter(|print| print.time > edge);
            compare(feed.profile(window), held, window.text());
            let width = feed.profile(window).bin_ticks();
            assert!([128, 256].contains(&width), "{width}");
            if width == 256 && folded.is_none() {
                *folded = Some(at - 800);
            }
        }
    }
    assert_eq!(prints[800].time, midnight);
    for events in folded {
        // At least 400 bins, 16 of them an event, and the empty ones between.
        assert!(events.is_some_and(|events| (20..90).contains(&events)), "{folded:?}");
    }
}

#[test]
fn a_composite_lets_its_oldest_day_go_and_takes_its_width() {
    let day = |number: u64| (19_000 + number) * DAY.0;
    let mut feed = Feed::new(Plan {
        tape_slots: 1_024,
        windows: vec![Window::Composite],
        extra: vec![(Window::Composite, 1_000)],
        averages: AveragesPlan { composite_days: 2, ..AveragesPlan::default() },
        ..Plan::default()
    });
    let mut prints: Vec<Print> = Vec::new();
    let mut widths = Vec::new();
    // Day 4 has no trade at all.
    for (number, price) in [(0, 640_000), (1, 1_200_000), (2, 640_000), (3, 640_000), (5, 500_000)]
    {
        for at in 0..200_u64 {
            let late = if at == 3 { 4 * 60 * SECOND.0 } else { 0 };
            let time = day(number) + at * 60 * SECOND.0 + 1 - late;
            let lots = 1 + i64::try_from(at % 7).expect("small");
            let print = Print { time, price: price + lots * 300, side: Side::Sell, lots };
            feed.trade(print, Flags::default());
            // A late one counts for the day that is open.
            prints.push(Print { time: time + late, ..print });
            let trust = feed.stage.trust(ID, Window::Composite).expect("kept");
            if !trust.has(Trust::PROVISIONAL) {
                let held =
                    prints.iter().filter(|print| print.time >= day(number.saturating_sub(2)));
                compare(feed.profile(Window::Composite), held.clone(), "composite");
                compare(feed.stage.extra(ID, 0).expect("in the plan"), held, "in 1 000 ticks");
            }
            assert!(at < 12 || !trust.has(Trust::PROVISIONAL), "a few events");
            assert_eq!(trust.has(Trust::UNCOVERED), number < 3, "the first day began with a trade");
            let width = feed.profile(Window::Composite).bin_ticks();
            if widths.last().is_none_or(|&(_, last)| last != width) {
                widths.push((number, width));
            }
        }
    }
    // Up with the first trades of day 1; down once day 1 is no longer one of the two before.
    assert_eq!(widths, [(0, 128), (1, 256), (5, 128)]);
}

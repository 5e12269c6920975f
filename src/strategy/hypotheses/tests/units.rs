//! The plan's ranges, the flash guard against a naive window, and refused input.

use model::{Nanos, Price};
use proptest::prelude::*;

use super::{Lab, level};
use crate::hypotheses::{FlashGuard, HypothesisPlan, Point, SLOTS, Signals, against};
use crate::terms::LevelKind;
use model::Side;

#[test]
fn the_default_is_sound_and_absurd_plans_are_refused() {
    let sound = HypothesisPlan::default();
    assert_eq!(sound.check(), Ok(sound));
    let refused = |key: &str, plan: HypothesisPlan| {
        let error = plan.check().expect_err(key);
        assert_eq!(error.key, key);
        assert!(error.to_string().starts_with(key), "{error}");
        assert!(Signals::new(plan).is_err());
    };
    refused("obi_z", HypothesisPlan { obi_z: f64::NAN, ..sound });
    refused("obi_z", HypothesisPlan { obi_z: f64::INFINITY, ..sound });
    refused("confirm_ms", HypothesisPlan { confirm_ms: 0, ..sound });
    refused("armed_ms", HypothesisPlan { armed_ms: u64::MAX, ..sound });
    refused("leave_ppm", HypothesisPlan { leave_ppm: 1_500, ..sound });
    refused("ahead_ppm", HypothesisPlan { ahead_ppm: 1_500, ..sound });
    refused("break_far_ppm", HypothesisPlan { break_far_ppm: 999, ..sound });
    refused("breaks_max", HypothesisPlan { breaks_max: 9, ..sound });
    refused("flash_ms", HypothesisPlan { flash_ms: 10_001, ..sound });
    refused("retry_ticks", HypothesisPlan { retry_ticks: 0, ..sound });
    refused("polls_failed", HypothesisPlan { polls_failed: 0, ..sound });
}

#[test]
fn outside_data_is_refused_and_counted() {
    let mut signals = Signals::new(HypothesisPlan::default()).expect("sound");
    let mut none = |_| panic!("nothing comes of it");
    signals.trade(Nanos(5), Price(0), &mut none);
    signals.trade(Nanos(5), Price(i64::MAX), &mut none);
    signals.book(Nanos(5), Some((Price(10), Price(10))), &mut none);
    signals.book(Nanos(5), Some((Price(-10), Price(10))), &mut none);
    assert_eq!(signals.counts.prices_refused, 4);
    signals.tick(Nanos(4), &mut none);
    signals.tick(Nanos(5), &mut none);
    assert_eq!(signals.counts.times_back, 0, "what was refused did not move the clock");
    signals.tick(Nanos(4), &mut none);
    assert_eq!(signals.counts.times_back, 1);
    let many: Vec<_> = (0..SLOTS as u64 + 3)
        .map(|id| level(id, LevelKind::Val, Side::Buy, [90, 100, 110]))
        .collect();
    signals.refresh(Nanos(6), &many, &mut none);
    assert_eq!(signals.counts.levels_refused, 3);
    assert_eq!(signals.states().count(), SLOTS);
    signals.refresh(Nanos(7), &[], &mut none);
    assert_eq!(signals.states().count(), 0);
}

#[test]
fn what_never_came_is_named() {
    let mut lab = Lab::new(HypothesisPlan::default());
    let words = |lab: &Lab| lab.signals.abstaining().words().collect::<Vec<_>>();
    let every = ["trades", "depth", "book_audit", "socket_times", "open_interest", "funding"];
    assert_eq!(words(&lab), every);
    for input in ["1 trade 100", "2 book 100 101", "3 poll oi ok", "4 poll funding fail"] {
        lab.play(input);
    }
    assert_eq!(words(&lab), ["book_audit", "socket_times", "funding"]);
}

proptest! {
    /// Whatever moved more than 3 % within 10 s is seen, and nothing that did not within 10.01 s.
    #[test]
    fn the_flash_guard_is_a_window(
        steps in prop::collection::vec((0_u64..900, 9_500_i64..10_500), 1..120)
    ) {
        let plan = HypothesisPlan::default();
        let mut guard = FlashGuard::default();
        let mut seen: Vec<(u64, Point)> = Vec::new();
        let mut now = 1;
        let (mut must, mut may) = (None, None);
        for (step, price) in steps {
            now += step;
            let price = Point(price);
            seen.push((now, price));
            guard.see(Nanos::from_millis(now), price, &plan);
            let within = |span: u64| seen.iter().any(|(time, from)| {
                now - time <= span && against(price, *from, 30_000, *from).is_gt()
            });
            if within(10_000) {
                must = Some(now);
            }
            if within(10_010) {
                may = Some(now);
            }
            let held = |at: Option<u64>| at.is_some_and(|at| now - at < 60_000);
            let is_frozen = guard.is_frozen(Nanos::from_millis(now), &plan);
            prop_assert!(is_frozen || !held(must));
            prop_assert!(!is_frozen || held(may));
        }
    }
}

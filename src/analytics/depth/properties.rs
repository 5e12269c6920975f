//! The formula of flow by hand; sums by bar, a day's ratios and the fate of what levels lost, against plain recomputes.

use std::collections::BTreeMap;

use model::{DrainLine, Interval, Lots, MINUTE, Nanos, Price, Side, Trust};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::fate::Fate;
use super::ofi::Best;
use super::per_bar::{PerBar, Sum};
use super::tests::{MILLI, NOON, drain};
use crate::figures::Print;

#[test]
fn flow_is_what_the_formula_says() {
    let best = |bid, bid_lots, ask, ask_lots| Best { bid, bid_lots, ask, ask_lots };
    let before = best(100, 5, 101, 7);
    for (after, want, why) in [
        (best(100, 5, 101, 7), 0, "nothing changed"),
        (best(100, 9, 101, 7), 4, "the bid grew"),
        (best(100, 5, 101, 9), -2, "the ask grew"),
        (best(101, 3, 102, 4), 3 + 7, "the price rose: the new bid, and the ask that went"),
        (best(99, 3, 100, 4), -5 - 4, "it fell"),
        (best(99, 3, 101, 7), -5, "the bid went"),
        (best(100, 5, 102, 1), 7, "the ask went"),
    ] {
        assert_eq!(after.flow(&before), want, "{why}");
    }
}

/// Losses that wait: after, until, and (bid, price, lots) of each.
type Waiting = Vec<(u64, u64, Vec<(bool, i64, i64)>)>;

#[derive(Clone, Copy, PartialEq, Default, Debug)]
struct Whole(i64);

impl Sum for Whole {
    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }
}

proptest! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]

    /// Sums by bar against a map by bar number.
    #[test]
    fn per_bar_equals_a_map(
        steps in proptest::collection::vec((0..40_000_u64, 0..2_000_u64, -9..9_i64), 1..150),
    ) {
        let mut sums = PerBar::<Whole>::new();
        let mut maps: Vec<BTreeMap<u64, i64>> = vec![BTreeMap::new(); Interval::ALL.len()];
        let mut open = [0_u64; Interval::ALL.len()];
        let mut clock = NOON;
        for (step, late, value) in steps {
            clock += step * MILLI;
            // Bars close before the message that brings the clock is taken.
            let settled = clock - 500 * MILLI;
            for (at, interval) in Interval::ALL.into_iter().enumerate() {
                let length = interval.length().0;
                let closed = settled / length;
                if closed > open[at] {
                    let last = Nanos((closed - 1) * length);
                    let got = sums.take(interval, last).0;
                    let later = maps[at].split_off(&closed);
                    let want: i64 = std::mem::replace(&mut maps[at], later).values().sum();
                    prop_assert_eq!(got, want, "{:?}", interval);
                    open[at] = closed;
                }
            }
            let time = clock - late * MILLI;
            sums.add(Nanos(time), &Whole(value));
            for (at, interval) in Interval::ALL.into_iter().enumerate() {
                let bar = (time / interval.length().0).max(open[at]);
                *maps[at].entry(bar).or_default() += value;
            }
        }
    }

    /// Every lost lot is traded or pulled, never both; and against a plain match.
    #[test]
    fn fate_conserves_and_equals_a_plain_match(
        events in proptest::collection::vec(
            (
                1..400_u64,
                proptest::collection::btree_map((any::<bool>(), 990..1_010_i64), 0..30_u32, 0..20),
                proptest::collection::vec((0..400_u64, 990..1_010_i64, any::<bool>(), 1..20_i64), 0..12),
            ),
            1..40,
        ),
    ) {
        let mut fate = Fate::new();
        let mut clock = 0_u64;
        // (time, price, buy, lots)
        let mut prints: Vec<(u64, i64, bool, i64)> = vec![];
        let (mut want, mut near) = ([[0_i64; 2]; 2], [[0_i64; 2]; 2]);
        let (mut lost_in_all, mut told) = (0, vec![]);
        let mut waiting: Waiting = vec![];
        let mut settle = |waiting: &mut Waiting,
                          prints: &[(u64, i64, bool, i64)],
                          clock: u64| {
            while waiting.first().is_some_and(|(_, time, _)| clock >= time + 250) {
                let (after, time, levels) = waiting.remove(0);
                for (bid, price, lost) in levels {
                    let printed: i64 = prints
                        .iter()
                        .filter(|(at, of, buy, _)| {
                            after < *at && *at <= time && *of == price && *buy != bid
                        })
                        .map(|(_, _, _, lots)| lots)
                        .sum();
                    let traded = lost.min(printed);
                    assert!(traded <= printed);
                    let side = usize::from(!bid);
                    want[0][side] += traded;
                    want[1][side] += lost - traded;
                    if (2 * price - 2_001).abs() * 1_000 <= 2_001 {
                        near[0][side] += traded;
                        near[1][side] += lost - traded;
                    }
                }
            }
        };
        for (step, levels, trades) in events {
            let before = clock;
            for (at, price, buy, lots) in trades {
                // In the interval to come, before it, or after: the clock goes with it.
                let time = (before + at).saturating_sub(200).max(1);
                clock = clock.max(time);
                settle(&mut waiting, &prints, clock.max(time));
                fate.step(Nanos(NOON + clock * MILLI), usize::MAX, |minute| told.push(*minute));
                let side = if buy { Side::Buy } else { Side::Sell };
                fate.print(&Print {
                    time: Nanos(NOON + time * MILLI),
                    price: Price(price),
                    side,
                    lots: Lots(lots),
                });
                prints.push((time, price, buy, lots));
            }
            let last = waiting.last().map_or(before, |(_, time, _)| *time);
            clock = clock.max(last + step);
            let mut all: Vec<(Side, i64, u32)> = levels
                .iter()
                .map(|(&(bid, price), &lots)| (if bid { Side::Buy } else { Side::Sell }, price, lots))
                .collect();
            all.sort_by_key(|(side, _, _)| *side);
            settle(&mut waiting, &prints, clock);
            fate.step(Nanos(NOON + clock * MILLI), usize::MAX, |minute| told.push(*minute));
            let lines = drain(last, &all);
            let head: &DrainLine = lines[0].view();
            let time = Nanos(NOON + clock * MILLI);
            fate.lose(head, (lines[1..].iter(), lines.len() - 1), time, 2_001);
            lost_in_all += all.iter().map(|(_, _, lots)| i64::from(*lots)).sum::<i64>();
            let plain = all.iter().map(|&(side, price, lots)| (side == Side::Buy, price, i64::from(lots)));
            waiting.push((last, clock, plain.collect()));
        }
        settle(&mut waiting, &prints, u64::MAX / 2);
        fate.step(Nanos(NOON + 10 * MINUTE.0), usize::MAX, |minute| told.push(*minute));
        let [minute] = told.as_slice() else { panic!("one minute, not {told:?}") };
        let all: i64 = minute.all.traded.iter().chain(&minute.all.pulled).sum();
        prop_assert_eq!(all, lost_in_all);
        prop_assert_eq!([minute.all.traded, minute.all.pulled], want);
        prop_assert_eq!([minute.near.traded, minute.near.pulled], near);
        prop_assert_eq!(minute.trust(), Trust::SOUND);
    }
}

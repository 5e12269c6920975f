//! Markouts against a plain recompute over random streams of mids and prints.

use std::collections::BTreeMap;

use model::{Lots, MINUTE, Nanos, Price, SECOND, Side};
use proptest::prelude::{any, prop, proptest};

use crate::prints::markout::{HORIZONS, Markouts, Worth};

#[derive(Clone, Copy, Debug)]
struct Step {
    passes: u64,
    behind: u64,
    mid: i64,
    print: Option<(bool, i64, i64)>,
}

/// (Σ lots·bp, lots, missed) by horizon and minute.
type Sums = BTreeMap<(usize, u64), (f64, i64, i64)>;

/// Every message's clock and the mid after it; every print with the clock before it.
fn plain(steps: &[Step], start: u64) -> Sums {
    let mut clock = start;
    let mut mids = Vec::new();
    let mut prints = Vec::new();
    for step in steps {
        let before = if mids.is_empty() { 0 } else { clock };
        clock += step.passes;
        if let Some(print) = step.print {
            prints.push((clock - step.behind.min(clock - start), before, print));
        }
        mids.push((clock, step.mid));
    }
    let mut sums = Sums::new();
    for (horizon, length) in HORIZONS.into_iter().enumerate() {
        for &(time, before, (bought, price, lots)) in &prints {
            let instant = time + length.0;
            let late = instant < before;
            let minute = if late { before - length.0 } else { time };
            let sum = sums.entry((horizon, minute / MINUTE.0 * MINUTE.0)).or_default();
            if late {
                sum.2 += lots;
                continue;
            }
            let at = mids.partition_point(|&(clock, _)| clock <= instant);
            // Nothing was known before the first message.
            let Some(&(_, mid)) = mids[..at].last() else {
                sum.2 += lots;
                continue;
            };
            let sign = if bought { 1.0 } else { -1.0 };
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let worth = sign * 1e4 * (mid as f64 / (2 * price) as f64 - 1.0) * lots as f64;
            sum.0 += worth;
            sum.1 += lots;
        }
    }
    sums
}

fn run(steps: &[Step], start: u64) -> Vec<Worth> {
    let mut markouts = Markouts::new(1024);
    let mut said = Vec::new();
    let mut clock = start;
    for step in steps {
        clock += step.passes;
        if let Some((bought, price, lots)) = step.print {
            let time = Nanos(clock - step.behind.min(clock - start));
            let side = if bought { Side::Buy } else { Side::Sell };
            markouts.add(time, Price(price), side, Lots(lots));
        }
        let before = said.len();
        if markouts.is_due(Nanos(clock)) {
            markouts.settle(Nanos(clock), |worth| said.push(worth));
        }
        assert!(said.len() - before <= 9, "what LINES_MAX counts on");
        assert!(said[before..].iter().all(|worth| {
            worth.minute.after(MINUTE).after(HORIZONS[worth.horizon]) <= Nanos(clock)
        }));
        markouts.keep(Nanos(clock), Some(step.mid), false);
    }
    // Long after.
    markouts.settle(Nanos(clock + 300 * SECOND.0), |worth| said.push(worth));
    said
}

fn compare(steps: &[Step], start: u64) {
    let said = run(steps, start);
    let want = plain(steps, start);
    let got: BTreeMap<(usize, u64), &Worth> =
        said.iter().map(|worth| ((worth.horizon, worth.minute.0), worth)).collect();
    assert_eq!(got.len(), said.len(), "a minute is said once");
    assert!(got.keys().eq(want.keys()), "{:?} {:?}", got.keys(), want.keys());
    for (key, (sum, lots, missed)) in &want {
        let got = got[key];
        assert_eq!((got.lots.0, got.missed.0), (*lots, *missed), "{key:?}");
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let mean = (*lots != 0).then(|| sum / *lots as f64);
        match (got.markout, mean) {
            (Some(got), Some(want)) => assert!((got - want).abs() < 1e-6, "{key:?} {got} {want}"),
            (got, want) => assert_eq!(got, want, "{key:?}"),
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]

    #[test]
    fn every_print_meets_the_mid_of_its_instant(
        steps in prop::collection::vec(
            (0..12_u8, 0..3_000_u64, 0..10_u8, 0..4_000_u64, 1_000_000..1_010_000_i64, any::<bool>(),
             prop::option::of((500_000..505_000_i64, 1..9_i64))),
            1..400),
        start in 0..200_u64
    ) {
        let milli = 1_000_000;
        let steps: Vec<Step> = steps
            .into_iter()
            .map(|(dice, span, late, behind, mid, bought, print)| Step {
                // Mostly within a second, often at once, now and then a minute.
                passes: match dice { 0 => span * 30, 1..5 => 0, 5 => 1_000, _ => span / 4 } * milli,
                behind: match late { 0 => behind, 1..4 => behind / 40, _ => 0 } * milli,
                mid,
                print: print.map(|(price, lots)| (bought, price, lots)),
            })
            .collect();
        compare(&steps, 1_000 * MINUTE.0 + start * SECOND.0);
    }
}

#[test]
fn the_mid_of_an_instant_is_the_last_at_or_before_it() {
    let start = 1_000 * MINUTE.0;
    let second = SECOND.0;
    // A print at 0 s for 100; mids doubled: 202 from 1 s on, 204 a nanosecond later.
    let step = |passes, mid, print| Step { passes, behind: 0, mid, print };
    let steps = [
        step(0, 200, Some((true, 100, 5))),
        step(second, 202, None),
        step(1, 204, None),
        step(9 * second - 1, 210, None),
        step(0, 190, None),
        step(1, 300, None),
    ];
    let said = run(&steps, start);
    let bp: Vec<f64> = said.iter().filter_map(|worth| worth.markout).collect();
    assert_eq!(bp.len(), 3);
    for (got, want) in bp.into_iter().zip([100.0, -500.0, 5_000.0]) {
        assert!((got - want).abs() < 1e-9, "{got} {want}");
    }
}

#[test]
fn a_full_ring_lets_the_oldest_go_and_counts_it() {
    let mut markouts = Markouts::new(1024);
    let start = 1_000 * MINUTE.0;
    let mut said = Vec::new();
    for at in 0..3_000_u64 {
        // 2.9 s of prints, each at a time of its own.
        let time = Nanos(start + at * 1_000_000);
        markouts.add(time, Price(100), Side::Sell, Lots(1));
        if markouts.is_due(time) {
            markouts.settle(time, |worth| said.push(worth));
        }
        markouts.keep(time, Some(198), true);
    }
    markouts.settle(Nanos(start + 200 * SECOND.0), |worth| said.push(worth));
    let of = |horizon: usize| {
        let worth = said.iter().find(|worth| worth.horizon == horizon).expect("said");
        assert!(worth.from_last && worth.markout.is_some_and(|bp| (bp - 100.0).abs() < 1e-9));
        (worth.lots.0, worth.missed.0)
    };
    assert_eq!((of(0), of(1), of(2)), ((3_000, 0), (1_024, 1_976), (1_024, 1_976)));
}

//! Figures of every second against plain recomputes: numbers in order, tape speed, volatility.

use model::{DAY, Nanos, SECOND, Trust};
use proptest::prelude::{any, prop, proptest};

use crate::prints::ordered::Ordered;
use crate::prints::pace::Pace;
use crate::prints::volatility::{Volatility, WINDOWS};

fn check(ordered: &Ordered, sorted: &[i64], value: i64) {
    assert_eq!(ordered.len(), sorted.len());
    let below = sorted.partition_point(|&other| other < value);
    let at_most = sorted.partition_point(|&other| other <= value);
    assert_eq!(ordered.twice_below(value), below + at_most);
    for rank in [0, sorted.len() / 3, sorted.len().saturating_sub(1), sorted.len()] {
        assert_eq!(ordered.at(rank), sorted.get(rank).copied());
    }
    assert!(ordered.blocks() <= 2 * sorted.len() / 385 + 1, "{} blocks", ordered.blocks());
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn numbers_in_order_equal_a_sorted_list(
        steps in prop::collection::vec((any::<bool>(), 0..3_u8, 0..4_000_i64), 1..4_000),
        grow in 0..3_000_usize
    ) {
        let mut ordered = Ordered::new(9_000);
        let mut sorted: Vec<i64> = Vec::new();
        for (at, (insert, spread, value)) in steps.into_iter().enumerate() {
            // Grows at first; the values crowd, spread, or repeat.
            let value = match spread { 0 => value % 7, 1 => value, _ => value * 1_000_003 };
            if insert || at < grow || sorted.is_empty() {
                sorted.insert(sorted.partition_point(|&other| other < value), value);
                ordered.insert(value);
            } else {
                let place = sorted.partition_point(|&other| other < value) % sorted.len();
                ordered.remove(sorted.remove(place));
            }
            check(&ordered, &sorted, value);
        }
        while let Some(value) = sorted.pop() {
            ordered.remove(value);
        }
        check(&ordered, &sorted, 0);
        assert_eq!(ordered.blocks(), 0);
    }
}

/// 64-bit dice, the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn tape_speed_equals_a_recompute_over_three_days() {
    let mut pace = Pace::new();
    let mut dice = Dice(7);
    // By second: trades, lots, unstable. Samples: by second, four values.
    let mut seconds: Vec<(i64, i64, bool)> = Vec::new();
    let mut samples: Vec<Option<[i64; 4]>> = Vec::new();
    let day = usize::try_from(DAY.0 / SECOND.0).expect("small");
    let start = 1_700_000_000_u64;
    let mut checked = 0;
    while seconds.len() < 3 * day {
        let run = match dice.roll(200) {
            0 => 1 + dice.roll(4_000),
            1..30 => 1 + dice.roll(20),
            _ => 0,
        };
        let unstable = dice.roll(5_000) == 0;
        let end = Nanos((start + seconds.len() as u64 + 1) * SECOND.0);
        let reading = if run == 0 {
            let trades = 1 + dice.roll(40);
            let lots = i64::try_from(trades * dice.roll(100_000) + 1).expect("small");
            let trades = i64::try_from(trades).expect("small");
            seconds.push((trades, lots, unstable));
            pace.second(end, trades, lots, unstable)
        } else {
            seconds.extend((0..run).map(|_| (0, 0, unstable)));
            pace.empty(end, run, unstable)
        };
        while samples.len() < seconds.len() {
            let at = samples.len();
            let ten = &seconds[(at + 1).saturating_sub(10)..=at];
            let sum = |of: fn(&(i64, i64, bool)) -> i64| ten.iter().map(of).sum::<i64>();
            let values = [seconds[at].0, seconds[at].1, sum(|s| s.0), sum(|s| s.1)];
            let sound = ten.len() == 10 && ten.iter().all(|second| !second.2);
            samples.push(sound.then_some(values));
            if at + 1 == seconds.len() {
                assert_eq!(reading.values, values);
                assert_eq!(reading.trust.has(Trust::CONTAMINATED), ten.iter().any(|s| s.2));
            }
        }
        if dice.roll(120) != 0 {
            continue;
        }
        checked += 1;
        let at = samples.len() - 1;
        let earlier: Vec<[i64; 4]> =
            samples[at.saturating_sub(day)..at].iter().flatten().copied().collect();
        assert_eq!(reading.samples, earlier.len());
        assert_eq!(reading.trust.has(Trust::UNCOVERED), earlier.len() < day);
        for figure in 0..4 {
            let value = reading.values[figure];
            let below = earlier.iter().filter(|sample| sample[figure] < value).count();
            let equal = earlier.iter().filter(|sample| sample[figure] == value).count();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let want = (2 * below + equal) as f64 / (2 * earlier.len()) as f64;
            let want = (earlier.len() >= day / 2).then_some(want);
            assert_eq!(reading.percentiles[figure], want, "second {at}, figure {figure}");
        }
        let mut trades: Vec<i64> = earlier.iter().map(|sample| sample[0]).collect();
        trades.sort_unstable();
        let rank = (95 * trades.len()).div_ceil(100);
        let p95 = (trades.len() >= day / 2).then(|| trades[rank - 1]);
        assert_eq!(reading.p95, p95);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let want = p95.filter(|&p95| p95 != 0).map(|p95| reading.values[0] as f64 / p95 as f64);
        assert_eq!(reading.pace(), want);
    }
    assert!(checked > 100, "{checked} seconds checked");
}

#[test]
fn volatility_equals_a_recompute_and_does_not_drift() {
    let mut volatility = Volatility::new();
    let mut dice = Dice(3);
    let mut closes: Vec<i64> = Vec::new();
    let mut broken: Vec<bool> = Vec::new();
    let start = 1_700_000_000_u64;
    let mut close = 600_000_i64;
    let mut checked = 0;
    while closes.len() < 200_000 {
        let run = if dice.roll(300) == 0 { 1 + dice.roll(2_000) } else { 1 };
        let end = |count: usize| Nanos((start + count as u64) * SECOND.0);
        let first = end(closes.len() + 1);
        if run == 1 && dice.roll(3) != 0 {
            close += i64::try_from(dice.roll(401)).expect("small") - 200;
            close = close.clamp(500_000, 900_000);
        }
        let unstable = dice.roll(20_000) == 0;
        for _ in 0..run {
            closes.push(close);
            broken.push(unstable);
        }
        volatility.take((first, end(closes.len())), close, unstable);
        if dice.roll(60) != 0 {
            continue;
        }
        checked += 1;
        for (window, length) in WINDOWS.into_iter().enumerate() {
            let whole = usize::try_from(length.0 / SECOND.0).expect("small");
            let last = &closes[closes.len().saturating_sub(whole + 1)..];
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let square = |pair: &[i64]| (pair[1] as f64 / pair[0] as f64).ln().powi(2);
            let want: f64 = last.windows(2).map(square).sum();
            let reading = volatility.read(window);
            let returns = last.len() - 1;
            assert_eq!(reading.returns, returns as u64);
            assert!((reading.variance - want).abs() <= 1e-11 * want, "{} {want}", reading.variance);
            let covered = returns * 2 >= whole;
            assert_eq!(reading.volatility.is_some(), covered);
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let want = (want / returns as f64 * 31_536_000.0).sqrt();
            assert!(reading.volatility.is_none_or(|got| (got - want).abs() <= 1e-11 * want));
            let holes = &broken[closes.len().saturating_sub(whole + 1)..];
            assert_eq!(reading.trust.has(Trust::CONTAMINATED), holes.contains(&true));
            assert_eq!(reading.trust.has(Trust::UNCOVERED), returns < whole);
        }
    }
    assert!(checked > 200);
    // A day without a change: whatever went in has left, to the last bit.
    let end = Nanos((start + 400_000) * SECOND.0);
    volatility.take((end, end), close, false);
    for window in 0..3 {
        assert_eq!(volatility.read(window).variance.to_bits(), 0);
        assert_eq!(volatility.read(window).volatility, Some(0.0));
    }
}

//! Delta by size, λ and VPIN against plain recomputes.

use model::{DAY, Instrument, Interval, Lots, MINUTE, Nanos, Price, Side, Trust};
use proptest::prelude::{any, prop, proptest};

use crate::prints::kyle::{Kyle, Regression};
use crate::prints::sizes::Sizes;
use crate::prints::vpin::Vpin;

#[test]
fn sizes_are_judged_to_the_lot() {
    // Tick 0.1, lot 0.001: a tick × lot is 0.0001 USDT.
    let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
    for (price, lots, class) in [
        (500_000, 199, 0),
        (500_000, 200, 1),
        (999_999, 100, 0),
        (1_000_000, 100, 1),
        (1_000_000, 999, 1),
        (1_000_000, 1_000, 2),
        (999_999, 10_000, 2),
        (1_000_000, 10_000, 3),
        (1 << 48, 1 << 44, 3),
    ] {
        let mut sizes = Sizes::new(&instrument, [10_000, 100_000, 1_000_000]);
        sizes.add(Price(price), Side::Sell, Lots(lots));
        let mut want = [Lots(0); 4];
        want[class] = Lots(-lots);
        assert_eq!(sizes.deltas(), want, "{price} x {lots}");
        assert_eq!(sizes.sums.sells[class], Lots(lots));
    }
    // A grid on which the edge is no whole number of ticks × lots: 10 000/0.0003 = 33 333 333.3.
    let odd = Instrument::new("ODD", "0.3", "0.001").expect("a grid");
    for (lots, class) in [(33_333_333, 0), (33_333_334, 1)] {
        let mut sizes = Sizes::new(&odd, [10_000, 100_000, 1_000_000]);
        sizes.add(Price(1), Side::Buy, Lots(lots));
        assert_eq!(sizes.sums.buys[class], Lots(lots));
    }
}

/// The textbook's two passes, in float.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn plain_slope(samples: &[(i64, i64)]) -> Option<(f64, f64)> {
    let count = samples.len() as f64;
    let mean = |of: fn(&(i64, i64)) -> i64| samples.iter().map(of).sum::<i64>() as f64 / count;
    let (y, x) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let deviations = samples.iter().map(|&(b, a)| (a as f64 - x, b as f64 - y));
    let (xx, xy) = deviations.fold((0.0, 0.0), |(xx, xy), (a, b)| (xx + a * a, xy + a * b));
    (samples.len() >= 30 && xx != 0.0).then(|| (xy / xx, y - xy / xx * x))
}

proptest! {
    #[test]
    fn lambda_equals_two_passes_over_the_last_sixty(
        samples in prop::collection::vec((-500..500_i64, -9_000..9_000_i64), 1..150)
    ) {
        let mut regression = Regression::default();
        for (at, &(change, delta)) in samples.iter().enumerate() {
            regression.push(change, delta, false);
            let want = plain_slope(&samples[(at + 1).saturating_sub(60)..=at]);
            let got = regression.line().map(|line| (line.slope, line.intercept));
            assert_eq!(got.is_some(), want.is_some());
            if let (Some(got), Some(want)) = (got, want) {
                assert!((got.0 - want.0).abs() <= 1e-9 * want.0.abs().max(1e-3), "{got:?} {want:?}");
                assert!((got.1 - want.1).abs() <= 1e-9 * want.1.abs().max(1e2), "{got:?} {want:?}");
            }
        }
    }
}

#[test]
fn lambda_has_no_value_where_there_is_none() {
    let mut regression = Regression::default();
    for at in 0..200_i64 {
        regression.push(2 * at - 7, at, false);
        let line = regression.line();
        assert_eq!(line.is_some(), at >= 29, "{at}");
        if let Some(line) = line {
            assert!((line.slope - 2.0).abs() < 1e-12 && (line.intercept + 7.0).abs() < 1e-9);
        }
    }
    for _ in 0..60 {
        regression.push(5, 3, false);
    }
    assert_eq!(regression.line(), None, "every delta the same");
    // Absurd numbers count as the bound and break nothing.
    for at in 0..120 {
        let value = if at % 2 == 0 { i64::MAX } else { i64::MIN };
        regression.push(value, value, false);
    }
    assert!(regression.line().is_some_and(|line| (line.slope - 1.0).abs() < 1e-9));
}

#[test]
fn lambda_s_percentile_takes_the_sound_day_before() {
    let mut kyle = Kyle::new(Interval::Minute1);
    let mut dice = 1_u64;
    let mut history: Vec<(u64, f64)> = Vec::new();
    let mut close = 1_000_000;
    for minute in 0..4_000_u64 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delta = i64::try_from(dice >> 50).expect("14 bits") - 8_192;
        close += delta / 40 + i64::try_from(dice >> 30 & 127).expect("7 bits") - 63;
        let unstable = minute == 2_000;
        let reading = kyle.take(close, delta, unstable, Nanos((minute + 1) * MINUTE.0));
        let now = (minute + 1) * MINUTE.0;
        let earlier: Vec<f64> =
            history.iter().filter(|(at, _)| at + DAY.0 >= now).map(|(_, plus)| *plus).collect();
        let plus = reading.line.map(|line| line.slope.max(0.0));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let want = plus.filter(|_| earlier.len() >= 720).map(|plus| {
            let below = earlier.iter().filter(|&&other| other < plus).count();
            let equal = earlier.iter().filter(|&&other| other == plus).count();
            (below as f64 + equal as f64 / 2.0) / earlier.len() as f64
        });
        assert_eq!(reading.percentile, want, "minute {minute}");
        // The first close has none before it; a broken bar's close is in the next change too.
        assert_eq!(reading.trust.has(Trust::UNCOVERED), minute < 60);
        assert_eq!(reading.trust.has(Trust::CONTAMINATED), (2_000..2_061).contains(&minute));
        if let Some(plus) = plus.filter(|_| !reading.trust.has(Trust::CONTAMINATED)) {
            history.push((now, plus));
        }
    }
}

proptest! {
    #[test]
    fn every_lot_is_in_one_bucket(
        trades in prop::collection::vec((any::<bool>(), 1..400_i64), 1..200), daily in 50..3_000_i64
    ) {
        let mut vpin = Vpin::new(daily);
        let size = daily / 50;
        // Lot by lot.
        let (mut open, mut done, mut all) = ((0, 0), Vec::new(), 0);
        for (bought, lots) in trades {
            let side = if bought { Side::Buy } else { Side::Sell };
            let before = done.len();
            for _ in 0..lots {
                if bought { open.0 += 1 } else { open.1 += 1 }
                if open.0 + open.1 == size {
                    done.push(open);
                    open = (0, 0);
                }
            }
            all += lots;
            assert_eq!(vpin.add(side, Lots(lots)), done.len() != before);
            assert_eq!(vpin.completed, done.len() as u64);
            assert_eq!((vpin.open.buys, vpin.open.sells), open);
            let last = &done[done.len().saturating_sub(50)..];
            let got: Vec<(i64, i64)> = vpin.buckets().map(|b| (b.buys, b.sells)).collect();
            assert_eq!(got, last);
            let total = size * i64::try_from(vpin.completed).expect("small") + vpin.filled().0;
            assert_eq!(total, all, "Σ buckets = Σ trades");
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let want = (last.len() >= 25).then(|| {
                let sum: i64 = last.iter().map(|(buys, sells)| (buys - sells).abs()).sum();
                sum as f64 / (size * i64::try_from(last.len()).expect("small")) as f64
            });
            match (vpin.value(), want) {
                (Some(got), Some(want)) => assert!((got - want).abs() < 1e-12),
                (got, want) => assert_eq!(got, want),
            }
        }
    }
}

#[test]
fn vpin_learns_its_buckets_from_whole_sound_days() {
    let minutes = DAY.0 / MINUTE.0;
    let mut vpin = Vpin::new(0);
    assert!(!vpin.add(Side::Buy, Lots(1_000_000)), "no size, no bucket");
    // Days: lots a minute, minute that is broken, and the size after it.
    for (day, (lots, broken, size)) in [
        (100, Some(0), 0),
        // Broken somewhere: no day to learn from.
        (100, Some(700), 0),
        (100, None, 1_440 * 100 / 50),
        (300, None, 1_440 * 200 / 50),
        (900, Some(1_439), 1_440 * 200 / 50),
        (500, None, 1_440 * 300 / 50),
    ]
    .into_iter()
    .enumerate()
    {
        for minute in 0..minutes {
            let time = Nanos((19_000 + day as u64) * DAY.0 + minute * MINUTE.0);
            vpin.minute((time, time.after(MINUTE)), lots, broken != Some(minute));
        }
        // A bucket keeps its size; the next one has the new.
        vpin.add(Side::Sell, Lots(1_000_000));
        assert_eq!(vpin.open.size, size, "day {day}");
    }
    // A hole stays as long as its bucket is among the last fifty.
    let size = vpin.open.size;
    vpin.add(Side::Buy, Lots(60 * size));
    assert_eq!(vpin.trust(), Trust::SOUND);
    vpin.hole();
    vpin.add(Side::Buy, Lots(size));
    for _ in 0..49 {
        assert!(vpin.trust().has(Trust::CONTAMINATED));
        vpin.add(Side::Buy, Lots(size));
    }
    assert!(vpin.trust().has(Trust::CONTAMINATED));
    vpin.add(Side::Buy, Lots(size));
    assert_eq!(vpin.trust(), Trust::SOUND);
    // A trade of many buckets, with fewer completed before than the ring holds.
    vpin.clear();
    vpin.hole();
    vpin.add(Side::Buy, Lots(3 * size));
    vpin.add(Side::Buy, Lots(1 << 45));
    assert_eq!((vpin.trust(), vpin.value()), (Trust::SOUND, Some(1.0)));
}

//! The folder's proofs: the `ZigZag` and divergences against naive recomputes over the whole
//! past, and what warm-up, holes, jumps and a missing mark stream do.

mod feed;
mod figures;
mod naive;

use model::{Nanos, Price};
use proptest::prelude::*;

use super::divergence::{Delta, Series, Turn};
use super::swing::{Swing, ZigZag};

/// Prices that turn often at 40 bp: a walk with steps of up to 25 bp of 60 000.
fn walk() -> impl Strategy<Value = Vec<i64>> {
    let step = prop_oneof![4 => -20_i64..=20, 1 => -150_i64..=150, 1 => Just(0_i64)];
    proptest::collection::vec(step, 1..150).prop_map(|steps| {
        let mut price = 60_000;
        steps
            .iter()
            .map(|step| {
                price += step;
                price
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn swings_equal_a_naive_recompute_after_every_trade(prices in walk(), bp in 1_u32..80) {
        let mut zigzag = ZigZag::new(bp);
        let mut swings: Vec<Swing<usize>> = Vec::new();
        for (at, &price) in prices.iter().enumerate() {
            let time = Nanos(at as u64 + 1);
            if zigzag.matters(Price(price)) {
                swings.extend(zigzag.take(Price(price), time, at).1);
            }
            let got: Vec<_> =
                swings.iter().map(|swing| (swing.is_high, swing.price.0, swing.seen)).collect();
            let running = zigzag.running().map(|run| (run.is_high, run.price.0, run.seen));
            prop_assert_eq!((got, running), naive::swings(&prices[..=at], i64::from(bp)));
        }
        prop_assert!(swings.iter().zip(1..).all(|(swing, number)| swing.number == number));
    }

    #[test]
    fn divergences_equal_a_naive_recompute(
        // Of each bar: X (missing, value), unstable, and the extremes in it: whether the running
        // one of the bar before goes on, or new ones come.
        bars in proptest::collection::vec(
            (prop_oneof![1 => Just(None), 30 => (-50_i32..50).prop_map(Some)],
             prop::bool::weighted(0.03), 0_u8..4, 0_i64..200),
            1..120),
        sync in 0_usize..7,
        rule in 0_u8..3,
    ) {
        let delta = match rule {
            0 => Delta::Tenths(30),
            1 => Delta::CvdRange(10),
            _ => Delta::OwnRange(10),
        };
        let mut series = Series::new(delta, 5, sync);
        let mut past: Vec<naive::BarSeen> = Vec::new();
        let mut number = 0;
        for (at, (x, dirty, turns, offset)) in bars.into_iter().enumerate() {
            let x = x.map(f64::from);
            series.push(x, dirty);
            // 0: none; 1: the last one moved on; 2: a new one; 3: two new ones.
            let numbers = match turns {
                0 => vec![],
                1 if number > 0 => vec![number],
                3 => vec![number + 1, number + 2],
                _ => vec![number + 1],
            };
            number = numbers.last().copied().unwrap_or(number);
            let made: Vec<Turn> = numbers.into_iter().map(|number| Turn {
                number,
                is_high: number % 2 == 1,
                price: Price(100_000 + offset),
                time: Nanos(at as u64),
                running: false,
                dirty: false,
                obi_z: 0.0,
                flags: 0,
                cvd_range: 60.0,
            }).collect();
            past.push(naive::BarSeen { x, dirty, turns: made.clone() });
            for (index, turn) in made.iter().enumerate() {
                let got = series.judge(*turn);
                let want = naive::divergence(&past, index, delta, 5, sync);
                prop_assert_eq!(
                    got.map(|found| (found.x_one, found.x_two, found.range, found.dirty,
                                     found.price_one)),
                    want
                );
            }
        }
    }
}

#[test]
fn the_threshold_is_met_to_the_tick() {
    // 40 bp of 1000 are 4; of 1001 they are 4.004, so 5.
    for (prices, want) in [
        (&[1000, 997][..], None),
        (&[1000, 996], Some((true, 1000))),
        (&[1001, 997], None),
        (&[1001, 996], Some((true, 1001))),
        (&[1000, 1003], None),
        (&[1000, 1004], Some((false, 1000))),
        (&[1001, 1005], None),
        (&[1001, 1006], Some((false, 1001))),
    ] {
        let mut zigzag = ZigZag::new(40);
        let confirmed =
            prices.iter().filter_map(|&price| zigzag.take(Price(price), Nanos(1), ()).1);
        let confirmed = confirmed.last().map(|swing| (swing.is_high, swing.price.0));
        assert_eq!(confirmed, want, "{prices:?}");
    }
}

//! Profiles against the recompute, step by step, and their edges in tables.

use model::{Lots, Price, Side};
use proptest::prelude::{Strategy, any, prop, proptest};

use super::Profile;
use super::naive::{Rows, Rules, Settled, Tie, settle};

/// Every figure of the incremental profile against a recompute and against the trades.
fn compare(profile: &Profile, held: &[(i64, bool, i64)]) {
    let width = profile.bin_ticks();
    let fast = profile.poc().zip(profile.value_area());
    let fast = fast.map(|(poc, (val, vah))| Settled { poc, val, vah });
    assert_eq!(fast, profile.settled(Rules::STANDARD), "of {held:?}");
    let mut bins = std::collections::BTreeMap::<i64, (i64, i64)>::new();
    for &(price, bought, lots) in held {
        let bin = bins.entry(price.div_euclid(width) * width).or_default();
        if bought { bin.0 += lots } else { bin.1 += lots }
    }
    let lows = bins.keys().copied().min().zip(bins.keys().copied().max());
    let want: Vec<_> = lows.map_or_else(Vec::new, |(low, high)| {
        let edges = (low..=high).step_by(usize::try_from(width).unwrap_or(1));
        edges.map(|edge| (edge, bins.get(&edge).copied().unwrap_or_default())).collect()
    });
    let got: Vec<_> =
        profile.bins().map(|(edge, buys, sells)| (edge.0, (buys.0, sells.0))).collect();
    assert_eq!(got, want);
    let buys: i64 = want.iter().map(|(_, (buys, _))| buys).sum();
    let sells: i64 = want.iter().map(|(_, (_, sells))| sells).sum();
    assert_eq!((profile.buys(), profile.sells()), (Lots(buys), Lots(sells)));
    assert_eq!(profile.volume(), Lots(buys + sells));
}

/// Feeds a random tape; each step adds a trade, or takes out the one at a share of the way.
fn run(mut profile: Profile, steps: &[(Option<u8>, i64, bool, i64)], every: usize) {
    let mut held: Vec<(i64, bool, i64)> = Vec::new();
    for (at, &(removal, price, bought, lots)) in steps.iter().enumerate() {
        let side = |bought| if bought { Side::Buy } else { Side::Sell };
        match removal {
            Some(share) if !held.is_empty() => {
                let (price, bought, lots) =
                    held.remove(usize::from(share) * (held.len() - 1) / 255);
                profile.remove(Price(price), side(bought), Lots(lots));
            }
            _ => {
                profile.add(Price(price), side(bought), Lots(lots));
                held.push((price, bought, lots));
            }
        }
        if at % every == 0 {
            compare(&profile, &held);
        }
    }
    compare(&profile, &held);
}

/// Steps with `removals` in 16 removals, prices in a range, lots few enough for many ties.
fn steps(
    removals: u8,
    range: std::ops::Range<i64>,
    lots: i64,
) -> impl Strategy<Value = Vec<(Option<u8>, i64, bool, i64)>> {
    let removal =
        (0..16_u8, any::<u8>()).prop_map(move |(dice, share)| (dice < removals).then_some(share));
    prop::collection::vec((removal, range, any::<bool>(), 1..=lots), 1..400)
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(96))]

    #[test]
    fn equals_the_recompute_after_every_add(steps in steps(0, 1_000..1_060, 3)) {
        run(Profile::folding(0), &steps, 1);
    }

    #[test]
    fn equals_the_recompute_after_every_add_and_removal(steps in steps(7, 1_000..1_040, 3)) {
        run(Profile::folding(0), &steps, 1);
    }

    #[test]
    fn equals_the_recompute_among_plateaus(steps in steps(6, 0..12, 1)) {
        run(Profile::folding(1), &steps, 1);
    }

    #[test]
    fn equals_the_recompute_with_sparse_bins_and_wide_lots(
        steps in steps(7, 0..3_000, 1_000_000),
    ) {
        run(Profile::folding(2), &steps, 1);
    }

    #[test]
    fn moves_and_folds_without_losing_a_lot(steps in steps(5, 1..200_000, 5)) {
        run(Profile::folding(2), &steps, 7);
    }

    #[test]
    fn moves_and_grows_without_losing_a_lot(
        steps in steps(5, 1..40_000, 5),
        width in 1_i64..12,
    ) {
        let profile = Profile::growing(width);
        run(profile.clone(), &steps, 200);
        assert_eq!(profile.bin_ticks(), width);
    }
}

#[test]
fn rules_choose_as_the_specification_says() {
    let cbot = Rules { rows: Rows::Two, tie: Tie::Lower };
    let middle = Rules { rows: Rows::One, tie: Tie::Middle };
    for (volume, rules, want) in [
        // One bin; nothing.
        (&[5][..], Rules::STANDARD, Some((0, 0, 0))),
        (&[0, 0], Rules::STANDARD, None),
        // Of equal POCs the lower; of equal neighbours the upper.
        (&[4, 1, 4], Rules::STANDARD, Some((0, 0, 2))),
        (&[2, 5, 2], Rules::STANDARD, Some((1, 1, 2))),
        // Exactly 7/10 is enough.
        (&[3, 7], Rules::STANDARD, Some((1, 1, 1))),
        (&[3, 6], Rules::STANDARD, Some((1, 0, 1))),
        // Where a side ends, the other is taken whatever it holds.
        (&[9, 0, 1, 8], Rules::STANDARD, Some((0, 0, 3))),
        // The middle one of three equal ones; of two equally near the lower.
        (&[4, 4, 4, 0, 1], middle, Some((2, 0, 2))),
        (&[4, 0, 0, 4], middle, Some((0, 0, 3))),
        // Two rows at once: 3 + 3 below beat 4 + 1 above, though 4 beats 3.
        (&[1, 3, 3, 20, 4, 1], Rules::STANDARD, Some((3, 3, 4))),
        (&[1, 3, 3, 20, 4, 1], cbot, Some((3, 1, 3))),
    ] {
        assert_eq!(settle(volume, rules), want, "{volume:?} {rules:?}");
    }
}

#[test]
fn a_far_print_folds_an_engine_profile_and_only_widens_an_analysis_profile() {
    let mut engine = Profile::folding(0);
    let mut analysis = Profile::growing(10);
    for price in [100_000, 100_001, 160_000, -7, 1 << 40] {
        engine.add(Price(price), Side::Buy, Lots(3));
        if price < 1 << 40 {
            analysis.add(Price(price), Side::Sell, Lots(3));
        }
    }
    assert_eq!(engine.volume(), Lots(15));
    // 2^40 ticks in 4 096 bins: 2^28 ticks a bin, or one fold more, as the low end lies.
    assert!([1 << 28, 1 << 29].contains(&engine.bin_ticks()), "{}", engine.bin_ticks());
    assert_eq!(analysis.bin_ticks(), 10);
    assert_eq!(analysis.bins().count(), 16_002);
    assert_eq!(analysis.sells(), Lots(12));
    assert_eq!(analysis.bins().next(), Some((Price(-10), Lots(0), Lots(3))));
}

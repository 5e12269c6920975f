//! The trail: when it wakes, which side of the tick, and that it never goes back.

use model::{Price, Side};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::super::{High, Micro, Reach, Share, Trail};

const ENTRY: Price = Price(10_000);
const STOP: Price = Price(9_950);

fn average(ticks: f64, sigma: f64) -> Option<(Micro, Reach)> {
    Some((Micro::of(ticks)?, Reach::of(sigma)?))
}

fn high(extreme: i64, atr: f64, factor: u32) -> Option<High> {
    Some(High { extreme: Price(extreme), atr: Reach::of(atr)?, factor: Share(factor) })
}

#[test]
fn it_wakes_above_the_entry_and_never_goes_back() {
    let mut trail = Trail::new(Side::Buy, ENTRY, STOP);
    for (avwap, sigma, want, stop, what) in [
        (9_990.0, 10.0, None, 9_950, "above the stop, not above the entry"),
        (10_010.0, 10.0, None, 9_950, "exactly the entry"),
        (10_010.000_001, 10.0, Some(10_001), 10_001, "a millionth above: up to the tick"),
        (10_030.0, 9.5, Some(10_021), 10_021, "10 020.5 goes up: nearer"),
        (10_030.0, 9.0, None, 10_021, "the same tick"),
        (10_025.0, 9.0, None, 10_021, "lower"),
        (9_000.0, 9.0, None, 10_021, "far lower"),
        (10_031.0, 9.0, Some(10_022), 10_022, "a tick on"),
    ] {
        assert_eq!(trail.follow(average(avwap, sigma), None), want.map(Price), "{what}");
        assert_eq!(trail.stop(), Price(stop), "{what}");
    }
    assert!(trail.active());
}

#[test]
fn of_both_rules_the_nearer_holds() {
    for (avwap, chandelier, want, what) in [
        (average(10_050.0, 10.0), high(10_100, 40.0, 1_000_000), Some(10_060), "high − ATR"),
        (average(10_080.0, 10.0), high(10_100, 40.0, 1_000_000), Some(10_070), "AVWAP − σ"),
        (average(10_080.0, 10.0), high(10_100, 40.0, 700_000), Some(10_072), "factor 0.7"),
        (average(9_000.0, 10.0), high(10_100, 40.5, 1_000_000), Some(10_060), "59.5 goes up"),
        (None, high(10_100, 40.0, 1_000_000), Some(10_060), "no average"),
        (None, high(10_040, 40.0, 1_000_000), None, "at the entry"),
        (None, None, None, "nothing known"),
    ] {
        let mut trail = Trail::new(Side::Buy, ENTRY, STOP);
        assert_eq!(trail.follow(avwap, chandelier), want.map(Price), "{what}");
    }
}

#[test]
fn a_short_is_mirrored() {
    let mut trail = Trail::new(Side::Sell, ENTRY, Price(10_050));
    assert_eq!(trail.follow(average(9_990.0, 10.0), None), None, "exactly the entry");
    assert_eq!(trail.follow(average(9_980.0, 9.5), None), Some(Price(9_989)), "9 989.5 goes down");
    let lower = trail.follow(average(9_980.0, 9.5), high(9_900, 40.0, 1_000_000));
    assert_eq!(lower, Some(Price(9_940)));
    assert_eq!(trail.follow(average(9_980.0, 9.5), None), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_only_tightens_and_only_in_profit(
        steps in proptest::collection::vec((9_000.0_f64..11_000.0, 0.0_f64..50.0, any::<bool>()), 1..60),
    ) {
        let mut long = Trail::new(Side::Buy, ENTRY, STOP);
        let mut short = Trail::new(Side::Sell, ENTRY, Price(10_050));
        for (avwap, sigma, with) in steps {
            let before = long.stop();
            let extreme = if with { high(10_400, sigma, 1_500_000) } else { None };
            let moved = long.follow(average(avwap, sigma), extreme);
            prop_assert_eq!(moved.is_some(), long.stop() > before);
            prop_assert!(long.stop() == STOP || long.stop() > ENTRY);
            let mirror = if with { high(9_600, sigma, 1_500_000) } else { None };
            short.follow(average(20_000.0 - avwap, sigma), mirror);
            // The mirrored average may differ by a millionth of a tick: floats are not symmetric.
            prop_assert!((short.stop().0 - (20_000 - long.stop().0)).abs() <= 1);
        }
    }
}

//! Which hypothesis a level has, where it is entered, at what it aims.

use model::{Price, Side};

use super::level;
use crate::hypotheses::{HypothesisPlan, break_through, fade, hypothesis, is_profile, may_break};
use crate::terms::{Hypothesis, LevelKind, Zone};

fn with_node(
    kind: LevelKind,
    side: Side,
    zone: [i64; 3],
    [low, high]: [i64; 2],
) -> crate::terms::Level {
    let node = Zone { low: Price(low), high: Price(high) };
    crate::terms::Level { node, ..level(1, kind, side, zone) }
}

#[test]
fn each_kind_has_its_hypothesis() {
    use LevelKind::{Avwap, AvwapBand, Cliff, Hvn, Lvn, NakedPoc, Poc, Vah, Val};
    for kind in [Lvn, Vah, Val, Cliff, Avwap, AvwapBand] {
        assert_eq!(hypothesis(kind), Hypothesis::Rejection, "{kind:?}");
    }
    for kind in [Hvn, Poc, NakedPoc] {
        assert_eq!(hypothesis(kind), Hypothesis::Magnet, "{kind:?}");
    }
    let breaking: Vec<_> = [Lvn, Hvn, Vah, Val, Poc, Cliff, NakedPoc, Avwap, AvwapBand]
        .into_iter()
        .filter(|kind| may_break(*kind))
        .collect();
    assert_eq!(breaking, [Lvn]);
    assert!(is_profile(NakedPoc) && !is_profile(Avwap) && !is_profile(AvwapBand));
}

#[test]
fn entries_and_targets() {
    let plan = HypothesisPlan::default();
    let of = |kind, side, zone, node| {
        fade(&with_node(kind, side, zone, node), &plan).map(|setup| {
            (setup.entry.0, setup.target.map(|price| price.0), setup.zone.low.0, setup.zone.high.0)
        })
    };
    let zone = [99_800, 99_900, 100_000];
    // A valley at its near edge, held inside the zone.
    let lvn = |side, node| of(LevelKind::Lvn, side, zone, node);
    assert_eq!(lvn(Side::Buy, [99_850, 99_950]), Some((99_950, None, 99_800, 100_000)));
    assert_eq!(lvn(Side::Sell, [99_850, 99_950]), Some((99_850, None, 99_800, 100_000)));
    assert_eq!(lvn(Side::Buy, [99_500, 100_300]), Some((100_000, None, 99_800, 100_000)));
    assert_eq!(of(LevelKind::Val, Side::Buy, zone, [99_900, 99_900]).map(|e| e.0), Some(99_900));
    // A magnet at the far edge of its node, aiming at the centre, half up.
    let hvn = |side, node| of(LevelKind::Hvn, side, zone, node);
    assert_eq!(hvn(Side::Buy, [99_700, 100_101]), Some((99_700, Some(99_901), 99_700, 100_101)));
    assert_eq!(hvn(Side::Sell, [99_700, 100_100]), Some((100_100, Some(99_900), 99_700, 100_100)));
    // A naked POC: its bin and h on either side.
    let naked = of(LevelKind::NakedPoc, Side::Buy, zone, [99_836, 99_964]);
    assert_eq!(naked, Some((99_736, Some(99_900), 99_736, 100_064)));
}

#[test]
fn a_magnet_is_worth_twice_the_fees() {
    // 2 × 0.05 % of 100 000 are exactly 100 ticks.
    let plan = HypothesisPlan { round_trip_ppm: 500, ..HypothesisPlan::default() };
    let hvn =
        |high| with_node(LevelKind::Hvn, Side::Buy, [100_000, 100_100, 100_200], [100_000, high]);
    assert!(fade(&hvn(100_200), &plan).is_some());
    assert!(fade(&hvn(100_199), &plan).is_none());
    // From the other side the same hundred are a little less of a higher price.
    let mirrored =
        |low| with_node(LevelKind::Hvn, Side::Sell, [99_800, 99_900, 100_000], [low, 100_000]);
    assert!(fade(&mirrored(99_800), &plan).is_some());
    assert!(fade(&mirrored(99_801), &plan).is_none());
    // Without fees a line is no node all the same.
    let free = HypothesisPlan { round_trip_ppm: 0, ..HypothesisPlan::default() };
    assert!(fade(&hvn(100_000), &free).is_none());
}

#[test]
fn a_break_through_stands_a_tick_behind_the_valley() {
    let of = |side| {
        break_through(&with_node(LevelKind::Lvn, side, [99_800, 99_900, 100_000], [99_850, 99_950]))
    };
    let above = of(Side::Sell).expect("a valley");
    assert_eq!((above.side, above.entry), (Side::Buy, Price(99_951)));
    let below = of(Side::Buy).expect("a valley");
    assert_eq!((below.side, below.entry), (Side::Sell, Price(99_849)));
    assert!(break_through(&level(1, LevelKind::Val, Side::Buy, [1, 2, 3])).is_none());
}

#[test]
fn levels_that_make_no_sense_are_refused() {
    let plan = HypothesisPlan::default();
    let refused = |zone| fade(&level(1, LevelKind::Val, Side::Buy, zone), &plan).is_none();
    assert!(refused([100, 90, 110]) && refused([110, 105, 100]) && refused([0, 5, 10]));
    assert!(refused([-5, 5, 10]) && refused([10, 20, i64::MAX]));
    let mut unscored = level(1, LevelKind::Val, Side::Buy, [90, 100, 110]);
    unscored.score = f64::NAN;
    assert!(fade(&unscored, &plan).is_none());
    // One tick above zero there is no room for a stop below.
    assert!(break_through(&level(1, LevelKind::Lvn, Side::Buy, [1, 1, 1])).is_none());
}

//! Stops and targets: which term rules, on which side of the tick.

use model::{Price, Side, Ticks};
use proptest::prelude::{ProptestConfig, prop_assert, proptest};

use super::super::{ExitRefusal, Frame, Nodes, Reach, Share, Target, TargetKind};
use crate::terms::{Hypothesis, LevelKind, Zone};

fn zone(low: i64, high: i64) -> Zone {
    Zone { low: Price(low), high: Price(high) }
}

/// A long at L = 10 000, h = 20, ATR in millionths of a tick.
fn long(atr: i64) -> Frame {
    Frame {
        side: Side::Buy,
        hypothesis: Hypothesis::Rejection,
        entry: Price(10_000),
        level: Price(10_000),
        kind: LevelKind::Val,
        zone: zone(9_980, 10_020),
        node: zone(10_000, 10_000),
        atr: Reach(atr),
    }
}

/// The same seen from below: prices p become 20 000 − p.
fn mirrored(frame: Frame) -> Frame {
    let price = |price: Price| Price(20_000 - price.0);
    let turned = |zone: Zone| Zone { low: price(zone.high), high: price(zone.low) };
    Frame {
        side: frame.side.opposite(),
        entry: price(frame.entry),
        level: price(frame.level),
        zone: turned(frame.zone),
        node: turned(frame.node),
        ..frame
    }
}

#[test]
fn the_greatest_room_rules_and_is_cut_towards_the_market() {
    let lvn = Frame { kind: LevelKind::Lvn, node: zone(9_930, 10_035), ..long(60_000_000) };
    for (frame, want, what) in [
        (long(10_000_000), 9_960, "h = 20 behind 9 980"),
        (long(40_000_000), 9_960, "½ ATR equals h"),
        (long(60_000_000), 9_950, "½ ATR = 30"),
        (long(61_000_000), 9_950, "½ ATR = 30.5: half a tick nearer, not further"),
        (long(61_999_999), 9_950, "just under 31"),
        (long(62_000_000), 9_949, "31"),
        (lvn, 9_928, "½ LVN width = 52.5: 52"),
        (Frame { kind: LevelKind::Hvn, ..lvn }, 9_950, "a width only counts of an LVN"),
    ] {
        assert_eq!(frame.stop(), Ok(Price(want)), "{what}");
        assert_eq!(mirrored(frame).stop(), Ok(Price(20_000 - want)), "{what}, short");
    }
}

#[test]
fn a_magnet_is_measured_from_the_outer_edge() {
    let node = zone(9_900, 10_100);
    let magnet = Frame {
        hypothesis: Hypothesis::Magnet,
        kind: LevelKind::Hvn,
        entry: Price(9_900),
        node,
        ..long(10_000_000)
    };
    // The zone's edge, 9 980, lies above the entry: the node's counts.
    assert_eq!(magnet.stop(), Ok(Price(9_880)));
    assert_eq!(mirrored(magnet).stop(), Ok(Price(10_120)));
}

#[test]
fn no_room_and_no_sense_are_refused() {
    let base = long(10_000_000);
    for (frame, want) in [
        (Frame { entry: Price(9_960), ..base }, ExitRefusal::NoRoom),
        (Frame { entry: Price(9_000), ..base }, ExitRefusal::NoRoom),
        (Frame { atr: Reach(30_000_000_000), ..base }, ExitRefusal::NoRoom),
        (Frame { atr: Reach(0), ..base }, ExitRefusal::Absurd),
        (Frame { entry: Price(0), ..base }, ExitRefusal::Absurd),
        (Frame { zone: zone(10_020, 9_980), ..base }, ExitRefusal::Absurd),
        (Frame { node: zone(1, i64::MAX), ..base }, ExitRefusal::Absurd),
    ] {
        assert_eq!(frame.stop(), Err(want), "{frame:?}");
    }
    assert_eq!(Frame { entry: Price(9_961), ..base }.stop(), Ok(Price(9_960)), "one tick is room");
}

fn got(frame: Frame, hvns: &[i64], pocs: &[i64]) -> (i64, TargetKind) {
    let prices = |list: &[i64]| list.iter().map(|&price| Price(price)).collect::<Vec<_>>();
    let (hvns, pocs) = (prices(hvns), prices(pocs));
    let nodes = Nodes { hvns: &hvns, pocs: &pocs };
    let stop = frame.stop().expect("a stop");
    let Target { price, kind, risk } = frame.target(stop, nodes, Share(400)).expect("a target");
    assert_eq!(risk, Ticks((frame.entry - stop).0.abs()));
    let long = frame.side == Side::Buy;
    (if long { price.0 } else { 20_000 - price.0 }, kind)
}

#[test]
fn targets_of_each_hypothesis() {
    // R = 10 000 − 9 960 = 40, and 41 of the entry a tick higher.
    let fade = long(10_000_000);
    let odd = Frame { entry: Price(10_001), ..fade };
    let through = Frame { hypothesis: Hypothesis::BreakThrough, ..fade };
    use TargetKind::{Hvn, Multiple, Poc};
    for (frame, hvns, pocs, want, what) in [
        (fade, &[10_040_i64][..], &[][..], (10_040, Hvn), "exactly 1 R"),
        (fade, &[10_039], &[], (10_060, Multiple), "one tick under 1 R: 1.5 R"),
        (fade, &[10_300, 10_090], &[10_080], (10_080, Poc), "the nearest of both kinds"),
        (fade, &[10_080], &[10_080], (10_080, Hvn), "of two at one price the HVN"),
        (fade, &[9_000], &[9_900], (10_060, Multiple), "behind is no target"),
        (odd, &[], &[], (10_062, Multiple), "1.5 · 41 = 61.5: half a tick nearer"),
        (through, &[10_001], &[], (10_001, Hvn), "the next HVN, however near"),
        (through, &[], &[10_010], (10_080, Multiple), "a POC is none: 2 R"),
        (through, &[10_000], &[], (10_080, Multiple), "the entry itself is none"),
    ] {
        assert_eq!(got(frame, hvns, pocs), want, "{what}");
        let turned = |list: &[i64]| list.iter().map(|price| 20_000 - price).collect::<Vec<_>>();
        let (hvns, pocs) = (turned(hvns), turned(pocs));
        assert_eq!(got(mirrored(frame), &hvns, &pocs), want, "{what}, short");
    }
}

#[test]
fn a_magnet_must_pay_twice_the_round_trip() {
    let magnet = Frame {
        hypothesis: Hypothesis::Magnet,
        kind: LevelKind::NakedPoc,
        entry: Price(9_992),
        node: zone(9_992, 10_008),
        ..long(10_000_000)
    };
    let stop = magnet.stop().expect("a stop");
    // 8 ticks of 9 992 are 800.64 millionths: half of it, 400.32, is what a round trip may cost.
    let centre =
        Target { price: Price(10_000), kind: TargetKind::Centre, risk: magnet.entry - stop };
    assert_eq!(magnet.target(stop, Nodes::default(), Share(400)), Ok(centre));
    let dear = magnet.target(stop, Nodes::default(), Share(401));
    assert_eq!(dear, Err(ExitRefusal::FeesEatIt));
    let behind = Frame { level: Price(9_991), ..magnet };
    assert_eq!(behind.target(stop, Nodes::default(), Share(1)), Err(ExitRefusal::FeesEatIt));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The stop is never beyond the rule and less than a tick inside it; shorts are mirrored.
    #[test]
    fn the_stop_is_the_rule_less_than_a_tick_nearer(
        half in 0_i64..100, width in 0_i64..200, atr in 1_i64..400_000_000, lvn: bool,
    ) {
        let kind = if lvn { LevelKind::Lvn } else { LevelKind::Vah };
        let frame = Frame {
            kind,
            zone: zone(10_000 - half, 10_000 + half),
            node: zone(10_000 - width, 10_000),
            ..long(atr)
        };
        // In half millionths of a tick.
        let room = atr.max(2_000_000 * half).max(if lvn { width * 1_000_000 } else { 0 });
        let rule = (10_000 - half) * 2_000_000 - room;
        match frame.stop() {
            Ok(stop) => {
                let inside = stop.0 * 2_000_000 - rule;
                prop_assert!((0..2_000_000).contains(&inside), "{inside}");
                prop_assert!(mirrored(frame).stop() == Ok(Price(20_000 - stop.0)));
            }
            Err(_) => prop_assert!(rule > 9_999 * 2_000_000, "refused with room"),
        }
    }
}

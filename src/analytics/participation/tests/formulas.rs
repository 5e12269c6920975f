//! Each formula at its edges: a threshold that is exactly hit holds or not as the words say.

use model::{Lots, Nanos, Price};

use crate::Baseline;
use crate::participation::bars::Closed;
use crate::participation::clusters::{Cluster, DepthBins, Found, Ground, Structure};
use crate::participation::effort::{Body, Expansion, Flows, flow_quality, scaled};
use crate::participation::fusion::{
    Accord, Facts, Label, Timeframes, Vote, size_factor, trail_factor,
};
use crate::participation::momentum::{Exhaustion, State, Tiring, agreement, thins, validated};
use crate::participation::urgency::{Parts, Pressure, x_factor};

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got}, expected {want}");
}

#[test]
fn body_wick_and_efficiency() {
    for (body, range, efficiency, wicked, efficient) in [
        (10, 10, Some(1.0), Some(false), Some(true)),
        // 0.6 × (1 − 0.5 × 0.4); a wick share of exactly 2/5 is not above it.
        (6, 10, Some(0.48), Some(false), Some(true)),
        (59, 100, Some(0.469_05), Some(true), Some(true)),
        // b(1 + b)/2 = 7/20 has no rational root: either side of b = 0.474 709.
        (4_747, 10_000, Some(0.350_020_045), Some(true), Some(true)),
        (4_746, 10_000, Some(0.349_922_58), Some(true), Some(false)),
        (0, 10, Some(0.0), Some(true), Some(false)),
        (0, 0, None, None, None),
    ] {
        let of = Body { body, range };
        assert_eq!(of.efficiency().is_some(), efficiency.is_some());
        if let (Some(got), Some(want)) = (of.efficiency(), efficiency) {
            near(got, want);
        }
        assert_eq!((of.is_wicked(), of.is_efficient()), (wicked, efficient), "{of:?}");
    }
}

#[test]
fn flows_agree_or_not() {
    let of = |delta, ofi, obi| Flows { delta, ofi, obi };
    for (flows, body, alignment, direction) in [
        (of(5, Some(0.1), Some(0.2)), 1, 1.2, 1),
        (of(5, Some(0.1), Some(-0.2)), 1, 1.0, 1),
        (of(5, Some(-0.1), Some(-0.2)), 1, 0.6, -1),
        // Zero agrees with nothing: neither a flow of zero nor a bar that closed where it opened.
        (of(5, Some(0.0), Some(0.2)), 1, 1.0, 1),
        (of(5, Some(-0.0), Some(-0.2)), 1, 0.6, 0),
        (of(5, Some(0.1), Some(0.2)), 0, 0.6, 1),
        // Without a book delta alone; with half of one, two of two.
        (of(5, None, None), 1, 1.0, 1),
        (of(-5, None, None), 1, 0.6, -1),
        (of(0, None, None), 1, 0.6, 0),
        (of(5, Some(0.1), None), 1, 1.0, 1),
        (of(5, None, Some(-0.1)), 1, 0.6, 0),
    ] {
        assert_eq!(flows.alignment(body).to_bits(), f64::to_bits(alignment), "{flows:?}");
        assert_eq!(flows.direction(), direction, "{flows:?}");
    }
    near(of(5, Some(0.1), Some(0.2)).agreement(-1), 0.75);
    near(of(5, Some(0.1), None).agreement(0), 2.0 / 3.0);
    near(of(-5, None, None).agreement(1), 0.5);
    near(
        flow_quality(1.2, Some(0.5), [Some(0.8), Some(-0.25)]).expect("volume"),
        1.2 * 0.464_158_883_361_277_9,
    );
    near(flow_quality(1.0, Some(0.5), [None, None]).expect("volume"), 0.5);
    near(flow_quality(1.2, Some(1.0), [Some(1.0), Some(1.0)]).expect("volume"), 1.0);
    assert_eq!(flow_quality(1.0, None, [Some(1.0), None]), None, "no volume, no quality");
}

#[test]
fn volume_against_its_mean() {
    let of = |volume, sum| Expansion { volume, sum, count: 20 };
    near(of(30, 400).ratio().expect("a mean"), 1.5);
    near(of(90, 400).ratio().expect("a mean"), 3.0);
    assert_eq!(of(30, 0).ratio(), None, "nothing to measure by");
    // 39 of a mean of 20 is 1.95 exactly: a third of it is 0.65.
    assert_eq!((of(39, 400).is_expanded(), of(38, 400).is_expanded()), (Some(true), Some(false)));
    assert!(!thins(70, 100) && thins(69, 100) && !thins(0, 0), "exactly 7/10 is not below it");
    assert_eq!((scaled(2.0, Some(1.0)), scaled(1.0, Some(0.0))), (Some(1.0), None));
    near(scaled(1.0, Some(2.0)).expect("a percentile"), 0.3);
}

#[test]
fn momentum_states_in_their_order() {
    for (slope, accel, want) in [
        (0.4, 9.0, State::Drifting),
        (0.5, 0.1, State::Drifting),
        (0.500_001, 0.1, State::Trending),
        (0.41, 0.11, State::Accelerating),
        (-0.41, -0.11, State::Accelerating),
        (-0.41, 0.11, State::Decelerating),
        (0.6, -0.1, State::Trending),
        (0.25, 0.0, State::Drifting),
        (-0.249_999, 0.0, State::Flat),
        (0.0, 5.0, State::Flat),
    ] {
        assert_eq!(State::of(slope, accel), want, "{slope} {accel}");
    }
    assert_eq!([agreement(1, 1), agreement(0, 0), agreement(1, -1)], [1.0, 0.3, 0.3]);
    near(validated(2.0, 0.3), 1.44);
}

#[test]
fn exhaustion_counts_and_warns() {
    let of = |bits: u8, slope| {
        let bit = |at: u8| Some(bits & 1 << at != 0);
        let tiring = Tiring { fades: bit(0), thins: bit(1), wicks: bit(2), slows: bit(3) };
        Exhaustion::of(tiring, slope).expect("all four are known")
    };
    for (bits, slope, value, warns) in [
        (0b0000, 2.0, 0.0, false),
        (0b0011, 2.0, 0.4, false),
        (0b0111, 0.5, 0.6, true),
        (0b0111, -0.500_001, 0.9, true),
        (0b1111, 0.5, 0.8, true),
    ] {
        let got = of(bits, slope);
        assert_eq!((got.value.to_bits(), got.warns()), (f64::to_bits(value), warns), "{bits:b}");
    }
    assert_eq!(Exhaustion::of(Tiring::default(), 1.0), None);
}

#[test]
fn urgency_and_x_factor() {
    for (urgency, class) in [
        (0.75, Pressure::Aggressive),
        (0.749_999, Pressure::Elevated),
        (0.5, Pressure::Elevated),
        (0.3, Pressure::Patient),
        (0.299_999, Pressure::Passive),
    ] {
        assert_eq!(Pressure::of(urgency), class, "{urgency}");
    }
    let one = Some(1.0);
    let parts =
        Parts { expansion: one, strength: one, intensity: one, quality: one, momentum: one };
    near(parts.urgency().expect("all parts"), 1.0);
    assert_eq!(Parts { intensity: None, ..parts }.urgency(), None, "a missing part is not zero");
    let (yes, no) = (Some(true), Some(false));
    for (conditions, want) in [
        ([yes, yes, yes, yes, None], yes),
        ([yes, yes, yes, None, no], None),
        ([yes, yes, None, no, no], no),
        ([yes, yes, yes, no, no], no),
    ] {
        assert_eq!(x_factor(conditions), want, "{conditions:?}");
    }
}

fn cluster(low: i64, bias: f64) -> Cluster {
    let mut cluster = Cluster { low: Price(low), lots: 100, z: 2.0, bias, ..Cluster::NONE };
    cluster.measure(&ground(Some(10.0), Some(0.05)), 4);
    cluster
}

fn ground(atr: Option<f64>, lambda: Option<f64>) -> Ground {
    Ground { price: Price(1_000), atr, lambda, effort: Some(0.5), interest: None }
}

#[test]
fn clusters_weigh_and_hold() {
    // Centre 1012, 1.2 ATR off; difficulty 0.05 × 100 × 0.5/10 = 0.25.
    let above = cluster(1_010, -0.5);
    near(above.distance.expect("ATR"), 1.2);
    near(above.difficulty.expect("λ"), 0.25);
    near(above.score.expect("ATR"), 2.0 * 0.75 * libm::exp(-1.2 * 1.25 / 2.0));
    let below = cluster(993, 0.5);
    let structure = Structure::of(&[below, above]);
    near(structure.support.expect("scores"), 1.5 * libm::exp(-0.5 * 1.25 / 2.0));
    near(structure.resistance.expect("scores"), above.score.expect("ATR"));
    near(structure.runway_up.expect("λ"), 1.0 / (1.0 + 0.25 * libm::exp(-0.6)));
    // Half an ATR exactly is near.
    assert_eq!(below.distance, Some(0.5));
    assert_eq!((structure.support_near, structure.resistance_near), (Some(true), Some(false)));
    // On the wrong side of their bias, or at the price itself, they are neither.
    let odd = Structure::of(&[cluster(1_010, 0.5), cluster(993, -0.5), cluster(998, 0.9)]);
    assert_eq!((odd.support, odd.resistance, odd.bias), (Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!(Structure::of(&[]).support.map(f64::to_bits), Some(0), "+0, not −0");
    // Without ATR nothing is weighed; without λ the way is not known to be free.
    let mut bare = cluster(1_010, -0.5);
    bare.measure(&ground(None, None), 4);
    let bare = Structure::of(&[bare]);
    assert_eq!((bare.resistance, bare.combined, bare.resistance_near), (None, None, None));
    assert_eq!((bare.support, bare.runway_down), (Some(0.0), Some(1.0)), "nothing there, known");
    let mut blind = cluster(1_010, -0.5);
    blind.measure(&ground(Some(10.0), None), 4);
    near(blind.score.expect("difficulty's factor is 1"), 1.5 * libm::exp(-0.6));
    assert_eq!(Structure::of(&[blind]).runway_up, None);
}

#[test]
fn the_largest_clusters_stay_lowest_first() {
    let mut found = Found::NONE;
    for (low, lots) in (0..20).zip([5, 1, 9, 1, 1].into_iter().cycle()) {
        found.push(Cluster { low: Price(low), lots, ..Cluster::NONE });
    }
    let kept: Vec<(i64, i64)> = found.kept().iter().map(|one| (one.low.0, one.lots)).collect();
    let mut want: Vec<(i64, i64)> = (0..20).zip([5, 1, 9, 1, 1].into_iter().cycle()).collect();
    want.sort_by_key(|&(low, lots)| (-lots, low));
    want.truncate(16);
    want.sort_unstable();
    assert_eq!((kept, found.all), (want, 20));
}

#[test]
fn depth_against_its_mean() {
    let mut bins = DepthBins { shift: 2, first: 10, count: 4, all: 40, ..DepthBins::NONE };
    bins.lots[..4].copy_from_slice(&[1, 10, 9, 20]);
    for (shift, row, want) in [
        (2, 10, Some(0.5)),
        (2, 11, Some(1.0)),
        (2, 13, Some(2.0)),
        (2, 14, None),
        (2, 9, None),
        // Two rows in one: their mean. Half a row: as deep a tick as the whole.
        (3, 5, Some(0.55)),
        (3, 4, None),
        (1, 23, Some(1.0)),
    ] {
        assert_eq!(bins.factor(shift, row), want, "{shift} {row}");
    }
    assert_eq!(DepthBins::NONE.factor(2, 0), None);
}

/// What is changed, and the word that follows.
type Row = (fn(&mut Facts), Option<Label>);

#[test]
fn the_first_word_that_fits() {
    let facts = Facts {
        state: Some(State::Accelerating),
        slope: Some(1),
        flow: 1,
        delta: 1,
        agreement: Some(1.0),
        exhaustion: Some(0.2),
        runway_up: Some(0.71),
        runway_down: Some(0.71),
        structural_bias: Some(0.31),
        combined: Some(0.5),
        support_near: Some(false),
        resistance_near: Some(false),
        accumulation: Some(0.6),
    };
    let with = |change: fn(&mut Facts)| {
        let mut facts = facts;
        change(&mut facts);
        facts.label()
    };
    assert_eq!(facts.label(), Some(Label::StrongMomentumLong));
    let rows: [Row; 12] = [
        (|f| f.runway_up = Some(0.7), Some(Label::NoSignal)),
        (|f| f.structural_bias = Some(0.3), Some(Label::NoSignal)),
        (|f| f.runway_up = None, None),
        (
            |f| (f.slope, f.structural_bias) = (Some(-1), Some(-0.4)),
            Some(Label::StrongMomentumShort),
        ),
        (
            |f| {
                (f.state, f.resistance_near, f.exhaustion) =
                    (Some(State::Trending), Some(true), Some(0.6))
            },
            Some(Label::FadeExhaustionShort),
        ),
        (
            |f| (f.runway_up, f.support_near) = (Some(0.1), Some(true)),
            Some(Label::ConfirmedBounceLong),
        ),
        (
            |f| (f.state, f.combined) = (Some(State::Trending), Some(0.29)),
            Some(Label::CleanTrendLong),
        ),
        (|f| (f.state, f.combined) = (Some(State::Trending), Some(0.3)), Some(Label::NoSignal)),
        (
            |f| (f.state, f.agreement) = (Some(State::Decelerating), Some(0.3)),
            Some(Label::DivergenceWarning),
        ),
        (|f| f.state = Some(State::Flat), Some(Label::Accumulation)),
        (|f| (f.state, f.delta) = (Some(State::Flat), -1), Some(Label::Distribution)),
        // What is missing decides only where it would have decided.
        (|f| (f.state, f.accumulation) = (Some(State::Flat), None), None),
    ];
    for (at, (change, want)) in rows.into_iter().enumerate() {
        assert_eq!(with(change), want, "row {at}");
    }
}

#[test]
fn timeframes_beside_each_other() {
    let vote = |direction, warns| Vote { direction, confidence: Some(1.0), warns };
    for (sides, accord, direction, exhausted) in [
        ([1, 1, 1], Accord::Strong, 1, Some(true)),
        ([-1, 1, -1], Accord::Lean, -1, Some(true)),
        ([1, 0, 0], Accord::Mixed, 0, Some(true)),
        ([1, -1, 0], Accord::Mixed, 0, Some(true)),
        ([0, 0, 0], Accord::Mixed, 0, Some(true)),
    ] {
        let all = Timeframes::of(sides.map(|side| vote(side, Some(true))));
        assert_eq!((all.accord, all.direction, all.exhausted), (accord, direction, exhausted));
        near(all.confidence.expect("all three"), 1.0);
        near(all.size_factor(), if accord == Accord::Mixed { 0.5 } else { 1.0 });
    }
    // 5 m has no say in it; one that is known not to warn decides.
    let warns = |five, fifteen, thirty| {
        Timeframes::of([vote(1, five), vote(1, fifteen), vote(1, thirty)]).exhausted
    };
    assert_eq!(warns(Some(false), Some(true), Some(true)), Some(true));
    assert_eq!(warns(Some(true), None, Some(false)), Some(false));
    assert_eq!(warns(Some(true), None, Some(true)), None);
    near(size_factor(State::Accelerating, 1.0), 1.32);
    near(size_factor(State::Flat, 0.3), 0.4);
    assert_eq!(
        [trail_factor(State::Trending, false), trail_factor(State::Trending, true)],
        [1.2, 0.7]
    );
}

#[test]
fn a_day_of_samples() {
    let length = Nanos(30 * model::MINUTE.0);
    let mut day = Baseline::new(length);
    let time = |at: u64| Nanos((1_000 + at) * length.0);
    for at in 0..23 {
        day.push(time(at), 1.0);
    }
    assert_eq!((day.percentile(95), day.share_below(1.0)), (None, None), "half a day is 24");
    day.push(time(23), 5.0);
    // Rank ⌈0.95 × 24⌉ = 23 of 24; below 5: 23, equal: 1.
    assert_eq!((day.percentile(95), day.share_below(5.0)), (Some(1.0), Some(23.5 / 24.0)));
    for at in 24..100 {
        day.push(time(at), 2.0);
        assert!(day.len() <= 48);
    }
    assert!(day.is_whole() && day.percentile(95) == Some(2.0));
    day.leave(time(1_000));
    assert!(day.is_empty(), "a day of silence leaves nothing");
    day.push(time(1_000), f64::NAN);
    assert!(day.is_empty(), "what is no number is no sample");
}

#[test]
fn absurd_numbers_make_no_panic() {
    let big = 1 << 48;
    let bar = Closed {
        open: Price(1),
        high: Price(big),
        low: Price(1),
        close: Price(big),
        volume: Lots(1 << 60),
        delta: Lots(-(1 << 60)),
        ..Closed::default()
    };
    assert_eq!(Body::of(&bar).is_efficient(), Some(true));
    let volume = Expansion { volume: 1 << 60, sum: 1 << 60, count: 20 };
    assert_eq!((volume.ratio(), volume.is_expanded()), (Some(3.0), Some(true)));
}

//! Studies, medians and letters against plain recomputes.

mod naive;

use model::Price;
use proptest::prelude::{Strategy, any, prop, proptest};

use super::brackets::BRACKETS;
use super::rank::Rank;
use super::shape::{Class, Form, Held, borders, third};
use super::strongest::Strongest;
use super::study::{BINS_MAX, CLIFFS_MAX, HVNS_MAX, LOTS_MAX, LVNS_MAX, SHELVES_MAX};
use super::tpo::Letters;
use super::{AnatomyPlan, Node, NodeKind, Nodes, Study, Turns, Width};
use crate::profile::naive::{Rules, settle};

fn rows(bins: usize, lots: i64) -> impl Strategy<Value = Vec<i64>> {
    // Long flat stretches and empty bins as well as noise.
    let stretch = (0..lots, 1..9_usize, 0..4_u8);
    let stretches = prop::collection::vec(stretch, 1..bins);
    stretches.prop_map(|all| {
        let bins = all.iter().flat_map(|&(lots, bins, dice)| {
            let lots = if dice == 0 { 0 } else { lots };
            std::iter::repeat_n(lots, if dice < 2 { bins } else { 1 })
        });
        // A profile's row begins and ends with volume.
        std::iter::once(1).chain(bins).chain([2]).collect()
    })
}

fn poc_of(row: &[i64]) -> usize {
    settle(row, Rules::STANDARD).expect("a lot").0
}

fn study(row: &[i64], plan: AnatomyPlan, piece: usize) -> Study {
    let mut study = Study::new(plan);
    // What an earlier row left behind must not matter.
    assert!(study.begin(&[5, 1, 9, 9, 1, 7, 1, 1, 8], 2));
    assert!(!study.step(7));
    assert!(study.begin(row, poc_of(row)));
    while !study.step(piece) {}
    study
}

/// The strongest few of a list in order of price, of equals the lower.
fn strongest(nodes: &[Node], kind: NodeKind, most: usize) -> Vec<Node> {
    let mut all: Vec<(usize, Node)> =
        nodes.iter().copied().filter(|node| node.kind == kind).enumerate().collect();
    all.sort_by_key(|&(at, node)| (std::cmp::Reverse(node.prominence), at));
    all.truncate(most);
    all.sort_by_key(|&(at, _)| at);
    all.into_iter().map(|(_, node)| node).collect()
}

fn check(row: &[i64], plan: AnatomyPlan, piece: usize) {
    let got = study(row, plan, piece);
    let want = naive::nodes(row, plan, poc_of(row));
    assert_eq!(got.found(), want.nodes.len(), "{row:?}");
    let kinds = [
        (NodeKind::Hvn, HVNS_MAX),
        (NodeKind::Lvn, LVNS_MAX),
        (NodeKind::Shelf, SHELVES_MAX),
        (NodeKind::Cliff, CLIFFS_MAX),
    ];
    let told: Vec<Node> =
        kinds.iter().flat_map(|&(kind, most)| strongest(&want.nodes, kind, most)).collect();
    assert_eq!(got.nodes(), told, "{row:?}");
    assert_eq!(got.class(), want.class, "{row:?}");
    assert_eq!(got.smoothed(), want.smooth, "{row:?}");
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(96))]

    #[test]
    fn a_study_in_pieces_equals_a_recompute(
        row in rows(40, 60),
        smooth in 0..3_usize,
        percentile in any::<bool>(),
        piece in 1..70_usize,
    ) {
        let nodes = if percentile { Nodes::Percentile } else { Nodes::Prominence };
        check(&row, AnatomyPlan { smooth_bins: 2 * smooth + 1, nodes, refresh_s: 10 }, piece);
    }

    #[test]
    fn turns_equal_a_walk_from_every_peak(row in prop::collection::vec(-9..10_i64, 0..80)) {
        let turns = Turns::of(&row);
        for peaks in [true, false] {
            let sign = if peaks { 1 } else { -1 };
            let signed: Vec<i64> = row.iter().map(|value| sign * value).collect();
            let got: Vec<_> = turns.all().iter().filter(|turn| turn.peak == peaks).collect();
            let want = naive::peaks(&signed);
            assert_eq!(got.len(), want.len());
            for (got, want) in got.iter().zip(want) {
                assert_eq!((got.left, got.right, got.at()), want);
                assert_eq!(got.prominence, naive::prominence(&signed, want.2));
                let width = naive::width(&signed, want.2, got.prominence);
                assert_eq!(Width::of(&row, got), width);
            }
        }
    }

    #[test]
    fn ranks_equal_a_sorted_list(
        values in prop::collection::vec((0..1_000_000_i64, 0..60_u8), 1..900),
        percent in 1..101_usize,
        piece in 1..300_usize,
    ) {
        // Heavy tails, and many equals.
        let values = values.iter().map(|&(value, shift)| if shift < 40 { value >> (shift / 2) } else { value << (shift - 40) });
        let mut sorted: Vec<i64> = values.collect();
        let mut rank = Rank::new(sorted.len());
        let load = |rank: &mut Rank, values: &[i64]| {
            rank.clear();
            for &value in values {
                rank.extend(std::iter::once(value));
            }
        };
        load(&mut rank, &sorted);
        rank.seek_median();
        while rank.step(piece) == 0 {}
        let median = rank.found();
        load(&mut rank, &sorted);
        rank.seek_percentile(percent);
        while rank.step(piece) == 0 {}
        let percentile = rank.found();
        sorted.sort_unstable();
        let count = sorted.len();
        assert_eq!(median, (sorted[(count - 1) / 2], sorted[count / 2]));
        let nearest = sorted[(percent * count).div_ceil(100) - 1];
        assert_eq!(percentile, (nearest, nearest));
    }

    #[test]
    fn letters_equal_a_count_bin_by_bin(
        ranges in prop::collection::vec((0..3_u8, -400..900_i64, 0..300_i64), 1..=BRACKETS),
        width in 1..9_i64,
        piece in 1..70_usize,
    ) {
        let ranges: Vec<_> = ranges
            .iter()
            .map(|&(dice, low, span)| (dice > 0).then_some((Price(low), Price(low + span))))
            .collect();
        let mut letters = Letters::new();
        let could = letters.begin(&ranges, width);
        assert_eq!(could, ranges.iter().flatten().next().is_some());
        if could {
            while !letters.step(piece) {}
            check_letters(&letters, &ranges, width);
        }
    }

    #[test]
    fn a_symmetric_profile_has_a_symmetric_value_area_up_to_the_tie_rule(
        falls in prop::collection::vec(1..40_i64, 1..40),
    ) {
        // Flanks that fall: on others the upper of two equals may open the way to a third.
        let mut half: Vec<i64> = falls.iter().rev().scan(0, |sum, fall| {
            *sum += fall;
            Some(*sum)
        }).collect();
        half.reverse();
        let middle = half[0] + 1;
        let mirrored = half.iter().rev().copied();
        let row: Vec<i64> = mirrored.chain([middle]).chain(half.iter().copied()).collect();
        let (poc, low, high) = settle(&row, Rules::STANDARD).expect("lots");
        assert_eq!(poc, half.len());
        // Of equals the upper first: at most that one bin stands without its mirror image.
        let (below, above) = (poc - low, high - poc);
        assert!(below == above || below + 1 == above, "{below} below, {above} above: {row:?}");
        // And the engine's own, incremental, is the same.
        let mut profile = crate::Profile::folding(0);
        for (at, &lots) in row.iter().enumerate() {
            let price = Price(1_000 + i64::try_from(at).expect("short"));
            profile.add(price, model::Side::Buy, model::Lots(lots));
        }
        let edge = |at: usize| Price(1_000 + i64::try_from(at).expect("short"));
        assert_eq!(profile.value_area(), Some((edge(low), edge(high + 1))));
    }
}

proptest! {
    // Few: the recompute walks from every peak.
    #![proptest_config(proptest::test_runner::Config::with_cases(12))]

    #[test]
    fn a_study_of_a_long_row_equals_a_recompute(row in rows(300, 1_000_000)) {
        check(&row, AnatomyPlan::default(), 64);
    }
}

fn check_letters(letters: &Letters, ranges: &[Option<(Price, Price)>], width: i64) {
    let bin = |price: Price| price.0.div_euclid(width);
    let low = ranges.iter().flatten().map(|&(low, _)| bin(low)).min().expect("a trade");
    let high = ranges.iter().flatten().map(|&(_, high)| bin(high)).max().expect("a trade");
    let count = |at: i64| {
        let holds = |&&(low, high): &&(Price, Price)| (bin(low)..=bin(high)).contains(&at);
        i64::try_from(ranges.iter().flatten().filter(holds).count()).expect("48")
    };
    let counts: Vec<i64> = (low..=high).map(count).collect();
    assert_eq!(letters.counts(), counts);
    let edge = |at: usize| Price((low + i64::try_from(at).expect("short")) * width);
    let (poc, val, vah) = settle(&counts, Rules::STANDARD).expect("letters");
    assert_eq!(letters.poc(), edge(poc));
    assert_eq!(letters.value_area(), (edge(val), edge(vah + 1)));
    // Runs of ones that something stands above and below of.
    let mut runs = Vec::new();
    let mut at = 0;
    while at < counts.len() {
        let end = at + counts[at..].iter().take_while(|&&count| count == 1).count();
        if end - at >= 2 && at > 0 && end < counts.len() {
            runs.push((end - at, edge(at), edge(end)));
        }
        at = end + 1;
    }
    assert_eq!(letters.found, runs.len());
    let told: Vec<_> = letters.singles().collect();
    assert_eq!(told.len(), runs.len().min(super::tpo::SINGLES_MAX));
    let is_run = |run: &(Price, Price)| runs.iter().any(|&(_, low, end)| (low, end) == *run);
    assert!(told.iter().all(is_run) && told.is_sorted());
}

#[test]
fn plateaus_stand_in_their_middle_and_ends_are_no_peaks() {
    for (row, want) in [
        (&[0, 3, 3, 3, 3, 1, 2, 0][..], vec![(1, 4, 2, 3), (6, 6, 6, 1)]),
        (&[9, 1, 9], vec![]),
        (&[9, 9, 1, 5, 1], vec![(3, 3, 3, 4)]),
        // A higher one between: the low beyond it does not count; an equal one does not stop.
        (
            &[0, 4, 2, 9, 1, 5, 3, 5, 2, 0],
            vec![(1, 1, 1, 2), (3, 3, 3, 9), (5, 5, 5, 4), (7, 7, 7, 4)],
        ),
        (&[], vec![]),
        (&[7], vec![]),
    ] {
        let turns = Turns::of(row);
        let peaks = turns.all().iter().filter(|turn| turn.peak);
        let got: Vec<_> =
            peaks.map(|peak| (peak.left, peak.right, peak.at(), peak.prominence)).collect();
        assert_eq!(got, want, "{row:?}");
    }
}

#[test]
fn shapes_are_named_in_the_order_of_the_specification() {
    let form = |bins, poc, thirds| Form { bins, poc, thirds };
    for (form, double, want) in [
        (form(19, 18, [1, 1, 9]), false, None),
        // q = 2/3 exactly is enough: (poc)/(bins − 1) = 14/21.
        (form(22, 14, [3, 4, 9]), true, Some(Class::P)),
        (form(22, 13, [3, 4, 9]), true, Some(Class::Double)),
        (form(22, 14, [3, 9, 9]), false, Some(Class::D)),
        (form(22, 7, [9, 4, 3]), true, Some(Class::Low)),
        (form(22, 8, [9, 4, 3]), false, Some(Class::D)),
        // No third holds 40 %; at exactly 40 % one does.
        (form(30, 15, [39, 22, 39]), false, Some(Class::Thin)),
        (form(30, 15, [40, 20, 40]), false, Some(Class::D)),
    ] {
        assert_eq!(form.class(double), want, "{form:?}");
    }
    assert!((form(21, 20, [0; 3]).bias(Class::P) - 1.0).abs() < 1e-12);
    assert!((form(21, 5, [0; 3]).bias(Class::Low) + 0.5).abs() < 1e-12);
    assert_eq!(form(21, 5, [0; 3]).bias(Class::D).to_bits(), 0.0_f64.to_bits());
    assert_eq!(form(1, 0, [0; 3]).place(), None);
    let thirds: Vec<usize> = (0..7).map(|bin| third(bin, 7)).collect();
    assert_eq!(thirds, [0, 0, 1, 1, 1, 2, 2]);
}

#[test]
fn a_class_counts_after_three_closes_in_a_row() {
    let mut held = Held::default();
    let (p, d) = (Some(Class::P), Some(Class::D));
    for (found, counts) in [
        (p, None),
        (p, None),
        (p, p),
        (d, p),
        (d, p),
        (p, p),
        (d, p),
        (d, p),
        (d, d),
        (None, d),
        (None, d),
        (None, None),
    ] {
        held.close(found);
        assert_eq!(held.counts, counts, "{held:?}");
    }
}

#[test]
fn rows_that_are_no_histogram_are_refused() {
    let mut study = Study::new(AnatomyPlan::default());
    assert!(!study.begin(&[], 0));
    assert!(!study.begin(&[1; BINS_MAX + 1], 0));
    assert!(!study.begin(&[1, 2], 2));
    assert!(!study.begin(&[LOTS_MAX, 1], 0));
    assert!(!study.begin(&[i64::MAX, i64::MAX], 0));
    assert!(study.step(1), "nothing to do");
    // The heaviest that fits.
    assert!(study.begin(&[LOTS_MAX - 2, 1, 1], 0));
    while !study.step(1) {}
    assert!(study.begin(&[1; BINS_MAX], 0));
    while !study.step(64) {}
}

#[test]
fn the_strongest_stay_in_their_order() {
    let mut list = Strongest::new(3);
    for (at, strength) in [4, 9, 4, 4, 1, 5, 5].into_iter().enumerate() {
        list.offer(strength, at);
    }
    assert_eq!(list.iter().collect::<Vec<_>>(), [1, 5, 6]);
}

#[test]
fn borders_are_where_the_third_changes() {
    for bins in 1..=BINS_MAX {
        let first = |of| (0..bins).find(|&bin| third(bin, bins) >= of).unwrap_or(bins);
        assert_eq!(borders(bins), [first(1), first(2)], "{bins} bins");
    }
}

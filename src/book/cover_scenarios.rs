//! What levels lost, how far a snapshot covers the book, and rows of depth.

use std::collections::BTreeMap;

use model::{
    DepthLotsLine, DepthRowsLine, Draft, Interval, Kind, Level, LevelPrice, Lots, OBI_LEVELS,
    Price, Side, TradeLine,
};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::Plan;
use crate::scenario::{Scenario, check_usdm};
use crate::tests::{Bench, ID, NOON};

#[test]
fn a_trusted_event_says_what_levels_lost_since_the_one_before() {
    check_usdm(
        "
        losses                               |
        snapshot 100 b10:5 b9:9 a12:5 a13:7  | syncing 100
        at 100                               |
        depth 99-101<98 b10:3                | trusted 101 10:3/12:5 sums 2:12/2:12
        at 200                               |
        depth 102-102<101 b10:1 b9:9 b8:4 a12:0 a13:8 | lost after 100: b10:2 a12:5; trusted 102 10:1/13:8 sums 3:14/1:8
        depth 103-103<102 b10:2              | lost after 200:; trusted 103 10:2/13:8 sums 3:15/1:8
        at 300                               |
        depth 104-104<103 b8:1               | lost after 200: b8:3; trusted 104 10:2/13:8 sums 3:12/1:8
        ",
    );
    // None by the event that breaks the chain or leaves the book crossed, nor by the first one
    // behind a snapshot: the interval before it is not known.
    check_usdm(
        "
        losses                               |
        snapshot 100 b10:5 a12:5             | syncing 100
        depth 99-101<98 b10:3                | trusted 101 10:3/12:5 sums 1:3/1:5
        depth 103-103<102 b10:1              | unsynced 101
        snapshot 103 b10:5 a12:5             | trusted 103 10:1/12:5 sums 1:1/1:5
        depth 104-104<103 b10:0 b12:1 b9:1   | unsynced 104
        ",
    );
    // Beyond the window as well as in it; a quantity that was or is too wide is said to be cut.
    check_usdm(
        "
        losses                               |
        snapshot 100 b1000:5 b1:9 a1200:5    | syncing 100
        depth 99-101<98 b999:1               | trusted 101 1000:5/1200:5 sums 3:15/1:5
        depth 102-102<101 b1:4               | lost after 0: b1:5; trusted 102 1000:5/1200:5 sums 3:10/1:5
        depth 103-103<102 b999:4294967296    | lost after 0: cut 1; trusted 103 1000:5/1200:5 sums 3:4294967305/1:5
        depth 104-104<103 b1000:4            | lost after 0: b1000:1 cut 1; trusted 104 1000:4/1200:5 sums 3:4294967304/1:5
        ",
    );
}

/// `count` levels a side from the best down, one lot each.
fn side(letter: char, best: i64, step: i64, count: i64) -> String {
    (0..count).map(|at| format!(" {letter}{}:1", best + step * at)).collect()
}

fn cut_book(scenario: &mut Scenario) {
    let snapshot = format!("snapshot 100{}{}", side('b', 1000, -1, 50), side('a', 1010, 1, 50));
    assert_eq!(scenario.step(&snapshot), "syncing 100");
    assert!(scenario.step("depth 99-101<98 b1000:2").starts_with("trusted 101 1000:2/1010:1"));
}

fn usdm() -> Scenario {
    let plan = Plan { window_ticks: 1024, far_slots: 64, ..Plan::default() };
    Scenario::new("X:1:1", plan)
}

#[test]
fn a_book_whose_best_levels_leave_the_snapshot_says_so_until_another_covers_them() {
    let mut scenario = usdm();
    cut_book(&mut scenario);
    // Bids 1000 .. 951: with 40 of them gone ten are left, all told by the snapshot.
    let gone: String = (961..=1000).map(|price| format!(" b{price}:0")).collect();
    let seen = scenario.step(&format!("depth 102-102<101{gone}"));
    assert_eq!(seen, "trusted 102 960:1/1010:1 sums 10:10/10:10");
    // Nine, and one that is only known because it changed: others may lie before it.
    let seen = scenario.step("depth 103-103<102 b960:0 b900:7");
    assert_eq!(seen, "trusted 103 959:1/1010:1 sums 10:16/10:10 uncovered");
    assert_eq!(scenario.step("count uncovered"), "1");
    // A snapshot from before those events leads nowhere; the book stays as it is.
    assert_eq!(scenario.step("snapshot 102 b1:1 a2000:1"), "-");
    let seen = scenario.step("depth 104-105<103 b949:3");
    assert_eq!(seen, "trusted 105 959:1/1010:1 sums 10:12/10:10 uncovered");
    // One that meets them mends it at once, with what came since.
    let fresh = format!("snapshot 104{}{}", side('b', 959, -1, 50), side('a', 1010, 1, 50));
    assert_eq!(scenario.step(&fresh), "trusted 105 959:1/1010:1 sums 10:10/10:10");
    assert_eq!(scenario.step("count snapshots_ignored"), "1");
    assert_eq!(scenario.step("count distrusted"), "0");
    let seen = scenario.step("depth 106-106<105 b959:2");
    assert_eq!(seen, "trusted 106 959:2/1010:1 sums 10:11/10:10");
}

#[test]
fn a_book_is_covered_again_when_the_price_comes_back() {
    let mut scenario = usdm();
    cut_book(&mut scenario);
    let gone: String = (959..=1000).map(|price| format!(" b{price}:0")).collect();
    let seen = scenario.step(&format!("depth 102-102<101{gone}"));
    assert_eq!(seen, "trusted 102 958:1/1010:1 sums 8:8/10:10 uncovered");
    let seen = scenario.step("depth 103-103<102 b970:1 b971:1");
    assert_eq!(seen, "trusted 103 971:1/1010:1 sums 10:10/10:10");
    // What was kept is of no use any more: a later gap starts with nothing but its own event.
    assert_eq!(scenario.step("snapshot 103 b1:1 a2000:1"), "-");
    assert_eq!(scenario.step("depth 110-111<109 b1:1"), "unsynced 103");
    assert_eq!(scenario.step("count depth_gaps"), "1");
    assert_eq!(scenario.step("snapshot 103 b5:1 a2000:1"), "unsynced 103");
}

#[test]
fn a_whole_snapshot_covers_everything() {
    check_usdm(
        "
        snapshot 100 b10:5 b9:1 a12:5        | syncing 100
        depth 99-101<98 b10:0 b9:0 b1:1      | trusted 101 1:1/12:5 sums 1:1/1:5
        count uncovered                      | 0
        ",
    );
}

/// Rows of a book against a sum over its levels.
#[test]
fn rows_of_depth_come_with_a_five_minute_bar() {
    let mut bench = Bench::new("X:1:1", Plan::default());
    let mut levels = vec![];
    for at in 0..900_i64 {
        levels.push((Side::Buy, 60_000 - at * 3, 1 + at % 7));
        levels.push((Side::Sell, 60_001 + at * 2, 2 + at % 5));
    }
    let put = |draft: &mut Draft| {
        for side in [Side::Buy, Side::Sell] {
            for &(_, price, lots) in levels.iter().filter(|(of, _, _)| *of == side) {
                let price = LevelPrice::Tick(Price(price));
                assert!(draft.push_level(Level { side, price, lots: Lots(lots) }));
            }
        }
    };
    bench.draft.open(Kind::Snapshot, ID);
    bench.draft.head.id = 100;
    put(&mut bench.draft);
    let _ = bench.take();
    let trade = |bench: &mut Bench, id: u64, millis: u64| {
        bench.now = NOON.after(model::Nanos::from_millis(millis));
        bench.draft.open(Kind::Trade, ID);
        bench.draft.head.id = id;
        bench.draft.head.time_match = bench.now;
        bench.draft.push(TradeLine {
            price: Price(60_000),
            lots: Lots(1),
            lots_normal: Lots(1),
            first: id,
            last: id,
            side: Side::Buy.code(),
            reserved: [0; 23],
        });
        bench.take()
    };
    let _ = trade(&mut bench, 1, 0);
    // Not yet trusted: none.
    let rows =
        |seen: &[crate::tests::Seen]| seen.iter().position(|seen| seen.kind() == Kind::DepthRows);
    assert_eq!(rows(&trade(&mut bench, 2, 300_000)), None);
    bench.draft.open(Kind::Depth, ID);
    (bench.draft.head.id, bench.draft.head.id_span) = (101, 1);
    bench.draft.head.time_match = NOON.after(model::Nanos::from_millis(300_100));
    let _ = bench.take();
    assert_eq!(rows(&trade(&mut bench, 3, 301_000)), None, "no 5 m bar, no rows");
    let seen = trade(&mut bench, 4, 600_000);
    let at = rows(&seen).expect("rows");
    assert!(
        seen[..at]
            .iter()
            .any(|seen| { seen.bar().is_some_and(|(bar, _)| bar.interval() == Interval::Minute5) })
    );
    let line: &DepthRowsLine = seen[at].body[0].view();
    assert_eq!((line.mid_doubled, line.shift), (120_001, 4));
    assert_eq!(line.row_first, 60_000 / 16 - 64);
    assert_eq!(line.time, NOON.after(model::Nanos::from_millis(600_000)));
    let lots: Vec<i64> = seen[at].body[1..]
        .iter()
        .flat_map(|line| line.view::<DepthLotsLine>().lots.map(|Lots(lots)| lots))
        .collect();
    let mut want = BTreeMap::new();
    for (_, price, lots) in levels {
        *want.entry(price.div_euclid(16)).or_insert(0) += lots;
    }
    for (row, got) in (line.row_first..).zip(&lots[..usize::try_from(line.rows).unwrap()]) {
        assert_eq!(*got, want.get(&row).copied().unwrap_or(0), "row {row}");
    }
    assert!(lots[129..].iter().all(|lots| *lots == 0));
}

proptest! {
    #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]

    /// A venue with a deep book, of which a snapshot tells 50 levels a side: wherever the price
    /// walks, the best ten that are not called uncovered are the venue's.
    #[test]
    fn a_covered_top_is_the_venues(
        steps in proptest::collection::vec((-25_i64..25, 0..40_usize, 0..3_u8), 1..60),
        seed in 0..1_000_u64,
    ) {
        let mut random = seed.wrapping_mul(2).wrapping_add(1);
        let mut next = move |below: i64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(random >> 40).expect("24 bits") % below
        };
        let mut mid = 5_000_i64;
        let mut venue: [BTreeMap<i64, i64>; 2] = [BTreeMap::new(), BTreeMap::new()];
        for at in 1..400 {
            venue[0].insert(mid - at, 1 + next(50));
            venue[1].insert(mid + at, 1 + next(50));
        }
        let mut scenario = usdm();
        let top = |side: &BTreeMap<i64, i64>, bids: bool, count: usize| -> Vec<(i64, i64)> {
            let pair = |(price, lots): (&i64, &i64)| (*price, *lots);
            if bids {
                side.iter().rev().take(count).map(pair).collect()
            } else {
                side.iter().take(count).map(pair).collect()
            }
        };
        let word = |levels: &[(i64, i64)], letter: char| -> String {
            levels.iter().map(|(price, lots)| format!(" {letter}{price}:{lots}")).collect()
        };
        let snapshot = |venue: &[BTreeMap<i64, i64>; 2], id: u64| {
            format!(
                "snapshot {id}{}{}",
                word(&top(&venue[0], true, 50), 'b'),
                word(&top(&venue[1], false, 50), 'a'),
            )
        };
        let mut id = 100;
        scenario.step(&snapshot(&venue, id));
        scenario.step("depth 100-100<99");
        let (mut covered, mut uncovered) = (0, 0);
        for (walk, changes, asks) in steps {
            let mut events: [Vec<(i64, i64)>; 2] = [vec![], vec![]];
            // The price walks: what it crosses goes, what it leaves behind comes.
            let target = (mid + walk).clamp(4_700, 5_300);
            while mid != target {
                let up = mid < target;
                let (lost, gained) = if up { (mid + 1, mid) } else { (mid - 1, mid) };
                let (from, to) = if up { (1, 0) } else { (0, 1) };
                if venue[from].remove(&lost).is_some() {
                    events[from].push((lost, 0));
                }
                let lots = 1 + next(50);
                venue[to].insert(gained, lots);
                events[to].push((gained, lots));
                mid += if up { 1 } else { -1 };
            }
            for _ in 0..changes {
                let at = usize::try_from(next(2)).expect("0 or 1");
                let away = 1 + next(200);
                let price = if at == 0 { mid - away } else { mid + away };
                let lots = next(4) * next(20);
                if lots == 0 { venue[at].remove(&price) } else { venue[at].insert(price, lots) };
                events[at].push((price, lots));
            }
            scenario.step(&format!(
                "depth {}-{}<{id}{}{}",
                id + 1,
                id + 1,
                word(&events[0], 'b'),
                word(&events[1], 'a'),
            ));
            id += 1;
            if asks == 0 {
                scenario.step(&snapshot(&venue, id));
                scenario.step(&format!("depth {0}-{0}<{id}", id + 1));
                id += 1;
            }
            let book = scenario.bench.stage.book(ID).expect("a book");
            prop_assert_eq!(book.state(), model::BookState::Trusted);
            if book.uncovered() {
                uncovered += 1;
                continue;
            }
            covered += 1;
            for (at, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
                let mut seen = vec![];
                book.top(side, OBI_LEVELS, |price, lots| match price {
                    LevelPrice::Tick(price) => seen.push((price.0, lots.0)),
                    LevelPrice::Fine(_) => panic!("off the grid"),
                });
                prop_assert_eq!(seen, top(&venue[at], at == 0, OBI_LEVELS));
            }
        }
        prop_assert!(covered + uncovered > 0);
    }
}

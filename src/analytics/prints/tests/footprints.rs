//! Footprints and what they show, against a plain recompute.

use std::collections::BTreeMap;

use model::{FOOTPRINT_ROWS_MAX, FootprintFacts, FootprintRow, Lots, Price, Side};
use proptest::prelude::{Strategy, any, prop, proptest};

use crate::prints::PrintsPlan;
use crate::prints::auction::{Auction, Baseline, judge};
use crate::prints::footprint::Footprint;

type Trade = (i64, bool, i64);

fn side(bought: bool) -> Side {
    if bought { Side::Buy } else { Side::Sell }
}

/// The rows by number, and their height: the least doubling that lets them fit.
fn plain(trades: &[Trade], height: i64) -> (i64, BTreeMap<i64, (i64, i64)>) {
    let mut ticks = height;
    loop {
        let mut rows = BTreeMap::<i64, (i64, i64)>::new();
        for &(price, bought, lots) in trades {
            let row = rows.entry(price.div_euclid(ticks)).or_default();
            if bought { row.1 += lots } else { row.0 += lots }
        }
        let span = |rows: &BTreeMap<i64, _>| -> Option<i64> {
            Some(rows.last_key_value()?.0 - rows.first_key_value()?.0 + 1)
        };
        if span(&rows).unwrap_or(0) <= i64::try_from(FOOTPRINT_ROWS_MAX).expect("small") {
            return (ticks, rows);
        }
        ticks *= 2;
    }
}

fn check(footprint: &Footprint, trades: &[Trade], height: i64) {
    let (ticks, rows) = plain(trades, height);
    assert_eq!(footprint.row_ticks(), ticks);
    let got: BTreeMap<i64, (i64, i64)> = footprint
        .rows()
        .filter(|(_, row)| row.volume().0 != 0)
        .map(|(edge, row)| (edge.0 / ticks, (row.bid.0, row.ask.0)))
        .collect();
    assert_eq!(got, rows);
    let (mut delta, mut low, mut high, mut volume) = (0, 0, 0, 0);
    for &(_, bought, lots) in trades {
        delta += if bought { lots } else { -lots };
        (low, high, volume) = (delta.min(low), delta.max(high), volume + lots);
    }
    assert_eq!(footprint.delta().0, delta);
    assert_eq!((footprint.delta_min.0, footprint.delta_max.0), (low, high));
    assert_eq!((footprint.buys + footprint.sells).0, volume);
    let total: i64 = footprint.rows().map(|(_, row)| row.volume().0).sum();
    assert_eq!(total, volume, "nothing is lost");
    let poc = rows.iter().map(|(row, (bid, ask))| (bid + ask, -row)).max();
    assert_eq!(footprint.poc().map(|at| footprint.edge(at).0), poc.map(|(_, row)| -row * ticks));
}

fn trades() -> impl Strategy<Value = Vec<Trade>> {
    // Mostly near each other, now and then far away: rows must widen.
    let price = (0..40_u8, 1..3_000_i64).prop_map(|(dice, near)| match dice {
        0 => near * 1_000,
        1 => near * 90_000_000_000,
        2 => near * 37,
        _ => 60_000 + near,
    });
    prop::collection::vec((price, any::<bool>(), 1..50_i64), 1..120)
}

proptest! {
    #[test]
    fn rows_equal_a_recompute_after_every_trade(bars in prop::collection::vec(trades(), 1..4),
                                                height in 1..200_i64) {
        let mut footprint = Footprint::new(height);
        for trades in &bars {
            for (at, &(price, bought, lots)) in trades.iter().enumerate() {
                footprint.add(Price(price), side(bought), Lots(lots));
                check(&footprint, &trades[..=at], height);
            }
            footprint.clear();
            check(&footprint, &[], height);
        }
    }
}

/// What a bar shows, from sorted lists.
fn plain_auction(
    rows: &[(i64, i64)],
    (close_row, sides): (usize, &[i64]),
    bars: usize,
) -> (Vec<usize>, Vec<usize>, bool, bool) {
    let mut sorted = sides.to_vec();
    sorted.sort_unstable();
    if bars < 30 || sorted.is_empty() {
        return (Vec::new(), Vec::new(), false, false);
    }
    let total: i64 = sorted.iter().sum();
    let count = i64::try_from(sorted.len()).expect("small");
    let large = |side: i64| 2 * side * count >= total;
    let top = rows.len() - 1;
    let buys = (1..=top).filter(|&at| rows[at].1 >= 3 * rows[at - 1].0.max(1) && large(rows[at].1));
    let sells = (0..top).filter(|&at| rows[at].0 >= 3 * rows[at + 1].1.max(1) && large(rows[at].0));
    let p97 = sorted[(97 * sorted.len()).div_ceil(100) - 1];
    let bearish = top >= 2 && close_row + 2 <= top && rows[top].1.max(rows[top - 1].1) >= p97;
    let bullish = top >= 2 && close_row >= 2 && rows[0].0.max(rows[1].0) >= p97;
    (buys.collect(), sells.collect(), bearish, bullish)
}

fn bits(words: [u64; 3]) -> Vec<usize> {
    (0..192).filter(|at| words[at / 64] >> (at % 64) & 1 == 1).collect()
}

fn run_of(at: &[usize]) -> u32 {
    let mut best = 0;
    for start in 0..at.len() {
        let len = (start..at.len()).take_while(|&i| at[i] - at[start] == i - start).count();
        best = best.max(u32::try_from(len).expect("small"));
    }
    best
}

/// A bar of rows of ten ticks from price 1 000 on; its first and last row traded.
fn bar_of(rows: &[(i64, i64)]) -> Footprint {
    let mut footprint = Footprint::new(10);
    for (at, &(bid, ask)) in rows.iter().enumerate() {
        let price = Price(1_000 + 10 * i64::try_from(at).expect("small") + 3);
        for (side, lots) in [(Side::Sell, bid), (Side::Buy, ask)] {
            if lots != 0 {
                footprint.add(price, side, Lots(lots));
            }
        }
    }
    footprint
}

fn close_in(row: usize) -> Price {
    Price(1_000 + 10 * i64::try_from(row).expect("small") + 9)
}

fn show(auction: &Auction) -> (Vec<usize>, Vec<usize>, bool, bool) {
    let facts = auction.facts;
    (
        bits(auction.marks.buy_imbalances),
        bits(auction.marks.sell_imbalances),
        facts.has(FootprintFacts::ABSORPTION_BEARISH),
        facts.has(FootprintFacts::ABSORPTION_BULLISH),
    )
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn what_a_bar_shows_equals_a_recompute(
        bars in prop::collection::vec(
            (prop::collection::vec((0..4_u8, 0..40_i64, 0..4_u8, 0..40_i64), 0..9), 0..9_usize, 0..30_u8),
            1..140)
    ) {
        let plan = PrintsPlan::default();
        let mut baseline = Baseline::new();
        let mut before: Vec<(Vec<i64>, bool)> = Vec::new();
        for (rows, close, dice) in bars {
            let mut rows: Vec<(i64, i64)> = rows
                .into_iter()
                .map(|(b, bid, a, ask)| (if b == 0 { 0 } else { bid }, if a == 0 { 0 } else { ask }))
                .collect();
            if let Some(first) = rows.first_mut() { first.0 += 1; }
            if let Some(last) = rows.last_mut() { last.1 += 1; }
            let footprint = bar_of(&rows);
            let last = &before[before.len().saturating_sub(60)..];
            if !rows.is_empty() {
                let close = close.min(rows.len() - 1);
                let sides: Vec<i64> = last.iter().flat_map(|bar| bar.0.clone()).collect();
                let want = plain_auction(&rows, (close, &sides), last.len());
                let got = judge(&footprint, close_in(close), &baseline, &plan);
                let (buys, sells, ..) = &want;
                assert_eq!((got.marks.buy_run, got.marks.sell_run), (run_of(buys), run_of(sells)));
                assert_eq!(got.facts.has(FootprintFacts::STACKED_BUY), run_of(buys) >= 3);
                assert_eq!(got.facts.has(FootprintFacts::STACKED_SELL), run_of(sells) >= 3);
                assert_eq!(got.facts.has(FootprintFacts::BASELINE_UNSTABLE),
                           last.iter().any(|bar| bar.1));
                assert_eq!(show(&got), want);
            }
            let unstable = dice == 0;
            baseline.push(&footprint, unstable);
            let sides = rows.iter().flat_map(|&(bid, ask)| [bid, ask]);
            before.push((sides.filter(|&side| side != 0).collect(), unstable));
        }
    }
}

/// Rows as "bid x ask" from the lowest, the close's row, and what the bar shows.
#[test]
fn what_a_bar_shows_in_a_table() {
    let plan = PrintsPlan::default();
    // 60 bars of ten sides of 10 and one of 100 each: the mean is 200/11, the 97th percentile 100.
    let mut baseline = Baseline::new();
    for _ in 0..60 {
        baseline
            .push(&bar_of(&[(10, 10), (10, 10), (10, 10), (10, 10), (10, 10), (0, 100)]), false);
    }
    for (rows, close, buys, sells, facts) in [
        // 3 × 10 is enough, 29 is not; nothing at the ends without a partner.
        (vec![(10, 99), (5, 30), (1, 14)], 2, vec![1], vec![], "unfinished low, high"),
        (vec![(10, 9), (9, 29), (1, 1)], 2, vec![], vec![], "unfinished low, high"),
        // An empty partner counts as one lot; 9 is below half of the mean, 10 is not.
        (vec![(0, 9), (0, 9), (0, 10), (0, 2)], 3, vec![2], vec![], ""),
        (vec![(1, 0), (0, 20), (0, 20), (0, 20)], 3, vec![1, 2, 3], vec![], "stacked buy"),
        (vec![(20, 0), (20, 0), (20, 0), (0, 1)], 0, vec![], vec![0, 1, 2], "stacked sell"),
        // 100 bought in the second row from the top, close below both; not when it is in them.
        (
            vec![(50, 1), (60, 40), (40, 100), (50, 1)],
            1,
            vec![],
            vec![2],
            "bearish, unfinished low, high",
        ),
        (vec![(50, 1), (60, 40), (40, 100), (50, 1)], 2, vec![], vec![2], "unfinished low, high"),
        (vec![(100, 40), (40, 40), (40, 40)], 2, vec![], vec![], "bullish, unfinished low, high"),
        (vec![(99, 40), (40, 40), (40, 40)], 2, vec![], vec![], "unfinished low, high"),
    ] {
        let got = judge(&bar_of(&rows), close_in(close), &baseline, &plan);
        let names = [
            (FootprintFacts::STACKED_BUY, "stacked buy"),
            (FootprintFacts::STACKED_SELL, "stacked sell"),
            (FootprintFacts::ABSORPTION_BEARISH, "bearish"),
            (FootprintFacts::ABSORPTION_BULLISH, "bullish"),
            (FootprintFacts::UNFINISHED_LOW, "unfinished low"),
            (FootprintFacts::UNFINISHED_HIGH, "high"),
        ];
        let said: Vec<&str> =
            names.iter().filter(|(fact, _)| got.facts.has(*fact)).map(|(_, name)| *name).collect();
        let (got_buys, got_sells, ..) = show(&got);
        assert_eq!((got_buys, got_sells), (buys, sells), "{rows:?}");
        assert_eq!(said.join(", "), facts, "{rows:?}");
    }
    assert_eq!(FootprintRow::default().volume().0, 0);
}

//! Properties: the two sides against a plain sorted map, over windows and tables small enough to
//! be left, filled and followed all the time.

use std::collections::BTreeMap;

use model::{Draft, Fine, InstrumentId, Kind, Level, LevelPrice, Lots, OBI_LEVELS, Price, Side};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;
use runtime::Counters;

use crate::half::Half;
use crate::order_book::put_lines;
use crate::{BookCounter, Plan};

const TICK: Fine = Fine(1000);

/// One side as nobody could get it wrong: signed fine price to lots, best last.
#[derive(Default)]
struct Plain(BTreeMap<i64, i64>);

impl Plain {
    fn put(&mut self, level: &Level) {
        let fine = match level.price {
            LevelPrice::Tick(price) => price.0 * TICK.0,
            LevelPrice::Fine(fine) => fine.0,
        };
        let key = fine * level.side.sign();
        if level.lots.0 == 0 {
            self.0.remove(&key);
        } else {
            self.0.insert(key, level.lots.0);
        }
    }

    fn top(&self, count: usize, side: Side) -> Vec<(i64, i64)> {
        let best = self.0.iter().rev().take(count);
        best.map(|(&key, &lots)| (key * side.sign(), lots)).collect()
    }
}

/// Levels around a centre: mostly near, some far, some off the grid, some too wide for u32.
fn levels(centre: i64) -> impl Strategy<Value = Vec<Level>> {
    let distance = prop_oneof![
        6 => -40..40_i64,
        2 => -400..400_i64,
        1 => -20_000..20_000_i64,
    ];
    let lots = prop_oneof![
        4 => Just(0_i64),
        6 => 1..1000_i64,
        1 => i64::from(u32::MAX) - 1..i64::from(u32::MAX) + 3,
    ];
    let off = prop_oneof![6 => Just(0_i64), 1 => 1..TICK.0];
    let side = any::<bool>().prop_map(|buy| if buy { Side::Buy } else { Side::Sell });
    let level = (side, distance, lots, off).prop_map(move |(side, distance, lots, off)| {
        let tick = (centre + distance).max(1);
        let price = match off {
            0 => LevelPrice::Tick(Price(tick)),
            _ => LevelPrice::Fine(Fine(tick * TICK.0 + off)),
        };
        Level { side, price, lots: Lots(lots) }
    });
    proptest::collection::vec(level, 0..40)
}

/// Events whose price walks, now and then in leaps.
fn events() -> impl Strategy<Value = Vec<Vec<Level>>> {
    let step = prop_oneof![8 => -30..30_i64, 1 => -300..300_i64, 1 => -30_000..30_000_i64];
    let start = prop_oneof![1 => 1..200_i64, 2 => 500_000..1_000_000_i64];
    let steps = proptest::collection::vec(step, 1..40);
    (start, steps).prop_flat_map(|(start, steps)| {
        let mut centre = start;
        let centres = steps.into_iter().map(move |step| {
            centre = (centre + step).max(1);
            centre
        });
        centres.map(levels).collect::<Vec<_>>()
    })
}

fn compare(half: &Half, plain: &Plain, side: Side) {
    half.check();
    for count in [1, OBI_LEVELS, 20, 100] {
        let mut top = vec![];
        half.top(count, |price, lots| {
            let fine = match price {
                LevelPrice::Tick(price) => price.0 * TICK.0,
                LevelPrice::Fine(fine) => {
                    assert!(fine.0 % TICK.0 != 0, "a tick price is given as one");
                    fine.0
                }
            };
            top.push((fine, lots.0));
        });
        assert_eq!(top, plain.top(count, side), "top {count}");
    }
    let best = plain.top(1, side).first().map(|&(fine, lots)| {
        let away = if side == Side::Buy { 0 } else { TICK.0 - 1 };
        (Price((fine + away) / TICK.0), Lots(lots))
    });
    assert_eq!(half.best(), best);
    let depth = plain.top(OBI_LEVELS, side);
    assert_eq!(usize::from(half.depth().levels), depth.len());
    assert_eq!(half.depth().lots.0, depth.iter().map(|(_, lots)| lots).sum::<i64>());
    assert_eq!(half.level_count(), plain.0.len());
    assert_eq!(half.lots().0, plain.0.values().sum::<i64>());
    assert!(!half.incomplete());
}

/// Bids before asks, as a message has them.
fn draft(levels: &[Level]) -> Draft {
    let mut draft = Draft::default();
    draft.open(Kind::Depth, InstrumentId(0));
    for side in [Side::Buy, Side::Sell] {
        for level in levels.iter().filter(|level| level.side == side) {
            assert!(draft.push_level(*level));
        }
    }
    draft
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn both_sides_equal_a_sorted_map_after_every_event(
        events in events(),
        window in prop_oneof![Just(256_usize), Just(512), Just(8192)],
    ) {
        let plan = Plan { window_ticks: window, far_slots: 4096, ..Plan::default() };
        let counters = Counters::<BookCounter>::default();
        let mut bids = Half::new(Side::Buy, TICK, &plan, &counters);
        let mut asks = Half::new(Side::Sell, TICK, &plan, &counters);
        let (mut plain_bids, mut plain_asks) = (Plain::default(), Plain::default());
        for levels in &events {
            let draft = draft(levels);
            let changes = put_lines(&mut bids, &mut asks, draft.message().body);
            assert_eq!(changes as usize, levels.len());
            assert_eq!(bids.settle() + asks.settle(), 0);
            for level in levels.iter().filter(|level| level.side == Side::Buy) {
                plain_bids.put(level);
            }
            for level in levels.iter().filter(|level| level.side == Side::Sell) {
                plain_asks.put(level);
            }
            compare(&bids, &plain_bids, Side::Buy);
            compare(&asks, &plain_asks, Side::Sell);
        }
    }
}

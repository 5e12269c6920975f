//! Properties: the two sides against plain sorted maps, over windows and tables small enough to be
//! left, filled and followed all the time; bars against those made from all their trades.

use std::collections::BTreeMap;

use model::{
    BarLine, BarSumsLine, Draft, Fine, InstrumentId, Interval, Kind, Level, LevelPrice, Lots,
    Nanos, OBI_LEVELS, Price, SECOND, Side, TradeLine,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;
use runtime::Counters;

use crate::drain::Drain;
use crate::far::{Far, Full};
use crate::half::Half;
use crate::put::put_lines;
use crate::tests::NOON;
use crate::{Bars, BookCounter, Plan};

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

/// A bar as nobody could get it wrong: from all its trades.
fn naive(interval: Interval, trades: &[(Nanos, i64, i64)]) -> Vec<(Nanos, [i64; 9])> {
    let mut bars: Vec<(Nanos, [i64; 9])> = vec![];
    for &(time, price, lots) in trades {
        let open = time.floor(interval.length());
        if bars.last().is_none_or(|(last, _)| *last != open) {
            bars.push((open, [price, price, price, price, 0, 0, 0, 0, 0]));
        }
        let (_, bar) = bars.last_mut().expect("one was pushed");
        bar[1] = bar[1].max(price);
        bar[2] = bar[2].min(price);
        bar[3] = price;
        bar[4] += price * lots.abs();
        bar[5] += lots.max(0);
        bar[6] += (-lots).max(0);
        bar[7] = bar[7].min(bar[5] - bar[6]);
        bar[8] = bar[8].max(bar[5] - bar[6]);
    }
    bars
}

fn shown((bar, sums): (BarLine, BarSumsLine)) -> (Nanos, [i64; 9]) {
    let notional = i64::try_from(sums.notional.0).expect("small");
    let [open, high, low, close] = [bar.open.0, bar.high.0, bar.low.0, bar.close.0];
    let [min, max] = [sums.delta_min.0, sums.delta_max.0];
    (bar.time_open, [open, high, low, close, notional, sums.buys.0, sums.sells.0, min, max])
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
        let mut drain = Drain::new();
        let (mut plain_bids, mut plain_asks) = (Plain::default(), Plain::default());
        for levels in &events {
            let draft = draft(levels);
            let changes = put_lines(&mut bids, &mut asks, draft.message().body, &mut drain);
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

    #[test]
    fn a_far_table_equals_a_map(
        changes in proptest::collection::vec((1..30_i64, 0..3_i64), 1..300),
    ) {
        let mut far = Far::new(16);
        let mut plain = BTreeMap::new();
        for (price, lots) in changes {
            let fine = price * 10_000_000;
            let old = plain.get(&fine).copied().unwrap_or(0);
            if lots != 0 && old == 0 && plain.len() == far.room() {
                assert_eq!(far.set(fine, lots), Err(Full));
                continue;
            }
            assert_eq!(far.set(fine, lots), Ok(old));
            if lots == 0 { plain.remove(&fine) } else { plain.insert(fine, lots) };
            assert_eq!(far.len(), plain.len());
            for price in 1..30 {
                let fine = price * 10_000_000;
                assert_eq!(far.get(fine), plain.get(&fine).copied().unwrap_or(0));
            }
        }
    }

    #[test]
    fn bars_equal_those_made_from_all_their_trades(
        steps in proptest::collection::vec(
            (prop_oneof![4 => 0..900_u64, 1 => 0..400_000_u64], 90..110_i64, -9..9_i64),
            1..120,
        ),
    ) {
        let mut time = NOON;
        let trades: Vec<(Nanos, i64, i64)> = steps
            .into_iter()
            .filter(|(_, _, lots)| *lots != 0)
            .map(|(millis, price, lots)| {
                time = time.after(Nanos::from_millis(millis));
                (time, price, lots)
            })
            .collect();
        let mut bars = Bars::new(SECOND);
        let mut closed = vec![];
        for (id, &(time, price, lots)) in (1..).zip(&trades) {
            let side = if lots < 0 { Side::Sell } else { Side::Buy };
            let trade = TradeLine {
                price: Price(price),
                lots: Lots(lots.abs()),
                lots_normal: Lots(lots.abs()),
                first: id,
                last: id,
                side: side.code(),
                reserved: [0; 23],
            };
            if bars.reaches(time) {
                bars.reach(time, false, |bar, sums| closed.push((bar, sums)));
            }
            assert!(!bars.trade(time, &trade));
        }
        for interval in Interval::ALL {
            let own = |bar: &&(BarLine, BarSumsLine)| bar.0.interval() == interval;
            // Every bar stands where the one before ended.
            let mut end = None;
            for (bar, _) in closed.iter().filter(own) {
                assert!(end.is_none_or(|end| end == bar.time_open));
                end = Some(bar.time_open.after(Nanos(interval.length().0 * bar.run)));
            }
            let open = bars.open(interval).into_iter();
            let traded = closed.iter().filter(own).copied().chain(open);
            let traded: Vec<_> =
                traded.filter(|(_, sums)| sums.trades != 0).map(shown).collect();
            assert_eq!(traded, naive(interval, &trades));
        }
    }
}

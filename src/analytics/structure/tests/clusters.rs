//! Liquidation clusters: formulas, conservation, and a plain recompute over a map of bins.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::clusters::amount;
use super::super::{Clusters, Minute, StructurePlan, Tier, liquidation};

fn model() -> Clusters {
    Clusters::new(&StructurePlan::default().tiers)
}

fn minute(price: i64) -> Minute {
    Minute { notional: i128::from(price) * 7, lots: 7, close: price, high: price, low: price }
}

fn sum(clusters: &Clusters) -> f64 {
    let ledger = clusters.heat.ledger;
    clusters.heat.held() + ledger.scaled + ledger.emptied + ledger.forced + ledger.lost
}

#[test]
fn prices_are_those_of_the_isolated_formula() {
    let tier = |leverage| Tier { leverage, share: 1_000_000, margin: 4_000 };
    // 64 000.0 USDT in ticks of 0.1, ten lots: 64 000 × 0.9/0.996 = 57 831.3, × 1.1/1.004 = 70 119.5.
    assert_eq!(liquidation(6_400_000, 10, &tier(10), true), Some(578_313));
    assert_eq!(liquidation(6_400_000, 10, &tier(10), false), Some(701_195));
    // 100 times: 64 000 × 0.99/0.996 and × 1.01/1.004.
    assert_eq!(liquidation(6_400_000, 10, &tier(100), true), Some(636_144));
    assert_eq!(liquidation(6_400_000, 10, &tier(100), false), Some(643_824));
    // Absurd numbers are none.
    assert_eq!(liquidation(i128::MAX, 1, &tier(10), true), None);
    assert_eq!(liquidation(1, 0, &tier(10), true), None);
}

#[test]
fn a_minute_opens_closes_empties_and_forces() {
    let mut clusters = model();
    clusters.marked(640_000);
    clusters.interest(1_000);
    clusters.close(&minute(640_000));
    assert!(clusters.heat.held() == 0.0, "the first poll is only a beginning");
    clusters.marked(640_000);
    clusters.interest(1_100);
    clusters.close(&minute(640_000));
    // 100 longs and 100 shorts.
    assert!((clusters.heat.held() - 200.0).abs() < 1e-9);
    let (up, down, lines, count) = clusters.read();
    assert_eq!(count, 8, "ten bins stand alone, the largest eight are said");
    assert!(lines.windows(2).all(|two| two[0].notional >= two[1].notional));
    // Nearest above: 100x shorts at 643 824, 10 lots; 50x at 650 199, 15; 25x at 662 948, 30 …
    let first = 10.0 * 643_824.0 * libm::exp(-0.597_5);
    assert!(up > first && up < 2.0 * first, "{up} of {first}");
    assert!(down > 0.0);
    // Half of it is closed.
    clusters.interest(550);
    clusters.close(&minute(640_000));
    assert!((clusters.heat.held() - 100.0).abs() < 1e-9);
    // The mark rises through the shorts of 100x and 50x: 5 and 7.5 lots.
    clusters.marked(652_000);
    assert!((clusters.heat.held() - 87.5).abs() < 1e-9);
    // Longs of 25x at 616 867 are forced: 10 of 15 lots, then more than there are.
    clusters.forced(616_867, 10, true);
    assert!((clusters.heat.held() - 77.5).abs() < 1e-9);
    clusters.forced(616_867, 10, true);
    assert!((clusters.heat.held() - 72.5).abs() < 1e-9);
    assert!((clusters.unmatched() - 5.0).abs() < 1e-9);
    assert!((sum(&clusters) - 200.0).abs() < 1e-9);
}

#[test]
fn a_long_silence_is_a_new_beginning_and_a_short_one_is_not() {
    for (silent, opens) in [(3, true), (9, true), (10, false), (30, false)] {
        let mut clusters = model();
        clusters.marked(640_000);
        clusters.interest(1_000);
        clusters.close(&minute(640_000));
        for _ in 0..silent {
            clusters.close(&minute(640_000));
            assert!(!clusters.is_known());
        }
        clusters.interest(2_000);
        clusters.close(&minute(640_000));
        assert!(clusters.is_known() && clusters.is_begun());
        assert_eq!(clusters.heat.held() > 0.0, opens, "{silent} silent minutes");
    }
}

#[test]
fn absurd_numbers_are_refused_and_counted() {
    let mut clusters = model();
    clusters.interest(-1);
    clusters.interest(i64::MAX);
    clusters.marked(0);
    clusters.marked(-5);
    clusters.forced(1, -1, true);
    clusters.forced(-1, 1, false);
    assert_eq!(clusters.refused(), 6);
    clusters.marked(i64::MAX / 4_096);
    clusters.close(&Minute {
        notional: i128::MAX,
        lots: i64::MAX,
        close: 1,
        high: i64::MAX,
        low: 1,
    });
    let _ = clusters.read();
}

#[test]
fn the_array_follows_the_price_and_loses_nothing_silently() {
    let mut clusters = model();
    let mut interest = 1_000;
    let mut price = 100_000;
    let mut opened = 0.0;
    for step in 0..400 {
        clusters.marked(price);
        clusters.interest(interest);
        clusters.close(&minute(price));
        if step > 0 {
            opened += 200.0;
        }
        assert!((sum(&clusters) - opened).abs() < 1e-6, "at {step}, price {price}");
        interest += 100;
        // Twelvefold up, then down to a hundredth.
        price = if step < 250 { price + price / 100 } else { price - price / 30 };
    }
    assert!(clusters.heat.ledger.emptied > 0.0);
    assert!(clusters.heat.width() > 100_000 / 2_000);
}

/// What happens to both, one after another.
#[derive(Clone, Copy, Debug)]
enum Step {
    Mark(i64),
    Minute { price: i64, change: i64 },
    Force { price: i64, lots: i64, long: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let price = 600_000_i64..680_000;
    let step = prop_oneof![
        price.clone().prop_map(Step::Mark),
        (price.clone(), -400_i64..500).prop_map(|(price, change)| Step::Minute { price, change }),
        (500_000_i64..800_000, 1_i64..200, any::<bool>())
            .prop_map(|(price, lots, long)| Step::Force { price, lots, long }),
    ];
    prop::collection::vec(step, 1..120)
}

/// The same by the specification's sentences over a map; bins of one width, which these prices keep.
struct Naive {
    bins: BTreeMap<i64, [f64; 2]>,
    mark: Option<i64>,
    interest: i64,
    marked: bool,
}

const WIDTH: i64 = 512;

impl Naive {
    fn pass(&mut self, price: i64) {
        let from = self.mark.unwrap_or(price);
        let (low, high) = (from.min(price).div_euclid(WIDTH), from.max(price).div_euclid(WIDTH));
        self.bins.retain(|bin, _| !(low..=high).contains(bin));
        self.mark = Some(price);
        self.marked = true;
    }

    fn minute(&mut self, price: i64, change: i64, first: bool) {
        if !std::mem::take(&mut self.marked) {
            self.pass(price);
            self.marked = false;
        }
        let before = self.interest;
        self.interest = (before + change).max(1);
        if first {
            return;
        }
        let opened = self.interest - before;
        if opened < 0 {
            let ratio = amount(self.interest) / amount(before);
            self.bins.values_mut().flatten().for_each(|weight| *weight *= ratio);
        }
        let mark = self.mark.expect("a price");
        for tier in StructurePlan::default().tiers.iter().filter(|_| opened > 0) {
            let weight = amount(opened) * f64::from(tier.share) / 1e6;
            for (side, long) in [true, false].into_iter().enumerate() {
                let at = liquidation(i128::from(price) * 7, 7, tier, long).expect("a price");
                let bin = at.div_euclid(WIDTH);
                self.bins.entry(bin).or_default()[side] += weight;
                if if long { mark <= at } else { mark >= at } {
                    self.bins.remove(&bin);
                }
            }
        }
    }

    fn force(&mut self, price: i64, lots: i64, long: bool) {
        let mut rest = amount(lots);
        for step in 0..=16 {
            let bin = price.div_euclid(WIDTH) + if long { -step } else { step };
            if let Some(weights) = self.bins.get_mut(&bin) {
                let weight = &mut weights[usize::from(!long)];
                let taken = weight.min(rest);
                *weight -= taken;
                rest -= taken;
            }
        }
    }

    fn weigh(&self) -> (f64, f64) {
        let mark = amount(self.mark.expect("a price"));
        let (mut up, mut down) = (0.0, 0.0);
        for (bin, weights) in &self.bins {
            let centre = amount(bin * WIDTH) + amount(WIDTH) / 2.0;
            let distance = (centre - mark) / mark;
            let weight = (weights[0] + weights[1]) * centre * libm::exp(-distance.abs() / 0.01);
            *(if distance > 0.0 { &mut up } else { &mut down }) += weight;
        }
        (up, down)
    }
}

proptest! {
    #[test]
    fn bins_are_those_of_a_plain_recompute(steps in steps()) {
        let mut clusters = model();
        let mut naive =
            Naive { bins: BTreeMap::new(), mark: None, interest: 10_000, marked: false };
        let mut first = true;
        for step in steps {
            match step {
                Step::Mark(price) => {
                    clusters.marked(price);
                    naive.pass(price);
                }
                Step::Minute { price, change } => {
                    clusters.interest((naive.interest + change).max(1));
                    clusters.close(&minute(price));
                    naive.minute(price, change, first);
                    first = false;
                }
                Step::Force { price, lots, long } => {
                    clusters.forced(price, lots, long);
                    naive.force(price, lots, long);
                }
            }
            let opened = clusters.heat.ledger.opened;
            prop_assert!((sum(&clusters) - opened).abs() <= 1e-9 * (1.0 + opened));
            if naive.mark.is_none() {
                continue;
            }
            prop_assert!(clusters.heat.width() == WIDTH);
            let got: BTreeMap<i64, [f64; 2]> =
                clusters.heat.bins().map(|(low, bin)| (low / WIDTH, [bin.longs, bin.shorts])).collect();
            let want: BTreeMap<i64, [f64; 2]> =
                naive.bins.iter().filter(|(_, bin)| bin[0] + bin[1] > 0.0).map(|(&at, &bin)| (at, bin)).collect();
            prop_assert!(got.keys().eq(want.keys()), "{got:?} {want:?}");
            for (bin, weights) in &want {
                for side in 0..2 {
                    prop_assert!((got[bin][side] - weights[side]).abs() <= 1e-9 * (1.0 + weights[side]));
                }
            }
            let (up, down, lines, count) = clusters.read();
            let (want_up, want_down) = naive.weigh();
            prop_assert!((up - want_up).abs() <= 1e-9 * (1.0 + want_up));
            prop_assert!((down - want_down).abs() <= 1e-9 * (1.0 + want_down));
            let total = |at: i64| got.get(&at).map_or(0.0, |bin| bin[0] + bin[1]);
            let tops = got.keys().filter(|&&at| total(at) > total(at - 1) && total(at) >= total(at + 1));
            prop_assert!(count == tops.count().min(8));
            prop_assert!(lines[..count].windows(2).all(|two| two[0].notional >= two[1].notional));
        }
    }
}

//! How often each state and each fused signal is said a day: on the spot day, on seeded random
//! walks, on an imagined market with a book, beside what the source of the rules expects. A report:
//! whatever the numbers are, they are printed.
#![expect(clippy::print_stdout, reason = "a report")]

use std::collections::BTreeMap;

use analytics::participation::fusion::Label;
use engine::{Inline, Observer, Plan};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::{BTC, SPOT_DAY, data, each_trade, spot, usdm};
use model::{
    Body, DAY, Draft, Insight, Interval, Kind, Lots, Nanos, ParticipationInsight, Price, Side,
    TimeframesInsight, TradeLine,
};

const STATES: [&str; 6] =
    ["missing", "ACCELERATING", "DECELERATING", "TRENDING", "DRIFTING", "FLAT"];
const ACCORDS: [&str; 4] = ["missing", "STRONG", "LEAN", "MIXED"];

/// What was said, by interval.
#[derive(Default)]
struct Tally {
    states: BTreeMap<u8, [u32; 6]>,
    // By label; 0 is missing.
    labels: BTreeMap<u8, [u32; 13]>,
    warns: BTreeMap<u8, u32>,
    x_factors: BTreeMap<u8, u32>,
    accords: [u32; 4],
}

impl Observer for Tally {
    fn insight(&mut self, insight: &Insight, _body: Body<'_>) {
        let of = insight.window;
        match insight.kind() {
            Some(Kind::ParticipationInsight) => {
                let labels = insight.view::<ParticipationInsight>().labels;
                self.states.entry(of).or_default()[usize::from(labels.state)] += 1;
                self.labels.entry(of).or_default()[usize::from(labels.signal)] += 1;
                *self.warns.entry(of).or_default() += u32::from(labels.tired >= 4);
                *self.x_factors.entry(of).or_default() += u32::from(labels.x_factor == 1);
            }
            Some(Kind::TimeframesInsight) => {
                let accords = insight.view::<TimeframesInsight>().accords;
                self.accords[usize::from(accords.accord)] += 1;
            }
            _ => {}
        }
    }
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1024;
    plan.analytics.windows = Vec::new();
    plan
}

impl Tally {
    /// Prints it and returns how many readings there were.
    fn print(&self, what: &str, days: f64) -> u32 {
        println!("{what}: a day");
        let mut all = 0;
        for (&of, labels) in &self.labels {
            let interval = Interval::ALL[usize::from(of)].text();
            let readings: u32 = labels.iter().sum();
            all += readings;
            let states = self.states[&of].iter().zip(STATES);
            let states = states.filter(|(count, _)| **count != 0);
            let states: Vec<String> = states
                .map(|(&count, name)| format!("{name} {:.1}", f64::from(count) / days))
                .collect();
            println!("  {interval}: {}", states.join(", "));
            let known = readings - labels[0];
            let count = |wanted: &dyn Fn(Label) -> bool| {
                let labels = Label::ALL.into_iter().filter(|label| wanted(*label));
                labels.map(|label| labels_of(&self.labels[&of], label)).sum::<u32>()
            };
            let a_day = |count: u32| f64::from(count) / days;
            let none = count(&|label| label == Label::NoSignal);
            let strong = count(&|label| {
                matches!(label, Label::StrongMomentumLong | Label::StrongMomentumShort)
            });
            let fade = count(&|label| {
                matches!(label, Label::FadeExhaustionLong | Label::FadeExhaustionShort)
            });
            let warning = count(&|label| label == Label::DivergenceWarning);
            println!(
                "  {interval}: NO_SIGNAL {:.1} % of {known} judged (source: 95 %), STRONG {:.1} \
                 (0-2), FADE {:.1} (0-1), WARNING {:.1} (1-3), others {:.1}; not judged {}; \
                 exhaustion warns {:.1}, X-factor {:.1}",
                100.0 * f64::from(none) / f64::from(known.max(1)),
                a_day(strong),
                a_day(fade),
                a_day(warning),
                a_day(known - none - strong - fade - warning),
                labels[0],
                a_day(self.warns[&of]),
                a_day(self.x_factors[&of]),
            );
        }
        let accords = self.accords.iter().zip(ACCORDS);
        let accords: Vec<String> =
            accords.map(|(&n, name)| format!("{name} {:.1}", f64::from(n) / days)).collect();
        println!("  timeframes: {}", accords.join(", "));
        all
    }
}

const fn labels_of(labels: &[u32; 13], label: Label) -> u32 {
    labels[label as usize]
}

#[test]
fn frequencies_on_the_spot_day() {
    let Some(zip) = data("frequencies_on_the_spot_day", SPOT_DAY) else { return };
    let mut inline = Inline::new(spot(), &plan(), Tally::default());
    each_trade(zip, |draft| inline.enter(draft));
    let readings = inline.observer().print("spot day 2024-01-01", 1.0);
    assert_eq!(readings, 287 + 95 + 47);
}

/// A trade of a random walk: a step of −8..=8 ticks a second, sides and lots by the dice.
fn step(draft: &mut Draft, dice: &mut u64, at: u64, price: &mut i64) {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let roll = *dice >> 24;
    *price += i64::try_from(roll % 17).expect("small") - 8;
    let time = Nanos(1_704_067_200_000_000_000 + at * 1_000_000_000);
    draft.open(Kind::Trade, BTC);
    let head = &mut draft.head;
    (head.time_match, head.time_event, head.time_local) = (time, time, time);
    head.id = at + 1;
    let lots = Lots(1 + i64::try_from(roll / 17 % 997).expect("small"));
    let side = if roll >> 36 & 1 == 0 { Side::Buy } else { Side::Sell };
    draft.push(TradeLine {
        price: Price(*price),
        lots,
        lots_normal: lots,
        first: at + 1,
        last: at + 1,
        side: side.code(),
        reserved: [0; 23],
    });
}

#[test]
fn frequencies_on_random_walks() {
    let days = 3;
    for seed in [1_u64, 2] {
        let mut inline = Inline::new(usdm(), &plan(), Tally::default());
        let (mut draft, mut dice, mut price) = (Draft::default(), seed, 640_000);
        for at in 0..days * DAY.0 / 1_000_000_000 {
            step(&mut draft, &mut dice, at, &mut price);
            inline.enter(&mut draft);
        }
        let readings = inline.observer().print(&format!("random walk, seed {seed}"), 3.0);
        assert_eq!(readings, 3 * (288 + 96 + 48) - 3);
    }
}

#[test]
fn frequencies_on_an_imagined_market_with_a_book() {
    let mut inline = Inline::new(usdm(), &plan(), Tally::default());
    Day::days(7, 2).each(|draft| inline.enter(draft));
    let readings = inline.observer().print("imagined market with a book, seed 7", 2.0);
    assert!(readings >= 2 * (288 + 96 + 48) - 3);
}

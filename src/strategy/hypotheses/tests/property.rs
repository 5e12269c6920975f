//! Random orders of events: no illegal transition, nothing opens while contaminated, one live
//! signal a zone side, everything ends, the same events give the same outcomes.

use std::collections::BTreeMap;

use model::{Nanos, Side};
use proptest::prelude::*;

use super::Lab;
use crate::hypotheses::{
    EntryRule, HypothesisPlan, InterestFilter, OUTCOMES_MAX, Outcome, State, Transition,
};
use crate::terms::{Hypothesis, LevelId, Zone};

/// The table of the specification, written down a second time.
fn is_legal(turn: &Transition) -> bool {
    use State::{
        Armed, Cancelled, Closed, Filled, FilledUnconfirmed, Inactive, Monitored, Resting,
    };
    let always = matches!(
        (turn.from, turn.to),
        (Inactive, Monitored)
            | (Monitored, Armed | Inactive)
            | (Armed, Filled | Cancelled)
            | (Filled | Cancelled, Inactive)
    );
    let fading = matches!(
        (turn.from, turn.to),
        (Inactive, Resting)
            | (Resting, Inactive | Monitored | FilledUnconfirmed)
            | (Monitored, FilledUnconfirmed | Cancelled)
            | (FilledUnconfirmed, Filled | Closed)
            | (Closed, Inactive)
    );
    always || fading && turn.setup.hypothesis != Hypothesis::BreakThrough
}

type Whose = (LevelId, bool, Hypothesis);

/// Shorter than the default, so that a run sees more than one end of it.
const HOLD_MS: u64 = 5_000;

/// What must hold after every outcome.
#[derive(Default)]
struct Referee {
    states: BTreeMap<(u64, bool, u8), State>,
    live: Vec<(Whose, Zone)>,
    /// Since when a lag lasts, or when it ended.
    lag: Option<(bool, u64)>,
    armed: u64,
    filled: u64,
}

impl Referee {
    fn is_contaminated(&self, now: u64) -> bool {
        self.lag.is_some_and(|(is_on, at)| is_on || now < at + HOLD_MS)
    }

    fn judge(&mut self, now: u64, outcome: &Outcome) {
        match outcome {
            Outcome::Ask(_, ask) => {
                assert!(!ask.opens() || !self.is_contaminated(now), "{ask:?} while contaminated");
            }
            Outcome::Turn(turn) => self.turn(now, turn),
        }
    }

    fn turn(&mut self, now: u64, turn: &Transition) {
        assert!(is_legal(turn), "{turn:?}");
        assert_eq!(turn.time, Nanos::from_millis(now));
        let is_buy = turn.setup.side == Side::Buy;
        let whose = (turn.setup.level.id, is_buy, turn.setup.hypothesis);
        let key = (whose.0.0, is_buy, whose.2 as u8);
        let was = self.states.insert(key, turn.to).unwrap_or(State::Inactive);
        assert_eq!(was, turn.from, "a chain without a break");
        self.live.retain(|(live, _)| *live != whose);
        // A watched break-through is no signal yet.
        let is_break = whose.2 == Hypothesis::BreakThrough;
        if turn.to.is_live() && !(is_break && turn.to == State::Monitored) {
            let zone = turn.setup.zone;
            let beside = self.live.iter().find(|((_, side, _), other)| {
                *side == is_buy && other.low <= zone.high && zone.low <= other.high
            });
            assert_eq!(beside, None, "two live signals at a zone: {turn:?}");
            self.live.push((whose, zone));
        }
        if turn.to == State::Armed {
            self.armed += 1;
            assert!(!self.is_contaminated(now) && turn.causes.is_empty());
            assert!(is_break || turn.confirmations.0.count_ones() >= 2 && turn.halves >= 4);
            assert!(is_break || turn.time_touch.is_some());
        }
        self.filled += u64::from(turn.to == State::Filled);
    }
}

/// One event, as words of the lab; `~N` is N ticks from where price is.
fn event() -> impl Strategy<Value = String> {
    let near = -120_i64..120;
    let side = prop_oneof![Just("buy"), Just("sell")];
    let fact = (side.clone(), prop_oneof![Just("rsi"), Just("cvd")], near.clone())
        .prop_map(|(side, what, price)| format!("div {side} {what} ~{price} NOW 1"));
    let extreme = (side.clone(), near.clone(), -4.0..4.0_f64, -3..3_i64)
        .prop_map(|(side, price, z, oi)| format!("ext {side} ~{price} NOW {z} {oi}"));
    let absorbed = (side.clone(), near.clone())
        .prop_map(|(side, low)| format!("abs {side} ~{low} ~{}", low + 60));
    let kind = prop_oneof![Just("val"), Just("lvn"), Just("hvn"), Just("naked"), Just("band")];
    let offered = (1..8_u8, kind, side, -700..700_i64, 20..200_i64, 0.0..9.0_f64).prop_map(
        |(id, kind, side, price, half, score)| {
            let (low, high) = (price - half, price + half);
            format!("level {id} {kind} {side} ~{low} ~{price} ~{high} ~{low} ~{high} {score}")
        },
    );
    let answer = prop_oneof![
        2 => Just("standing"), 2 => Just("taker"), 1 => Just("refused"), 4 => Just("fill"),
        2 => Just("part"), 1 => Just("gone"), 1 => Just("flat"),
    ];
    prop_oneof![
        10 => near.clone().prop_map(|price| format!("trade ~{price}")),
        16 => near.prop_map(|bid| format!("book ~{bid} ~{}", bid + 1)),
        1 => (-500..500_i64).prop_map(|price| format!("trade ~{price}")),
        6 => fact,
        3 => extreme,
        3 => absorbed,
        3 => offered,
        1 => (1..8_u8).prop_map(|id| format!("drop {id}")),
        5 => answer.prop_map(|answer| format!("answer {answer}")),
        1 => prop_oneof![1 => Just("lag on"), 4 => Just("lag off")].prop_map(str::to_owned),
        3 => (-6.0..6.0_f64).prop_map(|z| format!("obi {z}")),
        1 => (-4..4_i64).prop_map(|change| format!("cvd {change}")),
        1 => (-1..4_i64).prop_map(|change| format!("oi {change}")),
        1 => (0.1..0.9_f64).prop_map(|short| format!("vol {short} 0.3")),
        2 => Just("tick".to_owned()),
    ]
}

/// The event at a time and price, which a trade or quote moves.
fn resolve(input: &str, now: u64, price: &mut i64) -> String {
    let words: Vec<String> = input
        .split_whitespace()
        .map(|word| match word.strip_prefix('~') {
            Some(distance) => (*price + distance.parse::<i64>().expect("a distance")).to_string(),
            None if word == "NOW" => now.to_string(),
            None => word.to_owned(),
        })
        .collect();
    if matches!(words[0].as_str(), "trade" | "book") {
        // Held where the levels' percentages stay what they are about.
        *price = words[1].parse::<i64>().expect("a price").clamp(98_000, 102_000);
    }
    words.join(" ")
}

/// Mostly a second or so; now and then minutes.
fn step() -> impl Strategy<Value = u64> {
    prop_oneof![60 => 0..300_u64, 1 => 1_500..100_000_u64]
}

fn run(plan: HypothesisPlan, events: &[(u64, String)]) -> (Vec<Outcome>, Referee) {
    let mut lab = Lab::new(plan);
    let (mut all, mut referee) = (Vec::new(), Referee::default());
    let (mut now, mut price) = (1_000_000, 100_000);
    let mut play = |lab: &mut Lab, referee: &mut Referee, now: u64, input: &str| {
        let words: Vec<&str> = input.split_whitespace().collect();
        if words[0] == "answer" && lab.order.is_none() {
            return;
        }
        if words[0] == "lag" {
            let was_on = referee.lag.is_some_and(|(is_on, _)| is_on);
            match words[1] {
                "on" => referee.lag = Some((true, now)),
                _ if was_on => referee.lag = Some((false, now)),
                _ => {}
            }
        }
        let mut out = Vec::new();
        lab.call(Nanos::from_millis(now), words[0], &words[1..], &mut |outcome| out.push(outcome));
        assert!(out.len() <= OUTCOMES_MAX);
        for outcome in &out {
            referee.judge(now, outcome);
            if let Outcome::Ask(key, ask) = outcome
                && ask.opens()
            {
                lab.order = Some(*key);
            }
        }
        all.extend(out);
    };
    for (step, input) in events {
        now += step;
        let input = resolve(input, now, &mut price);
        play(&mut lab, &mut referee, now, &input);
    }
    // Funding is near, then price stays away: everything ends.
    for _minute in 0..16 {
        now += 60_000;
        play(&mut lab, &mut referee, now, &format!("funding {}", now + 600_000));
        play(&mut lab, &mut referee, now, "trade 200000");
    }
    for (setup, state) in lab.signals.states() {
        assert_eq!(state, State::Inactive, "{setup:?}");
    }
    (all, referee)
}

fn plans() -> impl Strategy<Value = HypothesisPlan> {
    let entry = prop_oneof![Just(EntryRule::OnArm), Just(EntryRule::Ahead)];
    let filter = prop_oneof![
        Just(InterestFilter::Veto),
        Just(InterestFilter::Count),
        Just(InterestFilter::Off),
    ];
    (entry, filter, any::<bool>()).prop_map(|(entry, oi_filter, break_pull_back)| {
        // Shorter spans, so that a run sees more ends.
        let spans = HypothesisPlan {
            cool_ms: 60_000,
            flash_hold_ms: 5_000,
            hold_ms: HOLD_MS,
            ..Default::default()
        };
        HypothesisPlan { entry, oi_filter, break_pull_back, ..spans }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_order_of_events(
        plan in plans(),
        events in prop::collection::vec((step(), event()), 1..300)
    ) {
        let (first, _) = run(plan, &events);
        let (second, _) = run(plan, &events);
        prop_assert_eq!(first, second);
    }
}

/// The property would be empty if its events never armed anything.
#[test]
fn the_random_events_reach_every_state() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let events = prop::collection::vec((step(), event()), 300);
    let mut reached = BTreeMap::new();
    let (mut armed, mut filled) = (0, 0);
    for entry in [EntryRule::OnArm, EntryRule::Ahead].repeat(100) {
        let events = events.new_tree(&mut runner).expect("a tree").current();
        let plan = HypothesisPlan {
            entry,
            cool_ms: 60_000,
            hold_ms: HOLD_MS,
            break_pull_back: true,
            ..HypothesisPlan::default()
        };
        let (outcomes, referee) = run(plan, &events);
        for outcome in &outcomes {
            if let Outcome::Turn(turn) = outcome {
                let is_break = turn.setup.hypothesis == Hypothesis::BreakThrough;
                *reached.entry((is_break, turn.from, turn.to)).or_insert(0_u64) += 1;
            }
        }
        armed += referee.armed;
        filled += referee.filled;
    }
    assert!(armed > 100 && filled > 50, "{armed} armed, {filled} filled");
    // As many ways as the table of `signal.rs` has.
    let ways =
        |of_break: bool| reached.keys().filter(|(is_break, ..)| *is_break == of_break).count();
    assert_eq!((ways(false), ways(true)), (16, 7), "{reached:#?}");
}

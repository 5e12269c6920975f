//! Stage 4 over whole days: it decides, and it decides the same again.

use std::collections::BTreeMap;

use engine::{Inline, Observer, Plan, Summary};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::usdm;
use model::{Body, Insight, Kind};

/// How many decisions of each kind.
#[derive(Default)]
struct Count(BTreeMap<&'static str, u64>);

impl Observer for Count {
    fn decision(&mut self, decision: &Insight, _body: Body<'_>) {
        let kind = decision.kind().expect("a decision").text();
        *self.0.entry(kind).or_default() += 1;
    }
}

fn run(seed: u64, days: u64) -> (Summary, BTreeMap<&'static str, u64>) {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan.strategy = Some(strategy::Plan::demonstration().conclude().expect("sound"));
    let mut inline = Inline::new(usdm(), &plan, Count::default());
    Day::days(seed, days).each(|draft| inline.enter(draft));
    let summary = inline.summary();
    (summary, std::mem::take(&mut inline.observer().0))
}

#[test]
fn the_same_days_give_the_same_decisions() {
    let (one, counts) = run(7, 2);
    let (other, again) = run(7, 2);
    assert_eq!((one.digest, &counts), (other.digest, &again));
    for kind in [Kind::LevelDecision, Kind::SignalDecision, Kind::IntentDecision] {
        assert!(counts.contains_key(kind.text()), "{kind:?} is among {counts:?}");
    }
    assert_ne!(one.digest, run(8, 2).0.digest);
}

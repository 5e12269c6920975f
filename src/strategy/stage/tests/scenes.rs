//! Scenes: from the first insight to the result, step by step.

use model::{
    CloseDecision, Command, FillDecision, IntentDecision, Kind, Nanos, OrderLine, RefusalDecision,
    SECOND, Side, StateDecision, missing,
};

use super::feed::{Feed, plan};
use crate::Refused;
use crate::exits::{Action, Role, Why};
use crate::hypotheses::State;
use crate::risk::{Refusal, TradingState};

/// The market before the scene: price at 600 000, the value area's low edge 400 ticks below, an HVN
/// far above.
fn begun() -> Feed {
    let mut feed = Feed::new(plan());
    feed.area(599_600, 600_300, 600_900);
    feed.nodes(&[(1, 604_000)]);
    feed.open(600_000);
    feed.refresh(600_000);
    feed
}

/// Price comes to the value area's low edge, RSI and CVD diverge there.
fn confirm(feed: &mut Feed) {
    feed.mark(599_700);
    feed.later(100);
    feed.book(599_609, 599_611, true);
    feed.later(100);
    feed.trade(599_600, -5);
    feed.later(100);
    feed.divergence(Side::Buy, 0, 599_600);
    feed.divergence(Side::Buy, 1, 599_600);
    feed.trade(599_605, 5);
}

/// Every intent as `action role why`.
fn intents(feed: &Feed) -> Vec<String> {
    let words = |intent: &IntentDecision| {
        let role = Role::from_code(intent.role).map_or("?", Role::word);
        let why = Why::from_code(intent.why).map_or("?", Why::word);
        format!("{} {role} {why}", Action::word(intent.action))
    };
    feed.all(Kind::IntentDecision).map(|decision| words(decision.view())).collect()
}

fn turns(feed: &Feed) -> Vec<&'static str> {
    let to = |decision: &super::feed::Decision| {
        let turn: &model::SignalDecision = decision.view();
        State::from_code(turn.to).map_or("?", State::word)
    };
    feed.all(Kind::SignalDecision).map(to).collect()
}

#[test]
fn a_rejection_from_touch_to_stop() {
    let mut feed = begun();
    confirm(&mut feed);
    assert!(turns(&feed).ends_with(&["monitored", "armed"]), "{:?}", turns(&feed));
    assert_eq!(intents(&feed), ["enter entry signal"]);
    let entry = feed.all(Kind::IntentDecision).next().expect("an entry").clone();
    let order: &OrderLine = entry.body[0].view();
    // The zone is 0.15 % of the level wide on either side, 899 ticks; half an ATR is 150.
    assert_eq!(entry.view::<IntentDecision>().price.0, 599_600);
    assert_eq!(order.stop.0, 599_600 - 899 - 899);
    assert!(order.target.0 > 599_600 + 1_798, "at least 1 R: {order:?}");

    // It fills only when price trades beyond it.
    for (price, fills) in [(599_600, 0), (599_599, 1)] {
        feed.later(100);
        feed.trade(price, -5);
        assert_eq!(feed.all(Kind::FillDecision).count(), fills, "{price}");
    }
    let want = ["enter entry signal", "place_stop stop protect", "take_profit profit target"];
    assert_eq!(intents(&feed), want);
    assert_eq!(turns(&feed).last(), Some(&"filled"));

    // Price falls through: the stop takes it out, the profit order is withdrawn.
    feed.later(100);
    feed.trade(599_000, -5);
    feed.later(100);
    feed.trade(order.stop.0, -5);
    let stop: FillDecision = *feed.all(Kind::FillDecision).nth(1).expect("a stop").view();
    assert_eq!((stop.role, stop.maker), (Role::Stop.code(), 0));
    assert_eq!(intents(&feed).last().map(String::as_str), Some("cancel cancel target"));
    let close: CloseDecision = *feed.all(Kind::CloseDecision).next().expect("a result").view();
    assert!(close.result.0 < 0 && close.lots == stop.lots);
    assert_eq!(close.why, Why::Protect.code());
    assert_eq!(feed.stage.account().position(super::feed::ID).map(|held| held.lots.0), Some(0));
}

#[test]
fn a_target_takes_half_and_the_stop_shrinks() {
    let mut feed = begun();
    confirm(&mut feed);
    let entry = feed.all(Kind::IntentDecision).next().expect("an entry").clone();
    let target = entry.body[0].view::<OrderLine>().target.0;
    feed.later(100);
    feed.trade(599_599, -5);
    let filled: FillDecision = *feed.all(Kind::FillDecision).next().expect("a fill").view();
    for price in [600_000, target, target + 1] {
        feed.later(1_000);
        feed.book(price - 2, price - 1, true);
        feed.mark(price);
        feed.trade(price, 5);
    }
    let taken: FillDecision = *feed.all(Kind::FillDecision).nth(1).expect("a profit").view();
    assert_eq!((taken.role, taken.price.0, taken.maker), (Role::Profit.code(), target, 1));
    assert_eq!(taken.lots.0, (filled.lots.0 + 1) / 2);
    let moved = feed.all(Kind::IntentDecision).last().expect("a stop").clone();
    let moved: &IntentDecision = moved.view();
    assert_eq!((Action::word(moved.action), moved.lots), ("move_stop", filled.lots - taken.lots));
}

#[test]
fn a_position_is_given_back_after_its_longest_hold() {
    let mut feed = begun();
    confirm(&mut feed);
    feed.later(100);
    feed.trade(599_599, -5);
    for minute in 1..=241 {
        feed.later(60_000);
        feed.book(599_700, 599_702, true);
        feed.mark(599_701);
        feed.trade(599_701, 1);
        let closes = feed.all(Kind::CloseDecision).count();
        assert_eq!(closes, usize::from(minute > 240), "minute {minute}");
    }
    let close: CloseDecision = *feed.all(Kind::CloseDecision).next().expect("a result").view();
    assert_eq!((close.role, close.why), (Role::Close.code(), Why::HoldLimit.code()));
}

/// Its name, how it comes about, the entries that leave all the same, who refuses.
type Obstacle = (&'static str, fn(&mut Feed), &'static [&'static str], Option<Refusal>);

#[test]
fn what_stands_in_the_way_is_said_by_name() {
    let table: [Obstacle; 5] = [
        ("nothing", |_| {}, &["enter entry signal"], None),
        (
            "halted",
            |feed| feed.command(Command::Halt),
            &[],
            Some(Refusal::State(TradingState::Halted)),
        ),
        ("lag: no divergence counts, nothing arms", |feed| feed.lag(false), &[], None),
        // Ten minutes to funding: armed, and taken back at once.
        (
            "funding",
            |feed| feed.funding(feed.now.after(Nanos(300 * SECOND.0))),
            &[],
            Some(Refusal::Funding),
        ),
        ("no book", |feed| feed.book(0, 0, false), &["enter entry signal"], None),
    ];
    for (name, act, want, refusal) in table {
        let mut feed = begun();
        act(&mut feed);
        confirm(&mut feed);
        let sent: Vec<_> =
            intents(&feed).into_iter().filter(|word| word.starts_with("enter")).collect();
        assert_eq!(sent, want, "{name}: {:?}", turns(&feed));
        let refused = feed.all(Kind::RefusalDecision).next().map(|decision| {
            let refused: &RefusalDecision = decision.view();
            Refused::from_codes(refused.by, refused.refusal)
        });
        if let Some(refusal) = refusal.filter(|_| refused.is_some()) {
            assert_eq!(refused, Some(Some(Refused::Gate(refusal))), "{name}");
        }
    }
}

#[test]
fn contamination_is_said_with_its_cause_and_ends_after_its_hold() {
    let mut feed = begun();
    feed.lag(false);
    let last = |feed: &Feed| {
        *feed.all(Kind::StateDecision).last().expect("a state").view::<StateDecision>()
    };
    let lag = u64::from(crate::hypotheses::Causes::LAG.0);
    assert_eq!(last(&feed).contamination, lag);
    for (seconds, want) in [(2, lag), (57, lag), (2, 0)] {
        for _ in 0..seconds {
            feed.later(1_000);
            feed.book(599_999, 600_001, true);
            feed.trade(600_000, 1);
        }
        assert_eq!(last(&feed).contamination, want, "after {seconds} s more");
    }
}

#[test]
fn what_a_source_never_brings_is_named() {
    let mut feed = Feed::new(plan());
    feed.area(599_600, 600_300, 600_900);
    feed.trade(600_000, 1);
    let state = *feed.all(Kind::StateDecision).last().expect("a state").view::<StateDecision>();
    let inputs = crate::hypotheses::Inputs(u16::try_from(state.abstaining).expect("16 bits"));
    let words: Vec<_> = inputs.words().collect();
    assert_eq!(words, ["depth", "book_audit", "socket_times", "open_interest", "funding"]);
    assert_ne!(state.equity.0, missing::WHOLE);
}

#[test]
fn an_order_ahead_is_sized_by_the_atr_that_is_known() {
    let mut plan = plan();
    plan.hypotheses.entry = crate::hypotheses::EntryRule::Ahead;
    let mut feed = Feed::new(plan);
    feed.area(597_000, 600_300, 604_000);
    feed.open(600_000);
    feed.refresh(600_000);
    feed.later(100);
    feed.trade(600_000, 1);
    assert!(turns(&feed).contains(&"resting"), "{:?}", turns(&feed));
    assert_eq!(feed.all(Kind::RefusalDecision).count(), 0);
    assert!(intents(&feed).iter().all(|word| word == "enter entry signal"));
}

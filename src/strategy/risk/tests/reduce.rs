//! What reduces risk: what it may do in each state, and that it is never more than a reduction.

use model::{Lots, Price, Side};

use super::super::{Cause, LimitsDraft, Refusal, TradingState, What};
use super::stage::{Desk, close, draft, enter, place, profit, shift};
use crate::exits::{Action, ClientId, Why};
use Side::{Buy, Sell};

fn verdict(desk: &mut Desk, action: Action) -> Result<(), Refusal> {
    desk.ask_why(action, Why::Protect).map(|_| ())
}

/// A desk that holds 10 lots at 1 000 with its stop, and a resting entry.
fn holding() -> (Desk, ClientId, ClientId) {
    let mut desk = Desk::new();
    let stop = desk.hold(10, true).expect("a stop");
    let entry = desk.ask(enter(Buy, 990, 1)).expect("an entry");
    desk.report(entry, What::Acknowledged);
    (desk, stop, entry)
}

#[test]
fn each_state_lets_through_what_the_table_says() {
    let halted = Err(Refusal::State(TradingState::Halted));
    for (cause, take, shut) in [
        (None, Ok(()), Ok(())),
        (Some(Cause::Contaminated), Ok(()), Ok(())),
        (Some(Cause::Halt), halted, halted),
    ] {
        let (mut desk, stop, entry) = holding();
        if let Some(cause) = cause {
            desk.gate.raise(cause);
        }
        assert_eq!(verdict(&mut desk, profit(Sell, 1_050, 5)), take, "{cause:?}");
        assert_eq!(verdict(&mut desk, close(Sell, 5)), shut, "{cause:?}");
        assert_eq!(verdict(&mut desk, shift(Sell, 960, 10, stop)), Ok(()), "{cause:?}");
        assert_eq!(verdict(&mut desk, Action::Cancel { target: entry }), Ok(()), "{cause:?}");
        let bare = Err(Refusal::Uncovers);
        assert_eq!(verdict(&mut desk, Action::Cancel { target: stop }), bare, "{cause:?}");
    }
}

#[test]
fn in_halted_a_close_passes_only_without_a_stop_or_for_a_person() {
    let (mut desk, stop, _) = holding();
    desk.gate.raise(Cause::Halt);
    let halted = Err(Refusal::State(TradingState::Halted));
    assert_eq!(desk.ask_why(close(Sell, 10), Why::HoldLimit).map(|_| ()), halted);
    assert_eq!(desk.ask_why(close(Sell, 4), Why::Operator).map(|_| ()), Ok(()));
    desk.report(stop, What::Gone);
    assert_eq!(desk.ask_why(close(Sell, 6), Why::StopFailed).map(|_| ()), Ok(()));
    // A stop in flight or unknown does not stand.
    let mut bare = Desk::new();
    bare.hold(10, false);
    let stop = bare.ask(place(Sell, 950, 10)).expect("a stop");
    bare.gate.raise(Cause::Halt);
    assert_eq!(bare.ask_why(close(Sell, 1), Why::StopFailed).map(|_| ()), Ok(()), "in flight");
    bare.report(stop, What::Unknown);
    assert_eq!(bare.ask_why(close(Sell, 1), Why::StopFailed).map(|_| ()), Ok(()), "unknown");
    bare.report(stop, What::Acknowledged);
    assert_eq!(bare.ask_why(close(Sell, 1), Why::StopFailed).map(|_| ()), halted, "it stands");
}

#[test]
fn protection_passes_in_halted() {
    let mut desk = Desk::new();
    desk.hold(10, false);
    desk.gate.raise(Cause::DailyLoss);
    assert_eq!(verdict(&mut desk, place(Sell, 950, 10)), Ok(()));
}

#[test]
fn nothing_reduces_more_than_there_is() {
    for (action, want, what) in [
        (close(Sell, 10), Ok(()), "all"),
        (close(Sell, 11), Err(Refusal::Exceeds), "one lot more"),
        (close(Buy, 1), Err(Refusal::NothingToReduce), "the wrong side"),
        (close(Sell, 0), Err(Refusal::Absurd), "nothing"),
        (profit(Sell, 1_050, 10), Ok(()), "all"),
        (profit(Sell, 1_050, 11), Err(Refusal::Exceeds), "one lot more"),
        (profit(Buy, 1_050, 1), Err(Refusal::NothingToReduce), "the wrong side"),
        (place(Sell, 940, 1), Err(Refusal::Covered), "a second stop"),
    ] {
        let (mut desk, ..) = holding();
        assert_eq!(verdict(&mut desk, action), want, "{what}");
    }
    let mut flat = Desk::new();
    for action in [close(Sell, 1), place(Sell, 950, 1), profit(Sell, 1_050, 1)] {
        assert_eq!(verdict(&mut flat, action), Err(Refusal::NothingToReduce), "{action:?}");
    }
    let (mut desk, ..) = holding();
    assert_eq!(verdict(&mut desk, close(Sell, 6)), Ok(()));
    assert_eq!(verdict(&mut desk, close(Sell, 5)), Err(Refusal::Exceeds), "6 are on their way");
    assert_eq!(verdict(&mut desk, close(Sell, 4)), Ok(()));
}

#[test]
fn a_stop_stands_behind_the_market_and_near_enough() {
    // Touch 999/1 001; mark 1 000, collar of stops 10 %.
    for (lots, action, want, what) in [
        (10, place(Sell, 998, 10), Ok(()), "below the bid"),
        (10, place(Sell, 999, 10), Err(Refusal::WouldTrigger), "at the bid"),
        (10, place(Sell, 900, 10), Ok(()), "exactly 10 %"),
        (10, place(Sell, 899, 10), Err(Refusal::StopTooFar), "farther"),
        (10, place(Sell, 950, 11), Err(Refusal::Exceeds), "more than is held"),
        (10, place(Sell, 0, 10), Err(Refusal::Absurd), "no trigger"),
        (-10, place(Buy, 1_002, 10), Ok(()), "above the ask"),
        (-10, place(Buy, 1_001, 10), Err(Refusal::WouldTrigger), "at the ask"),
        (-10, place(Buy, 1_101, 10), Err(Refusal::StopTooFar), "farther"),
    ] {
        let mut desk = Desk::new();
        desk.hold(lots, false);
        assert_eq!(verdict(&mut desk, action), want, "{what}");
    }
    let mut blind = Desk::new();
    blind.hold(10, false);
    blind.scene.touch = None;
    assert_eq!(verdict(&mut blind, place(Sell, 950, 10)), Ok(()), "better than none");
}

#[test]
fn a_stop_only_comes_nearer_and_covers_no_less() {
    for (action, want, what) in [
        ((951, 10), Ok(()), "nearer"),
        ((950, 10), Ok(()), "where it was"),
        ((949, 10), Err(Refusal::Loosens), "farther"),
        ((960, 9), Err(Refusal::Loosens), "smaller than what is held"),
        ((960, 11), Err(Refusal::Exceeds), "more than is held"),
        ((999, 10), Err(Refusal::WouldTrigger), "at the bid"),
    ] {
        let (mut desk, stop, _) = holding();
        let got = verdict(&mut desk, shift(Sell, action.0, action.1, stop));
        assert_eq!(got, want, "{what}");
    }
    let mut short = Desk::new();
    let stop = short.hold(-10, true).expect("a stop");
    assert_eq!(verdict(&mut short, shift(Buy, 1_051, 10, stop)), Err(Refusal::Loosens));
    assert_eq!(verdict(&mut short, shift(Buy, 1_049, 10, stop)), Ok(()));
}

#[test]
fn the_old_stop_leaves_when_the_new_one_stands() {
    let (mut desk, old, entry) = holding();
    let new = desk.ask(shift(Sell, 960, 10, old)).expect("a move");
    let cancel = Action::Cancel { target: old };
    assert_eq!(verdict(&mut desk, cancel), Err(Refusal::Uncovers), "the new one is in flight");
    let again = verdict(&mut desk, shift(Sell, 970, 10, old));
    assert_eq!(again, Err(Refusal::Covered), "one replacement at a time");
    desk.report(new, What::Acknowledged);
    assert_eq!(verdict(&mut desk, cancel), Ok(()));
    // What is being withdrawn protects nothing: now the new one may not leave.
    assert_eq!(verdict(&mut desk, Action::Cancel { target: new }), Err(Refusal::Uncovers));
    let gone = verdict(&mut desk, shift(Sell, 970, 10, old));
    assert_eq!(gone, Err(Refusal::NoSuchOrder), "nor be moved");
    desk.report(old, What::Gone);
    assert_eq!(verdict(&mut desk, Action::Cancel { target: old }), Err(Refusal::NoSuchOrder));
    assert_eq!(verdict(&mut desk, shift(Sell, 970, 10, entry)), Err(Refusal::NoSuchOrder));
}

#[test]
fn a_cancel_that_the_venue_refused_leaves_the_stop_standing() {
    let (mut desk, old, _) = holding();
    let new = desk.ask(shift(Sell, 960, 10, old)).expect("a move");
    desk.report(new, What::Acknowledged);
    verdict(&mut desk, Action::Cancel { target: old }).expect("a cancel");
    desk.report(old, What::Acknowledged);
    assert_eq!(verdict(&mut desk, Action::Cancel { target: new }), Ok(()), "the old one covers");
}

#[test]
fn after_target_one_the_stop_may_shrink_to_what_is_left() {
    let (mut desk, stop, _) = holding();
    let take = desk.ask(profit(Sell, 1_050, 5)).expect("a target");
    desk.fill(take, 1_050, 5);
    assert_eq!(verdict(&mut desk, shift(Sell, 960, 4, stop)), Err(Refusal::Loosens));
    assert_eq!(verdict(&mut desk, shift(Sell, 960, 5, stop)), Ok(()));
}

#[test]
fn stops_of_two_levels_move_and_shrink_side_by_side() {
    let (mut desk, one, _) = holding();
    let other = desk.hold(6, true).expect("a second stop");
    // Both trails move at the same minute: what is on its way to a place does not count twice.
    let moved = desk.ask(shift(Sell, 960, 10, one)).expect("a move");
    let also = desk.ask(shift(Sell, 965, 6, other)).expect("a move beside it");
    for (new, old) in [(moved, one), (also, other)] {
        desk.report(new, What::Acknowledged);
        desk.report(old, What::Gone);
    }
    // Half of one is taken: its stop may shrink to what is left of it, and no further.
    let take = desk.ask(profit(Sell, 1_050, 5)).expect("a target");
    desk.fill(take, 1_050, 5);
    assert_eq!(verdict(&mut desk, shift(Sell, 960, 4, moved)), Err(Refusal::Loosens));
    assert_eq!(verdict(&mut desk, shift(Sell, 960, 5, moved)), Ok(()));
}

#[test]
fn a_flat_position_lets_its_stop_go_in_every_state() {
    let (mut desk, stop, _) = holding();
    let out = desk.ask(close(Sell, 10)).expect("a close");
    desk.fill(out, 1_000, 10);
    desk.gate.raise(Cause::Halt);
    assert_eq!(verdict(&mut desk, Action::Cancel { target: stop }), Ok(()));
}

#[test]
fn prices_that_give_money_away_are_refused() {
    // Bid 999 less 4 % is 959.04.
    let limit = |price| Action::Close { side: Sell, price: Some(Price(price)), lots: Lots(1) };
    for (action, want) in [
        (limit(960), Ok(())),
        (limit(959), Err(Refusal::CollarTouch)),
        (limit(5_000), Ok(())),
        (profit(Sell, 960, 1), Ok(())),
        (profit(Sell, 959, 1), Err(Refusal::CollarTouch)),
        (profit(Sell, 5_000, 1), Ok(())),
    ] {
        let (mut desk, ..) = holding();
        assert_eq!(verdict(&mut desk, action), want, "{action:?}");
    }
    let (mut blind, ..) = holding();
    blind.scene.touch = None;
    assert_eq!(verdict(&mut blind, limit(1)), Ok(()), "a close waits for no touch");
    assert_eq!(verdict(&mut blind, profit(Sell, 1_050, 1)), Err(Refusal::Touch));
}

#[test]
fn no_rate_starves_what_is_essential() {
    let tight = LimitsDraft { orders_10s: Some(4.0), messages_10s: Some(4.0), ..draft() };
    let mut desk = Desk::with(tight.conclude().expect("sound"));
    desk.hold(10, false);
    let rest = desk.ask(close(Sell, 1)).expect("a close");
    for _ in 0..5 {
        let _ = desk.ask(profit(Sell, 1_050, 1));
    }
    assert_eq!(verdict(&mut desk, profit(Sell, 1_050, 1)), Err(Refusal::Rate));
    assert_eq!(verdict(&mut desk, place(Sell, 950, 10)), Ok(()));
    assert_eq!(verdict(&mut desk, close(Sell, 1)), Ok(()));
    assert_eq!(verdict(&mut desk, Action::Cancel { target: rest }), Ok(()), "the first cancel");
    let again = verdict(&mut desk, Action::Cancel { target: rest });
    assert_eq!(again, Err(Refusal::Rate), "the second waits");
}

#[test]
fn a_loop_of_refused_closes_ends_at_the_venues_own_limit() {
    let mut desk = Desk::new();
    desk.hold(10, false);
    let mut sent = 1;
    let refused = loop {
        match desk.ask_why(close(Sell, 10), Why::StopFailed) {
            Ok(client) => desk.report(client, What::Gone),
            Err(refused) => break refused,
        };
        sent += 1;
    };
    assert_eq!((refused, sent), (Refusal::Rate, 300));
}

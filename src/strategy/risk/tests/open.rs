//! What entries may not do: each limit exactly at it, and one beside it.

use model::{Fine, Instrument, Lots, MINUTE, Nanos, Price, SECOND, Side};

use super::super::{Account, Cause, LimitsDraft, Refusal, Touch, TradingState, What};
use super::stage::{
    Desk, ID, NOON, OTHER, client, close, draft, enter, enter_stop, instruments, limits, quote,
};
use crate::exits::{Action, ClientId, Role, Why};
use crate::terms::LevelId;
use Side::{Buy, Sell};

fn verdict(desk: &mut Desk, action: Action) -> Result<(), Refusal> {
    desk.ask(action).map(|_| ())
}

#[test]
fn collars_hold_at_the_unit() {
    // Mark 1 000 ± 5 %: 950 … 1 050; touch 999/1 001 ± 4 %: 959.04 … 1 041.04.
    for (action, want, what) in [
        (enter(Buy, 960, 1), Ok(()), "960 is 3.904 % from the bid"),
        (enter(Buy, 959, 1), Err(Refusal::CollarTouch), "959 is 4.004 %"),
        (enter(Buy, 1_038, 1), Ok(()), "999 + 4 % = 1 038.96"),
        (enter(Buy, 1_039, 1), Err(Refusal::CollarTouch), "a fat finger upwards"),
        (enter(Sell, 961, 1), Ok(()), "1 001 − 4 % = 960.96"),
        (enter(Sell, 960, 1), Err(Refusal::CollarTouch), "below it"),
        (enter(Buy, 949, 1), Err(Refusal::CollarMark), "the mark is asked first"),
        (enter(Sell, 1_051, 1), Err(Refusal::CollarMark), "above"),
        (enter_stop(Buy, 1_002, 1), Ok(()), "a stop entry beyond the ask"),
        (enter_stop(Buy, 1_001, 1), Err(Refusal::WouldTrigger), "at the ask"),
        (enter_stop(Sell, 998, 1), Ok(()), "below the bid"),
        (enter_stop(Sell, 999, 1), Err(Refusal::WouldTrigger), "at the bid"),
        (enter(Buy, 0, 1), Err(Refusal::Absurd), "no price"),
        (enter(Buy, -5, 1), Err(Refusal::Absurd), "a price below zero"),
        (enter(Buy, i64::MAX, i64::MAX), Err(Refusal::Absurd), "beyond any number"),
        (enter(Buy, 1_000, 0), Err(Refusal::Absurd), "no lots"),
    ] {
        assert_eq!(verdict(&mut Desk::new(), action), want, "{what}");
    }
    // With a touch that does not bind, the mark's collar at its edge: 950 and 1 050.
    let wide = LimitsDraft { collar_touch: Some(0.2), ..draft() };
    for (price, want) in [(950, Ok(())), (949, Err(Refusal::CollarMark)), (1_050, Ok(()))] {
        let mut desk = Desk::with(wide.conclude().expect("sound"));
        assert_eq!(verdict(&mut desk, enter(Buy, price, 1)), want, "{price}");
    }
}

#[test]
fn without_a_reference_nothing_opens() {
    let mut desk = Desk::new();
    desk.scene.touch = None;
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Err(Refusal::Touch));
    for (bid, ask) in [(1_000, 1_000), (1_001, 999), (0, 1), (-1, 5)] {
        desk.scene.touch = Some(Touch { bid: Price(bid), ask: Price(ask) });
        assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Err(Refusal::Touch), "{bid}/{ask}");
    }
    let mut old = Desk::new();
    old.scene.now = NOON.after(Nanos(10 * SECOND.0));
    assert_eq!(verdict(&mut old, enter(Buy, 1_000, 1)), Ok(()), "a mark of exactly 10 s");
    old.scene.now = old.scene.now.after(Nanos(1));
    assert_eq!(verdict(&mut old, enter(Buy, 1_000, 1)), Err(Refusal::Mark), "and a nanosecond");
    let mut none = Desk::new();
    none.account = Account::new(&instruments(), quote(100_000));
    assert_eq!(verdict(&mut none, enter(Buy, 1_000, 1)), Err(Refusal::Mark));
    none.account.mark(ID, Fine(0), NOON);
    none.account.mark(ID, Fine(-1), NOON);
    assert_eq!(none.account.refused, 2);
    assert_eq!(verdict(&mut none, enter(Buy, 1_000, 1)), Err(Refusal::Mark), "zero is no mark");
}

#[test]
fn funding_closes_the_door_for_exactly_ten_minutes() {
    for (left, want) in [
        (10 * MINUTE.0 + 1, Ok(())),
        (10 * MINUTE.0, Err(Refusal::Funding)),
        (1, Err(Refusal::Funding)),
        (0, Ok(())),
    ] {
        let mut desk = Desk::new();
        desk.scene.time_funding = Some(NOON.after(Nanos(left)));
        assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), want, "{left} ns before");
    }
    let mut desk = Desk::new();
    desk.scene.time_funding = None;
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Ok(()), "an unknown one abstains");
}

#[test]
fn an_order_has_its_limits() {
    let value = LimitsDraft { order_value: Some(20_000.0), ..draft() };
    let quantity = LimitsDraft { order_quantity: Some(20.0), ..draft() };
    for (draft, action, want) in [
        (value, enter(Buy, 1_000, 20), Ok(())),
        (value, enter(Buy, 1_000, 21), Err(Refusal::OrderValue)),
        (value, enter(Buy, 1_001, 20), Err(Refusal::OrderValue)),
        // Priced below the mark it still counts at the mark.
        (value, enter(Buy, 990, 20), Ok(())),
        (value, enter(Sell, 1_001, 20), Err(Refusal::OrderValue)),
        (quantity, enter(Buy, 1_000, 20), Ok(())),
        (quantity, enter(Buy, 1_000, 21), Err(Refusal::OrderQuantity)),
    ] {
        let mut desk = Desk::with(draft.conclude().expect("sound"));
        assert_eq!(verdict(&mut desk, action), want, "{action:?}");
    }
}

#[test]
fn the_venues_filters_hold() {
    let mut list = instruments();
    let plain = Instrument::new("AAAUSDT", "1", "1").expect("a grid");
    let filters = Instrument {
        lots_min: Lots(3),
        lots_max: Lots(20),
        market_lots_max: Lots(10),
        notional_min: quote(5_000),
        price_min: Price(980),
        price_max: Price(1_020),
        ..plain
    };
    list.put(filters).expect("a place");
    for (action, want) in [
        (enter(Buy, 1_000, 5), Ok(())),
        (enter(Buy, 999, 5), Err(Refusal::TooSmall)),
        (enter(Buy, 1_000, 2), Err(Refusal::TooSmall)),
        (enter(Buy, 1_000, 20), Ok(())),
        (enter(Buy, 1_000, 21), Err(Refusal::Filter)),
        (enter_stop(Buy, 1_010, 10), Ok(())),
        (enter_stop(Buy, 1_010, 11), Err(Refusal::Filter)),
        (enter(Buy, 980, 6), Ok(())),
        (enter(Buy, 979, 6), Err(Refusal::Filter)),
        (enter(Sell, 1_021, 6), Err(Refusal::Filter)),
    ] {
        let mut desk = Desk::new();
        desk.account = Account::new(&list, quote(100_000));
        desk.account.mark(ID, quote(1_000), NOON);
        assert_eq!(verdict(&mut desk, action), want, "{action:?}");
    }
}

#[test]
fn orders_in_flight_and_unknown_count_at_once() {
    // 100 lots at 1 000 are the position's limit in value and quantity.
    for phase in [None, Some(What::Acknowledged), Some(What::Unknown)] {
        let mut desk = Desk::new();
        let entry = desk.ask(enter(Buy, 1_000, 50)).expect("an entry");
        if let Some(what) = phase {
            desk.report(entry, what);
        }
        let mut next = desk.intent(enter(Buy, 1_000, 50), Why::Signal);
        next.client.level = LevelId(2);
        assert_eq!(desk.pass(&next).map(|_| ()), Ok(()), "exactly the limit, {phase:?}");
        let mut more = desk.intent(enter(Buy, 1_000, 1), Why::Signal);
        more.client.level = LevelId(3);
        assert_eq!(desk.pass(&more), Err(Refusal::PositionQuantity), "one lot above, {phase:?}");
    }
}

#[test]
fn each_exposure_has_its_limit() {
    let wide = LimitsDraft { position_quantity: Some(1_000.0), ..draft() };
    // (level, instrument, lots) of what is there; then what is asked.
    let cases = [
        (wide, vec![(1, ID, 50)], (1, ID, 10), Ok(()), "a level at 60 000"),
        (wide, vec![(1, ID, 50)], (1, ID, 11), Err(Refusal::LevelValue), "a level above"),
        (wide, vec![(1, ID, 50)], (2, ID, 50), Ok(()), "a position at 100 000"),
        (wide, vec![(1, ID, 50), (2, ID, 45)], (3, ID, 6), Err(Refusal::PositionValue), "above"),
        (wide, vec![(1, ID, 50), (2, ID, 50)], (1, OTHER, 50), Ok(()), "all at 150 000"),
        (
            wide,
            vec![(1, ID, 50), (2, ID, 50), (1, OTHER, 10)],
            (1, OTHER, 41),
            Err(Refusal::TotalValue),
            "all above",
        ),
        (
            wide,
            vec![(1, ID, 50)],
            (1, OTHER, 50),
            Ok(()),
            "one number on two instruments is two levels",
        ),
    ];
    for (draft, there, (level, instrument, lots), want, what) in cases {
        let mut desk = Desk::with(draft.conclude().expect("sound"));
        let mut ask = |level, instrument, lots| {
            let mut intent = desk.intent(enter(Buy, 1_000, lots), Why::Signal);
            intent.client.level = LevelId(level);
            intent.client.instrument = instrument;
            desk.pass(&intent).map(|_| ())
        };
        for (level, instrument, lots) in there {
            assert_eq!(ask(level, instrument, lots), Ok(()), "{what}");
        }
        assert_eq!(ask(level, instrument, lots), want, "{what}");
    }
}

#[test]
fn a_level_counts_what_it_holds() {
    let mut desk = Desk::new();
    desk.hold(50, true);
    assert_eq!(desk.account.stake_of(ID, LevelId(1)), Lots(50));
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 11)), Err(Refusal::LevelValue));
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 10)), Ok(()));
}

#[test]
fn orders_a_side_are_counted_a_side() {
    let mut desk = Desk::new();
    for _ in 0..4 {
        assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Ok(()));
    }
    assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Err(Refusal::OrdersSide));
    assert_eq!(verdict(&mut desk, enter(Sell, 1_010, 1)), Ok(()), "the other side is free");
}

#[test]
fn an_entry_meets_neither_us_nor_our_position() {
    let mut desk = Desk::new();
    desk.ask(enter(Sell, 1_005, 1)).expect("an entry");
    assert_eq!(verdict(&mut desk, enter(Buy, 1_005, 1)), Err(Refusal::SelfMatch));
    assert_eq!(verdict(&mut desk, enter(Buy, 1_004, 1)), Ok(()));
    let mut held = Desk::new();
    held.hold(5, true);
    assert_eq!(verdict(&mut held, enter(Sell, 1_010, 1)), Err(Refusal::Against));
}

#[test]
fn an_id_goes_out_once() {
    let mut desk = Desk::new();
    let intent = desk.intent(enter(Buy, 1_000, 1), Why::Signal);
    assert_eq!(desk.pass(&intent), Ok(intent.client));
    assert_eq!(desk.pass(&intent), Err(Refusal::Duplicate), "while live");
    desk.report(intent.client, What::Gone);
    assert_eq!(desk.pass(&intent), Err(Refusal::Duplicate), "and after");
    let wrong = ClientId { role: Role::Stop, ..client(1, 99) };
    let mut stranger = desk.intent(enter(Buy, 1_000, 1), Why::Signal);
    stranger.client = wrong;
    assert_eq!(desk.pass(&stranger), Err(Refusal::Role));
    stranger.client.instrument = model::InstrumentId(9);
    assert_eq!(desk.pass(&stranger), Err(Refusal::Instrument));
}

#[test]
fn every_cause_closes_the_door() {
    for cause in Cause::ALL.into_iter().filter(|cause| !cause.derived()) {
        let mut desk = Desk::new();
        desk.gate.raise(cause);
        let want = Refusal::State(cause.state());
        assert_ne!(cause.state(), TradingState::Trading);
        assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Err(want), "{}", cause.text());
        assert_eq!(desk.gate.clear(cause), !cause.latches(), "{}", cause.text());
        let after = verdict(&mut desk, enter(Buy, 1_000, 1)).is_ok();
        assert_eq!(after, !cause.latches(), "{}", cause.text());
    }
}

#[test]
fn a_contaminated_instrument_opens_nothing_and_reduces() {
    let mut desk = Desk::new();
    desk.hold(5, true);
    desk.scene.contaminated = true;
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Err(Refusal::Contaminated));
    assert_eq!(verdict(&mut desk, enter_stop(Buy, 1_010, 1)), Err(Refusal::Contaminated));
    assert_eq!(verdict(&mut desk, close(Sell, 5)), Ok(()));
    desk.scene.contaminated = false;
    assert_eq!(verdict(&mut desk, enter(Buy, 1_000, 1)), Ok(()));
}

#[test]
fn unknown_orders_and_bare_positions_close_the_door() {
    let mut desk = Desk::new();
    let first = desk.ask(enter(Buy, 990, 1)).expect("an entry");
    let second = desk.ask(enter(Buy, 990, 1)).expect("an entry");
    desk.report(first, What::Unknown);
    assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Ok(()), "one of two");
    desk.report(second, What::Unknown);
    let reducing = Err(Refusal::State(TradingState::Reducing));
    assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), reducing, "two of two");
    assert!(desk.gate.causes(&desk.account).holds(Cause::Unknown));
    desk.report(first, What::Gone);
    assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Ok(()));

    let mut bare = Desk::new();
    bare.hold(5, false);
    assert_eq!(verdict(&mut bare, enter(Buy, 990, 1)), reducing);
    assert!(bare.gate.causes(&bare.account).holds(Cause::Unprotected));
}

#[test]
fn entries_leave_the_reserve_of_the_rate() {
    let tight = LimitsDraft { orders_10s: Some(8.0), orders_side: Some(64.0), ..draft() };
    let mut desk = Desk::with(tight.conclude().expect("sound"));
    for _ in 0..6 {
        assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Ok(()));
    }
    assert_eq!(verdict(&mut desk, enter(Buy, 990, 1)), Err(Refusal::Rate));
    assert_eq!(desk.gate.limits().reserve_of(8), 2);
    assert_eq!(limits().reserve_of(40), 10);
}

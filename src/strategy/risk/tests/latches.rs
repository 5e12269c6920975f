//! Losses, days, draw-downs, repeated executions, strangers: what latches and how it leaves.

use model::{DAY, HOUR, MINUTE, Nanos, Price, Side};

use super::super::{
    Cause, Folded, LimitsDraft, Money, Refusal, ReleaseRefusal, Report, TradingState, What,
};
use super::stage::{Desk, ID, NOON, close, draft, enter, quote};
use crate::exits::Why;
use Side::Buy;

fn state(desk: &Desk) -> TradingState {
    desk.gate.causes(&desk.account).state()
}

/// Ten lots at 1 000 with a stop: a mark of 900 is a loss of 1 000.
fn holding() -> Desk {
    let mut desk = Desk::new();
    desk.hold(10, true);
    desk
}

#[test]
fn the_daily_loss_latches_exactly_at_its_limit() {
    let mut desk = holding();
    desk.mark(901);
    assert_eq!((state(&desk), desk.gate.loss()), (TradingState::Trading, Money(990 * Money::ONE)));
    // 900.00000001: 10⁻⁷ short of the limit.
    desk.account.mark(ID, model::Fine(quote(900).0 + 1), NOON);
    desk.gate.observe(&desk.account, NOON);
    assert_eq!(state(&desk), TradingState::Trading);
    desk.mark(900);
    assert_eq!(state(&desk), TradingState::Halted);
    desk.mark(1_100);
    assert_eq!(state(&desk), TradingState::Halted, "a profit releases nothing");
    assert!(!desk.gate.clear(Cause::DailyLoss), "nor does its reason");
}

#[test]
fn a_fee_and_a_payment_are_losses_too() {
    let mut desk = Desk::new();
    desk.account.funding(quote(-999));
    desk.gate.observe(&desk.account, NOON);
    assert_eq!(state(&desk), TradingState::Trading);
    let entry = desk.ask(enter(Buy, 1_000, 1)).expect("an entry");
    let (side, price, lots) = (Buy, Price(1_000), model::Lots(1));
    desk.report(entry, What::Filled { trade: 9, side, price, lots, fee: quote(1) });
    assert_eq!(state(&desk), TradingState::Halted);
}

#[test]
fn transfers_are_no_result() {
    let mut desk = Desk::new();
    desk.account.transfer(quote(-50_000));
    desk.gate.observe(&desk.account, NOON);
    assert_eq!(state(&desk), TradingState::Trading);
    desk.account.transfer(quote(80_000));
    desk.account.funding(quote(-1_000));
    desk.gate.observe(&desk.account, NOON);
    assert_eq!(state(&desk), TradingState::Halted, "a deposit hides no loss");
}

#[test]
fn a_new_utc_day_starts_anew_and_keeps_the_latch() {
    let mut desk = holding();
    desk.mark(950);
    let midnight = Nanos(NOON.0 + 12 * HOUR.0);
    assert_eq!(midnight.0 % DAY.0, 0);
    desk.scene.now = Nanos(midnight.0 - 1);
    desk.mark(910);
    assert_eq!(desk.gate.loss(), Money(900 * Money::ONE));
    // What is seen first on the new day belongs to it, counted from the last look before.
    desk.scene.now = midnight;
    desk.mark(900);
    assert_eq!(desk.gate.loss(), Money(100 * Money::ONE));
    assert_eq!(state(&desk), TradingState::Trading);
    desk.mark(810);
    assert_eq!(state(&desk), TradingState::Halted);
    assert_eq!(desk.gate.release(Cause::DailyLoss), Err(ReleaseRefusal::LossStands));
    desk.scene.now = midnight.after(DAY);
    desk.mark(810);
    assert_eq!(state(&desk), TradingState::Halted, "a day releases nothing by itself");
    assert_eq!(desk.gate.release(Cause::DailyLoss), Ok(()));
    assert_eq!(desk.gate.release(Cause::DailyLoss), Err(ReleaseRefusal::NotSet));
    assert_eq!(state(&desk), TradingState::Trading);
}

#[test]
fn the_draw_down_counts_from_the_peak_over_days() {
    let mut desk = holding();
    desk.mark(1_050);
    for (day, mark, want) in [
        (1, 1_000, TradingState::Trading),
        (2, 910, TradingState::Trading),
        (3, 851, TradingState::Trading),
        (3, 850, TradingState::Halted),
    ] {
        desk.scene.now = NOON.after(Nanos(day * DAY.0));
        desk.mark(mark);
        assert_eq!(state(&desk), want, "day {day} at {mark}");
    }
    assert_eq!(desk.gate.fall(), Money(2_000 * Money::ONE));
    assert!(!desk.gate.causes(&desk.account).holds(Cause::DailyLoss));
    assert_eq!(desk.gate.release(Cause::DrawDown), Ok(()));
    assert_eq!(desk.gate.fall(), Money(0), "it counts from here");
    desk.mark(849);
    assert_eq!(state(&desk), TradingState::Trading);
}

#[test]
fn repeated_executions_latch_and_pending_ones_count() {
    let few = LimitsDraft { executions: Some(3.0), executions_minutes: Some(10.0), ..draft() };
    let mut desk = Desk::with(few.conclude().expect("sound"));
    let round = |desk: &mut Desk| {
        let entry = desk.ask(enter(Buy, 1_000, 2))?;
        desk.fill(entry, 1_000, 1);
        desk.fill(entry, 1_000, 1);
        let out = desk.ask_why(close(Side::Sell, 2), Why::Target)?;
        desk.fill(out, 1_000, 2);
        Ok::<(), Refusal>(())
    };
    round(&mut desk).expect("the first");
    round(&mut desk).expect("the second");
    assert_eq!(state(&desk), TradingState::Trading, "two parts of one order are one execution");
    let third = desk.ask(enter(Buy, 1_000, 1)).expect("the third waits");
    assert_eq!(desk.ask(enter(Buy, 1_000, 1)), Err(Refusal::Repeated), "it counts as if filled");
    desk.report(third, What::Gone);
    // The two leave the window exactly 10 min after.
    desk.scene.now = Nanos(NOON.0 + 10 * MINUTE.0 - 1);
    desk.mark(1_000);
    round(&mut desk).expect("the third");
    assert_eq!(state(&desk), TradingState::Halted);
    assert_eq!(desk.gate.release(Cause::Repeated), Ok(()));
    round(&mut desk).expect("forgiven");
    assert_eq!(state(&desk), TradingState::Trading);
}

#[test]
fn executions_leave_the_window_at_its_end() {
    let few = LimitsDraft { executions: Some(2.0), executions_minutes: Some(10.0), ..draft() };
    for (later, want) in [(10 * MINUTE.0 - 1, Err(Refusal::Repeated)), (10 * MINUTE.0, Ok(()))] {
        let mut desk = Desk::with(few.conclude().expect("sound"));
        let entry = desk.ask(enter(Buy, 1_000, 1)).expect("an entry");
        desk.fill(entry, 1_000, 1);
        let out = desk.ask_why(close(Side::Sell, 1), Why::StopFailed).expect("a close");
        desk.fill(out, 1_000, 1);
        desk.scene.now = NOON.after(Nanos(later));
        desk.mark(1_000);
        desk.ask(enter(Buy, 1_000, 1)).expect("one of two");
        let second = desk.ask(enter(Buy, 1_000, 1)).map(|_| ());
        assert_eq!(second, want, "{later} ns after the first");
    }
}

#[test]
fn a_stranger_halts_and_the_position_is_the_venues() {
    let mut desk = Desk::new();
    let (side, price, lots) = (Buy, Price(1_000), model::Lots(3));
    let what = What::Filled { trade: 77, side, price, lots, fee: model::Fine(0) };
    let report = Report { client: None, instrument: ID, what };
    assert_eq!(desk.account.report(&report), Folded::Strange);
    assert_eq!(desk.account.report(&report), Folded::Repeated, "each trade once");
    desk.gate.observe(&desk.account, NOON);
    assert_eq!(desk.account.position(ID).expect("held").lots.0, 3);
    let causes = desk.gate.causes(&desk.account);
    assert!(causes.holds(Cause::Mismatch) && causes.holds(Cause::Unprotected));
    assert_eq!(desk.ask_why(close(Side::Sell, 3), Why::StopFailed).map(|_| ()), Ok(()));
    assert_eq!(desk.gate.release(Cause::Mismatch), Ok(()));
}

#[test]
fn a_forgotten_observe_lets_nothing_out() {
    let mut desk = holding();
    desk.account.mark(ID, quote(900), NOON);
    let halted = Err(Refusal::State(TradingState::Halted));
    assert_eq!(desk.ask(enter(Buy, 900, 1)), halted);
}

#[test]
fn only_latches_are_released() {
    let mut desk = Desk::new();
    desk.gate.raise(Cause::Contaminated);
    desk.gate.raise(Cause::Unknown);
    let causes = desk.gate.causes(&desk.account);
    assert_eq!(causes.iter().collect::<Vec<_>>(), [Cause::Contaminated], "derived is not raised");
    assert_eq!(desk.gate.release(Cause::Contaminated), Err(ReleaseRefusal::NoLatch));
    assert_eq!(desk.gate.release(Cause::Halt), Err(ReleaseRefusal::NotSet));
}

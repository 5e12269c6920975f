//! Positions at average cost, to the unit, against a naive cash book.

use model::{Fine, Instrument, Lots, Price, Side};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use super::super::{Folded, Money, Position, Report, What};
use super::stage::{Desk, ID, NOON, client, enter, quote};
use Side::{Buy, Sell};

fn unit() -> Instrument {
    Instrument::new("AAAUSDT", "1", "1").expect("a grid")
}

#[test]
fn average_cost_and_its_results() {
    let mut held = Position { mark: Some(quote(100)), ..Position::default() };
    for (side, price, lots, want, cost, realised, running, what) in [
        (Buy, 100, 2, 2, 200, 0, 0, "opens"),
        (Buy, 106, 1, 3, 306, 0, -6, "adds"),
        (Sell, 110, 1, 2, 204, 8, -4, "takes a third: 110 − 102"),
        (Sell, 90, 5, -3, -270, -16, -30, "turns: two closed at 90, three sold at 90"),
        (Buy, 80, 3, 0, 0, 14, 0, "flat"),
    ] {
        held = held.filled(&unit(), side, Price(price), Lots(lots)).expect("sound");
        assert_eq!(held.lots, Lots(want), "{what}");
        assert_eq!(held.cost, Money(cost * Money::ONE), "{what}");
        assert_eq!(held.realised, Money(realised * Money::ONE), "{what}");
        assert_eq!(held.running(&unit()), Some(Money(running * Money::ONE)), "{what}");
    }
}

#[test]
fn absurd_fills_change_nothing() {
    let mut desk = Desk::new();
    let entry = desk.ask(enter(Buy, 1_000, 5)).expect("an entry");
    let fill = |trade, price, lots| What::Filled {
        trade,
        side: Buy,
        price: Price(price),
        lots: Lots(lots),
        fee: Fine(0),
    };
    for (price, lots) in
        [(0, 1), (-1, 1), (1_000, 0), (1_000, -1), (i64::MAX, 1 << 40), (1_000, i64::MAX)]
    {
        assert_eq!(desk.report(entry, fill(1, price, lots)), Folded::Refused, "{price} {lots}");
    }
    assert_eq!(desk.account.position(ID).map(|held| held.lots), Some(Lots(0)));
    assert_eq!(desk.account.refused, 6);
    assert_eq!(desk.report(entry, fill(1, 1_000, 5)), Folded::Counted, "the trade is still new");
    assert!(desk.account.orders().is_empty());
    assert_eq!(desk.report(entry, What::Acknowledged), Folded::Refused, "it has ended");
    assert_eq!(desk.report(entry, What::Gone), Folded::Refused);
}

#[test]
fn what_no_order_explains_is_strange_and_counts() {
    for (lots, side, what) in [(6, Buy, "more than was ordered"), (2, Sell, "the other side")] {
        let mut desk = Desk::new();
        let entry = desk.ask(enter(Buy, 1_000, 5)).expect("an entry");
        let (price, lots) = (Price(1_000), Lots(lots));
        let fill = What::Filled { trade: 1, side, price, lots, fee: Fine(0) };
        assert_eq!(desk.report(entry, fill), Folded::Strange, "{what}");
        assert_eq!(desk.account.position(ID).map(|held| held.lots), Some(side.signed(lots)));
        assert_eq!(desk.account.strangers, 1);
    }
    let mut desk = Desk::new();
    let what =
        What::Filled { trade: 1, side: Buy, price: Price(1_000), lots: Lots(1), fee: Fine(0) };
    let report = Report { client: Some(client(7, 7)), instrument: model::InstrumentId(9), what };
    assert_eq!(desk.account.report(&report), Folded::Refused, "no such instrument");
}

#[test]
fn equity_is_unknown_while_a_position_has_no_mark() {
    let mut account = super::super::Account::new(&super::stage::instruments(), quote(500));
    assert_eq!(account.equity(), Some(Money::of(quote(500))));
    let what = What::Filled { trade: 1, side: Buy, price: Price(10), lots: Lots(2), fee: quote(1) };
    account.report(&Report { client: None, instrument: ID, what });
    assert_eq!(account.equity(), None);
    account.mark(ID, quote(12), NOON);
    assert_eq!(account.equity(), Some(Money::of(quote(503))));
    account.mark(ID, quote(5), model::Nanos(1));
    assert_eq!(account.equity(), Some(Money::of(quote(503))), "an older mark is refused");
    assert_eq!(account.equity().map(Money::fine), Some(quote(503)));
    assert_eq!(Money(-1).fine(), Fine(-1), "rounded down");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// realised + running == cash + lots × mark, whatever was rounded on the way.
    #[test]
    fn money_is_conserved_to_the_unit(
        fills in proptest::collection::vec((any::<bool>(), 1_i64..3_000_000, 1_i64..1_000), 1..80),
        mark in 1_i64..10_000_000_000_000,
    ) {
        let on = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        let mut held = Position { mark: Some(Fine(mark)), ..Position::default() };
        let (mut cash, mut lots) = (0_i128, 0_i128);
        for (buy, price, quantity) in fills {
            let side = if buy { Buy } else { Sell };
            held = held.filled(&on, side, Price(price), Lots(quantity)).expect("sound");
            let signed = i128::from(side.sign() * quantity);
            lots += signed;
            cash -= signed * i128::from(price) * 10_000_000 * 100_000;
            prop_assert_eq!(i128::from(held.lots.0), lots);
            let running = held.running(&on).expect("a mark");
            prop_assert_eq!((held.realised + running).0, cash + lots * i128::from(mark) * 100_000);
            if lots == 0 {
                prop_assert_eq!(held.cost, Money(0));
            }
        }
    }
}

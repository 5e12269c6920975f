//! Fills by table: what fills, what does not, and at which price.

use model::{InstrumentId, Lots, Nanos, Price, Side};

use super::{Fate, Market, Paper};
use crate::PaperPlan;
use crate::exits::{Action, ClientId, Intent, Role, Why};
use crate::risk::Touch;
use crate::terms::LevelId;

const MS: u64 = 1_000_000;

fn client(attempt: u32, role: Role) -> ClientId {
    ClientId { level: LevelId(7), attempt, instrument: InstrumentId(0), role }
}

fn intent(attempt: u32, action: Action) -> Intent {
    let role = match action {
        Action::Enter { .. } | Action::EnterStop { .. } => Role::Entry,
        Action::PlaceStop { .. } | Action::MoveStop { .. } => Role::Stop,
        Action::TakeProfit { .. } => Role::Profit,
        Action::Close { .. } => Role::Close,
        Action::Cancel { .. } => Role::Cancel,
    };
    Intent { time: Nanos(100 * MS), client: client(attempt, role), action, why: Why::Signal }
}

fn at(ms: u64, trade: Option<i64>, touch: Option<(i64, i64)>) -> Market {
    Market {
        now: Nanos(ms * MS),
        trade: trade.map(Price),
        last: Some(Price(trade.unwrap_or(1_000))),
        touch: touch.map(|(bid, ask)| Touch { bid: Price(bid), ask: Price(ask) }),
    }
}

fn all(paper: &mut Paper, market: &Market) -> Vec<Fate> {
    std::iter::from_fn(|| paper.next(market)).map(|(_, fate)| fate).collect()
}

fn paper() -> Paper {
    Paper::new(PaperPlan { slippage_ticks: 2, ..PaperPlan::default() })
}

const LOTS: Lots = Lots(5);

fn filled(price: i64, side: Side, maker: bool) -> Vec<Fate> {
    vec![Fate::Filled { price: Price(price), lots: LOTS, side, maker }]
}

#[test]
fn a_resting_order_fills_only_when_price_trades_beyond_it() {
    for (side, price, trade, fills) in [
        (Side::Buy, 1_000, 1_001, false),
        (Side::Buy, 1_000, 1_000, false),
        (Side::Buy, 1_000, 999, true),
        (Side::Sell, 1_000, 999, false),
        (Side::Sell, 1_000, 1_000, false),
        (Side::Sell, 1_000, 1_001, true),
    ] {
        let mut paper = paper();
        paper.send(&intent(1, Action::Enter { side, price: Price(price), lots: LOTS }));
        let touch = if side == Side::Buy { (1_000, 1_001) } else { (999, 1_000) };
        assert_eq!(all(&mut paper, &at(109, Some(900), Some(touch))), [], "under way");
        assert_eq!(all(&mut paper, &at(110, None, Some(touch))), [Fate::Stands]);
        let want = if fills { filled(price, side, true) } else { Vec::new() };
        assert_eq!(all(&mut paper, &at(120, Some(trade), None)), want, "{side:?} {trade}");
    }
}

#[test]
fn a_post_only_order_that_would_take_is_refused() {
    for (side, price, touch, taken) in [
        (Side::Buy, 1_000, Some((999, 1_000)), false),
        (Side::Buy, 1_000, Some((999, 1_001)), true),
        (Side::Sell, 1_000, Some((1_000, 1_001)), false),
        (Side::Sell, 1_000, Some((999, 1_001)), true),
        // Without a book the last trade, 1 000, says what it would meet.
        (Side::Buy, 1_000, None, false),
        (Side::Buy, 999, None, true),
    ] {
        let mut paper = paper();
        paper.send(&intent(1, Action::Enter { side, price: Price(price), lots: LOTS }));
        let want = if taken { Fate::Stands } else { Fate::WouldTake };
        assert_eq!(all(&mut paper, &at(110, None, touch)), [want], "{side:?} {price} {touch:?}");
        assert_eq!(paper.is_empty(), !taken);
    }
}

#[test]
fn what_takes_pays_the_worst() {
    let sell =
        |trigger: i64| Action::PlaceStop { side: Side::Sell, trigger: Price(trigger), lots: LOTS };
    let buy =
        |trigger: i64| Action::EnterStop { side: Side::Buy, trigger: Price(trigger), lots: LOTS };
    for (action, trade, touch, want) in [
        (sell(990), Some(991), Some((980, 992)), None),
        (sell(990), Some(990), Some((989, 992)), Some((987, Side::Sell))),
        (sell(990), Some(985), Some((989, 992)), Some((983, Side::Sell))),
        (sell(990), Some(990), None, Some((988, Side::Sell))),
        (buy(1_010), Some(1_009), Some((1_008, 1_011)), None),
        (buy(1_010), Some(1_010), Some((1_008, 1_011)), Some((1_013, Side::Buy))),
        (buy(1_010), Some(1_020), Some((1_008, 1_011)), Some((1_022, Side::Buy))),
        // A quote alone triggers nothing.
        (buy(1_010), None, Some((1_020, 1_021)), None),
    ] {
        let mut paper = paper();
        paper.send(&intent(1, action));
        assert_eq!(all(&mut paper, &at(110, None, None)), [Fate::Stands]);
        let want = want.map_or(Vec::new(), |(price, side)| filled(price, side, false));
        assert_eq!(all(&mut paper, &at(120, trade, touch)), want, "{action:?} {trade:?}");
    }
}

#[test]
fn a_market_order_takes_at_the_first_price_behind_its_way() {
    let mut paper = paper();
    paper.send(&intent(1, Action::Close { side: Side::Sell, price: None, lots: LOTS }));
    assert_eq!(all(&mut paper, &at(109, Some(990), None)), []);
    let market = at(110, Some(995), Some((993, 996)));
    let mut want = vec![Fate::Stands];
    want.extend(filled(991, Side::Sell, false));
    assert_eq!(all(&mut paper, &market), want);
}

#[test]
fn a_withdrawal_is_under_way_and_a_fill_meanwhile_stands() {
    let enter = Action::Enter { side: Side::Buy, price: Price(1_000), lots: LOTS };
    let cancel = |target| {
        let cancel = intent(2, Action::Cancel { target });
        Intent { time: Nanos(200 * MS), ..cancel }
    };
    for (trade, want) in [(Some(999), filled(1_000, Side::Buy, true)), (None, Vec::new())] {
        let mut paper = paper();
        paper.send(&intent(1, enter));
        assert_eq!(all(&mut paper, &at(110, None, Some((1_000, 1_001)))), [Fate::Stands]);
        paper.send(&cancel(client(1, Role::Entry)));
        assert_eq!(all(&mut paper, &at(205, trade, None)), want);
        let last = if trade.is_some() { vec![] } else { vec![Fate::Gone] };
        assert_eq!(all(&mut paper, &at(210, None, None)), last);
    }
}

#[test]
fn a_moved_stop_leaves_the_old_one_until_the_new_one_stands() {
    let mut paper = paper();
    let trigger = |price| Action::PlaceStop { side: Side::Sell, trigger: Price(price), lots: LOTS };
    paper.send(&intent(1, trigger(990)));
    assert_eq!(all(&mut paper, &at(110, None, None)), [Fate::Stands]);
    let old = client(1, Role::Stop);
    let moved = Action::MoveStop { side: Side::Sell, trigger: Price(995), lots: LOTS, old };
    paper.send(&Intent { time: Nanos(200 * MS), ..intent(2, moved) });
    assert_eq!(all(&mut paper, &at(210, None, None)), [Fate::Stands]);
    assert_eq!(all(&mut paper, &at(219, None, None)), []);
    assert_eq!(all(&mut paper, &at(220, None, None)), [Fate::Gone]);
    assert_eq!(all(&mut paper, &at(230, Some(995), None)), filled(993, Side::Sell, false));
}

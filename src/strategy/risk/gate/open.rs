//! What an intent that adds exposure must satisfy.

use model::{Fine, Lots, Price, Side};

use super::{Case, Touch, fine, near, refuse};
use crate::exits::{Action, near_funding};
use crate::risk::account::STAKES_MAX;
use crate::risk::money::{Money, value};
use crate::risk::orders::{ORDERS_MAX, ORDERS_RESERVE, Order, OrderKind};
use crate::risk::{Refusal, TradingState};

/// An entry's own numbers.
#[derive(Clone, Copy)]
struct Entry {
    side: Side,
    price: Price,
    lots: Lots,
    /// A stop entry.
    stop: bool,
}

impl Case<'_> {
    pub(super) fn opens(&self) -> Result<(), Refusal> {
        let Some(entry) = self.entry() else { return Ok(()) };
        refuse(self.state != TradingState::Trading, Refusal::State(self.state))?;
        refuse(self.scene.contaminated, Refusal::Contaminated)?;
        let full = self.account.orders().len() >= ORDERS_MAX - ORDERS_RESERVE
            || self.account.levels() >= STAKES_MAX;
        refuse(full, Refusal::Full)?;
        self.entry_fits(entry)?;
        let funding = self.scene.time_funding;
        let quiet = funding.is_some_and(|time| near_funding(self.scene.now, time));
        refuse(quiet, Refusal::Funding)?;
        self.collars(entry)?;
        self.neighbours(entry)?;
        self.sizes(entry)
    }

    /// Entries of all instruments that may still begin to fill: each may become an execution.
    pub(super) fn pending(&self) -> usize {
        let waits = |order: &&Order| order.kind == OrderKind::Entry && order.filled.0 == 0;
        self.account.orders().iter().filter(waits).count()
    }

    const fn entry(&self) -> Option<Entry> {
        match self.intent.action {
            Action::Enter { side, price, lots } => Some(Entry { side, price, lots, stop: false }),
            Action::EnterStop { side, trigger, lots } => {
                Some(Entry { side, price: trigger, lots, stop: true })
            }
            _ => None,
        }
    }

    fn entry_fits(&self, entry: Entry) -> Result<(), Refusal> {
        refuse(entry.lots.0 <= 0 || entry.price.0 <= 0, Refusal::Absurd)?;
        let most = if entry.stop { self.on.market_lots_max } else { self.on.lots_max };
        self.fits(Some(entry.price), entry.lots, most)?;
        let worth = value(self.on, entry.price, entry.lots).ok_or(Refusal::Absurd)?;
        let small = entry.lots < self.on.lots_min || worth < Money::of(self.on.notional_min);
        refuse(small, Refusal::TooSmall)
    }

    fn collars(&self, entry: Entry) -> Result<(), Refusal> {
        let mark = self.fresh_mark().ok_or(Refusal::Mark)?;
        let price = fine(self.on, entry.price);
        let by_mark = near(price, i128::from(mark.0), self.limits.collar_mark);
        refuse(!by_mark, Refusal::CollarMark)?;
        let touch = self.touch().ok_or(Refusal::Touch)?;
        let reference = reference(entry, touch);
        let by_touch =
            near(i128::from(entry.price.0), i128::from(reference.0), self.limits.collar_touch);
        refuse(!by_touch, Refusal::CollarTouch)?;
        let sign = entry.side.sign();
        let behind = entry.stop && sign * entry.price.0 <= sign * reference.0;
        refuse(behind, Refusal::WouldTrigger)
    }

    fn fresh_mark(&self) -> Option<Fine> {
        let position = self.account.position(self.id)?;
        let fresh = self.scene.now.since(position.time_mark) <= self.limits.mark_seconds;
        position.mark.filter(|_| fresh)
    }

    fn neighbours(&self, entry: Entry) -> Result<(), Refusal> {
        let against = self.held().0.signum() * entry.side.sign() < 0;
        refuse(against, Refusal::Against)?;
        let sign = entry.side.sign();
        let meets = |order: &Order| {
            order.side != entry.side && sign * entry.price.0 >= sign * order.price.0
        };
        let met = self.account.orders.of(self.id, OrderKind::Entry).any(meets);
        refuse(met, Refusal::SelfMatch)
    }

    fn sizes(&self, entry: Entry) -> Result<(), Refusal> {
        let limits = self.limits;
        let quantity = |lots: i64| i128::from(lots) * i128::from(self.on.lot.0);
        let worth = |price, lots| self.account.worth(self.id, price, lots).ok_or(Refusal::Absurd);
        let order = worth(entry.price, entry.lots)?;
        refuse(order > limits.order_value, Refusal::OrderValue)?;
        let over = quantity(entry.lots.0) > i128::from(limits.order_quantity.0);
        refuse(over, Refusal::OrderQuantity)?;

        let alike = || {
            let entries = self.account.orders.of(self.id, OrderKind::Entry);
            entries.filter(|order| order.side == entry.side)
        };
        refuse(alike().count() >= limits.orders_side as usize, Refusal::OrdersSide)?;
        let entering = alike().fold(0_i64, |sum, order| sum.saturating_add(order.rest().0));
        let lots = self.held().0.abs().saturating_add(entering).saturating_add(entry.lots.0);
        let over = quantity(lots) > i128::from(limits.position_quantity.0);
        refuse(over, Refusal::PositionQuantity)?;

        let position = self.account.position(self.id).and_then(|held| held.value(self.on));
        let here = |order: &Order| order.client.instrument == self.id;
        let entries = self.account.entries_worth(|order| here(order) && order.side == entry.side);
        let all = position.ok_or(Refusal::Mark)? + entries.ok_or(Refusal::Mark)? + order;
        refuse(all > limits.position_value, Refusal::PositionValue)?;
        refuse(self.level(order)? > limits.level_value, Refusal::LevelValue)?;
        let positions = self.account.positions_worth().ok_or(Refusal::Mark)?;
        let entries = self.account.entries_worth(|_| true).ok_or(Refusal::Mark)?;
        refuse(positions + entries + order > limits.total_value, Refusal::TotalValue)
    }

    /// What the entry's level holds and may come to hold with it.
    fn level(&self, order: Money) -> Result<Money, Refusal> {
        let level = self.intent.client.level;
        let stake = self.account.stake_of(self.id, level).0.abs();
        let mark = self.mark().ok_or(Refusal::Mark)?;
        let held = i128::from(stake) * i128::from(self.on.lot.0) * i128::from(mark.0);
        let alike =
            |other: &Order| other.client.instrument == self.id && other.client.level == level;
        let entering = self.account.entries_worth(alike).ok_or(Refusal::Mark)?;
        Ok(Money(held) + entering + order)
    }
}

/// A limit order is measured from where it would rest, a stop entry from what it would meet.
const fn reference(entry: Entry, touch: Touch) -> Price {
    if entry.stop { touch.other(entry.side) } else { touch.own(entry.side) }
}

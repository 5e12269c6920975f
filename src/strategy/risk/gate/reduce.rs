//! What an intent that reduces risk must satisfy: that it does, and no more than that.

use model::{Lots, Price, Side};

use super::{Case, fine, near, refuse};
use crate::exits::{Action, ClientId, Why};
use crate::risk::orders::{Order, OrderKind, Phase};
use crate::risk::{Refusal, TradingState};

impl Case<'_> {
    pub(super) fn reduces(&self) -> Result<(), Refusal> {
        match self.intent.action {
            Action::Enter { .. } | Action::EnterStop { .. } => Ok(()),
            Action::Close { side, price, lots } => self.close(side, price, lots),
            Action::PlaceStop { side, trigger, lots } => self.place(side, trigger, lots),
            Action::MoveStop { side, trigger, lots, old } => self.shift(side, trigger, lots, old),
            Action::TakeProfit { side, price, lots } => self.profit(side, price, lots),
            Action::Cancel { target } => self.cancel(target),
        }
    }

    /// What no rate refuses: it is bounded by what there is to reduce.
    pub(super) fn essential(&self) -> bool {
        match self.intent.action {
            Action::Close { .. } | Action::PlaceStop { .. } => true,
            Action::Cancel { target } => {
                self.account.orders.find(target).is_some_and(|order| !order.cancelling)
            }
            _ => false,
        }
    }

    fn close(&self, side: Side, price: Option<Price>, lots: Lots) -> Result<(), Refusal> {
        let asked = self.intent.why == Why::Operator || !self.account.protected(self.id);
        let barred = self.state == TradingState::Halted && !asked;
        refuse(barred, Refusal::State(self.state))?;
        self.reducing(side, price, lots)?;
        let most = if price.is_some() { self.on.lots_max } else { self.on.market_lots_max };
        self.fits(price, lots, most)?;
        self.within(lots, OrderKind::Close)?;
        // Without a touch nothing says that the limit is bad, and a close must not wait for one.
        self.fair(side, price)
    }

    fn profit(&self, side: Side, price: Price, lots: Lots) -> Result<(), Refusal> {
        let halted = self.state == TradingState::Halted;
        refuse(halted, Refusal::State(self.state))?;
        self.reducing(side, Some(price), lots)?;
        self.fits(Some(price), lots, self.on.lots_max)?;
        self.within(lots, OrderKind::Profit)?;
        refuse(self.touch().is_none(), Refusal::Touch)?;
        self.fair(side, Some(price))
    }

    fn place(&self, side: Side, trigger: Price, lots: Lots) -> Result<(), Refusal> {
        self.reducing(side, Some(trigger), lots)?;
        self.fits(Some(trigger), lots, self.on.market_lots_max)?;
        let held = self.held().0.abs();
        let covered = self.account.covered(self.id, true).0;
        refuse(covered >= held, Refusal::Covered)?;
        refuse(lots.0 > held - covered, Refusal::Exceeds)?;
        self.stands(side, trigger)
    }

    fn shift(&self, side: Side, trigger: Price, lots: Lots, old: ClientId) -> Result<(), Refusal> {
        self.reducing(side, Some(trigger), lots)?;
        self.fits(Some(trigger), lots, self.on.market_lots_max)?;
        let stands = |order: &&Order| {
            order.kind == OrderKind::Stop
                && order.client.instrument == self.id
                && order.side == side
                && order.phase == Phase::Open
                && !order.cancelling
        };
        let old = self.account.orders.find(old).filter(stands).ok_or(Refusal::NoSuchOrder)?;
        refuse(self.account.is_replaced(self.id, old.client), Refusal::Covered)?;
        let held = self.held().0.abs();
        let sign = side.sign();
        // A stop that sells moves up only, one that buys down only.
        let farther = sign * trigger.0 > sign * old.price.0;
        // Several levels may hold parts of the position: it may cover less as long as all of them
        // together cover what they did, or the whole.
        let before = self.account.covered(self.id, true).0;
        let others = before - old.rest().0;
        let behind = others.saturating_add(lots.0);
        refuse(farther || behind < before.min(held), Refusal::Loosens)?;
        refuse(lots.0 > held, Refusal::Exceeds)?;
        refuse(behind > held, Refusal::Covered)?;
        self.stands(side, trigger)
    }

    fn cancel(&self, target: ClientId) -> Result<(), Refusal> {
        let here = |order: &&Order| order.client.instrument == self.id;
        let order = self.account.orders.find(target).filter(here).ok_or(Refusal::NoSuchOrder)?;
        if order.kind != OrderKind::Stop || self.held().0 == 0 {
            return Ok(());
        }
        let counted = order.phase == Phase::Open && !order.cancelling;
        let own = if counted { order.rest().0 } else { 0 };
        let rest = self.account.covered(self.id, false).0 - own;
        refuse(rest < self.held().0.abs(), Refusal::Uncovers)
    }

    /// Numbers that make sense, and a side against the position.
    fn reducing(&self, side: Side, price: Option<Price>, lots: Lots) -> Result<(), Refusal> {
        let absurd = lots.0 <= 0 || price.is_some_and(|price| price.0 <= 0);
        refuse(absurd, Refusal::Absurd)?;
        let reduces = self.held().0.signum() * side.sign() < 0;
        refuse(!reduces, Refusal::NothingToReduce)
    }

    /// No more than is held, with those of its kind that are on their way.
    fn within(&self, lots: Lots, kind: OrderKind) -> Result<(), Refusal> {
        let going = self.account.orders.of(self.id, kind);
        let going = going.fold(0_i64, |sum, order| sum.saturating_add(order.rest().0));
        let held = self.held().0.abs();
        refuse(going.saturating_add(lots.0) > held, Refusal::Exceeds)
    }

    /// Not worse than the touch by more than the collar.
    fn fair(&self, side: Side, price: Option<Price>) -> Result<(), Refusal> {
        let (Some(price), Some(touch)) = (price, self.touch()) else { return Ok(()) };
        let reference = touch.other(side);
        let worse = match side {
            Side::Buy => price > reference,
            Side::Sell => price < reference,
        };
        let reach = near(i128::from(price.0), i128::from(reference.0), self.limits.collar_touch);
        refuse(worse && !reach, Refusal::CollarTouch)
    }

    /// A stop must lie behind the market, and near enough to protect. What nobody knows cannot be
    /// held against it: a stop without touch or mark is better than none.
    fn stands(&self, side: Side, trigger: Price) -> Result<(), Refusal> {
        let sign = side.sign();
        let met = self.touch().is_some_and(|touch| {
            // A stop that sells lies below the bid.
            sign * trigger.0 <= sign * touch.other(side).0
        });
        refuse(met, Refusal::WouldTrigger)?;
        let price = fine(self.on, trigger);
        let far = self
            .mark()
            .is_some_and(|mark| !near(price, i128::from(mark.0), self.limits.collar_stop));
        refuse(far, Refusal::StopTooFar)
    }
}

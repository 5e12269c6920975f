//! Fills in process: touch-through, on the safe side everywhere.
//!
//! | order | is filled | at |
//! |---|---|---|
//! | limit, post-only | when a trade prints *beyond* it | its limit, as maker |
//! | stop entry, protective stop | when a trade prints at its trigger or beyond | the worst of trigger, trade and touch, and the slippage, as taker |
//! | at the market | at the first price behind its way | the worse of trade and touch, and the slippage, as taker |
//!
//! A post-only order that would take when it arrives is refused. Orders, withdrawals and answers
//! are under way for `latency`; a fill on the way of a withdrawal stands. An order fills whole: what
//! a queue would leave of it is the simulator's to say.

use model::{Lots, Nanos, Price, Side, Ticks};

use super::purse::Touch;
use crate::PaperPlan;
use crate::exits::{Action, ClientId, Intent};

/// Orders under way or standing: as many as the account counts.
const ORDERS_MAX: usize = crate::risk::ORDERS_MAX;

/// How an order fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Rests at a price; `only`: it must not take.
    Limit { price: Price, only: bool },
    /// Takes once price trades at the trigger.
    Stop { trigger: Price },
    /// Takes at once.
    Market,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Order {
    client: ClientId,
    side: Side,
    lots: Lots,
    form: Form,
    time_live: Nanos,
    /// The withdrawal arrives; zero: none was sent.
    time_gone: Nanos,
    stands: bool,
}

/// What becomes of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It stands.
    Stands,
    /// Refused: it would have taken.
    WouldTake,
    /// It is gone.
    Gone,
    /// Filled, whole.
    Filled {
        /// At.
        price: Price,
        /// Quantity.
        lots: Lots,
        /// Its side.
        side: Side,
        /// It made liquidity.
        maker: bool,
    },
}

impl Fate {
    /// The number of an answer in a record; a fill has a record of its own.
    pub(super) const fn code(self) -> Option<u64> {
        match self {
            Self::Stands => Some(1),
            Self::WouldTake => Some(2),
            Self::Gone => Some(3),
            Self::Filled { .. } => None,
        }
    }
}

/// One instrument's orders in process.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    plan: PaperPlan,
    orders: Vec<Order>,
}

/// The market as an order meets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Market {
    /// The venue clock.
    pub now: Nanos,
    /// The trade of this event.
    pub trade: Option<Price>,
    /// The last trade.
    pub last: Option<Price>,
    /// Best of a trusted book.
    pub touch: Option<Touch>,
}

impl Paper {
    pub(super) fn new(plan: PaperPlan) -> Self {
        Self { plan, orders: Vec::with_capacity(ORDERS_MAX) }
    }

    /// Whether nothing is under way or stands.
    pub(super) const fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Takes an intent that the gate let through.
    pub(super) fn send(&mut self, intent: &Intent) {
        let time_live = intent.time.after(self.plan.latency);
        let mut place = |side, lots, form| {
            if self.orders.len() < ORDERS_MAX {
                let (client, time_gone) = (intent.client, Nanos::NONE);
                let order = Order { client, side, lots, form, time_live, time_gone, stands: false };
                self.orders.push(order);
            }
        };
        match intent.action {
            Action::Enter { side, price, lots } => {
                place(side, lots, Form::Limit { price, only: true });
            }
            Action::TakeProfit { side, price, lots } => {
                place(side, lots, Form::Limit { price, only: false });
            }
            Action::EnterStop { side, trigger, lots }
            | Action::PlaceStop { side, trigger, lots } => {
                place(side, lots, Form::Stop { trigger });
            }
            Action::MoveStop { side, trigger, lots, old } => {
                place(side, lots, Form::Stop { trigger });
                // The gateway withdraws the old stop when the new one stands.
                self.withdraw(old, time_live.after(self.plan.latency));
            }
            Action::Close { side, price: Some(price), lots } => {
                place(side, lots, Form::Limit { price, only: false });
            }
            Action::Close { side, price: None, lots } => place(side, lots, Form::Market),
            Action::Cancel { target } => self.withdraw(target, time_live),
        }
    }

    fn withdraw(&mut self, client: ClientId, time: Nanos) {
        let known = self.orders.iter_mut().find(|order| order.client == client);
        if let Some(order) = known.filter(|order| order.time_gone == Nanos::NONE) {
            order.time_gone = time;
        }
    }

    /// The next thing that this moment brings about, in the order in which orders were sent; call it
    /// until there is none. One order has one fate a call.
    pub(super) fn next(&mut self, market: &Market) -> Option<(ClientId, Fate)> {
        let found = self
            .orders
            .iter()
            .enumerate()
            .find_map(|(at, order)| Some((at, order.fate(market, self.plan.slippage_ticks)?)));
        let (at, fate) = found?;
        let client = self.orders[at].client;
        if fate == Fate::Stands {
            self.orders[at].stands = true;
        } else {
            self.orders.remove(at);
        }
        Some((client, fate))
    }
}

impl Order {
    fn fate(&self, market: &Market, slippage: u32) -> Option<Fate> {
        if market.now < self.time_live {
            return None;
        }
        if !self.stands {
            return Some(self.arrive(market));
        }
        if let Some(price) = self.filled_at(market, slippage) {
            let maker = matches!(self.form, Form::Limit { .. });
            return Some(Fate::Filled { price, lots: self.lots, side: self.side, maker });
        }
        let gone = self.time_gone != Nanos::NONE && market.now >= self.time_gone;
        gone.then_some(Fate::Gone)
    }

    /// Whether it is taken: a post-only order must not meet the touch; without a touch nobody can
    /// say that it would not, and the last trade decides.
    fn arrive(&self, market: &Market) -> Fate {
        let Form::Limit { price, only: true } = self.form else { return Fate::Stands };
        let meets = market.touch.map(|touch| touch.other(self.side)).or(market.last);
        let sign = self.side.sign();
        let takes = meets.is_none_or(|meets| sign * price.0 >= sign * meets.0);
        if takes { Fate::WouldTake } else { Fate::Stands }
    }

    fn filled_at(&self, market: &Market, slippage: u32) -> Option<Price> {
        let sign = self.side.sign();
        match self.form {
            Form::Limit { price, .. } => {
                let trade = market.trade?;
                (sign * trade.0 < sign * price.0).then_some(price)
            }
            Form::Stop { trigger } => {
                let trade = market.trade?;
                let hit = sign * trade.0 >= sign * trigger.0;
                hit.then(|| self.worst([Some(trigger), Some(trade), self.met(market)], slippage))?
            }
            Form::Market => self.worst([market.last, self.met(market), None], slippage),
        }
    }

    /// The touch that it takes from.
    fn met(&self, market: &Market) -> Option<Price> {
        market.touch.map(|touch| touch.other(self.side))
    }

    /// The dearest of the prices for a buy, the cheapest for a sell, and the slippage on top.
    fn worst(&self, prices: [Option<Price>; 3], slippage: u32) -> Option<Price> {
        let sign = self.side.sign();
        let worst = prices.into_iter().flatten().max_by_key(|price| sign * price.0)?;
        let paid = worst + Ticks(sign * i64::from(slippage));
        // A sale can bring less than a tick no more than nothing.
        Some(Price(paid.0.max(1)))
    }
}

#[cfg(test)]
mod tests;

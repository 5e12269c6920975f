//! What the account stands at: positions, orders, results, folded from what the venue says.

use model::{Fine, INSTRUMENTS_MAX, Instrument, InstrumentId, Instruments, Lots, Nanos, Price};

use super::money::{Money, value, value_fine};
use super::orders::{Order, OrderKind, Orders, Phase};
use super::position::Position;
use crate::exits::{Action, ClientId, Intent};
use crate::terms::LevelId;

/// Trades whose ids are remembered: each counts once, however often it is told.
const TRADES_MAX: usize = 1024;
/// Levels that may hold a part of a position.
pub(super) const STAKES_MAX: usize = 256;

/// News of one order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Which order; `None` of one that is not ours, such as a hand's or a liquidation's.
    pub client: Option<ClientId>,
    /// Whose position changes.
    pub instrument: InstrumentId,
    /// What happened.
    pub what: What,
}

/// What happened to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The venue has it; also after a withdrawal that was refused.
    Acknowledged,
    /// No answer, or none that says: it may stand.
    Unknown,
    /// Refused, cancelled, expired, or proved never to have been: nothing more fills. Say it only
    /// when every fill that the venue's answer counts has been told: a later one would be strange.
    Gone,
    /// A part filled.
    Filled {
        /// The venue's trade id, of this instrument.
        trade: u64,
        /// Side of the order.
        side: model::Side,
        /// At.
        price: Price,
        /// How much.
        lots: Lots,
        /// Fee in quote units; below zero is a rebate.
        fee: Fine,
    },
}

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Folded {
    /// It counts.
    Counted,
    /// A trade that was already told.
    Repeated,
    /// It counts, but no live order of ours explains it: the position is as the venue says, and the
    /// gate latches [`super::Cause::Mismatch`].
    Strange,
    /// Absurd numbers or an instrument we do not have: the state stands.
    Refused,
}

#[derive(Clone, Copy, Debug)]
struct Stake {
    instrument: InstrumentId,
    level: LevelId,
    lots: Lots,
}

/// The account. Everything is derived from reports, marks, payments and what the gate passed.
#[derive(Clone, Debug)]
pub struct Account {
    held: Vec<(Instrument, Position)>,
    pub(super) orders: Orders,
    stakes: Vec<Stake>,
    trades: Vec<Option<(InstrumentId, u64)>>,
    trade_next: usize,
    /// Wallet at the start, with all transfers since.
    pub balance: Money,
    /// Fees paid.
    pub fees: Money,
    /// Funding received; below zero is paid.
    pub funding: Money,
    /// Transfers in since the start; no result.
    pub transferred: Money,
    /// Entry orders that have begun to fill.
    pub executions: u64,
    /// Fills that no live order of ours explains.
    pub strangers: u64,
    /// Reports that made no sense.
    pub refused: u64,
}

impl Account {
    /// An account with a wallet balance and no position or order.
    #[must_use]
    pub fn new(instruments: &Instruments, balance: Fine) -> Self {
        let mut held = Vec::with_capacity(INSTRUMENTS_MAX);
        held.extend(instruments.iter().map(|(_, on)| (*on, Position::default())));
        Self {
            held,
            orders: Orders::new(),
            stakes: Vec::with_capacity(STAKES_MAX),
            trades: vec![None; TRADES_MAX],
            trade_next: 0,
            balance: Money::of(balance),
            fees: Money(0),
            funding: Money(0),
            transferred: Money(0),
            executions: 0,
            strangers: 0,
            refused: 0,
        }
    }

    /// An instrument became known, at the next place, or has other filters.
    pub fn admit(&mut self, id: InstrumentId, on: Instrument) {
        let is_next = id.index() == self.held.len() && id.index() < INSTRUMENTS_MAX;
        match self.held.get_mut(id.index()) {
            Some(place) => place.0 = on,
            None if is_next => self.held.push((on, Position::default())),
            None => self.refused += 1,
        }
    }

    /// The grid of an instrument.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.held.get(id.index()).map(|(on, _)| on)
    }

    /// The position in an instrument.
    #[must_use]
    pub fn position(&self, id: InstrumentId) -> Option<&Position> {
        self.held.get(id.index()).map(|(_, position)| position)
    }

    /// Orders that may still do something.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        self.orders.live()
    }

    /// Wallet, closed and running results, fees, funding: `None` while a position has no mark.
    #[must_use]
    pub fn equity(&self) -> Option<Money> {
        let mut equity = self.balance - self.fees + self.funding;
        for (on, position) in &self.held {
            equity += position.realised + position.running(on)?;
        }
        Some(equity)
    }

    /// A mark price. One that is not above zero is refused; an older one too.
    pub fn mark(&mut self, id: InstrumentId, mark: Fine, time: Nanos) {
        match self.held.get_mut(id.index()) {
            Some((_, held)) if mark.0 > 0 && time >= held.time_mark => {
                (held.mark, held.time_mark) = (Some(mark), time);
            }
            _ => self.refused += 1,
        }
    }

    /// A funding payment: above zero was received.
    pub fn funding(&mut self, amount: Fine) {
        self.funding += Money::of(amount);
    }

    /// Money moved in, or out when below zero: it is no profit and no loss.
    pub fn transfer(&mut self, amount: Fine) {
        self.balance += Money::of(amount);
        self.transferred += Money::of(amount);
    }

    /// Counts what passed the gate, before a byte of it is sent. `Gate::pass` does it; alone it is for
    /// rebuilding the account from a journal.
    pub fn sent(&mut self, intent: &Intent) {
        if let Action::Cancel { target } = intent.action {
            if let Some(order) = self.orders.find_mut(target) {
                order.cancelling = true;
            }
        } else if let Some(order) = Order::of(intent) {
            self.orders.push(order);
        }
    }

    /// News of an order.
    pub fn report(&mut self, report: &Report) -> Folded {
        let folded = match report.what {
            What::Filled { .. } => self.filled(report),
            What::Acknowledged => self.phase(report.client, Phase::Open),
            What::Unknown => self.phase(report.client, Phase::Unknown),
            What::Gone => self.gone(report.client),
        };
        self.refused += u64::from(folded == Folded::Refused);
        folded
    }

    fn phase(&mut self, client: Option<ClientId>, phase: Phase) -> Folded {
        match client.and_then(|client| self.orders.find_mut(client)) {
            Some(order) => {
                order.phase = phase;
                // A withdrawal that the venue refused: the order stands as before.
                order.cancelling &= phase != Phase::Open;
                Folded::Counted
            }
            None => Folded::Refused,
        }
    }

    fn gone(&mut self, client: Option<ClientId>) -> Folded {
        match client.filter(|&client| self.orders.find(client).is_some()) {
            Some(client) => {
                self.orders.end(client);
                Folded::Counted
            }
            None => Folded::Refused,
        }
    }

    fn filled(&mut self, report: &Report) -> Folded {
        let What::Filled { trade, side, price, lots, fee } = report.what else {
            return Folded::Refused;
        };
        let id = report.instrument;
        if self.trades.contains(&Some((id, trade))) {
            return Folded::Repeated;
        }
        let Some((on, position)) = self.held.get_mut(id.index()) else { return Folded::Refused };
        let Some(next) = position.filled(on, side, price, lots) else { return Folded::Refused };
        *position = next;
        self.fees += Money::of(fee);
        self.trades[self.trade_next] = Some((id, trade));
        self.trade_next = (self.trade_next + 1) % TRADES_MAX;
        let ours = report.client.filter(|client| client.instrument == id);
        let explained = ours.is_some_and(|client| self.fold_order(client, side, lots));
        if let Some(client) = ours {
            self.stake(client, side.signed(lots));
        }
        if next.lots.0 == 0 {
            self.stakes.retain(|stake| stake.instrument != id);
        }
        if explained {
            return Folded::Counted;
        }
        self.strangers += 1;
        Folded::Strange
    }

    /// Whether a live order explains the fill.
    fn fold_order(&mut self, client: ClientId, side: model::Side, lots: Lots) -> bool {
        let Some(order) = self.orders.find_mut(client) else { return false };
        let explained = order.side == side && lots <= order.rest();
        self.executions += u64::from(order.kind == OrderKind::Entry && order.filled.0 == 0);
        order.filled = Lots(order.filled.0.saturating_add(lots.0).min(order.lots.0));
        // What fills stands at the venue, whatever was known of it.
        order.phase = Phase::Open;
        if order.rest().0 == 0 {
            self.orders.end(client);
        }
        explained
    }

    fn stake(&mut self, client: ClientId, lots: Lots) {
        let of =
            |stake: &Stake| stake.instrument == client.instrument && stake.level == client.level;
        if let Some(at) = self.stakes.iter().position(of) {
            self.stakes[at].lots += lots;
            if self.stakes[at].lots.0 == 0 {
                self.stakes.remove(at);
            }
        } else if self.stakes.len() < STAKES_MAX {
            let Self { stakes, .. } = self;
            stakes.push(Stake { instrument: client.instrument, level: client.level, lots });
        }
    }

    /// Levels that hold lots or have a live entry, at most.
    pub(super) fn levels(&self) -> usize {
        let entries = self.orders().iter().filter(|order| order.kind == OrderKind::Entry).count();
        self.stakes.len() + entries
    }

    /// Lots a level holds in the position; signed.
    #[must_use]
    pub fn stake_of(&self, id: InstrumentId, level: LevelId) -> Lots {
        let of = |stake: &&Stake| stake.instrument == id && stake.level == level;
        self.stakes.iter().find(of).map_or(Lots(0), |stake| stake.lots)
    }

    /// What an order at a price is worth at most: at its price or at the mark, whichever is dearer.
    pub(super) fn worth(&self, id: InstrumentId, price: Price, lots: Lots) -> Option<Money> {
        let (on, position) = self.held.get(id.index())?;
        let at_price = value(on, price, lots)?;
        Some(at_price.max(value_fine(on, position.mark?, lots)?))
    }

    /// What the live entries that `of` chooses may still add, in value.
    pub(super) fn entries_worth(&self, of: impl Fn(&Order) -> bool) -> Option<Money> {
        let mut sum = Money(0);
        for order in self.orders().iter().filter(|order| order.kind == OrderKind::Entry) {
            if of(order) {
                sum += self.worth(order.client.instrument, order.price, order.rest())?;
            }
        }
        Some(sum)
    }

    /// Value of all positions, without sign.
    pub(super) fn positions_worth(&self) -> Option<Money> {
        self.held.iter().try_fold(Money(0), |sum, (on, held)| Some(sum + held.value(on)?))
    }

    /// Lots that stops at the venue protect; with `hoped` also those in flight or unknown, and not
    /// those in whose place they are to stand. One whose withdrawal was asked for protects nothing.
    pub(super) fn covered(&self, id: InstrumentId, hoped: bool) -> Lots {
        let Some(side) = self.position(id).and_then(Position::side) else { return Lots(0) };
        self.orders
            .of(id, OrderKind::Stop)
            .filter(|stop| stop.side != side && !stop.cancelling)
            .filter(|stop| hoped || stop.phase == Phase::Open)
            .filter(|stop| !hoped || !self.is_replaced(id, stop.client))
            .fold(Lots(0), |sum, stop| Lots(sum.0.saturating_add(stop.rest().0)))
    }

    /// Whether another stop is on its way to its place.
    pub(super) fn is_replaced(&self, id: InstrumentId, client: ClientId) -> bool {
        self.orders.of(id, OrderKind::Stop).any(|other| other.replaces == Some(client))
    }

    /// Whether the stops that stand at the venue cover the whole position.
    #[must_use]
    pub fn protected(&self, id: InstrumentId) -> bool {
        let held = self.position(id).map_or(0, |position| position.lots.0.abs());
        self.covered(id, false).0 >= held
    }

    /// Whether every position is.
    #[must_use]
    pub fn all_protected(&self) -> bool {
        (0_u16..).zip(&self.held).all(|(id, _)| self.protected(InstrumentId(id)))
    }

    /// Orders of which nobody knows.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.orders().iter().filter(|order| order.phase == Phase::Unknown).count()
    }
}

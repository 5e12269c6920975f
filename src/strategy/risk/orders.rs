//! The orders that may still do something: in flight, open, or unknown.

use model::{InstrumentId, Lots, Price, Side};

use crate::exits::{Action, ClientId, Intent};

/// Orders the table holds. The venue takes 200 plain and 200 conditional ones.
pub const ORDERS_MAX: usize = 256;
/// Places that entries leave free for what reduces risk.
pub(super) const ORDERS_RESERVE: usize = 64;
/// Ids of ended orders that are remembered, so that none goes out twice.
const ENDED_MAX: usize = 1024;

/// What an order does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OrderKind {
    /// Adds exposure.
    Entry,
    /// Protects.
    Stop,
    /// Takes profit.
    Profit,
    /// Closes.
    Close,
}

/// What is known of an order. All three count against every limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Passed the gate, no answer yet.
    InFlight,
    /// The venue has it.
    Open,
    /// The answer was lost: it may stand, be filled, or never have been.
    Unknown,
}

/// A live order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its id.
    pub client: ClientId,
    /// What it does.
    pub kind: OrderKind,
    /// Side.
    pub side: Side,
    /// Limit or trigger; zero at the market.
    pub price: Price,
    /// Ordered.
    pub lots: Lots,
    /// Filled so far.
    pub filled: Lots,
    /// What is known of it.
    pub phase: Phase,
    /// Its withdrawal was asked for.
    pub cancelling: bool,
    /// The stop in whose place it is to stand.
    pub replaces: Option<ClientId>,
}

impl Order {
    /// What may still fill.
    #[must_use]
    pub const fn rest(&self) -> Lots {
        Lots(self.lots.0 - self.filled.0)
    }

    /// The order an intent becomes; `None` of a cancel.
    #[must_use]
    pub fn of(intent: &Intent) -> Option<Self> {
        let (kind, side, price, lots) = match intent.action {
            Action::Enter { side, price, lots } => (OrderKind::Entry, side, price, lots),
            Action::EnterStop { side, trigger, lots } => (OrderKind::Entry, side, trigger, lots),
            Action::Close { side, price, lots } => {
                (OrderKind::Close, side, price.unwrap_or(Price(0)), lots)
            }
            Action::PlaceStop { side, trigger, lots }
            | Action::MoveStop { side, trigger, lots, .. } => {
                (OrderKind::Stop, side, trigger, lots)
            }
            Action::TakeProfit { side, price, lots } => (OrderKind::Profit, side, price, lots),
            Action::Cancel { .. } => return None,
        };
        let replaces = match intent.action {
            Action::MoveStop { old, .. } => Some(old),
            _ => None,
        };
        let (filled, phase, cancelling) = (Lots(0), Phase::InFlight, false);
        let client = intent.client;
        Some(Self { client, kind, side, price, lots, filled, phase, cancelling, replaces })
    }
}

/// The table, and the ids that have been.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    live: Vec<Order>,
    /// Both words of each ended id, apart: so the search becomes vector code.
    ended: [Vec<u64>; 2],
    next: usize,
}

impl Orders {
    pub(super) fn new() -> Self {
        Self {
            live: Vec::with_capacity(ORDERS_MAX),
            ended: [vec![0; ENDED_MAX], vec![0; ENDED_MAX]],
            next: 0,
        }
    }

    pub(super) fn live(&self) -> &[Order] {
        &self.live
    }

    /// Live orders of one instrument and kind.
    pub(super) fn of(
        &self,
        instrument: InstrumentId,
        kind: OrderKind,
    ) -> impl Iterator<Item = &Order> {
        self.live
            .iter()
            .filter(move |order| order.client.instrument == instrument && order.kind == kind)
    }

    pub(super) fn find(&self, client: ClientId) -> Option<&Order> {
        self.live.iter().find(|order| order.client == client)
    }

    pub(super) fn find_mut(&mut self, client: ClientId) -> Option<&mut Order> {
        self.live.iter_mut().find(|order| order.client == client)
    }

    /// Whether an id is live, or was among the last that ended.
    pub(super) fn knows(&self, client: ClientId) -> bool {
        let key = key(client);
        // A sum without an early exit: 1 024 ids in a fifth of the time of a search that may stop.
        let pairs = self.ended[0].iter().zip(&self.ended[1]);
        let same = |(one, other): (&u64, &u64)| (one ^ key[0]) | (other ^ key[1]);
        let ended = pairs.map(same).map(|apart| u64::from(apart == 0)).sum::<u64>() > 0;
        ended || self.find(client).is_some()
    }

    pub(super) fn push(&mut self, order: Order) {
        assert!(self.live.len() < ORDERS_MAX, "the gate refuses what does not fit");
        self.live.push(order);
    }

    pub(super) fn end(&mut self, client: ClientId) {
        self.live.retain(|order| order.client != client);
        let key = key(client);
        (self.ended[0][self.next], self.ended[1][self.next]) = (key[0], key[1]);
        self.next = (self.next + 1) % ENDED_MAX;
    }
}

/// An id as two words; never both zero, because roles count from one here.
const fn key(client: ClientId) -> [u64; 2] {
    let (instrument, role) = (client.instrument.0 as u64, client.role as u64 + 1);
    [client.level.0, instrument << 48 | role << 32 | client.attempt as u64]
}

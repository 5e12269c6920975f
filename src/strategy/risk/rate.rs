//! Order and message rates in fixed windows on UTC boundaries, as the venue counts them, with a
//! reserve for what reduces risk.

use model::{MINUTE, Nanos, SECOND};

use super::limits::Limits;

/// What the venue takes of one account in 10 s and in a minute.
pub(super) const VENUE_ORDERS: [u32; 2] = [300, 1_200];

/// One window: how many in it, how many it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Window {
    length: Nanos,
    limit: u32,
    /// What entries may use of it.
    entries: u32,
    begin: Nanos,
    used: u32,
}

impl Window {
    const fn new(length: Nanos, limit: u32, reserve: u32) -> Self {
        Self { length, limit, entries: limit.saturating_sub(reserve), begin: Nanos(0), used: 0 }
    }

    /// Time that goes back stays in the window it is in.
    fn turn(&mut self, now: Nanos) {
        let begin = now.floor(self.length);
        if begin > self.begin {
            (self.begin, self.used) = (begin, 0);
        }
    }

    const fn room(&self, opens: bool) -> bool {
        self.used < if opens { self.entries } else { self.limit }
    }
}

/// The windows of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rates {
    orders: [Window; 2],
    messages: Window,
}

impl Rates {
    /// The windows of these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let window = |length, limit| Window::new(length, limit, limits.reserve_of(limit));
        let ten_seconds = Nanos(10 * SECOND.0);
        Self {
            orders: [window(ten_seconds, limits.orders_10s), window(MINUTE, limits.orders_1m)],
            messages: window(ten_seconds, limits.messages_10s),
        }
    }

    /// Whether there is room for one more: an order is a message too.
    #[must_use]
    pub fn room(&mut self, now: Nanos, order: bool, opens: bool) -> bool {
        self.turn(now);
        let orders = self.orders.iter().all(|window| window.room(opens));
        self.messages.room(opens) && (!order || orders)
    }

    /// Whether the venue itself would take no further order: then nobody is served by sending it, and
    /// a loop of refused closes would end in a ban.
    #[must_use]
    pub fn flooded(&mut self, now: Nanos) -> bool {
        self.turn(now);
        self.orders.iter().zip(VENUE_ORDERS).any(|(window, most)| window.used >= most)
    }

    /// Counts one.
    pub fn take(&mut self, now: Nanos, order: bool) {
        self.turn(now);
        self.messages.used = self.messages.used.saturating_add(1);
        for window in self.orders.iter_mut().filter(|_| order) {
            window.used = window.used.saturating_add(1);
        }
    }

    fn turn(&mut self, now: Nanos) {
        self.messages.turn(now);
        self.orders.iter_mut().for_each(|window| window.turn(now));
    }
}

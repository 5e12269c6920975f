//! Somebody who knows the limits, what was done to the market and what the stage said, and nothing of
//! how it came to it: whether what left may have left.

use std::collections::BTreeMap;

use model::{
    AnswerDecision, FillDecision, IntentDecision, Kind, Lots, Nanos, OrderLine, Price, SECOND, Side,
};

use super::feed::{Decision, Feed};
use crate::exits::{Action, Role};
use crate::risk::{Limits, Money};

/// Ticks × lots of BTCUSDT in 10⁻¹⁶ of quote.
const STEP: i128 = 10_000_000 * 100_000;
/// Contamination outlasts its cause by this.
const HOLD: Nanos = Nanos(60 * SECOND.0);
/// Nothing opens so long before funding.
const QUIET: Nanos = Nanos(600 * SECOND.0);

/// What was done to the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    pub halted: bool,
    /// Something lags; or when it last did.
    pub lagging: bool,
    pub time_lagged: Option<Nanos>,
    pub time_funding: Nanos,
    pub time_mark: Nanos,
    pub trusted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    role: u8,
    side: Side,
    price: Price,
    lots: i64,
}

/// What it has seen.
#[derive(Debug)]
pub(super) struct Witness {
    limits: Limits,
    orders: BTreeMap<[u8; 32], Order>,
    sent: Vec<Nanos>,
    held: i64,
    read: usize,
    pub entries: usize,
    pub fills: usize,
}

impl Witness {
    pub(super) fn new(limits: Limits) -> Self {
        let (orders, sent) = (BTreeMap::new(), Vec::new());
        Self { limits, orders, sent, held: 0, read: 0, entries: 0, fills: 0 }
    }

    /// Judges everything that was said since it last looked.
    pub(super) fn look(&mut self, feed: &Feed, world: &World) {
        for decision in &feed.said[self.read..] {
            match decision.kind() {
                Kind::IntentDecision => self.intent(decision, world),
                Kind::FillDecision => self.fill(decision),
                Kind::AnswerDecision => {
                    let answer: &AnswerDecision = decision.view();
                    if answer.text() != "stands" {
                        self.orders.retain(|client, _| attempt(client) != answer.attempt);
                    }
                }
                _ => {}
            }
        }
        self.read = feed.said.len();
    }

    fn intent(&mut self, decision: &Decision, world: &World) {
        let intent: &IntentDecision = decision.view();
        let now = intent.time_venue;
        let order: &OrderLine = decision.body[0].view();
        let action = Action::word(intent.action);
        if action == "cancel" {
            return;
        }
        if action == "enter" || action == "enter_stop" {
            self.may_open(intent, now, world);
            self.entries += 1;
        } else {
            assert!(self.held != 0, "{action} with nothing held: {intent:?}");
        }
        self.sent.push(now);
        let side = Side::from_code(intent.side).expect("a side");
        let (role, price, lots) = (intent.role, intent.price, intent.lots.0);
        let before = self.orders.insert(order.client, Order { role, side, price, lots });
        assert!(before.is_none(), "an id twice: {:?}", order.client);
    }

    /// No intent that opens leaves in HALTED, contaminated or over a limit.
    fn may_open(&self, intent: &IntentDecision, now: Nanos, world: &World) {
        let limits = &self.limits;
        assert!(!world.halted, "halted: {intent:?}");
        let held = world.time_lagged.is_some_and(|time| now.since(time) < HOLD);
        assert!(!world.lagging && !held, "contaminated: {intent:?} {world:?}");
        let quiet = now < world.time_funding && world.time_funding.since(now) <= QUIET;
        assert!(!quiet, "before funding: {intent:?}");
        assert!(now.since(world.time_mark) <= limits.mark_seconds, "an old mark: {intent:?}");
        assert!(world.trusted, "no book: {intent:?}");
        let value = |price: Price, lots: i64| Money(i128::from(price.0) * i128::from(lots) * STEP);
        assert!(intent.lots.0 > 0 && intent.price.0 > 0, "{intent:?}");
        let own = value(intent.price, intent.lots.0);
        assert!(own <= limits.order_value, "over order_value: {intent:?}");
        let side = Side::from_code(intent.side).expect("a side");
        assert!(self.held * side.sign() >= 0, "against the position: {intent:?}");
        let alike = || {
            self.orders
                .values()
                .filter(|order| order.role == Role::Entry.code() && order.side == side)
        };
        let count = u32::try_from(alike().count()).expect("few");
        assert!(count < limits.orders_side, "over orders_side: {intent:?}");
        let entering = alike().fold(Money(0), |sum, order| sum + value(order.price, order.lots));
        // Valued at its own price: the gate values at the mark, a hundredth beside it at most.
        let held = value(intent.price, self.held.abs()).0 * 99 / 100;
        let all = Money(held + entering.0 * 99 / 100 + own.0 * 99 / 100);
        assert!(all <= limits.position_value, "over position_value: {intent:?}");
        let begin = now.floor(Nanos(10 * SECOND.0));
        let recent = self.sent.iter().filter(|&&time| time >= begin).count();
        let most = limits.orders_10s - limits.reserve_of(limits.orders_10s);
        assert!(recent < most as usize, "over the rate: {intent:?}");
    }

    fn fill(&mut self, decision: &Decision) {
        let fill: &FillDecision = decision.view();
        let side = Side::from_code(fill.side).expect("a side");
        let of = |(client, order): (&[u8; 32], &Order)| {
            let ours = order.role == fill.role && order.side == side;
            (ours && attempt(client) == fill.attempt).then_some(*client)
        };
        let client = self.orders.iter().find_map(of).expect("a fill of an order that was sent");
        let order = self.orders.remove(&client).expect("it is there");
        assert!(fill.lots.0 <= order.lots, "more than was asked: {fill:?}");
        self.held += side.sign() * fill.lots.0;
        self.fills += 1;
        if order.role != Role::Entry.code() {
            assert!(self.held * side.sign() <= 0, "reduce-only turned the position: {fill:?}");
        }
    }

    /// What is still to be covered by a stop when everything had time to arrive.
    pub(super) const fn held(&self) -> Lots {
        Lots(self.held)
    }
}

/// The counter in a client id's text.
fn attempt(client: &[u8; 32]) -> u32 {
    let text = std::str::from_utf8(&client[24..]).expect("hex");
    u32::from_str_radix(text, 16).expect("hex")
}

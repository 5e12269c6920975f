//! The gate's promises computed again from a plain list of what happened: slow, with no shared code.

use std::collections::BTreeMap;

use model::{DAY, InstrumentId, MINUTE, Nanos, SECOND, Side};

use super::super::{Cause, Limits, Phase};
use crate::exits::{Action, ClientId, Intent, Role};
use crate::terms::LevelId;

/// An order as the naive book sees it. Tick and lot are 1, so values are price × lots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) client: ClientId,
    pub(super) side: Side,
    pub(super) price: i128,
    pub(super) lots: i128,
    pub(super) filled: i128,
    pub(super) phase: Phase,
    pub(super) cancelling: bool,
    pub(super) live: bool,
}

#[derive(Debug)]
pub(super) struct Naive {
    pub(super) limits: Limits,
    pub(super) orders: Vec<Known>,
    pub(super) held: [i128; 2],
    /// Marks in quote units.
    pub(super) marks: [i128; 2],
    pub(super) time_marks: [Nanos; 2],
    pub(super) cash: i128,
    pub(super) raised: Vec<Cause>,
    /// When each order was sent.
    sent: Vec<Nanos>,
    /// When each entry began to fill, since the last release.
    executed: Vec<Nanos>,
    /// Every result seen, with its day.
    results: Vec<(u64, i128)>,
    peak_from: usize,
    /// What each level of each instrument holds since the position was last flat.
    stakes: BTreeMap<(InstrumentId, LevelId), i128>,
}

/// Quote units of a limit.
fn units(money: super::super::Money) -> i128 {
    money.0 / super::super::Money::ONE
}

impl Naive {
    pub(super) fn new(limits: Limits, now: Nanos) -> Self {
        Self {
            limits,
            orders: Vec::new(),
            held: [0; 2],
            marks: [1_000; 2],
            time_marks: [now; 2],
            cash: 0,
            raised: Vec::new(),
            sent: Vec::new(),
            executed: Vec::new(),
            results: Vec::new(),
            peak_from: 0,
            stakes: BTreeMap::new(),
        }
    }

    pub(super) fn result(&self) -> i128 {
        self.cash + self.held[0] * self.marks[0] + self.held[1] * self.marks[1]
    }

    /// Looks at everything, as the gate is made to after each event.
    pub(super) fn look(&mut self, now: Nanos) {
        let result = self.result();
        let day = (now.0 / DAY.0).max(self.results.last().map_or(0, |(day, _)| *day));
        self.results.push((day, result));
        let before = self.results.iter().rev().find(|(other, _)| *other < day);
        let begin = before.map_or(self.results[0].1, |(_, result)| *result);
        let since = &self.results[self.peak_from..];
        let peak = since.iter().map(|(_, result)| *result).max().unwrap_or(result);
        if begin - result >= units(self.limits.daily_loss) {
            self.raise(Cause::DailyLoss);
        }
        if peak - result >= units(self.limits.draw_down) {
            self.raise(Cause::DrawDown);
        }
    }

    pub(super) fn raise(&mut self, cause: Cause) {
        if !self.raised.contains(&cause) {
            self.raised.push(cause);
        }
    }

    pub(super) fn lower(&mut self, cause: Cause) {
        self.raised.retain(|other| *other != cause);
        if cause == Cause::DrawDown {
            self.peak_from = self.results.len() - 1;
        }
        if cause == Cause::Repeated {
            self.executed.clear();
        }
    }

    pub(super) fn sent(&mut self, intent: &Intent, now: Nanos) {
        let (side, price, lots) = match intent.action {
            Action::Cancel { target } => {
                for order in self.orders.iter_mut().filter(|order| order.client == target) {
                    order.cancelling = true;
                }
                return;
            }
            Action::Close { side, lots, .. } => (side, 0, lots),
            Action::Enter { side, price, lots } | Action::TakeProfit { side, price, lots } => {
                (side, price.0, lots)
            }
            Action::EnterStop { side, trigger, lots }
            | Action::PlaceStop { side, trigger, lots }
            | Action::MoveStop { side, trigger, lots, .. } => (side, trigger.0, lots),
        };
        self.sent.push(now);
        self.orders.push(Known {
            client: intent.client,
            side,
            price: i128::from(price),
            lots: i128::from(lots.0),
            filled: 0,
            phase: Phase::InFlight,
            cancelling: false,
            live: true,
        });
    }

    /// Fills a live order by its place in the list.
    pub(super) fn fill(&mut self, at: usize, price: i128, lots: i128, now: Nanos) {
        let order = &mut self.orders[at];
        if order.client.role == Role::Entry && order.filled == 0 {
            self.executed.push(now);
        }
        order.filled += lots;
        order.phase = Phase::Open;
        order.live = order.filled < order.lots;
        let signed = i128::from(order.side.sign()) * lots;
        let id = order.client.instrument;
        *self.stakes.entry((id, order.client.level)).or_default() += signed;
        self.held[id.index()] += signed;
        self.cash -= signed * price;
        if self.held[id.index()] == 0 {
            self.stakes.retain(|(other, _), _| *other != id);
        }
        if self.recent(now) >= self.limits.executions as usize {
            self.raise(Cause::Repeated);
        }
    }

    fn recent(&self, now: Nanos) -> usize {
        let window = self.limits.executions_minutes;
        self.executed.iter().filter(|time| now.since(**time) < window).count()
    }

    pub(super) fn live(&self, role: Role) -> impl Iterator<Item = &Known> {
        self.orders.iter().filter(move |order| order.live && order.client.role == role)
    }

    /// Lots that stops protect in an instrument; `hoped`: those not yet standing too.
    pub(super) fn covered(&self, id: InstrumentId, hoped: bool) -> i128 {
        let long = self.held[id.index()] > 0;
        let protects = |stop: &&Known| {
            stop.client.instrument == id && (stop.side == Side::Sell) == long && !stop.cancelling
        };
        let stands = |stop: &&Known| hoped || stop.phase == Phase::Open;
        let rest = |stop: &Known| stop.lots - stop.filled;
        self.live(Role::Stop).filter(protects).filter(stands).map(rest).sum()
    }

    pub(super) fn protected(&self, id: InstrumentId) -> bool {
        self.held[id.index()] == 0 || self.covered(id, false) >= self.held[id.index()].abs()
    }

    pub(super) fn halted(&self) -> bool {
        self.raised.iter().any(|cause| cause.state() == super::super::TradingState::Halted)
    }

    /// Orders in the windows that hold `now`.
    pub(super) fn rates(&self, now: Nanos) -> [u32; 2] {
        [10 * SECOND.0, MINUTE.0].map(|length| {
            let begin = now.0 / length * length;
            let inside = self.sent.iter().filter(|time| time.0 >= begin).count();
            u32::try_from(inside).expect("few")
        })
    }

    /// What must be true after an entry has passed and is counted.
    pub(super) fn assert_open(&self, intent: &Intent, now: Nanos, seed: u64) {
        let limits = &self.limits;
        assert!(self.raised.is_empty(), "seed {seed}: opened while {:?}", self.raised);
        let unknown =
            self.orders.iter().filter(|order| order.live && order.phase == Phase::Unknown);
        assert!(unknown.count() < limits.unknown as usize, "seed {seed}: unknown orders");
        for id in [InstrumentId(0), InstrumentId(1)] {
            assert!(self.protected(id), "seed {seed}: opened while bare");
        }
        let id = intent.client.instrument;
        assert!(now.since(self.time_marks[id.index()]) <= limits.mark_seconds, "seed {seed}");
        let own = self.orders.last().expect("it was counted");
        let alike: Vec<&Known> = self
            .live(Role::Entry)
            .filter(|order| order.client.instrument == id && order.side == own.side)
            .collect();
        assert!(alike.len() <= limits.orders_side as usize, "seed {seed}: orders a side");
        let lots: i128 = alike.iter().map(|order| order.lots - order.filled).sum();
        let most = i128::from(limits.position_quantity.0) / 100_000_000;
        assert!(self.held[id.index()].abs() + lots <= most, "seed {seed}: position");
        self.assert_values(intent, seed);
        for (used, limit) in self.rates(now).into_iter().zip([limits.orders_10s, limits.orders_1m])
        {
            assert!(used <= limit - limits.reserve_of(limit), "seed {seed}: rate");
        }
        let waiting = self.live(Role::Entry).filter(|order| order.filled == 0).count();
        let entered = self.recent(now) + waiting;
        assert!(entered <= limits.executions as usize, "seed {seed}: executions");
    }

    fn assert_values(&self, intent: &Intent, seed: u64) {
        let worth = |order: &Known| {
            let mark = self.marks[order.client.instrument.index()];
            (order.lots - order.filled) * order.price.max(mark)
        };
        let id = intent.client.instrument;
        let own = self.orders.last().expect("it was counted");
        assert!(worth(own) <= units(self.limits.order_value), "seed {seed}: order value");
        let here: i128 = self
            .live(Role::Entry)
            .filter(|order| order.client.instrument == id && order.side == own.side)
            .map(worth)
            .sum();
        let position = self.held[id.index()].abs() * self.marks[id.index()];
        assert!(position + here <= units(self.limits.position_value), "seed {seed}: position");
        let all: i128 = self.live(Role::Entry).map(worth).sum();
        let positions: i128 = (0..2).map(|at| self.held[at].abs() * self.marks[at]).sum();
        assert!(positions + all <= units(self.limits.total_value), "seed {seed}: total");
        let level = |order: &&Known| {
            order.client.level == intent.client.level && order.client.instrument == id
        };
        let entering: i128 = self.live(Role::Entry).filter(level).map(worth).sum();
        let stake = self.stakes.get(&(id, intent.client.level)).map_or(0, |lots| lots.abs());
        let level = stake * self.marks[id.index()] + entering;
        assert!(level <= units(self.limits.level_value), "seed {seed}: level");
    }
}

//! What all instruments of the stage share: the account, the gate, the counters of a run.

use model::{Fine, Instrument, InstrumentId, Instruments, Lots, Nanos, Price, Side};

use crate::exits::{ClientId, Intent};
use crate::risk::{Account, Gate, Money, Refusal, Report, Scene, What};
use crate::{Plan, fee};

pub(super) use crate::risk::Touch;

/// The account with the gate before it.
#[derive(Clone, Debug)]
pub(super) struct Purse {
    plan: Plan,
    pub account: Account,
    pub gate: Gate,
    /// Fills so far.
    pub fills: u64,
    attempts: u32,
    signals: u32,
    /// The run's first venue second in the upper half of every number; zero before the first.
    epoch: u64,
}

/// One fill as the account takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    pub price: Price,
    pub lots: Lots,
    pub side: Side,
    pub maker: bool,
}

impl Purse {
    pub(super) fn new(instruments: &Instruments, plan: Plan) -> Self {
        Self {
            plan,
            account: Account::new(instruments, plan.paper.equity),
            gate: Gate::new(plan.limits),
            fills: 0,
            attempts: 0,
            signals: 0,
            epoch: 0,
        }
    }

    /// The first venue time of the run numbers it: no two runs share one, so no number is used twice.
    pub(super) fn begin(&mut self, time: Nanos) {
        if self.epoch == 0 {
            self.epoch = (time.0 / model::SECOND.0) << 32;
        }
    }

    /// The number before the run's first.
    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of a new signal.
    pub(super) fn signal(&mut self) -> u64 {
        self.signals += 1;
        self.epoch | u64::from(self.signals)
    }

    /// The number of a new order.
    pub(super) fn attempt(&mut self) -> u32 {
        self.attempts = self.attempts.wrapping_add(1);
        self.attempts
    }

    /// Equity in quote units, rounded down; `None` while a position has no mark.
    pub(super) fn equity(&self) -> Option<Fine> {
        self.account.equity().map(Money::fine)
    }

    /// Asks the gate.
    pub(super) fn pass(&mut self, intent: &Intent, scene: &Scene) -> Result<(), Refusal> {
        self.gate.pass(&mut self.account, intent, scene)
    }

    /// News of an order that is no fill.
    pub(super) fn report(&mut self, client: ClientId, what: What, now: Nanos) {
        let instrument = client.instrument;
        // What cannot be folded is counted by the account.
        let _ = self.account.report(&Report { client: Some(client), instrument, what });
        self.gate.observe(&self.account, now);
    }

    /// Folds a fill: its fee and its number.
    pub(super) fn fill(&mut self, client: ClientId, fill: Fill, now: Nanos) -> (Fine, u64) {
        self.fills += 1;
        let value = self.account.instrument(client.instrument).map_or(0, |on| {
            let base = i128::from(fill.lots.0) * i128::from(on.lot.0);
            i128::from(fill.price.0) * i128::from(on.tick.0) * base
        });
        let share = if fill.maker { self.plan.fees.maker } else { self.plan.fees.taker };
        let fee = fee(value, share);
        let Fill { price, lots, side, .. } = fill;
        self.report(client, What::Filled { trade: self.fills, side, price, lots, fee }, now);
        (fee, self.fills)
    }

    /// A mark price.
    pub(super) fn mark(&mut self, id: InstrumentId, mark: Fine, time: Nanos, now: Nanos) {
        self.account.mark(id, mark, time);
        self.gate.observe(&self.account, now);
    }

    /// Lots held in an instrument, signed.
    pub(super) fn held(&self, id: InstrumentId) -> Lots {
        self.account.position(id).map_or(Lots(0), |position| position.lots)
    }

    /// An instrument became known, or has other filters.
    pub(super) fn admit(&mut self, id: InstrumentId, on: Instrument) {
        self.account.admit(id, on);
    }
}

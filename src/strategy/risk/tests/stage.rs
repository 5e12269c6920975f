//! What the tables share: a grid on which numbers are round, and short words for intents.

use model::{DAY, Fine, HOUR, Instrument, InstrumentId, Instruments, Lots, Nanos, Price, Side};

use super::super::{
    Account, Folded, Gate, Limits, LimitsDraft, Refusal, Report, Scene, Touch, What,
};
use crate::exits::{Action, ClientId, Intent, Role, Why};
use crate::terms::LevelId;

pub(super) const ID: InstrumentId = InstrumentId(0);
pub(super) const OTHER: InstrumentId = InstrumentId(1);
/// A quiet time: the start of an hour in the middle of a day.
pub(super) const NOON: Nanos = Nanos(20_000 * DAY.0 + 12 * HOUR.0);

/// Two instruments with tick 1 and lot 1, so that lots × ticks are quote units.
pub(super) fn instruments() -> Instruments {
    let mut list = Instruments::default();
    for symbol in ["AAAUSDT", "BBBUSDT"] {
        list.put(Instrument::new(symbol, "1", "1").expect("a grid")).expect("a place");
    }
    list
}

/// Limits that a table narrows one at a time.
pub(super) fn draft() -> LimitsDraft {
    LimitsDraft {
        collar_mark: Some(0.05),
        collar_touch: Some(0.04),
        collar_stop: Some(0.1),
        mark_seconds: Some(10.0),
        order_value: Some(50_000.0),
        order_quantity: Some(50.0),
        position_value: Some(100_000.0),
        position_quantity: Some(100.0),
        level_value: Some(60_000.0),
        total_value: Some(150_000.0),
        orders_side: Some(4.0),
        orders_10s: Some(40.0),
        orders_1m: Some(100.0),
        messages_10s: Some(60.0),
        reserve: Some(0.25),
        executions: Some(20.0),
        executions_minutes: Some(60.0),
        daily_loss: Some(1_000.0),
        draw_down: Some(2_000.0),
        unknown: Some(2.0),
    }
}

pub(super) fn limits() -> Limits {
    draft().conclude().expect("sound limits")
}

/// A desk: account, gate, a clock and a touch. Price 1 000.
pub(super) struct Desk {
    pub(super) account: Account,
    pub(super) gate: Gate,
    pub(super) scene: Scene,
    trade: u64,
    attempt: u32,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(limits())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let mut account = Account::new(&instruments(), Fine(100_000 * Fine::ONE.0));
        account.mark(ID, quote(1_000), NOON);
        account.mark(OTHER, quote(1_000), NOON);
        let touch = Some(Touch { bid: Price(999), ask: Price(1_001) });
        let time_funding = Some(NOON.after(Nanos(4 * HOUR.0)));
        let scene = Scene { now: NOON, touch, time_funding, contaminated: false };
        let mut gate = Gate::new(limits);
        gate.observe(&account, NOON);
        Self { account, gate, scene, trade: 0, attempt: 0 }
    }

    /// An intent with a fresh id.
    pub(super) fn intent(&mut self, action: Action, why: Why) -> Intent {
        self.attempt += 1;
        let probe = Intent { time: self.scene.now, client: client(1, self.attempt), action, why };
        let client = ClientId { role: probe.role(), ..probe.client };
        Intent { client, ..probe }
    }

    pub(super) fn ask(&mut self, action: Action) -> Result<ClientId, Refusal> {
        self.ask_why(action, Why::Signal)
    }

    pub(super) fn ask_why(&mut self, action: Action, why: Why) -> Result<ClientId, Refusal> {
        let intent = self.intent(action, why);
        self.pass(&intent)
    }

    pub(super) fn pass(&mut self, intent: &Intent) -> Result<ClientId, Refusal> {
        self.gate.pass(&mut self.account, intent, &self.scene).map(|()| intent.client)
    }

    pub(super) fn report(&mut self, client: ClientId, what: What) -> Folded {
        let report = Report { client: Some(client), instrument: client.instrument, what };
        let folded = self.account.report(&report);
        self.gate.observe(&self.account, self.scene.now);
        folded
    }

    pub(super) fn fill(&mut self, client: ClientId, price: i64, lots: i64) -> Folded {
        let side = self.account.orders.find(client).map_or(Side::Buy, |order| order.side);
        self.trade += 1;
        let (price, lots, trade) = (Price(price), Lots(lots), self.trade);
        self.report(client, What::Filled { trade, side, price, lots, fee: Fine(0) })
    }

    /// Holds lots at 1 000, bought when above zero; with a standing stop when asked.
    pub(super) fn hold(&mut self, lots: i64, stop: bool) -> Option<ClientId> {
        let side = if lots > 0 { Side::Buy } else { Side::Sell };
        let entry = self.ask(enter(side, 1_000, lots.abs())).expect("an entry");
        self.report(entry, What::Acknowledged);
        self.fill(entry, 1_000, lots.abs());
        stop.then(|| {
            let away = side.opposite();
            let trigger = 1_000 - side.sign() * 50;
            let stop = self.ask(place(away, trigger, lots.abs())).expect("a stop");
            self.report(stop, What::Acknowledged);
            stop
        })
    }

    pub(super) fn mark(&mut self, price: i64) {
        self.account.mark(ID, quote(price), self.scene.now);
        self.gate.observe(&self.account, self.scene.now);
    }
}

pub(super) fn quote(units: i64) -> Fine {
    Fine(units * Fine::ONE.0)
}

pub(super) fn client(level: u64, attempt: u32) -> ClientId {
    ClientId { level: LevelId(level), attempt, instrument: ID, role: Role::Entry }
}

pub(super) fn enter(side: Side, price: i64, lots: i64) -> Action {
    Action::Enter { side, price: Price(price), lots: Lots(lots) }
}

pub(super) fn enter_stop(side: Side, trigger: i64, lots: i64) -> Action {
    Action::EnterStop { side, trigger: Price(trigger), lots: Lots(lots) }
}

pub(super) fn close(side: Side, lots: i64) -> Action {
    Action::Close { side, price: None, lots: Lots(lots) }
}

pub(super) fn place(side: Side, trigger: i64, lots: i64) -> Action {
    Action::PlaceStop { side, trigger: Price(trigger), lots: Lots(lots) }
}

pub(super) fn shift(side: Side, trigger: i64, lots: i64, old: ClientId) -> Action {
    Action::MoveStop { side, trigger: Price(trigger), lots: Lots(lots), old }
}

pub(super) fn profit(side: Side, price: i64, lots: i64) -> Action {
    Action::TakeProfit { side, price: Price(price), lots: Lots(lots) }
}

//! 10 000 random days: whatever the order of events, no entry passes that must not, what protects is
//! never starved, and money is conserved.

use std::collections::BTreeMap;

use model::{DAY, Fine, HOUR, InstrumentId, MINUTE, Nanos, Price, SECOND, Side};

use super::super::{
    Cause, Folded, Limits, LimitsDraft, Money, Phase, Refusal, Touch, TradingState, What,
};
use super::naive::Naive;
use super::stage::{
    Desk, ID, NOON, OTHER, close, draft, enter, enter_stop, place, profit, quote, shift,
};
use crate::exits::{Action, ClientId, Intent, Role, Why, near_funding};
use crate::terms::LevelId;

const SEEDS: u64 = 10_000;
const STEPS: usize = 120;

/// Dice of our own: a seed is a day on every machine (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// In low..high.
    fn within(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.roll() % high.abs_diff(low)).expect("a small span")
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.roll().is_multiple_of(n)
    }
}

/// What the whole run saw: a test whose entries never pass would prove nothing.
#[derive(Default, Debug)]
struct Seen {
    opened: u32,
    reduced: u32,
    fills: u32,
    refused: BTreeMap<Refusal, u32>,
    causes: BTreeMap<Cause, u32>,
}

/// Three sets of limits, so that each of them binds on some days.
fn plan(seed: u64) -> Limits {
    let plain = draft();
    let draft = match seed % 3 {
        0 => plain,
        1 => LimitsDraft {
            orders_10s: Some(8.0),
            orders_1m: Some(16.0),
            executions: Some(6.0),
            orders_side: Some(12.0),
            daily_loss: Some(300.0),
            draw_down: Some(500.0),
            ..plain
        },
        _ => LimitsDraft {
            order_value: Some(30_000.0),
            level_value: Some(30_000.0),
            position_value: Some(50_000.0),
            position_quantity: Some(60.0),
            total_value: Some(70_000.0),
            orders_side: Some(12.0),
            executions: Some(64.0),
            ..plain
        },
    };
    draft.conclude().expect("sound limits")
}

struct Day {
    seed: u64,
    dice: Dice,
    desk: Desk,
    naive: Naive,
    funding: Nanos,
    trade: u64,
}

impl Day {
    fn new(seed: u64) -> Self {
        let limits = plan(seed);
        let naive = Naive::new(limits, NOON);
        let (dice, funding) = (Dice(seed), NOON.after(Nanos(4 * HOUR.0)));
        let mut day = Self { seed, dice, desk: Desk::with(limits), naive, funding, trade: 0 };
        day.look();
        day
    }

    fn now(&self) -> Nanos {
        self.desk.scene.now
    }

    fn side(&mut self) -> Side {
        if self.dice.one_in(2) { Side::Buy } else { Side::Sell }
    }

    fn instrument(&mut self) -> InstrumentId {
        if self.dice.one_in(3) { OTHER } else { ID }
    }

    fn look(&mut self) {
        let now = self.now();
        self.desk.gate.observe(&self.desk.account, now);
        self.naive.look(now);
        let want = Money((100_000 + self.naive.result()) * Money::ONE);
        assert_eq!(self.desk.account.equity(), Some(want), "seed {}: money", self.seed);
    }

    fn step(&mut self, seen: &mut Seen) {
        match self.dice.within(0, 20) {
            0 => self.time(),
            1 | 2 => self.price(),
            3 => self.cause(),
            4..=9 => self.open(seen),
            10 => self.reduce(seen),
            11..=14 => self.protect(seen),
            _ => self.news(seen),
        }
        self.look();
        for cause in self.desk.gate.causes(&self.desk.account).iter() {
            *seen.causes.entry(cause).or_default() += 1;
        }
    }

    fn time(&mut self) {
        let span = match self.dice.within(0, 24) {
            0 => DAY.0 / 2,
            1..=3 => 7 * MINUTE.0,
            4 => self.funding.since(self.now()).0.saturating_sub(10 * MINUTE.0),
            _ => u64::try_from(self.dice.within(0, 6)).expect("above zero") * SECOND.0,
        };
        self.desk.scene.now = self.now().after(Nanos(span));
        while self.funding <= self.now() {
            self.funding = self.funding.after(Nanos(8 * HOUR.0));
        }
        self.desk.scene.time_funding = Some(self.funding);
        // Marks come each second; now and then they do not.
        if !self.dice.one_in(8) {
            self.mark(ID, 0);
            self.mark(OTHER, 0);
        }
    }

    fn price(&mut self) {
        let id = self.instrument();
        let step = self.dice.within(-30, 31);
        self.mark(id, step);
    }

    fn mark(&mut self, id: InstrumentId, step: i64) {
        let at = id.index();
        let mark = i64::try_from(self.naive.marks[at]).expect("small");
        let mark = (mark + step).clamp(500, 2_000);
        let now = self.now();
        self.desk.account.mark(id, quote(mark), now);
        (self.naive.marks[at], self.naive.time_marks[at]) = (i128::from(mark), now);
    }

    fn cause(&mut self) {
        let all: Vec<Cause> = Cause::ALL.into_iter().filter(|cause| !cause.derived()).collect();
        let at = usize::try_from(self.dice.roll() % 8).expect("small");
        if self.dice.one_in(6) {
            let cause = all[at];
            self.desk.gate.raise(cause);
            self.naive.raise(cause);
        }
        // People and ends of conditions are kinder than days are long: else nothing would ever open.
        for cause in all {
            if self.dice.one_in(2) && self.desk.gate.release(cause).is_ok() {
                self.naive.lower(cause);
            }
            if self.desk.gate.clear(cause) {
                self.naive.lower(cause);
            }
        }
    }

    /// Sends to the gate with the touch of the intent's instrument; counts on both sides.
    fn send(
        &mut self,
        action: Action,
        level: u64,
        id: InstrumentId,
        why: Why,
    ) -> (Intent, Result<(), Refusal>) {
        let mark = i64::try_from(self.naive.marks[id.index()]).expect("small");
        self.desk.scene.touch = Some(Touch { bid: Price(mark - 1), ask: Price(mark + 1) });
        self.desk.scene.contaminated = self.dice.one_in(8);
        let mut intent = self.desk.intent(action, why);
        intent.client.level = LevelId(level);
        intent.client.instrument = id;
        let got = self.desk.pass(&intent).map(|_| ());
        self.naive.look(self.now());
        if got.is_ok() {
            self.naive.sent(&intent, self.now());
        }
        (intent, got)
    }

    fn open(&mut self, seen: &mut Seen) {
        let (side, id) = (self.side(), self.instrument());
        let mark = i64::try_from(self.naive.marks[id.index()]).expect("small");
        let price = mark - side.sign() * self.dice.within(-10, 60);
        let lots = if self.dice.one_in(12) { 51 } else { self.dice.within(1, 26) };
        let stop = self.dice.one_in(4);
        let action = if stop {
            enter_stop(side, mark + side.sign() * self.dice.within(0, 30), lots)
        } else {
            enter(side, price, lots)
        };
        let level = self.dice.roll() % 4;
        let held = self.naive.held[id.index()] * i128::from(side.sign());
        let (intent, got) = self.send(action, level, id, Why::Signal);
        match got {
            Ok(()) => {
                seen.opened += 1;
                assert!(!self.desk.scene.contaminated, "seed {}: contaminated", self.seed);
                assert!(!near_funding(self.now(), self.funding), "seed {}: funding", self.seed);
                assert!(held >= 0, "seed {}: against the position", self.seed);
                self.naive.assert_open(&intent, self.now(), self.seed);
            }
            Err(refusal) => *seen.refused.entry(refusal).or_default() += 1,
        }
    }

    /// Anything at all that claims to reduce: what passes must.
    fn reduce(&mut self, seen: &mut Seen) {
        let (side, id) = (self.side(), self.instrument());
        let mark = i64::try_from(self.naive.marks[id.index()]).expect("small");
        let lots = self.dice.within(1, 30);
        let away = self.dice.within(-5, 60);
        let target =
            self.any_order().map_or(super::stage::client(9, 9), |at| self.naive.orders[at].client);
        let action = match self.dice.within(0, 5) {
            0 => close(side, lots),
            1 => place(side, mark + side.sign() * away, lots),
            2 => shift(side, mark + side.sign() * away, lots, target),
            3 => profit(side, mark - side.sign() * away, lots),
            _ => Action::Cancel { target },
        };
        let held = self.naive.held[id.index()];
        let bare = !self.naive.protected(id);
        let (_, got) = self.send(action, 0, id, Why::Signal);
        if let Err(refusal) = got {
            *seen.refused.entry(refusal).or_default() += 1;
            return;
        }
        seen.reduced += 1;
        let seed = self.seed;
        match action {
            Action::Cancel { target } => {
                // Whatever was withdrawn, no position lost a stop that it needs.
                let stop = target.role == Role::Stop;
                assert!(!stop || held == 0 || self.naive.protected(id), "seed {seed}: uncovered");
            }
            Action::Close { side, lots, .. } => {
                assert!(held * i128::from(side.sign()) < 0, "seed {seed}: a close that adds");
                assert!(i128::from(lots.0) <= held.abs(), "seed {seed}: a close that turns");
                assert!(!self.naive.halted() || bare, "seed {seed}: a close in HALTED");
            }
            Action::TakeProfit { .. } => {
                assert!(!self.naive.halted(), "seed {seed}: a profit in HALTED");
                assert!(held != 0, "seed {seed}: nothing to take");
            }
            _ => assert!(held != 0, "seed {seed}: a stop for nothing"),
        }
    }

    /// What a sound strategy asks: it may never be refused.
    fn protect(&mut self, seen: &mut Seen) {
        let id = self.instrument();
        let held = self.naive.held[id.index()];
        let mark = i64::try_from(self.naive.marks[id.index()]).expect("small");
        let away = if held > 0 { Side::Sell } else { Side::Buy };
        let naked = held.abs() - self.naive.covered(id, true);
        let lots = |lots: i128| i64::try_from(lots).expect("small");
        if self.naive.rates(self.now()).iter().zip([300, 1_200]).any(|(used, most)| *used >= most) {
            return;
        }
        let entry =
            self.naive.live(Role::Entry).find(|order| !order.cancelling).map(|order| order.client);
        let action = if held != 0 && naked > 0 {
            place(away, mark + away.sign() * 50, lots(naked))
        } else if held != 0 && !self.naive.protected(id) {
            let closing: i128 = self
                .naive
                .live(Role::Close)
                .filter(|order| order.client.instrument == id)
                .map(|order| order.lots - order.filled)
                .sum();
            if closing >= held.abs() {
                return;
            }
            close(away, lots(held.abs() - closing))
        } else if let Some(target) = entry.filter(|_| self.dice.one_in(4)) {
            Action::Cancel { target }
        } else {
            return;
        };
        let on = match action {
            Action::Cancel { target } => target.instrument,
            _ => id,
        };
        let (intent, got) = self.send(action, 0, on, Why::StopFailed);
        assert_eq!(got, Ok(()), "seed {}: starved: {action:?}", self.seed);
        seen.reduced += 1;
        // Mostly the venue answers at once.
        if !matches!(action, Action::Cancel { .. }) && !self.dice.one_in(4) {
            self.phase(self.naive.orders.len() - 1, intent.client, Phase::Open);
        }
    }

    fn any_order(&mut self) -> Option<usize> {
        let live: Vec<usize> =
            (0..self.naive.orders.len()).filter(|&at| self.naive.orders[at].live).collect();
        let at = usize::try_from(self.dice.roll()).expect("64 bits");
        live.get(at.checked_rem(live.len())?).copied()
    }

    fn news(&mut self, seen: &mut Seen) {
        let Some(at) = self.any_order() else { return };
        let order = self.naive.orders[at];
        match self.dice.within(0, 12) {
            0 => self.end(at, order.client),
            1 => self.phase(at, order.client, Phase::Unknown),
            2..=6 => self.phase(at, order.client, Phase::Open),
            7 if order.cancelling => self.end(at, order.client),
            _ => self.fill(at, seen),
        }
    }

    fn end(&mut self, at: usize, client: ClientId) {
        self.naive.orders[at].live = false;
        assert_eq!(self.desk.report(client, What::Gone), Folded::Counted);
    }

    fn phase(&mut self, at: usize, client: ClientId, phase: Phase) {
        let order = &mut self.naive.orders[at];
        order.phase = phase;
        order.cancelling &= phase != Phase::Open;
        let what = if phase == Phase::Open { What::Acknowledged } else { What::Unknown };
        assert_eq!(self.desk.report(client, what), Folded::Counted);
    }

    fn fill(&mut self, at: usize, seen: &mut Seen) {
        let order = self.naive.orders[at];
        let id = order.client.instrument;
        let held = self.naive.held[id.index()];
        let entry = order.client.role == Role::Entry;
        // The venue never lets a reduce-only order add: it cuts it to what is held.
        let reduces = held * i128::from(order.side.sign()) < 0;
        let rest = order.lots - order.filled;
        let most = if entry {
            rest
        } else if reduces {
            rest.min(held.abs())
        } else {
            0
        };
        if most == 0 {
            return self.end(at, order.client);
        }
        let lots = self.dice.within(1, i64::try_from(most).expect("small") + 1);
        let price =
            i64::try_from(self.naive.marks[id.index()]).expect("small") + self.dice.within(-3, 4);
        self.trade += 1;
        let now = self.now();
        self.naive.fill(at, i128::from(price), i128::from(lots), now);
        let what = What::Filled {
            trade: self.trade,
            side: order.side,
            price: Price(price),
            lots: model::Lots(lots),
            fee: Fine(0),
        };
        assert_eq!(self.desk.report(order.client, what), Folded::Counted, "seed {}", self.seed);
        assert_eq!(self.desk.report(order.client, what), Folded::Repeated, "told twice");
        seen.fills += 1;
    }
}

#[test]
fn ten_thousand_random_days_keep_every_promise() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let mut day = Day::new(seed);
        for _ in 0..STEPS {
            day.step(&mut seen);
        }
        for id in [ID, OTHER] {
            let lots = day.desk.account.position(id).map(|held| i128::from(held.lots.0));
            assert_eq!(lots, Some(day.naive.held[id.index()]), "seed {seed}: fills");
        }
        let live = day.naive.orders.iter().filter(|order| order.live).count();
        assert_eq!(day.desk.account.orders().len(), live, "seed {seed}: orders");
    }
    assert!(seen.opened > 50_000 && seen.reduced > 20_000 && seen.fills > 50_000, "{seen:?}");
    for cause in
        [Cause::DailyLoss, Cause::DrawDown, Cause::Repeated, Cause::Unknown, Cause::Unprotected]
    {
        assert!(seen.causes.contains_key(&cause), "{} never stood: {seen:?}", cause.text());
    }
    for refusal in [
        Refusal::State(TradingState::Reducing),
        Refusal::State(TradingState::Halted),
        Refusal::Contaminated,
        Refusal::OrderValue,
        Refusal::PositionQuantity,
        Refusal::PositionValue,
        Refusal::LevelValue,
        Refusal::TotalValue,
        Refusal::OrdersSide,
        Refusal::Repeated,
        Refusal::Rate,
        Refusal::Funding,
        Refusal::Mark,
        Refusal::Against,
        Refusal::SelfMatch,
        Refusal::Exceeds,
        Refusal::Covered,
        Refusal::Loosens,
        Refusal::Uncovers,
        Refusal::WouldTrigger,
    ] {
        assert!(seen.refused.contains_key(&refusal), "{refusal} never came: {seen:?}");
    }
}

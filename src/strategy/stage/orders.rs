//! The order side of an instrument: from what the signals ask to intents that passed the gate, and
//! from fills back to the signals.

use model::{Lots, Nanos, Price, SECOND};

use super::desk::Desk;
use super::paper::Fate;
use super::purse::{Fill, Purse};
use super::trades::{HOLDINGS_MAX, Holding};
use crate::Refused;
use crate::exits::{
    Action, Ask as SizeAsk, ClientId, ExitRefusal, Frame, Intent, Modifiers, Nodes, Reach, Role,
    Share, SizeRefusal, Target, Trail, Why, half, held_too_long,
};
use crate::hypotheses::{Answer, Ask, OrderKey, Setup};
use crate::risk::{Refusal, Scene, What};
use crate::terms::{Hypothesis, Zone};

/// What was refused is asked again after this.
const AGAIN: Nanos = SECOND;

/// An entry as it is to be.
struct Entry {
    stop: Price,
    target: Target,
    lots: Lots,
    equity: model::Fine,
}

impl Desk {
    /// What the signals ask of the order side.
    pub(super) fn ask(&mut self, key: OrderKey, ask: Ask, purse: &mut Purse) {
        match ask {
            Ask::Post { price, is_half } => self.enter(key, price, is_half, false, purse),
            Ask::Stop { price } => self.enter(key, price, true, true, purse),
            Ask::Withdraw => {
                if let Some(at) = self.place_of(key) {
                    self.withdraw_entry(at, Why::Signal, purse);
                }
            }
            Ask::Close => {
                if let Some(at) = self.place_of(key) {
                    self.holdings[at].is_given_up = true;
                    self.withdraw_entry(at, Why::Unconfirmed, purse);
                    self.close(at, Why::Unconfirmed, purse);
                }
            }
        }
    }

    fn place_of(&self, key: OrderKey) -> Option<usize> {
        self.holdings.iter().position(|holding| holding.key == key)
    }

    /// Sizes an entry, asks the gate, sends it; whatever refuses is the answer.
    fn enter(
        &mut self,
        key: OrderKey,
        price: Price,
        is_half: bool,
        is_stop: bool,
        purse: &mut Purse,
    ) {
        let life = *self.lives.of(key.level, key.side, key.hypothesis, &self.pulse.figures, purse);
        let mut holding = Holding::new(key, life.signal, life.time_touch);
        let atr = life.atr.and_then(Reach::of);
        let entry = self.measure(key, price, is_half, atr, purse);
        let (lots, equity) = match &entry {
            Ok(entry) => {
                (holding.stop, holding.target) = (entry.stop, entry.target.price);
                holding.target_kind = entry.target.kind.code();
                holding.trail = Some(Trail::new(key.side, price, entry.stop));
                (entry.lots, entry.equity)
            }
            Err(_) => (Lots(0), model::Fine(0)),
        };
        let side = key.side;
        let action = if is_stop {
            Action::EnterStop { side, trigger: price, lots }
        } else {
            Action::Enter { side, price, lots }
        };
        let intent = self.intent(key, action, Why::Signal, purse);
        let full = self.holdings.len() >= HOLDINGS_MAX;
        let passed = match entry {
            Err(refused) => Err(refused),
            Ok(_) if full => Err(Refused::Gate(Refusal::Full)),
            Ok(_) => purse.pass(&intent, &self.scene()).map_err(Refused::Gate),
        };
        let refused = passed.err().map(|refused| (refused, self.trading(purse)));
        self.voice.intent(&intent, &holding, equity, refused);
        if refused.is_some() {
            let sink = &mut |outcome| self.queue.push(outcome);
            return self.signals.answer(self.now, key, Answer::Refused, sink);
        }
        self.paper.send(&intent);
        holding.entry = Some(intent.client);
        self.holdings.push(holding);
    }

    /// Stop, target and size of an entry (spec § 10).
    fn measure(
        &self,
        key: OrderKey,
        price: Price,
        is_half: bool,
        atr: Option<Reach>,
        purse: &Purse,
    ) -> Result<Entry, Refused> {
        let setup = self.setup(key).ok_or(Refused::Exit(ExitRefusal::Absurd))?;
        let atr = atr.ok_or(Refused::Exit(ExitRefusal::NoAtr))?;
        let frame = frame(&setup, key, price, atr);
        let stop = frame.stop().map_err(Refused::Exit)?;
        let targets = self.sources.targets();
        let nodes = Nodes { hvns: &targets.hvns, pocs: &targets.pocs };
        let round_trip = Share(self.plan.hypotheses.round_trip_ppm);
        let target = frame.target(stop, nodes, round_trip).map_err(Refused::Exit)?;
        let equity = purse.equity().ok_or(Refused::Size(SizeRefusal::NoEquity))?;
        let ask = SizeAsk {
            equity,
            price,
            side: key.side,
            atr,
            funding: self.pulse.funding,
            half: is_half,
            modifiers: Modifiers::default(),
        };
        let lots = self.plan.size.size(&ask, &self.on).map_err(Refused::Size)?;
        Ok(Entry { stop, target, lots, equity })
    }

    fn setup(&self, key: OrderKey) -> Option<Setup> {
        let of = |setup: &&Setup| {
            let whose = (setup.level.id, setup.side, setup.hypothesis);
            whose == (key.level, key.side, key.hypothesis)
        };
        self.signals.states().map(|(setup, _)| setup).find(of).copied()
    }

    fn trading(&self, purse: &Purse) -> crate::risk::TradingState {
        purse.gate.causes(&purse.account).state()
    }

    fn scene(&self) -> Scene {
        Scene {
            now: self.now,
            touch: self.touch,
            time_funding: self.pulse.figures.time_funding,
            contaminated: !self.signals.causes().is_empty(),
        }
    }

    fn intent(&self, key: OrderKey, action: Action, why: Why, purse: &mut Purse) -> Intent {
        let role = match action {
            Action::Enter { .. } | Action::EnterStop { .. } => Role::Entry,
            Action::PlaceStop { .. } | Action::MoveStop { .. } => Role::Stop,
            Action::TakeProfit { .. } => Role::Profit,
            Action::Close { .. } => Role::Close,
            Action::Cancel { .. } => Role::Cancel,
        };
        let client =
            ClientId { level: key.level, attempt: purse.attempt(), instrument: self.id, role };
        Intent { time: self.now, client, action, why }
    }

    /// Sends what concerns a holding; what is refused is said and asked again later.
    fn send(&mut self, at: usize, action: Action, why: Why, purse: &mut Purse) -> Option<ClientId> {
        let intent = self.intent(self.holdings[at].key, action, why, purse);
        let passed = purse.pass(&intent, &self.scene());
        let refused = passed.err().map(|refusal| (Refused::Gate(refusal), self.trading(purse)));
        self.voice.intent(&intent, &self.holdings[at], model::Fine(0), refused);
        if refused.is_some() {
            self.holdings[at].time_again = self.now.after(AGAIN);
            return None;
        }
        self.paper.send(&intent);
        Some(intent.client)
    }

    fn withdraw_entry(&mut self, at: usize, why: Why, purse: &mut Purse) {
        if let Some(target) = self.holdings[at].entry {
            self.send(at, Action::Cancel { target }, why, purse);
        }
    }

    /// Gives a position back at the market; its stop stands until that is done.
    fn close(&mut self, at: usize, why: Why, purse: &mut Purse) {
        let Holding { held, close_order, .. } = self.holdings[at];
        if held.0 <= 0 || close_order.is_some() {
            return;
        }
        let side = self.holdings[at].exit_side();
        let close = Action::Close { side, price: None, lots: held };
        self.holdings[at].close_order = self.send(at, close, why, purse);
    }

    /// What the moment brings about at the venue: before the signals hear of its price.
    pub(super) fn settle(&mut self, trade: Option<Price>, purse: &mut Purse) {
        let market = self.market(trade);
        while let Some((client, fate)) = self.paper.next(&market) {
            let Some(at) = self.holdings.iter().position(|holding| holding.owns(client)) else {
                // Its holding is over; what it might have done is none of our business.
                purse.report(client, What::Gone, self.now);
                continue;
            };
            self.befall(at, client, fate, purse);
        }
        self.drain(purse);
    }

    fn befall(&mut self, at: usize, client: ClientId, fate: Fate, purse: &mut Purse) {
        let is_entry = self.holdings[at].entry == Some(client);
        if let Some(answer) = fate.code() {
            self.voice.answer(client, &self.holdings[at], answer);
        }
        match fate {
            Fate::Stands => {
                purse.report(client, What::Acknowledged, self.now);
                if is_entry {
                    self.answer(at, Answer::Standing);
                }
            }
            Fate::WouldTake | Fate::Gone => {
                purse.report(client, What::Gone, self.now);
                self.holdings[at].forget(client);
                if is_entry {
                    let would_take = fate == Fate::WouldTake;
                    self.answer(at, if would_take { Answer::WouldTake } else { Answer::Gone });
                }
            }
            Fate::Filled { price, lots, side, maker } => {
                let fill = Fill { price, lots, side, maker };
                if is_entry {
                    self.entered(at, client, &fill, purse);
                } else {
                    self.left(at, client, fill, purse);
                }
            }
        }
    }

    fn answer(&mut self, at: usize, answer: Answer) {
        let key = self.holdings[at].key;
        self.signals.answer(self.now, key, answer, &mut |outcome| self.queue.push(outcome));
    }

    /// An entry was filled: it is protected before anything else.
    fn entered(&mut self, at: usize, client: ClientId, fill: &Fill, purse: &mut Purse) {
        let (fee, number) = purse.fill(client, *fill, self.now);
        let now = self.now;
        self.holdings[at].bought(fill, fee, now);
        self.holdings[at].entry = None;
        let held = purse.held(self.id);
        self.voice.fill(client, fill, &self.holdings[at], (fee, number, held));
        let Holding { stop, target, key, .. } = self.holdings[at];
        let lots = fill.lots;
        let side = self.holdings[at].exit_side();
        let entry = self.holdings[at].entry_price();
        self.holdings[at].trail = Some(Trail::new(key.side, entry, stop));
        let protect = Action::PlaceStop { side, trigger: stop, lots };
        self.holdings[at].stop_order = self.send(at, protect, Why::Protect, purse);
        if self.holdings[at].stop_order.is_none() {
            self.close(at, Why::StopFailed, purse);
        } else {
            let profit = Action::TakeProfit { side, price: target, lots: half(lots) };
            self.holdings[at].profit_order = self.send(at, profit, Why::Target, purse);
        }
        if self.holdings[at].is_given_up {
            self.close(at, Why::Unconfirmed, purse);
        }
        self.answer(at, Answer::Fill { is_complete: true });
    }

    /// An exit was filled. All of them are reduce-only: what is no longer held is not sold.
    fn left(&mut self, at: usize, client: ClientId, fill: Fill, purse: &mut Purse) {
        let lots = Lots(fill.lots.0.min(self.holdings[at].held.0));
        let is_cut = lots < fill.lots;
        if lots.0 > 0 {
            let fill = Fill { lots, ..fill };
            let (fee, number) = purse.fill(client, fill, self.now);
            self.holdings[at].sold(&fill, fee);
            let held = purse.held(self.id);
            self.voice.fill(client, &fill, &self.holdings[at], (fee, number, held));
        }
        if is_cut {
            purse.report(client, What::Gone, self.now);
            self.voice.answer(client, &self.holdings[at], 3);
        }
        self.holdings[at].forget(client);
        if lots.0 == 0 {
            return;
        }
        if self.holdings[at].held.0 == 0 {
            self.flat(at, client, purse);
        } else if client.role == Role::Profit {
            self.shrink_stop(at, purse);
        }
    }

    /// Nothing is held any more: the result, and the signal's answer.
    fn flat(&mut self, at: usize, client: ClientId, purse: &mut Purse) {
        let why = match client.role {
            Role::Stop if self.holdings[at].trail.is_some_and(|trail| trail.active()) => Why::Trail,
            Role::Stop => Why::Protect,
            Role::Profit => Why::Target,
            _ => self.why_closed(at),
        };
        let codes = (client.role.code(), why.code());
        let outcome = self.holdings[at].outcome(&self.on);
        self.voice.close(&self.holdings[at], codes, outcome);
        self.answer(at, Answer::Flat);
        self.clear_up(at, purse);
    }

    fn why_closed(&self, at: usize) -> Why {
        let holding = &self.holdings[at];
        if holding.is_given_up {
            Why::Unconfirmed
        } else if held_too_long(self.now, holding.time_filled, self.plan.hold) {
            Why::HoldLimit
        } else {
            Why::StopFailed
        }
    }

    /// Withdraws what is left of the exits of a flat holding.
    fn clear_up(&mut self, at: usize, purse: &mut Purse) {
        let Holding { stop_order, stop_before, profit_order, .. } = self.holdings[at];
        for target in [stop_order, stop_before, profit_order].into_iter().flatten() {
            let leaving = |order: &crate::risk::Order| order.client == target && order.cancelling;
            if !purse.account.orders().iter().any(leaving) {
                self.send(at, Action::Cancel { target }, Why::Target, purse);
            }
        }
    }

    /// After target 1 the stop covers what is left.
    fn shrink_stop(&mut self, at: usize, purse: &mut Purse) {
        let trigger = self.stop_now(at);
        self.move_stop(at, trigger, Why::Target, purse);
    }

    fn stop_now(&self, at: usize) -> Price {
        let holding = &self.holdings[at];
        holding.trail.map_or(holding.stop, |trail| trail.stop())
    }

    /// Moves the stop; whether it was sent. One move at a time.
    fn move_stop(&mut self, at: usize, trigger: Price, why: Why, purse: &mut Purse) -> bool {
        let Holding { held, stop_order, stop_before, .. } = self.holdings[at];
        let (Some(old), None) = (stop_order, stop_before) else { return false };
        let side = self.holdings[at].exit_side();
        let moved = Action::MoveStop { side, trigger, lots: held, old };
        let Some(client) = self.send(at, moved, why, purse) else { return false };
        self.holdings[at].stop_order = Some(client);
        self.holdings[at].stop_before = Some(old);
        true
    }

    /// Exits that time asks for, and whatever was refused before.
    pub(super) fn tend_one(&mut self, at: usize, minute_closed: bool, purse: &mut Purse) {
        let holding = self.holdings[at];
        if holding.held.0 > 0 && minute_closed && holding.close_order.is_none() {
            self.follow(at, purse);
        }
        if self.now < holding.time_again {
            return;
        }
        if holding.held.0 == 0 {
            if holding.bought.0 > 0 {
                self.clear_up(at, purse);
            }
            return;
        }
        if holding.is_given_up {
            self.close(at, Why::Unconfirmed, purse);
        } else if held_too_long(self.now, holding.time_filled, self.plan.hold) {
            self.close(at, Why::HoldLimit, purse);
        } else if holding.stop_order.is_none() {
            self.close(at, Why::StopFailed, purse);
        }
    }

    /// The stop follows the average since the extreme (spec § 10), once a minute.
    fn follow(&mut self, at: usize, purse: &mut Purse) {
        let holding = self.holdings[at];
        let Some(mut trail) = holding.trail else { return };
        let since = if holding.time_touch.0 > 0 { holding.time_touch } else { holding.time_filled };
        let average = self.minutes.average_since_extreme(since, holding.key.side);
        // Only a stop that was really sent is where the trail stands.
        if let Some(price) = trail.follow(average, None)
            && self.move_stop(at, price, Why::Trail, purse)
        {
            self.holdings[at].trail = Some(trail);
        }
    }
}

/// The frozen level as the exits' rules read it.
fn frame(setup: &Setup, key: OrderKey, entry: Price, atr: Reach) -> Frame {
    let level = &setup.level;
    let mut frame = Frame::of(level, key.hypothesis, entry, atr);
    frame.side = key.side;
    match key.hypothesis {
        // Its zone is the node, its level the centre that it aims at.
        Hypothesis::Magnet => {
            frame.node = Zone { ..setup.zone };
            frame.level = setup.target.unwrap_or(level.price);
        }
        Hypothesis::Rejection | Hypothesis::BreakThrough => {}
    }
    frame
}

//! How decisions are said: the records of `model`, kept until the event is over.

use bytemuck::{Pod, Zeroable};
use model::{
    AnswerDecision, CloseDecision, CloseLine, FeaturesLine, FeaturesMoreLine, FillDecision,
    FillLine, Fine, Head, InstrumentId, IntentDecision, Kind, LevelDecision, LevelFlags, LevelLine,
    Line, Lots, Message, Nanos, OrderLine, Price, ReasonPart, ReasonsLine, RefusalDecision,
    SignalDecision, SignalLine, Sink, StateDecision, TermsLine, Trust, missing,
};

use super::purse::Fill;
use super::trades::Holding;
use crate::Refused;
use crate::exits::{Action, ClientId, Intent};
use crate::hypotheses::Transition;
use crate::levels::{Entry, Weights};
use crate::risk::{Causes, TradingState};

/// Lines that one event can cause at most: what is kept of more would not fit, and cannot come about
/// (see the test of the bounds).
pub(super) const LINES_MAX: usize = 8_192;

/// What one event made an instrument decide.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    lines: Vec<Line>,
    sequence: u64,
    instrument: InstrumentId,
    time: Nanos,
}

/// The head of a level's record in an entry of the book.
const fn flags(entry: &Entry) -> LevelFlags {
    LevelFlags(0)
        .with(LevelFlags::TRADABLE, entry.tradable)
        .with(LevelFlags::LIVE, entry.live)
        .with(LevelFlags::FROZEN, entry.frozen)
        .with(LevelFlags::COMPLETED, entry.completed)
}

impl Voice {
    pub(super) fn new(instrument: InstrumentId) -> Self {
        let mut lines = vec![Line::ZERO; LINES_MAX];
        lines.clear();
        Self { lines, sequence: 0, instrument, time: Nanos::NONE }
    }

    /// An event begins.
    pub(super) const fn open(&mut self, sequence: u64, time: Nanos) {
        self.sequence = sequence;
        self.time = time;
    }

    /// Sends what was said.
    #[inline]
    pub(super) fn flush<S: Sink>(&mut self, out: &mut S) {
        if self.lines.is_empty() {
            return;
        }
        let mut rest = self.lines.as_slice();
        while let Some((head, behind)) = rest.split_first() {
            let head: &Head = bytemuck::must_cast_ref(head);
            let (body, next) = behind.split_at(usize::from(head.lines));
            out.send(Message::new(head, body));
            rest = next;
        }
        self.lines.clear();
    }

    /// A record and its body, whole or not at all.
    fn tell<T: Pod>(&mut self, record: T, body: &[Line]) {
        if self.lines.len() + 1 + body.len() <= LINES_MAX {
            self.lines.push(Line::of(record));
            self.lines.extend_from_slice(body);
        }
    }

    /// A level as published.
    pub(super) fn level(&mut self, entry: &Entry, weights: &Weights) {
        let level = &entry.level;
        let mut reasons = [ReasonsLine::zeroed(); 2];
        for (at, reason) in entry.reasons.list().iter().enumerate() {
            reasons[at / 4].parts[at % 4] = ReasonPart {
                price: reason.price,
                score: short(reason.score),
                what: reason.kind.code(),
                window: reason.window as u8,
                completed: u8::from(reason.completed),
                reserved: 0,
            };
        }
        let line = LevelLine {
            node_low: level.node.low,
            node_high: level.node.high,
            time_born: level.time_born,
            time_touched: entry.time_touched,
            decay: entry.decay,
            touches: entry.touches,
            absorbed: entry.reasons.absorbed,
            confluence: entry.kinds.0,
            reserved: [0; 15],
        };
        let body = [
            Line::of(line),
            Line::of(terms(entry, weights)),
            Line::of(reasons[0]),
            Line::of(reasons[1]),
        ];
        let lines = 2 + entry.reasons.list().len().div_ceil(4);
        self.tell(self.level_head(entry, 1, lines), &body[..lines]);
    }

    /// A level that the book no longer publishes.
    pub(super) fn level_gone(&mut self, entry: &Entry) {
        self.tell(self.level_head(entry, 2, 0), &[]);
    }

    fn level_head(&self, entry: &Entry, fate: u8, lines: usize) -> LevelDecision {
        let level = &entry.level;
        LevelDecision {
            sequence: self.sequence,
            kind: Kind::LevelDecision as u16,
            instrument: self.instrument,
            lines: u16::try_from(lines).unwrap_or(0),
            window: level.window as u8,
            trust: entry.trust,
            time_venue: self.time,
            level: level.id.0,
            price: level.price,
            zone_low: level.zone.low,
            zone_high: level.zone.high,
            what: level.kind.code(),
            side: level.side.code(),
            fate,
            flags: flags(entry),
            version: level.version,
        }
    }

    /// A step of a signal.
    pub(super) fn turn(&mut self, turn: &Transition, signal: u64, terms: &TermsLine) {
        let setup = &turn.setup;
        let level = &setup.level;
        let head = SignalDecision {
            sequence: self.sequence,
            kind: Kind::SignalDecision as u16,
            instrument: self.instrument,
            lines: 4,
            window: level.window as u8,
            trust: Trust::SOUND,
            time_venue: self.time,
            signal,
            level: level.id.0,
            entry: setup.entry,
            from: turn.from.code(),
            to: turn.to.code(),
            hypothesis: setup.hypothesis.code(),
            side: setup.side.code(),
            what: level.kind.code(),
            halves: u8::try_from(turn.halves).unwrap_or(u8::MAX),
            frozen: u8::from(turn.is_frozen),
            reserved: 0,
            reasons: turn.reasons.0,
            confirmations: turn.confirmations.0,
            causes: turn.causes.0,
        };
        let line = SignalLine {
            price: level.price,
            zone_low: setup.zone.low,
            zone_high: setup.zone.high,
            node_low: level.node.low,
            node_high: level.node.high,
            target: setup.target.unwrap_or(Price(missing::WHOLE)),
            time_touch: turn.time_touch.unwrap_or(Nanos::NONE),
            version: level.version,
            abstaining: turn.abstaining.0,
            reserved: 0,
        };
        let features = features(turn);
        let body = [Line::of(line), Line::of(*terms), Line::of(features.0), Line::of(features.1)];
        self.tell(head, &body);
    }

    /// An intent that passed, or why it did not.
    pub(super) fn intent(
        &mut self,
        intent: &Intent,
        holding: &Holding,
        equity: Fine,
        refused: Option<(Refused, TradingState)>,
    ) {
        let (price, lots, side) = shape(&intent.action);
        let (signal, level) = (holding.signal, holding.key.level.0);
        let (role, action, why) =
            (intent.client.role.code(), intent.action.code(), intent.why.code());
        let opens = intent.opens();
        let client = match intent.action {
            Action::Cancel { target } => target,
            _ => intent.client,
        };
        let line = OrderLine {
            client: client.text().0,
            stop: if opens { holding.stop } else { Price(missing::WHOLE) },
            target: if opens { holding.target } else { Price(missing::WHOLE) },
            equity: if opens { equity } else { Fine(0) },
            target_kind: holding.target_kind,
            hypothesis: holding.key.hypothesis.code(),
            reserved: [0; 6],
        };
        let body = [Line::of(line)];
        let (sequence, instrument, time_venue) = (self.sequence, self.instrument, self.time);
        match refused {
            None => self.tell(
                IntentDecision {
                    sequence,
                    kind: Kind::IntentDecision as u16,
                    instrument,
                    lines: 1,
                    window: 0,
                    trust: Trust::SOUND,
                    time_venue,
                    signal,
                    level,
                    price,
                    lots,
                    role,
                    action,
                    why,
                    side,
                    attempt: intent.client.attempt,
                },
                &body,
            ),
            Some((refused, state)) => {
                let (by, refusal) = refused.codes();
                self.tell(
                    RefusalDecision {
                        sequence,
                        kind: Kind::RefusalDecision as u16,
                        instrument,
                        lines: 1,
                        window: 0,
                        trust: Trust::SOUND,
                        time_venue,
                        signal,
                        level,
                        price,
                        lots,
                        role,
                        action,
                        why,
                        side,
                        by,
                        refusal,
                        state: state.code(),
                        reserved: 0,
                    },
                    &body,
                );
            }
        }
    }

    /// A fill of the model in process.
    pub(super) fn fill(
        &mut self,
        client: ClientId,
        fill: &Fill,
        holding: &Holding,
        (fee, number, held): (Fine, u64, Lots),
    ) {
        let head = FillDecision {
            sequence: self.sequence,
            kind: Kind::FillDecision as u16,
            instrument: self.instrument,
            lines: 1,
            window: 0,
            trust: Trust::SOUND,
            time_venue: self.time,
            signal: holding.signal,
            level: holding.key.level.0,
            price: fill.price,
            lots: fill.lots,
            role: client.role.code(),
            side: fill.side.code(),
            maker: u8::from(fill.maker),
            reserved: 0,
            attempt: client.attempt,
        };
        self.tell(head, &[Line::of(FillLine { fee, held, number, reserved: [0; 5] })]);
    }

    /// What the model in process answered.
    pub(super) fn answer(&mut self, client: ClientId, holding: &Holding, answer: u64) {
        self.tell(
            AnswerDecision {
                sequence: self.sequence,
                kind: Kind::AnswerDecision as u16,
                instrument: self.instrument,
                lines: 0,
                window: 0,
                trust: Trust::SOUND,
                time_venue: self.time,
                signal: holding.signal,
                level: holding.key.level.0,
                answer,
                role: client.role.code(),
                reserved: [0; 3],
                attempt: client.attempt,
                more: 0,
            },
            &[],
        );
    }

    /// A signal's position is flat again.
    pub(super) fn close(
        &mut self,
        holding: &Holding,
        (role, why): (u8, u8),
        (result, entry, exit): (Fine, Fine, Fine),
    ) {
        let head = CloseDecision {
            sequence: self.sequence,
            kind: Kind::CloseDecision as u16,
            instrument: self.instrument,
            lines: 1,
            window: 0,
            trust: Trust::SOUND,
            time_venue: self.time,
            signal: holding.signal,
            level: holding.key.level.0,
            result,
            lots: holding.bought,
            role,
            why,
            side: holding.key.side.code(),
            hypothesis: holding.key.hypothesis.code(),
            reserved: 0,
        };
        let line = CloseLine {
            entry,
            exit,
            fees: holding.fees,
            time_open: holding.time_filled,
            stop: holding.stop,
            target: holding.target,
            reserved: [0; 2],
        };
        self.tell(head, &[Line::of(line)]);
    }

    /// What may be done changed.
    pub(super) fn state(
        &mut self,
        (state, before): (TradingState, Option<TradingState>),
        causes: Causes,
        (contamination, abstaining): (u16, u16),
        frozen: bool,
        equity: Option<Fine>,
    ) {
        self.tell(
            StateDecision {
                sequence: self.sequence,
                kind: Kind::StateDecision as u16,
                instrument: self.instrument,
                lines: 0,
                window: 0,
                trust: Trust::SOUND,
                time_venue: self.time,
                causes: u64::from(causes.bits()),
                contamination: u64::from(contamination),
                abstaining: u64::from(abstaining),
                equity: equity.unwrap_or(Fine(missing::WHOLE)),
                state: state.code(),
                before: before.map_or(0, TradingState::code),
                frozen: u8::from(frozen),
                reserved: [0; 5],
            },
            &[],
        );
    }
}

/// What each term adds to an entry's score.
pub(super) fn terms(entry: &Entry, weights: &Weights) -> TermsLine {
    let parts = entry.terms.weighed(weights);
    TermsLine {
        score: entry.level.score,
        lvn: parts.lvn,
        confluence: parts.confluence,
        naked: parts.naked,
        shape: parts.shape,
        distance: parts.distance,
        age: parts.age,
        avwap: parts.avwap,
    }
}

fn features(turn: &Transition) -> (FeaturesLine, FeaturesMoreLine) {
    let known = &turn.features;
    let figures = &known.figures;
    let price = |price: Option<Price>| price.unwrap_or(Price(missing::WHOLE));
    let lots = |lots: Option<Lots>| lots.unwrap_or(Lots(missing::WHOLE));
    let ratio = |ratio: Option<f64>| ratio.unwrap_or(missing::RATIO);
    let first = FeaturesLine {
        bid: price(known.bid),
        ask: price(known.ask),
        last: price(known.last),
        cvd_change: lots(figures.cvd_change),
        interest_change: lots(figures.interest_change),
        obi_z: ratio(figures.obi_z),
        volatility_short: ratio(figures.volatility_short),
        volatility_long: ratio(figures.volatility_long),
    };
    let more = FeaturesMoreLine {
        atr: ratio(figures.atr),
        rsi: ratio(figures.rsi),
        funding: ratio(figures.funding),
        time_funding: figures.time_funding.unwrap_or(Nanos::NONE),
        time_born: turn.setup.level.time_born,
        reserved: [0; 3],
    };
    (first, more)
}

/// Price, quantity and side of what is asked; zero where it has none.
const fn shape(action: &Action) -> (Price, Lots, u8) {
    match *action {
        Action::Enter { side, price, lots } | Action::TakeProfit { side, price, lots } => {
            (price, lots, side.code())
        }
        Action::EnterStop { side, trigger, lots }
        | Action::PlaceStop { side, trigger, lots }
        | Action::MoveStop { side, trigger, lots, .. } => (trigger, lots, side.code()),
        Action::Close { side, price, lots } => match price {
            Some(price) => (price, lots, side.code()),
            None => (Price(0), lots, side.code()),
        },
        Action::Cancel { .. } => (Price(0), Lots(0), 0),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a reason's score is shown, not reckoned with")]
const fn short(score: f64) -> f32 {
    score as f32
}

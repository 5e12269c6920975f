//! Stage 4 of the pipeline: every instrument's levels, signals and orders, and the one account.
//!
//! ```text
//! insights ─▶ what is known ─┐
//! the event behind them ─────┴─▶ fills ─▶ signals ─▶ asks ─▶ size, exits ─▶ gate ─▶ decisions
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `desk.rs` | one instrument: what it hears, in which order it answers |
//! | `sources.rs` | the last word of stage 3 about whatever may be a level |
//! | `pulse.rs` | figures, facts, inputs that break |
//! | `lives.rs` | numbers, frozen ATR and hold of every signal that lives |
//! | `shelf.rs` | the levels as they were last said |
//! | `orders.rs`, `trades.rs` | from asks to intents, from fills to results |
//! | `minutes.rs` | the average that a stop follows |
//! | `paper.rs` | the model that fills in process |
//! | `purse.rs` | the account and the gate, shared by all instruments |
//! | `voice.rs` | the records |
//!
//! **Invariants.** The same messages give the same bytes. No allocation after an instrument is
//! known. No intent passes but through the gate. What warm start brings is remembered and not acted
//! on. An insight is answered with the message that it follows from, which stage 3 sends behind it.
//!
//! **Time.** The venue clock of the instrument; while the venue is silent it goes on with the ticks of
//! our clock, less what our clock was ahead at the last event.

mod desk;
mod lives;
mod minutes;
mod orders;
mod paper;
mod pulse;
mod purse;
mod shelf;
mod sources;
mod trades;
mod voice;

#[cfg(test)]
mod tests;

use model::{
    BookLine, Command, CommandLine, Flags, INSTRUMENTS_MAX, Insight, Instrument, InstrumentId,
    Instruments, Kind, LagCause, LagLine, Line, MarkLine, Message, Sink, TradeLine,
};
use runtime::{Counters, Work};

use crate::Plan;
use crate::levels::LevelBook;
use crate::risk::{Account, Cause, Gate};
use desk::Desk;
use purse::Purse;

runtime::counters! {
    /// What the stage counts.
    pub enum StrategyCounter {
        /// Instruments that became known (or got another grid) after the start.
        Instruments => "strategy_instruments_total",
        /// Messages about instruments that are not known.
        Unknown => "strategy_unknown_instrument_total",
        /// Commands that were refused: a latch that does not let itself be released.
        CommandsRefused => "strategy_commands_refused_total",
    }
}

/// The stage.
#[derive(Debug)]
pub struct Stage {
    plan: Plan,
    // By instrument index.
    desks: Vec<Option<Box<Desk>>>,
    purse: Purse,
    counters: Counters<StrategyCounter>,
}

impl Stage {
    /// A stage for these instruments; others may become known by an event.
    ///
    /// # Panics
    /// When the plan was not concluded ([`Plan::conclude`]).
    #[must_use]
    pub fn new(instruments: &Instruments, plan: Plan) -> Self {
        let mut desks: Vec<Option<Box<Desk>>> =
            std::iter::repeat_with(|| None).take(INSTRUMENTS_MAX).collect();
        for (id, on) in instruments.iter() {
            desks[id.index()] = Some(Box::new(Desk::new(id, *on, plan)));
        }
        Self { plan, desks, purse: Purse::new(instruments, plan), counters: Counters::default() }
    }

    /// The levels of an instrument.
    #[must_use]
    pub fn levels(&self, id: InstrumentId) -> Option<&LevelBook> {
        self.desks.get(id.index())?.as_ref().map(|desk| desk.levels())
    }

    /// What the account stands at.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.purse.account
    }

    /// The gate before it.
    #[must_use]
    pub const fn gate(&self) -> &Gate {
        &self.purse.gate
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters<StrategyCounter> {
        &self.counters
    }

    /// Every instrument in turn.
    fn each<S: Sink>(&mut self, out: &mut S, mut act: impl FnMut(&mut Desk, &mut Purse)) {
        let Self { desks, purse, .. } = self;
        for desk in desks.iter_mut().flatten() {
            act(desk, purse);
            desk.voice.flush(out);
        }
    }

    #[cold]
    fn admit(&mut self, message: Message<'_>) {
        let Some(on) = Instrument::read(message) else { return };
        let id = message.head.instrument;
        let Some(place) = self.desks.get_mut(id.index()) else { return };
        self.purse.admit(id, on);
        match place {
            Some(desk) if (desk.on.tick, desk.on.lot) == (on.tick, on.lot) => desk.on = on,
            _ => {
                self.counters.bump(StrategyCounter::Instruments);
                *place = Some(Box::new(Desk::new(id, on, self.plan)));
            }
        }
    }

    /// An operator's command.
    #[cold]
    fn command(&mut self, line: &CommandLine) {
        match Command::from_code(line.command) {
            Some(Command::Halt) => self.purse.gate.raise(Cause::Halt),
            Some(Command::Resume) => {
                if self.purse.gate.release(Cause::Halt).is_err() {
                    self.counters.bump(StrategyCounter::CommandsRefused);
                }
            }
            Some(Command::Anchor) | None => {}
        }
    }

    #[cold]
    fn lag<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let Some(line) = message.body.view::<LagLine>(0) else { return };
        let active = line.active == 1;
        if LagCause::from_code(line.cause) == Some(LagCause::Journal) {
            if active {
                self.purse.gate.raise(Cause::Journal);
            } else {
                self.purse.gate.clear(Cause::Journal);
            }
            return;
        }
        self.each(out, |desk, purse| desk.lag(message.head, active, purse));
    }

    #[inline]
    fn market<S: Sink>(&mut self, kind: Kind, message: Message<'_>, out: &mut S) {
        let (head, body) = (message.head, message.body);
        let Some(Some(desk)) = self.desks.get_mut(head.instrument.index()) else {
            return self.counters.bump(StrategyCounter::Unknown);
        };
        let purse = &mut self.purse;
        match kind {
            Kind::Trade if !head.flags.has(Flags::FOREIGN) => {
                if let Some(line) = body.view::<TradeLine>(0) {
                    desk.trade(head, line, purse);
                }
            }
            Kind::Book => {
                if let Some(line) = body.view::<BookLine>(0) {
                    desk.book(head, line, purse);
                }
            }
            Kind::Mark | Kind::Premium => {
                if let Some(line) = body.view::<MarkLine>(0) {
                    desk.mark(head, line.mark, purse);
                }
            }
            Kind::Audit => desk.audit(head, body, purse),
            _ => {}
        }
        desk.voice.flush(out);
    }
}

impl Work for Stage {
    const ROLE: &'static str = "strategy";
    const OUT_MAX: usize = voice::LINES_MAX;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let head = message.head;
        if head.is_said() {
            if let Some(Some(desk)) = self.desks.get_mut(head.instrument.index()) {
                let line: &Line = bytemuck::must_cast_ref(head);
                desk.hear(Insight::read(line), message.body);
            }
            return;
        }
        match head.kind() {
            Some(Kind::Tick) => self.each(out, |desk, purse| desk.tick(head, purse)),
            Some(Kind::Instrument) => self.admit(message),
            Some(Kind::Lag) => self.lag(message, out),
            Some(Kind::Command) => {
                if let Some(line) = message.body.view::<CommandLine>(0) {
                    self.command(line);
                }
            }
            Some(Kind::Connection) | None => {}
            Some(kind) => self.market(kind, message, out),
        }
    }
}

//! The last thread's work: strategy beside the ledger, so that a decision needs no further hop.
//!
//! ```text
//! analytics ─▶ insights ─┬─▶ ledger
//!              market ───┴─▶ strategy ─▶ decisions ─▶ ledger, log of decisions
//! ```

use model::{Insight, Instruments, Line, Message, Sink};
use runtime::Work;

use crate::decisions::DECIDED_MAX;
use crate::{Ledger, Observer, Plan};

/// Strategy, the ledger and who looks on.
#[derive(Debug)]
pub struct Decide<O> {
    pub(crate) strategy: Option<strategy::Stage>,
    pub(crate) ledger: Ledger,
    pub(crate) observer: O,
}

impl<O> Decide<O> {
    /// The last stage of a run; without a plan of stage 4 nothing is decided.
    #[must_use]
    pub fn new(instruments: &Instruments, plan: &Plan, observer: O) -> Self {
        let strategy = plan.strategy.map(|plan| strategy::Stage::new(instruments, plan));
        Self { strategy, ledger: Ledger::default(), observer }
    }
}

impl<O: Observer> Decide<O> {
    /// Takes a message; decisions go to `out` as well.
    #[inline]
    pub(crate) fn decide<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let Self { strategy, ledger, observer } = self;
        if message.head.is_said() {
            observer.insight(said(&message), message.body);
            ledger.send(message);
        }
        if let Some(strategy) = strategy {
            strategy.take(message, &mut Decided { ledger, observer, out });
        }
    }
}

/// The last stage with its outbox, as the sink of the stage before it.
pub(crate) struct Deciding<'a, O, S> {
    pub(crate) decide: &'a mut Decide<O>,
    pub(crate) out: &'a mut S,
}

impl<O: Observer, S: Sink> Sink for Deciding<'_, O, S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.decide.decide(message, self.out);
    }
}

/// The head line of an insight or decision.
fn said<'a>(message: &Message<'a>) -> &'a Insight {
    let line: &Line = bytemuck::must_cast_ref(message.head);
    Insight::read(line)
}

/// Where decisions go.
struct Decided<'a, O, S> {
    ledger: &'a mut Ledger,
    observer: &'a mut O,
    out: &'a mut S,
}

impl<O: Observer, S: Sink> Sink for Decided<'_, O, S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.observer.decision(said(&message), message.body);
        self.ledger.send(message);
        self.out.send(message);
    }
}

impl Work for Decide<()> {
    const ROLE: &'static str = "strategy";
    const OUT_MAX: usize = DECIDED_MAX;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        self.decide(message, out);
    }
}

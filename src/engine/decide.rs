//! The last thread's work: strategy beside the ledger, so that a decision needs no further hop.
//!
//! ```text
//! analytics ─▶ insights ─┬─▶ ledger
//!              market ───┴─▶ strategy ─▶ decisions ─▶ ledger
//! ```

use model::{Insight, Instruments, Line, Message, Sink};
use runtime::Work;

use crate::{Ledger, Observer, Plan};

/// Strategy, the ledger and who looks on.
#[derive(Debug)]
pub(crate) struct Decide<O> {
    pub(crate) strategy: Option<strategy::Stage>,
    pub(crate) ledger: Ledger,
    pub(crate) observer: O,
}

impl<O> Decide<O> {
    pub(crate) fn new(instruments: &Instruments, plan: &Plan, observer: O) -> Self {
        let strategy = plan.strategy.map(|plan| strategy::Stage::new(instruments, plan));
        Self { strategy, ledger: Ledger::default(), observer }
    }
}

impl<O: Observer> Sink for Decide<O> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        let Self { strategy, ledger, observer } = self;
        if message.head.is_said() {
            observer.insight(said(&message), message.body);
            ledger.send(message);
        }
        if let Some(strategy) = strategy {
            strategy.take(message, &mut Decided { ledger, observer });
        }
    }
}

/// The head line of an insight or decision.
fn said<'a>(message: &Message<'a>) -> &'a Insight {
    let line: &Line = bytemuck::must_cast_ref(message.head);
    Insight::read(line)
}

/// Where decisions go.
struct Decided<'a, O> {
    ledger: &'a mut Ledger,
    observer: &'a mut O,
}

impl<O: Observer> Sink for Decided<'_, O> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.observer.decision(said(&message), message.body);
        self.ledger.send(message);
    }
}

impl Work for Decide<()> {
    const ROLE: &'static str = "strategy";
    const OUT_MAX: usize = 0;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, _out: &mut S) {
        self.send(message);
    }
}

/// Behind the last stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    fn send(&mut self, _message: Message<'_>) {
        unreachable!("the last stage's OUT_MAX is 0");
    }
}

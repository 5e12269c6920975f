//! Stage 4 of the pipeline: see [`Stage`].

use model::{Instruments, Message, Sink};
use runtime::Work;

use crate::Plan;

/// The stage.
#[derive(Debug)]
pub struct Stage {
    _plan: Plan,
}

impl Stage {
    /// A stage for these instruments; others may become known by an event.
    #[must_use]
    pub fn new(_instruments: &Instruments, plan: Plan) -> Self {
        Self { _plan: plan }
    }
}

impl Work for Stage {
    const ROLE: &'static str = "strategy";
    const OUT_MAX: usize = 0;

    fn take<S: Sink>(&mut self, _message: Message<'_>, _out: &mut S) {}
}

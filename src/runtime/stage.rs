//! A stage is work on a duty cycle; which thread runs it is chosen outside.

use model::{Message, Sink};

/// What a stage does with one message: pure, without socket, clock, file or thread.
///
/// The same `Work` runs on a thread of its own behind a ring, fused with others on one thread,
/// or inline: where its messages go is a [`Sink`] chosen outside.
pub trait Work {
    /// The name on the thread, in counters and in histograms.
    const ROLE: &'static str;

    /// Lines that one message can cause at most. A runner hands over a message only when the
    /// outbox has room for as many, so that nothing is dropped behind the door.
    const OUT_MAX: usize;

    /// Takes one message and sends what follows from it. Must not allocate, and must not depend
    /// on how many messages wait behind this one.
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S);
}

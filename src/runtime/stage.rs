//! A stage is work on a duty cycle; which thread runs it is chosen outside.

use model::{Message, Nanos, Sink};

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

/// What a runner runs: a station, a feed, or several of them on one thread.
///
/// A river ends from its source: the runner tells a source to stop, the source closes its
/// outbox, and each stage behind it is done when its inbox is empty and abandoned. So on a
/// normal stop nothing that came through the door is lost, whatever thread runs what.
pub trait Stage {
    /// The name in counters, histograms and messages.
    fn role(&self) -> &'static str;

    /// Does what can be done now and never waits. Returns how much was done; zero means idle.
    /// `now` is the time of this cycle; no decision may depend on it.
    fn cycle(&mut self, now: Nanos) -> usize;

    /// Whether nothing will ever be done again: asked after a cycle that did nothing.
    fn is_done(&self) -> bool;

    /// The operator wants an end. A source takes nothing more from outside; everyone else goes
    /// on until what is upstream of it is done, so the default does nothing.
    fn stop(&mut self) {}

    /// Closes inbox and outbox, so that the neighbours can be done: the one downstream when it
    /// has taken what is there, the one upstream at once. Called when this one is done; a second
    /// call changes nothing.
    fn close(&mut self);
}

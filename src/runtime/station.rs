//! A station is a `Work` with an inbox, an outbox and the discipline: nothing is dropped behind
//! the door.
//!
//! It takes a message only when its outbox has room for all that one message can cause
//! (`Work::OUT_MAX` lines). Without that room the message stays in the inbox, the inbox fills,
//! and the pressure travels upstream to the door, the only place where anything may be refused.

use model::{Message, Nanos, Sink};

use crate::counters;
use crate::counters::Counters;
use crate::door::Room;
use crate::latency::Timing;
use crate::ring::{Batch, Inbox, Outbox};
use crate::stage::{Stage, Work};
use crate::supervise::Heartbeat;

/// Messages in one cycle at most: between two cycles a runner looks at its flag, the heart
/// beats, and the slots of what was read go back to the sender.
pub const MESSAGES_PER_CYCLE: usize = 64;

counters! {
    /// What a station counts.
    pub enum StationCounter {
        /// Messages taken.
        Messages => "stage_messages_total",
        /// Lines of the messages taken.
        LinesIn => "stage_lines_in_total",
        /// Lines sent.
        LinesOut => "stage_lines_out_total",
        /// Cycles that ended because the outbox had no room for what a message can cause.
        Blocked => "stage_blocked_cycles_total",
    }
}

/// Where a station's messages go.
pub trait Outlet: Sink + Room {
    /// The most lines that may be asked for at once.
    fn ask_max(&self) -> usize;

    /// Lines sent since birth.
    fn sent(&self) -> u64;

    /// Whether nobody is left to take what is sent.
    fn is_abandoned(&self) -> bool;

    /// Ends the river: those behind take what is there and are then through.
    fn close(&mut self);
}

impl Outlet for Outbox {
    fn ask_max(&self) -> usize {
        Self::ask_max(self)
    }

    #[inline]
    fn sent(&self) -> u64 {
        Self::sent(self)
    }

    #[inline]
    fn is_abandoned(&self) -> bool {
        Self::is_abandoned(self)
    }

    fn close(&mut self) {
        Self::close(self);
    }
}

/// A sink without end as an outlet: the last of a river (a digest, a test, a stage called in
/// place), which always has room.
#[derive(Clone, Debug, Default)]
pub struct Open<S> {
    /// What takes the messages.
    pub sink: S,
    sent: u64,
}

impl<S> Open<S> {
    /// This sink as an outlet.
    pub const fn new(sink: S) -> Self {
        Self { sink, sent: 0 }
    }
}

impl<S: Sink> Sink for Open<S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.sent += 1 + message.body.len() as u64;
        self.sink.send(message);
    }
}

impl<S> Room for Open<S> {
    fn room(&self) -> usize {
        usize::MAX
    }
}

impl<S: Sink> Outlet for Open<S> {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        self.sent
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

/// A work with its place in the river.
#[derive(Debug)]
pub struct Station<W, S> {
    /// What is done with each message.
    pub work: W,
    inbox: Inbox,
    out: S,
    heartbeat: Heartbeat,
    counters: Counters<StationCounter>,
    timing: Option<Timing>,
}

impl<W: Work, S: Outlet> Station<W, S> {
    /// A station that takes from `inbox` and sends to `out`.
    ///
    /// # Panics
    /// When one message could cause more than may be asked of `out` at once: the station would
    /// wait for ever.
    pub fn new(work: W, inbox: Inbox, out: S) -> Self {
        assert!(
            W::OUT_MAX <= out.ask_max(),
            "{} can send {} lines at once, but its outbox grants {}",
            W::ROLE,
            W::OUT_MAX,
            out.ask_max()
        );
        Self {
            work,
            inbox,
            out,
            heartbeat: Heartbeat::default(),
            counters: Counters::default(),
            timing: None,
        }
    }

    /// With a histogram of how long messages took from our host's door to here. Not in replay:
    /// there the receive times are of another day.
    #[must_use]
    pub fn timed(mut self, timing: Timing) -> Self {
        self.timing = Some(timing);
        self
    }

    /// What the station counts.
    #[must_use]
    pub fn counters(&self) -> Counters<StationCounter> {
        self.counters.clone()
    }

    /// The heart, for a supervisor to listen to.
    #[must_use]
    pub fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Where the messages go.
    #[must_use]
    pub const fn out(&self) -> &S {
        &self.out
    }

    /// The work and the outlet, when the river has ended.
    #[must_use]
    pub fn into_parts(self) -> (W, S) {
        (self.work, self.out)
    }
}

impl<W: Work, S: Outlet> Stage for Station<W, S> {
    fn role(&self) -> &'static str {
        W::ROLE
    }

    #[inline]
    fn cycle(&mut self, _now: Nanos) -> usize {
        self.heartbeat.beat();
        let Self { work, inbox, out, counters, timing, .. } = self;
        let sent = out.sent();
        let mut batch = inbox.batch();
        let mut messages = 0;
        while messages < MESSAGES_PER_CYCLE && !batch.is_empty() {
            if out.room() < W::OUT_MAX {
                counters.bump(StationCounter::Blocked);
                break;
            }
            take_one(work, &mut batch, out, timing);
            messages += 1;
        }
        if messages > 0 {
            counters.add(StationCounter::Messages, messages as u64);
            counters.add(StationCounter::LinesIn, batch.passed() as u64);
            counters.add(StationCounter::LinesOut, out.sent() - sent);
        }
        if let Some(timing) = timing {
            timing.hand_over();
        }
        messages
    }

    fn is_done(&self) -> bool {
        // A reader that died takes nothing more: to wait for room would be to wait for ever.
        self.inbox.is_drained() || self.out.is_abandoned()
    }

    fn close(&mut self) {
        self.inbox.close();
        self.out.close();
    }
}

/// Takes one message and holds the work to its promise.
#[inline]
fn take_one<W: Work, S: Outlet>(
    work: &mut W,
    batch: &mut Batch<'_>,
    out: &mut S,
    timing: &mut Option<Timing>,
) {
    let Some(message) = batch.take() else { return };
    let sent = out.sent();
    work.take(message, out);
    let caused = out.sent() - sent;
    assert!(
        caused <= W::OUT_MAX as u64,
        "{} sent {caused} lines for one message, but promised at most {}",
        W::ROLE,
        W::OUT_MAX
    );
    if let Some(timing) = timing {
        timing.took(message.head.time_local);
    }
}

#[cfg(test)]
#[path = "station_tests.rs"]
pub(crate) mod tests;

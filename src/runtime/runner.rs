//! Runners: who calls a stage's cycles, on which thread, and until when.
//!
//! | runner | thread | until |
//! |---|---|---|
//! | [`run_dedicated`] | one of its own, named and pinned | the stage is done |
//! | [`run_dedicated`] of a [`Fused`] | one for several stages | all of them are done |
//! | [`run_here`] | the caller's | the stage is done |
//! | [`run_inline`] | the caller's | nothing moves |
//!
//! **The normal stop** goes down the river. [`Running::stop`] is seen by every runner; a source
//! then takes nothing more from outside, is done and is closed; the stage behind it finds its
//! inbox abandoned, empties it, is done and is closed; and so on to the last. Nothing that came
//! through the door is lost.
//!
//! **A panic** in a stage is a bug of ours. The release build aborts the process. Where panics
//! unwind (tests), the dying thread stops the whole run; its rings are abandoned on both sides,
//! so that the stages upstream and downstream are done as well and no thread is left waiting;
//! and whoever joins gets the panic.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use model::Nanos;

use crate::idle::{Idle, Idler};
use crate::pin::{Core, pin};
use crate::{Clock, Stage};

/// Rounds of [`run_inline`] at most. A full ring is empty after 256 rounds a stage; what still
/// moves after this many feeds itself.
pub const ROUNDS_MAX: usize = 65_536;

/// Whether the run goes on. Clones share it.
#[derive(Clone, Debug)]
pub struct Running(Arc<AtomicBool>);

impl Default for Running {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Running {
    /// Asks for the normal stop.
    pub fn stop(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether nobody has asked for a stop.
    #[inline]
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a thread sits and how it waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The name of the thread; the system shows 15 bytes of it.
    pub name: String,
    /// The core it is pinned to; without one the system places it.
    pub core: Option<Core>,
    /// What it does when nothing moved.
    pub idle: Idle,
}

/// Why a stage got no thread.
#[derive(Debug)]
pub enum RunError {
    /// The system gave no thread.
    Thread {
        /// The thread's name.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused the core.
    Core {
        /// The thread's name.
        name: String,
        /// The core it was to be pinned to.
        core: Core,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread { name, source } => write!(out, "no thread for {name}: {source}"),
            Self::Core { name, core } => write!(out, "{name} cannot be pinned to core {core}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread { source, .. } => Some(source),
            Self::Core { .. } => None,
        }
    }
}

/// Runs a stage on a thread of its own until it is done; the handle gives the stage back.
///
/// Threads inherit the mask of the one that starts them: start the cold ones first, and never
/// from a pinned thread.
///
/// # Errors
/// [`RunError`] when there is no thread, or when the thread cannot be pinned; the stage is then
/// dropped, which ends the river on both sides of it.
pub fn run_dedicated<T>(
    stage: T,
    seat: Seat,
    clock: Clock,
    running: Running,
) -> Result<JoinHandle<T>, RunError>
where
    T: Stage + Send + 'static,
{
    let Seat { name, core, idle } = seat;
    let (seated, report) = sync_channel(1);
    let body = move || {
        let mut stage = stage;
        let mut clock = clock;
        // The first statement of the thread: nothing of it runs on another core.
        let sits = core.is_none_or(pin);
        // The starter waits for exactly this; were it gone, nobody would mind.
        let _ = seated.send(sits);
        if sits {
            run_here(&mut stage, idle, &mut clock, &running);
        }
        stage
    };
    let thread = std::thread::Builder::new()
        .name(name.clone())
        .spawn(body)
        .map_err(|source| RunError::Thread { name: name.clone(), source })?;
    match (report.recv(), core) {
        (Ok(false), Some(core)) => Err(RunError::Core { name, core }),
        _ => Ok(thread),
    }
}

/// Runs a stage on the caller's thread until it is done, then closes it.
pub fn run_here<T: Stage + ?Sized>(
    stage: &mut T,
    idle: Idle,
    clock: &mut Clock,
    running: &Running,
) {
    let alarm = Alarm(running);
    let mut idler = Idler::new(idle);
    let mut stopped = false;
    loop {
        let moved = stage.cycle(clock.now());
        if !stopped && !running.goes_on() {
            stopped = true;
            stage.stop();
        }
        if moved == 0 && stage.is_done() {
            break;
        }
        idler.cycled(moved);
    }
    stage.close();
    // Nothing broke: the others end when the river reaches them.
    std::mem::forget(alarm);
}

/// Stops the whole run when it is dropped, which only a panic does.
struct Alarm<'a>(&'a Running);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Cycles the stages in order until none of them moves. Returns how much moved in all.
///
/// # Panics
/// After [`ROUNDS_MAX`] rounds.
pub fn run_inline(stages: &mut [&mut dyn Stage], now: Nanos) -> usize {
    let mut moved = 0;
    for _ in 0..ROUNDS_MAX {
        let round: usize = stages.iter_mut().map(|stage| stage.cycle(now)).sum();
        if round == 0 {
            return moved;
        }
        moved += round;
    }
    let roles: Vec<_> = stages.iter().map(|stage| stage.role()).collect();
    panic!("{} still move after {ROUNDS_MAX} rounds: one of them feeds itself", roles.join(", "));
}

/// Two stages as one, upstream first: several stages on one thread are `Fused` of `Fused`.
#[derive(Debug)]
pub struct Fused<A, B> {
    /// The one upstream.
    pub first: A,
    /// The one behind it.
    pub second: B,
    // The first is done and its outbox closed, so that the second can be done.
    first_closed: bool,
}

impl<A: Stage, B: Stage> Fused<A, B> {
    /// Both on one thread.
    pub const fn new(first: A, second: B) -> Self {
        Self { first, second, first_closed: false }
    }
}

impl<A: Stage, B: Stage> Stage for Fused<A, B> {
    /// The role of the first.
    fn role(&self) -> &'static str {
        self.first.role()
    }

    #[inline]
    fn cycle(&mut self, now: Nanos) -> usize {
        let first = if self.first_closed { 0 } else { self.first.cycle(now) };
        let second = self.second.cycle(now);
        if first == 0 && !self.first_closed && self.first.is_done() {
            self.first_closed = true;
            self.first.close();
            // Not idle: the end of the first is news for the second.
            return second + 1;
        }
        first + second
    }

    fn is_done(&self) -> bool {
        // When the second is done because the river ended, the first was closed before; when it
        // is because those behind it died, the first has nobody left to work for.
        self.second.is_done()
    }

    fn stop(&mut self) {
        self.first.stop();
        self.second.stop();
    }

    fn close(&mut self) {
        self.first.close();
        self.second.close();
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;

//! What goes wrong, and when: a script in TOML, seeded, or faults injected by a test.
//!
//! ```toml
//! seed = 7
//! [[fault]]
//! kind = "skip"                    # see `FaultKind`
//! stream = "btcusdt@depth@100ms"   # without it: every stream
//! at = "30s"                       # venue time since the start; or every = "5m", at random
//! count = 1                        # frames, requests or connections; or for = "10s"
//! ```

mod script;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use model::{Nanos, SECOND};

pub use self::script::{FaultScript, ScriptError};
use crate::diary::Diary;
use crate::dice::{Dice, whole};
use crate::server::{Identity, Route};

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FaultKind {
    /// Connections are closed without a word.
    Drop,
    /// Pings are still answered, data no longer comes.
    HalfOpen,
    /// A stream falls silent; what it would have said is lost.
    Mute,
    /// New connections are accepted and closed at once.
    AcceptThenClose,
    /// Frames leave so much later, in order.
    Delay(Nanos),
    /// A frame leaves behind the next one of its stream.
    Reorder,
    /// A frame leaves twice.
    Duplicate,
    /// A frame is lost.
    Skip,
    /// A depth snapshot is answered so much later than it was taken.
    LateSnapshot(Nanos),
    /// A depth snapshot is one of long ago.
    StaleSnapshot,
    /// A depth event puts a bid above the best ask.
    Crossing,
    /// A frame is cut and holds a byte that is no text.
    Corrupt,
    /// A frame of so many bytes comes first.
    Giant(usize),
    /// Every byte leaves in a TLS record of its own.
    Split,
    /// So many bytes a second leave.
    Slow(u64),
    /// REST answers with an error.
    Answer(Refusal),
    /// New connections see another certificate.
    Certificate(Identity),
    /// New connections are answered without TLS.
    Plaintext,
}

/// An error that REST answers with, whatever was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// 429 with code −1003.
    TooMany,
    /// 418 with code −1003 and the end of the ban.
    Banned,
    /// 503 "Unknown error…": the state is unknown.
    Unknown,
    /// 503 "Service Unavailable.".
    Unavailable,
    /// 503 "Internal error; unable to process your request. Please try again.".
    Internal,
    /// 500 with a body that is no JSON.
    Broken,
    /// 403 of the firewall.
    Forbidden,
}

/// One fault: what, to whom, when and how often.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only this stream; every stream when `None`.
    pub stream: Option<String>,
    /// Only this route; every route when `None`.
    pub route: Option<Route>,
    /// Only REST paths that end so; every path when `None`.
    pub path: Option<String>,
    /// Venue time since the start.
    pub at: Nanos,
    /// How long it lasts, in venue time; zero lets `count` decide.
    pub span: Nanos,
    /// How many frames, requests or connections it hits when `span` is zero.
    pub count: u32,
}

impl Fault {
    /// A fault that hits everything once, at once.
    #[must_use]
    pub const fn once(kind: FaultKind) -> Self {
        Self { kind, stream: None, route: None, path: None, at: Nanos(0), span: Nanos(0), count: 1 }
    }

    /// The same on one stream only.
    #[must_use]
    pub fn on(mut self, stream: &str) -> Self {
        self.stream = Some(stream.to_owned());
        self
    }

    /// The same on one route only.
    #[must_use]
    pub const fn along(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }

    /// The same on one REST path only.
    #[must_use]
    pub fn at_path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The same for a span of venue time.
    #[must_use]
    pub const fn lasting(mut self, span: Nanos) -> Self {
        self.span = span;
        self
    }

    /// The same so many times.
    #[must_use]
    pub const fn times(mut self, count: u32) -> Self {
        self.count = count;
        self
    }
}

#[derive(Clone, Debug)]
struct Active {
    fault: Fault,
    until: Nanos,
    left: u32,
}

#[derive(Debug)]
struct State {
    /// Faults that come at a known time, latest first.
    planned: Vec<Fault>,
    /// Faults that come at random: mean gap and next time.
    random: Vec<(Fault, Nanos, Nanos)>,
    active: Vec<Active>,
    dice: Dice,
    log: Diary,
}

/// The faults of one run. All times are venue time since the start.
#[derive(Debug)]
pub struct Faults {
    state: Mutex<State>,
}

fn later(dice: &mut Dice, mean: Nanos) -> Nanos {
    let gap = dice.exponential(mean.0 as f64);
    Nanos(u64::try_from(whole(gap)).unwrap_or(u64::MAX).max(1))
}

impl Faults {
    /// The faults of a script.
    #[must_use]
    pub fn new(script: FaultScript) -> Self {
        let mut dice = Dice::fork(script.seed, 0xfa17);
        let mut planned = script.planned;
        planned.sort_by_key(|fault| std::cmp::Reverse(fault.at));
        let random = script.random.into_iter().map(|(fault, mean)| {
            let first = later(&mut dice, mean);
            (fault, mean, first)
        });
        let random = random.collect();
        Self {
            state: Mutex::new(State {
                planned,
                random,
                active: Vec::new(),
                dice,
                log: Diary::default(),
            }),
        }
    }

    /// Lets a fault begin now.
    pub fn inject(&self, now: Nanos, fault: Fault) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.begin(now, fault);
    }

    /// What went wrong so far, the latest of it: venue time since the start, and what.
    #[must_use]
    pub fn log(&self) -> Vec<(Nanos, String)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).log.read()
    }

    /// Whether a fault that `wanted` describes hits now; it is used up by one.
    pub fn hit<T>(&self, now: Nanos, wanted: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        let at = state.active.iter().position(|active| wanted(&active.fault).is_some())?;
        let active = &mut state.active[at];
        let found = wanted(&active.fault);
        if active.fault.span.0 == 0 {
            active.left = active.left.saturating_sub(1);
            if active.left == 0 {
                state.active.remove(at);
            }
        }
        found
    }

    /// A fault that `wanted` describes and that lasts, without using it up.
    pub fn lasting<T>(&self, now: Nanos, wanted: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state.active.iter().find_map(|active| wanted(&active.fault))
    }
}

impl State {
    fn begin(&mut self, now: Nanos, fault: Fault) {
        let about = fault.stream.as_deref().or(fault.path.as_deref()).unwrap_or("everything");
        self.log.note(now, format!("{:?} on {about}", fault.kind));
        let until = now.after(fault.span);
        let left = fault.count.max(1);
        self.active.push(Active { fault, until, left });
    }

    fn advance(&mut self, now: Nanos) {
        while self.planned.last().is_some_and(|fault| fault.at <= now) {
            if let Some(fault) = self.planned.pop() {
                self.begin(now, fault);
            }
        }
        for at in 0..self.random.len() {
            while self.random[at].2 <= now {
                let (fault, mean, due) = self.random[at].clone();
                self.random[at].2 =
                    due.after(later(&mut self.dice, mean)).max(Nanos(due.0 + SECOND.0 / 1000));
                self.begin(now, fault);
            }
        }
        self.active.retain(|active| active.fault.span.0 == 0 || now < active.until);
    }
}

//! A level in one of its states, and which state leads to which.
//!
//! The state is a type and a transition consumes it: [`Signal::turn`] exists only from a state
//! to one that it *leads to*, so a transition that is not in the table below does not compile.
//!
//! | from | to |
//! |---|---|
//! | Inactive | Monitored, Resting |
//! | Resting | Inactive, Monitored, FilledUnconfirmed |
//! | Monitored | Armed, Cancelled, FilledUnconfirmed, Inactive (never touched) |
//! | Armed | Filled, Cancelled |
//! | FilledUnconfirmed | Filled, Closed |
//! | Filled, Cancelled, Closed | Inactive |
//!
//! A break-through uses the same table without Resting and FilledUnconfirmed.

use model::{Nanos, Price};

use super::causes::{Causes, Inputs};
use super::entry::{Setup, is_profile};
use super::exact::Point;
use super::facts::Recent;
use super::plan::HypothesisPlan;
use super::tally::Tally;
use super::transition::{Ask, Features, OrderKey, Outcome, Reasons, State, Transition};

/// A state that a signal can be in.
pub(super) trait Stand: Copy {
    const STATE: State;
}

/// That a state may be followed by another.
pub(super) trait LeadsTo<Next: Stand>: Stand {}

macro_rules! leads {
    ($($from:ident => $($to:ident),+;)+) => {
        $($(impl LeadsTo<$to> for $from {})+)+
    };
}

leads! {
    Inactive => Monitored, Resting;
    Resting => Inactive, Monitored, Unconfirmed;
    Monitored => Armed, Cancelled, Unconfirmed, Inactive;
    Armed => Filled, Cancelled;
    Unconfirmed => Filled, Closed;
    Filled => Inactive;
    Cancelled => Inactive;
    Closed => Inactive;
}

macro_rules! stands {
    ($($(#[$meta:meta])* $name:ident as $state:ident { $($field:ident: $kind:ty,)* })+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, PartialEq, Debug)]
            pub(super) struct $name { $(pub(super) $field: $kind,)* }
            impl Stand for $name { const STATE: State = State::$state; }
        )+
    };
}

/// An entry order that was asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) key: OrderKey,
    pub(super) price: Price,
    /// Once more at this time.
    pub(super) time_retry: Option<Nanos>,
    pub(super) was_retried: bool,
}

stands! {
    /// Price is elsewhere. `at`: where it was last; `was_before`: it has been before the zone.
    Inactive as Inactive { at: Option<Point>, was_before: bool, time_rest: Nanos, }
    /// An order waits ahead.
    Resting as Resting { entry: Entry, at: Point, }
    /// Watched, with the order that waited ahead if there is one.
    Monitored as Monitored { since: Nanos, at: Point, entry: Option<Entry>, }
    /// Confirmed; what was asked for.
    Armed as Armed { since: Nanos, at: Point, entry: Entry, }
    /// Filled early; whether a part of the order still waits.
    Unconfirmed as FilledUnconfirmed { key: OrderKey, is_open: bool, at: Point, }
    /// In. `until`: the rest of the order is then taken back; `pull_back`: a second order.
    Filled as Filled {
        key: OrderKey, is_open: bool, until: Nanos, pull_back: Option<OrderKey>, out: Out,
    }
    /// Ended.
    Cancelled as Cancelled { out: Out, }
    /// Given back.
    Closed as Closed { out: Out, }
}

/// Since when price is outside, and where it was last.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Out {
    pub(super) since: Option<Nanos>,
    pub(super) at: Point,
}

/// What a step may look at; nothing of it is one level's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) now: Nanos,
    pub(super) plan: &'a HypothesisPlan,
    pub(super) features: Features,
    /// The mid; without a trusted book the last trade.
    pub(super) price: Option<Point>,
    pub(super) causes: Causes,
    pub(super) abstaining: Inputs,
    pub(super) is_frozen: bool,
    pub(super) is_before_funding: bool,
    pub(super) is_fast: bool,
    pub(super) recent: &'a Recent,
}

/// Where outcomes go, and tickets come from.
pub(super) struct Voice<'a> {
    pub(super) tickets: &'a mut u64,
    pub(super) sink: &'a mut dyn FnMut(Outcome),
}

impl Voice<'_> {
    /// Asks for a new order.
    pub(super) fn place(&mut self, setup: &Setup, price: Price, ask: Ask) -> Entry {
        assert!(ask.opens(), "only a placement has a ticket of its own");
        *self.tickets += 1;
        let Setup { level, side, hypothesis, .. } = *setup;
        let key = OrderKey { ticket: *self.tickets, level: level.id, side, hypothesis };
        self.ask(key, ask);
        Entry { key, price, time_retry: None, was_retried: false }
    }

    pub(super) fn ask(&mut self, key: OrderKey, ask: Ask) {
        (self.sink)(Outcome::Ask(key, ask));
    }
}

/// A level and side in a state.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Signal<S> {
    pub(super) setup: Setup,
    pub(super) touch: Option<Nanos>,
    pub(super) tally: Tally,
    pub(super) state: S,
}

impl<S: Stand> Signal<S> {
    /// The next state, said aloud.
    pub(super) fn turn<Next: Stand>(
        self,
        next: Next,
        reasons: Reasons,
        scene: &Scene,
        voice: &mut Voice,
    ) -> Signal<Next>
    where
        S: LeadsTo<Next>,
    {
        let Self { setup, touch, tally, .. } = self;
        (voice.sink)(Outcome::Turn(Transition {
            from: S::STATE,
            to: Next::STATE,
            reasons,
            time: scene.now,
            setup,
            time_touch: touch,
            confirmations: tally.kinds,
            halves: tally.halves(scene.is_fast),
            causes: scene.causes,
            abstaining: scene.abstaining,
            is_frozen: scene.is_frozen,
            features: scene.features,
        }));
        Signal { setup, touch, tally, state: next }
    }

    /// The flash guard holds it.
    pub(super) fn is_frozen(&self, scene: &Scene) -> bool {
        scene.is_frozen && is_profile(self.setup.level.kind)
    }

    /// Why nothing may be opened now, if so.
    pub(super) fn hindrance(&self, scene: &Scene) -> Reasons {
        let mut why = Reasons::NONE;
        if !scene.causes.is_empty() {
            why = why.with(Reasons::CONTAMINATED);
        }
        if self.is_frozen(scene) {
            why = why.with(Reasons::FROZEN);
        }
        if scene.is_before_funding {
            why = why.with(Reasons::FUNDING);
        }
        why
    }
}

impl Out {
    /// Price was seen.
    pub(super) fn see(&mut self, at: Point, setup: &Setup, scene: &Scene) {
        self.at = at;
        if !setup.is_out(at, scene.plan.leave_ppm) {
            self.since = None;
        } else if self.since.is_none() {
            self.since = Some(scene.now);
        }
    }

    /// Begins where price is.
    pub(super) fn begin(at: Point, setup: &Setup, scene: &Scene) -> Self {
        let mut out = Self { since: None, at };
        out.see(at, setup, scene);
        out
    }

    /// Whether it was long enough.
    pub(super) fn is_over(&self, scene: &Scene) -> bool {
        let long = super::plan::span(scene.plan.cool_ms);
        self.since.is_some_and(|since| scene.now.since(since) >= long)
    }

    /// Where the level begins again.
    pub(super) fn inactive(&self, setup: &Setup) -> Inactive {
        let was_before = setup.before(self.at) > 0;
        Inactive { at: Some(self.at), was_before, time_rest: Nanos::NONE }
    }
}

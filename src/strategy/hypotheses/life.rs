//! The life of a rejection or magnet: time, prices, facts and answers brought to its state.
//!
//! At one event the order is: time that ran out (strictly after its end: T and Armed's 120 s
//! are closed intervals), then the event itself, then what may begin (orders pulled, watching,
//! arming, a retry). So the confirmation that comes at touch + T arms, and a price that is
//! behind the zone cancels before anything could arm at it. What each state does with them is in
//! `watch.rs` (until it is confirmed) and `held.rs` (from then on).

use model::Nanos;

use super::entry::Setup;
use super::exact::Point;
use super::facts::Fact;
use super::signal::{
    Armed, Cancelled, Closed, Filled, Inactive, Monitored, Resting, Scene, Signal, Stand,
    Unconfirmed, Voice,
};
use super::tally::Tally;
use super::transition::{Answer, OrderKey, Reasons, State};

macro_rules! life {
    ($($name:ident),+) => {
        /// A fade in whichever state it is.
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub(super) enum Life { $($name(Signal<$name>),)+ }
        $(impl From<Signal<$name>> for Life {
            fn from(signal: Signal<$name>) -> Self { Self::$name(signal) }
        })+
        impl Life {
            pub(super) fn setup(&self) -> &Setup {
                match self { $(Self::$name(signal) => &signal.setup,)+ }
            }
            pub(super) fn state(&self) -> State {
                match self { $(Self::$name(_) => <$name as Stand>::STATE,)+ }
            }
        }
    };
}
life!(Inactive, Resting, Monitored, Armed, Unconfirmed, Filled, Cancelled, Closed);

/// What happens to a level.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// Time passed, or a figure changed.
    Tick,
    /// A trade or mid.
    Price(Point),
    /// A fact was found.
    Fact(&'a Fact),
    /// An order was answered.
    Answer(OrderKey, Answer),
}

/// What stands beside this level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// No other signal is in the way.
    pub(super) is_free: bool,
    /// A break-through at this LVN is armed.
    pub(super) is_blocked: bool,
}

impl Life {
    /// A level that was just offered.
    pub(super) fn new(setup: Setup, at: Option<Point>) -> Self {
        let was_before = at.is_some_and(|at| setup.before(at) > 0);
        let state = Inactive { at, was_before, time_rest: Nanos::NONE };
        Self::Inactive(Signal { setup, touch: None, tally: Tally::default(), state })
    }

    /// What ran out before this event.
    pub(super) fn elapse(self, scene: &Scene, voice: &mut Voice) -> Self {
        match self {
            Self::Monitored(signal) => signal.elapse(scene, voice),
            Self::Armed(signal) => signal.elapse(scene, voice),
            Self::Unconfirmed(signal) => signal.elapse(scene, voice),
            Self::Filled(signal) => signal.elapse(scene, voice),
            Self::Cancelled(signal) if signal.state.out.is_over(scene) => signal
                .turn(signal.state.out.inactive(&signal.setup), Reasons::COOLED, scene, voice)
                .fresh(),
            Self::Closed(signal) if signal.state.out.is_over(scene) => signal
                .turn(signal.state.out.inactive(&signal.setup), Reasons::COOLED, scene, voice)
                .fresh(),
            Self::Inactive(_) | Self::Resting(_) | Self::Cancelled(_) | Self::Closed(_) => self,
        }
    }

    /// The event itself. The second value: an answer was for this level's order.
    pub(super) fn meet(self, event: Event, scene: &Scene, voice: &mut Voice) -> (Self, bool) {
        match event {
            Event::Tick => (self, false),
            Event::Price(at) => (self.see(at, scene, voice), false),
            Event::Fact(fact) => (self.learn(fact, scene), false),
            Event::Answer(key, answer) => self.answer(key, answer, scene, voice),
        }
    }

    fn see(self, at: Point, scene: &Scene, voice: &mut Voice) -> Self {
        match self {
            Self::Inactive(mut signal) => {
                signal.see(at);
                signal.into()
            }
            Self::Resting(signal) => signal.see(at, scene, voice),
            Self::Monitored(signal) => signal.see(at, scene, voice),
            Self::Armed(signal) => signal.see(at, scene, voice),
            Self::Unconfirmed(mut signal) => {
                signal.state.at = at;
                signal.into()
            }
            Self::Filled(mut signal) => {
                signal.state.out.see(at, &signal.setup, scene);
                signal.into()
            }
            Self::Cancelled(mut signal) => {
                signal.state.out.see(at, &signal.setup, scene);
                signal.into()
            }
            Self::Closed(mut signal) => {
                signal.state.out.see(at, &signal.setup, scene);
                signal.into()
            }
        }
    }

    fn learn(self, fact: &Fact, scene: &Scene) -> Self {
        match self {
            Self::Monitored(mut signal) => {
                if let Some(touch) = signal.touch {
                    signal.tally.learn(fact, &signal.setup, touch, scene.plan);
                }
                signal.into()
            }
            Self::Unconfirmed(mut signal) => {
                if let Some(touch) = signal.touch {
                    signal.tally.learn(fact, &signal.setup, touch, scene.plan);
                }
                signal.into()
            }
            other => other,
        }
    }

    fn answer(
        self,
        key: OrderKey,
        answer: Answer,
        scene: &Scene,
        voice: &mut Voice,
    ) -> (Self, bool) {
        match self {
            Self::Resting(signal) if signal.state.entry.key == key => {
                (signal.answer(answer, scene, voice), true)
            }
            Self::Monitored(signal) if signal.state.entry.is_some_and(|entry| entry.key == key) => {
                (signal.answer(key, answer, scene, voice), true)
            }
            Self::Armed(signal) if signal.state.entry.key == key => {
                (signal.answer(answer, scene, voice), true)
            }
            Self::Unconfirmed(signal) if signal.state.key == key => {
                (signal.answer(answer, scene, voice), true)
            }
            Self::Filled(mut signal) if signal.state.key == key => {
                signal.state.is_open = signal.state.is_open && !ends(answer);
                (signal.into(), true)
            }
            other => (other, false),
        }
    }

    /// What may begin or must be pulled after the event.
    pub(super) fn settle(self, around: Around, scene: &Scene, voice: &mut Voice) -> Self {
        let begun = match self {
            Self::Inactive(signal) => signal.settle(around, scene, voice),
            other => other,
        };
        match begun {
            Self::Resting(signal) => signal.settle(scene, voice),
            Self::Monitored(signal) => signal.settle(around, scene, voice),
            Self::Armed(signal) => signal.settle(scene, voice),
            Self::Unconfirmed(signal) => signal.settle(scene, voice),
            Self::Filled(signal) => signal.settle(scene, voice).into(),
            other => other,
        }
    }
}

/// Whether nothing of the order is left after it.
pub(super) const fn ends(answer: Answer) -> bool {
    match answer {
        Answer::Standing | Answer::Fill { is_complete: false } => false,
        Answer::WouldTake
        | Answer::Refused
        | Answer::Fill { is_complete: true }
        | Answer::Gone
        | Answer::Flat => true,
    }
}

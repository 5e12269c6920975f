//! The life of a break-through: a stop entry behind an LVN that price runs at (spec § 9).
//!
//! Watched while the valley lies 0.1–1 % ahead (both belong to it; measured to the node's near
//! edge, of that edge); armed while OBI leans, CVD runs and open interest rises, all of them that
//! way and none missing; cancelled when one fails, while contaminated, before funding, or after
//! more than 10 minutes. A watched one is not frozen: a refresh of its level is taken at once.

use model::{Nanos, Side};

use super::entry::Setup;
use super::exact::{Point, against};
use super::life::ends;
use super::plan::{HypothesisPlan, span};
use super::signal::{
    Armed, Cancelled, Filled, Inactive, Monitored, Out, Scene, Signal, Stand, Voice,
};
use super::tally::Tally;
use super::transition::{Answer, Ask, Figures, OrderKey, Reasons, State};

/// A break-through in whichever state it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Break {
    Inactive(Signal<Inactive>),
    Monitored(Signal<Monitored>),
    Armed(Signal<Armed>),
    Filled(Signal<Filled>),
    Cancelled(Signal<Cancelled>),
}

impl Break {
    /// A valley that was just offered.
    pub(super) fn new(setup: Setup, at: Option<Point>) -> Self {
        let state = Inactive { at, was_before: false, time_rest: Nanos::NONE };
        Self::Inactive(Signal { setup, touch: None, tally: Tally::default(), state })
    }

    pub(super) fn setup(&self) -> &Setup {
        match self {
            Self::Inactive(signal) => &signal.setup,
            Self::Monitored(signal) => &signal.setup,
            Self::Armed(signal) => &signal.setup,
            Self::Filled(signal) => &signal.setup,
            Self::Cancelled(signal) => &signal.setup,
        }
    }

    pub(super) fn state(&self) -> State {
        match self {
            Self::Inactive(_) => Inactive::STATE,
            Self::Monitored(_) => Monitored::STATE,
            Self::Armed(_) => Armed::STATE,
            Self::Filled(_) => Filled::STATE,
            Self::Cancelled(_) => Cancelled::STATE,
        }
    }

    /// Notes the price where nothing else follows from the event: most of them, most of the time,
    /// and nothing is moved. Those that wait for price or figures know no order.
    pub(super) fn idle(&mut self, at: Option<Point>, scene: &Scene) -> bool {
        match self {
            Self::Inactive(signal) => {
                signal.state.at = at.or(signal.state.at);
                let is_ahead = |at| is_ahead(&signal.setup, at, scene.plan);
                !signal.state.at.is_some_and(is_ahead)
            }
            Self::Monitored(signal) => {
                signal.state.at = at.unwrap_or(signal.state.at);
                is_ahead(&signal.setup, signal.state.at, scene.plan)
                    && !signal.lacks(scene).is_empty()
            }
            Self::Cancelled(signal) => {
                let goes_on = !signal.state.out.is_over(scene);
                if let (true, Some(at)) = (goes_on, at) {
                    signal.state.out.see(at, &signal.setup, scene);
                }
                goes_on
            }
            Self::Armed(_) | Self::Filled(_) => false,
        }
    }

    /// Whether it takes a refresh of its level: what is armed or later is frozen.
    pub(super) fn is_loose(&self) -> bool {
        matches!(self, Self::Inactive(_) | Self::Monitored(_))
    }

    /// Its level was refreshed.
    pub(super) fn renew(&mut self, setup: Setup) {
        match self {
            Self::Inactive(signal) => signal.setup = setup,
            Self::Monitored(signal) => signal.setup = setup,
            Self::Armed(_) | Self::Filled(_) | Self::Cancelled(_) => {}
        }
    }

    /// Whether it would be armed if the count allowed it.
    pub(super) fn wants(&self, scene: &Scene) -> bool {
        match self {
            Self::Monitored(signal) => {
                signal.hindrance(scene).is_empty() && signal.lacks(scene).is_empty()
            }
            _ => false,
        }
    }

    /// What ran out before this event.
    pub(super) fn elapse(self, scene: &Scene, voice: &mut Voice) -> Self {
        match self {
            Self::Armed(signal) if signal.is_over(scene) => {
                signal.cancel_break(Reasons::TIME, scene, voice)
            }
            Self::Filled(mut signal) => {
                if scene.now > signal.state.until {
                    signal.pull(voice);
                }
                if !signal.state.out.is_over(scene) {
                    return Self::Filled(signal);
                }
                signal.pull(voice);
                let state = signal.state.out.inactive(&signal.setup);
                Self::Inactive(signal.turn(state, Reasons::COOLED, scene, voice))
            }
            Self::Cancelled(signal) if signal.state.out.is_over(scene) => {
                let state = signal.state.out.inactive(&signal.setup);
                Self::Inactive(signal.turn(state, Reasons::COOLED, scene, voice))
            }
            other => other,
        }
    }

    /// Price was seen.
    pub(super) fn see(&mut self, at: Point, scene: &Scene) {
        match self {
            Self::Inactive(signal) => signal.state.at = Some(at),
            Self::Monitored(signal) => signal.state.at = at,
            Self::Armed(signal) => signal.state.at = at,
            Self::Filled(signal) => signal.state.out.see(at, &signal.setup, scene),
            Self::Cancelled(signal) => signal.state.out.see(at, &signal.setup, scene),
        }
    }

    /// An order was answered; `false` when it is none of this one's.
    pub(super) fn answer(
        &mut self,
        key: OrderKey,
        answer: Answer,
        scene: &Scene,
        voice: &mut Voice,
    ) -> bool {
        match *self {
            Self::Armed(signal) if signal.state.entry.key == key => {
                *self = signal.answer_break(answer, scene, voice);
                true
            }
            Self::Filled(ref mut signal) if signal.state.key == key => {
                signal.state.is_open = signal.state.is_open && !ends(answer);
                true
            }
            Self::Filled(ref mut signal) if signal.state.pull_back == Some(key) => {
                if ends(answer) {
                    signal.state.pull_back = None;
                }
                true
            }
            _ => false,
        }
    }

    /// What may begin or must end after the event. `may_arm`: the count allows it and nothing is
    /// in the way.
    pub(super) fn settle(self, may_arm: bool, scene: &Scene, voice: &mut Voice) -> Self {
        let begun = match self {
            Self::Inactive(signal) => signal.watch(scene, voice),
            other => other,
        };
        match begun {
            Self::Monitored(signal) => signal.settle_break(may_arm, scene, voice),
            Self::Armed(signal) => signal.settle_break(scene, voice),
            Self::Filled(mut signal) => {
                if !signal.hindrance(scene).is_empty() {
                    signal.pull(voice);
                }
                Self::Filled(signal)
            }
            other => other,
        }
    }
}

/// Whether the valley lies ahead within the distances.
fn is_ahead(setup: &Setup, at: Point, plan: &HypothesisPlan) -> bool {
    // A price that runs up meets the lower edge first: the near one of the level's own side.
    let near = Point::of(setup.level.node.near(setup.level.side));
    setup.side.sign() * (near.0 - at.0) > 0
        && against(at, near, plan.break_near_ppm, near).is_ge()
        && against(at, near, plan.break_far_ppm, near).is_le()
}

/// Which of the three conditions do not hold; a missing figure is one that does not.
fn lacking(figures: &Figures, side: Side, plan: &HypothesisPlan) -> Reasons {
    let leans = figures.obi_z.is_some_and(|z| match side {
        Side::Buy => z > plan.obi_z,
        Side::Sell => z < -plan.obi_z,
    });
    let runs = figures.cvd_change.is_some_and(|change| change.0.signum() == side.sign());
    let rises = figures.interest_change.is_some_and(|change| change.0 > 0);
    let lack = |holds: bool, why: Reasons| if holds { Reasons::NONE } else { why };
    lack(leans, Reasons::OBI).with(lack(runs, Reasons::CVD)).with(lack(rises, Reasons::INTEREST))
}

impl<S: Stand> Signal<S> {
    fn lacks(&self, scene: &Scene) -> Reasons {
        lacking(&scene.features.figures, self.setup.side, scene.plan)
    }
}

impl Signal<Inactive> {
    fn watch(self, scene: &Scene, voice: &mut Voice) -> Break {
        let ahead = self.state.at.filter(|at| is_ahead(&self.setup, *at, scene.plan));
        let Some(at) = ahead.filter(|_| !self.is_frozen(scene)) else {
            return Break::Inactive(self);
        };
        let state = Monitored { since: scene.now, at, entry: None };
        Break::Monitored(self.turn(state, Reasons::NEAR, scene, voice))
    }
}

impl Signal<Monitored> {
    fn settle_break(self, may_arm: bool, scene: &Scene, voice: &mut Voice) -> Break {
        let Monitored { at, .. } = self.state;
        if !is_ahead(&self.setup, at, scene.plan) {
            let state = Inactive { at: Some(at), was_before: false, time_rest: Nanos::NONE };
            return Break::Inactive(self.turn(state, Reasons::DISTANCE, scene, voice));
        }
        let holds = self.lacks(scene).is_empty() && self.hindrance(scene).is_empty();
        if !holds || !may_arm {
            return Break::Monitored(self);
        }
        let price = self.setup.entry;
        let entry = voice.place(&self.setup, price, Ask::Stop { price });
        let state = Armed { since: scene.now, at, entry };
        Break::Armed(self.turn(state, Reasons::CONDITIONS, scene, voice))
    }
}

impl Signal<Armed> {
    fn is_over(&self, scene: &Scene) -> bool {
        scene.now.since(self.state.since) > span(scene.plan.break_ms)
    }

    fn cancel_break(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Break {
        voice.ask(self.state.entry.key, Ask::Withdraw);
        self.end_break(why, scene, voice)
    }

    fn end_break(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Break {
        let out = Out::begin(self.state.at, &self.setup, scene);
        Break::Cancelled(self.turn(Cancelled { out }, why, scene, voice))
    }

    /// On contaminated figures no condition can be said to hold.
    fn settle_break(self, scene: &Scene, voice: &mut Voice) -> Break {
        let lost = self.hindrance(scene).without(Reasons::FROZEN).with(self.lacks(scene));
        if lost.is_empty() { Break::Armed(self) } else { self.cancel_break(lost, scene, voice) }
    }

    fn answer_break(self, answer: Answer, scene: &Scene, voice: &mut Voice) -> Break {
        match answer {
            Answer::Standing => Break::Armed(self),
            Answer::WouldTake | Answer::Refused => self.end_break(Reasons::REFUSED, scene, voice),
            Answer::Gone | Answer::Flat => self.end_break(Reasons::GONE, scene, voice),
            Answer::Fill { is_complete } => self.fill(is_complete, scene, voice),
        }
    }

    fn fill(self, is_complete: bool, scene: &Scene, voice: &mut Voice) -> Break {
        let may_add = scene.plan.break_pull_back && self.hindrance(scene).is_empty();
        let pull_back = may_add.then(|| {
            let price = self.setup.level.node.far(self.setup.level.side);
            voice.place(&self.setup, price, Ask::Post { price, is_half: true }).key
        });
        let state = Filled {
            key: self.state.entry.key,
            is_open: !is_complete,
            until: scene.now.after(span(scene.plan.break_ms)),
            pull_back,
            out: Out::begin(self.state.at, &self.setup, scene),
        };
        Break::Filled(self.turn(state, Reasons::FILLED, scene, voice))
    }
}

//! A fade until it is confirmed: Inactive, Resting, Monitored.

use model::{Nanos, Price, Side, Ticks};

use super::exact::{Point, against};
use super::life::{Around, Life, ends};
use super::plan::{EntryRule, span};
use super::signal::{
    Armed, Cancelled, Inactive, Monitored, Out, Resting, Scene, Signal, Unconfirmed, Voice,
};
use super::tally::Tally;
use super::transition::{Answer, Ask, OrderKey, Reasons};
use crate::terms::Hypothesis;

impl Signal<Inactive> {
    /// Nothing of the last signal stays.
    pub(super) fn fresh(mut self) -> Life {
        self.touch = None;
        self.tally = Tally::default();
        self.into()
    }

    pub(super) fn see(&mut self, at: Point) {
        self.state.at = Some(at);
        if self.setup.before(at) > 0 {
            self.state.was_before = true;
        } else if self.setup.behind(at) > 0 {
            self.state.was_before = false;
        }
    }

    /// Whether it would begin if nothing else were in the way; cheap, asked first.
    pub(super) fn wants(&self, scene: &Scene) -> bool {
        !self.is_frozen(scene) && (self.is_watchable(scene) || self.may_rest(scene))
    }

    /// In the zone, or before it and within the distance of its near edge; into a magnet price
    /// must come from outside.
    fn is_watchable(&self, scene: &Scene) -> bool {
        let Some(at) = self.state.at.filter(|at| self.setup.behind(*at) <= 0) else {
            return false;
        };
        let (near, ppm) = (self.setup.near(), scene.plan.monitor_ppm);
        let is_close = self.setup.before(at) <= 0 || against(at, near, ppm, near).is_le();
        let came = self.state.was_before || self.setup.hypothesis == Hypothesis::Rejection;
        is_close && came
    }

    fn may_rest(&self, scene: &Scene) -> bool {
        let Some(mid) = scene.price else {
            return false;
        };
        let entry = Point::of(self.setup.entry);
        let is_ahead = self.setup.side.sign() * (mid.0 - entry.0) > 0;
        scene.plan.entry == EntryRule::Ahead
            && scene.now >= self.state.time_rest
            && self.hindrance(scene).is_empty()
            && is_ahead
            && against(entry, mid, scene.plan.ahead_ppm, mid).is_ge()
    }

    pub(super) fn settle(self, around: Around, scene: &Scene, voice: &mut Voice) -> Life {
        let Some(at) = self.state.at else {
            return self.into();
        };
        if !around.is_free || self.is_frozen(scene) {
            return self.into();
        }
        if self.is_watchable(scene) {
            let state = Monitored { since: scene.now, at, entry: None };
            return self.turn(state, Reasons::NEAR, scene, voice).touched(scene).into();
        }
        if self.may_rest(scene) {
            let price = fade_price(self.setup.entry, self.setup.side, scene);
            let entry = voice.place(&self.setup, price, Ask::Post { price, is_half: true });
            return self.turn(Resting { entry, at }, Reasons::AHEAD, scene, voice).into();
        }
        self.into()
    }
}

impl Signal<Resting> {
    fn back(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        let was_before = self.setup.before(self.state.at) > 0;
        let time_rest = scene.now.after(span(scene.plan.rest_pause_ms));
        let state = Inactive { at: Some(self.state.at), was_before, time_rest };
        self.turn(state, why, scene, voice).fresh()
    }

    pub(super) fn see(mut self, at: Point, scene: &Scene, voice: &mut Voice) -> Life {
        self.state.at = at;
        if self.setup.behind(at) > 0 {
            voice.ask(self.state.entry.key, Ask::Withdraw);
            return self.back(Reasons::PIERCED, scene, voice);
        }
        let near = self.setup.near();
        let is_in = self.setup.before(at) <= 0;
        if is_in || against(at, near, scene.plan.monitor_ppm, near).is_le() {
            let state = Monitored { since: scene.now, at, entry: Some(self.state.entry) };
            return self.turn(state, Reasons::NEAR, scene, voice).touched(scene).into();
        }
        self.into()
    }

    pub(super) fn answer(mut self, answer: Answer, scene: &Scene, voice: &mut Voice) -> Life {
        match answer {
            Answer::Standing => self.into(),
            Answer::WouldTake => self.back(Reasons::TAKER, scene, voice),
            Answer::Refused => self.back(Reasons::REFUSED, scene, voice),
            Answer::Gone | Answer::Flat => self.back(Reasons::GONE, scene, voice),
            Answer::Fill { is_complete } => {
                // Whoever was filled was touched, even if the print is still on its way.
                self.touch = Some(scene.now);
                let key = self.state.entry.key;
                let state = Unconfirmed { key, is_open: !is_complete, at: self.state.at };
                self.turn(state, Reasons::FILLED, scene, voice).into()
            }
        }
    }

    pub(super) fn settle(self, scene: &Scene, voice: &mut Voice) -> Life {
        let why = self.hindrance(scene);
        if why.is_empty() {
            return self.into();
        }
        voice.ask(self.state.entry.key, Ask::Withdraw);
        self.back(why, scene, voice)
    }
}

impl Signal<Monitored> {
    /// Notes the touch if price is in the zone, and what was found shortly before.
    fn touched(mut self, scene: &Scene) -> Self {
        if self.touch.is_some() || !self.setup.holds(self.state.at) {
            return self;
        }
        self.touch = Some(scene.now);
        if scene.causes.is_empty() {
            for fact in scene.recent.iter() {
                self.tally.learn(fact, &self.setup, scene.now, scene.plan);
            }
        }
        self
    }

    fn withdraw(&mut self, voice: &mut Voice) {
        if let Some(entry) = self.state.entry.take() {
            voice.ask(entry.key, Ask::Withdraw);
        }
    }

    fn cancel(mut self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        self.withdraw(voice);
        let out = Out::begin(self.state.at, &self.setup, scene);
        self.turn(Cancelled { out }, why, scene, voice).into()
    }

    /// Back without a touch: nothing happened, nothing to cool down from. An order that was taken
    /// back is not laid again at once.
    fn forget(mut self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        let had_order = self.state.entry.is_some();
        let pause = if had_order { span(scene.plan.rest_pause_ms) } else { Nanos(0) };
        self.withdraw(voice);
        let state = Inactive {
            at: Some(self.state.at),
            was_before: self.setup.before(self.state.at) > 0,
            time_rest: scene.now.after(pause),
        };
        self.turn(state, why, scene, voice).fresh()
    }

    pub(super) fn elapse(self, scene: &Scene, voice: &mut Voice) -> Life {
        let plan = scene.plan;
        match self.touch {
            Some(touch) if scene.now.since(touch) > span(plan.confirm_ms) => {
                self.cancel(Reasons::TIME, scene, voice)
            }
            None if scene.now.since(self.state.since) > span(plan.untouched_ms) => {
                self.forget(Reasons::UNTOUCHED, scene, voice)
            }
            _ => self.into(),
        }
    }

    pub(super) fn see(mut self, at: Point, scene: &Scene, voice: &mut Voice) -> Life {
        self.state.at = at;
        if self.setup.behind(at) > 0 {
            return self.cancel(Reasons::PIERCED, scene, voice);
        }
        if self.touch.is_none() && self.setup.is_out(at, scene.plan.leave_ppm) {
            return self.forget(Reasons::AWAY, scene, voice);
        }
        self.touched(scene).into()
    }

    pub(super) fn answer(
        mut self,
        key: OrderKey,
        answer: Answer,
        scene: &Scene,
        voice: &mut Voice,
    ) -> Life {
        if let Answer::Fill { is_complete } = answer {
            self.touch = self.touch.or(Some(scene.now));
            let state = Unconfirmed { key, is_open: !is_complete, at: self.state.at };
            return self.turn(state, Reasons::FILLED, scene, voice).into();
        }
        if ends(answer) {
            self.state.entry = None;
        }
        self.into()
    }

    pub(super) fn settle(mut self, around: Around, scene: &Scene, voice: &mut Voice) -> Life {
        if !self.hindrance(scene).is_empty() {
            self.withdraw(voice);
            return self.into();
        }
        let is_confirmed = self.touch.is_some() && self.tally.is_enough(scene.is_fast);
        if !is_confirmed || around.is_blocked {
            return self.into();
        }
        let (setup, at, since) = (self.setup, self.state.at, scene.now);
        let fast = if scene.is_fast { Reasons::FAST } else { Reasons::NONE };
        let why = Reasons::CONFIRMED.with(Reasons::TOUCHED).with(fast);
        let entry = self.state.entry.unwrap_or_else(|| {
            let price = fade_price(setup.entry, setup.side, scene);
            voice.place(&setup, price, Ask::Post { price, is_half: false })
        });
        self.turn(Armed { since, at, entry }, why, scene, voice).into()
    }
}

/// At the level, and never across the book: a sell at least a tick above the best bid.
pub(super) fn fade_price(entry: Price, side: Side, scene: &Scene) -> Price {
    match side {
        Side::Sell => scene.features.bid.map_or(entry, |bid| (bid + Ticks(1)).max(entry)),
        Side::Buy => scene.features.ask.map_or(entry, |ask| (ask - Ticks(1)).min(entry)),
    }
}

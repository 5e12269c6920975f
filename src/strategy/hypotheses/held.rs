//! A fade from its confirmation or fill on: Armed, FilledUnconfirmed, Filled.

use model::{Price, Side, Ticks};

use super::exact::{Point, against, is_price};
use super::life::{Life, ends};
use super::plan::span;
use super::signal::{
    Armed, Cancelled, Closed, Entry, Filled, Out, Scene, Signal, Unconfirmed, Voice,
};
use super::transition::{Answer, Ask, Reasons};
use super::watch::fade_price;

impl Signal<Armed> {
    fn cancel(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        // What waits for its second try does not stand at the venue.
        if self.state.entry.time_retry.is_none() {
            voice.ask(self.state.entry.key, Ask::Withdraw);
        }
        self.end(why, scene, voice)
    }

    fn end(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        let out = Out::begin(self.state.at, &self.setup, scene);
        self.turn(Cancelled { out }, why, scene, voice).into()
    }

    pub(super) fn elapse(self, scene: &Scene, voice: &mut Voice) -> Life {
        if scene.now.since(self.state.since) > span(scene.plan.armed_ms) {
            return self.cancel(Reasons::TIME, scene, voice);
        }
        self.into()
    }

    /// *By* h and *by* 0.25 %: the distance itself ends it.
    pub(super) fn see(mut self, at: Point, scene: &Scene, voice: &mut Voice) -> Life {
        self.state.at = at;
        let near = self.setup.near();
        let behind = self.setup.behind(at);
        if behind > 0 && behind >= self.setup.half() {
            return self.cancel(Reasons::PIERCED, scene, voice);
        }
        let is_before = self.setup.before(at) > 0;
        if is_before && against(at, near, scene.plan.leave_ppm, near).is_ge() {
            return self.cancel(Reasons::AWAY, scene, voice);
        }
        self.into()
    }

    pub(super) fn answer(mut self, answer: Answer, scene: &Scene, voice: &mut Voice) -> Life {
        match answer {
            Answer::Standing => self.into(),
            Answer::WouldTake if !self.state.entry.was_retried => {
                let time = scene.now.after(span(scene.plan.retry_ms));
                self.state.entry.time_retry = Some(time);
                self.into()
            }
            Answer::WouldTake => self.end(Reasons::TAKER, scene, voice),
            Answer::Refused => self.end(Reasons::REFUSED, scene, voice),
            Answer::Gone | Answer::Flat => self.end(Reasons::GONE, scene, voice),
            Answer::Fill { is_complete } => {
                let out = Out::begin(self.state.at, &self.setup, scene);
                let until = self.state.since.after(span(scene.plan.armed_ms));
                let state = Filled {
                    key: self.state.entry.key,
                    is_open: !is_complete,
                    until,
                    pull_back: None,
                    out,
                };
                self.turn(state, Reasons::FILLED, scene, voice).into()
            }
        }
    }

    pub(super) fn settle(mut self, scene: &Scene, voice: &mut Voice) -> Life {
        if scene.is_before_funding {
            return self.cancel(Reasons::FUNDING, scene, voice);
        }
        let is_due = self.state.entry.time_retry.is_some_and(|time| scene.now >= time);
        if !is_due {
            return self.into();
        }
        let why = self.hindrance(scene);
        if !why.is_empty() {
            return self.end(why.with(Reasons::TAKER), scene, voice);
        }
        let price = self.retry_price(scene);
        if !is_price(price) {
            return self.end(Reasons::REFUSED, scene, voice);
        }
        let placed = voice.place(&self.setup, price, Ask::Post { price, is_half: false });
        self.state.entry = Entry { was_retried: true, ..placed };
        self.into()
    }

    /// Further than the price that was refused and than what would be asked now.
    fn retry_price(&self, scene: &Scene) -> Price {
        let fresh = fade_price(self.setup.entry, self.setup.side, scene);
        let refused = self.state.entry.price;
        let ticks = Ticks(i64::from(scene.plan.retry_ticks));
        match self.setup.side {
            Side::Sell => fresh.max(refused) + ticks,
            Side::Buy => fresh.min(refused) - ticks,
        }
    }
}

impl Signal<Unconfirmed> {
    fn close(self, why: Reasons, scene: &Scene, voice: &mut Voice) -> Life {
        // The rest first, or it would be filled after the position was given back.
        if self.state.is_open {
            voice.ask(self.state.key, Ask::Withdraw);
        }
        if !why.has(Reasons::FLAT) {
            voice.ask(self.state.key, Ask::Close);
        }
        let out = Out::begin(self.state.at, &self.setup, scene);
        self.turn(Closed { out }, why, scene, voice).into()
    }

    pub(super) fn elapse(self, scene: &Scene, voice: &mut Voice) -> Life {
        let long = span(scene.plan.confirm_ms);
        if self.touch.is_some_and(|touch| scene.now.since(touch) > long) {
            return self.close(Reasons::TIME, scene, voice);
        }
        self.into()
    }

    pub(super) fn answer(mut self, answer: Answer, scene: &Scene, voice: &mut Voice) -> Life {
        if answer == Answer::Flat {
            return self.close(Reasons::FLAT, scene, voice);
        }
        self.state.is_open = self.state.is_open && !ends(answer);
        self.into()
    }

    /// Nothing opens by being confirmed; so only contamination hinders it.
    pub(super) fn settle(mut self, scene: &Scene, voice: &mut Voice) -> Life {
        if self.state.is_open && !self.hindrance(scene).is_empty() {
            voice.ask(self.state.key, Ask::Withdraw);
            self.state.is_open = false;
        }
        if !scene.causes.is_empty() || !self.tally.is_enough(scene.is_fast) {
            return self.into();
        }
        let Unconfirmed { key, is_open, at } = self.state;
        let out = Out::begin(at, &self.setup, scene);
        let until = scene.now.after(span(scene.plan.armed_ms));
        let state = Filled { key, is_open, until, pull_back: None, out };
        self.turn(state, Reasons::CONFIRMED, scene, voice).into()
    }
}

impl Signal<Filled> {
    pub(super) fn elapse(mut self, scene: &Scene, voice: &mut Voice) -> Life {
        if scene.now > self.state.until {
            self.pull(voice);
        }
        if !self.state.out.is_over(scene) {
            return self.into();
        }
        self.pull(voice);
        self.turn(self.state.out.inactive(&self.setup), Reasons::COOLED, scene, voice).fresh()
    }

    pub(super) fn settle(mut self, scene: &Scene, voice: &mut Voice) -> Self {
        if !self.hindrance(scene).is_empty() {
            self.pull(voice);
        }
        self
    }

    /// Takes back what still waits.
    pub(super) fn pull(&mut self, voice: &mut Voice) {
        if std::mem::take(&mut self.state.is_open) {
            voice.ask(self.state.key, Ask::Withdraw);
        }
        if let Some(key) = self.state.pull_back.take() {
            voice.ask(key, Ask::Withdraw);
        }
    }
}

//! Every level of one instrument, its fades and break-throughs, driven by events in their order.

use model::{Nanos, Price};

use super::causes::{Audit, Causes, Contamination, Inputs, Poll};
use super::entry::Setup;
use super::exact::{Point, is_price};
use super::facts::{Fact, Recent};
use super::flash::FlashGuard;
use super::life::Event;
use super::plan::{HypothesisPlan, PlanError, span};
use super::signal::{Scene, Voice};
use super::tables::{SLOTS, Tables};
use super::transition::{Answer, Ask, Features, Figures, OrderKey, Outcome, State};
use crate::terms::Level;

/// Outcomes that one call can bring at most: a slot turns at most four times (ends, begins, is
/// touched, armed) with as many asks, and there are two tables of slots.
pub const OUTCOMES_MAX: usize = SLOTS * 2 * 8;

/// What was refused or could not be placed; nothing of it changed a state.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Prices that are none.
    pub prices_refused: u64,
    /// Levels for which no slot was left.
    pub levels_refused: u64,
    /// Events that were older than one before; they are taken at the later time.
    pub times_back: u64,
    /// Fills of orders that were already given up; each was asked to be closed.
    pub fills_stray: u64,
    /// Other answers to such orders.
    pub answers_stray: u64,
}

/// The hypotheses of one instrument. See the folder's own words for how it is fed.
#[derive(Debug)]
pub struct Signals {
    plan: HypothesisPlan,
    /// Figures beside price: whoever joins this writes them, then calls [`Signals::tick`].
    pub figures: Figures,
    /// What was refused.
    pub counts: Counts,
    now: Nanos,
    best: Option<(Price, Price)>,
    last: Option<Price>,
    contamination: Contamination,
    flash: FlashGuard,
    recent: Recent,
    tables: Tables,
    tickets: u64,
}

impl Signals {
    /// Nothing known yet. All memory is taken here.
    ///
    /// # Errors
    /// A parameter that makes no sense.
    pub fn new(plan: HypothesisPlan) -> Result<Self, PlanError> {
        Ok(Self {
            plan: plan.check()?,
            figures: Figures::default(),
            counts: Counts::default(),
            now: Nanos::NONE,
            best: None,
            last: None,
            contamination: Contamination::NEW,
            flash: FlashGuard::default(),
            recent: Recent::EMPTY,
            tables: Tables::EMPTY,
            tickets: 0,
        })
    }

    /// A trade.
    pub fn trade(&mut self, now: Nanos, price: Price, sink: &mut dyn FnMut(Outcome)) {
        if !is_price(price) {
            self.counts.prices_refused += 1;
            return;
        }
        self.pass(now);
        self.contamination.trade(self.now);
        self.last = Some(price);
        self.price(Point::of(price), sink);
    }

    /// A depth event: the best of a trusted book, or `None` while it is not trusted.
    pub fn book(
        &mut self,
        now: Nanos,
        best: Option<(Price, Price)>,
        sink: &mut dyn FnMut(Outcome),
    ) {
        let is_sound = |(bid, ask): (Price, Price)| is_price(bid) && is_price(ask) && bid < ask;
        if best.is_some_and(|best| !is_sound(best)) {
            self.counts.prices_refused += 1;
            return;
        }
        self.pass(now);
        self.contamination.depth(self.now);
        self.best = best;
        match best {
            Some((bid, ask)) => self.price(Point::mid(bid, ask), sink),
            None => {
                self.each(Event::Tick, sink);
            }
        }
    }

    /// A fact from an insight. While contaminated none counts, now or later.
    pub fn fact(&mut self, now: Nanos, fact: &Fact, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        if fact.is_sound() && self.causes().is_empty() {
            self.recent.keep(fact);
            self.each(Event::Fact(fact), sink);
        } else {
            self.each(Event::Tick, sink);
        }
    }

    /// An order was answered. A fill of an order that was given up meanwhile is asked to be
    /// closed: no signal stands behind it any more.
    pub fn answer(
        &mut self,
        now: Nanos,
        key: OrderKey,
        answer: Answer,
        sink: &mut dyn FnMut(Outcome),
    ) {
        self.pass(now);
        let is_known = self.each(Event::Answer(key, answer), sink);
        match answer {
            _ if is_known => {}
            Answer::Fill { .. } => {
                self.counts.fills_stray += 1;
                sink(Outcome::Ask(key, Ask::Close));
            }
            _ => self.counts.answers_stray += 1,
        }
    }

    /// Time passed, or `figures` changed.
    pub fn tick(&mut self, now: Nanos, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        self.each(Event::Tick, sink);
    }

    /// A cause that others notice begins or ends: LAG, CVD; any other as well.
    pub fn cause(&mut self, now: Nanos, cause: Causes, is_on: bool, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        self.contamination.set(self.now, cause, is_on);
        self.each(Event::Tick, sink);
    }

    /// The verdict on the book.
    pub fn audit(&mut self, now: Nanos, audit: &Audit, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        self.contamination.audit(self.now, audit, &self.plan);
        self.each(Event::Tick, sink);
    }

    /// How far the sockets are apart in time.
    pub fn skew(&mut self, now: Nanos, apart: Nanos, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        self.contamination.skew(self.now, apart, &self.plan);
        self.each(Event::Tick, sink);
    }

    /// A poll came back or failed.
    pub fn poll(&mut self, now: Nanos, poll: Poll, succeeded: bool, sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        self.contamination.poll(self.now, poll, succeeded, &self.plan);
        self.each(Event::Tick, sink);
    }

    /// The level book was refreshed: these are its tradable levels. One that lives keeps what was
    /// frozen; one that is no longer there leaves when it has ended.
    pub fn refresh(&mut self, now: Nanos, levels: &[Level], sink: &mut dyn FnMut(Outcome)) {
        self.pass(now);
        let price = self.point();
        self.counts.levels_refused += self.tables.refresh(levels, price, &self.plan);
        self.each(Event::Tick, sink);
    }

    /// What contaminates now.
    #[must_use]
    pub fn causes(&self) -> Causes {
        self.contamination.causes(self.now, &self.plan)
    }

    /// Inputs that the source never brought.
    #[must_use]
    pub fn abstaining(&self) -> Inputs {
        self.contamination.abstaining()
    }

    /// Whether the flash guard holds profile levels: the level book must not refresh them.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.flash.is_frozen(self.now, &self.plan)
    }

    /// Every level with its state, rejections and magnets first.
    pub fn states(&self) -> impl Iterator<Item = (&Setup, State)> {
        self.tables.states()
    }

    fn pass(&mut self, now: Nanos) {
        if now < self.now {
            self.counts.times_back += 1;
        }
        self.now = self.now.max(now);
        self.contamination.pass(self.now, &self.plan);
    }

    fn price(&mut self, at: Point, sink: &mut dyn FnMut(Outcome)) {
        self.flash.see(self.now, at, &self.plan);
        self.each(Event::Price(at), sink);
    }

    /// The mid; without a trusted book the last trade.
    fn point(&self) -> Option<Point> {
        self.best.map(|(bid, ask)| Point::mid(bid, ask)).or(self.last.map(Point::of))
    }

    fn is_before_funding(&self) -> bool {
        self.figures.time_funding.is_some_and(|time| {
            self.now < time && time.since(self.now) <= span(self.plan.funding_ms)
        })
    }

    fn is_fast(&self) -> bool {
        let ratio = f64::from(self.plan.fast_ratio);
        match (self.figures.volatility_short, self.figures.volatility_long) {
            // A NaN compares false; a day without movement has no ratio.
            (Some(short), Some(long)) => long > 0.0 && short > ratio * long,
            _ => false,
        }
    }

    /// Brings an event to every slot. Whether one of them knew the answered order.
    fn each(&mut self, event: Event, sink: &mut dyn FnMut(Outcome)) -> bool {
        let features = Features {
            bid: self.best.map(|best| best.0),
            ask: self.best.map(|best| best.1),
            last: self.last,
            figures: self.figures,
        };
        let scene = Scene {
            now: self.now,
            plan: &self.plan,
            features,
            price: self.point(),
            causes: self.causes(),
            abstaining: self.abstaining(),
            is_frozen: self.is_frozen(),
            is_before_funding: self.is_before_funding(),
            is_fast: self.is_fast(),
            recent: &self.recent,
        };
        let mut voice = Voice { tickets: &mut self.tickets, sink };
        // Break-throughs first: one that is armed at this event already blocks its LVN.
        let known_break = self.tables.each_break(event, &scene, &mut voice);
        let known_fade = self.tables.each_fade(event, &scene, &mut voice);
        known_break || known_fade
    }
}

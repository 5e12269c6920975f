//! One instrument of the stage: what it hears and in which order it answers. Orders and positions are
//! in `orders.rs`.
//!
//! ```text
//! insights ─▶ sources, pulse          (what is known)
//! the event they follow from ─▶ fills ─▶ price ─▶ news ─▶ facts ─▶ exits ─▶ level book
//! ```

use model::{
    AuditLine, Body, BookLine, Flags, Head, Insight, Instrument, InstrumentId, Lots, Nanos, Price,
    TradeLine,
};

use super::lives::Lives;
use super::minutes::Minutes;
use super::paper::{Market, Paper};
use super::pulse::{News, Pulse};
use super::purse::{Purse, Touch};
use super::shelf::Shelf;
use super::sources::Sources;
use super::trades::{HOLDINGS_MAX, Holding};
use super::voice::Voice;
use crate::Plan;
use crate::hypotheses::{Audit, Causes, OUTCOMES_MAX, Outcome, Poll, Signals};
use crate::levels::{Facts, LevelBook, Progress};
use crate::risk::TradingState;

/// Outcomes that wait: those of the event, and those that the answers to its asks bring.
const QUEUE: usize = 2 * OUTCOMES_MAX;

/// What was last said of what may be done.
type Said = (TradingState, u32, u16, u16, bool);

/// One instrument.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) id: InstrumentId,
    pub(super) on: Instrument,
    pub(super) plan: Plan,
    pub(super) voice: Voice,
    pub(super) pulse: Pulse,
    pub(super) sources: Sources,
    pub(super) signals: Signals,
    pub(super) lives: Lives,
    pub(super) holdings: Vec<Holding>,
    pub(super) paper: Paper,
    pub(super) minutes: Minutes,
    pub(super) touch: Option<Touch>,
    pub(super) last: Option<Price>,
    /// The venue clock; between events of the venue it goes on with ours.
    pub(super) now: Nanos,
    levels: LevelBook,
    shelf: Shelf,
    pub(super) queue: Vec<Outcome>,
    /// Our clock less the venue's at the last event of the venue.
    lag: Nanos,
    /// The same of the book's and of the trades' last event.
    lags: [Option<Nanos>; 2],
    is_skewed: Option<bool>,
    has_mark: bool,
    minute_closed: bool,
    said: Option<Said>,
}

impl Desk {
    /// # Panics
    /// Never: the plan was concluded.
    pub(super) fn new(id: InstrumentId, on: Instrument, plan: Plan) -> Self {
        let sound = "a concluded plan";
        Self {
            id,
            on,
            plan,
            voice: Voice::new(id),
            pulse: Pulse::new(),
            sources: Sources::new(),
            signals: Signals::new(plan.hypotheses).expect(sound),
            lives: Lives::new(),
            holdings: Vec::with_capacity(HOLDINGS_MAX),
            paper: Paper::new(plan.paper),
            minutes: Minutes::new(),
            touch: None,
            last: None,
            now: Nanos::NONE,
            levels: LevelBook::new(plan.levels_of(on.symbol), on.tick).expect(sound),
            shelf: Shelf::new(),
            queue: Vec::with_capacity(QUEUE),
            lag: Nanos::NONE,
            lags: [None; 2],
            is_skewed: None,
            has_mark: false,
            minute_closed: false,
            said: None,
        }
    }

    /// Every level that is published now.
    pub(super) const fn levels(&self) -> &LevelBook {
        &self.levels
    }

    /// Takes in an insight; it is answered with the event that it follows from.
    #[inline]
    pub(super) fn hear(&mut self, insight: &Insight, body: Body<'_>) {
        self.sources.hear(insight, body);
        self.pulse.hear(insight, body);
    }

    fn open(&mut self, head: &Head, purse: &mut Purse) {
        self.now = self.now.max(head.time_event);
        if !head.flags.has(Flags::NO_LOCAL_CLOCK) {
            self.lag = head.time_local.since(self.now);
        }
        if self.now > Nanos::NONE {
            purse.begin(self.now);
            self.levels.number_from(purse.epoch());
        }
        self.voice.open(head.sequence, self.now);
        self.signals.figures = self.pulse.figures;
    }

    /// A trade. What warm start brings is remembered and not acted on.
    pub(super) fn trade(&mut self, head: &Head, line: &TradeLine, purse: &mut Purse) {
        self.open(head, purse);
        self.last = Some(line.price);
        self.minute_closed |= self.minutes.trade(head.time_venue(), line.price, line.lots);
        if head.flags.has(Flags::HISTORY) {
            return self.pulse.clear();
        }
        if !self.has_mark {
            self.mark_by_trade(line.price, purse);
        }
        if !self.paper.is_empty() {
            self.settle(Some(line.price), purse);
        }
        self.signals.trade(self.now, line.price, &mut |outcome| self.queue.push(outcome));
        self.drain(purse);
        self.skew(1, head, purse);
        self.finish(purse);
    }

    /// The book after an event.
    pub(super) fn book(&mut self, head: &Head, line: &BookLine, purse: &mut Purse) {
        self.open(head, purse);
        let best = line.is_sound().then_some((line.bid, line.ask));
        self.touch = best.map(|(bid, ask)| Touch { bid, ask });
        if head.flags.has(Flags::HISTORY) {
            return self.pulse.clear();
        }
        if !self.paper.is_empty() {
            self.settle(None, purse);
        }
        self.signals.book(self.now, best, &mut |outcome| self.queue.push(outcome));
        self.drain(purse);
        self.skew(0, head, purse);
        self.finish(purse);
    }

    /// An event of our own: our clock says how late it is at the venue.
    fn pass(&mut self, head: &Head) {
        let now = Nanos(head.time_local.0.saturating_sub(self.lag.0));
        self.now = self.now.max(now);
        self.voice.open(head.sequence, self.now);
        self.signals.figures = self.pulse.figures;
    }

    /// Our clock goes on while the venue is silent.
    pub(super) fn tick(&mut self, head: &Head, purse: &mut Purse) {
        if self.now == Nanos::NONE {
            return;
        }
        self.pass(head);
        if !self.paper.is_empty() {
            self.settle(None, purse);
        }
        self.signals.tick(self.now, &mut |outcome| self.queue.push(outcome));
        self.drain(purse);
        self.finish(purse);
    }

    /// A mark price, of the stream or of a poll.
    pub(super) fn mark(&mut self, head: &Head, mark: model::Fine, purse: &mut Purse) {
        self.open(head, purse);
        self.has_mark = true;
        purse.mark(self.id, mark, head.time_venue(), self.now);
        self.finish(purse);
    }

    /// The verdict on the book.
    pub(super) fn audit(&mut self, head: &Head, body: Body<'_>, purse: &mut Purse) {
        let (Some(line), Some(shadow)) = (body.view::<AuditLine>(0), body.view::<BookLine>(2))
        else {
            return;
        };
        self.open(head, purse);
        let audit = Audit {
            bid_ticks: line.bid_ticks,
            ask_ticks: line.ask_ticks,
            depth_off: Lots(line.depth_lots),
            depth: shadow.bid_depth + shadow.ask_depth,
        };
        self.signals.audit(self.now, &audit, &mut |outcome| self.queue.push(outcome));
        self.drain(purse);
        self.finish(purse);
    }

    /// Our host, the stages or the venue lag, or no longer do.
    pub(super) fn lag(&mut self, head: &Head, active: bool, purse: &mut Purse) {
        if self.now == Nanos::NONE {
            return;
        }
        self.pass(head);
        // One that says no end of itself ends at once: the hold behind it is what is asked for.
        for on in [true, active] {
            let sink = &mut |outcome| self.queue.push(outcome);
            self.signals.cause(self.now, Causes::LAG, on, sink);
        }
        self.drain(purse);
        self.finish(purse);
    }

    /// Where the source has no mark prices, the last trade stands in for them. Only fills in process
    /// go by it: a venue always has one.
    fn mark_by_trade(&mut self, price: Price, purse: &mut Purse) {
        if let Some(mark) = price.0.checked_mul(self.on.tick.0) {
            purse.mark(self.id, model::Fine(mark), self.now, self.now);
        }
    }

    /// How far the book's socket and the trades' are apart in time. `which`: 0 the book, 1 trades.
    fn skew(&mut self, which: usize, head: &Head, purse: &mut Purse) {
        let known = head.time_match.0 > 0 && !head.flags.has(Flags::NO_LOCAL_CLOCK);
        if !known {
            return;
        }
        self.lags[which] = Some(head.time_local.since(head.time_match));
        let [Some(book), Some(trades)] = self.lags else { return };
        let apart = Nanos(book.0.abs_diff(trades.0));
        let skewed = apart > Nanos::from_millis(self.plan.hypotheses.skew_ms);
        // Said when it changes: the signals look at everything each time.
        if self.is_skewed != Some(skewed) {
            self.is_skewed = Some(skewed);
            self.signals.skew(self.now, apart, &mut |outcome| self.queue.push(outcome));
            self.drain(purse);
        }
    }

    /// What every event ends with.
    fn finish(&mut self, purse: &mut Purse) {
        self.news(purse);
        self.facts(purse);
        if !self.holdings.is_empty() {
            self.tend(purse);
        }
        self.minute_closed = false;
        self.refresh(purse);
        self.say_state(purse);
    }

    fn news(&mut self, purse: &mut Purse) {
        for at in 0..self.pulse.news.len() {
            let news = self.pulse.news[at];
            let now = self.now;
            let sink = &mut |outcome| self.queue.push(outcome);
            match news {
                News::Interest(true) => self.signals.poll(now, Poll::Interest, true, sink),
                // Said once, when polls have failed for the time of as many as count.
                News::Interest(false) => {
                    for _ in 0..self.plan.hypotheses.polls_failed {
                        self.signals.poll(now, Poll::Interest, false, sink);
                    }
                }
                News::Funding => self.signals.poll(now, Poll::Funding, true, sink),
                News::Cvd(broken) => self.signals.cause(now, Causes::CVD, broken, sink),
            }
            self.drain(purse);
        }
        self.pulse.news.clear();
    }

    fn facts(&mut self, purse: &mut Purse) {
        for at in 0..self.pulse.facts.len() {
            let fact = self.pulse.facts[at];
            self.signals.fact(self.now, &fact, &mut |outcome| self.queue.push(outcome));
            self.drain(purse);
        }
        self.pulse.facts.clear();
    }

    /// Exits that time or a closed minute asks for.
    fn tend(&mut self, purse: &mut Purse) {
        for at in 0..self.holdings.len() {
            self.tend_one(at, self.minute_closed, purse);
        }
        self.holdings.retain(Holding::is_alive);
    }

    /// A piece of the level book's work.
    fn refresh(&mut self, purse: &mut Purse) {
        if self.sources.is_feeding() {
            return self.sources.feed(&mut self.levels);
        }
        match self.levels.step() {
            Progress::Swapped => {
                self.swapped(purse);
            }
            Progress::Working => {}
            Progress::Idle => {
                if self.levels.due(self.now) && !self.signals.is_frozen() {
                    self.begin_refresh();
                }
            }
        }
    }

    fn begin_refresh(&mut self) {
        let mid = self.touch.map(|touch| Price(touch.bid.0.midpoint(touch.ask.0)));
        let Some(price) = mid.or(self.last) else { return };
        let figures = &self.pulse.figures;
        let facts = Facts {
            time: self.now,
            price,
            volatility_5m: figures.volatility_short.unwrap_or(f64::NAN),
            volatility_24h: figures.volatility_long.unwrap_or(f64::NAN),
            atr_4h: self.pulse.atr_4h,
            day: self.sources.day(),
        };
        if self.levels.begin(facts).is_ok() {
            self.sources.begin();
        }
    }

    /// The book has new levels: they are said where something changed, and those that may have a
    /// signal are watched.
    fn swapped(&mut self, purse: &mut Purse) {
        self.shelf.publish(&self.levels, &mut self.voice);
        let sink = &mut |outcome| self.queue.push(outcome);
        self.signals.refresh(self.now, self.shelf.watched(), sink);
        self.drain(purse);
    }

    /// Brings every outcome to where it belongs, and those that follow from it, in their order.
    pub(super) fn drain(&mut self, purse: &mut Purse) {
        let mut at = 0;
        while let Some(&outcome) = self.queue.get(at) {
            at += 1;
            match outcome {
                Outcome::Turn(turn) => {
                    let step = self.lives.turn(&turn, &self.pulse.figures, &mut self.levels, purse);
                    let terms = self.shelf.terms(&turn.setup.level, &self.plan.levels.weights);
                    self.voice.turn(&turn, step, &terms);
                }
                Outcome::Ask(key, ask) => self.ask(key, ask, purse),
            }
        }
        self.queue.clear();
    }

    fn say_state(&mut self, purse: &mut Purse) {
        let causes = purse.gate.causes(&purse.account);
        let state = causes.state();
        let contamination = self.signals.causes().0;
        let abstaining = self.signals.abstaining().0;
        let frozen = self.signals.is_frozen();
        let now = (state, causes.bits(), contamination, abstaining, frozen);
        if self.said != Some(now) {
            let before = self.said.map(|said| said.0);
            self.said = Some(now);
            let equity = purse.equity();
            let flaws = (contamination, abstaining);
            self.voice.state((state, before), causes, flaws, frozen, equity);
        }
    }

    /// The market as orders meet it.
    pub(super) const fn market(&self, trade: Option<Price>) -> Market {
        Market { now: self.now, trade, last: self.last, touch: self.touch }
    }
}

//! The level book: candidates in, a few ranked levels a side out (spec § 8).
//!
//! ```text
//! due? ─▶ begin(facts) ─▶ offer(candidate)… refer(price)… ─▶ seal ─▶ step, step, step … Swapped
//!                                                                        │
//!          freeze(id) when a signal starts, release(id, …) when it ends ─┘ entries(side), find(id)
//! ```
//!
//! **How to join it.** One book an instrument. On each event, in the order of the log:
//!
//! 1. [`LevelBook::due`] says at each period and session change of the venue clock that a refresh
//!    is wanted. Then [`LevelBook::begin`] with the [`Facts`] of this moment, [`LevelBook::offer`]
//!    for each candidate, [`LevelBook::refer`] for each prior swing and session extreme, and
//!    [`LevelBook::seal`]. Offers are one binary search and a short move each; they may be spread
//!    over events too, the price being that of `begin`.
//! 2. [`LevelBook::step`] once on every event, gathering or not: it does `piece` elementary
//!    operations and says when the new levels have taken the old ones' place. A stream too quiet
//!    to finish in one period refreshes later: `due` is silent until the work is done.
//! 3. A signal that becomes Monitored calls [`LevelBook::freeze`]: from there on the level stands,
//!    whatever the candidates do. When the signal ends, [`LevelBook::release`] with what became of
//!    it counts the touch. Several signals may hold one level.
//!
//! **Invariants.** The same calls give the same levels; in which order a refresh was offered its
//! candidates, and how many operations a step has, makes no difference to what is published. No
//! allocation after `new`; every size is bounded, and what does not fit is counted by name. Floats
//! only in the score; near and far are compared in integers.
//!
//! | file | one line |
//! |---|---|
//! | `plan.rs` | the parameters, and what is refused |
//! | `input.rs` | what a refresh is given, and which of it counts |
//! | `near.rs` | percents of a price, round numbers |
//! | `score.rs` | the seven terms |
//! | `zone.rs` | half widths, nodes, overlap |
//! | `known.rs` | identity and touches |
//! | `refresh.rs` | the refresh in small pieces |
//! | `measure.rs`, `publish.rs` | its first and its last phases |
//! | `entry.rs` | what is published |
//!
//! **Worked.** An LVN of share 0.4 in a P-shaped window of bias 0.6, as a long 0.5 % below the price;
//! a value-area edge and a swing within 0.05 %, an average 0.02 % away, published a day ago:
//! S = 3·0.4 + 2·2 + 2·0 + 0.6 + 0.909 + 0.632 + 0.6 = 7.941; after one touch 5.559.
//!
//! **Where § 8 leaves a choice.** A percent is one of the level's own price, except: distance, of
//! the market's price; de-duplication, of the better level's; identity, of the price last seen and
//! of the one at birth. Every limit belongs to the nearer side ("within", "up to"). Confluence
//! counts five kinds: value-area edge (not for a level that is one), prior swing, round number,
//! node or POC of a window that holds other trades, session extreme; a cliff or an average gives
//! none; a young window gives nothing at all. The AVWAP term of an average is 1, the naked term of
//! a naked POC is 1. Levels without a profile take the UTC day's shape. Identity belongs to the
//! place: the kind that is best there may change. A level at the very price keeps its side; a new
//! one waits. Levels that drop out keep their number an hour, touched ones until the touches are
//! reset. Missing volatility widens nothing; a missing ATR falls back to the percent.

mod entry;
mod input;
mod known;
mod measure;
mod near;
mod plan;
mod publish;
mod refresh;
mod score;
mod zone;

#[cfg(test)]
mod tests;

use model::{Fine, FundingSession, Nanos, Price, Side};

pub use entry::{Entry, REASONS_MAX, Reason, Reasons};
pub use input::{
    Candidate, Class, Facts, ITEMS_MAX, PRICE_MAX, Reference, SHARE_MAX, Shape, Source, Turned,
    bin_at, bin_centre,
};
pub use plan::{LevelPlan, LevelPlanError, SIDE_LEVELS_MAX, Weights, ZoneBase};
pub use refresh::{Progress, WINNERS_MAX};
pub use score::{Kinds, Terms};

use input::Item;
use known::Memory;
use refresh::{Phase, Scratch};

use crate::terms::LevelId;

/// An instrument's levels.
#[derive(Debug)]
pub struct LevelBook {
    plan: LevelPlan,
    tick: Fine,
    memory: Memory,
    scratch: Scratch,
    phase: Phase,
    /// What is published: buys, then sells.
    shown: [Vec<Shown>; 2],
    /// Refreshes that took effect, and one: 0 is never.
    swaps: u64,
    /// When the last refresh began.
    time_begun: Option<Nanos>,
    /// The last of P, b and D that the UTC day was.
    day_class: Option<Class>,
    counts: Counts,
}

/// A published level and the place that remembers it.
#[derive(Clone, Copy, Debug)]
struct Shown {
    entry: Entry,
    slot: u16,
}

/// What happened so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Refreshes that took effect.
    pub refreshes: u64,
    /// Refreshes that a newer one cut short.
    pub abandoned: u64,
    /// Times that a refresh was measured anew, because a level was frozen or released meanwhile.
    pub restarts: u64,
    /// What was turned away, in the order of [`Turned::ALL`].
    pub turned: [u64; Turned::ALL.len()],
    /// Candidates left over when [`WINNERS_MAX`] levels had been found.
    pub crowded: u64,
    /// Known levels forgotten early because all places were taken.
    pub evicted: u64,
    /// Levels known now.
    pub known: usize,
}

/// How a signal ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Price was in the zone: counts a touch, at this time of the venue clock.
    Touched(Nanos),
    /// Price never came: counts none.
    Untouched,
}

/// Why a level cannot be frozen or released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// It is not published.
    Unknown,
    /// It is touched out, or a better level's zone overlaps its own.
    NotLive,
    /// Nobody holds it.
    NotFrozen,
}

impl LevelBook {
    /// An empty book for an instrument with this price step.
    ///
    /// # Errors
    /// A parameter outside its range, or a tick that is not positive.
    pub fn new(plan: LevelPlan, tick: Fine) -> Result<Self, LevelPlanError> {
        plan.check()?;
        if tick.0 <= 0 {
            return Err(LevelPlanError { key: "tick", low: 1e-8, high: 1e9, got: 0.0 });
        }
        let side = || Vec::with_capacity(plan.side_levels);
        Ok(Self {
            plan,
            tick,
            memory: Memory::new(),
            scratch: Scratch::new(&plan),
            phase: Phase::Idle,
            shown: [side(), side()],
            swaps: 1,
            time_begun: None,
            day_class: None,
            counts: Counts::default(),
        })
    }

    /// The numbers of new levels follow this one. It does nothing once there was a level.
    pub fn number_from(&mut self, number: u64) {
        self.memory.number_from(number);
    }

    /// Whether a refresh is wanted: the venue clock entered another period or funding session
    /// since the last began, and that one's work is done.
    #[must_use]
    pub fn due(&self, now: Nanos) -> bool {
        let free = matches!(self.phase, Phase::Idle);
        free && self.time_begun.is_none_or(|begun| {
            let period = now.floor(self.plan.refresh) > begun.floor(self.plan.refresh);
            let session = now.floor(FundingSession::LENGTH) > begun.floor(FundingSession::LENGTH);
            period || session
        })
    }

    /// Begins a refresh; one that is not done is dropped, what is published stays.
    ///
    /// # Errors
    /// [`Turned::Absurd`]: a price outside 1..=[`PRICE_MAX`]; nothing changes.
    pub fn begin(&mut self, facts: Facts) -> Result<(), Turned> {
        if !input::priced(facts.price) {
            return Err(self.turn(Turned::Absurd));
        }
        self.drop_unfinished();
        self.time_begun = Some(facts.time);
        self.follow_class(facts.day.class);
        self.scratch.open(facts, &self.plan, self.tick);
        self.phase = Phase::Gathering;
        Ok(())
    }

    /// Gives the refresh a candidate.
    ///
    /// # Errors
    /// Why it does not take part; it is counted.
    pub fn offer(&mut self, candidate: &Candidate) -> Result<(), Turned> {
        let now = self.scratch.facts.time;
        let item = self
            .gathering()
            .and_then(|()| input::admit(candidate, now, self.plan.young, self.plan.young_bins));
        match item.and_then(|item| self.scratch.add(item)) {
            Ok(()) => Ok(()),
            Err(turned) => Err(self.turn(turned)),
        }
    }

    /// Gives the refresh a price that adds confluence.
    ///
    /// # Errors
    /// Why it does not take part; it is counted.
    pub fn refer(&mut self, reference: Reference, price: Price) -> Result<(), Turned> {
        let item = self.gathering().and_then(|()| {
            let sound = input::priced(price);
            if sound { Ok(Item::reference(reference, price)) } else { Err(Turned::Absurd) }
        });
        match item.and_then(|item| self.scratch.add(item)) {
            Ok(()) => Ok(()),
            Err(turned) => Err(self.turn(turned)),
        }
    }

    /// Everything was given: from here on [`LevelBook::step`] works. Without `begin` it does
    /// nothing.
    pub fn seal(&mut self) {
        if matches!(self.phase, Phase::Gathering) {
            self.phase = Phase::Sweep { slot: 0 };
        }
    }

    /// The levels of a side: those that a signal holds, then the others, best first.
    pub fn entries(&self, side: Side) -> impl Iterator<Item = &Entry> {
        self.shown[place_of(side)].iter().map(|shown| &shown.entry)
    }

    /// A published level.
    #[must_use]
    pub fn find(&self, id: LevelId) -> Option<&Entry> {
        self.shown.iter().flatten().map(|shown| &shown.entry).find(|entry| entry.level.id == id)
    }

    /// Holds a level for a signal: nothing of it changes and nothing displaces it until every
    /// signal that holds it has ended.
    ///
    /// # Errors
    /// Why no signal may start there.
    pub fn freeze(&mut self, id: LevelId) -> Result<Entry, Unfit> {
        let shown = self.shown_mut(id).ok_or(Unfit::Unknown)?;
        if !shown.entry.live {
            return Err(Unfit::NotLive);
        }
        shown.entry.frozen = true;
        let Shown { entry, slot } = *shown;
        let known = self.memory.get_mut(slot);
        known.holds = known.holds.saturating_add(1);
        self.restart();
        Ok(entry)
    }

    /// A signal that held a level ended.
    ///
    /// # Errors
    /// [`Unfit::NotFrozen`]: no signal holds it; nothing changes.
    pub fn release(&mut self, id: LevelId, ended: Ended) -> Result<(), Unfit> {
        let slot = self.memory.find(id).ok_or(Unfit::NotFrozen)?;
        if self.memory.get(slot).holds == 0 {
            return Err(Unfit::NotFrozen);
        }
        self.memory.get_mut(slot).holds -= 1;
        if let Ended::Touched(time) = ended {
            self.memory.touch(slot, time, &self.plan);
        }
        let known = *self.memory.get(slot);
        let most = self.plan.max_touches;
        if let Some(Shown { entry, .. }) = self.shown_mut(id) {
            entry.frozen = known.holds > 0;
            if matches!(ended, Ended::Touched(_)) {
                entry.touches = known.touches;
                entry.time_touched = known.time_touched;
                entry.tradable = entry.touches < most;
            }
            entry.live = entry.tradable && entry.live;
        }
        self.restart();
        Ok(())
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            refreshes: self.swaps - 1,
            evicted: self.memory.evicted,
            known: self.memory.len(),
            ..self.counts
        }
    }

    /// The plan it runs by.
    #[must_use]
    pub const fn plan(&self) -> &LevelPlan {
        &self.plan
    }

    fn shown_mut(&mut self, id: LevelId) -> Option<&mut Shown> {
        self.shown.iter_mut().flatten().find(|shown| shown.entry.level.id == id)
    }

    fn gathering(&self) -> Result<(), Turned> {
        if matches!(self.phase, Phase::Gathering) { Ok(()) } else { Err(Turned::Closed) }
    }

    fn turn(&mut self, turned: Turned) -> Turned {
        self.counts.turned[turned.index()] += 1;
        turned
    }

    /// Touches are reset when the UTC day's class changes between P, b and D; what it was in
    /// between does not matter.
    fn follow_class(&mut self, class: Option<Class>) {
        let Some(class) = class.filter(|class| class.resets()) else { return };
        if self.day_class.is_some_and(|before| before != class) {
            self.memory.era += 1;
        }
        self.day_class = Some(class);
    }

    fn drop_unfinished(&mut self) {
        match self.phase {
            Phase::Idle => {}
            // What is published already must also be remembered.
            Phase::Settle { .. } => {
                while matches!(self.phase, Phase::Settle { .. }) {
                    self.operate();
                }
            }
            _ => self.counts.abandoned += 1,
        }
    }
}

/// The place of a side in an array of two.
const fn place_of(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

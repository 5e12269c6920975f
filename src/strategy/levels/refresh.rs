//! A refresh in small pieces.
//!
//! ```text
//! Gathering ─▶ Sweep ─▶ Measure ─▶ Dedupe ─▶ Assign ─▶ Publish ─▶ (swap) ─▶ Settle ─▶ Idle
//!              forget   terms,     the best  identity, entries,             what was
//!              old ones known,     absorb    K a side  live                 seen where
//!                       rank
//! ```
//!
//! Up to the swap only scratch is written (and births, which no one sees before it). So when a
//! signal freezes or releases a level meanwhile, the work simply starts again from the same input.

use model::{Fine, Nanos, Price, Side};

use super::LevelBook;
use super::Shown;
use super::input::{Facts, ITEMS_MAX, Item, Role, Shape, Turned};
use super::known::{KNOWN_MAX, NOWHERE};
use super::near::RoundSteps;
use super::plan::{LevelPlan, SIDE_LEVELS_MAX};
use super::score::{Kinds, Terms};
use super::zone::Width;
use super::{REASONS_MAX, place_of};
use crate::terms::LevelKind;

/// Levels that a refresh tells apart, published or not; the worst of more go without.
pub const WINNERS_MAX: usize = 128;

const _: () = {
    // Published, about to be published and just taken ones never fill the memory.
    assert!(WINNERS_MAX + 4 * SIDE_LEVELS_MAX < KNOWN_MAX);
    assert!(ITEMS_MAX < NOWHERE as usize);
};

/// What [`LevelBook::step`] came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// There is nothing to do.
    Idle,
    /// A refresh is under way.
    Working,
    /// New levels have taken the place of the old ones.
    Swapped,
}

/// Where a refresh is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Idle,
    Gathering,
    Sweep { slot: u16 },
    Measure { place: usize },
    Dedupe { place: usize },
    Assign { winner: usize },
    Publish { index: usize },
    Settle { winner: usize },
}

/// What was found out about an item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Measured {
    pub terms: Terms,
    pub kinds: Kinds,
    pub side: Option<Side>,
    pub decay: f64,
    pub score: f64,
    /// The known level that it continues, or [`NOWHERE`].
    pub known: u16,
}

impl Measured {
    pub(super) const BLANK: Self = Self {
        terms: Terms {
            lvn: 0.0,
            confluence: 0.0,
            naked: 0.0,
            shape: 0.0,
            distance: 0.0,
            age: 0.0,
            avwap: 0.0,
        },
        kinds: Kinds(0),
        side: None,
        decay: 1.0,
        score: 0.0,
        known: NOWHERE,
    };
}

/// How far the neighbours of the item under measure have been looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    /// Places below this one are still to be looked at; 0 when done.
    pub below: usize,
    /// Places from this one on too; beyond the last when done.
    pub above: usize,
    /// How far away a neighbour may be, in ticks.
    pub far: i64,
    /// How far for confluence, <= `far`.
    pub beside: i64,
    pub kinds: Kinds,
    /// The nearest anchored average or band so far, in ticks.
    pub avwap: i64,
}

/// A level that nothing better absorbed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Winner {
    pub price: Price,
    /// Its item; [`NOWHERE`]: it is frozen.
    pub item: u16,
    pub measured: Measured,
    pub reasons: [u16; REASONS_MAX],
    pub absorbed: u32,
    /// Of a frozen one: where its candidate is now.
    pub tracked: Option<Price>,
}

/// All that a refresh works on.
#[derive(Debug)]
pub(super) struct Scratch {
    pub facts: Facts,
    pub width: Width,
    pub round: RoundSteps,
    /// Counts the attempts of all refreshes; names who claimed an identity.
    pub attempt: u64,
    pub items: Vec<Item>,
    /// Items from low to high.
    pub by_price: Vec<u16>,
    /// When the last completed session of each window opened.
    newest: [Nanos; model::Window::ALL.len()],
    pub measured: Vec<Measured>,
    pub look: Look,
    /// Candidates, best first.
    pub rank: Vec<u16>,
    /// Frozen ones, then by rank.
    pub winners: Vec<Winner>,
    /// Winners from low to high.
    pub winners_by_price: Vec<u16>,
    /// The best winners of each side.
    pub picks: [Vec<u16>; 2],
    pub next: [Vec<Shown>; 2],
    /// Candidates of sessions that were superseded.
    pub outdated: u64,
    /// Candidates left over when there were enough winners.
    pub crowded: u64,
}

impl Scratch {
    pub(super) fn new(plan: &LevelPlan) -> Self {
        let facts = Facts {
            time: Nanos::NONE,
            price: Price(1),
            volatility_5m: f64::NAN,
            volatility_24h: f64::NAN,
            atr_4h: f64::NAN,
            day: Shape::NONE,
        };
        let blank = Item::reference(super::Reference::Swing, Price(1));
        let winner = Winner {
            price: Price(1),
            item: NOWHERE,
            measured: Measured::BLANK,
            reasons: [NOWHERE; REASONS_MAX],
            absorbed: 0,
            tracked: None,
        };
        let side = || Vec::with_capacity(plan.side_levels);
        Self {
            facts,
            width: Width::of(&facts, plan),
            round: RoundSteps([0; 2]),
            attempt: 0,
            items: pool(blank, ITEMS_MAX),
            by_price: pool(NOWHERE, ITEMS_MAX),
            newest: [Nanos::NONE; model::Window::ALL.len()],
            measured: pool(Measured::BLANK, ITEMS_MAX),
            look: Look { below: 0, above: 0, far: 0, beside: 0, kinds: Kinds(0), avwap: i64::MAX },
            rank: pool(NOWHERE, ITEMS_MAX),
            winners: pool(winner, WINNERS_MAX),
            winners_by_price: pool(NOWHERE, WINNERS_MAX),
            picks: [pool(NOWHERE, SIDE_LEVELS_MAX + 1), pool(NOWHERE, SIDE_LEVELS_MAX + 1)],
            next: [side(), side()],
            outdated: 0,
            crowded: 0,
        }
    }

    /// Empties it for another refresh.
    pub(super) fn open(&mut self, facts: Facts, plan: &LevelPlan, tick: Fine) {
        self.facts = facts;
        self.width = Width::of(&facts, plan);
        self.round = RoundSteps::of(plan.round_steps, tick, facts.price);
        self.items.clear();
        self.by_price.clear();
        self.measured.clear();
        self.newest = [Nanos::NONE; model::Window::ALL.len()];
        self.again();
    }

    /// Forgets what was found out, not what was given.
    pub(super) fn again(&mut self) {
        self.attempt += 1;
        (self.outdated, self.crowded) = (0, 0);
        self.rank.clear();
        self.winners.clear();
        self.winners_by_price.clear();
        self.picks.iter_mut().for_each(Vec::clear);
        self.next.iter_mut().for_each(Vec::clear);
    }

    /// Takes an item in, in order of price.
    pub(super) fn add(&mut self, item: Item) -> Result<(), Turned> {
        if self.items.len() == ITEMS_MAX {
            return Err(Turned::Full);
        }
        let source = &item.candidate.source;
        if of_session(&item) {
            let newest = &mut self.newest[source.window as usize];
            *newest = (*newest).max(source.time_open);
        }
        let at = self
            .by_price
            .partition_point(|&other| self.items[usize::from(other)].order() <= item.order());
        self.by_price.insert(at, u16::try_from(self.items.len()).unwrap_or(NOWHERE));
        self.items.push(item);
        self.measured.push(Measured::BLANK);
        Ok(())
    }

    /// The item at a place in the order of prices.
    pub(super) fn at(&self, place: usize) -> &Item {
        &self.items[usize::from(self.by_price[place])]
    }

    /// Whether a later session of its window has been completed.
    pub(super) fn superseded(&self, item: &Item) -> bool {
        let source = &item.candidate.source;
        of_session(item) && source.time_open < self.newest[source.window as usize]
    }
}

/// Whether it comes from the profile of a completed session, of which only the last counts.
fn of_session(item: &Item) -> bool {
    let line = matches!(
        item.candidate.kind,
        LevelKind::NakedPoc | LevelKind::Avwap | LevelKind::AvwapBand
    );
    item.role == Role::Candidate && item.candidate.source.completed && !line
}

/// An empty pool whose pages are written, so that no event meets them first.
fn pool<T: Clone>(blank: T, size: usize) -> Vec<T> {
    let mut pool = vec![blank; size];
    pool.clear();
    pool
}

impl LevelBook {
    /// Does a fixed small piece of the refresh.
    pub fn step(&mut self) -> Progress {
        let swaps = self.swaps;
        let mut left = self.plan.piece;
        while left > 0 && !matches!(self.phase, Phase::Idle | Phase::Gathering) {
            left = left.saturating_sub(self.operate());
        }
        match self.phase {
            _ if self.swaps > swaps => Progress::Swapped,
            Phase::Idle => Progress::Idle,
            _ => Progress::Working,
        }
    }

    /// One operation; returns what it costs, in elementary operations.
    pub(super) fn operate(&mut self) -> u32 {
        match self.phase {
            Phase::Idle | Phase::Gathering => u32::MAX,
            Phase::Sweep { slot } => self.sweep(slot),
            Phase::Measure { place } => self.measure(place),
            Phase::Dedupe { place } => self.dedupe(place),
            Phase::Assign { winner } => self.assign(winner),
            Phase::Publish { index } => self.publish(index),
            Phase::Settle { winner } => self.settle(winner),
        }
    }

    /// Starts the work again because a level was frozen or released.
    pub(super) fn restart(&mut self) {
        let begun = !matches!(
            self.phase,
            Phase::Idle | Phase::Gathering | Phase::Sweep { .. } | Phase::Settle { .. }
        );
        if begun {
            self.counts.restarts += 1;
            self.scratch.again();
            self.phase = Phase::Measure { place: 0 };
            self.look_from(0);
        }
    }

    fn sweep(&mut self, slot: u16) -> u32 {
        if usize::from(slot) == KNOWN_MAX {
            self.phase = Phase::Measure { place: 0 };
            self.look_from(0);
            return 1;
        }
        self.memory.sweep(slot, self.scratch.facts.time, self.swaps, &self.plan);
        self.phase = Phase::Sweep { slot: slot + 1 };
        1
    }

    /// Remembers where each winner was seen.
    fn settle(&mut self, winner: usize) -> u32 {
        let Some(found) = self.scratch.winners.get(winner) else {
            self.phase = Phase::Idle;
            return 1;
        };
        if found.measured.known != NOWHERE {
            let known = self.memory.get_mut(found.measured.known);
            let frozen = found.item == NOWHERE;
            let seen = if frozen { found.tracked } else { Some(found.price) };
            known.seen = seen.unwrap_or(known.seen);
            known.time_seen = self.scratch.facts.time;
            if let Some(side) = found.measured.side.filter(|_| !frozen) {
                known.side = side;
            }
        }
        self.phase = Phase::Settle { winner: winner + 1 };
        1
    }

    /// How many of a side's levels signals hold.
    pub(super) fn frozen(&self, side: Side) -> usize {
        self.shown[place_of(side)].iter().filter(|shown| shown.entry.frozen).count()
    }
}

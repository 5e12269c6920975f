//! The order book of one instrument: two sides and the exchange's procedure for keeping them
//! equal to the venue's.
//!
//! ```text
//!            snapshot                  an event that straddles it
//! Unsynced ───────────▶ Syncing ─────────────────────────────────▶ Trusted
//!     ▲                    │ the next event begins behind it          │ chain broken, crossed,
//!     │                    │                                          │ connection lost, host paused,
//!     │                    │                                          │ an audit differs
//!     └────────────────────┴──────────────────────────────────────────┘
//! ```
//!
//! Events that arrive while the book is not trusted wait in a buffer; those in it count as later
//! events when a snapshot comes. Nothing but a snapshot brings trust back: no quote, no partial
//! depth, no time.
//!
//! A snapshot ends after so many levels a side. Levels beyond its last one are known only once
//! they change, so a book whose price leaves the range that the snapshot told may lack levels at
//! its best though its chain is whole. Such a book is *uncovered*: it says so, keeps its events,
//! and takes the next snapshot that reaches into them, without a moment of no book between.
//!
//! **Invariants.** A trusted book is never crossed or locked, and its `update_id` is the `u` of
//! the last event of an unbroken chain. An event that breaks the chain changes no level; one with
//! a level that cannot be costs the trust.

use model::{
    Body, BookLine, BookState, Fine, Head, Instrument, Level, LevelPrice, Line, Lots, Message,
    Nanos, Price, Side, Venue,
};
use runtime::Counters;

use crate::buffer::Buffer;
use crate::content::Content;
use crate::drain::Drain;
use crate::half::Half;
use crate::put::put_lines;
use crate::{BookCounter, Plan};

/// Where the venue cuts a snapshot: a side of exactly so many levels is taken for cut. Shorter
/// ones do not even cover the best levels, and are taken for whole books of tests and of
/// markets that thin.
const CUTS: [usize; 5] = [50, 100, 500, 1_000, 5_000];

/// One side of a snapshot.
#[derive(Clone, Copy, Default)]
struct Extent {
    // The best key and the worst; none where the side is empty.
    best: Option<i64>,
    worst: Option<i64>,
    levels: usize,
}

/// What an event did to the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Levels or state changed; so many level changes were applied.
    Changed(u32),
    /// Nothing that others could see.
    Unchanged,
}

/// One instrument's order book.
#[derive(Debug)]
pub struct OrderBook {
    venue: Venue,
    tick: Fine,
    bids: Half,
    asks: Half,
    buffer: Buffer,
    state: BookState,
    /// The last event applied (u), or the snapshot's id while none was.
    update_id: u64,
    /// Receive time of the last event applied.
    time_local: Nanos,
    stale: bool,
    /// Whether one of the best levels lies beyond what the last snapshot told.
    uncovered: bool,
    /// T of the last event applied and of the one before it.
    time_match: Nanos,
    time_before: Nanos,
    /// Whether the last event went from a trusted book to a trusted one: only then its losses
    /// are those of its interval.
    is_chained: bool,
    drain: Drain,
    counters: Counters<BookCounter>,
}

impl OrderBook {
    pub(crate) fn new(
        instrument: &Instrument,
        plan: &Plan,
        counters: &Counters<BookCounter>,
    ) -> Self {
        Self {
            venue: instrument.venue,
            tick: instrument.tick,
            bids: Half::new(Side::Buy, instrument.tick, plan, counters),
            asks: Half::new(Side::Sell, instrument.tick, plan, counters),
            buffer: Buffer::new(plan.buffer_lines),
            state: BookState::Unsynced,
            update_id: 0,
            time_local: Nanos::NONE,
            stale: false,
            uncovered: false,
            time_match: Nanos::NONE,
            time_before: Nanos::NONE,
            is_chained: false,
            drain: Drain::new(),
            counters: counters.clone(),
        }
    }

    /// How far the book is to be trusted. The levels of an untrusted book are those it had when
    /// trust was lost.
    #[must_use]
    pub const fn state(&self) -> BookState {
        self.state
    }

    /// Whether no event came for `Plan::stale_after`.
    #[must_use]
    pub const fn stale(&self) -> bool {
        self.stale
    }

    /// Whether one of the best `OBI_LEVELS` levels of a side lies beyond what the last snapshot
    /// told: levels may be missing there.
    #[must_use]
    pub const fn uncovered(&self) -> bool {
        self.uncovered
    }

    /// What levels lost by the event that was applied last, given its body; none when it
    /// had no levels, or did not go from a trusted book to a trusted one.
    #[inline]
    pub(crate) fn losses(&mut self, body: Body<'_>) -> &[Line] {
        if !self.is_chained || self.state != BookState::Trusted {
            return &[];
        }
        self.drain.tell(body, self.time_before)
    }

    /// `u` of the last event applied, or the id of the snapshot while none was.
    #[must_use]
    pub const fn update_id(&self) -> u64 {
        self.update_id
    }

    /// The best level of a side: its price (off the grid: rounded away from the spread) and lots.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(Price, Lots)> {
        self.half(side).best()
    }

    /// The best `count` levels of a side, best first.
    pub fn top(&self, side: Side, count: usize, visit: impl FnMut(LevelPrice, Lots)) {
        self.half(side).top(count, visit);
    }

    /// Levels on a side. Counted: about a microsecond.
    #[must_use]
    pub fn level_count(&self, side: Side) -> usize {
        self.half(side).level_count()
    }

    /// Lots on a side, all levels together. Added up: tens of microseconds.
    #[must_use]
    pub fn lots(&self, side: Side) -> Lots {
        self.half(side).lots()
    }

    /// Whether a level of a side had to be left out since the last snapshot: the far table was
    /// full.
    #[must_use]
    pub fn incomplete(&self, side: Side) -> bool {
        self.half(side).incomplete()
    }

    pub(crate) const fn half(&self, side: Side) -> &Half {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// The book for those behind it.
    pub(crate) fn line(&self, changes: u32) -> BookLine {
        let none = (Price(0), Lots(0));
        let mut line = BookLine {
            bid: Price(0),
            ask: Price(0),
            bid_lots: Lots(0),
            ask_lots: Lots(0),
            bid_depth: Lots(0),
            ask_depth: Lots(0),
            changes,
            bid_levels: 0,
            ask_levels: 0,
            state: self.state.code(),
            stale: u8::from(self.stale),
            uncovered: u8::from(self.uncovered),
            reserved: [0; 7],
        };
        if self.state == BookState::Trusted {
            (line.bid, line.bid_lots) = self.bids.best().unwrap_or(none);
            (line.ask, line.ask_lots) = self.asks.best().unwrap_or(none);
            let (bids, asks) = (self.bids.depth(), self.asks.depth());
            (line.bid_depth, line.bid_levels) = (bids.lots, bids.levels);
            (line.ask_depth, line.ask_levels) = (asks.lots, asks.levels);
        }
        line
    }

    /// Takes a depth event.
    pub(crate) fn depth(&mut self, message: Message<'_>, content: Option<&mut Content>) -> Step {
        let head = message.head;
        match self.state {
            BookState::Trusted if head.id <= self.update_id => self.duplicate(),
            BookState::Trusted if !self.follows(head, self.update_id) => {
                self.counters.bump(BookCounter::DepthGaps);
                self.buffer.clear();
                self.lose();
                self.wait(message);
                Step::Changed(0)
            }
            BookState::Trusted => self.apply(head, message.body, content),
            BookState::Syncing if self.precedes(head) => {
                self.counters.bump(BookCounter::DepthBeforeSnapshot);
                Step::Unchanged
            }
            BookState::Syncing if self.straddles(head) => self.apply(head, message.body, content),
            BookState::Syncing => {
                self.counters.bump(BookCounter::SnapshotsTooOld);
                self.lose();
                self.wait(message);
                Step::Changed(0)
            }
            BookState::Unsynced => {
                self.wait(message);
                Step::Unchanged
            }
        }
    }

    /// Takes a snapshot.
    pub(crate) fn snapshot(
        &mut self,
        message: Message<'_>,
        mut content: Option<&mut Content>,
    ) -> Step {
        // An unbroken chain needs none, and a snapshot could only take it back in time. While
        // nothing comes through the chain (stale) it may be the chain that is wrong.
        if self.state == BookState::Trusted && !self.stale && !self.is_met_by(message.head) {
            self.counters.bump(BookCounter::SnapshotsIgnored);
            return Step::Unchanged;
        }
        let mut changes = self.load(message);
        if self.state == BookState::Unsynced {
            return Step::Changed(changes);
        }
        while self.state != BookState::Unsynced
            && let Some((head, _)) = self.buffer.front()
        {
            if self.state == BookState::Syncing && self.precedes(&head) {
                self.counters.bump(BookCounter::DepthBeforeSnapshot);
            } else if self.state == BookState::Syncing && !self.straddles(&head) {
                // What waits began after it: only a newer snapshot can meet it.
                self.counters.bump(BookCounter::SnapshotsTooOld);
                self.lose();
                break;
            } else {
                changes += self.apply_front(content.as_deref_mut());
            }
            self.buffer.pop();
        }
        self.judge_cover();
        Step::Changed(changes)
    }

    /// Whether an uncovered book kept the events that lead on from a snapshot.
    fn is_met_by(&self, snapshot: &Head) -> bool {
        self.uncovered
            && self.buffer.front().is_some_and(|(first, _)| first.id_first() <= snapshot.id)
    }

    /// Whether the best levels lie within what the last snapshot told.
    #[inline]
    fn judge_cover(&mut self) {
        let uncovered =
            self.state == BookState::Trusted && (self.bids.uncovered() || self.asks.uncovered());
        if uncovered && !self.uncovered {
            self.counters.bump(BookCounter::Uncovered);
        }
        self.uncovered = uncovered;
    }

    /// Forgets everything: the venue's time jumped, or the grid changed.
    pub(crate) fn restart(&mut self, instrument: &Instrument) {
        self.venue = instrument.venue;
        self.tick = instrument.tick;
        self.bids.clear(self.tick);
        self.asks.clear(self.tick);
        self.buffer.clear();
        self.update_id = 0;
        self.lose();
    }

    /// Takes trust away; whether there was any. What waits lies before the hole as well, so no
    /// snapshot may lead from it across.
    pub(crate) fn distrust(&mut self) -> bool {
        let had = self.state != BookState::Unsynced;
        self.buffer.clear();
        self.lose();
        had
    }

    /// Whether the flag rose: no event for `after`, while trusted.
    pub(crate) fn tick(&mut self, now_local: Nanos, after: Nanos) -> bool {
        let rises = self.state == BookState::Trusted
            && !self.stale
            && after <= now_local.since(self.time_local);
        self.stale |= rises;
        rises
    }

    fn duplicate(&self) -> Step {
        self.counters.bump(BookCounter::DepthDuplicates);
        Step::Unchanged
    }

    const fn lose(&mut self) {
        self.state = BookState::Unsynced;
        self.stale = false;
        self.uncovered = false;
    }

    /// Whether an event follows the one whose last id is `last`.
    const fn follows(&self, head: &Head, last: u64) -> bool {
        match self.venue {
            Venue::UsdM => head.id_prev == last,
            Venue::Spot => head.id_first() == last.saturating_add(1),
        }
    }

    /// Whether an event ends before the snapshot.
    const fn precedes(&self, head: &Head) -> bool {
        match self.venue {
            Venue::UsdM => head.id < self.update_id,
            Venue::Spot => head.id <= self.update_id,
        }
    }

    /// Whether an event that does not precede the snapshot begins within it.
    const fn straddles(&self, head: &Head) -> bool {
        match self.venue {
            Venue::UsdM => head.id_first() <= self.update_id,
            Venue::Spot => head.id_first() <= self.update_id.saturating_add(1),
        }
    }

    /// Keeps an event for the snapshot to come.
    fn wait(&mut self, message: Message<'_>) {
        if let Some(last) = self.buffer.last() {
            if message.head.id <= last {
                self.counters.bump(BookCounter::DepthDuplicates);
                return;
            }
            if !self.follows(message.head, last) {
                // No snapshot leads across a hole: what lies before it is of no use.
                self.counters.bump(BookCounter::DepthGaps);
                self.buffer.clear();
            }
        }
        let dropped = self.buffer.push(message);
        self.counters.add(BookCounter::BufferDropped, dropped);
    }

    /// Makes the sides what a snapshot says.
    fn load(&mut self, message: Message<'_>) -> u32 {
        self.bids.clear(self.tick);
        self.asks.clear(self.tick);
        let [bids, asks] = self.extents(message.body);
        bids.best.inspect(|&key| self.bids.recenter(key));
        asks.best.inspect(|&key| self.asks.recenter(key));
        self.update_id = message.head.id;
        self.time_local = message.head.time_local;
        self.stale = false;
        self.state = BookState::Syncing;
        self.counters.bump(BookCounter::Snapshots);
        let changes = put_lines(&mut self.bids, &mut self.asks, message.body, &mut self.drain);
        self.close();
        for (half, extent) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            if let Some(worst) = extent.worst.filter(|_| CUTS.contains(&extent.levels)) {
                half.covered = worst;
            }
        }
        changes
    }

    /// How far each side of a snapshot reaches: from its best key, so that its levels go where
    /// they belong at once, to its worst.
    fn extents(&self, body: Body<'_>) -> [Extent; 2] {
        let mut extents = [Extent::default(); 2];
        for level in body.iter().flat_map(Level::all).filter(|level| 0 < level.lots.0) {
            let price = match level.price {
                LevelPrice::Tick(price) => price.0,
                LevelPrice::Fine(fine) => fine.0 / self.tick.0,
            };
            // What lies beyond is refused when it is put.
            if 0 < price && price.checked_mul(self.tick.0).is_some() {
                let at = usize::from(level.side == Side::Sell);
                let (extent, key) = (&mut extents[at], price * level.side.sign());
                extent.best = extent.best.max(Some(key));
                extent.worst = Some(extent.worst.map_or(key, |worst| worst.min(key)));
                extent.levels += 1;
            }
        }
        extents
    }

    /// Applies an event of the chain, both sides.
    #[inline]
    fn apply(&mut self, head: &Head, body: Body<'_>, content: Option<&mut Content>) -> Step {
        let was_trusted = self.state == BookState::Trusted;
        let changes = put_lines(&mut self.bids, &mut self.asks, body, &mut self.drain);
        self.applied(head);
        self.close();
        self.is_chained = was_trusted && self.state == BookState::Trusted;
        if let Some(content) = content {
            content.applied(self);
        }
        let was_uncovered = self.uncovered;
        self.judge_cover();
        if self.uncovered {
            // A snapshot that is to cover it leads on through the events from here.
            self.wait(Message { head, body });
        } else if was_uncovered {
            self.buffer.clear();
        }
        if self.state == BookState::Unsynced {
            // It belongs to the chain all the same: a snapshot may meet it.
            self.buffer.clear();
            self.wait(Message { head, body });
        }
        Step::Changed(changes)
    }

    /// Applies the oldest event that waits.
    fn apply_front(&mut self, content: Option<&mut Content>) -> u32 {
        let Some((head, body)) = self.buffer.front() else { return 0 };
        let changes = put_lines(&mut self.bids, &mut self.asks, body, &mut self.drain);
        self.applied(&head);
        self.close();
        if let Some(content) = content {
            content.applied(self);
        }
        changes
    }

    #[inline]
    fn applied(&mut self, head: &Head) {
        self.counters.bump(BookCounter::DepthApplied);
        self.update_id = head.id;
        self.time_local = head.time_local;
        self.time_before = std::mem::replace(&mut self.time_match, head.time_venue());
        self.stale = false;
        self.state = BookState::Trusted;
    }

    /// Ends a change of levels: sides settled, and distrusted where they cannot be right.
    #[inline]
    fn close(&mut self) {
        let bad = self.bids.settle() + self.asks.settle();
        let crossed = match (self.bids.best_fine(), self.asks.best_fine()) {
            // An ask's key is its negative.
            (Some(bid), Some(ask)) => -ask <= bid,
            _ => false,
        };
        if crossed {
            self.counters.bump(BookCounter::BooksCrossed);
        }
        if crossed || bad != 0 {
            self.lose();
        }
    }
}

//! All stages on the caller's thread: replay, analysis, tests, the replica.
//!
//! ```text
//! draft ─▶ Door ─▶ Chain: book ─▶ analytics ─▶ strategy, ledger
//! ```
//! Each stage's sink is the next stage itself: no ring, the same code, the same digests.

use model::{Draft, InstrumentId, Instruments, Kind, Message, Nanos, Sink};
use runtime::Work;
use runtime::door::{Door, Keep, Room};
use runtime::station::Outlet;

use crate::decide::{Decide, Deciding};
use crate::decisions::{DECISION_LINES, Unkept};
use crate::{Ledger, Marks, Observer, Plan, Summary};

/// The pipeline on one thread, without rings.
#[derive(Debug)]
pub struct Inline<O = (), K = (), D = Unkept> {
    door: Door<Chain<O, D>, K>,
    instruments: Instruments,
}

/// Book, then everything behind it.
#[derive(Debug)]
pub struct Chain<O, D = Unkept> {
    book: book::Stage,
    behind: BehindBook<O, D>,
}

#[derive(Debug)]
struct BehindBook<O, D> {
    analytics: analytics::Stage,
    behind: Decide<O>,
    decisions: D,
}

impl<O: Observer, D: Outlet> Sink for Chain<O, D> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.behind.behind.observer.event(message);
        self.book.take(message, &mut self.behind);
    }
}

/// Each stage takes at once, so there is room as long as the last one has it.
impl<O, D: Outlet> Room for Chain<O, D> {
    #[inline]
    fn room(&self) -> usize {
        if self.behind.decisions.room() < DECISION_LINES { 0 } else { usize::MAX }
    }
}

impl<O: Observer, D: Outlet> Sink for BehindBook<O, D> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        let Self { analytics, behind: decide, decisions: out } = self;
        decide.observer.market(message);
        analytics.take(message, &mut Deciding { decide, out });
    }
}

impl<O: Observer> Inline<O> {
    /// A pipeline that keeps no log. The instruments enter as its first messages.
    #[must_use]
    pub fn new(instruments: Instruments, plan: &Plan, observer: O) -> Self {
        Self::keeping(instruments, plan, observer, ())
    }

    /// A pipeline for a log's messages, instruments and ticks included (see [`Inline::replay`]).
    #[must_use]
    pub fn of_log(instruments: Instruments, plan: &Plan, observer: O) -> Self {
        let chain = Chain::new(&instruments, plan, observer, Unkept);
        Self { door: Door::new(chain, (), 0), instruments }
    }
}

impl<O: Observer, D: Outlet> Chain<O, D> {
    fn new(instruments: &Instruments, plan: &Plan, observer: O, decisions: D) -> Self {
        let book = book::Stage::new(instruments, plan.book);
        let analytics = analytics::Stage::new(instruments, plan.analytics.clone());
        Self::join(book, analytics, Decide::new(instruments, plan, observer), decisions)
    }

    /// The stages, each the sink of the one before.
    pub(crate) fn join(
        book: book::Stage,
        analytics: analytics::Stage,
        behind: Decide<O>,
        decisions: D,
    ) -> Self {
        Self { book, behind: BehindBook { analytics, behind, decisions } }
    }

    pub(crate) fn marks(&self) -> Marks {
        self.behind.behind.ledger.marks()
    }

    /// The stages one by one.
    pub(crate) fn part(self) -> (book::Stage, analytics::Stage, Ledger) {
        (self.book, self.behind.analytics, self.behind.behind.ledger)
    }
}

/// The last stage ends in a digest and a log: there is no one behind it to be abandoned by.
impl<O: Observer, D: Outlet> Outlet for Chain<O, D> {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        0
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.behind.decisions.close();
    }
}

impl<O: Observer, K: Keep> Inline<O, K> {
    /// A pipeline whose door keeps a log.
    #[must_use]
    pub fn keeping(instruments: Instruments, plan: &Plan, observer: O, keep: K) -> Self {
        Self::deciding(instruments, plan, observer, keep, Unkept)
    }
}

impl<O: Observer, K: Keep, D: Outlet> Inline<O, K, D> {
    /// A pipeline whose door keeps a log and whose decisions go to `decisions`.
    #[must_use]
    pub fn deciding(
        instruments: Instruments,
        plan: &Plan,
        observer: O,
        keep: K,
        decisions: D,
    ) -> Self {
        let chain = Chain::new(&instruments, plan, observer, decisions);
        let mut inline = Self { door: Door::new(chain, keep, 0), instruments };
        let mut draft = Draft::default();
        for (id, instrument) in inline.instruments.clone().iter() {
            instrument.write(id, &mut draft);
            inline.enter(&mut draft);
        }
        inline
    }

    /// Drives one message through every stage. Waits while a log has no room: nothing is lost in
    /// a run that is not live.
    pub fn enter(&mut self, draft: &mut Draft) {
        while self.door.enter(draft).is_err() {
            std::thread::yield_now();
        }
    }

    /// Drives a message that a log has numbered already.
    pub fn replay(&mut self, message: Message<'_>) {
        if message.head.kind() == Some(Kind::Instrument)
            && let Some(instrument) = model::Instrument::read(message)
        {
            // A place out of order is the log's fault; the stages judge it by themselves.
            let _ = self.instruments.set(message.head.instrument, instrument);
        }
        while self.door.replay(message).is_err() {
            std::thread::yield_now();
        }
    }

    /// Renews or adds an instrument in the middle of a run: an event like any other.
    ///
    /// # Errors
    /// When the table is full.
    pub fn put(
        &mut self,
        instrument: model::Instrument,
        time_local: Nanos,
    ) -> Result<InstrumentId, model::InstrumentError> {
        let id = self.instruments.put(instrument)?;
        let mut draft = Draft::default();
        instrument.write(id, &mut draft);
        draft.head.time_local = time_local;
        self.enter(&mut draft);
        Ok(id)
    }

    /// The instruments of the run.
    #[must_use]
    pub const fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// Stage 2 as it stands.
    #[must_use]
    pub const fn book(&self) -> &book::Stage {
        &self.door.way().book
    }

    /// Stage 3 as it stands.
    #[must_use]
    pub const fn analytics(&self) -> &analytics::Stage {
        &self.door.way().behind.analytics
    }

    /// Ages stage 3's windows of one instrument to a venue time before the next event, so that
    /// a figure can be read at an exact instant. It changes nothing that the next event would
    /// not change.
    pub fn advance(&mut self, instrument: InstrumentId, clock: Nanos) {
        self.door.way_mut().behind.analytics.advance(instrument, clock);
    }

    /// What was said so far, at every boundary (see [`Marks`]).
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.door.way().marks()
    }

    /// Stage 4 as it stands; `None` when the plan decides nothing.
    #[must_use]
    pub const fn strategy(&self) -> Option<&strategy::Stage> {
        self.door.way().behind.behind.strategy.as_ref()
    }

    /// Who looks on.
    pub const fn observer(&mut self) -> &mut O {
        &mut self.door.way_mut().behind.behind.observer
    }

    /// What the run has said so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let chain = self.door.way();
        Summary::of(
            self.door.sequence(),
            &self.instruments,
            &chain.book,
            &chain.behind.analytics,
            &chain.behind.behind.ledger,
        )
    }
}

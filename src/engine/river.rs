//! The stages on their threads: makes the rings, seats the stages, waits for the end.
//!
//! | layout | threads |
//! |---|---|
//! | one | feed ─▶ book ─▶ analytics ─▶ strategy, each the sink of the one before |
//! | two | feed ─▶ book ∥ analytics ─▶ strategy |
//! | four | feed ∥ book ∥ analytics ∥ strategy |
//!
//! ∥ is a ring; the ledger sits beside strategy. Stages on one thread call each other: a ring between them would only cost.

use std::thread::JoinHandle;

use model::{Instruments, Message, Sink};
use runtime::Work;
use runtime::clock::Clock;
use runtime::door::TICKS_MAX;
use runtime::layout::{Layout, LayoutKind};
use runtime::ring::{Inbox, Outbox, ring};
use runtime::runner::{RunError, Running, run_dedicated};
use runtime::stage::Stage;
use runtime::station::{Outlet, Station};
use runtime::supervise::Heartbeat;

use crate::decide::{Decide, Deciding};
use crate::decisions::{DECISION_LINES, Unkept};
use crate::inline::Chain;
use crate::{Marks, Plan, Summary};

/// Lines in each ring between threads: 2 MiB, 4 snapshots of the largest size.
pub const RING_LINES: usize = 32_768;

/// What the door may ask for at once in front of the book: an event and the ticks before it.
const AT_ONCE: usize = book::Stage::OUT_MAX + TICKS * book::Stage::TICK_OUT_MAX;
#[expect(clippy::cast_possible_truncation, reason = "64")]
const TICKS: usize = TICKS_MAX as usize;

// Else the door would wait for room that even an empty ring does not have.
const _: () = assert!(AT_ONCE <= RING_LINES / 2);

/// What stands at the head of the river: live sockets, a recording, a log.
pub trait Upstream {
    /// The stage, once it knows its way in.
    type Feed<W: Outlet + Send + 'static>: Stage + Send + 'static;

    /// Makes the stage.
    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W>;

    /// Takes it apart at the end: the way in, and the number of the last message.
    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64);
}

/// A running river.
#[derive(Debug)]
pub struct River<U: Upstream, D: Outlet + Send + 'static = Unkept> {
    instruments: Instruments,
    threads: Threads<U, D>,
    marks: Marks,
    hearts: Vec<(&'static str, Heartbeat)>,
}

enum Threads<U: Upstream, D: Outlet + Send + 'static> {
    One(JoinHandle<U::Feed<Chain<(), D>>>),
    Two(JoinHandle<U::Feed<BookInto<Outbox>>>, JoinHandle<Station<Tail, D>>),
    Four(
        JoinHandle<U::Feed<Outbox>>,
        JoinHandle<Station<book::Stage, Outbox>>,
        JoinHandle<Station<analytics::Stage, Outbox>>,
        JoinHandle<Station<Decide<()>, D>>,
    ),
}

impl<U: Upstream, D: Outlet + Send + 'static> std::fmt::Debug for Threads<U, D> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::One(..) => "One",
            Self::Two(..) => "Two",
            Self::Four(..) => "Four",
        })
    }
}

impl<U: Upstream> River<U> {
    /// Starts a river whose decisions nobody keeps.
    ///
    /// # Errors
    /// [`RunError`] when a thread cannot be had or pinned.
    pub fn start(
        instruments: Instruments,
        plan: &Plan,
        layout: &Layout,
        clock: &Clock,
        running: &Running,
        upstream: U,
    ) -> Result<Self, RunError> {
        Self::deciding(instruments, plan, layout, clock, running, upstream, Unkept)
    }
}

impl<U: Upstream, D: Outlet + Send + 'static> River<U, D> {
    /// Seats every stage on its thread, the last one first, so that nobody sends to an empty
    /// seat. Decisions go to `decisions`.
    ///
    /// # Errors
    /// [`RunError`] when a thread cannot be had or pinned.
    pub fn deciding(
        instruments: Instruments,
        plan: &Plan,
        layout: &Layout,
        clock: &Clock,
        running: &Running,
        upstream: U,
        decisions: D,
    ) -> Result<Self, RunError> {
        let book = book::Stage::new(&instruments, plan.book);
        let analytics = analytics::Stage::new(&instruments, plan.analytics.clone());
        let seats: Vec<_> = layout.benches.iter().map(|bench| bench.seat.clone()).collect();
        let decide = Decide::new(&instruments, plan, ());
        let marks = decide.ledger.marks();
        let mut hearts = Vec::new();
        let threads = match (layout.kind, seats.as_slice()) {
            (LayoutKind::Two, [first, second]) => {
                let (out, inbox) = ring(RING_LINES);
                let tail = Station::new(Tail { analytics, decide }, inbox, decisions);
                hearts.push(("analytics", tail.heartbeat()));
                let tail = seat(tail, second, clock, running)?;
                let feed = upstream.feed(BookInto { book, out });
                Threads::Two(seat(feed, first, clock, running)?, tail)
            }
            (LayoutKind::Four, [first, second, third, fourth]) => {
                let (feed_out, book_in) = ring(RING_LINES);
                let (book_out, analytics_in) = ring(RING_LINES);
                let (analytics_out, decide_in): (Outbox, Inbox) = ring(RING_LINES);
                let decide = Station::new(decide, decide_in, decisions);
                let analytics = Station::new(analytics, analytics_in, analytics_out);
                let book = Station::new(book, book_in, book_out);
                hearts.push(("book", book.heartbeat()));
                hearts.push(("analytics", analytics.heartbeat()));
                hearts.push(("strategy", decide.heartbeat()));
                let decide = seat(decide, fourth, clock, running)?;
                let analytics = seat(analytics, third, clock, running)?;
                let book = seat(book, second, clock, running)?;
                let feed = seat(upstream.feed(feed_out), first, clock, running)?;
                Threads::Four(feed, book, analytics, decide)
            }
            (_, seats) => {
                let chain = Chain::join(book, analytics, decide, decisions);
                let first = seats.first().expect("a layout has a thread");
                Threads::One(seat(upstream.feed(chain), first, clock, running)?)
            }
        };
        Ok(Self { instruments, threads, marks, hearts })
    }

    /// What the last stage has said so far, at every boundary.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.marks.clone()
    }

    /// The hearts of the threads behind the feed's own.
    #[must_use]
    pub fn hearts(&self) -> &[(&'static str, Heartbeat)] {
        &self.hearts
    }

    /// Whether every thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match &self.threads {
            Threads::One(feed) => feed.is_finished(),
            Threads::Two(_, tail) => tail.is_finished(),
            Threads::Four(_, _, _, decide) => decide.is_finished(),
        }
    }

    /// Waits for the end of the river and tells what it said.
    ///
    /// # Panics
    /// When a stage panicked.
    #[must_use]
    pub fn join(self) -> Summary {
        let instruments = &self.instruments;
        match self.threads {
            Threads::One(feed) => {
                let (chain, events) = U::finish(end(feed));
                let (book, analytics, ledger) = chain.part();
                Summary::of(events, instruments, &book, &analytics, &ledger)
            }
            Threads::Two(feed, tail) => {
                let (way, events) = U::finish(end(feed));
                let Tail { analytics, decide } = end(tail).into_parts().0;
                Summary::of(events, instruments, &way.book, &analytics, &decide.ledger)
            }
            Threads::Four(feed, book, analytics, decide) => {
                let (_, events) = U::finish(end(feed));
                let book = end(book).into_parts().0;
                let analytics = end(analytics).into_parts().0;
                let decide = end(decide).into_parts().0;
                Summary::of(events, instruments, &book, &analytics, &decide.ledger)
            }
        }
    }
}

fn seat<T: Stage + Send + 'static>(
    stage: T,
    seat: &runtime::runner::Seat,
    clock: &Clock,
    running: &Running,
) -> Result<JoinHandle<T>, RunError> {
    run_dedicated(stage, seat.clone(), clock.clone(), running.clone())
}

fn end<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Book on the feed's thread, its messages into a ring.
#[derive(Debug)]
pub struct BookInto<S> {
    book: book::Stage,
    out: S,
}

impl<S: Outlet> Sink for BookInto<S> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        self.book.take(message, &mut self.out);
    }
}

impl<S: Outlet> runtime::door::Room for BookInto<S> {
    fn room(&self) -> usize {
        // In messages: each can cause OUT_MAX lines behind the book.
        self.out.room() / book::Stage::OUT_MAX
    }

    fn fits(&self, messages: usize, _lines: usize) -> bool {
        // Only the last may be more than a tick, and a tick causes far less: were each taken for
        // the worst, the 64 ticks of a silence would need more than the ring has, and the door
        // would stay shut for ever.
        let ticks = messages.saturating_sub(1) * book::Stage::TICK_OUT_MAX;
        book::Stage::OUT_MAX + ticks <= self.out.room()
    }
}

impl<S: Outlet> Outlet for BookInto<S> {
    fn ask_max(&self) -> usize {
        self.out.ask_max() / book::Stage::OUT_MAX
    }

    fn sent(&self) -> u64 {
        self.out.sent()
    }

    fn is_abandoned(&self) -> bool {
        self.out.is_abandoned()
    }

    fn close(&mut self) {
        self.out.close();
    }
}

/// Analytics and strategy on one thread.
#[derive(Debug)]
pub(crate) struct Tail {
    analytics: analytics::Stage,
    decide: Decide<()>,
}

impl Work for Tail {
    const ROLE: &'static str = "analytics";
    const OUT_MAX: usize = DECISION_LINES;

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        self.analytics.take(message, &mut Deciding { decide: &mut self.decide, out });
    }
}

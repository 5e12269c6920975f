//! The replica's second onlooker: holds the book against the venue, and says when it needs a
//! new start though its ids are in chain.
//!
//! ```text
//! log ─▶ replica ─▶ events, tops ─▶ auditor ─▶ hatch: audits, resyncs
//!                     snapshots ──────▲ (a cold thread of its own asks REST)
//! ```
//! The feed judges ids alone. A book that is crossed, or that began anew because the venue's time
//! jumped, lost its trust for another reason, and only whoever sees the book can tell the feed.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::Observer;
use model::{
    BookLine, BookState, Draft, Head, INSTRUMENTS_MAX, Instrument, InstrumentId, Instruments, Kind,
    Message, Nanos, SECOND, Venue,
};
use venue::audit::Audit;
use venue::feed::hatch::{Answer, Clerk};
use venue::rest::ledger::Need;
use venue::rest::questions::Questions;

/// Levels a side in a shadow's snapshot.
const LEVELS: u32 = 1_000;
/// Between two looks at what is due.
const LOOK: Duration = Duration::from_millis(5);
/// Between two resyncs of one book: each costs a snapshot, and a venue whose snapshots are
/// crossed must not cost all weight.
const RESYNC: Duration = Duration::from_secs(1);

/// Between two that only widen what a book covers, by the clock that the engine lives by: at a
/// simulated venue's speed the price leaves the range so many times as fast.
const COVER: Nanos = Nanos(10 * SECOND.0);
/// How long one on its way is waited for, by the host's clock: longer than REST's own patience, so
/// that no answer is thrown away for a new question.
const PATIENCE: Duration = Duration::from_secs(10);

/// One instrument's book as the auditor sees it.
#[derive(Debug)]
struct Watched {
    audit: Audit,
    venue: Venue,
    // The last update id that entered.
    last: u64,
    // The book asked for a new start; brought once it is due.
    resync: bool,
    // When the next resync may be brought.
    due: Instant,
    // When a fresh snapshot may be asked for because the price left the last one's range.
    cover_due: Nanos,
    // Since when one is on its way.
    covering: Option<Instant>,
}

impl Watched {
    fn new(id: InstrumentId, one: &Instrument, now: Instant) -> Self {
        Self {
            audit: Audit::new(id, one.venue, one.tick),
            venue: one.venue,
            last: 0,
            resync: false,
            due: now,
            cover_due: Nanos::NONE,
            covering: None,
        }
    }

    /// The price left what the last snapshot told: whether a fresh one is asked for, at `time` by
    /// the engine's clock.
    fn covers(&mut self, time: Nanos, now: Instant) -> bool {
        let waits = self.covering.is_some_and(|since| now.duration_since(since) < PATIENCE);
        if waits || time < self.cover_due {
            return false;
        }
        (self.cover_due, self.covering) = (time.after(COVER), Some(now));
        true
    }

    fn is_chained(&self, head: &Head) -> bool {
        match self.venue {
            Venue::UsdM => head.id_prev == self.last,
            Venue::Spot => head.id_first() == self.last + 1,
        }
    }
}

/// The auditor.
#[derive(Debug)]
pub(super) struct Auditor {
    clerk: Clerk,
    watched: Vec<Watched>,
    // Whether the event under way tells the feed by itself that books need a new start.
    explained: bool,
    every: Duration,
    // When the next audits begin.
    due: Instant,
    looked: Instant,
    draft: Draft,
    // None only while it is dropped.
    asks: Option<SyncSender<InstrumentId>>,
    answers: Receiver<Draft>,
    thread: Option<JoinHandle<()>>,
}

impl Auditor {
    /// Audits all books each `every`; zero: never. Call it before any thread is pinned.
    pub(super) fn start(
        instruments: &Instruments,
        mut questions: Questions,
        clerk: Clerk,
        every: Duration,
    ) -> io::Result<Self> {
        let (asks, asked) = sync_channel::<InstrumentId>(INSTRUMENTS_MAX);
        let (answer, answers) = sync_channel(INSTRUMENTS_MAX);
        let thread = std::thread::Builder::new().name("auditor".into()).spawn(move || {
            for id in asked {
                // Without a snapshot there is no verdict this time.
                if let Ok(draft) = questions.snapshot(id, LEVELS, Need::Routine)
                    && answer.send(draft).is_err()
                {
                    return;
                }
            }
        })?;
        let now = Instant::now();
        let watched = |(id, one): (InstrumentId, &Instrument)| Watched::new(id, one, now);
        Ok(Self {
            clerk,
            watched: instruments.iter().map(watched).collect(),
            explained: false,
            every,
            due: now + every,
            looked: now,
            draft: Draft::default(),
            asks: Some(asks),
            answers,
            thread: Some(thread),
        })
    }

    /// Begins what is due, takes snapshots that came, brings verdicts and resyncs. Never waits.
    pub(super) fn tend(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        while let Ok(draft) = self.answers.try_recv() {
            if let Some(watched) = self.watched.get_mut(draft.head.instrument.index()) {
                watched.audit.snapshot(draft.message());
            }
        }
        if !self.every.is_zero() && now >= self.due {
            self.due = now + self.every;
            self.begin();
        }
        for (id, watched) in (0_u16..).map(InstrumentId).zip(&mut self.watched) {
            if watched.audit.is_under_way() && watched.audit.verdict(Nanos::NONE, &mut self.draft) {
                // The door stamps it. A verdict that finds the hatch full is lost: there will be
                // others.
                let _ = self.clerk.offer(Answer::Enter(self.draft.clone()));
            }
            if watched.resync && now >= watched.due {
                watched.resync = self.clerk.offer(Answer::Resync(id)).is_err();
                watched.due = now + RESYNC;
            }
        }
    }

    /// Begins every audit, and asks for the snapshots.
    fn begin(&mut self) {
        for (id, watched) in (0_u16..).map(InstrumentId).zip(&mut self.watched) {
            watched.audit.begin();
            if let Some(asks) = &self.asks {
                // Full while REST does not answer: the next round asks again.
                let _ = asks.try_send(id);
            }
        }
    }
}

impl Observer for Auditor {
    fn event(&mut self, message: Message<'_>) {
        let head = message.head;
        self.explained = matches!(head.kind(), Some(Kind::Connection | Kind::Lag));
        if head.kind() == Some(Kind::Connection) {
            for watched in &mut self.watched {
                watched.audit.event(message);
            }
        }
        if head.kind() == Some(Kind::Depth)
            && let Some(watched) = self.watched.get_mut(head.instrument.index())
        {
            // The feed saw the same hole.
            self.explained = !watched.is_chained(head);
            watched.last = head.id;
            watched.audit.event(message);
        }
        if head.kind() == Some(Kind::Snapshot)
            && let Some(watched) = self.watched.get_mut(head.instrument.index())
        {
            watched.covering = None;
        }
    }

    fn market(&mut self, message: Message<'_>) {
        if message.head.kind() != Some(Kind::Book) {
            return;
        }
        let Some(watched) = self.watched.get_mut(message.head.instrument.index()) else { return };
        watched.audit.top(message);
        let line = message.body.view::<BookLine>(0);
        match line {
            Some(line) if line.state() == BookState::Unsynced => {
                watched.resync |= !self.explained;
            }
            Some(line) if line.uncovered != 0 => {
                watched.resync |= watched.covers(message.head.time_local, Instant::now());
            }
            _ => {}
        }
    }
}

impl Drop for Auditor {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // It only asks; a panic there has been printed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, Instrument, InstrumentId, Nanos, SECOND, Watched};

    /// A book that is uncovered all the time asks again when ten seconds of the engine's clock are
    /// over, however fast that runs, and never while an answer may still come.
    #[test]
    fn a_book_asks_to_be_covered_by_the_engines_clock() {
        let one = Instrument::parse("BTCUSDT:0.1:0.001").expect("an instrument");
        let start = Instant::now();
        let mut watched = Watched::new(InstrumentId(0), &one, start);
        // Seconds of the engine's clock and milliseconds of the host's; whether a snapshot came
        // since; whether it asks.
        for (seconds, millis, came, asks) in [
            (100, 0, false, true),
            (105, 250, true, false),
            (110, 500, false, true),
            // Twenty times as fast, and the answer is late.
            (125, 1_250, false, false),
            (200, 5_000, false, false),
            (201, 5_050, true, true),
            // It never comes.
            (290, 15_049, false, false),
            (301, 15_050, false, true),
        ] {
            if came {
                watched.covering = None;
            }
            let now = start + Duration::from_millis(millis);
            let asked = watched.covers(Nanos(seconds * SECOND.0), now);
            assert_eq!(asked, asks, "{seconds} s");
        }
    }
}

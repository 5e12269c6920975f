//! Warm start: the trades of the last hours, from our own journal where it reaches and from REST
//! for the rest, brought by a cold thread as marked history of the new run.
//!
//! ```text
//! survey    which ids the journal has, and whether the venue knows them by the same figures
//! course    from the newest id back: what the journal has, holes as far as the weight allows
//! walk      that course forwards, journal and REST by turns, up to now
//! join      once more up to now, when live trades come: no id is missing, none comes twice
//! ```
//! History is one unbroken chain of ids up to the live stream. What lies before a hole that is
//! too wide to be filled is left out, so that a window is covered or says that it is not; a hole
//! that REST turns out not to fill stays one, and contaminates as any hole does.

mod shelf;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use model::{Flags, InstrumentId, Instruments, Line, Nanos, TradeLine};
use runtime::{Counters, counters};
use venue::feed::history::Historian;
use venue::feed::repair::Print;
use venue::rest::ledger::Need;
use venue::rest::questions::{PAGE, Questions};

use shelf::{Shelf, Stretch};

counters! {
    /// What the warm start counts.
    pub enum HistoryCounter {
        /// Trades that the journal had.
        Journal => "history_journal_trades_total",
        /// Trades that REST had.
        Rest => "history_rest_trades_total",
        /// Questions that failed.
        Failed => "history_questions_failed_total",
        /// Runs of the journal that the venue does not know by the same figures.
        Strange => "history_strange_runs_total",
        /// 1 once the past is joined to the live stream.
        Joined => "history_joined",
    }
}

/// Pages of trades that a start may ask for, over all instruments: 1 200 of the 2 400 weight
/// that a minute has.
const PAGES: u64 = 60;
/// How often a question is put in all, and the wait between.
const TRIES: u32 = 4;
const RETRY: Duration = Duration::from_millis(500);
/// How long live trades are waited for before the past ends without them.
const JOIN: Duration = Duration::from_secs(10);
const NAP: Duration = Duration::from_millis(5);

/// What a warm start is begun with.
#[derive(Debug)]
pub(super) struct Past {
    /// The journal's runs before this one, oldest first.
    pub(super) runs: Vec<PathBuf>,
    /// Whose history.
    pub(super) instruments: Instruments,
    /// Whom to ask.
    pub(super) questions: Questions,
    /// How far back.
    pub(super) reach: Duration,
}

/// The cold thread.
#[derive(Debug)]
pub(super) struct Warm {
    pub(super) counters: Counters<HistoryCounter>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Warm {
    /// Starts to tell the past. Call it before any thread is pinned.
    pub(super) fn start(past: Past, historian: Historian) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let counters = Counters::default();
        let mut walk = Walk::new(past, historian, counters.clone(), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("history".into()).spawn(move || {
            // Nobody listens any more: there is nothing left to do.
            let _ = walk.run();
        })?;
        Ok(Self { counters, stop, thread })
    }

    /// Ends it; a question under way is waited for.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        // One that panicked has ended too, and said so.
        let _ = self.thread.join();
    }
}

/// The feed is gone, or asked to stop.
#[derive(Clone, Copy, Debug)]
struct Over;

/// Where an instrument's history begins, and how far it has been told.
#[derive(Clone, Copy, Default, Debug)]
struct Course {
    // The next id; zero where there is no history.
    next: u64,
    // Whether a trade was told: only before that is one too old to be told.
    begun: bool,
}

/// The work of the thread.
struct Walk {
    shelf: Shelf,
    instruments: Instruments,
    questions: Questions,
    since: Nanos,
    historian: Historian,
    counters: Counters<HistoryCounter>,
    stop: Arc<AtomicBool>,
    courses: Vec<Course>,
    pages: u64,
    batch: Vec<Print>,
}

impl Walk {
    fn new(
        past: Past,
        historian: Historian,
        counters: Counters<HistoryCounter>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let Past { runs, instruments, mut questions, reach } = past;
        let reach = u64::try_from(reach.as_nanos()).unwrap_or(u64::MAX);
        let since = Nanos(questions.client.venue_now().0.saturating_sub(reach));
        Self {
            shelf: Shelf::new(runs, since),
            courses: vec![Course::default(); instruments.len()],
            instruments,
            questions,
            since,
            historian,
            counters,
            stop,
            pages: PAGES,
            batch: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Over> {
        let mut shelf = std::mem::replace(&mut self.shelf, Shelf::new(Vec::new(), self.since));
        let ours = self.instruments.clone();
        let stretches = shelf.survey(&ours, |id, proof| self.knows(id, proof));
        let ids: Vec<InstrumentId> = self.instruments.iter().map(|one| one.0).collect();
        let share = self.pages / ids.len().max(1) as u64;
        for (&id, stretches) in ids.iter().zip(&stretches) {
            self.courses[id.index()].next = self.course(id, stretches, share).unwrap_or(0);
        }
        self.walk_journal(&shelf)?;
        // Trading went on meanwhile: what it takes to catch up is no part of the share.
        self.catch_up(&ids)?;
        self.historian.caught_up().then_some(()).ok_or(Over)?;
        let end = Instant::now() + JOIN;
        while !self.historian.is_heard() && Instant::now() < end {
            self.stopped()?;
            std::thread::sleep(NAP);
        }
        self.catch_up(&ids)?;
        self.counters.set(HistoryCounter::Joined, 1);
        Ok(())
    }

    /// The id that an instrument's history begins with: back from the newest one over what the
    /// journal has, and over holes as long as pages are left.
    fn course(&mut self, id: InstrumentId, stretches: &[Stretch], pages: u64) -> Option<u64> {
        let newest = self.ask(|questions| questions.newest_trade(id, Need::Routine))??;
        let mut begin = newest.head.id + 1;
        let mut time = newest.head.time_venue();
        let mut left = pages * PAGE;
        for stretch in stretches.iter().rev() {
            // An id from the future is of another tape.
            let hole = begin.checked_sub(stretch.last + 1);
            let Some(hole) = hole.filter(|hole| *hole <= left) else { break };
            left -= hole;
            (begin, time) = (stretch.first, stretch.time);
        }
        if time > self.since {
            begin = begin.saturating_sub(left).max(1);
        }
        Some(begin)
    }

    /// Whether the venue knows a trade of the journal by the same figures.
    fn knows(&mut self, id: InstrumentId, proof: &Print) -> bool {
        let from = proof.head.id;
        let page = self.ask(|questions| questions.trades(id, from, 1, Need::Routine));
        let figures = |print: &Print| {
            let line: TradeLine = *print.body.as_ref().map(Line::view)?;
            Some((print.head.id, print.head.time_venue(), line.price, line.lots, line.side))
        };
        let knows = page.is_some_and(|page| page.first().and_then(figures) == figures(proof));
        if !knows {
            self.counters.bump(HistoryCounter::Strange);
        }
        knows
    }

    /// Tells what the journal has of the courses, with REST in its holes.
    fn walk_journal(&mut self, shelf: &Shelf) -> Result<(), Over> {
        let mut outcome = Ok(());
        shelf.read(&self.instruments.clone(), |id, print| {
            outcome = self.journal_trade(id, print);
            outcome.is_ok()
        });
        outcome
    }

    fn journal_trade(&mut self, id: InstrumentId, print: Print) -> Result<(), Over> {
        let next = self.courses[id.index()].next;
        if next == 0 || print.head.id < next {
            return Ok(());
        }
        if next < print.head.id {
            self.rest(id, print.head.id)?;
        }
        self.counters.bump(HistoryCounter::Journal);
        self.tell(id, print)
    }

    /// Tells what REST has, up to now.
    fn catch_up(&mut self, ids: &[InstrumentId]) -> Result<(), Over> {
        for &id in ids {
            if self.courses[id.index()].next != 0 {
                self.rest(id, u64::MAX)?;
            }
        }
        self.flush()
    }

    /// Tells what REST has before an id. What it has not, or not now, is left out.
    fn rest(&mut self, id: InstrumentId, until: u64) -> Result<(), Over> {
        loop {
            let from = self.courses[id.index()].next;
            if from >= until {
                return Ok(());
            }
            let limit = (until - from).min(PAGE);
            self.stopped()?;
            let page = self.ask(|questions| questions.trades(id, from, limit, Need::Routine));
            let Some(page) = page else { return Ok(()) };
            let count = page.len() as u64;
            for print in page {
                if print.head.id >= until {
                    return Ok(());
                }
                self.counters.bump(HistoryCounter::Rest);
                self.tell(id, print)?;
            }
            if count < limit {
                return Ok(());
            }
        }
    }

    /// Puts a question until it is answered, a few times.
    fn ask<R>(
        &mut self,
        mut question: impl FnMut(&mut Questions) -> Result<R, venue::rest::client::RestError>,
    ) -> Option<R> {
        for left in (0..TRIES).rev() {
            if let Ok(answer) = question(&mut self.questions) {
                return Some(answer);
            }
            self.counters.bump(HistoryCounter::Failed);
            if left > 0 && self.stopped().is_ok() {
                std::thread::sleep(RETRY);
            }
        }
        None
    }

    fn tell(&mut self, id: InstrumentId, mut print: Print) -> Result<(), Over> {
        let course = &mut self.courses[id.index()];
        course.next = print.head.id + 1;
        if !course.begun && print.head.time_venue() < self.since {
            return Ok(());
        }
        course.begun = true;
        print.head.flags = print.head.flags.with(Flags::HISTORY);
        // Received again now: the door gives it its time.
        print.head.time_local = Nanos::NONE;
        self.batch.push(print);
        if self.batch.len() as u64 == PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Over> {
        self.stopped()?;
        let batch = std::mem::take(&mut self.batch);
        if self.historian.tell(batch) { Ok(()) } else { Err(Over) }
    }

    fn stopped(&self) -> Result<(), Over> {
        if self.stop.load(Ordering::Acquire) { Err(Over) } else { Ok(()) }
    }
}

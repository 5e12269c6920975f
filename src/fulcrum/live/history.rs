//! Warm start: the trades of the last hours, from our own journal and, for the time since it
//! ended, from REST. They enter through the door as marked history of the new run, before
//! anything live, so that the new log is complete by itself.
//!
//! Nothing is made up: what neither has stays a hole in the ids, and every window that the hole
//! touches says so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{Home, Journal, Reader};
use model::{
    Draft, Flags, Head, Instrument, InstrumentId, Instruments, Kind, Line, Message, Nanos,
};
use venue::rest::ledger::Need;
use venue::rest::questions::{PAGE, Questions};

/// Runs looked at: each run's log holds the history it began with, so the last would do; the ones
/// before it are for a last one that died while it began.
const RUNS: usize = 3;
/// Pages of an instrument asked for at most: 800 of the 2 400 weight that a minute has.
const PAGES: usize = 40;

/// What came in of one instrument.
#[derive(Clone, Copy, Default, Debug)]
struct Last {
    id: u64,
    head: Option<Head>,
}

/// The history that a run begins with.
#[derive(Debug)]
pub(super) struct History {
    journals: Vec<PathBuf>,
    instruments: Instruments,
    questions: Questions,
    // Venue times taken: from here, and not from the future of another market.
    since: Nanos,
    now: Nanos,
    lasts: Vec<Last>,
}

impl History {
    /// What the journal has before the run of number `run`. `now`: the engine's clock.
    pub(super) fn of(
        home: Option<&Home>,
        run: u64,
        instruments: &Instruments,
        questions: Questions,
        reach: Duration,
        now: Nanos,
    ) -> Option<Self> {
        let reach = u64::try_from(reach.as_nanos()).unwrap_or(u64::MAX);
        // A journal that cannot be listed has nothing to warm by; the run begins cold.
        let home = home.filter(|_| reach > 0)?;
        let before = home.runs().ok()?.into_iter().filter(|&number| number < run);
        let mut journals: Vec<PathBuf> = before.map(|number| home.run_directory(number)).collect();
        journals.drain(..journals.len().saturating_sub(RUNS));
        Some(Self {
            journals,
            instruments: instruments.clone(),
            questions,
            since: Nanos(now.0.saturating_sub(reach)),
            now,
            lasts: vec![Last::default(); instruments.len()],
        })
    }

    /// Brings every instrument of the run and then its history, oldest run first. Returns the
    /// last trade of each instrument, from which live ones go on.
    pub(super) fn enter(mut self, mut enter: impl FnMut(&mut Draft)) -> Vec<Head> {
        let mut draft = Draft::default();
        for (id, instrument) in self.instruments.clone().iter() {
            instrument.write(id, &mut draft);
            draft.head.time_local = self.now;
            enter(&mut draft);
        }
        for path in std::mem::take(&mut self.journals) {
            self.journal(&path, &mut draft, &mut enter);
        }
        self.rest(&mut draft, &mut enter);
        self.lasts.iter().filter_map(|last| last.head).collect()
    }

    /// The trades of one run, as far as it can be read.
    fn journal(&mut self, path: &Path, draft: &mut Draft, enter: &mut impl FnMut(&mut Draft)) {
        let Ok(journal) = Journal::open(path) else { return };
        let mut places = Places::default();
        let mut reader: Reader = journal.reader();
        while let Ok(Some(message)) = reader.read() {
            match message.head.kind() {
                Some(Kind::Instrument) => places.learn(message, &self.instruments),
                Some(Kind::Trade) => {
                    let body = message.body.view::<Line>(0).copied();
                    if let Some(id) = places.find(message.head.instrument) {
                        self.trade(id, message.head, body, draft, enter);
                    }
                }
                _ => {}
            }
        }
    }

    /// What happened since the journal ended.
    fn rest(&mut self, draft: &mut Draft, enter: &mut impl FnMut(&mut Draft)) {
        let ids: Vec<InstrumentId> = self.instruments.iter().map(|one| one.0).collect();
        for id in ids {
            for _ in 0..PAGES {
                let from = self.lasts[id.index()].id;
                if from == 0 {
                    break;
                }
                // A venue that does not answer leaves a hole, which the ids show.
                let Ok(page) = self.questions.trades(id, from + 1, PAGE, Need::Routine) else {
                    break;
                };
                let whole = page.len() as u64 == PAGE;
                for print in page {
                    self.now = self.now.max(print.head.time_venue());
                    self.trade(id, &print.head, print.body, draft, enter);
                }
                if !whole {
                    break;
                }
            }
        }
    }

    fn trade(
        &mut self,
        id: InstrumentId,
        head: &Head,
        body: Option<Line>,
        draft: &mut Draft,
        enter: &mut impl FnMut(&mut Draft),
    ) {
        let last = &mut self.lasts[id.index()];
        let time = head.time_venue();
        if head.id <= last.id || time < self.since || time > self.now {
            return;
        }
        draft.open(Kind::Trade, id);
        draft.head = Head { lines: 0, instrument: id, ..*head };
        draft.head.flags = draft.head.flags.with(Flags::HISTORY);
        // The log's receive times do not run back: it is received now.
        draft.head.time_local = self.now;
        if let Some(body) = body {
            draft.push(body);
        }
        *last = Last { id: head.id, head: Some(draft.head) };
        enter(draft);
    }
}

/// Whose trades an earlier run's numbers mean.
#[derive(Default, Debug)]
struct Places(Vec<Option<InstrumentId>>);

impl Places {
    /// An instrument of the earlier run. One with another grid is another instrument: its lots
    /// and ticks mean something else.
    fn learn(&mut self, message: Message<'_>, ours: &Instruments) {
        let Some(theirs) = Instrument::read(message) else { return };
        let same = |one: &Instrument| {
            one.symbol == theirs.symbol && one.tick == theirs.tick && one.lot == theirs.lot
        };
        let at = message.head.instrument.index();
        if self.0.len() <= at {
            self.0.resize(at + 1, None);
        }
        self.0[at] = ours.iter().find(|(_, one)| same(one)).map(|(id, _)| id);
    }

    fn find(&self, id: InstrumentId) -> Option<InstrumentId> {
        self.0.get(id.index()).copied().flatten()
    }
}

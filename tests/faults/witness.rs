//! Who saw it: reads the log as it grows, drives the stages of its own with it, and writes down
//! what was said. It never asks the engine.

use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Inline, Observer, Plan, Summary};
use journal::{Journal, SideReader};
use model::{
    AuditLine, BookLine, BookState, ConnectionFault, ConnectionLine, ConnectionState, Flags,
    InstrumentId, Instruments, Kind, LagCause, LagLine, Message, Nanos, OpenInterestLine, Refusal,
    RefusedLine, Route, ServerTimeLine, TradeLine,
};
use runtime::log::Tail;

use crate::truth::{Top, Trade, Truth};

/// One thing seen: whose, and in a few words.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) instrument: InstrumentId,
    pub(crate) text: String,
}

/// A trusted book: whose, at which update id, its top.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Book {
    pub(crate) instrument: InstrumentId,
    pub(crate) update: u64,
    pub(crate) top: Top,
    /// It says itself that its best may be missing: the price left what the snapshot told.
    pub(crate) uncovered: bool,
}

/// What is written down.
#[derive(Default, Debug)]
pub(crate) struct Notes {
    pub(crate) notes: Vec<Note>,
    /// Every trusted book.
    pub(crate) books: Vec<Book>,
    /// Every trade that entered: whose, its id, itself.
    pub(crate) trades: Vec<(InstrumentId, u64, Trade)>,
    /// Receive times, the venue's time of depth and of trades: how far each lags at worst.
    pub(crate) depth_lag_max: Nanos,
    pub(crate) trade_lag_max: Nanos,
    /// Clock offsets measured, in nanoseconds.
    pub(crate) offsets: Vec<(Nanos, i64, bool)>,
    pub(crate) audits: [u64; 2],
    /// Refused frames: sequence, hash and length.
    refused: Vec<(u64, u64, u32)>,
    /// Ticks at which a trusted, not stale book was older than it may be.
    pub(crate) old: Vec<(Nanos, Nanos)>,
    time: Nanos,
    sequence: u64,
    states: Vec<(BookState, bool, Nanos)>,
    uncovered: Vec<InstrumentId>,
}

const STALE: Nanos = Nanos(3_000_000_000);
const TICK: Nanos = Nanos(100_000_000);

impl Notes {
    fn note(&mut self, instrument: InstrumentId, text: impl Into<String>) {
        self.notes.push(Note { instrument, text: text.into() });
    }

    fn state(&mut self, id: InstrumentId) -> &mut (BookState, bool, Nanos) {
        if self.states.len() <= id.index() {
            self.states.resize(id.index() + 1, (BookState::Unsynced, false, Nanos::NONE));
        }
        &mut self.states[id.index()]
    }

    fn connection(&mut self, line: &ConnectionLine) {
        let state = ConnectionState::from_code(line.state).map_or("?", ConnectionState::text);
        let route = Route::from_code(line.route).map_or("?", Route::text);
        let mut text = format!("{state} {route}");
        if let Some(fault) = ConnectionFault::from_code(line.fault) {
            text.push(' ');
            text.push_str(fault.text());
        }
        self.note(InstrumentId::NONE, text);
    }
}

impl Observer for Notes {
    fn event(&mut self, message: Message<'_>) {
        let head = message.head;
        assert_eq!(head.sequence, self.sequence + 1, "the log numbers without a hole");
        self.sequence = head.sequence;
        assert!(self.time <= head.time_local, "the log's times do not run back: {head:?}");
        self.time = head.time_local;
        let Some(kind) = head.kind() else { return };
        let lag = head.time_local.since(head.time_venue());
        match kind {
            Kind::Connection => {
                if let Some(line) = message.body.view::<ConnectionLine>(0) {
                    self.connection(line);
                }
            }
            Kind::Lag => {
                let Some(line) = message.body.view::<LagLine>(0) else { return };
                let cause = LagCause::from_code(line.cause);
                if cause == Some(LagCause::Venue) && line.active == 0 {
                    self.note(head.instrument, "in time again");
                } else {
                    let cause = cause.map_or("?", LagCause::text);
                    self.note(head.instrument, format!("lag {cause}"));
                }
            }
            Kind::Refused => {
                let Some(line) = message.body.view::<RefusedLine>(0) else { return };
                self.refused.push((head.sequence, line.hash, line.length));
                let reason = Refusal::from_number(line.reason).map_or("?", Refusal::text);
                self.note(InstrumentId::NONE, format!("refused {reason}"));
            }
            Kind::Snapshot => self.note(head.instrument, "snapshot"),
            Kind::Depth => {
                self.depth_lag_max = self.depth_lag_max.max(lag);
                self.state(head.instrument).2 = head.time_local;
            }
            Kind::Trade => {
                self.trade_lag_max = self.trade_lag_max.max(lag);
                if let Some(line) = message.body.view::<TradeLine>(0) {
                    let buys = line.side() == model::Side::Buy;
                    let trade = (line.price.0, line.lots.0, buys);
                    self.trades.push((head.instrument, head.id, trade));
                }
            }
            Kind::Mark => self.note(head.instrument, "mark"),
            Kind::OpenInterest => {
                let line = message.body.view::<OpenInterestLine>(0);
                assert!(line.is_some_and(|line| line.lots.0 > 0), "what is missing is not zero");
                self.note(head.instrument, "interest");
            }
            Kind::Audit => {
                let equal = message.body.view::<AuditLine>(0).is_some_and(|line| line.equal == 1);
                self.audits[usize::from(equal)] += 1;
                self.note(head.instrument, if equal { "audit equal" } else { "audit differs" });
            }
            Kind::ServerTime => {
                if let Some(line) = message.body.view::<ServerTimeLine>(0) {
                    self.offsets.push((self.time, line.offset, line.excessive == 1));
                }
            }
            _ => {}
        }
    }

    fn market(&mut self, message: Message<'_>) {
        let head = message.head;
        match head.kind() {
            Some(Kind::Trade) => {
                for (bit, text) in
                    [(Flags::GAP, "hole"), (Flags::LATE, "late"), (Flags::UNSTABLE, "unstable")]
                {
                    if head.flags.has(bit) {
                        self.note(head.instrument, text);
                    }
                }
            }
            // Behind the book: the tick itself may make it stale.
            Some(Kind::Tick) => {
                let late = |state: &&(BookState, bool, Nanos)| {
                    state.0 == BookState::Trusted
                        && !state.1
                        && head.time_local.since(state.2) > STALE.after(TICK)
                };
                let old: Vec<_> =
                    self.states.iter().filter(late).map(|state| (self.time, state.2)).collect();
                self.old.extend(old);
            }
            Some(Kind::Book) => {
                let Some(line) = message.body.view::<BookLine>(0) else { return };
                let (state, stale) = (line.state(), line.stale == 1);
                let before = *self.state(head.instrument);
                (self.state(head.instrument).0, self.state(head.instrument).1) = (state, stale);
                if before.0 != state {
                    self.note(head.instrument, format!("{state:?}").to_lowercase());
                }
                if stale && !before.1 {
                    self.note(head.instrument, "stale");
                }
                let (uncovered, before) =
                    (line.uncovered == 1, self.uncovered.contains(&head.instrument));
                if uncovered && !before {
                    self.uncovered.push(head.instrument);
                    self.note(head.instrument, "uncovered");
                } else if before && !uncovered {
                    self.uncovered.retain(|id| *id != head.instrument);
                    self.note(head.instrument, "covered");
                }
                if state == BookState::Trusted {
                    let (instrument, update) = (head.instrument, head.id);
                    self.books.push(Book { instrument, update, top: top(line), uncovered });
                }
            }
            _ => {}
        }
    }
}

fn top(line: &BookLine) -> Top {
    Top {
        bid: line.bid.0,
        bid_lots: line.bid_lots.0,
        ask: line.ask.0,
        ask_lots: line.ask_lots.0,
        bid_depth: line.bid_depth.0,
        ask_depth: line.ask_depth.0,
    }
}

impl Notes {
    /// Holds what was said against the truth: no trusted and covered book was ever another than
    /// the venue's, and every trade from the first to the last stands there once, in order, as it was.
    pub(crate) fn judge(&self, truth: &[Truth]) {
        assert!(self.books.len() > 20, "there were books to judge: {}", self.books.len());
        for book in self.books.iter().filter(|book| !book.uncovered) {
            let real = truth[book.instrument.index()].tops.get(&book.update);
            assert_eq!(Some(&book.top), real, "a trusted book: {book:?}");
        }
        self.judge_trades(truth);
        assert_eq!(self.audits[0], 0, "an audit found another book");
    }

    /// The same of trades alone, and that no book was old unsaid.
    pub(crate) fn judge_trades(&self, truth: &[Truth]) {
        for (at, truth) in truth.iter().enumerate() {
            let ours: Vec<_> = self.trades.iter().filter(|trade| trade.0.index() == at).collect();
            assert!(ours.len() > 5, "#{at} traded: {}", ours.len());
            let mut last = ours[0].1 - 1;
            for (_, id, trade) in ours {
                assert_eq!(*id, last + 1, "#{at}: a trade is lost or doubled");
                assert_eq!(Some(trade), truth.trades.get(id), "#{at}: trade {id}");
                last = *id;
            }
        }
        assert!(self.old.is_empty(), "trusted, not stale, and old: {:?}", self.old);
    }
}

/// What a journal says of BTCUSDT, to whoever comes later.
pub(crate) fn of_journal(directory: &Path) -> Notes {
    let mut inline = Inline::of_log(Instruments::default(), &Plan::default(), Notes::default());
    let journal = Journal::open(directory).expect("a journal");
    let mut reader = journal.reader();
    while let Some(message) = reader.read().expect("a sound journal") {
        inline.replay(message);
    }
    std::mem::take(inline.observer())
}

/// The witness.
pub(crate) struct Witness {
    tail: Tail,
    inline: Inline<Notes>,
}

impl Witness {
    pub(crate) fn new(tail: Tail, instruments: Instruments, plan: &Plan) -> Self {
        Self { tail, inline: Inline::of_log(instruments, plan, Notes::default()) }
    }

    /// Takes what the log has.
    pub(crate) fn look(&mut self) {
        while let Some(message) = self.tail.read().expect("a log that can be read") {
            self.inline.replay(message);
        }
    }

    /// Takes the rest from the journal: the log has left memory.
    pub(crate) fn finish(&mut self, journal: &Path) {
        let journal = Journal::open(journal).expect("a journal");
        let mut reader = journal.reader();
        while let Some(message) = reader.read().expect("a sound journal") {
            if message.head.sequence > self.notes().sequence {
                self.inline.replay(message);
            }
        }
    }

    /// The bytes of each refused frame lie in the side file, under what the log says of them.
    pub(crate) fn keeps_what_was_refused(&mut self, journal: &Path) {
        let refused = self.notes().refused.clone();
        if refused.is_empty() {
            return;
        }
        let mut side = SideReader::open(journal).expect("a side file");
        for told in refused {
            let (header, bytes) = side.read().expect("sound").expect("a record");
            assert_eq!((header.sequence, header.hash, header.length), told);
            assert!(bytes.starts_with(b"{\"stream\":"), "what the venue sent");
        }
        assert!(side.read().expect("sound").is_none(), "what the log does not name");
    }

    pub(crate) fn notes(&mut self) -> &Notes {
        self.inline.observer()
    }

    pub(crate) fn summary(&self) -> Summary {
        self.inline.summary()
    }

    /// Looks on for a while.
    pub(crate) fn watch(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            self.look();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Looks on until these words were noted in this order, behind the first `from` notes.
    /// Returns how many notes there were then.
    pub(crate) fn until(
        &mut self,
        from: usize,
        words: &[&str],
        patience: Duration,
    ) -> Option<usize> {
        let end = Instant::now() + patience;
        loop {
            self.look();
            let mut left = words.iter();
            let mut wanted = left.next();
            let notes = &self.notes().notes;
            for (at, note) in notes.iter().enumerate().skip(from) {
                if wanted.is_some_and(|word| note.text == *word && note.instrument.0 != 1) {
                    wanted = left.next();
                    if wanted.is_none() {
                        return Some(at + 1);
                    }
                }
            }
            if wanted.is_none() {
                return Some(notes.len());
            }
            if Instant::now() > end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

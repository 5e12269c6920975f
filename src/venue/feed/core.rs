//! From a message's bytes to the door: decode, drop what is doubled, keep trades in order, know
//! when a snapshot is needed. No socket in here.

use model::{
    ConnectionLine, Digest, Draft, Head, Instrument, InstrumentId, Instruments, Kind, LagCause,
    LagLine, Line, Nanos, Refusal, RefusedLine, Route, ServerTimeLine, Sink,
};
use runtime::Counters;
use runtime::door::{Closed, Door, Keep, Room};
use wire::{Decoder, Frame};

use super::chain::{self, Chain};
use super::hatch::{Answer, Ask, Hatch};
use super::history::History;
use super::late::{self, Late};
use super::repair::{self, Patience, Print, Repair};
use super::streams::Stream;
use super::watch::Watch;
use super::{FeedCounter, Tap};

/// What a frame told about its socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// Nothing new.
    Nothing,
    /// The last stream of the socket has delivered now.
    Proven,
    /// The venue refused the subscription.
    Refused,
}

/// What streams of an instrument brought last, to know it again on a second socket.
#[derive(Clone, Copy, Default, Debug)]
struct Last {
    quote: u64,
    mark: Nanos,
    force: Nanos,
}

/// An answer that is being let in, message by message.
#[derive(Debug)]
struct Fetched {
    instrument: InstrumentId,
    prints: Vec<Print>,
    at: usize,
}

/// Everything between the sockets and the door.
#[derive(Debug)]
pub(super) struct Core<S, K, T> {
    pub(super) door: Door<S, K>,
    pub(super) hatch: Hatch,
    pub(super) counters: Counters<FeedCounter>,
    tap: T,
    decoder: Decoder,
    pub(super) draft: Draft,
    chains: Box<[Chain]>,
    pub(super) repairs: Box<[Repair]>,
    lasts: Box<[Last]>,
    late: Late,
    // A batch that the door did not take in one go.
    fetched: Option<Fetched>,
    // The same for one message.
    waiting: Option<Answer>,
    // Instruments written so far at the start.
    introduced: usize,
    // A route whose sockets somebody wants made anew.
    pub(super) reconnect: Option<Route>,
    // The past, until all of it has entered.
    pub(super) history: Option<History>,
}

impl<S: Sink + Room, K: Keep, T: Tap> Core<S, K, T> {
    pub(super) fn new(
        instruments: Instruments,
        patience: Patience,
        late: Nanos,
        door: Door<S, K>,
        hatch: Hatch,
        tap: T,
    ) -> Self {
        let chains = instruments.iter().map(|(_, one)| Chain::new(one.venue)).collect();
        let repairs = instruments.iter().map(|_| Repair::new(patience)).collect();
        let lasts: Box<[Last]> = instruments.iter().map(|_| Last::default()).collect();
        let late = Late::new(lasts.len(), late);
        Self {
            door,
            hatch,
            counters: Counters::default(),
            tap,
            decoder: Decoder::new(instruments),
            draft: Draft::default(),
            chains,
            repairs,
            lasts,
            late,
            fetched: None,
            waiting: None,
            introduced: 0,
            reconnect: None,
            history: None,
        }
    }

    /// What sees every message.
    #[cfg(test)]
    pub(super) fn tap(&mut self) -> &mut T {
        &mut self.tap
    }

    /// Lets the instruments in first, so that the log explains itself. `false` while some wait.
    pub(super) fn introduce(&mut self, now: Nanos) -> bool {
        while let Some(id) = u16::try_from(self.introduced).ok().map(InstrumentId) {
            let Some(instrument) = self.decoder.instruments().get(id) else { return true };
            instrument.write(id, &mut self.draft);
            self.draft.head.time_local = now;
            if self.door.enter(&mut self.draft).is_err() {
                return false;
            }
            self.introduced += 1;
        }
        true
    }

    /// A message of a socket. `overlap`: another socket of the route brings, or brought, the same.
    #[inline]
    pub(super) fn frame(
        &mut self,
        bytes: &[u8],
        at: std::ops::Range<usize>,
        now: Nanos,
        overlap: bool,
        watch: &mut Watch,
    ) -> Heard {
        self.counters.bump(FeedCounter::Frames);
        self.tap.frame(&bytes[at.clone()], now);
        let frame = Frame::within(bytes, at.start, at.end);
        if let Err(reason) = self.decoder.stream(frame, now, &mut self.draft) {
            return self.refused(&bytes[at], reason, now);
        }
        let (kind, instrument) = (self.draft.head.kind(), self.draft.head.instrument);
        let stream = kind.and_then(Stream::of);
        let enters = self.history.is_none() || self.joins(stream);
        let Some(stream) = stream else {
            if enters {
                self.enter();
            }
            return Heard::Nothing;
        };
        let proven = watch.hear(instrument, stream, now);
        let late = self.late.hear(instrument, self.draft.head.time_event, now);
        match stream {
            _ if !enters => {}
            Stream::Depth => self.depth(instrument),
            Stream::Trade => self.trade(instrument),
            Stream::Quote | Stream::Mark | Stream::Force => {
                self.other(stream, instrument, overlap);
            }
        }
        if let Some(news) = late {
            self.lags(news, now);
        }
        if proven { Heard::Proven } else { Heard::Nothing }
    }

    fn depth(&mut self, instrument: InstrumentId) {
        let Some(chain) = self.chains.get_mut(instrument.index()) else { return };
        match chain.event(&self.draft.head) {
            chain::Fate::Duplicate => self.counters.bump(FeedCounter::Duplicates),
            chain::Fate::Enter => {
                if self.door.enter(&mut self.draft).is_err() {
                    // The book will miss it, so it needs a new start.
                    chain.start_again();
                    self.counters.bump(FeedCounter::DoorShut);
                }
            }
        }
    }

    fn trade(&mut self, instrument: InstrumentId) {
        let Some(repair) = self.repairs.get_mut(instrument.index()) else { return };
        match repair.trade(&self.draft.head, self.draft.body().first()) {
            repair::Fate::Duplicate => self.counters.bump(FeedCounter::Duplicates),
            repair::Fate::Held => self.counters.bump(FeedCounter::TradesHeld),
            repair::Fate::Enter => {
                if self.door.enter(&mut self.draft).is_err() {
                    // It is missing now like one that never came, and can be fetched.
                    repair.turned_away(&self.draft.head);
                    self.counters.bump(FeedCounter::DoorShut);
                }
            }
        }
    }

    /// Streams without a chain. Only while two sockets bring the same can a message be doubled.
    fn other(&mut self, stream: Stream, instrument: InstrumentId, overlap: bool) {
        let Some(last) = self.lasts.get_mut(instrument.index()) else { return };
        let head = &self.draft.head;
        let doubled = match stream {
            Stream::Quote => head.id <= last.quote,
            Stream::Mark => head.time_event <= last.mark,
            _ => head.time_event <= last.force,
        };
        if overlap && doubled {
            self.counters.bump(FeedCounter::Duplicates);
            return;
        }
        match stream {
            Stream::Quote => last.quote = head.id,
            Stream::Mark => last.mark = head.time_event,
            _ => last.force = head.time_event,
        }
        self.enter();
    }

    #[inline]
    fn enter(&mut self) {
        if self.door.enter(&mut self.draft).is_err() {
            self.counters.bump(FeedCounter::DoorShut);
        }
    }

    #[cold]
    fn refused(&mut self, bytes: &[u8], reason: Refusal, now: Nanos) -> Heard {
        // The answer to a request of ours is no market data.
        if bytes.starts_with(br#"{"result":null"#) {
            return Heard::Nothing;
        }
        let refusal = bytes.starts_with(br#"{"error":"#) || bytes.starts_with(br#"{"code":"#);
        self.counters.bump(FeedCounter::Refused);
        let mut hash = Digest::default();
        hash.bytes(bytes);
        self.draft.open(Kind::Refused, InstrumentId::NONE);
        self.draft.head.time_local = now;
        self.draft.push(RefusedLine {
            reason: reason as u16,
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            hash: hash.value(),
            reserved: [0; 2],
            more: [0; 6],
        });
        let entered = self.door.enter(&mut self.draft).is_ok();
        self.counters.add(FeedCounter::DoorShut, u64::from(!entered));
        let sequence = if entered { self.door.sequence() } else { 0 };
        self.tap.refused(bytes, reason, sequence);
        if refusal { Heard::Refused } else { Heard::Nothing }
    }

    /// Lets a connection's change in; `false` while the door is shut.
    pub(super) fn notice(&mut self, line: ConnectionLine, now: Nanos) -> bool {
        self.draft.open(Kind::Connection, InstrumentId::NONE);
        self.draft.head.time_local = now;
        self.draft.push(line);
        self.door.enter(&mut self.draft).is_ok()
    }

    /// Our host stood still: nothing that was in chain is believed.
    #[cold]
    pub(super) fn paused(&mut self, span: Nanos, now: Nanos) {
        self.counters.bump(FeedCounter::Pauses);
        for chain in &mut self.chains {
            chain.start_again();
        }
        // Nor is what we knew of the clocks.
        self.late.set_offset(None);
        self.lag(InstrumentId::NONE, LagCause::Pause, (span, false), now);
    }

    /// The venue's data come late, or no longer do.
    #[cold]
    fn lags(&mut self, news: late::News, now: Nanos) {
        self.counters.add(FeedCounter::Late, u64::from(news.active));
        self.lag(news.instrument, LagCause::Venue, (news.span, news.active), now);
    }

    fn lag(
        &mut self,
        instrument: InstrumentId,
        cause: LagCause,
        (span, active): (Nanos, bool),
        now: Nanos,
    ) {
        self.draft.open(Kind::Lag, instrument);
        self.draft.head.time_local = now;
        let (cause, active) = (cause.code(), u8::from(active));
        let line = LagLine { span, waiting: 0, cause, active, reserved: [0; 6], more: [0; 5] };
        self.draft.push(line);
        self.enter();
    }

    /// Says which bouts of lateness are over.
    pub(super) fn judge_lateness(&mut self, now: Nanos) {
        while let Some(news) = self.late.over(now) {
            self.lags(news, now);
        }
    }

    /// A route has no socket: the chains on it cannot be whole until they are joined anew.
    pub(super) fn gone(&mut self, route: Route) {
        self.counters.set(FeedCounter::Ready, 0);
        if route == Route::Public {
            for chain in &mut self.chains {
                chain.start_again();
            }
        }
    }

    /// Takes at most one answer of the cold side, and releases held trades. Returns how much
    /// moved.
    pub(super) fn tend(&mut self, now: Nanos) -> usize {
        let mut moved = 0;
        if self.history.is_some() {
            // What the cold side asks and brings belongs behind the past.
            return moved;
        }
        if self.fetched.is_some() {
            moved += self.let_fetched_in(now);
        } else if let Some(answer) = self.waiting.take().or_else(|| self.hatch.answer()) {
            moved += 1;
            self.take(answer, now);
        }
        for at in 0..self.repairs.len() {
            if self.repairs[at].is_holding() {
                moved += self.release(at, now);
            }
        }
        moved
    }

    #[cold]
    fn take(&mut self, mut answer: Answer, now: Nanos) {
        match &mut answer {
            Answer::Enter(draft) => {
                // It enters now. Its own stamp is another thread's and may lie a little ahead of
                // this cycle's: what follows in the cycle would run back.
                draft.head.time_local = now;
                if self.door.enter(draft).is_err() {
                    self.waiting = Some(answer);
                    return;
                }
                if draft.head.kind() == Some(Kind::ServerTime) {
                    let line = draft.body().first().map(Line::view::<ServerTimeLine>);
                    self.late.set_offset(line.map(|line| line.offset));
                }
                // A new grid is read by from here on, and behind the door as well.
                if let Some(instrument) = Instrument::read(draft.message()) {
                    // It is in the table already, so there is room for it.
                    let _ = self.decoder.put(instrument);
                }
            }
            Answer::Snapshot(draft) => {
                draft.head.time_local = now;
                self.snapshot(draft, now);
            }
            Answer::NoSnapshot(instrument) => {
                if let Some(chain) = self.chains.get_mut(instrument.index()) {
                    chain.unanswered(now);
                }
            }
            Answer::Resync(instrument) => {
                if let Some(chain) = self.chains.get_mut(instrument.index()) {
                    chain.distrust();
                }
            }
            Answer::NoTrades(instrument) => {
                if let Some(repair) = self.repairs.get_mut(instrument.index()) {
                    repair.give_up();
                }
            }
            Answer::Trades(instrument, prints) => {
                let (instrument, prints) = (*instrument, std::mem::take(prints));
                self.fetched = Some(Fetched { instrument, prints, at: 0 });
                self.let_fetched_in(now);
            }
            // Taken by the feed before it comes here.
            Answer::Reconnect(route) => self.reconnect = Some(*route),
        }
        self.hatch.give_back(answer);
    }

    fn snapshot(&mut self, draft: &mut Draft, now: Nanos) {
        let Some(chain) = self.chains.get_mut(draft.head.instrument.index()) else { return };
        match chain.snapshot(draft.head.id, now) {
            chain::Use::Useless => self.counters.bump(FeedCounter::SnapshotsUseless),
            chain::Use::Unasked => {}
            chain::Use::Enter => {
                self.counters.bump(FeedCounter::Snapshots);
                if self.door.enter(draft).is_err() {
                    self.counters.bump(FeedCounter::DoorShut);
                    chain.start_again();
                }
            }
        }
    }

    /// Lets fetched trades in as far as the door takes them.
    #[cold]
    fn let_fetched_in(&mut self, now: Nanos) -> usize {
        let Some(mut fetched) = self.fetched.take() else { return 0 };
        let mut moved = 0;
        if let Some(repair) = self.repairs.get_mut(fetched.instrument.index()) {
            while let Some(&print) = fetched.prints.get(fetched.at) {
                if repair.fits(&print.head) {
                    if enter_print(&mut self.draft, &mut self.door, print, now).is_err() {
                        self.fetched = Some(fetched);
                        return moved;
                    }
                    repair.fetched(&print.head);
                    self.counters.bump(FeedCounter::TradesFetched);
                    moved += 1;
                }
                fetched.at += 1;
            }
        }
        self.hatch.give_back(Answer::Trades(fetched.instrument, fetched.prints));
        moved
    }

    /// Releases trades that need not wait any longer, and asks for the hole before the others.
    #[cold]
    fn release(&mut self, at: usize, now: Nanos) -> usize {
        let mut moved = 0;
        let repair = &mut self.repairs[at];
        while let Some((print, hole)) = repair.release(now) {
            if enter_print(&mut self.draft, &mut self.door, print, now).is_err() {
                return moved;
            }
            repair.released();
            self.counters.add(FeedCounter::HolesLeft, u64::from(hole));
            moved += 1;
        }
        let id = u16::try_from(at).map_or(InstrumentId::NONE, InstrumentId);
        if let Some(hole) = repair.asks(id) {
            self.counters.bump(FeedCounter::Holes);
            if !self.hatch.ask(Ask::Trades(hole)) {
                repair.give_up();
            }
        }
        moved
    }

    /// Asks for the snapshots that are due.
    pub(super) fn ask_snapshots(&mut self, now: Nanos) {
        for (id, chain) in (0_u16..).map(InstrumentId).zip(&mut self.chains) {
            if chain.asks(now) && !self.hatch.ask(Ask::Snapshot(id)) {
                chain.unanswered(now);
            }
        }
    }

    /// Whether every depth chain is joined to a snapshot.
    pub(super) fn is_whole(&self) -> bool {
        self.chains.iter().all(Chain::is_whole)
    }
}

/// Lets one held, fetched or recalled trade in.
pub(super) fn enter_print<S: Sink + Room, K: Keep>(
    draft: &mut Draft,
    door: &mut Door<S, K>,
    print: Print,
    now: Nanos,
) -> Result<(), Closed> {
    let kind = Head { lines: 0, ..print.head };
    draft.open(Kind::Trade, print.head.instrument);
    draft.head = kind;
    draft.head.time_local = now;
    if let Some(body) = print.body {
        draft.push::<Line>(body);
    }
    door.enter(draft)
}

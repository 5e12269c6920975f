//! The stage: one desk an instrument, and the way each message takes.

use model::{
    ConnectionLine, ConnectionState, DRAIN_LINES_MAX, Digest, HEATMAP_LINES_MAX, INSTRUMENTS_MAX,
    Instrument, InstrumentId, Instruments, Kind, LagCause, LagLine, Message, Nanos, Route, Sink,
};
use runtime::{Counters, Work};

use crate::bars::BARS_MAX;
use crate::desk::Desk;
use crate::mark_bars::MARK_BARS_MAX;
use crate::rows::LINES as ROWS;
use crate::{Bars, BookCounter, Content, MarkBars, OrderBook, Plan, Tape};

/// Stage 2.
#[derive(Debug)]
pub struct Stage {
    desks: Box<[Option<Box<Desk>>]>,
    plan: Plan,
    counters: Counters<BookCounter>,
}

impl Stage {
    /// A stage with room for these instruments taken; others may come later, counted.
    ///
    /// # Panics
    /// When `window_ticks` is no power of two ≥ 256 or `far_slots` none ≥ 8: the plan's author
    /// concluded it wrongly.
    #[must_use]
    pub fn new(instruments: &Instruments, plan: Plan) -> Self {
        let counters = Counters::default();
        let mut desks: Box<[Option<Box<Desk>>]> = (0..INSTRUMENTS_MAX).map(|_| None).collect();
        for (id, instrument) in instruments.iter() {
            desks[id.index()] = Some(Box::new(Desk::new(id, *instrument, &plan, &counters)));
        }
        Self { desks, plan, counters }
    }

    fn desk(&self, id: InstrumentId) -> Option<&Desk> {
        self.desks.get(id.index())?.as_deref()
    }

    /// The order book of an instrument.
    #[must_use]
    pub fn book(&self, id: InstrumentId) -> Option<&OrderBook> {
        self.desk(id).map(|desk| &desk.book)
    }

    /// The open bars of an instrument.
    #[must_use]
    pub fn bars(&self, id: InstrumentId) -> Option<&Bars> {
        self.desk(id).map(|desk| &desk.bars)
    }

    /// The open mark-price bars of an instrument.
    #[must_use]
    pub fn mark_bars(&self, id: InstrumentId) -> Option<&MarkBars> {
        self.desk(id).map(|desk| &desk.marks)
    }

    /// The tape of an instrument.
    #[must_use]
    pub fn tape(&self, id: InstrumentId) -> Option<&Tape> {
        self.desk(id).map(|desk| &desk.tape)
    }

    /// The instrument at an index, as last named.
    #[must_use]
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.desk(id).map(|desk| &desk.instrument)
    }

    /// The venue clock of an instrument; zero before its first message.
    #[must_use]
    pub fn clock(&self, id: InstrumentId) -> Nanos {
        self.desk(id).map_or(Nanos::NONE, |desk| desk.clock.now())
    }

    /// The content digests of an instrument; untouched unless `Plan::content`.
    #[must_use]
    pub fn content(&self, id: InstrumentId) -> Content {
        self.desk(id).map_or_else(Content::default, |desk| desk.content)
    }

    /// The stage's counters, shared.
    #[must_use]
    pub fn counters(&self) -> Counters<BookCounter> {
        self.counters.clone()
    }

    fn tick<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        for desk in self.desks.iter_mut().flatten() {
            desk.tick(message.head, out);
        }
        out.send(message);
    }

    /// Something happened to the way on which depth comes: where it leaves a hole, no book is
    /// trusted behind it, even if the next event chains. Trades show what they miss by their ids.
    #[cold]
    fn control<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        if breaks_depth(message) {
            for desk in self.desks.iter_mut().flatten() {
                desk.distrust(message.head, out);
            }
        }
        out.send(message);
    }

    /// Renews an instrument or takes up a new one.
    #[cold]
    fn name<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let id = message.head.instrument;
        let (Some(instrument), Some(place)) =
            (Instrument::read(message), self.desks.get_mut(id.index()))
        else {
            return self.counters.bump(BookCounter::Malformed);
        };
        match place {
            Some(desk) => desk.renew(instrument, message.head, out),
            None => {
                self.counters.bump(BookCounter::LateInstruments);
                *place = Some(Box::new(Desk::new(id, instrument, &self.plan, &self.counters)));
            }
        }
        out.send(message);
    }
}

/// Lines of a message that says what levels lost.
const DRAIN: usize = 1 + DRAIN_LINES_MAX;

/// Lines of an event that is passed on.
const ITSELF: usize = 1 + HEATMAP_LINES_MAX;

/// Whether this stage does anything with a kind: all market data, and what tells how far to trust
/// it.
#[inline]
const fn matters(kind: Kind) -> bool {
    (kind as u16) < Kind::Refused as u16
        || matches!(kind, Kind::Connection | Kind::Lag | Kind::Audit)
        || matches!(kind, Kind::Command | Kind::Heatmap)
}

/// Whether depth has a hole here whatever its ids say: its sockets are gone, or our host stood
/// still. A rotation has no hole but what the ids show, and a socket that failed was never live.
fn breaks_depth(message: Message<'_>) -> bool {
    match message.head.kind() {
        Some(Kind::Connection) => message.body.view::<ConnectionLine>(0).is_some_and(|line| {
            line.route == Route::Public.code() && line.state == ConnectionState::Lost.code()
        }),
        Some(Kind::Lag) => {
            let line = message.body.view::<LagLine>(0);
            line.is_some_and(|line| line.cause == LagCause::Pause.code())
        }
        _ => false,
    }
}

/// Whether a body has the lines its kind says; only then is what follows from it bounded.
#[inline]
fn fits(kind: Kind, message: Message<'_>) -> bool {
    use model::Flags;
    let lines = message.body.len();
    if lines != usize::from(message.head.lines) {
        return false;
    }
    match kind {
        Kind::Trade => lines == usize::from(!message.head.flags.has(Flags::FOREIGN)),
        Kind::Depth | Kind::Partial | Kind::Snapshot => true,
        Kind::Tick => lines == 0,
        Kind::Kline | Kind::Instrument => lines == 2,
        Kind::Audit => lines == 3,
        Kind::Heatmap => (1..=HEATMAP_LINES_MAX).contains(&lines),
        _ => lines == 1,
    }
}

impl Stage {
    /// The most that a clock tick causes: itself, and a book of every instrument gone stale (head
    /// and line each).
    pub const TICK_OUT_MAX: usize = 2 + 2 * INSTRUMENTS_MAX;
}

impl Work for Stage {
    const ROLE: &'static str = "book";

    /// The worst of: a tick or a lost connection (head and line) with a book of every instrument
    /// gone stale or untrusted; any other event with every bar it can close (head and two lines
    /// each; of the mark price head and one), the rows with them, a book that starts again, what
    /// levels lost, the book, and itself (a heatmap is the longest).
    const OUT_MAX: usize = {
        let bars = 3 * BARS_MAX + 2 * MARK_BARS_MAX;
        let (all, event) = (Self::TICK_OUT_MAX, bars + 1 + ROWS + 2 + 1 + DRAIN + 2 + ITSELF);
        if all < event { event } else { all }
    };

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        // Kinds of a later version, and those that are not for this stage, are skipped.
        let Some(kind) = message.head.kind() else { return };
        if !matters(kind) {
            return;
        }
        if !fits(kind, message) {
            return self.counters.bump(BookCounter::Malformed);
        }
        match kind {
            Kind::Tick => self.tick(message, out),
            Kind::Instrument => self.name(message, out),
            Kind::Connection | Kind::Lag => self.control(message, out),
            // To one instrument or to all: this stage has nothing to do with it.
            Kind::Command => out.send(message),
            _ => match self.desks.get_mut(message.head.instrument.index()) {
                Some(Some(desk)) => desk.take(kind, message, out),
                _ => self.counters.bump(BookCounter::UnknownInstruments),
            },
        }
    }
}

const _: () = {
    // What `matters` compares with: every event before `Refused` is market data.
    assert!((Kind::Premium as u16) + 1 == Kind::Refused as u16);
    assert!(size_of::<Digest>() == 8);
};

//! The stage: one desk an instrument, and the way each message takes.

use model::{
    Digest, INSTRUMENTS_MAX, Instrument, InstrumentId, Instruments, Kind, Message, Nanos, Sink,
};
use runtime::{Counters, Work};

use crate::bars::BARS_MAX;
use crate::desk::Desk;
use crate::{Bars, BookCounter, Content, OrderBook, Plan, Tape};

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
        _ => lines == 1,
    }
}

impl Work for Stage {
    const ROLE: &'static str = "book";

    /// The worst of: a tick with a book of every instrument gone stale; any other event with
    /// every bar it can close (head and two lines each), a book that starts again, and itself
    /// (head and two lines at most).
    const OUT_MAX: usize = {
        let (tick, event) = (1 + 2 * INSTRUMENTS_MAX, 3 * BARS_MAX + 2 + 3);
        if tick < event { event } else { tick }
    };

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        // Kinds of a later version, and those that are not for this stage, are skipped.
        let Some(kind) = message.head.kind() else { return };
        if Kind::Premium < kind {
            return;
        }
        if !fits(kind, message) {
            return self.counters.bump(BookCounter::Malformed);
        }
        match kind {
            Kind::Tick => self.tick(message, out),
            Kind::Instrument => self.name(message, out),
            _ => match self.desks.get_mut(message.head.instrument.index()) {
                Some(Some(desk)) => desk.take(kind, message, out),
                _ => self.counters.bump(BookCounter::UnknownInstruments),
            },
        }
    }
}

const _: () = {
    // What `take` compares with: every event before `Refused` is for this stage.
    assert!((Kind::Premium as u16) + 1 == Kind::Refused as u16);
    assert!(size_of::<Digest>() == 8);
};

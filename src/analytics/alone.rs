//! Every figure by itself: one calculator, driven by recorded input. What the benches measure.
//!
//! ```text
//! what the book sent ─▶ Input ─▶ figures ─▶ Figure::start ─▶ one call an event, as often as asked
//! ```
//!
//! A calculator is private to its group; so each group lists its own, in the `alone.rs` of its
//! folder. All of it stands behind the feature `alone`: a second caller may change what the
//! compiler puts in line, and the stage shall not pay for being measured.

use std::fmt;
use std::hint::black_box;
use std::ops::Range;
use std::rc::Rc;

use model::{
    BarLine, BarSumsLine, BookLine, DrainLine, Instrument, Interval, Kind, Line, Lots, MarkLine,
    Message, Nanos, OpenInterestLine, QuoteLine,
};

use crate::cvd::Cvd;
use crate::figures::{Bar, Now, Print};
use crate::obi::{Obi, Reading};
use crate::top::Top;
use crate::{anatomy, averages, depth, indicators, participation, prints, structure, windows};

/// One calculator and the events that it is driven by.
pub struct Figure {
    /// What it is.
    pub name: String,
    /// What one event is.
    pub event: &'static str,
    /// Calls that it can be given.
    pub calls: usize,
    events: Box<dyn Fn(Range<usize>) -> usize>,
    start: Box<dyn Fn() -> Run>,
}

/// A calculator at work: makes a range of the calls. What they return is not thrown away early.
pub type Run = Box<dyn FnMut(Range<usize>)>;

impl fmt::Debug for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, {} calls", self.name, self.calls)
    }
}

impl Figure {
    /// A new calculator that has seen nothing.
    #[must_use]
    pub fn start(&self) -> Run {
        (self.start)()
    }

    /// How many of a range of calls count as events; the others are what comes between them.
    #[must_use]
    pub fn events(&self, calls: Range<usize>) -> usize {
        (self.events)(calls)
    }
}

/// A figure of which every call is an event. `make` gives a new calculator.
pub(crate) fn figure<E: 'static, R, C: FnMut(&E) -> R + 'static>(
    name: impl Into<String>,
    event: &'static str,
    calls: &Rc<[E]>,
    make: impl Fn() -> C + 'static,
) -> Figure {
    figure_of(name, event, calls, |_| true, make)
}

/// A figure of which some calls are events.
pub(crate) fn figure_of<E: 'static, R, C: FnMut(&E) -> R + 'static>(
    name: impl Into<String>,
    event: &'static str,
    calls: &Rc<[E]>,
    is_event: fn(&E) -> bool,
    make: impl Fn() -> C + 'static,
) -> Figure {
    let (counted, driven) = (Rc::clone(calls), Rc::clone(calls));
    Figure {
        name: name.into(),
        event,
        calls: calls.len(),
        events: Box::new(move |range| counted[range].iter().filter(|of| is_event(of)).count()),
        start: Box::new(move || {
            let (calls, mut call) = (Rc::clone(&driven), make());
            Box::new(move |range| {
                for event in &calls[range] {
                    black_box(call(event));
                }
            })
        }),
    }
}

/// A closed bar with the lines that it is read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClosedBar {
    pub(crate) line: BarLine,
    pub(crate) sums: BarSumsLine,
}

impl ClosedBar {
    pub(crate) fn bar(&self) -> Bar<'_> {
        let Self { line, sums } = self;
        Bar { interval: line.interval(), time: line.time_open, line, sums, run: line.run }
    }
}

/// What a message brought.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    Trade(Print),
    Bar(Box<ClosedBar>),
    Book(BookLine),
    Quote(QuoteLine, u64),
    Mark(Box<MarkLine>),
    Interest(Lots),
    Drain(Box<(DrainLine, Vec<Line>)>),
}

/// A message as a calculator needs it.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// The venue clock after it.
    pub(crate) clock: Nanos,
    /// Its own venue time.
    pub(crate) time: Nanos,
    pub(crate) heard: Heard,
}

impl Moment {
    /// Nothing is known besides its times.
    pub(crate) fn now(&self) -> Now<'static> {
        Now {
            clock: self.clock,
            time: self.time,
            start: Nanos::NONE,
            hole: Nanos::NONE,
            dark: Nanos::NONE,
            last: None,
            top: Top::default(),
            cvd: &Cvd::ZERO,
            obi: &Reading::NONE,
        }
    }

    pub(crate) const fn is_trade(&self) -> bool {
        matches!(self.heard, Heard::Trade(_))
    }

    pub(crate) const fn is_book(&self) -> bool {
        matches!(self.heard, Heard::Book(_))
    }

    pub(crate) fn is_bar(&self, of: Interval) -> bool {
        matches!(&self.heard, Heard::Bar(bar) if bar.line.interval() == of)
    }
}

/// A recorded input of one instrument, as the book hands it on.
#[derive(Debug)]
pub struct Input {
    pub(crate) instrument: Instrument,
    clock: Nanos,
    moments: Vec<Moment>,
}

impl Input {
    /// Of this instrument; nothing yet.
    #[must_use]
    pub const fn new(instrument: Instrument) -> Self {
        Self { instrument, clock: Nanos::NONE, moments: Vec::new() }
    }

    /// The next message that the book sent. Kinds that no calculator takes by itself are left out.
    pub fn push(&mut self, message: Message<'_>) {
        let (head, body) = (message.head, message.body);
        self.clock = self.clock.max(head.time_event).max(head.time_match);
        let heard = match head.kind() {
            Some(Kind::Trade) => Print::read(message).map(Heard::Trade),
            Some(Kind::Bar) => body
                .view::<BarLine>(0)
                .zip(body.view::<BarSumsLine>(1))
                .map(|(&line, &sums)| Heard::Bar(Box::new(ClosedBar { line, sums }))),
            Some(Kind::Book) => body.view(0).copied().map(Heard::Book),
            Some(Kind::Quote) => body.view(0).map(|&quote| Heard::Quote(quote, head.id)),
            Some(Kind::Mark) => body.view(0).map(|&mark| Heard::Mark(Box::new(mark))),
            Some(Kind::OpenInterest) => {
                body.view::<OpenInterestLine>(0).map(|interest| Heard::Interest(interest.lots))
            }
            Some(Kind::Drain) => body.view(0).map(|&drain| {
                Heard::Drain(Box::new((drain, body.iter().skip(1).copied().collect())))
            }),
            _ => None,
        };
        let (clock, time) = (self.clock, head.time_venue());
        self.moments.extend(heard.map(|heard| Moment { clock, time, heard }));
    }

    /// Some of the messages, in order.
    pub(crate) fn moments(&self, take: impl Fn(&Moment) -> bool) -> Rc<[Moment]> {
        self.moments.iter().filter(|moment| take(moment)).cloned().collect()
    }

    /// The trades.
    pub(crate) fn prints(&self) -> Rc<[Print]> {
        let print = |moment: &Moment| match moment.heard {
            Heard::Trade(print) => Some(print),
            _ => None,
        };
        self.moments.iter().filter_map(print).collect()
    }

    /// The closed bars of an interval.
    pub(crate) fn bars(&self, of: Interval) -> Rc<[ClosedBar]> {
        let bar = |moment: &Moment| match &moment.heard {
            Heard::Bar(bar) if bar.line.interval() == of => Some(**bar),
            _ => None,
        };
        self.moments.iter().filter_map(bar).collect()
    }
}

/// Every figure: of the tape and its bars over `day`, of the book over `session`, of what the
/// venue tells beside them over `imagined`, which has all of it.
#[must_use]
pub fn figures(day: &Input, session: &Input, imagined: &Input) -> Vec<Figure> {
    let mut all = windows::alone::figures(day);
    all.extend(anatomy::alone::figures(day));
    all.extend(averages::alone::figures(day));
    all.push(figure("delta (CVD)", "trade", &day.prints(), || {
        let mut cvd = Cvd::ZERO;
        move |print: &Print| cvd.add(print.price, print.side, print.lots)
    }));
    all.extend(prints::alone::figures(day));
    all.push(figure(
        "imbalance (OBI) with z",
        "book event",
        &session.moments(Moment::is_book),
        || {
            let mut obi = Obi::new(300);
            move |moment: &Moment| {
                if let Heard::Book(book) = &moment.heard {
                    obi.take(book, moment.clock);
                }
                *obi.reading()
            }
        },
    ));
    all.extend(depth::alone::figures(day, session, imagined));
    all.extend(indicators::alone::figures(day));
    all.extend(structure::alone::figures(day, imagined));
    all.extend(participation::alone::figures(day));
    all
}

//! Insights to records: which kind is shown under which name, when, and by whom.
//!
//! Figures of the first hour (book, top, CVD, OBI, profile, bars) are read from the stages by
//! `emit.rs`; every other figure is an insight or a decision, and what is printed is what the
//! engine said.

mod anchor;
mod decision;
mod depth;
mod indicator;
mod order;
mod participation;
mod prints;
mod structure;
mod volume;

pub(crate) use decision::{CONFLUENCE, reasons, units};
pub(crate) use order::{causes, client, fine, low};
pub(in crate::analyze) use prints::sizes;

use std::collections::BTreeMap;

use engine::Observer;
use model::{
    BarLine, BarSumsLine, Body, Insight, Instrument, InstrumentId, Interval, Kind, LevelDecision,
    Line, Lots, Message, Price, Trust, Window, missing,
};

use crate::cli::{Analyze, Emit};
use crate::record::{Record, Style};

/// When a kind is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// As it is said: facts, and figures of closed bars. Where the user asks how things stand at
    /// some time, the last one of each window byte too.
    Each,
    /// The last one of each window byte, when the user asks how things stand.
    Last,
    /// A level: the last one of each number while it stands, when the user asks likewise.
    Standing,
}

/// What the window byte of a kind is, so that `--window` or `--interval` choose by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    /// Nothing that the user chooses by.
    Nothing,
    /// A [`Window`].
    Window,
    /// A [`Window`] too, but a user who names none wants them all.
    Session,
    /// Likewise, and the record names it by itself.
    Anchor,
    /// An index into [`Interval::ALL`].
    Interval,
}

/// One kind of insight as a record.
pub(super) struct Shown {
    /// Under which name it is asked for.
    pub(super) emit: Emit,
    /// The insight.
    pub(super) kind: Kind,
    /// The record's `kind`.
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) by: By,
    /// Writes the fields behind symbol, window or interval, time and trust.
    pub(super) write: fn(&mut Record, &Said<'_>),
}

/// An insight with what is needed to show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) insight: &'a Insight,
    pub(super) body: &'a [Line],
    pub(super) instrument: &'a Instrument,
}

impl Said<'_> {
    /// Whether its figures have a value: without one they are zero and mean nothing.
    pub(super) const fn has_value(&self) -> bool {
        !self.insight.trust.has(Trust::MISSING)
    }

    /// A quantity that is missing with the whole record, or by its own sign.
    pub(super) fn lots(&self, lots: Lots) -> Option<model::Shown> {
        let lots = missing::whole(lots.0).filter(|_| self.has_value()).map(Lots);
        lots.map(|lots| self.instrument.lots(lots))
    }

    /// A price likewise.
    pub(super) fn price(&self, price: Price) -> Option<model::Shown> {
        let price = missing::whole(price.0).filter(|_| self.has_value()).map(Price);
        price.map(|price| self.instrument.price(price))
    }

    /// A ratio likewise.
    pub(super) fn ratio(&self, value: f64) -> Option<f64> {
        missing::ratio(value).filter(|_| self.has_value())
    }
}

/// The fate of a level that is no more.
pub(crate) const GONE: u8 = 2;

/// Every kind that is shown, by group.
const TABLES: [&[Shown]; 9] = [
    volume::KINDS,
    anchor::KINDS,
    prints::KINDS,
    depth::KINDS,
    indicator::KINDS,
    structure::KINDS,
    participation::KINDS,
    decision::KINDS,
    order::KINDS,
];

/// Whether all that is printed under a name is what the engine says by itself: an input without
/// its source, or too short for it, gives nothing.
pub(super) fn may_be_silent(emit: Emit) -> bool {
    // These print how things stand as well.
    !matches!(emit, Emit::Obi | Emit::Avwap) && shown().any(|shown| shown.emit == emit)
}

fn shown() -> impl Iterator<Item = &'static Shown> {
    TABLES.into_iter().flatten()
}

/// An insight that is kept until it is printed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Kept {
    pub(crate) insight: Insight,
    pub(crate) body: Vec<Line>,
}

impl Kept {
    pub(crate) fn of(insight: &Insight, body: Body<'_>) -> Self {
        Self { insight: *insight, body: body.iter().copied().collect() }
    }

    pub(crate) const fn instrument(&self) -> InstrumentId {
        self.insight.instrument
    }

    /// Writes the record; the name it was asked for by, none for a kind that is not shown.
    pub(crate) fn write(&self, instrument: &Instrument, record: &mut Record) -> Option<Emit> {
        let insight = &self.insight;
        let shown = shown().find(|shown| shown.kind as u16 == insight.kind)?;
        record.open(shown.name).exact("symbol", instrument.symbol);
        match shown.by {
            By::Nothing | By::Anchor => {}
            By::Window | By::Session => {
                let window = Window::ALL.get(usize::from(insight.window));
                record.exact("window", window.map_or("?", |window| window.text()));
            }
            By::Interval => {
                let interval = Interval::ALL.get(usize::from(insight.window));
                record.exact("interval", interval.map_or("?", |interval| interval.text()));
            }
        }
        record.time("time_venue", insight.time_venue);
        trust(record, insight.trust);
        (shown.write)(record, &Said { insight, body: &self.body, instrument });
        Some(shown.emit)
    }
}

/// What is to be held against a record; nothing is written when it is sound. In a table it is one
/// column of words.
pub(super) fn trust(record: &mut Record, trust: Trust) {
    let words = [
        (Trust::CONTAMINATED, "contaminated"),
        (Trust::UNCOVERED, "uncovered"),
        (Trust::SUPPRESSED, "suppressed"),
        (Trust::MISSING, "missing"),
        (Trust::PROVISIONAL, "provisional"),
    ];
    let words = words.into_iter().filter(|&(bit, _)| trust.has(bit)).map(|(_, word)| word);
    if record.style() == Style::Csv {
        record.exact("trust", words.collect::<Vec<_>>().join(" "));
    } else {
        for word in words {
            record.number(word, true);
        }
    }
}

/// Looks on while messages pass: closed bars, and the insights that were asked for.
#[derive(Debug)]
pub(super) struct Watch {
    /// Bars of these intervals are kept.
    intervals: Vec<Interval>,
    /// Bars closed since they were last taken.
    pub(super) closed: Vec<(InstrumentId, BarLine, BarSumsLine)>,
    // By kind number: what becomes of it.
    asked: BTreeMap<u16, (Form, By)>,
    windows: Vec<Window>,
    // Those that the user named.
    named: Vec<Window>,
    // Empty: every interval.
    by_interval: Vec<Interval>,
    /// Said since they were last taken.
    pub(super) said: Vec<Kept>,
    // By kind, instrument, window byte or number of the level.
    last: BTreeMap<(u16, u16, u64), Kept>,
}

impl Watch {
    pub(super) fn new(asked: &Analyze) -> Self {
        let kinds = shown().filter(|shown| asked.emit.contains(&shown.emit));
        let bars = asked.emit.contains(&Emit::Bars);
        let sampled = asked.at.is_some() || asked.every.is_some();
        let form = |form| if sampled && form == Form::Each { Form::Last } else { form };
        Self {
            intervals: if bars { asked.bar_intervals() } else { Vec::new() },
            closed: Vec::new(),
            asked: kinds.map(|shown| (shown.kind as u16, (form(shown.form), shown.by))).collect(),
            windows: asked.windows(),
            named: asked.window.clone(),
            by_interval: asked.interval.clone(),
            said: Vec::new(),
            last: BTreeMap::new(),
        }
    }

    /// Whether any kind was asked for that a group of figures says.
    pub(super) fn needs_groups(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The last of each, of one instrument, in order of kind and window.
    pub(super) fn last(&self, id: InstrumentId) -> Vec<Kept> {
        self.last.values().filter(|kept| kept.instrument() == id).cloned().collect()
    }

    fn wants(&self, by: By, byte: u8) -> bool {
        let at = usize::from(byte);
        match by {
            By::Nothing => true,
            By::Session | By::Anchor if self.named.is_empty() => true,
            By::Session | By::Anchor => {
                Window::ALL.get(at).is_some_and(|window| self.named.contains(window))
            }
            By::Window => Window::ALL.get(at).is_some_and(|window| self.windows.contains(window)),
            By::Interval => {
                self.by_interval.is_empty()
                    || Interval::ALL.get(at).is_some_and(|of| self.by_interval.contains(of))
            }
        }
    }
}

impl Observer for Watch {
    fn market(&mut self, message: Message<'_>) {
        if message.head.kind != Kind::Bar as u16 {
            return;
        }
        if let (Some(bar), Some(sums)) =
            (message.body.view::<BarLine>(0), message.body.view::<BarSumsLine>(1))
            && self.intervals.contains(&bar.interval())
        {
            self.closed.push((message.head.instrument, *bar, *sums));
        }
    }

    #[inline]
    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        let Some(&(form, by)) = self.asked.get(&insight.kind) else { return };
        let key = |last| (insight.kind, insight.instrument.0, last);
        if !self.wants(by, insight.window) {
            if form == Form::Standing {
                // A level may go on as one of another window.
                self.last.remove(&key(insight.view::<LevelDecision>().level));
            }
            return;
        }
        let kept = Kept::of(insight, body);
        match form {
            Form::Each => self.said.push(kept),
            Form::Last => {
                self.last.insert(key(u64::from(insight.window)), kept);
            }
            Form::Standing => {
                let level: &LevelDecision = insight.view();
                if level.fate == GONE {
                    self.last.remove(&key(level.level));
                } else {
                    self.last.insert(key(level.level), kept);
                }
            }
        }
    }

    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        self.insight(decision, body);
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use std::collections::BTreeSet;

    #[test]
    fn each_kind_and_name_stands_once() {
        let kinds: BTreeSet<u16> = shown().map(|shown| shown.kind as u16).collect();
        let names: BTreeSet<&str> = shown().map(|shown| shown.name).collect();
        assert_eq!(kinds.len(), shown().count(), "a kind of insight is shown one way");
        assert_eq!(names.len(), shown().count(), "a record's name means one thing");
    }
}

//! `fulcrum replay --check`: derives a run's decisions once more and compares them, byte for byte,
//! with those that the run recorded.
//!
//! The recorded log may be shorter than the log of events: a run that was killed had not decided,
//! or not synced, all that had entered. What is derived beyond it closes that gap and is no
//! difference.

#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{recorded_words, write_decision};
use journal::{Journal, JournalError, Reader};
use model::{Body, Draft, Head, Instruments, Kind, Message, Sink};
use runtime::door::Room;
use runtime::station::Outlet;

use crate::exit::Stop;
use crate::when::Utc;
use words::{Differs, differences};

/// The end of the river when a run is checked: takes what is derived, holds it beside what was
/// recorded. Clones look at the same comparison.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    over: Arc<AtomicBool>,
    comparison: Arc<Mutex<Comparison>>,
}

#[derive(Debug)]
struct Comparison {
    recorded: Reader,
    draft: Draft,
    outcome: Outcome,
    // Nothing more was recorded, or it cannot be read.
    exhausted: bool,
}

/// What came of a check.
#[derive(Clone, Default, Debug)]
pub(crate) struct Outcome {
    /// Decisions derived.
    pub(crate) decisions: u64,
    /// Of these compared.
    pub(crate) compared: u64,
    /// Recorded ones whose events the journal does not hold.
    pub(crate) beyond: u64,
    /// In what the plan differs from the recorded one.
    plan: Vec<Differs>,
    difference: Option<Difference>,
    // Why the recorded ones could not be read on.
    broken: Option<String>,
}

/// The first decision that differs.
#[derive(Clone, Debug)]
struct Difference {
    /// Its place among the decisions, from 1.
    number: u64,
    head: Head,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Fields(Vec<Differs>),
    Byte(usize),
    NotRecorded,
    NotDerived,
}

impl Checker {
    /// A check of the run in this directory by this plan.
    pub(crate) fn open(run: &Path, plan: &engine::Plan) -> Result<Self, Stop> {
        Self::of(run, plan).map_err(Stop::failed)?.ok_or_else(|| {
            let run = run.display();
            Stop::usage(format_args!("{run} holds no recorded decisions to compare with"))
        })
    }

    /// The same; `None` for a run that recorded no decisions.
    pub(crate) fn of(run: &Path, plan: &engine::Plan) -> Result<Option<Self>, JournalError> {
        let place = journal::decisions(run);
        if !place.is_dir() {
            return Ok(None);
        }
        let journal = match Journal::open(&place) {
            Err(JournalError::NoSegment(_)) => return Ok(None),
            opened => opened?,
        };
        let mut recorded = journal.reader();
        let mut outcome = Outcome::default();
        match recorded.read()?.and_then(recorded_words) {
            Some(words) => outcome.plan = differences(&words, &plan.words()),
            None => outcome.broken = Some("they do not begin with what decided".to_owned()),
        }
        let comparison =
            Comparison { recorded, draft: Draft::default(), outcome, exhausted: false };
        Ok(Some(Self { over: Arc::default(), comparison: Arc::new(Mutex::new(comparison)) }))
    }

    /// Whether a difference was found: what follows it says nothing.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The outcome, when all up to and with event `last` was derived.
    pub(crate) fn finish(self, last: u64) -> Outcome {
        let mut comparison = self.comparison();
        comparison.rest(last);
        comparison.outcome.clone()
    }

    fn comparison(&self) -> MutexGuard<'_, Comparison> {
        self.comparison.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Checker {
    fn send(&mut self, decision: Message<'_>) {
        let mut comparison = self.comparison();
        comparison.take(decision);
        let found = &comparison.outcome;
        if found.difference.is_some() || found.broken.is_some() {
            self.over.store(true, Ordering::Relaxed);
        }
    }
}

impl Room for Checker {
    fn room(&self) -> usize {
        usize::MAX
    }
}

impl Outlet for Checker {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        0
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

impl Comparison {
    fn take(&mut self, decision: Message<'_>) {
        let Self { recorded, draft, outcome, exhausted } = self;
        if outcome.difference.is_some() || outcome.broken.is_some() {
            return;
        }
        outcome.decisions += 1;
        if *exhausted {
            return;
        }
        write_decision(decision, draft);
        let number = outcome.decisions;
        let found = match recorded.read() {
            Ok(Some(message)) => {
                draft.head.sequence = message.head.sequence;
                outcome.compared += 1;
                differing(message, draft.message())
            }
            Ok(None) => {
                *exhausted = true;
                // A log that was not closed ends somewhere, and that is no difference.
                recorded.ended().then_some(What::NotRecorded)
            }
            Err(error) => return outcome.broken = Some(error.to_string()),
        };
        if let Some(what) = found {
            outcome.difference = Some(Difference { number, head: draft.head, what });
        }
    }

    /// Looks at what was recorded beyond the last decision that was derived.
    fn rest(&mut self, last: u64) {
        let Self { recorded, outcome, exhausted, .. } = self;
        if *exhausted || outcome.difference.is_some() || outcome.broken.is_some() {
            return;
        }
        loop {
            match recorded.read() {
                Ok(Some(message)) if message.head.id <= last => {
                    let (number, head) = (outcome.decisions + 1, *message.head);
                    let what = What::NotDerived;
                    return outcome.difference = Some(Difference { number, head, what });
                }
                Ok(Some(_)) => outcome.beyond += 1,
                Ok(None) => return,
                Err(error) => return outcome.broken = Some(error.to_string()),
            }
        }
    }
}

/// In what a derived decision differs from the recorded one.
fn differing(recorded: Message<'_>, derived: Message<'_>) -> Option<What> {
    let plain = |head: &Head| Head { crc: 0, ..*head };
    let (ours, theirs) = (plain(recorded.head), plain(derived.head));
    if ours == theirs && recorded.body.iter().eq(derived.body.iter()) {
        return None;
    }
    let fields = differences(&words::decision(recorded.body), &words::decision(derived.body));
    if !fields.is_empty() {
        return Some(What::Fields(fields));
    }
    // The same in words: other bits of what is no number, or a head that does not fit its body.
    let bytes = |body: Body<'_>| -> Vec<u8> {
        body.iter().flat_map(|line| bytemuck::bytes_of(line).iter().copied()).collect()
    };
    let (ours, theirs) = (bytes(recorded.body), bytes(derived.body));
    let at = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    Some(What::Byte(at.map_or(0, |at| size_of::<Head>() + at)))
}

impl Outcome {
    /// Whether nothing differs.
    pub(crate) const fn is_equal(&self) -> bool {
        self.difference.is_none() && self.broken.is_none()
    }

    /// Whether it was decided by the plan that recorded it.
    pub(crate) fn is_same_plan(&self) -> bool {
        self.plan.is_empty()
    }

    /// Says on stderr what a reader of the record must know besides.
    pub(crate) fn tell(&self) {
        if !self.plan.is_empty() {
            eprintln!("fulcrum: what decides is not what decided: {}", listed(&self.plan, "here"));
        }
        if self.beyond > 0 {
            let beyond = self.beyond;
            eprintln!(
                "fulcrum: the journal does not hold the events of {beyond} recorded decisions"
            );
        }
        if self.is_equal() && self.compared < self.decisions {
            let more = self.decisions - self.compared;
            eprintln!("fulcrum: {more} decisions were derived beyond the end of those recorded");
        }
    }

    /// The first difference in a sentence, or why the recorded ones cannot be read.
    pub(crate) fn sentence(&self, instruments: &Instruments) -> Option<String> {
        if let Some(broken) = &self.broken {
            return Some(format!("the recorded decisions: {broken}"));
        }
        let difference = self.difference.as_ref()?;
        Some(Told { difference, instruments }.to_string())
    }
}

/// The first fields that differ and how many more there are.
fn listed(fields: &[Differs], here: &str) -> String {
    const NAMED: usize = 3;
    let named: Vec<String> = fields
        .iter()
        .take(NAMED)
        .map(|Differs { field, recorded, other }| {
            let other = other.as_deref().unwrap_or("absent");
            format!("{field} is {recorded} recorded, {other} {here}")
        })
        .collect();
    let more = fields.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    named.join("; ") + &rest
}

struct Told<'a> {
    difference: &'a Difference,
    instruments: &'a Instruments,
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { number, head, what } = self.difference;
        let kind = head.kind().map_or("unknown", Kind::text);
        let time = Utc(head.time_event);
        write!(out, "decision {number} differs: event {}, {time}, {kind}", head.id)?;
        if let Some(instrument) = self.instruments.get(head.instrument) {
            write!(out, " of {}", instrument.symbol)?;
        }
        match what {
            What::Fields(fields) => write!(out, ": {}", listed(fields, "derived")),
            What::Byte(at) => write!(out, ": byte {at} of its message"),
            What::NotRecorded => out.write_str(": derived, but not recorded"),
            What::NotDerived => out.write_str(": recorded, but not derived"),
        }
    }
}

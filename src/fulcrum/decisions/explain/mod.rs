//! `fulcrum explain`: the causal chain from trades to intent, in sentences in the order of time.
//!
//! | file | one line |
//! |---|---|
//! | `witness.rs` | who looks on: what levels were made of, facts, the steps of the signals |
//! | `chain.rs` | the steps of one signal as sentences |
//! | `origin.rs` | what built the level |
//! | `facts.rs` | what confirmed it, with its own numbers |
//! | `money.rs` | size, stop and target with the rules that set them |

mod chain;
mod facts;
mod money;
mod origin;
mod witness;

use engine::Inline;
use model::{Instrument, InstrumentId, Nanos, in_run};
use strategy::exits::ClientId;
use strategy::hypotheses::Causes;
use strategy::risk::Cause;

use super::coverage::Coverage;
use super::{Drive, Out, tell};
use crate::analyze::show::Kept;
use crate::cli::Explain;
use crate::exit::{Exit, Stop};
use crate::record::Style;
use crate::when::Utc;

pub(super) use chain::chain;
pub(super) use witness::{Asked, Story, Witness};

/// One link of a chain.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// When it was known.
    pub(super) time: Nanos,
    /// What it is, as JSON names it.
    pub(super) name: &'static str,
    /// The sentence.
    pub(super) text: String,
    /// The record it stands on.
    pub(super) kept: Option<Kept>,
    /// Of what was known at one time, which comes first.
    pub(super) rank: u8,
}

/// Ranks: what a level is made of, that it is watched, the touch, facts, that it is armed, orders.
const ORIGIN: u8 = 0;
const WATCHED: u8 = 1;
const TOUCH: u8 = 2;
const FACT: u8 = 3;
const ARMED: u8 = 4;
const LATER: u8 = 5;

impl Step {
    pub(super) fn new(time: Nanos, name: &'static str, text: String) -> Self {
        Self { time, name, text, kept: None, rank: LATER }
    }

    pub(super) fn of(kept: &Kept, name: &'static str, text: String) -> Self {
        let kept_too = Some(kept.clone());
        Self { kept: kept_too, ..Self::new(kept.insight.time_venue, name, text) }
    }

    pub(super) const fn ranked(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

pub(crate) fn run(asked: &Explain) -> Result<Exit, Stop> {
    let what = parse(&asked.what)?;
    let mut drive = Drive::open(&asked.inputs, Witness::new(what))?;
    let mut out = Out::new(asked.inputs.json);
    drive.run(|_, _| Ok(()))?;
    let told = match what {
        Asked::Signal(_) | Asked::Order(_) => stories(&mut drive, &mut out)?,
        Asked::Cause(..) => states(&mut drive.inline, &asked.what, &mut out)?,
    };
    if told {
        return out.end(drive);
    }
    let missing = missing(&asked.what, what, drive.observer());
    out.end(drive)?;
    Err(Stop::failed(missing))
}

/// A signal's number, a client id, or the name of a cause.
pub(super) fn parse(text: &str) -> Result<Asked, Stop> {
    if let Ok(number) = text.parse() {
        return Ok(Asked::Signal(number));
    }
    if let Some(client) = ClientId::parse(text.as_bytes()) {
        return Ok(Asked::Order(client.text().0));
    }
    let causes = Cause::ALL.iter().map(|cause| cause.text());
    if let Some(place) = causes.clone().position(|name| name == text) {
        return Ok(Asked::Cause(1 << Cause::ALL[place] as u32, 0));
    }
    let broken = Causes::WORDS.iter().find(|(_, word)| *word == text);
    if let Some((bit, _)) = broken {
        return Ok(Asked::Cause(0, bit.0));
    }
    let known: Vec<&str> = causes.chain(Causes::WORDS.iter().map(|(_, word)| *word)).collect();
    Err(Stop::usage(format_args!(
        "{text:?} is neither a signal's number, nor a client id, nor one of {}",
        known.join(", ")
    )))
}

/// What to say when there is no such thing.
pub(super) fn missing(text: &str, asked: Asked, witness: &Witness) -> String {
    let numbers = &witness.numbers;
    let last = numbers.last().copied();
    match (asked, last) {
        (Asked::Cause(..), _) => format!("{text} was never raised in this run"),
        (_, None) => "this run has no signal: see what was missing above".into(),
        (Asked::Signal(number), Some(last)) => {
            let below = numbers.range(..number).next_back();
            let above = numbers.range(number..).next();
            let near: Vec<String> =
                below.into_iter().chain(above).map(ToString::to_string).collect();
            format!(
                "there is no signal {number}: the nearest is {}, the last {last}",
                near.join(" or ")
            )
        }
        (Asked::Order(_), Some(last)) => {
            let client = witness.client.as_ref();
            let client = client.map_or_else(String::new, |id| format!(", the last order is {id}"));
            format!("there is no order {text}{client}, the last signal is {last}")
        }
    }
}

fn stories(drive: &mut Drive<Witness>, out: &mut Out) -> Result<bool, Stop> {
    let stories = drive.observer().found();
    let Some(plan) = drive.plan.strategy else { return Ok(false) };
    for story in &stories {
        let Some(on) = drive.inline.instruments().get(story.instrument) else { continue };
        let (title, steps) = chain(on, story, &plan);
        write(on, &format!("Signal {}", in_run(story.signal)), &title, &steps, out)?;
    }
    Ok(!stories.is_empty())
}

/// The changes of the trading state in which a cause came or went.
fn states(
    inline: &mut Inline<(Coverage, Witness)>,
    name: &str,
    out: &mut Out,
) -> Result<bool, Stop> {
    let states = std::mem::take(&mut inline.observer().1.states);
    let Some(on) = inline.instruments().get(InstrumentId(0)) else { return Ok(false) };
    let steps: Vec<Step> = states
        .iter()
        .filter_map(|kept| {
            let of = inline.instruments().get(kept.instrument()).unwrap_or(on);
            Some(Step::of(kept, "state", tell::sentence(of, kept)?))
        })
        .collect();
    if !steps.is_empty() {
        write(on, name, "when it came and went, and what happened just before.", &steps, out)?;
    }
    Ok(!steps.is_empty())
}

fn write(
    on: &Instrument,
    subject: &str,
    title: &str,
    steps: &[Step],
    out: &mut Out,
) -> Result<(), Stop> {
    if out.record.style() == Style::Plain {
        for line in paragraphs(subject, title, steps) {
            out.line(line)?;
        }
        return Ok(());
    }
    out.record
        .open("explain")
        .exact("symbol", on.symbol)
        .text("subject", subject)
        .text("step", "title")
        .text("text", title)
        .end(&mut out.out)?;
    for step in steps {
        out.record
            .open("explain")
            .exact("symbol", on.symbol)
            .text("subject", subject)
            .text("step", step.name)
            .time("time_venue", step.time)
            .text("text", &step.text)
            .end(&mut out.out)?;
        if let Some(kept) = &step.kept {
            out.kept(on, kept)?;
        }
    }
    Ok(())
}

/// The chain as a person reads it: a time where it changes, a sentence a line.
pub(super) fn paragraphs(subject: &str, title: &str, steps: &[Step]) -> Vec<String> {
    let mut lines = vec![format!("{subject}: {title}"), String::new()];
    let mut before = None;
    for step in steps {
        if before != Some(step.time) {
            lines.push(Utc(step.time).to_string());
            before = Some(step.time);
        }
        lines.push(format!("  {}", step.text));
    }
    lines.push(String::new());
    lines
}

//! `fulcrum signals`: a line a signal, every step of it, or the whole feed as JSON.

use std::collections::BTreeMap;

use engine::{Inline, Observer};
use model::{
    AnswerDecision, Body, CloseDecision, FillDecision, Fine, Insight, Instrument, InstrumentId,
    IntentDecision, Kind, Lots, Nanos, Price, RefusalDecision, SignalDecision, SignalLine, in_run,
};
use strategy::Refused;
use strategy::exits::Role;
use strategy::hypotheses::{Confirmations, Reasons, State};
use strategy::terms::{Hypothesis, LevelKind};

use super::coverage::Coverage;
use super::{Drive, Out, tell, words};
use crate::analyze::show::{Kept, fine};
use crate::cli::Signals;
use crate::exit::{Exit, Stop};
use crate::when::Utc;

/// What became of one signal.
#[derive(Clone, Debug)]
pub(super) struct Row {
    first: Nanos,
    // The step that says how it stands: where it went from there by rest alone does not count.
    head: SignalDecision,
    line: SignalLine,
    confirmations: Confirmations,
    touched: Nanos,
    intents: u32,
    refused: Option<Refused>,
    // Lots and price of the first fill of an entry.
    entry: Option<(Lots, Price)>,
    result: Option<Fine>,
}

/// The signals of a run.
#[derive(Default, Debug)]
pub(super) struct Listed {
    // Whether every decision is kept until it is printed.
    pub(super) is_whole: bool,
    pub(super) fresh: Vec<Kept>,
    pub(super) rows: BTreeMap<u64, Row>,
}

impl Observer for Listed {
    fn decision(&mut self, decision: &Insight, body: Body<'_>) {
        if decision.kind() == Some(Kind::LevelDecision) {
            return;
        }
        if self.is_whole {
            self.fresh.push(Kept::of(decision, body));
        } else {
            self.count(decision, body);
        }
    }
}

impl Row {
    fn order(&mut self, decision: &Insight) {
        match decision.kind() {
            Some(Kind::IntentDecision) => self.intents += 1,
            Some(Kind::RefusalDecision) if self.refused.is_none() => {
                let refusal: &RefusalDecision = decision.view();
                self.refused = Refused::from_codes(refusal.by, refusal.refusal);
            }
            Some(Kind::FillDecision) if self.entry.is_none() => {
                let fill: &FillDecision = decision.view();
                let is_entry = Role::from_code(fill.role) == Some(Role::Entry);
                self.entry = is_entry.then_some((fill.lots, fill.price));
            }
            Some(Kind::CloseDecision) => {
                let close: &CloseDecision = decision.view();
                let sum = self.result.map_or(0, |sum| sum.0);
                self.result = Some(Fine(sum.saturating_add(close.result.0)));
            }
            _ => {}
        }
    }
}

impl Listed {
    fn count(&mut self, decision: &Insight, body: Body<'_>) {
        if decision.kind() == Some(Kind::SignalDecision) {
            if let Some(line) = body.view::<SignalLine>(0) {
                self.turn(decision.view(), line);
            }
            return;
        }
        let row = signal(decision).and_then(|signal| self.rows.get_mut(&signal));
        if let Some(row) = row {
            row.order(decision);
        }
    }

    fn turn(&mut self, head: &SignalDecision, line: &SignalLine) {
        let row = self.rows.entry(head.signal).or_insert_with(|| Row {
            first: head.time_venue,
            head: *head,
            line: *line,
            confirmations: Confirmations::NONE,
            touched: Nanos::NONE,
            intents: 0,
            refused: None,
            entry: None,
            result: None,
        });
        // A level that rests after its end says nothing new.
        let rests = Reasons(head.reasons).has(Reasons::COOLED);
        if !rests {
            (row.head, row.line) = (*head, *line);
        }
        row.confirmations = row.confirmations.with(Confirmations(head.confirmations));
        if line.time_touch != Nanos::NONE {
            row.touched = line.time_touch;
        }
    }
}

pub(crate) fn run(asked: &Signals) -> Result<Exit, Stop> {
    let json = asked.inputs.json;
    let is_whole = asked.all || json;
    let mut drive = Drive::open(&asked.inputs, Listed { is_whole, ..Listed::default() })?;
    let mut out = Out::new(json);
    drive.run(|inline, _| if is_whole { flush(inline, &mut out) } else { Ok(()) })?;
    flush(&mut drive.inline, &mut out)?;
    let rows = std::mem::take(&mut drive.observer().rows);
    for row in rows.values() {
        if let Some(on) = drive.inline.instruments().get(row.head.instrument) {
            out.line(one(on, row))?;
        }
    }
    out.end(drive)
}

/// Prints what was decided since the last message.
fn flush(inline: &mut Inline<(Coverage, Listed)>, out: &mut Out) -> Result<(), Stop> {
    if inline.observer().1.fresh.is_empty() {
        return Ok(());
    }
    let fresh = std::mem::take(&mut inline.observer().1.fresh);
    for kept in &fresh {
        // What concerns the account is shown on the grid of its first instrument: it has no price.
        let account = kept.instrument() == InstrumentId::NONE;
        let id = if account { InstrumentId(0) } else { kept.instrument() };
        let Some(on) = inline.instruments().get(id) else { continue };
        if out.is_json() {
            out.kept(on, kept)?;
        } else if let Some(sentence) = tell::sentence(on, kept) {
            out.line(step(kept, on, &sentence))?;
        }
    }
    Ok(())
}

/// One step: when, whose, what.
pub(super) fn step(kept: &Kept, on: &Instrument, sentence: &str) -> String {
    let (time, symbol) = (Utc(kept.insight.time_venue), on.symbol.text());
    match signal(&kept.insight) {
        Some(signal) => format!("{time}  {symbol} signal {}  {sentence}", in_run(signal)),
        None => format!("{time}  {symbol}  {sentence}"),
    }
}

/// Whose a decision is.
pub(super) fn signal(head: &Insight) -> Option<u64> {
    match head.kind()? {
        Kind::SignalDecision => Some(head.view::<SignalDecision>().signal),
        Kind::IntentDecision => Some(head.view::<IntentDecision>().signal),
        Kind::RefusalDecision => Some(head.view::<RefusalDecision>().signal),
        Kind::FillDecision => Some(head.view::<FillDecision>().signal),
        Kind::CloseDecision => Some(head.view::<CloseDecision>().signal),
        Kind::AnswerDecision => Some(head.view::<AnswerDecision>().signal),
        _ => None,
    }
}

/// A signal in a line.
pub(super) fn one(on: &Instrument, row: &Row) -> String {
    let (head, line) = (&row.head, &row.line);
    let hypothesis = Hypothesis::from_code(head.hypothesis).map_or("?", Hypothesis::word);
    let what = LevelKind::from_code(head.what).map_or("?", LevelKind::word);
    let window = model::Window::ALL.get(usize::from(head.window)).map_or("?", |it| it.text());
    let mut text = format!(
        "{:>5}  {}  {} {:<4} {hypothesis:<13} {what} {window} {} in {} – {}",
        in_run(head.signal),
        Utc(row.first),
        on.symbol.text(),
        words::side(head.side),
        on.price(line.price),
        on.price(line.zone_low),
        on.price(line.zone_high),
    );
    let mut say = |part: String| text = format!("{text}; {part}");
    if row.touched != Nanos::NONE {
        say(format!("touched {}", Utc(row.touched)));
    }
    if !row.confirmations.is_empty() {
        say(format!("confirmed by {}", words::list(row.confirmations.words())));
    }
    let state = State::from_code(head.to).map_or("?", State::word).replace('_', " ");
    let reasons = words::list(Reasons(head.reasons).words());
    say(format!("{state} ({reasons}) {}", Utc(head.time_venue)));
    if row.intents > 0 {
        say(format!("intents {}", row.intents));
    }
    if let Some(refused) = row.refused {
        say(format!("refused by {}: {}", refused.by(), refused.word()));
    }
    if let Some((lots, price)) = row.entry {
        say(format!("filled {} at {}", on.lots(lots), on.price(price)));
    }
    if let Some(result) = row.result {
        say(format!("result {}", fine(result)));
    }
    text
}

//! What a run's journal says when it is replayed, and whether it decides what the run recorded.

use std::path::Path;

use engine::{Inline, Summary, Unkept};
use journal::{Journal, JournalError};
use model::Instruments;
use runtime::station::Outlet;

use crate::checking::Checker;

/// What a replay came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// What it said.
    pub summary: Summary,
    /// What it decided, beside what was recorded; `None`: nothing was.
    pub decided: Option<Decided>,
}

/// Decisions, derived and recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// Decisions derived.
    pub decisions: u64,
    /// Of these held beside a recorded one.
    pub compared: u64,
    /// The first difference in a sentence.
    pub difference: Option<String>,
}

/// Drives a journal's messages through the stages.
///
/// # Errors
/// [`JournalError`]; [`JournalError::Lost`] for a journal with a hole.
pub fn replay(
    directory: &Path,
    instruments: &Instruments,
    plan: &engine::Plan,
) -> Result<Replayed, JournalError> {
    let Some(checker) = Checker::of(directory, plan)? else {
        let summary = drive(directory, plan, Unkept)?;
        return Ok(Replayed { summary, decided: None });
    };
    let summary = drive(directory, plan, checker.clone())?;
    let outcome = checker.finish(summary.events);
    let decided = Decided {
        decisions: outcome.decisions,
        compared: outcome.compared,
        difference: outcome.sentence(instruments),
    };
    Ok(Replayed { summary, decided: Some(decided) })
}

fn drive(
    directory: &Path,
    plan: &engine::Plan,
    decisions: impl Outlet,
) -> Result<Summary, JournalError> {
    let mut inline = Inline::deciding(Instruments::default(), plan, (), (), decisions);
    let journal = Journal::open(directory)?;
    let mut reader = journal.reader();
    while let Some(message) = reader.read()? {
        inline.replay(message);
    }
    match reader.losses().first() {
        Some(loss) => Err(JournalError::Lost(loss.clone())),
        None => Ok(inline.summary()),
    }
}

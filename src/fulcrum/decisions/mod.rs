//! `fulcrum levels`, `signals`, `explain`: what strategy decided over an input, as people read it.
//!
//! ```text
//! inputs ─▶ pipeline, inline ─▶ decisions, insights ─▶ who looks on ─▶ table, lines, sentences
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `words.rs` | what windows, kinds, refusals and inputs are called in a sentence |
//! | `tell.rs` | one decision, one sentence |
//! | `coverage.rs` | what the input brought, and what it lacked for a signal |
//! | `levels.rs` | the level book as it stands |
//! | `list.rs` | the signals, a line each, or every step |
//! | `explain/` | the chain from trades to intent |
//!
//! **Invariants.** Nothing is decided here. JSON is written by the registry of `analyze`, so a
//! record of one kind looks the same wherever it is printed.

mod coverage;
mod explain;
mod levels;
mod list;
mod tell;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use explain::run as explain;
pub(crate) use levels::run as levels;
pub(crate) use list::run as signals;

use std::io::{self, BufWriter, StdoutLock, Write};

use engine::{Drawn, Inline, Observer};
use model::{Draft, Instrument, Instruments, Kind};

use crate::analyze::show::Kept;
use crate::cli::Inputs;
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::intake::{Account, Intake, Voice};
use crate::record::{Record, Style};
use crate::signals::Signals;

use coverage::Coverage;

/// Bytes of output gathered before a write.
const OUT_BYTES: usize = 64 * 1024;

/// One run of a verb: the inputs and the pipeline that they drive.
struct Drive<O> {
    intake: Intake,
    inline: Inline<(Coverage, O)>,
    plan: engine::Plan,
}

impl<O: Observer> Drive<O> {
    fn open(inputs: &Inputs, observer: O) -> Result<Self, Stop> {
        let config = Config::load(inputs.config.as_deref())?;
        let signals = Signals::watch()?;
        let intake = Intake::open(inputs, &config, &signals, Voice::Loud)?;
        let plan = config.deciding()?;
        let eyes = (Coverage::default(), observer);
        // Each instrument enters as a message when it is first met.
        let inline = Inline::of_log(Instruments::default(), &plan, eyes);
        Ok(Self { intake, inline, plan })
    }

    /// Drives every message; `before` sees each one before it is taken.
    fn run(
        &mut self,
        mut before: impl FnMut(&mut Inline<(Coverage, O)>, &Draft) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut draft = Draft::default();
        loop {
            match self.intake.draw(&mut draft)? {
                Drawn::End => return Ok(()),
                Drawn::Fresh if draft.head.kind == Kind::Instrument as u16 => {
                    if let Some(instrument) = Instrument::read(draft.message()) {
                        let time_local = draft.head.time_local;
                        self.inline.put(instrument, time_local).map_err(Stop::usage)?;
                    }
                }
                Drawn::Numbered => {
                    before(&mut self.inline, &draft)?;
                    self.inline.replay(draft.message());
                }
                Drawn::Fresh | Drawn::Nothing => {
                    before(&mut self.inline, &draft)?;
                    self.inline.enter(&mut draft);
                }
            }
        }
    }

    /// What was seen, when all is read.
    fn observer(&mut self) -> &mut O {
        &mut self.inline.observer().1
    }

    fn close(self) -> Account {
        self.intake.close()
    }
}

/// Where a verb writes.
struct Out {
    record: Record,
    out: BufWriter<StdoutLock<'static>>,
}

impl Out {
    fn new(json: bool) -> Self {
        let style = if json { Style::Json } else { Style::Plain };
        let out = BufWriter::with_capacity(OUT_BYTES, io::stdout().lock());
        Self { record: Record::new(style), out }
    }

    fn is_json(&self) -> bool {
        self.record.style() == Style::Json
    }

    /// A decision or insight as the record that the registry makes of it.
    fn kept(&mut self, on: &Instrument, kept: &Kept) -> io::Result<()> {
        match kept.write(on, &mut self.record) {
            Some(_) => self.record.end(&mut self.out),
            None => Ok(()),
        }
    }

    fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// What the input brought and lacked, then what became of its lines.
    fn end<O: Observer>(mut self, mut drive: Drive<O>) -> Result<Exit, Stop> {
        let instruments = drive.inline.instruments().clone();
        let coverage = std::mem::take(&mut drive.inline.observer().0);
        let account = drive.close();
        account.tell();
        coverage.write(&instruments, &mut self.record, &mut self.out)?;
        if self.is_json() {
            self.record
                .open("input")
                .number("lines", account.lines)
                .counts("refused", account.refused.reasons())
                .end(&mut self.out)?;
        }
        self.out.flush()?;
        account.exit()
    }
}

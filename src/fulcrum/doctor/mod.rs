//! `fulcrum doctor`: looks at host and venue before a run and says what was found, what is
//! wanted, what the difference does, and how to change it. It changes nothing.

mod host;
mod venue;

use std::io::{self, Write};

use crate::capture;
use crate::cli::Doctor;
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};

/// What a check came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Good,
    /// It runs, but worse than it could.
    Poor,
    /// It does not run; the exit code that a run would end with.
    Bad(Exit),
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    found: String,
    wanted: String,
    effect: &'static str,
    remedy: &'static str,
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>, wanted: impl Into<String>) -> Self {
        let (found, wanted) = (found.into(), wanted.into());
        Self { name, verdict: Verdict::Good, found, wanted, effect: "", remedy: "" }
    }

    /// The same check as `verdict` unless `good`.
    fn unless(
        self,
        good: bool,
        verdict: Verdict,
        effect: &'static str,
        remedy: &'static str,
    ) -> Self {
        if good { self } else { Self { verdict, effect, remedy, ..self } }
    }
}

pub(crate) fn run(asked: &Doctor) -> Result<Exit, Stop> {
    let config = Config::load(asked.config.as_deref())?;
    let mut record = Record::new(if asked.json { Style::Json } else { Style::Plain });
    let mut worst = Exit::Done;
    let mut out = io::stdout();
    let mut tell = |check: &Check| -> Result<(), Stop> {
        let verdict = match check.verdict {
            Verdict::Good => "good",
            Verdict::Poor => "poor",
            Verdict::Bad(exit) => {
                if worst == Exit::Done {
                    worst = exit;
                }
                "bad"
            }
        };
        record
            .open("check")
            .text("name", check.name)
            .text("verdict", verdict)
            .text("found", &check.found)
            .text("wanted", &check.wanted);
        if check.verdict != Verdict::Good {
            record.text("effect", check.effect).text("remedy", check.remedy);
        }
        record.end(&mut out)?;
        out.flush().map_err(Stop::from)
    };
    for check in host::checks(&config) {
        tell(&check)?;
    }
    if !asked.host {
        let plan = capture::plan(&config)?;
        let trading = config.trading()?;
        for check in venue::checks(plan, trading.as_ref()) {
            tell(&check)?;
        }
    }
    Ok(worst)
}

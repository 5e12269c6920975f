//! The one binary: configuration, command line, output.
//!
//! | file | one line |
//! |---|---|
//! | `cli.rs` | the command line as it is typed |
//! | `config/` | the one table of keys, files, faults, origins |
//! | `credential.rs` | keys out of credential files |
//! | `smallest.rs` | whether an account can send anything at all |
//! | `intake/` | inputs to messages: archive, decoder, grids, refused lines |
//! | `analyze/`, `replay.rs` | the verbs that drive the pipeline |
//! | `decisions/` | levels, signals, explain: what strategy decided, as people read it |
//! | `keeping.rs`, `checking/` | a replay's journal; its decisions held beside those recorded |
//! | `latency/` | latency histograms on disk and on paper |
//! | `record.rs` | JSON lines or plain text, from the same calls |
//! | `live/` | a live engine: sockets, log, journal, replica, supervision |
//! | `trial/` | the strategy on imagined markets: statistics over seeds |
//! | `demo/`, `simulate.rs`, `capture.rs`, `doctor/` | the verbs that meet a venue |
//!
//! **Invariants.** Nothing is computed here: every figure comes from a room; `trial/` alone reckons,
//! over the decisions of many runs. Data goes to stdout,
//! everything else to stderr. Below this room nobody reads a flag, a file of settings or a clock.
#![forbid(unsafe_code)]

mod analyze;
mod baseline;
mod capture;
mod checking;
mod cli;
mod config;
mod credential;
mod decisions;
mod demo;
mod doctor;
mod exit;
mod intake;
mod keeping;
pub mod latency;
pub mod live;
mod progress;
mod record;
mod replay;
mod sheet;
mod signals;
mod simulate;
mod simulated;
mod smallest;
mod statistics;
mod trial;
mod verbs;
mod when;

use std::process::ExitCode;

use clap::Parser;
use cli::{CommandLine, ConfigVerb, LatencyVerb, Verb};
use exit::{Exit, Stop};

/// The program: reads the command line, does what it says, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let missing = baseline::missing();
    if !missing.is_empty() {
        eprintln!("fulcrum: built for x86-64-v3, but this processor has no {}", missing.join(", "));
        return Exit::Failed.into();
    }
    let line = CommandLine::parse();
    match run(line.verb) {
        Ok(exit) => exit.into(),
        Err(Stop { exit, message }) => {
            match exit {
                _ if message.is_empty() => {}
                // Faults open their line with file:line:col, as editors want it.
                Exit::Configuration => eprintln!("{message}"),
                _ => eprintln!("fulcrum: {message}"),
            }
            exit.into()
        }
    }
}

fn run(verb: Verb) -> Result<Exit, Stop> {
    match verb {
        Verb::Replay(asked) => replay::run(asked),
        Verb::Analyze(asked) => analyze::run(asked),
        Verb::Levels(asked) => decisions::levels(&asked),
        Verb::Signals(asked) => decisions::signals(&asked),
        Verb::Explain(asked) => decisions::explain(&asked),
        Verb::Demo(asked) => demo::run(&asked),
        Verb::Simulate(asked) => simulate::run(&asked),
        Verb::Record(asked) => capture::run(&asked),
        Verb::Trial(asked) => trial::run(&asked),
        Verb::Doctor(asked) => doctor::run(&asked),
        Verb::Check(asked) => verbs::check(&asked),
        Verb::Config { verb: ConfigVerb::Show { config, json } } => {
            verbs::config_show(config.as_deref(), json)
        }
        Verb::Latency { verb: LatencyVerb::Read(asked) } => latency::run(&asked),
        Verb::Completions { shell } => verbs::completions(shell),
        Verb::Man => verbs::man(),
        Verb::Version { json } => verbs::version(json),
    }
}

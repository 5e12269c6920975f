//! The one binary: configuration, command line, output.
//!
//! | file | one line |
//! |---|---|
//! | `cli.rs` | the command line as it is typed |
//! | `config/` | the one table of keys, files, faults, origins |
//! | `intake/` | inputs to messages: archive, decoder, grids, refused lines |
//! | `analyze/`, `replay.rs` | the verbs that drive the pipeline |
//! | `record.rs` | JSON lines or plain text, from the same calls |
//!
//! **Invariants.** Nothing is computed here: every figure comes from a room. Data goes to stdout,
//! everything else to stderr. Below this room nobody reads a flag, a file of settings or a clock.
#![forbid(unsafe_code)]

mod analyze;
mod cli;
mod config;
mod exit;
mod intake;
mod keeping;
mod progress;
mod record;
mod replay;
mod signals;
mod verbs;
mod when;

use std::process::ExitCode;

use clap::Parser;
use cli::{CommandLine, ConfigVerb, Verb};
use exit::{Exit, Stop};

fn main() -> ExitCode {
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
        Verb::Check(asked) => verbs::check(&asked.config),
        Verb::Config { verb: ConfigVerb::Show { config, json } } => {
            verbs::config_show(config.as_deref(), json)
        }
        Verb::Completions { shell } => verbs::completions(shell),
        Verb::Man => verbs::man(),
        Verb::Version { json } => verbs::version(json),
    }
}

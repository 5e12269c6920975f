//! The small verbs: check, config show, completions, man, version.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Check, CommandLine};
use crate::config::{Config, Word};
use crate::credential;
use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};
use crate::smallest::{self, Finding};

pub(crate) fn check(asked: &Check) -> Result<Exit, Stop> {
    // Loading is the check; the faults are its error. A key that is wanted must be there.
    let config = Config::load(Some(&asked.config))?;
    credential::heatmap(&config)?;
    let file = asked.config.display();
    match config.trading()? {
        Some(plan) => account(&config, &plan, asked)?,
        None if config.word() == Word::Off => {
            eprintln!("{file}: decides nothing: strategy.enabled is false");
        }
        None => eprintln!("{file}: decides nothing: no [strategy] and no [risk]"),
    }
    eprintln!("{file}: sound");
    Ok(Exit::Done)
}

/// Whether the paper wallet can send anything at all, for every symbol.
fn account(config: &Config, plan: &strategy::Plan, asked: &Check) -> Result<(), Stop> {
    let file = asked.config.display();
    let mut faults = Vec::new();
    for symbol in config.texts("venue.symbols") {
        let Some(on) = smallest::known(config, symbol) else {
            eprintln!("{file}: {symbol}: its lot is not known here, `doctor` asks the venue");
            continue;
        };
        let price = asked.price.iter().find(|(name, _)| *name == on.symbol);
        let price = price.map(|&(_, price)| smallest::on_grid(price, &on));
        match smallest::judge(plan, &on, price) {
            Finding::Bought(text) | Finding::UpTo(text) => eprintln!("{file}: {symbol}: {text}"),
            Finding::Nothing(text) => faults.push(format!(
                "{}: {symbol}: {text}; raise strategy.paper.equity, or take {symbol} out of \
                 venue.symbols",
                config.whence("strategy.paper.equity")
            )),
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Stop::new(Exit::Configuration, faults.join("\n")))
}

pub(crate) fn config_show(file: Option<&Path>, json: bool) -> Result<Exit, Stop> {
    let config = Config::load(file)?;
    let mut out = io::stdout().lock();
    let mut record = Record::new(Style::Json);
    for setting in config.settings() {
        if json {
            record.open("config").text("key", setting.path());
            match setting.value() {
                Some(value) => record.text("value", &value),
                None => record.maybe("value", None::<&str>),
            }
            .text("origin", &setting.origin().to_string())
            .text("meaning", setting.meaning())
            .end(&mut out)?;
        } else {
            match (setting.path(), setting.value()) {
                (path, Some(value)) => writeln!(out, "{path} = {value}  # {}", setting.origin())?,
                (path, None) => writeln!(out, "# {path} has no default and is not set")?,
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

pub(crate) fn completions(shell: Shell) -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "fulcrum", &mut text);
    write(&text)
}

pub(crate) fn man() -> Result<Exit, Stop> {
    let mut text = Vec::new();
    let mut command = CommandLine::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        clap_mangen::Man::new(verb.clone()).render(&mut text)?;
    }
    write(&text)
}

pub(crate) fn version(json: bool) -> Result<Exit, Stop> {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = io::stdout().lock();
    if json {
        Record::new(Style::Json).open("version").text("version", version).end(&mut out)?;
    } else {
        writeln!(out, "fulcrum {version}")?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn write(text: &[u8]) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}

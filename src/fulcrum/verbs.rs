//! The small verbs: check, config show, completions, man, version.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::CommandLine;
use crate::config::Config;
use crate::credential;
use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};

pub(crate) fn check(file: &Path) -> Result<Exit, Stop> {
    // Loading is the check; the faults are its error. A key that is wanted must be there.
    credential::heatmap(&Config::load(Some(file))?)?;
    eprintln!("{}: sound", file.display());
    Ok(Exit::Done)
}

pub(crate) fn config_show(file: Option<&Path>, json: bool) -> Result<Exit, Stop> {
    let config = Config::load(file)?;
    let mut out = io::stdout().lock();
    let mut record = Record::new(Style::Json);
    for setting in config.settings() {
        if json {
            record
                .open("config")
                .text("key", setting.path())
                .text("value", &setting.value())
                .text("origin", &setting.origin().to_string())
                .text("meaning", setting.meaning())
                .end(&mut out)?;
        } else {
            let (path, value) = (setting.path(), setting.value());
            writeln!(out, "{path} = {value}  # {}", setting.origin())?;
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

//! `fulcrum simulate`: the simulated venue alone, as a server for engines in other processes.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cli::Simulate;
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};
use crate::signals::Signals;
use crate::simulated::Simulated;
use crate::statistics;

/// Between two looks whether to end.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) fn run(asked: &Simulate) -> Result<Exit, Stop> {
    let config = Config::load(asked.config.as_deref())?;
    if asked.statistics {
        let seed = asked.seed.unwrap_or_else(|| config.integer("simulator.seed"));
        return statistics::run(seed, asked.hours, &asked.beside, asked.json);
    }
    let signals = Signals::watch()?;
    let listen = match asked.listen {
        Some(listen) => listen,
        None => config.text("simulator.listen").parse().map_err(Stop::usage)?,
    };
    let simulated = Simulated {
        seed: asked.seed.unwrap_or_else(|| config.integer("simulator.seed")),
        speed: asked.speed,
        recordings: asked.recording.clone(),
        faults: asked.faults.clone(),
        address: listen,
        departures: asked.departures.clone(),
        in_step: asked.in_step,
    };
    let served = simulated.start()?;
    let ca = asked.ca.clone().unwrap_or_else(|| PathBuf::from(config.text("simulator.ca_file")));
    fs::write(&ca, served.venue.authority_pem())
        .map_err(|error| Stop::new(Exit::Disk, format_args!("{}: {error}", ca.display())))?;
    let mut out = io::stdout();
    let mut record = Record::new(if asked.json { Style::Json } else { Style::Plain });
    let banner = served.venue.banner();
    record
        .open("venue")
        .exact("address", banner.address)
        .text("ca_file", &ca.display().to_string())
        .text("symbols", &served.symbols.join(","))
        .number("epoch_venue_ms", banner.epoch_venue.0 / 1_000_000)
        // While it waits for subscribers it has none; `/time` tells it then.
        .maybe("epoch_local_ns", banner.epoch_local.map(|local| local.0))
        .exact("speed", asked.speed)
        .end(&mut out)?;
    out.flush()?;
    let until = asked.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
    let until = until.map(|span| Instant::now() + span);
    let exit = loop {
        if let Err(stop) = signals.check() {
            break stop.exit;
        }
        if until.is_some_and(|until| Instant::now() >= until) || served.venue.is_drained() {
            break Exit::Done;
        }
        std::thread::sleep(LOOK);
    };
    record.open("log");
    record
        .number("connections", served.venue.connections())
        .number("requests", served.venue.requests())
        .end(&mut out)?;
    for (time, what) in served.venue.log() {
        record.open("event").number("since_ns", time.0).text("what", &what).end(&mut out)?;
    }
    out.flush()?;
    Ok(exit)
}

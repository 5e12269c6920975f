//! The simulated venue as verbs start it: a synthetic market of a seed, or a recording, at a pace.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use archive::{Archive, Item};
use model::{Instrument, MILLISECOND, MINUTE, Nanos};
use runtime::Clock;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use simulator::{
    FaultScript, MarketPlan, Pace, RecordingSource, Rules, Source, SyntheticSource, Venue,
    VenuePlan,
};

use crate::exit::{Exit, Stop};

/// How fast the simulated venue runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Speed {
    /// So many thousandths of real time.
    PerMille(u64),
    /// As fast as frames are read.
    Max,
}

impl Speed {
    /// Reads `1`, `0.5`, `20` or `max`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let wrong = || format!("{text:?} is neither `max` nor a factor in 0.001..=1000");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if part.len() > 3 || whole.is_empty() {
            return Err(wrong());
        }
        let digits: u64 = format!("{whole}{part:0<3}").parse().map_err(|_| wrong())?;
        let per_mille = (1..=1_000_000).contains(&digits).then_some(digits);
        per_mille.map(Self::PerMille).ok_or_else(wrong)
    }

    fn pace(self) -> Pace {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "at most a million")]
            Self::PerMille(per_mille) => Pace::Times(per_mille as f64 / 1_000.0),
            Self::Max => Pace::AsRead,
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerMille(per_mille) => {
                write!(out, "{}.{:03}", per_mille / 1_000, per_mille % 1_000)
            }
            Self::Max => out.write_str("max"),
        }
    }
}

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    pub(crate) seed: u64,
    pub(crate) speed: Speed,
    /// Recordings of one instrument, one tape; none: a synthetic market.
    pub(crate) recordings: Vec<PathBuf>,
    pub(crate) faults: Option<PathBuf>,
    pub(crate) address: SocketAddr,
    pub(crate) departures: Option<PathBuf>,
    /// Whether no socket may run ahead of another.
    pub(crate) in_step: bool,
}

/// A running venue, and whose streams it has.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) venue: Venue,
    pub(crate) symbols: Vec<String>,
    speed: Speed,
    recorded: bool,
}

impl Simulated {
    pub(crate) fn start(&self) -> Result<Served, Stop> {
        let faults = match &self.faults {
            None => FaultScript::default(),
            Some(path) => {
                let wrong = |error: &dyn std::fmt::Display| {
                    Stop::new(Exit::Configuration, format_args!("{}: {error}", path.display()))
                };
                let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
                FaultScript::parse(&text).map_err(|error| wrong(&error))?
            }
        };
        let recorded = !self.recordings.is_empty();
        let (source, wait_for) = if recorded {
            recording(&self.recordings)?
        } else {
            let plans = vec![MarketPlan::btcusdt(), MarketPlan::ethusdt()];
            (Box::new(SyntheticSource::new(self.seed, plans)) as Box<dyn Source>, Vec::new())
        };
        let instruments = source.instruments();
        let symbols = instruments.iter().map(|one| one.0.symbol.text().to_owned()).collect();
        let departures = match &self.departures {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| {
                    Stop::new(Exit::Disk, format_args!("{}: {error}", path.display()))
                })?;
                Some(Box::new(BufWriter::new(file)) as Box<dyn std::io::Write + Send>)
            }
        };
        let rules = match self.speed {
            #[expect(clippy::cast_precision_loss, reason = "at most a million")]
            Speed::PerMille(per_mille) => Rules::default().scaled(per_mille as f64 / 1_000.0),
            Speed::Max => Rules::default(),
        };
        let plan = VenuePlan {
            address: self.address,
            pace: self.speed.pace(),
            rules,
            wait_for,
            in_step: self.in_step,
            faults,
            departures,
            ..VenuePlan::default()
        };
        let venue = Venue::start(plan, source).map_err(|error| {
            Stop::failed(format_args!("the venue cannot listen on {}: {error}", self.address))
        })?;
        Ok(Served { venue, symbols, speed: self.speed, recorded })
    }
}

impl Served {
    /// Its certificate authority, for a client's configuration.
    pub(crate) fn authority(&self) -> Result<CertificateDer<'static>, Stop> {
        CertificateDer::from_pem_slice(self.venue.authority_pem().as_bytes()).map_err(Stop::failed)
    }

    /// The clock for an engine in this process, and how fast it runs in thousandths.
    pub(crate) fn clock(&self) -> Result<(Clock, u64, Option<Follower>), Stop> {
        match self.speed {
            Speed::PerMille(per_mille) if !self.recorded => {
                // The first clock of a process takes its time: not between the two readings.
                drop(Clock::host());
                Ok((Clock::scaled(self.venue.clock().now(), per_mille), per_mille, None))
            }
            speed => {
                let follower = Follower::start(&self.venue).map_err(Stop::failed)?;
                let per_mille = match speed {
                    Speed::PerMille(per_mille) => per_mille,
                    Speed::Max => 1_000,
                };
                Ok((follower.clock.clone(), per_mille, Some(follower)))
            }
        }
    }

    pub(crate) const fn is_recorded(&self) -> bool {
        self.recorded
    }
}

/// A cold thread that sets an engine's clock by a venue whose clock waits for its subscribers or
/// has no fixed pace.
#[derive(Debug)]
pub(crate) struct Follower {
    clock: Clock,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How long before the venue's epoch the engine's clock begins: it must run while sockets are
/// made, before the venue's own does.
const LEAD: Nanos = Nanos(5 * MINUTE.0);

impl Follower {
    fn start(venue: &Venue) -> std::io::Result<Self> {
        let theirs = venue.clock();
        let begin = Nanos(theirs.epoch_venue().0.saturating_sub(LEAD.0));
        let clock = Clock::manual(begin);
        let stop = Arc::new(AtomicBool::new(false));
        let (own, asked) = (clock.clone(), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("venue-clock".into()).spawn(move || {
            let mut waited = begin;
            while !asked.load(Ordering::Relaxed) {
                if theirs.epoch_local().is_some() {
                    own.set(theirs.now());
                } else {
                    waited = waited.after(MILLISECOND);
                    own.set(waited);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        })?;
        Ok(Self { clock, stop, thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only sets a clock; a panic there has been printed.
            let _ = thread.join();
        }
    }
}

/// Lines looked at to learn whose recording it is.
const LINES_LOOKED_AT: usize = 1_000;

/// A recording as a source, and the streams that must be heard before it begins.
fn recording(paths: &[PathBuf]) -> Result<(Box<dyn Source>, Vec<String>), Stop> {
    let symbol = symbol_of(paths)?;
    let (instrument, places) = grid(&symbol)?;
    let lines = Lines { archive: Archive::open(paths).map_err(Stop::failed)? };
    let source = RecordingSource::new(lines, instrument, places);
    let lower = symbol.to_lowercase();
    let streams = ["@depth@100ms", "@bookTicker", "@aggTrade"];
    Ok((Box::new(source), streams.map(|stream| format!("{lower}{stream}")).to_vec()))
}

pub(crate) fn symbol_of(paths: &[PathBuf]) -> Result<String, Stop> {
    let mut lines = Lines { archive: Archive::open(paths).map_err(Stop::failed)? };
    for (_, line) in lines.by_ref().take(LINES_LOOKED_AT) {
        let text = String::from_utf8_lossy(&line);
        let name = text.split_once("\"stream\":\"").and_then(|(_, rest)| rest.split_once('@'));
        if let Some((symbol, _)) = name {
            return Ok(symbol.to_uppercase());
        }
    }
    Err(Stop::failed("the recording names no stream in its first lines"))
}

/// The grids that need no telling, with the digits behind the dot of their prices on the wire.
pub(crate) fn grid(symbol: &str) -> Result<(Instrument, u32), Stop> {
    let (tick, lot) = match symbol {
        "BTCUSDT" => ("0.1", "0.001"),
        "ETHUSDT" => ("0.01", "0.001"),
        _ => return Err(Stop::usage(format_args!("the grid of {symbol} is not known here"))),
    };
    Ok((Instrument::new(symbol, tick, lot).map_err(Stop::failed)?, 2))
}

/// Frames of an archive with their receive times.
pub(crate) struct Lines {
    pub(crate) archive: Archive,
}

impl Iterator for Lines {
    type Item = (Nanos, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.archive.next()? {
                Item::Frame { time_local, bytes, .. } | Item::Answer { time_local, bytes, .. } => {
                    return Some((time_local, bytes.get().to_vec()));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Speed;

    #[test]
    fn speeds_by_table() {
        for (text, want) in [
            ("1", Some(Speed::PerMille(1_000))),
            ("20", Some(Speed::PerMille(20_000))),
            ("0.5", Some(Speed::PerMille(500))),
            ("1.25", Some(Speed::PerMille(1_250))),
            ("max", Some(Speed::Max)),
            ("0", None),
            ("-1", None),
            (".5", None),
            ("1001", None),
            ("1.0001", None),
            ("fast", None),
        ] {
            assert_eq!(Speed::parse(text).ok(), want, "{text}");
        }
    }
}

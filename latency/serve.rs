//! The load: the simulator's venue with a recording, open loop, in a process of its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use archive::{Archive, Item};
use model::{Instrument, Nanos, SECOND};
use simulator::server::{Pace, Turn, Venue, VenuePlan};
use simulator::source::RecordingSource;

use crate::even::{Rates, even};
use crate::switches::{self, Bearing, Meter};
use crate::{Failure, INSTRUMENT};

/// Streams that must have a reader before the first frame leaves.
pub const STREAMS: [&str; 3] = ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@aggTrade"];
/// How long the venue waits for its reader to be through when everything was sent.
const DRAIN: Duration = Duration::from_secs(5);

/// Between two looks whether the venue is through: rare, because who looks takes its core.
const LOOK: Duration = Duration::from_millis(250);
/// Bytes of departures that are kept in memory: half a million frames.
const KEPT: usize = 32 << 20;

/// When frames leave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Load {
    /// As recorded, so many times as fast, with its bursts.
    Recorded(f64),
    /// Evenly spaced.
    Even(Rates),
}

/// Serves so many seconds of the recordings. Into `into` go `authority.pem`, `address`
/// (last, so that whoever waits for it finds the rest), `departures` and `switches-venue`.
///
/// # Errors
/// What went wrong, in a sentence.
pub fn serve(
    files: &[PathBuf],
    into: &Path,
    load: Load,
    parked: bool,
    span: Duration,
    patience: Duration,
) -> Result<(), Failure> {
    let (lines, speed) = match load {
        Load::Recorded(speed) => (lines(files, nanos(span.mul_f64(speed)))?, speed),
        Load::Even(rates) => (even(lines(files, Nanos(u64::MAX))?, rates, nanos(span)), 1.0),
    };
    let instrument = Instrument::parse(INSTRUMENT).map_err(|error| error.to_string())?;
    let source = RecordingSource::new(lines.into_iter(), instrument, 2);
    let said = |error: io::Error| error.to_string();
    let departures = File::create(into.join("departures")).map_err(said)?;
    let meter = Arc::new(Mutex::new(Some(Meter::new(Bearing::Spins))));
    let turns = Arc::clone(&meter);
    let plan = VenuePlan {
        pace: Pace::Times(speed),
        parked,
        wait_for: STREAMS.map(str::to_owned).to_vec(),
        direct: true,
        onlooker: Some(Box::new(move |turn| tell(&turns, turn))),
        departures: Some(Box::new(Kept::new(departures))),
        ..VenuePlan::default()
    };
    let venue = Venue::start(plan, Box::new(source)).map_err(said)?;
    fs::write(into.join("authority.pem"), venue.authority_pem()).map_err(said)?;
    fs::write(into.join("address.new"), venue.address().port().to_string()).map_err(said)?;
    fs::rename(into.join("address.new"), into.join("address")).map_err(said)?;
    let end = Instant::now() + patience;
    while !venue.is_finished() && Instant::now() < end {
        std::thread::sleep(LOOK);
    }
    let finished = venue.is_finished();
    let drained = Instant::now() + DRAIN;
    while !venue.is_drained() && Instant::now() < drained {
        std::thread::sleep(LOOK);
    }
    drop(venue);
    let meter = meter.lock().unwrap_or_else(PoisonError::into_inner).take();
    let watched: Vec<_> = meter.into_iter().map(Meter::end).collect();
    switches::write(&into.join("switches-venue"), &watched).map_err(said)?;
    if finished { Ok(()) } else { Err("the venue did not come to its end in time".into()) }
}

/// Tells the meter what the venue's sending thread has just done. The lock is nobody else's.
fn tell(meter: &Mutex<Option<Meter>>, turn: Turn) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if let Some(meter) = meter.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        let turn = match turn {
            Turn::Waited => switches::Turn::Idle,
            Turn::Slept(nap) => switches::Turn::Slept(nanos(nap)),
            Turn::Sent => switches::Turn::Busy,
        };
        meter.turn(nanos(now), turn);
    }
}

fn nanos(span: Duration) -> Nanos {
    Nanos(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

/// Departures in memory whose every page was touched; on disk when the venue is through.
struct Kept {
    bytes: Vec<u8>,
    file: File,
}

impl Kept {
    fn new(file: File) -> Self {
        let mut bytes = vec![1; KEPT];
        bytes.clear();
        Self { bytes, file }
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&std::mem::take(&mut self.bytes))
    }
}

/// The first part of the recordings, this long.
fn lines(files: &[PathBuf], span: Nanos) -> Result<Vec<(Nanos, Vec<u8>)>, Failure> {
    let mut archive = Archive::open(files).map_err(|error| error.to_string())?;
    let mut lines: Vec<(Nanos, Vec<u8>)> = Vec::new();
    while let Some(item) = archive.next() {
        let Item::Frame { time_local, bytes, .. } = item else { continue };
        let start = lines.first().map_or(time_local, |line| line.0);
        if time_local.since(start) > span {
            break;
        }
        lines.push((time_local, bytes.get().to_vec()));
    }
    if lines.is_empty() { Err("the recordings hold no frame".into()) } else { Ok(lines) }
}

/// Waits for a venue's files: port and authority.
///
/// # Errors
/// When they do not come in time.
pub fn found(at: &Path) -> Result<(u16, Vec<u8>), Failure> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        if let Ok(port) = fs::read_to_string(at.join("address")) {
            let port = port.trim().parse().map_err(|error| format!("address: {error}"))?;
            let pem = fs::read(at.join("authority.pem")).map_err(|error| error.to_string())?;
            return Ok((port, pem));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("no venue at {}", at.display()))
}

/// How long a reader hears nothing before it takes the venue to be through.
pub const SILENCE: Nanos = SECOND;

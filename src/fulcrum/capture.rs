//! `fulcrum record`: a live engine without a strategy, which keeps what the venue says: journal
//! and raw frames.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::{MINUTE, Nanos};
use runtime::layout::{Layout, LayoutKind};
use runtime::{Clock, Core, Idle, usable_cores};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use venue::feed::tls;

use crate::cli;
use crate::config::{Config, Url};
use crate::credential;
use crate::exit::{Exit, Stop};
use crate::live::{Address, Ended, Engine, FramesPlan, Notify, Packing, Plan, StartError};
use crate::record::{Record, Style};
use crate::signals::Signals;

/// Between two looks whether to end.
const LOOK: Duration = Duration::from_millis(100);
/// Between two records of how it goes.
const TELL: Duration = Duration::from_secs(60);

pub(crate) fn run(asked: &cli::Record) -> Result<Exit, Stop> {
    let config = Config::load(Some(&asked.config))?;
    let signals = Signals::watch()?;
    let plan = plan(&config)?;
    let engine = Engine::start(plan).map_err(|error| refused(&error))?;
    let mut out = io::stdout();
    let mut record = Record::new(if asked.json { Style::Json } else { Style::Plain });
    let place = engine.journal().map(|path| path.display().to_string()).unwrap_or_default();
    record.open("recording").number("run", engine.run()).text("journal", &place).end(&mut out)?;
    out.flush()?;
    let until = asked.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
    let until = until.map(|span| Instant::now() + span);
    let mut due = Instant::now() + TELL;
    let exit = loop {
        if let Err(stop) = signals.check() {
            break stop.exit;
        }
        if !engine.is_running() {
            break Exit::Failed;
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            break Exit::Done;
        }
        if Instant::now() >= due {
            due += TELL;
            tell(&mut record, &engine, &mut out)?;
        }
        std::thread::sleep(LOOK);
    };
    close(engine.stop(), &mut record, &mut out)?;
    Ok(exit)
}

fn tell(record: &mut Record, engine: &Engine, out: &mut impl Write) -> Result<(), Stop> {
    let (view, vitals) = (engine.view(), engine.vitals());
    record
        .open("recorded")
        .number("sequence", view.sequence)
        .number("lag", engine.lag())
        .counts("counters", vitals.counters.iter().copied())
        .counts("faults", view.faults.iter())
        .end(out)?;
    out.flush().map_err(Stop::from)
}

fn close(ended: Ended, record: &mut Record, out: &mut impl Write) -> Result<(), Stop> {
    record
        .open("summary")
        .number("events", ended.live.events)
        .exact("digest", ended.live.digest)
        .exact("digest_replica", ended.replica.summary.digest)
        .number("equal", ended.agrees())
        .number("replica_detours", ended.replica.detours)
        .counts("counters", ended.vitals.counters.iter().copied())
        .counts("faults", ended.view.faults.iter())
        .end(out)?;
    out.flush()?;
    let disk = |what: &str, error: &dyn std::fmt::Display| {
        Stop::new(Exit::Disk, format_args!("{what} not whole: {error}"))
    };
    ended.recorded.as_ref().map_err(|error| disk("the journal is", error))?;
    ended.frames.as_ref().map_err(|error| disk("the raw frames are", error))?;
    if !ended.agrees() {
        let place = ended.journal.map(|path| path.display().to_string()).unwrap_or_default();
        let broken = ended.replica.broken.unwrap_or_else(|| "other digests".to_owned());
        return Err(Stop::new(
            Exit::Broken,
            format_args!("the replica disagrees ({broken}); the journal is in {place}"),
        ));
    }
    Ok(())
}

fn refused(error: &StartError) -> Stop {
    let exit = match error {
        StartError::Venue(_) => Exit::Unavailable,
        StartError::Journal(_) | StartError::Log(_) | StartError::Frames(..) => Exit::Disk,
        StartError::Heatmap(_) | StartError::Thread(_) | StartError::Run(_) => Exit::Failed,
    };
    Stop::new(exit, error)
}

/// The engine that the configuration describes.
pub(crate) fn plan(config: &Config) -> Result<Plan, Stop> {
    let hot = PathBuf::from(config.text("live.hot_dir"));
    let symbols = config.texts("venue.symbols").to_vec();
    let mut plan = Plan::new(address(config)?, symbols, hot).map_err(Stop::failed)?;
    // A recorder decides nothing.
    plan.stages = config.figures();
    plan.layout = layout(config)?;
    plan.hot.segment_bytes = config.size("live.segment_mib") << 20;
    plan.hot.segments_max = config.size("live.segments_max");
    let journal = PathBuf::from(config.text("live.journal_dir"));
    // Beside the runs, in the directory that the engine has to itself.
    plan.cache = Some(journal.join("exchange_info.json"));
    plan.desk.cache.clone_from(&plan.cache);
    plan.journal = Some(journal);
    plan.frames = frames(config);
    plan.warm = Duration::from_secs(3_600 * config.integer("live.warm_hours"));
    plan.weight = u32::try_from(config.integer("venue.weight_per_minute")).unwrap_or(u32::MAX);
    plan.rules.rotate = Nanos(config.integer("venue.rotate_minutes") * MINUTE.0);
    let subscription = &mut plan.subscription;
    config.text("venue.depth").clone_into(&mut subscription.depth);
    config.text("venue.mark").clone_into(&mut subscription.mark);
    subscription.depth_silence = config.millis("venue.depth_silence_ms");
    subscription.quote_silence = config.millis("venue.quote_silence_ms");
    subscription.trade_silence = config.millis("venue.trade_silence_ms");
    subscription.mark_silence = config.millis("venue.mark_silence_ms");
    subscription.proof = config.millis("venue.proof_ms");
    subscription.late = config.millis("venue.late_ms");
    plan.heatmap = credential::heatmap(config)?;
    plan.notify = Notify::of_environment();
    Ok(match simulated_clock(config) {
        Some((clock, per_mille)) => plan.at_speed(clock, per_mille),
        None => plan,
    })
}

/// The clock of an in-house simulator: it stood at the one epoch when ours stood at the other.
fn simulated_clock(config: &Config) -> Option<(Clock, u64)> {
    let epoch = Nanos(config.integer("venue.simulated_epoch_venue_ms") * 1_000_000);
    if epoch == Nanos::NONE {
        return None;
    }
    let per_mille = config.integer("venue.simulated_per_mille");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let begun = u128::from(config.integer("venue.simulated_epoch_local_ns"));
    let passed = now.saturating_sub(begun) * u128::from(per_mille) / 1_000;
    let passed = Nanos(u64::try_from(passed).unwrap_or(0));
    Some((Clock::scaled(epoch.after(passed), per_mille), per_mille))
}

fn frames(config: &Config) -> Option<FramesPlan> {
    let packing = match config.text("record.frames") {
        "zst" => Packing::Zst,
        "gz" => Packing::Gz,
        _ => return None,
    };
    Some(FramesPlan {
        directory: PathBuf::from(config.text("record.frames_dir")),
        packing,
        file_bytes: config.integer("record.file_mib") << 20,
        file_span: Duration::from_secs(config.integer("record.file_minutes") * 60),
        ring_bytes: config.size("record.ring_mib") << 20,
    })
}

/// Where the venue is and whom we trust.
pub(crate) fn address(config: &Config) -> Result<Address, Stop> {
    let url = |path: &str, scheme: &str| {
        let wrong = || Stop::new(Exit::Configuration, format_args!("{path} is no address"));
        Url::parse(config.text(path), scheme).ok_or_else(wrong)
    };
    let (stream, rest) = (url("venue.stream_url", "wss")?, url("venue.rest_url", "https")?);
    Ok(Address {
        stream_host: stream.host,
        stream_port: stream.port,
        rest_host: rest.host,
        rest_port: rest.port,
        tls: trust(config, "venue.ca_file")?,
    })
}

/// Whom we trust besides the public authorities: those of the file that this key names.
pub(crate) fn trust(config: &Config, key: &str) -> Result<Arc<ClientConfig>, Stop> {
    let file = config.text(key);
    let mut extra = Vec::new();
    if !file.is_empty() {
        let wrong = |error: &dyn std::fmt::Display| {
            Stop::new(Exit::Configuration, format_args!("{key} {file}: {error}"))
        };
        let certificates =
            CertificateDer::pem_file_iter(Path::new(file)).map_err(|error| wrong(&error))?;
        for certificate in certificates {
            extra.push(certificate.map_err(|error| wrong(&error))?);
        }
        if extra.is_empty() {
            return Err(wrong(&"holds no certificate"));
        }
    }
    tls::config(&extra).map_err(Stop::failed)
}

/// Which stage runs on which thread.
pub(crate) fn layout(config: &Config) -> Result<Layout, Stop> {
    let kind = match config.text("live.layout") {
        "fused" => LayoutKind::One,
        "two" => LayoutKind::Two,
        "four" => LayoutKind::Four,
        _ => LayoutKind::Auto,
    };
    let idle = match config.text("live.idle") {
        "spin" => Idle::Spin,
        "park" => Idle::Park { nap: Idle::NAP },
        _ => Idle::Yield,
    };
    let cores = config.integers("live.cores").iter();
    let cores: Vec<Core> = cores.filter_map(|&core| usize::try_from(core).ok()).map(Core).collect();
    Layout::plan(kind, &cores, usable_cores(), idle)
        .map_err(|error| Stop::new(Exit::Configuration, format_args!("live.layout: {error}")))
}

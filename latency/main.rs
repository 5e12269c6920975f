//! The lab's processes by their names; `latency/run` calls them in order.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it is asked for")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use fulcrum_benches::hop::{Way, round_trip_ns};
use fulcrum_latency::engine::{self, Threads};
use fulcrum_latency::even::Rates;
use fulcrum_latency::serve::Load;
use fulcrum_latency::{Failure, bare, report, serve, stamps, switches};
use model::Window;
use runtime::pin::pin;
use runtime::{Core, Idle, usable_cores};

const HELP: &str = "\
fulcrum-latency serve DIR PACE busy|parked SECONDS RECORDING…
                                                      the venue; ends with the recording. PACE: so
                                                      many times as recorded, or TRADES,DEPTHS,QUOTES
                                                      a second, evenly; parked: it sleeps between two
                                                      frames and leaves its core to others
fulcrum-latency bare DIR CORE|-                       the floor: a reader that does nothing
fulcrum-latency engine DIR one|two|four spin|yield|park CORE,…|- hot|cold
fulcrum-latency hop                                   one empty hop, ns
fulcrum-latency report OUT MACHINE HOP|- DIR…         histograms, picture, page; directories of
                                                      one name are rounds of one run";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", dir, pace, wait @ ("busy" | "parked"), seconds, files @ ..] => {
            serving(dir, pace, *wait == "parked", seconds, files)
        }
        ["bare", dir, core] => bare_run(Path::new(dir), core),
        ["engine", dir, threads, idle, cores, caches] => {
            engine_run(Path::new(dir), threads, idle, cores, caches)
        }
        ["hop"] => hop(),
        ["report", out, machine, hop, dirs @ ..] => reporting(Path::new(out), machine, hop, dirs),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

fn cores(text: &str) -> Result<Vec<Core>, Failure> {
    if text == "-" {
        return Ok(Vec::new());
    }
    text.split(',').map(|word| number(word).map(Core)).collect()
}

fn serving(
    dir: &str,
    pace: &str,
    parked: bool,
    seconds: &str,
    files: &[&str],
) -> Result<(), Failure> {
    let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let span = Duration::from_secs_f64(number(seconds)?);
    // Until everybody is there, and the recording itself.
    let patience = Duration::from_secs(60) + span;
    let load = match Rates::parse(pace) {
        Some(rates) => Load::Even(rates),
        None => Load::Recorded(number(pace)?),
    };
    serve::serve(&files, Path::new(dir), load, parked, span, patience)
}

fn bare_run(dir: &Path, core: &str) -> Result<(), Failure> {
    let (frames, watched, told) = bare::run(dir, cores(core)?.first().copied())?;
    keep(dir, &frames, &[watched], &told)
}

fn engine_run(
    dir: &Path,
    threads: &str,
    idle: &str,
    pinned: &str,
    caches: &str,
) -> Result<(), Failure> {
    let threads = match threads {
        "one" => Threads::One,
        "two" => Threads::Two,
        "four" => Threads::Four,
        _ => return Err(format!("{threads:?} is no layout")),
    };
    let idle = match idle {
        "spin" => Idle::Spin,
        "yield" => Idle::Yield,
        "park" => Idle::Park { nap: Idle::NAP },
        _ => return Err(format!("{idle:?} is no way to wait")),
    };
    let cold = caches == "cold";
    let run = engine::run(dir, threads, &cores(pinned)?, idle, &Window::ALL, cold)?;
    keep(dir, &run.frames, &run.watched, &run.told)
}

fn keep(
    dir: &Path,
    frames: &[stamps::Frame],
    watched: &[switches::Watched],
    said: &str,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| error.to_string();
    stamps::write(&dir.join("stamps"), frames).map_err(failed)?;
    switches::write(&dir.join("switches"), watched).map_err(failed)?;
    fs::write(dir.join("said"), said).map_err(failed)
}

/// Half a round trip through a ring between the last two cores; the quietest of five rounds.
fn hop() -> Result<(), Failure> {
    let [.., near, far] = *usable_cores() else {
        return Err("a hop needs two cores".into());
    };
    if !pin(near) {
        return Err(format!("core {near} is refused"));
    }
    let rounds = (0..5).map(|_| round_trip_ns(Way::Rtrb, far).min(round_trip_ns(Way::Ring, far)));
    println!("{:.0}", rounds.fold(f64::MAX, f64::min) / 2.0);
    Ok(())
}

fn reporting(out: &Path, machine: &str, hop: &str, dirs: &[&str]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| error.to_string();
    let machine = fs::read_to_string(machine).map_err(|error| format!("{machine}: {error}"))?;
    let hop = if hop == "-" { None } else { Some(number(hop)?) };
    let mut runs = Vec::new();
    for dir in dirs {
        let told = report::told(Path::new(dir))?;
        match runs.iter_mut().find(|run: &&mut report::Told| run.name == told.name) {
            Some(run) => run.join(told),
            None => runs.push(told),
        }
    }
    for run in &runs {
        report::write(run, out)?;
    }
    let picture = report::picture(&runs, "Trades: from when they should have left to the decision");
    fs::write(out.join("plot.svg"), picture).map_err(failed)?;
    let page = report::page(&runs, &machine, hop);
    fs::write(out.join("summary.md"), &page).map_err(failed)?;
    println!("{page}");
    Ok(())
}

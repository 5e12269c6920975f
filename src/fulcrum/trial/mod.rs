//! `fulcrum trial`: what the strategy makes of markets of which everything is known.
//!
//! | file | one line |
//! |---|---|
//! | `run.rs` | a seed through the pipeline |
//! | `pivots.rs` | which predictions of a pivot came true |
//! | `rivals.rs` | random levels and round numbers |
//! | `statistics.rs` | means, shares, intervals |
//!
//! `noise`: where nothing can be foretold, nothing may be earned. `pivots`: where turns are planted
//! at nodes of volume, levels must find them better than other levels do. Both are pure functions
//! of seeds and plan; docs/TRIALS.md has what they said.

mod pivots;
mod rivals;
mod run;
mod statistics;

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Fine;
use simulator::{ImaginedPlan, Temper};

use crate::cli::{Trial, TrialOf};
use crate::config::Config;
use crate::exit::{Exit, Stop};
use crate::record::{Cell, Record, Style};
use crate::signals::Signals;

use pivots::{Score, score, touches};
use run::{Outcome, run as drive};
use statistics::{ALPHA, Interval, Moments, bootstrap};

/// Sets of random levels for each seed: their mean is what chance finds.
const RANDOM_SETS: u64 = 10;
/// The seed of the resampling.
const RESAMPLING: u64 = 1;

/// Runs a trial.
pub(crate) fn run(asked: &Trial) -> Result<Exit, Stop> {
    let config = Config::load(asked.config.as_deref())?;
    let signals = Signals::watch()?;
    let plan = config.deciding()?.with_content(false);
    let style = if asked.json { Style::Json } else { Style::Plain };
    let mut record = Record::new(style);
    let mut out = io::stdout().lock();
    match asked.of {
        TrialOf::Noise => {
            let market = ImaginedPlan::btcusdt(asked.days, Temper::Driftless);
            let seeds = each_seed(asked, |seed| {
                drive(seed, market, &plan, &signals).map(|outcome| Earned::of(&outcome))
            })?;
            say_noise(&seeds, asked, &mut record, &mut out)?;
        }
        TrialOf::Pivots => {
            let temper = Temper::Planted { share: f64::from(asked.share) / 100.0 };
            let market = ImaginedPlan::btcusdt(asked.days, temper);
            let seeds = each_seed(asked, |seed| {
                drive(seed, market, &plan, &signals).map(|outcome| Found::of(&outcome, seed))
            })?;
            say_pivots(&seeds, asked, &mut record, &mut out)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The seeds, on as many threads as there are cores; results in the order of the seeds.
fn each_seed<T: Send>(
    asked: &Trial,
    work: impl Fn(u64) -> Result<T, Stop> + Sync,
) -> Result<Vec<T>, Stop> {
    let next = AtomicU64::new(0);
    let done: Mutex<Vec<(u64, Result<T, Stop>)>> = Mutex::default();
    let shown = io::stderr().is_terminal();
    let turn = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= asked.seeds {
                break;
            }
            let result = work(asked.seed + at);
            let failed = result.is_err();
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((at, result));
            if shown {
                eprint!("\r\x1b[K{} of {} seeds", done.len(), asked.seeds);
            }
            if failed {
                // The others stop at their next seed.
                next.store(asked.seeds, Ordering::Relaxed);
            }
        }
    };
    let threads = runtime::usable_cores().len().clamp(1, 16);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(turn);
        }
    });
    if shown {
        eprint!("\r\x1b[K");
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What a seed earned.
#[derive(Clone, Copy, Debug)]
struct Earned {
    trades: u64,
    armed: u64,
    total: i128,
}

impl Earned {
    fn of(outcome: &Outcome) -> Self {
        let results = &outcome.results;
        Self {
            trades: results.len() as u64,
            armed: outcome.armed.len() as u64,
            total: results.iter().map(|result| i128::from(result.0)).sum(),
        }
    }

    /// In quote units.
    fn money(&self) -> f64 {
        self.total as f64 / Fine::ONE.0 as f64
    }
}

fn say_noise(
    seeds: &[Earned],
    asked: &Trial,
    record: &mut Record,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let totals: Vec<f64> = seeds.iter().map(Earned::money).collect();
    let sum = |of: fn(&Earned) -> u64| seeds.iter().map(of).sum::<u64>();
    let trades = sum(|seed| seed.trades);
    let moments = Moments::of(&totals);
    let chance = moments.and_then(|moments| moments.chance_above_zero());
    let mean = |drawn: &[usize]| {
        let trades: u64 = drawn.iter().map(|&at| seeds[at].trades).sum();
        let total: f64 = drawn.iter().map(|&at| totals[at]).sum();
        (trades > 0).then(|| total / trades as f64)
    };
    let everyone: Vec<usize> = (0..seeds.len()).collect();
    let by_trade = bootstrap(seeds.len(), RESAMPLING, mean);
    let by_seed = moments.map(|moments| moments.interval());
    let low = |interval: Option<Interval>| interval.map(|interval| interval.low);
    let high = |interval: Option<Interval>| interval.map(|interval| interval.high);
    let verdict = match chance {
        None => "nothing can be said",
        Some(chance) if chance < ALPHA => "above zero beyond chance",
        Some(_) => "not above zero beyond chance",
    };
    record
        .open("trial_noise")
        .number("seeds", asked.seeds)
        .number("days", asked.days)
        .number("confirmed", sum(|seed| seed.armed))
        .number("trades", trades)
        .ratio("mean_per_trade", mean(&everyone))
        .ratio("mean_per_trade_low", low(by_trade))
        .ratio("mean_per_trade_high", high(by_trade))
        .ratio("mean_per_seed", moments.map(|moments| moments.mean))
        .ratio("mean_per_seed_low", low(by_seed))
        .ratio("mean_per_seed_high", high(by_seed))
        .ratio("deviation_of_seeds", moments.map(|moments| moments.deviation))
        .ratio("chance_if_zero", chance)
        .number("alpha", ALPHA)
        .text("verdict", verdict)
        .end(out)?;
    Ok(())
}

/// How each kind of prediction did in one seed.
#[derive(Clone, Copy, Default, Debug)]
struct Found {
    meetings: u64,
    pivots: u64,
    /// Levels, random levels, round numbers, confirmed signals.
    scores: [Score; 4],
}

/// What the scores are of.
const PREDICTORS: [&str; 4] = ["levels", "random", "round", "confirmed"];

impl Found {
    fn of(outcome: &Outcome, seed: u64) -> Self {
        let Outcome { prints, levels, pivots, .. } = outcome;
        let of = |levels: &[pivots::Stood]| score(&touches(prints, levels), pivots);
        let mut random = Score::default();
        for set in 0..RANDOM_SETS {
            random.add(&of(&rivals::random(levels, seed * RANDOM_SETS + set)));
        }
        let scores =
            [of(levels), random, of(&rivals::round(levels)), score(&outcome.armed, pivots)];
        Self { meetings: outcome.meetings, pivots: pivots.len() as u64, scores }
    }
}

/// Which of them are held against which, by their places.
const DIFFERENCES: [(&str, usize, usize); 3] =
    [("levels-random", 0, 1), ("levels-round", 0, 2), ("confirmed-levels", 3, 0)];

/// One of the two shares.
type Share = fn(&Score) -> Option<f64>;
const SHARES: [(&str, Share); 2] = [("precision", Score::precision), ("recall", Score::recall)];

fn say_pivots(
    seeds: &[Found],
    asked: &Trial,
    record: &mut Record,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let sum = |of: fn(&Found) -> u64| seeds.iter().map(of).sum::<u64>();
    let pooled = |drawn: &[usize], which: usize| {
        let mut all = Score::default();
        drawn.iter().for_each(|&at| all.add(&seeds[at].scores[which]));
        all
    };
    let everyone: Vec<usize> = (0..seeds.len()).collect();
    let mut rows = Vec::new();
    for (which, name) in PREDICTORS.iter().enumerate() {
        let all = pooled(&everyone, which);
        for (figure, share) in SHARES {
            let interval = bootstrap(seeds.len(), RESAMPLING, |drawn| share(&pooled(drawn, which)));
            let (hits, of) = match figure {
                "precision" => (all.hits, all.touches),
                _ => (all.found, all.pivots),
            };
            rows.push(row(name, figure, share(&all), interval, Some((hits, of))));
        }
    }
    for (name, one, other) in DIFFERENCES {
        for (figure, share) in SHARES {
            let less =
                |drawn: &[usize]| Some(share(&pooled(drawn, one))? - share(&pooled(drawn, other))?);
            let interval = bootstrap(seeds.len(), RESAMPLING, less);
            rows.push(row(name, figure, less(&everyone), interval, None));
        }
    }
    record
        .open("trial_pivots")
        .number("seeds", asked.seeds)
        .number("days", asked.days)
        .number("share", f64::from(asked.share) / 100.0)
        .number("meetings", sum(|seed| seed.meetings))
        .number("pivots", sum(|seed| seed.pivots))
        .rows("shares", ["of", "figure", "value", "low", "high", "hits", "in"], rows.into_iter())
        .end(out)?;
    Ok(())
}

fn row(
    name: &str,
    figure: &str,
    value: Option<f64>,
    interval: Option<Interval>,
    counts: Option<(u64, u64)>,
) -> [Cell; 7] {
    let ratio = |value: Option<f64>| match value {
        // Four digits: the intervals are wider than the fifth.
        Some(value) => Cell::Exact(format!("{value:.4}")),
        None => Cell::Missing,
    };
    let count = |count: Option<u64>| {
        count.map_or(Cell::Missing, |count| Cell::Whole(i64::try_from(count).unwrap_or(i64::MAX)))
    };
    [
        Cell::exact(name),
        Cell::exact(figure),
        ratio(value),
        ratio(interval.map(|interval| interval.low)),
        ratio(interval.map(|interval| interval.high)),
        count(counts.map(|counts| counts.0)),
        count(counts.map(|counts| counts.1)),
    ]
}

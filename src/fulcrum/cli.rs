//! The command line as it is typed.

mod decisions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use model::{Fine, Instrument, Interval, Nanos, Symbol, Window};

use crate::intake::imagined::Wish;
use crate::simulated::Speed;
use crate::smallest;
use crate::when;

pub(crate) use decisions::{Explain, Levels, OneSide, Signals};

/// The highest `--depth`: more than any book recorded so far.
const DEPTH_MAX: u64 = 100_000;

#[derive(Parser, Debug)]
#[command(
    name = "fulcrum",
    version,
    about = "A low-latency pivot-level trading engine for Binance USDⓈ-M futures",
    after_help = "Data goes to stdout, messages go to stderr. Exit codes: 0 done, 1 failed, \
                  2 usage, 69 venue unavailable, \
                  70 broken invariant, 74 disk, 78 configuration, 130/143 signals.",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Drive the pipeline from journals, recordings or dumps, and print its digests
    Replay(Replay),
    /// Compute figures over recordings, dumps or journals
    Analyze(Analyze),
    /// Print the level book that recordings, dumps or journals lead to
    Levels(Levels),
    /// Print the signals, orders and results that they lead to
    Signals(Signals),
    /// Tell the chain from trades to intent behind a signal, an order or a halt
    Explain(Explain),
    /// Run everything on this machine: a simulated venue and a live engine, over TLS
    Demo(Demo),
    /// Run only the simulated venue, as a server
    Simulate(Simulate),
    /// Keep a venue's market data: journal and raw frames
    Record(Record),
    /// Try the strategy on imagined markets of which everything is known
    Trial(Trial),
    /// Look at the host and the venue before a run
    Doctor(Doctor),
    /// Check a configuration file; faults come as file:line:col with the nearest key
    Check(Check),
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
    },
    /// Look at latency histograms
    Latency {
        #[command(subcommand)]
        verb: LatencyVerb,
    },
    /// Print shell completions
    Completions {
        /// The shell to complete for
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Print the version
    Version {
        /// Print a JSON line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum ConfigVerb {
    /// Print every value in force, and where it comes from
    Show {
        /// Configuration file
        #[arg(short, long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum LatencyVerb {
    /// Print percentiles of interval logs (.hlog) and percentile dumps (.hgrm), by tag
    Read(LatencyRead),
}

#[derive(Args, Debug)]
pub(crate) struct LatencyRead {
    /// Interval logs or percentile dumps, in nanoseconds
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print the ratios of A over B: tags that were read, or files
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub(crate) compare: Vec<String>,
    /// Draw the percentiles with the budget of 50 ms into an SVG
    #[arg(long, value_name = "OUT.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// The picture's title
    #[arg(long, requires = "plot")]
    pub(crate) title: Option<String>,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// The seed of the synthetic market
    #[arg(long, default_value = "1", value_name = "N")]
    pub(crate) seed: u64,
    /// End after so many minutes of real time
    #[arg(long, value_name = "M", value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// So many times as fast as real time, or `max`: as fast as frames are read
    #[arg(long, default_value = "1", value_name = "X", value_parser = Speed::parse)]
    pub(crate) speed: Speed,
    /// Play recordings of one instrument, one tape, in place of the synthetic market
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) recording: Vec<PathBuf>,
    /// What goes wrong: a fault script
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Hot threads: all stages on one, two, four, or what fits
    #[arg(long, value_enum, default_value = "auto", value_name = "LAYOUT")]
    pub(crate) layout: Layout,
    /// Keep the journal in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Open no browser: taken so that scripts may say it already, for the demo opens none so far
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Simulate {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen [default: simulator.listen of the configuration]
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// The seed of the synthetic market [default: simulator.seed]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// So many times as fast as real time, or `max`: as fast as frames are read
    #[arg(long, default_value = "1", value_name = "X", value_parser = Speed::parse)]
    pub(crate) speed: Speed,
    /// Play recordings of one instrument, one tape, in place of the synthetic market
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) recording: Vec<PathBuf>,
    /// What goes wrong: a fault script
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Keep sockets in step: wait for readers each tenth of a second of venue time
    #[arg(long)]
    pub(crate) in_step: bool,
    /// Where the certificate authority is written [default: simulator.ca_file]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Where the times go at which frames should have left
    #[arg(long, value_name = "FILE")]
    pub(crate) departures: Option<PathBuf>,
    /// End after so many minutes of real time
    #[arg(long, value_name = "M", value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// Serve nothing: print the figures of the synthetic market as a table in Markdown
    #[arg(long, conflicts_with_all = ["listen", "speed", "recording", "faults", "ca", "departures", "minutes"])]
    pub(crate) statistics: bool,
    /// Hours of the market that are looked at
    #[arg(long, default_value = "1", value_name = "H", requires = "statistics",
          value_parser = clap::value_parser!(u64).range(1..=240))]
    pub(crate) hours: u64,
    /// Recordings whose figures stand beside; files joined by commas are one tape
    #[arg(long, num_args = 1.., value_name = "FILE[,FILE]", requires = "statistics")]
    pub(crate) beside: Vec<String>,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Record {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// End after so many minutes of real time
    #[arg(long, value_name = "M", value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look at the host alone
    #[arg(long)]
    pub(crate) host: bool,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Trial {
    /// What is tried
    #[arg(value_enum)]
    pub(crate) of: TrialOf,
    /// How many seeds
    #[arg(long, value_name = "N", default_value = "100",
          value_parser = clap::value_parser!(u64).range(2..=100_000))]
    pub(crate) seeds: u64,
    /// The first seed; the others follow it
    #[arg(long, value_name = "SEED", default_value = "1",
          value_parser = clap::value_parser!(u64).range(..1 << 32))]
    pub(crate) seed: u64,
    /// UTC days of each seed; the first only makes levels
    #[arg(long, value_name = "D", default_value = "4",
          value_parser = clap::value_parser!(u32).range(2..=60))]
    pub(crate) days: u32,
    /// Of 100 meetings with a planted level, how many turn
    #[arg(long, value_name = "PERCENT", default_value = "60",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) share: u8,
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// A trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum TrialOf {
    /// Nothing can be foretold: is the mean result above zero beyond chance?
    Noise,
    /// Turns are planted at volume nodes: do levels find them better than other levels?
    Pivots,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// A price at which the paper wallet must buy an order, repeatable; without it the smallest
    /// value that is known of the instrument decides
    #[arg(long, value_name = "SYMBOL:PRICE", value_parser = smallest::price)]
    pub(crate) price: Vec<(Symbol, Fine)>,
}

/// What every verb that reads inputs takes.
#[derive(Args, Debug)]
pub(crate) struct Inputs {
    /// Journals, recordings or dumps (plain, gz, zst, zip), one tape in the order given
    #[arg(required_unless_present = "imagined", value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// In place of inputs, whole UTC days of an imagined BTCUSDT: SEED[:DAYS[:KIND]], where KIND is
    /// driftless (nothing can be foretold) or planted (turns at its own volume nodes)
    #[arg(long, value_name = "SEED[:DAYS[:KIND]]", value_parser = Wish::parse,
          conflicts_with_all = ["inputs", "instrument", "symbol", "with_book"])]
    pub(crate) imagined: Option<Wish>,
    /// Put the simulator's order book around dumps of trades, so that figures of the book have one
    #[arg(long)]
    pub(crate) with_book: bool,
    /// An instrument's grid, repeatable: SYMBOL:TICK:LOT, with :spot behind for spot rules
    #[arg(long, value_name = "SYMBOL:TICK:LOT", value_parser = instrument)]
    pub(crate) instrument: Vec<Instrument>,
    /// Short for one instrument, with --tick and --lot
    #[arg(long, requires_all = ["tick", "lot"], conflicts_with = "instrument")]
    pub(crate) symbol: Option<String>,
    /// Price step of --symbol
    #[arg(long, requires = "symbol")]
    pub(crate) tick: Option<String>,
    /// Quantity step of --symbol
    #[arg(long, requires = "symbol")]
    pub(crate) lot: Option<String>,
    /// Stop with exit 1 at the first line that is refused
    #[arg(long)]
    pub(crate) strict: bool,
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Threads: all inline, all fused on one hot thread, two, four, or what fits [default: inline]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    pub(crate) layout: Option<Layout>,
    /// Write a journal of the run into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Compare the decisions with those that the journal's run recorded: exit 1 at the first
    /// difference
    #[arg(long, conflicts_with = "journal")]
    pub(crate) check: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Layout {
    Inline,
    Fused,
    Two,
    Four,
    Auto,
}

#[derive(Args, Debug)]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Figures to print
    #[arg(long, required = true, value_delimiter = ',', value_enum, value_name = "KINDS")]
    pub(crate) emit: Vec<Emit>,
    /// Windows of profiles and averages: all, 2h, 8h, 24h, day, funding, composite, swing_high,
    /// swing_low, funding_time, spike, absorption [default: all; of averages and naked POCs every
    /// one that they have]
    #[arg(long, value_delimiter = ',', value_parser = window)]
    pub(crate) window: Vec<Window>,
    /// One more profile of this bin width in ticks, repeatable
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "TICKS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) bin: Vec<u32>,
    /// One record a kind as of this venue time (RFC 3339 or UTC nanoseconds): of what is said when
    /// something happens the last; bars come as they close
    #[arg(long, value_name = "TIME", value_parser = when::instant, conflicts_with = "every")]
    pub(crate) at: Option<Nanos>,
    /// The same each DUR of venue time (1s, 15m, 4h), or after each depth `update`
    #[arg(long, value_name = "DUR|update", value_parser = every)]
    pub(crate) every: Option<Every>,
    /// Profiles and averages since this venue time, as an operator names it: windows named1,
    /// named2, named3 in the order of the times; not for journals, which have their own
    #[arg(long, value_name = "TIME", value_delimiter = ',', value_parser = when::instant)]
    pub(crate) anchor: Vec<Nanos>,
    /// Bars and figures of these intervals: 1s, 1m, 3m, 5m, 15m, 30m, 1h, 4h [default: bars 1m,
    /// figures all that they have]
    #[arg(long, value_delimiter = ',', value_parser = interval)]
    pub(crate) interval: Vec<Interval>,
    /// Print a table with commas instead: a header before the first record of each kind
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Levels a side in book records
    #[arg(long, value_name = "K", default_value = "20", value_parser = depth)]
    pub(crate) depth: usize,
}

impl Analyze {
    /// The windows whose profiles are printed.
    pub(crate) fn windows(&self) -> Vec<Window> {
        if self.window.is_empty() { vec![Window::All] } else { self.window.clone() }
    }

    /// Whether anything is asked that strategy says.
    pub(crate) fn decides(&self) -> bool {
        self.emit.contains(&Emit::Levels) || self.emit.contains(&Emit::Signals)
    }

    /// The windows that are kept: TPO is made of the UTC day, naked POCs of sessions.
    pub(crate) fn kept_windows(&self) -> Vec<Window> {
        let mut kept = self.windows();
        let sessions: &[Window] = if self.emit.contains(&Emit::Naked) {
            &[Window::Day, Window::Funding]
        } else if self.emit.contains(&Emit::Tpo) {
            &[Window::Day]
        } else {
            &[]
        };
        for &window in sessions {
            if !kept.contains(&window) {
                kept.push(window);
            }
        }
        kept
    }

    /// The bars that are printed.
    pub(crate) fn bar_intervals(&self) -> Vec<Interval> {
        if self.interval.is_empty() { vec![Interval::Minute1] } else { self.interval.clone() }
    }
}

/// The figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Emit {
    Book,
    Cvd,
    Profile,
    Bars,
    Obi,
    Top,
    Nodes,
    Naked,
    Tpo,
    Avwap,
    Sizes,
    Footprint,
    Kyle,
    Vpin,
    Volatility,
    Tape,
    Markouts,
    Ofi,
    Oi,
    Funding,
    Liquidations,
    Liquidity,
    Indicators,
    Swings,
    Divergences,
    Structure,
    Clusters,
    Participation,
    Vcp,
    Levels,
    Signals,
}

/// When records come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Every {
    Span(Nanos),
    Update,
}

fn instrument(text: &str) -> Result<Instrument, String> {
    Instrument::parse(text).map_err(|error| error.to_string())
}

fn window(text: &str) -> Result<Window, String> {
    let known = Window::ALL.map(Window::text);
    let at = known.iter().position(|&known| known == text);
    at.map(|at| Window::ALL[at]).ok_or_else(|| format!("must be one of {}", known.join(", ")))
}

fn interval(text: &str) -> Result<Interval, String> {
    let known = Interval::ALL.map(Interval::text);
    Interval::parse(text).ok_or_else(|| format!("must be one of {}", known.join(", ")))
}

fn every(text: &str) -> Result<Every, String> {
    if text == "update" { Ok(Every::Update) } else { when::span(text).map(Every::Span) }
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok().filter(|minutes| (0.001..=1e6).contains(minutes));
    minutes.ok_or_else(|| format!("{text:?} is not a number of minutes in 0.001..=1000000"))
}

fn depth(text: &str) -> Result<usize, String> {
    let depth = text.parse::<u64>().ok().filter(|depth| (1..=DEPTH_MAX).contains(depth));
    depth
        .and_then(|depth| usize::try_from(depth).ok())
        .ok_or_else(|| format!("must be in 1..={DEPTH_MAX}"))
}

#[cfg(test)]
mod tests;

//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use model::{Instrument, Interval, Nanos, Window};

use crate::when;

/// The highest `--depth`: more than any book recorded so far.
const DEPTH_MAX: u64 = 100_000;

#[derive(Parser, Debug)]
#[command(
    name = "fulcrum",
    version,
    about = "A low-latency pivot-level trading engine for Binance USDⓈ-M futures",
    after_help = "Data goes to stdout, messages go to stderr. Exit codes: 0 done, 1 failed, \
                  2 usage, 74 disk, 78 configuration, 130/143 signals.",
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
    /// Check a configuration file; faults come as file:line:col with the nearest key
    Check(Check),
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
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

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// What every verb that reads inputs takes.
#[derive(Args, Debug)]
pub(crate) struct Inputs {
    /// Journals, recordings or dumps (plain, gz, zst, zip), one tape in the order given
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
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
    /// Windows of profiles: all, 2h, 8h, 24h, day, funding
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = window,
        default_value = "all",
        hide_possible_values = true
    )]
    pub(crate) window: Vec<Window>,
    /// One more profile of this bin width in ticks, repeatable
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "TICKS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) bin: Vec<u32>,
    /// One record a kind as of this venue time: RFC 3339 or UTC nanoseconds
    #[arg(long, value_name = "TIME", value_parser = when::instant, conflicts_with = "every")]
    pub(crate) at: Option<Nanos>,
    /// One record a kind each DUR of venue time (1s, 15m, 4h), or after each depth `update`
    #[arg(long, value_name = "DUR|update", value_parser = every)]
    pub(crate) every: Option<Every>,
    /// Bars of these intervals: 1s, 1m, 3m, 5m, 15m, 30m, 1h, 4h
    #[arg(long, value_delimiter = ',', value_parser = interval, default_value = "1m")]
    pub(crate) interval: Vec<Interval>,
    /// Levels a side in book records
    #[arg(long, value_name = "K", default_value = "20", value_parser = depth)]
    pub(crate) depth: usize,
}

/// The figures that exist so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Emit {
    Book,
    Cvd,
    Profile,
    Bars,
    Obi,
    Top,
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

fn depth(text: &str) -> Result<usize, String> {
    let depth = text.parse::<u64>().ok().filter(|depth| (1..=DEPTH_MAX).contains(depth));
    depth
        .and_then(|depth| usize::try_from(depth).ok())
        .ok_or_else(|| format!("must be in 1..={DEPTH_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn lines_are_taken_or_refused() {
        for (line, good) in [
            ("analyze a --emit book,cvd,profile,bars,obi,top", true),
            ("analyze a b --emit book --bin 10 --bin 50,100 --json --strict", true),
            ("analyze a --emit top --every update", true),
            ("analyze a --emit cvd --every 15m", true),
            ("analyze a --emit cvd --at 2024-07-19T00:00:00Z", true),
            ("analyze a --emit bars --interval 1s,1m,4h", true),
            ("analyze a --emit profile --window 2h,day,funding", true),
            ("analyze a --emit book --symbol A --tick 0.1 --lot 1", true),
            ("analyze a --emit book --instrument A:0.1:1 --instrument B:1:1:spot", true),
            ("analyze a", false),
            ("analyze --emit book", false),
            ("analyze a --emit signals", false),
            ("analyze a --emit profile --bin 0", false),
            ("analyze a --emit profile --bin x", false),
            ("analyze a --emit profile --window 3h", false),
            ("analyze a --emit bars --interval 2m", false),
            ("analyze a --emit cvd --at soon", false),
            ("analyze a --emit cvd --every 0s", false),
            ("analyze a --emit cvd --every 1s --at 5", false),
            ("analyze a --emit book --depth 0", false),
            ("analyze a --emit book --symbol A", false),
            ("analyze a --emit book --symbol A --tick 1", false),
            ("analyze a --emit book --tick 1", false),
            ("analyze a --emit book --instrument A:0.1", false),
            ("replay a --layout four --journal d", true),
            ("replay a --layout five", false),
            ("replay", false),
            ("check -c f", true),
            ("check", false),
            ("config show", true),
            ("config show -c f --json", true),
            ("config", false),
            ("completions bash", true),
            ("completions cobol", false),
            ("version --json", true),
            ("fly", false),
            ("", false),
        ] {
            let words = std::iter::once("fulcrum").chain(line.split_whitespace());
            assert_eq!(CommandLine::try_parse_from(words).is_ok(), good, "{line}");
        }
    }
}

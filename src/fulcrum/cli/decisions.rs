//! What `levels`, `signals` and `explain` take.

use clap::{Args, ValueEnum};
use model::Nanos;

use super::Inputs;
use crate::when;

#[derive(Args, Debug)]
pub(crate) struct Levels {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// The book as of this venue time (RFC 3339 or UTC nanoseconds) [default: at the end]
    #[arg(long, value_name = "TIME", value_parser = when::instant, conflicts_with = "every")]
    pub(crate) at: Option<Nanos>,
    /// The book each DUR of venue time (10s, 15m, 4h)
    #[arg(long, value_name = "DUR", value_parser = when::span)]
    pub(crate) every: Option<Nanos>,
    /// Levels of this side only: buy (below the price), sell (above)
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) side: Option<OneSide>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum OneSide {
    Buy,
    Sell,
}

#[derive(Args, Debug)]
pub(crate) struct Signals {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Every step of every signal, its orders, fills and results, as they happen [with --json
    /// always]
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// A signal's number in the run, an order's client id, or the name of a cause that reduces,
    /// halts or contaminates (daily_loss, draw_down, depth_silent, …)
    #[arg(value_name = "SIGNAL")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
}

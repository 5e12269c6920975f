//! What strategy decides: records of fixed size behind the insights that they follow from.
//!
//! | file | kinds |
//! |---|---|
//! | `level.rs` | a level of the book, published or gone |
//! | `signal.rs` | a step in the life of a level and side, with what was known then |
//! | `order.rs` | what was asked, refused and filled; what a position came to; the trading state |
//! | `plan.rs` | what decided: only in a log of decisions |
//!
//! A decision begins as an insight does: sequence of the event that caused it, kind, instrument,
//! body lines, window, trust, venue clock. Codes of a byte are those of the strategy's own types;
//! zero stands for none. What has no value says so by [`crate::missing`].
//!
//! **Numbers.** Levels and signals are numbered from 1 in every run; the upper half of a number is
//! the run's first venue second, so that no two runs share one: [`in_run`].

mod level;
mod order;
mod plan;
mod signal;

pub use level::{LevelDecision, LevelFlags, LevelLine, ReasonPart, ReasonsLine, TermsLine};
pub use order::{
    AnswerDecision, CloseDecision, CloseLine, FillDecision, FillLine, IntentDecision, OrderLine,
    RefusalDecision, StateDecision,
};
pub use plan::PlanLine;
pub use signal::{FeaturesLine, FeaturesMoreLine, SignalDecision, SignalLine};

/// A number as it is written in its run: the lower half.
#[must_use]
pub const fn in_run(number: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    {
        number as u32
    }
}

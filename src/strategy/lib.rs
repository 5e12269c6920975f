//! Stage 4: which levels matter, what is expected of them, and what may be sent.
//!
//! ```text
//! insights ─▶ levels: candidates, score, zones ─▶ hypotheses: confirmed or cancelled ─▶ intents ─▶ risk gate
//!                                        stage: brings them together, fills in process, says what was decided
//! ```
//!
//! | folder | one line |
//! |---|---|
//! | `terms.rs` | the words that all of them share: level, zone, hypothesis, confirmation |
//! | `levels/` | the level book: candidates, score, confluence, zones, identity (spec § 8) |
//! | `hypotheses/` | the life of a level and side, from Inactive to Filled or Cancelled (spec § 9) |
//! | `exits/` | size, stop, targets, trail (spec § 10) |
//! | `risk/` | what stands between an intent and the venue |
//! | `stage/` | the stage of the pipeline: every instrument's part of all this, and the one account |
//! | `plan.rs`, `codes.rs` | what may be chosen; the numbers and words of the records |
//!
//! **Invariants.** No socket, clock, file or thread; no JSON. Time and every other input is an
//! argument. Prices are ticks and quantities lots; floats only in scores and ratios, none for money.
#![forbid(unsafe_code)]

mod codes;
pub mod exits;
pub mod hypotheses;
pub mod levels;
mod plan;
pub mod risk;
mod stage;
pub mod terms;

pub use codes::Refused;
pub use plan::{Fees, PaperPlan, Plan, ROUNDS_MAX, Rounds, Unsound, fee};
pub use stage::{Stage, StrategyCounter};

//! How it moves: rings, stages and their runners, the log, the clock, counters.
//!
//! **Invariants.** The only room with `unsafe`. It knows what moves (`model`) and nothing of
//! what it means.

pub mod counters;
pub mod door;
pub mod stage;

pub use counters::{Counter, Counters};
pub use stage::Work;

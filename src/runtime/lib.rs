//! How it moves: rings, stages and their runners, the log, the clock, counters.
//!
//! ```text
//!           ┌── Station ──┐        ┌── Station ──┐
//!  door ──▶ │ Inbox  Work │ ═════▶ │ Inbox  Work │ ═════▶ …      ring: Outbox ──▶ Inbox
//!    │      └─────────────┘  ring  └─────────────┘
//!    └─▶ log                  a runner calls the cycles: thread, core, idle strategy
//! ```
//! A [`Work`] is what a stage does with one message: pure. A [`Station`] gives it an inbox and an
//! outlet and takes a message only when the outlet has room for all that it can cause, so behind
//! the door nothing is dropped. A station is a [`Stage`]; a runner gives it a thread of its own,
//! shares one thread among several ([`Fused`]), or runs all of them on the caller's, and no
//! stage can tell the difference. Which it is, a [`Layout`] says, concluded once from the
//! configuration and the cores there are. The [`Clock`] belongs to the runner.
//!
//! Cold threads look in from outside and stop nobody: at [`Counters`], at the [`Heartbeat`]s of a
//! [`Ward`], and at the histograms that a [`LatencyReader`] collects.
//!
//! **Invariants.** The only room with `unsafe`. It knows what moves (`model`) and nothing of
//! what it means.

pub mod clock;
pub mod counters;
pub mod crc;
pub mod door;
pub mod idle;
pub mod latency;
pub mod layout;
pub mod log;
mod mapping;
pub mod pin;
pub mod prefetch;
pub mod ring;
pub mod runner;
pub mod simd;
pub mod stage;
pub mod station;
pub mod supervise;

pub use clock::{Clock, ClockHealth};
pub use counters::{Counter, Counters};
pub use idle::Idle;
pub use latency::{LatencyReader, Recorder, Timing, latency};
pub use layout::{Layout, LayoutError, LayoutKind};
pub use pin::{Core, usable_cores};
pub use prefetch::prefetch;
pub use ring::{Batch, Inbox, Outbox, RING_SLOTS_MIN, ring};
pub use runner::{Fused, RunError, Running, Seat, run_dedicated, run_here, run_inline};
pub use stage::{Stage, Work};
pub use station::{Open, Outlet, Station, StationCounter};
pub use supervise::{Heartbeat, Ward};

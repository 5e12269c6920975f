//! The wire-to-wire lab: what a frame's way costs from the moment it should have left the venue.
//!
//! ```text
//! process 1: serve ── TLS over loopback ──▶ process 2: engine, or a bare reader
//!     │ departures: when each frame should have left      │ stamps: when each was where
//!     └──────────────────────▶ report ◀───────────────────┘
//! ```
//! | file | one line |
//! |---|---|
//! | `serve.rs` | the simulator's venue with a recording, open loop |
//! | `even.rs` | a recording made even: so many frames of each kind a second |
//! | `engine.rs` | feed and stages in any layout, each stage stamped |
//! | `chain.rs` | the links with a clock |
//! | `bare.rs` | the floor: spins on the same sockets and does nothing else |
//! | `steady.rs` | a clock that runs as fast as the host's |
//! | `stamps.rs` | stamps in memory during the run, on disk behind it |
//! | `switches.rs` | when a thread lost its core, as it notices itself |
//! | `metered.rs` | a stage that notices, and that empties the caches if asked |
//! | `verdict.rs` | what is promised, and whether it is kept |
//! | `report.rs` | joins all of it into histograms, a picture and a page |
//!
//! **Invariants.** A frame is timed from when it should have left, so a generator that is late
//! makes figures worse, never better. Nothing is written while a frame may come.
#![forbid(unsafe_code)]

pub mod bare;
mod chain;
pub mod engine;
pub mod even;
mod metered;
pub mod report;
pub mod serve;
pub mod stamps;
mod steady;
pub mod switches;
mod verdict;

/// What a process of the lab ends with: a sentence.
pub type Failure = String;

/// The instrument of the recordings.
pub const INSTRUMENT: &str = "BTCUSDT:0.1:0.001";

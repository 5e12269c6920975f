//! The language: Binance bytes to events and back; no socket.
//!
//! ```text
//! frame ──> scan: a shape seen before? ──yes──> event
//!              │no: read strictly, keep the shape ──> event
//!              └─not strict──> checked: simd-json ──> event, or a refusal with a name
//! ```
//!
//! **Invariants.** Nothing panics on any input. The scanner and the checked way give the same
//! event; only the checked way refuses, so a refusal has one name. What has been learnt changes
//! the speed of an answer, never the answer. No socket, no clock, no file.
#![forbid(unsafe_code)]

mod answer;
mod checked;
mod counts;
mod decoder;
pub mod dump;
mod exchange;
mod frame;
mod grid;
mod names;
mod number;
mod payload;
mod scan;
mod stream;

pub use counts::Counts;
pub use decoder::{Decoder, Endpoint};
pub use exchange::exchange_info;
pub use frame::Frame;

#[cfg(test)]
mod tests;

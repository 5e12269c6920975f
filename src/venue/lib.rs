//! Outside: market-data sockets, REST, clock offset.
//!
//! ```text
//! venue ◀─TLS─▶ feed (stage 1, hot) ──▶ door ──▶ log and first ring
//!                 ▲ hatch ▼
//! venue ◀─TLS─▶ rest (cold threads)
//! ```
//! [`feed`] reads the sockets and puts everything that enters into one order. [`rest`] brings what
//! the sockets do not: snapshots, missing trades, open interest, grids, the venue's clock.
//! [`audit`] holds the hot book against one made anew. [`heatmap`] asks somebody else for where
//! positions would be liquidated.
//!
//! **Invariants.** It knows neither book nor engine. One TLS provider, no plaintext, no way around
//! a certificate. Our own limits are obeyed before the venue has to name them. Whatever goes wrong
//! outside has a name, and what it cost is seen in the ids or enters the log.
#![forbid(unsafe_code)]

pub mod audit;
pub mod feed;
pub mod heatmap;
#[cfg(test)]
mod lab;
pub mod rest;

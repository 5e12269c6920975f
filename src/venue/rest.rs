//! REST, on cold threads: what the sockets do not bring, and what repairs them.
//!
//! ```text
//! feed ─asks─▶ urgent thread ──┐               ┌─▶ snapshots, missing trades
//!              routine thread ─┼─▶ client ─────┤
//!              clock           │   ledger      └─▶ open interest, funding, grids, clock offset
//!                              └── one weight ledger for all
//! ```
//! Every request goes through the [`ledger`]: it knows the venue's fixed minutes, corrects itself
//! by the reply's headers, keeps a reserve for what reduces risk, and is silent during a ban.
//!
//! **Invariants.** No retry and no redirect but our own. No answer is believed before its status,
//! its content type and its length were looked at. Nothing here runs on a hot thread.

pub mod client;
pub mod desk;
pub mod ledger;
pub mod offset;
pub mod questions;
#[cfg(test)]
mod tests;
pub mod warm;

use model::Nanos;

/// A time in milliseconds that the venue sent; `None` for one beyond the year 2286, which no
/// clock of ours could hold as nanoseconds much longer.
fn instant(millis: u64) -> Option<Nanos> {
    (millis < 10_000_000_000_000).then(|| Nanos::from_millis(millis))
}

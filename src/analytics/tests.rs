//! The room's proofs: windows, trust and imbalance against plain recomputes, and recorded days
//! against their oracles.

mod anatomy;
mod baseline;
pub(crate) mod feed;
mod imbalance;
mod oracles;
mod trust;
mod windows;

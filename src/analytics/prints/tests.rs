//! The group's proofs: every figure against a plain recompute, and what holes do to trust.

mod flow;
mod footprints;
mod markouts;
mod seconds;
mod trust;

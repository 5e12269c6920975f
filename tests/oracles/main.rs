//! Figures against what others made of the same data, and what must hold of every figure: one
//! binary, so that the pipeline is compiled once and its tests share the cores.
#![forbid(unsafe_code)]

mod anatomy;
mod anchored;
mod candles;
mod decisions;
mod depth;
mod frequencies;
mod honesty;
mod indicators;
mod look_ahead;
mod participation;
mod prints;
mod structure;

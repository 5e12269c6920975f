//! The proofs of this folder: each formula with its edges, rows and histograms against a plain
//! recompute, and the group as a stage hears it. (Against numpy: tests/oracles/participation.py.)

mod formulas;
mod group;
mod rows;

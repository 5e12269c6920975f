//! The journal's proofs: recovery at every byte and bit, power cuts at every step, `kill -9` at
//! random instants, a busy disk, and the golden tapes.
#![forbid(unsafe_code)]

mod busy;
mod dying;
mod golden;
mod kill;
mod place;
mod power;
mod recovery;
mod rig;
mod side;
mod since;
mod tape;

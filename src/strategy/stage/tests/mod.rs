//! The stage as a whole: scenes from touch to result, and random days against a witness that knows
//! only what was said.

mod feed;
mod random;
mod scenes;
mod witness;

//! The gate and the account: one table a rule with its edges, and 10 000 random days.

mod account;
mod latches;
mod limits;
mod naive;
mod open;
mod random;
mod rate;
mod reduce;
mod stage;

//! The room's proofs: liquidation clusters against plain recomputes, and the group as the stage
//! runs it: what it says, how far it is to be trusted, how much it may say.

mod clusters;
mod rules;
mod stage;

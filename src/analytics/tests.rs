//! The room's proofs.

//! The proofs of this folder.

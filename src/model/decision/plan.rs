//! What decided: the first message of a log of decisions.

use bytemuck::{Pod, Zeroable};

/// First body line of [`crate::Kind::DecidedBy`]. Behind it: the plan in words, UTF-8, padded with
/// zeros. The words are for people and name a difference; the digest tells plans apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct PlanLine {
    /// [`crate::Digest`] of the words, also of those that found no place.
    pub digest: u64,
    /// Bytes of the words that follow.
    pub bytes: u32,
    /// Zero.
    pub reserved: u32,
    /// Zero.
    pub more: [u64; 6],
}

const _: () = assert!(size_of::<PlanLine>() == 64);

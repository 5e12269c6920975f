//! A running 64-bit digest of words: the engine's proof that two runs were the same.
//!
//! Not cryptographic: it tells honest runs apart, it does not resist an adversary. The function
//! is part of the journal's promise (golden tapes hold its values) and never changes.

use std::fmt;

/// A running digest; order matters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Digest(u64);

/// 2⁶⁴ divided by the golden ratio, odd: the usual start for multiplicative mixing.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// Random odd word (the first 64 bits of π's fraction, made odd).
const STIR: u64 = 0x243f_6a88_85a3_08d3;

impl Default for Digest {
    fn default() -> Self {
        Self(SEED)
    }
}

/// The two halves of a 128-bit product, xored: every input bit reaches every output bit.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    #[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
    {
        (product as u64) ^ ((product >> 64) as u64)
    }
}

impl Digest {
    /// Adds one word.
    #[inline]
    pub fn word(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, STIR) ^ self.0.rotate_left(23);
    }

    /// Adds the eight words of a line.
    #[inline]
    pub fn line(&mut self, line: &crate::Line) {
        // Four independent products, then one: the chain a line costs is two multiplications.
        let [a, b, c, d, e, f, g, h] = line.0;
        let left = fold(a ^ SEED, b ^ STIR) ^ fold(c ^ STIR, d ^ SEED).rotate_left(17);
        let right = fold(e ^ SEED, f ^ STIR) ^ fold(g ^ STIR, h ^ SEED).rotate_left(41);
        self.word(left);
        self.word(right);
    }

    /// Adds a text or other bytes, with their length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// The digest so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

//! What was decoded how often, and which way.

use model::{Kind, Refusal};

/// Kind numbers of events lie below this.
const KINDS: usize = 64;
/// Refusal numbers lie below this.
const REFUSALS: usize = 64;

const _: () = {
    let mut at = 0;
    while at < Refusal::ALL.len() {
        assert!((Refusal::ALL[at] as usize) < REFUSALS);
        at += 1;
    }
};

/// Plain counters of one decoder; nobody else writes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    scanned: [u64; KINDS],
    fell_back: [u64; KINDS],
    refused: [u64; REFUSALS],
    /// Prints that were no market trades.
    pub foreign: u64,
    /// Resting levels off the tick grid.
    pub off_grid: u64,
    /// Message shapes learnt by the scanner.
    pub learnt: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            scanned: [0; KINDS],
            fell_back: [0; KINDS],
            refused: [0; REFUSALS],
            foreign: 0,
            off_grid: 0,
            learnt: 0,
        }
    }
}

impl Counts {
    /// Messages of a kind that the scanner decoded.
    #[must_use]
    pub fn scanned(&self, kind: Kind) -> u64 {
        self.scanned.get(kind as usize).copied().unwrap_or(0)
    }

    /// Messages of a kind that took the checked way.
    #[must_use]
    pub fn fell_back(&self, kind: Kind) -> u64 {
        self.fell_back.get(kind as usize).copied().unwrap_or(0)
    }

    /// Frames, answers and rows refused for a reason.
    #[must_use]
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused.get(reason as usize).copied().unwrap_or(0)
    }

    /// All that was refused.
    #[must_use]
    pub fn refused_in_all(&self) -> u64 {
        self.refused.iter().sum()
    }

    #[inline]
    pub(crate) fn scan(&mut self, kind: u16) {
        self.scanned[usize::from(kind) % KINDS] += 1;
    }

    pub(crate) fn fallback(&mut self, kind: u16) {
        self.fell_back[usize::from(kind) % KINDS] += 1;
    }

    pub(crate) fn refuse(&mut self, reason: Refusal) {
        self.refused[reason as usize % REFUSALS] += 1;
    }
}

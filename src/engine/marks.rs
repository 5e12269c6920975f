//! What the last stage has said so far, published at every 65 536th sequence: whoever derives
//! the same insights a second time compares at the same places while both go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Digest;

/// Sequences between two marks.
pub const MARK_EVERY: u64 = 65_536;

/// Marks kept: a reader may be four million events behind.
const KEPT: usize = 64;

#[derive(Default, Debug)]
struct Mark {
    // The boundary, stored last; zero while there is none.
    sequence: AtomicU64,
    digest: AtomicU64,
}

/// The digests at the last boundaries. Clones share them; one of them writes.
#[derive(Clone, Debug)]
pub struct Marks(Arc<[Mark]>);

impl Default for Marks {
    fn default() -> Self {
        Self((0..KEPT).map(|_| Mark::default()).collect())
    }
}

/// The boundary that is passed when `sequence` comes: the last multiple at or below it.
const fn boundary(sequence: u64) -> u64 {
    sequence - sequence % MARK_EVERY
}

impl Marks {
    /// Everything caused by events before the boundary has this digest. Returns the boundary
    /// after it.
    pub(crate) fn set(&self, sequence: u64, digest: Digest) -> u64 {
        let boundary = boundary(sequence);
        let mark = &self.0[place(boundary)];
        // A reader that finds the boundary around its look at the digest has the right one.
        mark.sequence.store(0, Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Release);
        mark.digest.store(digest.value(), Ordering::Relaxed);
        mark.sequence.store(boundary, Ordering::Release);
        boundary + MARK_EVERY
    }

    /// The digest at a boundary; `None` when it has not come, caused nothing, or is too long ago.
    #[must_use]
    pub fn get(&self, boundary: u64) -> Option<u64> {
        let mark = &self.0[place(boundary)];
        let found = mark.sequence.load(Ordering::Acquire) == boundary;
        let digest = mark.digest.load(Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Acquire);
        let still = mark.sequence.load(Ordering::Relaxed) == boundary;
        (found && still && boundary > 0).then_some(digest)
    }
}

fn place(boundary: u64) -> usize {
    usize::try_from(boundary / MARK_EVERY).unwrap_or(usize::MAX) % KEPT
}

#[cfg(test)]
mod tests {
    use model::Digest;

    use super::{KEPT, MARK_EVERY, Marks};

    #[test]
    fn a_mark_stands_until_its_place_is_needed_again() {
        let (marks, mut digest) = (Marks::default(), Digest::default());
        assert_eq!(marks.get(MARK_EVERY), None);
        digest.word(7);
        assert_eq!(marks.set(MARK_EVERY + 5, digest), 2 * MARK_EVERY);
        assert_eq!(marks.get(MARK_EVERY), Some(digest.value()));
        assert_eq!(marks.get(2 * MARK_EVERY), None);
        let later = MARK_EVERY * (1 + KEPT as u64);
        marks.set(later, Digest::default());
        assert_eq!(marks.get(MARK_EVERY), None);
        assert_eq!(marks.get(later), Some(Digest::default().value()));
    }
}

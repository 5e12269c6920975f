//! A payload where it lies, and the room around it that the scanner reads with one bound a load.

use runtime::simd::{BEFORE, BEHIND};

/// A payload inside a larger readable buffer.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    buffer: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Frame<'a> {
    /// The payload `buffer[start..end]`. With 16 bytes before and 64 behind it in the buffer it is
    /// scanned in place; with less it is copied first. What lies around is never part of the result.
    /// A range outside the buffer is an empty payload.
    #[must_use]
    pub fn within(buffer: &'a [u8], start: usize, end: usize) -> Self {
        match buffer.get(start..end) {
            Some(_) => Self { buffer, start, end },
            None => Self { buffer: &[], start: 0, end: 0 },
        }
    }

    /// A payload with nothing readable around it: it is copied into a padded scratch.
    #[must_use]
    pub fn bare(bytes: &'a [u8]) -> Self {
        Self { buffer: bytes, start: 0, end: bytes.len() }
    }

    /// The payload.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        &self.buffer[self.start..self.end]
    }

    /// Buffer, start and end, when there is room around the payload to scan it in place.
    pub(crate) fn in_place(&self) -> Option<(&'a [u8], usize, usize)> {
        let room = BEFORE <= self.start && BEHIND <= self.buffer.len() - self.end;
        room.then_some((self.buffer, self.start, self.end))
    }
}

/// Copies bytes into a scratch with room around them; where they start and end there.
/// Allocates only when the scratch has never held as many. The room keeps what was there: nobody
/// may depend on it.
#[inline]
pub(crate) fn pad(scratch: &mut Vec<u8>, bytes: &[u8]) -> (usize, usize) {
    let (start, end) = (BEFORE, BEFORE + bytes.len());
    if scratch.len() < end + BEHIND {
        scratch.resize(end + BEHIND, 0);
    }
    scratch[start..end].copy_from_slice(bytes);
    (start, end)
}

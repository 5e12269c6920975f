//! The hot end of the log: one writer, plain stores, no waiting.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use model::{Flags, Head, Line, Message};

use super::Shared;
use super::segment::{LAST, Segment, end_line};
use crate::crc;
use crate::door::{Closed, Keep};

/// Writes the log. There is one a log, and it lives on one thread.
#[derive(Debug)]
pub struct Writer {
    segment: Arc<Segment>,
    // The next free line of the segment.
    at: usize,
    // The next message's sequence.
    next: u64,
    ready: rtrb::Consumer<Arc<Segment>>,
    shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn new(
        segment: Arc<Segment>,
        ready: rtrb::Consumer<Arc<Segment>>,
        shared: Arc<Shared>,
    ) -> Self {
        let next = shared.plan.first;
        // JUSTIFICATION: see `Segment::begin`.
        // SAFETY: a new segment, handed to this one writer alone.
        unsafe { segment.begin(next) };
        shared.current.store(segment.number, Ordering::Release);
        Self { segment, at: 1, next, ready, shared }
    }

    /// Whether messages of `lines` lines in all, heads included, fit now. `false` shuts the
    /// door; it opens again when the keeper has made a segment.
    #[inline]
    #[must_use]
    pub fn room(&self, lines: usize) -> bool {
        // One line stays free for the end of the segment. Messages that no longer fit go to the
        // ready one together, so either has room for all of them or the door stays shut.
        lines < self.segment.lines() - self.at
            || (lines < self.shared.lines - 1 && !self.ready.is_empty())
    }

    /// The most lines that may be asked for at once: what a segment has between its header and
    /// its end.
    #[must_use]
    pub fn ask_max(&self) -> usize {
        self.shared.lines - 2
    }

    /// Writes a message, sets its CRC, publishes it.
    ///
    /// # Errors
    /// [`Closed`] when there is no room; nothing was written then.
    ///
    /// # Panics
    /// When the sequence is not the one after the last, or the head does not count its lines.
    #[inline]
    pub fn append(&mut self, head: &mut Head, body: &[Line]) -> Result<(), Closed> {
        assert!(head.sequence == self.next, "the log's sequences follow each other");
        assert!(usize::from(head.lines) == body.len(), "a head counts its lines");
        if body.len() + 1 >= self.segment.lines() - self.at {
            self.turn()?;
        }
        head.crc = crc::message(Message::new(head, body));
        // JUSTIFICATION: see `Segment::put`.
        // SAFETY: this writer is the only one, and has published nothing from `at` on.
        unsafe { self.segment.put(self.at, head, body) };
        self.at += 1 + body.len();
        self.next += 1;
        Ok(())
    }

    /// The sequence that the next message must have.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Ends the log in order: readers then know that nothing follows.
    pub fn finish(self) {
        self.end(LAST);
    }

    /// Goes over to the next segment.
    #[cold]
    fn turn(&mut self) -> Result<(), Closed> {
        let segment = self.ready.pop().map_err(|_| Closed)?;
        // JUSTIFICATION: see `Segment::begin`.
        // SAFETY: handed to this one writer alone, and not begun before.
        unsafe { segment.begin(self.next) };
        // The next one stands before the end of this one points to it.
        self.end(Flags::default());
        let number = segment.number;
        // The registry holds the old segment until `current` has moved on: the drop here is a
        // decrement, never the unmapping.
        self.segment = segment;
        self.at = 1;
        self.shared.current.store(number, Ordering::Release);
        Ok(())
    }

    fn end(&self, flags: Flags) {
        // JUSTIFICATION: see `Segment::put`.
        // SAFETY: the only writer; `append` and `room` leave this line free.
        unsafe { self.segment.put(self.at, &end_line(self.next - 1, flags), &[]) };
    }
}

impl Keep for Writer {
    fn has_room(&self, lines: usize) -> bool {
        self.room(lines)
    }

    fn keep(&mut self, head: &mut Head, body: &[Line]) {
        let kept = self.append(head, body);
        assert!(kept.is_ok(), "the door asked for room");
    }
}

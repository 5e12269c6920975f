//! Depth events that wait for a snapshot: a ring of lines, taken at birth.
//!
//! What waits is always one unbroken chain: a break forgets what came before it, because no
//! snapshot could lead across. When the ring is full the oldest events go.

use model::{Body, Head, LINES_MAX, Line, Message};

/// Waiting events, oldest first, each as its head line and its body lines.
#[derive(Debug)]
pub(crate) struct Buffer {
    lines: Box<[Line]>,
    start: usize,
    used: usize,
    /// Last update id of the youngest event that waits.
    last: u64,
}

impl Buffer {
    /// An empty buffer; it holds the largest message at least once.
    pub(crate) fn new(lines: usize) -> Self {
        let lines = lines.max(LINES_MAX + 1);
        let mut buffer = Self {
            lines: vec![Line([std::hint::black_box(1); 8]); lines].into_boxed_slice(),
            start: 0,
            used: 0,
            last: 0,
        };
        buffer.lines.fill(Line::ZERO);
        buffer
    }

    /// Last update id of the youngest event that waits.
    pub(crate) fn last(&self) -> Option<u64> {
        (self.used != 0).then_some(self.last)
    }

    /// Appends an event; returns how many of the oldest had to go.
    pub(crate) fn push(&mut self, message: Message<'_>) -> u64 {
        let mut dropped = 0;
        let need = 1 + message.body.len();
        assert!(need <= self.lines.len(), "a message has at most LINES_MAX lines");
        while self.lines.len() < self.used + need {
            self.pop();
            dropped += 1;
        }
        self.put(Line::of(*message.head));
        for line in message.body.iter() {
            self.put(*line);
        }
        self.last = message.head.id;
        dropped
    }

    /// The oldest event.
    pub(crate) fn front(&self) -> Option<(Head, Body<'_>)> {
        if self.used == 0 {
            return None;
        }
        let head: Head = *self.lines[self.start].view();
        let from = self.wrap(self.start + 1);
        let count = usize::from(head.lines);
        let whole = count.min(self.lines.len() - from);
        let body =
            Body { front: &self.lines[from..from + whole], back: &self.lines[..count - whole] };
        Some((head, body))
    }

    /// Forgets the oldest event.
    pub(crate) fn pop(&mut self) {
        if let Some((head, _)) = self.front() {
            let lines = 1 + usize::from(head.lines);
            self.start = self.wrap(self.start + lines);
            self.used -= lines;
        }
    }

    /// Forgets all.
    pub(crate) const fn clear(&mut self) {
        self.start = 0;
        self.used = 0;
    }

    fn put(&mut self, line: Line) {
        let at = self.wrap(self.start + self.used);
        self.lines[at] = line;
        self.used += 1;
    }

    const fn wrap(&self, at: usize) -> usize {
        if at < self.lines.len() { at } else { at - self.lines.len() }
    }
}

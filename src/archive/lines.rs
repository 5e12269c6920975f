//! Lines out of a stream: one large buffer, reused, with slack around every line.

use std::io::{self, Read};

/// Readable bytes before every line.
pub const SLACK_FRONT: usize = 16;

/// Readable bytes behind every line.
pub const SLACK_BACK: usize = 64;

/// The longest line taken: an exchangeInfo of all symbols has about 2 MB; four of them fit.
pub const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What the buffer starts with: a line of any market stream fits, and so does a core's L2.
const BUFFER_BYTES: usize = 256 * 1024;

/// A line in the buffer, without its newline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The line was longer than the limit; the span is its empty rest.
    pub(crate) too_long: bool,
}

/// The buffer and where the reading stands in it.
#[derive(Debug)]
pub(crate) struct Lines {
    // SLACK_FRONT, data, SLACK_BACK. Data lies in start..end.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    // No newline lies in start..scanned.
    scanned: usize,
    skipping: bool,
    ended: bool,
    error: Option<io::Error>,
    limit: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new(BUFFER_BYTES, LINE_BYTES_MAX)
    }
}

impl Lines {
    pub(crate) fn new(bytes: usize, limit: usize) -> Self {
        assert!(0 < bytes && bytes <= limit);
        Self {
            buffer: vec![0; SLACK_FRONT + bytes + SLACK_BACK],
            start: SLACK_FRONT,
            end: SLACK_FRONT,
            scanned: SLACK_FRONT,
            skipping: false,
            ended: false,
            error: None,
            limit,
        }
    }

    /// The buffer that spans point into; valid until the next call of [`Lines::next`].
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads ahead without taking a line, up to `bytes`, and shows what there is.
    pub(crate) fn peek(&mut self, source: &mut impl Read, bytes: usize) -> &[u8] {
        while self.end - self.start < bytes && !self.ended {
            self.fill(source);
        }
        &self.buffer[self.start..self.end]
    }

    /// Leaves out bytes at the front of what [`Lines::peek`] showed.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
        self.scanned = self.scanned.max(self.start);
    }

    /// The next line. `None` at the end, and where the stream broke: a line that is not whole
    /// then is no line.
    pub(crate) fn next(&mut self, source: &mut impl Read) -> Option<Span> {
        loop {
            let found = memchr::memchr(b'\n', &self.buffer[self.scanned..self.end]);
            if let Some(at) = found {
                return Some(self.take(self.scanned + at, 1));
            }
            self.scanned = self.end;
            if self.ended {
                let rest = self.start < self.end || self.skipping;
                return (rest && self.error.is_none()).then(|| self.take(self.end, 0));
            }
            self.fill(source);
        }
    }

    /// Why the stream broke, once all lines before it were taken.
    pub(crate) fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    fn take(&mut self, end: usize, newline: usize) -> Span {
        let mut span = Span { start: self.start, end, too_long: self.skipping };
        self.start = end + newline;
        self.scanned = self.start;
        self.skipping = false;
        if span.start < span.end && self.buffer[span.end - 1] == b'\r' {
            span.end -= 1;
        }
        span
    }

    /// Reads once into the free end of the buffer, making room where there is none.
    fn fill(&mut self, source: &mut impl Read) {
        let mut free_end = self.buffer.len() - SLACK_BACK;
        if self.end == free_end {
            self.make_room();
            free_end = self.buffer.len() - SLACK_BACK;
        }
        match source.read(&mut self.buffer[self.end..free_end]) {
            Ok(0) => self.ended = true,
            Ok(count) => self.end += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.error = Some(error);
                self.ended = true;
            }
        }
    }

    fn make_room(&mut self) {
        if self.start > SLACK_FRONT {
            self.buffer.copy_within(self.start..self.end, SLACK_FRONT);
            let moved = self.start - SLACK_FRONT;
            self.end -= moved;
            self.scanned = self.scanned.saturating_sub(moved).max(SLACK_FRONT);
            self.start = SLACK_FRONT;
            return;
        }
        let bytes = self.buffer.len() - SLACK_FRONT - SLACK_BACK;
        if bytes < self.limit {
            let grown = (bytes * 2).min(self.limit);
            self.buffer.resize(SLACK_FRONT + grown + SLACK_BACK, 0);
            return;
        }
        // Longer than any line may be: what is here is thrown away, up to its newline.
        self.skipping = true;
        self.end = SLACK_FRONT;
        self.scanned = SLACK_FRONT;
    }
}

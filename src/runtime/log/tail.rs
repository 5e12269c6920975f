//! A reader at the log's end, in the writer's process or another. It copies nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Head, Message};

use super::segment::{END, HeaderError, LAST, Segment, SegmentHeader, numbers};
use super::{LogError, Shared};

/// What comes next in the log.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A segment begins.
    Begin(&'a SegmentHeader),
    /// A message.
    Message(Message<'a>),
    /// The segment ends; with the flag [`LAST`] the log does.
    End(&'a Head),
}

/// Why a reader cannot go on.
#[derive(Debug)]
pub enum TailError {
    /// The segment of this number is gone: another process was too slow for shared memory and
    /// must read what the journal has on disk.
    Gone(u64),
    /// A segment of this number cannot be opened.
    Segment(u64, io::Error),
    /// A segment's header is not one that this build reads.
    Header(u64, HeaderError),
    /// A message does not follow the one before it.
    Sequence {
        /// What should have come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// The message of this sequence does not fit its segment.
    Torn(u64),
}

impl fmt::Display for TailError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(number) => write!(out, "log segment {number} was freed before it was read"),
            Self::Segment(number, error) => write!(out, "log segment {number}: {error}"),
            Self::Header(number, error) => write!(out, "log segment {number}: {error}"),
            Self::Sequence { expected, found } => {
                write!(out, "message {found} in the log where {expected} should be")
            }
            Self::Torn(sequence) => write!(out, "message {sequence} leaves its log segment"),
        }
    }
}

impl std::error::Error for TailError {}

/// Reads a log as it grows.
#[derive(Debug)]
pub struct Tail {
    source: Source,
    segment: Arc<Segment>,
    // The next line to look at; 0 before the header was seen.
    at: usize,
    // The next message's sequence; 0 before the first header was seen.
    next: u64,
    // The end of the segment was reported.
    passed: bool,
    // That end was the log's.
    ended: bool,
}

#[derive(Debug)]
enum Source {
    Local { shared: Arc<Shared>, needs: Arc<AtomicU64>, holding: bool },
    Remote(PathBuf),
}

enum Step {
    Nothing,
    Begin,
    Message(usize),
    End(usize),
}

impl Tail {
    pub(super) fn local(shared: &Arc<Shared>, holding: bool) -> Self {
        let mut registry = shared.registry();
        let front = registry.segments.front().cloned();
        // The segment being written is never freed, so there always is one.
        let segment = front.unwrap_or_else(|| unreachable!("a log has a segment"));
        let needs = Arc::new(AtomicU64::new(segment.number));
        registry.readers.push(Arc::clone(&needs));
        drop(registry);
        let source = Source::Local { shared: Arc::clone(shared), needs, holding };
        Self { source, segment, at: 0, next: 0, passed: false, ended: false }
    }

    /// Reads the log of another process from its oldest segment. Nothing waits for this reader:
    /// it sees [`TailError::Gone`] when it falls behind what is kept in memory.
    ///
    /// # Errors
    /// [`LogError`] when there is no log.
    pub fn open(directory: &Path) -> Result<Self, LogError> {
        // The oldest one may be freed between the list and the opening; the next one is there.
        for number in numbers(directory).map_err(LogError::Directory)? {
            match Segment::open(directory, number) {
                Ok(segment) => {
                    let source = Source::Remote(directory.to_path_buf());
                    return Ok(Self {
                        source,
                        segment: Arc::new(segment),
                        at: 0,
                        next: 0,
                        passed: false,
                        ended: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(LogError::Segment(error)),
            }
        }
        Err(LogError::Empty)
    }

    /// The next message, where it lies; `None` when there is none yet.
    ///
    /// # Errors
    /// [`TailError`]; the reader stays where it is.
    #[inline]
    pub fn read(&mut self) -> Result<Option<Message<'_>>, TailError> {
        loop {
            match self.advance()? {
                Step::Nothing => return Ok(None),
                Step::Begin | Step::End(_) => {}
                Step::Message(at) => return Ok(self.segment.message(at)),
            }
        }
    }

    /// The next item, beginnings and ends of segments included; `None` when there is none yet.
    ///
    /// # Errors
    /// [`TailError`]; the reader stays where it is.
    pub fn item(&mut self) -> Result<Option<Item<'_>>, TailError> {
        Ok(match self.advance()? {
            Step::Nothing => None,
            Step::Begin => self.segment.header().map(Item::Begin),
            Step::Message(at) => self.segment.message(at).map(Item::Message),
            Step::End(at) => self.segment.head(at).map(Item::End),
        })
    }

    /// The sequence of the next message; 0 while nothing at all was seen.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.next
    }

    /// Whether the writer ended the log and all of it was read.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Lets segments before `number` go; for a reader that holds them.
    pub fn release(&self, number: u64) {
        if let Source::Local { needs, .. } = &self.source {
            needs.fetch_max(number, Ordering::Release);
        }
    }

    /// Goes back to the first segment that this reader still holds, to read it once more.
    ///
    /// # Errors
    /// [`TailError::Gone`] when the keeper was faster.
    pub fn rewind(&mut self) -> Result<(), TailError> {
        let number = match &self.source {
            Source::Local { needs, .. } => needs.load(Ordering::Relaxed),
            Source::Remote(_) => self.segment.number,
        };
        if number != self.segment.number {
            self.segment = self.source.segment(number)?.ok_or(TailError::Gone(number))?;
        }
        (self.at, self.next, self.passed, self.ended) = (0, 0, false, false);
        Ok(())
    }

    #[inline]
    fn advance(&mut self) -> Result<Step, TailError> {
        if self.at == 0 {
            return self.begin();
        }
        let Some(head) = self.segment.head(self.at) else {
            // A writer leaves a line for the end: memory without one is not ours.
            return if self.at < self.segment.lines() {
                Ok(Step::Nothing)
            } else {
                Err(TailError::Torn(self.next))
            };
        };
        if head.sequence == END {
            return self.end(head.flags.has(LAST));
        }
        if head.sequence != self.next {
            return Err(TailError::Sequence { expected: self.next, found: head.sequence });
        }
        let lines = 1 + usize::from(head.lines);
        if lines > self.segment.lines() - self.at {
            return Err(TailError::Torn(self.next));
        }
        let at = self.at;
        self.at += lines;
        self.next += 1;
        Ok(Step::Message(at))
    }

    #[cold]
    fn begin(&mut self) -> Result<Step, TailError> {
        let Some(header) = self.segment.header() else { return Ok(Step::Nothing) };
        header.check().map_err(|error| TailError::Header(self.segment.number, error))?;
        if self.next != 0 && header.first != self.next {
            return Err(TailError::Sequence { expected: self.next, found: header.first });
        }
        self.next = header.first;
        self.at = 1;
        Ok(Step::Begin)
    }

    /// Reports the end of a segment once, then goes over to the next one.
    #[cold]
    fn end(&mut self, last: bool) -> Result<Step, TailError> {
        if !std::mem::replace(&mut self.passed, true) {
            self.ended = last;
            return Ok(Step::End(self.at));
        }
        if last {
            return Ok(Step::Nothing);
        }
        let number = self.segment.number + 1;
        // It began before this one ended; a missing one was freed.
        let next = self.source.segment(number)?.ok_or(TailError::Gone(number))?;
        // Before `needs` moves on, so that the keeper and not this thread unmaps the old one.
        self.segment = next;
        (self.at, self.passed) = (0, false);
        if let Source::Local { needs, holding: false, .. } = &self.source {
            needs.store(number, Ordering::Release);
        }
        self.begin()
    }
}

impl Source {
    fn segment(&self, number: u64) -> Result<Option<Arc<Segment>>, TailError> {
        match self {
            Self::Local { shared, .. } => Ok(shared.segment(number)),
            Self::Remote(directory) => match Segment::open(directory, number) {
                Ok(segment) => Ok(Some(Arc::new(segment))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(TailError::Segment(number, error)),
            },
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Self::Local { shared, needs, .. } = self {
            shared.registry().readers.retain(|reader| !Arc::ptr_eq(reader, needs));
        }
    }
}

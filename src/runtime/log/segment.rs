//! One segment of the log: a file in shared memory that is written once, front to back.
//!
//! ```text
//! line 0        header, published by its magic
//! line 1…       messages: a head and its body lines, published by the head's sequence
//! behind them   the end: a head without kind whose sequence is all ones
//! ```

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use bytemuck::{Pod, Zeroable};
use model::{Body, Flags, Head, LINES_MAX, Line, Message, Nanos};

use crate::crc;
use crate::mapping::Mapping;

/// The first eight bytes of every segment, hot or on disk.
pub const MAGIC: u64 = u64::from_le_bytes(*b"FULCRLOG");

/// The version of the format. A reader refuses a later one by name.
pub const VERSION: u16 = 1;

/// The sequence word of the line that ends a segment.
pub const END: u64 = u64::MAX;

/// The fewest lines a segment may have: header, the longest message, the end.
pub const SEGMENT_LINES_MIN: usize = 1 + (1 + LINES_MAX) + 1;

/// The first line of a segment, in shared memory and on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct SegmentHeader {
    /// [`MAGIC`].
    pub magic: u64,
    /// [`VERSION`].
    pub version: u16,
    /// Zero.
    pub reserved: u16,
    /// CRC-32C of this line with this field zero.
    pub crc: u32,
    /// The run that wrote it; never zero.
    pub run: u64,
    /// Place among the run's segments, from 1.
    pub number: u64,
    /// Sequence of the first message in it.
    pub first: u64,
    /// When the segment was made, by the local clock.
    pub time_created: Nanos,
    /// Size of the hot segment; a file on disk ends where its messages end.
    pub bytes: u64,
    /// Zero.
    pub more: u64,
}

/// Why a segment's first line is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeaderError {
    /// Not a segment of ours.
    Magic,
    /// A version that this build does not read.
    Version(u16),
    /// Bits of the header changed.
    Crc,
    /// A run, number or sequence that cannot be.
    Number,
}

impl std::fmt::Display for HeaderError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Magic => write!(out, "not a log segment"),
            Self::Version(version) => {
                write!(out, "format version {version}; this build reads version {VERSION}")
            }
            Self::Crc => write!(out, "the segment header is damaged"),
            Self::Number => write!(out, "a number in the segment header cannot be"),
        }
    }
}

impl std::error::Error for HeaderError {}

impl SegmentHeader {
    /// This header with its checksum.
    #[must_use]
    pub fn sealed(self) -> Self {
        let plain = Self { crc: 0, ..self };
        Self { crc: crc::bytes(bytemuck::bytes_of(&plain)), ..plain }
    }

    /// Whether this is the header of a segment that this build reads.
    ///
    /// # Errors
    /// [`HeaderError`] says what is wrong.
    pub fn check(&self) -> Result<(), HeaderError> {
        if self.magic != MAGIC {
            return Err(HeaderError::Magic);
        }
        if self.version != VERSION {
            return Err(HeaderError::Version(self.version));
        }
        if *self != self.sealed() {
            return Err(HeaderError::Crc);
        }
        if self.run == 0 || self.number == 0 || self.first == 0 || self.first == END {
            return Err(HeaderError::Number);
        }
        Ok(())
    }
}

/// The flag of an end line that no segment follows: the log was closed in order.
pub const LAST: Flags = Flags(1);

/// The line that ends a segment whose last message is `last`.
#[must_use]
pub fn end_line(last: u64, flags: Flags) -> Head {
    let head = Head { sequence: END, id: last, flags, ..Head::zeroed() };
    Head { crc: crc::of(&head, Body::EMPTY), ..head }
}

/// Where segment `number` of a run's log lies.
#[must_use]
pub fn segment_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:010}.log"))
}

/// A segment in memory.
#[derive(Debug)]
pub(crate) struct Segment {
    mapping: Mapping,
    pub(crate) number: u64,
}

impl Segment {
    /// Makes, touches and locks a segment. It gets its name when it is whole, so that another
    /// process never sees half of one. The flag says whether its pages are locked.
    pub(crate) fn make(
        directory: &Path,
        header: SegmentHeader,
        lines: usize,
    ) -> io::Result<(Self, bool)> {
        let path = segment_path(directory, header.number);
        let unfinished = path.with_extension("making");
        let made = Self::map_new(&unfinished, lines, header);
        let (segment, locked) = made.inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
        fs::rename(&unfinished, &path)?;
        Ok((segment, locked))
    }

    fn map_new(path: &Path, lines: usize, header: SegmentHeader) -> io::Result<(Self, bool)> {
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
        let mut mapping = Mapping::create(&file, lines)?;
        mapping.touch();
        let locked = mapping.lock().is_ok();
        let segment = Self { mapping, number: header.number };
        // JUSTIFICATION: the keeper knows all of the header but the first sequence.
        // SAFETY: a fresh writable mapping; nobody reads line 0 before its magic is published.
        unsafe { segment.mapping.write(0, &[Line::of(SegmentHeader { magic: 0, ..header })]) };
        Ok((segment, locked))
    }

    /// Opens a segment that another process writes.
    pub(crate) fn open(directory: &Path, number: u64) -> io::Result<Self> {
        let file = fs::File::open(segment_path(directory, number))?;
        Ok(Self { mapping: Mapping::open(&file)?, number })
    }

    pub(crate) const fn lines(&self) -> usize {
        self.mapping.len()
    }

    /// The header, once it was published.
    pub(crate) fn header(&self) -> Option<&SegmentHeader> {
        if self.mapping.word(0).load(Ordering::Acquire) == 0 {
            return None;
        }
        // JUSTIFICATION: looked at in place. SAFETY: published, as the load above saw.
        unsafe { self.mapping.lines(0, 1) }.first().map(Line::view)
    }

    /// The head at a line, once it was published; `None` behind the end of the memory too.
    #[inline]
    pub(crate) fn head(&self, at: usize) -> Option<&Head> {
        if at >= self.lines() || self.mapping.word(at).load(Ordering::Acquire) == 0 {
            return None;
        }
        // JUSTIFICATION: looked at in place. SAFETY: published, as the load above saw.
        unsafe { self.mapping.lines(at, 1) }.first().map(Line::view)
    }

    /// The message at a line whose head was published; `None` when its body would leave the
    /// segment, which no writer of ours does.
    #[inline]
    pub(crate) fn message(&self, at: usize) -> Option<Message<'_>> {
        let head = self.head(at)?;
        let count = usize::from(head.lines);
        if count >= self.lines() - at {
            return None;
        }
        // JUSTIFICATION: looked at in place.
        // SAFETY: the body was written before the head was published; in bounds as checked.
        let body = unsafe { self.mapping.lines(at + 1, count) };
        Some(Message { head, body: Body { front: body, back: &[] } })
    }

    /// Publishes the header with the sequence that the segment begins with.
    ///
    /// # Safety
    /// The caller is the only writer and has not begun this segment before.
    pub(crate) unsafe fn begin(&self, first: u64) {
        // JUSTIFICATION: only now the first sequence is known.
        // SAFETY: the maker wrote the line before it handed the segment over; by contract only
        // the caller writes here.
        unsafe {
            let made: SegmentHeader = *self.mapping.lines(0, 1)[0].view();
            let header = SegmentHeader { magic: MAGIC, first, ..made }.sealed();
            self.mapping.publish(0, &Line::of(header));
        }
    }

    /// Writes a message: the body, the head, and last its sequence.
    ///
    /// # Safety
    /// The caller is the only writer, and nothing was published at or behind `at`.
    #[inline]
    pub(crate) unsafe fn put(&self, at: usize, head: &Head, body: &[Line]) {
        // JUSTIFICATION: plain stores in place and one release: a message costs what its bytes
        // cost. SAFETY: by contract.
        unsafe {
            self.mapping.write(at + 1, body);
            self.mapping.publish(at, &Line::of(*head));
        }
    }
}

/// The numbers of the segments in a directory, ascending.
pub(crate) fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let is_segment = path.extension().is_some_and(|extension| extension == "log");
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if is_segment && let Some(number) = stem.and_then(|stem| stem.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

const _: () = {
    assert!(cfg!(target_endian = "little"), "the format is little-endian, read in place");
    assert!(size_of::<SegmentHeader>() == 64);
    assert!(std::mem::offset_of!(SegmentHeader, magic) == 0);
};

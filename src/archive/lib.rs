//! What others wrote: recordings, captures and dumps, as one sequence of items in order.
//!
//! ```text
//! file ─▶ container (plain, gz, zst, zip) ─▶ lines (one buffer, reused) ─▶ form ─▶ item
//! ```
//!
//! An input is recognised by what it holds, never by its name. Several inputs are one tape in
//! the order given; only neighbouring cryptofeed captures are merged by receive time, because
//! that program writes one session into several files.
//!
//! **Invariants.** Memory does not grow with the length of an input. A line is bytes: what it
//! means is for `wire` to say. Nothing here knows an instrument, an event or a book. What a
//! broken container gave before it broke stands; the break itself is an item and the last one.
#![forbid(unsafe_code)]

mod container;
mod form;
mod input;
mod lines;
mod tape;
#[cfg(test)]
mod tests;
mod zip;

use std::fmt;
use std::path::{Path, PathBuf};

use model::{Nanos, Refusal};

pub use form::Form;
pub use lines::{LINE_BYTES_MAX, SLACK_BACK, SLACK_FRONT};
pub use tape::Archive;

/// The first bytes of a segment of our own log; `runtime` writes them, `journal` keeps them.
pub const JOURNAL_MAGIC: &[u8; 8] = b"FULCRLOG";

/// Where an item stands: shown as `FILE:LINE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The input, counted from 0 in the order given.
    pub input: usize,
    /// The file.
    pub file: &'a Path,
    /// The line, counted from 1, blank lines and comments included.
    pub line: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file.display(), self.line)
    }
}

/// Bytes of a line where they lie, with slack around them: at least [`SLACK_FRONT`] readable
/// bytes before `start` and [`SLACK_BACK`] behind `end`, so that a scanner may load past them.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    /// The buffer.
    pub buffer: &'a [u8],
    /// Where the line's part begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl<'a> Bytes<'a> {
    /// The bytes alone.
    #[must_use]
    pub fn get(&self) -> &'a [u8] {
        &self.buffer[self.start..self.end]
    }
}

/// What an archive holds next.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A frame as a socket gave it.
    Frame {
        /// When the recorder received it; zero when the input has no stamps.
        time_local: Nanos,
        /// The frame.
        bytes: Bytes<'a>,
        /// Where it stands.
        place: Place<'a>,
    },
    /// The body of an HTTP answer.
    Answer {
        /// When the recorder received it.
        time_local: Nanos,
        /// The address that was asked, with its query.
        url: &'a [u8],
        /// The body.
        bytes: Bytes<'a>,
        /// Where it stands.
        place: Place<'a>,
    },
    /// The names of a dump's columns.
    Header {
        /// The line.
        bytes: Bytes<'a>,
        /// Where it stands.
        place: Place<'a>,
        /// The name of the zip member, else of the file.
        name: &'a str,
    },
    /// A row of a dump.
    Row {
        /// The line.
        bytes: Bytes<'a>,
        /// Where it stands.
        place: Place<'a>,
        /// The name of the zip member, else of the file.
        name: &'a str,
    },
    /// A line that is nothing of the kind its input holds.
    Bad {
        /// Why.
        reason: Refusal,
        /// The line, cut where it was too long.
        bytes: Bytes<'a>,
        /// Where it stands.
        place: Place<'a>,
    },
    /// Our own journal: a directory or a segment, for `journal` to read.
    Journal {
        /// The input, counted from 0.
        input: usize,
        /// Where it lies.
        path: &'a Path,
    },
    /// The container broke: what came before stands, nothing follows.
    Broken(&'a Broken),
}

/// Where and how a container broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// Bytes of the file that had been read.
    pub byte: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: broken near byte {}: {}", self.file.display(), self.byte, self.what)
    }
}

/// An input that cannot be opened.
#[derive(Debug)]
pub struct ArchiveError {
    /// The file.
    pub file: PathBuf,
    /// What the system said.
    pub cause: std::io::Error,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.file.display(), self.cause)
    }
}

impl std::error::Error for ArchiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

//! What was lost, where and why: recovery says it and goes on.

use std::fmt;
use std::path::PathBuf;

use runtime::log::HeaderError;

/// Why a segment ends before its file does, or before the next one begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Its first line.
    Header(HeaderError),
    /// It belongs to another run, or stands under another segment's name.
    Misplaced,
    /// The file ends inside the first line, a message or the end line.
    Truncated,
    /// Bytes that nobody wrote: a power cut kept the length and not the contents.
    Unwritten,
    /// A message of more lines than there can be.
    TooLong,
    /// A message that does not follow the one before it.
    Sequence,
    /// A message whose checksum is another.
    Crc,
    /// Bytes behind the end line.
    BehindEnd,
    /// The messages from here to the next segment are in no file.
    Hole,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(out),
            Self::Misplaced => out.write_str("a segment of another run or place"),
            Self::Truncated => out.write_str("it ends in the middle"),
            Self::Unwritten => out.write_str("the rest was never written"),
            Self::TooLong => out.write_str("a message longer than there can be"),
            Self::Sequence => out.write_str("a message that does not follow"),
            Self::Crc => out.write_str("a message with a wrong checksum"),
            Self::BehindEnd => out.write_str("bytes behind the end"),
            Self::Hole => out.write_str("messages are missing before the next segment"),
        }
    }
}

/// What was lost of one segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// The file.
    pub path: PathBuf,
    /// The first byte that is no good.
    pub offset: u64,
    /// Bytes from there to the end of the file.
    pub bytes: u64,
    /// The last message before it; zero when there is none.
    pub after: u64,
    /// What is wrong there.
    pub reason: Reason,
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, bytes, after, reason } = self;
        let path = path.display();
        write!(out, "{path}: {bytes} bytes lost from byte {offset} on, after message {after}: ")?;
        reason.fmt(out)
    }
}

impl std::error::Error for Loss {}

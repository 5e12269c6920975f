//! One segment file, message by message, each checked; never more of it in memory than the
//! longest message needs.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use model::{Body, Head, LINES_MAX, Line, Message};
use runtime::crc;
use runtime::log::{END, LAST, MAGIC, SegmentHeader};

use crate::loss::{Loss, Reason};

/// Lines read at once: 1 MiB, four times the longest message.
const BUFFER_LINES: usize = 16_384;

/// Which of the two kinds of segment a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Medium {
    /// A disk segment: ends where its messages end.
    Disk,
    /// A hot segment left behind: zeros, or half a message, follow the last one published.
    Hot,
}

/// What comes next in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// A message of this many lines, head included: see [`Scan::message`].
    Message(usize),
    /// No message follows in this file; the flag says that the log was ended in order here.
    End(bool),
}

/// A segment being read.
#[derive(Debug)]
pub(crate) struct Scan {
    path: PathBuf,
    medium: Medium,
    lines: Lines,
    /// The segment's first line.
    pub(crate) header: SegmentHeader,
    /// The sequence of the next message.
    pub(crate) next: u64,
    // Lines of the message that was reported last; they are left at the next step.
    held: usize,
    // The end was reached, and whether it was the log's.
    end: Option<bool>,
}

impl Scan {
    /// Opens a segment. A hot one that was made but not begun is `None`.
    ///
    /// The outer error is the system's, the inner one what is wrong with the file.
    pub(crate) fn open(path: &Path, medium: Medium) -> io::Result<Result<Option<Self>, Loss>> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut lines = Lines::new(file, size);
        let loss = |reason| Loss { path: path.into(), offset: 0, bytes: size, after: 0, reason };
        if lines.want(1)? == 0 {
            return Ok(Err(loss(Reason::Truncated)));
        }
        let header: SegmentHeader = *lines.at(0).view();
        if medium == Medium::Hot && header.magic == 0 {
            return Ok(Ok(None));
        }
        if let Err(error) = header.check() {
            return Ok(Err(loss(Reason::Header(error))));
        }
        lines.leave(1);
        let next = header.first;
        Ok(Ok(Some(Self { path: path.into(), medium, lines, header, next, held: 0, end: None })))
    }

    /// Goes to the next message. After a loss the scan stays where it is.
    pub(crate) fn step(&mut self) -> io::Result<Result<Step, Loss>> {
        if let Some(last) = self.end {
            return Ok(Ok(Step::End(last)));
        }
        self.lines.leave(std::mem::take(&mut self.held));
        if self.lines.want(1)? == 0 {
            return Ok(self.at_end_of_file());
        }
        let head: Head = *self.lines.at(0).view();
        if head.sequence == 0 {
            return Ok(match self.medium {
                Medium::Hot => Ok(Step::End(false)),
                Medium::Disk => Err(self.loss(Reason::Unwritten)),
            });
        }
        let is_end = head.sequence == END;
        if !is_end && head.sequence != self.next {
            return Ok(Err(self.loss(Reason::Sequence)));
        }
        let body = usize::from(head.lines);
        if body > LINES_MAX {
            return Ok(Err(self.loss(Reason::TooLong)));
        }
        if self.lines.want(1 + body)? < 1 + body {
            return Ok(Err(self.loss(Reason::Truncated)));
        }
        let message = Message { head: &head, body: self.lines.body(body) };
        if crc::message(message) != head.crc {
            return Ok(Err(self.loss(Reason::Crc)));
        }
        if is_end {
            return Ok(self.at_end_line(&head));
        }
        self.held = 1 + body;
        self.next += 1;
        Ok(Ok(Step::Message(self.held)))
    }

    /// The message that the last step reported.
    pub(crate) fn message(&self, lines: usize) -> Message<'_> {
        Message { head: self.lines.at(0).view(), body: self.lines.body(lines - 1) }
    }

    /// Bytes of the file that were found good, the message just reported included.
    pub(crate) fn good(&self) -> u64 {
        self.lines.offset + (self.held * size_of::<Line>()) as u64
    }

    /// This place as a loss.
    pub(crate) fn loss(&self, reason: Reason) -> Loss {
        let offset = self.good();
        Loss {
            path: self.path.clone(),
            offset,
            bytes: self.lines.size.saturating_sub(offset),
            after: self.next - 1,
            reason,
        }
    }

    /// The whole file as a loss.
    pub(crate) fn whole(&self, reason: Reason) -> Loss {
        Loss { path: self.path.clone(), offset: 0, bytes: self.lines.size, after: 0, reason }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn at_end_of_file(&self) -> Result<Step, Loss> {
        if self.lines.size > self.lines.offset {
            return Err(self.loss(Reason::Truncated));
        }
        Ok(Step::End(false))
    }

    fn at_end_line(&mut self, end: &Head) -> Result<Step, Loss> {
        if end.id != self.next - 1 || end.lines != 0 {
            return Err(self.loss(Reason::Sequence));
        }
        self.lines.leave(1);
        if self.medium == Medium::Disk && self.lines.size > self.lines.offset {
            return Err(self.loss(Reason::BehindEnd));
        }
        let last = end.flags.has(LAST);
        self.end = Some(last);
        Ok(Step::End(last))
    }
}

/// Whether a file begins as a segment does.
pub(crate) fn is_segment(path: &Path) -> io::Result<bool> {
    let mut first = [0; 8];
    let mut file = File::open(path)?;
    Ok(file.read_exact(&mut first).is_ok() && u64::from_le_bytes(first) == MAGIC)
}

/// The lines of a file through one buffer.
#[derive(Debug)]
struct Lines {
    file: File,
    buffer: Vec<Line>,
    // Lines [from, to) of the buffer are to be read; `part` bytes stand behind them.
    from: usize,
    to: usize,
    part: usize,
    // Where in the file line `from` stands, and where the file ends for us.
    offset: u64,
    size: u64,
}

impl Lines {
    fn new(file: File, size: u64) -> Self {
        let lines = usize::try_from(size / size_of::<Line>() as u64).unwrap_or(usize::MAX);
        let buffer = vec![Line::ZERO; lines.clamp(1, BUFFER_LINES)];
        Self { file, buffer, from: 0, to: 0, part: 0, offset: 0, size }
    }

    /// Has `count` lines ready, or all that are left; returns how many are ready.
    fn want(&mut self, count: usize) -> io::Result<usize> {
        if self.to - self.from < count {
            self.fill(count)?;
        }
        Ok(self.to - self.from)
    }

    fn fill(&mut self, count: usize) -> io::Result<()> {
        // Only a file that grew since it was opened, or that ends inside a message.
        if self.buffer.len() <= count {
            self.buffer.resize(count + 1, Line::ZERO);
        }
        let line = size_of::<Line>();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.buffer);
        bytes.copy_within(self.from * line..self.to * line + self.part, 0);
        let mut filled = (self.to - self.from) * line + self.part;
        while filled < count * line && filled < bytes.len() {
            match self.file.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        (self.from, self.to, self.part) = (0, filled / line, filled % line);
        Ok(())
    }

    fn at(&self, line: usize) -> &Line {
        &self.buffer[self.from + line]
    }

    fn body(&self, lines: usize) -> Body<'_> {
        Body { front: &self.buffer[self.from + 1..self.from + 1 + lines], back: &[] }
    }

    fn leave(&mut self, lines: usize) {
        self.from += lines;
        self.offset += (lines * size_of::<Line>()) as u64;
    }
}

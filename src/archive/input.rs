//! One input: a container, its lines, and the line that waits to be handed on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use model::{Nanos, Refusal};

use crate::container::Container;
use crate::form::{Form, Parts, parts, recognise};
use crate::lines::{Lines, Span};
use crate::{Broken, Bytes, Item, JOURNAL_MAGIC, Place};

/// Bytes read ahead to see what an input is.
const PEEK_BYTES: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// What a path turned out to be.
#[derive(Debug)]
pub(crate) enum Opened {
    Journal(usize, PathBuf),
    Lines(Box<Input>),
}

/// The line that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    span: Span,
    parts: Parts,
    reason: Refusal,
}

/// An input of lines.
#[derive(Debug)]
pub(crate) struct Input {
    index: usize,
    file: PathBuf,
    name: String,
    form: Form,
    container: Container,
    lines: Lines,
    line: u64,
    rows: bool,
    waiting: Option<Waiting>,
    // Of the last line that had a stamp: where a line without one stands in a merge.
    time: Nanos,
}

impl Opened {
    /// Opens a path and recognises it by what it holds.
    pub(crate) fn open(index: usize, file: &Path, mut lines: Lines) -> io::Result<Self> {
        if fs::metadata(file)?.is_dir() {
            return Ok(Self::Journal(index, file.to_path_buf()));
        }
        let mut container = Container::open(file)?;
        let head = lines.peek(&mut container, PEEK_BYTES);
        if head.starts_with(JOURNAL_MAGIC) {
            return Ok(Self::Journal(index, file.to_path_buf()));
        }
        let mark = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let head = &head[mark..];
        // Where nothing is recognised, every line is refused as no line of a recording.
        let cut = head.len() >= PEEK_BYTES;
        let form = recognise(head, !cut).unwrap_or(Form::Recording);
        lines.skip(mark);
        let name = container.member().map_or_else(
            || file.file_name().map(|name| name.to_string_lossy().into_owned()),
            |member| Some(member.to_owned()),
        );
        Ok(Self::Lines(Box::new(Input {
            index,
            file: file.to_path_buf(),
            name: name.unwrap_or_default(),
            form,
            container,
            lines,
            line: 0,
            rows: false,
            waiting: None,
            time: Nanos::NONE,
        })))
    }
}

impl Input {
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.container.consumed()
    }

    /// Brings the next line that says something to the front; `false` at the end.
    pub(crate) fn wait(&mut self) -> bool {
        while self.waiting.is_none() {
            let Some(span) = self.lines.next(&mut self.container) else { return false };
            self.line += 1;
            self.waiting = self.look(span);
        }
        true
    }

    /// The receive time of the line that waits, in a merge.
    pub(crate) const fn time(&self) -> Nanos {
        self.time
    }

    fn look(&mut self, span: Span) -> Option<Waiting> {
        if span.too_long {
            return Some(Waiting { span, parts: Parts::Bad, reason: Refusal::TooLong });
        }
        let line = &self.lines.buffer()[span.start..span.end];
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let parts = parts(self.form, line, !self.rows);
        match parts {
            Parts::Silent => return None,
            Parts::Frame { time_local, .. } | Parts::Answer { time_local, .. } => {
                self.time = time_local;
            }
            Parts::Header | Parts::Row => self.rows = true,
            Parts::Bad => {}
        }
        Some(Waiting { span, parts, reason: Refusal::BadLine })
    }

    /// Hands on the line that waits.
    pub(crate) fn take(&mut self) -> Option<Item<'_>> {
        let Waiting { span, parts, reason } = self.waiting.take()?;
        let place = Place { input: self.index, file: &self.file, line: self.line };
        let from = |body: usize| Bytes {
            buffer: self.lines.buffer(),
            start: span.start + body,
            end: span.end,
        };
        Some(match parts {
            Parts::Frame { time_local, body } => {
                Item::Frame { time_local, bytes: from(body), place }
            }
            Parts::Answer { time_local, url_end, body } => Item::Answer {
                time_local,
                url: &self.lines.buffer()[span.start..span.start + url_end],
                bytes: from(body),
                place,
            },
            Parts::Header => Item::Header { bytes: from(0), place, name: &self.name },
            Parts::Row => Item::Row { bytes: from(0), place, name: &self.name },
            Parts::Bad | Parts::Silent => Item::Bad { reason, bytes: from(0), place },
        })
    }

    /// Why the container broke, when it did.
    pub(crate) fn broken(&mut self) -> Option<Broken> {
        let error = self.lines.error()?;
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it ends in the middle".to_owned(),
            _ => error.to_string(),
        };
        Some(Broken { file: self.file.clone(), byte: self.container.consumed(), what })
    }
}

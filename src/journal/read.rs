//! Reading a journal: all segments of a run in order, each message checked, what was lost said.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use model::{Message, Nanos};
use runtime::log::{segment_numbers as hot_numbers, segment_path};

use crate::disk::{segment_name, segment_numbers};
use crate::home::JournalError;
use crate::loss::{Loss, Reason};
use crate::scan::{Medium, Scan, Step, is_segment};

/// A journal to be read: one run, or one segment of it.
#[derive(Clone, Debug)]
pub struct Journal {
    segments: Vec<Source>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Source {
    // What the file's name says; zero for a file that was named by hand.
    number: u64,
    // Hot ones stand behind the disk's of the same number.
    hot: bool,
    path: PathBuf,
}

impl Journal {
    /// Opens the directory of a run (on disk or in shared memory) or one segment file.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`] when there is none.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        if path.is_dir() {
            let disk = segment_numbers(path).map_err(JournalError::io(path))?.into_iter();
            let segments = disk.map(|number| Source {
                number,
                hot: false,
                path: path.join(segment_name(number)),
            });
            let mut journal = Self { segments: segments.collect() };
            journal.add_hot(path)?;
            return journal.some(path);
        }
        let mut journal = Self { segments: Vec::new() };
        if is_segment(path).map_err(JournalError::io(path))? {
            let hot = path.extension().is_some_and(|extension| extension == "log");
            journal.segments.push(Source { number: 0, hot, path: path.into() });
        }
        journal.some(path)
    }

    /// The same, with what stands in a hot run directory behind what the disk has.
    ///
    /// # Errors
    /// [`JournalError::NoSegment`] when there is none in either place.
    pub fn open_with_hot(directory: &Path, hot: &Path) -> Result<Self, JournalError> {
        let mut journal = match Self::open(directory) {
            Err(JournalError::NoSegment(_)) => Self { segments: Vec::new() },
            opened => opened?,
        };
        journal.add_hot(hot)?;
        journal.some(directory)
    }

    /// Whether a file is a segment of ours, told by its first bytes.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn is_segment(path: &Path) -> Result<bool, JournalError> {
        is_segment(path).map_err(JournalError::io(path))
    }

    /// Starts reading at the first message.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            sources: self.segments.iter().cloned().collect(),
            scan: None,
            run: 0,
            next: 0,
            start: self.segments.first().map_or(0, |source| source.number),
            open_loss: None,
            losses: Vec::new(),
            ended: false,
        }
    }

    /// The same without the leading segments that were full before this receive time. A log's
    /// receive times ascend but for what the order of threads does to them: ask for a little more.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn since(mut self, time: Nanos) -> Result<Self, JournalError> {
        let begins_before = |source: &Source| {
            let medium = if source.hot { Medium::Hot } else { Medium::Disk };
            let io = JournalError::io(&source.path);
            let begun = match Scan::open(&source.path, medium).map_err(io)? {
                Ok(Some(mut scan)) => match scan.step().map_err(JournalError::io(&source.path))? {
                    Ok(Step::Message(lines)) => Some(scan.message(lines).head.time_local),
                    _ => None,
                },
                _ => None,
            };
            // What cannot be read is left to whoever reads it to say so.
            Ok(begun.is_some_and(|begun| begun < time))
        };
        // The last segment that begins before, by halves: a day has hundreds.
        let (mut low, mut high) = (0, self.segments.len());
        while low + 1 < high {
            let middle = usize::midpoint(low, high);
            if begins_before(&self.segments[middle])? { low = middle } else { high = middle }
        }
        self.segments.drain(..low);
        Ok(self)
    }

    fn add_hot(&mut self, directory: &Path) -> Result<(), JournalError> {
        let numbers = hot_numbers(directory).map_err(JournalError::io(directory))?.into_iter();
        self.segments.extend(numbers.map(|number| Source {
            number,
            hot: true,
            path: segment_path(directory, number),
        }));
        self.segments.sort_unstable();
        Ok(())
    }

    fn some(self, path: &Path) -> Result<Self, JournalError> {
        if self.segments.is_empty() {
            return Err(JournalError::NoSegment(path.into()));
        }
        Ok(self)
    }
}

/// Reads the messages of a journal in order. Kinds that this build does not know are read like
/// any other; whoever takes the messages skips them.
#[derive(Debug)]
pub struct Reader {
    sources: VecDeque<Source>,
    scan: Option<Scan>,
    // Zero before the first header.
    run: u64,
    next: u64,
    // The number of the first segment.
    start: u64,
    // A loss that the next segment may heal: it may begin where this one broke.
    open_loss: Option<Loss>,
    losses: Vec<Loss>,
    ended: bool,
}

impl Reader {
    /// The next message; `None` at the end.
    ///
    /// # Errors
    /// [`JournalError::Lost`] once, where the good prefix ends; after that `None`.
    pub fn read(&mut self) -> Result<Option<Message<'_>>, JournalError> {
        let Some(lines) = self.advance()? else { return Ok(None) };
        Ok(self.scan.as_ref().map(|scan| scan.message(lines)))
    }

    /// What was lost so far: also damage that cost no message, because the next segment or the
    /// hot log had them.
    #[must_use]
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }

    /// The run; zero before the first message.
    #[must_use]
    pub const fn run(&self) -> u64 {
        self.run
    }

    /// The sequence of the last message read; zero before the first.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Whether the log was closed in order at what was read last.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    fn advance(&mut self) -> Result<Option<usize>, JournalError> {
        loop {
            let Some(scan) = &mut self.scan else {
                if self.open_next()? {
                    continue;
                }
                return Ok(None);
            };
            let step = scan.step().map_err(|error| JournalError::Io(scan.path().into(), error))?;
            match step {
                Ok(Step::Message(lines)) => {
                    // A hot segment repeats what the disk had of it.
                    if scan.next > self.next {
                        self.next = scan.next;
                        self.ended = false;
                        return Ok(Some(lines));
                    }
                }
                Ok(Step::End(last)) => {
                    self.ended = last;
                    self.scan = None;
                }
                Err(loss) => {
                    self.open_loss = Some(loss);
                    self.scan = None;
                }
            }
        }
    }

    /// Opens the next segment that continues what was read; `false` when there is none.
    fn open_next(&mut self) -> Result<bool, JournalError> {
        while let Some(source) = self.sources.pop_front() {
            let medium = if source.hot { Medium::Hot } else { Medium::Disk };
            let opened =
                Scan::open(&source.path, medium).map_err(JournalError::io(&source.path))?;
            let scan = match opened {
                Ok(Some(scan)) => scan,
                Ok(None) => continue,
                Err(loss) => {
                    self.lose(loss);
                    continue;
                }
            };
            if (self.run != 0 && scan.header.run != self.run)
                || (source.number != 0 && scan.header.number != source.number)
            {
                self.lose(scan.whole(Reason::Misplaced));
                continue;
            }
            let follows = if self.next == 0 {
                self.open_loss.is_none() || source.number == self.start
            } else {
                scan.header.first <= self.next
            };
            if !follows {
                let hole = scan.whole(Reason::Hole);
                return Err(self.stop(hole));
            }
            // What broke before cost nothing: the chain goes on.
            self.losses.extend(self.open_loss.take());
            self.run = scan.header.run;
            self.next = self.next.max(scan.header.first);
            self.scan = Some(scan);
            return Ok(true);
        }
        match self.open_loss.take() {
            Some(loss) => {
                self.losses.push(loss.clone());
                Err(JournalError::Lost(loss))
            }
            None => Ok(false),
        }
    }

    /// Remembers a loss; of several in a row the first tells where the good prefix ends.
    fn lose(&mut self, loss: Loss) {
        if self.open_loss.is_none() {
            self.open_loss = Some(Loss { after: self.last(), ..loss });
        } else {
            self.losses.push(loss);
        }
    }

    /// Ends the reading in front of a segment that does not follow.
    fn stop(&mut self, hole: Loss) -> JournalError {
        let hole = Loss { after: self.last(), ..hole };
        let rest: Vec<Loss> = self
            .sources
            .drain(..)
            .map(|source| Loss {
                bytes: fs::metadata(&source.path).map_or(0, |metadata| metadata.len()),
                path: source.path,
                ..hole.clone()
            })
            .collect();
        self.ended = false;
        let first = self.open_loss.take();
        let loss = first.clone().unwrap_or_else(|| hole.clone());
        self.losses.extend(first);
        self.losses.push(hole);
        self.losses.extend(rest);
        JournalError::Lost(loss)
    }
}

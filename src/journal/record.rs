//! The recorder: brings the hot log to disk, in its own time, and lets hot segments go when the
//! disk has them.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use model::{MILLISECOND, Nanos};
use runtime::log::{Item, Log, Tail, TailError};
use runtime::{Counters, counters, crc};

use crate::disk::{Disk, DiskFile, segment_name};

counters! {
    /// What the recorder publishes.
    pub enum RecorderCounter {
        /// Sequence of the last message read from the log.
        Seen => "journal_seen_sequence",
        /// Sequence of the last message that survives a power cut.
        Synced => "journal_synced_sequence",
        /// Bytes read from the log that do not yet survive a power cut.
        LagBytes => "journal_lag_bytes",
        /// Bytes written.
        Bytes => "journal_bytes_total",
        /// Syncs that succeeded.
        Syncs => "journal_syncs_total",
        /// 1 when the disk, or the log itself, failed: nothing is recorded any more.
        Failed => "journal_failed",
    }
}

/// When the recorder writes and syncs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecorderPlan {
    /// Bytes gathered before they are written.
    pub batch_bytes: usize,
    /// Bytes written before they are synced.
    pub sync_bytes: u64,
    /// The longest that a message waits for its sync, on a disk that keeps up.
    pub sync_every: Nanos,
}

impl Default for RecorderPlan {
    fn default() -> Self {
        Self { batch_bytes: 1 << 20, sync_bytes: 16 << 20, sync_every: Nanos(50 * MILLISECOND.0) }
    }
}

/// Why nothing is recorded any more.
#[derive(Debug)]
pub enum RecordError {
    /// The log cannot be read on.
    Tail(TailError),
    /// The message of this sequence is not what the feed wrote: memory is not to be trusted.
    Corrupt(u64),
    /// The disk. What was written since the last sync may or may not be kept.
    Disk(io::Error),
    /// It failed before and is not tried again.
    Failed,
}

impl fmt::Display for RecordError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tail(error) => error.fmt(out),
            Self::Corrupt(sequence) => write!(out, "message {sequence} changed in the hot log"),
            Self::Disk(error) => write!(out, "the journal's disk failed: {error}"),
            Self::Failed => write!(out, "the journal failed before"),
        }
    }
}

impl std::error::Error for RecordError {}

/// Bytes taken in one cycle at most, so that the clock is looked at again.
const CYCLE_BYTES: usize = 8 << 20;

/// Brings a log to disk.
#[derive(Debug)]
pub struct Recorder<D: Disk> {
    tail: Tail,
    disk: D,
    file: Option<D::File>,
    plan: RecorderPlan,
    batch: Vec<u8>,
    // Bytes taken from the log and not synced; those not even written are in `batch`.
    lag: u64,
    // When the oldest of them was taken.
    oldest: Option<Nanos>,
    // The segment being written, the last message taken.
    number: u64,
    seen: u64,
    failed: bool,
    counters: Counters<RecorderCounter>,
}

enum Taken {
    Nothing,
    Begin,
    Message,
    End,
}

impl<D: Disk> Recorder<D> {
    /// A recorder of all that the log still has. Hot segments wait for it from here on.
    #[must_use]
    pub fn new(log: &Log, disk: D, plan: RecorderPlan) -> Self {
        Self {
            tail: log.holding_tail(),
            disk,
            file: None,
            plan,
            batch: Vec::with_capacity(2 * plan.batch_bytes),
            lag: 0,
            oldest: None,
            number: 0,
            seen: 0,
            failed: false,
            counters: Counters::default(),
        }
    }

    /// Takes what the log has, writes and syncs what is due. Returns how many messages it took.
    ///
    /// # Errors
    /// [`RecordError`]. It is final: hot segments are kept from then on, and when there is no
    /// room for more of them the door shuts. See [`Recorder::move_to`].
    pub fn cycle(&mut self, now: Nanos) -> Result<usize, RecordError> {
        self.guarded(|recorder| recorder.take_and_write(now))
    }

    /// Takes all that the log has and syncs it, whatever the plan says.
    ///
    /// # Errors
    /// As [`Recorder::cycle`].
    pub fn finish(&mut self, now: Nanos) -> Result<(), RecordError> {
        while self.cycle(now)? > 0 {}
        self.guarded(Self::sync)
    }

    /// Goes on with another disk, after this one failed: from the first segment that was not
    /// synced to its end, which the log has kept. Old and new disk together have everything.
    ///
    /// # Errors
    /// [`RecordError::Tail`] when the log has not kept it.
    pub fn move_to(&mut self, disk: D) -> Result<(), RecordError> {
        self.tail.rewind().map_err(RecordError::Tail)?;
        self.disk = disk;
        (self.file, self.oldest, self.lag, self.failed) = (None, None, 0, false);
        self.batch.clear();
        self.counters.set(RecorderCounter::Failed, 0);
        Ok(())
    }

    /// What the recorder publishes.
    #[must_use]
    pub fn counters(&self) -> Counters<RecorderCounter> {
        self.counters.clone()
    }

    /// The disk it writes.
    #[must_use]
    pub const fn disk(&self) -> &D {
        &self.disk
    }

    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        if self.failed {
            return Err(RecordError::Failed);
        }
        let done = work(self);
        if done.is_err() {
            self.failed = true;
            // Closed, never synced again: a second answer would not be the truth.
            self.file = None;
            self.counters.set(RecorderCounter::Failed, 1);
        }
        self.counters.set(RecorderCounter::Seen, self.seen);
        self.counters.set(RecorderCounter::LagBytes, self.lag);
        done
    }

    fn take_and_write(&mut self, now: Nanos) -> Result<usize, RecordError> {
        let (mut messages, mut bytes) = (0, 0);
        while bytes < CYCLE_BYTES {
            let before = self.batch.len();
            let taken = self.take()?;
            let more = self.batch.len() - before;
            bytes += more;
            self.lag += more as u64;
            match taken {
                Taken::Nothing => break,
                Taken::Begin => {
                    let name = segment_name(self.number);
                    self.file = Some(self.disk.create(&name).map_err(RecordError::Disk)?);
                }
                Taken::Message => messages += 1,
                Taken::End => {
                    self.sync()?;
                    self.file = None;
                    self.tail.release(self.number + 1);
                    continue;
                }
            }
            self.oldest.get_or_insert(now);
            if self.batch.len() >= self.plan.batch_bytes {
                self.write()?;
            }
            if self.lag >= self.plan.sync_bytes {
                self.sync()?;
            }
        }
        if self.oldest.is_some_and(|oldest| now.since(oldest) >= self.plan.sync_every) {
            self.sync()?;
        }
        Ok(messages)
    }

    /// Copies the next item of the log into the batch.
    fn take(&mut self) -> Result<Taken, RecordError> {
        match self.tail.item().map_err(RecordError::Tail)? {
            None => Ok(Taken::Nothing),
            Some(Item::Begin(header)) => {
                self.number = header.number;
                self.seen = header.first - 1;
                self.batch.extend_from_slice(bytemuck::bytes_of(header));
                Ok(Taken::Begin)
            }
            Some(Item::Message(message)) => {
                if crc::message(message) != message.head.crc {
                    return Err(RecordError::Corrupt(message.head.sequence));
                }
                self.seen = message.head.sequence;
                self.batch.extend_from_slice(bytemuck::bytes_of(message.head));
                for lines in [message.body.front, message.body.back] {
                    self.batch.extend_from_slice(bytemuck::cast_slice(lines));
                }
                Ok(Taken::Message)
            }
            Some(Item::End(end)) => {
                self.batch.extend_from_slice(bytemuck::bytes_of(end));
                Ok(Taken::End)
            }
        }
    }

    fn write(&mut self) -> Result<(), RecordError> {
        if let Some(file) = &mut self.file
            && !self.batch.is_empty()
        {
            file.write(&self.batch).map_err(RecordError::Disk)?;
            self.counters.add(RecorderCounter::Bytes, self.batch.len() as u64);
            self.batch.clear();
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), RecordError> {
        self.write()?;
        if self.lag == 0 {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            file.sync().map_err(RecordError::Disk)?;
            (self.lag, self.oldest) = (0, None);
            self.counters.bump(RecorderCounter::Syncs);
            self.counters.set(RecorderCounter::Synced, self.seen);
        }
        Ok(())
    }
}

/// A recorder on a cold thread of its own.
#[derive(Debug)]
pub struct Recording<D: Disk> {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Recorder<D>, Result<(), RecordError>)>,
}

impl<D> Recorder<D>
where
    D: Disk + Send + 'static,
    D::File: Send,
{
    /// Records on a thread of its own until it is stopped, the log ends, or the disk fails.
    ///
    /// # Errors
    /// The system's, when there is no thread to be had.
    pub fn spawn(
        mut self,
        mut now: impl FnMut() -> Nanos + Send + 'static,
    ) -> io::Result<Recording<D>> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = thread::Builder::new().name("recorder".into()).spawn(move || {
            let done = self.run(&mut now, &asked);
            (self, done)
        })?;
        Ok(Recording { stop, thread })
    }

    fn run(
        &mut self,
        now: &mut impl FnMut() -> Nanos,
        stop: &AtomicBool,
    ) -> Result<(), RecordError> {
        while !stop.load(Ordering::Acquire) && !self.tail.ended() {
            if self.cycle(now())? == 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        self.finish(now())
    }
}

impl<D: Disk> Recording<D> {
    /// Has everything that was published by now recorded and synced, and gives the recorder back.
    ///
    /// # Panics
    /// When the recorder did.
    pub fn stop(self) -> (Recorder<D>, Result<(), RecordError>) {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Whether it has stopped by itself: the log ended, or the disk failed.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

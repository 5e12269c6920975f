//! The keeper: the log's cold side. It makes segments ahead of the writer and frees those that
//! every reader has passed.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use model::{Line, Nanos};

use super::Shared;
use super::segment::{Segment, SegmentHeader, VERSION, segment_path};
use crate::counters;
use crate::counters::Counters;

counters! {
    /// What the keeper counts.
    pub enum LogCounter {
        /// Segments made.
        Made => "log_segments_made_total",
        /// Segments freed because every reader had passed them.
        Freed => "log_segments_freed_total",
        /// Segments in memory now.
        Live => "log_segments_live",
        /// Segments whose pages could not be locked in memory.
        Unlocked => "log_segments_unlocked_total",
        /// Segments that could not be made for lack of memory or rights.
        Failed => "log_segments_failed_total",
        /// Times a segment was wanted while as many as allowed were alive: readers are late.
        Full => "log_full_total",
    }
}

/// The cold side of a log; its work is [`Keeper::cycle`], on any thread but a hot one.
#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
    hand: rtrb::Producer<Arc<Segment>>,
    // Number of the next segment.
    next: u64,
    counters: Counters<LogCounter>,
    error: Option<io::Error>,
}

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, hand: rtrb::Producer<Arc<Segment>>) -> Self {
        Self { shared, hand, next: 1, counters: Counters::default(), error: None }
    }

    /// Frees what was passed and makes what is missing. Returns how much was done; a segment
    /// that cannot be made is counted and tried again in the next cycle.
    pub fn cycle(&mut self, now: Nanos) -> usize {
        let mut work = self.free();
        while !self.hand.is_full() {
            if self.live() >= self.shared.plan.segments_max {
                self.counters.bump(LogCounter::Full);
                break;
            }
            match self.make(now) {
                Ok(segment) => {
                    // Cannot be full: this is the ring's only producer.
                    drop(self.hand.push(segment));
                    work += 1;
                }
                Err(error) => {
                    self.counters.bump(LogCounter::Failed);
                    self.error = Some(error);
                    break;
                }
            }
        }
        work
    }

    /// Cycles until `stop`, with a pause where there is nothing to do; for a cold thread.
    pub fn run(&mut self, mut now: impl FnMut() -> Nanos, pause: Duration, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            if self.cycle(now()) == 0 {
                thread::sleep(pause);
            }
        }
    }

    /// What the keeper counts.
    #[must_use]
    pub fn counters(&self) -> Counters<LogCounter> {
        self.counters.clone()
    }

    /// Why the last failed segment could not be made.
    #[must_use]
    pub const fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Removes the log from shared memory, when its writer is gone and its readers have all of
    /// it elsewhere. Without this call the segments stay for the next start to recover.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_dir_all(&self.shared.directory)
    }

    pub(super) fn make(&mut self, now: Nanos) -> io::Result<Arc<Segment>> {
        let lines = self.shared.lines;
        let header = SegmentHeader {
            magic: 0,
            version: VERSION,
            reserved: 0,
            crc: 0,
            run: self.shared.plan.run,
            number: self.next,
            first: 0,
            time_created: now,
            bytes: (lines * size_of::<Line>()) as u64,
            more: 0,
        };
        let (segment, locked) = Segment::make(&self.shared.directory, header, lines)?;
        if !locked {
            self.counters.bump(LogCounter::Unlocked);
        }
        let segment = Arc::new(segment);
        self.shared.registry().segments.push_back(Arc::clone(&segment));
        self.next += 1;
        self.counters.bump(LogCounter::Made);
        self.counters.set(LogCounter::Live, self.live() as u64);
        Ok(segment)
    }

    fn live(&self) -> usize {
        self.shared.registry().segments.len()
    }

    /// Takes segments out of the registry, then drops them behind the lock: a reader that moves
    /// on must not wait for the system to unmap 64 MiB.
    fn free(&self) -> usize {
        let mut freed = Vec::new();
        {
            let mut registry = self.shared.registry();
            let needed = registry.needed(self.shared.current.load(Ordering::Acquire));
            while registry.segments.front().is_some_and(|segment| segment.number < needed) {
                freed.extend(registry.segments.pop_front());
            }
        }
        for segment in &freed {
            // Already gone is as good; anything else shows as memory that does not come back.
            drop(fs::remove_file(segment_path(&self.shared.directory, segment.number)));
        }
        if !freed.is_empty() {
            self.counters.add(LogCounter::Freed, freed.len() as u64);
            self.counters.set(LogCounter::Live, self.live() as u64);
        }
        freed.len()
    }
}

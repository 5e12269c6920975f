//! The bytes of refused frames, kept for the post-mortem: the hot feed copies them into a small
//! ring, a cold thread puts them into the run's side file, where the log names them by hash.
//!
//! A venue gone mad must fill neither memory nor disk: what finds the ring full, and what comes
//! after [`RUN_BYTES_MAX`] of a run, is left out and counted. The log still has length and hash.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use journal::{Disk, Files, Side, SideKind};
use rtrb::{Consumer, Producer, RingBuffer};
use runtime::{Counters, counters};

counters! {
    /// What the hot end counts.
    pub enum RefusedTapCounter {
        /// Refused frames copied.
        Copied => "refused_copied_total",
        /// Refused frames left out because the ring was full.
        Dropped => "refused_dropped_total",
    }
}

counters! {
    /// What the cold end counts.
    pub enum RefusedCounter {
        /// Frames in the side file.
        Kept => "refused_kept_total",
        /// Frames left out because the run has kept enough.
        Enough => "refused_enough_total",
        /// 1 once the disk has refused: nothing more is kept.
        Failed => "refused_failed",
    }
}

/// Bytes of the ring: some sixteen frames of the longest kind, thousands of the usual.
const RING_BYTES: usize = 1 << 20;
/// Bytes of refused frames that a run keeps.
const RUN_BYTES_MAX: u64 = 64 << 20;
/// Between two looks into the ring.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes in front of each frame in the ring: sequence and length.
const HEAD: usize = 12;

/// The hot end; without a ring it sees nothing.
#[derive(Debug)]
pub(super) struct RefusedTap {
    ring: Option<Producer<u8>>,
    counters: Counters<RefusedTapCounter>,
}

impl RefusedTap {
    /// A tap that sees nothing.
    pub(super) fn closed() -> Self {
        Self { ring: None, counters: Counters::default() }
    }

    #[cold]
    pub(super) fn keep(&mut self, bytes: &[u8], sequence: u64) {
        let Some(ring) = &mut self.ring else { return };
        let Ok(length) = u32::try_from(bytes.len()) else { return };
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&sequence.to_le_bytes());
        head[8..].copy_from_slice(&length.to_le_bytes());
        // There is one producer, so what is free now stays free.
        let fits = ring.slots() >= HEAD + bytes.len();
        if fits && ring.push_entire_slice(&head).is_ok() && ring.push_entire_slice(bytes).is_ok() {
            self.counters.bump(RefusedTapCounter::Copied);
        } else {
            self.counters.bump(RefusedTapCounter::Dropped);
        }
    }
}

/// The cold end on its thread.
#[derive(Debug)]
pub(super) struct RefusedKeeper {
    pub(super) tap: Counters<RefusedTapCounter>,
    pub(super) counters: Counters<RefusedCounter>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl RefusedKeeper {
    /// Makes both ends. The side file is made with the first frame: most runs have none.
    pub(super) fn start(files: Files) -> io::Result<(RefusedTap, Self)> {
        let (mut producer, mut consumer) = RingBuffer::new(RING_BYTES);
        // Every page is touched now, so that the hot end takes no page fault.
        while producer.push(0).is_ok() {}
        while consumer.pop().is_ok() {}
        let tap = RefusedTap { ring: Some(producer), counters: Counters::default() };
        let tapped = tap.counters.clone();
        let counters = Counters::default();
        let stop = Arc::new(AtomicBool::new(false));
        let mut drain = Drain {
            ring: consumer,
            files,
            side: None,
            bytes: Vec::new(),
            kept: 0,
            counters: counters.clone(),
        };
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("refused".into()).spawn(move || {
            // No decision reads the side file: its loss is counted, and ends nothing.
            let failed = drain.run(&asked).is_err();
            drain.counters.set(RefusedCounter::Failed, u64::from(failed));
        })?;
        Ok((tap, Self { tap: tapped, counters, stop, thread }))
    }

    /// Writes what is left. To be called when the feed has ended.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

struct Drain {
    ring: Consumer<u8>,
    files: Files,
    side: Option<Side<<Files as Disk>::File>>,
    bytes: Vec<u8>,
    kept: u64,
    counters: Counters<RefusedCounter>,
}

impl Drain {
    fn run(&mut self, stop: &AtomicBool) -> io::Result<()> {
        loop {
            // Looked at before the ring, so that what came before the stop is written.
            let last = stop.load(Ordering::Acquire);
            let mut fresh = false;
            while let Some(sequence) = self.take() {
                fresh |= self.put(sequence)?;
            }
            if fresh && let Some(side) = &mut self.side {
                side.sync()?;
            }
            if last {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Takes one frame out of the ring; its sequence, or `None` when there is no whole one.
    fn take(&mut self) -> Option<u64> {
        let mut head = [0; HEAD];
        let chunk = self.ring.read_chunk(HEAD).ok()?;
        let (front, back) = chunk.as_slices();
        for (to, from) in head.iter_mut().zip(front.iter().chain(back)) {
            *to = *from;
        }
        let (sequence, length) = head.split_at(8);
        let sequence = u64::from_le_bytes(sequence.try_into().unwrap_or_default());
        let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
        let chunk = self.ring.read_chunk(HEAD + length).ok()?;
        let (front, back) = chunk.as_slices();
        self.bytes.clear();
        self.bytes.extend(front.iter().chain(back).skip(HEAD));
        chunk.commit_all();
        Some(sequence)
    }

    fn put(&mut self, sequence: u64) -> io::Result<bool> {
        if self.kept + self.bytes.len() as u64 > RUN_BYTES_MAX {
            self.counters.bump(RefusedCounter::Enough);
            return Ok(false);
        }
        let side = match &mut self.side {
            Some(side) => side,
            none => none.insert(Side::create(&mut self.files)?),
        };
        side.put(SideKind::Refused, sequence, &self.bytes)?;
        self.kept += self.bytes.len() as u64;
        self.counters.bump(RefusedCounter::Kept);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use journal::{Files, SideKind, SideReader};

    use super::{RING_BYTES, RefusedCounter, RefusedKeeper, RefusedTapCounter};

    struct Scratch(PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            // What cannot be removed stays in the temporary directory.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_refused_lies_in_the_side_file_and_a_full_ring_is_counted() {
        let name = format!("fulcrum-refused-{}", std::process::id());
        let scratch = Scratch(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&scratch.0).expect("a folder");
        let (mut tap, keeper) =
            RefusedKeeper::start(Files::new(scratch.0.clone())).expect("a thread");
        let frames: Vec<Vec<u8>> =
            (0..200_usize).map(|at| vec![u8::try_from(at % 251).unwrap_or(0); at * 7]).collect();
        for (sequence, frame) in (1..).zip(&frames) {
            tap.keep(frame, sequence);
        }
        tap.keep(&vec![1; RING_BYTES], 201);
        let (tapped, kept) = (keeper.tap.clone(), keeper.counters.clone());
        keeper.stop();
        assert_eq!(tapped.get(RefusedTapCounter::Copied), 200);
        assert_eq!(tapped.get(RefusedTapCounter::Dropped), 1);
        assert_eq!((kept.get(RefusedCounter::Kept), kept.get(RefusedCounter::Failed)), (200, 0));
        let mut reader = SideReader::open(&scratch.0).expect("a side file");
        for (sequence, frame) in (1..).zip(&frames) {
            let (header, bytes) = reader.read().expect("sound").expect("a record");
            assert_eq!((header.sequence, header.kind), (sequence, SideKind::Refused as u16));
            assert_eq!(bytes, frame);
        }
        assert!(reader.read().expect("sound").is_none());
    }
}

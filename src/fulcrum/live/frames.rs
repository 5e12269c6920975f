//! Raw frames on disk: the hot feed copies each into a ring of bytes, a cold thread writes lines
//! `<receive ns> <json>` into compressed files and begins a new one when it is long or old.
//!
//! When the ring is full the copy is left out and counted; the feed never waits for a disk.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;
use model::Nanos;
use rtrb::{Consumer, Producer, RingBuffer};
use runtime::{Counters, counters};
use venue::feed::Tap;

counters! {
    /// What the hot end counts.
    pub enum TapCounter {
        /// Frames copied.
        Copied => "frames_copied_total",
        /// Frames left out because the ring was full.
        Dropped => "frames_dropped_total",
    }
}

counters! {
    /// What the cold end counts.
    pub enum FramesCounter {
        /// Lines written.
        Lines => "frames_lines_total",
        /// Bytes of frames written, before compression.
        Bytes => "frames_bytes_total",
        /// Files begun.
        Files => "frames_files_total",
        /// 1 once the disk has refused: nothing more is written.
        Failed => "frames_failed",
    }
}

/// How the files are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// Zstandard.
    Zst,
    /// gzip, which everything reads.
    Gz,
}

/// Where frames go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FramesPlan {
    /// The directory.
    pub directory: PathBuf,
    /// The compression.
    pub packing: Packing,
    /// Bytes of frames in a file before the next one begins.
    pub file_bytes: u64,
    /// How long a file is written before the next one begins.
    pub file_span: Duration,
    /// Bytes of the ring between the feed and the disk.
    pub ring_bytes: usize,
}

/// Bytes in front of each frame in the ring: receive time and length.
const HEAD: usize = 12;

/// The hot end; without a ring it sees nothing.
#[derive(Debug)]
pub(super) struct FrameTap {
    ring: Option<Producer<u8>>,
    counters: Counters<TapCounter>,
}

impl FrameTap {
    /// A tap that sees nothing.
    pub(super) fn closed() -> Self {
        Self { ring: None, counters: Counters::default() }
    }
}

impl Tap for FrameTap {
    #[inline]
    fn frame(&mut self, bytes: &[u8], now: Nanos) {
        let Some(ring) = &mut self.ring else { return };
        let Ok(length) = u32::try_from(bytes.len()) else { return };
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&now.0.to_le_bytes());
        head[8..].copy_from_slice(&length.to_le_bytes());
        // There is one producer, so what is free now stays free.
        let fits = ring.slots() >= HEAD + bytes.len();
        if fits && ring.push_entire_slice(&head).is_ok() && ring.push_entire_slice(bytes).is_ok() {
            self.counters.bump(TapCounter::Copied);
        } else {
            self.counters.bump(TapCounter::Dropped);
        }
    }
}

/// The cold end on its thread.
#[derive(Debug)]
pub(super) struct FrameRecorder {
    pub(super) tap: Counters<TapCounter>,
    pub(super) counters: Counters<FramesCounter>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<()>>,
}

impl FrameRecorder {
    /// Makes the directory and both ends. Call it before any thread is pinned.
    pub(super) fn start(plan: FramesPlan, run: u64) -> io::Result<(FrameTap, Self)> {
        DirBuilder::new().recursive(true).mode(0o700).create(&plan.directory)?;
        let (mut producer, mut consumer) = RingBuffer::new(plan.ring_bytes);
        // Every page is touched now, so that the hot end takes no page fault.
        while producer.push(0).is_ok() {}
        while consumer.pop().is_ok() {}
        let tap = FrameTap { ring: Some(producer), counters: Counters::default() };
        let tapped = tap.counters.clone();
        let counters = Counters::default();
        let stop = Arc::new(AtomicBool::new(false));
        let mut drain = Drain {
            ring: consumer,
            files: Files { plan, run, number: 0, open: None },
            line: Vec::new(),
            counters: counters.clone(),
        };
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("frames".into()).spawn(move || {
            let written = drain.run(&asked);
            drain.counters.set(FramesCounter::Failed, u64::from(written.is_err()));
            written
        })?;
        Ok((tap, Self { tap: tapped, counters, stop, thread }))
    }

    /// Writes what is left and closes the file. To be called when the feed has ended.
    pub(super) fn stop(self) -> io::Result<()> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Drain {
    ring: Consumer<u8>,
    files: Files,
    line: Vec<u8>,
    counters: Counters<FramesCounter>,
}

impl Drain {
    fn run(&mut self, stop: &AtomicBool) -> io::Result<()> {
        loop {
            // Looked at before the ring, so that what came before the stop is written.
            let last = stop.load(Ordering::Acquire);
            while self.one()? {}
            if last {
                return self.files.close();
            }
            self.files.tend()?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Writes one frame; `false` when there is no whole one.
    fn one(&mut self) -> io::Result<bool> {
        let mut head = [0; HEAD];
        let Ok(chunk) = self.ring.read_chunk(HEAD) else { return Ok(false) };
        let (front, back) = chunk.as_slices();
        for (to, from) in head.iter_mut().zip(front.iter().chain(back)) {
            *to = *from;
        }
        let (time, length) = head.split_at(8);
        let time = u64::from_le_bytes(time.try_into().unwrap_or_default());
        let length = u32::from_le_bytes(length.try_into().unwrap_or_default()) as usize;
        let Ok(chunk) = self.ring.read_chunk(HEAD + length) else { return Ok(false) };
        let (front, back) = chunk.as_slices();
        self.line.clear();
        self.line.extend_from_slice(time.to_string().as_bytes());
        self.line.push(b' ');
        // A line is a line: the venue's JSON has no newline, but a rubbish frame may.
        let bytes = front.iter().chain(back).skip(HEAD);
        self.line.extend(bytes.map(|&byte| if byte == b'\n' { b' ' } else { byte }));
        self.line.push(b'\n');
        chunk.commit_all();
        if self.files.write(&self.line)? {
            self.counters.bump(FramesCounter::Files);
        }
        self.counters.bump(FramesCounter::Lines);
        self.counters.add(FramesCounter::Bytes, length as u64);
        Ok(true)
    }
}

enum Packer {
    Zst(zstd::stream::write::Encoder<'static, BufWriter<File>>),
    Gz(GzEncoder<BufWriter<File>>),
}

struct Open {
    packer: Packer,
    bytes: u64,
    since: Instant,
}

struct Files {
    plan: FramesPlan,
    run: u64,
    number: u64,
    open: Option<Open>,
}

impl Files {
    /// Writes a line; `true` when it is the first of a new file.
    fn write(&mut self, line: &[u8]) -> io::Result<bool> {
        let begun = self.open.is_none();
        let open = match self.open.take() {
            Some(open) => self.open.insert(open),
            None => {
                let packer = self.create()?;
                self.open.insert(Open { packer, bytes: 0, since: Instant::now() })
            }
        };
        match &mut open.packer {
            Packer::Zst(out) => out.write_all(line)?,
            Packer::Gz(out) => out.write_all(line)?,
        }
        open.bytes += line.len() as u64;
        if open.bytes >= self.plan.file_bytes {
            self.close()?;
        }
        Ok(begun)
    }

    /// Closes a file that is old enough.
    fn tend(&mut self) -> io::Result<()> {
        let old = |open: &Open| open.since.elapsed() >= self.plan.file_span;
        if self.open.as_ref().is_some_and(old) { self.close() } else { Ok(()) }
    }

    fn create(&mut self) -> io::Result<Packer> {
        self.number += 1;
        let ending = match self.plan.packing {
            Packing::Zst => "zst",
            Packing::Gz => "gz",
        };
        let path = file(&self.plan.directory, self.run, self.number, ending);
        let out = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
        let out = BufWriter::with_capacity(1 << 16, out);
        Ok(match self.plan.packing {
            Packing::Zst => Packer::Zst(zstd::stream::write::Encoder::new(out, 3)?),
            Packing::Gz => Packer::Gz(GzEncoder::new(out, flate2::Compression::new(6))),
        })
    }

    /// Ends the container, so that it reads to its end, and has it on disk.
    fn close(&mut self) -> io::Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let out = match open.packer {
            Packer::Zst(out) => out.finish()?,
            Packer::Gz(out) => out.finish()?,
        };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn file(directory: &Path, run: u64, number: u64, ending: &str) -> PathBuf {
    directory.join(format!("frames-{run:016x}-{number:06}.{ending}"))
}

//! A file in memory, as lines: the raw mapping behind a type that says who may touch what.
//!
//! Bytes enter by one writer and are read by anybody, in this process or another, as soon as the
//! first word of their message says so. That word is the only thing ever accessed by two at once,
//! and it is atomic.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use model::Line;

/// A shared mapping of a file, a whole number of lines long. Unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<Line>,
    lines: usize,
}

// JUSTIFICATION: writer, recorder and readers are threads of one process.
// SAFETY: the mapping is plain memory that belongs to no thread; what may be read and written
// when is the contract of `lines` and `write`.
unsafe impl Send for Mapping {}
// JUSTIFICATION, SAFETY: as above.
unsafe impl Sync for Mapping {}

/// A page of the smallest size this architecture has.
pub(crate) const PAGE: usize = 4096;

impl Mapping {
    /// Reserves `lines` lines of space for an empty file and maps it for reading and writing.
    ///
    /// # Errors
    /// The system's; `ENOSPC` here, not as a signal at the first touch.
    pub(crate) fn create(file: &File, lines: usize) -> io::Result<Self> {
        let bytes = lines
            .checked_mul(size_of::<Line>())
            .and_then(|bytes| libc::off_t::try_from(bytes).ok())
            .ok_or(io::ErrorKind::InvalidInput)?;
        // JUSTIFICATION: without reserved space a full file system kills by SIGBUS.
        // SAFETY: the descriptor is open for the length of the call; no memory is passed.
        let code = unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, bytes) };
        if code != 0 {
            return Err(io::Error::from_raw_os_error(code));
        }
        Self::map(file, lines, libc::PROT_READ | libc::PROT_WRITE)
    }

    /// Maps a file of another process for reading; a last part of a line is left out. The other
    /// process is trusted to be this program: it never shortens a file and never rewrites what it
    /// has published.
    ///
    /// # Errors
    /// The system's, and `InvalidData` for a file of less than a line.
    pub(crate) fn open(file: &File) -> io::Result<Self> {
        let lines = usize::try_from(file.metadata()?.len()).unwrap_or(0) / size_of::<Line>();
        if lines == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(file, lines, libc::PROT_READ)
    }

    fn map(file: &File, lines: usize, protection: libc::c_int) -> io::Result<Self> {
        // JUSTIFICATION: shared memory is how another process, and a kill -9, find what was
        // written, at the price of a plain store.
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases nothing of ours;
        // the length is that of the file and not zero.
        let start = unsafe {
            let bytes = lines * size_of::<Line>();
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                protection,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast::<Line>()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, lines })
    }

    /// How many lines.
    pub(crate) const fn len(&self) -> usize {
        self.lines
    }

    /// Writes a zero into every page, so that no store of the writer faults. Only for a fresh
    /// mapping that nobody else has seen: hence `&mut`.
    pub(crate) fn touch(&mut self) {
        for line in (0..self.lines).step_by(PAGE / size_of::<Line>()) {
            // JUSTIFICATION: a page fault costs microseconds, a store a nanosecond.
            // SAFETY: inside the mapping, which is writable (or this call would not be made by
            // the keeper, its only caller), zero already, and exclusively ours.
            unsafe { self.start.add(line).cast::<u64>().write_volatile(0) };
        }
    }

    /// Keeps the pages in memory.
    ///
    /// # Errors
    /// The system's, mostly the limit on locked memory.
    pub(crate) fn lock(&self) -> io::Result<()> {
        // JUSTIFICATION: a page that was swapped out stalls the feed for a disk read.
        // SAFETY: address and length are exactly those of the mapping.
        let code =
            unsafe { libc::mlock(self.start.as_ptr().cast(), self.lines * size_of::<Line>()) };
        if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The first word of a line: the one that publishes what stands behind it.
    #[inline]
    pub(crate) fn word(&self, line: usize) -> &AtomicU64 {
        assert!(line < self.lines, "a word inside the mapping");
        // JUSTIFICATION: this word is the whole protocol between writer and readers.
        // SAFETY: in bounds by the assertion, aligned to 64 bytes, valid as long as `self`; every
        // concurrent access to it is atomic (plain reads happen after it was published, and then
        // it never changes again).
        unsafe { self.start.add(line).cast::<AtomicU64>().as_ref() }
    }

    /// `count` lines from `from`.
    ///
    /// # Safety
    /// They must have been published: the caller saw their message's word by an acquiring load.
    /// From then on nobody writes them.
    #[inline]
    pub(crate) unsafe fn lines(&self, from: usize, count: usize) -> &[Line] {
        assert!(from <= self.lines && count <= self.lines - from, "lines inside the mapping");
        // JUSTIFICATION: readers look at messages where they lie.
        // SAFETY: in bounds by the assertion, initialised (a file reads as zero), any bit pattern
        // is a line, and not written any more by this function's contract.
        unsafe { std::slice::from_raw_parts(self.start.add(from).as_ptr(), count) }
    }

    /// Writes lines and does not publish them.
    ///
    /// # Safety
    /// The mapping is writable; the lines are unpublished, and the caller is their only writer.
    #[inline]
    pub(crate) unsafe fn write(&self, from: usize, lines: &[Line]) {
        assert!(from <= self.lines && lines.len() <= self.lines - from, "inside the mapping");
        // JUSTIFICATION: plain stores in place are the cheapest way a message can be kept.
        // SAFETY: in bounds by the assertion, and nobody else looks at unpublished lines.
        unsafe {
            self.start.add(from).as_ptr().copy_from_nonoverlapping(lines.as_ptr(), lines.len());
        }
    }

    /// Writes a line but for its first word, then that word with release: from here on others
    /// read the line and what was written behind it.
    ///
    /// # Safety
    /// As [`Mapping::write`]; the word must not be zero.
    #[inline]
    pub(crate) unsafe fn publish(&self, at: usize, line: &Line) {
        assert!(at < self.lines, "inside the mapping");
        // JUSTIFICATION: as `write`; the first word is left to the release store.
        // SAFETY: as `write`: seven words behind the first of a line inside the mapping.
        unsafe {
            let words = self.start.add(at).cast::<u64>().add(1).as_ptr();
            words.copy_from_nonoverlapping(line.0[1..].as_ptr(), 7);
        }
        self.word(at).store(line.0[0], std::sync::atomic::Ordering::Release);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // JUSTIFICATION: a segment's memory is given back.
        // SAFETY: address and length are those of our own mapping; references into it borrow
        // `self` and are gone.
        unsafe {
            libc::munmap(self.start.as_ptr().cast(), self.lines * size_of::<Line>());
        }
    }
}

//! The side file: what has no fixed size, such as a refused frame or an exchangeInfo. The log
//! holds its length and hash; no decision reads it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use bytemuck::{Pod, Zeroable};
use model::Digest;
use runtime::crc;

use crate::disk::{Disk, DiskFile};
use crate::home::JournalError;
use crate::loss::{Loss, Reason};

/// The four bytes that begin each record.
pub const SIDE_MAGIC: u32 = u32::from_le_bytes(*b"SIDE");

/// The longest record; a decoder refuses longer frames by name.
const SIDE_BYTES_MAX: u32 = 64 << 20;

/// The name of a run's side file.
const NAME: &str = "side.bin";

/// What a record of the side file is. A number is never reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum SideKind {
    /// The bytes of a frame that was refused.
    Refused = 1,
    /// An exchangeInfo answer.
    ExchangeInfo = 2,
    /// The configuration the run was started with.
    Configuration = 3,
}

/// What stands before the bytes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct SideHeader {
    /// [`SIDE_MAGIC`].
    pub magic: u32,
    /// CRC-32C of these 32 bytes with this field zero.
    pub crc: u32,
    /// Bytes that follow, without the zeros that fill up to a multiple of eight.
    pub length: u32,
    /// A [`SideKind`]'s number.
    pub kind: u16,
    /// Zero.
    pub reserved: u16,
    /// [`Digest`] of the bytes.
    pub hash: u64,
    /// Sequence of the message in the log that names this record; zero when none does.
    pub sequence: u64,
}

const _: () = assert!(size_of::<SideHeader>() == 32);

impl SideHeader {
    fn sealed(self) -> Self {
        let plain = Self { crc: 0, ..self };
        Self { crc: crc::bytes(bytemuck::bytes_of(&plain)), ..plain }
    }
}

/// The digest by which the log names some bytes of the side file.
fn hash(bytes: &[u8]) -> u64 {
    let mut digest = Digest::default();
    digest.bytes(bytes);
    digest.value()
}

/// Zeros behind a record.
const fn padding(length: u32) -> usize {
    (length.next_multiple_of(8) - length) as usize
}

/// Writes the side file of a run, on a cold thread.
#[derive(Debug)]
pub struct Side<F> {
    file: F,
    record: Vec<u8>,
}

impl<F: DiskFile> Side<F> {
    /// Makes the side file of a run.
    ///
    /// # Errors
    /// The system's.
    pub fn create<D: Disk<File = F>>(disk: &mut D) -> io::Result<Self> {
        Ok(Self { file: disk.create(NAME)?, record: Vec::new() })
    }

    /// Appends a record. Its header says what the log is to hold: length and hash.
    ///
    /// # Errors
    /// The system's, and `InvalidInput` for more bytes than a record takes.
    pub fn put(&mut self, kind: SideKind, sequence: u64, bytes: &[u8]) -> io::Result<SideHeader> {
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= SIDE_BYTES_MAX);
        let length = length.ok_or(io::ErrorKind::InvalidInput)?;
        let header = SideHeader {
            magic: SIDE_MAGIC,
            crc: 0,
            length,
            kind: kind as u16,
            reserved: 0,
            hash: hash(bytes),
            sequence,
        }
        .sealed();
        self.record.clear();
        self.record.extend_from_slice(bytemuck::bytes_of(&header));
        self.record.extend_from_slice(bytes);
        self.record.resize(self.record.len() + padding(length), 0);
        self.file.write(&self.record)?;
        Ok(header)
    }

    /// Returns when all records survive a power cut.
    ///
    /// # Errors
    /// The system's, and it is final.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

/// Reads a side file, as far as it is good.
#[derive(Debug)]
pub struct SideReader {
    path: PathBuf,
    file: BufReader<File>,
    bytes: Vec<u8>,
    offset: u64,
    size: u64,
}

impl SideReader {
    /// Opens the side file in a run's directory.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(NAME);
        let file = File::open(&path).map_err(JournalError::io(&path))?;
        let size = file.metadata().map_err(JournalError::io(&path))?.len();
        Ok(Self { path, file: BufReader::new(file), bytes: Vec::new(), offset: 0, size })
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// [`JournalError::Lost`] where the good prefix ends, once; after that `None`.
    pub fn read(&mut self) -> Result<Option<(SideHeader, &[u8])>, JournalError> {
        if self.offset >= self.size {
            return Ok(None);
        }
        let mut header = SideHeader::zeroed();
        if !self.fill(bytemuck::bytes_of_mut(&mut header))? {
            return Err(self.lost(Reason::Truncated));
        }
        if header.magic != SIDE_MAGIC || header != header.sealed() {
            let reason = if header.magic == 0 { Reason::Unwritten } else { Reason::Crc };
            return Err(self.lost(reason));
        }
        if header.length > SIDE_BYTES_MAX {
            return Err(self.lost(Reason::TooLong));
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.resize(header.length as usize + padding(header.length), 0);
        let filled = self.fill(&mut bytes)?;
        self.bytes = bytes;
        if !filled {
            return Err(self.lost(Reason::Truncated));
        }
        let (record, zeros) = self.bytes.split_at(header.length as usize);
        if hash(record) != header.hash || zeros.iter().any(|&byte| byte != 0) {
            return Err(self.lost(Reason::Crc));
        }
        self.offset += (size_of::<SideHeader>() + self.bytes.len()) as u64;
        Ok(Some((header, &self.bytes[..header.length as usize])))
    }

    /// `false` when the file ends before the bytes are there.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, JournalError> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(JournalError::Io(self.path.clone(), error)),
        }
    }

    fn lost(&mut self, reason: Reason) -> JournalError {
        let (offset, bytes) = (self.offset, self.size - self.offset);
        self.offset = self.size;
        JournalError::Lost(Loss { path: self.path.clone(), offset, bytes, after: 0, reason })
    }
}

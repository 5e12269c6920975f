//! Containers: a file as the stream of bytes it holds, whatever it is packed in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::zip::Zip;

/// Bytes of the file read at once.
const FILE_BYTES: usize = 128 * 1024;

/// A file that knows how far it has been read.
#[derive(Debug)]
pub(crate) struct Counted {
    file: BufReader<File>,
    consumed: u64,
}

impl Counted {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::with_capacity(FILE_BYTES, File::open(path)?), consumed: 0 })
    }

    pub(crate) const fn consumed(&self) -> u64 {
        self.consumed
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.consumed += count as u64;
        Ok(count)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.consumed += count as u64;
        self.file.consume(count);
    }
}

/// What a file is packed in, open for reading.
pub(crate) enum Container {
    Plain(Counted),
    Gz(Box<MultiGzDecoder<Counted>>),
    Zst(Box<zstd::stream::read::Decoder<'static, Counted>>),
    Zip(Box<Zip>),
}

impl std::fmt::Debug for Container {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Gz(_) => "Gz",
            Self::Zst(_) => "Zst",
            Self::Zip(_) => "Zip",
        })
    }
}

impl Container {
    /// Opens a file as what its first bytes say it is.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = Counted::open(path)?;
        let first = file.fill_buf()?;
        Ok(match first {
            [0x1f, 0x8b, ..] => Self::Gz(Box::new(MultiGzDecoder::new(file))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Zst(Box::new(zstd::stream::read::Decoder::with_buffer(file)?))
            }
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip(Box::new(Zip::new(file))),
            _ => Self::Plain(file),
        })
    }

    /// Bytes of the file read so far.
    pub(crate) fn consumed(&self) -> u64 {
        match self {
            Self::Plain(file) => file.consumed(),
            Self::Gz(packed) => packed.get_ref().consumed(),
            Self::Zst(packed) => packed.get_ref().consumed(),
            Self::Zip(packed) => packed.consumed(),
        }
    }

    /// The name of the zip member being read.
    pub(crate) fn member(&self) -> Option<&str> {
        match self {
            Self::Zip(packed) => packed.member(),
            _ => None,
        }
    }
}

impl Read for Container {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(into),
            Self::Gz(packed) => packed.read(into),
            Self::Zst(packed) => packed.read(into),
            Self::Zip(packed) => packed.read(into),
        }
    }
}

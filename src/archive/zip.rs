//! Zip archives with one member, read from front to back.
//!
//! Archive dumps hold one csv. Reading by the local header instead of the directory at the end
//! needs no seek, and a file that was cut off gives all rows it still holds. The member's CRC,
//! its size and the directory behind it are checked when the member ends.

use std::io::{self, BufRead, Read, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::container::Counted;

/// Bytes that may follow the only member: its descriptor and the directory.
const TAIL_BYTES_MAX: u64 = 256 * 1024;

const SIZES_FOLLOW: u16 = 1 << 3;
const ENCRYPTED: u16 = 1;

/// A zip archive being read.
pub(crate) struct Zip {
    state: State,
    member: Option<String>,
    flags: u16,
    // What the local header promises; zero when a descriptor behind the data has them.
    promised_crc: u32,
    promised_bytes: u32,
    crc: Crc,
}

enum State {
    Unopened(Counted),
    Stored(Take<Counted>),
    Deflated(DeflateDecoder<Counted>),
    Done(Counted),
    // Between two states only.
    Moving,
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

impl Zip {
    pub(crate) fn new(file: Counted) -> Self {
        Self {
            state: State::Unopened(file),
            member: None,
            flags: 0,
            promised_crc: 0,
            promised_bytes: 0,
            crc: Crc::new(),
        }
    }

    pub(crate) fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    pub(crate) fn consumed(&self) -> u64 {
        match &self.state {
            State::Unopened(file) | State::Done(file) => file.consumed(),
            State::Stored(data) => data.get_ref().consumed(),
            State::Deflated(data) => data.get_ref().consumed(),
            State::Moving => 0,
        }
    }

    /// Reads local headers up to the first member that is no folder.
    fn open(&mut self, mut file: Counted) -> io::Result<State> {
        loop {
            let mut fixed = [0; 30];
            file.read_exact(&mut fixed)?;
            match &fixed[..4] {
                b"PK\x03\x04" => {}
                b"PK\x01\x02" | b"PK\x05\x06" => return Err(bad("the zip holds no member")),
                _ => return Err(bad("not a zip member")),
            }
            let mut name = vec![0; usize::from(half(&fixed, 26))];
            file.read_exact(&mut name)?;
            io::copy(&mut (&mut file).take(u64::from(half(&fixed, 28))), &mut io::sink())?;
            (self.flags, self.promised_crc) = (half(&fixed, 6), word(&fixed, 14));
            let packed_bytes = word(&fixed, 18);
            self.promised_bytes = word(&fixed, 22);
            let name = String::from_utf8_lossy(&name).into_owned();
            if name.ends_with('/') && packed_bytes == 0 {
                continue;
            }
            self.member = Some(name);
            if self.flags & ENCRYPTED != 0 {
                return Err(bad("the zip member is encrypted"));
            }
            return match half(&fixed, 8) {
                8 => Ok(State::Deflated(DeflateDecoder::new(file))),
                0 if self.flags & SIZES_FOLLOW == 0 && packed_bytes != u32::MAX => {
                    Ok(State::Stored(file.take(u64::from(packed_bytes))))
                }
                0 => Err(bad("a stored zip member without a size cannot be read")),
                _ => Err(bad("the zip member is neither stored nor deflated")),
            };
        }
    }

    /// Checks what the member promised, once its data has ended.
    fn close(&self, file: &mut Counted) -> io::Result<()> {
        let mut tail = Vec::new();
        file.by_ref().take(TAIL_BYTES_MAX).read_to_end(&mut tail)?;
        let (mut promised_crc, mut promised_bytes) = (self.promised_crc, self.promised_bytes);
        let mut rest = &tail[..];
        if self.flags & SIZES_FOLLOW != 0 {
            let at = if rest.starts_with(b"PK\x07\x08") { 4 } else { 0 };
            promised_crc = word(rest, at);
            // Sizes take 4 bytes each, 8 in zip64; the next signature tells which.
            let wide = rest.get(at + 12..at + 14) != Some(b"PK");
            promised_bytes = word(rest, at + if wide { 12 } else { 8 });
            rest = rest.get(at + if wide { 20 } else { 12 }..).unwrap_or(&[]);
        }
        let bytes = self.crc.amount();
        if promised_crc != self.crc.sum() || (promised_bytes != bytes && promised_bytes != u32::MAX)
        {
            return Err(bad("the zip member's CRC or size is wrong"));
        }
        if rest.starts_with(b"PK\x03\x04") {
            return Err(bad("the zip holds more than one member"));
        }
        let end = rest.windows(4).rposition(|window| window == b"PK\x05\x06");
        if !rest.starts_with(b"PK\x01\x02") || end.is_none_or(|at| rest.len() < at + 22) {
            return Err(bad("the zip is cut off behind its member"));
        }
        Ok(())
    }
}

impl Read for Zip {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Unopened(_)) {
            let State::Unopened(file) = std::mem::replace(&mut self.state, State::Moving) else {
                return Ok(0);
            };
            self.state = self.open(file)?;
        }
        let count = match &mut self.state {
            State::Stored(data) => data.read(into)?,
            State::Deflated(data) => data.read(into)?,
            State::Unopened(_) | State::Done(_) | State::Moving => return Ok(0),
        };
        self.crc.update(&into[..count]);
        if count > 0 || into.is_empty() {
            return Ok(count);
        }
        let mut file = match std::mem::replace(&mut self.state, State::Moving) {
            State::Stored(data) if data.limit() > 0 => {
                self.state = State::Done(data.into_inner());
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            State::Stored(data) => data.into_inner(),
            State::Deflated(data) => data.into_inner(),
            other => {
                self.state = other;
                return Ok(0);
            }
        };
        let checked = self.close(&mut file);
        self.state = State::Done(file);
        checked.map(|()| 0)
    }
}

impl std::fmt::Debug for Zip {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Zip").field("member", &self.member).finish_non_exhaustive()
    }
}

// `BufRead` of the file below is what lets the decoder stop exactly behind the member.
const _: fn() = || {
    fn exact<R: BufRead>() {}
    exact::<Counted>();
};

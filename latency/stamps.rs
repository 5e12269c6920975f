//! Stamps: in memory taken before the run, on disk after it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use model::{Kind, Nanos};

/// Frames that one run can stamp: 64 MB.
const FRAMES_MAX: usize = 1 << 20;

/// One time a message, by its number; of several with one number the last stands.
#[derive(Debug)]
pub struct Times(Vec<(u64, Nanos)>);

impl Default for Times {
    /// Room for a run, every page touched.
    fn default() -> Self {
        let mut times = vec![(u64::MAX, Nanos(1)); FRAMES_MAX];
        times.clear();
        Self(times)
    }
}

impl Times {
    /// Stamps a message; beyond the room it is left out.
    #[inline]
    pub fn put(&mut self, sequence: u64, time: Nanos) {
        let room = self.0.len() < FRAMES_MAX;
        match self.0.last_mut() {
            Some(last) if last.0 == sequence => last.1 = time,
            _ if room => self.0.push((sequence, time)),
            _ => {}
        }
    }

    /// When this message was here. Numbers ascend.
    #[must_use]
    pub fn of(&self, sequence: u64) -> Option<Nanos> {
        let at = self.0.binary_search_by_key(&sequence, |entry| entry.0).ok()?;
        Some(self.0[at].1)
    }
}

/// A frame as it came out of the decoder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrived {
    /// The door's number of it.
    pub sequence: u64,
    /// A [`Kind`]'s number.
    pub kind: u16,
    /// Aggregate id or last update id.
    pub id: u64,
    /// When its plaintext was there.
    pub read: Nanos,
    /// When it was a message with a number.
    pub decoded: Nanos,
}

/// A frame with all of its stamps; a bare reader knows the first alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Whether it is a trade; a depth diff otherwise.
    pub trade: bool,
    /// Aggregate id or last update id.
    pub id: u64,
    /// Plaintext there, decoded, booked, the last of its insights made, and strategy done with it.
    /// None when the frame went no further.
    pub at: [Option<Nanos>; 5],
}

/// What the five stamps are called.
pub const PLACES: [&str; 5] = ["read", "decoded", "booked", "analysed", "decided"];

/// Whether frames of this kind are reported: they have ids on both sides and insights behind.
#[must_use]
pub const fn is_reported(kind: u16) -> bool {
    kind == Kind::Trade as u16 || kind == Kind::Depth as u16
}

/// Writes frames: `t|d id time time …`, zero where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, frames: &[Frame]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for frame in frames {
        write!(out, "{} {}", if frame.trade { 't' } else { 'd' }, frame.id)?;
        for time in frame.at {
            write!(out, " {}", time.map_or(0, |time| time.0))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// Reads frames.
///
/// # Errors
/// When a line is none.
pub fn read(text: &str) -> Result<Vec<Frame>, String> {
    let line = |(number, line): (usize, &str)| {
        let wrong = || format!("stamps, line {}: {line:?}", number + 1);
        let mut words = line.split(' ');
        let trade = words.next().ok_or_else(wrong)? == "t";
        let mut next = || words.next().and_then(|word| word.parse::<u64>().ok()).ok_or_else(wrong);
        let id = next()?;
        let mut at = [None; 5];
        for place in &mut at {
            *place = Some(next()?).filter(|&time| time > 0).map(Nanos);
        }
        Ok(Frame { trade, id, at })
    };
    text.lines().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Frame, Times, read, write};

    #[test]
    fn of_several_stamps_the_last_stands() {
        let mut times = Times::default();
        for (sequence, time) in [(1, 10), (3, 20), (3, 21), (4, 30)] {
            times.put(sequence, Nanos(time));
        }
        let found = [1, 2, 3, 4].map(|sequence| times.of(sequence).map(|time| time.0));
        assert_eq!(found, [Some(10), None, Some(21), Some(30)]);
    }

    #[test]
    fn what_is_written_is_read() {
        let path = std::env::temp_dir().join(format!("fulcrum-stamps-{}", std::process::id()));
        let [one, two] = [[1, 2, 3, 4, 5], [7, 0, 0, 0, 0]]
            .map(|times| times.map(|time| (time > 0).then_some(Nanos(time))));
        let frames =
            [Frame { trade: true, id: 9, at: one }, Frame { trade: false, id: 8, at: two }];
        write(&path, &frames).expect("a temporary file");
        let text = std::fs::read_to_string(&path).expect("what was written");
        let _ = std::fs::remove_file(&path);
        assert_eq!(read(&text).expect("our own file"), frames);
        assert!(read("t 1 2\n").is_err());
    }
}

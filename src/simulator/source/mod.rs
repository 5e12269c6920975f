//! Where frames come from: a synthetic market, a recording, or the rows of an archive. The
//! server cannot tell them apart.

mod archive;
mod recording;
mod synthetic;
#[cfg(test)]
mod tests;

use model::{Instrument, Nanos};

pub use self::archive::{ArchiveRow, ArchiveSource};
pub use self::recording::{RecordingSource, RecordingStatistics};
pub use self::synthetic::SyntheticSource;

/// A frame to be sent: under a stream's name, at a venue time.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outgoing {
    /// Venue time at which it is due.
    pub time_venue: Nanos,
    /// The stream's full name, lower-case symbol first.
    pub stream: String,
    /// Aggregate id or last update id; zero where there is none.
    pub id: u64,
    /// The bare payload.
    pub payload: Vec<u8>,
}

/// What a REST request asks of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// The book's best `limit` levels a side.
    Depth {
        /// Levels a side.
        limit: usize,
    },
    /// Aggregates from an id on, or the latest.
    Aggregates {
        /// First id wanted.
        from: Option<u64>,
        /// At most so many.
        limit: usize,
    },
    /// Aggregates within a span of venue time, inclusive.
    AggregatesBetween {
        /// From here.
        from: Nanos,
        /// To here.
        to: Nanos,
        /// At most so many.
        limit: usize,
    },
    /// Candles.
    Klines {
        /// Length of a candle.
        length: Nanos,
        /// Opening times from here; zero asks for the latest.
        from: Nanos,
        /// Opening times up to here.
        to: Nanos,
        /// At most so many.
        limit: usize,
    },
    /// Open interest.
    OpenInterest,
    /// Mark, index and funding.
    PremiumIndex,
}

/// What a source says to an [`Ask`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The answer's body.
    Body(Vec<u8>),
    /// Not yet: the source will know it later (a recording's snapshot lies further on).
    Later,
    /// This source does not have it.
    Unknown,
}

/// Frames in order of venue time, and answers at any moment.
pub trait Source: Send {
    /// The instruments, with the digits behind the dot of their prices on the wire.
    fn instruments(&self) -> Vec<(Instrument, u32)>;

    /// Venue time of the first frame.
    fn time_start(&self) -> Nanos;

    /// Fills in the next frame; `false` when there is none left.
    fn next(&mut self, out: &mut Outgoing) -> bool;

    /// Answers a request about the instrument at `place` in [`Source::instruments`].
    fn ask(&mut self, place: usize, ask: Ask) -> Reply;

    /// Whether a stream of this name can ever come.
    fn carries(&self, stream: &str) -> bool;
}

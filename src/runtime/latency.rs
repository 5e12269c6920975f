//! Latency histograms: one writer each, read by a cold thread without a lock.
//!
//! ```text
//!             full boxes
//! recorder ───────────────▶ reader ─▶ total
//!  (hot)   ◀───────────────  (cold)
//!             empty boxes
//! ```
//! Two boxes travel in two rings. The cold side asks by sending an empty box; the hot side then
//! swaps its own for it, a pointer, and the cold side adds the full one to its total. The hot
//! side neither waits nor allocates, and when nobody asks it just goes on.

use hdrhistogram::Histogram;
use model::{Nanos, SECOND};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::Clock;

/// The longest time kept apart; a longer one counts as this one.
pub const LATENCY_MAX: Nanos = Nanos(60 * SECOND.0);

/// Significant decimal digits of a recorded time.
const DIGITS: u8 = 3;

type Boxed = Box<Histogram<u64>>;

/// Makes the two ends of a histogram for the stage of this role.
#[must_use]
pub fn latency(role: &'static str) -> (Recorder, LatencyReader) {
    let (full_in, full_out) = RingBuffer::new(2);
    let (empty_in, empty_out) = RingBuffer::new(2);
    let recorder = Recorder { histogram: histogram(), full: full_in, empty: empty_out };
    let reader = LatencyReader {
        role,
        total: histogram(),
        spare: Some(histogram()),
        full: full_out,
        empty: empty_in,
    };
    (recorder, reader)
}

/// An empty histogram with all of its memory, every page touched.
fn histogram() -> Boxed {
    let mut histogram = Histogram::new_with_bounds(1, LATENCY_MAX.0, DIGITS)
        .expect("the bounds are constants that a histogram can have");
    let mut value = 1;
    while value < LATENCY_MAX.0 {
        histogram.saturating_record(value);
        value += value.div_ceil(4);
    }
    histogram.reset();
    Box::new(histogram)
}

/// The hot end.
#[derive(Debug)]
pub struct Recorder {
    histogram: Boxed,
    full: Producer<Boxed>,
    empty: Consumer<Boxed>,
}

impl Recorder {
    /// Counts one time (3 ns).
    #[inline]
    pub fn record(&mut self, span: Nanos) {
        self.histogram.saturating_record(span.0);
    }

    /// Hands the counts over when the reader has asked for them. Once a cycle is often enough;
    /// when nobody has asked it reads one cached word.
    #[inline]
    pub fn hand_over(&mut self) {
        if let Ok(empty) = self.empty.pop() {
            self.swap(empty);
        }
    }

    #[cold]
    fn swap(&mut self, empty: Boxed) {
        let full = std::mem::replace(&mut self.histogram, empty);
        // There are fewer boxes than places, so the ring is never full. Were it, the box would
        // be lost with its counts, and nothing else.
        let sent = self.full.push(full).is_ok();
        debug_assert!(sent, "two boxes cannot fill a ring of two");
    }
}

/// The cold end.
#[derive(Debug)]
pub struct LatencyReader {
    /// Whose times these are.
    pub role: &'static str,
    total: Boxed,
    // The empty box, while it is not on its way.
    spare: Option<Boxed>,
    full: Consumer<Boxed>,
    empty: Producer<Boxed>,
}

impl LatencyReader {
    /// Takes in what the recorder has handed over, and asks for more. Call it every now and
    /// then; what the recorder counted meanwhile comes with the next call but one.
    /// Returns whether something came.
    pub fn collect(&mut self) -> bool {
        let mut came = false;
        if let Ok(mut full) = self.full.pop() {
            *self.total += &*full;
            full.reset();
            self.spare = Some(full);
            came = true;
        }
        if let Some(spare) = self.spare.take()
            && let Err(rtrb::PushError::Full(spare)) = self.empty.push(spare)
        {
            self.spare = Some(spare);
        }
        came
    }

    /// All times so far, in nanoseconds.
    #[must_use]
    pub fn total(&self) -> &Histogram<u64> {
        &self.total
    }
}

/// A recorder with the clock it reads: how a station times its messages.
#[derive(Debug)]
pub struct Timing {
    recorder: Recorder,
    clock: Clock,
    // A message is timed when `count & mask == 0`.
    mask: u32,
    count: u32,
}

impl Timing {
    /// Times one message in `every`: a stamp costs 9–11 ns, which a stage in the middle of the
    /// river need not pay for each.
    ///
    /// # Panics
    /// When `every` is no power of two.
    #[must_use]
    pub fn new(recorder: Recorder, clock: Clock, every: u32) -> Self {
        assert!(every.is_power_of_two(), "one in {every} is not a power of two");
        Self { recorder, clock, mask: every - 1, count: 0 }
    }

    /// A message that was received at `time_local` has been worked on.
    #[inline]
    pub fn took(&mut self, time_local: Nanos) {
        if self.count & self.mask == 0 {
            self.recorder.record(self.clock.now().since(time_local));
        }
        self.count = self.count.wrapping_add(1);
    }

    /// See [`Recorder::hand_over`].
    #[inline]
    pub fn hand_over(&mut self) {
        self.recorder.hand_over();
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{LATENCY_MAX, Timing, latency};
    use crate::Clock;

    #[test]
    fn nothing_is_lost_between_the_two_ends() {
        let (mut recorder, mut reader) = latency("book");
        assert!(!reader.collect());
        for round in 1..=10_u64 {
            for value in 1..=100 {
                recorder.record(Nanos(round * 1000 + value));
            }
            recorder.hand_over();
            assert!(reader.collect());
            assert_eq!(reader.total().len(), round * 100);
        }
        assert_eq!(reader.total().min(), 1001);
        // Nobody recorded and handed over since: nothing comes, and nothing is counted twice.
        assert!(!reader.collect());
        assert_eq!(reader.total().len(), 1000);
    }

    #[test]
    fn a_recorder_that_nobody_asks_goes_on() {
        let (mut recorder, mut reader) = latency("book");
        for value in 0..10_000 {
            recorder.record(Nanos(value));
            recorder.hand_over();
        }
        reader.collect();
        recorder.hand_over();
        reader.collect();
        assert_eq!(reader.total().len(), 10_000);
    }

    #[test]
    fn a_time_beyond_the_range_counts_as_the_longest() {
        let (mut recorder, mut reader) = latency("book");
        recorder.record(Nanos(u64::MAX));
        reader.collect();
        recorder.hand_over();
        reader.collect();
        assert!(reader.total().max() >= LATENCY_MAX.0);
        assert_eq!(reader.total().len(), 1);
    }

    #[test]
    fn one_in_four_is_timed() {
        let (recorder, mut reader) = latency("book");
        let clock = Clock::manual(Nanos(5_000));
        let mut timing = Timing::new(recorder, clock, 4);
        for _ in 0..9 {
            timing.took(Nanos(4_000));
        }
        reader.collect();
        timing.hand_over();
        reader.collect();
        assert_eq!((reader.total().len(), reader.total().min()), (3, 1000));
    }
}

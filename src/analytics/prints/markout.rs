//! Markouts: what a print was worth 1, 10 and 60 s later, by the mid.
//!
//! A mid *at* an instant is the last one at or before it on the venue clock. So a print's markout
//! is settled by the first message behind T + h, with the mid from before that message. Prints wait
//! on a tape in order of T; each horizon has its own place on it.

use model::{Lots, MINUTE, Nanos, Price, SECOND, Side};

use crate::tape::{Entry, Tape};

/// The horizons, shortest first.
pub(super) const HORIZONS: [Nanos; 3] = [SECOND, Nanos(10 * SECOND.0), Nanos(60 * SECOND.0)];
/// bp in one.
const BP: f64 = 10_000.0;
/// A time that never comes.
const NEVER: Nanos = Nanos(u64::MAX);

/// One horizon: its place on the tape and the minute that it sums.
#[derive(Clone, Copy, Debug)]
struct Horizon {
    length: Nanos,
    // Place of the first print that is not settled.
    tail: u64,
    // Opening time of the minute that is summed; none between minutes.
    minute: Option<Nanos>,
    // When its last print can be settled; never between minutes.
    end: Nanos,
    // Σ lots · bp.
    sum: f64,
    lots: i64,
    missed: i64,
    from_last: bool,
}

/// What a minute's prints were worth at a horizon.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Worth {
    pub(super) horizon: usize,
    pub(super) minute: Nanos,
    /// `None` when every print of the minute was missed.
    pub(super) markout: Option<f64>,
    pub(super) lots: Lots,
    pub(super) missed: Lots,
    pub(super) from_last: bool,
}

/// The prints that wait.
#[derive(Clone, Debug)]
pub(super) struct Markouts {
    tape: Tape,
    horizons: [Horizon; 3],
    // Clock and twice the mid after the message before.
    clock: Nanos,
    mid_doubled: Option<i64>,
    from_last: bool,
    // Before this instant nothing is to be settled or said. May be too early, never too late.
    due: Nanos,
}

impl Horizon {
    const fn new(length: Nanos) -> Self {
        let (minute, end) = (None, NEVER);
        Self { length, tail: 0, minute, end, sum: 0.0, lots: 0, missed: 0, from_last: false }
    }

    /// Begins the minute of a print, if none is summed.
    fn begin(&mut self, time: Nanos) {
        if self.minute.is_none() {
            let minute = time.floor(MINUTE);
            self.minute = Some(minute);
            self.end = minute.after(MINUTE).after(self.length);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    fn settle(&mut self, entry: &Entry, mid_doubled: i64, from_last: bool) {
        let lots = entry.lots().0;
        let signed = entry.side().sign() as f64 * lots as f64;
        let doubled = 2 * entry.price.0;
        self.sum += signed * BP * (mid_doubled - doubled) as f64 / doubled as f64;
        self.lots += lots;
        self.from_last |= from_last;
    }

    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    fn finish(&mut self, horizon: usize) -> Option<Worth> {
        let minute = self.minute.take()?;
        let worth = Worth {
            horizon,
            minute,
            markout: (self.lots != 0).then(|| self.sum / self.lots as f64),
            lots: Lots(self.lots),
            missed: Lots(self.missed),
            from_last: self.from_last,
        };
        *self = Self { tail: self.tail, ..Self::new(self.length) };
        Some(worth)
    }
}

impl Markouts {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            tape: Tape::new(slots),
            horizons: HORIZONS.map(Horizon::new),
            clock: Nanos::NONE,
            mid_doubled: None,
            from_last: false,
            due: NEVER,
        }
    }

    /// Nothing waits.
    pub(super) fn clear(&mut self) {
        for horizon in &mut self.horizons {
            *horizon = Horizon { tail: self.tape.end(), ..Horizon::new(horizon.length) };
        }
        (self.clock, self.mid_doubled, self.due) = (Nanos::NONE, None, NEVER);
    }

    /// A print waits for its markouts.
    #[inline]
    pub(super) fn add(&mut self, time: Nanos, price: Price, side: Side, lots: Lots) {
        // The longest horizon is the last to let a print go.
        let oldest = self.horizons[2].tail;
        if self.tape.is_full(oldest) {
            self.evict(oldest);
        }
        let placed = self.tape.push(Entry::new(time, price, side, lots), self.horizons[2].tail);
        if placed.time.after(HORIZONS[0]) < self.clock {
            self.late(placed.time, placed.own, lots);
        }
        self.due = self.due.min(placed.time.after(HORIZONS[0]));
    }

    /// A print whose T + h has passed when it comes: the mid of that instant is gone, its markout
    /// is missed. It stands before all that wait for that horizon.
    #[cold]
    fn late(&mut self, time: Nanos, own: bool, lots: Lots) {
        for horizon in &mut self.horizons {
            if time.after(horizon.length) < self.clock {
                horizon.tail += u64::from(own);
                // Of the minute that is being settled: those before it have been said.
                horizon.begin(self.clock.since(horizon.length));
                horizon.missed += lots.0;
            }
        }
        self.due = Nanos::NONE;
    }

    /// The ring is full: the oldest print leaves without its later markouts.
    #[cold]
    fn evict(&mut self, oldest: u64) {
        let entry = *self.tape.get(oldest);
        for horizon in self.horizons.iter_mut().filter(|horizon| horizon.tail == oldest) {
            horizon.tail += 1;
            horizon.begin(entry.time);
            horizon.missed += entry.lots().0;
        }
    }

    /// Whether something is to be settled or said at an instant of the clock.
    #[inline]
    pub(super) fn is_due(&self, clock: Nanos) -> bool {
        self.due <= clock
    }

    /// The mid after a message.
    #[inline]
    pub(super) fn keep(&mut self, clock: Nanos, mid_doubled: Option<i64>, from_last: bool) {
        (self.clock, self.mid_doubled, self.from_last) = (clock, mid_doubled, from_last);
    }

    /// Settles what lies before the clock, with the mid from before this message, and says every
    /// minute that is complete. To be called before [`Markouts::keep`].
    #[inline(never)]
    pub(super) fn settle(&mut self, clock: Nanos, mut say: impl FnMut(Worth)) {
        let mut due = NEVER;
        for (at, horizon) in self.horizons.iter_mut().enumerate() {
            while horizon.tail < self.tape.end() {
                let entry = self.tape.get(horizon.tail);
                let instant = entry.time.after(horizon.length);
                if instant >= clock {
                    due = due.min(instant.after(Nanos(1)));
                    break;
                }
                if horizon.end <= instant
                    && let Some(worth) = horizon.finish(at)
                {
                    say(worth);
                }
                horizon.begin(entry.time);
                match self.mid_doubled {
                    Some(mid_doubled) => horizon.settle(entry, mid_doubled, self.from_last),
                    None => horizon.missed += entry.lots().0,
                }
                horizon.tail += 1;
            }
            if horizon.end <= clock
                && let Some(worth) = horizon.finish(at)
            {
                say(worth);
            }
            due = due.min(horizon.end);
        }
        self.due = due;
    }
}

//! The clock: the CPU's counter between anchors, the host's clock at the anchors.
//!
//! A reading is one counter read and one multiplication (9–11 ns, no system call). The counter
//! alone drifts (40 ms in 480 s were seen), so a cold thread anchors it again each second: the
//! rate against CLOCK_MONOTONIC, the position against CLOCK_REALTIME. A clock never runs back: an
//! anchor ahead of us is stepped to, one behind us is approached by running slower.
//!
//! Only a runner owns a clock. Everyone else is told the time.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use model::{MILLISECOND, Nanos, SECOND};

/// How often a cold thread should call [`Clock::reanchor`].
pub const ANCHOR_INTERVAL: Nanos = SECOND;

/// The rate is measured over at least this long: 50 ns of jitter are then 0.1 ppm.
const RATE_SPAN_MIN: Nanos = Nanos(500 * MILLISECOND.0);

/// Tries to read both clocks close together; the closest is taken.
const READINGS: usize = 5;

/// What a clock says about itself, as of the last anchor.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ClockHealth {
    /// The host's UTC less ours, in nanoseconds, before the anchor corrected it.
    pub error: i64,
    /// How far apart the two clocks were read, in nanoseconds: the error of the error.
    pub uncertainty: u64,
    /// Anchors so far, the first one included.
    pub anchors: u64,
}

/// A source of UTC nanoseconds. Clones share the source; each of them is monotone for itself.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    // The last reading, so that two anchors can never make a reader's time run back.
    last: Nanos,
}

#[derive(Clone, Debug)]
enum Source {
    Host(Arc<Host>),
    Scaled { host: Arc<Host>, start: Nanos, epoch: Nanos, per_mille: u64 },
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The host's clock, anchored now. Takes up to some 100 ms the first time (calibration).
    #[must_use]
    pub fn host() -> Self {
        Self { source: Source::Host(Arc::new(Host::new())), last: Nanos::NONE }
    }

    /// A clock for replay and tests, which stands where it is set.
    #[must_use]
    pub fn manual(now: Nanos) -> Self {
        Self { source: Source::Manual(Arc::new(AtomicU64::new(now.0))), last: Nanos::NONE }
    }

    /// The simulator's clock: it stands at `epoch` now and runs at `per_mille / 1000` times the
    /// host's speed.
    #[must_use]
    pub fn scaled(epoch: Nanos, per_mille: u64) -> Self {
        let host = Arc::new(Host::new());
        let start = host.now();
        Self { source: Source::Scaled { host, start, epoch, per_mille }, last: Nanos::NONE }
    }

    /// The time: UTC, never before an earlier reading of this clone.
    #[inline]
    pub fn now(&mut self) -> Nanos {
        let now = match &self.source {
            Source::Host(host) => host.now(),
            Source::Scaled { host, start, epoch, per_mille } => {
                let real = u128::from(host.now().since(*start).0);
                let span = real * u128::from(*per_mille) / 1000;
                epoch.after(Nanos(u64::try_from(span).unwrap_or(u64::MAX)))
            }
            Source::Manual(now) => Nanos(now.load(Ordering::Relaxed)),
        };
        self.last = self.last.max(now);
        self.last
    }

    /// Sets a manual clock and all its clones; one that is ahead already stays. Others do not
    /// listen.
    pub fn set(&self, now: Nanos) {
        if let Source::Manual(time) = &self.source {
            time.fetch_max(now.0, Ordering::Relaxed);
        }
    }

    /// Anchors the clock to the host's clocks again. For a cold thread, each
    /// [`ANCHOR_INTERVAL`]. A manual clock needs none.
    pub fn reanchor(&self) {
        match &self.source {
            Source::Host(host) | Source::Scaled { host, .. } => host.reanchor(),
            Source::Manual(_) => {}
        }
    }

    /// How far off it was at the last anchor. A manual clock is never off.
    #[must_use]
    pub fn health(&self) -> ClockHealth {
        match &self.source {
            Source::Host(host) | Source::Scaled { host, .. } => host.health(),
            Source::Manual(_) => ClockHealth::default(),
        }
    }
}

/// The counter with its anchor, shared by all clones of a clock.
#[derive(Debug)]
struct Host {
    counter: quanta::Clock,
    shown: Shown,
    health: Health,
    // Only `reanchor` takes it.
    rate: Mutex<Rate>,
}

/// The anchor as readers see it, guarded by a version that is odd while it changes.
#[repr(align(64))]
#[derive(Debug, Default)]
struct Shown {
    version: AtomicU64,
    counter: AtomicU64,
    utc: AtomicU64,
    rate: AtomicU64,
}

#[derive(Debug, Default)]
struct Health {
    error: AtomicI64,
    uncertainty: AtomicU64,
    anchors: AtomicU64,
}

/// A point from which time is counted, and how fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Anchor {
    counter: u64,
    utc: Nanos,
    // Nanoseconds in 2³² counts.
    rate: u64,
}

/// How fast the counter really runs, and since when that has been measured.
#[derive(Clone, Copy, Debug)]
struct Rate {
    counter: u64,
    monotonic: Instant,
    rate: u64,
}

/// One reading of all three clocks.
#[derive(Clone, Copy, Debug)]
struct Reading {
    counter: u64,
    utc: Nanos,
    monotonic: Instant,
    uncertainty: u64,
}

impl Anchor {
    /// The time at a counter value; before the anchor it is the anchor's.
    #[inline]
    const fn time(self, counter: u64) -> Nanos {
        let counts = counter.saturating_sub(self.counter) as u128;
        #[expect(clippy::cast_possible_truncation, reason = "584 years of nanoseconds fit")]
        let span = ((counts * self.rate as u128) >> 32) as u64;
        self.utc.after(Nanos(span))
    }

    /// The next anchor, when the host says `utc` at `counter`: a step ahead, or, when we are
    /// ahead of the host, a slower run that meets it within an interval (at most half as fast).
    fn next(self, counter: u64, utc: Nanos, rate: u64) -> Self {
        let ours = self.time(counter);
        if ours <= utc {
            return Self { counter, utc, rate };
        }
        let ahead = ours.since(utc).0.min(ANCHOR_INTERVAL.0 / 2);
        let slower = u128::from(rate) * u128::from(ANCHOR_INTERVAL.0 - ahead)
            / u128::from(ANCHOR_INTERVAL.0);
        Self { counter, utc: ours, rate: u64::try_from(slower).unwrap_or(rate) }
    }
}

impl Host {
    fn new() -> Self {
        let counter = quanta::Clock::new();
        let rate = counter.delta_as_nanos(0, 1 << 32);
        let reading = read(&counter);
        let first = Rate { counter: reading.counter, monotonic: reading.monotonic, rate };
        let host = Self {
            counter,
            shown: Shown::default(),
            health: Health::default(),
            rate: first.into(),
        };
        host.show(Anchor { counter: reading.counter, utc: reading.utc, rate });
        host.publish(0, reading.uncertainty);
        host
    }

    #[inline]
    fn now(&self) -> Nanos {
        let anchor = self.anchor();
        anchor.time(self.counter.raw())
    }

    /// The anchor in force. A reader repeats only while a cold thread is between two stores.
    #[inline]
    fn anchor(&self) -> Anchor {
        loop {
            let before = self.shown.version.load(Ordering::Acquire);
            let anchor = Anchor {
                counter: self.shown.counter.load(Ordering::Relaxed),
                utc: Nanos(self.shown.utc.load(Ordering::Relaxed)),
                rate: self.shown.rate.load(Ordering::Relaxed),
            };
            fence(Ordering::Acquire);
            if before & 1 == 0 && before == self.shown.version.load(Ordering::Relaxed) {
                return anchor;
            }
            std::hint::spin_loop();
        }
    }

    /// Puts an anchor in force. One thread at a time: `new`, or the holder of `rate`.
    fn show(&self, anchor: Anchor) {
        let version = self.shown.version.load(Ordering::Relaxed);
        self.shown.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.shown.counter.store(anchor.counter, Ordering::Relaxed);
        self.shown.utc.store(anchor.utc.0, Ordering::Relaxed);
        self.shown.rate.store(anchor.rate, Ordering::Relaxed);
        self.shown.version.store(version + 2, Ordering::Release);
    }

    fn reanchor(&self) {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = read(&self.counter);
        rate.measure(&reading);
        let anchor = self.anchor();
        let error = difference(reading.utc, anchor.time(reading.counter));
        self.show(anchor.next(reading.counter, reading.utc, rate.rate));
        self.publish(error, reading.uncertainty);
    }

    fn publish(&self, error: i64, uncertainty: u64) {
        self.health.error.store(error, Ordering::Relaxed);
        self.health.uncertainty.store(uncertainty, Ordering::Relaxed);
        self.health.anchors.fetch_add(1, Ordering::Relaxed);
    }

    fn health(&self) -> ClockHealth {
        ClockHealth {
            error: self.health.error.load(Ordering::Relaxed),
            uncertainty: self.health.uncertainty.load(Ordering::Relaxed),
            anchors: self.health.anchors.load(Ordering::Relaxed),
        }
    }
}

impl Rate {
    /// Measures anew when enough time has passed. A counter that ran back (the machine slept)
    /// only starts the next measurement.
    fn measure(&mut self, reading: &Reading) {
        let span = reading.monotonic.saturating_duration_since(self.monotonic).as_nanos();
        if span < u128::from(RATE_SPAN_MIN.0) {
            return;
        }
        let counts = u128::from(reading.counter.saturating_sub(self.counter));
        if let Some(rate) = (span << 32).checked_div(counts) {
            self.rate = u64::try_from(rate).unwrap_or(self.rate);
        }
        self.counter = reading.counter;
        self.monotonic = reading.monotonic;
    }
}

/// Reads the host's clocks between two readings of the counter, and takes the middle.
fn read(counter: &quanta::Clock) -> Reading {
    let once = || {
        let before = counter.raw();
        let utc = SystemTime::now();
        let monotonic = Instant::now();
        let after = counter.raw();
        let utc = utc.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Reading {
            counter: before + after.saturating_sub(before) / 2,
            utc: Nanos(u64::try_from(utc).unwrap_or(u64::MAX)),
            monotonic,
            uncertainty: counter.delta_as_nanos(before, after),
        }
    };
    (1..READINGS).fold(once(), |best, _| {
        let next = once();
        if next.uncertainty < best.uncertainty { next } else { best }
    })
}

/// `left − right` in nanoseconds, held within `i64`.
fn difference(left: Nanos, right: Nanos) -> i64 {
    let difference = i128::from(left.0) - i128::from(right.0);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;

//! The venue's clock: an epoch and a speed, published, so that everybody who is meant to can
//! tell the same time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use model::Nanos;

/// How fast frames leave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// So many times as fast as they were made; 1 is real time.
    Times(f64),
    /// As fast as the slowest subscriber reads.
    AsRead,
}

/// What the clock counts from, once it runs.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    instant: Instant,
    local: Nanos,
}

#[derive(Debug)]
struct Inner {
    venue: Nanos,
    pace: Pace,
    epoch: OnceLock<Epoch>,
    /// Venue time of the latest frame.
    latest: AtomicU64,
}

/// The venue's clock; clones tell the same time.
#[derive(Clone, Debug)]
pub struct VenueClock {
    inner: Arc<Inner>,
}

/// UTC of the host.
fn local_now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl VenueClock {
    /// A clock that will start at a venue time.
    #[must_use]
    pub fn new(venue: Nanos, pace: Pace) -> Self {
        let latest = AtomicU64::new(venue.0);
        Self { inner: Arc::new(Inner { venue, pace, epoch: OnceLock::new(), latest }) }
    }

    /// Starts it, once.
    pub(crate) fn start(&self) {
        let epoch = || Epoch { instant: Instant::now(), local: local_now() };
        self.inner.epoch.get_or_init(epoch);
    }

    pub(crate) fn reached(&self, time: Nanos) {
        self.inner.latest.fetch_max(time.0, Ordering::Release);
    }

    /// Venue time now: the epoch and the scaled time since; at no fixed pace the latest frame's.
    #[must_use]
    pub fn now(&self) -> Nanos {
        let latest = Nanos(self.inner.latest.load(Ordering::Acquire));
        match (self.inner.pace, self.inner.epoch.get()) {
            (Pace::Times(speed), Some(epoch)) => {
                let passed = epoch.instant.elapsed().as_secs_f64() * speed * 1e9;
                let passed = u64::try_from(crate::dice::whole(passed)).unwrap_or(0);
                self.inner.venue.after(Nanos(passed))
            }
            _ => latest,
        }
    }

    /// Venue time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Nanos {
        self.now().since(self.inner.venue)
    }

    /// The host's UTC at which a venue time is due; `None` when there is no fixed pace or the
    /// clock does not run yet.
    #[must_use]
    pub fn due_local(&self, time: Nanos) -> Option<Nanos> {
        let epoch = self.inner.epoch.get()?;
        Some(epoch.local.after(self.real(time.since(self.inner.venue))?))
    }

    /// How long to wait until a venue time is due.
    pub(crate) fn wait(&self, time: Nanos) -> Option<Duration> {
        let epoch = self.inner.epoch.get()?;
        let real = Duration::from_nanos(self.real(time.since(self.inner.venue))?.0);
        real.checked_sub(epoch.instant.elapsed())
    }

    /// A span of venue time on the host's clock; `None` at no fixed pace.
    #[must_use]
    pub fn real(&self, span: Nanos) -> Option<Nanos> {
        let Pace::Times(speed) = self.inner.pace else { return None };
        let real = span.0 as f64 / speed;
        Some(Nanos(u64::try_from(crate::dice::whole(real)).unwrap_or(0)))
    }

    /// Venue time at the start.
    #[must_use]
    pub fn epoch_venue(&self) -> Nanos {
        self.inner.venue
    }

    /// The host's UTC at the start; `None` before it.
    #[must_use]
    pub fn epoch_local(&self) -> Option<Nanos> {
        self.inner.epoch.get().map(|epoch| epoch.local)
    }

    /// How fast it runs.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.inner.pace
    }
}

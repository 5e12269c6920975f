//! Heartbeats: each stage's own, and the table a cold thread listens to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Nanos;

/// A count of cycles on a cache line of its own. Clones share it; only one of them may beat.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat {
    beats: Arc<Beats>,
}

#[repr(align(64))]
#[derive(Debug, Default)]
struct Beats(AtomicU64);

impl Heartbeat {
    /// One cycle more. A plain load and store: there is one writer.
    #[inline]
    pub fn beat(&self) {
        let beats = &self.beats.0;
        beats.store(beats.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// Cycles since birth.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.beats.0.load(Ordering::Relaxed)
    }
}

/// The hearts of all stages, and when each was last seen to beat.
#[derive(Debug, Default)]
pub struct Ward {
    patients: Vec<Patient>,
}

#[derive(Debug)]
struct Patient {
    role: &'static str,
    heartbeat: Heartbeat,
    beats: u64,
    time_seen: Nanos,
}

impl Ward {
    /// Listens to one more heart from `now` on.
    pub fn admit(&mut self, role: &'static str, heartbeat: Heartbeat, now: Nanos) {
        let beats = heartbeat.beats();
        self.patients.push(Patient { role, heartbeat, beats, time_seen: now });
    }

    /// Listens to each heart and tells, per stage, for how long none of its beats was seen:
    /// zero for one that has beaten since the last round.
    pub fn round(&mut self, now: Nanos) -> impl Iterator<Item = (&'static str, Nanos)> + '_ {
        self.patients.iter_mut().map(move |patient| {
            let beats = patient.heartbeat.beats();
            if beats != patient.beats {
                patient.beats = beats;
                patient.time_seen = now;
            }
            (patient.role, now.since(patient.time_seen))
        })
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Heartbeat, Ward};

    #[test]
    fn a_heart_that_stands_still_is_told_with_its_time() {
        let (book, feed) = (Heartbeat::default(), Heartbeat::default());
        let mut ward = Ward::default();
        ward.admit("book", book.clone(), Nanos(100));
        ward.admit("feed", feed.clone(), Nanos(100));
        let mut round = |now| ward.round(Nanos(now)).collect::<Vec<_>>();

        book.beat();
        assert_eq!(round(150), [("book", Nanos(0)), ("feed", Nanos(50))]);
        feed.beat();
        assert_eq!(round(180), [("book", Nanos(30)), ("feed", Nanos(0))]);
        assert_eq!(round(900), [("book", Nanos(750)), ("feed", Nanos(720))]);
    }
}

//! The venue's clock against ours, from `/time`: of the last answers the one with the shortest
//! round trip is the truest, and true within half of it. Pure.

use model::{MILLISECOND, MINUTE, Nanos, ServerTimeLine};

/// Answers looked at.
const SAMPLES: usize = 32;

/// An answer says nothing about a clock that has drifted since: 10 ppm over this span are 6 ms.
const AGE_MAX: Nanos = Nanos(10 * MINUTE.0);

/// A clock that is being slewed may run wrong by one part in so many: 500 ppm.
const DRIFT: u64 = 2_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sample {
    // The venue's clock less ours, nanoseconds.
    offset: i64,
    round_trip: Nanos,
    at: Nanos,
}

impl Sample {
    /// Whether one offset can explain both: each is true within half its round trip and the
    /// millisecond that the venue rounds to, and clocks drift.
    fn agrees(&self, later: &Self) -> bool {
        let halves = (self.round_trip.0 / 2).saturating_add(later.round_trip.0 / 2);
        let drift = later.at.since(self.at).0 / DRIFT;
        self.offset.abs_diff(later.offset) <= halves.saturating_add(drift + 2 * MILLISECOND.0)
    }
}

/// What the clocks differ by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// The venue's clock less ours, nanoseconds.
    pub offset: i64,
    /// The round trip it rests on.
    pub round_trip: Nanos,
    /// Answers it was chosen from.
    pub samples: usize,
}

impl Estimate {
    /// A time of ours by the venue's clock.
    #[must_use]
    pub const fn venue(&self, local: Nanos) -> Nanos {
        Nanos(local.0.saturating_add_signed(self.offset))
    }

    /// The event line; `limit` is the offset beyond which nothing new is risked.
    #[must_use]
    pub fn line(&self, limit: Nanos) -> ServerTimeLine {
        ServerTimeLine {
            offset: self.offset,
            round_trip: self.round_trip,
            samples: u32::try_from(self.samples).unwrap_or(u32::MAX),
            excessive: u8::from(self.offset.unsigned_abs() > limit.0),
            reserved: [0; 3],
            more: [0; 5],
        }
    }
}

/// The estimator.
#[derive(Clone, Default, Debug)]
pub struct Offset {
    samples: Vec<Sample>,
}

impl Offset {
    /// An answer: when we asked, what the venue said, when it came. A negative round trip (our
    /// clock was set back meanwhile) is no answer.
    pub fn hear(&mut self, sent: Nanos, server: Nanos, received: Nanos) {
        if received < sent {
            return;
        }
        let middle = i128::from(sent.0) + i128::from(received.0 - sent.0) / 2;
        let Ok(offset) = i64::try_from(i128::from(server.0) - middle) else { return };
        let sample = Sample { offset, round_trip: received.since(sent), at: received };
        // Two answers that cannot both be true: one of the clocks was set meanwhile, and what was
        // learnt before it says nothing any more.
        self.samples.retain(|before| before.agrees(&sample));
        if self.samples.len() == SAMPLES {
            self.samples.remove(0);
        }
        self.samples.push(sample);
    }

    /// The best estimate; `None` before the first answer. When all answers are old, the newest
    /// ones still count: a stale estimate is better than none, and its samples say so.
    #[must_use]
    pub fn estimate(&self, now: Nanos) -> Option<Estimate> {
        let fresh = |sample: &&Sample| now.since(sample.at) <= AGE_MAX;
        let samples = self.samples.iter().filter(fresh).count();
        let best = self.samples.iter().filter(fresh).min_by_key(|sample| sample.round_trip);
        let best = best.or(self.samples.last())?;
        Some(Estimate { offset: best.offset, round_trip: best.round_trip, samples })
    }
}

#[cfg(test)]
mod tests {
    use model::{MILLISECOND, MINUTE, Nanos, SECOND};
    use proptest::prelude::*;

    use super::Offset;

    const START: u64 = 1_793_000_000 * SECOND.0;

    #[test]
    fn the_shortest_round_trip_wins_while_it_is_fresh() {
        let ms = |millis: u64| Nanos(START + millis * MILLISECOND.0);
        let mut offset = Offset::default();
        assert_eq!(offset.estimate(ms(0)), None);
        offset.hear(ms(0), ms(150), ms(200));
        assert_eq!(offset.estimate(ms(200)).map(|e| e.offset), Some(50 * 1_000_000));
        offset.hear(ms(1_000), ms(1_025), ms(1_010));
        offset.hear(ms(2_000), ms(2_600), ms(2_800));
        let best = offset.estimate(ms(3_000)).expect("answers");
        assert_eq!((best.offset, best.round_trip.0, best.samples), (20_000_000, 10_000_000, 3));
        assert_eq!(best.venue(ms(5)).0, ms(25).0);
        // Eleven minutes later only the clock's newest word is left, then a new answer.
        let later = ms(11 * 60_000);
        assert_eq!(offset.estimate(later).map(|e| (e.offset, e.samples)), Some((200_000_000, 0)));
        offset.hear(later, Nanos(later.0 - 1_000_000_000), later.after(Nanos(50_000_000)));
        let best = offset.estimate(later.after(MINUTE)).expect("an answer");
        assert_eq!((best.offset, best.samples), (-1_025_000_000, 1));
        assert_eq!(
            (best.line(Nanos(SECOND.0)).excessive, best.line(Nanos(2 * SECOND.0)).excessive),
            (1, 0)
        );
        // Our clock was set back while we waited.
        offset.hear(ms(10), ms(10), ms(9));
        assert_eq!(offset.estimate(later).expect("an answer").samples, 1);
    }

    #[test]
    fn a_clock_that_was_set_is_believed_at_once() {
        let ms = |millis: u64| Nanos(START + millis * MILLISECOND.0);
        let mut offset = Offset::default();
        offset.hear(ms(0), ms(1), ms(2));
        offset.hear(ms(1_000), ms(1_030), ms(1_040));
        assert_eq!(offset.estimate(ms(1_100)).map(|e| (e.offset, e.samples)), Some((0, 2)));
        // Ours is set back by five seconds; the round trip is worse than any before.
        offset.hear(ms(1_000), ms(6_030), ms(1_060));
        let best = offset.estimate(ms(1_100)).expect("an answer");
        assert_eq!((best.offset, best.samples), (5_000_000_000, 1));
    }

    proptest! {
        /// Whatever the two ways take: the estimate is never off by more than half its round trip.
        #[test]
        fn the_estimate_is_true_within_half_its_round_trip(
            truth in -5_000_000_000_i64..5_000_000_000,
            ways in prop::collection::vec((1_u64..400_000_000, 1_u64..400_000_000), 1..60),
        ) {
            let mut offset = Offset::default();
            let mut now = START;
            for (out, back) in ways {
                let server = (now + out).saturating_add_signed(truth);
                offset.hear(Nanos(now), Nanos(server), Nanos(now + out + back));
                now += out + back;
                let best = offset.estimate(Nanos(now)).expect("answers");
                prop_assert!(best.offset.abs_diff(truth) <= best.round_trip.0 / 2 + 1);
            }
        }
    }
}

//! Which predictions of a pivot came true.
//!
//! A *prediction* is a level, with its side and zone, from when it is published to when it is
//! gone. A *touch* is the first trade inside its zone that comes from outside on its near side
//! (from above of a long), while it stands; the next touch of the same level counts once price was
//! more than 0.25 % outside the zone on the near side in between. A *pivot* is a turn that the
//! market had planted. A touch *hits* a pivot of its side whose price lies in its zone and whose
//! time is not before the touch and at most [`WITHIN`] after it.
//!
//! precision = touches that hit ÷ touches; recall = pivots that are hit ÷ pivots.

use model::{MINUTE, Nanos, Side};

/// How long after its touch a pivot may come.
pub(crate) const WITHIN: Nanos = Nanos(30 * MINUTE.0);
/// Price has left a zone when it is further outside than this, in millionths.
const LEFT_PPM: i64 = 2_500;

/// A trade: when, and its price in ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Print {
    pub(crate) time: Nanos,
    pub(crate) price: i64,
}

/// A zone from an instant on; both edges belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Zone {
    pub(crate) from: Nanos,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// A level that stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stood {
    pub(crate) side: Side,
    /// The level as it was first published …
    pub(crate) price: i64,
    /// … and the last trade then.
    pub(crate) market: i64,
    /// As it was published and refreshed; never empty, times ascend.
    pub(crate) zones: Vec<Zone>,
    /// When it was gone.
    pub(crate) to: Nanos,
}

/// A planted turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pivot {
    pub(crate) side: Side,
    pub(crate) price: i64,
    pub(crate) time: Nanos,
}

/// A prediction that was put to the test: which zone, when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Touch {
    pub(crate) side: Side,
    pub(crate) low: i64,
    pub(crate) high: i64,
    pub(crate) time: Nanos,
}

/// Predictions and pivots of one run, counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Score {
    pub(crate) touches: u64,
    pub(crate) hits: u64,
    pub(crate) pivots: u64,
    pub(crate) found: u64,
}

impl Score {
    pub(crate) fn add(&mut self, other: &Self) {
        self.touches += other.touches;
        self.hits += other.hits;
        self.pivots += other.pivots;
        self.found += other.found;
    }

    pub(crate) fn precision(&self) -> Option<f64> {
        (self.touches > 0).then(|| self.hits as f64 / self.touches as f64)
    }

    pub(crate) fn recall(&self) -> Option<f64> {
        (self.pivots > 0).then(|| self.found as f64 / self.pivots as f64)
    }
}

impl Stood {
    /// Since when it stands.
    pub(crate) fn from(&self) -> Nanos {
        self.zones.first().map_or(Nanos(u64::MAX), |zone| zone.from)
    }
}

impl Zone {
    /// Ticks that a price lies outside on the near side of a side; not above zero from there on.
    const fn before(&self, side: Side, price: i64) -> i64 {
        match side {
            Side::Buy => price - self.high,
            Side::Sell => self.low - price,
        }
    }
}

/// The touches of levels by prints in order of time.
pub(crate) fn touches(prints: &[Print], levels: &[Stood]) -> Vec<Touch> {
    let mut found = Vec::new();
    for level in levels {
        follow(prints, level, &mut found);
    }
    found
}

fn follow(prints: &[Print], level: &Stood, found: &mut Vec<Touch>) {
    let mut zones = level.zones.iter().copied().peekable();
    let Some(mut zone) = zones.next() else { return };
    let first = prints.partition_point(|print| print.time <= zone.from);
    // Published while price is there, it foretells nothing until price was outside.
    let (mut ready, mut touched) = (false, false);
    for print in prints[first..].iter().take_while(|print| print.time < level.to) {
        while let Some(next) = zones.next_if(|next| next.from < print.time) {
            zone = next;
        }
        let before = zone.before(level.side, print.price);
        if before > 0 {
            ready |= !touched || before * 1_000_000 > LEFT_PPM * print.price;
        } else if ready && (zone.low..=zone.high).contains(&print.price) {
            let Zone { low, high, .. } = zone;
            found.push(Touch { side: level.side, low, high, time: print.time });
            (ready, touched) = (false, true);
        } else {
            // Inside already, or leapt over: it comes from the wrong side next.
            ready = false;
        }
    }
}

impl Touch {
    fn hits(&self, pivot: &Pivot) -> bool {
        self.side == pivot.side
            && (self.low..=self.high).contains(&pivot.price)
            && self.time <= pivot.time
            && pivot.time.since(self.time) <= WITHIN
    }
}

/// How touches did against the pivots of the same run.
pub(crate) fn score(touches: &[Touch], pivots: &[Pivot]) -> Score {
    let count = |number: usize| number as u64;
    let hits = touches.iter().filter(|touch| pivots.iter().any(|pivot| touch.hits(pivot)));
    let found = pivots.iter().filter(|pivot| touches.iter().any(|touch| touch.hits(pivot)));
    Score {
        touches: count(touches.len()),
        hits: count(hits.count()),
        pivots: count(pivots.len()),
        found: count(found.count()),
    }
}

#[cfg(test)]
mod tests {
    use model::{Nanos, Side};

    use super::{Pivot, Print, Score, Stood, Touch, WITHIN, Zone, score, touches};

    /// Prints one nanosecond apart, from 1.
    fn prints(prices: &[i64]) -> Vec<Print> {
        (1..).zip(prices).map(|(time, &price)| Print { time: Nanos(time), price }).collect()
    }

    fn level(side: Side, low: i64, high: i64) -> Stood {
        let zones = vec![Zone { from: Nanos(0), low, high }];
        Stood { side, price: low, market: low, zones, to: Nanos(u64::MAX) }
    }

    #[test]
    fn touches_by_table() {
        let (far, left) = (10_030, 10_026);
        let table: [(&str, &[i64], &[u64]); 8] = [
            ("from above, both edges belong", &[10_001, 10_000], &[2]),
            ("born inside: nothing until it was outside", &[10_000, 9_999, 10_001, 9_990], &[4]),
            ("from below is no touch of a long", &[9_989, 9_990, 10_000], &[]),
            ("a wobble at the edge is one touch", &[10_005, 10_000, 10_005, 10_000], &[2]),
            ("once it had left it is another", &[10_005, 10_000, left, 10_000], &[2, 4]),
            ("exactly 0.25 % is not left", &[10_005, 10_000, 10_025, 10_000], &[2]),
            ("leapt over is none", &[10_005, 9_980, 9_995, 10_005, 10_000], &[5]),
            ("far away is none", &[far, far, far], &[]),
        ];
        for (name, prices, want) in table {
            let found = touches(&prints(prices), &[level(Side::Buy, 9_990, 10_000)]);
            let times: Vec<u64> = found.iter().map(|touch| touch.time.0).collect();
            assert_eq!(times, want, "{name}");
        }
    }

    #[test]
    fn a_short_is_the_mirror_and_levels_end() {
        let short = level(Side::Sell, 10_000, 10_010);
        assert_eq!(touches(&prints(&[9_999, 10_000]), std::slice::from_ref(&short)).len(), 1);
        for (from, to, want) in [(0, 3, 1), (0, 2, 0), (1, 9, 0), (2, 9, 0)] {
            let zones = vec![Zone { from: Nanos(from), ..short.zones[0] }];
            let level = Stood { zones, to: Nanos(to), ..short.clone() };
            // Published with or after the first print it has not seen price outside.
            let found = touches(&prints(&[9_999, 10_000]), &[level]);
            assert_eq!(found.len(), want, "{from} to {to}");
        }
    }

    #[test]
    fn a_refreshed_zone_counts_from_the_print_after_it() {
        let mut moving = level(Side::Buy, 9_990, 10_000);
        moving.zones.push(Zone { from: Nanos(2), low: 9_985, high: 9_995 });
        let found = touches(&prints(&[10_001, 10_001, 9_996, 9_995]), &[moving]);
        assert_eq!(found, [Touch { side: Side::Buy, low: 9_985, high: 9_995, time: Nanos(4) }]);
    }

    #[test]
    fn hits_by_table() {
        let touch = Touch { side: Side::Buy, low: 90, high: 100, time: Nanos(1_000) };
        let pivot = Pivot { side: Side::Buy, price: 95, time: Nanos(2_000) };
        let late = Nanos(1_000 + WITHIN.0);
        for (name, pivot, hit) in [
            ("in zone and time", pivot, true),
            ("at the edges", Pivot { price: 90, time: Nanos(1_000), ..pivot }, true),
            ("the last instant", Pivot { price: 100, time: late, ..pivot }, true),
            ("too late", Pivot { time: late.after(Nanos(1)), ..pivot }, false),
            ("before the touch", Pivot { time: Nanos(999), ..pivot }, false),
            ("outside", Pivot { price: 101, ..pivot }, false),
            ("the other side", Pivot { side: Side::Sell, ..pivot }, false),
        ] {
            let want = Score { touches: 1, hits: hit.into(), pivots: 1, found: hit.into() };
            assert_eq!(score(&[touch], &[pivot]), want, "{name}");
        }
        // Two touches may hit one pivot: two predictions were right, one pivot is found.
        let two = score(&[touch, touch], &[pivot]);
        assert_eq!(two, Score { touches: 2, hits: 2, pivots: 1, found: 1 });
        assert_eq!((two.precision(), two.recall()), (Some(1.0), Some(1.0)));
        assert_eq!((Score::default().precision(), Score::default().recall()), (None, None));
    }
}

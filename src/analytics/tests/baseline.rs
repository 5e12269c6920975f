//! The day that a bar is measured against, beside a count over everything.

use model::{DAY, Interval, Nanos};
use proptest::prelude::{prop, prop_assert_eq, proptest};

use crate::Baseline;

/// 2024-07-19 12:00 UTC.
const NOON: u64 = 1_721_390_400_000_000_000;

proptest! {
    #[test]
    fn shares_and_percentiles_equal_a_count(
        bars in prop::collection::vec((1..4_u64, 0..20_u32), 30..200),
    ) {
        let interval = Interval::Minute30;
        let mut baseline = Baseline::new(interval.length());
        let mut all: Vec<(u64, f64)> = vec![];
        let mut open = NOON;
        for (step, value) in bars {
            open += step * interval.length().0;
            let value = f64::from(value) / 20.0;
            let within = all.iter().filter(|(at, _)| at + DAY.0 >= open);
            let mut earlier: Vec<f64> = within.map(|(_, value)| *value).collect();
            earlier.sort_by(f64::total_cmp);
            let below = earlier.iter().filter(|other| **other < value).count();
            let equal = earlier.iter().filter(|other| **other == value).count();
            let known = earlier.len() >= 24;
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let share = known.then(|| (2 * below + equal) as f64 / (2 * earlier.len()) as f64);
            let rank = (95 * earlier.len()).div_ceil(100);
            baseline.leave(Nanos(open));
            prop_assert_eq!(baseline.share_below(value), share);
            prop_assert_eq!(baseline.percentile(95), known.then(|| earlier[rank - 1]));
            baseline.push(Nanos(open), value);
            all.push((open, value));
        }
    }
}

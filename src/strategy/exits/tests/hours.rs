//! Funding and holding, to the nanosecond.

use model::{MINUTE, Nanos};

use super::super::{HoldPlan, held_too_long, near_funding};

#[test]
fn the_last_ten_minutes_are_half_open() {
    let funding = 1_000 * MINUTE.0;
    for (now, want, what) in [
        (funding - 10 * MINUTE.0 - 1, false, "a nanosecond before"),
        (funding - 10 * MINUTE.0, true, "exactly 10 min"),
        (funding - 1, true, "the last nanosecond"),
        (funding, false, "the settlement itself"),
        (funding + 5, false, "a settlement that has passed"),
    ] {
        assert_eq!(near_funding(Nanos(now), Nanos(funding)), want, "{what}");
    }
    assert!(!near_funding(Nanos(5), Nanos::NONE), "none known");
}

#[test]
fn held_for_exactly_the_limit_is_too_long() {
    let plan = HoldPlan::default();
    let filled = Nanos(7);
    let end = 7 + 240 * MINUTE.0;
    assert!(!held_too_long(Nanos(end - 1), filled, plan));
    assert!(held_too_long(Nanos(end), filled, plan));
    assert!(!held_too_long(Nanos(3), filled, plan), "time that goes back holds nobody");
}

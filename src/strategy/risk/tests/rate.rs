//! Windows on their boundaries, and the reserve.

use model::{Nanos, SECOND};

use super::super::{LimitsDraft, Rates};
use super::stage::{NOON, draft};

fn rates() -> Rates {
    let narrow = LimitsDraft {
        orders_10s: Some(4.0),
        orders_1m: Some(6.0),
        messages_10s: Some(8.0),
        ..draft()
    };
    Rates::new(&narrow.conclude().expect("sound limits"))
}

fn later(seconds: u64) -> Nanos {
    NOON.after(Nanos(seconds * SECOND.0))
}

#[test]
fn entries_leave_the_reserve_and_reducing_use_it() {
    let mut rates = rates();
    for _ in 0..3 {
        assert!(rates.room(NOON, true, true));
        rates.take(NOON, true);
    }
    assert!(!rates.room(NOON, true, true), "a quarter of 4 is left");
    assert!(rates.room(NOON, true, false));
    rates.take(NOON, true);
    assert!(!rates.room(NOON, true, false), "the whole is used");
    assert!(rates.room(NOON, false, false), "a cancel is no order");
}

#[test]
fn windows_turn_on_their_boundaries() {
    let mut rates = rates();
    for _ in 0..4 {
        rates.take(later(9), true);
    }
    let before = Nanos(later(10).0 - 1);
    assert!(!rates.room(before, true, false), "the last nanosecond of the window");
    assert!(rates.room(later(10), true, false), "exactly its end");
    assert!(rates.room(later(9), true, false), "time that goes back stays in the new window");
    // 4 of the minute's 6 are used: entries may use ⌊6 · 0.75⌋ = 4.
    assert!(!rates.room(later(10), true, true));
    assert!(rates.room(later(60), true, true));
}

#[test]
fn time_that_goes_back_refills_nothing() {
    let mut rates = rates();
    for _ in 0..4 {
        rates.take(later(20), true);
    }
    assert!(!rates.room(later(5), true, false));
    assert!(!rates.room(Nanos(0), true, false));
}

#[test]
fn messages_count_cancels_and_orders() {
    let mut rates = rates();
    for _ in 0..8 {
        assert!(rates.room(NOON, false, false));
        rates.take(NOON, false);
    }
    assert!(!rates.room(NOON, false, false));
    assert!(!rates.room(NOON, true, false), "an order is a message too");
}

#[test]
fn the_venue_takes_300_in_10_s_and_1200_in_a_minute() {
    let mut rates = rates();
    for sent in 0..1_200_u64 {
        let now = later(sent / 290 * 10);
        assert!(!rates.flooded(now), "{sent}");
        rates.take(now, true);
    }
    assert!(rates.flooded(later(41)), "the minute");
    assert!(!rates.flooded(later(60)));
    for _ in 0..300 {
        assert!(!rates.flooded(later(60)));
        rates.take(later(60), true);
    }
    assert!(rates.flooded(later(69)), "the ten seconds");
}

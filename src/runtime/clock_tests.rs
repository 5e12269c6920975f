//! The clock's own tests: anchors as arithmetic, readings only against each other.

use model::{Nanos, SECOND};

use super::{Anchor, Clock};

/// One nanosecond a count.
const RATE: u64 = 1 << 32;
const START: Anchor = Anchor { counter: 1_000, utc: Nanos(50 * SECOND.0), rate: RATE };

#[test]
fn an_anchor_counts_from_where_it_stands() {
    assert_eq!(START.time(1_000), Nanos(50 * SECOND.0));
    assert_eq!(START.time(1_001), Nanos(50 * SECOND.0 + 1));
    // A counter that ran back: time stands still.
    assert_eq!(START.time(3), Nanos(50 * SECOND.0));
    // Half as fast, over a century.
    let slow = Anchor { rate: RATE / 2, ..START };
    let century = 100 * 366 * 86_400 * SECOND.0;
    assert_eq!(slow.time(1_000 + century), Nanos(50 * SECOND.0 + century / 2));
}

#[test]
fn a_host_ahead_is_stepped_to() {
    let counter = 1_000 + SECOND.0;
    let host = Nanos(51 * SECOND.0 + 700);
    let next = START.next(counter, host, RATE);
    assert_eq!(next, Anchor { counter, utc: host, rate: RATE });
}

#[test]
fn a_host_behind_is_met_an_interval_later_without_running_back() {
    for behind in [1, 300, 40_000_000, 500_000_000] {
        let counter = 1_000 + SECOND.0;
        let host = Nanos(51 * SECOND.0 - behind);
        let next = START.next(counter, host, RATE);
        assert_eq!(next.time(counter), START.time(counter), "no step back, {behind} ns behind");
        let met = next.time(counter + SECOND.0);
        let want = host.after(SECOND);
        assert!(met.0.abs_diff(want.0) <= 1, "{behind} ns behind: {met:?} is not {want:?}");
    }
}

#[test]
fn a_host_far_behind_is_approached_at_half_speed() {
    let counter = 1_000 + SECOND.0;
    let next = START.next(counter, Nanos(SECOND.0), RATE);
    assert_eq!(next.rate, RATE / 2);
    assert_eq!(next.time(counter + SECOND.0), Nanos(51 * SECOND.0 + SECOND.0 / 2));
}

#[test]
fn readings_never_run_back_while_another_thread_anchors() {
    let clock = Clock::host();
    let anchors = clock.clone();
    let worker = std::thread::spawn(move || {
        for _ in 0..2_000 {
            anchors.reanchor();
        }
    });
    let mut reader = clock.clone();
    let mut last = reader.now();
    let mut moved = 0_u64;
    while !worker.is_finished() {
        let now = reader.now();
        assert!(last <= now);
        moved += u64::from(last < now);
        last = now;
    }
    worker.join().expect("the anchors were set");
    assert!(moved > 0, "a clock that stands still is none");
    assert_eq!(clock.health().anchors, 2_001);
}

#[test]
fn a_manual_clock_stands_where_it_is_set_for_all_its_clones() {
    let mut clock = Clock::manual(Nanos(100));
    let mut other = clock.clone();
    assert_eq!((clock.now(), other.now()), (Nanos(100), Nanos(100)));
    clock.set(Nanos(250));
    clock.set(Nanos(200));
    clock.reanchor();
    assert_eq!((clock.now(), other.now()), (Nanos(250), Nanos(250)));
}

#[test]
fn a_scaled_clock_starts_at_its_epoch_and_runs_by_its_factor() {
    let epoch = Nanos(1_700_000_000 * SECOND.0);
    let mut frozen = Clock::scaled(epoch, 0);
    assert_eq!(frozen.now(), epoch);
    assert_eq!(frozen.now(), epoch);

    // Read between two readings of the host, so the bounds hold however slow the machine is.
    let mut host = Clock::host();
    let outer = host.now();
    let mut fast = Clock::scaled(epoch, 10_000);
    let inner = host.now();
    let mut end = inner;
    while end.since(inner).0 < 100_000 {
        end = host.now();
    }
    let span = fast.now().since(epoch).0;
    let after = host.now();
    let slack = 1_000_000; // The two anchors were read at different moments.
    assert!(span + 10 * slack >= 10 * end.since(inner).0, "{span} is too slow");
    assert!(span <= 10 * (after.since(outer).0 + slack), "{span} is too fast");
}

/// C4 of the fault matrix, for `scripts/accept`: for minutes on end the clock, anchored each
/// second, is never far from the host's, and the counter alone is measured beside it.
#[test]
#[ignore = "takes CLOCK_MINUTES minutes; scripts/accept runs it"]
#[expect(clippy::print_stdout, reason = "a long proof says what it saw")]
fn the_clock_stays_with_the_host() {
    let minutes: u64 =
        std::env::var("CLOCK_MINUTES").map_or(10, |text| text.parse().expect("minutes"));
    let mut clock = Clock::host();
    let mut worst = 0;
    for _ in 0..minutes * 60 {
        std::thread::sleep(std::time::Duration::from_secs(1));
        clock.reanchor();
        let health = clock.health();
        worst = worst.max(health.error.unsigned_abs().saturating_sub(health.uncertainty));
        let before = std::time::SystemTime::now();
        let ours = clock.now();
        let since = before.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        let behind = u64::try_from(since.as_nanos()).expect("a time").saturating_sub(ours.0);
        assert!(behind < SECOND.0 / 100, "{behind} ns behind the host right after an anchor");
    }
    println!("worst drift in a second over {minutes} min: {worst} ns");
    assert!(worst < SECOND.0 / 1000, "the counter drifts {worst} ns a second");
}

//! A figure's cost does not grow with the length of the run: after many days the process holds
//! what it held after two, and a late day costs what an early one does.
#![expect(clippy::print_stdout, reason = "a test says what it saw")]

use std::time::Instant;

use engine::{Inline, Plan};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::usdm;

/// Days of the suite; `scripts/accept figures_memory` runs thirty, by `FULCRUM_DAYS`.
const DAYS: u64 = 8;
/// Pages that allocator and test may differ by: 256 KiB.
const SLACK: u64 = 64;

/// Resident pages of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("a Linux host");
    text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a second number")
}

#[test]
fn many_days_hold_what_two_days_held() {
    let asked = std::env::var("FULCRUM_DAYS").ok().and_then(|days| days.parse().ok());
    let count: u64 = asked.unwrap_or(DAYS).max(6);
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    let mut inline = Inline::new(usdm(), &plan, ());
    // By day: pages at its end, and what it cost.
    let mut days = Vec::new();
    let (mut seen, mut begun) = (0, Instant::now());
    Day::days(3, count).each(|draft| {
        let day = draft.head.time_event.0 / model::DAY.0;
        if day != seen {
            days.push((resident(), begun.elapsed()));
            (seen, begun) = (day, Instant::now());
        }
        inline.enter(draft);
    });
    let (two, end) = (days[2].0, days.last().expect("days").0);
    let mut costs: Vec<_> = days[2..].iter().map(|(_, cost)| *cost).collect();
    let third = costs.len() / 3;
    let middle = |costs: &mut [std::time::Duration]| {
        costs.sort_unstable();
        costs[costs.len() / 2].as_secs_f64()
    };
    let (early, late) = costs.split_at_mut(third);
    let grown = middle(&mut late[third..]) / middle(early);
    println!(
        "resident pages: {two} after 2 days, {end} after {}; a late day costs {grown:.2} of an early one",
        days.len()
    );
    assert!(end <= two + SLACK, "memory grew from {two} to {end} pages");
    // Two noisy cores: a cost that grew with the run would be a multiple by now.
    assert!(grown < 3.0, "a late day costs {grown:.2} times an early one");
}

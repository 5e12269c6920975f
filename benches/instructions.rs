//! Where callgrind cuts: what of a run is counted, and by how many events it is divided.
//!
//! ```text
//! input decoded ─▶ first half of the events ─┤cut├─ second half ─┤cut├─▶ the next figure
//! ```
//!
//! Callgrind writes down what it counted at every cut (`scripts/instructions` asks it to), so
//! one process with one decoded input serves a whole table, and the first half warms the state
//! without being counted. That is the difference of two runs of which one is twice as long.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::ops::Range;

/// The name by which callgrind finds it.
#[inline(never)]
fn instructions_cut() {
    black_box(());
}

/// Runs `run` over the calls of a figure and has its second half counted. Printed: the name, what an
/// event is, how many `events` the second half has.
pub fn count(
    name: &str,
    event: &str,
    calls: usize,
    events: impl Fn(Range<usize>) -> usize,
    mut run: impl FnMut(Range<usize>),
) {
    let half = calls / 2;
    run(0..half);
    instructions_cut();
    run(half..calls);
    instructions_cut();
    println!("{name}\t{event}\t{}", events(half..calls));
}

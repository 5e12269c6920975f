//! What is promised of the way from the wire to the decision, and whether a run keeps it.

use std::fmt::Write as _;

use fulcrum::latency::Series;
use fulcrum::latency::plot::span;

use crate::report::Told;

/// The fused layout's median over the bare reader's at the same pace.
const RATIO: f64 = 1.5;
/// p99.9 in nanoseconds.
const P999: u64 = 1_000_000;
/// What no frame may touch, in nanoseconds.
const BUDGET: u64 = 50_000_000;
/// Frames without which a p99.9 says nothing: it would be the longest.
const FRAMES: u64 = 1_000;

/// A line for each kind of frame of each engine.
pub(crate) fn verdicts(out: &mut String, runs: &[Told]) {
    for run in runs.iter().filter(|run| !run.name.starts_with("bare")) {
        let pace = run.name.rsplit('-').next().unwrap_or_default();
        let bare = runs.iter().find(|other| other.name == format!("bare-{pace}"));
        for kind in ["trade", "depth"] {
            // Writing to a String does not fail.
            let _ = writeln!(out, "- {}: {kind}: {}", run.name, verdict(run, bare, kind));
        }
    }
}

fn verdict(run: &Told, bare: Option<&Told>, kind: &str) -> String {
    let whole = format!("{kind}-decided");
    let frames = find(&run.all, &whole).map_or(0, |series| series.times.len());
    let Some(ours) = find(&run.quiet, &whole) else {
        return format!("none of {frames} frames found every thread on its core: no verdict");
    };
    let (p50, p999) = (ours.times.value_at_percentile(50.0), ours.times.value_at_percentile(99.9));
    let judged = ours.times.len();
    let share = 100.0 * ratio(judged, frames);
    let read = format!("{kind}-read");
    let own = median(&run.quiet, &read).unwrap_or(p50);
    let mut text = format!(
        "{judged} of {frames} frames judged ({share:.1} %); median {} = {:.2} × the plaintext of \
         its own frames ({})",
        span(p50),
        ratio(p50, own),
        span(own),
    );
    let cold = run.name.contains("cold");
    match bare.and_then(|bare| median(&bare.quiet, &read)) {
        None => text.push_str(", no undisturbed floor"),
        Some(floor) => {
            let times = ratio(p50, floor);
            let _ = write!(text, " = {times:.2} × the bare spin read ({})", span(floor));
            if run.name.starts_with("one-spin") && !cold {
                let _ = write!(text, ", ≤ {RATIO}: {}", met(times <= RATIO));
            }
        }
    }
    let inside = median(&run.quiet, &format!("{kind}-inside")).map_or("missing".into(), span);
    let _ = write!(text, "; inside {inside}; p99.9 {}", span(p999));
    match (judged >= FRAMES, cold) {
        (false, _) => text.push_str(", too few frames for a verdict on it"),
        (true, true) => {}
        (true, false) => {
            let _ = write!(text, ", ≤ 1 ms: {}", met(p999 <= P999));
        }
    }
    let longest = ours.times.max();
    let touched = if longest < BUDGET { "not touched" } else { "touched" };
    let _ = write!(text, "; longest {}, 50 ms {touched}", span(longest));
    text
}

const fn met(is: bool) -> &'static str {
    if is { "met" } else { "not met" }
}

fn find<'a>(all: &'a [Series], tag: &str) -> Option<&'a Series> {
    all.iter().find(|series| series.tag == tag)
}

/// The median of a series in nanoseconds.
fn median(all: &[Series], tag: &str) -> Option<u64> {
    Some(find(all, tag)?.times.value_at_percentile(50.0))
}

fn ratio(one: u64, other: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "spans of a minute, counts of a run")]
    {
        one as f64 / other.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Series, verdicts};
    use crate::report::{Noticed, Told};

    fn series(tag: &str, times: &[u64]) -> Series {
        let mut series = Series::new(tag);
        for &time in times {
            series.times.saturating_record(time);
        }
        series
    }

    /// A run whose frames took so long, of which the first `judged` were undisturbed.
    fn run(name: &str, times: &[u64], judged: usize) -> Told {
        let tags = if name.starts_with("bare") { &["trade-read"][..] } else { &["trade-decided"] };
        let of = |times: &[u64]| tags.iter().map(|tag| series(tag, times)).collect::<Vec<_>>();
        Told {
            name: name.into(),
            quiet: if judged > 0 { of(&times[..judged]) } else { Vec::new() },
            all: of(times),
            reader: Noticed::default(),
            venue: Noticed::default(),
            missing: 0,
            said: String::new(),
        }
    }

    #[test]
    fn verdicts_by_table() {
        // In nanoseconds: a thousand frames of 1.4 floors, then a few disturbed ones.
        let mut ours = vec![14_000; 1_000];
        ours.extend([90_000_000; 10]);
        let slow = [vec![14_000; 500], vec![2_000_000; 500]].concat();
        let runs = [
            run("bare-x10", &[10_000; 3], 2),
            run("one-spin-x10", &ours, 1_000),
            run("one-spin-even", &slow, 1_000),
            run("two-yield-x10", &ours, 999),
            run("four-yield-x10", &ours, 0),
            run("one-spin-cold-x10", &ours, 1_010),
        ];
        let mut out = String::new();
        verdicts(&mut out, &runs);
        let lines: Vec<&str> = out.lines().filter(|line| line.contains(": trade:")).collect();
        for (line, parts) in lines.iter().zip([
            &[
                "1000 of 1010 frames judged (99.0 %)",
                "= 1.40 × the bare spin read (10.0 µs), ≤ 1.5: met",
                "p99.9 14.0 µs, ≤ 1 ms: met",
                "longest 14.0 µs, 50 ms not touched",
            ][..],
            &["no undisturbed floor;", "p99.9 2.00 ms, ≤ 1 ms: not met"],
            &["bare spin read (10.0 µs);", "too few frames for a verdict on it"],
            &["none of 1010 frames found every thread on its core: no verdict"],
            &["bare spin read (10.0 µs);", "p99.9 90.0 ms;", "50 ms touched"],
        ]) {
            for part in parts {
                assert!(line.contains(part), "{part}\n{line}");
            }
        }
        assert_eq!(lines.len(), 5);
    }
}

//! Stamps and departures into histograms, a picture and a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use fulcrum::latency::hlog::Interval;
use fulcrum::latency::plot::{self, span};
use fulcrum::latency::{PERCENTILES, Series, hgrm, hlog};
use model::Nanos;

use crate::Failure;
use crate::stamps::{self, Frame, PLACES};
use crate::switches::{self, Windows};

/// Departures by kind and id.
type Departures = BTreeMap<(bool, u64), Nanos>;

/// What one run says: its directory holds `departures`, `stamps`, `switches` and
/// `switches-venue`.
#[derive(Debug)]
pub struct Told {
    /// The run's name: layout and rate, or `bare` and rate.
    pub name: String,
    /// Series of frames under way in quiet windows only.
    pub quiet: Vec<Series>,
    /// Series of all frames.
    pub all: Vec<Series>,
    /// Windows watched, and how many were marked.
    pub windows: (usize, usize),
    /// Marked windows of the venue's threads.
    pub windows_venue: (usize, usize),
    /// Frames that left and never arrived.
    pub missing: usize,
    /// What the run said of itself.
    pub said: String,
}

impl Told {
    /// Takes another round of the same run.
    pub fn join(&mut self, other: Self) {
        for (ours, theirs) in [(&mut self.quiet, other.quiet), (&mut self.all, other.all)] {
            for series in theirs {
                match ours.iter_mut().find(|one| one.tag == series.tag) {
                    // Both have the same bounds, so there is room for every value.
                    Some(one) => drop(one.times.add(&series.times)),
                    None => ours.push(series),
                }
            }
            ours.sort_by(|one, other| one.tag.cmp(&other.tag));
        }
        let sum = |ours: &mut (usize, usize), theirs: (usize, usize)| {
            *ours = (ours.0 + theirs.0, ours.1 + theirs.1);
        };
        sum(&mut self.windows, other.windows);
        sum(&mut self.windows_venue, other.windows_venue);
        self.missing += other.missing;
        self.said = format!("{}; {}", self.said, other.said);
    }
}

/// Reads a run's directory.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn told(at: &Path) -> Result<Told, Failure> {
    let text = |name: &str| {
        fs::read_to_string(at.join(name))
            .map_err(|error| format!("{}/{name}: {error}", at.display()))
    };
    let departures = departures(&text("departures")?)?;
    let frames = stamps::read(&text("stamps")?)?;
    let windows = Windows::of(&switches::read(&text("switches")?));
    let windows_venue = Windows::of(&switches::read(&text("switches-venue")?));
    let name = at.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let quiet = |from: Nanos, to: Nanos| windows.is_quiet(from, to);
    Ok(Told {
        quiet: series(&departures, &frames, quiet),
        all: series(&departures, &frames, |_, _| true),
        windows: windows.counts(),
        windows_venue: windows_venue.counts(),
        missing: departures.len().saturating_sub(frames.len()),
        said: text("said").unwrap_or_default().trim().to_owned(),
        name,
    })
}

/// `stream id utc_nanoseconds` a line; only trades and depth have a way to report.
fn departures(text: &str) -> Result<Departures, Failure> {
    let mut all = Departures::new();
    for line in text.lines() {
        let wrong = || format!("departures: {line:?}");
        let mut words = line.split(' ');
        let stream = words.next().ok_or_else(wrong)?;
        let mut next = || words.next().and_then(|word| word.parse::<u64>().ok()).ok_or_else(wrong);
        let (id, due) = (next()?, next()?);
        if stream.contains("@aggTrade") || stream.contains("@depth") {
            all.insert((stream.contains("@aggTrade"), id), Nanos(due));
        }
    }
    Ok(all)
}

/// From departure to each place, trades and depth apart, and from plaintext to decision.
fn series(
    departures: &Departures,
    frames: &[Frame],
    counts: impl Fn(Nanos, Nanos) -> bool,
) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    let mut put = |tag: String, time: u64| match all.iter_mut().find(|one| one.tag == tag) {
        Some(series) => series.times.saturating_record(time),
        None => {
            let mut series = Series::new(&tag);
            series.times.saturating_record(time);
            all.push(series);
        }
    };
    for frame in frames {
        let kind = if frame.trade { "trade" } else { "depth" };
        let Some(&due) = departures.get(&(frame.trade, frame.id)) else { continue };
        let last = frame.at.iter().flatten().last().copied().unwrap_or(due);
        if !counts(due, last) {
            continue;
        }
        for (place, time) in PLACES.iter().zip(frame.at) {
            if let Some(time) = time {
                put(format!("{kind}-{place}"), time.since(due).0.max(1));
            }
        }
        if let [Some(read), .., Some(decided)] = frame.at {
            put(format!("{kind}-inside"), decided.since(read).0.max(1));
        }
    }
    all.sort_by(|one, other| one.tag.cmp(&other.tag));
    all
}

/// The median of a series in nanoseconds.
fn median(all: &[Series], tag: &str) -> Option<u64> {
    let series = all.iter().find(|series| series.tag == tag)?;
    Some(series.times.value_at_percentile(50.0))
}

/// Writes a run's `.hlog` and `.hgrm` files.
///
/// # Errors
/// When the disk refuses.
pub fn write(told: &Told, into: &Path) -> Result<(), Failure> {
    let said = |error: std::io::Error| error.to_string();
    for (kind, series) in [("", &told.quiet), ("-all", &told.all)] {
        let mut out = File::create(into.join(format!("{}{kind}.hlog", told.name))).map_err(said)?;
        let interval = Interval { start: Duration::ZERO, length: Duration::ZERO, series };
        let comment =
            format!("{}; times in nanoseconds from when a frame should have left", told.name);
        hlog::write(&mut out, SystemTime::now(), &[comment], &[interval]).map_err(said)?;
    }
    for series in told.all.iter().filter(|series| is_whole(&series.tag)) {
        let name = format!("{}-{}.hgrm", told.name, series.tag);
        fs::write(into.join(name), hgrm::write(series)).map_err(said)?;
    }
    Ok(())
}

/// Whether a series is of a whole way: to the decision, or to the bare reader.
fn is_whole(tag: &str) -> bool {
    tag.ends_with("-decided")
}

/// The picture of all runs: trades to the decision, and the bare readers.
#[must_use]
pub fn picture(runs: &[Told], title: &str) -> String {
    let mut series: Vec<Series> = Vec::new();
    for run in runs {
        let wanted = if run.name.starts_with("bare") { "trade-read" } else { "trade-decided" };
        for one in run.all.iter().filter(|one| one.tag == wanted) {
            series.push(Series { tag: run.name.clone(), times: one.times.clone() });
        }
    }
    plot::svg(title, &series)
}

/// The page. `hop` is one empty hop in nanoseconds.
#[must_use]
pub fn page(runs: &[Told], machine: &str, hop: Option<f64>) -> String {
    let mut out = String::from("# Wire to decision\n\n");
    // Writing to a String does not fail.
    let _ = writeln!(out, "{machine}");
    if let Some(hop) = hop {
        let _ = writeln!(out, "One empty hop between two threads in this run: {hop:.0} ns.\n");
    }
    for (title, quiet) in [
        ("Windows without an involuntary context switch", true),
        ("All windows (no verdict is made on these)", false),
    ] {
        let _ = writeln!(out, "## {title}\n");
        table(&mut out, runs, quiet);
    }
    out.push_str("## Verdicts\n\n");
    verdicts(&mut out, runs);
    out.push_str("\n## How disturbed it was\n\n| run | windows | marked | venue's marked | missing frames | said |\n|---|---|---|---|---|---|\n");
    for run in runs {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} of {} | {} | {} |",
            run.name,
            run.windows.0,
            run.windows.1,
            run.windows_venue.1,
            run.windows_venue.0,
            run.missing,
            run.said
        );
    }
    out
}

fn table(out: &mut String, runs: &[Told], quiet: bool) {
    out.push_str("| run | to | p50 | p90 | p99 | p99.9 | p99.99 | max | frames |\n|---|---|---|---|---|---|---|---|---|\n");
    for run in runs {
        for series in if quiet { &run.quiet } else { &run.all } {
            let _ = write!(out, "| {} | {} |", run.name, series.tag);
            for (_, percentile) in PERCENTILES {
                let _ = write!(out, " {} |", span(series.times.value_at_percentile(percentile)));
            }
            let _ = writeln!(out, " {} | {} |", span(series.times.max()), series.times.len());
        }
    }
    out.push('\n');
}

/// Each engine against the bare reader at its rate.
fn verdicts(out: &mut String, runs: &[Told]) {
    for run in runs.iter().filter(|run| !run.name.starts_with("bare")) {
        let rate = run.name.rsplit('-').next().unwrap_or_default();
        let bare = runs.iter().find(|other| other.name == format!("bare-{rate}"));
        for kind in ["trade", "depth"] {
            let whole = format!("{kind}-decided");
            let Some(ours) = run.quiet.iter().find(|series| series.tag == whole) else {
                let _ = writeln!(out, "- {}: {kind}: no quiet window, no verdict", run.name);
                continue;
            };
            let floor = bare.and_then(|bare| median(&bare.quiet, &format!("{kind}-read")));
            let p50 = ours.times.value_at_percentile(50.0);
            let ratio = floor.map_or_else(
                || "no quiet floor, no ratio".to_owned(),
                |floor| format!("{:.2} × the bare spin read ({})", ratio(p50, floor), span(floor)),
            );
            let own = median(&run.quiet, &format!("{kind}-read")).unwrap_or(p50);
            let _ = writeln!(
                out,
                "- {}: {kind}: median {} = {:.2} × the plaintext of its own frames ({}) = {ratio}; \
                 inside {}; p99.9 {}; longest {} of 50 ms",
                run.name,
                span(p50),
                self::ratio(p50, own),
                span(own),
                median(&run.quiet, &format!("{kind}-inside")).map_or("missing".into(), span),
                span(ours.times.value_at_percentile(99.9)),
                span(ours.times.max()),
            );
        }
    }
}

fn ratio(one: u64, other: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two spans of less than a minute")]
    {
        one as f64 / other.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Series, Told, departures, page, series};
    use crate::stamps::Frame;

    fn frame(trade: bool, id: u64, at: [u64; 5]) -> Frame {
        Frame { trade, id, at: at.map(|time| (time > 0).then_some(Nanos(time))) }
    }

    #[test]
    fn a_frame_is_timed_from_when_it_should_have_left() {
        let due = departures(
            "btcusdt@aggTrade 7 1000\nbtcusdt@bookTicker 9 1\nbtcusdt@depth@100ms 7 2000\n",
        )
        .expect("three lines");
        assert_eq!(due.len(), 2);
        let frames = [
            frame(true, 7, [1500, 1600, 1700, 1800, 1900]),
            frame(false, 7, [2100, 2200, 2300, 0, 0]),
            frame(true, 8, [1, 1, 1, 1, 1]),
        ];
        let all = series(&due, &frames, |_, _| true);
        let told: Vec<_> = all.iter().map(|one| (one.tag.as_str(), one.times.max())).collect();
        let want = [
            ("depth-booked", 300),
            ("depth-decoded", 200),
            ("depth-read", 100),
            ("trade-analysed", 800),
            ("trade-booked", 700),
            ("trade-decided", 900),
            ("trade-decoded", 600),
            ("trade-inside", 400),
            ("trade-read", 500),
        ];
        assert_eq!(told, want);
        assert!(series(&due, &frames, |_, _| false).is_empty());
        assert!(departures("btcusdt@aggTrade x 1\n").is_err());
    }

    #[test]
    fn rounds_of_one_run_are_one() {
        let due = departures("btcusdt@aggTrade 7 1000\n").expect("a line");
        let round = |read: u64, marked: usize| {
            let all = series(&due, &[frame(true, 7, [read, 0, 0, 0, 0])], |_, _| true);
            Told {
                name: "bare-x1".into(),
                quiet: if marked > 0 { Vec::new() } else { all.clone() },
                all,
                windows: (2, marked),
                windows_venue: (3, 0),
                missing: 1,
                said: format!("{read}"),
            }
        };
        let mut told = round(1400, 1);
        told.join(round(1600, 0));
        told.join(round(1800, 0));
        let count = |all: &[Series]| all.iter().map(|one| one.times.len()).collect::<Vec<_>>();
        assert_eq!((count(&told.quiet), count(&told.all)), (vec![2], vec![3]));
        assert_eq!((told.windows, told.windows_venue, told.missing), ((6, 1), (9, 0), 3));
        assert_eq!((told.all[0].times.max(), told.said.as_str()), (800, "1400; 1600; 1800"));
    }

    #[test]
    fn a_verdict_needs_quiet_windows_and_a_floor() {
        let due = departures("btcusdt@aggTrade 7 1000\n").expect("a line");
        let bare = series(&due, &[frame(true, 7, [1400, 0, 0, 0, 0])], |_, _| true);
        let ours = series(&due, &[frame(true, 7, [1450, 1460, 1470, 1480, 1500])], |_, _| true);
        let run = |name: &str, quiet: Vec<_>| Told {
            name: name.into(),
            all: quiet.clone(),
            quiet,
            windows: (2, 0),
            windows_venue: (2, 1),
            missing: 0,
            said: String::new(),
        };
        let runs = [run("bare-x1", bare), run("one-x1", ours), run("two-x1", Vec::new())];
        let page = page(&runs, "a machine", Some(160.0));
        for part in [
            "- one-x1: trade: median 500 ns = 1.11 × the plaintext of its own frames (450 ns) = 1.25 × \
             the bare spin read (400 ns); inside 50 ns",
            "- two-x1: trade: no quiet window, no verdict",
            "| two-x1 | 2 | 0 | 1 of 2 | 0 |",
            "160 ns",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}

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
use crate::switches::{self, Cause, Quiet, Watched};
use crate::verdict::verdicts;

/// Departures by kind and id.
type Departures = BTreeMap<(bool, u64), Nanos>;

/// What the threads of one side noticed, summed up.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Noticed {
    /// Marks of each cause in the order of [`Cause::ALL`], and their nanoseconds.
    pub causes: [(u64, u64); 4],
    /// Nanoseconds watched.
    pub span: u64,
}

impl Noticed {
    fn of(threads: &[Watched]) -> Self {
        let mut noticed = Self::default();
        for thread in threads {
            noticed.span += thread.span.1.since(thread.span.0).0;
            for mark in &thread.marks {
                let place = Cause::ALL.iter().position(|&cause| cause == mark.cause).unwrap_or(0);
                let (count, time) = &mut noticed.causes[place];
                (*count, *time) = (*count + 1, *time + mark.to.since(mark.from).0);
            }
        }
        noticed
    }

    fn join(&mut self, other: &Self) {
        for (ours, theirs) in self.causes.iter_mut().zip(other.causes) {
            *ours = (ours.0 + theirs.0, ours.1 + theirs.1);
        }
        self.span += other.span;
    }
}

/// What one run says: its directory holds `departures`, `stamps`, `switches` and
/// `switches-venue`.
#[derive(Debug)]
pub struct Told {
    /// The run's name: layout and rate, or `bare` and rate.
    pub name: String,
    /// Series of frames that found every thread of both sides on its core.
    pub quiet: Vec<Series>,
    /// Series of all frames.
    pub all: Vec<Series>,
    /// When the reader's threads lost their cores.
    pub reader: Noticed,
    /// When the venue's sending thread did.
    pub venue: Noticed,
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
        self.reader.join(&other.reader);
        self.venue.join(&other.venue);
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
    let reader = switches::read(&text("switches")?)?;
    let venue = switches::read(&text("switches-venue")?)?;
    let name = at.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let sides = [Quiet::of(&reader), Quiet::of(&venue)];
    let quiet = |from: Nanos, to: Nanos| sides.iter().all(|side| side.holds(from, to));
    Ok(Told {
        quiet: series(&departures, &frames, quiet),
        all: series(&departures, &frames, |_, _| true),
        reader: Noticed::of(&reader),
        venue: Noticed::of(&venue),
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
        ("Frames that found every thread on its core", true),
        ("All frames (no verdict is made on these)", false),
    ] {
        let _ = writeln!(out, "## {title}\n");
        table(&mut out, runs, quiet);
    }
    out.push_str("## Verdicts\n\n");
    verdicts(&mut out, runs);
    disturbances(&mut out, runs);
    out
}

/// Who lost a core, how often and for which share of the time.
fn disturbances(out: &mut String, runs: &[Told]) {
    out.push_str(
        "\n## How disturbed it was\n\n\
         Marks that a thread made when it lost its core, and their share of the time: `switch`, the \
         kernel gave it to another thread; `stolen`, an interrupt or the hypervisor had it for more \
         than 100 µs; `late`, the venue overslept; `walk`, the lab emptied the caches. A mark lasts \
         until what it piled up is worked off. A frame is judged when no mark of either side touches \
         its way.\n\n",
    );
    out.push_str("| run | side |");
    for cause in Cause::ALL {
        let _ = write!(out, " {} |", cause.name());
    }
    out.push_str(" missing frames | said |\n|---|---|---|---|---|---|---|---|\n");
    for run in runs {
        let sides = [("reader", &run.reader, true), ("venue", &run.venue, false)];
        for (side, noticed, is_first) in sides {
            let _ = write!(out, "| {} | {side} |", run.name);
            for (count, time) in noticed.causes {
                #[expect(clippy::cast_precision_loss, reason = "a share, shown with two places")]
                let share = 100.0 * time as f64 / noticed.span.max(1) as f64;
                let _ = write!(out, " {count} ({share:.2} %) |");
            }
            let _ = match is_first {
                true => writeln!(out, " {} | {} |", run.missing, run.said),
                false => writeln!(out, " | |"),
            };
        }
    }
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

#[cfg(test)]
mod tests {
    use model::Nanos;

    use super::{Noticed, Series, Told, departures, page, series, told};
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
        let round = |read: u64, lost: u64| {
            let all = series(&due, &[frame(true, 7, [read, 0, 0, 0, 0])], |_, _| true);
            Told {
                name: "bare-x1".into(),
                quiet: if lost > 0 { Vec::new() } else { all.clone() },
                all,
                reader: Noticed { causes: [(1, lost), (0, 0), (2, 7), (0, 0)], span: 100 },
                venue: Noticed::default(),
                missing: 1,
                said: format!("{read}"),
            }
        };
        let mut told = round(1400, 1);
        told.join(round(1600, 0));
        told.join(round(1800, 0));
        let count = |all: &[Series]| all.iter().map(|one| one.times.len()).collect::<Vec<_>>();
        assert_eq!((count(&told.quiet), count(&told.all)), (vec![2], vec![3]));
        let reader = Noticed { causes: [(3, 1), (0, 0), (6, 21), (0, 0)], span: 300 };
        assert_eq!((told.reader, told.venue, told.missing), (reader, Noticed::default(), 3));
        assert_eq!((told.all[0].times.max(), told.said.as_str()), (800, "1400; 1600; 1800"));
    }

    /// Four frames on their way for 50 ns; one finds the reader's core lost, one the venue's.
    #[test]
    fn frames_are_judged_by_the_marks_of_both_sides() {
        let folder = std::env::temp_dir().join(format!("fulcrum-told-{}", std::process::id()));
        let at = folder.join("one-spin-x1");
        std::fs::create_dir_all(&at).expect("a folder");
        let lines = |line: fn(u64) -> String, count| (1..=count).map(line).collect::<String>();
        let stamp = |id: u64| {
            let places: Vec<String> =
                (1..=5).map(|at| (id * 1_000 + at * 10).to_string()).collect();
            format!("t {id} {}\n", places.join(" "))
        };
        for (name, text) in [
            ("departures", lines(|id| format!("btcusdt@aggTrade {id} {}\n", id * 1_000), 5)),
            ("stamps", lines(stamp, 4)),
            ("switches", "span 500 9000\nswitch 2020 2030\n".to_owned()),
            ("switches-venue", "span 500 9000\nstolen 3900 4000\nlate 8000 8100\n".to_owned()),
            ("said", "well\n".to_owned()),
        ] {
            std::fs::write(at.join(name), text).expect("a file");
        }
        let run = told(&at).expect("a run");
        let _ = std::fs::remove_dir_all(folder);
        let count = |all: &[Series]| {
            all.iter().find(|one| one.tag == "trade-decided").map(|one| one.times.len())
        };
        assert_eq!((count(&run.quiet), count(&run.all), run.missing), (Some(2), Some(4), 1));
        let none = (0, 0);
        assert_eq!(run.reader, Noticed { causes: [(1, 10), none, none, none], span: 8_500 });
        assert_eq!(run.venue, Noticed { causes: [none, (1, 100), (1, 100), none], span: 8_500 });
        let page = page(&[run], "a machine", Some(160.0));
        for part in [
            "- one-spin-x1: trade: 2 of 4 frames judged (50.0 %); median 50 ns = 5.00 × the plaintext",
            "- one-spin-x1: depth: none of 0 frames found every thread on its core: no verdict",
            "| one-spin-x1 | reader | 1 (0.12 %) | 0 (0.00 %) | 0 (0.00 %) | 0 (0.00 %) | 1 | well |",
            "| one-spin-x1 | venue | 0 (0.00 %) | 1 (1.18 %) | 1 (1.18 %) | 0 (0.00 %) | | |",
            "160 ns",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}

//! Turns of histograms against scipy, and POC, value area and initial balance against
//! py-market-profile.

use std::fmt::Write as _;

use analytics::anatomy::{AnatomyPlan, Study, Turn, Turns, Width};
use analytics::profile::naive::{Rules, settle};
use analytics::{Kept, Plan, Profile, Stage};
use fulcrum_oracles::{BTC, SESSION, SPOT_DAY, data, each_frame, each_trade, python, spot, usdm};
use model::{HOUR, Kind, Lots, Price, Side, Window};

const SCRIPT: &str = "anatomy.py";

/// A row like a profile's: noise, dwelling, gaps.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // xorshift64*: the same rows in every run.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % below
    }

    fn row(&mut self) -> Vec<i64> {
        let (length, lots) = (
            1 + self.roll(400),
            [3, 12, 1_000, 1 << 40][usize::try_from(self.roll(4)).expect("small")],
        );
        let mut row = Vec::new();
        while row.len() < usize::try_from(length).expect("small") {
            let lots = i64::try_from(self.roll(lots)).expect("small");
            let times = if self.roll(3) == 0 { 1 + self.roll(6) } else { 1 };
            row.extend((0..times).map(|_| lots));
        }
        row
    }
}

/// The turns of a row as the script writes them.
fn text(row: &[i64], peaks: bool) -> String {
    let turn = |turn: &Turn| {
        let Width { left, right } = Width::of(row, turn);
        let (at, prominence) = (turn.at(), turn.prominence);
        format!(
            "{},{},{at},{prominence},{:?},{left:?},{right:?}",
            turn.left,
            turn.right,
            right - left
        )
    };
    let turns = Turns::of(row);
    let mine = turns.all().iter().filter(|turn| turn.peak == peaks);
    mine.map(turn).collect::<Vec<_>>().join(" ")
}

/// Rust and Python write a float differently where it is long: both are read back.
fn cells(line: &str) -> Vec<Vec<f64>> {
    let cell = |cell: &str| cell.parse().expect("a number");
    line.split_whitespace().map(|turn| turn.split(',').map(cell).collect()).collect()
}

/// Compares every row with scipy; how many turns. `None` without Python.
fn compare(test: &str, rows: &[Vec<i64>]) -> Option<usize> {
    let mut input = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().map(i64::to_string).collect();
        writeln!(input, "{}", cells.join(" ")).expect("a string");
    }
    let output = python(test, SCRIPT, &input)?;
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2 * rows.len());
    let mut turns = 0;
    for (at, row) in rows.iter().enumerate() {
        for (peaks, line) in [(true, lines[2 * at]), (false, lines[2 * at + 1])] {
            let got = text(row, peaks);
            turns += got.split_whitespace().count();
            assert_eq!(cells(&got), cells(line), "peaks: {peaks}, {row:?}");
        }
    }
    Some(turns)
}

/// The smoothed histogram with a 0 bin on each side.
fn padded(study: &mut Study, row: &[i64], poc: usize) -> Vec<i64> {
    assert!(study.begin(row, poc), "a row of a profile");
    assert!(study.step(usize::MAX));
    let padded: Vec<i64> = [0].iter().chain(study.smoothed()).chain(&[0]).copied().collect();
    // What the study works with is the same row in pieces.
    assert_eq!(study.turns(), Turns::of(&padded).all());
    padded
}

#[test]
fn turns_of_random_rows_are_those_of_scipy() {
    let test = "turns_of_random_rows_are_those_of_scipy";
    let mut dice = Dice(0x00c0_ffee);
    let mut study = Study::new(AnatomyPlan::default());
    let mut rows = Vec::new();
    while rows.len() < 1_000 {
        let row = dice.row();
        // Every other one smoothed and padded, as nodes are looked for.
        let Some((poc, ..)) = settle(&row, Rules::STANDARD) else { continue };
        rows.push(if rows.len() % 2 == 0 { row } else { padded(&mut study, &row, poc) });
    }
    let Some(turns) = compare(test, &rows) else { return };
    assert!(turns > 50_000, "{turns} turns compared");
}

/// Every shown row of a stage's windows and extra profiles.
fn take(stage: &Stage, widths: usize, study: &mut Study, rows: &mut Vec<Vec<i64>>) {
    let windows = Window::ALL.into_iter().filter_map(|window| stage.profile(BTC, window));
    let extra = (0..widths).filter_map(|at| stage.extra(BTC, at));
    for profile in windows.chain(extra) {
        let Some((_, row)) = profile.row() else { continue };
        // A growing profile may be longer than any that the engine analyses.
        if row.len() <= analytics::anatomy::BINS_MAX {
            rows.push(padded(study, row, profile.poc_bin().expect("a row")));
        }
        rows.push(row.to_vec());
    }
}

fn plan(widths: &[i64]) -> Plan {
    let extra = widths.iter().map(|&ticks| (Window::All, ticks)).collect();
    Plan { extra, groups: Kept::NONE, tape_slots: 1 << 20, ..Plan::default() }
}

/// Nowhere.
struct Quiet;

impl model::Sink for Quiet {
    fn send(&mut self, _message: model::Message<'_>) {}
}

#[test]
fn turns_of_the_spot_day_are_those_of_scipy() {
    use runtime::Work as _;
    let test = "turns_of_the_spot_day_are_those_of_scipy";
    let Some(zip) = data(test, SPOT_DAY) else { return };
    // Ticks of 0.01: bins of 1, 5, 8.5, 20 and 100 USDT.
    let widths = [100, 500, 850, 2_000, 10_000];
    let mut stage = Stage::new(&spot(), plan(&widths));
    let mut study = Study::new(AnatomyPlan::default());
    let mut rows = Vec::new();
    let mut hour = 0;
    each_trade(zip, |draft| {
        let now = draft.head.time_match.0 / HOUR.0;
        if hour != 0 && now != hour {
            take(&stage, widths.len(), &mut study, &mut rows);
        }
        hour = now;
        stage.take(draft.message(), &mut Quiet);
    });
    take(&stage, widths.len(), &mut study, &mut rows);
    assert!(rows.len() > 24 * 2 * (6 + widths.len()) - 8, "{} rows", rows.len());
    let Some(turns) = compare(test, &rows) else { return };
    assert!(turns > 30_000, "{turns} turns compared");
}

#[test]
fn turns_of_the_futures_session_are_those_of_scipy() {
    use runtime::Work as _;
    let test = "turns_of_the_futures_session_are_those_of_scipy";
    let files: Option<Vec<_>> = SESSION.iter().map(|file| data(test, file)).collect();
    let Some(files) = files else { return };
    let widths = [1, 5, 10, 50, 128];
    let mut stage = Stage::new(&usdm(), plan(&widths));
    let mut study = Study::new(AnatomyPlan::default());
    let mut rows = Vec::new();
    let mut trades = 0_u64;
    each_frame(&files, usdm(), |draft| {
        if draft.head.kind() == Some(Kind::Trade) {
            stage.take(draft.message(), &mut Quiet);
            trades += 1;
            if trades.is_multiple_of(500) {
                take(&stage, widths.len(), &mut study, &mut rows);
            }
        }
    });
    take(&stage, widths.len(), &mut study, &mut rows);
    assert!(rows.len() > 22, "{} rows of {trades} trades", rows.len());
    let Some(turns) = compare(test, &rows) else { return };
    assert!(turns > 1_000, "{turns} turns compared");
}

/// Where py-market-profile differs, and what the adapter does about it:
/// - a row is named by its *upper* edge: the close is rounded up, we round down. So closes are
///   brought to the row above first, and a bin's low edge is the row's name;
/// - rows without volume do not exist: the profile is made of the rows that do, side by side;
/// - it takes rows while taken ≤ 70 %, we stop at ≥ 70 %: the same unless a sum hits 70 % exactly,
///   which is asserted not to happen;
/// - of equals it takes the upper, as we do; its VAH is the row, ours that row's top edge;
/// - of equal POCs it takes the middle one; the fullest row is asserted to stand alone;
/// - the initial balance includes the bar at exactly 60 minutes, ours is half-open.
#[test]
fn a_market_profile_is_that_of_py_market_profile_through_an_adapter() {
    let test = "a_market_profile_is_that_of_py_market_profile_through_an_adapter";
    let Some(file) = data(test, "oracles/pymarketprofile_google.csv") else { return };
    let path = file.to_str().expect("a path of text").to_owned();
    for size in [0.05, 0.25, 1.0] {
        let Some(output) = python(test, "anatomy_profile.py", &format!("{path}\n{size}\n")) else {
            return;
        };
        let mut lines = output.lines();
        let head: Vec<f64> = lines
            .next()
            .expect("a head")
            .split(' ')
            .map(|cell| cell.parse().expect("a number"))
            .collect();
        // In 1/10000 of a dollar, as the closes are written.
        let fine = |value: f64| (value * 10_000.0).round();
        let text = std::fs::read_to_string(&file).expect("the bars");
        let bars: Vec<Vec<&str>> =
            text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let grains = |cell: &str| {
            let value = model::decimal(cell.as_bytes()).expect("a decimal");
            value.steps(model::Fine(10_000)).expect("at most four places")
        };
        #[expect(clippy::cast_possible_truncation, reason = "500, 2 500 or 10 000")]
        let width = fine(size) as i64;
        let up = |close: i64| -(-close).div_euclid(width);
        // Only rows that exist, side by side.
        let mut names: Vec<i64> = bars.iter().map(|bar| up(grains(bar[1]))).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(lines.count(), names.len(), "rows");
        let mut profile = Profile::growing(1);
        for bar in &bars {
            let row = names.binary_search(&up(grains(bar[1]))).expect("its own row");
            let price = Price(i64::try_from(row).expect("small"));
            let volume = Lots(bar[5].parse().expect("a volume"));
            profile.add(price, Side::Buy, volume);
        }
        let volumes: Vec<i64> = profile.bins().map(|(_, buys, _)| buys.0).collect();
        let top = profile.poc_volume().0;
        assert_eq!(volumes.iter().filter(|&&lots| lots == top).count(), 1, "one POC");
        let name = |at: Price| names[usize::try_from(at.0).expect("a row")] * width;
        let (val, vah) = profile.value_area().expect("volume");
        let taken: i64 = volumes
            [usize::try_from(val.0).expect("a row")..usize::try_from(vah.0).expect("a row")]
            .iter()
            .sum();
        assert_ne!(10 * taken, 7 * profile.volume().0, "not exactly 70 %");
        let got = [name(profile.poc().expect("volume")), name(val), name(Price(vah.0 - 1))];
        #[expect(clippy::cast_possible_truncation, reason = "dollars of a share")]
        let want = [head[0], head[1], head[2]].map(|value| fine(value) as i64);
        assert_eq!(got, want, "rows of {size}");
        // The first bar opens at 06:30: up to 07:30, that bar included.
        let first: Vec<&Vec<&str>> =
            bars.iter().take_while(|bar| bar[0] <= "2017-09-27 07:30:00").collect();
        let low = first.iter().map(|bar| grains(bar[3])).min();
        let high = first.iter().map(|bar| grains(bar[2])).max();
        #[expect(clippy::cast_possible_truncation, reason = "dollars of a share")]
        let want = [head[3], head[4]].map(|value| fine(value) as i64);
        assert_eq!([low, high], [Some(want[0]), Some(want[1])], "initial balance");
    }
}

/// No proof: prints what a study costs, whole and its dearest piece (of 200 the best).
#[test]
#[expect(clippy::print_stdout, reason = "figures for whoever runs it")]
fn what_a_study_costs() {
    let mut dice = Dice(7);
    let mut study = Study::new(AnatomyPlan::default());
    for bins in [100, 400, 2_000_u64] {
        let mut row: Vec<i64> = (0..bins)
            .map(|_| 1 + i64::try_from(dice.roll(1_000) * dice.roll(1_000)).expect("small"))
            .collect();
        row[0] += 1;
        let poc = settle(&row, Rules::STANDARD).expect("lots").0;
        let (mut whole, mut copy, mut pieces) = (u128::MAX, u128::MAX, Vec::new());
        for _ in 0..200 {
            let begun = std::time::Instant::now();
            assert!(study.begin(&row, poc));
            copy = copy.min(begun.elapsed().as_nanos());
            let mut at = 0;
            loop {
                let start = std::time::Instant::now();
                let done = study.step(analytics::anatomy::PIECE);
                let cost = start.elapsed().as_nanos();
                if pieces.len() == at {
                    pieces.push(cost);
                }
                pieces[at] = pieces[at].min(cost);
                at += 1;
                if done {
                    break;
                }
            }
            whole = whole.min(begun.elapsed().as_nanos());
        }
        let dearest = pieces.iter().max().expect("a piece");
        println!(
            "{bins} bins: copied {copy} ns, {} pieces, dearest {dearest} ns, whole {whole} ns",
            pieces.len()
        );
    }
}

//! Market structure against others: fair value gaps of smartmoneyconcepts, everything else
//! against a brute-force script written from the document, and sixty windows labelled by eye.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use analytics::structure::{Candle, Fact, Gaps, LiquidationSource, Sessions, Track};
use engine::{Inline, Observer, Plan};
use fulcrum_oracles::{BTC, data, python, usdm};
use model::{
    Body, Draft, Fine, HOUR, HeatmapLine, Insight, Interval, Kind, Lots, MINUTE, Nanos, Price,
    StructureStep, StructureWhat, TradeLine, Trust,
};

const EURUSD: &str = "oracles/smc_eurusd_15m.csv.gz";
const CANDLES: &str = "dumps/spot-BTCUSDT-1h-2017_2024.csv.gz";
/// More than any of the files makes: nothing is forgotten.
const ROOM: usize = 65_536;

#[expect(clippy::print_stdout, reason = "what a test found")]
fn note(text: &str) {
    println!("{text}");
}

fn text(path: PathBuf) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the file");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gz");
    text
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// `2022.10.10 00:15:00` or `2017-08-17 04:00:00`.
fn time(cell: &str) -> Nanos {
    let part = |from: usize, to: usize| cell[from..to].parse::<u64>().expect("digits");
    let days = days(part(0, 4), part(5, 7), part(8, 10));
    Nanos((days * 24 + part(11, 13)) * HOUR.0 + part(14, 16) * MINUTE.0)
}

/// Rows that begin with a date: time, open, high, low, close in units of `tick` 10⁻⁸.
fn candles(text: &str, tick: i64) -> Vec<Candle> {
    let rows = text.lines().filter(|row| row.starts_with("20"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        let price = |at: usize| {
            let decimal = model::decimal(cells[at].as_bytes()).expect("a price");
            decimal.steps(Fine(tick)).expect("on the grid")
        };
        Candle {
            time: time(cells[0]),
            open: price(1),
            high: price(2),
            low: price(3),
            close: price(4),
            trust: Trust::SOUND,
        }
    })
    .collect()
}

fn eurusd(test: &str) -> Option<Vec<Candle>> {
    Some(candles(&text(data(test, EURUSD)?), 1_000))
}

fn bitcoin(test: &str) -> Option<Vec<Candle>> {
    Some(candles(&text(data(test, CANDLES)?), 1_000_000))
}

#[test]
fn fair_value_gaps_are_those_of_smartmoneyconcepts() {
    let test = "fair_value_gaps_are_those_of_smartmoneyconcepts";
    let Some(bars) = eurusd(test) else { return };
    let Some(golden) = data(test, "oracles/smc_fvg.csv.gz") else { return };
    let golden = text(golden);
    let rows: Vec<&str> = golden.lines().skip(1).collect();
    assert_eq!((bars.len(), rows.len()), (24_424, 24_424));

    // By the middle bar: flag, top, bottom, the bar that touched it.
    let mut ours: BTreeMap<u64, (i64, i64, i64, usize)> = BTreeMap::new();
    let place: BTreeMap<u64, usize> =
        bars.iter().enumerate().map(|(at, bar)| (bar.time.0, at)).collect();
    let mut gaps = Gaps::new(ROOM);
    for (at, bar) in bars.iter().enumerate() {
        gaps.close(bar, &mut |fact: Fact| match fact.step {
            StructureStep::Created => {
                let flag = if fact.up { 1 } else { -1 };
                ours.insert(fact.time.0, (flag, fact.top, fact.bottom, 0));
            }
            StructureStep::Touched => ours.get_mut(&fact.time.0).expect("created").3 = at,
            _ => {}
        });
    }
    let mut equal = 0;
    for (at, row) in rows.iter().enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let key = bars[at].time.0;
        if cells[0].is_empty() {
            assert!(!ours.contains_key(&key), "a gap of ours alone at {at}");
            continue;
        }
        let price = |cell: &str| {
            let decimal = model::decimal(cell.as_bytes()).expect("a price");
            decimal.steps(Fine(1_000)).expect("on the grid")
        };
        let whole = |cell: &str| cell.trim_end_matches(".0").parse::<i64>().unwrap_or(0);
        let touched = usize::try_from(whole(cells[3])).expect("a bar");
        let want = (whole(cells[0]), price(cells[1]), price(cells[2]), touched);
        assert_eq!(ours.get(&key), Some(&want), "the gap at {at}");
        equal += 1;
    }
    assert_eq!((equal, ours.len(), place.len()), (5_020, 5_020, 24_424));
    note(&format!("{equal} of 5020 gaps equal: flag, top, bottom, first touch"));
}

/// A fact as the script writes it.
fn line(at: usize, fact: &Fact) -> String {
    let Fact { what, step, up, top, bottom, time, share, trust, .. } = *fact;
    let share = if share.is_nan() { "-".into() } else { share.to_bits().to_string() };
    let (what, step, up) = (what.text(), step.text(), u8::from(up));
    // The script knows of sessions alone whether they were seen whole.
    let session =
        !matches!(fact.what, StructureWhat::Break | StructureWhat::Change | StructureWhat::Block);
    let uncovered = u8::from(session && trust.has(Trust::UNCOVERED));
    format!("{at} {what} {step} {up} {top} {bottom} {} {share} {uncovered}", time.0)
}

/// Every fact of these bars, judged by our calculators.
fn ours(bars: &[Candle], interval: Interval) -> Vec<String> {
    let mut lines = Vec::new();
    let mut track = Track::new(interval, ROOM);
    let mut sessions = Sessions::default();
    for (at, bar) in bars.iter().enumerate() {
        let mut say = |fact: Fact| lines.push(line(at, &fact));
        sessions.close(bar, interval.length(), &mut say);
        track.close(bar, &mut say);
    }
    lines
}

fn theirs(test: &str, bars: &[Candle], interval: Interval) -> Option<Vec<String>> {
    let rows = bars.iter().map(|bar| {
        let Candle { time, open, high, low, close, .. } = bar;
        format!("{} {open} {high} {low} {close}", time.0)
    });
    let rows: Vec<String> = rows.collect();
    let input = format!("{}\n{}", interval.length().0, rows.join("\n"));
    let output = python(test, "structure.py", &input)?;
    // Shares by their bits, as ours.
    let lines = output.lines().map(|row| {
        let mut cells: Vec<String> = row.split(' ').map(String::from).collect();
        if let Ok(share) = cells[7].parse::<f64>() {
            cells[7] = share.to_bits().to_string();
        }
        cells.join(" ")
    });
    Some(lines.collect())
}

fn compare(test: &str, bars: &[Candle], interval: Interval) {
    let Some(mut want) = theirs(test, bars, interval) else { return };
    let mut got = ours(bars, interval);
    want.sort();
    got.sort();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for row in &want {
        let cells: Vec<&str> = row.split(' ').collect();
        *counts.entry(format!("{} {}", cells[1], cells[2])).or_default() += 1;
    }
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|row| other.binary_search(row).is_err()).take(10).cloned().collect()
    };
    let (missing, extra) = (only(&want, &got), only(&got, &want));
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:#?}, extra {extra:#?}");
    assert_eq!(got, want);
    // Everything that can happen happened.
    for what in ["bos created", "choch created", "block broken", "block touched", "equal swept"] {
        assert!(counts.get(what).is_some_and(|count| *count > 10), "{what}: {counts:?}");
    }
    note(&format!("{test}: {} bars, {} facts equal: {counts:?}", bars.len(), got.len()));
}

#[test]
fn brute_force_finds_the_same_on_eurusd() {
    let test = "brute_force_finds_the_same_on_eurusd";
    let Some(bars) = eurusd(test) else { return };
    compare(test, &bars, Interval::Minute15);
}

#[test]
fn brute_force_finds_the_same_on_bitcoin() {
    let test = "brute_force_finds_the_same_on_bitcoin";
    let Some(bars) = bitcoin(test) else { return };
    compare(test, &bars, Interval::Hour1);
}

/// What our calculators find in a window, in the words of the labels.
fn labels(bars: &[Candle]) -> Vec<String> {
    let place = |time: Nanos| bars.iter().position(|bar| bar.time == time).expect("a bar");
    let mut gaps: BTreeMap<usize, String> = BTreeMap::new();
    let mut other = Vec::new();
    let mut track = Track::new(Interval::Hour1, ROOM);
    for (at, bar) in bars.iter().enumerate() {
        track.close(bar, &mut |fact: Fact| {
            let sign = if fact.up { '+' } else { '-' };
            let bar = place(fact.time);
            match (fact.what, fact.step) {
                (StructureWhat::Gap, StructureStep::Created) => {
                    gaps.insert(bar, format!("gap{sign}{bar}"));
                }
                (StructureWhat::Gap, step) => {
                    let mark = match step {
                        StructureStep::Touched => format!(":t{at}"),
                        StructureStep::Filled => format!(":f{at}"),
                        _ => return,
                    };
                    gaps.get_mut(&bar).expect("created").push_str(&mark);
                }
                (StructureWhat::Swing, _) => {
                    other.push(format!("{}{bar}", if fact.up { "high" } else { "low" }));
                }
                (StructureWhat::Break | StructureWhat::Change, _) => {
                    other.push(format!("{}{sign}{bar}", fact.what.text()));
                }
                _ => {}
            }
        });
    }
    // Windows of ten bars are about gaps, the longer ones about swings and breaks.
    let mut found: Vec<String> =
        if bars.len() == 10 { gaps.into_values().collect() } else { other };
    found.sort();
    found
}

/// The clusters that the engine says.
#[derive(Default)]
struct Clusters(Vec<(model::HeatInsight, Vec<model::HeatLine>)>);

impl Observer for Clusters {
    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        if insight.kind == Kind::HeatInsight as u16 {
            self.0.push((*insight.view(), body.iter().map(|line| *line.view()).collect()));
        }
    }
}

#[test]
fn a_heatmap_passes_the_whole_engine() {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1_024;
    plan.analytics.structure.liquidation_source = LiquidationSource::Coinglass;
    let mut inline = Inline::new(usdm(), &plan, Clusters::default());
    let start = 20_000 * 24 * HOUR.0;
    let mut draft = Draft::default();
    for (id, seconds) in [0, 30, 61, 122].into_iter().enumerate() {
        let time = Nanos(start + seconds * 1_000_000_000);
        draft.open(Kind::Trade, BTC);
        let id = id as u64 + 1;
        (draft.head.id, draft.head.time_match) = (id, time);
        (draft.head.time_event, draft.head.time_local) = (time, time);
        draft.push(TradeLine {
            price: Price(640_000),
            lots: Lots(1),
            lots_normal: Lots(1),
            first: id,
            last: id,
            side: 1,
            reserved: [0; 23],
        });
        inline.enter(&mut draft);
        if seconds == 61 {
            draft.open(Kind::Heatmap, BTC);
            draft.head.time_local = time;
            draft.push(HeatmapLine {
                prices: [Price(630_000), Price(650_000), Price(0), Price(0)],
                amounts: [Fine(1 << 50), Fine(1 << 49), Fine(0), Fine(0)],
            });
            inline.enter(&mut draft);
        }
    }
    let said = &inline.observer().0;
    let trusts: Vec<Trust> = said.iter().map(|(head, _)| head.trust).collect();
    assert_eq!(trusts, [Trust::MISSING, Trust::SOUND]);
    let (head, lines) = &said[1];
    assert_eq!((head.window, lines.len(), head.lines), (1, 2, 2));
    assert!(lines[0].longs > 0.0 && lines[1].shorts > 0.0 && head.down > head.up);
}

#[test]
fn windows_labelled_by_eye_agree() {
    let test = "windows_labelled_by_eye_agree";
    let (Some(euro), Some(bitcoin)) = (eurusd(test), bitcoin(test)) else { return };
    let windows = include_str!("structure_windows.txt").lines().filter(|row| !row.starts_with('#'));
    let (mut count, mut agree, mut differ) = (0, 0, Vec::new());
    for row in windows {
        let [window, want, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let [source, from, bars] = window.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let all = if source == "btc" { &bitcoin } else { &euro };
        let from: usize = from.parse().expect("a row");
        let bars: usize = bars.parse().expect("a count");
        let mut want: Vec<String> = want.split_whitespace().map(String::from).collect();
        want.sort();
        let found = labels(&all[from..from + bars]);
        count += 1;
        agree += usize::from(found == want);
        if found != want {
            differ.push(format!("{window}: by eye {want:?}, found {found:?}"));
        }
    }
    note(&format!("{agree} of {count} windows agree; {differ:#?}"));
    assert_eq!(count, 60);
    assert!(agree * 10 > count * 9, "{agree} of {count}: {differ:#?}");
}

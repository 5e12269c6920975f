//! Nodes, naked POCs and TPO as the stage says them.

use std::collections::BTreeMap;

use model::{
    DAY, Flags, HOUR, Insight, Kind, MINUTE, NakedInsight, NodeLine, NodesInsight, Price, SECOND,
    Side, TpoInsight, TpoLine, Trust, Window,
};

use super::feed::{Feed, Print, Said, book_of};
use crate::anatomy::{Anatomy, AnatomyPlan, Study};
use crate::figures::Figures;
use crate::{Kept, Plan};

const START: u64 = 19_000 * DAY.0;

fn feed() -> Feed {
    let groups = Kept { anatomy: true, ..Kept::NONE };
    Feed::new(Plan { tape_slots: 4096, groups, ..Plan::default() })
}

fn print(time: u64, price: i64, lots: i64) -> Print {
    Print { time, price, side: Side::Buy, lots }
}

/// What was said of a kind with this message, with the body lines.
fn of(feed: &Feed, kind: Kind) -> Vec<Said> {
    feed.of(kind).cloned().collect()
}

fn is_mine(kind: u16) -> bool {
    (Kind::NodesInsight as u16..=Kind::BalanceInsight as u16).contains(&kind)
}

/// Prices that wander and dwell: a number that is the same in every run.
fn wander(at: u64) -> (i64, i64) {
    let dice = at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    let (slow, fast) = (at / 400 % 60, dice % 40);
    let swing = if slow < 30 { slow } else { 60 - slow };
    let price = 600_000 + i64::try_from(swing * 700 + fast * 60).expect("small");
    (price, 1 + i64::try_from(dice % 7).expect("small"))
}

type Row = (i64, i64, Vec<i64>, usize);

#[test]
fn nodes_are_those_of_the_row_at_the_instant_they_name() {
    let mut feed = feed();
    let mut study = Study::new(AnatomyPlan::default());
    // By clock and window: width, low edge, row, POC.
    let mut rows = BTreeMap::<(u64, u8), Row>::new();
    let (mut told, mut windows, mut lines_most) = (0, BTreeMap::<u8, u64>::new(), 0);
    for at in 0..8_000 {
        let time = START + at * (SECOND.0 / 10);
        let (price, lots) = wander(at);
        feed.trade(print(time, price, lots), Flags::default());
        for window in Window::ALL {
            let profile = feed.stage.profile(super::feed::ID, window);
            let Some((profile, (low, row))) =
                profile.and_then(|profile| Some((profile, profile.row()?)))
            else {
                continue;
            };
            let poc = profile.poc_bin().expect("a row");
            let row = (profile.bin_ticks(), low.0, row.to_vec(), poc);
            rows.insert((feed.clock, window as u8), row);
        }
        rows.retain(|&(clock, _), _| clock + 60 * SECOND.0 > feed.clock);
        lines_most = lines_most.max(feed.lines(is_mine));
        for (insight, body) in of(&feed, Kind::NodesInsight) {
            let head: &NodesInsight = insight.view();
            let (width, low, row, poc) = &rows[&(head.time_row.0, head.window)];
            assert_eq!((head.bin_ticks, head.bins as usize), (*width, row.len()));
            assert_eq!(head.volume.0, row.iter().sum::<i64>());
            assert!(study.begin(row, *poc));
            assert!(study.step(usize::MAX));
            assert_eq!(usize::from(head.found), study.found());
            let lines: Vec<NodeLine> = body.iter().map(|line| *line.view()).collect();
            assert_eq!(lines.len(), study.nodes().len());
            for (line, node) in lines.iter().zip(study.nodes()) {
                let bin = i64::try_from(node.bin).expect("small");
                assert_eq!(line.level, Price(low + bin * width + width / 2));
                assert_eq!((line.prominence, line.smooth), (node.prominence, node.smooth));
                assert!(line.low <= line.level && line.level <= line.high || line.kind == 4);
            }
            told += lines.len();
            *windows.entry(head.window).or_default() += 1;
            assert_eq!(head.version, windows[&head.window]);
        }
    }
    assert!(told > 1_000, "{told} nodes");
    // Eighty times ten seconds, a hundred messages each.
    for window in [Window::All, Window::Hours2, Window::Day, Window::Funding] {
        assert!(windows[&(window as u8)] >= 60, "{windows:?}");
    }
    assert!(lines_most <= Anatomy::LINES_MAX, "{lines_most}");
    const { assert!(Anatomy::LINES_MAX <= 96) };
}

#[test]
fn what_a_hole_lies_in_is_told_as_contaminated() {
    let mut feed = feed();
    let mut seen = BTreeMap::new();
    for at in 0..1_200_u64 {
        let time = START + at * (SECOND.0 / 4);
        let flags = if at == 600 { Flags::GAP } else { Flags::default() };
        let (price, lots) = wander(at);
        feed.trade(print(time, price, lots), flags);
        for (insight, _) in of(&feed, Kind::NodesInsight) {
            let contaminated = insight.trust.has(Trust::CONTAMINATED);
            assert_eq!(contaminated, at >= 600, "{at}");
            *seen.entry(contaminated).or_insert(0) += 1;
        }
    }
    assert!(seen[&true] > 50 && seen[&false] > 50, "{seen:?}");
}

/// Events of naked POCs said with the last message: window, event, level.
fn naked(feed: &Feed) -> Vec<(u8, &'static str, i64)> {
    let all = of(feed, Kind::NakedInsight);
    let record = |insight: &Insight| *insight.view::<NakedInsight>();
    all.iter()
        .map(|(insight, _)| record(insight))
        .map(|it| (it.window, it.text(), it.poc.0))
        .collect()
}

#[test]
fn a_poc_is_naked_until_price_comes_back_or_72_hours_went_by() {
    let funding = Window::Funding as u8;
    let sound = Flags::default();
    let mut feed = feed();
    // Three sessions: POC at 600 000, 610 000, 620 000; then price stays at 630 000.
    for (session, price) in [(0, 600_000), (1, 610_000), (2, 620_000)] {
        let open = START + session * 8 * HOUR.0;
        feed.trade(print(open + HOUR.0, price, 9), sound);
        assert_eq!(naked(&feed).len(), usize::from(session > 0), "{session}");
        feed.trade(print(open + 2 * HOUR.0, price + 9_000, 1), sound);
        assert_eq!(naked(&feed), []);
    }
    // Δ is 128 ticks: the bin of 600 000 begins at 599 936 and its centre is 600 000.
    let level = |price: i64| price.div_euclid(128) * 128 + 64;
    feed.trade(print(START + DAY.0, 630_000, 1), sound);
    let day = Window::Day as u8;
    assert_eq!(
        naked(&feed),
        [(day, "registered", level(600_000)), (funding, "registered", level(620_000))]
    );
    // A trade crosses the newest from above.
    feed.trade(print(START + DAY.0 + HOUR.0, level(620_000) - 1, 1), sound);
    assert_eq!(naked(&feed), [(funding, "touched", level(620_000))]);
    // The book comes within a tick of the next, not nearer, then does.
    let quote =
        |bid: i64| model::BookLine { bid: Price(bid), ask: Price(bid + 1), ..book_of(100, 100, 0) };
    let time = START + DAY.0 + 2 * HOUR.0;
    feed.book(time, quote(level(610_000) + 2));
    assert_eq!(naked(&feed), []);
    feed.book(time, quote(level(610_000) + 1));
    assert_eq!(naked(&feed), [(funding, "touched", level(610_000))]);
    // A hole: whoever still stands may have been touched.
    feed.trade(print(time + 1, level(610_000), 1), Flags::GAP);
    // The first session ended at 08:00, the day at 24:00; nobody came.
    feed.clock(START + 8 * HOUR.0 + 3 * DAY.0 - 1);
    assert_eq!(naked(&feed).iter().filter(|it| it.1 == "forgotten").count(), 0);
    feed.clock(START + 8 * HOUR.0 + 3 * DAY.0);
    assert_eq!(naked(&feed), [(funding, "forgotten", level(600_000))]);
    assert!(of(&feed, Kind::NakedInsight)[0].0.trust.has(Trust::CONTAMINATED));
}

#[test]
fn letters_are_told_when_a_bracket_ends() {
    let mut feed = feed();
    let mut said = Vec::new();
    // Bracket A: 600 000 to 601 000, B above, C below.
    let ranges = [(600_000, 601_000), (600_500, 603_000), (598_000, 600_600)];
    for (at, (low, high)) in (0_u64..).zip(ranges) {
        let open = START + at * 30 * MINUTE.0;
        for (second, price) in [(1, low), (2, high), (3, low), (1_799, high)] {
            feed.trade(print(open + second * SECOND.0, price, 2), Flags::default());
            said.extend(of(&feed, Kind::TpoInsight));
            for after in 1..25 {
                feed.clock(open + (second.min(1_770) + after) * SECOND.0);
                said.extend(of(&feed, Kind::TpoInsight));
            }
        }
    }
    // A trade that comes late goes into the open bracket, not into the one that is over.
    feed.trade(print(START + 90 * MINUTE.0 + SECOND.0, 599_000, 1), Flags::default());
    for second in 2..40 {
        feed.clock(START + 90 * MINUTE.0 + second * SECOND.0);
        said.extend(of(&feed, Kind::TpoInsight));
    }
    assert_eq!(said.len(), 3);
    let (head, body) = &said[2];
    let head: &TpoInsight = head.view();
    let lines: Vec<TpoLine> = body.iter().map(|line| *line.view()).collect();
    let brackets = lines.iter().filter(|line| line.kind == 1);
    let got: Vec<_> = brackets
        .map(|line| (char::from(line.letter), line.low_traded.0, line.high_traded.0))
        .collect();
    let want: Vec<_> =
        "ABC".chars().zip(ranges).map(|(letter, (low, high))| (letter, low, high)).collect();
    assert_eq!(got, want);
    assert_eq!((head.brackets, head.completed, head.bin_ticks), (3, 0, 128));
    // By hand: bins 4687..=4695, 4691..=4710 and 4671..=4692; all three letters in 4691, 4692.
    assert_eq!(head.letters, 9 + 20 + 22);
    assert_eq!(head.poc, Price(4_691 * 128));
    assert_eq!(head.singles, 0, "both ends of the range are single, none is inside");
}

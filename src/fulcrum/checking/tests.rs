//! Hand-made decisions, recorded and derived, and what the check says of them.

use std::fs;
use std::path::{Path, PathBuf};

use engine::{DecisionLog, Plan};
use journal::{Files, Recorder, RecorderPlan};
use model::{
    CloseDecision, CloseLine, Fine, Head, InstrumentId, Kind, Line, Lots, Message, Nanos, Price,
    Sink, StateDecision, Trust, Window,
};
use runtime::crc;
use runtime::log::{self, create};
use runtime::station::Outlet;

use super::{Checker, Outcome};

/// A run's directory of its own that goes with it.
struct Run(PathBuf);

impl Run {
    fn new(name: &str) -> Self {
        let name = format!("fulcrum-checking-{name}-{}", std::process::id());
        let run = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(run.place()).expect("a directory");
        run
    }

    fn place(&self) -> PathBuf {
        journal::decisions(&self.0)
    }

    fn segment(&self) -> PathBuf {
        self.place().join("0000000001.journal")
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What cannot be removed stays in the temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn plan() -> Plan {
    Plan { strategy: Some(strategy::Plan::demonstration()), ..Plan::default() }
}

/// A state, then a position that closed at this price.
fn decisions(event: u64, exit: i64) -> [(Head, Vec<Line>); 2] {
    let state = StateDecision {
        sequence: event,
        kind: Kind::StateDecision as u16,
        instrument: InstrumentId::NONE,
        lines: 0,
        window: 0,
        trust: Trust::SOUND,
        time_venue: Nanos(1_721_347_200_000_000_000 + event),
        causes: 1,
        contamination: 0,
        abstaining: 0,
        equity: Fine(5),
        state: 2,
        before: 1,
        frozen: 0,
        reserved: [0; 5],
    };
    let close = CloseDecision {
        sequence: event,
        kind: Kind::CloseDecision as u16,
        instrument: InstrumentId(0),
        lines: 1,
        window: Window::Day as u8,
        trust: Trust::SOUND,
        time_venue: Nanos(1_721_347_200_000_000_000 + event),
        signal: 7,
        level: 8,
        result: Fine(-9),
        lots: Lots(10),
        role: 1,
        why: 2,
        side: 1,
        hypothesis: 3,
        reserved: 0,
    };
    let line = CloseLine {
        entry: Fine(1),
        exit: Fine(exit),
        fees: Fine(3),
        time_open: Nanos(4),
        stop: Price(5),
        target: Price(6),
        reserved: [0; 2],
    };
    let head = |line: Line| *line.view::<Head>();
    [(head(Line::of(state)), vec![]), (head(Line::of(close)), vec![Line::of(line)])]
}

fn send(out: &mut impl Sink, event: u64, exit: i64) {
    for (head, body) in decisions(event, exit) {
        // Of a decision the third word counts its lines as a head's does.
        out.send(Message { head: &head, body: model::Body { front: &body, back: &[] } });
    }
}

/// Records the decisions of these events; `ended` in order, or as after a kill.
fn record(run: &Run, plan: &Plan, events: &[u64], ended: bool) {
    let hot = run.0.join("hot");
    let (writer, keeper, log) =
        create(log::Plan::of_decisions(hot, 7), Nanos(1)).expect("a hot log");
    let mut recorder = Recorder::new(&log, Files::new(run.place()), RecorderPlan::default());
    let mut decisions = DecisionLog::begin(writer, plan, Nanos(2));
    for &event in events {
        send(&mut decisions, event, 2);
    }
    if ended {
        decisions.close();
    }
    recorder.finish(Nanos(3)).expect("a disk");
    keeper.remove().expect("removed");
}

fn check(run: &Path, plan: &Plan, events: &[(u64, i64)], last: u64) -> Outcome {
    let mut checker = Checker::open(run, plan).expect("recorded decisions");
    for &(event, exit) in events {
        send(&mut checker, event, exit);
    }
    checker.finish(last)
}

/// What the first difference is said to be.
fn said(outcome: &Outcome) -> String {
    let mut instruments = model::Instruments::default();
    let grid = model::Instrument::new("BTCUSDT", "0.1", "0.001").expect("a sound grid");
    instruments.put(grid).expect("room");
    outcome.sentence(&instruments).unwrap_or_default()
}

#[test]
fn the_same_decisions_are_equal_and_the_first_other_one_is_named() {
    let run = Run::new("same");
    record(&run, &plan(), &[3, 5, 8], true);
    let same = check(&run.0, &plan(), &[(3, 2), (5, 2), (8, 2)], 9);
    assert!(same.is_equal() && same.is_same_plan(), "{same:?}");
    assert_eq!((same.decisions, same.compared, same.beyond), (6, 6, 0));

    let time = |event| format!("2024-07-19T00:00:00.00000000{event}Z");
    for (derived, last, want) in [
        (
            vec![(3, 2), (5, 4), (8, 5)],
            9,
            format!(
                "decision 4 differs: event 5, {}, close of BTCUSDT: close.exit is 2 recorded, \
                 4 derived",
                time(5)
            ),
        ),
        (
            vec![(3, 2), (6, 2)],
            9,
            format!(
                "decision 3 differs: event 6, {}, state: sequence is 5 recorded, 6 derived; \
                 time_venue is 1721347200000000005 recorded, 1721347200000000006 derived",
                time(6)
            ),
        ),
        (
            vec![(3, 2), (5, 2)],
            9,
            format!("decision 5 differs: event 8, {}, state: recorded, but not derived", time(8)),
        ),
        (
            vec![(3, 2), (5, 2), (8, 2), (9, 2)],
            9,
            format!("decision 7 differs: event 9, {}, state: derived, but not recorded", time(9)),
        ),
    ] {
        let outcome = check(&run.0, &plan(), &derived, last);
        assert!(!outcome.is_equal());
        assert_eq!(said(&outcome), want);
    }
}

#[test]
fn logs_of_different_lengths_are_equal_as_far_as_both_go() {
    // Killed before it had recorded all that it decided.
    let run = Run::new("short");
    record(&run, &plan(), &[3, 5], false);
    let outcome = check(&run.0, &plan(), &[(3, 2), (5, 2), (8, 2)], 9);
    assert!(outcome.is_equal(), "{}", said(&outcome));
    assert_eq!((outcome.decisions, outcome.compared, outcome.beyond), (6, 4, 0));
    // And the events lost, but not what was decided on them.
    let outcome = check(&run.0, &plan(), &[(3, 2)], 4);
    assert!(outcome.is_equal(), "{}", said(&outcome));
    assert_eq!((outcome.decisions, outcome.compared, outcome.beyond), (2, 2, 2));
}

#[test]
fn another_plan_is_named() {
    let run = Run::new("plan");
    record(&run, &plan(), &[3], true);
    let mut other = plan();
    other.analytics.obi_window = 299;
    other.book.content = true;
    let strategy = other.strategy.as_mut().expect("one");
    strategy.fees.taker.0 += 1;
    let outcome = check(&run.0, &other, &[(3, 2)], 9);
    assert!(outcome.is_equal() && !outcome.is_same_plan());
    let named: Vec<&str> = outcome.plan.iter().map(|differs| differs.field.as_str()).collect();
    assert_eq!(named, ["analytics.obi_window", "strategy.fees.taker"], "content decides nothing");
    let outcome = check(&run.0, &Plan::default(), &[], 2);
    let named = outcome.plan.last().expect("one");
    assert_eq!((named.field.as_str(), named.other.as_deref()), ("strategy", Some("None")));
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let run = Run::new("flipped");
    record(&run, &plan(), &[3, 5, 8], true);
    let sound = fs::read(run.segment()).expect("a segment");
    // The last line of the second event: behind it a state of two lines, a position of three, and
    // the end of the log.
    let line = sound.len() - (1 + 3 + 2 + 1) * 64;
    let mut flipped = sound.clone();
    flipped[line + 8] ^= 4;
    fs::write(run.segment(), &flipped).expect("written");
    let all = [(3, 2), (5, 2), (8, 2)];
    let sentence = said(&check(&run.0, &plan(), &all, 9));
    assert!(sentence.contains("0000000001.journal") && sentence.contains("checksum"), "{sentence}");

    // The same by a hand that mends the checksum.
    let head = line - 2 * 64;
    let lines: Vec<Line> =
        flipped[head..head + 3 * 64].chunks(64).map(bytemuck::pod_read_unaligned).collect();
    let crc = crc::message(Message::new(lines[0].view(), &lines[1..]));
    flipped[head + 16..head + 20].copy_from_slice(&crc.to_le_bytes());
    fs::write(run.segment(), &flipped).expect("written");
    let sentence = said(&check(&run.0, &plan(), &all, 9));
    assert!(sentence.ends_with("close.exit is 6 recorded, 2 derived"), "{sentence}");
}

#[test]
fn a_run_without_recorded_decisions_is_refused() {
    let run = Run::new("none");
    let stop = Checker::open(&run.0, &plan()).expect_err("nothing there");
    assert_eq!(stop.exit, crate::exit::Exit::Usage);
    fs::remove_dir(run.place()).expect("removed");
    let stop = Checker::open(&run.0, &plan()).expect_err("nothing there");
    assert!(stop.message.contains("no recorded decisions"), "{}", stop.message);
}

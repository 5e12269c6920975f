//! No look-ahead: what is said over a prefix of the data is what is said for that stretch when
//! the whole is processed, whatever comes later, and nothing final is said again differently.
//!
//! Compared is every reading that is marked final. Provisional ones may change; that is what
//! their mark says.
#![expect(clippy::print_stdout, reason = "a test says what it compared")]

use std::collections::BTreeMap;

use bytemuck::Zeroable as _;
use engine::{Inline, Observer, Plan};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::tape::Tape;
use fulcrum_oracles::{SESSION, SPOT_DAY, data, each_frame, spot, spot_day, usdm};
use model::{
    Body, Digest, Draft, Insight, Instruments, Kind, Line, Lots, Message, Nanos, Price, TradeLine,
    Trust,
};

/// Messages of another future that a prefix is followed by.
const FUTURE: usize = 2_000;

/// What a final reading speaks of, beside its kind and window: words of the insight and of its
/// first body line. Two of the same must be one.
const NAMES: &[(Kind, &[usize], &[usize])] = &[
    (Kind::OfiInsight, &[0], &[]),
    (Kind::RegimeInsight, &[0], &[]),
    (Kind::LiquidityInsight, &[0], &[]),
    (Kind::LiquidationsInsight, &[0], &[]),
    (Kind::SpikeInsight, &[0], &[]),
    (Kind::FootprintInsight, &[0], &[]),
    (Kind::KyleInsight, &[4], &[]),
    (Kind::VolatilityInsight, &[3], &[]),
    (Kind::TapeInsight, &[], &[6]),
    (Kind::MarkoutInsight, &[0], &[]),
    (Kind::OscillatorInsight, &[4], &[]),
    (Kind::AtrInsight, &[4], &[]),
    (Kind::AccumulationInsight, &[2], &[]),
    (Kind::AverageInsight, &[4], &[]),
    (Kind::SwingInsight, &[1], &[7]),
    (Kind::DivergenceInsight, &[1, 3, 4], &[7]),
    (Kind::ParticipationInsight, &[0], &[]),
    (Kind::ClustersInsight, &[0], &[]),
    (Kind::TimeframesInsight, &[0], &[]),
    (Kind::NodesInsight, &[0], &[]),
];

/// Digests of what was said, by kind, with the sequence of the event that caused it.
#[derive(Default)]
struct Said {
    kinds: BTreeMap<u16, Vec<(u64, u64)>>,
    // Sequence of the last message, ticks included.
    sequence: u64,
    // What was said of a thing that has a name, by that; and what was said of it differently.
    named: BTreeMap<(u16, u8, [u64; 4]), u64>,
    rewritten: Vec<Insight>,
}

impl Observer for Said {
    fn event(&mut self, message: Message<'_>) {
        self.sequence = message.head.sequence;
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        assert_eq!(insight.sequence, self.sequence, "said of an event that is over");
        if insight.trust.has(Trust::PROVISIONAL) {
            return;
        }
        let digest = digest(insight, body);
        self.kinds.entry(insight.kind).or_default().push((insight.sequence, digest));
        self.name(insight, body);
    }
}

impl Said {
    fn name(&mut self, insight: &Insight, body: Body<'_>) {
        let Some((_, words, of_body)) = NAMES.iter().find(|of| of.0 as u16 == insight.kind) else {
            return;
        };
        let line = body.view::<Line>(0).map_or([0; 8], |line| line.0);
        let all = words.iter().map(|&at| insight.values[at]);
        let mut name = [0; 4];
        let all = all.chain(of_body.iter().map(|&at| line[at]));
        name.iter_mut().zip(all).for_each(|(to, word)| *to = word);
        let what = digest(&Insight { sequence: 0, time_venue: Nanos::NONE, ..*insight }, body);
        let name = (insight.kind, insight.window, name);
        if self.named.insert(name, what).is_some_and(|before| before != what) {
            self.rewritten.push(*insight);
        }
    }
}

fn digest(insight: &Insight, body: Body<'_>) -> u64 {
    let mut digest = Digest::default();
    digest.line(&Line::of(*insight));
    body.iter().for_each(|line| digest.line(line));
    digest.value()
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan
}

/// What the tape says up to its message `cut` and over another future behind it; with the sequence
/// of that message.
fn said(instruments: Instruments, tape: &Tape, cut: usize) -> (Said, u64) {
    let mut inline = Inline::new(instruments, &plan(), Said::default());
    let mut until = 0;
    tape.first(cut.saturating_add(FUTURE), |at, draft| {
        if at > cut {
            other_future(draft);
        }
        inline.enter(draft);
        if at == cut {
            until = inline.observer().sequence;
        }
    });
    (std::mem::take(inline.observer()), until)
}

/// Another future: every trade prints a tenth lower and on the other side, every other figure
/// of the market is gone.
fn other_future(draft: &mut Draft) {
    if draft.head.kind() == Some(Kind::Trade)
        && let Some(line) = draft.last::<TradeLine>()
    {
        line.price = Price(line.price.0 - line.price.0 / 10);
        line.lots = Lots(line.lots.0 + 1);
        line.side = 3 - line.side;
    } else {
        let (time, id) = (draft.head.time_local, draft.head.instrument);
        draft.open(Kind::Mark, id);
        draft.head.time_local = time;
        draft.push(model::MarkLine::zeroed());
    }
}

/// Readings up to a sequence that were compared, and those that another future changed.
fn compare(whole: &Said, bent: &Said, until: u64) -> (usize, usize) {
    let (mut compared, mut rewritten) = (0, 0);
    for (kind, readings) in &whole.kinds {
        let before = readings.iter().take_while(|(sequence, _)| *sequence <= until).count();
        let other = bent.kinds.get(kind).map_or(&[][..], Vec::as_slice);
        let same = |at: usize| other.get(at) == Some(&readings[at]);
        compared += before;
        rewritten += (0..before).filter(|&at| !same(at)).count();
        let more = other.iter().take_while(|(sequence, _)| *sequence <= until).count();
        rewritten += more.saturating_sub(before);
    }
    (compared, rewritten)
}

/// Holds it over the first third of the tape and over the first two.
fn hold(name: &str, instruments: fn() -> Instruments, tape: &Tape) {
    let (whole, _) = said(instruments(), tape, usize::MAX);
    let readings: usize = whole.kinds.values().map(Vec::len).sum();
    let (mut compared, mut rewritten) = (0, 0);
    for third in [1, 2] {
        let (bent, until) = said(instruments(), tape, tape.len() * third / 3);
        let (looked, changed) = compare(&whole, &bent, until);
        compared += looked;
        rewritten += changed;
    }
    println!(
        "{name}: {} messages, {readings} readings of {} kinds; {compared} compared over two \
         prefixes, {rewritten} rewritten; {} things named, {} said again differently",
        tape.len(),
        whole.kinds.len(),
        whole.named.len(),
        whole.rewritten.len(),
    );
    assert!(readings > 0 && compared > readings / 2, "{name}: little was compared");
    assert_eq!(rewritten, 0, "{name}: readings that another future changed");
    assert_eq!(whole.rewritten.first(), None, "{name}: final readings said again differently");
}

#[test]
fn no_future_changes_the_spot_day() {
    let Some(zip) = data("no_future_changes_the_spot_day", SPOT_DAY) else { return };
    hold("spot day", spot, spot_day(zip));
}

#[test]
fn no_future_changes_the_session() {
    let test = "no_future_changes_the_session";
    let files: Option<Vec<_>> = SESSION.iter().map(|file| data(test, file)).collect();
    let Some(files) = files else { return };
    let mut tape = Tape::default();
    each_frame(&files, usdm(), |draft| tape.keep(draft));
    hold("2024 session", usdm, &tape);
}

#[test]
fn no_future_changes_twenty_synthetic_days() {
    // Two at a time: a day costs seconds.
    std::thread::scope(|scope| {
        for first in [1, 2] {
            scope.spawn(move || {
                for seed in (first..=20).step_by(2) {
                    let mut tape = Tape::default();
                    Day::new(seed).each(|draft| tape.keep(draft));
                    hold(&format!("synthetic day {seed}"), usdm, &tape);
                }
            });
        }
    });
}

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
use fulcrum_oracles::{SESSION, SPOT_DAY, data, each_frame, each_trade, spot, usdm};
use model::{
    Body, Digest, Draft, Insight, Instruments, Kind, Line, Lots, Message, Price, TradeLine, Trust,
};

/// Digests of what was said, by kind, with the sequence of the event that caused it.
#[derive(Default)]
struct Said {
    kinds: BTreeMap<u16, Vec<(u64, u64)>>,
    // Sequence of the last message, ticks included.
    sequence: u64,
}

impl Observer for Said {
    fn event(&mut self, message: Message<'_>) {
        self.sequence = message.head.sequence;
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        if insight.trust.has(Trust::PROVISIONAL) {
            return;
        }
        let mut digest = Digest::default();
        digest.line(&Line::of(*insight));
        body.iter().for_each(|line| digest.line(line));
        self.kinds.entry(insight.kind).or_default().push((insight.sequence, digest.value()));
    }
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan
}

/// Hands every message of a tape, in order, to whom it is given.
type Tape<'t> = &'t dyn Fn(&mut dyn FnMut(&mut Draft));

/// What the tape says when it has another future behind its message `cut`; with how many
/// messages, and the sequence of that message.
fn said(instruments: Instruments, tape: Tape<'_>, cut: usize) -> (Said, usize, u64) {
    let mut inline = Inline::new(instruments, &plan(), Said::default());
    let (mut at, mut until) = (0, 0);
    tape(&mut |draft| {
        if at > cut {
            other_future(draft);
        }
        inline.enter(draft);
        if at == cut {
            until = inline.observer().sequence;
        }
        at += 1;
    });
    (std::mem::take(inline.observer()), at, until)
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

/// Holds it with the future bent behind each of these thirds of the tape.
fn hold(name: &str, thirds: &[usize], instruments: fn() -> Instruments, tape: Tape<'_>) {
    let (whole, messages, _) = said(instruments(), tape, usize::MAX);
    let readings: usize = whole.kinds.values().map(Vec::len).sum();
    let (mut compared, mut rewritten) = (0, 0);
    for third in thirds {
        let (bent, _, until) = said(instruments(), tape, messages * third / 3);
        let (looked, changed) = compare(&whole, &bent, until);
        compared += looked;
        rewritten += changed;
    }
    println!(
        "{name}: {messages} messages, {readings} readings of {} kinds; {compared} compared, \
         {rewritten} rewritten",
        whole.kinds.len()
    );
    assert!(readings > 0 && compared > readings / 2, "{name}: little was compared");
    assert_eq!(rewritten, 0, "{name}: readings that another future changed");
}

#[test]
fn no_future_changes_the_spot_day() {
    let Some(zip) = data("no_future_changes_the_spot_day", SPOT_DAY) else { return };
    hold("spot day", &[1, 2], spot, &|take| {
        each_trade(zip.clone(), |draft| take(draft));
    });
}

#[test]
fn no_future_changes_the_session() {
    let test = "no_future_changes_the_session";
    let files: Option<Vec<_>> = SESSION.iter().map(|file| data(test, file)).collect();
    let Some(files) = files else { return };
    hold("2024 session", &[1, 2], usdm, &|take| {
        each_frame(&files, usdm(), |draft| take(draft));
    });
}

#[test]
fn no_future_changes_twenty_synthetic_days() {
    // Two at a time; the whole of each and one bent: a day costs seconds.
    std::thread::scope(|scope| {
        for first in [1, 2] {
            scope.spawn(move || {
                for seed in (first..=20).step_by(2) {
                    let tape =
                        |take: &mut dyn FnMut(&mut Draft)| Day::new(seed).each(|draft| take(draft));
                    hold(&format!("synthetic day {seed}"), &[2], usdm, &tape);
                }
            });
        }
    });
}

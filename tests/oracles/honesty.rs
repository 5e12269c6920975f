//! Gap honesty: with trades or depth missing, late or doubled, nothing is said as sound that the
//! unbroken input does not say too; and when all is repaired the state is the unbroken one's.
//!
//! The rule needs no knowledge of any figure: every reading of the broken run that carries no
//! reservation must stand, value for value, among those of the unbroken run.
#![expect(clippy::print_stdout, reason = "a test says what it compared")]

use std::collections::{BTreeMap, BTreeSet};

use engine::{Inline, Observer, Plan, Summary};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::usdm;
use model::{Body, Digest, Draft, Flags, Insight, Kind, Line, Trust};

/// Digests of what was said without its sequence: by kind those without a reservation, and how
/// many had one.
#[derive(Default)]
struct Said {
    sound: BTreeMap<u16, BTreeSet<u64>>,
    reserved: usize,
}

impl Observer for Said {
    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        if insight.trust != Trust::SOUND {
            self.reserved += 1;
            return;
        }
        let mut digest = Digest::default();
        digest.line(&Line::of(Insight { sequence: 0, ..*insight }));
        body.iter().for_each(|line| digest.line(line));
        self.sound.entry(insight.kind).or_default().insert(digest.value());
    }
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan
}

/// Runs a day; `bend` says how often each message enters (0 drops it), by its place.
fn run(seed: u64, mut bend: impl FnMut(usize, &mut Draft) -> usize) -> (Said, Summary) {
    let mut inline = Inline::new(usdm(), &plan().with_content(true), Said::default());
    let mut at = 0;
    Day::new(seed).each(|draft| {
        let saved = draft.clone();
        for _ in 0..bend(at, draft) {
            inline.enter(draft);
            draft.clone_from(&saved);
        }
        at += 1;
    });
    (std::mem::take(inline.observer()), inline.summary())
}

/// Sound readings of the broken run that the unbroken one does not have, by kind.
fn lies(whole: &Said, broken: &Said) -> BTreeMap<&'static str, (usize, usize)> {
    let mut lies = BTreeMap::new();
    for (&kind, sound) in &broken.sound {
        let of_whole = whole.sound.get(&kind);
        let new = sound.iter().filter(|said| !of_whole.is_some_and(|all| all.contains(said)));
        let count = new.count();
        if count > 0 {
            let name = Kind::from_number(kind).map_or("unknown", Kind::text);
            lies.insert(name, (count, sound.len()));
        }
    }
    lies
}

/// The middle of the day.
const NOON: usize = 170_000;

#[test]
fn lost_trades_leave_nothing_sound_that_needs_them() {
    let (whole, _) = run(7, |_, _| 1);
    let (broken, _) = run(7, |at, draft| {
        let lost = (NOON..NOON + 60).contains(&at) && draft.head.kind() == Some(Kind::Trade);
        usize::from(!lost)
    });
    let sound: usize = broken.sound.values().map(BTreeSet::len).sum();
    println!("lost trades: {sound} sound readings, {} with a reservation", broken.reserved);
    assert!(broken.reserved > whole.reserved, "the hole is seen");
    assert_eq!(lies(&whole, &broken), BTreeMap::new(), "(kind: readings without ground, of all)");
}

#[test]
fn a_lost_depth_event_leaves_nothing_sound_that_needs_it() {
    let (whole, _) = run(8, |_, _| 1);
    let (broken, _) = run(8, |at, draft| {
        let lost = (NOON..NOON + 20).contains(&at) && draft.head.kind() == Some(Kind::Depth);
        usize::from(!lost)
    });
    let sound: usize = broken.sound.values().map(BTreeSet::len).sum();
    println!("lost depth: {sound} sound readings, {} with a reservation", broken.reserved);
    assert!(broken.reserved > whole.reserved, "the hole is seen");
    assert_eq!(lies(&whole, &broken), BTreeMap::new(), "(kind: readings without ground, of all)");
}

#[test]
fn doubled_messages_change_nothing() {
    let (whole, summary) = run(9, |_, _| 1);
    let (broken, doubled) = run(9, |at, draft| {
        let kinds = [Kind::Trade, Kind::Depth].map(Some);
        if at % 50 == 0 && kinds.contains(&draft.head.kind()) { 2 } else { 1 }
    });
    assert_eq!(doubled.content, summary.content, "the state is the unbroken input's");
    assert_eq!(lies(&whole, &broken), BTreeMap::new(), "(kind: readings without ground, of all)");
}

#[test]
fn trades_that_come_late_but_in_order_leave_the_same_state() {
    // What a repairing source does: the trades of a hole come later, all of them, in order.
    let (_, summary) = run(10, |_, _| 1);
    let mut inline = Inline::new(usdm(), &plan().with_content(true), ());
    let (mut at, mut held) = (0, Vec::new());
    Day::new(10).each(|draft| {
        let holding = (NOON..NOON + 6).contains(&at);
        if holding && draft.head.kind() == Some(Kind::Trade) {
            held.push(draft.clone());
        } else {
            if !holding {
                for mut trade in held.drain(..) {
                    trade.head.flags = Flags::default();
                    trade.head.time_local = draft.head.time_local;
                    inline.enter(&mut trade);
                }
            }
            inline.enter(draft);
        }
        at += 1;
    });
    let again = inline.summary();
    for (figure, digest) in summary.content.iter().filter(|(name, _)| !name.starts_with("bars")) {
        assert!(again.content.contains(&(figure.clone(), *digest)), "{figure} differs");
    }
}

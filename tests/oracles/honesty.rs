//! Gap honesty: with trades or depth missing, late or doubled, nothing is said as sound that the
//! unbroken input does not say too; and when all is repaired the state is the unbroken one's.
//!
//! The rule needs no knowledge of any figure: every reading of the broken run that carries no
//! reservation must stand, value for value, among those of the unbroken run.
#![expect(clippy::print_stdout, reason = "a test says what it compared")]

use std::collections::BTreeMap;

use engine::{Inline, Observer, Plan, Summary};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::usdm;
use model::{
    Body, DAY, Digest, Draft, Flags, HOUR, Insight, Kind, Line, Nanos, Trust, Window, missing,
};

/// Words of a record that say when, or how it stands among earlier samples: a lost message moves
/// those without making the figure wrong. A contaminated second or bar gives no sample, so that
/// a window of so many samples reaches further back.
struct When {
    kind: Kind,
    /// Of the insight.
    words: &'static [usize],
    /// Of each body line.
    body: &'static [usize],
}

const WHEN: &[When] = &[
    // The update id.
    When { kind: Kind::TopInsight, words: &[4], body: &[] },
    // z.
    When { kind: Kind::ObiInsight, words: &[1, 4], body: &[] },
    // The percentile.
    When { kind: Kind::KyleInsight, words: &[2], body: &[] },
    // z and what the check of it says, and the ordinal.
    When { kind: Kind::SwingInsight, words: &[4], body: &[1, 7] },
    When { kind: Kind::DivergenceInsight, words: &[], body: &[4, 5, 6] },
    // The percentile.
    When { kind: Kind::OfiInsight, words: &[4], body: &[] },
    // Which seconds are suppressed is a baseline's word; the minute stands.
    When { kind: Kind::RegimeInsight, words: &[1, 2, 3, 4], body: &[] },
];

/// Looked at in turns, a piece a message: a message less, and later looks come at other instants.
/// None of them needs the book; what a hole in the tape does to them is held by their windows.
const IN_TURNS: &[Kind] = &[Kind::NodesInsight, Kind::ShapeInsight, Kind::AvwapInsight];

/// A sound look at a window that holds the instant of a hole in the tape.
fn looks_over(hole: u64, insight: &Insight) -> bool {
    let window = Window::ALL.get(usize::from(insight.window));
    let time = insight.time_venue.0;
    let since = match window {
        Some(Window::All | Window::Composite) => 0,
        Some(Window::Hours2) => time - 2 * HOUR.0,
        Some(Window::Hours8) => time - 8 * HOUR.0,
        Some(Window::Hours24) => time.saturating_sub(24 * HOUR.0),
        Some(Window::Day) => time - time % DAY.0,
        Some(Window::Funding) => time - time % (8 * HOUR.0),
        // An average says since when it is one; of anchored nodes the window's own record says it.
        _ if insight.kind == Kind::AvwapInsight as u16 => insight.values[4],
        _ => return false,
    };
    // A session that is over is looked at once more, shortly behind its end.
    since + 60_000_000_000 <= hole && hole + 60_000_000_000 < time
}

/// A reading without its sequence, its time, its trust, and the words of [`WHEN`].
fn what(insight: &Insight, body: Body<'_>) -> Vec<Line> {
    let (trust, time_venue) = (Trust::SOUND, Nanos::NONE);
    let mut bare = Insight { sequence: 0, trust, time_venue, ..*insight };
    let when = WHEN.iter().find(|when| when.kind as u16 == insight.kind);
    for &word in when.map_or(&[][..], |when| when.words) {
        bare.values[word] = 0;
    }
    let mut lines = vec![Line::of(bare)];
    for line in body.iter() {
        let mut line = *line;
        for &word in when.map_or(&[][..], |when| when.body) {
            line.0[word] = 0;
        }
        lines.push(line);
    }
    lines
}

/// Digests of what was said by kind (of a broken run only what has no reservation), and how many
/// were contaminated.
#[derive(Default)]
struct Said {
    sound: BTreeMap<u16, BTreeMap<u64, Vec<Line>>>,
    contaminated: usize,
    // Nothing is kept: a hole that no id has shown yet is known to nobody.
    blind: bool,
    is_broken: bool,
    // The instant of the hole in the tape, and sound looks over it.
    hole: Option<u64>,
    over: Vec<Insight>,
}

impl Observer for Said {
    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        self.contaminated += usize::from(insight.trust.has(Trust::CONTAMINATED));
        // Of the unbroken run everything stands, suppressed readings too: who suppresses is a
        // baseline of earlier samples.
        if self.is_broken && (insight.trust != Trust::SOUND || self.blind) {
            return;
        }
        let mut digest = Digest::default();
        if IN_TURNS.iter().any(|&kind| kind as u16 == insight.kind) {
            if self.is_broken && self.hole.is_some_and(|hole| looks_over(hole, insight)) {
                self.over.push(*insight);
            }
            return;
        }
        let lines = what(insight, body);
        lines.iter().for_each(|line| digest.line(line));
        self.sound.entry(insight.kind).or_default().entry(digest.value()).or_insert(lines);
    }
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan
}

/// Runs a day; `bend` says how often each message enters (0 drops it), by its place. Between a
/// lost message and the next of its kind nobody can know of the hole: nothing counts there.
fn run(seed: u64, mut bend: impl FnMut(usize, &mut Draft) -> usize) -> (Said, Summary) {
    let mut inline = Inline::new(usdm(), &plan().with_content(true), Said::default());
    let mut at = 0;
    let mut lost = None;
    Day::new(seed).each(|draft| {
        let saved = draft.clone();
        let times = bend(at, draft);
        let kind = draft.head.kind();
        inline.observer().is_broken |= times != 1;
        if times == 0 {
            if kind == Some(Kind::Trade) {
                inline.observer().hole = Some(draft.head.time_event.0);
            }
            lost = kind;
        } else if lost == kind {
            lost = None;
        }
        inline.observer().blind = lost.is_some();
        for _ in 0..times {
            inline.enter(draft);
            draft.clone_from(&saved);
        }
        at += 1;
    });
    (std::mem::take(inline.observer()), inline.summary())
}

/// Whether a reading says what another one says, or less: a field that is missing claims nothing.
fn says(whole: &[Line], broken: &[Line]) -> bool {
    let same = |(whole, broken): (&Line, &Line)| {
        whole.0.iter().zip(broken.0).all(|(&whole, broken)| {
            let silent =
                broken == missing::WHOLE.cast_unsigned() || broken == missing::RATIO.to_bits();
            whole == broken || silent
        })
    };
    whole.len() == broken.len() && whole.iter().zip(broken).all(same)
}

/// Sound readings of the broken run that the unbroken one does not have, by kind.
fn lies(whole: &Said, broken: &Said) -> BTreeMap<&'static str, (usize, usize)> {
    let mut lies = BTreeMap::new();
    for (&kind, sound) in &broken.sound {
        let of_whole = whole.sound.get(&kind);
        let known = |said: &u64, lines: &[Line]| {
            of_whole
                .is_some_and(|all| all.contains_key(said) || all.values().any(|of| says(of, lines)))
        };
        let new = sound.iter().filter(|(said, lines)| !known(said, lines));
        let new: Vec<&Vec<Line>> = new.map(|(_, lines)| lines).collect();
        let count = new.len();
        if count > 0 {
            let name = Kind::from_number(kind).map_or("unknown", Kind::text);
            println!("{name}: {:?}", &new[..count.min(3)]);
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
    let sound: usize = broken.sound.values().map(BTreeMap::len).sum();
    println!("lost trades: {sound} sound readings, {} contaminated ones", broken.contaminated);
    assert!(broken.contaminated > whole.contaminated, "the hole is seen");
    assert_eq!(lies(&whole, &broken), BTreeMap::new(), "(kind: readings without ground, of all)");
    assert!(broken.over.is_empty(), "sound over the hole: {:?}", broken.over.first());
}

#[test]
fn a_lost_depth_event_leaves_nothing_sound_that_needs_it() {
    let (whole, _) = run(8, |_, _| 1);
    let (broken, _) = run(8, |at, draft| {
        let lost = (NOON..NOON + 20).contains(&at) && draft.head.kind() == Some(Kind::Depth);
        usize::from(!lost)
    });
    let sound: usize = broken.sound.values().map(BTreeMap::len).sum();
    println!("lost depth: {sound} sound readings, {} contaminated ones", broken.contaminated);
    assert!(broken.contaminated > whole.contaminated, "the hole is seen");
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

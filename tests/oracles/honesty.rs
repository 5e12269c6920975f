//! Gap honesty: with trades or depth missing, late or doubled, nothing is said as sound that the
//! unbroken input does not say too; and when all is repaired the state is the unbroken one's.
//!
//! The rule needs no knowledge of any figure: every reading of the broken run that carries no
//! reservation must stand, value for value, among those of the unbroken run. Three figures are
//! looked at in turns, at instants that move with every message: [`recompute`] holds those, by
//! value as well, against the trades of the unbroken tape.
#![expect(clippy::print_stdout, reason = "a test says what it compared")]

mod recompute;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::{Inline, Observer, Plan, Summary};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::usdm;
use model::{
    Body, Digest, Draft, Flags, HOUR, Insight, Kind, Line, MINUTE, Message, Nanos, ObiInsight,
    RegimeInsight, SECOND, TradeLine, Trust, missing,
};
use recompute::{Looks, Print};

/// How long a hole is remembered by what compares with earlier samples: who is suppressed is
/// judged by the hour before, z by 300 samples that were not.
const SETTLED: Nanos = Nanos(HOUR.0 + 10 * MINUTE.0);

/// Words of a record that a lost message moves without making the figure wrong.
struct Moves {
    kind: Kind,
    /// Of the insight and of each body line, until [`SETTLED`] after the hole: they rest on the
    /// samples before, and a contaminated second gives none.
    words: &'static [usize],
    body: &'static [usize],
    /// Of both, for the rest of the day: percentiles within the bars of the 24 h before, which no
    /// run of one day gets whole again, and ordinals since the start.
    ever: &'static [usize],
    body_ever: &'static [usize],
}

const MOVES: &[Moves] = &[
    // The update id: who brings the same best is another event.
    Moves { kind: Kind::TopInsight, words: &[4], body: &[], ever: &[], body_ever: &[] },
    // z, and whether it has a value.
    Moves { kind: Kind::ObiInsight, words: &[1, 4], body: &[], ever: &[], body_ever: &[] },
    // The percentile.
    Moves { kind: Kind::KyleInsight, words: &[], body: &[], ever: &[2], body_ever: &[] },
    // z and what the check of it says; the ordinal.
    Moves { kind: Kind::SwingInsight, words: &[4], body: &[1], ever: &[], body_ever: &[7] },
    Moves { kind: Kind::DivergenceInsight, words: &[], body: &[4, 5], ever: &[], body_ever: &[6] },
    // The percentile.
    Moves { kind: Kind::OfiInsight, words: &[], body: &[], ever: &[4], body_ever: &[] },
    // Which seconds are suppressed is the baseline's word, and their mean follows. Until it is
    // settled the minute is held against its own readings, which stand by value.
    Moves { kind: Kind::RegimeInsight, words: &[1, 2, 3, 4], body: &[], ever: &[], body_ever: &[] },
];

/// A reading without its sequence and its time.
fn what(insight: &Insight, body: Body<'_>) -> Vec<Line> {
    let bare = Insight { sequence: 0, time_venue: Nanos::NONE, ..*insight };
    [Line::of(bare)].into_iter().chain(body.iter().copied()).collect()
}

/// The same without its trust and without what a lost message moves.
fn bare(mut lines: Vec<Line>, settled: bool) -> Vec<Line> {
    let insight: &mut Insight = lines[0].view_mut();
    insight.trust = Trust::SOUND;
    let Some(moves) = MOVES.iter().find(|moves| moves.kind as u16 == insight.kind) else {
        return lines;
    };
    let clear = |until: &'static [usize], ever: &'static [usize]| {
        until.iter().filter(move |_| !settled).chain(ever).copied()
    };
    clear(moves.words, moves.ever).for_each(|word| insight.values[word] = 0);
    for line in &mut lines[1..] {
        clear(moves.body, moves.body_ever).for_each(|word| line.0[word] = 0);
    }
    lines
}

fn digest(lines: &[Line]) -> u64 {
    let mut digest = Digest::default();
    lines.iter().for_each(|line| digest.line(line));
    digest.value()
}

/// A minute's imbalance from the readings of its seconds, as they were said.
#[derive(Default)]
struct Seconds {
    // The running second, and the seconds before it with their last reading: none that was not
    // sound.
    running: Option<u64>,
    last: Option<f64>,
    samples: BTreeMap<u64, Option<f64>>,
    compared: usize,
}

impl Seconds {
    /// The book after an event; what is said of it comes later.
    fn book(&mut self, clock: Nanos) {
        let second = clock.0 / SECOND.0;
        let before = self.running.replace(second).filter(|before| *before < second);
        if let Some(before) = before {
            self.samples.insert(before, self.last);
        }
    }

    fn say(&mut self, obi: &ObiInsight) {
        self.last = (obi.trust == Trust::SOUND).then_some(obi.obi);
    }

    /// Whether a minute is what its seconds make it.
    fn holds(&mut self, minute: &RegimeInsight) -> bool {
        let open = minute.time_open.0 / SECOND.0;
        let mut samples: Vec<Option<f64>> =
            self.samples.range(open..open + 60).map(|(_, sample)| *sample).collect();
        // The running second is over with the minute.
        samples.extend(
            self.running.filter(|second| (open..open + 60).contains(second)).map(|_| self.last),
        );
        self.samples = self.samples.split_off(&(open + 60));
        let sound: Vec<f64> = samples.iter().flatten().copied().collect();
        #[expect(clippy::cast_precision_loss, reason = "sixty at most")]
        let count = sound.len() as f64;
        let mean = sound.iter().sum::<f64>() / count;
        let squares = sound.iter().map(|obi| (obi - mean) * (obi - mean)).sum::<f64>();
        let near = |said: f64, want: f64| {
            if sound.len() < 30 { said.is_nan() } else { (said - want).abs() <= 1e-12 }
        };
        self.compared += 1;
        (minute.samples, minute.suppressed)
            == (sound.len() as u64, (samples.len() - sound.len()) as u64)
            && near(minute.mean, mean)
            && near(minute.deviation, (squares / count).sqrt())
    }
}

/// What a run said.
#[derive(Default)]
struct Said {
    // By kind and digest, what is held by value; of a broken run only what stands without
    // reservation and without ground.
    readings: BTreeMap<u16, BTreeMap<u64, Vec<Line>>>,
    // Digests of sound readings with everything that a settled baseline says again.
    settled: BTreeSet<u64>,
    looks: Looks,
    seconds: Seconds,
    minutes_wrong: Vec<RegimeInsight>,
    compared: [usize; 2],
    contaminated: usize,
    // Of a broken run.
    whole: Option<&'static Whole>,
    // Nothing counts: a hole that no id has shown yet is known to nobody.
    blind: bool,
    // The instant of the last lost message.
    hole: Nanos,
}

impl Observer for Said {
    fn market(&mut self, message: Message<'_>) {
        let clock = message.head.time_event;
        match message.head.kind() {
            Some(Kind::Book) => self.seconds.book(clock),
            Some(Kind::Bar) => self.looks.bar(clock, message.body.view(0).expect("a bar")),
            _ => {}
        }
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        let sound = insight.trust == Trust::SOUND && !self.blind;
        self.contaminated += usize::from(insight.trust.has(Trust::CONTAMINATED));
        match insight.kind() {
            Some(Kind::ObiInsight) => self.seconds.say(insight.view()),
            Some(Kind::RegimeInsight) if sound && !self.seconds.holds(insight.view()) => {
                self.minutes_wrong.push(*insight.view());
            }
            _ => {}
        }
        if self.looks.hear(insight, body, !self.blind) {
            return;
        }
        match self.whole {
            // Of the unbroken run everything stands, suppressed readings too: who suppresses is a
            // baseline of earlier samples.
            None => {
                let lines = what(insight, body);
                if sound {
                    self.settled.insert(digest(&bare(lines.clone(), true)));
                }
                let key = digest(&bare(lines.clone(), false));
                let known = self.readings.entry(insight.kind).or_default();
                if sound || !known.contains_key(&key) {
                    known.insert(key, lines);
                }
            }
            Some(whole) if sound => {
                let settled = insight.time_venue.since(SETTLED) > self.hole;
                let lines = bare(what(insight, body), settled);
                self.compared[usize::from(settled)] += 1;
                if !whole.said.knows(insight.kind, &lines, settled) {
                    self.readings.entry(insight.kind).or_default().insert(digest(&lines), lines);
                }
            }
            Some(_) => {}
        }
    }
}

impl Said {
    /// Whether the unbroken run says it too, or says more: a field that is missing claims nothing.
    /// What is settled it has to say without reservation.
    fn knows(&self, kind: u16, lines: &[Line], settled: bool) -> bool {
        let Some(all) = self.readings.get(&kind) else { return false };
        let digest = digest(lines);
        let same = if settled { self.settled.contains(&digest) } else { all.contains_key(&digest) };
        let is_sound = |whole: &[Line]| whole[0].view::<Insight>().trust == Trust::SOUND;
        let more = |whole: &&Vec<Line>| {
            (!settled || is_sound(whole)) && says(&bare((*whole).clone(), settled), lines)
        };
        same || all.values().find(more).is_some()
    }

    /// Whether nothing stands that has no ground in the unbroken run; says how much was compared.
    fn hold(&self, name: &str) {
        let whole = self.whole.expect("a broken run");
        let by_kind = self.readings.iter().map(|(&kind, all)| {
            let examples: Vec<_> = all.values().take(3).collect();
            println!("{name}: {kind} without ground: {examples:?}");
            (Kind::from_number(kind).map_or("unknown", Kind::text), all.len())
        });
        let by_kind: BTreeMap<&str, usize> = by_kind.collect();
        assert_eq!(by_kind, BTreeMap::new(), "{name}: (kind: sound readings without ground)");
        let looks = self.looks.compare(&whole.tape);
        println!(
            "{name}: {} sound readings compared while baselines differ, {} once they are the same, \
             {} minutes of imbalance; looks {:?}, {} shapes that count; {} contaminated",
            self.compared[0],
            self.compared[1],
            self.seconds.compared,
            looks.looks,
            looks.shapes,
            self.contaminated
        );
        assert!(looks.wrong.is_empty(), "{name}: {} looks, {}", looks.wrong.len(), looks.wrong[0]);
        assert!(self.minutes_wrong.is_empty(), "{name}: {:?}", self.minutes_wrong[0]);
    }
}

/// Whether a reading says what another one says, or less.
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

/// The day that nothing broke.
struct Whole {
    said: Said,
    summary: Summary,
    tape: Vec<Print>,
}

const SEED: u64 = 7;

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let mut tape = Vec::new();
    let (said, summary) = run(None, |_, draft| {
        if let Some(line) = draft.body().first().filter(|_| is(draft, Kind::Trade)) {
            let &TradeLine { price, lots, .. } = line.view();
            tape.push(Print { time: draft.head.time_match.0, price: price.0, lots: lots.0 });
        }
        1
    });
    Whole { said, summary, tape }
});

fn is(draft: &Draft, kind: Kind) -> bool {
    draft.head.kind() == Some(kind)
}

fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    plan
}

/// Runs the day; `bend` says how often each message enters (0 drops it), by its place. Between a
/// lost message and the next of its kind nobody can know of the hole: nothing counts there.
fn run(
    whole: Option<&'static Whole>,
    mut bend: impl FnMut(usize, &Draft) -> usize,
) -> (Said, Summary) {
    let said = Said { whole, ..Said::default() };
    let mut inline = Inline::new(usdm(), &plan().with_content(true), said);
    let mut at = 0;
    let mut lost = None;
    let mut saved = Draft::default();
    Day::new(SEED).each(|draft| {
        let times = bend(at, draft);
        let kind = draft.head.kind();
        if times == 0 {
            inline.observer().hole = draft.head.time_event;
            lost = kind;
        } else if lost == kind {
            lost = None;
        }
        inline.observer().blind = lost.is_some();
        saved.clone_from(draft);
        for _ in 0..times {
            inline.enter(draft);
            draft.clone_from(&saved);
        }
        at += 1;
    });
    (std::mem::take(inline.observer()), inline.summary())
}

/// The middle of the day.
const NOON: usize = 170_000;

#[test]
fn the_unbroken_day_is_what_its_trades_say() {
    let looks = WHOLE.said.looks.compare(&WHOLE.tape);
    println!("unbroken: {} minutes of imbalance, {:?}", WHOLE.said.seconds.compared, looks.looks);
    assert!(looks.wrong.is_empty(), "{} looks, {}", looks.wrong.len(), looks.wrong[0]);
    assert!(WHOLE.said.minutes_wrong.is_empty(), "{:?}", WHOLE.said.minutes_wrong[0]);
    assert!(WHOLE.said.seconds.compared > 1_000);
}

#[test]
fn lost_trades_leave_nothing_sound_that_needs_them() {
    let lost = |at, draft: &Draft| (NOON..NOON + 60).contains(&at) && is(draft, Kind::Trade);
    let (broken, _) = run(Some(&WHOLE), |at, draft| usize::from(!lost(at, draft)));
    assert!(broken.contaminated > WHOLE.said.contaminated, "the hole is seen");
    broken.hold("lost trades");
}

#[test]
fn a_lost_depth_event_leaves_nothing_sound_that_needs_it() {
    let lost = |at, draft: &Draft| (NOON..NOON + 20).contains(&at) && is(draft, Kind::Depth);
    let (broken, _) = run(Some(&WHOLE), |at, draft| usize::from(!lost(at, draft)));
    assert!(broken.contaminated > WHOLE.said.contaminated, "the hole is seen");
    broken.hold("lost depth");
}

#[test]
fn doubled_messages_change_nothing() {
    let doubled =
        |at, draft: &Draft| at % 50 == 0 && (is(draft, Kind::Trade) || is(draft, Kind::Depth));
    let (broken, summary) = run(Some(&WHOLE), |at, draft| 1 + usize::from(doubled(at, draft)));
    assert_eq!(summary.content, WHOLE.summary.content, "the state is the unbroken input's");
    broken.hold("doubled");
}

#[test]
fn trades_that_come_late_but_in_order_leave_the_same_state() {
    // What a repairing source does: the trades of a hole come later, all of them, in order.
    let mut inline = Inline::new(usdm(), &plan().with_content(true), ());
    let (mut at, mut held) = (0, Vec::new());
    Day::new(SEED).each(|draft| {
        let holding = (NOON..NOON + 6).contains(&at);
        if holding && is(draft, Kind::Trade) {
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
    let figures = WHOLE.summary.content.iter();
    for (figure, digest) in figures.filter(|(name, _)| !name.starts_with("bars")) {
        assert!(again.content.contains(&(figure.clone(), *digest)), "{figure} differs");
    }
}

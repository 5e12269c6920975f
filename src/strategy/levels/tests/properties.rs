//! Random markets: the level book against the naive model, and what must always hold.

use model::{Fine, HOUR, MINUTE, Nanos, Price, SECOND, Side, Ticks, Trust, Window};
use proptest::prelude::*;

use super::naive::Naive;
use super::{NOON, all, book, facts, finish, give};
use crate::levels::{
    Candidate, Class, Ended, Entry, Facts, LevelPlan, REASONS_MAX, Reference, Shape, Source,
    ZoneBase,
};
use crate::terms::{LevelId, LevelKind, Zone};

/// One refresh of a random market.
#[derive(Clone, Debug)]
struct Scene {
    wait: Nanos,
    facts: Facts,
    /// How far each candidate of the last scene moved; those beyond vanish.
    moves: Vec<i64>,
    fresh: Vec<Candidate>,
    refer: Vec<(Reference, i64)>,
    /// Which of the published levels a signal takes, and whether it ends at once.
    hold: Option<usize>,
    end: Option<usize>,
}

fn kinds() -> impl Strategy<Value = LevelKind> {
    use LevelKind::{Avwap, AvwapBand, Cliff, Hvn, Lvn, NakedPoc, Poc, Vah, Val};
    proptest::sample::select(vec![Lvn, Lvn, Hvn, Vah, Val, Poc, Cliff, NakedPoc, Avwap, AvwapBand])
}

fn shapes() -> impl Strategy<Value = Shape> {
    let classes = [None, Some(Class::P), Some(Class::LowerB), Some(Class::B), Some(Class::D)];
    (proptest::sample::select(classes.to_vec()), -1.0..1.0_f64)
        .prop_map(|(class, bias)| Shape { class, bias })
}

/// Candidates around 1 000 000, dense enough to meet each other.
fn candidates() -> impl Strategy<Value = Candidate> {
    let windows = [Window::Hours2, Window::Hours8, Window::Hours24, Window::Composite];
    let windows = proptest::sample::select(windows.to_vec());
    let place = prop_oneof![980_000..1_020_000_i64, 995_000..1_005_000_i64];
    (kinds(), windows, place, 0..2_000_i64, 0.0..1.0_f64, shapes(), 0..400_i64).prop_map(
        |(kind, window, price, width, share, shape, bin)| {
            let naked = kind == LevelKind::NakedPoc;
            let source = Source {
                window: if naked { Window::Day } else { window },
                completed: naked,
                time_open: Nanos(NOON.0 - 36 * HOUR.0),
                bins: 100,
                bin: Ticks(bin),
                shape,
            };
            let node = match kind {
                LevelKind::Lvn | LevelKind::Hvn | LevelKind::Poc | LevelKind::NakedPoc => {
                    Zone { low: Price(price - width), high: Price(price + width / 2) }
                }
                _ => Zone { low: Price(price), high: Price(price) },
            };
            Candidate { kind, source, price: Price(price), node, share, trust: Trust::SOUND }
        },
    )
}

fn scenes() -> impl Strategy<Value = Scene> {
    let references = prop_oneof![Just(Reference::Swing), Just(Reference::Extreme)];
    (
        (prop_oneof![Just(10 * SECOND.0), Just(10 * MINUTE.0), Just(30 * HOUR.0)], shapes()),
        (990_000..1_010_000_i64, 0.5..2.5_f64, 0.0..8_000.0_f64),
        proptest::collection::vec(-400..400_i64, 0..40),
        proptest::collection::vec(candidates(), 0..25),
        proptest::collection::vec((references, 980_000..1_020_000_i64), 0..8),
        proptest::option::of(0..12_usize),
        proptest::option::of(0..12_usize),
    )
        .prop_map(|((wait, day), (price, rough, atr_4h), moves, fresh, refer, hold, end)| {
            let facts = Facts {
                time: Nanos(wait),
                price: Price(price),
                volatility_5m: rough,
                volatility_24h: 1.0,
                atr_4h,
                day,
            };
            Scene { wait: Nanos(wait), facts, moves, fresh, refer, hold, end }
        })
}

/// The candidates of the next scene: the moved ones of the last, then the fresh.
fn walk(last: &[Candidate], scene: &Scene) -> Vec<Candidate> {
    let moved = last.iter().zip(&scene.moves).map(|(candidate, &by)| Candidate {
        price: Price(candidate.price.0 + by),
        node: Zone {
            low: Price(candidate.node.low.0 + by),
            high: Price(candidate.node.high.0 + by),
        },
        ..*candidate
    });
    let mut all: Vec<Candidate> = moved.chain(scene.fresh.iter().copied()).collect();
    all.truncate(60);
    all
}

fn btc(zone: ZoneBase) -> LevelPlan {
    let round_steps = [Fine(50_000_000_000), Fine(100_000_000_000)];
    LevelPlan { round_steps, zone, ..LevelPlan::default() }
}

/// What must hold of every published book.
fn always(entries: &[Entry], plan: &LevelPlan) {
    for side in [Side::Buy, Side::Sell] {
        let here: Vec<&Entry> = entries.iter().filter(|e| e.level.side == side).collect();
        assert!(here.len() <= plan.side_levels);
        let free: Vec<f64> = here.iter().filter(|e| !e.frozen).map(|e| e.level.score).collect();
        assert!(free.is_sorted_by(|a, b| a >= b), "{free:?}");
        for (at, entry) in here.iter().enumerate() {
            let level = &entry.level;
            assert!(level.zone.holds(level.price) && level.node.low <= level.node.high);
            assert!(entry.tradable || !entry.live);
            let sum = entry.decay * entry.terms.sum(&plan.weights);
            assert!(sum.to_bits() == level.score.to_bits(), "the parts do not sum");
            assert!(level.score.is_finite() && level.score >= 0.0);
            let reasons = entry.reasons.list();
            assert!(reasons.len() <= REASONS_MAX);
            assert!(reasons.is_sorted_by(|a, b| a.score >= b.score));
            for other in &here[at + 1..] {
                assert_ne!(level.id, other.level.id);
                let apart = (level.price.0 - other.level.price.0).abs();
                assert!(apart * 10_000 > 8 * level.price.0.min(other.level.price.0));
                let zones = level.zone.low <= other.level.zone.high
                    && other.level.zone.low <= level.zone.high;
                assert!(!(zones && entry.live && other.live), "two live in one place");
            }
        }
    }
}

fn compare(entries: &[Entry], naive: &Naive, plan: &LevelPlan) {
    let brief = |e: &Entry| (e.level.id.0, e.level.price.0);
    let theirs: Vec<_> = naive.lines.iter().map(|l| (l.id, l.candidate.price.0)).collect();
    assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), theirs);
    for (entry, line) in entries.iter().zip(&naive.lines) {
        let level = &entry.level;
        let ours = (level.kind, level.window, level.side, level.version, entry.frozen);
        let source = line.candidate.source;
        let kind = line.candidate.kind;
        assert_eq!(ours, (kind, source.window, line.side, line.version, line.frozen));
        assert_eq!((entry.touches, entry.live), (line.touches, line.live), "{level:?}");
        assert_eq!(entry.reasons.absorbed, line.absorbed);
        assert!((level.score - line.score).abs() < 1e-9, "{} {}", level.score, line.score);
        let terms = entry.terms;
        let ours = [
            terms.lvn,
            terms.confluence,
            terms.naked,
            terms.shape,
            terms.distance,
            terms.age,
            terms.avwap,
        ];
        assert!(ours.iter().zip(line.terms).all(|(a, b)| (a - b).abs() < 1e-9), "{terms:?}");
        // The naive half width is rounded from a float: at an exact half it may be off by one.
        let off = (level.zone.low.0 - line.zone.low.0).abs();
        assert!(off <= 1, "{:?} {:?}", level.zone, line.zone);
        assert!(off == 0 || plan.zone == ZoneBase::Percent);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn equals_the_naive_model(
        scenes in proptest::collection::vec(scenes(), 1..8),
        atr in any::<bool>(),
        piece in 16..200_u32,
    ) {
        let zone = if atr { ZoneBase::Atr } else { ZoneBase::Percent };
        let plan = btc(zone);
        let mut book = book(LevelPlan { piece, ..plan });
        let mut naive = Naive::new(plan);
        let (mut time, mut last) = (NOON, Vec::new());
        let mut held: Vec<LevelId> = Vec::new();
        for scene in &scenes {
            time = time.after(scene.wait);
            let facts = Facts { time, ..scene.facts };
            last = walk(&last, scene);
            give(&mut book, facts, &last, &scene.refer);
            finish(&mut book);
            naive.refresh(&facts, &last, &scene.refer);
            let entries = all(&book);
            compare(&entries, &naive, &plan);
            always(&entries, &plan);
            // Signals: the held ones stand; one may begin, one may end.
            for id in &held {
                prop_assert!(entries.iter().any(|e| e.level.id == *id && e.frozen));
            }
            if let Some(at) = scene.end.filter(|&at| at < held.len()) {
                let id = held.swap_remove(at);
                book.release(id, Ended::Touched(time)).expect("held");
                naive.touch(id.0, time);
            }
            let fresh = scene.hold.and_then(|at| entries.get(at)).filter(|e| e.live && !e.frozen);
            if let Some(entry) = fresh {
                book.freeze(entry.level.id).expect("live");
                held.push(entry.level.id);
                let line = naive.lines.iter_mut().find(|l| l.id == entry.level.id.0);
                line.expect("published").frozen = true;
            }
        }
        prop_assert_eq!(book.counts().evicted, 0);
    }

    #[test]
    fn neither_order_nor_pace_matters(
        scenes in proptest::collection::vec(scenes(), 1..4),
        turn in any::<usize>(),
        piece in 16..5_000_u32,
    ) {
        let mut plain = book(btc(ZoneBase::Percent));
        let mut other = book(LevelPlan { piece, ..btc(ZoneBase::Percent) });
        let (mut time, mut last) = (NOON, Vec::new());
        for scene in &scenes {
            time = time.after(scene.wait);
            let facts = Facts { time, ..scene.facts };
            last = walk(&last, scene);
            give(&mut plain, facts, &last, &scene.refer);
            finish(&mut plain);
            let mut turned = last.clone();
            turned.rotate_left(if last.is_empty() { 0 } else { turn % last.len() });
            turned.reverse();
            let mut refer = scene.refer.clone();
            refer.reverse();
            give(&mut other, facts, &turned, &refer);
            finish(&mut other);
            prop_assert_eq!(all(&plain), all(&other));
        }
    }

    #[test]
    fn absurd_input_never_panics(
        prices in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<i64>(), any::<f64>()), 0..30),
        edges in proptest::collection::vec((1..5_i64, 0..40_u32), 0..30),
        market in prop_oneof![any::<i64>(), 1..10_i64, Just(1 << 48)],
        clocks in proptest::collection::vec(any::<u64>(), 1..4),
        floats in (any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>()),
    ) {
        for zone in [ZoneBase::Percent, ZoneBase::Atr] {
            let mut book = book(LevelPlan { zone, ..LevelPlan::default() });
            for &time in &clocks {
                let facts = Facts {
                    time: Nanos(time),
                    price: Price(market),
                    volatility_5m: floats.0,
                    volatility_24h: floats.1,
                    atr_4h: floats.2,
                    day: Shape { class: Some(Class::P), bias: floats.3 },
                };
                let _ = book.due(facts.time);
                let _ = book.begin(facts);
                let small = edges.iter().map(|&(unit, shift)| (unit << shift, 0, i64::MAX, 0.5));
                for (at, (price, low, high, share)) in prices.iter().copied().chain(small).enumerate() {
                    let one = super::candidate(
                        [LevelKind::Lvn, LevelKind::Avwap, LevelKind::Vah][at % 3],
                        Window::ALL[at % 15],
                        price,
                    );
                    let source =
                        Source { bin: Ticks(low), time_open: Nanos(time / 2), ..one.source };
                    let node = if at % 2 == 0 { one.node } else { Zone { low: Price(low), high: Price(high) } };
                    let _ = book.offer(&Candidate { source, node, share, ..one });
                    let _ = book.refer(Reference::Swing, Price(price));
                }
                book.seal();
                finish(&mut book);
                always_sane(&all(&book));
                let first = all(&book).first().map(|entry| entry.level.id);
                if let Some(id) = first {
                    let _ = book.freeze(id);
                    let _ = book.release(id, Ended::Touched(Nanos(time.wrapping_mul(7))));
                }
            }
        }
    }
}

fn always_sane(entries: &[Entry]) {
    for entry in entries {
        assert!(entry.level.score.is_finite());
        assert!(entry.level.zone.low.0 >= 0 && entry.level.zone.low < entry.level.zone.high);
    }
}

#[test]
fn a_full_refresh_takes_no_memory_and_no_long_step() {
    let plan = LevelPlan::default();
    let mut book = book(plan);
    let sizes = |book: &crate::levels::LevelBook| {
        let scratch = &book.scratch;
        let lists = [&scratch.by_price, &scratch.rank, &scratch.winners_by_price];
        let words = lists.map(Vec::capacity);
        let rest = [
            scratch.items.capacity(),
            scratch.measured.capacity(),
            scratch.winners.capacity(),
            scratch.picks[0].capacity(),
            scratch.picks[1].capacity(),
        ];
        let shown = [&book.shown, &scratch.next].map(|sides| sides.each_ref().map(Vec::capacity));
        (words, rest, shown)
    };
    let before = sizes(&book);
    for round in 0..20_u64 {
        let time = NOON.after(Nanos(round * 10 * SECOND.0));
        let given: Vec<Candidate> = (0..1_024_i64)
            .map(|at| {
                let spread = if round % 2 == 0 { 900 } else { 3 };
                let price = 1_000_000 + spread * (at - 512) + i64::try_from(round).expect("small");
                super::lvn(price, 0.1 + f64::from(u8::try_from(at % 200).expect("small")) / 300.0)
            })
            .collect();
        give(&mut book, facts(time, 1_000_000), &given, &[]);
        finish(&mut book);
        assert!(!all(&book).is_empty());
    }
    assert_eq!(sizes(&book), before);
}

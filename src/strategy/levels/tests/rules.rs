//! Which candidates count, what they score, what absorbs what, how many are published.

use model::{Fine, HOUR, Nanos, Price, Side, Trust, Window};

use super::{
    NOON, TICK, all, book, candidate, completed, facts, finish, give, later, lvn, only, plan,
    refresh, seen,
};
use crate::levels::{
    Candidate, Class, Facts, ITEMS_MAX, Kinds, LevelBook, LevelPlan, REASONS_MAX, Reference, Shape,
    Source, Turned, WINNERS_MAX, Weights,
};
use crate::terms::{LevelKind, Zone};

use LevelKind::{Avwap, AvwapBand, Cliff, Hvn, Lvn, NakedPoc, Poc, Vah, Val};

fn tenths(i: i64) -> f64 {
    0.1 * f64::from(u8::try_from(i).expect("small"))
}

#[test]
fn which_candidates_count() {
    let two = 2 * HOUR.0;
    for (kind, window, over, age, bins, want) in [
        (Lvn, Window::Hours2, false, 0, 3, Ok(())),
        (Poc, Window::Hours8, false, 0, 3, Ok(())),
        (Vah, Window::Hours24, false, 0, 3, Ok(())),
        (Cliff, Window::Composite, false, 0, 3, Ok(())),
        (Lvn, Window::Hours24, true, 0, 100, Err(Turned::Unlisted)),
        (Lvn, Window::All, false, two, 100, Err(Turned::Unlisted)),
        (Poc, Window::Day, true, two, 1, Ok(())),
        (Val, Window::Funding, true, 0, 1, Ok(())),
        (Val, Window::SwingLow, true, two, 100, Err(Turned::Unlisted)),
        // A developing session or event anchor: two hours and forty bins, both edges belong.
        (Lvn, Window::Day, false, two, 40, Ok(())),
        (Lvn, Window::Day, false, two - 1, 40, Err(Turned::Young)),
        (Lvn, Window::Day, false, two, 39, Err(Turned::Young)),
        (Poc, Window::Funding, false, two - 1, 400, Err(Turned::Young)),
        (Poc, Window::Funding, false, two, 400, Ok(())),
        (Vah, Window::SwingHigh, false, two, 40, Ok(())),
        (Vah, Window::Named3, false, 0, 40, Err(Turned::Young)),
        (Vah, Window::Spike, false, NOON.0, 40, Err(Turned::Young)),
        (NakedPoc, Window::Day, true, 0, 0, Ok(())),
        (NakedPoc, Window::Day, false, two, 100, Err(Turned::Unlisted)),
        (NakedPoc, Window::Hours24, true, two, 100, Err(Turned::Unlisted)),
        (Avwap, Window::SwingHigh, false, 0, 0, Ok(())),
        (AvwapBand, Window::Day, false, 0, 0, Ok(())),
    ] {
        let mut book = book(plan());
        book.begin(facts(NOON, 1_000_000)).expect("sound");
        let one = candidate(kind, window, 990_000);
        let time_open = Nanos(NOON.0 - age);
        let source = Source { completed: over, time_open, bins, ..one.source };
        let got = book.offer(&Candidate { source, ..one });
        assert_eq!(got, want, "{kind:?} {window:?} {over} {age} {bins}");
        let turned: u64 = book.counts().turned.iter().sum();
        assert_eq!(turned, u64::from(want.is_err()));
    }
}

#[test]
fn what_cannot_be_is_turned_away() {
    let node = |low, high| Zone { low: Price(low), high: Price(high) };
    let one = lvn(990_000, 0.5);
    let trust = |bits| Candidate { trust: bits, ..one };
    for (given, want) in [
        (one, Ok(())),
        (trust(Trust::CONTAMINATED.with(Trust::UNCOVERED).with(Trust::PROVISIONAL)), Ok(())),
        (trust(Trust::MISSING), Err(Turned::Missing)),
        (trust(Trust::SUPPRESSED), Err(Turned::Missing)),
        (lvn(0, 0.5), Err(Turned::Absurd)),
        (lvn(-5, 0.5), Err(Turned::Absurd)),
        (lvn(1, 0.5), Ok(())),
        (lvn(1 << 48, 0.5), Ok(())),
        (lvn((1 << 48) + 1, 0.5), Err(Turned::Absurd)),
        (lvn(i64::MAX, 0.5), Err(Turned::Absurd)),
        (lvn(i64::MIN, 0.5), Err(Turned::Absurd)),
        (lvn(990_000, f64::NAN), Err(Turned::Absurd)),
        (lvn(990_000, -0.1), Err(Turned::Absurd)),
        (lvn(990_000, 100.0), Ok(())),
        (lvn(990_000, 100.1), Err(Turned::Absurd)),
        (lvn(990_000, f64::INFINITY), Err(Turned::Absurd)),
        (Candidate { node: node(989_000, 990_000), ..one }, Ok(())),
        (Candidate { node: node(990_001, 990_002), ..one }, Err(Turned::Absurd)),
        (Candidate { node: node(991_000, 989_000), ..one }, Err(Turned::Absurd)),
        (Candidate { node: node(0, 991_000), ..one }, Err(Turned::Absurd)),
        // A line has no node, and what has no share needs none.
        (
            Candidate {
                node: node(7, 3),
                share: f64::NAN,
                ..candidate(Vah, Window::Hours2, 990_000)
            },
            Ok(()),
        ),
    ] {
        let mut book = book(plan());
        assert_eq!(book.offer(&given), Err(Turned::Closed));
        book.begin(facts(NOON, 1_000_000)).expect("sound");
        assert_eq!(book.offer(&given), want, "{given:?}");
        book.seal();
        assert_eq!(book.offer(&one), Err(Turned::Closed));
        finish(&mut book);
    }
    let mut book = book(plan());
    for price in [0, -1, (1 << 48) + 1, i64::MIN, i64::MAX] {
        assert_eq!(book.begin(facts(NOON, price)), Err(Turned::Absurd));
        assert!(book.due(NOON), "a refused beginning is none");
    }
}

#[test]
fn kinds_of_confluence() {
    const NONE: Kinds = Kinds(0);
    let w = Window::Hours24;
    let dawn = Nanos(NOON.0 - 12 * HOUR.0);
    let day = |kind| completed(candidate(kind, Window::Day, 0), dawn);
    let at = |one: Candidate, price: i64| Candidate {
        price: Price(price),
        node: Zone { low: Price(price), high: Price(price) },
        ..one
    };
    let open = |kind, window| {
        let one = candidate(kind, window, 0);
        Candidate { source: Source { time_open: dawn, ..one.source }, ..one }
    };
    let here = |kind| candidate(kind, w, 0);
    let two = |kind| candidate(kind, Window::Hours2, 0);
    for (level, beside, apart, want) in [
        (here(Lvn), here(Vah), 495, Kinds::AREA_EDGE),
        (here(Lvn), here(Vah), -495, Kinds::AREA_EDGE),
        (here(Lvn), here(Val), 496, NONE),
        (here(Lvn), here(Val), -496, NONE),
        (here(Vah), two(Val), 10, NONE),
        (here(Lvn), here(Hvn), 10, NONE),
        (here(Lvn), two(Lvn), 10, Kinds::NODE),
        (here(Lvn), two(Poc), 10, Kinds::NODE),
        (here(Vah), here(Poc), 10, NONE),
        (here(Vah), two(Poc), 10, Kinds::NODE),
        (here(Lvn), day(NakedPoc), 10, Kinds::NODE),
        (here(Lvn), two(Cliff), 10, NONE),
        (here(Lvn), two(Avwap), 10, NONE),
        (here(Avwap), here(Hvn), 10, Kinds::NODE),
        (here(AvwapBand), two(Vah), 10, Kinds::AREA_EDGE),
        // Under another name the same trades.
        (day(Poc), day(NakedPoc), 1, NONE),
        (open(Lvn, Window::Day), open(Hvn, Window::FundingTime), 10, NONE),
        (open(Lvn, Window::Day), candidate(Hvn, Window::Funding, 0), 10, Kinds::NODE),
        // Two completed sessions of one opening are not: one of them lasted longer.
        (day(Lvn), completed(candidate(Hvn, Window::Funding, 0), dawn), 10, Kinds::NODE),
        // A developing POC is no level, but it confirms one.
        (here(Lvn), open(Poc, Window::Day), 10, Kinds::NODE),
    ] {
        // Nothing is absorbed, so that both are published.
        let mut book = book(LevelPlan { dedupe_bp: 0, ..plan() });
        let level = at(level, 990_000);
        let beside = at(beside, 990_000 + apart);
        refresh(&mut book, NOON, 1_000_000, &[level, beside]);
        let entries = all(&book);
        let entry = entries.iter().find(|entry| entry.level.price == level.price);
        let (kinds, confluence) = entry.map(|e| (e.kinds, e.terms.confluence)).expect("published");
        assert_eq!(kinds, want, "{:?} beside {:?} {apart}", level.kind, beside);
        assert!((confluence - f64::from(want.count())).abs() < 1e-12);
    }
}

#[test]
fn five_kinds_at_most_and_each_once() {
    let steps = [Fine(50_000_000_000), Fine(100_000_000_000)];
    for (most, want) in [(5, 5.0), (3, 3.0), (0, 0.0)] {
        let mut book = book(LevelPlan { round_steps: steps, confluence_max: most, ..plan() });
        let near = [
            candidate(Vah, Window::Hours2, 990_010),
            candidate(Val, Window::Hours8, 990_020),
            candidate(Hvn, Window::Hours2, 990_030),
            candidate(Poc, Window::Hours8, 989_990),
        ];
        let refer = [
            (Reference::Swing, 990_400),
            (Reference::Swing, 990_401),
            (Reference::Extreme, 989_505),
            (Reference::Extreme, 989_504),
        ];
        let given = [&near[..], &[lvn(990_000, 0.9)]].concat();
        give(&mut book, facts(NOON, 1_000_000), &given, &refer);
        finish(&mut book);
        let entry = only(&book);
        assert_eq!(entry.kinds.count(), 5, "{:?}", entry.kinds);
        assert!((entry.terms.confluence - want).abs() < 1e-12);
        assert_eq!(entry.reasons.absorbed, 4);
    }
}

#[test]
fn a_later_session_supersedes() {
    let mut book = book(plan());
    let session = |price, hours: u64| {
        completed(candidate(Vah, Window::Funding, price), Nanos(NOON.0 - hours * HOUR.0))
    };
    let naked =
        completed(candidate(NakedPoc, Window::Funding, 970_000), Nanos(NOON.0 - 40 * HOUR.0));
    let given = [session(990_000, 20), session(980_000, 12), session(995_000, 28), naked];
    refresh(&mut book, NOON, 1_000_000, &given);
    let prices: Vec<i64> = seen(&book).iter().map(|&(price, _)| price).collect();
    assert_eq!(prices, [970_000, 980_000]);
    assert_eq!(book.counts().turned[Turned::Superseded as usize], 2);
}

#[test]
fn a_score_worked_out() {
    // An LVN of share 0.4 in a b-shaped day, 0.5 % below; a swing and a value-area edge nearby,
    // an average at 0.02 %; published a day ago.
    let weights = Weights::default();
    let mut book = book(LevelPlan { dedupe_bp: 0, ..plan() });
    let shape = Shape { class: Some(Class::P), bias: 0.6 };
    let level = lvn(990_000, 0.4);
    let level = Candidate { source: Source { shape, ..level.source }, ..level };
    let given = [
        level,
        candidate(Val, Window::Hours8, 990_300),
        candidate(Avwap, Window::SwingLow, 990_198),
    ];
    // Every half hour, so that it is known all along.
    for half_hours in 0..=48 {
        let time = later(Nanos(half_hours * HOUR.0 / 2));
        give(&mut book, facts(time, 994_975), &given, &[(Reference::Swing, 989_800)]);
        finish(&mut book);
    }
    let entry = all(&book).into_iter().find(|entry| entry.level.kind == Lvn).expect("published");
    let terms = entry.terms;
    let age = 1.0 - (-1.0_f64).exp();
    // 0.5 % of 994 975 is 4 974.875.
    let distance = (0.03 - 4_975.0 / 994_975.0) / 0.0275;
    for (name, got, want) in [
        ("lvn", terms.lvn, 0.4),
        ("confluence", terms.confluence, 2.0),
        ("naked", terms.naked, 0.0),
        ("shape", terms.shape, 0.6),
        ("distance", terms.distance, distance),
        ("age", terms.age, age),
        ("avwap", terms.avwap, 1.0 - 198.0 / 495.0),
        ("score", entry.level.score, 1.2 + 4.0 + 0.6 + distance + age + 0.6),
        ("sum", terms.sum(&weights), entry.level.score),
    ] {
        assert!((got - want).abs() < 1e-12, "{name}: {got}, not {want}");
    }
    assert_eq!(entry.level.version, 49);
    assert_eq!(entry.level.time_born, NOON);
}

#[test]
fn shape_by_side() {
    let shape = |class, bias| Shape { class: Some(class), bias };
    for (class, buy, sell) in [
        (shape(Class::D, 0.0), 0.5, 0.5),
        (shape(Class::B, 0.9), 0.5, 0.5),
        (shape(Class::P, 0.7), 0.7, 0.0),
        (shape(Class::LowerB, -0.7), 0.0, 0.7),
        (shape(Class::I, 0.0), 0.0, 0.0),
        (Shape::NONE, 0.0, 0.0),
        (shape(Class::P, f64::NAN), 0.0, 0.0),
        (shape(Class::P, 1.1), 0.0, 0.0),
    ] {
        for (price, side, want) in [(990_000, Side::Buy, buy), (1_010_000, Side::Sell, sell)] {
            // Of a node its own window's; of a line without a profile the day's.
            let own = lvn(price, 0.5);
            let own = Candidate { source: Source { shape: class, ..own.source }, ..own };
            let line = candidate(Avwap, Window::SwingLow, price);
            for (given, day) in [(own, Shape::NONE), (line, class)] {
                let mut book = book(plan());
                let facts = Facts { day, ..facts(NOON, 1_000_000) };
                give(&mut book, facts, &[given], &[]);
                finish(&mut book);
                let entry = only(&book);
                assert_eq!(entry.level.side, side);
                assert!((entry.terms.shape - want).abs() < 1e-12, "{class:?} {price}");
            }
        }
    }
}

#[test]
fn the_best_absorbs_up_to_the_edge() {
    // 0.08 % of 990 000 is 792.
    for (other, want) in [
        (990_792, vec![990_000]),
        (990_793, vec![990_000, 990_793]),
        (989_208, vec![990_000]),
        (989_207, vec![990_000, 989_207]),
    ] {
        let mut book = book(plan());
        refresh(&mut book, NOON, 1_000_000, &[lvn(other, 0.1), lvn(990_000, 0.9)]);
        let prices: Vec<i64> = seen(&book).iter().map(|&(price, _)| price).collect();
        assert_eq!(prices, want, "{other}");
        let reasons = all(&book)[0].reasons;
        assert_eq!(reasons.list().len(), usize::from(want.len() == 1));
        if let [reason] = reasons.list() {
            assert_eq!((reason.price.0, reason.kind, reason.window), (other, Lvn, Window::Hours24));
            assert!(reason.score < all(&book)[0].level.score);
        }
    }
}

#[test]
fn a_chain_is_absorbed_only_by_what_is_kept() {
    let mut book = book(plan());
    // The middle goes to the best; the far end is then beyond everyone's reach.
    let given = [lvn(990_000, 0.9), lvn(990_700, 0.6), lvn(991_400, 0.3), lvn(991_500, 0.2)];
    refresh(&mut book, NOON, 1_000_000, &given);
    let entries = all(&book);
    let prices: Vec<i64> = entries.iter().map(|entry| entry.level.price.0).collect();
    assert_eq!(prices, [990_000, 991_400]);
    assert_eq!(entries[0].reasons.list()[0].price.0, 990_700);
    assert_eq!(entries[1].reasons.list()[0].price.0, 991_500);
}

#[test]
fn reasons_are_the_best_and_bounded() {
    let mut book = book(plan());
    let absorbed = (1..=12).map(|i| lvn(990_000 + 20 * i, tenths(i) / 10.0));
    let given: Vec<Candidate> = absorbed.chain([lvn(990_000, 0.9)]).collect();
    refresh(&mut book, NOON, 1_000_000, &given);
    let reasons = only(&book).reasons;
    assert_eq!((reasons.absorbed, reasons.list().len()), (12, REASONS_MAX));
    let prices: Vec<i64> = reasons.list().iter().map(|reason| reason.price.0).collect();
    let best: Vec<i64> = (5..=12).rev().map(|i| 990_000 + 20 * i).collect();
    assert_eq!(prices, best);
}

#[test]
fn the_best_six_of_each_side() {
    let mut book = book(plan());
    let below = (1..=9).map(|i| lvn(1_000_000 - 4_000 * i, tenths(i)));
    let above = (1..=2).map(|i| lvn(1_000_000 + 4_000 * i, 0.5));
    let given: Vec<Candidate> = below.chain(above).collect();
    refresh(&mut book, NOON, 1_000_000, &given);
    let prices = |side| -> Vec<i64> { book.entries(side).map(|e| e.level.price.0).collect() };
    let scores: Vec<f64> = book.entries(Side::Buy).map(|e| e.level.score).collect();
    assert_eq!(scores.len(), 6);
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    // Share 0.1 to 0.9 gives 0.3 a step, distance takes 0.145 a step: the far ones win.
    assert_eq!(prices(Side::Buy), [964_000, 968_000, 972_000, 976_000, 980_000, 984_000]);
    assert_eq!(prices(Side::Sell), [1_004_000, 1_008_000]);
}

#[test]
fn of_overlapping_zones_the_best_is_live() {
    // Zones of 0.15 % either way: 1 485 around 990 000, 1 488 around 992 000.
    let hvn = |price, bin| {
        let one = candidate(Hvn, Window::Hours8, price);
        Candidate { source: Source { bin: model::Ticks(bin), ..one.source }, ..one }
    };
    let vah = |price| candidate(Vah, Window::Hours24, price);
    for (given, want) in [
        // The nearer scores more by distance.
        (vec![hvn(990_000, 0), hvn(992_000, 0)], vec![(992_000, true), (990_000, false)]),
        // The zones' edges meet: 990 000 + 1 485 = 991 485 = 992 975 − 1 489 − 1.
        (vec![hvn(990_000, 0), hvn(992_974, 0)], vec![(992_974, true), (990_000, false)]),
        (vec![hvn(990_000, 0), hvn(992_975, 0)], vec![(992_975, true), (990_000, true)]),
        // What is not live hides nobody: the third overlaps only the second.
        (
            vec![hvn(992_000, 0), hvn(990_000, 0), vah(988_000)],
            vec![(992_000, true), (990_000, false), (988_000, true)],
        ),
        // The other side does not matter.
        (vec![hvn(999_500, 0), hvn(1_000_500, 0)], vec![(999_500, true), (1_000_500, true)]),
    ] {
        let mut book = book(plan());
        refresh(&mut book, NOON, 1_000_000, &given);
        let live: Vec<(i64, bool)> =
            all(&book).iter().map(|entry| (entry.level.price.0, entry.live)).collect();
        assert_eq!(live, want);
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut book = book(plan());
    book.begin(facts(NOON, 1_000_000)).expect("sound");
    for at in 0..i64::try_from(ITEMS_MAX).expect("small") {
        // Far enough apart that none absorbs another.
        assert_eq!(book.offer(&lvn(400_000 + 1_000 * at, 0.5)), Ok(()));
    }
    assert_eq!(book.offer(&lvn(990_000, 0.5)), Err(Turned::Full));
    assert_eq!(book.refer(Reference::Swing, Price(990_000)), Err(Turned::Full));
    book.seal();
    finish(&mut book);
    let counts = book.counts();
    assert_eq!(counts.turned[Turned::Full as usize], 2);
    assert_eq!(counts.crowded, (ITEMS_MAX - WINNERS_MAX) as u64);
    assert_eq!(all(&book).len(), 12);
    assert_eq!((counts.refreshes, counts.known), (1, 12));
}

#[test]
fn a_plan_that_cannot_be_meant_is_refused() {
    let good = LevelPlan::default();
    assert!(LevelBook::new(good, TICK).is_ok());
    assert_eq!(LevelBook::new(good, Fine(0)).map(|_| ()).map_err(|e| e.key), Err("tick"));
    let heavy = |lvn| LevelPlan { weights: Weights { lvn, ..good.weights }, ..good };
    let none = Weights {
        lvn: 0.0,
        confluence: 0.0,
        naked: 0.0,
        shape: 0.0,
        distance: 0.0,
        age: 0.0,
        avwap: 0.0,
    };
    for (plan, key) in [
        (LevelPlan { refresh: Nanos(0), ..good }, "refresh_s"),
        (LevelPlan { refresh: Nanos(u64::MAX), ..good }, "refresh_s"),
        (LevelPlan { young: Nanos(25 * HOUR.0), ..good }, "young_hours"),
        (LevelPlan { age: Nanos(0), ..good }, "age_hours"),
        (LevelPlan { touch_reset: Nanos(0), ..good }, "touch_reset_hours"),
        (heavy(f64::NAN), "weight_lvn"),
        (heavy(-1.0), "weight_lvn"),
        (heavy(f64::INFINITY), "weight_lvn"),
        (LevelPlan { weights: none, ..good }, "sum of weights"),
        (LevelPlan { distance_near_bp: 300, ..good }, "distance_near_bp"),
        (LevelPlan { distance_far_bp: u32::MAX, ..good }, "distance_far_bp"),
        (LevelPlan { lvn_zone_bp_min: 16, ..good }, "lvn_zone_bp_min"),
        (LevelPlan { zone_bp: 0, ..good }, "zone_bp"),
        (LevelPlan { zone_atr_percent: 0, ..good }, "zone_atr_percent"),
        (LevelPlan { zone_volatility_percent_max: 99, ..good }, "zone_volatility_percent_max"),
        (LevelPlan { dedupe_bp: 101, ..good }, "dedupe_bp"),
        (LevelPlan { same_bp: 11, ..good }, "same_bp"),
        (LevelPlan { piece: 0, ..good }, "piece"),
        (LevelPlan { confluence_max: 6, ..good }, "confluence_max"),
        (LevelPlan { side_levels: 0, ..good }, "side_levels"),
        (LevelPlan { side_levels: 17, ..good }, "side_levels"),
        (LevelPlan { side_levels: usize::MAX, ..good }, "side_levels"),
        (LevelPlan { max_touches: 0, ..good }, "max_touches"),
        (LevelPlan { touch_percent: 101, ..good }, "touch_percent"),
        (LevelPlan { round_steps: [Fine(-1), Fine(0)], ..good }, "round_steps"),
    ] {
        let refused = LevelBook::new(plan, TICK).map(|_| ()).expect_err(key);
        assert_eq!(refused.key, key);
        assert!(refused.to_string().contains("must be in"));
    }
}

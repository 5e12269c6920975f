//! Identity, touches, freezing, and when a refresh is due.

use model::{DAY, HOUR, MINUTE, Nanos, Price, SECOND, Side, Ticks, Trust, Window};

use super::{
    NOON, all, book, candidate, facts, finish, give, id_at, later, lvn, only, plan, refresh, seen,
};
use crate::levels::{
    Candidate, Class, Ended, Facts, LevelBook, LevelPlan, Progress, Shape, Source, Unfit,
};
use crate::terms::{LevelId, LevelKind};

const PERIOD: Nanos = Nanos(10 * SECOND.0);

fn wide(price: i64, bin: i64) -> Candidate {
    let one = lvn(price, 0.5);
    Candidate { source: Source { bin: Ticks(bin), ..one.source }, ..one }
}

/// Touches the only level once, at this time.
fn touch(book: &mut LevelBook, time: Nanos) {
    let id = only(book).level.id;
    book.freeze(id).expect("live");
    book.release(id, Ended::Touched(time)).expect("held");
}

#[test]
fn who_stays_the_same() {
    // Where it goes at each refresh, its Δ, and how often it stays the same one.
    for (bin, path, want) in [
        // 0.03 % of 990 000 is 297.
        (0, vec![990_297], 1),
        (0, vec![990_298], 0),
        (0, vec![989_703], 1),
        (0, vec![989_702], 0),
        // 1.5 bins of 256 are 384; of 129 193.5, so the percent holds.
        (256, vec![990_384], 1),
        (256, vec![990_385], 0),
        (129, vec![990_297], 1),
        // 0.1 % of its birth is 990.
        (0, vec![990_297, 990_594, 990_891, 990_990], 4),
        (0, vec![990_297, 990_594, 990_891, 990_991], 3),
        (4_096, vec![990_990], 1),
        (4_096, vec![990_991], 0),
        // And back again: measured from the birth.
        (4_096, vec![989_010, 990_990, 989_010], 3),
    ] {
        let mut book = book(plan());
        refresh(&mut book, NOON, 1_000_000, &[wide(990_000, bin)]);
        let mut time = NOON;
        let first = only(&book).level.id;
        let mut same = 0;
        for &price in &path {
            time = time.after(PERIOD);
            refresh(&mut book, time, 1_000_000, &[wide(price, bin)]);
            let level = only(&book).level;
            if level.id == first {
                same += 1;
                assert_eq!((level.version, level.time_born), (1 + same, NOON));
            } else {
                assert_eq!((level.version, level.time_born), (1, time));
            }
            assert_eq!(level.price, Price(price));
        }
        assert_eq!(same, want, "{bin} {path:?}");
    }
}

#[test]
fn the_place_is_the_same_whatever_is_best_there() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.5)]);
    let first = only(&book).level;
    let edge = candidate(LevelKind::Vah, Window::Hours8, 990_100);
    refresh(&mut book, later(PERIOD), 1_000_000, &[edge]);
    let second = only(&book).level;
    assert_eq!((second.id, second.kind), (first.id, LevelKind::Vah));
}

#[test]
fn an_absent_level_keeps_its_number_for_an_hour() {
    for (away, kept) in [(HOUR, true), (Nanos(HOUR.0 + PERIOD.0), false)] {
        let mut book = book(plan());
        refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.5)]);
        let first = only(&book).level.id;
        refresh(&mut book, later(PERIOD), 1_000_000, &[]);
        assert!(all(&book).is_empty());
        refresh(&mut book, later(away), 1_000_000, &[lvn(990_000, 0.5)]);
        assert_eq!(only(&book).level.id == first, kept, "{away:?}");
    }
}

#[test]
fn of_two_that_continue_one_level_the_better_does() {
    let mut book = book(plan());
    let bin = 1_000;
    refresh(&mut book, NOON, 1_000_000, &[wide(990_000, bin)]);
    let first = only(&book).level.id;
    // 800 apart: two levels, both within 1.5 bins of the old one.
    let weak = Candidate { share: 0.1, ..wide(989_600, bin) };
    refresh(&mut book, later(PERIOD), 1_000_000, &[weak, wide(990_400, bin)]);
    assert_eq!(id_at(&book, 990_400), Some(first));
    let other = all(&book).into_iter().find(|entry| entry.level.price.0 == 989_600);
    let other = other.expect("a level of its own");
    assert_eq!((other.level.version, other.level.time_born), (1, later(PERIOD)));
    assert!(other.terms.age.abs() < 1e-15);
}

#[test]
fn touches_weigh_and_end() {
    let mut book = book(plan());
    let given = [lvn(990_000, 0.5)];
    refresh(&mut book, NOON, 1_000_000, &given);
    let fresh = only(&book);
    assert_eq!((fresh.touches, fresh.tradable, fresh.live), (0, true, true));
    let mut time = NOON;
    for (touches, decay, tradable) in [(1, 0.7, true), (2, 0.49, false)] {
        time = time.after(PERIOD);
        touch(&mut book, time);
        // At once, and after the next refresh.
        assert_eq!(only(&book).tradable, tradable);
        refresh(&mut book, time, 1_000_000, &given);
        let entry = only(&book);
        assert_eq!((entry.touches, entry.tradable, entry.live), (touches, tradable, tradable));
        let sum = entry.terms.sum(&plan().weights);
        assert!((entry.decay - decay).abs() < 1e-12);
        assert!((entry.level.score - decay * sum).abs() < 1e-12);
        assert_eq!(entry.time_touched, time);
    }
    assert_eq!(book.freeze(only(&book).level.id).map(|_| ()), Err(Unfit::NotLive));
}

#[test]
fn an_untouched_signal_counts_no_touch() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.5)]);
    let id = only(&book).level.id;
    book.freeze(id).expect("live");
    book.release(id, Ended::Untouched).expect("held");
    let entry = only(&book);
    assert_eq!((entry.touches, entry.live, entry.time_touched), (0, true, Nanos::NONE));
}

#[test]
fn touches_are_reset_after_three_days() {
    let days = Nanos(3 * DAY.0);
    for (away, want) in [(Nanos(days.0 - 1), 1), (days, 0), (Nanos(days.0 + 1), 0)] {
        let mut book = book(plan());
        let given = [lvn(990_000, 0.5)];
        refresh(&mut book, NOON, 1_000_000, &given);
        let first = only(&book).level.id;
        touch(&mut book, later(PERIOD));
        // The level was away all the time: its touch keeps its number.
        refresh(&mut book, later(Nanos(2 * PERIOD.0)), 1_000_000, &[]);
        let time = later(PERIOD).after(away);
        refresh(&mut book, time, 1_000_000, &given);
        let entry = only(&book);
        assert_eq!(entry.touches, want, "{away:?}");
        assert_eq!(entry.level.id == first, want > 0);
    }
}

#[test]
fn touches_are_reset_when_the_day_changes_its_class() {
    use Class::{B, D, I, LowerB, P};
    for (classes, want) in [
        (vec![Some(P), Some(P)], 1),
        (vec![Some(P), Some(LowerB)], 0),
        (vec![Some(LowerB), Some(D)], 0),
        (vec![Some(D), Some(P)], 0),
        (vec![Some(P), None], 1),
        (vec![None, Some(P)], 1),
        (vec![Some(P), Some(B)], 1),
        (vec![Some(I), Some(P)], 1),
        // What it was in between does not matter.
        (vec![Some(P), Some(B), None, Some(P)], 1),
        (vec![Some(P), Some(I), Some(D)], 0),
    ] {
        let mut book = book(plan());
        let mut time = NOON;
        for (at, &class) in classes.iter().enumerate() {
            let facts = Facts { day: Shape { class, bias: 0.0 }, ..facts(time, 1_000_000) };
            give(&mut book, facts, &[lvn(990_000, 0.5)], &[]);
            finish(&mut book);
            if at == 0 {
                touch(&mut book, time);
            }
            time = time.after(PERIOD);
        }
        assert_eq!(only(&book).touches, want, "{classes:?}");
        // The time of the touch stays, and the next touch is the first again.
        assert_eq!(only(&book).time_touched, NOON);
        touch(&mut book, time);
        assert_eq!(only(&book).touches, want + 1);
    }
}

#[test]
fn a_frozen_level_stands() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.1)]);
    let id = only(&book).level.id;
    let held = book.freeze(id).expect("live");
    assert!(held.frozen);
    for given in [
        vec![],
        vec![lvn(990_500, 0.9), lvn(989_300, 0.9)],
        (1..=9).map(|i| lvn(990_000 - 2_000 * i, 0.9)).collect(),
    ] {
        // Price on the other side of it, zones twice as wide.
        let facts = Facts { volatility_5m: 2.0, ..facts(later(PERIOD), 985_000) };
        give(&mut book, facts, &given, &[]);
        finish(&mut book);
        assert_eq!(book.entries(Side::Buy).next(), Some(&held));
        // It takes one of its side's six places, and nothing near it is a level.
        assert!(book.entries(Side::Buy).count() <= 6);
        let near = |price: i64| price != 990_000 && (price - 990_000).abs() <= 792;
        assert!(!seen(&book).iter().any(|&(price, _)| near(price)));
    }
    book.release(id, Ended::Touched(later(PERIOD))).expect("held");
    refresh(&mut book, later(Nanos(2 * PERIOD.0)), 1_000_000, &[]);
    assert!(all(&book).is_empty());
    assert_eq!(book.release(id, Ended::Untouched), Err(Unfit::NotFrozen));
    assert_eq!(book.freeze(id).map(|_| ()), Err(Unfit::Unknown));
    assert_eq!(book.freeze(LevelId(999)).map(|_| ()), Err(Unfit::Unknown));
}

#[test]
fn a_frozen_level_has_the_live_signal_of_its_zone() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 1_000_000, &[candidate(LevelKind::Vah, Window::Hours8, 990_000)]);
    let id = only(&book).level.id;
    book.freeze(id).expect("live");
    // Better, but its zone reaches into the held one's.
    refresh(&mut book, later(PERIOD), 1_000_000, &[lvn(990_800, 0.9), lvn(985_000, 0.1)]);
    let live: Vec<(i64, bool)> = all(&book).iter().map(|e| (e.level.price.0, e.live)).collect();
    assert_eq!(live, [(990_000, true), (990_800, false), (985_000, true)]);
}

#[test]
fn a_frozen_level_follows_its_candidate_unseen() {
    let mut book = book(plan());
    let mut time = NOON;
    refresh(&mut book, time, 1_000_000, &[lvn(990_000, 0.5)]);
    let id = only(&book).level.id;
    book.freeze(id).expect("live");
    for price in [990_290, 990_580, 990_870] {
        time = time.after(PERIOD);
        refresh(&mut book, time, 1_000_000, &[lvn(price, 0.5)]);
        // Beyond 0.08 % too: it is the same level, so it is none of its own.
        assert_eq!(only(&book).level.price, Price(990_000));
    }
    book.release(id, Ended::Untouched).expect("held");
    refresh(&mut book, time.after(PERIOD), 1_000_000, &[lvn(990_870, 0.5)]);
    assert_eq!((only(&book).level.id, only(&book).level.price), (id, Price(990_870)));
}

#[test]
fn the_last_signal_lets_go() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.5)]);
    let id = only(&book).level.id;
    book.freeze(id).expect("live");
    book.freeze(id).expect("still live");
    book.release(id, Ended::Touched(NOON)).expect("held twice");
    assert!(only(&book).frozen);
    refresh(&mut book, later(PERIOD), 1_000_000, &[]);
    assert!(only(&book).frozen);
    book.release(id, Ended::Touched(later(PERIOD))).expect("held once");
    let entry = only(&book);
    assert_eq!((entry.frozen, entry.live, entry.touches), (false, false, 2));
}

#[test]
fn freezing_in_the_middle_of_a_refresh() {
    // Whenever in a refresh it comes, the next levels hold it, and they are always the same.
    let start: Vec<Candidate> = (1..=5).map(|i| lvn(990_000 - 3_000 * i, 0.5)).collect();
    let moved: Vec<Candidate> = (1..=8).map(|i| lvn(990_200 - 2_900 * i, 0.6)).collect();
    let prepared = || {
        let mut book = book(LevelPlan { piece: 16, ..plan() });
        refresh(&mut book, NOON, 1_000_000, &start);
        let id = id_at(&book, 984_000).expect("published");
        (book, id)
    };
    let (mut plain, id) = prepared();
    plain.freeze(id).expect("live");
    give(&mut plain, facts(later(PERIOD), 1_000_000), &moved, &[]);
    let steps = finish(&mut plain);
    let mut restarts = 0;
    for at in 0..steps {
        let (mut book, id) = prepared();
        give(&mut book, facts(later(PERIOD), 1_000_000), &moved, &[]);
        let swapped = (0..at).any(|_| book.step() == Progress::Swapped);
        let frozen = book.freeze(id);
        finish(&mut book);
        restarts += book.counts().restarts;
        if swapped {
            // 984 400 is the nearest now: too far to be the same level.
            assert_eq!(frozen.map(|_| ()), Err(Unfit::Unknown));
            continue;
        }
        assert!(frozen.is_ok());
        let bare = |book: &LevelBook| {
            all(book)
                .iter()
                .map(|e| (e.level.price, e.level.score.to_bits(), e.live))
                .collect::<Vec<_>>()
        };
        assert_eq!(bare(&book), bare(&plain), "frozen at step {at} of {steps}");
    }
    assert!(restarts > 3, "{restarts} of {steps} steps");
}

#[test]
fn a_level_at_the_price_keeps_its_side_and_a_new_one_waits() {
    let mut book = book(plan());
    refresh(&mut book, NOON, 990_000, &[lvn(990_000, 0.5)]);
    assert!(all(&book).is_empty());
    for (price, side) in
        [(990_001, Side::Buy), (990_000, Side::Buy), (989_999, Side::Sell), (990_000, Side::Sell)]
    {
        refresh(&mut book, later(PERIOD), price, &[lvn(990_000, 0.5)]);
        assert_eq!((only(&book).level.side, only(&book).level.id), (side, LevelId(1)), "{price}");
    }
}

#[test]
fn when_a_refresh_is_due() {
    let mut book = book(LevelPlan { refresh: Nanos(7 * SECOND.0), ..plan() });
    assert!(book.due(NOON), "never refreshed");
    // 16:00 is a session's end and no multiple of 7 s.
    let session = Nanos(NOON.0 + 4 * HOUR.0);
    let before = Nanos(session.0 - SECOND.0);
    refresh(&mut book, before, 1_000_000, &[]);
    assert!(!book.due(before));
    let period = Nanos(before.floor(Nanos(7 * SECOND.0)).0 + 7 * SECOND.0);
    assert!(period > session, "the table needs a session change inside a period");
    assert!(!book.due(Nanos(session.0 - 1)));
    assert!(book.due(session));
    refresh(&mut book, session, 1_000_000, &[]);
    assert!(!book.due(Nanos(period.0 - 1)));
    assert!(book.due(period));
    // Not while one is under way, however long it takes.
    give(&mut book, facts(period, 1_000_000), &[lvn(990_000, 0.5)], &[]);
    assert!(!book.due(period.after(MINUTE)));
    finish(&mut book);
    assert!(book.due(period.after(MINUTE)));
    assert!(!book.due(NOON), "time that runs back is no new period");
}

#[test]
fn a_newer_refresh_drops_the_unfinished_and_keeps_what_is_published() {
    let mut book = book(LevelPlan { piece: 16, ..plan() });
    refresh(&mut book, NOON, 1_000_000, &[lvn(990_000, 0.5)]);
    let before = only(&book);
    give(&mut book, facts(later(PERIOD), 1_000_000), &[lvn(970_000, 0.5)], &[]);
    assert_eq!(book.step(), Progress::Working);
    assert_eq!(only(&book), before);
    book.begin(facts(later(PERIOD), 1_000_000)).expect("sound");
    assert_eq!(book.step(), Progress::Working, "gathering");
    assert_eq!(only(&book), before);
    book.seal();
    finish(&mut book);
    assert!(all(&book).is_empty());
    assert_eq!((book.counts().abandoned, book.counts().refreshes), (1, 2));
}

#[test]
fn trust_goes_with_the_level() {
    let mut book = book(plan());
    let doubtful = Candidate { trust: Trust::CONTAMINATED, ..lvn(990_000, 0.5) };
    refresh(&mut book, NOON, 1_000_000, &[doubtful]);
    assert_eq!(only(&book).trust, Trust::CONTAMINATED);
}

#[test]
fn the_memory_is_bounded_and_the_untouched_gives_way() {
    let mut book = book(plan());
    let mut time = NOON;
    refresh(&mut book, time, 1_000_000, &[lvn(990_000, 0.5)]);
    let first = only(&book).level.id;
    touch(&mut book, time);
    // 60 refreshes of six new levels each: more than the memory holds, within the hour.
    for at in 0..60 {
        time = time.after(PERIOD);
        let given: Vec<Candidate> =
            (0..6).map(|i| lvn(980_000 - 1_000 * (6 * at + i), 0.5)).collect();
        refresh(&mut book, time, 1_000_000, &given);
        assert_eq!(all(&book).len(), 6);
    }
    assert!(book.counts().evicted > 0);
    assert_eq!(book.counts().known, 256);
    refresh(&mut book, time.after(PERIOD), 1_000_000, &[lvn(990_000, 0.5)]);
    assert_eq!((only(&book).level.id, only(&book).touches), (first, 1));
}

//! The level book against its rules and against a naive model.

mod life;
mod naive;
mod properties;
mod rules;

use model::{DAY, Fine, HOUR, Nanos, Price, Side, Ticks, Trust, Window};

use super::{Candidate, Entry, Facts, LevelBook, LevelPlan, Progress, Reference, Shape, Source};
use crate::terms::{LevelId, LevelKind, Zone};

/// Noon of some day.
const NOON: Nanos = Nanos(20_000 * DAY.0 + 12 * HOUR.0);

/// A tenth, as BTCUSDT has it; a price of a million ticks is 100 000.
const TICK: Fine = Fine(10_000_000);

/// The specification's plan without round numbers, so that a table says what it means.
fn plan() -> LevelPlan {
    LevelPlan { round_steps: [Fine(100_000_000_000_000_000), Fine(0)], ..LevelPlan::default() }
}

fn facts(time: Nanos, price: i64) -> Facts {
    Facts {
        time,
        price: Price(price),
        volatility_5m: 1.0,
        volatility_24h: 1.0,
        atr_4h: f64::NAN,
        day: Shape::NONE,
    }
}

fn source(window: Window) -> Source {
    Source {
        window,
        completed: false,
        time_open: Nanos(NOON.0 - 6 * HOUR.0),
        bins: 100,
        bin: Ticks(0),
        shape: Shape::NONE,
    }
}

/// A sound candidate; an LVN's share is 0.5.
fn candidate(kind: LevelKind, window: Window, price: i64) -> Candidate {
    let node = Zone { low: Price(price), high: Price(price) };
    let share = if kind == LevelKind::Lvn { 0.5 } else { 0.0 };
    Candidate {
        kind,
        source: source(window),
        price: Price(price),
        node,
        share,
        trust: Trust::SOUND,
    }
}

/// An LVN of the rolling day with this share.
fn lvn(price: i64, share: f64) -> Candidate {
    Candidate { share, ..candidate(LevelKind::Lvn, Window::Hours24, price) }
}

/// The same of a completed session.
fn completed(candidate: Candidate, time_open: Nanos) -> Candidate {
    let source = Source { completed: true, time_open, ..candidate.source };
    Candidate { source, ..candidate }
}

fn book(plan: LevelPlan) -> LevelBook {
    LevelBook::new(plan, TICK).expect("a sound plan")
}

fn give(book: &mut LevelBook, facts: Facts, candidates: &[Candidate], refer: &[(Reference, i64)]) {
    book.begin(facts).expect("sound facts");
    for candidate in candidates {
        let _ = book.offer(candidate);
    }
    for &(reference, price) in refer {
        let _ = book.refer(reference, Price(price));
    }
    book.seal();
}

/// Works until nothing is left; returns the steps.
fn finish(book: &mut LevelBook) -> usize {
    let steps = (0..1_000_000).take_while(|_| book.step() != Progress::Idle).count();
    assert!(steps < 1_000_000, "a refresh that never ends");
    steps
}

/// A whole refresh.
fn refresh(book: &mut LevelBook, time: Nanos, price: i64, candidates: &[Candidate]) {
    give(book, facts(time, price), candidates, &[]);
    finish(book);
}

fn all(book: &LevelBook) -> Vec<Entry> {
    [Side::Buy, Side::Sell].into_iter().flat_map(|side| book.entries(side)).copied().collect()
}

/// Prices and numbers of the published levels.
fn seen(book: &LevelBook) -> Vec<(i64, u64)> {
    all(book).iter().map(|entry| (entry.level.price.0, entry.level.id.0)).collect()
}

fn only(book: &LevelBook) -> Entry {
    let entries = all(book);
    assert_eq!(entries.len(), 1, "{:?}", seen(book));
    entries[0]
}

fn id_at(book: &LevelBook, price: i64) -> Option<LevelId> {
    all(book).iter().find(|entry| entry.level.price.0 == price).map(|entry| entry.level.id)
}

fn later(span: Nanos) -> Nanos {
    NOON.after(span)
}

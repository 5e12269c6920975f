//! The shadow book beside a hot one that is right, and one that is not.

use bytemuck::Zeroable;
use model::{
    AuditLine, BookLine, ConnectionLine, ConnectionState, Draft, Fine, InstrumentId, Kind, Level,
    LevelPrice, Lots, Nanos, Price, Route, Side, Venue,
};

use super::Audit;

const BTC: InstrumentId = InstrumentId(0);
const TICK: Fine = Fine(10_000_000);

fn audit() -> Audit {
    Audit::new(BTC, Venue::UsdM, TICK)
}

fn level(side: Side, price: i64, lots: i64) -> Level {
    Level { side, price: LevelPrice::Tick(Price(price)), lots: Lots(lots) }
}

fn depth(kind: Kind, prev: u64, first: u64, last: u64, levels: &[Level]) -> Draft {
    let mut draft = Draft::default();
    draft.open(kind, BTC);
    draft.head.id = last;
    draft.head.id_prev = prev;
    draft.head.id_span = u32::try_from(last - first).expect("short");
    for level in levels {
        assert!(draft.push_level(*level));
    }
    draft
}

/// The hot book's line at `id`: best bid and ask with their lots, one level a side.
fn hot(id: u64, bid: (i64, i64), ask: (i64, i64)) -> Draft {
    let mut draft = Draft::default();
    draft.open(Kind::Book, BTC);
    draft.head.id = id;
    draft.push(BookLine {
        bid: Price(bid.0),
        bid_lots: Lots(bid.1),
        bid_depth: Lots(bid.1),
        bid_levels: 1,
        ask: Price(ask.0),
        ask_lots: Lots(ask.1),
        ask_depth: Lots(ask.1),
        ask_levels: 1,
        state: 2,
        changes: 7,
        ..BookLine::zeroed()
    });
    draft
}

/// Snapshot 105 falls inside event 101..=110; then 111..=120.
fn follow(audit: &mut Audit) {
    audit.begin();
    let stale = depth(Kind::Depth, 80, 91, 100, &[level(Side::Buy, 999, 1)]);
    let inside = depth(Kind::Depth, 100, 101, 110, &[level(Side::Buy, 1_000, 7)]);
    audit.event(stale.message());
    audit.event(inside.message());
    let both = [level(Side::Buy, 1_000, 5), level(Side::Sell, 1_001, 4)];
    audit.snapshot(depth(Kind::Snapshot, 0, 105, 105, &both).message());
    let next = [level(Side::Sell, 1_001, 0), level(Side::Sell, 1_003, 2)];
    audit.event(depth(Kind::Depth, 110, 111, 120, &next).message());
}

fn verdict(audit: &mut Audit) -> Option<(u64, AuditLine)> {
    let mut draft = Draft::default();
    let ready = audit.verdict(Nanos(1), &mut draft);
    ready.then(|| (draft.head.id, *draft.body()[0].view::<AuditLine>()))
}

#[test]
fn an_equal_book_is_found_equal_at_the_next_common_id() {
    let mut audit = audit();
    follow(&mut audit);
    assert_eq!(verdict(&mut audit), None, "nothing to compare with yet");
    audit.top(hot(119, (1, 1), (2, 2)).message());
    assert_eq!(verdict(&mut audit), None, "no common id");
    audit.top(hot(120, (1_000, 7), (1_003, 2)).message());
    let (id, line) = verdict(&mut audit).expect("a verdict");
    assert_eq!((id, line.snapshot_id, line.equal), (120, 105, 1));
    assert!(!audit.is_under_way());
    assert_eq!(verdict(&mut audit), None, "one verdict an audit");
}

#[test]
fn a_book_that_is_wrong_in_anything_is_found_out() {
    for (bid, ask, ticks, lots) in [
        ((1_000, 6), (1_003, 2), (0, 0), 1),
        ((999, 7), (1_003, 2), (-1, 0), 0),
        ((1_000, 7), (1_001, 4), (0, -2), 2),
    ] {
        let mut audit = audit();
        follow(&mut audit);
        audit.top(hot(120, bid, ask).message());
        let (_, line) = verdict(&mut audit).expect("a verdict");
        assert_eq!(
            (line.equal, line.bid_ticks, line.ask_ticks, line.depth_lots),
            (0, ticks.0, ticks.1, lots)
        );
    }
}

#[test]
fn the_hot_book_may_be_ahead_of_the_shadow() {
    let mut audit = audit();
    audit.begin();
    audit.event(depth(Kind::Depth, 100, 101, 110, &[level(Side::Buy, 1_000, 7)]).message());
    audit.top(hot(110, (1_000, 7), (1_001, 4)).message());
    let both = [level(Side::Buy, 1_000, 5), level(Side::Sell, 1_001, 4)];
    audit.snapshot(depth(Kind::Snapshot, 0, 105, 105, &both).message());
    assert_eq!(verdict(&mut audit).map(|(id, line)| (id, line.equal)), Some((110, 1)));
}

#[test]
fn without_a_chain_there_is_no_verdict() {
    // A snapshot older than the events, a hole behind it, a lost connection.
    let mut old = audit();
    old.begin();
    old.event(depth(Kind::Depth, 100, 101, 110, &[]).message());
    old.snapshot(depth(Kind::Snapshot, 0, 90, 90, &[]).message());
    assert!(!old.is_under_way());

    let mut hole = audit();
    follow(&mut hole);
    hole.event(depth(Kind::Depth, 125, 126, 130, &[]).message());
    assert!(!hole.is_under_way());

    let mut lost = audit();
    follow(&mut lost);
    let mut draft = Draft::default();
    draft.open(Kind::Connection, InstrumentId::NONE);
    draft.push(ConnectionLine {
        route: Route::Public.code(),
        state: ConnectionState::Lost.code(),
        ..ConnectionLine::zeroed()
    });
    lost.event(draft.message());
    assert!(!lost.is_under_way());
}

#[test]
fn levels_off_the_grid_count_and_round_away_from_the_middle() {
    let mut audit = audit();
    audit.begin();
    let fine =
        |side, price, lots| Level { side, price: LevelPrice::Fine(Fine(price)), lots: Lots(lots) };
    let odd = [fine(Side::Buy, 10_005_000_000, 3), fine(Side::Sell, 10_015_000_000, 4)];
    audit.event(depth(Kind::Depth, 100, 101, 110, &odd).message());
    audit.snapshot(depth(Kind::Snapshot, 0, 105, 105, &[]).message());
    audit.top(hot(110, (1_000, 3), (1_002, 4)).message());
    assert_eq!(verdict(&mut audit).map(|(_, line)| line.equal), Some(1));
}

/// A book that says that its best may be missing is not called another one for it; the next audit
/// judges it again.
#[test]
fn an_uncovered_book_is_not_judged() {
    let mut audit = audit();
    for (uncovered, judged) in [(1, false), (0, true)] {
        follow(&mut audit);
        let mut top = hot(120, (990, 5), (1_003, 2));
        let mut line: BookLine = *top.message().body.view(0).expect("a line");
        line.uncovered = uncovered;
        top.open(Kind::Book, BTC);
        top.head.id = 120;
        top.push(line);
        audit.top(top.message());
        assert_eq!(verdict(&mut audit).map(|(_, line)| line.equal), judged.then_some(0));
        assert!(!audit.is_under_way());
    }
}

//! The core without sockets: a shut door, refused bytes, doubled and late messages.

use model::{
    Draft, Instrument, InstrumentId, Instruments, Kind, Message, Nanos, Refusal, RefusedLine,
    Route, SECOND, Sink,
};
use runtime::door::{Door, Room};

use super::core::{Core, Heard};
use super::hatch::{Answer, Ask, Clerk, hatch};
use super::repair::{Hole, Patience};
use super::streams::Subscription;
use super::watch::Watch;
use super::{FeedCounter, Tap};

const BTC: InstrumentId = InstrumentId(0);

/// Remembers kinds and ids; the test says how much room there is.
struct Hall {
    seen: Vec<(Kind, u64, u64)>,
    room: usize,
}

impl Sink for Hall {
    fn send(&mut self, message: Message<'_>) {
        let body = message.body.view::<RefusedLine>(0);
        let kind = message.head.kind().expect("known");
        let note =
            if kind == Kind::Refused { body.map_or(0, |line| u64::from(line.reason)) } else { 0 };
        if kind != Kind::Tick {
            self.seen.push((kind, message.head.id, note));
        }
    }
}

impl Room for Hall {
    fn room(&self) -> usize {
        self.room
    }
}

/// Keeps what was refused.
#[derive(Default)]
struct Kept(Vec<(Vec<u8>, Refusal)>);

impl Tap for Kept {
    fn frame(&mut self, _bytes: &[u8], _now: Nanos) {}

    fn refused(&mut self, bytes: &[u8], reason: Refusal, _sequence: u64) {
        self.0.push((bytes.to_vec(), reason));
    }
}

struct Bench {
    core: Core<Hall, (), Kept>,
    clerk: Clerk,
    watch: Watch,
    now: Nanos,
}

impl Bench {
    fn new() -> Self {
        let mut table = Instruments::default();
        table.put(Instrument::new("BTCUSDT", "0.1", "0.001").expect("sound")).expect("room");
        let watch = Watch::new(&table, &Subscription::default(), Route::Public);
        let (hatch, clerk) = hatch();
        let door = Door::new(Hall { seen: Vec::new(), room: 10_000 }, (), 0);
        let core = Core::new(table, Patience::default(), SECOND, door, hatch, Kept::default());
        Self { core, clerk, watch, now: Nanos(1_793_000_000 * SECOND.0) }
    }

    fn text(&mut self, text: &str) -> Heard {
        self.now = self.now.after(Nanos(1_000_000));
        self.core.frame(text.as_bytes(), 0..text.len(), self.now, false, &mut self.watch)
    }

    fn depth(&mut self, prev: u64, first: u64, last: u64) {
        let at = self.now.0 / 1_000_000;
        self.text(&format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{at},"T":{at},"s":"BTCUSDT","st":1,"U":{first},"u":{last},"pu":{prev},"b":[["98765.30","1.204"]],"a":[]}}}}"#
        ));
    }

    fn trade(&mut self, id: u64) {
        let at = self.now.0 / 1_000_000;
        self.text(&format!(
            r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{at},"s":"BTCUSDT","a":{id},"p":"98765.40","q":"0.250","nq":"0.250","f":{id},"l":{id},"T":{at},"m":true,"st":1}}}}"#
        ));
    }

    fn snapshot(&mut self, id: u64) {
        let mut draft = Draft::default();
        draft.open(Kind::Snapshot, BTC);
        draft.head.id = id;
        assert!(self.clerk.bring(Answer::Snapshot(draft)));
        self.core.tend(self.now);
    }

    fn asked(&mut self) -> Option<Ask> {
        self.core.ask_snapshots(self.now);
        self.clerk.asks.try_recv().ok()
    }

    fn room(&mut self, room: usize) {
        self.core.door.way_mut().room = room;
    }

    fn ids(&self, kind: Kind) -> Vec<u64> {
        let seen = self.core.door.way().seen.iter();
        seen.filter(|one| one.0 == kind).map(|one| one.1).collect()
    }
}

#[test]
fn a_depth_event_that_finds_the_door_shut_costs_the_chain_and_a_new_snapshot() {
    let mut bench = Bench::new();
    bench.depth(90, 91, 100);
    assert_eq!(bench.asked(), Some(Ask::Snapshot(BTC)));
    bench.snapshot(95);
    bench.depth(100, 101, 110);
    assert!(bench.core.is_whole());
    bench.room(1);
    bench.depth(110, 111, 120);
    assert!(!bench.core.is_whole(), "the book behind the door misses it");
    bench.room(10_000);
    assert_eq!(bench.asked(), None, "an event first");
    bench.depth(120, 121, 130);
    assert_eq!(bench.asked(), Some(Ask::Snapshot(BTC)));
    bench.snapshot(125);
    assert!(bench.core.is_whole());
    assert_eq!(bench.ids(Kind::Depth), [100, 110, 130]);
    assert_eq!(bench.ids(Kind::Snapshot), [95, 125]);
    assert_eq!(bench.core.counters.get(FeedCounter::DoorShut), 1);
}

#[test]
fn a_trade_that_finds_the_door_shut_is_missing_and_fetched() {
    let mut bench = Bench::new();
    bench.trade(5);
    bench.room(1);
    bench.trade(6);
    bench.room(10_000);
    bench.trade(7);
    bench.core.tend(bench.now);
    let hole = Hole { instrument: BTC, first: 6, last: 6 };
    assert_eq!(bench.clerk.asks.try_recv(), Ok(Ask::Trades(hole)));
    let head = model::Head { id: 6, ..model::Head::new(Kind::Trade, BTC) };
    let print = super::repair::Print { head, body: None };
    assert!(bench.clerk.bring(Answer::Trades(BTC, vec![print, print])));
    // Released trades that find the door shut wait for it, in order.
    bench.room(0);
    bench.core.tend(bench.now);
    assert_eq!(bench.ids(Kind::Trade), [5]);
    bench.room(10_000);
    bench.core.tend(bench.now);
    bench.trade(8);
    assert_eq!(bench.ids(Kind::Trade), [5, 6, 7, 8]);
}

#[test]
fn refused_bytes_are_named_kept_and_change_nothing() {
    let mut bench = Bench::new();
    bench.depth(90, 91, 100);
    for text in
        ["", "{", "NaN", r#"{"e":"depthUpdate"}"#, r#"{"stream":"x@y","data":{}}"#, "\u{1}\u{2}"]
    {
        assert_eq!(bench.text(text), Heard::Nothing, "{text:?}");
    }
    let kept = std::mem::take(&mut bench.core.tap().0);
    assert_eq!(kept.len(), 6);
    let seen: Vec<u64> = bench
        .core
        .door
        .way()
        .seen
        .iter()
        .filter(|one| one.0 == Kind::Refused)
        .map(|one| one.2)
        .collect();
    assert_eq!(seen, kept.iter().map(|one| one.1 as u64).collect::<Vec<u64>>(), "reason by reason");
    assert_eq!(bench.core.counters.get(FeedCounter::Refused), 6);
    bench.depth(100, 101, 110);
    bench.snapshot(105);
    assert!(bench.core.is_whole(), "the chain was not touched");
    // Answers to our own requests are no market data.
    assert_eq!(bench.text(r#"{"result":null,"id":1}"#), Heard::Nothing);
    assert_eq!(bench.text(r#"{"error":{"code":2,"msg":"x"},"id":1}"#), Heard::Refused);
    assert_eq!(bench.core.counters.get(FeedCounter::Refused), 7);
}

#[test]
fn late_data_are_said_to_lag_once_by_the_venues_clock_and_once_when_they_are_in_time_again() {
    let mut bench = Bench::new();
    let clock = |bench: &mut Bench, offset: i64| {
        let mut draft = Draft::default();
        draft.open(Kind::ServerTime, InstrumentId::NONE);
        draft.push(model::ServerTimeLine {
            offset,
            round_trip: Nanos(1),
            samples: 1,
            excessive: 0,
            reserved: [0; 3],
            more: [0; 5],
        });
        assert!(bench.clerk.bring(Answer::Enter(draft)));
        bench.core.tend(bench.now);
    };
    let lags = |bench: &Bench| bench.ids(Kind::Lag).len();
    bench.trade(1);
    assert_eq!(lags(&bench), 0);
    // Ours is three seconds behind the venue's: what it calls now is three seconds old for it.
    clock(&mut bench, 3_000_000_000);
    bench.trade(2);
    bench.trade(3);
    bench.depth(90, 91, 100);
    assert_eq!((lags(&bench), bench.core.counters.get(FeedCounter::Late)), (1, 1));
    clock(&mut bench, 0);
    bench.trade(4);
    bench.core.judge_lateness(bench.now);
    assert_eq!(lags(&bench), 1, "not yet: none was late for no second");
    bench.now = bench.now.after(Nanos(2 * SECOND.0));
    bench.core.judge_lateness(bench.now);
    bench.core.judge_lateness(bench.now);
    assert_eq!(lags(&bench), 2);
    // What the clocks were is forgotten when our host stood still; the pause itself is said.
    clock(&mut bench, 3_000_000_000);
    bench.core.paused(SECOND, bench.now);
    bench.trade(5);
    assert_eq!(lags(&bench), 3);
    assert_eq!(bench.ids(Kind::Trade), [1, 2, 3, 4, 5], "late is no reason to leave one out");
}

#[test]
fn an_operators_resync_and_a_new_grid_go_through_the_hatch() {
    let mut bench = Bench::new();
    bench.depth(90, 91, 100);
    bench.snapshot(95);
    assert!(bench.core.is_whole());
    assert!(bench.clerk.bring(Answer::Resync(BTC)));
    bench.core.tend(bench.now);
    assert!(!bench.core.is_whole());
    bench.depth(100, 101, 110);
    assert_eq!(bench.asked(), Some(Ask::Snapshot(BTC)));

    // On the old grid 98765.40 is a price; on a grid of 1 it is refused.
    bench.trade(1);
    let mut draft = Draft::default();
    Instrument::new("BTCUSDT", "1", "0.001").expect("sound").write(BTC, &mut draft);
    assert!(bench.clerk.bring(Answer::Enter(draft)));
    bench.core.tend(bench.now);
    bench.trade(2);
    assert_eq!(bench.ids(Kind::Trade), [1]);
    assert_eq!(bench.core.counters.get(FeedCounter::Refused), 1);
}

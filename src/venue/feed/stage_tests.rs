//! The feed over real TLS sockets, against a venue that does as the test says.

mod market;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use model::{
    ConnectionFault, ConnectionLine, ConnectionState, Draft, Head, Instrument, InstrumentId,
    Instruments, Kind, Line, MILLISECOND, Message, Nanos, Route, SECOND, Sink,
};
use runtime::door::Door;
use runtime::{Clock, Counters, Open, Stage};

use self::market::{Faults, Market, millis, serve};
use super::hatch::{Answer, Ask, Clerk, hatch};
use super::life::Rules;
use super::repair::Print;
use super::{Feed, FeedCounter, Form, Plan};
use crate::lab::{Authority, Flaw, Place};

/// Remembers what came through the door.
#[derive(Default)]
struct Hall(Vec<(Head, Option<Line>)>);

impl Sink for Hall {
    fn send(&mut self, message: Message<'_>) {
        if message.head.kind() != Some(Kind::Tick) {
            self.0.push((*message.head, message.body.iter().next().copied()));
        }
    }
}

struct Lab {
    market: Arc<Market>,
    faults: Arc<Faults>,
    feed: Feed<Open<Hall>>,
    clerk: Clerk,
    clock: Clock,
    counters: Counters<FeedCounter>,
    // Answers trades' questions.
    fetches: bool,
    ahead: Nanos,
}

fn rules() -> Rules {
    Rules {
        backoff_first: Nanos(40 * MILLISECOND.0),
        backoff_max: Nanos(160 * MILLISECOND.0),
        stable: Nanos(300 * MILLISECOND.0),
        overlap: Nanos(150 * MILLISECOND.0),
        ..Rules::default()
    }
}

impl Lab {
    fn new(form: Form, change: impl FnOnce(&mut Plan)) -> Self {
        let (authority, place) = (Authority::new(), Place::new());
        let port = place.target.port;
        let (market, faults) = (Arc::new(Market::default()), Arc::new(Faults::default()));
        market.run();
        let config = authority.server(Flaw::None);
        let (all, wrong) = (Arc::clone(&market), Arc::clone(&faults));
        // The acceptor sleeps in `accept` at the end of the test; the process takes it along.
        std::thread::spawn(move || {
            loop {
                let stream = place.accept();
                let (all, wrong, config) =
                    (Arc::clone(&all), Arc::clone(&wrong), Arc::clone(&config));
                std::thread::spawn(move || serve(&all, &wrong, stream, config));
            }
        });
        let mut instruments = Instruments::default();
        instruments.put(Instrument::new("BTCUSDT", "0.1", "0.001").expect("sound")).expect("room");
        let mut plan = Plan::new("localhost", port, authority.client(), instruments);
        plan.form = form;
        plan.rules = rules();
        plan.subscription.trade_silence = Nanos(600 * MILLISECOND.0);
        plan.subscription.proof = Nanos(1500 * MILLISECOND.0);
        change(&mut plan);
        let (hatch, clerk) = hatch();
        let door = Door::new(Open::new(Hall::default()), (), 0);
        let (feed, _threads) = Feed::new(&plan, door, hatch, ()).expect("a feed");
        let counters = feed.counters();
        Self {
            market,
            faults,
            feed,
            clerk,
            clock: Clock::host(),
            counters,
            fetches: true,
            ahead: Nanos(0),
        }
    }

    fn seen(&self) -> &[(Head, Option<Line>)] {
        &self.feed.door().way().sink.0
    }

    fn get(&self, counter: FeedCounter) -> u64 {
        self.counters.get(counter)
    }

    /// Cycles, answering questions, until `done` or for 15 s.
    fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(15);
        while !done(self) {
            assert!(Instant::now() < end, "{what} did not come: {:?}", self.connections());
            let now = Nanos(self.clock.now().0 + self.ahead.0);
            if self.feed.cycle(now) == 0 {
                self.feed.doze(Duration::from_millis(1));
            }
            self.answer();
        }
    }

    fn run(&mut self, span: Duration) {
        let end = Instant::now() + span;
        self.until("the end of a span", |_| Instant::now() > end);
    }

    fn ready(&mut self) {
        self.until("ready", |lab| lab.get(FeedCounter::Ready) == 1);
    }

    fn answer(&self) {
        while let Ok(ask) = self.clerk.asks.try_recv() {
            let answer = match ask {
                Ask::Snapshot(instrument) => {
                    // Its id lies inside the newest event, as it mostly does.
                    let id = self
                        .market
                        .depth
                        .lock()
                        .expect("sound")
                        .last()
                        .map_or(0, |event| event.0 - 2);
                    let mut draft = Draft::default();
                    draft.open(Kind::Snapshot, instrument);
                    draft.head.id = id;
                    Answer::Snapshot(draft)
                }
                Ask::Trades(hole) if self.fetches => {
                    let prints = (hole.first..=hole.last).map(|id| {
                        let mut head = Head::new(Kind::Trade, hole.instrument);
                        head.id = id;
                        head.time_match = Nanos::from_millis(millis());
                        Print { head, body: None }
                    });
                    Answer::Trades(hole.instrument, prints.collect())
                }
                Ask::Trades(_) => continue,
            };
            assert!(self.clerk.offer(answer).is_ok());
        }
    }

    /// Connection changes so far: route, state, fault, socket.
    fn connections(&self) -> Vec<(Route, ConnectionState, Option<ConnectionFault>, u64)> {
        let lines = self.seen().iter().filter(|seen| seen.0.kind() == Some(Kind::Connection));
        lines
            .map(|(_, body)| {
                let line: &ConnectionLine = body.as_ref().expect("a body").view();
                (
                    Route::from_code(line.route).expect("a route"),
                    ConnectionState::from_code(line.state).expect("a state"),
                    ConnectionFault::from_code(line.fault),
                    line.socket,
                )
            })
            .collect()
    }

    fn ids(&self, kind: Kind) -> Vec<u64> {
        self.seen()
            .iter()
            .filter(|seen| seen.0.kind() == Some(kind))
            .map(|seen| seen.0.id)
            .collect()
    }

    /// Every depth event is in chain with the one before, or a snapshot that it (or one since)
    /// straddles came after it; nothing is doubled.
    fn assert_joined(&self) {
        let (mut last, mut buffered, mut whole, mut ahead) = (0, Vec::new(), false, 0);
        for (head, body) in self.seen() {
            match head.kind() {
                Some(Kind::Depth) => {
                    assert!(head.id > last, "an event came twice");
                    if head.id_prev != last {
                        (whole, ahead) = (false, 0);
                        buffered.clear();
                    }
                    last = head.id;
                    buffered.push((head.id_first(), head.id));
                    whole |= ahead != 0 && (head.id_first()..=head.id).contains(&ahead);
                }
                Some(Kind::Connection) => {
                    let line: &ConnectionLine = body.as_ref().expect("a body").view();
                    let lost = line.state == ConnectionState::Lost.code();
                    if lost && line.route == Route::Public.code() {
                        (whole, ahead) = (false, 0);
                        buffered.clear();
                    }
                }
                Some(Kind::Snapshot) => {
                    let inside =
                        buffered.iter().any(|&(first, last)| (first..=last).contains(&head.id));
                    assert!(inside || head.id > last, "a snapshot that cannot be joined entered");
                    whole |= inside;
                    ahead = head.id;
                }
                _ => {}
            }
        }
        assert!(whole, "ready, but the book behind the door could not be whole");
    }

    fn assert_tape_whole(&self) {
        let ids = self.ids(Kind::Trade);
        assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a hole or a double in {ids:?}");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.market.end.store(true, Ordering::Relaxed);
    }
}

use ConnectionState::{Failed, Halted, Lost, Proven, Rotated};

#[test]
fn it_connects_proves_every_stream_and_joins_book_and_tape() {
    for form in [Form::Url, Form::ControlFrame] {
        let mut lab = Lab::new(form, |_| {});
        lab.ready();
        lab.run(Duration::from_millis(300));
        let states = lab.connections();
        for route in [Route::Public, Route::Market] {
            let of: Vec<ConnectionState> =
                states.iter().filter(|one| one.0 == route).map(|one| one.1).collect();
            assert_eq!(of, [ConnectionState::Open, Proven]);
        }
        assert_eq!(lab.seen()[0].0.kind(), Some(Kind::Instrument), "the log explains itself");
        assert!(lab.ids(Kind::Depth).len() > 20 && lab.ids(Kind::Quote).len() > 20);
        lab.assert_joined();
        lab.assert_tape_whole();
        assert_eq!((lab.get(FeedCounter::Refused), lab.get(FeedCounter::Snapshots)), (0, 1));
    }
}

#[test]
fn a_dropped_socket_is_made_anew_alone_and_the_book_is_joined_again() {
    let mut lab = Lab::new(Form::Url, |_| {});
    lab.ready();
    lab.run(Duration::from_millis(400));
    let connects = lab.faults.connects.load(Ordering::Relaxed);
    lab.faults.drop_below.store(connects, Ordering::Relaxed);
    lab.until("the loss", |lab| lab.get(FeedCounter::Lost) == 1);
    assert!(lab.connections().iter().any(|one| (one.0, one.1) == (Route::Public, Lost)));
    lab.until("not ready", |lab| lab.get(FeedCounter::Ready) == 0);
    lab.ready();
    lab.run(Duration::from_millis(200));
    lab.assert_joined();
    lab.assert_tape_whole();
    assert_eq!(lab.get(FeedCounter::Snapshots), 2);
    assert_eq!(
        lab.faults.connects.load(Ordering::Relaxed),
        connects + 1,
        "the market socket stayed"
    );
}

#[test]
fn one_mute_stream_costs_its_socket_though_pings_go_on() {
    let mut lab = Lab::new(Form::Url, |_| {});
    lab.ready();
    lab.run(Duration::from_millis(100));
    let connects = lab.faults.connects.load(Ordering::Relaxed);
    lab.faults.mute_below.store(connects, Ordering::Relaxed);
    lab.until("the mute stream", |lab| lab.get(FeedCounter::Mute) == 1);
    lab.ready();
    let lost: Vec<_> = lab
        .seen()
        .iter()
        .filter_map(|(head, body)| {
            let line: &ConnectionLine = body.as_ref()?.view();
            (head.kind() == Some(Kind::Connection) && line.fault == ConnectionFault::Mute.code())
                .then_some(*line)
        })
        .collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(
        (lost[0].route, lost[0].instrument, lost[0].kind),
        (Route::Market.code(), 0, Kind::Trade as u16)
    );
    assert_eq!(lab.faults.connects.load(Ordering::Relaxed), connects + 1);
    // What was not heard meanwhile is fetched, once and in order.
    lab.run(Duration::from_millis(200));
    assert!(lab.get(FeedCounter::TradesFetched) > 20);
    lab.assert_tape_whole();
}

#[test]
fn skipped_trades_are_fetched_once_and_in_order_or_passed_on_as_a_hole() {
    let mut lab = Lab::new(Form::Url, |plan| plan.patience.hold = Nanos(400 * MILLISECOND.0));
    lab.ready();
    let skip = |lab: &Lab| {
        let next = lab.ids(Kind::Trade).last().expect("trades") + 30;
        *lab.faults.skip.lock().expect("sound") = (next, next + 6);
        next
    };
    skip(&lab);
    lab.until("the repair", |lab| lab.get(FeedCounter::TradesFetched) == 7);
    lab.run(Duration::from_millis(200));
    lab.assert_tape_whole();
    assert_eq!(lab.get(FeedCounter::HolesLeft), 0);
    lab.fetches = false;
    let first = skip(&lab);
    lab.until("the hole", |lab| lab.get(FeedCounter::HolesLeft) == 1);
    lab.run(Duration::from_millis(200));
    let ids = lab.ids(Kind::Trade);
    let missing: Vec<u64> =
        (ids[0]..=*ids.last().expect("trades")).filter(|id| !ids.contains(id)).collect();
    assert_eq!(missing, (first..=first + 6).collect::<Vec<u64>>());
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_storm_of_closed_connections_stays_within_the_budget_and_halts_entries() {
    let mut lab = Lab::new(Form::Url, |plan| {
        plan.rules.budget = 8;
        plan.rules.budget_span = Nanos(3 * SECOND.0);
    });
    lab.faults.storm.store(true, Ordering::Relaxed);
    lab.until("the halt", |lab| {
        lab.get(FeedCounter::PublicHalted) + lab.get(FeedCounter::MarketHalted) == 2
    });
    lab.run(Duration::from_millis(1000));
    let states = lab.connections();
    let count = |state| states.iter().filter(|one| one.1 == state).count();
    assert_eq!(count(Halted), 2, "once a route");
    assert!(lab.faults.connects.load(Ordering::Relaxed) <= 16 && count(Failed) <= 16);
    lab.faults.storm.store(false, Ordering::Relaxed);
    lab.ready();
    assert_eq!(lab.get(FeedCounter::PublicHalted) + lab.get(FeedCounter::MarketHalted), 0);
}

#[test]
fn rotation_changes_sockets_without_a_hole_or_a_double() {
    let mut lab = Lab::new(Form::Url, |plan| plan.rules.rotate = Nanos(700 * MILLISECOND.0));
    lab.until("two rotations a route", |lab| lab.get(FeedCounter::Rotations) >= 4);
    lab.ready();
    lab.assert_joined();
    lab.assert_tape_whole();
    let chain: Vec<_> =
        lab.seen().iter().filter(|seen| seen.0.kind() == Some(Kind::Depth)).collect();
    assert!(chain.windows(2).all(|pair| pair[1].0.id_prev == pair[0].0.id), "no break at all");
    assert_eq!((lab.get(FeedCounter::Snapshots), lab.get(FeedCounter::Lost)), (1, 0));
    assert!(lab.get(FeedCounter::Duplicates) > 0, "both sockets were read");
    let quotes = lab.ids(Kind::Quote);
    assert!(quotes.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(lab.connections().iter().any(|one| one.1 == Rotated));
}

#[test]
fn a_route_that_delivers_nothing_is_named_as_unproven() {
    let mut lab = Lab::new(Form::Url, |plan| plan.subscription.proof = Nanos(700 * MILLISECOND.0));
    lab.faults.one_route.store(true, Ordering::Relaxed);
    let unproven = (Route::Market, Lost, Some(ConnectionFault::Unproven));
    lab.until("the fault", |lab| {
        lab.connections().iter().any(|&(route, state, fault, _)| (route, state, fault) == unproven)
    });
    assert_eq!(lab.get(FeedCounter::Ready), 0);
    lab.faults.one_route.store(false, Ordering::Relaxed);
    lab.ready();
}

#[test]
fn a_giant_frame_and_a_refused_subscription_cost_the_socket_by_name() {
    let mut lab = Lab::new(Form::Url, |_| {});
    lab.ready();
    lab.faults.giant_below.store(lab.faults.connects.load(Ordering::Relaxed), Ordering::Relaxed);
    lab.until("the loss", |lab| lab.get(FeedCounter::Lost) == 1);
    lab.until("its name", |lab| {
        lab.connections().iter().any(|one| one.2 == Some(ConnectionFault::Giant))
    });
    lab.ready();
    lab.assert_joined();

    let mut lab = Lab::new(Form::ControlFrame, |_| {});
    lab.faults.refuse.store(true, Ordering::Relaxed);
    lab.until("its name", |lab| {
        lab.connections().iter().any(|one| one.2 == Some(ConnectionFault::Subscription))
    });
}

#[test]
fn a_pause_of_our_host_ends_every_socket_and_is_in_the_log() {
    let mut lab = Lab::new(Form::Url, |_| {});
    lab.ready();
    lab.run(Duration::from_millis(100));
    lab.ahead = Nanos(30 * SECOND.0);
    lab.until("the pause", |lab| lab.get(FeedCounter::Pauses) == 1);
    lab.until("not ready", |lab| lab.get(FeedCounter::Ready) == 0);
    lab.ready();
    lab.run(Duration::from_millis(100));
    lab.assert_joined();
    let lag = lab.ids(Kind::Lag).len();
    let paused =
        lab.connections().iter().filter(|one| one.2 == Some(ConnectionFault::Paused)).count();
    assert_eq!((lag, paused), (1, 2));
    // A hole of trades opened meanwhile; it is filled as well.
    lab.assert_tape_whole();
    let _ = InstrumentId::NONE;
}

//! The feed and the cold threads against the house's own imitation of the venue, fault by fault,
//! over real TLS sockets: whole again in a bounded time, no trade lost or doubled.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::{Head, Kind, Message, Nanos, SECOND, Sink};
use runtime::door::{Door, DoorCounter, Room};
use runtime::{Clock, Counters, Open, Outlet, Stage};
use simulator::{Fault, FaultKind, MarketPlan, SyntheticSource, Venue, VenuePlan};
use venue::feed::hatch::hatch;
use venue::feed::{Feed, FeedCounter, Plan, tls};
use venue::rest::client::Client;
use venue::rest::desk::{Desk, DeskPlan};
use venue::rest::ledger::LIMIT;
use venue::rest::questions::Questions;
use venue::rest::warm;

#[derive(Default)]
struct Heads(Vec<Head>);

impl Sink for Heads {
    fn send(&mut self, message: Message<'_>) {
        if message.head.kind() != Some(Kind::Tick) {
            self.0.push(*message.head);
        }
    }
}

struct Lab<S: Outlet> {
    venue: Venue,
    feed: Feed<S>,
    desk: Desk,
    clock: Clock,
    counters: Counters<FeedCounter>,
}

fn lab<S: Outlet>(way: S) -> Lab<S> {
    let source = SyntheticSource::new(7, vec![MarketPlan::btcusdt()]);
    let venue = Venue::start(VenuePlan::default(), Box::new(source)).expect("a venue");
    let clock = Clock::scaled(venue.clock().now(), 1_000);
    let authority = tls::certificates(venue.authority_pem().as_bytes()).expect("an authority");
    let tls = tls::config(&authority).expect("a sound certificate");
    let port = venue.address().port();
    let client = Client::new("localhost", port, &tls, LIMIT, clock.clone()).expect("a client");
    let mut questions = Questions::new(client.clone(), model::Instruments::default());
    let (table, _) = warm::instruments(&mut questions, None, &["BTCUSDT"]).expect("a table");
    let mut plan = Plan::new("localhost", port, tls, table.clone());
    plan.subscription.depth_silence = SECOND;
    plan.rules.backoff_first = Nanos(SECOND.0 / 10);
    let (hatch, clerk) = hatch();
    let ask = || Questions::new(client.clone(), table.clone());
    let desk = Desk::start(&DeskPlan::default(), ask(), ask(), &clerk).expect("threads");
    let door = Door::new(way, (), 0);
    let (feed, _threads) = Feed::new(&plan, door, hatch, ()).expect("a feed");
    let counters = feed.counters();
    Lab { venue, feed, desk, clock, counters }
}

impl<S: Outlet> Lab<S> {
    fn until(&mut self, what: &str, done: impl Fn(&Counters<FeedCounter>) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !done(&self.counters) {
            assert!(Instant::now() < end, "{what} did not come in 30 s");
            if self.feed.cycle(self.clock.now()) == 0 {
                self.feed.doze(Duration::from_millis(1));
            }
        }
    }

    fn ready(&mut self, after: &str) {
        self.until(after, |counters| counters.get(FeedCounter::Ready) == 1);
    }

    fn run(&mut self, span: Duration) {
        let end = Instant::now() + span;
        self.until("the end of a span", |_| Instant::now() > end);
    }

    /// Lets a fault happen and waits until something was seen of it.
    fn hit(&mut self, fault: Fault, counter: FeedCounter) {
        let before = self.counters.get(counter);
        let name = format!("{:?}", fault.kind);
        self.venue.inject(fault);
        self.until(&name, |counters| counters.get(counter) > before);
        self.run(Duration::from_millis(50));
        self.ready(&name);
        self.run(Duration::from_millis(300));
    }
}

/// A pipeline that is stalled while the test says so: it has no room then.
#[derive(Default)]
struct Stalled {
    heads: Heads,
    shut: Arc<AtomicBool>,
}

impl Sink for Stalled {
    fn send(&mut self, message: Message<'_>) {
        self.heads.send(message);
    }
}

impl Room for Stalled {
    fn room(&self) -> usize {
        if self.shut.load(Ordering::Relaxed) { 0 } else { usize::MAX }
    }
}

impl Outlet for Stalled {
    fn ask_max(&self) -> usize {
        usize::MAX
    }

    fn sent(&self) -> u64 {
        self.heads.0.len() as u64
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

const DEPTH: &str = "btcusdt@depth@100ms";
const TRADES: &str = "btcusdt@aggTrade";

#[test]
fn fault_by_fault_the_feed_is_whole_again_and_the_tape_has_no_hole() {
    let mut lab = lab(Open::new(Heads::default()));
    lab.ready("the start");
    lab.run(Duration::from_secs(1));
    lab.hit(Fault::once(FaultKind::Skip).on(DEPTH), FeedCounter::Snapshots);
    lab.hit(Fault::once(FaultKind::Drop), FeedCounter::Lost);
    lab.hit(Fault::once(FaultKind::Duplicate).on(DEPTH), FeedCounter::Duplicates);
    lab.hit(Fault::once(FaultKind::Duplicate).on(TRADES), FeedCounter::Duplicates);
    lab.hit(Fault::once(FaultKind::Skip).on(TRADES).times(3), FeedCounter::TradesFetched);
    lab.hit(Fault::once(FaultKind::Giant(1 << 20)).on(DEPTH), FeedCounter::Lost);
    lab.hit(Fault::once(FaultKind::Corrupt).on(DEPTH), FeedCounter::Refused);
    lab.hit(Fault::once(FaultKind::Mute).on(DEPTH).lasting(Nanos(3 * SECOND.0)), FeedCounter::Mute);
    lab.run(Duration::from_secs(1));

    let heads = &lab.feed.door().way().sink.0;
    let trades: Vec<u64> =
        heads.iter().filter(|one| one.kind() == Some(Kind::Trade)).map(|one| one.id).collect();
    assert!(trades.len() > 5, "the market trades");
    assert!(trades.windows(2).all(|pair| pair[0] + 1 == pair[1]), "lost or doubled: {trades:?}");
    let kinds: BTreeSet<Kind> = heads.iter().filter_map(Head::kind).collect();
    for kind in
        [Kind::Depth, Kind::Quote, Kind::Mark, Kind::Snapshot, Kind::OpenInterest, Kind::ServerTime]
    {
        assert!(kinds.contains(&kind), "no {}", kind.text());
    }
    assert_eq!(lab.counters.get(FeedCounter::HolesLeft), 0);
    assert_eq!(lab.counters.get(FeedCounter::DoorShut), 0);
    lab.desk.stop();
}

#[test]
fn a_stalled_pipeline_shuts_the_door_and_what_was_turned_away_is_made_whole() {
    let shut = Arc::new(AtomicBool::new(false));
    let mut lab = lab(Stalled { shut: Arc::clone(&shut), ..Stalled::default() });
    lab.ready("the start");
    lab.run(Duration::from_secs(1));
    let refused = |lab: &Lab<Stalled>| lab.feed.door().counters().get(DoorCounter::Refused);
    for round in 1..=2 {
        let (before, entered) = (refused(&lab), lab.feed.door().sequence());
        let trades = lab.counters.get(FeedCounter::TradesFetched);
        shut.store(true, Ordering::Relaxed);
        lab.run(Duration::from_secs(2));
        assert!(refused(&lab) > before + 10, "round {round}: frames are turned away and counted");
        assert_eq!(lab.feed.door().sequence(), entered, "round {round}: nothing enters");
        assert!(lab.counters.get(FeedCounter::DoorShut) > 0);
        shut.store(false, Ordering::Relaxed);
        lab.run(Duration::from_millis(200));
        lab.ready("the end of a stall");
        lab.until("the missing trades", |counters| {
            counters.get(FeedCounter::TradesFetched) > trades
        });
        lab.run(Duration::from_secs(1));
    }
    let heads = &lab.feed.door().way().heads.0;
    let trades: Vec<u64> =
        heads.iter().filter(|one| one.kind() == Some(Kind::Trade)).map(|one| one.id).collect();
    assert!(trades.windows(2).all(|pair| pair[0] + 1 == pair[1]), "lost or doubled: {trades:?}");
    let snapshots = heads.iter().filter(|one| one.kind() == Some(Kind::Snapshot)).count();
    assert!(snapshots >= 3, "the book began anew after each stall: {snapshots}");
    assert_eq!(lab.counters.get(FeedCounter::HolesLeft), 0);
    lab.desk.stop();
}

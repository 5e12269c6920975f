//! The feed and the cold threads against the house's own imitation of the venue, fault by fault,
//! over real TLS sockets: whole again in a bounded time, no trade lost or doubled.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use model::{Head, Kind, Message, Nanos, SECOND, Sink};
use runtime::door::Door;
use runtime::{Clock, Counters, Open, Stage};
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

struct Lab {
    venue: Venue,
    feed: Feed<Open<Heads>>,
    desk: Desk,
    clock: Clock,
    counters: Counters<FeedCounter>,
}

fn lab() -> Lab {
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
    let door = Door::new(Open::new(Heads::default()), (), 0);
    let (feed, _threads) = Feed::new(&plan, door, hatch, ()).expect("a feed");
    let counters = feed.counters();
    Lab { venue, feed, desk, clock, counters }
}

impl Lab {
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

const DEPTH: &str = "btcusdt@depth@100ms";
const TRADES: &str = "btcusdt@aggTrade";

#[test]
fn fault_by_fault_the_feed_is_whole_again_and_the_tape_has_no_hole() {
    let mut lab = lab();
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

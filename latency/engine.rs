//! The engine under the stamps: the real feed and the real stages, in any layout.
//!
//! | layout | threads |
//! |---|---|
//! | one | feed, book, analytics, strategy with the ledger |
//! | two | feed, book ∥ analytics, strategy |
//! | four | feed ∥ book ∥ analytics ∥ strategy |

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;
use std::time::Duration;

use engine::{Decide, RING_LINES};
use model::{Instrument, Instruments, Nanos};
use runtime::door::Door;
use runtime::pin::keep_off;
use runtime::{
    Clock, Core, Counters, Idle, Outbox, Outlet, Running, Seat, Stage, Station, ring, run_dedicated,
};
use venue::feed::hatch::hatch;
use venue::feed::{Feed, FeedCounter, Plan, tls};
use venue::rest::client::Client;
use venue::rest::desk::{Desk, DeskPlan};
use venue::rest::questions::Questions;

use crate::chain::{Call, End, Entry, ReadStamp, Stamped};
use crate::metered::Metered;
use crate::serve::{SILENCE, found};
use crate::stamps::{Arrived, Frame, Times};
use crate::steady::Steady;
use crate::switches::{Bearing, Watched};
use crate::{Failure, INSTRUMENT};

/// How the stages share threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threads {
    /// All on one.
    One,
    /// Two and two.
    Two,
    /// Each on its own.
    Four,
}

/// What a run brought.
#[derive(Debug)]
pub struct Run {
    /// The frames with their stamps.
    pub frames: Vec<Frame>,
    /// When its threads lost their cores.
    pub watched: Vec<Watched>,
    /// Messages read and refused, holes in the trades, snapshots that entered.
    pub told: String,
}

type Booked = Stamped<book::Stage>;
type Analysed = Stamped<analytics::Stage>;
type Decided = Stamped<Decide<()>>;
type Fused = Call<Booked, Call<Analysed, Call<Decided, End>>>;
type TheFeed<S> = Feed<Entry<S>, (), ReadStamp>;
type Handle<T> = JoinHandle<Metered<T>>;

/// The threads of a run.
enum River {
    One(Handle<TheFeed<Fused>>),
    Two(Handle<TheFeed<Call<Booked, Outbox>>>, Handle<Station<Analysed, Call<Decided, End>>>),
    Four(
        Handle<TheFeed<Outbox>>,
        Handle<Station<Booked, Outbox>>,
        Handle<Station<Analysed, Outbox>>,
        Handle<Station<Decided, End>>,
    ),
}

/// Runs an engine against the venue at `at` until that is silent.
///
/// # Errors
/// What went wrong, in a sentence.
pub fn run(
    at: &Path,
    threads: Threads,
    cores: &[Core],
    idle: Idle,
    windows: &[model::Window],
    cold: bool,
) -> Result<Run, Failure> {
    if idle.spins() {
        // Where there is no other core, cold threads share: their marks will say so.
        let _ = keep_off(cores);
    }
    let (port, pem) = found(at)?;
    let config = tls::config(&tls::certificates(&pem)?).map_err(|error| error.to_string())?;
    let mut instruments = Instruments::default();
    let instrument = Instrument::parse(INSTRUMENT).map_err(|error| error.to_string())?;
    instruments.put(instrument).map_err(|error| format!("{error:?}"))?;
    let steady = Steady::start();
    let clock = steady.clock.clone();
    let mut plan = Plan::new("127.0.0.1", port, Arc::clone(&config), instruments.clone());
    // A recording has no mark prices, and its trades may pause.
    let forever = Nanos(u64::MAX / 4);
    plan.subscription.mark_silence = forever;
    plan.subscription.trade_silence = forever;
    plan.subscription.proof = forever;
    plan.subscription.late = forever;
    let client = Client::new("127.0.0.1", port, &config, 2_400, clock.clone())
        .map_err(|error| error.to_string())?;
    let (hatch, clerk) = hatch();
    let questions = || Questions::new(client.clone(), instruments.clone());
    let desk = Desk::start(&DeskPlan::default(), questions(), questions(), &clerk)
        .map_err(|error| error.to_string())?;
    let mut analysis = analytics::Plan { windows: windows.to_vec(), ..analytics::Plan::default() };
    // Room for every trade of the recordings; a day's tape would cost 100 MB of page faults.
    analysis.tape_slots = 65_536;
    let parts = Parts {
        book: Stamped::new(book::Stage::new(&instruments, book::Plan::default()), &clock),
        analytics: Stamped::new(analytics::Stage::new(&instruments, analysis), &clock),
        strategy: Stamped {
            behind: Some(Times::default()),
            ..Stamped::new(Decide::new(&instruments, &deciding()?, ()), &clock)
        },
        clock,
        idle,
        cores: cores.to_vec(),
        running: Running::default(),
        read: Arc::default(),
        cold,
    };
    let running = parts.running.clone();
    let (river, counters) = parts.seat(&plan, hatch, threads)?;
    wait(&counters);
    running.stop();
    let (frames, watched) = river.join()?;
    desk.stop();
    let told = format!(
        "{} frames read, {} refused, {} trade holes, {} snapshots; clock off by {} ns",
        counters.get(FeedCounter::Frames),
        counters.get(FeedCounter::Refused),
        counters.get(FeedCounter::Holes),
        counters.get(FeedCounter::Snapshots),
        steady.error(),
    );
    Ok(Run { frames, watched, told })
}

/// Stage 4 as the demonstration has it.
fn deciding() -> Result<engine::Plan, Failure> {
    let plan = strategy::Plan::demonstration().conclude().map_err(|error| error.to_string())?;
    Ok(engine::Plan { strategy: Some(plan), ..engine::Plan::default() })
}

/// Until frames have come and then none for a while.
fn wait(counters: &Counters<FeedCounter>) {
    let (mut last, mut silent) = (0, Nanos::NONE);
    let look = Nanos(50_000_000);
    loop {
        std::thread::sleep(Duration::from_nanos(look.0));
        let frames = counters.get(FeedCounter::Frames);
        silent = if frames == last && frames > 0 { silent.after(look) } else { Nanos::NONE };
        last = frames;
        if silent >= SILENCE {
            return;
        }
    }
}

/// What a river is made of.
struct Parts {
    book: Booked,
    analytics: Analysed,
    strategy: Decided,
    clock: Clock,
    idle: Idle,
    cores: Vec<Core>,
    running: Running,
    read: Arc<AtomicU64>,
    cold: bool,
}

impl Parts {
    fn seat(
        self,
        plan: &Plan,
        hatch: venue::feed::hatch::Hatch,
        threads: Threads,
    ) -> Result<(River, Counters<FeedCounter>), Failure> {
        match threads {
            Threads::One => {
                let Self { book, analytics, strategy, .. } = self;
                let strategy = Call { work: strategy, out: End };
                let way = Call { work: book, out: Call { work: analytics, out: strategy } };
                let feed = feed(plan, hatch, (&self.clock, &self.read), way)?;
                let counters = feed.counters();
                let place = Place {
                    clock: self.clock,
                    idle: self.idle,
                    cores: self.cores,
                    running: self.running,
                    cold: self.cold,
                };
                Ok((River::One(place.seat(0, "hot-feed", feed)?), counters))
            }
            Threads::Two => {
                let Self { book, analytics, strategy, .. } = self;
                let (out, inbox) = ring(RING_LINES);
                let tail = Station::new(analytics, inbox, Call { work: strategy, out: End });
                let feed = feed(plan, hatch, (&self.clock, &self.read), Call { work: book, out })?;
                let counters = feed.counters();
                let place = Place {
                    clock: self.clock,
                    idle: self.idle,
                    cores: self.cores,
                    running: self.running,
                    cold: self.cold,
                };
                let tail = place.seat(1, "hot-analytics", tail)?;
                Ok((River::Two(place.seat(0, "hot-feed", feed)?, tail), counters))
            }
            Threads::Four => {
                let Self { book, analytics, strategy, .. } = self;
                let (feed_out, book_in) = ring(RING_LINES);
                let (book_out, analytics_in) = ring(RING_LINES);
                let (analytics_out, strategy_in) = ring(RING_LINES);
                let feed = feed(plan, hatch, (&self.clock, &self.read), feed_out)?;
                let counters = feed.counters();
                let place = Place {
                    clock: self.clock,
                    idle: self.idle,
                    cores: self.cores,
                    running: self.running,
                    cold: self.cold,
                };
                let strategy =
                    place.seat(3, "hot-strategy", Station::new(strategy, strategy_in, End))?;
                let analytics = Station::new(analytics, analytics_in, analytics_out);
                let analytics = place.seat(2, "hot-analytics", analytics)?;
                let book = place.seat(1, "hot-book", Station::new(book, book_in, book_out))?;
                let feed = place.seat(0, "hot-feed", feed)?;
                Ok((River::Four(feed, book, analytics, strategy), counters))
            }
        }
    }
}

fn feed<S: Outlet>(
    plan: &Plan,
    hatch: venue::feed::hatch::Hatch,
    (clock, read): (&Clock, &Arc<AtomicU64>),
    way: S,
) -> Result<TheFeed<S>, Failure> {
    let tap = ReadStamp { clock: clock.clone(), read: Arc::clone(read) };
    let door = Door::new(Entry::new(clock, read, way), (), 0);
    let (feed, _dialers) = Feed::new(plan, door, hatch, tap).map_err(|error| error.to_string())?;
    Ok(feed)
}

/// Where threads sit.
struct Place {
    clock: Clock,
    idle: Idle,
    cores: Vec<Core>,
    running: Running,
    cold: bool,
}

impl Place {
    fn seat<T: Stage + Send + 'static>(
        &self,
        number: usize,
        name: &str,
        stage: T,
    ) -> Result<Handle<T>, Failure> {
        let core = (!self.cores.is_empty()).then(|| self.cores[number % self.cores.len()]);
        let seat = Seat { name: name.to_owned(), core, idle: self.idle };
        let bearing = if self.idle.spins() { Bearing::Spins } else { Bearing::Yields };
        // The first thread alone walks: the others have nothing of their own to do meanwhile.
        let stage = Metered::new(stage, bearing, self.cold && number == 0);
        run_dedicated(stage, seat, self.clock.clone(), self.running.clone())
            .map_err(|error| error.to_string())
    }
}

impl River {
    fn join(self) -> Result<(Vec<Frame>, Vec<Watched>), Failure> {
        let mut watched = Vec::new();
        let (arrived, analytics, strategy) = match self {
            Self::One(feed) => {
                let entry = ended(feed, &mut watched)?.into_door().into_parts().0;
                let Call { out: Call { work: analytics, out: strategy }, .. } = entry.way;
                (entry.arrived, analytics, strategy.work)
            }
            Self::Two(feed, tail) => {
                let entry = ended(feed, &mut watched)?.into_door().into_parts().0;
                let (analytics, strategy) = ended(tail, &mut watched)?.into_parts();
                (entry.arrived, analytics, strategy.work)
            }
            Self::Four(feed, book, analytics, strategy) => {
                let entry = ended(feed, &mut watched)?.into_door().into_parts().0;
                ended(book, &mut watched)?;
                let analytics = ended(analytics, &mut watched)?.into_parts().0;
                let strategy = ended(strategy, &mut watched)?.into_parts().0;
                (entry.arrived, analytics, strategy)
            }
        };
        let frame = |one: &Arrived| {
            let decided = strategy.behind.as_ref().and_then(|times| times.of(one.sequence));
            let (booked, analysed) =
                (analytics.before.of(one.sequence), strategy.before.of(one.sequence));
            Frame {
                trade: one.kind == model::Kind::Trade as u16,
                id: one.id,
                at: [Some(one.read), Some(one.decoded), booked, analysed, decided],
            }
        };
        Ok((arrived.iter().map(frame).collect(), watched))
    }
}

/// A stage that ended, and what its thread noticed.
fn ended<T>(thread: Handle<T>, watched: &mut Vec<Watched>) -> Result<T, Failure> {
    let (stage, noticed) = thread.join().map_err(|_| "a stage died".to_owned())?.into_parts();
    watched.push(noticed);
    Ok(stage)
}

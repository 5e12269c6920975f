//! The head of a live river: the venue's sockets in front of the door whose log is shared memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use engine::Upstream;
use model::{Flags, Kind, Message, Nanos, Refusal, Sink};
use runtime::door::{Door, DoorCounter, Room};
use runtime::log::Writer;
use runtime::{Clock, Counters, Heartbeat, Outlet, Recorder, Stage};
use venue::feed::hatch::Hatch;
use venue::feed::history::History;
use venue::feed::{Feed, FeedCounter, Plan, Tap};

use super::frames::FrameTap;
use super::refused::RefusedTap;

/// What the cold side is told once the feed stands.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) feed: Counters<FeedCounter>,
    pub(super) door: Counters<DoorCounter>,
    pub(super) dialers: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

/// Who sees the bytes of frames: the recorder of all, and the keeper of those refused.
#[derive(Debug)]
pub(super) struct Taps {
    pub(super) frames: FrameTap,
    pub(super) refused: RefusedTap,
}

impl Tap for Taps {
    #[inline]
    fn frame(&mut self, bytes: &[u8], now: Nanos) {
        self.frames.frame(bytes, now);
    }

    fn refused(&mut self, bytes: &[u8], _reason: Refusal, sequence: u64) {
        self.refused.keep(bytes, sequence);
    }
}

/// The two ends of the hot thread's watch: how long a message takes to the door, and from there.
#[derive(Debug)]
pub(super) struct Stopwatch {
    /// From the cycle that read the frame to the door: socket, TLS, decoding, chain.
    pub(super) to_door: Recorder,
    /// Behind the door, as far as the feed's own thread goes.
    pub(super) behind: Recorder,
    /// The host's own clock, whatever clock the engine lives by.
    pub(super) host: Clock,
}

/// What is needed to make the feed.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) plan: Plan,
    pub(super) hatch: Hatch,
    pub(super) tap: Taps,
    pub(super) writer: Writer,
    pub(super) heart: Heartbeat,
    pub(super) stopwatch: Stopwatch,
    pub(super) told: Arc<OnceLock<Told>>,
    pub(super) history: Option<History>,
}

impl Upstream for Sockets {
    type Feed<W: Outlet + Send + 'static> = Intake<W>;

    /// # Panics
    /// When the system has no thread or no poll for the feed: nothing has begun then.
    fn feed<W: Outlet + Send + 'static>(self, way: W) -> Self::Feed<W> {
        let start = Arc::new(AtomicU64::new(0));
        let host = self.stopwatch.host.clone();
        let timed = Timed { way, watch: self.stopwatch, start: Arc::clone(&start) };
        let door = Door::new(timed, self.writer, 0);
        let counters = door.counters();
        let (mut feed, dialers) = Feed::new(&self.plan, door, self.hatch, self.tap)
            .unwrap_or_else(|error| panic!("no thread or poll for the feed: {error}"));
        if let Some(history) = self.history {
            feed = feed.after(history);
        }
        let told = Told { feed: feed.counters(), door: counters, dialers: dialers.into() };
        assert!(self.told.set(told).is_ok(), "a feed is made once");
        Intake { feed, heart: self.heart, host, start }
    }

    fn finish<W: Outlet + Send + 'static>(feed: Self::Feed<W>) -> (W, u64) {
        let door = feed.feed.into_door();
        let events = door.sequence();
        let (timed, writer) = door.into_parts();
        writer.finish();
        (timed.way, events)
    }
}

/// The feed with its heart.
#[derive(Debug)]
pub(super) struct Intake<W: Outlet> {
    feed: Feed<Timed<W>, Writer, Taps>,
    heart: Heartbeat,
    host: Clock,
    start: Arc<AtomicU64>,
}

impl<W: Outlet + Send + 'static> Stage for Intake<W> {
    fn role(&self) -> &'static str {
        "feed"
    }

    #[inline]
    fn cycle(&mut self, now: Nanos) -> usize {
        self.heart.beat();
        self.start.store(self.host.now().0, Ordering::Relaxed);
        self.feed.cycle(now)
    }

    fn is_done(&self) -> bool {
        self.feed.is_done()
    }

    fn stop(&mut self) {
        self.feed.stop();
    }

    fn close(&mut self) {
        self.feed.close();
    }
}

/// The way behind the door, timed. Two readings of the clock a message: 20 ns.
#[derive(Debug)]
struct Timed<W> {
    way: W,
    watch: Stopwatch,
    // When the cycle under way began; written and read by the same thread.
    start: Arc<AtomicU64>,
}

impl<W: Sink> Sink for Timed<W> {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        // History is no work of the hot path: its times would stand for nothing.
        let timed = !message.head.flags.has(Flags::HISTORY)
            && matches!(
                message.head.kind(),
                Some(Kind::Trade | Kind::Depth | Kind::Quote | Kind::Mark | Kind::Force)
            );
        if !timed {
            self.way.send(message);
            return;
        }
        let entered = self.watch.host.now();
        self.way.send(message);
        let done = self.watch.host.now();
        let start = Nanos(self.start.load(Ordering::Relaxed));
        self.watch.to_door.record(entered.since(start));
        self.watch.behind.record(done.since(entered));
        self.watch.to_door.hand_over();
        self.watch.behind.hand_over();
    }
}

impl<W: Room> Room for Timed<W> {
    #[inline]
    fn room(&self) -> usize {
        self.way.room()
    }

    #[inline]
    fn fits(&self, messages: usize, lines: usize) -> bool {
        self.way.fits(messages, lines)
    }
}

impl<W: Outlet> Outlet for Timed<W> {
    fn ask_max(&self) -> usize {
        self.way.ask_max()
    }

    fn sent(&self) -> u64 {
        self.way.sent()
    }

    fn is_abandoned(&self) -> bool {
        self.way.is_abandoned()
    }

    fn close(&mut self) {
        self.way.close();
    }
}

//! Stage 1: the feed. It reads the venue's sockets, one a route, and puts everything that enters
//! into one order at the door.
//!
//! ```text
//!  /public ─▶ channel ─┐                       ┌─▶ door ─▶ log, first ring
//!  /market ─▶ channel ─┼─▶ core: decode, chain,┤
//!  cold threads ─hatch─┘   repair, watch       └─▶ hatch: snapshots, trades to fetch
//! ```
//! Connections are made and buried by a cold thread for each route, so that the hot one touches
//! no name server, certificate or allocator. A frame costs one allocation: the vector in which
//! rustls hands a record over.
//!
//! **Invariants.** What is not read is not lost silently: every hole shows in ids or as an event.
//! Silence is judged stream by stream, pings do not count. Nothing wrong with a peer is worked
//! around: a fault has a name, ends the socket, and enters the log.

mod chain;
mod channel;
mod core;
#[cfg(test)]
mod core_tests;
pub mod dial;
pub mod dialer;
pub mod frames;
pub mod hatch;
pub mod history;
mod late;
pub mod life;
pub mod link;
pub mod repair;
#[cfg(test)]
mod stage_tests;
pub mod streams;
#[cfg(test)]
mod tests;
pub mod tls;
pub mod upgrade;
pub mod watch;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use model::{ConnectionFault, Instruments, MILLISECOND, Nanos, Refusal, Route};
use runtime::door::{Door, Keep};
use runtime::{Counters, Outlet, Stage, counters};
use rustls::ClientConfig;

use self::channel::Channel;
use self::core::Core;
use self::dial::Target;
use self::dialer::{Book, Dialer};
use self::hatch::Hatch;
use self::history::History;
use self::life::{Dice, Life, Rules};
use self::repair::Patience;
use self::streams::Subscription;
use self::watch::Watch;

counters! {
    /// What the feed counts.
    pub enum FeedCounter {
        /// Messages read from sockets.
        Frames => "feed_frames_total",
        /// Messages refused by the decoder.
        Refused => "feed_refused_total",
        /// Messages that the door had no room for.
        DoorShut => "feed_door_shut_total",
        /// Messages that came a second time.
        Duplicates => "feed_duplicates_total",
        /// Connections asked for.
        Dials => "feed_dials_total",
        /// Connections that could not be made.
        DialsFailed => "feed_dials_failed_total",
        /// Sockets opened.
        Opened => "feed_sockets_opened_total",
        /// Live sockets lost.
        Lost => "feed_sockets_lost_total",
        /// Sockets replaced by a second one without a hole.
        Rotations => "feed_rotations_total",
        /// Sockets given up because a stream was silent.
        Mute => "feed_mute_total",
        /// Snapshots that entered.
        Snapshots => "feed_snapshots_total",
        /// Snapshots that could not be joined to the events.
        SnapshotsUseless => "feed_snapshots_useless_total",
        /// Holes in the trades' ids.
        Holes => "feed_trade_holes_total",
        /// Holes that were passed on, whole or in part.
        HolesLeft => "feed_trade_holes_left_total",
        /// Trades held back behind a hole.
        TradesHeld => "feed_trades_held_total",
        /// Trades fetched for a hole.
        TradesFetched => "feed_trades_fetched_total",
        /// Trades of before the start that entered.
        TradesRecalled => "feed_trades_recalled_total",
        /// Pauses of our own host.
        Pauses => "feed_pauses_total",
        /// Bouts in which an instrument's data came late.
        Late => "feed_late_total",
        /// 1 while entries must wait for the public route.
        PublicHalted => "feed_public_halted",
        /// 1 while entries must wait for the market route.
        MarketHalted => "feed_market_halted",
        /// 1 while every route is proven and every depth chain is whole.
        Ready => "feed_ready",
    }
}

impl FeedCounter {
    const fn halted(route: Route) -> Self {
        match route {
            Route::Public => Self::PublicHalted,
            Route::Market | Route::Private => Self::MarketHalted,
        }
    }
}

/// Sees every message before it is decoded: a recorder of raw frames. `()` sees nothing.
pub trait Tap {
    /// A message came.
    fn frame(&mut self, bytes: &[u8], now: Nanos);

    /// It was refused: its bytes may be kept for the post-mortem. `sequence` is that of the message
    /// that says so; zero when the door was shut to it.
    fn refused(&mut self, bytes: &[u8], reason: Refusal, sequence: u64) {
        let _ = (bytes, reason, sequence);
    }
}

impl Tap for () {
    #[inline]
    fn frame(&mut self, _bytes: &[u8], _now: Nanos) {}
}

/// How subscriptions are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// In the URL.
    Url,
    /// By a control frame behind the upgrade.
    ControlFrame,
}

/// How often the routes' own business is looked after.
const TEND: Nanos = Nanos(2 * MILLISECOND.0);

/// What will run: nothing in here is asked for again.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The host of all routes.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whom the sockets trust: [`tls::config`].
    pub tls: Arc<ClientConfig>,
    /// What is traded.
    pub instruments: Instruments,
    /// What is subscribed, and how long it may be silent.
    pub subscription: Subscription,
    /// How it is subscribed.
    pub form: Form,
    /// How connections live.
    pub rules: Rules,
    /// How long trades wait for missing ones.
    pub patience: Patience,
    /// How long a dial may take in all.
    pub dial: Duration,
    /// The seed of the jitter.
    pub seed: u64,
}

impl Plan {
    /// A plan with the default rules.
    #[must_use]
    pub fn new(host: &str, port: u16, tls: Arc<ClientConfig>, instruments: Instruments) -> Self {
        Self {
            host: host.into(),
            port,
            tls,
            instruments,
            subscription: Subscription::default(),
            form: Form::Url,
            rules: Rules::default(),
            patience: Patience::default(),
            dial: Duration::from_secs(5),
            seed: 1,
        }
    }

    /// The same plan for a clock that runs this many times as fast as the host's: sockets, REST
    /// and our own threads stay as slow as they are, so what they are given stays the same.
    #[must_use]
    pub fn scaled(mut self, times: u64) -> Self {
        self.rules = self.rules.scaled(times);
        self.subscription = self.subscription.scaled(times);
        self.patience.hold = Nanos(self.patience.hold.0.saturating_mul(times));
        self
    }

    /// Where a route's sockets go.
    #[must_use]
    pub fn target(&self, route: Route) -> Target {
        let (path, greetings) = match self.form {
            Form::Url => (self.subscription.path(&self.instruments, route), Vec::new()),
            Form::ControlFrame => (
                format!("/{}/stream", route.text()),
                vec![self.subscription.request(&self.instruments, route)],
            ),
        };
        Target { host: self.host.clone(), port: self.port, path, greetings }
    }
}

/// Stage 1. `S` is the way behind the door, `K` what keeps the log, `T` a recorder of raw frames.
#[derive(Debug)]
pub struct Feed<S, K = (), T = ()> {
    channels: [Channel; 2],
    core: Core<S, K, T>,
    poll: mio::Poll,
    events: mio::Events,
    // Time of the last cycle; zero before the first.
    last: Nanos,
    // When the routes' own business is due.
    due: Nanos,
    pause: Nanos,
    stopped: bool,
}

impl<S: Outlet, K: Keep, T: Tap> Feed<S, K, T> {
    /// A feed that starts to connect with its first cycle; the handles are those of its cold
    /// threads, which end when it is dropped. Call it before any thread is pinned.
    ///
    /// # Errors
    /// When there is no thread or no poll to be had.
    pub fn new(
        plan: &Plan,
        door: Door<S, K>,
        hatch: Hatch,
        tap: T,
    ) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let mut threads = Vec::new();
        let mut channel = |route: Route, seed: u64| {
            let book = Book {
                route,
                target: plan.target(route),
                config: Arc::clone(&plan.tls),
                patience: plan.dial,
                watch: Watch::new(&plan.instruments, &plan.subscription, route),
            };
            let (dialer, thread) = Dialer::start(book)?;
            threads.push(thread);
            let life = Life::new(plan.rules, Dice::new(plan.seed.wrapping_add(seed)));
            Ok::<_, std::io::Error>(Channel::new(route, dialer, life))
        };
        let channels = [channel(Route::Public, 0)?, channel(Route::Market, 1)?];
        let late = plan.subscription.late;
        let core = Core::new(plan.instruments.clone(), plan.patience, late, door, hatch, tap);
        let feed = Self {
            channels,
            core,
            poll: mio::Poll::new()?,
            events: mio::Events::with_capacity(16),
            last: Nanos::NONE,
            due: Nanos::NONE,
            pause: plan.rules.pause,
            stopped: false,
        };
        Ok((feed, threads))
    }

    /// The same feed, with the past to be let in before it opens a socket.
    #[must_use]
    pub fn after(mut self, history: History) -> Self {
        self.core.history = Some(history);
        self
    }

    /// What the feed counts.
    #[must_use]
    pub fn counters(&self) -> Counters<FeedCounter> {
        self.core.counters.clone()
    }

    /// The door.
    #[must_use]
    pub const fn door(&self) -> &Door<S, K> {
        &self.core.door
    }

    /// The door, when the river has ended.
    #[must_use]
    pub fn into_door(self) -> Door<S, K> {
        self.core.door
    }

    /// Waits until a socket has something or the nap is over: for a parked feed, in place of a
    /// plain sleep. A spinning one never calls it.
    pub fn doze(&mut self, nap: Duration) {
        // A signal or a poll that fails ends the nap; the next cycle reads anyway.
        let _ = self.poll.poll(&mut self.events, Some(nap));
    }

    /// Looks after dials, silence, rotation and snapshots.
    #[cold]
    fn tend(&mut self, now: Nanos) {
        self.due = now.after(TEND);
        let reconnect = self.core.reconnect.take();
        for channel in &mut self.channels {
            if reconnect == Some(channel.route()) {
                channel.drop_all(ConnectionFault::Aged, &mut self.core, now);
            }
            channel.tend(&mut self.core, self.poll.registry(), now);
        }
        self.core.ask_snapshots(now);
        self.core.judge_lateness(now);
        let proven = self.channels.iter().all(Channel::is_proven);
        let ready = proven && self.core.is_whole() && !self.channels.iter().any(Channel::is_halted);
        self.core.counters.set(FeedCounter::Ready, u64::from(ready));
    }

    /// Our host stood still: what the kernel kept for us is old, so no socket is believed.
    #[cold]
    fn paused(&mut self, now: Nanos) {
        self.core.paused(now.since(self.last), now);
        self.drop_all(ConnectionFault::Paused, now);
    }

    fn drop_all(&mut self, fault: ConnectionFault, now: Nanos) {
        for channel in &mut self.channels {
            channel.drop_all(fault, &mut self.core, now);
        }
    }
}

impl<S: Outlet, K: Keep, T: Tap> Stage for Feed<S, K, T> {
    fn role(&self) -> &'static str {
        "feed"
    }

    #[inline]
    fn cycle(&mut self, now: Nanos) -> usize {
        if self.stopped {
            return 0;
        }
        if self.last == Nanos::NONE && !self.core.introduce(now) {
            return 0;
        }
        if self.last != Nanos::NONE && now.since(self.last) > self.pause {
            self.paused(now);
        }
        self.last = now;
        let mut moved = 0;
        if self.core.history.is_some() {
            moved += self.core.recall(now);
        }
        if !self.core.is_reading() {
            for channel in &mut self.channels {
                moved += channel.read(&mut self.core, now);
            }
            moved += self.core.tend(now);
            if now >= self.due {
                self.tend(now);
            }
        }
        if moved == 0 {
            // The clock itself enters while nothing else does; a shut door is asked again.
            let _ = self.core.door.idle(now);
        }
        moved
    }

    fn is_done(&self) -> bool {
        self.stopped
    }

    fn stop(&mut self) {
        if !self.stopped {
            self.stopped = true;
            self.drop_all(ConnectionFault::Closed, self.last);
        }
    }

    fn close(&mut self) {
        self.stop();
        self.core.door.way_mut().close();
    }
}

//! A venue that speaks Binance USDⓈ-M market data over TLS: REST and WebSocket on one port.
//!
//! One thread accepts, one pumps frames, one serves each connection. It is no hot engine: std
//! threads and a lock a frame are enough for some hundred thousand frames a second.

mod certificate;
mod clock;
mod http;
mod pump;
mod rest;
mod session;
mod streams;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use model::{Instrument, MILLISECOND, Nanos};
use tungstenite::handshake::derive_accept_key;

pub use self::certificate::Identity;
pub use self::clock::{Pace, VenueClock};
pub use self::streams::Route;

use self::certificate::Identities;
use self::http::Request;
use self::pump::Pump;
use self::rest::Weights;
use self::session::Session;
use self::streams::Target;
use self::transport::Transport;
use crate::diary::Diary;
use crate::fault::{Fault, FaultKind, FaultScript, Faults};
use crate::source::Source;

/// The venue's rules of conduct, on the host's clock: scale them to see a day in a minute.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rules {
    /// Between two pings.
    pub ping_every: Duration,
    /// A pong must come within.
    pub pong_within: Duration,
    /// A connection lives so long.
    pub lifetime: Duration,
    /// Messages a client may send a second, pings and pongs included.
    pub incoming_per_second: usize,
    /// Streams on one connection.
    pub streams_max: usize,
    /// REST weight in a minute of venue time.
    pub weight_per_minute: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(180),
            pong_within: Duration::from_secs(600),
            lifetime: Duration::from_secs(86_400),
            incoming_per_second: 10,
            streams_max: 1024,
            weight_per_minute: 2400,
        }
    }
}

impl Rules {
    /// The same rules with every span so many times shorter.
    #[must_use]
    pub fn scaled(self, speed: f64) -> Self {
        let speed = speed.max(1e-6);
        Self {
            ping_every: self.ping_every.div_f64(speed),
            pong_within: self.pong_within.div_f64(speed),
            lifetime: self.lifetime.div_f64(speed),
            ..self
        }
    }
}

/// How a venue is started.
pub struct VenuePlan {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Names for which its certificate is good.
    pub hosts: Vec<String>,
    /// How fast frames leave.
    pub pace: Pace,
    /// Its rules of conduct.
    pub rules: Rules,
    /// Streams that must have a subscriber before the first frame leaves.
    pub wait_for: Vec<String>,
    /// Whether frames wait, each tenth of a second of venue time, until every reader has read what
    /// came before: no socket then runs ahead of another, however busy the machine is. A venue at
    /// its reader's pace always does; one whose latency is measured never may.
    pub in_step: bool,
    /// Whether it sleeps until a frame is due, some 60 µs too long, and leaves its core to others
    /// meanwhile; else it spins for the last stretch, so that frames leave on time.
    pub parked: bool,
    /// Whether the thread that keeps the time writes to the sockets itself, what is due at once in
    /// one call, instead of waking each connection's own thread: then no other thread stands
    /// between a frame's time and its leaving. For measuring.
    pub direct: bool,
    /// Looks over the shoulder of the thread that keeps the time.
    pub onlooker: Option<Onlooker>,
    /// What goes wrong.
    pub faults: FaultScript,
    /// Where the times go at which frames should have left: lines `stream id utc_nanoseconds`.
    pub departures: Option<Box<dyn Write + Send>>,
}

/// What the thread that keeps the time has just done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It waited without sleeping: nothing was due.
    Waited,
    /// It slept, and meant to for so long: nothing was due.
    Slept(Duration),
    /// A frame was due and left, or waits for those due with it.
    Sent,
}

/// Is told every turn of the thread that keeps the time, on that thread.
pub type Onlooker = Box<dyn FnMut(Turn) + Send>;

impl fmt::Debug for VenuePlan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("VenuePlan")
            .field("address", &self.address)
            .field("pace", &self.pace)
            .field("rules", &self.rules)
            .field("wait_for", &self.wait_for)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Default for VenuePlan {
    /// The loopback, a free port, real time, no fault.
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            hosts: vec!["localhost".into(), "127.0.0.1".into()],
            pace: Pace::Times(1.0),
            rules: Rules::default(),
            wait_for: Vec::new(),
            in_step: false,
            parked: false,
            direct: false,
            onlooker: None,
            faults: FaultScript::default(),
            departures: None,
        }
    }
}

/// What all threads of a venue share.
pub(crate) struct Shared {
    pub(crate) clock: VenueClock,
    pub(crate) rules: Rules,
    pub(crate) instruments: Vec<(Instrument, u32)>,
    pub(crate) source: Mutex<Box<dyn Source>>,
    pub(crate) sessions: Mutex<Vec<Arc<Session>>>,
    pub(crate) faults: Faults,
    pub(crate) weights: Weights,
    pub(crate) wait_for: Vec<String>,
    pub(crate) in_step: bool,
    pub(crate) parked: bool,
    pub(crate) direct: bool,
    pub(crate) first_snapshots: Mutex<Vec<Option<Vec<u8>>>>,
    notes: Mutex<Diary>,
    sessions_made: AtomicU64,
    connections: AtomicU64,
    requests: AtomicU64,
    pub(crate) depth_answers: AtomicU64,
    stopping: AtomicBool,
    finished: AtomicBool,
}

/// Locks; a thread that panicked while it held the lock is no reason to stop serving.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn next_session(&self) -> u64 {
        self.sessions_made.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn note(&self, what: String) {
        lock(&self.notes).note(self.clock.elapsed(), what);
    }

    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }
}

/// What a venue tells of its clock and address when it starts.
#[derive(Clone, PartialEq, Debug)]
pub struct Banner {
    /// Where it listens.
    pub address: SocketAddr,
    /// Venue time at the start of its clock.
    pub epoch_venue: Nanos,
    /// The host's UTC at the start of its clock; `None` while it waits for subscribers.
    pub epoch_local: Option<Nanos>,
    /// How fast it runs.
    pub pace: Pace,
}

impl fmt::Display for Banner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let speed = match self.pace {
            Pace::Times(speed) => speed.to_string(),
            Pace::AsRead => "max".into(),
        };
        let local = self.epoch_local.map_or(0, |local| local.0);
        write!(
            out,
            "{{\"address\":\"{}\",\"epoch_venue_ms\":{},\"epoch_local_ns\":{local},\"speed\":\"{speed}\"}}",
            self.address,
            self.epoch_venue.0 / MILLISECOND.0,
        )
    }
}

/// A venue that runs until it is stopped or dropped.
pub struct Venue {
    address: SocketAddr,
    authority_pem: String,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Venue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Venue").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Venue {
    /// Starts serving a source.
    ///
    /// # Errors
    /// When the address is taken, or no certificate or thread could be made.
    pub fn start(plan: VenuePlan, source: Box<dyn Source>) -> io::Result<Self> {
        let identities = Identities::new(&plan.hosts)?;
        let listener = TcpListener::bind(plan.address)?;
        let address = listener.local_addr()?;
        let authority_pem = identities.authority_pem.clone();
        let shared = Arc::new(Shared {
            clock: VenueClock::new(source.time_start(), plan.pace),
            rules: plan.rules,
            instruments: source.instruments(),
            source: Mutex::new(source),
            sessions: Mutex::new(Vec::new()),
            faults: Faults::new(plan.faults),
            weights: Weights::default(),
            wait_for: plan.wait_for,
            in_step: plan.in_step || plan.pace == Pace::AsRead,
            parked: plan.parked,
            direct: plan.direct,
            first_snapshots: Mutex::new(Vec::new()),
            notes: Mutex::default(),
            sessions_made: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            depth_answers: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        });
        if shared.wait_for.is_empty() {
            shared.clock.start();
        }
        let mut pump = Pump::new(Arc::clone(&shared), plan.departures, plan.onlooker);
        let pumping = spawn("venue-pump", move || pump.run())?;
        let gate = Arc::clone(&shared);
        let accepting = spawn("venue-accept", move || accept(&listener, &gate, &identities))?;
        Ok(Self { address, authority_pem, shared, threads: vec![pumping, accepting] })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate authority that a client must be told to trust, PEM.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// Its clock, for an engine in the same process.
    #[must_use]
    pub fn clock(&self) -> VenueClock {
        self.shared.clock.clone()
    }

    /// Its address and clock.
    #[must_use]
    pub fn banner(&self) -> Banner {
        let clock = &self.shared.clock;
        Banner {
            address: self.address,
            epoch_venue: clock.epoch_venue(),
            epoch_local: clock.epoch_local(),
            pace: clock.pace(),
        }
    }

    /// Lets a fault begin now.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(self.shared.clock.elapsed(), fault);
    }

    /// What went wrong and who came and went, the latest of it: venue time since the start, and what.
    #[must_use]
    pub fn log(&self) -> Vec<(Nanos, String)> {
        let mut log = self.shared.faults.log();
        log.extend(lock(&self.shared.notes).read());
        log.sort_by_key(|entry| entry.0);
        log
    }

    /// WebSocket connections open now.
    #[must_use]
    pub fn sessions(&self) -> usize {
        lock(&self.shared.sessions).len()
    }

    /// TCP connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// REST requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Whether the source has ended and every frame is in a mailbox.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.shared.finished.load(Ordering::Acquire)
    }

    /// Whether every mailbox is empty.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.is_finished() && lock(&self.shared.sessions).iter().all(|one| one.waiting() == 0)
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        for session in lock(&self.shared.sessions).iter() {
            session.close();
        }
        // The accepting thread waits in `accept`: one connection lets it see that it is over.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(500));
        for thread in self.threads.drain(..) {
            // A panic there has been printed; here is nothing to add.
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, identities: &Identities) {
    for stream in listener.incoming() {
        if shared.is_stopping() {
            return;
        }
        let Ok(stream) = stream else { continue };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let since = shared.clock.elapsed();
        let deed = shared.faults.hit(since, |fault| match fault.kind {
            FaultKind::AcceptThenClose | FaultKind::Certificate(_) | FaultKind::Plaintext => {
                Some(fault.kind)
            }
            _ => None,
        });
        let identity = match deed {
            Some(FaultKind::AcceptThenClose) => continue,
            Some(FaultKind::Plaintext) => {
                plaintext(stream);
                continue;
            }
            Some(FaultKind::Certificate(identity)) => identity,
            _ => Identity::Good,
        };
        let (config, shared) = (identities.config(identity), Arc::clone(shared));
        let serving = spawn("venue-connection", move || {
            // Whatever ends a connection ends only that one.
            if let Err(error) = Transport::new(stream, config).and_then(|t| serve(&shared, t)) {
                shared.note(format!("connection: {error}"));
            }
        });
        if serving.is_err() {
            return;
        }
    }
}

/// Answers without TLS, as a wrong proxy would.
fn plaintext(mut stream: TcpStream) {
    let text = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    // The peer may hang up at once.
    let _ = stream.write_all(text);
}

/// Serves requests until one is an upgrade or the peer is done.
fn serve(shared: &Arc<Shared>, mut transport: Transport) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = http::read(&mut transport, &mut buffer)? {
        if shared.is_stopping() {
            break;
        }
        if let Some(key) = &request.upgrade {
            return upgrade(shared, transport, &request, key, buffer);
        }
        shared.requests.fetch_add(1, Ordering::Relaxed);
        rest::answer(shared, &request).write(&mut transport)?;
        if request.path.ends_with("/depth") {
            shared.depth_answers.fetch_add(1, Ordering::Release);
        }
        if request.close {
            break;
        }
    }
    Ok(())
}

fn upgrade(
    shared: &Arc<Shared>,
    mut transport: Transport,
    request: &Request,
    key: &str,
    rest: Vec<u8>,
) -> io::Result<()> {
    let Some(target) = Target::parse(&request.path, &request.query) else {
        return http::Answer::refusal(404, -1000, "No such path.").write(&mut transport);
    };
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    transport.write_all(head.as_bytes())?;
    transport.flush()?;
    session::serve(shared, transport, target, rest)
}

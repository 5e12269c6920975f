//! One WebSocket connection: its mailbox, its subscriptions, and the venue's rules of conduct.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Bytes, Error, Message, WebSocket};

use super::streams::{Control, Route, Target};
use super::transport::Transport;
use super::{Shared, lock};
use crate::fault::FaultKind;

/// Frames that may wait for a slow reader before the connection is given up, and their bytes: as
/// at the venue, who does not read is cut off. At 1 000 messages a second it is a minute's worth.
const MAILBOX_MAX: usize = 65_536;
const MAILBOX_BYTES_MAX: usize = 16 << 20;
/// Places that an empty mailbox keeps: after a burst it does not hold on to more.
const MAILBOX_KEPT: usize = 1_024;

/// What goes into a mailbox.
enum Letter {
    /// A frame.
    Frame(Bytes),
    /// A ping whose pong says that everything before it was read.
    Ask(u64),
}

/// What waits, in order.
#[derive(Default)]
struct Mailbox {
    letters: VecDeque<Letter>,
    bytes: usize,
    // The most that ever waited.
    peak: (usize, usize),
}

impl Mailbox {
    /// Takes a frame; `false` when there is no room for it.
    fn put(&mut self, frame: Bytes) -> bool {
        let bytes = self.bytes + frame.len();
        if self.letters.len() >= MAILBOX_MAX || bytes > MAILBOX_BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        self.letters.push_back(Letter::Frame(frame));
        self.peak = (self.peak.0.max(self.letters.len()), self.peak.1.max(bytes));
        true
    }

    fn take(&mut self) -> Option<Letter> {
        let letter = self.letters.pop_front();
        match &letter {
            Some(Letter::Frame(frame)) => self.bytes -= frame.len(),
            Some(Letter::Ask(_)) => {}
            None => self.letters.shrink_to(MAILBOX_KEPT),
        }
        letter
    }

    /// Nobody will read it any more.
    fn clear(&mut self) {
        (self.letters, self.bytes) = (VecDeque::new(), 0);
    }
}

/// How the payload of such a ping begins.
const ASK: &str = "read? ";

/// What others know of a connection: where to put its frames.
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) route: Route,
    wrapped: AtomicBool,
    streams: Mutex<BTreeSet<String>>,
    mailbox: Mutex<Mailbox>,
    /// Frames posted and not yet handed to the system.
    waiting: AtomicUsize,
    /// The last question whether everything was read, and the last that was answered.
    asked: AtomicU64,
    heard: AtomicU64,
    waker: Waker,
    closed: AtomicBool,
    /// It was given up because its reader was too slow.
    slow: AtomicBool,
    /// Held for a write or a read that never waits.
    socket: Mutex<WebSocket<Transport>>,
}

impl Session {
    /// Whether frames of this stream come here.
    pub(crate) fn wants(&self, stream: &str) -> bool {
        !self.is_closed() && self.route.carries(stream) && lock(&self.streams).contains(stream)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn is_wrapped(&self) -> bool {
        self.wrapped.load(Ordering::Acquire)
    }

    /// Frames that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Puts a frame into the mailbox and wakes whoever sends it; a reader too slow for its size is
    /// given up.
    pub(crate) fn post(&self, frame: Bytes) {
        self.put(frame);
        self.wake();
    }

    /// Puts a frame into the mailbox for [`Session::send_now`].
    pub(crate) fn put(&self, frame: Bytes) {
        let mut mailbox = lock(&self.mailbox);
        if mailbox.put(frame) {
            self.waiting.fetch_add(1, Ordering::AcqRel);
        } else {
            mailbox.clear();
            self.slow.store(true, Ordering::Release);
            self.closed.store(true, Ordering::Release);
        }
    }

    /// Hands what waits to the system on the caller's thread. What it does not take, and the end
    /// of a broken connection, is left to the connection's own.
    pub(crate) fn send_now(&self) {
        match self.send(true) {
            // When the system did not take all, the poll says when it will.
            Ok(false) => {}
            Ok(true) => self.wake(),
            Err(_) => self.close(),
        }
    }

    /// Sends what waits, with `corked` in one call; `true` when more may be sent at once.
    fn send(&self, corked: bool) -> Result<bool, Error> {
        let mut socket = lock(&self.socket);
        socket.get_mut().corked = corked;
        let written = self.write(&mut socket);
        socket.get_mut().corked = false;
        match written.and_then(|()| socket.flush()) {
            Err(error) if is_wait(&error) => Ok(false),
            Err(error) => Err(error),
            Ok(()) => {
                let mailbox = lock(&self.mailbox);
                self.waiting.store(mailbox.letters.len(), Ordering::Release);
                Ok(!mailbox.letters.is_empty())
            }
        }
    }

    fn write(&self, socket: &mut WebSocket<Transport>) -> Result<(), Error> {
        for _ in 0..64 {
            if !socket.get_ref().corked && socket.get_ref().wants_write() {
                break;
            }
            let Some(letter) = lock(&self.mailbox).take() else { break };
            let message = match letter {
                // A ready frame: what is corrupt on purpose must not be checked here.
                Letter::Frame(frame) => {
                    Message::Frame(Frame::message(frame, OpCode::Data(Data::Text), true))
                }
                Letter::Ask(number) => Message::Ping(format!("{ASK}{number}").into()),
            };
            socket.send(message)?;
        }
        Ok(())
    }

    /// Asks the reader whether it has read everything so far: the question's number.
    pub(crate) fn ask(&self) -> u64 {
        let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        lock(&self.mailbox).letters.push_back(Letter::Ask(number));
        self.wake();
        number
    }

    /// Whether the reader has answered the question of this number.
    pub(crate) fn has_read(&self, number: u64) -> bool {
        self.heard.load(Ordering::Acquire) >= number
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        // A waker fails only when its poll is gone: then the connection has ended.
        let _ = self.waker.wake();
    }
}

const SOCKET: Token = Token(0);
const WAKE: Token = Token(1);

/// Serves an upgraded connection until it ends.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    mut transport: Transport,
    target: Target,
    rest: Vec<u8>,
) -> io::Result<()> {
    transport.unblock()?;
    let poll = Poll::new()?;
    let interest = Interest::READABLE.add(Interest::WRITABLE);
    poll.registry().register(transport.socket(), SOCKET, interest)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(64 * 1024))
        .max_frame_size(Some(64 * 1024));
    let socket = WebSocket::from_partially_read(transport, rest, Role::Server, Some(config));
    let session = Arc::new(Session {
        id: shared.next_session(),
        route: target.route,
        wrapped: AtomicBool::new(target.wrapped),
        streams: Mutex::new(target.streams.into_iter().take(shared.rules.streams_max).collect()),
        mailbox: Mutex::default(),
        waiting: AtomicUsize::new(0),
        asked: AtomicU64::new(0),
        heard: AtomicU64::new(0),
        waker: Waker::new(poll.registry(), WAKE)?,
        closed: AtomicBool::new(false),
        slow: AtomicBool::new(false),
        socket: Mutex::new(socket),
    });
    lock(&shared.sessions).push(Arc::clone(&session));
    shared.note(format!("open {} {:?}", session.id, session.route));
    let now = Instant::now();
    let mut life = Life {
        shared,
        session: &session,
        opened: now,
        pinged: now,
        unanswered: None,
        arrivals: VecDeque::new(),
    };
    let why = life.run(poll);
    session.close();
    lock(&shared.sessions).retain(|other| other.id != session.id);
    let (frames, bytes) = lock(&session.mailbox).peak;
    let waited = format!("at most {frames} frames, {bytes} bytes waited");
    shared.note(format!("close {} ({waited}) {why}", session.id));
    Ok(())
}

/// The number of the question that a pong answers.
fn answer(payload: &[u8]) -> Option<u64> {
    std::str::from_utf8(payload).ok()?.strip_prefix(ASK)?.parse().ok()
}

struct Life<'a> {
    shared: &'a Shared,
    session: &'a Session,
    opened: Instant,
    pinged: Instant,
    unanswered: Option<Instant>,
    arrivals: VecDeque<Instant>,
}

/// Whether an error only says "not now".
fn is_wait(error: &Error) -> bool {
    matches!(error, Error::Io(io) if io.kind() == io::ErrorKind::WouldBlock)
}

impl Life<'_> {
    /// Lives until something ends it; says what.
    fn run(&mut self, mut poll: Poll) -> &'static str {
        let mut events = Events::with_capacity(16);
        loop {
            if self.session.is_closed() || self.shared.is_stopping() {
                lock(&self.session.socket).get_ref().reset();
                let slow = self.session.slow.load(Ordering::Acquire);
                return if slow { "reader too slow" } else { "closed" };
            }
            if let Some(why) = self.faults().or_else(|| self.rules()) {
                lock(&self.session.socket).get_ref().reset();
                return why;
            }
            let more = match self.session.send(false) {
                Ok(more) => more,
                Err(_) => return "write failed",
            };
            if let Err(why) = self.receive() {
                return why;
            }
            let wait = if more { Duration::ZERO } else { self.look() };
            if let Err(error) = poll.poll(&mut events, Some(wait))
                && error.kind() != io::ErrorKind::Interrupted
            {
                return "poll failed";
            }
        }
    }

    /// Between two looks at faults and rules, when nothing else wakes the thread. Where it only
    /// listens it takes the core from the thread that sends no oftener than it must.
    fn look(&self) -> Duration {
        Duration::from_millis(if self.shared.direct { 500 } else { 20 })
    }

    fn faults(&mut self) -> Option<&'static str> {
        let since = self.shared.clock.elapsed();
        let here = |route: Option<Route>| route.is_none_or(|route| route == self.session.route);
        let faults = &self.shared.faults;
        let transport = faults.lasting(since, |fault| match fault.kind {
            FaultKind::Split if here(fault.route) => Some((true, None)),
            FaultKind::Slow(rate) if here(fault.route) => Some((false, Some(rate))),
            _ => None,
        });
        let (split, rate) = transport.unwrap_or((false, None));
        let mut socket = lock(&self.session.socket);
        socket.get_mut().split = split;
        socket.get_mut().rate = rate;
        None
    }

    /// The venue's own rules: pings, pongs in time, a life of a day.
    fn rules(&mut self) -> Option<&'static str> {
        let rules = &self.shared.rules;
        let now = Instant::now();
        if now.duration_since(self.opened) >= rules.lifetime {
            return Some("24 h are over");
        }
        if self.unanswered.is_some_and(|since| now.duration_since(since) >= rules.pong_within) {
            return Some("no pong");
        }
        if now.duration_since(self.pinged) >= rules.ping_every {
            self.pinged = now;
            self.unanswered.get_or_insert(now);
            let payload = Bytes::from(self.shared.clock.now().0.to_string().into_bytes());
            match lock(&self.session.socket).send(Message::Ping(payload)) {
                Err(error) if !is_wait(&error) => return Some("ping failed"),
                _ => {}
            }
        }
        None
    }

    fn receive(&mut self) -> Result<(), &'static str> {
        loop {
            let read = lock(&self.session.socket).read();
            let message = match read {
                Ok(message) => message,
                Err(error) if is_wait(&error) => return Ok(()),
                Err(_) => return Err("peer gone"),
            };
            if let Message::Pong(payload) = &message
                && let Some(number) = answer(payload)
            {
                // The answer to a question of our own, not of the venue's: it counts for nothing.
                self.session.heard.fetch_max(number, Ordering::AcqRel);
                continue;
            }
            self.count_arrival()?;
            match message {
                Message::Pong(_) => self.unanswered = None,
                Message::Text(text) => self.control(text.as_bytes())?,
                Message::Close(_) => {
                    let _ = lock(&self.session.socket).flush();
                    return Err("closed by peer");
                }
                _ => {}
            }
        }
    }

    /// At most ten messages a second, pings and pongs included.
    fn count_arrival(&mut self) -> Result<(), &'static str> {
        let now = Instant::now();
        self.arrivals.push_back(now);
        let second = Duration::from_secs(1);
        while self.arrivals.front().is_some_and(|&at| now.duration_since(at) > second) {
            self.arrivals.pop_front();
        }
        if self.arrivals.len() > self.shared.rules.incoming_per_second {
            return Err("too many messages");
        }
        Ok(())
    }

    fn control(&mut self, text: &[u8]) -> Result<(), &'static str> {
        let (control, id) = Control::parse(text);
        let mut streams = lock(&self.session.streams);
        let said = match control {
            Control::Subscribe(names) => {
                let fresh = names.iter().filter(|name| !streams.contains(*name)).count();
                if streams.len() + fresh > self.shared.rules.streams_max {
                    return Err("too many streams");
                }
                streams.extend(names);
                format!("{{\"result\":null,\"id\":{id}}}")
            }
            Control::Unsubscribe(names) => {
                for name in names {
                    streams.remove(&name);
                }
                format!("{{\"result\":null,\"id\":{id}}}")
            }
            Control::List => {
                let names: Vec<String> = streams.iter().map(|name| format!("\"{name}\"")).collect();
                format!("{{\"result\":[{}],\"id\":{id}}}", names.join(","))
            }
            Control::SetCombined(combined) => {
                self.session.wrapped.store(combined, Ordering::Release);
                format!("{{\"result\":null,\"id\":{id}}}")
            }
            Control::GetCombined => {
                format!("{{\"result\":{},\"id\":{id}}}", self.session.is_wrapped())
            }
            Control::Unknown(why) => {
                format!("{{\"error\":{{\"code\":2,\"msg\":\"{why}\"}},\"id\":{id}}}")
            }
        };
        drop(streams);
        match lock(&self.session.socket).send(Message::text(said)) {
            Err(error) if !is_wait(&error) => Err("write failed"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Letter, MAILBOX_BYTES_MAX, MAILBOX_KEPT, MAILBOX_MAX, Mailbox};

    /// Neither many small frames nor a few large ones grow without end, and what was taken out
    /// makes room for as much again.
    #[test]
    fn a_mailbox_has_room_for_so_many_frames_and_so_many_bytes() {
        for length in [0, 1, 300, 100_000, MAILBOX_BYTES_MAX] {
            let frame = Bytes::from(vec![b'x'; length]);
            let room = MAILBOX_MAX.min(MAILBOX_BYTES_MAX.checked_div(length).unwrap_or(usize::MAX));
            let mut mailbox = Mailbox::default();
            for _ in 0..3 {
                let put = (0..room).filter(|_| mailbox.put(frame.clone())).count();
                assert_eq!(put, room, "{length}");
                assert!(!mailbox.put(frame.clone()), "{length}: full");
                assert_eq!(mailbox.bytes, room * length);
                // A question is no frame: it finds room, and has no bytes.
                mailbox.letters.push_back(Letter::Ask(1));
                let taken = std::iter::from_fn(|| mailbox.take()).count();
                assert_eq!((taken, mailbox.bytes), (room + 1, 0));
                assert!(mailbox.letters.capacity() <= 2 * MAILBOX_KEPT, "a burst is given back");
            }
            assert_eq!(mailbox.peak, (room, room * length));
            assert!(!mailbox.put(Bytes::from(vec![0; MAILBOX_BYTES_MAX + 1])), "never");
        }
    }
}

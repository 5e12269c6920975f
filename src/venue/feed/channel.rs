//! The sockets of one route: the live one, during a rotation a second one, and their life.
//!
//! ```text
//!            dial ──▶ open ──▶ proven ──────────────▶ aged ──▶ second socket proven ──▶ first let go
//! backoff ◀── fault ◀──┴──────────┴── mute, dropped, giant, …
//! ```

use model::{
    ConnectionFault, ConnectionLine, ConnectionState, InstrumentId, Nanos, Route, SECOND, Sink,
};
use runtime::door::{Keep, Room};

use super::core::{Core, Heard};
use super::dialer::{Dialer, Socket};
use super::life::Life;
use super::link::Arrival;
use super::{FeedCounter, Tap};

/// Messages read from one socket before the next one has its turn.
const MESSAGES_PER_TURN: usize = 64;

/// How far one socket may lag behind another of the same route.
const DOUBLES: Nanos = Nanos(10 * SECOND.0);

/// Changes that may wait for a shut door.
const NOTICES: usize = 32;

/// Why a socket is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Fault {
    fault: ConnectionFault,
    code: u16,
    // The stream at fault, where it is one.
    instrument: InstrumentId,
    kind: u16,
}

impl Fault {
    const fn of(fault: ConnectionFault, code: u16) -> Self {
        Self { fault, code, instrument: InstrumentId::NONE, kind: 0 }
    }
}

/// One route.
#[derive(Debug)]
pub(super) struct Channel {
    route: Route,
    dialer: Dialer,
    life: Life,
    live: Option<Box<Socket>>,
    next: Option<Box<Socket>>,
    // Until when a socket that took over may repeat what the one before it brought: it may lag.
    doubles: Nanos,
    // Halted was said and not yet taken back.
    halted: bool,
    // Changes for the log, oldest first; never longer than its capacity.
    notices: Vec<ConnectionLine>,
}

impl Channel {
    pub(super) fn new(route: Route, dialer: Dialer, life: Life) -> Self {
        let notices = Vec::with_capacity(NOTICES);
        Self {
            route,
            dialer,
            life,
            live: None,
            next: None,
            doubles: Nanos::NONE,
            halted: false,
            notices,
        }
    }

    pub(super) const fn route(&self) -> Route {
        self.route
    }

    /// Whether a proven socket is live.
    pub(super) fn is_proven(&self) -> bool {
        self.live.as_ref().is_some_and(|socket| socket.proven.is_some())
    }

    /// Whether entries must wait.
    pub(super) const fn is_halted(&self) -> bool {
        self.halted
    }

    /// Reads what the sockets have, up to a turn each. Returns how many messages came.
    #[inline]
    pub(super) fn read<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        core: &mut Core<S, K, T>,
        now: Nanos,
    ) -> usize {
        self.speak(core, now);
        let overlap = self.next.is_some() || now < self.doubles;
        let mut moved = 0;
        if let Some(socket) = &mut self.live {
            let turn = turn(socket, core, now, overlap, &self.life);
            moved += turn.messages;
            if turn.proven {
                self.proven(now);
            }
            if let Some(fault) = turn.fault {
                self.lost(fault, core, now);
            }
        }
        if let Some(socket) = &mut self.next {
            let turn = turn(socket, core, now, true, &self.life);
            moved += turn.messages;
            if let Some(fault) = turn.fault {
                self.next_failed(fault, now);
            }
        }
        self.speak(core, now);
        moved
    }

    /// Lets waiting changes into the log, before and behind what the sockets bring: a loss stands
    /// where it happened.
    #[inline]
    fn speak<S: Sink + Room, K: Keep, T: Tap>(&mut self, core: &mut Core<S, K, T>, now: Nanos) {
        while let Some(&line) = self.notices.first() {
            if !core.notice(line, now) {
                break;
            }
            self.notices.remove(0);
        }
    }

    /// The route's own business: dials, rotation, silence, and the log's news of them.
    pub(super) fn tend<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        core: &mut Core<S, K, T>,
        poll: &mio::Registry,
        now: Nanos,
    ) {
        match self.dialer.news() {
            Some(Ok(socket)) => self.opened(socket, core, poll, now),
            Some(Err(error)) => {
                core.counters.bump(FeedCounter::DialsFailed);
                self.not_opened(Fault::of(error.fault, error.status), now);
            }
            None => {}
        }
        self.judge_silence(core, now);
        self.rotate(core, now);
        if self.wants_dial(now) && self.life.permits(now) && self.dialer.dial() {
            core.counters.bump(FeedCounter::Dials);
        }
        self.settle(now);
        let halted = u64::from(self.halted);
        core.counters.set(FeedCounter::halted(self.route), halted);
        self.speak(core, now);
    }

    fn wants_dial(&self, now: Nanos) -> bool {
        let aged = self.live.as_ref().is_none_or(|socket| now >= socket.replace);
        aged && self.next.is_none() && !self.dialer.is_dialling()
    }

    fn opened<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        mut socket: Box<Socket>,
        core: &Core<S, K, T>,
        poll: &mio::Registry,
        now: Nanos,
    ) {
        socket.opened = now;
        socket.replace = now.after(self.life.rotation_age());
        socket.watch.open(now);
        core.counters.bump(FeedCounter::Opened);
        // A socket that cannot be polled is still read, only later when parked.
        let interest = mio::Interest::READABLE | mio::Interest::WRITABLE;
        let _ = poll.register(socket.link.stream(), mio::Token(0), interest);
        self.say(ConnectionState::Open, None, socket.number, Nanos::NONE);
        if self.live.is_none() { self.live = Some(socket) } else { self.next = Some(socket) }
    }

    fn not_opened(&mut self, fault: Fault, now: Nanos) {
        self.life.failed(now, fault.fault == ConnectionFault::Banned);
        self.say(ConnectionState::Failed, Some(fault), self.dialer.number(), Nanos::NONE);
        self.halt();
    }

    /// The live socket is gone. A second one that is there takes its place.
    fn lost<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        fault: Fault,
        core: &mut Core<S, K, T>,
        now: Nanos,
    ) {
        let Some(socket) = self.live.take() else { return };
        core.counters.bump(FeedCounter::Lost);
        let stable = self.is_stable(&socket, now);
        let (number, open) = (socket.number, now.since(socket.opened));
        self.retire(socket);
        if stable {
            self.life.stable();
            self.life.lost(now);
        } else {
            self.life.failed(now, false);
        }
        self.live = self.next.take();
        if self.live.is_some() {
            self.doubles = now.after(DOUBLES);
            self.say(ConnectionState::Rotated, Some(fault), number, open);
        } else {
            self.say(ConnectionState::Lost, Some(fault), number, open);
            core.gone(self.route);
        }
        if self.is_proven() {
            self.proven(now);
        }
        self.halt();
    }

    fn is_stable(&self, socket: &Socket, now: Nanos) -> bool {
        socket.proven.is_some() && now.since(socket.opened) >= self.life.rules().stable
    }

    /// The second socket of a rotation is of no use; the first one lives on.
    fn next_failed(&mut self, fault: Fault, now: Nanos) {
        let Some(socket) = self.next.take() else { return };
        self.life.failed(now, false);
        let open = now.since(socket.opened);
        self.say(ConnectionState::Failed, Some(fault), socket.number, open);
        self.retire(socket);
    }

    fn retire(&mut self, mut socket: Box<Socket>) {
        socket.link.close(1000);
        self.dialer.bury(socket);
    }

    /// Enough failures in a row and nothing proven to read: entries halt, once.
    fn halt(&mut self) {
        if self.life.is_halted() && !self.halted && !self.is_proven() {
            self.halted = true;
            self.say(ConnectionState::Halted, None, self.dialer.number(), Nanos::NONE);
        }
    }

    fn proven(&mut self, now: Nanos) {
        let Some(socket) = &self.live else { return };
        let (number, open) = (socket.number, now.since(socket.opened));
        self.halted = false;
        self.say(ConnectionState::Proven, None, number, open);
    }

    /// A proven socket that has lived long enough makes the failures forgotten.
    fn settle(&mut self, now: Nanos) {
        if self.life.failures() > 0
            && self.next.is_none()
            && self
                .live
                .as_ref()
                .is_some_and(|socket| self.is_stable(socket, now) && now < socket.replace)
        {
            self.life.stable();
        }
    }

    fn judge_silence<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        core: &mut Core<S, K, T>,
        now: Nanos,
    ) {
        if let Some(fault) = self.live.as_ref().and_then(|socket| silent(socket, now)) {
            core.counters.bump(FeedCounter::Mute);
            self.lost(fault, core, now);
        }
        if let Some(fault) = self.next.as_ref().and_then(|socket| silent(socket, now)) {
            self.next_failed(fault, now);
        }
    }

    /// Lets the first socket go once the second has proven itself and run beside it for a while.
    fn rotate<S: Sink + Room, K: Keep, T: Tap>(&mut self, core: &Core<S, K, T>, now: Nanos) {
        let overlap = self.life.rules().overlap;
        let ripe = |socket: &Socket| socket.proven.is_some_and(|at| now.since(at) >= overlap);
        if !self.next.as_deref().is_some_and(ripe) {
            return;
        }
        let Some(old) = std::mem::replace(&mut self.live, self.next.take()) else { return };
        core.counters.bump(FeedCounter::Rotations);
        self.doubles = now.after(DOUBLES);
        let (number, open) = (old.number, now.since(old.opened));
        self.retire(old);
        let aged = Fault::of(ConnectionFault::Aged, 0);
        self.say(ConnectionState::Rotated, Some(aged), number, open);
        self.proven(now);
    }

    /// Gives all sockets up: our host stood still, an operator wants it, or it is the end.
    pub(super) fn drop_all<S: Sink + Room, K: Keep, T: Tap>(
        &mut self,
        fault: ConnectionFault,
        core: &mut Core<S, K, T>,
        now: Nanos,
    ) {
        if let Some(next) = self.next.take() {
            self.retire(next);
        }
        self.lost(Fault::of(fault, 0), core, now);
    }

    fn say(&mut self, state: ConnectionState, fault: Option<Fault>, socket: u64, time_open: Nanos) {
        // The door was shut for a long time: the newest changes matter most.
        if self.notices.len() == NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(ConnectionLine {
            route: self.route.code(),
            state: state.code(),
            fault: fault.map_or(0, |fault| fault.fault.code()),
            failures: self.life.failures(),
            socket,
            time_open,
            instrument: fault.map_or(InstrumentId::NONE.0, |fault| fault.instrument.0),
            kind: fault.map_or(0, |fault| fault.kind),
            code: fault.map_or(0, |fault| fault.code),
            reserved: [0; 2],
            more: [0; 4],
        });
    }
}

/// What came of one socket's turn.
struct Turn {
    messages: usize,
    proven: bool,
    fault: Option<Fault>,
}

/// One socket's turn: its messages, its pending writes.
#[inline]
fn turn<S: Sink + Room, K: Keep, T: Tap>(
    socket: &mut Socket,
    core: &mut Core<S, K, T>,
    now: Nanos,
    overlap: bool,
    life: &Life,
) -> Turn {
    socket.link.look();
    let mut turn = Turn { messages: 0, proven: false, fault: None };
    while turn.messages < MESSAGES_PER_TURN {
        match socket.link.arrival() {
            Arrival::Message(at) => {
                let bytes = socket.link.bytes();
                turn.messages += 1;
                match core.frame(bytes, at, now, overlap, &mut socket.watch) {
                    Heard::Nothing => {}
                    Heard::Proven => {
                        socket.proven = Some(now);
                        turn.proven = true;
                    }
                    Heard::Refused => {
                        turn.fault = Some(Fault::of(ConnectionFault::Subscription, 0));
                        return turn;
                    }
                }
            }
            Arrival::Idle => break,
            Arrival::Lost(fault, code) => {
                turn.fault = Some(Fault::of(fault, code));
                return turn;
            }
        }
    }
    let flushed = socket.link.flush(now, life.rules().blocked);
    turn.fault = flushed.err().map(|fault| Fault::of(fault, 0));
    turn
}

fn silent(socket: &Socket, now: Nanos) -> Option<Fault> {
    let silence = socket.watch.silence(now)?;
    let fault = if silence.proven { ConnectionFault::Mute } else { ConnectionFault::Unproven };
    let kind = silence.stream.kind() as u16;
    Some(Fault { fault, code: 0, instrument: silence.instrument, kind })
}

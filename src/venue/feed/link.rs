//! An open connection: a non-blocking TCP stream, its TLS session and its frames.
//!
//! ```text
//! kernel ─read─▶ Tls ─record─▶ Frames ─▶ messages, where they lie
//!        ◀write─     ◀─seal── pongs, requests
//! ```
//! [`Link::arrival`] gives message after message and says `Idle` once the kernel has no more; it
//! never waits. A ping is answered as soon as it is read and the kernel takes the answer; only
//! the newest ping needs one (RFC 6455, 5.5.3).

use std::io::{self, ErrorKind, Read, Write};
use std::ops::Range;

use model::{ConnectionFault, Nanos};

use super::frames::{self, CONTROL_MAX, FrameFault, Frames, Opcode, Step};
use super::tls::{self, Progress, Tls};

/// What a link has to give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// A message at these places of [`Link::bytes`].
    Message(Range<usize>),
    /// Nothing more for now.
    Idle,
    /// The end of it, with the peer's close code where it gave one.
    Lost(ConnectionFault, u16),
}

/// A control payload that waits for room in the outbox.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    opcode: Opcode,
    length: usize,
    payload: [u8; CONTROL_MAX],
}

/// An open connection. A dialer makes it, a cold thread buries it.
#[derive(Debug)]
pub struct Link {
    stream: mio::net::TcpStream,
    tls: Tls,
    frames: Frames,
    // The state of a xorshift generator; masks need to differ, not to be secret, inside TLS.
    mask: u64,
    waiting: Option<Waiting>,
    // Since when the kernel takes nothing although something is unsent.
    blocked: Option<Nanos>,
    // The kernel gave as much as there was room for: there may be more.
    more: bool,
    pings: u64,
}

impl Link {
    /// A link over a stream whose handshakes are done.
    pub(super) fn new(stream: mio::net::TcpStream, tls: Tls, frames: Frames, mask: u64) -> Self {
        // More may have come with the answer to the upgrade, so the first look reads on.
        Self {
            stream,
            tls,
            frames,
            mask: mask | 1,
            waiting: None,
            blocked: None,
            more: true,
            pings: 0,
        }
    }

    /// What the places of a message refer to.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.frames.bytes()
    }

    /// Pings answered so far.
    #[must_use]
    pub const fn pings(&self) -> u64 {
        self.pings
    }

    /// The stream, to be registered with a poll.
    pub const fn stream(&mut self) -> &mut mio::net::TcpStream {
        &mut self.stream
    }

    /// Asks the kernel anew: call it once a cycle, before the first `arrival`.
    pub const fn look(&mut self) {
        self.more = true;
    }

    /// The next message, if there is one.
    #[inline]
    pub fn arrival(&mut self) -> Arrival {
        loop {
            match self.frames.step() {
                Step::Message(at) => return Arrival::Message(at),
                Step::NeedMore => {}
                step => {
                    if let Some(end) = self.control(step) {
                        return end;
                    }
                    continue;
                }
            }
            let frames = &mut self.frames;
            match self.tls.step(|plain| pour(frames, plain)) {
                Ok(Progress::Record) => {}
                Ok(Progress::Ready | Progress::Waiting) => match self.read() {
                    Ok(true) => {}
                    Ok(false) => return Arrival::Idle,
                    Err(fault) => return Arrival::Lost(fault, 0),
                },
                Ok(Progress::Ended) => return Arrival::Lost(ConnectionFault::Dropped, 0),
                Err(error) => return Arrival::Lost(tls::fault(&error, None), 0),
            }
        }
    }

    /// Reads once, if the kernel may have more.
    #[inline]
    fn read(&mut self) -> Result<bool, ConnectionFault> {
        if !self.more {
            return Ok(false);
        }
        let space = self.tls.space();
        let room = space.len();
        match self.stream.read(space) {
            Ok(0) => Err(ConnectionFault::Dropped),
            Ok(count) => {
                // A short read emptied the kernel's buffer (epoll(7)): no second call is needed.
                self.more = count == room;
                self.tls.fill(count);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.more = false;
                Ok(false)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            Err(_) => Err(ConnectionFault::Dropped),
        }
    }

    #[cold]
    fn control(&mut self, step: Step) -> Option<Arrival> {
        match step {
            Step::Ping(at) => {
                let mut payload = [0; CONTROL_MAX];
                payload[..at.len()].copy_from_slice(&self.frames.bytes()[at.clone()]);
                self.waiting = Some(Waiting { opcode: Opcode::Pong, length: at.len(), payload });
                self.pings += 1;
                self.seal_waiting();
                // A peer that is gone is noticed by the next read.
                let _ = self.write();
                None
            }
            Step::Close(code) => {
                self.close(code.unwrap_or(1000));
                Some(Arrival::Lost(ConnectionFault::Closed, code.unwrap_or(0)))
            }
            Step::Bad(FrameFault::Giant) => {
                self.close(1009);
                Some(Arrival::Lost(ConnectionFault::Giant, 0))
            }
            Step::Bad(_) => {
                self.close(1002);
                Some(Arrival::Lost(ConnectionFault::Protocol, 0))
            }
            Step::Pong | Step::Message(_) | Step::NeedMore => None,
        }
    }

    /// Says goodbye with this code, as far as the kernel takes it now.
    #[cold]
    pub fn close(&mut self, code: u16) {
        let mut payload = [0; CONTROL_MAX];
        payload[..2].copy_from_slice(&code.to_be_bytes());
        self.waiting = Some(Waiting { opcode: Opcode::Close, length: 2, payload });
        self.seal_waiting();
        let _ = self.write();
    }

    /// Sends a text message; `false` when there is no room for it now.
    pub fn send(&mut self, text: &[u8]) -> bool {
        let mut frame = vec![0; text.len() + 14];
        let mask = self.next_mask();
        let count = frames::write(Opcode::Text, text, mask, &mut frame);
        count.is_some_and(|count| self.tls.seal(&frame[..count])) && self.write().is_ok()
    }

    /// Sends what waits. To be called once a cycle; costs nothing while nothing waits.
    ///
    /// # Errors
    /// [`ConnectionFault::Blocked`] when the peer took nothing for `patience`, or
    /// [`ConnectionFault::Dropped`].
    #[inline]
    pub fn flush(&mut self, now: Nanos, patience: Nanos) -> Result<(), ConnectionFault> {
        if self.waiting.is_none() && self.tls.unsent().is_empty() {
            self.blocked = None;
            return Ok(());
        }
        self.flush_waiting(now, patience)
    }

    #[cold]
    fn flush_waiting(&mut self, now: Nanos, patience: Nanos) -> Result<(), ConnectionFault> {
        self.seal_waiting();
        let taken = self.write().map_err(|_| ConnectionFault::Dropped)?;
        if taken > 0 || self.tls.unsent().is_empty() {
            self.blocked = None;
            return Ok(());
        }
        let since = *self.blocked.get_or_insert(now);
        if now.since(since) > patience { Err(ConnectionFault::Blocked) } else { Ok(()) }
    }

    /// Whether something waits to be written: then the poll should say when it can be.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.waiting.is_some() || !self.tls.unsent().is_empty()
    }

    fn seal_waiting(&mut self) {
        let Some(waiting) = self.waiting else { return };
        let mut frame = [0; CONTROL_MAX + 14];
        let mask = self.next_mask();
        let payload = &waiting.payload[..waiting.length];
        if let Some(count) = frames::write(waiting.opcode, payload, mask, &mut frame)
            && self.tls.seal(&frame[..count])
        {
            self.waiting = None;
        }
    }

    /// Writes what the kernel takes.
    fn write(&mut self) -> io::Result<usize> {
        let mut total = 0;
        while !self.tls.unsent().is_empty() {
            match self.stream.write(self.tls.unsent()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.tls.sent(count);
                    total += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    const fn next_mask(&mut self) -> [u8; 4] {
        self.mask ^= self.mask << 13;
        self.mask ^= self.mask >> 7;
        self.mask ^= self.mask << 17;
        let [a, b, c, d, ..] = self.mask.to_le_bytes();
        [a, b, c, d]
    }
}

/// Copies a record's plaintext behind the unread bytes.
#[inline]
pub(super) fn pour(frames: &mut Frames, plain: &[u8]) {
    // `Frames` keeps `limit` bytes free, and a limit is never below a record.
    frames.space()[..plain.len()].copy_from_slice(plain);
    frames.fill(plain.len());
}

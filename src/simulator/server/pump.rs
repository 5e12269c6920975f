//! The pump: takes frames from the source, waits until each is due, lets the script do its
//! worst, and puts them into mailboxes.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use model::{Fine, Nanos};
use tungstenite::Bytes;

use super::session::Session;
use super::{Onlooker, Pace, Shared, Turn, lock};
use crate::fault::{Fault, FaultKind};
use crate::source::{Ask, Outgoing, Reply};
use crate::speech::{Scale, Speech};
use crate::statistics::scan;

/// Frames that may wait in a mailbox while the pace is the reader's.
const AHEAD_MAX: usize = 512;

/// Venue time between two waits for the readers, at the readers' pace: little enough for a
/// trade not to come behind the end of its bar.
const STEP: Nanos = Nanos(100_000_000);
/// How long one that does not answer is waited for: it may be silent by a fault.
const READER_PATIENCE: Duration = Duration::from_millis(500);
/// The last stretch before a frame is due, in which a venue that does not park spins.
const SPIN: Duration = Duration::from_micros(150);
/// How long a recording at the reader's pace waits for somebody to ask for its snapshot.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(3);

/// Frames due at once that leave in one call: as many as cost no more time than the call.
const BATCH: usize = 8;

/// The state of the pump between two frames.
pub(crate) struct Pump {
    shared: Arc<Shared>,
    /// Delayed frames by the time at which they leave; the number keeps their order.
    delayed: BTreeMap<(Nanos, u64), Outgoing>,
    count: u64,
    /// Frames held back to leave behind the next of their stream.
    held: Vec<Outgoing>,
    /// Best ask of each stream's symbol, for crossing diffs.
    asks: BTreeMap<String, i64>,
    departures: Option<Box<dyn Write + Send>>,
    onlooker: Option<Onlooker>,
    /// Frames that wait in mailboxes for those due at once with them.
    unsent: usize,
    snapshot_given: bool,
    /// Venue time at which readers are waited for again.
    step: Nanos,
}

/// What the script does to one frame.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Deed {
    Lose,
    Twice,
    Hold,
    Delay(Nanos),
    Cross,
    Corrupt,
    Giant(usize),
}

fn deed(fault: &Fault, stream: &str) -> Option<Deed> {
    if fault.stream.as_deref().is_some_and(|name| name != stream) {
        return None;
    }
    match fault.kind {
        FaultKind::Mute | FaultKind::Skip => Some(Deed::Lose),
        FaultKind::Duplicate => Some(Deed::Twice),
        FaultKind::Reorder => Some(Deed::Hold),
        FaultKind::Delay(span) => Some(Deed::Delay(span)),
        FaultKind::Crossing if stream.contains("@depth") => Some(Deed::Cross),
        FaultKind::Corrupt => Some(Deed::Corrupt),
        FaultKind::Giant(bytes) => Some(Deed::Giant(bytes)),
        _ => None,
    }
}

impl Pump {
    pub(crate) fn new(
        shared: Arc<Shared>,
        departures: Option<Box<dyn Write + Send>>,
        onlooker: Option<Onlooker>,
    ) -> Self {
        let (held, asks) = (Vec::new(), BTreeMap::new());
        Self {
            shared,
            delayed: BTreeMap::new(),
            count: 0,
            held,
            asks,
            departures,
            onlooker,
            unsent: 0,
            snapshot_given: false,
            step: Nanos::NONE,
        }
    }

    /// Runs until the source or the venue ends.
    pub(crate) fn run(&mut self) {
        self.keep_first_snapshots();
        self.await_subscribers();
        self.shared.clock.start();
        let mut frame = Outgoing::default();
        while !self.shared.is_stopping() {
            if !lock(&self.shared.source).next(&mut frame) {
                break;
            }
            self.await_due(frame.time_venue);
            self.await_snapshot();
            self.await_readers(frame.time_venue);
            self.shared.clock.reached(frame.time_venue);
            self.drop_connections();
            self.one(&frame);
            self.look(Turn::Sent);
        }
        let left = std::mem::take(&mut self.delayed);
        for frame in left.into_values().chain(std::mem::take(&mut self.held)) {
            self.deliver(&frame);
        }
        self.send_now();
        if let Some(out) = &mut self.departures {
            // The file is a help for measuring: its loss is noted, not fatal.
            if out.flush().is_err() {
                self.shared.note("departures could not be written".into());
            }
        }
        self.shared.finish();
    }

    fn keep_first_snapshots(&self) {
        let mut kept = lock(&self.shared.first_snapshots);
        for place in 0..self.shared.instruments.len() {
            kept.push(match lock(&self.shared.source).ask(place, Ask::Depth { limit: 1000 }) {
                Reply::Body(body) => Some(body),
                _ => None,
            });
        }
    }

    /// A recording begins when everybody who must hear it listens.
    fn await_subscribers(&self) {
        let wanted = |name: &String| lock(&self.shared.sessions).iter().any(|one| one.wants(name));
        while !self.shared.is_stopping() && !self.shared.wait_for.iter().all(wanted) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn await_due(&mut self, time: Nanos) {
        // Delayed frames that are due before this one leave first, each at its own time.
        while let Some(entry) = self.delayed.first_entry()
            && entry.key().0 <= time
        {
            let due = entry.key().0;
            let frame = entry.remove();
            self.sleep_until(due);
            self.deliver(&frame);
        }
        self.sleep_until(time);
    }

    fn sleep_until(&mut self, time: Nanos) {
        while !self.shared.is_stopping() {
            let Some(wait) = self.shared.clock.wait(time) else { break };
            if self.unsent > 0 {
                self.send_now();
                continue;
            }
            // The system's sleep oversleeps by some 60 µs: the rest is spun.
            let nap = if self.shared.parked { wait } else { wait.saturating_sub(SPIN) };
            if self.shared.parked || nap > SPIN / 3 {
                let nap = nap.min(Duration::from_millis(50));
                std::thread::sleep(nap);
                self.look(Turn::Slept(nap));
            } else {
                std::hint::spin_loop();
                self.look(Turn::Waited);
            }
        }
    }

    fn look(&mut self, turn: Turn) {
        if let Some(onlooker) = &mut self.onlooker {
            onlooker(turn);
        }
    }

    /// What waits for company leaves.
    fn send_now(&mut self) {
        if std::mem::take(&mut self.unsent) > 0 {
            for session in lock(&self.shared.sessions).iter() {
                session.send_now();
            }
        }
    }

    /// Connections that the script ends, or that it silences.
    fn drop_connections(&self) {
        let since = self.shared.clock.elapsed();
        while let Some(route) = self.shared.faults.hit(since, |fault| {
            (fault.kind == FaultKind::Drop && fault.span.0 == 0).then_some(fault.route)
        }) {
            for session in lock(&self.shared.sessions).iter() {
                if route.is_none_or(|route| route == session.route) {
                    session.close();
                }
            }
        }
    }

    fn one(&mut self, frame: &Outgoing) {
        self.remember_ask(frame);
        let since = self.shared.clock.elapsed();
        match self.shared.faults.hit(since, |fault| deed(fault, &frame.stream)) {
            None => self.deliver(frame),
            Some(Deed::Lose) => {}
            Some(Deed::Twice) => {
                self.deliver(frame);
                self.deliver(frame);
            }
            Some(Deed::Hold) => {
                self.held.push(frame.clone());
                return;
            }
            Some(Deed::Delay(span)) => {
                self.count += 1;
                let due = (frame.time_venue.after(span), self.count);
                self.delayed.insert(due, frame.clone());
            }
            Some(Deed::Cross) => self.deliver(&self.crossed(frame)),
            Some(Deed::Corrupt) => {
                let mut broken = frame.clone();
                broken.payload.truncate(broken.payload.len() / 2);
                broken.payload.push(0xff);
                self.deliver(&broken);
            }
            Some(Deed::Giant(bytes)) => {
                let mut giant = Outgoing { id: 0, ..frame.clone() };
                giant.payload = b"{\"e\":\"giant\",\"x\":\"".to_vec();
                giant.payload.resize(bytes.max(32), b'x');
                giant.payload.extend_from_slice(b"\"}");
                self.deliver(&giant);
                self.deliver(frame);
            }
        }
        // A held frame follows the next of its stream.
        let (behind, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held: &Outgoing| held.stream == frame.stream);
        self.held = held;
        for frame in behind {
            self.deliver(&frame);
        }
    }

    fn remember_ask(&mut self, frame: &Outgoing) {
        if let Some((symbol, "bookTicker")) = frame.stream.split_once('@')
            && let Some(ask) = scan::fine(&frame.payload, "a")
        {
            match self.asks.get_mut(symbol) {
                Some(kept) => *kept = ask,
                None => drop(self.asks.insert(symbol.to_owned(), ask)),
            }
        }
    }

    /// The depth event with a bid one percent above the best ask.
    fn crossed(&self, frame: &Outgoing) -> Outgoing {
        let symbol = frame.stream.split('@').next().unwrap_or_default();
        let of = |(instrument, _): &&(model::Instrument, u32)| {
            instrument.symbol.text().to_lowercase() == symbol
        };
        let (Some(&ask), Some((instrument, places))) =
            (self.asks.get(symbol), self.shared.instruments.iter().find(of))
        else {
            return frame.clone();
        };
        let price = model::Price(Fine(ask + ask / 100).0 / instrument.tick.0);
        let mut level = Vec::new();
        let scale = Scale::new(instrument, *places);
        Speech::new(&mut level).level(price, model::Lots(1000), scale);
        let mut crossed = frame.clone();
        let opening = b"\"b\":[";
        let found = crossed.payload.windows(opening.len()).position(|part| part == opening);
        if let Some(at) = found.map(|at| at + opening.len()) {
            if crossed.payload.get(at) != Some(&b']') {
                level.push(b',');
            }
            crossed.payload.splice(at..at, level);
        }
        crossed
    }

    /// Puts a frame into every mailbox that wants it.
    fn deliver(&mut self, frame: &Outgoing) {
        self.depart(frame);
        let since = self.shared.clock.elapsed();
        let faults = &self.shared.faults;
        let sessions: Vec<Arc<Session>> = lock(&self.shared.sessions)
            .iter()
            .filter(|one| one.wants(&frame.stream))
            .cloned()
            .collect();
        let (mut bare, mut wrapped) = (None, None);
        for session in sessions {
            let silent = faults.lasting(since, |fault| {
                let here = fault.route.is_none_or(|route| route == session.route);
                (fault.kind == FaultKind::HalfOpen && here).then_some(())
            });
            if silent.is_some() {
                continue;
            }
            let bytes = if session.is_wrapped() {
                wrapped.get_or_insert_with(|| wrap(frame)).clone()
            } else {
                bare.get_or_insert_with(|| Bytes::copy_from_slice(&frame.payload)).clone()
            };
            if self.shared.direct {
                session.put(bytes);
                self.unsent += 1;
            } else {
                session.post(bytes);
            }
            if self.shared.clock.pace() == Pace::AsRead {
                self.await_reader(&session);
            }
        }
        if self.unsent >= BATCH {
            self.send_now();
        }
    }

    /// In step no socket runs ahead of another: every step of venue time, each reader says that it
    /// has read everything. Else it would see depth of another minute than trades.
    fn await_readers(&mut self, time: Nanos) {
        if !self.shared.in_step || time < self.step {
            return;
        }
        self.step = time.after(STEP);
        let sessions: Vec<_> = lock(&self.shared.sessions).iter().cloned().collect();
        let asked: Vec<_> = sessions.iter().map(|session| session.ask()).collect();
        let begun = Instant::now();
        for (session, number) in sessions.iter().zip(asked) {
            while !session.has_read(number)
                && !session.is_closed()
                && !self.shared.is_stopping()
                && begun.elapsed() < READER_PATIENCE
            {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
    }

    /// At the reader's pace a recording's snapshot is answered where it stands: were the frames
    /// to run on meanwhile, no reader could keep as many as it needs to join them to it.
    fn await_snapshot(&mut self) {
        if self.snapshot_given
            || !self.shared.in_step
            || self.shared.wait_for.is_empty()
            || lock(&self.shared.source).ask(0, Ask::Depth { limit: 1000 }) == Reply::Later
        {
            return;
        }
        self.snapshot_given = true;
        let begun = Instant::now();
        while self.shared.depth_answers.load(Ordering::Acquire) == 0
            && begun.elapsed() < SNAPSHOT_PATIENCE
            && !self.shared.is_stopping()
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn await_reader(&self, session: &Session) {
        while session.waiting() > AHEAD_MAX && !session.is_closed() && !self.shared.is_stopping() {
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// When the frame should have left, beside it, never in it.
    fn depart(&mut self, frame: &Outgoing) {
        let Some(out) = &mut self.departures else { return };
        let Some(due) = self.shared.clock.due_local(frame.time_venue) else { return };
        if frame.id == 0 {
            return;
        }
        if writeln!(out, "{} {} {}", frame.stream, frame.id, due.0).is_err() {
            self.departures = None;
            self.shared.note("departures could not be written".into());
        }
    }
}

/// The payload as `/stream` sends it.
fn wrap(frame: &Outgoing) -> Bytes {
    let mut bytes = Vec::with_capacity(frame.payload.len() + frame.stream.len() + 24);
    bytes.extend_from_slice(b"{\"stream\":\"");
    bytes.extend_from_slice(frame.stream.as_bytes());
    bytes.extend_from_slice(b"\",\"data\":");
    bytes.extend_from_slice(&frame.payload);
    bytes.push(b'}');
    Bytes::from(bytes)
}

//! A hop between two threads, there and back: the unit that the hot path is measured in.
//!
//! The caller's thread is one end and must be pinned; the other is pinned here. Round trips are
//! timed in blocks, so that the two clock readings are lost in one; the figure is the median
//! block, because a thread that loses its core spoils only the blocks in which it did.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use model::{Head, InstrumentId, Kind, Line, Message, Sink};
use runtime::pin::pin;
use runtime::{Core, Inbox, Outbox, RING_SLOTS_MIN, ring};

use crate::median;

/// Round trips timed as one block.
const BLOCK: u64 = 500;
const BLOCKS: usize = 40;

/// What carries the hop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A bare atomic each way: what the caches can do.
    Atomics,
    /// A line through an rtrb ring each way.
    Rtrb,
    /// A message of one line through our ring.
    Ring,
    /// A message of two lines.
    RingOfTwo,
}

/// The median block in nanoseconds per round trip.
///
/// # Panics
/// When `far` cannot be pinned.
#[must_use]
pub fn round_trip_ns(way: Way, far: Core) -> f64 {
    match way {
        Way::Atomics => with_echo(atomics(), far),
        Way::Rtrb => with_echo(lines(), far),
        Way::Ring => with_echo(messages(0), far),
        Way::RingOfTwo => with_echo(messages(1), far),
    }
}

/// Waits by spinning, but lets others run now and then: on a machine that is busy with something
/// else two threads that only spin wait for each other's time slices.
#[derive(Default, Debug)]
pub struct Spins(u32);

impl Spins {
    /// Once round the loop.
    pub fn wait(&mut self) {
        self.0 += 1;
        if self.0.is_multiple_of(20_000) {
            std::thread::yield_now();
        }
        std::hint::spin_loop();
    }
}

/// One hop there and one back.
trait Pair {
    fn round_trip(&mut self, sequence: u64);
}

/// The near end of a contestant, and what its far end does until it is told to stop.
type Contestant<P, F> = (P, F);

/// The median block in nanoseconds per round trip.
fn with_echo<P: Pair, F: FnMut() + Send + 'static>(
    (mut pair, mut echo): Contestant<P, F>,
    far: Core,
) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = pinned(far, move || {
        let mut spins = Spins::default();
        while !stopped.load(Ordering::Relaxed) {
            echo();
            spins.wait();
        }
    });
    let mut sequence = 0;
    let mut block = || {
        let start = Instant::now();
        for _ in 0..BLOCK {
            sequence += 1;
            pair.round_trip(sequence);
        }
        start.elapsed().as_secs_f64() * 1e9 / BLOCK as f64
    };
    let blocks = (0..BLOCKS).map(|_| block()).collect();
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("the echo stops");
    median(blocks)
}

/// A thread of its own core.
///
/// # Panics
/// On the thread, when it cannot be pinned.
pub fn pinned<F: FnOnce() + Send + 'static>(core: Core, body: F) -> JoinHandle<()> {
    std::thread::spawn(move || {
        assert!(pin(core), "core {core} is in our mask");
        body();
    })
}

#[repr(align(128))]
#[derive(Default)]
struct Word(AtomicU64);

struct Atomics {
    there: Arc<Word>,
    back: Arc<Word>,
}

impl Pair for Atomics {
    fn round_trip(&mut self, sequence: u64) {
        let mut spins = Spins::default();
        self.there.0.store(sequence, Ordering::Release);
        while self.back.0.load(Ordering::Acquire) != sequence {
            spins.wait();
        }
    }
}

fn atomics() -> Contestant<Atomics, impl FnMut() + Send + 'static> {
    let (there, back) = (Arc::new(Word::default()), Arc::new(Word::default()));
    let pair = Atomics { there: Arc::clone(&there), back: Arc::clone(&back) };
    let mut last = 0;
    let echo = move || {
        let sequence = there.0.load(Ordering::Acquire);
        if sequence != last {
            last = sequence;
            back.0.store(sequence, Ordering::Release);
        }
    };
    (pair, echo)
}

struct Lines {
    there: rtrb::Producer<Line>,
    back: rtrb::Consumer<Line>,
}

impl Pair for Lines {
    fn round_trip(&mut self, sequence: u64) {
        let mut spins = Spins::default();
        assert!(self.there.push(Line([sequence; 8])).is_ok());
        loop {
            if let Ok(line) = self.back.pop() {
                assert!(line.0[0] == sequence);
                break;
            }
            spins.wait();
        }
    }
}

fn lines() -> Contestant<Lines, impl FnMut() + Send + 'static> {
    let (there, mut far_in) = rtrb::RingBuffer::new(RING_SLOTS_MIN);
    let (mut far_out, back) = rtrb::RingBuffer::new(RING_SLOTS_MIN);
    let echo = move || {
        if let Ok(line) = far_in.pop() {
            assert!(far_out.push(line).is_ok());
        }
    };
    (Lines { there, back }, echo)
}

struct Messages {
    there: Outbox,
    back: Inbox,
    head: Head,
}

impl Pair for Messages {
    fn round_trip(&mut self, sequence: u64) {
        let mut spins = Spins::default();
        self.head.sequence = sequence;
        assert!(self.there.room() > 1);
        let body = [Line([sequence; 8])];
        self.there.send(Message::new(&self.head, &body[..usize::from(self.head.lines)]));
        loop {
            if let Some(message) = self.back.batch().take() {
                assert!(message.head.sequence == sequence);
                assert!(message.body.iter().all(|line| line.0[7] == sequence));
                break;
            }
            spins.wait();
        }
    }
}

fn messages(body: u16) -> Contestant<Messages, impl FnMut() + Send + 'static> {
    let (there, mut far_in) = ring(RING_SLOTS_MIN);
    let (mut far_out, back) = ring(RING_SLOTS_MIN);
    let mut head = Head::new(Kind::Trade, InstrumentId(0));
    head.lines = body;
    // What a station does: room, take, send, release once a batch.
    let echo = move || {
        let mut batch = far_in.batch();
        while !batch.is_empty() && far_out.room() > 1 {
            let Some(message) = batch.take() else { break };
            far_out.send(message);
        }
    };
    (Messages { there, back, head }, echo)
}

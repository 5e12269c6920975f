//! A hop between two threads: the ring against a bare two-atomic hop in the same process.
//!
//! `cargo bench --bench ring` prints a table. Rounds of all contestants alternate, so that a noisy
//! neighbour disturbs each of them; the figure is the median block of the quietest round.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use model::{Head, InstrumentId, Kind, Line, Message, Sink};
use runtime::pin::pin;
use runtime::{Core, Inbox, Outbox, RING_SLOTS_MIN, ring, usable_cores};

/// Round trips timed as one block: two clock readings are then lost in it.
const BLOCK: u64 = 500;
const BLOCKS: usize = 40;
const ROUNDS: usize = 5;
/// Lines of one saturated run.
const LINES: u64 = 1_000_000;

fn main() {
    let cores = usable_cores();
    let [.., near, far] = *cores else {
        println!("skipped: ring needs two usable cores");
        return;
    };
    assert!(pin(near), "core {near} is in our mask");
    round_trips(far);
    saturated(far);
}

/// Waits by spinning, but lets others run now and then: on a machine that is busy with something
/// else two threads that only spin wait for each other's time slices.
#[derive(Default)]
struct Spins(u32);

impl Spins {
    fn wait(&mut self) {
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

fn round_trips(far: Core) {
    let mut table = [
        ("two atomics (floor)", f64::MAX),
        ("rtrb push and pop", f64::MAX),
        ("Outbox and Inbox", f64::MAX),
        ("the same, a message of two lines", f64::MAX),
    ];
    for _ in 0..ROUNDS {
        for (at, (_, best)) in table.iter_mut().enumerate() {
            let median = match at {
                0 => with_echo(atomics(), far),
                1 => with_echo(lines(), far),
                2 => with_echo(messages(0), far),
                _ => with_echo(messages(1), far),
            };
            *best = best.min(median);
        }
    }
    println!("{:32} {:>8} {:>8}", "round trip of one line", "ns", "x floor");
    for (name, best) in table {
        println!("{name:32} {best:8.0} {:8.2}", best / table[0].1);
    }
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
    let mut blocks: Vec<f64> = (0..BLOCKS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BLOCK {
                sequence += 1;
                pair.round_trip(sequence);
            }
            start.elapsed().as_secs_f64() * 1e9 / BLOCK as f64
        })
        .collect();
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("the echo stops");
    blocks.sort_by(f64::total_cmp);
    blocks[BLOCKS / 2]
}

fn pinned<F: FnOnce() + Send + 'static>(core: Core, body: F) -> JoinHandle<()> {
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

/// Nanoseconds a line while the sender never rests.
fn saturated(far: Core) {
    println!();
    println!(
        "{:32} {:>8} {:>10} {:>10}",
        "saturated, ns a line", "ours", "rtrb iter", "rtrb slice"
    );
    for body in [0_u16, 1, 16, 63] {
        let mut best = [f64::MAX; 3];
        for _ in 0..3 {
            for (at, best) in best.iter_mut().enumerate() {
                let took = match at {
                    0 => saturated_messages(body, far),
                    1 => saturated_lines(body, far, write_from_iter),
                    _ => saturated_lines(body, far, write_slices),
                };
                *best = best.min(took);
            }
        }
        let name = format!("messages of {} lines", 1 + body);
        println!("{name:32} {:8.2} {:10.2} {:10.2}", best[0], best[1], best[2]);
    }
}

fn saturated_messages(body: u16, far: Core) -> f64 {
    let (mut out, mut inbox) = ring(RING_SLOTS_MIN);
    let messages = LINES / u64::from(1 + body);
    let thread = pinned(far, move || {
        let mut spins = Spins::default();
        let mut next = 1;
        while next <= messages {
            let mut batch = inbox.batch();
            while let Some(message) = batch.take() {
                assert!(message.head.sequence == next);
                next += 1;
            }
            drop(batch);
            spins.wait();
        }
    });
    let mut head = Head::new(Kind::Depth, InstrumentId(0));
    head.lines = body;
    let lines = vec![Line([7; 8]); usize::from(body)];
    let mut spins = Spins::default();
    let start = Instant::now();
    for sequence in 1..=messages {
        head.sequence = sequence;
        while out.room() < 1 + lines.len() {
            spins.wait();
        }
        out.send(Message::new(&head, &lines));
    }
    thread.join().expect("all messages came in order");
    start.elapsed().as_secs_f64() * 1e9 / (messages * u64::from(1 + body)) as f64
}

type Write = fn(&mut rtrb::Producer<Line>, Line, &[Line]) -> bool;

fn write_from_iter(out: &mut rtrb::Producer<Line>, head: Line, body: &[Line]) -> bool {
    let Ok(chunk) = out.write_chunk_uninit(1 + body.len()) else { return false };
    chunk.fill_from_iter(std::iter::once(head).chain(body.iter().copied()));
    true
}

/// Publishes the head before its body: no way to send a message, only a bound for the copy.
fn write_slices(out: &mut rtrb::Producer<Line>, head: Line, body: &[Line]) -> bool {
    if out.write_chunk_uninit(1 + body.len()).is_err() {
        return false;
    }
    out.push_entire_slice(&[head]).is_ok() && out.push_entire_slice(body).is_ok()
}

fn saturated_lines(body: u16, far: Core, write: Write) -> f64 {
    let (mut out, mut inbox) = rtrb::RingBuffer::<Line>::new(RING_SLOTS_MIN);
    let messages = LINES / u64::from(1 + body);
    let lines_max = usize::try_from(messages * u64::from(1 + body)).expect("fits");
    let thread = pinned(far, move || {
        let mut spins = Spins::default();
        let mut seen = 0;
        while seen < lines_max {
            // As `Inbox::batch` does it.
            let here = match inbox.cached_slots() {
                0 => inbox.slots(),
                known => known,
            };
            if let Ok(chunk) = inbox.read_chunk(here) {
                let (first, second) = chunk.as_slices();
                let odd = first.iter().chain(second).filter(|line| line.0[7] == 1).count();
                assert!(odd == 0);
                seen += here;
                chunk.commit_all();
            }
            spins.wait();
        }
    });
    let lines = vec![Line([7; 8]); usize::from(body)];
    let mut spins = Spins::default();
    let start = Instant::now();
    for sequence in 1..=messages {
        let head = Line([sequence, 0, 0, 0, 0, 0, 0, 0]);
        while !write(&mut out, head, &lines) {
            spins.wait();
        }
    }
    thread.join().expect("all lines came");
    start.elapsed().as_secs_f64() * 1e9 / (messages * u64::from(1 + body)) as f64
}

//! A hop between two threads: the ring against a bare two-atomic hop in the same process.
//!
//! `cargo bench --bench ring` prints a table. Rounds of all contestants alternate, so that a noisy
//! neighbour disturbs each of them; the figure is the median block of the quietest round.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::time::Instant;

use fulcrum_benches::hop::{Spins, Way, pinned, round_trip_ns};
use model::{Head, InstrumentId, Kind, Line, Message, Sink};
use runtime::pin::pin;
use runtime::{Core, RING_SLOTS_MIN, ring, usable_cores};

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

fn round_trips(far: Core) {
    let mut table = [
        ("two atomics (floor)", f64::MAX),
        ("rtrb push and pop", f64::MAX),
        ("Outbox and Inbox", f64::MAX),
        ("the same, a message of two lines", f64::MAX),
    ];
    for _ in 0..ROUNDS {
        for (at, (_, best)) in table.iter_mut().enumerate() {
            let ways = [Way::Atomics, Way::Rtrb, Way::Ring, Way::RingOfTwo];
            *best = best.min(round_trip_ns(ways[at], far));
        }
    }
    println!("{:32} {:>8} {:>8}", "round trip of one line", "ns", "x floor");
    for (name, best) in table {
        println!("{name:32} {best:8.0} {:8.2}", best / table[0].1);
    }
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

//! The hot path of a trade in memory, frame bytes to insight, in units of one empty ring hop
//! measured in the same process.
//!
//! `cargo bench --bench decision` prints a table. The stream is the 2024 session with its trades
//! written as aggregates and its depth and quotes between them; only trades are timed, each by
//! two stamps of the runtime's clock (their own cost is part of the figure). A frame is copied
//! into the receive buffer before the first stamp, as a socket does. Cold: 8 MB are walked
//! between two messages. The spot day behind it has windows that are full and age.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;

use archive::{Archive, Item};
use engine::{Inline, Plan};
use fulcrum_benches::hop::{Way, round_trip_ns};
use fulcrum_benches::median;
use fulcrum_tests::data;
use model::{Draft, Instrument, Instruments, Nanos, Window};
use runtime::pin::pin;
use runtime::{Clock, usable_cores};
use wire::{Decoder, Frame};

const SESSION: [&str; 2] =
    ["recordings/usdm_btcusdt_20240718.gz", "recordings/usdm_btcusdt_20240719.gz"];
const DAY: &str = "dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip";
const ROUNDS: usize = 9;
/// Rounds with cold caches: each trade walks 8 MB.
const ROUNDS_COLD: usize = 3;
/// With cold caches one trade in so many is timed.
const COLD_EVERY: usize = 16;
/// On the spot day one trade in so many is timed.
const DAY_EVERY: usize = 8;
const COLD_BYTES: usize = 8 << 20;
/// Readable bytes before and behind a frame, as a socket's buffer has them.
const SLACK: usize = 64;

fn main() {
    let cores = usable_cores();
    let [.., near, far] = *cores else {
        println!("skipped: decision needs two usable cores");
        return;
    };
    assert!(pin(near), "core {near} is in our mask");
    let mut bench = Bench { clock: Clock::host(), walk: vec![0; COLD_BYTES], seen: 0 };
    let mut hop = Hop { rtrb: f64::MAX, ring: f64::MAX, far };
    hop.measure();
    let stamp = bench.stamp_ns();
    if let Some(frames) = session() {
        println!("2024 session: {} frames, {} trades timed", frames.at.len(), frames.trades());
        println!("a pair of stamps, in every figure below: {stamp:.0} ns");
        let plans = plans(65_536);
        let runs = |cold| plans.iter().map(|plan| (plan.0.clone(), vec![], cold)).collect();
        let mut hot: Vec<Run> = runs(false);
        let mut cold: Vec<Run> = runs(true);
        cold.retain(|run| run.0 == ONE || run.0 == SIX);
        for round in 0..ROUNDS {
            hop.measure();
            for (at, run) in hot.iter_mut().enumerate() {
                run.1.push(bench.run(&frames, &plans[at].1, 1, false));
            }
            for run in cold.iter_mut().filter(|_| round < ROUNDS_COLD) {
                let plan = plans.iter().find(|plan| plan.0 == run.0).expect("of the same names");
                run.1.push(bench.run(&frames, &plan.1, COLD_EVERY, true));
            }
        }
        hop.print();
        table(&hop, &hot, &cold);
    }
    if let Some(frames) = day() {
        println!(
            "\nspot day: {} trades, one in {DAY_EVERY} timed; full windows age",
            frames.at.len()
        );
        let plans = plans(1 << 20);
        let mut hot: Vec<Run> = plans.iter().map(|plan| (plan.0.clone(), vec![], false)).collect();
        for _ in 0..ROUNDS_COLD {
            hop.measure();
            for (at, run) in hot.iter_mut().enumerate() {
                run.1.push(bench.run(&frames, &plans[at].1, DAY_EVERY, false));
            }
        }
        hop.print();
        table(&hop, &hot, &[]);
    }
}

/// Name, figures of each round, whether the caches are cold.
type Run = (String, Vec<Figures>, bool);

const ONE: &str = "one profile";
const SIX: &str = "all six windows";

/// No window, one profile, then a window more each time: the six, the composite, every anchor.
fn plans(tape_slots: usize) -> Vec<(String, Plan)> {
    (0..=Window::STEADY.len() + 1)
        .map(|count| {
            let mut plan = Plan::default();
            plan.analytics.tape_slots = tape_slots;
            let windows = Window::STEADY.get(..count).unwrap_or(&Window::ALL);
            plan.analytics.windows = windows.to_vec();
            plan.analytics.groups = analytics::Kept::NONE;
            let name = match count {
                0 => "no window".to_owned(),
                1 => ONE.to_owned(),
                6 => SIX.to_owned(),
                8 => "+ event-anchored".to_owned(),
                _ => format!("+ {}", Window::STEADY[count - 1].text()),
            };
            (name, plan)
        })
        .collect()
}

/// One empty hop: half a round trip, the least median of all rounds.
struct Hop {
    rtrb: f64,
    ring: f64,
    far: runtime::Core,
}

impl Hop {
    fn measure(&mut self) {
        self.rtrb = self.rtrb.min(round_trip_ns(Way::Rtrb, self.far) / 2.0);
        self.ring = self.ring.min(round_trip_ns(Way::Ring, self.far) / 2.0);
    }

    /// The unit: the cheaper of the two rings.
    fn unit(&self) -> f64 {
        self.rtrb.min(self.ring)
    }

    fn print(&self) {
        println!(
            "one empty hop: rtrb {:.0} ns, our ring {:.0} ns; the unit is {:.0} ns",
            self.rtrb,
            self.ring,
            self.unit()
        );
    }
}

/// Of one round, ns.
#[derive(Clone, Copy)]
struct Figures {
    median: f64,
    p99: f64,
    p999: f64,
}

fn table(hop: &Hop, hot: &[Run], cold: &[Run]) {
    println!(
        "{:24} {:>9} {:>7} {:>7} {:>9} {:>9} {:>9}",
        "frame bytes to insight", "median", "hops", "+ns", "p99", "hops", "p99.9"
    );
    let mut before = None;
    for (name, rounds, is_cold) in hot.iter().chain(cold) {
        let middle = |part: fn(&Figures) -> f64| median(rounds.iter().map(part).collect());
        let (p50, p99, p999) = (middle(|f| f.median), middle(|f| f.p99), middle(|f| f.p999));
        let more =
            before.filter(|_| !is_cold).map_or(String::new(), |was| format!("{:+.0}", p50 - was));
        before = Some(p50);
        let name = if *is_cold { format!("{name}, cold") } else { name.clone() };
        let unit = hop.unit();
        println!(
            "{name:24} {p50:9.0} {:7.2} {more:>7} {p99:9.0} {:9.2} {p999:9.0}",
            p50 / unit,
            p99 / unit
        );
    }
}

struct Bench {
    clock: Clock,
    walk: Vec<u64>,
    seen: u64,
}

impl Bench {
    /// What two stamps with nothing between them say, ns.
    fn stamp_ns(&mut self) -> f64 {
        let mut pairs = Vec::new();
        for _ in 0..10_000 {
            let start = self.clock.now();
            pairs.push(self.clock.now().since(start).0);
        }
        percentile(&mut pairs, 0.5)
    }

    /// Drives the whole stream once; one trade in `every` is timed.
    fn run(&mut self, frames: &Frames, plan: &Plan, every: usize, cold: bool) -> Figures {
        let mut inline = Inline::new(frames.instruments.clone(), plan, ());
        let mut decoder = Decoder::new(frames.instruments.clone());
        let mut draft = Draft::default();
        let mut receive = vec![0; frames.longest + 2 * SLACK];
        let mut times = Vec::with_capacity(frames.at.len() / every + 1);
        let mut trades = 0;
        for &(start, end, time, trade) in &frames.at {
            trades += usize::from(trade);
            let timed = trade && trades.is_multiple_of(every);
            if cold && timed {
                self.walk();
            }
            let length = end - start;
            receive[SLACK..SLACK + length].copy_from_slice(&frames.bytes[start..end]);
            let frame = Frame::within(black_box(&receive), SLACK, SLACK + length);
            let begin = self.clock.now();
            decoder.stream(frame, time, &mut draft).expect("a sound frame");
            inline.enter(&mut draft);
            if timed {
                times.push(self.clock.now().since(begin).0);
            }
        }
        black_box(inline.summary());
        Figures {
            median: percentile(&mut times, 0.5),
            p99: percentile(&mut times, 0.99),
            p999: percentile(&mut times, 0.999),
        }
    }

    /// Pushes everything else out of the first two caches.
    #[inline(never)]
    fn walk(&mut self) {
        for word in self.walk.iter_mut().step_by(8) {
            self.seen = self.seen.wrapping_add(*word);
            *word = self.seen;
        }
    }
}

fn percentile(times: &mut [u64], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a bench's figure"
    )]
    {
        let at = ((times.len() - 1) as f64 * share) as usize;
        *times.select_nth_unstable(at).1 as f64
    }
}

/// Frames in one buffer.
struct Frames {
    instruments: Instruments,
    bytes: Vec<u8>,
    // Where each begins and ends, when it was received, whether it is a trade.
    at: Vec<(usize, usize, Nanos, bool)>,
    longest: usize,
}

impl Frames {
    fn new(instrument: &str) -> Self {
        let mut instruments = Instruments::default();
        instruments.put(Instrument::parse(instrument).expect("a sound grid")).expect("room");
        Self { instruments, bytes: Vec::new(), at: Vec::new(), longest: 0 }
    }

    fn push(&mut self, frame: &[u8], time: Nanos, trade: bool) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(frame);
        self.longest = self.longest.max(frame.len());
        self.at.push((start, self.bytes.len(), time, trade));
    }

    fn trades(&self) -> usize {
        self.at.iter().filter(|frame| frame.3).count()
    }
}

/// The session; its snapshot is a frame of the recording as well.
fn session() -> Option<Frames> {
    let paths: Option<Vec<_>> = SESSION.iter().map(|file| data("decision", file)).collect();
    let mut frames = Frames::new("BTCUSDT:0.1:0.001");
    let mut archive = Archive::open(&paths?).expect("an input");
    while let Some(item) = archive.next() {
        let Item::Frame { bytes, time_local, .. } = item else { continue };
        let text = std::str::from_utf8(bytes.get()).expect("text");
        if !text.contains("\"e\":\"trade\"") {
            frames.push(bytes.get(), time_local, false);
        } else if text.contains("\"X\":\"MARKET\"") {
            frames.push(aggregate(text).as_bytes(), time_local, true);
        }
    }
    Some(frames)
}

/// A single trade as the aggregate of one that the 2026 stream would carry.
fn aggregate(text: &str) -> String {
    let part = |key: &str| {
        let key = format!("\"{key}\":");
        let rest = &text[text.find(&key).expect("the recorder's layout") + key.len()..];
        &rest[..rest.find([',', '}']).expect("an end")]
    };
    let [event, id, price, lots, time, maker] = ["E", "t", "p", "q", "T", "m"].map(part);
    wrapped(event, id, price, lots, time, maker)
}

fn wrapped(event: &str, id: &str, price: &str, lots: &str, time: &str, maker: &str) -> String {
    format!(
        "{{\"stream\":\"btcusdt@aggTrade\",\"data\":{{\"e\":\"aggTrade\",\"E\":{event},\"a\":{id},\
         \"s\":\"BTCUSDT\",\"p\":{price},\"q\":{lots},\"nq\":{lots},\"f\":{id},\"l\":{id},\
         \"T\":{time},\"m\":{maker},\"st\":1}}}}"
    )
}

/// The spot day's rows as frames of the stream.
fn day() -> Option<Frames> {
    let mut frames = Frames::new("BTCUSDT:0.01:0.00001:spot");
    let mut archive = Archive::open(&[data("decision", DAY)?]).expect("an input");
    while let Some(item) = archive.next() {
        let Item::Row { bytes, .. } = item else { continue };
        let text = std::str::from_utf8(bytes.get()).expect("text");
        let cells: Vec<&str> = text.trim_end().split(',').collect();
        let quoted = |cell: &str| format!("\"{cell}\"");
        let maker = cells[6].to_lowercase();
        let (price, lots) = (quoted(cells[1]), quoted(cells[2]));
        let frame = wrapped(cells[5], cells[0], &price, &lots, cells[5], &maker);
        let time = Nanos::from_millis(cells[5].parse().expect("milliseconds"));
        frames.push(frame.as_bytes(), time, true);
    }
    Some(frames)
}

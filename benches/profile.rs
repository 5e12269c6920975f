//! Volume profiles on a recorded spot day: POC and value area after every trade against a
//! recompute, and what each window adds to a trade in the whole stage.
//!
//! The recompute gets the bins ready made; only finding POC and value area is its work. It runs on
//! the last trades of the day, because it is slow, and in two forms: over the whole preallocated
//! array of 4 096 bins, as one writes it who keeps such an array, and over the traded range alone,
//! which keeping that range makes possible.

use std::hint::black_box;
use std::io::Read;

use analytics::profile::Profile;
use analytics::profile::naive::{Rules, settle};
use analytics::{Kept, Plan, Stage};
use fulcrum_benches::{cpu_ns, median};
use model::{
    Fine, Head, Instrument, InstrumentId, Instruments, Kind, Line, Lots, Message, Nanos, Price,
    Side, Sink, TradeLine, Window, decimal,
};
use runtime::Work;

const FILE: &str = "dumps/spot-BTCUSDT-aggTrades-2024-01-01.zip";
/// Everything is measured so many times.
const ROUNDS: usize = 5;
/// Trades that the recompute is measured on.
const NAIVE: usize = 20_000;
/// Bins of the engine's preallocated array.
const ARRAY: usize = 4_096;

/// One row of the dump.
struct Row {
    id: u64,
    time: Nanos,
    price: Price,
    side: Side,
    lots: Lots,
}

struct Count(u64);

impl Sink for Count {
    #[inline]
    fn send(&mut self, message: Message<'_>) {
        black_box(message.head);
        self.0 += 1;
    }
}

fn main() {
    let root = std::env::var("FULCRUM_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into());
    let Ok(zip) = std::fs::read(format!("{root}/{FILE}")) else {
        say(format_args!("skipped: profile needs {FILE}"));
        return;
    };
    let rows = read(&zip);
    say(format_args!("{} trades of the spot day; CPU ns a trade: least, median", rows.len()));
    for width in [100, 1_000, 1_024, 5_000] {
        profile(&rows, width);
    }
    fold(&rows);
    stage(&rows);
}

/// What the rarest events cost: a day's profile and a full array fold into bins twice as wide.
fn fold(rows: &[Row]) {
    let mut day = Profile::folding(10);
    rows.iter().for_each(|row| day.add(row.price, row.side, row.lots));
    let mut full = Profile::folding(0);
    (0..4_096).for_each(|tick| full.add(Price(tick), Side::Buy, Lots(1 + tick % 7)));
    for (name, profile) in [("a day's profile", day), ("4096 bins", full)] {
        let mut copies = vec![profile; 64];
        let start = cpu_ns();
        copies.iter_mut().for_each(|copy| copy.widen(copy.bin_ticks() * 2));
        let each = (cpu_ns() - start) / count(copies.len());
        say(format_args!("fold {name:23} {each:7.0} ns once"));
    }
}

/// One add-only profile against its recompute, equal at the end and on the way.
fn profile(rows: &[Row], width: i64) {
    let fresh = || {
        let power = width.count_ones() == 1;
        if power { Profile::folding(width.trailing_zeros()) } else { Profile::growing(width) }
    };
    let mut fast = Vec::new();
    for _ in 0..=ROUNDS {
        let mut profile = fresh();
        let start = cpu_ns();
        for row in rows {
            profile.add(row.price, row.side, row.lots);
            black_box((profile.poc(), profile.value_area()));
        }
        fast.push((cpu_ns() - start) / count(rows.len()));
    }
    let (volume, slots) = late_bins(rows, width, fresh());
    let bins = volume.len();
    let range = naive(&volume, &slots);
    let middle = median(fast.clone());
    say(format_args!("profile Δ {width:5} ({bins:4} bins) {:7.1} {middle:7.1}", least(&fast)));
    let against = |name: &str, slow: &[f64]| {
        let ratio = median(slow.to_vec()) / middle;
        say(format_args!(
            "  recompute, {name:19} {:7.1} {:7.1}   ×{ratio:.0}",
            least(slow),
            median(slow.to_vec())
        ));
    };
    // The day lies in the middle, as where an array for any day would be put.
    let front = ARRAY.saturating_sub(bins) / 2;
    let mut array = vec![0; ARRAY.max(bins)];
    array[front..front + bins].copy_from_slice(&volume);
    let moved: Vec<_> = slots.iter().map(|&(slot, lots)| (front + slot, lots)).collect();
    against(&format!("array of {}", array.len()), &naive(&array, &moved));
    against("traded range", &range);
}

/// CPU ns a trade of the recompute after each trade, a figure a round.
fn naive(volume: &[i64], slots: &[(usize, i64)]) -> Vec<f64> {
    let round = |_| {
        let mut volume = volume.to_vec();
        let start = cpu_ns();
        for &(slot, lots) in slots {
            volume[slot] += lots;
            black_box(recompute(&volume));
        }
        (cpu_ns() - start) / count(NAIVE)
    };
    (0..=ROUNDS / 2).map(round).collect()
}

/// The day's bins before its last trades, and those trades as (bin, lots); the two ways to POC
/// and value area are equal after each of them.
fn late_bins(rows: &[Row], width: i64, mut profile: Profile) -> (Vec<i64>, Vec<(usize, i64)>) {
    let whole = rows.iter().map(|row| row.price.0 / width);
    let (low, high) = (whole.clone().min().unwrap_or(0), whole.max().unwrap_or(0));
    let slot = |row: &Row| usize::try_from(row.price.0 / width - low).expect("in the range");
    let mut volume = vec![0; usize::try_from(high - low + 1).expect("a range")];
    let (early, late) = rows.split_at(rows.len() - NAIVE);
    for row in early {
        volume[slot(row)] += row.lots.0;
        profile.add(row.price, row.side, row.lots);
    }
    let before = volume.clone();
    for row in late {
        volume[slot(row)] += row.lots.0;
        profile.add(row.price, row.side, row.lots);
        let place = |edge: Price| usize::try_from(edge.0 / width - low).expect("in the range");
        let (val, vah) = profile.value_area().expect("trades");
        let fast = (place(profile.poc().expect("trades")), place(val), place(vah) - 1);
        assert_eq!(fast, recompute(&volume), "equal at every trade");
        assert_eq!(settle(&volume, Rules::STANDARD), Some(fast));
    }
    (before, late.iter().map(|row| (slot(row), row.lots.0)).collect())
}

/// The recompute as one would write it at once: total and POC in one pass, then the greedy
/// expansion. No generality that would slow it.
#[inline(never)]
fn recompute(volume: &[i64]) -> (usize, usize, usize) {
    let (mut total, mut poc) = (0, 0);
    for (slot, &lots) in volume.iter().enumerate() {
        total += lots;
        if lots > volume[poc] {
            poc = slot;
        }
    }
    let (mut low, mut high, mut taken) = (poc, poc, volume[poc]);
    while taken * 10 < total * 7 {
        let above = volume.get(high + 1).copied().unwrap_or(-1);
        let below = if low > 0 { volume[low - 1] } else { -1 };
        if above >= below {
            high += 1;
            taken += above;
        } else {
            low -= 1;
            taken += below;
        }
    }
    (poc, low, high)
}

/// The whole stage, inline, with these windows.
fn stage(rows: &[Row]) {
    let messages: Vec<(Head, Line)> = rows.iter().map(message).collect();
    let run = |name: &str, windows: &[Window], content: bool| {
        let mut times = Vec::new();
        let mut insights = 0;
        for _ in 0..=ROUNDS {
            let mut instruments = Instruments::default();
            let grid = Instrument::new("BTCUSDT", "0.01", "0.00001").expect("a grid");
            instruments.put(grid).expect("room");
            let groups = Kept::NONE;
            let plan = Plan { windows: windows.to_vec(), content, groups, ..Plan::default() };
            let mut stage = Stage::new(&instruments, plan);
            let mut out = Count(0);
            let start = cpu_ns();
            for (head, line) in &messages {
                stage.take(Message::new(head, std::slice::from_ref(line)), &mut out);
            }
            times.push((cpu_ns() - start) / count(rows.len()));
            insights = out.0;
        }
        say(format_args!(
            "stage {name:22} {:7.1} {:7.1}   {insights} insights",
            least(&times),
            median(times)
        ));
    };
    run("delta only", &[], false);
    for window in Window::STEADY {
        run(&format!("delta, {}", window.text()), &[window], false);
    }
    run("delta, six windows", &Window::STEADY[..6], false);
    run("delta, every window", &Window::ALL, false);
    run("the same with content", &Window::ALL, true);
}

fn message(row: &Row) -> (Head, Line) {
    let head = Head {
        sequence: row.id,
        lines: 1,
        id: row.id,
        time_event: row.time,
        time_match: row.time,
        ..Head::new(Kind::Trade, InstrumentId(0))
    };
    let line = TradeLine {
        price: row.price,
        lots: row.lots,
        lots_normal: row.lots,
        first: row.id,
        last: row.id,
        side: row.side.code(),
        reserved: [0; 23],
    };
    (head, Line::of(line))
}

fn read(zip: &[u8]) -> Vec<Row> {
    let short = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let start = 30 + short(26) + short(28);
    let mut text = String::new();
    let inflated = flate2::read::DeflateDecoder::new(&zip[start..]).read_to_string(&mut text);
    inflated.expect("a deflated member");
    let steps = |text: &str, step| {
        decimal(text.as_bytes()).and_then(|value| value.steps(Fine(step))).expect("on the grid")
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        Row {
            id: cells[0].parse().expect("an id"),
            time: Nanos::from_millis(cells[5].parse().expect("ms")),
            price: Price(steps(cells[1], 1_000_000)),
            side: if cells[6] == "True" { Side::Sell } else { Side::Buy },
            lots: Lots(steps(cells[2], 1_000)),
        }
    };
    text.lines().map(row).collect()
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn count(items: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a bench's figure, not money")]
    {
        items as f64
    }
}

fn say(text: std::fmt::Arguments<'_>) {
    #[expect(clippy::print_stdout, reason = "a bench's table")]
    {
        println!("{text}");
    }
}

//! What each group of figures costs: the spot day and the 2024 session through the whole
//! pipeline, decoded beforehand, with a group alone and with everything on.
//!
//! `cargo bench --bench figures` prints the tables. Everything on: every window and anchor, all
//! groups, all timeframes. The first table is thread CPU time over the whole tape; the second
//! stamps every single trade, so that its tail shows what one event pays at most (two stamps are
//! part of each figure). `--instructions [NAME]` runs each once, for callgrind. What every single
//! figure costs, `one_figure` measures.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;

use analytics::Kept;
use engine::{Inline, Plan};
use fulcrum_benches::instructions::count;
use fulcrum_benches::{Contestant, measure, row};
use fulcrum_oracles::{SESSION, SPOT_DAY, data, each_frame, each_trade, spot, usdm};
use model::{Draft, Instruments, Kind};
use runtime::Clock;

const ROUNDS: usize = 5;
/// The tape of a day of trades; the specification's is larger and costs page faults alone.
const TAPE: usize = 1 << 20;

/// What is kept, by name.
fn choices() -> Vec<(&'static str, Kept)> {
    let none = Kept::NONE;
    vec![
        ("no group", none),
        ("depth", Kept { depth: true, ..none }),
        ("prints", Kept { prints: true, ..none }),
        ("indicators", Kept { indicators: true, ..none }),
        ("structure", Kept { structure: true, ..none }),
        ("participation", Kept { participation: true, ..none }),
        ("averages", Kept { averages: true, ..none }),
        ("anatomy", Kept { anatomy: true, ..none }),
        ("everything", Kept::ALL),
    ]
}

fn plan(groups: Kept) -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = TAPE;
    plan.analytics.groups = groups;
    plan
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["--instructions", wanted @ ..] = words.as_slice() {
        return instructions(wanted.first().unwrap_or(&""));
    }
    if let Some(tape) = day() {
        compare("spot day", spot, &tape, "M trades/s");
        tails("spot day, one trade", spot, &tape, Kind::Trade);
    }
    if let Some(tape) = session() {
        compare("2024 session", usdm, &tape, "M messages/s");
        for kind in [Kind::Trade, Kind::Depth, Kind::Quote] {
            tails(&format!("2024 session, one {}", kind.text()), usdm, &tape, kind);
        }
    }
}

fn day() -> Option<Vec<Draft>> {
    let zip = data("figures", SPOT_DAY)?;
    let mut tape = Vec::new();
    each_trade(zip, |draft| tape.push(draft.clone()));
    Some(tape)
}

fn session() -> Option<Vec<Draft>> {
    let files: Option<Vec<_>> = SESSION.iter().map(|file| data("figures", file)).collect();
    let mut tape = Vec::new();
    each_frame(&files?, usdm(), |draft| tape.push(draft.clone()));
    Some(tape)
}

fn compare(name: &str, grid: fn() -> Instruments, tape: &[Draft], unit: &str) {
    let choices = choices();
    let run = |groups: Kept| {
        let mut inline = Inline::new(grid(), &plan(groups), ());
        let mut draft = Draft::default();
        for message in tape {
            draft.clone_from(message);
            inline.enter(&mut draft);
        }
        black_box(inline.summary());
    };
    let mut contestants: Vec<Contestant<'_>> =
        choices.iter().map(|&(name, groups)| Contestant::new(name, move || run(groups))).collect();
    println!("\n{name}, {} messages; ns a message: least, median, times the first", tape.len());
    for figure in measure(ROUNDS, tape.len(), &mut contestants) {
        println!("{}   {:.2} {unit}", row(&figure), 1e3 / figure.median_ns);
    }
}

/// Percentiles of the time that a single message of a kind takes, door to ledger.
fn tails(name: &str, grid: fn() -> Instruments, tape: &[Draft], kind: Kind) {
    let mut clock = Clock::host();
    println!("\n{name}: ns median, p90, p99, p99.9, longest (least of {ROUNDS} runs each)");
    for (choice, groups) in choices() {
        if choice != "no group" && choice != "everything" {
            continue;
        }
        let mut best = [u64::MAX; 5];
        for _ in 0..ROUNDS {
            let mut inline = Inline::new(grid(), &plan(groups), ());
            let mut draft = Draft::default();
            let mut times = Vec::with_capacity(tape.len());
            for message in tape {
                draft.clone_from(message);
                let start = clock.now();
                inline.enter(&mut draft);
                let spent = clock.now().since(start).0;
                if message.head.kind() == Some(kind) {
                    times.push(spent);
                }
            }
            times.sort_unstable();
            let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];
            for (best, at) in best.iter_mut().zip([500, 900, 990, 999, 1000].map(at)) {
                *best = (*best).min(at);
            }
        }
        let [p50, p90, p99, p999, most] = best;
        println!("{choice:34} {p50:9} {p90:9} {p99:9} {p999:9} {most:9}");
    }
}

/// Its name, its grid, how it is read, and what an event of it is called.
type Tape = (&'static str, fn() -> Instruments, fn() -> Option<Vec<Draft>>, &'static str);

/// Every group over both tapes, as much of the name as is given.
fn instructions(wanted: &str) {
    let tapes: [Tape; 2] =
        [("spot day", spot, day, "trade"), ("2024 session", usdm, session, "message")];
    for (name, grid, read, event) in tapes {
        let Some(tape) = read() else { continue };
        for (choice, groups) in choices() {
            let name = format!("{name}, {choice}");
            if !name.contains(wanted) {
                continue;
            }
            let mut inline = Inline::new(grid(), &plan(groups), ());
            let mut draft = Draft::default();
            count(
                &name,
                event,
                tape.len(),
                |calls| calls.len(),
                |calls| {
                    for message in &tape[calls] {
                        draft.clone_from(message);
                        inline.enter(&mut draft);
                    }
                },
            );
            black_box(inline.summary());
        }
    }
}

//! What every single figure costs: each calculator alone, driven by recorded input.
//!
//! `cargo bench --bench one_figure` prints CPU ns an event, least and median of the rounds, over
//! the second half of the input; the first half warms the state. A name (or a part of it) behind
//! it chooses figures. `--instructions` runs each once, for callgrind (`scripts/instructions`).
//!
//! The windows are the exception: they are measured inside the stage, and what one costs is the
//! difference to the stage without any. `figures` measures the groups as the stage runs them.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use analytics::Kept;
use analytics::alone::{Figure, Input, figures};
use engine::{Inline, Observer, Plan};
use fulcrum_benches::{cpu_ns, instructions, median};
use fulcrum_oracles::day::Day;
use fulcrum_oracles::{SESSION, SPOT_DAY, data, each_frame, each_trade, spot, usdm};
use model::{Draft, Instruments, Message};

const ROUNDS: usize = 5;
/// Of the imagined day, and how much of it: 960 polls of open interest.
const SEED: u64 = 7;
const HOURS: u64 = 4;

/// Keeps what the book sends.
struct Keep(Input);

impl Observer for Keep {
    fn market(&mut self, message: Message<'_>) {
        self.0.push(message);
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let counted = words.first().is_some_and(|word| word == "--instructions");
    let wanted = words.get(usize::from(counted)).map_or("", String::as_str);
    let Some(all) = inputs() else { return };
    let all = figures(&all[0], &all[1], &all[2]);
    let chosen = all.iter().filter(|figure| figure.name.contains(wanted));
    if !counted {
        println!("each figure alone; ns an event: least, median");
    }
    for figure in chosen {
        if counted {
            let events = |calls| figure.events(calls);
            instructions::count(&figure.name, figure.event, figure.calls, events, figure.start());
        } else {
            measure(figure);
        }
    }
}

/// CPU time of the second half, by event.
fn measure(figure: &Figure) {
    let (half, calls) = (figure.calls / 2, figure.calls);
    #[expect(clippy::cast_precision_loss, reason = "a bench's figure, not money")]
    let events = figure.events(half..calls) as f64;
    let round = |_| {
        let mut run = figure.start();
        run(0..half);
        let start = cpu_ns();
        run(half..calls);
        (cpu_ns() - start) / events
    };
    let times: Vec<f64> = (0..=ROUNDS).map(round).skip(1).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    println!("{:44} {least:9.1} {:9.1}   {}", figure.name, median(times), figure.event);
}

/// The spot day, the 2024 session, the imagined day, as the book hands them on.
fn inputs() -> Option<[Input; 3]> {
    let zip = data("one_figure", SPOT_DAY)?;
    let session: Option<Vec<_>> = SESSION.iter().map(|file| data("one_figure", file)).collect();
    let session = session?;
    Some([
        heard(&spot(), |take| {
            each_trade(zip, take);
        }),
        heard(&usdm(), |take| {
            each_frame(&session, usdm(), take);
        }),
        heard(&usdm(), |take| Day::new(SEED).until(HOURS).each(take)),
    ])
}

fn heard(grid: &Instruments, feed: impl FnOnce(&mut dyn FnMut(&mut Draft))) -> Input {
    let mut plan = Plan::default();
    plan.analytics.windows.clear();
    plan.analytics.groups = Kept::NONE;
    let (_, instrument) = grid.iter().next().expect("a tape of one instrument");
    let keep = Keep(Input::new(*instrument));
    let mut inline = Inline::new(grid.clone(), &plan, keep);
    feed(&mut |draft| inline.enter(draft));
    std::mem::replace(inline.observer(), Keep(Input::new(*instrument))).0
}

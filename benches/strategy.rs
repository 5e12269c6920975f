//! What stage 4 costs an event, and how long it takes from the event that completes a confirmation
//! to the intent.
//!
//! Imagined days with planted turns through the whole pipeline, everything on. `cargo bench
//! --bench strategy`: thread CPU time without and with stage 4; then each event stamped alone (two
//! stamps are part of the figure): all trades, and those events that made an entry leave.
//! `--instructions off|on COUNT` runs so many messages once, for callgrind.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;

use engine::{Inline, Observer, Plan};
use fulcrum_benches::{Contestant, measure, row};
use fulcrum_oracles::usdm;
use model::{Body, Draft, Insight, IntentDecision, Kind, Message, Sink};
use runtime::Clock;
use runtime::door::{Door, Room};
use simulator::{Imagined, ImaginedPlan, Temper};

const ROUNDS: usize = 5;
/// Days of the first table and of the second; a day has a few entries.
const DAYS: u32 = 1;
const DAYS_OF_ENTRIES: u32 = 30;
const SEED: u64 = 11;

/// Whether an entry left since it was last asked.
#[derive(Default)]
struct Entered(bool);

impl Observer for Entered {
    fn decision(&mut self, decision: &Insight, _body: Body<'_>) {
        if decision.kind() == Some(Kind::IntentDecision) {
            let intent: &IntentDecision = decision.view();
            self.0 |= intent.action == 1 || intent.action == 2;
        }
    }
}

/// What a door let in.
#[derive(Default)]
struct Passed(Vec<Draft>);

impl Sink for Passed {
    fn send(&mut self, message: Message<'_>) {
        let mut draft = Draft::default();
        let kind = message.head.kind().expect("a kind");
        draft.open(kind, message.head.instrument);
        for line in message.body.iter() {
            draft.push(*line);
        }
        draft.head = *message.head;
        self.0.push(draft);
    }
}

impl Room for Passed {
    fn room(&self) -> usize {
        usize::MAX
    }
}

fn plan(decides: bool) -> Plan {
    let mut plan = Plan::default();
    plan.analytics.tape_slots = 1 << 20;
    let strategy = || strategy::Plan::demonstration().conclude().expect("constants");
    plan.strategy = decides.then(strategy);
    plan
}

fn market(days: u32) -> Imagined {
    Imagined::new(SEED, ImaginedPlan::btcusdt(days, Temper::Planted { share: 0.7 }))
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["--instructions", decides, count] = words.as_slice() {
        return instructions(*decides == "on", count.parse().unwrap_or(0));
    }
    let mut tape = Vec::new();
    let (mut day, mut draft) = (market(DAYS), Draft::default());
    while day.draw(&mut draft) {
        tape.push(draft.clone());
    }
    let run = |decides: bool| {
        let mut inline = Inline::new(usdm(), &plan(decides), ());
        let mut draft = Draft::default();
        for message in &tape {
            draft.clone_from(message);
            inline.enter(&mut draft);
        }
        black_box(inline.summary());
    };
    let mut contestants = [
        Contestant::new("stages 1 to 3", || run(false)),
        Contestant::new("with stage 4", || run(true)),
    ];
    println!("imagined day, {} messages; ns a message: least, median, times the first", tape.len());
    for figure in measure(ROUNDS, tape.len(), &mut contestants) {
        println!("{}", row(&figure));
    }

    entries();
}

/// Every event stamped alone.
fn entries() {
    let mut clock = Clock::host();
    let mut inline = Inline::new(usdm(), &plan(true), Entered::default());
    let (mut market, mut draft) = (market(DAYS_OF_ENTRIES), Draft::default());
    // A door of its own puts the clock's ticks before the events, so that each is timed alone.
    let mut door = Door::new(Passed::default(), (), 2);
    let (mut trades, mut entries) = (Vec::new(), Vec::new());
    while market.draw(&mut draft) {
        door.enter(&mut draft).expect("it has room");
        for message in door.way_mut().0.drain(..) {
            let is_trade = message.head.kind() == Some(Kind::Trade);
            let start = clock.now();
            inline.replay(message.message());
            let spent = clock.now().since(start).0;
            if std::mem::take(&mut inline.observer().0) {
                entries.push(spent);
            } else if is_trade {
                trades.push(spent);
            }
        }
    }
    println!("\n{DAYS_OF_ENTRIES} days: ns median, p90, p99, p99.9, longest; events");
    for (name, times) in [("a trade", trades), ("an event that makes an entry leave", entries)] {
        tails(name, times);
    }
}

fn tails(name: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else {
        return println!("{name:36} none");
    };
    let at = |per_mille: usize| times[last * per_mille / 1000];
    let [p50, p90, p99, p999, most] = [500, 900, 990, 999, 1000].map(at);
    println!("{name:36} {p50:8} {p90:8} {p99:8} {p999:8} {most:9} {:9}", times.len());
}

fn instructions(decides: bool, count: usize) {
    let mut inline = Inline::new(usdm(), &plan(decides), ());
    let (mut market, mut draft) = (market(DAYS), Draft::default());
    for _ in 0..count {
        if !market.draw(&mut draft) {
            break;
        }
        inline.enter(&mut draft);
    }
    black_box(inline.summary());
}

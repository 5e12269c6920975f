//! The venue: REST answers, clock, weights, and every subscribed stream delivers.

use std::time::{Duration, Instant};

use model::{Instruments, MarkLine};
use venue::feed::streams::Stream;
use venue::rest::client::{Client, RestError};
use venue::rest::questions::Questions;
use venue::rest::warm;

use super::{Check, Verdict};
use crate::exit::Exit;
use crate::live::{Engine, Plan};
use crate::smallest::{self, Finding};

/// Beyond the proof's own patience: dials and the first snapshot.
const MORE: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

const NO_TRADE: &str = "the engine does not start without it";
const ADDRESS: &str = "venue.rest_url, venue.ca_file, and what lies between here and there";

pub(super) fn checks(mut plan: Plan, trading: Option<&strategy::Plan>) -> Vec<Check> {
    let mut all = Vec::new();
    let client = Client::new(
        &plan.address.rest_host,
        plan.address.rest_port,
        &plan.address.tls,
        plan.weight,
        plan.clock.clone(),
    );
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![unavailable("REST", &error)],
    };
    let mut questions = Questions::new(client, Instruments::default());
    for _ in 0..5 {
        if let Err(error) = questions.server_time() {
            return vec![unavailable("REST", &error)];
        }
    }
    all.extend(clock(&mut questions, &plan));
    let symbols: Vec<&str> = plan.symbols.iter().map(String::as_str).collect();
    match warm::instruments(&mut questions, None, &symbols) {
        Ok((instruments, _)) => {
            let found = format!("{} of {}", instruments.len(), symbols.len());
            all.push(Check::good("instruments", found, "every symbol is known"));
            if let Some(trading) = trading {
                all.extend(account(&mut questions, &instruments, &symbols, trading));
            }
        }
        Err(error) => {
            all.push(unavailable("instruments", &error));
            return all;
        }
    }
    all.push(weight(&mut questions, &plan));
    // Nothing is kept of what follows.
    plan.journal = None;
    plan.frames = None;
    plan.cache = None;
    plan.desk.cache = None;
    all.extend(streams(plan));
    all
}

fn unavailable(name: &'static str, error: &RestError) -> Check {
    Check::good(name, error.to_string(), "an answer").unless(
        false,
        Verdict::Bad(Exit::Unavailable),
        NO_TRADE,
        ADDRESS,
    )
}

/// Whether the paper wallet can send anything at all at the venue's prices and with its filters.
fn account(
    questions: &mut Questions,
    instruments: &Instruments,
    symbols: &[&str],
    trading: &strategy::Plan,
) -> Vec<Check> {
    let judged = symbols.iter().filter_map(|symbol| {
        let on = instruments.get(instruments.find(symbol.as_bytes())?)?;
        questions.put(*on);
        let id = questions.instruments().find(symbol.as_bytes())?;
        let mark = questions.premium(id).ok().and_then(|draft| {
            let mark = draft.message().body.view::<MarkLine>(0)?.mark;
            Some(smallest::on_grid(mark, on)).filter(|price| price.0 > 0)
        });
        let check =
            |text| Check::good("smallest order", format!("{symbol}: {text}"), "one can be bought");
        Some(match smallest::judge(trading, on, mark) {
            Finding::Bought(text) => check(text),
            Finding::UpTo(text) => check(text).unless(
                false,
                Verdict::Poor,
                "the venue gave no price to judge by",
                "ask again, or `fulcrum check --price SYMBOL:PRICE`",
            ),
            Finding::Nothing(text) => check(text).unless(
                false,
                Verdict::Bad(Exit::Configuration),
                "every entry is refused: nothing is ever sent for this symbol",
                "raise strategy.paper.equity, or take the symbol out of venue.symbols",
            ),
        })
    });
    judged.collect()
}

fn clock(questions: &mut Questions, plan: &Plan) -> Option<Check> {
    let now = questions.client.now();
    let estimate = questions.client.with_offset(|offset| offset.estimate(now))?;
    let (offset, trip) = (estimate.offset / 1_000, estimate.round_trip.0 / 1_000);
    let limit = plan.desk.offset_max;
    let found = format!("{offset} µs off, round trip {trip} µs");
    Some(Check::good("clock", found, format!("within {} ms", limit.0 / 1_000_000)).unless(
        estimate.offset.unsigned_abs() <= limit.0,
        Verdict::Poor,
        "signed requests are refused and receive times mislead",
        "let chrony or systemd-timesyncd set the clock",
    ))
}

fn weight(questions: &mut Questions, plan: &Plan) -> Check {
    let now = questions.client.venue_now();
    let used = questions.client.with_ledger(|ledger| ledger.used(now));
    let found = format!("{used} of {} in this minute", plan.weight);
    Check::good("REST weight", found, "less than half is used").unless(
        used < plan.weight / 2,
        Verdict::Poor,
        "snapshots and repairs wait for the next minute",
        "something else uses this address: end it, or give the engine its own",
    )
}

/// Runs an engine until every stream that must deliver has delivered.
fn streams(plan: Plan) -> Vec<Check> {
    let patience = Duration::from_nanos(plan.subscription.proof.0) + MORE;
    let engine = match Engine::start(plan) {
        Ok(engine) => engine,
        Err(error) => {
            return vec![Check::good("streams", error.to_string(), "an engine starts").unless(
                false,
                Verdict::Bad(Exit::Failed),
                NO_TRADE,
                "see what was found",
            )];
        }
    };
    let begun = Instant::now();
    let ready = loop {
        if engine.vitals().count("feed_ready") == 1 {
            break true;
        }
        if begun.elapsed() > patience || !engine.is_running() {
            break false;
        }
        std::thread::sleep(LOOK);
    };
    let took = begun.elapsed().as_millis();
    let ended = engine.stop();
    let count = |kind: &str| {
        let kinds = ended.view.kinds.iter().find(|(name, _)| *name == kind);
        kinds.map_or(0, |(_, count)| *count)
    };
    let mut all = Vec::new();
    for stream in Stream::ALL {
        let messages = count(stream.kind().text());
        let name = match stream {
            Stream::Depth => "stream depth",
            Stream::Quote => "stream bookTicker",
            Stream::Trade => "stream aggTrade",
            Stream::Mark => "stream markPrice",
            // Nobody may be liquidated for hours.
            Stream::Force => continue,
        };
        all.push(Check::good(name, format!("{messages} messages"), "at least one").unless(
            messages > 0,
            Verdict::Bad(Exit::Unavailable),
            "a stream that is silent without an error: what it feeds is never known",
            "venue.stream_url, the symbol, the stream's name",
        ));
    }
    let faults: Vec<String> =
        ended.view.faults.iter().map(|(name, count)| format!("{name} ×{count}")).collect();
    let found = if faults.is_empty() { format!("after {took} ms") } else { faults.join(", ") };
    all.push(Check::good("feed ready", found, "every stream of every symbol, books whole").unless(
        ready,
        Verdict::Bad(Exit::Unavailable),
        NO_TRADE,
        "what was found names the route and the reason",
    ));
    all
}

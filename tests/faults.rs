//! Every market-data fault of the matrix through real sockets: the venue's imitation behind TLS,
//! the live engine in front of it, and a witness that reads the log and asks nobody.
//!
//! Held in every scenario, against the truth as the market made it: a trusted book is the venue's
//! book, to the lot; each trade stands in the log once, in order; live, replica, journal and
//! witness say the same; the feed is whole again within a bounded time.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a test's word to whoever runs it")]

#[path = "faults/clocks.rs"]
mod clocks;
#[path = "faults/house.rs"]
mod house;
#[path = "faults/spike.rs"]
mod spike;
#[path = "faults/truth.rs"]
mod truth;
#[path = "faults/witness.rs"]
mod witness;

use std::time::{Duration, Instant};

use fulcrum::live::Plan;
use house::{Folder, House};
use model::{MILLISECOND, Nanos, SECOND};
use simulator::{Fault, FaultKind, Identity, Refusal, Route, Rules, Venue, VenuePlan};
use truth::Made;
use witness::Witness;

const DEPTH: &str = "btcusdt@depth@100ms";
const TRADES: &str = "btcusdt@aggTrade";
const MARKS: &str = "btcusdt@markPrice@1s";

/// Our own time within which the feed must be whole again.
const PATIENCE: Duration = Duration::from_secs(20);

/// One fault: what is done, what must be seen of it in this order, and what must not be.
struct Scenario {
    id: &'static str,
    faults: Vec<Fault>,
    seen: &'static str,
    never: &'static str,
    /// What the engine must have counted at least once more: that the fault was met at all, where
    /// a remedy leaves no trace in the log.
    counted: &'static str,
}

fn scenario(
    id: &'static str,
    faults: impl IntoIterator<Item = Fault>,
    seen: &'static str,
    never: &'static str,
) -> Scenario {
    Scenario { id, faults: faults.into_iter().collect(), seen, never, counted: "" }
}

impl Scenario {
    fn counted(self, counted: &'static str) -> Self {
        Self { counted, ..self }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// Whether these words stand in this order, others between them.
fn in_order(told: &[String], seen: &str) -> bool {
    let mut told = told.iter();
    words(seen).iter().all(|word| told.any(|text| text == word))
}

const fn seconds(count: u64) -> Nanos {
    Nanos(count * SECOND.0)
}

/// Lets one scenario happen and waits until it is over.
fn play(house: &mut House, venue: &Venue, speed: u32, scenario: &Scenario) {
    let Scenario { id, faults, seen, never, counted } = scenario;
    house.witness.look();
    let from = house.witness.notes().notes.len();
    let count = |house: &House| house.engine.vitals().count(counted);
    let (before, begun) = (count(house), Instant::now());
    let longest = faults.iter().map(|fault| fault.span).max().unwrap_or(Nanos::NONE);
    for fault in faults {
        venue.inject(fault.clone());
    }
    let over = Duration::from_nanos(longest.0 / u64::from(speed));
    let found = house.witness.until(from, &words(seen), PATIENCE);
    let healed = begun.elapsed();
    let texts = |house: &mut House| {
        let notes = &house.witness.notes().notes[from..];
        let told = notes.iter().map(|note| note.text.as_str());
        told.filter(|text| !["mark", "interest", "audit equal", "late"].contains(text))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(found.is_some(), "{id}: not seen: {seen}; but {:?}", texts(house));
    while !counted.is_empty() && count(house) == before {
        assert!(begun.elapsed() < PATIENCE, "{id}: the fault was never met: {counted}");
        house.witness.watch(Duration::from_millis(50));
    }
    house.witness.watch(over.saturating_sub(begun.elapsed()) + Duration::from_millis(400));
    let wanted = Instant::now() + PATIENCE;
    while house.engine.vitals().count("feed_ready") != 1 {
        assert!(Instant::now() < wanted, "{id}: not whole again; {:?}", texts(house));
        house.witness.watch(Duration::from_millis(20));
    }
    let told = texts(house);
    for word in words(never) {
        assert!(!told.iter().any(|text| text == word), "{id}: {word} in {told:?}");
    }
    println!("{id:>4}: {:>5} ms  {}", healed.as_millis(), told.join(", "));
}

/// A venue and an engine on it, synced.
struct Stage {
    venue: Venue,
    made: Made,
    house: House,
    speed: u32,
}

impl Stage {
    fn new(speed: u32, seed: u64, rules: Rules, change: impl FnOnce(&mut Plan)) -> Self {
        let plan = VenuePlan { rules, ..VenuePlan::default() };
        let (venue, made) = house::venue(speed, seed, vec![house::calm()], plan);
        Self::on(venue, made, speed, change)
    }

    fn on(venue: Venue, made: Made, speed: u32, change: impl FnOnce(&mut Plan)) -> Self {
        let folder = Folder::new();
        let mut plan = house::plan(&venue, speed, &folder);
        change(&mut plan);
        let mut house = House::start(plan, folder);
        let began = house.witness.until(0, &["trusted"], PATIENCE);
        assert!(began.is_some(), "no start: {:?}", house.witness.notes().notes);
        house.witness.watch(Duration::from_millis(600));
        Self { venue, made, house, speed }
    }

    fn play(&mut self, scenarios: &[Scenario]) {
        for scenario in scenarios {
            play(&mut self.house, &self.venue, self.speed, scenario);
        }
    }

    /// Ends the run after one more audit of the book as it is after all this, and judges it.
    fn end(mut self) -> Witness {
        let from = self.house.witness.notes().notes.len();
        let audited = self.house.witness.until(from, &["audit equal"], PATIENCE);
        assert!(audited.is_some(), "no audit");
        let (mut witness, _) = self.house.stop();
        let log = self.venue.log();
        drop(self.venue);
        witness.notes().judge(&self.made.truth());
        assert!(log.iter().all(|(_, what)| !what.contains("no pong")), "a ping was missed");
        witness
    }
}

/// The venue pings four times a second and hangs up on whoever takes two seconds to answer (P8).
fn impatient() -> Rules {
    Rules {
        ping_every: Duration::from_millis(250),
        pong_within: Duration::from_secs(2),
        ..Rules::default()
    }
}

const AGAIN: &str = "unsynced, snapshot, trusted";

#[test]
fn the_public_way_breaks_and_is_mended() {
    let once = Fault::once;
    let mut stage = Stage::new(4, 7, impatient(), |_| {});
    stage.play(&[
        scenario(
            "N1",
            [once(FaultKind::Drop).along(Route::Public)],
            "lost public dropped, unsynced, open public, proven public, snapshot, trusted",
            "lost market dropped, hole",
        ),
        scenario(
            "N2",
            [once(FaultKind::Mute).on(DEPTH).lasting(seconds(10))],
            "stale, lost public mute, unsynced, open public, proven public, trusted",
            "lost market mute, hole",
        ),
        scenario("P1", [once(FaultKind::Skip).on(DEPTH)], AGAIN, "lost public dropped"),
        scenario(
            "P2",
            [
                once(FaultKind::StaleSnapshot),
                once(FaultKind::LateSnapshot(seconds(2))),
                once(FaultKind::Skip).on(DEPTH),
            ],
            AGAIN,
            "lost public dropped",
        )
        .counted("feed_snapshots_useless_total"),
        scenario("P3", [once(FaultKind::Crossing)], AGAIN, "lost public dropped"),
        scenario(
            "P6",
            [once(FaultKind::Corrupt).on(DEPTH)],
            "refused truncated, unsynced, snapshot, trusted",
            "lost public dropped",
        ),
        scenario(
            "P7",
            [once(FaultKind::Giant(4 << 20)).on(DEPTH)],
            "lost public giant, unsynced, open public, trusted",
            "hole",
        ),
        scenario("P1", [once(FaultKind::Duplicate).on(DEPTH).times(5)], "", "unsynced, stale")
            .counted("feed_duplicates_total"),
        scenario("P1", [once(FaultKind::Reorder).on(DEPTH)], AGAIN, "lost public dropped"),
        scenario(
            "P11",
            [once(FaultKind::Delay(seconds(3))).on(DEPTH).lasting(seconds(5))],
            "lag venue, in time again",
            "hole",
        )
        .counted("feed_late_total"),
        scenario(
            "P11",
            [once(FaultKind::Delay(seconds(3))).on(DEPTH).lasting(seconds(5))],
            "stale, unsynced, trusted",
            "hole",
        ),
    ]);
    stage.end();
}

#[test]
fn the_market_way_breaks_and_is_mended() {
    let once = Fault::once;
    let mut stage = Stage::new(4, 11, impatient(), |_| {});
    stage.play(&[
        scenario(
            "N1",
            [once(FaultKind::Drop).along(Route::Market)],
            "lost market dropped, open market, proven market",
            "unsynced, hole, unstable",
        ),
        scenario("P5", [once(FaultKind::Skip).on(TRADES).times(3)], "", "unsynced, hole, unstable")
            .counted("feed_trades_fetched_total"),
        scenario("P5", [once(FaultKind::Duplicate).on(TRADES).times(3)], "", "unsynced, hole")
            .counted("feed_duplicates_total"),
        scenario("P5", [once(FaultKind::Reorder).on(TRADES)], "", "unsynced, hole, unstable")
            .counted("feed_trades_held_total"),
        scenario(
            "P6",
            [once(FaultKind::Corrupt).on(TRADES)],
            "refused truncated",
            "unsynced, hole, unstable",
        )
        .counted("feed_trades_fetched_total"),
        scenario(
            "P11",
            [once(FaultKind::Delay(seconds(4))).on(TRADES).lasting(seconds(6))],
            "lag venue, in time again",
            "unsynced, hole, unstable",
        )
        .counted("feed_trades_fetched_total"),
        scenario(
            "X21",
            [
                once(FaultKind::Mute).on(MARKS).lasting(seconds(14)),
                once(FaultKind::Answer(Refusal::Broken))
                    .at_path("openInterest")
                    .lasting(seconds(14)),
            ],
            "lost market mute, open market, proven market",
            "unsynced, stale, hole, unstable",
        )
        .counted("rest_failed_total"),
        scenario(
            "N2",
            [once(FaultKind::HalfOpen).along(Route::Market).lasting(seconds(14))],
            "lost market mute, open market, proven market",
            "unsynced, hole, unstable",
        ),
        scenario(
            "N7",
            [once(FaultKind::Split).along(Route::Market).lasting(seconds(4))],
            "",
            "unsynced, hole, unstable",
        ),
    ]);
    let mut witness = stage.end();
    let notes = witness.notes();
    let lag = notes.trade_lag_max;
    assert!(seconds(3) < lag, "P11 delays trades, and their own times say so: {lag:?}");
}

#[test]
fn a_narrow_line_and_bytes_one_by_one_lose_nothing() {
    let once = Fault::once;
    let mut stage = Stage::new(1, 13, impatient(), |_| {});
    stage.play(&[
        scenario(
            "N7",
            [once(FaultKind::Split).along(Route::Public).lasting(Nanos(300 * MILLISECOND.0))],
            "",
            "unsynced, hole",
        ),
        scenario(
            "N6",
            [once(FaultKind::Slow(20_000)).lasting(seconds(2))],
            "",
            "hole, unstable, lost market dropped",
        ),
        // A burst: two seconds of everything within some milliseconds.
        scenario(
            "N6",
            [once(FaultKind::Delay(seconds(2))).lasting(seconds(2))],
            "",
            "hole, unstable",
        ),
    ]);
    stage.end();
}

#[test]
fn a_venue_that_hangs_up_is_not_stormed() {
    let mut stage = Stage::new(2, 17, impatient(), |plan| {
        plan.rules.backoff_first = Nanos(300 * MILLISECOND.0);
        plan.rules.backoff_max = seconds(3);
    });
    let before = stage.venue.connections();
    let once = Fault::once;
    stage.play(&[scenario(
        "N4",
        [once(FaultKind::AcceptThenClose).lasting(seconds(12)), once(FaultKind::Drop)],
        "lost public dropped, unsynced, halted public, proven public, trusted",
        "hole, unstable",
    )]);
    let made = stage.venue.connections() - before;
    // By the waits alone: 0.3, 0.6, 1.2, 2.4, 3, 3 … s at most, half of them at least, and REST.
    assert!((10..60).contains(&made), "connections in 6 s of hanging up: {made}");
    stage.end();
}

#[test]
fn a_bad_certificate_is_named_and_nothing_is_sent_past_it() {
    let mut stage = Stage::new(2, 19, impatient(), |plan| {
        plan.rules.backoff_first = Nanos(300 * MILLISECOND.0);
        plan.rules.backoff_max = seconds(1);
    });
    let once = Fault::once;
    let cases = [
        (FaultKind::Certificate(Identity::Expired), "certificate_time"),
        (FaultKind::Certificate(Identity::WrongHost), "certificate_host"),
        (FaultKind::Certificate(Identity::UnknownCa), "certificate_unknown"),
        (FaultKind::Plaintext, "plaintext"),
    ];
    for (kind, name) in cases {
        let seen = format!(
            "lost public dropped, unsynced, failed public {name}, open public, proven public, trusted"
        );
        let seen: &'static str = seen.leak();
        let drop = once(FaultKind::Drop).along(Route::Public);
        stage.play(&[scenario("N8", [once(kind).lasting(seconds(2)), drop], seen, "hole")]);
    }
    stage.end();
}

#[test]
fn a_rotation_leaves_no_hole_and_no_doubt() {
    let rules = Rules { lifetime: Duration::from_secs(4), ..impatient() };
    let mut stage = Stage::new(2, 23, rules, |plan| {
        plan.rules.rotate = seconds(4);
        plan.rules.overlap = seconds(1);
    });
    let from = stage.house.witness.notes().notes.len();
    let three = ["rotated public aged"; 3];
    let found = stage.house.witness.until(from, &three, PATIENCE);
    assert!(found.is_some(), "P9: {:?}", stage.house.witness.notes().notes);
    let told: Vec<String> =
        stage.house.witness.notes().notes[from..].iter().map(|note| note.text.clone()).collect();
    assert!(in_order(&told, "rotated market aged, rotated market aged"), "{told:?}");
    for never in ["unsynced", "stale", "hole", "lost public closed", "lost market closed"] {
        assert!(!told.iter().any(|text| text == never), "P9: {never} in {told:?}");
    }
    let log = stage.venue.log();
    assert!(log.iter().all(|(_, what)| !what.contains("24 h")), "the venue had to end one");
    stage.end();
}

#[test]
fn a_ban_is_silence() {
    // At this speed the two minutes of a ban are six seconds.
    let mut stage = Stage::new(20, 29, impatient(), |plan| plan.audit_every = Duration::ZERO);
    let once = Fault::once;
    stage.play(&[scenario(
        "X19",
        [
            once(FaultKind::Answer(Refusal::TooMany)).at_path("depth"),
            once(FaultKind::Skip).on(DEPTH),
        ],
        AGAIN,
        "lost public dropped, hole",
    )
    .counted("rest_snapshots_failed_total")]);
    let from = stage.house.witness.notes().notes.len();
    stage.venue.inject(once(FaultKind::Answer(Refusal::Banned)).at_path("depth"));
    stage.venue.inject(once(FaultKind::Skip).on(DEPTH));
    assert!(stage.house.witness.until(from, &["unsynced"], PATIENCE).is_some(), "X19: the gap");
    let banned = Instant::now();
    while stage.house.engine.vitals().count("rest_banned") != 1 {
        assert!(banned.elapsed() < PATIENCE, "X19: the ban was not heard");
        stage.house.witness.watch(Duration::from_millis(20));
    }
    stage.house.witness.watch(Duration::from_millis(200));
    let asked = stage.venue.requests();
    stage.house.witness.watch(Duration::from_secs(4));
    assert_eq!(stage.venue.requests(), asked, "X19: a ban is silence");
    let told = &stage.house.witness.notes().notes[from..];
    assert!(!told.iter().any(|note| note.text == "trusted"), "nobody trusts without a snapshot");
    let healed = stage.house.witness.until(from, &["unsynced", "snapshot", "trusted"], PATIENCE);
    assert!(healed.is_some(), "X19: not whole after the ban");
    println!(" X19: ban heard, silent, whole {} ms after the gap", banned.elapsed().as_millis());
    let (mut witness, _) = stage.house.stop();
    drop(stage.venue);
    witness.notes().judge(&stage.made.truth());
}

#[test]
fn a_stream_on_the_wrong_base_is_never_taken_for_a_quiet_one() {
    let (venue, _) = house::venue(4, 31, vec![house::calm()], VenuePlan::default());
    let folder = Folder::new();
    let mut plan = house::plan(&venue, 4, &folder);
    // The class of a stream that only the other base carries: silent here, without an error.
    plan.subscription.depth = "aggTrade".into();
    plan.subscription.proof = seconds(4);
    let mut house = House::start(plan, folder);
    let twice = ["lost public unproven", "lost public unproven"];
    assert!(house.witness.until(0, &twice, PATIENCE).is_some(), "X22: never refused");
    assert_eq!(house.engine.vitals().count("feed_ready"), 0, "X22: ready without its streams");
    let (mut witness, _) = house.stop();
    let notes = witness.notes();
    assert!(notes.books.is_empty(), "X22: a book out of nothing");
    assert!(!notes.notes.iter().any(|note| note.text == "proven public"), "X22: proven by what?");
}

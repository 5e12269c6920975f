//! Warm starts against the simulated venue: a run that goes on where another ended is as one that
//! never stopped, and says where it does not reach.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::Inline;
use journal::Journal;
use model::{
    DAY, Digest, Draft, Flags, HOUR, Head, Instrument, InstrumentId, Instruments, Kind, Line, Lots,
    Nanos, Price, SECOND, Side, TradeLine, Trust, Window,
};
use runtime::layout::Layout;
use runtime::{Clock, Idle, LayoutKind, usable_cores};
use simulator::{MarketPlan, Pace, SyntheticSource, Venue, VenuePlan};
use venue::feed::repair::Print;
use venue::feed::tls;
use venue::rest::client::Client;
use venue::rest::ledger::{LIMIT, Need};
use venue::rest::questions::{PAGE, Questions};

use crate::live::{Address, Ended, Engine, Plan, replay};

const BTC: InstrumentId = InstrumentId(0);
const TIMES: u64 = 20;
const MINUTES_2: Duration = Duration::from_secs(6);

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fulcrum-warm-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("hot")).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Lab {
    venue: Venue,
    clock: Clock,
    folder: Folder,
}

impl Lab {
    fn new(seed: u64) -> Self {
        let source = SyntheticSource::new(seed, vec![MarketPlan::btcusdt()]);
        let pace = Pace::Times(f64::from(u32::try_from(TIMES).expect("small")));
        let plan = VenuePlan { pace, ..VenuePlan::default() };
        drop(Clock::host());
        let venue = Venue::start(plan, Box::new(source)).expect("a venue");
        let clock = Clock::scaled(venue.clock().now(), 1_000 * TIMES);
        Self { venue, clock, folder: Folder::new() }
    }

    fn address(&self) -> Address {
        let authority =
            tls::certificates(self.venue.authority_pem().as_bytes()).expect("an authority");
        let port = self.venue.address().port();
        Address {
            stream_host: "localhost".into(),
            stream_port: port,
            rest_host: "localhost".into(),
            rest_port: port,
            tls: tls::config(&authority).expect("a sound certificate"),
        }
    }

    /// A run of so much real time that keeps its journal in this place.
    fn run(&self, journal: &Path, span: Duration) -> Ended {
        let hot = self.folder.0.join("hot");
        let mut plan = Plan::new(self.address(), vec!["BTCUSDT".into()], hot).expect("a core");
        plan.layout =
            Layout::plan(LayoutKind::One, &[], usable_cores(), Idle::Park { nap: Idle::NAP })
                .expect("a core");
        plan.stages = stages();
        plan.hot.segment_bytes = 4 << 20;
        plan.journal = Some(journal.to_path_buf());
        plan.warm = Duration::from_secs(86_400);
        let engine = Engine::start(plan.at_speed(self.clock.clone(), 1_000 * TIMES));
        let engine = engine.expect("a start");
        std::thread::sleep(span);
        let ended = engine.stop();
        assert!(ended.agrees(), "hot side and replica");
        assert_eq!(ended.recorded.as_ref().ok(), Some(&()), "the journal is whole");
        ended
    }

    /// The venue's own account of these ids.
    fn account(&self, instruments: &Instruments, first: u64, last: u64) -> Vec<Print> {
        let address = self.address();
        let client =
            Client::new("localhost", address.rest_port, &address.tls, LIMIT, self.clock.clone());
        let mut questions = Questions::new(client.expect("a client"), instruments.clone());
        let mut prints: Vec<Print> = Vec::new();
        while prints.last().is_none_or(|print| print.head.id < last) {
            let from = prints.last().map_or(first, |print| print.head.id + 1);
            prints.extend(questions.trades(BTC, from, PAGE, Need::Repair).expect("a page"));
        }
        prints.retain(|print| print.head.id <= last);
        prints
    }
}

/// Bars close by trades alone, so that what they hold does not depend on how depth and trades,
/// which come on two sockets, were interleaved.
fn stages() -> engine::Plan {
    let mut stages = engine::Plan::default().with_content(true);
    stages.analytics.tape_slots = 1 << 17;
    stages.book.bar_grace = DAY;
    stages
}

/// The trades in a run's journal.
fn trades(ended: &Ended) -> Vec<Print> {
    let journal = Journal::open(ended.journal.as_ref().expect("a journal")).expect("a journal");
    let mut reader = journal.reader();
    let mut prints = Vec::new();
    while let Some(message) = reader.read().expect("whole") {
        if message.head.kind() == Some(Kind::Trade) {
            let body = message.body.view::<Line>(0).copied();
            prints.push(Print { head: *message.head, body });
        }
    }
    prints
}

fn put<O: engine::Observer>(inline: &mut Inline<O>, head: &Head, body: Option<Line>) {
    let mut draft = Draft::default();
    draft.open(Kind::Trade, BTC);
    draft.head = Head { lines: 0, crc: 0, sequence: 0, ..*head };
    if let Some(body) = body {
        draft.push::<Line>(body);
    }
    inline.enter(&mut draft);
}

/// What trades alone decide.
fn of_trades(content: &[(String, Digest)]) -> Vec<&(String, Digest)> {
    content.iter().filter(|(name, _)| !name.starts_with("book/")).collect()
}

/// What a window's profile says.
fn figures<O: engine::Observer>(
    inline: &Inline<O>,
    window: Window,
) -> impl PartialEq + std::fmt::Debug {
    let profile = inline.analytics().profile(BTC, window).expect("kept");
    (profile.volume(), profile.poc(), profile.value_area(), profile.bin_ticks())
}

#[test]
fn a_run_goes_on_as_one_that_never_stopped() {
    let lab = Lab::new(7);
    let place = lab.folder.0.join("journal");
    let first = trades(&lab.run(&place, MINUTES_2));
    // The market goes on while nobody listens: half a minute.
    std::thread::sleep(Duration::from_millis(1_500));
    let ended = lab.run(&place, MINUTES_2);
    let second = trades(&ended);

    let ids: Vec<u64> = second.iter().map(|print| print.head.id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "an id lost or doubled");
    assert!(ids[0] <= first[0].head.id, "the first run's trades are there");
    let is_past = |print: &Print| print.head.flags.has(Flags::HISTORY);
    let past = second.iter().take_while(|print| is_past(print)).count();
    assert!(second[past..].iter().all(|print| !is_past(print)), "history comes first");
    assert!(first.len() < past && past < second.len(), "of {} {past} past", second.len());
    let count = |name| ended.vitals.count(name);
    assert!(count("history_journal_trades_total") >= first.len() as u64);
    assert!(count("history_rest_trades_total") > 0, "the hole between the runs");
    assert_eq!((count("history_joined"), count("feed_trade_holes_left_total")), (1, 0));
    assert_eq!(count("book_time_jumps_refused_total") + count("book_time_jumps_total"), 0);

    // Its own journal tells it alone.
    assert_eq!(ended.replay().expect("whole"), Some(ended.live.clone()));

    // One unbroken run over the venue's account of the same trades.
    let account = lab.account(&ended.instruments, ids[0], *ids.last().expect("trades"));
    assert_eq!(account.len(), second.len());
    let mut unbroken = Inline::new(ended.instruments.clone(), &stages(), ());
    for print in &account {
        let head = Head { time_local: print.head.time_venue(), ..print.head };
        put(&mut unbroken, &head, print.body);
    }
    let want = unbroken.summary();
    assert_eq!(of_trades(&ended.live.content), of_trades(&want.content));

    let mut again = Inline::of_log(ended.instruments.clone(), &stages(), ());
    let journal = Journal::open(ended.journal.as_ref().expect("a journal")).expect("a journal");
    let mut reader = journal.reader();
    while let Some(message) = reader.read().expect("whole") {
        again.replay(message);
    }
    unbroken.advance(BTC, again.analytics().clock(BTC));
    for window in Window::ALL {
        assert!(figures(&again, window) == figures(&unbroken, window), "{}", window.text());
    }
    let trust = again.analytics().trust(BTC, Window::Hours2).expect("kept");
    assert_eq!(trust, Trust::UNCOVERED, "four minutes are not two hours, and no trade is missing");
    assert!(again.analytics().cvd(BTC).stable);
}

#[test]
fn without_a_journal_of_this_venue_rest_alone_is_asked() {
    let lab = Lab::new(8);
    let place = lab.folder.0.join("journal");
    std::thread::sleep(Duration::from_millis(1_500));
    let alone = lab.run(&place, Duration::from_secs(2));
    let count = |ended: &Ended, name| ended.vitals.count(name);
    assert_eq!(count(&alone, "history_journal_trades_total"), 0);
    assert!(count(&alone, "history_rest_trades_total") > 0);
    let first = trades(&alone)[0].head.id;
    assert_eq!(lab.account(&alone.instruments, 1, first).len(), 1, "the market's first trade");

    // The same directory, another venue: the journal's trades are not its own.
    let other = Lab::new(9);
    std::thread::sleep(Duration::from_secs(3));
    let ended = other.run(&place, Duration::from_secs(2));
    assert_eq!(count(&ended, "history_journal_trades_total"), 0, "a strange tape is left alone");
    assert_eq!(count(&ended, "history_strange_runs_total"), 1);
    let prints = trades(&ended);
    let account = other.account(
        &ended.instruments,
        prints[0].head.id,
        prints.last().expect("trades").head.id,
    );
    let lines = |prints: &[Print]| prints.iter().map(|print| print.body).collect::<Vec<_>>();
    assert!(lines(&prints) == lines(&account), "every trade is this venue's");
    let summary = replay(ended.journal.as_ref().expect("a journal"), &ended.instruments, &stages());
    assert_eq!(summary.expect("whole").summary, ended.live);
}

/// Ten hours of a trade every ten seconds, the first three as history received at once.
#[test]
fn windows_are_covered_by_history_and_say_so_until_they_are_whole() {
    let mut instruments = Instruments::default();
    let _ = instruments.put(Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid"));
    let mut inline = Inline::new(instruments, &stages(), ());
    let begin = Nanos(1_700_000_000 * SECOND.0);
    let start = begin.after(Nanos(3 * HOUR.0));
    for number in 0..3_600_u64 {
        let time = begin.after(Nanos(number * 10 * SECOND.0));
        let mut head = Head::new(Kind::Trade, BTC);
        head.id = 1 + number;
        head.time_match = time;
        head.time_local = time.max(start);
        if time < start {
            head.flags = Flags::HISTORY;
        }
        let line = TradeLine {
            price: Price(500_000 + i64::try_from(number % 7).expect("small")),
            lots: Lots(1),
            lots_normal: Lots(1),
            first: number,
            last: number,
            side: Side::Buy.code(),
            reserved: [0; 23],
        };
        put(&mut inline, &head, Some(Line::of(line)));
        let uncovered = |window: Window| {
            let trust = inline.analytics().trust(BTC, window).expect("kept");
            assert!(!trust.has(Trust::CONTAMINATED), "no trade is missing");
            trust.has(Trust::UNCOVERED)
        };
        let told = time.since(begin);
        for (window, hours) in [(Window::Hours2, 2), (Window::Hours8, 8), (Window::Hours24, 24)] {
            assert_eq!(uncovered(window), told.0 < hours * HOUR.0, "{} at {told:?}", window.text());
        }
        assert!(!uncovered(Window::All));
    }
}

//! REST against small TLS servers that answer as the test says.

use std::io::{BufRead, BufReader, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use model::{
    Flags, Instrument, InstrumentId, Instruments, Interval, Kind, KlineLine, Level, Nanos,
    OpenInterestLine, SECOND, ServerTimeLine, TradeLine,
};
use runtime::Clock;

use super::client::{Client, RestError};
use super::desk::{Desk, DeskPlan, RoutineCounter, UrgentCounter};
use super::ledger::{LIMIT, Need};
use super::questions::{FundingInfo, Questions};
use super::warm::{self, Origin};
use crate::feed::hatch::{Answer, Ask, hatch};
use crate::feed::repair::Hole;
use crate::lab::{Authority, Flaw, Place, secure};

const BTC: InstrumentId = InstrumentId(0);

/// Status, further headers, body.
type Said = (u16, String, String);

struct Venue {
    authority: Authority,
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Venue {
    /// Answers every request by `answer`, which gets the path and how many came before.
    fn new(flaw: Flaw, answer: impl Fn(&str, usize) -> Said + Send + Sync + 'static) -> Self {
        let (authority, place) = (Authority::new(), Place::new());
        let (port, config) = (place.target.port, authority.server(flaw));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        // Sleeps in `accept` at the end of the test; the process takes it along.
        std::thread::spawn(move || {
            loop {
                let stream = place.accept();
                let (config, log, answer) =
                    (Arc::clone(&config), Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let mut stream = BufReader::new(secure(stream, config));
                    loop {
                        let mut path = String::new();
                        loop {
                            let mut line = String::new();
                            match stream.read_line(&mut line) {
                                Ok(0) | Err(_) => return,
                                Ok(_) if line == "\r\n" => break,
                                Ok(_) if path.is_empty() => {
                                    line.split(' ').nth(1).unwrap_or("").clone_into(&mut path)
                                }
                                Ok(_) => {}
                            }
                        }
                        let count = {
                            let mut log = log.lock().expect("sound");
                            log.push(path.clone());
                            log.len() - 1
                        };
                        let (status, headers, body) = answer(&path, count);
                        let text = format!(
                            "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        if stream.get_mut().write_all(text.as_bytes()).is_err()
                            || stream.get_mut().flush().is_err()
                        {
                            return;
                        }
                    }
                });
            }
        });
        Self { authority, port, asked }
    }

    fn client(&self) -> Client {
        let tls = self.authority.client();
        Client::new("localhost", self.port, &tls, LIMIT, Clock::host()).expect("a client")
    }

    fn questions(&self) -> Questions {
        let mut table = Instruments::default();
        table.put(Instrument::new("BTCUSDT", "0.1", "0.001").expect("sound")).expect("room");
        Questions::new(self.client(), table)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("sound").clone()
    }
}

fn ok(body: &str) -> Said {
    (200, "Content-Type: application/json;charset=UTF-8\r\n".into(), body.into())
}

fn refused(status: u16, headers: &str, body: &str) -> Said {
    (status, format!("Content-Type: application/json\r\n{headers}"), body.into())
}

fn venue_millis() -> u64 {
    Clock::host().now().0 / 1_000_000
}

#[test]
fn limits_are_obeyed_as_the_venue_tells_them() {
    // Weight near the limit by header; then a 429; then a ban with its end in the body.
    let venue = Venue::new(Flaw::None, |_, count| match count {
        0 => {
            let (status, headers, body) = ok(r#"{"serverTime":1}"#);
            (status, format!("{headers}x-mbx-used-weight-1m: 37\r\n"), body)
        }
        1 => refused(429, "Retry-After: 100\r\n", r#"{"code":-1003,"msg":"Too many requests"}"#),
        _ => {
            let until = venue_millis() + 90_000;
            refused(
                418,
                "",
                &format!(
                    r#"{{"code":-1003,"msg":"Way too many requests; IP banned until {until}."}}"#
                ),
            )
        }
    });
    let mut client = venue.client();
    client.get("/a", 1, Need::Routine).expect("an answer");
    let now = client.venue_now();
    assert_eq!(client.with_ledger(|ledger| ledger.used(now)), 37);
    let limited = client.get("/b", 1, Need::Routine).expect_err("refused");
    assert_eq!(limited, RestError::Refused(429, -1003, "Too many requests".into()));
    for need in [Need::Routine, Need::Repair] {
        let Err(RestError::Wait(until)) = client.get("/c", 1, need) else { panic!("asked on") };
        assert!(until.since(client.now()).0 > 90 * SECOND.0);
    }
    // What reduces risk may still ask, and is told of the ban; from then on all is silent.
    assert!(matches!(client.get("/d", 1, Need::Risk), Err(RestError::Refused(418, -1003, _))));
    for need in [Need::Routine, Need::Repair, Need::Risk] {
        let Err(RestError::Wait(until)) = client.get("/e", 1, need) else { panic!("asked on") };
        assert!(until.since(client.now()).0 > 80 * SECOND.0);
    }
    assert_eq!(venue.asked(), ["/a", "/b", "/d"], "zero requests in the ban");
}

#[test]
fn no_redirect_no_second_try_and_nothing_unread_is_believed() {
    let venue = Venue::new(Flaw::None, |path, _| match path {
        "/moved" => (302, "Location: /elsewhere\r\n".into(), String::new()),
        "/page" => (200, "Content-Type: text/html\r\n".into(), "<html>".into()),
        "/empty" => (202, String::new(), String::new()),
        "/broken" => refused(503, "", "Service\u{1b}[31m Unavailable."),
        _ => refused(400, "", r#"{"code":-1121,"msg":"Invalid \u001b[31msymbol."}"#),
    });
    let mut client = venue.client();
    let mut get = |path: &str| client.get(path, 1, Need::Routine).expect_err("no answer");
    assert_eq!(get("/moved"), RestError::Refused(302, 0, String::new()));
    assert_eq!(get("/page"), RestError::Unreadable("not JSON".into()));
    assert_eq!(get("/empty"), RestError::Unreadable("not JSON".into()));
    assert_eq!(get("/broken"), RestError::Refused(503, 0, String::new()));
    assert_eq!(get("/bad"), RestError::Refused(400, -1121, "Invalid [31msymbol.".into()));
    assert_eq!(venue.asked().len(), 5, "each path once");
}

#[test]
fn a_certificate_or_a_host_that_is_not_right_is_no_venue() {
    for flaw in [Flaw::OtherHost, Flaw::Expired] {
        let venue = Venue::new(flaw, |_, _| ok("{}"));
        let Err(RestError::Transport(text)) = venue.client().get("/a", 1, Need::Routine) else {
            panic!("believed a certificate that is {flaw:?}");
        };
        assert!(text.contains("certificate"), "{text}");
        assert!(venue.asked().is_empty());
    }
    let venue = Venue::new(Flaw::None, |_, _| ok("{}"));
    let stranger = Authority::new().client();
    let mut client =
        Client::new("localhost", venue.port, &stranger, LIMIT, Clock::host()).expect("a client");
    assert!(matches!(client.get("/a", 1, Need::Routine), Err(RestError::Transport(_))));
}

const SNAPSHOT: &str = r#"{"lastUpdateId":105,"E":1793000000130,"T":1793000000121,"bids":[["98765.30","1.204"],["98765.20","0.5"]],"asks":[["98765.40","2.000"]]}"#;

#[test]
fn answers_become_the_messages_of_the_log() {
    let venue = Venue::new(Flaw::None, |path, _| {
        let now = venue_millis();
        let minute = 60_000;
        match path {
            "/fapi/v1/depth?symbol=BTCUSDT&limit=1000" => ok(SNAPSHOT),
            "/fapi/v1/openInterest?symbol=BTCUSDT" => {
                ok(&format!(r#"{{"openInterest":"88123.456","symbol":"BTCUSDT","time":{now}}}"#))
            }
            "/fapi/v1/premiumIndex?symbol=BTCUSDT" => ok(&format!(
                r#"{{"symbol":"BTCUSDT","markPrice":"98760.12345678","indexPrice":"98770.00000000","estimatedSettlePrice":"98765.00000000","lastFundingRate":"0.00004500","interestRate":"0.00010000","nextFundingTime":1793001600000,"time":{now}}}"#
            )),
            "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=4" => {
                let open = now / minute * minute;
                let row = |at: u64| {
                    format!(
                        r#"[{at},"98700.1","98790.0","98650.0","98765.4","12.345",{},"1218000.5",42,"6.1","601000.1","0"]"#,
                        at + minute - 1
                    )
                };
                ok(&format!("[{},{},{}]", row(open - 2 * minute), row(open - minute), row(open)))
            }
            "/fapi/v1/fundingInfo" => ok(
                r#"[{"symbol":"XUSDT","adjustedFundingRateCap":"0.02","adjustedFundingRateFloor":"-0.02","fundingIntervalHours":4,"disclaimer":false},
                    {"symbol":"BTCUSDT","adjustedFundingRateCap":"0.00300","adjustedFundingRateFloor":"-0.00300","fundingIntervalHours":8,"disclaimer":true}]"#,
            ),
            _ => refused(404, "", "{}"),
        }
    });
    let mut questions = venue.questions();
    let snapshot = questions.snapshot(BTC, 1_000, Need::Repair).expect("a snapshot");
    assert_eq!((snapshot.head.kind(), snapshot.head.id), (Some(Kind::Snapshot), 105));
    assert_eq!(snapshot.body().iter().flat_map(Level::all).count(), 3);
    let interest = questions.open_interest(BTC).expect("open interest");
    assert_eq!(interest.body()[0].view::<OpenInterestLine>().lots.0, 88_123_456);
    assert_eq!(questions.premium(BTC).expect("a premium").head.kind(), Some(Kind::Premium));
    let klines = questions.klines(BTC, Interval::Minute1, 3).expect("candles");
    assert_eq!(klines.len(), 2, "the open candle is left out");
    for kline in &klines {
        let line: &KlineLine = kline.body()[0].view();
        assert!(kline.head.flags.has(Flags::HISTORY));
        assert_eq!(
            (line.interval(), line.closed, line.open.0, line.high.0, line.first),
            (Some(Interval::Minute1), 1, 987_001, 987_900, u64::MAX)
        );
    }
    let info = questions.funding_info().expect("rules");
    assert_eq!(info.len(), 1);
    assert_eq!((info[0].interval_hours, info[0].cap.as_str()), (8, "0.00300"));
    assert!(matches!(
        questions.snapshot(BTC, 50, Need::Routine),
        Err(RestError::Refused(404, 0, _))
    ));
    let now = questions.client.venue_now();
    assert_eq!(questions.client.with_ledger(|ledger| ledger.used(now)), 20 + 1 + 1 + 1 + 2);
}

fn trade_row(id: u64) -> String {
    format!(
        r#"{{"a":{id},"p":"98765.40","q":"0.250","nq":"0.200","f":{0},"l":{1},"T":1793000000100,"m":true}}"#,
        id * 3,
        id * 3 + 2
    )
}

#[test]
fn a_hole_is_filled_page_by_page_though_rest_lags_or_fails() {
    // 1 500 trades are missing; the last ones are there only after two more questions.
    let venue = Venue::new(Flaw::None, |path, count| {
        let number = |key: &str| {
            let text = path.split(key).nth(1).expect("the key");
            text.split('&').next().and_then(|digits| digits.parse::<u64>().ok()).expect("a number")
        };
        if count == 1 {
            return refused(503, "", r#"{"code":-1000,"msg":"Internal error"}"#);
        }
        let (from, limit) = (number("fromId="), number("limit="));
        let known = if count < 4 { 11_400 } else { 12_000 };
        let rows: Vec<String> = (from..(from + limit).min(known)).map(trade_row).collect();
        ok(&format!("[{}]", rows.join(",")))
    });
    let (hatch, clerk) = hatch();
    let mut plan = DeskPlan::default();
    plan.time = Duration::from_secs(1_000);
    plan.open_interest = plan.time;
    plan.premium = plan.time;
    let idle = Venue::new(Flaw::None, |_, _| refused(503, "", "{}"));
    let desk = Desk::start(&plan, venue.questions(), idle.questions(), &clerk).expect("threads");
    assert!(hatch.ask(Ask::Trades(Hole { instrument: BTC, first: 10_000, last: 11_499 })));
    let mut ids = Vec::new();
    let end = Instant::now() + Duration::from_secs(10);
    while ids.len() < 1_500 {
        assert!(Instant::now() < end, "only {} came", ids.len());
        let Some(answer) = hatch.answer() else { continue };
        let Answer::Trades(BTC, prints) = &answer else { panic!("{answer:?}") };
        for print in prints {
            let line: &TradeLine = print.body.as_ref().expect("a trade").view();
            assert_eq!(
                (line.price.0, line.lots.0, line.lots_normal.0, line.fills()),
                (987_654, 250, 200, 3)
            );
            assert_eq!(print.head.time_event, Nanos::NONE);
            ids.push(print.head.id);
        }
        hatch.give_back(answer);
    }
    assert_eq!(ids, (10_000..=11_499).collect::<Vec<u64>>());
    // A hole that REST never fills is given up in time.
    assert!(hatch.ask(Ask::Trades(Hole { instrument: BTC, first: 50_000, last: 50_001 })));
    let answer = loop {
        assert!(Instant::now() < end, "not given up");
        if let Some(answer) = hatch.answer() {
            break answer;
        }
    };
    assert!(matches!(answer, Answer::NoTrades(BTC)));
    let counters = desk.urgent.clone();
    desk.stop();
    assert_eq!(
        (counters.get(UrgentCounter::Trades), counters.get(UrgentCounter::HolesFailed)),
        (1_500, 1)
    );
}

#[test]
fn one_bad_row_refuses_its_page() {
    for rows in [
        format!("[{},{}]", trade_row(5), trade_row(5)),
        format!("[{},{}]", trade_row(5), trade_row(6).replace("98765.40", "98765.45")),
        format!("[{}]", trade_row(4)),
        format!("[{}]", trade_row(5).replace("\"T\"", "\"X\"")),
        "[7]".into(),
        "{}".into(),
    ] {
        let body = rows.clone();
        let venue = Venue::new(Flaw::None, move |_, _| ok(&body));
        let refused = venue.questions().trades(BTC, 5, 10, Need::Repair);
        assert!(matches!(refused, Err(RestError::Unreadable(_))), "{rows}: {refused:?}");
    }
}

#[test]
fn the_desk_answers_the_feed_and_asks_by_the_clock() {
    let venue = Venue::new(Flaw::None, |path, _| {
        let now = venue_millis();
        match path.split('?').next() {
            // The venue's clock is two seconds ahead.
            Some("/fapi/v1/time") => ok(&format!(r#"{{"serverTime":{}}}"#, now + 2_000)),
            Some("/fapi/v1/depth") => ok(SNAPSHOT),
            Some("/fapi/v1/openInterest") => {
                ok(&format!(r#"{{"openInterest":"88123.456","symbol":"BTCUSDT","time":{now}}}"#))
            }
            _ => refused(503, "", "{}"),
        }
    });
    let (hatch, clerk) = hatch();
    let plan = DeskPlan { open_interest: Duration::from_millis(100), ..DeskPlan::default() };
    let desk = Desk::start(&plan, venue.questions(), venue.questions(), &clerk).expect("threads");
    assert!(hatch.ask(Ask::Snapshot(BTC)));
    let (mut kinds, mut offset) = (Vec::new(), None);
    let end = Instant::now() + Duration::from_secs(10);
    while !(kinds.contains(&Kind::Snapshot)
        && offset.is_some()
        && kinds.iter().filter(|kind| **kind == Kind::OpenInterest).count() > 2)
    {
        assert!(Instant::now() < end, "only {kinds:?}");
        let Some(answer) = hatch.answer() else { continue };
        if let Answer::Enter(draft) | Answer::Snapshot(draft) = &answer {
            let kind = draft.head.kind().expect("known");
            kinds.push(kind);
            if kind == Kind::ServerTime {
                offset = Some(*draft.body()[0].view::<ServerTimeLine>());
            }
        }
        hatch.give_back(answer);
    }
    let line = offset.expect("an offset");
    assert!(line.offset.abs_diff(2_000_000_000) <= line.round_trip.0 / 2 + 1_000_000);
    assert_eq!(line.excessive, 1);
    assert_eq!(desk.routine.get(RoutineCounter::OffsetExcessive), 1);
    assert!(desk.routine.get(RoutineCounter::Failed) >= 1, "the premium was refused");
    desk.stop();
}

#[test]
fn funding_rules_are_read_kept_and_read_again() {
    let row = |symbol: &str, hours: u32| {
        format!(
            r#"{{"symbol":"{symbol}","adjustedFundingRateCap":"0.00300","adjustedFundingRateFloor":"-0.00300","fundingIntervalHours":{hours},"disclaimer":true}}"#
        )
    };
    // The first question fails, the next two find four hours, those after them one; then nobody
    // answers any more.
    let count = AtomicUsize::new(0);
    let venue = Venue::new(Flaw::None, move |path, _| {
        if path != "/fapi/v1/fundingInfo" {
            return refused(503, "", "{}");
        }
        match count.fetch_add(1, Ordering::Relaxed) {
            1 | 2 => ok(&format!("[{},{}]", row("XUSDT", 8), row("BTCUSDT", 4))),
            3 => ok(&format!("[{}]", row("BTCUSDT", 1))),
            _ => refused(503, "", "{}"),
        }
    });
    let (_hatch, clerk) = hatch();
    let rare = Duration::from_secs(3_600);
    let plan = DeskPlan {
        funding: Duration::from_millis(60),
        open_interest: rare,
        premium: rare,
        time: rare,
        ..DeskPlan::default()
    };
    let desk = Desk::start(&plan, venue.questions(), venue.questions(), &clerk).expect("threads");
    assert_eq!(desk.funding.of(BTC), None, "nothing is said before the first answer");
    let end = Instant::now() + Duration::from_secs(10);
    let until = |hours: u64| {
        while desk.funding.of(BTC).is_none_or(|info| info.interval_hours != hours) {
            assert!(Instant::now() < end, "{hours} h never came: {:?}", desk.funding.of(BTC));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    until(4);
    until(1);
    assert_eq!(desk.funding.of(InstrumentId(1)), Some(FundingInfo::usual(InstrumentId(1))));
    while venue.asked().iter().filter(|path| path.contains("fundingInfo")).count() < 6 {
        assert!(Instant::now() < end, "it is asked again and again");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(desk.funding.of(BTC).map(|info| info.interval_hours), Some(1), "the last is kept");
    assert_eq!(desk.routine.get(RoutineCounter::FundingChanged), 1);
    desk.stop();
}

const INFO: &str = r#"{"timezone":"UTC","serverTime":1,"symbols":[{"symbol":"BTCUSDT","contractType":"PERPETUAL","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","minPrice":"556.80","maxPrice":"4529764","tickSize":"0.10"},{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"},{"filterType":"MARKET_LOT_SIZE","minQty":"0.001","maxQty":"120","stepSize":"0.001"},{"filterType":"MIN_NOTIONAL","notional":"50"}]}]}"#;

#[test]
fn instruments_come_from_the_venue_or_from_the_cache_of_the_last_run() {
    let folder = std::env::temp_dir().join(format!("venue-cache-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let cache = folder.join("exchange_info.json");
    let venue = Venue::new(
        Flaw::None,
        |_, count| if count < 2 { ok(INFO) } else { refused(503, "", "{}") },
    );
    let mut questions = venue.questions();
    let unknown = warm::instruments(&mut questions, None, &["NOSUCH"]);
    assert!(matches!(unknown, Err(RestError::Unreadable(text)) if text.contains("NOSUCH")));
    let (fresh, origin) =
        warm::instruments(&mut questions, Some(&cache), &["BTCUSDT"]).expect("a table");
    assert_eq!((origin, fresh.get(BTC).map(|one| one.tick.0)), (Origin::Venue, Some(10_000_000)));
    let (kept, origin) =
        warm::instruments(&mut questions, Some(&cache), &["BTCUSDT"]).expect("the cache");
    assert!(kept == fresh && matches!(origin, Origin::Cache(_)));
    std::fs::remove_dir_all(&folder).expect("ours");
    assert!(warm::instruments(&mut questions, Some(&cache), &["BTCUSDT"]).is_err());
}

#[test]
fn history_trades_are_paged_up_to_a_time_and_marked() {
    let venue = Venue::new(Flaw::None, |path, _| {
        let from: u64 = path
            .split("fromId=")
            .nth(1)
            .and_then(|t| t.split('&').next())
            .and_then(|t| t.parse().ok())
            .expect("an id");
        let row =
            |id: u64| trade_row(id).replace("1793000000100", &(1_793_000_000_000 + id).to_string());
        let rows: Vec<String> = (from..from + 1_000).map(row).collect();
        ok(&format!("[{}]", rows.join(",")))
    });
    let mut taken = Vec::new();
    let until = Nanos::from_millis(1_793_000_000_000 + 2_345);
    let last = warm::trades(&mut venue.questions(), BTC, 10, until, |draft| {
        assert!(draft.head.flags.has(Flags::HISTORY) && draft.head.lines == 1);
        taken.push(draft.head.id);
        true
    });
    assert_eq!(last, Ok(Some(2_344)));
    assert_eq!(taken, (10..2_345).collect::<Vec<u64>>());
    assert_eq!(venue.asked().len(), 3);
}

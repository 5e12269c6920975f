//! Endpoints, control frames and rules of conduct.

use std::collections::BTreeMap;
use std::time::Duration;

use super::client::{Socket, get, venue};
use crate::server::{Pace, Rules};
use crate::statistics::scan;

const DEPTH: &str = "/public/ws/btcusdt@depth@100ms";

#[test]
fn rest_answers_and_refuses_as_the_venue_does() {
    let venue = venue(Pace::Times(1.0), Rules::default());
    let before = venue.clock().now().0 / 1_000_000;
    let time = scan::whole(&get(&venue, "/fapi/v1/time").body, "serverTime").expect("a time");
    let after = venue.clock().now().0 / 1_000_000;
    assert!((before..=after).contains(&time));
    let info = get(&venue, "/fapi/v1/exchangeInfo");
    assert_eq!(scan::value(&info.body, "tickSize"), Some(&b"0.1"[..]));
    assert_eq!(scan::value(&info.body, "stepSize"), Some(&b"0.001"[..]));
    let depth = get(&venue, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000");
    assert_eq!(scan::levels(&depth.body, "bids").count(), 1000);
    assert_eq!(scan::levels(&depth.body, "asks").count(), 1000);
    let few = get(&venue, "/fapi/v1/depth?symbol=BTCUSDT&limit=5");
    assert_eq!(few.weight() - depth.weight(), 2);
    assert_eq!(scan::levels(&few.body, "asks").count(), 5);
    for (path, status, code) in [
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=3", 400, "-4021"),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=1500", 400, "-1130"),
        ("/fapi/v1/depth?symbol=NOPE", 400, "-1121"),
        ("/fapi/v1/depth", 400, "-1102"),
        ("/fapi/v1/aggTrades?symbol=BTCUSDT&limit=1001", 400, "-1130"),
        ("/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", 400, "-1128"),
        ("/fapi/v1/klines?symbol=BTCUSDT&interval=7m", 400, "-1120"),
        ("/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1501", 400, "-1130"),
    ] {
        let answer = get(&venue, path);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
    }
    for (path, key) in [
        ("/fapi/v1/premiumIndex?symbol=BTCUSDT", "lastFundingRate"),
        ("/fapi/v1/openInterest?symbol=BTCUSDT", "openInterest"),
        ("/fapi/v1/fundingInfo", "fundingIntervalHours"),
    ] {
        let answer = get(&venue, path);
        assert!(answer.status == 200 && scan::value(&answer.body, key).is_some(), "{path}");
    }
    assert_eq!(get(&venue, "/nowhere").status, 404);
}

#[test]
fn weight_over_the_limit_is_refused_then_banned() {
    let rules = Rules { weight_per_minute: 50, ..Rules::default() };
    let venue = venue(Pace::Times(1.0), rules);
    let depth = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    let statuses: Vec<u16> = (0..9).map(|_| get(&venue, depth).status).collect();
    assert_eq!(statuses, [200, 200, 429, 429, 429, 429, 429, 418, 418]);
    let banned = get(&venue, "/fapi/v1/time");
    assert_eq!((banned.status, banned.code().as_str()), (418, "-1003"));
    assert!(String::from_utf8_lossy(&banned.body).contains("banned until 17"));
    assert!(banned.head.contains("retry-after: "));
}

#[test]
fn a_wrong_route_is_silent_and_says_no_error() {
    let venue = venue(Pace::Times(5.0), Rules::default());
    let mut wrong = Socket::open(&venue, "/market/ws");
    wrong.say(r#"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":4}"#);
    assert_eq!(wrong.hear().expect("an answer"), br#"{"result":null,"id":4}"#);
    assert!(wrong.is_silent_for(Duration::from_millis(400)));
    // The retired endpoint opens and carries the public streams only.
    let mut legacy = Socket::open(&venue, "/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker");
    for _ in 0..20 {
        let frame = legacy.hear().expect("a frame");
        assert_eq!(scan::value(&frame, "stream"), Some(&b"btcusdt@bookTicker"[..]));
    }
}

#[test]
fn both_forms_and_the_control_frames_work() {
    let venue = venue(Pace::Times(10.0), Rules::default());
    let mut raw = Socket::open(&venue, DEPTH);
    assert!(raw.hear().expect("a frame").starts_with(b"{\"e\":\"depthUpdate\""));
    let mut wrapped = Socket::open(&venue, "/market/stream?streams=btcusdt@markPrice@1s");
    let opening = br#"{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate""#;
    assert!(wrapped.hear().expect("a frame").starts_with(opening));
    let answer = |socket: &mut Socket, say: &str| {
        socket.say(say);
        let answers = (0..200).map(|_| socket.hear().expect("an answer"));
        let mut answers = answers.filter(|text| scan::value(text, "id").is_some());
        String::from_utf8_lossy(&answers.next().expect("an answer with an id")).into_owned()
    };
    assert_eq!(
        answer(&mut wrapped, r#"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":2}"#),
        r#"{"result":null,"id":2}"#
    );
    assert_eq!(
        answer(&mut wrapped, r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#),
        r#"{"result":["btcusdt@aggTrade","btcusdt@markPrice@1s"],"id":3}"#
    );
    answer(&mut wrapped, r#"{"method":"UNSUBSCRIBE","params":["btcusdt@markPrice@1s"],"id":4}"#);
    let trade = wrapped.hear().expect("a trade");
    assert_eq!(scan::value(&trade, "e"), Some(&b"aggTrade"[..]));
    let refused = answer(&mut wrapped, r#"{"method":"SUBSCRIBED","params":[],"id":5}"#);
    assert!(refused.starts_with(r#"{"error":{"code":2,"msg":"Invalid request: unknown variant"#));
}

#[test]
fn a_book_can_be_synced_by_the_documented_procedure() {
    let venue = venue(Pace::Times(20.0), Rules::default());
    let mut socket = Socket::open(&venue, DEPTH);
    let mut events = vec![socket.hear().expect("an event"), socket.hear().expect("an event")];
    let read = || get(&venue, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000").body;
    let snapshot = read();
    let id = scan::whole(&snapshot, "lastUpdateId").expect("an id");
    while scan::whole(events.last().expect("some"), "u").expect("u") < id + 100_000 {
        events.push(socket.hear().expect("an event"));
    }
    let mut bids: BTreeMap<i64, i64> = scan::levels(&snapshot, "bids").collect();
    let mut previous = None;
    for event in &events {
        let number = |key| scan::whole(event, key).expect("a number");
        if number("u") < id {
            continue;
        }
        match previous {
            None => assert!(number("U") <= id && number("u") >= id, "the first event straddles"),
            Some(previous) => assert_eq!(number("pu"), previous),
        }
        previous = Some(number("u"));
        for (price, lots) in scan::levels(event, "b") {
            bids.insert(price, lots);
        }
        bids.retain(|_, lots| *lots > 0);
    }
    assert!(previous.is_some() && bids.len() > 900);
}

#[test]
fn pings_come_and_must_be_answered() {
    let rules = Rules {
        ping_every: Duration::from_millis(60),
        pong_within: Duration::from_millis(250),
        incoming_per_second: 1000,
        ..Rules::default()
    };
    let venue = venue(Pace::Times(1.0), rules);
    let mut polite = Socket::open(&venue, "/private/ws/key");
    assert!(polite.is_silent_for(Duration::from_millis(600)), "pongs keep it open");
    let mut rude = Socket::open(&venue, "/private/ws/key");
    std::thread::sleep(Duration::from_millis(600));
    assert!(rude.ends_within(Duration::from_secs(2)), "a missing pong ends it");
}

#[test]
fn a_connection_ends_after_its_day_and_when_it_talks_too_much() {
    let rules = Rules::default().scaled(86_400.0 / 0.5);
    let day = venue(Pace::Times(1.0), Rules { incoming_per_second: 1000, ..rules });
    let mut socket = Socket::open(&day, "/private/ws");
    assert!(socket.ends_within(Duration::from_secs(3)));
    let venue = venue(Pace::Times(1.0), Rules::default());
    let mut talker = Socket::open(&venue, "/private/ws");
    for id in 0..11 {
        talker.say(&format!(r#"{{"method":"LIST_SUBSCRIPTIONS","id":{id}}}"#));
    }
    assert!(talker.ends_within(Duration::from_secs(3)));
    assert!(venue.log().iter().any(|(_, what)| what.ends_with("too many messages")));
}

#[test]
fn the_banner_tells_epoch_and_speed() {
    let venue = venue(Pace::Times(4.0), Rules::default());
    let banner = venue.banner();
    let local = banner.epoch_local.expect("a running clock");
    let due = venue.clock().due_local(banner.epoch_venue.after(model::Nanos(4_000_000_000)));
    assert_eq!(due, Some(local.after(model::SECOND)));
    assert!(banner.to_string().contains("\"speed\":\"4\""));
}

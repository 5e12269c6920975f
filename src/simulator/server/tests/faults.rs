//! Every fault, seen by a client.

use std::time::{Duration, Instant};

use model::{Nanos, SECOND};

use super::client::{Socket, connect, get, venue};
use crate::fault::{Fault, FaultKind, Refusal};
use crate::server::{Identity, Pace, Route, Rules, Venue};
use crate::statistics::scan;

const DEPTH: &str = "btcusdt@depth@100ms";

fn open() -> (Venue, Socket) {
    let venue = venue(Pace::Times(10.0), Rules::default());
    let mut socket = Socket::open(&venue, &format!("/public/ws/{DEPTH}"));
    socket.hear().expect("an event");
    (venue, socket)
}

/// `pu` and `u` of the next events.
fn chain(socket: &mut Socket, count: usize) -> Vec<(u64, u64)> {
    (0..count)
        .map(|_| {
            let event = socket.hear().expect("an event");
            (scan::whole(&event, "pu").expect("pu"), scan::whole(&event, "u").expect("u"))
        })
        .collect()
}

fn breaks(chain: &[(u64, u64)]) -> usize {
    chain.windows(2).filter(|pair| pair[1].0 != pair[0].1).count()
}

#[test]
fn an_unhurt_stream_is_whole() {
    let (_venue, mut socket) = open();
    assert_eq!(breaks(&chain(&mut socket, 40)), 0);
}

#[test]
fn a_skipped_diff_breaks_the_chain_once() {
    let (venue, mut socket) = open();
    let mut heard = chain(&mut socket, 1);
    venue.inject(Fault::once(FaultKind::Skip).on(DEPTH));
    heard.extend(chain(&mut socket, 40));
    assert_eq!(breaks(&heard), 1);
}

#[test]
fn a_duplicate_comes_twice_and_a_reordered_one_behind_the_next() {
    let (venue, mut socket) = open();
    venue.inject(Fault::once(FaultKind::Duplicate).on(DEPTH));
    let twice = chain(&mut socket, 40);
    assert_eq!(twice.windows(2).filter(|pair| pair[0] == pair[1]).count(), 1);
    venue.inject(Fault::once(FaultKind::Reorder).on(DEPTH));
    let swapped = chain(&mut socket, 40);
    assert_eq!(swapped.windows(2).filter(|pair| pair[1].1 < pair[0].1).count(), 1);
    let mut sorted = swapped.clone();
    sorted.sort_unstable();
    assert_eq!(breaks(&sorted), 0, "nothing is lost");
}

#[test]
fn a_muted_stream_falls_silent_while_the_others_speak() {
    let (venue, mut socket) = open();
    let mut quotes = Socket::open(&venue, "/public/ws/btcusdt@bookTicker");
    venue.inject(Fault::once(FaultKind::Mute).on(DEPTH).lasting(Nanos(10 * SECOND.0)));
    while !socket.is_silent_for(Duration::from_millis(300)) {}
    quotes.hear().expect("a quote");
    // Ten venue seconds are one of ours.
    socket.patience(Duration::from_secs(5));
    socket.hear().expect("the stream comes back");
}

#[test]
fn a_half_open_connection_is_silent_and_answers_pings() {
    let (venue, mut socket) = open();
    let span = Nanos(15 * SECOND.0);
    venue.inject(Fault::once(FaultKind::HalfOpen).along(Route::Public).lasting(span));
    while !socket.is_silent_for(Duration::from_millis(200)) {}
    socket.inner.send(tungstenite::Message::Ping("x".into())).expect("sent");
    socket.patience(Duration::from_secs(1));
    let answer = socket.inner.read().expect("a pong");
    assert!(matches!(answer, tungstenite::Message::Pong(_)), "{answer:?}");
}

#[test]
fn dropped_connections_end_and_new_ones_are_closed_at_once() {
    let (venue, mut socket) = open();
    let mut market = Socket::open(&venue, "/market/ws/btcusdt@markPrice@1s");
    venue.inject(Fault::once(FaultKind::Drop).along(Route::Public));
    assert!(socket.ends_within(Duration::from_secs(3)));
    market.hear().expect("the other route goes on");
    venue.inject(Fault::once(FaultKind::AcceptThenClose).times(2));
    assert!(connect(&venue).is_err());
    assert!(connect(&venue).is_err());
    assert!(connect(&venue).is_ok());
}

#[test]
fn a_delayed_stream_comes_later_and_in_order() {
    let (venue, mut socket) = open();
    let mut quotes = Socket::open(&venue, "/public/ws/btcusdt@bookTicker");
    let fault = Fault::once(FaultKind::Delay(Nanos(3 * SECOND.0))).on(DEPTH);
    venue.inject(fault.lasting(Nanos(20 * SECOND.0)));
    while !socket.is_silent_for(Duration::from_millis(200)) {}
    socket.patience(Duration::from_secs(5));
    let events = chain(&mut socket, 20);
    assert_eq!(breaks(&events), 0);
    quotes.hear().expect("a quote");
}

#[test]
fn a_crossing_diff_puts_a_bid_above_the_ask() {
    let (venue, mut socket) = open();
    venue.inject(Fault::once(FaultKind::Crossing).on(DEPTH));
    let crossed = (0..40).find_map(|_| {
        let event = socket.hear().expect("an event");
        let highest = scan::levels(&event, "b").map(|level| level.0).max()?;
        let asks = get(&venue, "/fapi/v1/depth?symbol=BTCUSDT&limit=5").body;
        let best = scan::levels(&asks, "asks").next().expect("an ask").0;
        (highest > best + best / 200).then_some(())
    });
    assert!(crossed.is_some());
}

#[test]
fn corrupt_and_giant_frames_are_sent_as_such() {
    let (venue, mut socket) = open();
    venue.inject(Fault::once(FaultKind::Giant(1 << 20)).on(DEPTH));
    let longest = (0..40).map(|_| socket.hear().expect("an event").len()).max();
    assert!(longest.is_some_and(|length| length > 1 << 20));
    venue.inject(Fault::once(FaultKind::Corrupt).on(DEPTH));
    let error = (0..40).find_map(|_| socket.hear().err()).expect("a broken frame");
    assert!(matches!(error, tungstenite::Error::Utf8(_)), "{error:?}");
}

#[test]
fn split_and_slow_lines_lose_nothing() {
    let (venue, mut socket) = open();
    venue.inject(Fault::once(FaultKind::Split).lasting(Nanos(10 * SECOND.0)));
    assert_eq!(breaks(&chain(&mut socket, 30)), 0);
    let (venue, mut socket) = open();
    venue.inject(Fault::once(FaultKind::Slow(4000)).lasting(Nanos(20 * SECOND.0)));
    let start = Instant::now();
    let events = chain(&mut socket, 60);
    assert_eq!(breaks(&events), 0);
    assert!(
        start.elapsed() > Duration::from_millis(900),
        "60 events of 10 ms took {:?}",
        start.elapsed()
    );
}

#[test]
fn wrong_certificates_and_plaintext_are_refused_by_an_honest_client() {
    let venue = venue(Pace::Times(1.0), Rules::default());
    for (identity, why) in [
        (Identity::Expired, "expired"),
        (Identity::WrongHost, "not valid for name"),
        (Identity::UnknownCa, "UnknownIssuer"),
    ] {
        venue.inject(Fault::once(FaultKind::Certificate(identity)));
        let error = connect(&venue).expect_err("refused").to_string();
        assert!(error.contains(why), "{identity:?}: {error}");
    }
    venue.inject(Fault::once(FaultKind::Plaintext));
    let error = connect(&venue).expect_err("refused").to_string();
    assert!(error.contains("corrupt message"), "{error}");
    assert!(connect(&venue).is_ok());
}

#[test]
fn rest_refuses_with_each_body() {
    let venue = venue(Pace::Times(1.0), Rules::default());
    for (refusal, status, words) in [
        (Refusal::TooMany, 429, "-1003"),
        (Refusal::Unknown, 503, "Unknown error, please check"),
        (Refusal::Unavailable, 503, "Service Unavailable."),
        (Refusal::Internal, 503, "Internal error; unable"),
        (Refusal::Broken, 500, "<html>"),
        (Refusal::Forbidden, 403, "<html>"),
        (Refusal::Banned, 418, "banned until"),
    ] {
        venue.inject(Fault::once(FaultKind::Answer(refusal)).at_path("/ping"));
        assert_ne!(get(&venue, "/fapi/v1/time").status, status, "another path is not hit");
        let answer = get(&venue, "/fapi/v1/ping");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == status && body.contains(words), "{refusal:?}: {body}");
    }
    assert_eq!(get(&venue, "/fapi/v1/time").status, 418, "the ban holds");
}

#[test]
fn snapshots_come_late_or_stale() {
    let (venue, mut socket) = open();
    let path = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    let fresh = scan::whole(&get(&venue, path).body, "lastUpdateId").expect("an id");
    venue.inject(Fault::once(FaultKind::StaleSnapshot));
    let stale = scan::whole(&get(&venue, path).body, "lastUpdateId").expect("an id");
    assert!(stale < fresh);
    venue.inject(Fault::once(FaultKind::LateSnapshot(Nanos(5 * SECOND.0))));
    let start = Instant::now();
    let late = scan::whole(&get(&venue, path).body, "lastUpdateId").expect("an id");
    assert!(start.elapsed() >= Duration::from_millis(500));
    // What was heard meanwhile is ahead of it.
    while scan::whole(&socket.hear().expect("an event"), "U").expect("U") <= late {}
}

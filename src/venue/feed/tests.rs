//! Links over real sockets: what arrives, what is refused, what is answered.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use model::{ConnectionFault, Nanos};
use tungstenite::Message;

use super::dial::{DialError, MESSAGE_MAX, dial};
use super::link::{Arrival, Link};
use crate::lab::{Authority, Flaw, Place, frame, put, secure, until_gone, upgrade};

const PATIENCE: Duration = Duration::from_secs(5);

/// Messages until `count` of them came or the link ended.
fn collect(link: &mut Link, count: usize) -> (Vec<Vec<u8>>, Option<(ConnectionFault, u16)>) {
    let mut messages = Vec::new();
    let end = Instant::now() + Duration::from_secs(20);
    link.look();
    while messages.len() < count {
        assert!(Instant::now() < end, "nothing more came after {} messages", messages.len());
        match link.arrival() {
            Arrival::Message(at) => messages.push(link.bytes()[at].to_vec()),
            Arrival::Lost(fault, code) => return (messages, Some((fault, code))),
            Arrival::Idle => {
                link.flush(Nanos(1), Nanos(1_000_000_000)).expect("a live peer");
                std::thread::yield_now();
                link.look();
            }
        }
    }
    (messages, None)
}

fn texts(count: usize, size: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("{i}{}", "x".repeat(size)).into_bytes()).collect()
}

#[test]
fn messages_arrive_however_they_are_cut() {
    // (bytes a write, messages, size): many frames a record, frames over many records, 1 byte each.
    for (cut, count, size) in
        [(usize::MAX, 500, 40), (1000, 300, 900), (1, 20, 10), (16_000, 4, 300_000)]
    {
        let (authority, place) = (Authority::new(), Place::new());
        let target = place.target.clone();
        let sent = texts(count, size);
        let bytes: Vec<u8> = sent.iter().flat_map(|text| frame(0x81, text)).collect();
        let server = place.serve(authority.server(Flaw::None), move |socket| {
            for part in bytes.chunks(cut.min(bytes.len())) {
                put(socket, part).expect("a reader");
            }
            until_gone(socket);
        });
        let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
        let (got, end) = collect(&mut link, count);
        assert!(got == sent && end.is_none(), "cut into {cut}");
        drop(link);
        server.join().expect("the server is well");
    }
}

#[test]
fn frames_that_come_with_the_answer_to_the_upgrade_are_not_lost() {
    let (authority, place) = (Authority::new(), Place::new());
    let target = place.target.clone();
    let config = authority.server(Flaw::None);
    let server = std::thread::spawn(move || {
        let mut stream = secure(place.accept(), config);
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).expect("a request");
        let text = String::from_utf8_lossy(&request[..length]).into_owned();
        let key = text
            .split("Sec-WebSocket-Key: ")
            .nth(1)
            .and_then(|t| t.split("\r\n").next())
            .expect("a key");
        let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
        let mut answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        answer.extend(frame(0x81, b"first"));
        stream.write_all(&answer).expect("a reader");
        stream.flush().expect("a reader");
        let mut rest = [0; 64];
        while let Ok(1..) = stream.read(&mut rest) {}
        text
    });
    let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
    assert_eq!(collect(&mut link, 1).0, [b"first".to_vec()]);
    drop(link);
    let request = server.join().expect("the server is well");
    assert!(request.starts_with(&format!(
        "GET {} HTTP/1.1\r\nHost: localhost:{}\r\n",
        target.path, target.port
    )));
}

#[test]
fn a_ping_is_answered_with_its_payload_also_between_fragments_and_under_load() {
    let (authority, place) = (Authority::new(), Place::new());
    let target = place.target.clone();
    let server = place.serve(authority.server(Flaw::None), |socket| {
        let mut bytes = frame(0x01, b"ab");
        bytes.extend(frame(0x89, b"between"));
        bytes.extend(frame(0x80, b"cd"));
        put(socket, &bytes).expect("a reader");
        let between = socket.read().expect("a pong");
        // Under load: 2 000 messages behind each other, pings among them; only the newest of those
        // that are read together needs an answer.
        let mut load = Vec::new();
        for i in 0..2_000_u32 {
            load.extend(frame(0x81, &vec![b'x'; 500]));
            if i % 100 == 0 {
                load.extend(frame(0x89, &i.to_be_bytes()));
            }
        }
        load.extend(frame(0x89, b"newest"));
        put(socket, &load).expect("a reader");
        loop {
            match socket.read().expect("pongs") {
                Message::Pong(payload) if payload.as_ref() == b"newest" => break,
                Message::Pong(_) => {}
                other => panic!("{other:?} is no pong"),
            }
        }
        put(socket, &frame(0x81, b"end")).expect("a reader");
        until_gone(socket);
        between
    });
    let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
    let (got, end) = collect(&mut link, 2_002);
    assert_eq!((got[0].as_slice(), got[2_001].as_slice(), end), (&b"abcd"[..], &b"end"[..], None));
    assert_eq!(link.pings(), 22);
    drop(link);
    assert_eq!(server.join().expect("well"), Message::Pong(b"between".to_vec().into()));
}

#[test]
fn a_link_ends_with_the_name_of_its_end() {
    let long = [&[0x81, 127][..], &(MESSAGE_MAX as u64 + 1).to_be_bytes()].concat();
    for (bytes, want) in [
        (frame(0x88, b"\x03\xe9"), (ConnectionFault::Closed, 1001)),
        (long, (ConnectionFault::Giant, 0)),
        (frame(0xc1, b"x"), (ConnectionFault::Protocol, 0)),
        (Vec::new(), (ConnectionFault::Dropped, 0)),
    ] {
        let (authority, place) = (Authority::new(), Place::new());
        let target = place.target.clone();
        let close = bytes.is_empty();
        let server = place.serve(authority.server(Flaw::None), move |socket| {
            put(socket, &bytes).expect("a reader");
            if close {
                socket.get_ref().sock.shutdown(Shutdown::Both).expect("an open socket");
                return None;
            }
            socket.read().ok()
        });
        let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
        let (got, end) = collect(&mut link, 1);
        assert_eq!((got.len(), end), (0, Some(want)));
        // A giant or a broken frame is answered by a close frame that says why.
        let said = server.join().expect("well");
        match want.0 {
            ConnectionFault::Giant => {
                assert!(matches!(said, Some(Message::Close(Some(f))) if u16::from(f.code) == 1009))
            }
            ConnectionFault::Protocol => {
                assert!(matches!(said, Some(Message::Close(Some(f))) if u16::from(f.code) == 1002))
            }
            _ => {}
        }
    }
}

#[test]
fn a_bad_certificate_is_refused_by_name() {
    for (flaw, trusted, want) in [
        (Flaw::OtherHost, true, ConnectionFault::CertificateHost),
        (Flaw::Expired, true, ConnectionFault::CertificateTime),
        (Flaw::None, false, ConnectionFault::CertificateUnknown),
    ] {
        let (authority, place) = (Authority::new(), Place::new());
        let target = place.target.clone();
        let config = authority.server(flaw);
        let server = std::thread::spawn(move || upgrade(secure(place.accept(), config)).is_err());
        let client = if trusted { authority.client() } else { Authority::new().client() };
        let refused = dial(&target, client, PATIENCE).expect_err("refused");
        assert_eq!(refused.fault, want, "{refused}");
        assert!(server.join().expect("well"), "not one byte of a request was sent");
    }
}

/// Answers one caller with raw bytes instead of TLS, or with nothing.
fn raw(answer: Option<&'static [u8]>) -> DialError {
    let place = Place::new();
    let target = place.target.clone();
    let server = std::thread::spawn(move || {
        let mut stream = place.accept();
        if let Some(bytes) = answer {
            stream.write_all(bytes).expect("a reader");
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        rest
    });
    let refused =
        dial(&target, Authority::new().client(), Duration::from_millis(600)).expect_err("refused");
    let sent = server.join().expect("well");
    assert!(sent.first().is_none_or(|&byte| byte == 22), "only TLS handshake records were sent");
    refused
}

#[test]
fn plaintext_silence_and_nobody_are_refused_by_name() {
    let http = b"HTTP/1.1 400 Bad Request\r\nServer: plain\r\n\r\n";
    assert_eq!(raw(Some(http)).fault, ConnectionFault::Plaintext);
    assert_eq!(raw(None).fault, ConnectionFault::Timeout);
    // A port that nobody listens on.
    let mut target = Place::new().target;
    target.path = "/".into();
    let refused = dial(&target, Authority::new().client(), PATIENCE).expect_err("refused");
    assert_eq!(refused.fault, ConnectionFault::Connect);
    target.host = "no-such-host.invalid".into();
    let refused = dial(&target, Authority::new().client(), PATIENCE).expect_err("refused");
    assert_eq!(refused.fault, ConnectionFault::Resolve);
}

#[test]
fn a_status_instead_of_an_upgrade_is_refused_by_name() {
    for (status, want) in [
        (418, ConnectionFault::Banned),
        (429, ConnectionFault::Banned),
        (302, ConnectionFault::Upgrade),
        (200, ConnectionFault::Upgrade),
    ] {
        let (authority, place) = (Authority::new(), Place::new());
        let target = place.target.clone();
        let config = authority.server(Flaw::None);
        let server = std::thread::spawn(move || {
            let mut stream = secure(place.accept(), config);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).expect("a request");
            write!(stream, "HTTP/1.1 {status} Something\r\nLocation: wss://elsewhere/\r\n\r\n")
                .expect("a reader");
            stream.flush().expect("a reader");
            let mut rest = [0; 64];
            while let Ok(1..) = stream.read(&mut rest) {}
        });
        let refused = dial(&target, authority.client(), PATIENCE).expect_err("refused");
        assert_eq!((refused.fault, refused.status), (want, status));
        server.join().expect("well");
    }
}

#[test]
fn a_peer_that_takes_nothing_is_given_up() {
    let (authority, place) = (Authority::new(), Place::new());
    let target = place.target.clone();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let server = place.serve(authority.server(Flaw::None), move |_socket| {
        // Reads nothing and keeps the connection.
        let _ = stopped.recv_timeout(Duration::from_secs(20));
    });
    let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
    let text = vec![b'x'; 16_000];
    while link.send(&text) {}
    assert!(link.wants_write());
    let second = 1_000_000_000;
    let mut now = 1;
    let end = loop {
        match link.flush(Nanos(now), Nanos(3 * second)) {
            // What the kernel still took does not count as blocked.
            Ok(()) => now += second,
            Err(fault) => break fault,
        }
        assert!(now < 60 * second, "never given up");
    };
    assert_eq!(end, ConnectionFault::Blocked);
    stop.send(()).expect("a server");
    server.join().expect("well");
}

#[test]
fn a_server_that_renews_its_keys_gets_ours_renewed_and_its_pings_answered() {
    let (authority, place) = (Authority::new(), Place::new());
    let target = place.target.clone();
    let server = place.serve(authority.server(Flaw::None), |socket| {
        for round in 0..3_u8 {
            socket.get_mut().conn.refresh_traffic_keys().expect("TLS 1.3");
            put(socket, &frame(0x81, &[b'a' + round])).expect("a reader");
            put(socket, &frame(0x89, &[round])).expect("a reader");
            assert_eq!(socket.read().expect("a pong"), Message::Pong(vec![round].into()));
        }
        put(socket, &frame(0x81, b"end")).expect("a reader");
        until_gone(socket);
    });
    let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
    let (got, end) = collect(&mut link, 4);
    assert_eq!((got.concat(), end), (b"abcend".to_vec(), None));
    drop(link);
    server.join().expect("well");
}

#[test]
fn an_older_server_is_served_as_well() {
    let (authority, place) = (Authority::new(), Place::new());
    let target = place.target.clone();
    let config = authority.server_of(Flaw::None, &[&rustls::version::TLS12]);
    let server = place.serve(config, |socket| {
        let suite = socket.get_ref().conn.negotiated_cipher_suite().map(|suite| suite.suite());
        put(socket, &frame(0x81, b"old")).expect("a reader");
        until_gone(socket);
        suite
    });
    let mut link = dial(&target, authority.client(), PATIENCE).expect("a connection");
    assert_eq!(collect(&mut link, 1).0, [b"old".to_vec()]);
    drop(link);
    let suite = server.join().expect("well").expect("a suite");
    assert_eq!(suite, rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
}

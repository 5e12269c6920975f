//! A frame on its way from the socket through the door costs exactly one allocation: the vector
//! in which rustls hands its record over.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::{Instrument, Instruments, Message, Sink};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use runtime::door::Door;
use runtime::{Clock, Open, Stage};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use venue::feed::hatch::hatch;
use venue::feed::{Feed, FeedCounter, Plan, tls};

#[path = "counting/allocator.rs"]
mod allocator;

use allocator::allocations;

struct Nowhere;

impl Sink for Nowhere {
    fn send(&mut self, _message: Message<'_>) {}
}

fn framed(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short");
    let mut out = vec![0x81, 126];
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
    out
}

/// One record: a trade, a depth diff in chain, or a mark price.
fn record(at: u64) -> Vec<u8> {
    let time = 1_793_000_000_000 + at;
    match at % 3 {
        0 => framed(&format!(
            r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{time},"s":"BTCUSDT","a":{0},"p":"98765.40","q":"0.250","nq":"0.250","f":{at},"l":{at},"T":{time},"m":true,"st":1}}}}"#,
            at / 3 + 1
        )),
        1 => framed(&format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{time},"T":{time},"s":"BTCUSDT","ps":"BTCUSDT","st":1,"U":{0},"u":{1},"pu":{2},"b":[["98765.30","1.204"],["98765.20","0.000"]],"a":[["98765.40","0.100"]]}}}}"#,
            10 * at + 1_000 + 1,
            10 * at + 1_000 + 30,
            10 * at + 1_000
        )),
        _ => framed(&format!(
            r#"{{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":{time},"s":"BTCUSDT","p":"98760.12345678","ap":"98758.90000000","i":"98770.00000000","P":"98765.00000000","r":"0.00004500","T":1793001600000,"st":1}}}}"#
        )),
    }
}

/// Serves sockets until the end: the public one says nothing, the market one has all records.
fn serve(config: Arc<ServerConfig>, listener: TcpListener, end: Arc<AtomicBool>) {
    while !end.load(Ordering::Relaxed) {
        let (stream, _) = listener.accept().expect("a caller");
        let (config, end) = (Arc::clone(&config), Arc::clone(&end));
        std::thread::spawn(move || {
            stream.set_nodelay(true).expect("an option");
            let stream =
                StreamOwned::new(ServerConnection::new(config).expect("a session"), stream);
            let mut public = false;
            #[expect(clippy::result_large_err, reason = "tungstenite's own shape")]
            let look = |request: &tungstenite::handshake::server::Request, response| {
                public = request.uri().path().starts_with("/public");
                Ok(response)
            };
            let Ok(mut socket) = tungstenite::accept_hdr(stream, look) else { return };
            let mut at = 0;
            while !end.load(Ordering::Relaxed) {
                if public {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let stream = socket.get_mut();
                if stream.write_all(&record(at)).and_then(|()| stream.flush()).is_err() {
                    return;
                }
                at += 1;
                if at % 32 == 0 {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
        });
    }
}

#[test]
fn one_allocation_a_record_and_no_other() {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".into()]).expect("a name");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let server = ServerConfig::builder_with_provider(Arc::new(tls::provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("a pair");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let end = Arc::new(AtomicBool::new(false));
    let ending = Arc::clone(&end);
    std::thread::spawn(move || serve(Arc::new(server), listener, ending));

    let mut instruments = Instruments::default();
    instruments.put(Instrument::new("BTCUSDT", "0.1", "0.001").expect("sound")).expect("room");
    let client = tls::config(&[authority.der().clone()]).expect("a sound certificate");
    let plan = Plan::new("localhost", port, client, instruments);
    let (hatch, _clerk) = hatch();
    let door = Door::new(Open::new(Nowhere), (), 0);
    let (mut feed, _threads) = Feed::new(&plan, door, hatch, ()).expect("a feed");
    let (mut clock, counters) = (Clock::host(), feed.counters());
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut run = |frames: u64| {
        let start = counters.get(FeedCounter::Frames);
        let before = allocations();
        while counters.get(FeedCounter::Frames) < start + frames {
            assert!(Instant::now() < deadline, "too few frames came");
            if feed.cycle(clock.now()) == 0 {
                std::thread::yield_now();
            }
        }
        (counters.get(FeedCounter::Frames) - start, allocations() - before)
    };
    // Connections, first shapes and first ticks are made; then every record costs one vector.
    run(3_000);
    let (frames, allocations) = run(30_000);
    assert_eq!((counters.get(FeedCounter::Refused), counters.get(FeedCounter::DoorShut)), (0, 0));
    assert_eq!(allocations, frames, "one a record, no other");
    end.store(true, Ordering::Relaxed);
}

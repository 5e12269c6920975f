//! A venue of the tests: a market that goes on by itself, sockets that serve it, faults by order.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tungstenite::handshake::server::{Request, Response};

use crate::lab::{frame, put, secure};

/// The venue's truth: events every few milliseconds, to the same ids on every socket.
#[derive(Default)]
pub(super) struct Market {
    // (update id, frame)
    pub(super) depth: Mutex<Vec<(u64, String)>>,
    // (aggregate id, frame)
    pub(super) trades: Mutex<Vec<(u64, String)>>,
    pub(super) end: AtomicBool,
}

/// What is wrong with the venue.
#[derive(Default)]
pub(super) struct Faults {
    /// Aggregate ids that no socket delivers: first and last.
    pub(super) skip: Mutex<(u64, u64)>,
    /// No trades on sockets that opened before this count.
    pub(super) mute_below: AtomicU64,
    /// Closes every public socket that opened before this count.
    pub(super) drop_below: AtomicU64,
    /// Sends a giant frame on public sockets opened before this count.
    pub(super) giant_below: AtomicU64,
    /// Accepts and closes.
    pub(super) storm: AtomicBool,
    /// Serves no route but /public.
    pub(super) one_route: AtomicBool,
    /// Refuses subscriptions.
    pub(super) refuse: AtomicBool,
    /// Connections so far.
    pub(super) connects: AtomicU64,
}

const STEP: Duration = Duration::from_millis(5);

pub(super) fn millis() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after");
    u64::try_from(now.as_millis()).expect("this age")
}

pub(super) fn trade_frame(id: u64, at: u64) -> String {
    format!(
        r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{at},"s":"BTCUSDT","a":{id},"p":"98765.40","q":"0.250","nq":"0.250","f":{id},"l":{id},"T":{at},"m":true,"st":1}}}}"#
    )
}

pub(super) fn depth_frame(prev: u64, first: u64, last: u64, at: u64) -> String {
    format!(
        r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{at},"T":{at},"s":"BTCUSDT","ps":"BTCUSDT","st":1,"U":{first},"u":{last},"pu":{prev},"b":[["98765.30","1.204"]],"a":[["98765.40","0.000"]]}}}}"#
    )
}

impl Market {
    pub(super) fn run(self: &Arc<Self>) -> JoinHandle<()> {
        let market = Arc::clone(self);
        std::thread::spawn(move || {
            let (mut update, mut trade) = (1_000, 500);
            while !market.end.load(Ordering::Relaxed) {
                let at = millis();
                let last = update + 10;
                market
                    .depth
                    .lock()
                    .expect("sound")
                    .push((last, depth_frame(update, update + 3, last, at)));
                update = last;
                market.trades.lock().expect("sound").push((trade, trade_frame(trade, at)));
                trade += 1;
                std::thread::sleep(STEP);
            }
        })
    }
}

/// Serves one socket until it breaks or the end.
pub(super) fn serve(
    market: &Market,
    faults: &Faults,
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
) {
    let number = faults.connects.fetch_add(1, Ordering::Relaxed) + 1;
    if faults.storm.load(Ordering::Relaxed) {
        return;
    }
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "tungstenite's own shape")]
    let look = |request: &Request, response: Response| {
        path = request.uri().to_string();
        Ok(response)
    };
    let Ok(mut socket) = tungstenite::accept_hdr(secure(stream, config), look) else { return };
    if !path.contains('?') {
        // Subscriptions come by control frame.
        let Ok(request) = socket.read() else { return };
        let text = request.into_text().expect("a text");
        assert!(text.starts_with(r#"{"method":"SUBSCRIBE","params":["btcusdt@"#), "{text}");
        let answer: &[u8] = if faults.refuse.load(Ordering::Relaxed) {
            br#"{"error":{"code":2,"msg":"Invalid request"},"id":1}"#
        } else {
            br#"{"result":null,"id":1}"#
        };
        if put(&mut socket, &frame(0x81, answer)).is_err() {
            return;
        }
    }
    let public = path.starts_with("/public");
    let market_route = path.starts_with("/market") && !faults.one_route.load(Ordering::Relaxed);
    let (mut depth, mut trades) =
        (market.depth.lock().expect("sound").len(), market.trades.lock().expect("sound").len());
    while !market.end.load(Ordering::Relaxed) {
        let mut bytes = Vec::new();
        if public && number <= faults.giant_below.load(Ordering::Relaxed) {
            bytes.extend([0x81, 127, 0, 0, 0, 0, 4, 0, 0, 0]);
        }
        if public && number <= faults.drop_below.load(Ordering::Relaxed) {
            return;
        }
        if public {
            let all = market.depth.lock().expect("sound");
            for (last, text) in &all[depth..] {
                bytes.extend(frame(0x81, text.as_bytes()));
                let quote = format!(
                    r#"{{"stream":"btcusdt@bookTicker","data":{{"e":"bookTicker","u":{last},"E":{0},"T":{0},"s":"BTCUSDT","ps":"BTCUSDT","st":1,"b":"98765.30","B":"3.110","a":"98765.40","A":"0.870"}}}}"#,
                    millis()
                );
                bytes.extend(frame(0x81, quote.as_bytes()));
            }
            depth = all.len();
        }
        if market_route {
            let all = market.trades.lock().expect("sound");
            let skip = *faults.skip.lock().expect("sound");
            let mute = number <= faults.mute_below.load(Ordering::Relaxed);
            for (id, text) in &all[trades..] {
                if !mute && !(skip.0..=skip.1).contains(id) {
                    bytes.extend(frame(0x81, text.as_bytes()));
                }
                let mark = format!(
                    r#"{{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":{},"s":"BTCUSDT","p":"98760.12345678","ap":"98758.90000000","i":"98770.00000000","P":"98765.00000000","r":"0.00004500","T":1793001600000,"st":1}}}}"#,
                    1_790_000_000_000 + id
                );
                bytes.extend(frame(0x81, mark.as_bytes()));
            }
            trades = all.len();
        }
        bytes.extend(frame(0x89, b"ping"));
        if put(&mut socket, &bytes).is_err() {
            return;
        }
        std::thread::sleep(STEP);
    }
    let _ = socket.get_mut().flush();
}

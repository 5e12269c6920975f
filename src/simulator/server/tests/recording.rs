//! A recording served whole, as fast as it is read.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Instrument, Nanos};

use super::client::{Socket, get};
use crate::server::{Pace, Turn, Venue, VenuePlan};
use crate::source::RecordingSource;
use crate::statistics::scan;

/// A session of 3 000 events with its snapshot in the middle.
fn lines() -> Vec<(Nanos, Vec<u8>)> {
    let mut lines = Vec::new();
    for at in 0..3000_u64 {
        let (time, id) = (1_000_000 + at, at * 10);
        let line = match at {
            1500 => {
                format!(r#"{{"lastUpdateId":{id},"E":1,"T":1,"bids":[["1.1","2"]],"asks":[]}}"#)
            }
            _ if at % 3 == 0 => format!(
                r#"{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{time},"T":{time},"s":"BTCUSDT","t":{at},"p":"1.10","q":"0.310","X":"MARKET","m":false}}}}"#
            ),
            _ => format!(
                r#"{{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":{time},"T":{time},"s":"BTCUSDT","U":{id},"u":{},"pu":{},"b":[],"a":[]}}}}"#,
                id + 9,
                id - 1
            ),
        };
        lines.push((Nanos(time * 1_000_000), line.into_bytes()));
    }
    lines
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn serve(pace: Pace, departures: Option<Kept>) -> Venue {
    start(VenuePlan {
        pace,
        departures: departures.map(|kept| Box::new(kept) as Box<dyn Write + Send>),
        ..VenuePlan::default()
    })
}

fn start(plan: VenuePlan) -> Venue {
    let btc = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
    let source = RecordingSource::new(lines().into_iter(), btc, 2);
    let plan = VenuePlan {
        wait_for: vec!["btcusdt@depth@100ms".into(), "btcusdt@aggTrade".into()],
        ..plan
    };
    Venue::start(plan, Box::new(source)).expect("a venue")
}

fn hear_all(socket: &mut Socket, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| socket.hear().expect("a frame")).collect()
}

#[test]
fn every_frame_arrives_once_and_in_order() {
    let venue = serve(Pace::AsRead, None);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| get(&venue, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"));
        std::thread::sleep(Duration::from_millis(100));
        assert!(!asked.is_finished(), "the snapshot is held back until its line");
        let mut public = Socket::open(&venue, "/public/ws/btcusdt@depth@100ms");
        let mut market = Socket::open(&venue, "/market/ws/btcusdt@aggTrade");
        let trades = scope.spawn(move || hear_all(&mut market, 999));
        let depth = hear_all(&mut public, 2000);
        let ids: Vec<u64> = depth.iter().map(|e| scan::whole(e, "U").expect("U") / 10).collect();
        let wanted: Vec<u64> = (0..3000).filter(|at| at % 3 != 0).collect();
        assert_eq!(ids, wanted);
        let trades = trades.join().expect("trades");
        let ids: Vec<u64> = trades.iter().map(|e| scan::whole(e, "a").expect("a")).collect();
        let wanted: Vec<u64> = (0..3000).filter(|at| at % 3 == 0 && *at != 1500).collect();
        assert_eq!(ids, wanted);
        let snapshot = asked.join().expect("an answer").body;
        assert_eq!(scan::whole(&snapshot, "lastUpdateId"), Some(15_000));
    });
    assert!(venue.is_drained());
}

/// The thread that keeps the time sends by itself: the same frames in the same order, and its
/// onlooker hears of each one.
#[test]
fn a_direct_venue_sends_the_same_frames() {
    let sent = Arc::new(Mutex::new((0, 0)));
    let counts = Arc::clone(&sent);
    let venue = start(VenuePlan {
        pace: Pace::Times(20.0),
        direct: true,
        onlooker: Some(Box::new(move |turn| {
            let mut counts = counts.lock().expect("a lock");
            match turn {
                Turn::Sent => counts.0 += 1,
                Turn::Waited | Turn::Slept(_) => counts.1 += 1,
            }
        })),
        ..VenuePlan::default()
    });
    let mut public = Socket::open(&venue, "/public/ws/btcusdt@depth@100ms");
    let mut market = Socket::open(&venue, "/market/ws/btcusdt@aggTrade");
    std::thread::scope(|scope| {
        let trades = scope.spawn(|| hear_all(&mut market, 999));
        let depth = hear_all(&mut public, 2000);
        let ids: Vec<u64> = depth.iter().map(|e| scan::whole(e, "U").expect("U") / 10).collect();
        assert_eq!(ids, (0..3000).filter(|at| at % 3 != 0).collect::<Vec<u64>>());
        let trades = trades.join().expect("trades");
        let ids: Vec<u64> = trades.iter().map(|e| scan::whole(e, "a").expect("a")).collect();
        assert_eq!(ids, (0..3000).filter(|at| at % 3 == 0 && *at != 1500).collect::<Vec<u64>>());
    });
    drop(venue);
    let (frames, waits) = *sent.lock().expect("a lock");
    assert!(frames == 2999 && waits > 100, "{frames} frames, {waits} turns without one");
}

#[test]
fn departures_are_written_beside_the_frames() {
    let kept = Kept::default();
    let venue = serve(Pace::Times(10.0), Some(kept.clone()));
    let mut public = Socket::open(&venue, "/public/ws/btcusdt@depth@100ms");
    let mut market = Socket::open(&venue, "/market/ws/btcusdt@aggTrade");
    let frames = hear_all(&mut public, 2000);
    hear_all(&mut market, 999);
    drop(venue);
    let text = String::from_utf8(kept.0.lock().expect("a lock").clone()).expect("text");
    let due = |id: u64| -> u64 {
        let found =
            text.lines().find(|line| line.starts_with(&format!("btcusdt@depth@100ms {id} ")));
        found.and_then(|line| line.rsplit(' ').next()?.parse().ok()).expect("a departure")
    };
    let id = |at: usize| scan::whole(&frames[at], "u").expect("u");
    // Two seconds of the recording apart are a tenth at ten times the speed.
    let (first, last) = (due(id(0)), due(id(1999)));
    assert_eq!(last - first, (2999 - 1) * 100_000);
    assert_eq!(text.lines().count(), 2000 + 998, "the trade with the id 0 has no key");
}

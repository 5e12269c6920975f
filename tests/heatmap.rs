//! The heatmap of others in a live engine: the venue's imitation on the one side, a TLS server that
//! speaks the heatmap's format on the other, and the journal as the witness of what came in.
#![forbid(unsafe_code)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use analytics::structure::LiquidationSource;
use engine::{Inline, Observer};
use fulcrum::live::{Address, Ended, Engine, HeatmapAsk, Plan};
use journal::Journal;
use model::{Body, HeatInsight, HeatLine, HeatmapLine, Insight, Kind, Message, Trust};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use runtime::layout::{Layout, LayoutKind};
use runtime::{Clock, Idle, usable_cores};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use simulator::{MarketPlan, Pace, SyntheticSource, Venue, VenuePlan};
use venue::feed::tls;
use venue::heatmap::{HeatmapPlan, Key};

const SECRET: &str = "feedbeef0123456789abcdef00112233";
/// Times real time.
const SPEED: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

static FOLDERS: AtomicU64 = AtomicU64::new(0);

/// Where a run's files lie; gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("fulcrum-heatmap-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(path.join("hot")).expect("a folder for the test");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server of heatmaps: what it answers each time, and what it was asked.
struct Server {
    port: u16,
    authority: CertificateDer<'static>,
    asked: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// An authority of our own, and a server for the loopback.
fn identity() -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "heatmap authority");
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("an authority").der().clone();
    let issuer = Issuer::new(params, key);
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let chain = vec![CertificateDer::from(leaf.signed_by(&key, &issuer).expect("a leaf"))];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server");
    (authority, Arc::new(config))
}

impl Server {
    fn new(status: u16, body: String) -> Self {
        let (authority, config) = identity();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let (asked, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, log) = (Arc::clone(&asked), Arc::clone(&requests));
        // Sleeps in `accept` at the end of the test; the process takes it along.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = ServerConnection::new(Arc::clone(&config)).expect("a session");
                let mut stream = BufReader::new(StreamOwned::new(server, stream));
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    if !matches!(stream.read_line(&mut request), Ok(1..)) {
                        break;
                    }
                }
                count.fetch_add(1, Ordering::AcqRel);
                log.lock().expect("sound").push(request);
                let text = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n\
                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.get_mut().write_all(text.as_bytes());
                let _ = stream.get_mut().flush();
            }
        });
        Self { port, authority, asked, requests }
    }

    fn ask(&self) -> HeatmapAsk {
        HeatmapAsk {
            plan: HeatmapPlan {
                host: "localhost".into(),
                port: self.port,
                timeout: Duration::from_secs(3),
                ..HeatmapPlan::default()
            },
            key: Key::new(SECRET).expect("a key"),
            tls: tls::config(std::slice::from_ref(&self.authority)).expect("an authority"),
        }
    }
}

/// Eleven prices 0.4 % apart around this one, a large amount two steps above and two below.
fn map_around(price: u32) -> String {
    let prices: Vec<String> =
        (0..11).map(|at| (price - price / 50 + at * (price / 250)).to_string()).collect();
    let cells: Vec<String> = (0..11)
        .map(|at| format!("[1,{at},{}]", if matches!(at, 3 | 7) { 9_000_000 } else { 1_000 }))
        .collect();
    format!(
        r#"{{"code":"0","msg":"success","data":{{"y_axis":[{}],"liquidation_leverage_data":[{}],
        "price_candlesticks":[[1795132500,"1","1","1","1","1"],[1795132800,"1","1","1","1","1"]]}}}}"#,
        prices.join(","),
        cells.join(",")
    )
}

fn plan(venue: &Venue, folder: &Path, heatmap: HeatmapAsk) -> Plan {
    let authority = tls::certificates(venue.authority_pem().as_bytes()).expect("an authority");
    let (host, port) = ("localhost".to_owned(), venue.address().port());
    let address = Address {
        stream_host: host.clone(),
        stream_port: port,
        rest_host: host,
        rest_port: port,
        tls: tls::config(&authority).expect("a sound certificate"),
    };
    let mut plan =
        Plan::new(address, vec!["BTCUSDT".into()], folder.join("hot")).expect("a layout");
    let idle = Idle::Park { nap: Duration::from_micros(300) };
    plan.layout = Layout::plan(LayoutKind::One, &[], usable_cores(), idle).expect("a layout");
    plan.journal = Some(folder.join("journal"));
    plan.stages.analytics.tape_slots = 1 << 16;
    plan.stages.analytics.structure.liquidation_source = LiquidationSource::Coinglass;
    plan.heatmap = Some(heatmap);
    let clock = Clock::scaled(venue.clock().now(), u64::from(SPEED) * 1_000);
    plan.at_speed(clock, u64::from(SPEED) * 1_000)
}

/// Runs an engine until `over`, and holds what every run must keep.
fn run(heatmap: HeatmapAsk, folder: &Folder, over: impl Fn(&Engine) -> bool) -> Ended {
    let market = MarketPlan { avalanches_per_hour: 0.0, ..MarketPlan::btcusdt() };
    let pace = Pace::Times(f64::from(SPEED));
    let plan_of_venue = VenuePlan { pace, ..VenuePlan::default() };
    let source = SyntheticSource::new(77, vec![market]);
    let venue = Venue::start(plan_of_venue, Box::new(source)).expect("a venue");
    let engine = Engine::start(plan(&venue, &folder.0, heatmap)).expect("an engine");
    let begun = Instant::now();
    while !over(&engine) {
        assert!(engine.is_running(), "the engine goes on whatever the heatmap says");
        assert!(begun.elapsed() < PATIENCE, "never: {:?}", engine.view().faults);
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = engine.stop();
    assert!(ended.agrees(), "live and replica differ");
    let replayed = ended.replay().expect("a sound journal").expect("a journal");
    assert_eq!(replayed, ended.live, "the journal says something else");
    assert!(!format!("{:?} {:?}", ended.view, ended.vitals).contains(SECRET), "the key is nowhere");
    ended
}

/// What the journal has of heatmaps and of the clusters that follow from them.
#[derive(Default, Debug)]
struct Seen {
    maps: Vec<Vec<HeatmapLine>>,
    trades: u64,
    // Window byte, trust, head, bins.
    clusters: Vec<(u8, Trust, HeatInsight, Vec<HeatLine>)>,
}

impl Observer for Seen {
    fn event(&mut self, message: Message<'_>) {
        match message.head.kind() {
            Some(Kind::Heatmap) => {
                let lines = (0..message.body.len()).filter_map(|at| message.body.view(at));
                self.maps.push(lines.copied().collect());
            }
            Some(Kind::Trade) => self.trades += 1,
            _ => {}
        }
    }

    fn insight(&mut self, insight: &Insight, body: Body<'_>) {
        if insight.kind() == Some(Kind::HeatInsight) {
            let lines = (0..body.len()).filter_map(|at| body.view(at)).copied().collect();
            let head: HeatInsight = *insight.view();
            self.clusters.push((head.window, insight.trust, head, lines));
        }
    }
}

fn seen(ended: &Ended) -> Seen {
    let mut inline = Inline::of_log(ended.instruments.clone(), &ended.stages, Seen::default());
    let journal = Journal::open(ended.journal.as_deref().expect("a journal")).expect("a journal");
    let mut reader = journal.reader();
    while let Some(message) = reader.read().expect("a sound journal") {
        inline.replay(message);
    }
    std::mem::take(inline.observer())
}

fn count(engine: &Engine, kind: &str) -> u64 {
    let view = engine.view();
    view.kinds.iter().find(|(name, _)| *name == kind).map_or(0, |(_, count)| *count)
}

#[test]
fn a_heatmap_enters_the_log_and_clusters_come_out_of_it() {
    let server = Server::new(200, map_around(84_551));
    let folder = Folder::new();
    let since = Mutex::new(None);
    // Two minutes of the venue behind the map: each ends with a record.
    let ended = run(server.ask(), &folder, |engine| {
        let mut since = since.lock().expect("sound");
        if count(engine, "heatmap") > 0 && since.is_none() {
            *since = Some(Instant::now());
        }
        since.is_some_and(|since: Instant| {
            since.elapsed() > Duration::from_secs(120 / u64::from(SPEED) + 2)
        })
    });
    let seen = seen(&ended);
    assert!(seen.trades > 20, "there was a market: {}", seen.trades);
    // Once a minute of the host's clock, not of the venue's.
    let asked = server.asked.load(Ordering::Acquire);
    assert_eq!((seen.maps.len(), asked), (1, 1), "asked once in a minute");
    assert_eq!(ended.vitals.count("heatmap_answers_total"), 1);
    assert_eq!(ended.vitals.count("heatmap_failed_total"), 0);
    let levels = seen.maps[0].iter().flat_map(|line| line.prices).filter(|price| price.0 > 0);
    assert_eq!(levels.count(), 11);
    let request = server.requests.lock().expect("sound")[0].to_lowercase();
    assert!(request.contains("symbol=btcusdt") && request.contains(SECRET), "asked with the key");
    assert!(seen.clusters.iter().all(|record| record.0 == 1), "all of the heatmap, none of ours");
    let sound: Vec<_> =
        seen.clusters.iter().filter(|record| !record.1.has(Trust::MISSING)).collect();
    assert!(!sound.is_empty(), "clusters came out: {:?}", seen.clusters);
    let (_, _, head, lines) = sound[0];
    // The two large amounts: shorts above the price, longs below.
    assert!(head.up > 0.0 && head.down > 0.0, "{head:?}");
    let above = lines.iter().any(|line| line.low > head.mark && line.shorts > 0.0);
    let below = lines.iter().any(|line| line.high < head.mark && line.longs > 0.0);
    assert!(above && below, "{lines:?}");
}

#[test]
fn a_bad_key_is_named_once_and_the_engine_goes_on() {
    let body = format!(r#"{{"code":"401","msg":"bad key {SECRET}"}}"#);
    let server = Server::new(401, body);
    let folder = Folder::new();
    let since = Mutex::new(None);
    let ended = run(server.ask(), &folder, |engine| {
        let mut since = since.lock().expect("sound");
        if engine.view().faults.contains_key("heatmap refused") && since.is_none() {
            *since = Some(Instant::now());
        }
        since.is_some_and(|since: Instant| since.elapsed() > Duration::from_secs(7))
    });
    assert_eq!(ended.view.faults.get("heatmap refused"), Some(&1), "{:?}", ended.view.faults);
    let named = |note: &&fulcrum::live::Note| note.text.contains("heatmap refused");
    assert_eq!(ended.vitals.count("heatmap_refused"), 1);
    assert_eq!(ended.vitals.count("heatmap_failed_total"), 1);
    assert!(ended.view.notes.iter().filter(named).count() <= 1);
    assert_eq!(server.asked.load(Ordering::Acquire), 1, "never again");
    let seen = seen(&ended);
    assert!(seen.maps.is_empty() && seen.trades > 20, "the engine went on: {}", seen.trades);
    assert!(!seen.clusters.is_empty(), "a minute ended");
    let missing = |record: &(u8, Trust, HeatInsight, Vec<HeatLine>)| {
        record.0 == 1 && record.1.has(Trust::MISSING) && record.3.is_empty()
    };
    assert!(seen.clusters.iter().all(missing), "without a map there are no clusters");
}

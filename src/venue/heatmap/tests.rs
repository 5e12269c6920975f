//! The heatmap against a TLS server that speaks its format and its errors.

use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{
    Draft, Fine, HeatmapLine, Instrument, InstrumentId, Kind, MINUTE, Nanos, Price, SECOND,
};

use super::{Heatmap, HeatmapError, HeatmapPlan, Key, LEVELS_MAX, Reading};
use crate::lab::{Authority, Flaw, Place, secure};

const BTC: InstrumentId = InstrumentId(0);
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How a server answers: status, further headers, body, how long it waits.
type Said = (u16, &'static str, String, Duration);

struct Server {
    authority: Authority,
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(flaw: Flaw, answer: impl Fn(usize) -> Said + Send + 'static) -> Self {
        let (authority, place) = (Authority::new(), Place::new());
        let (port, config) = (place.target.port, authority.server(flaw));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        // Sleeps in `accept` at the end of the test; the process takes it along.
        std::thread::spawn(move || {
            loop {
                let mut stream = BufReader::new(secure(place.accept(), Arc::clone(&config)));
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") {
                    if !matches!(stream.read_line(&mut request), Ok(1..)) {
                        break;
                    }
                }
                if request.is_empty() {
                    continue;
                }
                let count = {
                    let mut log = log.lock().expect("sound");
                    log.push(request);
                    log.len() - 1
                };
                let (status, headers, body, wait) = answer(count);
                std::thread::sleep(wait);
                let text = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}\
                     Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.get_mut().write_all(text.as_bytes());
                let _ = stream.get_mut().flush();
            }
        });
        Self { authority, port, heard }
    }

    fn source(&self) -> Heatmap {
        let plan = HeatmapPlan {
            host: "localhost".into(),
            port: self.port,
            timeout: Duration::from_millis(1_500),
            ..HeatmapPlan::default()
        };
        let key = Key::new(&format!("  {SECRET}\n")).expect("a key");
        Heatmap::new(&plan, "BTCUSDT", key, &self.authority.client()).expect("a source")
    }
}

fn said(status: u16, body: &str) -> Said {
    (status, "", body.into(), Duration::ZERO)
}

fn bitcoin() -> Instrument {
    Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid")
}

fn poll(
    source: &mut Heatmap,
    now: Nanos,
    draft: &mut Draft,
) -> Option<Result<Reading, HeatmapError>> {
    let result = source.poll(now, BTC, &bitcoin(), draft);
    // Whatever is said of it, the key is not.
    assert!(!format!("{source:?} {result:?}").contains(SECRET));
    if let Some(Err(error)) = &result {
        assert!(!error.to_string().contains(SECRET));
    }
    result
}

/// Two candles, three prices; the older column must not be read.
const SOUND: &str = r#"{"code":"0","msg":"success","data":{
    "y_axis":[47968.54,48000.00,48031.46],
    "liquidation_leverage_data":[[0,0,1.5],[0,1,99.0],[1,2,2288867.26],[1,0,318624.82]],
    "price_candlesticks":[[1722676500,"61486","61596.4","61434.4","61539.9","63753192.1129"],
                          [1722676800,"61539.9","61610.0","61480.0","61590.5","42311820.8720"]]}}"#;

const NOW: Nanos = Nanos(1_722_676_900 * SECOND.0);

#[test]
fn the_newest_column_becomes_an_event() {
    let server = Server::new(Flaw::None, |_| said(200, SOUND));
    let (mut source, mut draft) = (server.source(), Draft::default());
    let read = poll(&mut source, NOW, &mut draft).expect("due").expect("sound");
    assert_eq!(read, Reading { levels: 2, left_out: 0, seconds: 1_722_676_800 });
    assert_eq!((draft.head.kind(), draft.head.instrument), (Some(Kind::Heatmap), BTC));
    let line: &HeatmapLine = draft.message().body.view(0).expect("a line");
    // To the nearest tick of 0.1; the sum in 10⁻⁸ USD.
    assert_eq!(line.prices, [Price(479_685), Price(480_315), Price(0), Price(0)]);
    assert_eq!(line.amounts[0], Fine(31_862_482_000_000));
    assert_eq!(line.amounts[1], Fine(228_886_726_000_000));
    // Once a minute, and no more.
    assert_eq!(poll(&mut source, Nanos(NOW.0 + 59 * SECOND.0), &mut draft), None);
    assert!(poll(&mut source, Nanos(NOW.0 + 60 * SECOND.0), &mut draft).is_some());
    let heard = server.heard.lock().expect("sound");
    let (request, key) = (heard[0].to_lowercase(), format!("cg-api-key: {SECRET}"));
    assert!(heard[0].starts_with(
        "GET /api/futures/liquidation/heatmap/model3?exchange=Binance&symbol=BTCUSDT&range=3d "
    ));
    assert!(request.contains(&key) && heard.len() == 2, "{request}");
}

#[test]
fn a_refused_key_is_not_tried_again() {
    // As a status; as a code in an answer of 200; with the key repeated in the text.
    for (status, body) in [
        (401, r#"{"code":"401","msg":"API key missing."}"#.to_string()),
        (200, r#"{"code":"401","msg":"Upgrade plan"}"#.to_string()),
        (200, format!(r#"{{"code":401,"msg":"bad key {SECRET}\u0007"}}"#)),
        (403, String::new()),
        (302, String::new()),
    ] {
        let server = Server::new(Flaw::None, move |_| said(status, &body));
        let (mut source, mut draft) = (server.source(), Draft::default());
        let error = poll(&mut source, NOW, &mut draft).expect("due").expect_err("refused");
        assert!(matches!(error, HeatmapError::Refused(..)), "{error:?}");
        assert_eq!(source.due(), None);
        assert_eq!(poll(&mut source, Nanos(u64::MAX), &mut draft), None);
        assert_eq!(server.heard.lock().expect("sound").len(), 1);
    }
}

#[test]
fn the_rate_limit_is_obeyed() {
    let server = Server::new(Flaw::None, |count| match count {
        0 => (429, "Retry-After: 17\r\n", r#"{"code":"429","msg":"x"}"#.into(), Duration::ZERO),
        1 => said(200, r#"{"code":"429","msg":"Too Many Requests"}"#),
        2 => {
            let headers = "API-KEY-MAX-LIMIT: 30\r\nAPI-KEY-USE-LIMIT: 30\r\n";
            (200, headers, SOUND.into(), Duration::ZERO)
        }
        _ => said(200, SOUND),
    });
    let (mut source, mut draft) = (server.source(), Draft::default());
    let mut now = NOW;
    for wait in [17 * SECOND.0, 60 * SECOND.0] {
        let error = poll(&mut source, now, &mut draft).expect("due").expect_err("limited");
        let until = Nanos(now.0 + wait);
        assert_eq!(error, HeatmapError::Limited(until));
        assert_eq!(poll(&mut source, Nanos(until.0 - 1), &mut draft), None);
        now = until;
    }
    assert!(matches!(poll(&mut source, now, &mut draft), Some(Ok(_))));
    assert_eq!(source.due(), Some(Nanos(now.0 + 2 * MINUTE.0)), "the plan is used up");
}

#[test]
fn failures_are_tried_again_slower_and_slower() {
    let server = Server::new(Flaw::None, |count| match count % 3 {
        0 => said(500, r#"{"code":"500","msg":"Server Error"}"#),
        1 => said(200, r#"{"code":"408","msg":"x"}"#),
        _ => said(503, "<html>"),
    });
    let (mut source, mut draft) = (server.source(), Draft::default());
    let mut now = NOW;
    for wait in [5, 10, 20, 40, 80, 160, 320, 600, 600] {
        let error = poll(&mut source, now, &mut draft).expect("due").expect_err("busy");
        assert!(matches!(error, HeatmapError::Busy(500 | 408 | 503, _)), "{error:?}");
        assert_eq!(source.due(), Some(Nanos(now.0 + wait * SECOND.0)));
        now = Nanos(now.0 + wait * SECOND.0);
    }
}

#[test]
fn what_is_not_of_the_shape_is_refused_by_name() {
    let data = |data: &str| format!(r#"{{"code":"0","data":{data}}}"#);
    let unreadable = HeatmapError::Unreadable;
    let candles = r#""price_candlesticks":[[1722676500,"1","1","1","1","1"]]"#;
    for (body, want) in [
        (String::new(), unreadable("no envelope of code and data")),
        ("[1,2]".into(), unreadable("no envelope of code and data")),
        (SOUND[..SOUND.len() / 2].into(), unreadable("no envelope of code and data")),
        (r#"{"code":"0"}"#.into(), unreadable("no data")),
        (data("[]"), unreadable("y_axis")),
        (data(r#"{"y_axis":[1]}"#), unreadable("liquidation_leverage_data")),
        (
            data(r#"{"y_axis":[1],"liquidation_leverage_data":[]}"#),
            unreadable("price_candlesticks"),
        ),
        (
            data(&format!(r#"{{"y_axis":["x"],"liquidation_leverage_data":[],{candles}}}"#)),
            unreadable("y_axis"),
        ),
        (
            data(&format!(r#"{{"y_axis":[1e300],"liquidation_leverage_data":[],{candles}}}"#)),
            unreadable("y_axis"),
        ),
        // An index beyond the prices, beyond the candles, and a negative amount.
        (
            data(&format!(r#"{{"y_axis":[1],"liquidation_leverage_data":[[0,1,5]],{candles}}}"#)),
            unreadable("liquidation_leverage_data"),
        ),
        (
            data(&format!(r#"{{"y_axis":[1],"liquidation_leverage_data":[[1,0,5]],{candles}}}"#)),
            unreadable("liquidation_leverage_data"),
        ),
        (
            data(&format!(r#"{{"y_axis":[1],"liquidation_leverage_data":[[0,0,-5]],{candles}}}"#)),
            unreadable("liquidation_leverage_data"),
        ),
        (
            data(&format!(r#"{{"y_axis":[],"liquidation_leverage_data":[],{candles}}}"#)),
            HeatmapError::Empty,
        ),
        (
            data(r#"{"y_axis":[],"liquidation_leverage_data":[],"price_candlesticks":[]}"#),
            HeatmapError::Empty,
        ),
    ] {
        let answer = body.clone();
        let server = Server::new(Flaw::None, move |_| said(200, &answer));
        let (mut source, mut draft) = (server.source(), Draft::default());
        let error = poll(&mut source, NOW, &mut draft).expect("due").expect_err("refused");
        assert_eq!(error, want, "{body}");
        assert_eq!(source.due(), Some(Nanos(NOW.0 + 5 * SECOND.0)), "asked again later");
    }
}

#[test]
fn more_levels_than_fit_keep_the_largest_and_say_so() {
    let many = LEVELS_MAX + 100;
    let prices: Vec<String> = (0..many).map(|at| format!("{}", 40_000 + at)).collect();
    let cells: Vec<String> = (0..many).map(|at| format!("[0,{at},{}]", 1_000 + at)).collect();
    let body = format!(
        r#"{{"code":"0","data":{{"y_axis":[{}],"liquidation_leverage_data":[{}],"price_candlesticks":[[7]]}}}}"#,
        prices.join(","),
        cells.join(",")
    );
    let server = Server::new(Flaw::None, move |_| said(200, &body));
    let (mut source, mut draft) = (server.source(), Draft::default());
    let read = poll(&mut source, NOW, &mut draft).expect("due").expect("sound");
    assert_eq!((read.levels, read.left_out), (LEVELS_MAX, 100));
    let first: &HeatmapLine = draft.message().body.view(0).expect("a line");
    assert_eq!((first.prices[0], draft.body().len()), (Price(401_000), LEVELS_MAX / 4));
}

#[test]
fn a_slow_or_false_server_is_a_failure_of_transport() {
    let slow = Server::new(Flaw::None, |_| (200, "", SOUND.into(), Duration::from_secs(4)));
    let other = Server::new(Flaw::OtherHost, |_| said(200, SOUND));
    for server in [slow, other] {
        let (mut source, mut draft) = (server.source(), Draft::default());
        let error = poll(&mut source, NOW, &mut draft).expect("due").expect_err("no answer");
        assert!(matches!(error, HeatmapError::Transport(_)), "{error:?}");
        assert_eq!(source.due(), Some(Nanos(NOW.0 + 5 * SECOND.0)));
    }
}

#[test]
fn a_key_is_printable_and_hides_itself() {
    for text in ["", "  \n", "a b", "schlüssel", &"x".repeat(257)] {
        assert!(matches!(Key::new(text), Err(HeatmapError::Key)), "{text:?}");
    }
    assert_eq!(format!("{:?}", Key::new(SECRET).expect("a key")), "Key(…)");
}

//! One request, one answer: reqwest with its retries and redirects off, behind the ledger.

use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Nanos;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use runtime::Clock;
use rustls::ClientConfig;

use super::ledger::{Ledger, Need, NotBefore, Said, banned_until};
use super::offset::Offset;

/// An answer is read up to here: an exchangeInfo has 1.1 MB.
pub const ANSWER_MAX: u64 = 16 << 20;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RestError {
    /// The ledger says no: not before this time of the venue's clock.
    Wait(Nanos),
    /// No connection, no answer in time, a bad certificate.
    Transport(String),
    /// The venue refused: HTTP status, its error code (0 when it gave none), its text.
    Refused(u16, i64, String),
    /// The answer is not what was asked for.
    Unreadable(String),
}

impl fmt::Display for RestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(until) => {
                write!(out, "the weight ledger says not before {} ms", until.0 / 1_000_000)
            }
            Self::Transport(text) => write!(out, "no answer: {text}"),
            Self::Refused(status, code, text) => {
                write!(out, "the venue answered HTTP {status}, code {code}: {text}")
            }
            Self::Unreadable(text) => write!(out, "the answer cannot be read: {text}"),
        }
    }
}

impl std::error::Error for RestError {}

/// A sound answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its body.
    pub body: Vec<u8>,
    /// When we asked, by our clock.
    pub sent: Nanos,
    /// When its last byte came, by our clock.
    pub received: Nanos,
}

/// What all threads of one address share.
#[derive(Debug)]
struct Shared {
    ledger: Mutex<Ledger>,
    offset: Mutex<Offset>,
}

/// The client. Clones share connections, ledger and clock offset.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    base: String,
    shared: Arc<Shared>,
    clock: Clock,
}

impl Client {
    /// A client of `https://host:port`. It starts a thread of its own: call it before any thread
    /// is pinned.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        host: &str,
        port: u16,
        tls: &ClientConfig,
        limit: u32,
        clock: Clock,
    ) -> Result<Self, RestError> {
        let http = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .https_only(true)
            .no_proxy()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            // reqwest repeats some failed requests by itself; whether to ask again is our decision.
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(4))
            .tcp_nodelay(true)
            .user_agent("fulcrum")
            .build()
            .map_err(|error| transport(&error))?;
        let base =
            if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") };
        let shared = Shared { ledger: Mutex::new(Ledger::new(limit)), offset: Mutex::default() };
        Ok(Self { http, base, shared: Arc::new(shared), clock })
    }

    /// Our clock.
    pub fn now(&mut self) -> Nanos {
        self.clock.now()
    }

    /// The venue's clock, as well as we know it.
    pub fn venue_now(&mut self) -> Nanos {
        let now = self.clock.now();
        let offset = self.shared.offset.lock().unwrap_or_else(PoisonError::into_inner);
        offset.estimate(now).map_or(now, |estimate| estimate.venue(now))
    }

    /// Looks at the clock offset, or adds to it.
    pub fn with_offset<R>(&self, look: impl FnOnce(&mut Offset) -> R) -> R {
        look(&mut self.shared.offset.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the ledger.
    pub fn with_ledger<R>(&self, look: impl FnOnce(&mut Ledger) -> R) -> R {
        look(&mut self.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for `path` with its query.
    ///
    /// # Errors
    /// [`RestError`]; the ledger has learnt from whatever was answered.
    pub fn get(&mut self, path: &str, weight: u32, need: Need) -> Result<Reply, RestError> {
        let asked = self.venue_now();
        self.with_ledger(|ledger| ledger.take(weight, need, asked))
            .map_err(|NotBefore(until)| RestError::Wait(until))?;
        let sent = self.clock.now();
        let response = self.http.get(format!("{}{path}", self.base)).send();
        let response = response.map_err(|error| transport(&error))?;
        let (mut said, json) = (said(&response), is_json(&response));
        let body = body(response)?;
        let received = self.clock.now();
        said.banned_until =
            if matches!(said.status, 418 | 429) { banned_until(&body) } else { None };
        let heard = self.venue_now();
        self.with_ledger(|ledger| ledger.hear(said, heard));
        match said.status {
            200 if json => Ok(Reply { body, sent, received }),
            // A firewall in between answers 200 or 202 with a page of its own, or with nothing.
            200..=299 => Err(RestError::Unreadable("not JSON".into())),
            status => {
                let (code, text) = refusal(&body);
                Err(RestError::Refused(status, code, text))
            }
        }
    }
}

fn said(response: &Response) -> Said {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    Said {
        status: response.status().as_u16(),
        used: header("x-mbx-used-weight-1m").map(|used| u32::try_from(used).unwrap_or(u32::MAX)),
        retry_after: header(RETRY_AFTER.as_str()),
        banned_until: None,
    }
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}

fn body(response: Response) -> Result<Vec<u8>, RestError> {
    let mut body = Vec::new();
    let mut limited = response.take(ANSWER_MAX + 1);
    limited.read_to_end(&mut body).map_err(|error| RestError::Transport(error.to_string()))?;
    if body.len() as u64 > ANSWER_MAX {
        return Err(RestError::Unreadable(format!("longer than {ANSWER_MAX} bytes")));
    }
    Ok(body)
}

/// The venue's error code and text; its text is cut and cleaned, for it goes to logs.
fn refusal(body: &[u8]) -> (i64, String) {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let code = value.get("code").and_then(serde_json::Value::as_i64).unwrap_or(0);
    let text = value.get("msg").and_then(serde_json::Value::as_str).unwrap_or("");
    (code, text.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// The whole chain of causes in one line: reqwest's own says little.
fn transport(error: &reqwest::Error) -> RestError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    RestError::Transport(text)
}

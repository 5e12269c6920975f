//! An external liquidation heatmap, over REST on a cold thread: CoinGlass, API v4, pair heatmap
//! model 3, with the user's own key.
//!
//! ```text
//! poll(now) ── due? ──▶ GET /api/futures/liquidation/heatmap/model3 ──▶ newest column ──▶ heatmap event
//!                 └──── errors: later, slower and slower; a refused key: never again
//! ```
//! | file | one line |
//! |---|---|
//! | `answer.rs` | the answer's shape, checked, and the levels of its newest column |
//!
//! **Invariants.** The key comes as a secret, goes out in one header over TLS, and stands in no
//! text, error or log. One request a minute at most. No retry but by the schedule here.

mod answer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::time::Duration;

use model::{Draft, Instrument, InstrumentId, MINUTE, Nanos, SECOND};
use reqwest::header::{HeaderValue, RETRY_AFTER};
use rustls::ClientConfig;

pub use answer::{LEVELS_MAX, Read as Reading};

/// Where it is.
pub const HOST: &str = "open-api-v4.coinglass.com";
/// The header that carries the key.
const KEY_HEADER: &str = "CG-API-KEY";
/// Between two sound answers: the venue's plans allow 30 requests a minute and more.
const PERIOD: Nanos = MINUTE;
/// After the first failure; doubled by each that follows.
const BACKOFF: Nanos = Nanos(5 * SECOND.0);
/// The longest wait between two attempts.
const BACKOFF_MAX: Nanos = Nanos(10 * MINUTE.0);
/// An answer is read up to here: a map of 1 y has some MB.
const ANSWER_MAX: u64 = 16 << 20;
/// Bytes of a message that goes to a log.
const TEXT_MAX: usize = 200;

/// The user's key. It shows itself to nobody.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    /// The key in the text of a credential file; surrounding white space is none of it.
    ///
    /// # Errors
    /// [`HeatmapError::Key`] when it is empty, longer than 256 bytes, or no printable ASCII.
    pub fn new(text: &str) -> Result<Self, HeatmapError> {
        let text = text.trim();
        let sound = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if sound { Ok(Self(text.into())) } else { Err(HeatmapError::Key) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(…)")
    }
}

/// Why there is no heatmap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeatmapError {
    /// The credential holds no key.
    Key,
    /// Refused for good: a bad key, a plan without this map, a pair that is not there. Asked no
    /// more. Its code, its text.
    Refused(u16, String),
    /// More requests than the plan allows: not before this time of our clock.
    Limited(Nanos),
    /// The service has a problem of its own: its code, its text.
    Busy(u16, String),
    /// No connection, no answer in time, a bad certificate.
    Transport(String),
    /// The answer is not of the documented shape.
    Unreadable(&'static str),
    /// A sound answer without a level.
    Empty,
}

impl fmt::Display for HeatmapError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => write!(out, "the heatmap's credential holds no key of printable ASCII"),
            Self::Refused(code, text) => {
                write!(out, "the heatmap is refused for good, code {code}: {text}")
            }
            Self::Limited(until) => {
                write!(out, "the heatmap's rate limit: not before {} ms", until.0 / 1_000_000)
            }
            Self::Busy(code, text) => {
                write!(out, "the heatmap's service failed, code {code}: {text}")
            }
            Self::Transport(text) => write!(out, "no answer from the heatmap: {text}"),
            Self::Unreadable(what) => write!(out, "the heatmap cannot be read: {what}"),
            Self::Empty => write!(out, "the heatmap holds no level"),
        }
    }
}

impl std::error::Error for HeatmapError {}

/// What is asked for and where.
#[derive(Clone, Debug)]
pub struct HeatmapPlan {
    /// Host, without scheme.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Exchange, as CoinGlass writes it.
    pub exchange: String,
    /// Range: 12h, 24h, 3d, 7d, 30d, 90d, 180d, 1y.
    pub range: String,
    /// The longest wait for a whole answer.
    pub timeout: Duration,
}

impl Default for HeatmapPlan {
    /// Binance, 3 d, ten seconds.
    fn default() -> Self {
        Self {
            host: HOST.into(),
            port: 443,
            exchange: "Binance".into(),
            range: "3d".into(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// The source of one instrument's heatmaps.
#[derive(Debug)]
pub struct Heatmap {
    http: reqwest::blocking::Client,
    key: Key,
    url: String,
    // Not before this time of our clock.
    due: Nanos,
    failures: u32,
    // It said no for good.
    over: bool,
}

/// An answer as it came.
struct Raw {
    status: u16,
    used: Option<u64>,
    limit: Option<u64>,
    retry_after: Option<u64>,
    body: Vec<u8>,
}

impl Heatmap {
    /// A source for one symbol. It starts a thread of its own: call it before any is pinned.
    ///
    /// # Errors
    /// [`HeatmapError::Transport`] when TLS cannot be set up.
    pub fn new(
        plan: &HeatmapPlan,
        symbol: &str,
        key: Key,
        tls: &ClientConfig,
    ) -> Result<Self, HeatmapError> {
        let http = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .https_only(true)
            .no_proxy()
            .http1_only()
            // A redirect would carry the key to somewhere else.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(plan.timeout)
            .timeout(plan.timeout)
            .user_agent("fulcrum")
            .build()
            .map_err(|error| HeatmapError::Transport(error.to_string()))?;
        let HeatmapPlan { host, port, exchange, range, .. } = plan;
        let path = "/api/futures/liquidation/heatmap/model3";
        let url = format!(
            "https://{host}:{port}{path}?exchange={exchange}&symbol={symbol}&range={range}"
        );
        Ok(Self { http, key, url, due: Nanos::NONE, failures: 0, over: false })
    }

    /// When to ask next, by our clock; `None` when it said no for good.
    #[must_use]
    pub fn due(&self) -> Option<Nanos> {
        (!self.over).then_some(self.due)
    }

    /// Asks when it is due, at most once, and writes the event. `None`: not due, or never again.
    ///
    /// # Errors
    /// [`HeatmapError`]; the schedule has learnt from it.
    pub fn poll(
        &mut self,
        now: Nanos,
        id: InstrumentId,
        instrument: &Instrument,
        draft: &mut Draft,
    ) -> Option<Result<Reading, HeatmapError>> {
        if self.over || now < self.due {
            return None;
        }
        let mut wait = PERIOD;
        let result = self.ask().and_then(|raw| {
            // The last request of this minute was the plan's last.
            if let (Some(used), Some(limit)) = (raw.used, raw.limit)
                && used >= limit
            {
                wait = Nanos(2 * MINUTE.0);
            }
            self.judge(&raw, now)?;
            answer::write(&raw.body, id, instrument, draft)
        });
        match &result {
            Ok(_) => self.failures = 0,
            Err(HeatmapError::Refused(..)) => self.over = true,
            Err(HeatmapError::Limited(until)) => {
                self.failures = 0;
                self.due = *until;
                return Some(result);
            }
            Err(_) => {
                let doubled = BACKOFF.0.saturating_mul(1 << self.failures.min(16));
                wait = Nanos(doubled.min(BACKOFF_MAX.0));
                self.failures = self.failures.saturating_add(1);
            }
        }
        self.due = now.after(wait);
        Some(result)
    }

    fn ask(&self) -> Result<Raw, HeatmapError> {
        let mut key = HeaderValue::from_str(&self.key.0).map_err(|_| HeatmapError::Key)?;
        key.set_sensitive(true);
        let request = self.http.get(&self.url).header("accept", "application/json");
        let response = request.header(KEY_HEADER, key).send().map_err(|error| transport(&error))?;
        let header =
            |name: &str| response.headers().get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let (used, limit) = (header("API-KEY-USE-LIMIT"), header("API-KEY-MAX-LIMIT"));
        let (status, retry_after) = (response.status().as_u16(), header(RETRY_AFTER.as_str()));
        let mut body = Vec::new();
        let read = response.take(ANSWER_MAX + 1).read_to_end(&mut body);
        read.map_err(|error| HeatmapError::Transport(error.to_string()))?;
        if body.len() as u64 > ANSWER_MAX {
            return Err(HeatmapError::Unreadable("longer than an answer may be"));
        }
        Ok(Raw { status, used, limit, retry_after, body })
    }

    /// What status and envelope say. Errors come as a status, or as a code in an answer of 200.
    fn judge(&self, raw: &Raw, now: Nanos) -> Result<(), HeatmapError> {
        let envelope = answer::envelope(&raw.body);
        let code = match (raw.status, &envelope) {
            (200, Some((0, _))) => return Ok(()),
            (200, Some((code, _))) => *code,
            (200, None) => return Err(HeatmapError::Unreadable("no envelope of code and data")),
            (status, _) => status,
        };
        let text = envelope.map(|(_, text)| self.clean(&text)).unwrap_or_default();
        Err(match code {
            429 => {
                let wait = raw.retry_after.unwrap_or(60).clamp(1, 3_600);
                HeatmapError::Limited(now.after(Nanos(wait * SECOND.0)))
            }
            400 | 401 | 403 | 404 | 405 | 422 => HeatmapError::Refused(code, text),
            300..=399 => HeatmapError::Refused(code, "it answers with a redirect".into()),
            _ => HeatmapError::Busy(code, text),
        })
    }

    /// A text of theirs for our log: short, printable, and without the key if it repeats it.
    fn clean(&self, text: &str) -> String {
        let text = text.replace(&self.key.0, "…");
        text.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect()
    }
}

/// The whole chain of causes in one line; it names the address, never a header.
fn transport(error: &reqwest::Error) -> HeatmapError {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    HeatmapError::Transport(text)
}

//! Reading a fault script: what an operator wrote, concluded into faults or refused by name.

use std::fmt;

use model::Nanos;
use serde::Deserialize;

use super::{Fault, FaultKind, Refusal};
use crate::server::{Identity, Route};

/// A script, ready to run.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct FaultScript {
    /// The dice of what comes at random.
    pub seed: u64,
    /// Faults at a known time.
    pub planned: Vec<Fault>,
    /// Faults at random, with the mean gap between two.
    pub random: Vec<(Fault, Nanos)>,
}

/// Why a script is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScriptError {
    /// No TOML, or a key that does not exist.
    Form(String),
    /// The fault at this place (from 1) is wrong, and why.
    Fault(usize, String),
}

impl fmt::Display for ScriptError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(why) => write!(out, "fault script: {why}"),
            Self::Fault(place, why) => write!(out, "fault {place} of the script: {why}"),
        }
    }
}

impl std::error::Error for ScriptError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptDraft {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    fault: Vec<FaultDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultDraft {
    kind: String,
    at: Option<String>,
    every: Option<String>,
    #[serde(rename = "for")]
    span: Option<String>,
    count: Option<u32>,
    stream: Option<String>,
    route: Option<String>,
    path: Option<String>,
    by: Option<String>,
    bytes: Option<u64>,
    answer: Option<String>,
    which: Option<String>,
}

impl FaultScript {
    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`] names the place.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let draft: ScriptDraft =
            toml::from_str(text).map_err(|error| ScriptError::Form(error.to_string()))?;
        let mut script = Self { seed: draft.seed, ..Self::default() };
        for (place, fault) in (1..).zip(draft.fault) {
            let wrong = |why: String| ScriptError::Fault(place, why);
            let every = fault.every.as_deref().map(span).transpose().map_err(wrong)?;
            if every.is_some() && fault.at.is_some() {
                return Err(wrong("`at` and `every` exclude each other".into()));
            }
            if every.is_some_and(|mean| mean.0 == 0) {
                return Err(wrong("`every` must be longer than nothing".into()));
            }
            let concluded = fault.conclude().map_err(wrong)?;
            match every {
                Some(mean) => script.random.push((concluded, mean)),
                None => script.planned.push(concluded),
            }
        }
        Ok(script)
    }
}

impl FaultDraft {
    fn conclude(&self) -> Result<Fault, String> {
        let by = || {
            let text = self.by.as_deref().ok_or("needs `by`, such as by = \"2s\"")?;
            span(text)
        };
        let kind = match self.kind.as_str() {
            "drop" => FaultKind::Drop,
            "half_open" => FaultKind::HalfOpen,
            "mute" => FaultKind::Mute,
            "accept_then_close" => FaultKind::AcceptThenClose,
            "delay" => FaultKind::Delay(by()?),
            "reorder" => FaultKind::Reorder,
            "duplicate" => FaultKind::Duplicate,
            "skip" => FaultKind::Skip,
            "late_snapshot" => FaultKind::LateSnapshot(by()?),
            "stale_snapshot" => FaultKind::StaleSnapshot,
            "crossing" => FaultKind::Crossing,
            "corrupt" => FaultKind::Corrupt,
            "giant" => FaultKind::Giant(self.giant()?),
            "split" => FaultKind::Split,
            "slow" => FaultKind::Slow(
                self.bytes.filter(|&rate| rate > 0).ok_or("needs `bytes` a second")?,
            ),
            "answer" => FaultKind::Answer(self.refusal()?),
            "certificate" => FaultKind::Certificate(self.identity()?),
            "plaintext" => FaultKind::Plaintext,
            other => return Err(format!("kind {other:?} is not known")),
        };
        let route = self.route.as_deref().map(|text| {
            Route::parse(text).ok_or(format!("route {text:?} is not public, market or private"))
        });
        Ok(Fault {
            kind,
            stream: self.stream.clone(),
            route: route.transpose()?,
            path: self.path.clone(),
            at: self.at.as_deref().map_or(Ok(Nanos(0)), span)?,
            span: self.span.as_deref().map_or(Ok(Nanos(0)), span)?,
            count: self.count.unwrap_or(1),
        })
    }

    fn giant(&self) -> Result<usize, String> {
        let bytes = self.bytes.unwrap_or(64 << 20);
        usize::try_from(bytes).map_err(|_| "`bytes` is too large".into())
    }

    fn refusal(&self) -> Result<Refusal, String> {
        match self.answer.as_deref() {
            Some("429") => Ok(Refusal::TooMany),
            Some("418") => Ok(Refusal::Banned),
            Some("503 unknown") => Ok(Refusal::Unknown),
            Some("503 unavailable") => Ok(Refusal::Unavailable),
            Some("503 internal") => Ok(Refusal::Internal),
            Some("500") => Ok(Refusal::Broken),
            Some("403") => Ok(Refusal::Forbidden),
            other => Err(format!(
                "answer {other:?} is not one of 429, 418, 403, 500, 503 unknown, 503 unavailable, 503 internal"
            )),
        }
    }

    fn identity(&self) -> Result<Identity, String> {
        match self.which.as_deref() {
            Some("expired") => Ok(Identity::Expired),
            Some("wrong_host") => Ok(Identity::WrongHost),
            Some("unknown_ca") => Ok(Identity::UnknownCa),
            other => Err(format!("which {other:?} is not expired, wrong_host or unknown_ca")),
        }
    }
}

/// A span such as `250ms`, `10s`, `5m`, `24h`.
fn span(text: &str) -> Result<Nanos, String> {
    let wrong = || format!("{text:?} is not a span such as 250ms, 10s, 5m or 24h");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let count: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = match &text[digits..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(wrong()),
    };
    count.checked_mul(unit).map(Nanos).ok_or_else(wrong)
}

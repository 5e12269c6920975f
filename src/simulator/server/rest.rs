//! The REST endpoints: parameters checked as the venue checks them, weights counted a minute,
//! and what happens to those who do not listen.

use std::sync::Mutex;
use std::sync::PoisonError;

use model::{Fine, Instrument, MILLISECOND, MINUTE, Nanos};

use super::http::{Answer, Request};
use super::{Shared, lock};
use crate::fault::{FaultKind, Refusal};
use crate::source::{Ask, Reply};
use crate::speech::Speech;

/// Weight used in the minute under way, and the ban.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    state: Mutex<WeightState>,
}

#[derive(Debug, Default)]
struct WeightState {
    minute: u64,
    used: u32,
    refused: u32,
    banned_until: Nanos,
}

/// Refusals in one minute after which 429 becomes 418.
const PATIENCE: u32 = 5;
/// The shortest ban.
const BAN: Nanos = Nanos(2 * MINUTE.0);

impl Weights {
    /// Counts a request; the weight used so far, or the refusal.
    fn take(&self, now: Nanos, weight: u32, limit: u32) -> Result<u32, Answer> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now < state.banned_until {
            return Err(banned(state.banned_until, now));
        }
        let minute = now.0 / MINUTE.0;
        if minute != state.minute {
            *state = WeightState { minute, ..WeightState::default() };
        }
        if state.used + weight > limit {
            state.refused += 1;
            if state.refused > PATIENCE {
                state.banned_until = now.after(BAN);
                return Err(banned(state.banned_until, now));
            }
            return Err(too_many(now));
        }
        state.used += weight;
        Ok(state.used)
    }

    fn ban(&self, until: Nanos) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).banned_until = until;
    }
}

fn too_many(now: Nanos) -> Answer {
    let left = (MINUTE.0 - now.0 % MINUTE.0) / 1_000_000_000 + 1;
    let text = "Too many requests; current limit of IP(127.0.0.1) is 2400 requests per minute.";
    Answer { retry_after: Some(left), ..Answer::refusal(429, -1003, text) }
}

fn banned(until: Nanos, now: Nanos) -> Answer {
    let millis = until.0 / MILLISECOND.0;
    let text = format!("Way too many requests; IP(127.0.0.1) banned until {millis}.");
    let left = until.since(now).0 / 1_000_000_000 + 1;
    Answer { retry_after: Some(left), ..Answer::refusal(418, -1003, &text) }
}

/// Answers a request.
pub(crate) fn answer(shared: &Shared, request: &Request) -> Answer {
    let now = shared.clock.now();
    let since = shared.clock.elapsed();
    let path = request.path.as_str();
    let refusal = shared.faults.hit(since, |fault| match fault.kind {
        FaultKind::Answer(refusal)
            if fault.path.as_deref().is_none_or(|tail| path.ends_with(tail)) =>
        {
            Some((refusal, fault.span))
        }
        _ => None,
    });
    if let Some((refusal, span)) = refusal {
        return refused(shared, refusal, now, span);
    }
    let weight = weight_of(request);
    match shared.weights.take(now, weight, shared.rules.weight_per_minute) {
        Err(answer) => answer,
        Ok(used) => Answer { used_weight: Some(used), ..dispatch(shared, request, now) },
    }
}

fn refused(shared: &Shared, refusal: Refusal, now: Nanos, span: Nanos) -> Answer {
    match refusal {
        Refusal::TooMany => too_many(now),
        Refusal::Banned => {
            let until = now.after(span.max(BAN));
            shared.weights.ban(until);
            banned(until, now)
        }
        Refusal::Unknown => Answer::refusal(
            503,
            -1000,
            "Unknown error, please check your request or try again later.",
        ),
        Refusal::Unavailable => Answer::refusal(503, -1000, "Service Unavailable."),
        Refusal::Internal => Answer::refusal(
            503,
            -1001,
            "Internal error; unable to process your request. Please try again.",
        ),
        Refusal::Broken => html(500),
        Refusal::Forbidden => html(403),
    }
}

fn html(status: u16) -> Answer {
    let body = b"<html><body>request blocked</body></html>".to_vec();
    Answer { status, json: false, ..Answer::json(body) }
}

fn weight_of(request: &Request) -> u32 {
    let limit: u64 = request.parameter("limit").and_then(|text| text.parse().ok()).unwrap_or(500);
    match request.path.as_str() {
        "/fapi/v1/depth" => match limit {
            ..=50 => 2,
            51..=100 => 5,
            101..=500 => 10,
            _ => 20,
        },
        "/fapi/v1/aggTrades" => 20,
        "/fapi/v1/klines" => match limit {
            ..100 => 1,
            100..500 => 2,
            500..=1000 => 5,
            _ => 10,
        },
        "/fapi/v1/premiumIndex" if request.parameter("symbol").is_none() => 10,
        "/fapi/v1/fundingInfo" => 0,
        _ => 1,
    }
}

fn dispatch(shared: &Shared, request: &Request, now: Nanos) -> Answer {
    let millis = now.0 / MILLISECOND.0;
    if request.method != "GET" {
        return Answer::refusal(400, -1000, "Only market data is served here.");
    }
    match request.path.as_str() {
        "/fapi/v1/ping" => Answer::json("{}"),
        "/fapi/v1/time" => Answer::json(format!("{{\"serverTime\":{millis}}}")),
        "/fapi/v1/exchangeInfo" => Answer::json(exchange_info(&shared.instruments, millis)),
        "/fapi/v1/fundingInfo" => Answer::json(funding_info(&shared.instruments, millis)),
        "/fapi/v1/depth" => depth(shared, request),
        "/fapi/v1/aggTrades" => aggregates(shared, request),
        "/fapi/v1/klines" => klines(shared, request),
        "/fapi/v1/openInterest" => {
            about(shared, request, |place| ask(shared, place, Ask::OpenInterest))
        }
        "/fapi/v1/premiumIndex" => premium(shared, request),
        _ => Answer { status: 404, json: false, ..Answer::json("<html>404</html>") },
    }
}

fn about(shared: &Shared, request: &Request, answer: impl FnOnce(usize) -> Answer) -> Answer {
    let Some(symbol) = request.parameter("symbol") else {
        let text = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.";
        return Answer::refusal(400, -1102, text);
    };
    let named = |(instrument, _): &(Instrument, u32)| instrument.symbol.text() == symbol;
    match shared.instruments.iter().position(named) {
        Some(place) => answer(place),
        None => Answer::refusal(400, -1121, "Invalid symbol."),
    }
}

/// Asks the source, waiting as long as it says "later" (a recording's snapshot).
fn ask(shared: &Shared, place: usize, ask: Ask) -> Answer {
    loop {
        let reply = lock(&shared.source).ask(place, ask);
        match reply {
            Reply::Body(body) => return Answer::json(body),
            Reply::Unknown => {
                return Answer::refusal(400, -1000, "This source has no such data.");
            }
            Reply::Later if shared.is_stopping() => {
                return Answer::refusal(503, -1000, "Service Unavailable.");
            }
            Reply::Later => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

/// A limit within what the endpoint takes, or the refusal.
fn limit_of(request: &Request, default: usize, max: usize) -> Result<usize, Answer> {
    let Some(text) = request.parameter("limit") else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(_) => Err(Answer::refusal(400, -1130, "Data sent for parameter 'limit' is not valid.")),
        Err(_) => Err(Answer::refusal(
            400,
            -1102,
            "Mandatory parameter 'limit' was not sent, was empty/null, or malformed.",
        )),
    }
}

fn depth(shared: &Shared, request: &Request) -> Answer {
    let limit = match limit_of(request, 500, 1000) {
        Ok(limit) => limit,
        Err(answer) => return answer,
    };
    if ![5, 10, 20, 50, 100, 500, 1000].contains(&limit) {
        return Answer::refusal(400, -4021, &format!("{limit} is not valid depth limit"));
    }
    about(shared, request, |place| {
        let since = shared.clock.elapsed();
        let stale = shared
            .faults
            .hit(since, |fault| (fault.kind == FaultKind::StaleSnapshot).then_some(()));
        let kept = stale.and_then(|()| lock(&shared.first_snapshots).get(place).cloned().flatten());
        let answer = match kept {
            Some(body) => Answer::json(body),
            None => ask(shared, place, Ask::Depth { limit }),
        };
        let late = shared.faults.hit(since, |fault| match fault.kind {
            FaultKind::LateSnapshot(span) => Some(span),
            _ => None,
        });
        if let Some(real) = late.and_then(|span| shared.clock.real(span)) {
            std::thread::sleep(std::time::Duration::from_nanos(real.0));
        }
        answer
    })
}

fn millis_of(request: &Request, name: &str) -> Result<Option<Nanos>, Answer> {
    let Some(text) = request.parameter(name) else { return Ok(None) };
    // Thirteen digits are milliseconds until the year 2286; more would overflow nanoseconds.
    match text.parse::<u64>() {
        Ok(millis) if text.len() <= 13 => Ok(Some(Nanos::from_millis(millis))),
        _ => {
            let text = format!("Illegal characters found in parameter '{name}'.");
            Err(Answer::refusal(400, -1100, &text))
        }
    }
}

fn aggregates(shared: &Shared, request: &Request) -> Answer {
    let read = || {
        let limit = limit_of(request, 500, 1000)?;
        let from = request.parameter("fromId").map(str::parse::<u64>).transpose();
        let from = from.map_err(|_| {
            Answer::refusal(400, -1100, "Illegal characters found in parameter 'fromId'.")
        })?;
        let (start, end) = (millis_of(request, "startTime")?, millis_of(request, "endTime")?);
        Ok((limit, from, start, end))
    };
    let (limit, from, start, end) = match read() {
        Ok(parts) => parts,
        Err(answer) => return answer,
    };
    if from.is_some() && (start.is_some() || end.is_some()) {
        return Answer::refusal(400, -1128, "Combination of optional parameters invalid.");
    }
    let wanted = match (start, end) {
        (None, None) => Ask::Aggregates { from, limit },
        (start, end) => {
            let end = end.unwrap_or(Nanos(u64::MAX));
            let from = start.unwrap_or(Nanos(end.0.saturating_sub(model::HOUR.0)));
            if start.is_some() && end.0 != u64::MAX && end.since(from).0 >= model::HOUR.0 {
                return Answer::refusal(
                    400,
                    -4166,
                    "Search window is restricted to recent 90 days or 1 hour.",
                );
            }
            Ask::AggregatesBetween { from, to: end, limit }
        }
    };
    about(shared, request, |place| ask(shared, place, wanted))
}

fn klines(shared: &Shared, request: &Request) -> Answer {
    let limit = match limit_of(request, 500, 1500) {
        Ok(limit) => limit,
        Err(answer) => return answer,
    };
    let Some(length) = request.parameter("interval").and_then(interval) else {
        return Answer::refusal(400, -1120, "Invalid interval.");
    };
    let (from, to) = match (millis_of(request, "startTime"), millis_of(request, "endTime")) {
        (Ok(from), Ok(to)) => (from.unwrap_or(Nanos(0)), to.unwrap_or(Nanos(u64::MAX))),
        (Err(answer), _) | (_, Err(answer)) => return answer,
    };
    about(shared, request, |place| ask(shared, place, Ask::Klines { length, from, to, limit }))
}

fn interval(text: &str) -> Option<Nanos> {
    let minutes = match text {
        "1m" => 1,
        "3m" => 3,
        "5m" => 5,
        "15m" => 15,
        "30m" => 30,
        "1h" => 60,
        "2h" => 120,
        "4h" => 240,
        "6h" => 360,
        "8h" => 480,
        "12h" => 720,
        "1d" => 1440,
        _ => return None,
    };
    Some(Nanos(minutes * MINUTE.0))
}

fn premium(shared: &Shared, request: &Request) -> Answer {
    if request.parameter("symbol").is_some() {
        return about(shared, request, |place| ask(shared, place, Ask::PremiumIndex));
    }
    let mut body = vec![b'['];
    for place in 0..shared.instruments.len() {
        let one = ask(shared, place, Ask::PremiumIndex);
        if one.status == 200 {
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(&one.body);
        }
    }
    body.push(b']');
    Answer::json(body)
}

fn fine(speech: &mut Speech<'_>, name: &str, value: Fine, close: &str) {
    let text = model::shown(i128::from(value.0), 8, 0).to_string();
    speech.text("\"").text(name).text("\":\"").text(&text).text("\"").text(close);
}

/// `GET /fapi/v1/exchangeInfo`.
fn exchange_info(instruments: &[(Instrument, u32)], millis: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut speech = Speech::new(&mut out);
    speech.text("{\"timezone\":\"UTC\",\"serverTime\":").whole(millis);
    speech.text(",\"futuresType\":\"U_MARGINED\",\"rateLimits\":[");
    for (at, (kind, unit, count, limit)) in [
        ("REQUEST_WEIGHT", "MINUTE", 1, 2400),
        ("ORDERS", "MINUTE", 1, 1200),
        ("ORDERS", "SECOND", 10, 300),
    ]
    .into_iter()
    .enumerate()
    {
        speech.text(if at > 0 { "," } else { "" }).text("{\"rateLimitType\":\"").text(kind);
        speech.text("\",\"interval\":\"").text(unit).text("\",\"intervalNum\":").whole(count);
        speech.text(",\"limit\":").whole(limit).text("}");
    }
    speech.text("],\"exchangeFilters\":[],\"assets\":[],\"symbols\":[");
    for (at, (instrument, price_places)) in instruments.iter().enumerate() {
        speech.text(if at > 0 { "," } else { "" });
        symbol(&mut speech, instrument, *price_places);
    }
    speech.text("]}");
    out
}

fn symbol(speech: &mut Speech<'_>, instrument: &Instrument, price_places: u32) {
    let name = instrument.symbol.text();
    let base = name.strip_suffix("USDT").unwrap_or(name);
    let lot_fine = |lots: model::Lots| Fine(lots.0.saturating_mul(instrument.lot.0));
    speech.text("{\"symbol\":\"").text(name).text("\",\"pair\":\"").text(name);
    speech.text("\",\"contractType\":\"PERPETUAL\",\"status\":\"TRADING\",");
    speech.text("\"deliveryDate\":4133404800000,\"onboardDate\":1567965300000,");
    speech.text("\"maintMarginPercent\":\"2.5000\",\"requiredMarginPercent\":\"5.0000\",");
    speech.text("\"baseAsset\":\"").text(base).text("\",\"quoteAsset\":\"USDT\",");
    speech.text("\"marginAsset\":\"USDT\",\"pricePrecision\":").whole(u64::from(price_places));
    speech.text(",\"quantityPrecision\":3,\"baseAssetPrecision\":8,\"quotePrecision\":8,");
    speech.text("\"triggerProtect\":\"0.0500\",\"liquidationFee\":\"0.012500\",");
    speech.text("\"marketTakeBound\":\"0.05\",\"maxMoveOrderLimit\":10000,\"filters\":[");
    speech.text("{\"filterType\":\"PRICE_FILTER\",");
    fine(speech, "minPrice", instrument.fine(instrument.price_min), ",");
    fine(speech, "maxPrice", instrument.fine(instrument.price_max), ",");
    fine(speech, "tickSize", instrument.tick, "},{\"filterType\":\"LOT_SIZE\",");
    fine(speech, "minQty", lot_fine(instrument.lots_min), ",");
    fine(speech, "maxQty", lot_fine(instrument.lots_max), ",");
    fine(speech, "stepSize", instrument.lot, "},{\"filterType\":\"MARKET_LOT_SIZE\",");
    fine(speech, "minQty", lot_fine(instrument.lots_min), ",");
    fine(speech, "maxQty", lot_fine(instrument.market_lots_max), ",");
    fine(speech, "stepSize", instrument.lot, "},");
    speech.text(
        "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},{\"filterType\":\"MIN_NOTIONAL\",",
    );
    fine(speech, "notional", instrument.notional_min, "},");
    speech.text("{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\",");
    speech.text("\"multiplierDown\":\"0.9500\",\"multiplierDecimal\":\"4\"}],");
    speech.text("\"orderTypes\":[\"LIMIT\",\"MARKET\"],\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\",\"GTD\"]}");
}

/// `GET /fapi/v1/fundingInfo`: every instrument here has the usual interval and its caps.
fn funding_info(instruments: &[(Instrument, u32)], millis: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut speech = Speech::new(&mut out);
    speech.text("[");
    for (at, (instrument, _)) in instruments.iter().enumerate() {
        speech.text(if at > 0 { "," } else { "" });
        speech.text("{\"symbol\":\"").text(instrument.symbol.text());
        speech.text("\",\"adjustedFundingRateCap\":\"0.00300\",\"adjustedFundingRateFloor\":");
        speech.text("\"-0.00300\",\"fundingIntervalHours\":8,\"disclaimer\":false,\"updateTime\":");
        speech.whole(millis).text("}");
    }
    speech.text("]");
    out
}

//! The answer's shape: `{"code": "0", "msg": …, "data": {"y_axis": [price, …],
//! "liquidation_leverage_data": [[x, y, amount], …], "price_candlesticks": [[seconds, open, …], …]}}`.
//!
//! x counts candles, y prices, the amount is in USD. What is at risk now is the newest column.

use std::collections::BTreeMap;

use model::{Draft, Fine, HEATMAP_LINES_MAX, HeatmapLine, Instrument, InstrumentId, Kind, Price};
use serde_json::Value;

use super::HeatmapError;

/// Levels in one event: the largest.
pub const LEVELS_MAX: usize = 4 * HEATMAP_LINES_MAX;
/// Prices an answer may have.
const PRICES_MAX: usize = 65_536;
/// A price or amount beyond this is none.
const ABSURD: f64 = 1e10;

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// Levels in the event.
    pub levels: usize,
    /// Levels that were left out because there were more than fit: the smallest.
    pub left_out: usize,
    /// Opening time of its newest candle, in seconds of UTC.
    pub seconds: u64,
}

/// Code and text of an answer; `None` for anything else. The code is a text of digits, or a number.
pub(super) fn envelope(body: &[u8]) -> Option<(u16, String)> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = match value.get("code")? {
        Value::String(text) => text.parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    let text = value.get("msg").and_then(Value::as_str).unwrap_or("");
    Some((code, text.into()))
}

fn amount(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.parse().ok()?,
        number => number.as_f64()?,
    };
    (0.0..ABSURD).contains(&number).then_some(number)
}

/// Writes the newest column as an event.
pub(super) fn write(
    body: &[u8],
    id: InstrumentId,
    instrument: &Instrument,
    draft: &mut Draft,
) -> Result<Read, HeatmapError> {
    let unreadable = |what| move || HeatmapError::Unreadable(what);
    let value: Value = serde_json::from_slice(body).map_err(|_| unreadable("no JSON")())?;
    let data = value.get("data").ok_or_else(unreadable("no data"))?;
    let list = |name: &'static str| {
        let list = data.get(name).and_then(Value::as_array);
        list.ok_or(HeatmapError::Unreadable(name))
    };
    let (prices, cells) = (list("y_axis")?, list("liquidation_leverage_data")?);
    let candles = list("price_candlesticks")?;
    if prices.len() > PRICES_MAX {
        return Err(unreadable("too many prices")());
    }
    let seconds = candles.last().and_then(|candle| candle.get(0)).and_then(Value::as_u64);
    let Some(seconds) = seconds else { return Err(HeatmapError::Empty) };
    let ticks = prices.iter().map(|price| ticks(price, instrument));
    let ticks: Option<Vec<i64>> = ticks.collect();
    let ticks = ticks.ok_or_else(unreadable("y_axis"))?;
    let column = column(cells, candles.len(), &ticks)?;
    if column.is_empty() {
        return Err(HeatmapError::Empty);
    }
    let (levels, left_out) = largest(column);
    draft.open(Kind::Heatmap, id);
    for four in levels.chunks(4) {
        let mut line = HeatmapLine { prices: [Price(0); 4], amounts: [Fine(0); 4] };
        for (at, &(price, usd)) in four.iter().enumerate() {
            line.prices[at] = Price(price);
            line.amounts[at] = Fine(usd);
        }
        draft.push(line);
    }
    Ok(Read { levels: levels.len(), left_out, seconds })
}

/// A price to the nearest tick; `None` when it is no price.
fn ticks(value: &Value, instrument: &Instrument) -> Option<i64> {
    let price = amount(value).filter(|price| *price > 0.0)?;
    #[expect(clippy::cast_precision_loss, reason = "a tick is far below 2^53")]
    let tick = instrument.tick.0 as f64 / 1e8;
    #[expect(clippy::cast_possible_truncation, reason = "at most 10^10 / 10^-8, below 2^63")]
    let ticks = (price / tick).round() as i64;
    (ticks > 0).then_some(ticks)
}

/// The cells of the newest column that has any: ticks to units of 10⁻⁸ USD. Cells of one tick add.
fn column(
    cells: &[Value],
    candles: usize,
    ticks: &[i64],
) -> Result<BTreeMap<i64, i64>, HeatmapError> {
    let bad = HeatmapError::Unreadable("liquidation_leverage_data");
    let (mut newest, mut column) = (0, BTreeMap::new());
    for cell in cells {
        let index = |at: usize| usize::try_from(cell.get(at)?.as_u64()?).ok();
        let (Some(x), Some(y), Some(usd)) = (index(0), index(1), cell.get(2).and_then(amount))
        else {
            return Err(bad);
        };
        let Some(&price) = ticks.get(y).filter(|_| x < candles) else { return Err(bad) };
        if x > newest {
            newest = x;
            column.clear();
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 10^10 × 10^8")]
        let units = (usd * 1e8).round() as i64;
        if x == newest && units > 0 {
            let sum: &mut i64 = column.entry(price).or_default();
            *sum = sum.saturating_add(units);
        }
    }
    Ok(column)
}

/// The largest levels, by price; how many were left out.
fn largest(column: BTreeMap<i64, i64>) -> (Vec<(i64, i64)>, usize) {
    let mut levels: Vec<(i64, i64)> = column.into_iter().collect();
    let left_out = levels.len().saturating_sub(LEVELS_MAX);
    if left_out > 0 {
        // Of equal amounts the lower price stays.
        levels.sort_by_key(|&(price, usd)| (std::cmp::Reverse(usd), price));
        levels.truncate(LEVELS_MAX);
        levels.sort_unstable();
    }
    (levels, left_out)
}

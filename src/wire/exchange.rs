//! exchangeInfo: what is traded, on which grid, within which filters. Cold.

use model::{Fine, Instrument, Lots, Price, Refusal, Symbol, Venue};

use crate::checked::{Checked, Value, must};
use crate::number;

/// Reads an exchangeInfo of USDⓈ-M or spot. Filters are looked up by `filterType`, because their
/// order varies. A symbol whose name or grid cannot be ours is left out.
///
/// # Errors
/// A [`Refusal`] when it is no exchangeInfo; [`Refusal::VenueError`] for an error answer.
pub fn exchange_info(bytes: &[u8]) -> Result<Vec<Instrument>, Refusal> {
    Checked::cold().read(bytes, |root| {
        let [symbols] = root.fields(["symbols"])?;
        let Some(symbols) = symbols else {
            return Err(match crate::stream::no_event(root) {
                Refusal::VenueError => Refusal::VenueError,
                _ => Refusal::MissingField,
            });
        };
        let mut list = Vec::new();
        for symbol in symbols.elements()? {
            if let Some(instrument) = instrument(symbol)? {
                list.push(instrument);
            }
        }
        Ok(list)
    })
}

/// One symbol; `None` when its name or its grid cannot be ours.
fn instrument(value: Value<'_, '_>) -> Result<Option<Instrument>, Refusal> {
    let [symbol, filters, contract] = value.fields(["symbol", "filters", "contractType"])?;
    let mut filters = Filters::read(must(filters)?)?;
    let Some(symbol) = Symbol::new(must(symbol)?.text()?) else { return Ok(None) };
    let (Some(tick), Some(lot)) = (filters.tick.take(), filters.lot.take()) else {
        return Ok(None);
    };
    let venue = if contract.is_some() { Venue::UsdM } else { Venue::Spot };
    Ok(Some(Instrument {
        symbol,
        venue,
        tick,
        lot,
        // Inwards: a bound off the grid allows the next step inside.
        price_min: Price(up(filters.price_min, tick)),
        price_max: Price(filters.price_max.0 / tick.0),
        lots_min: Lots(up(filters.lots_min, lot)),
        lots_max: Lots(filters.lots_max.0 / lot.0),
        market_lots_max: Lots(filters.market_lots_max.0 / lot.0),
        notional_min: filters.notional_min,
    }))
}

fn up(value: Fine, step: Fine) -> i64 {
    value.0 / step.0 + i64::from(value.0 % step.0 != 0)
}

/// What the filters of one symbol say; zero where they say nothing.
struct Filters {
    tick: Option<Fine>,
    lot: Option<Fine>,
    price_min: Fine,
    price_max: Fine,
    lots_min: Fine,
    lots_max: Fine,
    market_lots_max: Fine,
    notional_min: Fine,
}

impl Filters {
    fn read(list: Value<'_, '_>) -> Result<Self, Refusal> {
        let zero = Fine(0);
        let mut all = Self {
            tick: None,
            lot: None,
            price_min: zero,
            price_max: zero,
            lots_min: zero,
            lots_max: zero,
            market_lots_max: zero,
            notional_min: zero,
        };
        for filter in list.elements()? {
            let [kind] = filter.fields(["filterType"])?;
            match must(kind)?.text()? {
                "PRICE_FILTER" => {
                    let [step, min, max] = filter.fields(["tickSize", "minPrice", "maxPrice"])?;
                    all.tick = step_of(step)?;
                    (all.price_min, all.price_max) = (bound(min)?, bound(max)?);
                }
                "LOT_SIZE" => {
                    let [step, min, max] = filter.fields(["stepSize", "minQty", "maxQty"])?;
                    all.lot = step_of(step)?;
                    (all.lots_min, all.lots_max) = (bound(min)?, bound(max)?);
                }
                "MARKET_LOT_SIZE" => {
                    let [max] = filter.fields(["maxQty"])?;
                    all.market_lots_max = bound(max)?;
                }
                // Futures write `notional`, spot `minNotional` under either name.
                "MIN_NOTIONAL" | "NOTIONAL" => {
                    let [futures, spot] = filter.fields(["notional", "minNotional"])?;
                    all.notional_min = bound(futures.or(spot))?;
                }
                _ => {}
            }
        }
        Ok(all)
    }
}

/// A positive step of at most eight places.
fn step_of(field: Option<Value<'_, '_>>) -> Result<Option<Fine>, Refusal> {
    let text = must(field)?.text()?;
    Ok(number::fine(text.as_bytes()).ok().filter(|step| 0 < step.0))
}

/// A bound; zero when it is absent or beyond what a fine price holds.
fn bound(field: Option<Value<'_, '_>>) -> Result<Fine, Refusal> {
    match field {
        None => Ok(Fine(0)),
        Some(value) => match number::fine(value.text()?.as_bytes()) {
            Err(Refusal::OutOfRange) => Ok(Fine(0)),
            read => read,
        },
    }
}

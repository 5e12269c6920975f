//! The payloads of the stream the checked way, one function an event.

use model::{Draft, Fine, Flags, ForceLine, Instrument, InstrumentId, Interval, Kind, KlineLine};
use model::{KlineSumsLine, Lots, MarkLine, Nanos, Notional, Price, QuoteLine, Refusal, Side};
use model::{LevelPrice, TradeLine, Venue};

use crate::checked::{Scene, Value, must};
use crate::number;

type Whose<'s> = (InstrumentId, &'s Instrument);

fn open(draft: &mut Draft, kind: Kind, id: InstrumentId, scene: &Scene<'_>) {
    draft.open(kind, id);
    draft.head.time_local = scene.time_local;
}

fn put<T: bytemuck::Pod>(draft: &mut Draft, line: T) -> Result<(), Refusal> {
    draft.push(line).then_some(()).ok_or(Refusal::TooManyLevels)
}

/// Aggregate and single trades.
pub(crate) fn trade(
    data: Value<'_, '_>,
    single: bool,
    (id, instrument): Whose<'_>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let keys = ["E", "T", if single { "t" } else { "a" }, "p", "q", "nq", "f", "l", "m", "X"];
    let [event, matched, number, price, lots, normal, first, last, maker, origin] =
        data.fields(keys)?;
    let number = must(number)?.whole()?;
    let side = if must(maker)?.boolean()? { Side::Sell } else { Side::Buy };
    open(draft, Kind::Trade, id, scene);
    draft.head.id = number;
    draft.head.time_event = must(event)?.time()?;
    draft.head.time_match = must(matched)?.time()?;
    if single
        && let Some(origin) = origin
        && origin.text()? != "MARKET"
    {
        draft.head.flags = Flags::FOREIGN;
        return Ok(());
    }
    let price = must(price)?.price(instrument)?;
    let lots = must(lots)?.lots(instrument)?;
    let (first, last, lots_normal) = if single {
        (number, number, lots)
    } else {
        let normal = normal.map_or(Ok(lots), |normal| normal.lots(instrument))?;
        (must(first)?.whole()?, must(last)?.whole()?, normal)
    };
    if last < first {
        return Err(Refusal::BadOrder);
    }
    if price == Price(0) || lots == Lots(0) || lots < lots_normal {
        return Err(Refusal::OutOfRange);
    }
    let side = side.code();
    put(draft, TradeLine { price, lots, lots_normal, first, last, side, reserved: [0; 23] })
}

/// Diffs and partial depth.
pub(crate) fn depth(
    data: Value<'_, '_>,
    kind: Kind,
    (id, instrument): Whose<'_>,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [event, matched, first, last, before, bids, asks] =
        data.fields(["E", "T", "U", "u", "pu", "b", "a"])?;
    let spot = instrument.venue == Venue::Spot;
    let (first, last) = (must(first)?.whole()?, must(last)?.whole()?);
    let span = last.checked_sub(first).ok_or(Refusal::BadOrder)?;
    open(draft, kind, id, scene);
    draft.head.id = last;
    draft.head.id_span = u32::try_from(span).map_err(|_| Refusal::OutOfRange)?;
    draft.head.id_prev = match before {
        _ if spot => first.checked_sub(1).ok_or(Refusal::BadOrder)?,
        before => must(before)?.whole()?,
    };
    draft.head.time_event = must(event)?.time()?;
    draft.head.time_match = match matched {
        None if spot => Nanos::NONE,
        matched => must(matched)?.time()?,
    };
    levels(must(bids)?, Side::Buy, instrument, scene, draft)?;
    levels(must(asks)?, Side::Sell, instrument, scene, draft)
}

/// A REST snapshot, or spot's partial depth.
pub(crate) fn snapshot(
    data: Value<'_, '_>,
    kind: Kind,
    id: InstrumentId,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [last, event, matched, bids, asks] =
        data.fields(["lastUpdateId", "E", "T", "bids", "asks"])?;
    let instrument = scene.instruments.get(id).ok_or(Refusal::UnknownSymbol)?;
    open(draft, kind, id, scene);
    draft.head.id = must(last)?.whole()?;
    draft.head.time_event = event.map_or(Ok(Nanos::NONE), Value::time)?;
    draft.head.time_match = matched.map_or(Ok(Nanos::NONE), Value::time)?;
    levels(must(bids)?, Side::Buy, instrument, scene, draft)?;
    levels(must(asks)?, Side::Sell, instrument, scene, draft)
}

fn levels(
    side_levels: Value<'_, '_>,
    side: Side,
    instrument: &Instrument,
    scene: &mut Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    for level in side_levels.elements()? {
        let mut pair = level.elements()?;
        let (price, lots) = (must(pair.next())?.text()?, must(pair.next())?.text()?);
        if pair.next().is_some() {
            return Err(Refusal::WrongType);
        }
        let level = number::level(side, price.as_bytes(), lots.as_bytes(), instrument)?;
        scene.off_grid += u64::from(matches!(level.price, LevelPrice::Fine(_)));
        draft.push_level(level).then_some(()).ok_or(Refusal::TooManyLevels)?;
    }
    Ok(())
}

/// The best bid and ask.
pub(crate) fn quote(
    data: Value<'_, '_>,
    (id, instrument): Whose<'_>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [update, event, matched, bid, bid_lots, ask, ask_lots] =
        data.fields(["u", "E", "T", "b", "B", "a", "A"])?;
    let time = |field: Option<Value<'_, '_>>| match field {
        None if instrument.venue == Venue::Spot => Ok(Nanos::NONE),
        field => must(field)?.time(),
    };
    open(draft, Kind::Quote, id, scene);
    draft.head.id = must(update)?.whole()?;
    draft.head.time_event = time(event)?;
    draft.head.time_match = time(matched)?;
    let (bid_fine, ask_fine) = (must(bid)?.fine()?, must(ask)?.fine()?);
    let tick = instrument.tick.0;
    let line = QuoteLine {
        // Down and up, so that off the grid the spread is never shown narrower than it is.
        bid: Price(bid_fine.0.div_euclid(tick)),
        bid_lots: must(bid_lots)?.lots(instrument)?,
        ask: Price(ask_fine.0.div_euclid(tick) + i64::from(ask_fine.0 % tick != 0)),
        ask_lots: must(ask_lots)?.lots(instrument)?,
        bid_fine,
        ask_fine,
        reserved: [0; 2],
    };
    put(draft, line)
}

/// A funding rate in 10⁻⁸; none where the text is empty.
pub(crate) fn rate(field: Option<Value<'_, '_>>) -> Result<Option<i64>, Refusal> {
    match field.map(Value::text).transpose()? {
        None | Some("") => Ok(None),
        Some(text) => {
            let rate = number::in_fine(number::signed(text.as_bytes())?)?;
            Ok(Some(rate.0))
        }
    }
}

/// Mark price, index and funding.
pub(crate) fn mark(
    data: Value<'_, '_>,
    (id, _): Whose<'_>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [event, price, average, index, settle, funding, next] =
        data.fields(["E", "p", "ap", "i", "P", "r", "T"])?;
    open(draft, Kind::Mark, id, scene);
    draft.head.time_event = must(event)?.time()?;
    let funding = rate(funding)?;
    let optional = |field: Option<Value<'_, '_>>| field.map_or(Ok(Fine(0)), Value::fine);
    let line = MarkLine {
        mark: must(price)?.fine()?,
        average: optional(average)?,
        index: must(index)?.fine()?,
        settle: optional(settle)?,
        rate: funding.unwrap_or(0),
        time_funding: number::millis(must(next)?.whole()?)?,
        has_rate: u8::from(funding.is_some()),
        reserved: [0; 15],
    };
    put(draft, line)
}

/// A liquidation.
pub(crate) fn force(
    data: Value<'_, '_>,
    order: Value<'_, '_>,
    (id, instrument): Whose<'_>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [event] = data.fields(["E"])?;
    let [side, price, average, lots, last, filled, status, matched] =
        order.fields(["S", "p", "ap", "q", "l", "z", "X", "T"])?;
    let side = match must(side)?.text()? {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return Err(Refusal::WrongType),
    };
    open(draft, Kind::Force, id, scene);
    draft.head.time_event = must(event)?.time()?;
    draft.head.time_match = must(matched)?.time()?;
    let line = ForceLine {
        price: must(price)?.fine()?,
        average: must(average)?.fine()?,
        lots: must(lots)?.lots(instrument)?,
        lots_last: must(last)?.lots(instrument)?,
        lots_filled: must(filled)?.lots(instrument)?,
        side: side.code(),
        filled: u8::from(must(status)?.text()? == "FILLED"),
        reserved: [0; 22],
    };
    put(draft, line)
}

/// A candle.
pub(crate) fn kline(
    data: Value<'_, '_>,
    stream_interval: Option<&str>,
    (id, instrument): Whose<'_>,
    scene: &Scene<'_>,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let [event, candle] = data.fields(["E", "k"])?;
    let candle = must(candle)?;
    let [opened, interval, symbol, first, last, trades, closed] =
        candle.fields(["t", "i", "s", "f", "L", "n", "x"])?;
    let [start, top, bottom, end, lots, buys, sum, buy_sum] =
        candle.fields(["o", "h", "l", "c", "v", "V", "q", "Q"])?;
    let interval = must(interval)?.text()?;
    let symbol = must(symbol)?.text()?;
    if symbol.as_bytes() != instrument.symbol.bytes()
        || stream_interval.is_some_and(|stream| stream != interval)
    {
        return Err(Refusal::StreamMismatch);
    }
    open(draft, Kind::Kline, id, scene);
    draft.head.time_event = must(event)?.time()?;
    let line = KlineLine {
        time_open: number::millis(must(opened)?.whole()?)?,
        open: must(start)?.price(instrument)?,
        high: must(top)?.price(instrument)?,
        low: must(bottom)?.price(instrument)?,
        close: must(end)?.price(instrument)?,
        first: must(first)?.id_or_none()?,
        last: must(last)?.id_or_none()?,
        interval: Interval::parse(interval).map_or(255, place),
        closed: u8::from(must(closed)?.boolean()?),
        reserved: [0; 6],
    };
    if line.high < line.low {
        return Err(Refusal::BadOrder);
    }
    put(draft, line)?;
    let sums = KlineSumsLine {
        notional: notional(must(sum)?.text()?.as_bytes(), instrument)?,
        buy_notional: notional(must(buy_sum)?.text()?.as_bytes(), instrument)?,
        lots: must(lots)?.lots(instrument)?,
        buy_lots: must(buys)?.lots(instrument)?,
        trades: must(trades)?.whole()?,
        reserved: 0,
    };
    put(draft, sums)
}

/// The index of an interval in a line.
pub(crate) fn place(interval: Interval) -> u8 {
    let at = Interval::ALL.iter().position(|own| *own == interval);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(255)
}

/// A value in quote units as ticks × lots.
pub(crate) fn notional(text: &[u8], instrument: &Instrument) -> Result<Notional, Refusal> {
    let value = number::plain(text)?;
    // In 10⁻¹⁶ both: a tick times a lot has sixteen places, a decimal of ours at most eighteen.
    let step = i128::from(instrument.tick.0) * i128::from(instrument.lot.0);
    let scale = |power: u32| 10_i128.pow(power);
    let sum = match value.places {
        places @ 0..=16 => value.mantissa.checked_mul(scale(16 - places)),
        places => {
            let cut = scale(places - 16);
            (value.mantissa % cut == 0).then_some(value.mantissa / cut)
        }
    };
    let sum = sum.ok_or(Refusal::OutOfRange)?;
    if sum % step != 0 {
        return Err(Refusal::OffTick);
    }
    Ok(Notional(sum / step))
}

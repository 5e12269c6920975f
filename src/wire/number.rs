//! Decimal texts on an instrument's grid, the checked way.

use model::{Decimal, DecimalError, Fine, Instrument, Level, LevelPrice, Lots, Price};
use model::{Refusal, Side, decimal};

/// A decimal text, negative ones too.
pub(crate) fn signed(text: &[u8]) -> Result<Decimal, Refusal> {
    decimal(text).map_err(|error| match error {
        DecimalError::TooLong => Refusal::OutOfRange,
        DecimalError::Malformed | DecimalError::OffGrid => Refusal::BadNumber,
    })
}

/// A decimal text without a sign.
pub(crate) fn plain(text: &[u8]) -> Result<Decimal, Refusal> {
    match text.first() {
        Some(b'-') => Err(signed(text).err().unwrap_or(Refusal::OutOfRange)),
        _ => signed(text),
    }
}

/// A value in 10⁻⁸; more decimals that matter are refused.
pub(crate) fn in_fine(value: Decimal) -> Result<Fine, Refusal> {
    value.fine().map_err(|error| match error {
        DecimalError::TooLong => Refusal::OutOfRange,
        DecimalError::Malformed | DecimalError::OffGrid => Refusal::BadNumber,
    })
}

/// A price in 10⁻⁸.
pub(crate) fn fine(text: &[u8]) -> Result<Fine, Refusal> {
    in_fine(plain(text)?)
}

/// A price that must lie on the tick grid.
pub(crate) fn price(text: &[u8], instrument: &Instrument) -> Result<Price, Refusal> {
    plain(text)?.steps(instrument.tick).map(Price).map_err(|error| match error {
        DecimalError::OffGrid => Refusal::OffTick,
        DecimalError::TooLong | DecimalError::Malformed => Refusal::OutOfRange,
    })
}

/// A quantity, which must lie on the lot grid.
pub(crate) fn lots(text: &[u8], instrument: &Instrument) -> Result<Lots, Refusal> {
    plain(text)?.steps(instrument.lot).map(Lots).map_err(|error| match error {
        DecimalError::OffGrid => Refusal::OffLot,
        DecimalError::TooLong | DecimalError::Malformed => Refusal::OutOfRange,
    })
}

/// A resting level; off the tick grid it keeps its exact price.
pub(crate) fn level(
    side: Side,
    price: &[u8],
    quantity: &[u8],
    instrument: &Instrument,
) -> Result<Level, Refusal> {
    let exact = fine(price)?;
    let on_grid = exact.0 % instrument.tick.0 == 0;
    let price = if on_grid {
        LevelPrice::Tick(Price(exact.0 / instrument.tick.0))
    } else {
        LevelPrice::Fine(exact)
    };
    Ok(Level { side, price, lots: lots(quantity, instrument)? })
}

/// An instant in milliseconds as nanoseconds.
pub(crate) fn millis(value: u64) -> Result<model::Nanos, Refusal> {
    value.checked_mul(1_000_000).map(model::Nanos).ok_or(Refusal::BadTime)
}

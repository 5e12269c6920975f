//! What is traded: symbols, their grids and filters, and the table that turns a symbol into a
//! small index.

use std::fmt;

use bytemuck::{Pod, Zeroable};

use crate::{Decimal, DecimalError, Fine, INSTRUMENTS_MAX, Lots, Notional, Price, Shown, decimal};

/// A symbol as the venue writes it (`BTCUSDT`), UTF-8, zero-padded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Symbol(pub [u8; 24]);

impl Symbol {
    /// Room for a symbol; the longest seen has 22 bytes.
    pub const BYTES: usize = 24;

    /// The symbol a text names; `None` when it is empty, too long, or holds anything that could
    /// break out of a file name, a stream name or a terminal.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::BYTES;
        let clean = text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !fits || !clean {
            return None;
        }
        let mut bytes = [0; Self::BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self(bytes))
    }

    /// The symbol's bytes without padding.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(Self::BYTES);
        &self.0[..end]
    }

    /// The symbol's text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or("?")
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.text())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Symbol({})", self.text())
    }
}

/// Where an instrument stands in the table; what lines carry instead of the symbol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub struct InstrumentId(pub u16);

impl InstrumentId {
    /// Of messages that concern no instrument, such as ticks.
    pub const NONE: Self = Self(u16::MAX);

    /// The place in a per-instrument array.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whose rules the instrument's streams follow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Venue {
    /// USDⓈ-M futures: each depth event names its predecessor (`pu`).
    UsdM,
    /// Spot: ids follow without a gap (`U == u + 1`); for recordings and dumps.
    Spot,
}

/// One instrument's grid and filters. Prices in ticks, quantities in lots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instrument {
    /// The symbol.
    pub symbol: Symbol,
    /// Whose rules its streams follow.
    pub venue: Venue,
    /// Price step, > 0.
    pub tick: Fine,
    /// Quantity step, > 0, in 10⁻⁸ of the base asset.
    pub lot: Fine,
    /// Lowest order price; zero when unknown.
    pub price_min: Price,
    /// Highest order price; zero when unknown.
    pub price_max: Price,
    /// Smallest limit order; zero when unknown.
    pub lots_min: Lots,
    /// Largest limit order; zero when unknown.
    pub lots_max: Lots,
    /// Largest market order; zero when unknown.
    pub market_lots_max: Lots,
    /// Smallest order value in quote units; zero when unknown.
    pub notional_min: Fine,
}

/// Why an instrument's text is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InstrumentError {
    /// Not `SYMBOL:TICK:LOT`.
    Form(String),
    /// A symbol with characters or a length we do not take.
    Symbol(String),
    /// Tick or lot is no positive decimal of at most eight places.
    Step(String),
    /// The table is full.
    TableFull,
}

impl fmt::Display for InstrumentError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => {
                write!(out, "instrument {text:?} is not SYMBOL:TICK:LOT, such as BTCUSDT:0.1:0.001")
            }
            Self::Symbol(text) => write!(out, "symbol {text:?} is not 1 to 24 letters or digits"),
            Self::Step(text) => {
                write!(
                    out,
                    "step {text:?} is not a positive decimal of at most 8 places, such as 0.1"
                )
            }
            Self::TableFull => write!(out, "more than {INSTRUMENTS_MAX} instruments"),
        }
    }
}

impl std::error::Error for InstrumentError {}

impl Instrument {
    /// An instrument of which only the grid is known.
    ///
    /// # Errors
    /// [`InstrumentError`] names the part that is wrong.
    pub fn new(symbol: &str, tick: &str, lot: &str) -> Result<Self, InstrumentError> {
        let name = Symbol::new(symbol).ok_or_else(|| InstrumentError::Symbol(symbol.into()))?;
        Ok(Self {
            symbol: name,
            venue: Venue::UsdM,
            tick: step(tick)?,
            lot: step(lot)?,
            price_min: Price(0),
            price_max: Price(0),
            lots_min: Lots(0),
            lots_max: Lots(0),
            market_lots_max: Lots(0),
            notional_min: Fine(0),
        })
    }

    /// Reads `SYMBOL:TICK:LOT`, optionally with `:spot` behind.
    ///
    /// # Errors
    /// [`InstrumentError`] names the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, InstrumentError> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            [symbol, tick, lot] => Self::new(symbol, tick, lot),
            [symbol, tick, lot, "spot"] => {
                Ok(Self { venue: Venue::Spot, ..Self::new(symbol, tick, lot)? })
            }
            _ => Err(InstrumentError::Form(text.into())),
        }
    }

    /// A price for a person or a script.
    #[must_use]
    pub fn price(&self, price: Price) -> Shown {
        Shown::price(price, self.tick)
    }

    /// A quantity for a person or a script.
    #[must_use]
    pub fn lots(&self, lots: Lots) -> Shown {
        Shown::lots(lots, self.lot)
    }

    /// A notional in quote units for a person or a script.
    #[must_use]
    pub fn notional(&self, notional: Notional) -> Shown {
        Shown::notional(notional, self.tick, self.lot)
    }

    /// A price on the tick grid as a fine price; saturates.
    #[must_use]
    pub const fn fine(&self, price: Price) -> Fine {
        Fine(price.0.saturating_mul(self.tick.0))
    }
}

fn step(text: &str) -> Result<Fine, InstrumentError> {
    let fine: Result<Fine, DecimalError> = decimal(text.as_bytes()).and_then(Decimal::fine);
    match fine {
        Ok(fine) if fine.0 > 0 => Ok(fine),
        _ => Err(InstrumentError::Step(text.into())),
    }
}

/// The instruments of one run, in the order in which they were named.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Instruments {
    list: Vec<Instrument>,
}

impl Instruments {
    /// Adds an instrument, or renews the grid and filters of the one with that symbol.
    ///
    /// # Errors
    /// [`InstrumentError::TableFull`].
    pub fn put(&mut self, instrument: Instrument) -> Result<InstrumentId, InstrumentError> {
        if let Some(id) = self.find(instrument.symbol.bytes()) {
            self.list[id.index()] = instrument;
            return Ok(id);
        }
        if self.list.len() == INSTRUMENTS_MAX {
            return Err(InstrumentError::TableFull);
        }
        let id = u16::try_from(self.list.len()).map_err(|_| InstrumentError::TableFull)?;
        self.list.push(instrument);
        Ok(InstrumentId(id))
    }

    /// Sets the instrument at the place a log gave it.
    ///
    /// # Errors
    /// [`InstrumentError::TableFull`] when the place is neither taken nor the next free one.
    pub fn set(&mut self, id: InstrumentId, instrument: Instrument) -> Result<(), InstrumentError> {
        let next = id.index() == self.list.len() && self.list.len() < INSTRUMENTS_MAX;
        if let Some(place) = self.list.get_mut(id.index()) {
            *place = instrument;
        } else if next {
            self.list.push(instrument);
        } else {
            return Err(InstrumentError::TableFull);
        }
        Ok(())
    }

    /// The index of a symbol, upper case as in payloads.
    #[must_use]
    pub fn find(&self, symbol: &[u8]) -> Option<InstrumentId> {
        let at = self.list.iter().position(|instrument| instrument.symbol.bytes() == symbol)?;
        u16::try_from(at).ok().map(InstrumentId)
    }

    /// The instrument at an index.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> Option<&Instrument> {
        self.list.get(id.index())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them with their index.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, &Instrument)> {
        (0_u16..).map(InstrumentId).zip(&self.list)
    }
}

//! The body lines of events. Every record is 64 bytes, every gap a named zero.

use bytemuck::{Pod, Zeroable};

use crate::{
    Draft, Fine, Instrument, InstrumentId, Interval, Kind, Lots, Message, Nanos, Notional, Price,
    Side, Venue,
};

/// An aggregate trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct TradeLine {
    /// Where it printed.
    pub price: Price,
    /// Quantity, all of it (`q`), > 0.
    pub lots: Lots,
    /// Quantity without retail (RPI) fills (`nq`); equals `lots` where the venue gives none.
    pub lots_normal: Lots,
    /// First single trade of the aggregate (`f`).
    pub first: u64,
    /// Last single trade of the aggregate (`l`).
    pub last: u64,
    /// The aggressor: [`Side::code`].
    pub side: u8,
    /// Zero.
    pub reserved: [u8; 23],
}

impl TradeLine {
    /// The aggressor.
    #[must_use]
    pub const fn side(&self) -> Side {
        // A decoder writes 1 or 2; anything but a sell is a buy, so no third case can arise.
        if self.side == Side::Sell.code() { Side::Sell } else { Side::Buy }
    }

    /// Single trades in it: l − f + 1.
    #[must_use]
    pub const fn fills(&self) -> u64 {
        self.last.saturating_sub(self.first) + 1
    }
}

/// The best bid and ask as the venue pushes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct QuoteLine {
    /// Best bid; rounded down to the tick when `bid_fine` lies off the grid.
    pub bid: Price,
    /// Quantity at the best bid.
    pub bid_lots: Lots,
    /// Best ask; rounded up to the tick when `ask_fine` lies off the grid.
    pub ask: Price,
    /// Quantity at the best ask.
    pub ask_lots: Lots,
    /// Best bid, exact.
    pub bid_fine: Fine,
    /// Best ask, exact.
    pub ask_fine: Fine,
    /// Zero.
    pub reserved: [u64; 2],
}

/// Mark price, index and funding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct MarkLine {
    /// Mark price (`p`).
    pub mark: Fine,
    /// Moving average of the mark price (`ap`); zero when not given.
    pub average: Fine,
    /// Index price (`i`).
    pub index: Fine,
    /// Estimated settle price (`P`); zero when not given.
    pub settle: Fine,
    /// Funding rate of the next settlement in 10⁻⁸; valid when `has_rate` is 1.
    pub rate: i64,
    /// Next funding time; zero for delivery contracts.
    pub time_funding: Nanos,
    /// 1 when the venue gave a funding rate.
    pub has_rate: u8,
    /// Zero.
    pub reserved: [u8; 15],
}

/// A liquidation order (a lower bound of what was liquidated: one print a second).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct ForceLine {
    /// Order price (`p`).
    pub price: Fine,
    /// Average fill price (`ap`).
    pub average: Fine,
    /// Order quantity (`q`).
    pub lots: Lots,
    /// Filled in the last fill (`l`).
    pub lots_last: Lots,
    /// Filled in all (`z`).
    pub lots_filled: Lots,
    /// Side of the forced order: `Sell` means a long was liquidated.
    pub side: u8,
    /// 1 when the order's status was FILLED.
    pub filled: u8,
    /// Zero.
    pub reserved: [u8; 22],
}

/// A candle as the venue computes it, first line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct KlineLine {
    /// Opening time (`t`).
    pub time_open: Nanos,
    /// Open, in ticks.
    pub open: Price,
    /// High, in ticks.
    pub high: Price,
    /// Low, in ticks.
    pub low: Price,
    /// Close so far, in ticks.
    pub close: Price,
    /// First trade id; `u64::MAX` when the candle holds none.
    pub first: u64,
    /// Last trade id; `u64::MAX` when the candle holds none.
    pub last: u64,
    /// Index into [`Interval::ALL`]; 255 for an interval we do not keep.
    pub interval: u8,
    /// 1 when the candle is closed (`x`).
    pub closed: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

impl KlineLine {
    /// The interval, when it is one that we keep.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        Interval::ALL.get(usize::from(self.interval)).copied()
    }
}

/// A candle as the venue computes it, second line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct KlineSumsLine {
    /// Quote volume in ticks × lots (`q`).
    pub notional: Notional,
    /// Taker-buy quote volume in ticks × lots (`Q`).
    pub buy_notional: Notional,
    /// Volume (`v`).
    pub lots: Lots,
    /// Taker-buy volume (`V`).
    pub buy_lots: Lots,
    /// Single trades (`n`).
    pub trades: u64,
    /// Zero.
    pub reserved: u64,
}

/// Open interest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct OpenInterestLine {
    /// Open contracts in lots.
    pub lots: Lots,
    /// Zero.
    pub reserved: [u64; 7],
}

/// Four price levels of an external liquidation heatmap; a price of zero is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct HeatmapLine {
    /// Prices, rounded to the tick, ascending.
    pub prices: [Price; 4],
    /// What is estimated to be liquidated there, in quote units.
    pub amounts: [Fine; 4],
}

/// An instrument's grid, first line. It makes a log readable without any other file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct InstrumentLine {
    /// The symbol, zero-padded.
    pub symbol: crate::Symbol,
    /// Price step.
    pub tick: Fine,
    /// Quantity step.
    pub lot: Fine,
    /// 0 USDⓈ-M, 1 spot.
    pub venue: u8,
    /// Zero.
    pub reserved: [u8; 23],
}

/// An instrument's filters, second line; zero where unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct InstrumentMoreLine {
    /// Lowest order price.
    pub price_min: Price,
    /// Highest order price.
    pub price_max: Price,
    /// Smallest limit order.
    pub lots_min: Lots,
    /// Largest limit order.
    pub lots_max: Lots,
    /// Largest market order.
    pub market_lots_max: Lots,
    /// Smallest order value in quote units.
    pub notional_min: Fine,
    /// Zero.
    pub reserved: [u64; 2],
}

impl Instrument {
    /// Writes this instrument as the event that brings it into a log.
    pub fn write(&self, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Instrument, id);
        draft.push(InstrumentLine {
            symbol: self.symbol,
            tick: self.tick,
            lot: self.lot,
            venue: u8::from(self.venue == Venue::Spot),
            ..InstrumentLine::zeroed()
        });
        draft.push(InstrumentMoreLine {
            price_min: self.price_min,
            price_max: self.price_max,
            lots_min: self.lots_min,
            lots_max: self.lots_max,
            market_lots_max: self.market_lots_max,
            notional_min: self.notional_min,
            ..InstrumentMoreLine::zeroed()
        });
    }

    /// The instrument in an event of [`Kind::Instrument`]; `None` for any other message and for a
    /// grid that cannot be.
    #[must_use]
    pub fn read(message: Message<'_>) -> Option<Self> {
        if message.head.kind() != Some(Kind::Instrument) {
            return None;
        }
        let grid: &InstrumentLine = message.body.view(0)?;
        let more: &InstrumentMoreLine = message.body.view(1)?;
        let sound = grid.tick.0 > 0 && grid.lot.0 > 0 && !grid.symbol.bytes().is_empty();
        sound.then_some(Self {
            symbol: grid.symbol,
            venue: if grid.venue == 1 { Venue::Spot } else { Venue::UsdM },
            tick: grid.tick,
            lot: grid.lot,
            price_min: more.price_min,
            price_max: more.price_max,
            lots_min: more.lots_min,
            lots_max: more.lots_max,
            market_lots_max: more.market_lots_max,
            notional_min: more.notional_min,
        })
    }
}

/// A frame that was refused. No decision reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct RefusedLine {
    /// A [`crate::Refusal`]'s number.
    pub reason: u16,
    /// Zero.
    pub reserved: [u8; 2],
    /// Bytes of the frame.
    pub length: u32,
    /// Digest of the frame's bytes; the side file holds them under it.
    pub hash: u64,
    /// Zero.
    pub more: [u64; 6],
}

const _: () = {
    assert!(size_of::<TradeLine>() == 64);
    assert!(size_of::<QuoteLine>() == 64);
    assert!(size_of::<MarkLine>() == 64);
    assert!(size_of::<ForceLine>() == 64);
    assert!(size_of::<KlineLine>() == 64);
    assert!(size_of::<KlineSumsLine>() == 64);
    assert!(size_of::<OpenInterestLine>() == 64);
    assert!(size_of::<HeatmapLine>() == 64);
    assert!(size_of::<InstrumentLine>() == 64);
    assert!(size_of::<InstrumentMoreLine>() == 64);
    assert!(size_of::<RefusedLine>() == 64);
};

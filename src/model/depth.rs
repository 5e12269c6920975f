//! Depth lines: six levels in 64 bytes, and the wide line for what does not fit.
//!
//! A packed line holds i32 ticks from its own base and u32 lots. A level too far from the base
//! opens a new packed line; a quantity beyond u32 or a price off the tick grid takes a wide line.

use bytemuck::{Pod, Zeroable};

use crate::{DEPTH_LEVELS_PER_LINE, Draft, Fine, Line, Lots, Price, Side};

/// How a depth line holds its levels; the byte at offset 8 of either line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DepthForm {
    /// [`DepthLine`]: up to six levels near a base.
    Packed,
    /// [`WideLine`] of prices in ticks.
    Wide,
    /// [`WideLine`] of fine prices off the tick grid.
    OffGrid,
}

impl DepthForm {
    /// The byte that stands for this form.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Packed => 0,
            Self::Wide => 1,
            Self::OffGrid => 2,
        }
    }

    /// The form of a line of a depth message; a code of a later version reads as none.
    #[must_use]
    pub fn of(line: &Line) -> Option<Self> {
        match line.view::<DepthLine>().form {
            0 => Some(Self::Packed),
            1 => Some(Self::Wide),
            2 => Some(Self::OffGrid),
            _ => None,
        }
    }
}

/// Up to six levels near a base: first the bids, then the asks. Zero lots remove a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct DepthLine {
    /// What the offsets count from.
    pub base: Price,
    /// [`DepthForm::Packed`]'s code.
    pub form: u8,
    /// Levels that are bids; they come first.
    pub bids: u8,
    /// Levels that are asks; `bids + asks <= 6`.
    pub asks: u8,
    /// Zero.
    pub reserved: [u8; 5],
    /// Ticks from the base.
    pub offsets: [i32; DEPTH_LEVELS_PER_LINE],
    /// Absolute quantity.
    pub lots: [u32; DEPTH_LEVELS_PER_LINE],
}

/// Levels in one wide line.
const WIDE_LEVELS: usize = 3;

/// Up to three levels at full width: first the bids, then the asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct WideLine {
    /// Zero.
    pub reserved: u64,
    /// [`DepthForm::Wide`]'s or [`DepthForm::OffGrid`]'s code.
    pub form: u8,
    /// Levels that are bids; they come first.
    pub bids: u8,
    /// Levels that are asks; `bids + asks <= 3`.
    pub asks: u8,
    /// Zero.
    pub padding: [u8; 5],
    /// Ticks, or 10⁻⁸ when the form says so.
    pub prices: [i64; WIDE_LEVELS],
    /// Absolute quantity in lots.
    pub lots: [i64; WIDE_LEVELS],
}

const _: () = {
    assert!(size_of::<DepthLine>() == 64);
    assert!(size_of::<WideLine>() == 64);
    assert!(std::mem::offset_of!(DepthLine, form) == std::mem::offset_of!(WideLine, form));
    assert!(std::mem::offset_of!(DepthLine, bids) == std::mem::offset_of!(WideLine, bids));
};

/// Where a level rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LevelPrice {
    /// On the tick grid.
    Tick(Price),
    /// Off it.
    Fine(Fine),
}

/// One level of a depth message: the quantity is absolute, zero removes the level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// Bid or ask.
    pub side: Side,
    /// Where it rests.
    pub price: LevelPrice,
    /// How much rests there.
    pub lots: Lots,
}

impl Level {
    /// The level at `at` of a line of a depth message; `None` behind its last. For clarity, not
    /// speed: the book reads packed lines itself.
    #[must_use]
    pub fn read(line: &Line, at: usize) -> Option<Self> {
        let packed: &DepthLine = line.view();
        if at >= usize::from(packed.bids) + usize::from(packed.asks) {
            return None;
        }
        let side = if at < usize::from(packed.bids) { Side::Buy } else { Side::Sell };
        let wide: &WideLine = line.view();
        match DepthForm::of(line)? {
            DepthForm::Packed => Some(Self {
                side,
                price: LevelPrice::Tick(Price(packed.base.0 + i64::from(*packed.offsets.get(at)?))),
                lots: Lots(i64::from(*packed.lots.get(at)?)),
            }),
            DepthForm::Wide => Some(Self {
                side,
                price: LevelPrice::Tick(Price(*wide.prices.get(at)?)),
                lots: Lots(*wide.lots.get(at)?),
            }),
            DepthForm::OffGrid => Some(Self {
                side,
                price: LevelPrice::Fine(Fine(*wide.prices.get(at)?)),
                lots: Lots(*wide.lots.get(at)?),
            }),
        }
    }

    /// All levels of a line of a depth message.
    pub fn all(line: &Line) -> impl Iterator<Item = Self> + '_ {
        (0..DEPTH_LEVELS_PER_LINE).map_while(|at| Self::read(line, at))
    }
}

impl Draft {
    /// Appends a level to a depth message, packed where it fits. Bids must come before asks.
    /// `false` when the message is full.
    pub fn push_level(&mut self, level: Level) -> bool {
        match level.price {
            LevelPrice::Tick(price) => match u32::try_from(level.lots.0) {
                Ok(lots) => self.push_packed(level.side, price, lots),
                Err(_) => self.push_wide(DepthForm::Wide, level.side, price.0, level.lots),
            },
            LevelPrice::Fine(fine) => {
                self.push_wide(DepthForm::OffGrid, level.side, fine.0, level.lots)
            }
        }
    }

    /// Appends a level whose quantity fits u32.
    #[inline]
    pub fn push_packed(&mut self, side: Side, price: Price, lots: u32) -> bool {
        if let Some(line) = self.last::<DepthLine>() {
            let used = usize::from(line.bids) + usize::from(line.asks);
            if line.form == DepthForm::Packed.code()
                && used < DEPTH_LEVELS_PER_LINE
                && let Ok(offset) = i32::try_from(price.0.wrapping_sub(line.base.0))
            {
                line.offsets[used] = offset;
                line.lots[used] = lots;
                match side {
                    Side::Buy => line.bids += 1,
                    Side::Sell => line.asks += 1,
                }
                return true;
            }
        }
        let mut line = DepthLine { base: price, ..DepthLine::zeroed() };
        line.lots[0] = lots;
        match side {
            Side::Buy => line.bids = 1,
            Side::Sell => line.asks = 1,
        }
        self.push(line)
    }

    #[cold]
    fn push_wide(&mut self, form: DepthForm, side: Side, price: i64, lots: Lots) -> bool {
        let mut line = WideLine { form: form.code(), ..WideLine::zeroed() };
        line.prices[0] = price;
        line.lots[0] = lots.0;
        match side {
            Side::Buy => line.bids = 1,
            Side::Sell => line.asks = 1,
        }
        self.push(line)
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, LevelPrice};
    use crate::{Draft, Fine, InstrumentId, Kind, Lots, Price, Side};

    #[test]
    fn what_is_pushed_is_read_back_in_order() {
        let level = |side, price, lots| Level { side, price, lots: Lots(lots) };
        let tick = |price| LevelPrice::Tick(Price(price));
        let mut levels: Vec<Level> =
            (0..8).map(|i| level(Side::Buy, tick(639_474 - i), i)).collect();
        levels.push(level(Side::Buy, tick(639_000), i64::from(u32::MAX)));
        levels.push(level(Side::Buy, tick(638_000), i64::from(u32::MAX) + 1));
        levels.push(level(Side::Buy, tick(10_000_000_000), 5));
        levels.push(level(Side::Buy, LevelPrice::Fine(Fine(101_050_000)), 7));
        levels.extend((0..4).map(|i| level(Side::Sell, tick(639_475 + i), 0)));
        let mut draft = Draft::default();
        draft.open(Kind::Depth, InstrumentId(0));
        for &level in &levels {
            assert!(draft.push_level(level));
        }
        let read: Vec<Level> = draft.body().iter().flat_map(Level::all).collect();
        assert_eq!(read, levels);
        assert_eq!(usize::from(draft.head.lines), draft.body().len());
    }
}

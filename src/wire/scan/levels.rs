//! `[["84551.00","2.027"],…]`: levels, each of a shape that was seen before.

use model::{DEPTH_LEVELS_PER_LINE, DepthForm, DepthLine, Draft, Instrument};
use model::{Level, LevelPrice, Lots, Price, Side};
use runtime::simd::{Block, Pair, Window};

use crate::grid::{Digits, Grid};
use crate::number;

/// Shapes an instrument keeps: three widths of price by five of quantity are rarely exceeded.
const RUNGS_MAX: usize = 16;

/// The text shape of one level, from `[` to `]`.
#[derive(Clone, Copy, Debug)]
struct Rung {
    template: Block,
    mask: Block,
    pair: Pair,
    price: Grid,
    lots: Grid,
    length: usize,
    /// How often it matched; the commonest are asked first.
    hits: u32,
}

/// The level shapes of one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Rungs {
    list: Vec<Rung>,
    /// Which is given up next when all places are taken.
    next: usize,
}

impl Default for Rungs {
    fn default() -> Self {
        Self { list: Vec::with_capacity(RUNGS_MAX), next: 0 }
    }
}

/// A level as its shape reads it.
struct Read {
    price: u64,
    lots: u64,
    length: usize,
}

impl Rungs {
    /// Reads one level; `None` when no shape knows it.
    #[inline(always)]
    fn read(&mut self, window: Window<'_>, at: usize) -> Option<Read> {
        for place in 0..self.list.len() {
            let rung = &mut self.list[place];
            let shaped = window.shaped(at, &rung.template, &rung.mask, &rung.pair);
            if let Some([price, lots]) = shaped {
                let (Some(price), Some(lots)) = (rung.price.steps(price), rung.lots.steps(lots))
                else {
                    return None;
                };
                let length = rung.length;
                rung.hits = rung.hits.wrapping_add(1);
                if place != 0 && self.list[place - 1].hits < self.list[place].hits {
                    self.list.swap(place - 1, place);
                }
                return Some(Read { price, lots, length });
            }
        }
        None
    }

    /// Keeps the shape of a level that was read the slow way.
    fn keep(&mut self, text: &[u8], price: &[u8], lots: &[u8], instrument: &Instrument) {
        let Some(rung) = Rung::new(text, price, lots, instrument) else { return };
        if self.list.len() < RUNGS_MAX {
            self.list.push(rung);
        } else {
            // Never the first half: those are the common ones.
            self.next = (self.next + 1) % (RUNGS_MAX / 2);
            self.list[RUNGS_MAX / 2 + self.next] = rung;
        }
    }
}

impl Rung {
    fn new(text: &[u8], price: &[u8], lots: &[u8], instrument: &Instrument) -> Option<Self> {
        let price_digits = Digits::new(price, u64::try_from(instrument.tick.0).ok()?)?;
        let lots_digits = Digits::new(lots, u64::try_from(instrument.lot.0).ok()?)?;
        let mut rung = Self {
            template: Block::ZERO,
            mask: Block::ZERO,
            pair: Pair::NONE,
            price: price_digits.grid,
            lots: lots_digits.grid,
            length: text.len(),
            hits: 0,
        };
        rung.template.0.get_mut(..text.len())?.copy_from_slice(text);
        rung.mask.0[..text.len()].fill(0xff);
        // `["` before the price, `","` between, `"]` behind.
        let ends = [2 + price.len(), 5 + price.len() + lots.len()];
        for (which, (end, digits)) in ends.into_iter().zip([price_digits, lots_digits]).enumerate()
        {
            rung.pair.set(which, u16::try_from(end).ok()?, digits.distances());
            for distance in digits.distances() {
                rung.mask.0[end - distance] = 0;
            }
        }
        Some(rung)
    }
}

/// Packs levels into a draft's lines as `Draft::push_level` does, six at a time.
#[derive(Debug)]
pub(crate) struct Ladder<'d> {
    draft: &'d mut Draft,
    line: DepthLine,
    used: usize,
    /// Levels off the tick grid.
    pub(crate) off_grid: u64,
}

impl<'d> Ladder<'d> {
    pub(crate) fn new(draft: &'d mut Draft) -> Self {
        Self { draft, line: bytemuck::Zeroable::zeroed(), used: 0, off_grid: 0 }
    }

    /// Writes the line that is being filled; `None` when the message is full.
    #[inline]
    pub(crate) fn flush(&mut self) -> Option<()> {
        if self.used == 0 {
            return Some(());
        }
        self.used = 0;
        let line = std::mem::replace(&mut self.line, bytemuck::Zeroable::zeroed());
        self.draft.push(line).then_some(())
    }

    #[inline(always)]
    fn push(&mut self, side: Side, price: i64, lots: u64) -> Option<()> {
        let Ok(lots) = u32::try_from(lots) else {
            let lots = Lots(i64::try_from(lots).ok()?);
            return self.push_wide(Level { side, price: LevelPrice::Tick(Price(price)), lots });
        };
        let mut offset = i32::try_from(price.wrapping_sub(self.line.base.0));
        if self.used == DEPTH_LEVELS_PER_LINE || self.used == 0 || offset.is_err() {
            self.flush()?;
            self.line.base = Price(price);
            self.line.form = DepthForm::Packed.code();
            offset = Ok(0);
        }
        self.line.offsets[self.used] = offset.unwrap_or(0);
        self.line.lots[self.used] = lots;
        self.used += 1;
        match side {
            Side::Buy => self.line.bids += 1,
            Side::Sell => self.line.asks += 1,
        }
        Some(())
    }

    #[cold]
    fn push_wide(&mut self, level: Level) -> Option<()> {
        self.flush()?;
        self.draft.push_level(level).then_some(())
    }

    /// Reads one side from behind its `[`; where it ends, behind its `]`. `None` sends the
    /// message the checked way.
    #[inline(always)]
    pub(crate) fn side(
        &mut self,
        window: Window<'_>,
        start: usize,
        side: Side,
        rungs: &mut Rungs,
        instrument: &Instrument,
    ) -> Option<usize> {
        let mut at = start;
        if window.byte(at) == b']' {
            return Some(at + 1);
        }
        loop {
            at += match rungs.read(window, at) {
                Some(Read { price, lots, length }) => {
                    self.push(side, price.cast_signed(), lots)?;
                    length
                }
                None => self.unknown(window, at, side, rungs, instrument)?,
            };
            match window.byte(at) {
                b',' => at += 1,
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Reads a level byte by byte and keeps its shape; its length.
    #[cold]
    #[inline(never)]
    fn unknown(
        &mut self,
        window: Window<'_>,
        at: usize,
        side: Side,
        rungs: &mut Rungs,
        instrument: &Instrument,
    ) -> Option<usize> {
        let text = window.bytes().get(at..)?;
        let (price, lots, length) = split(text)?;
        let level = number::level(side, price, lots, instrument).ok()?;
        match level.price {
            LevelPrice::Tick(price) => {
                self.push(side, price.0, u64::try_from(level.lots.0).ok()?)?;
            }
            LevelPrice::Fine(_) => {
                self.off_grid += 1;
                self.push_wide(level)?;
            }
        }
        rungs.keep(&text[..length], price, lots, instrument);
        Some(length)
    }
}

/// Price, quantity and length of `["price","quantity"]`.
fn split(text: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let until_quote = |from: usize| {
        // 40 bytes are more than two numbers of 18 digits; a longer one is refused elsewhere.
        let length = text.get(from..)?.iter().take(40).position(|&byte| byte == b'"')?;
        Some(from + length)
    };
    text.starts_with(b"[\"").then_some(())?;
    let price = until_quote(2)?;
    text[price..].starts_with(b"\",\"").then_some(())?;
    let lots = until_quote(price + 3)?;
    text[lots..].starts_with(b"\"]").then_some(())?;
    Some((&text[2..price], &text[price + 3..lots], lots + 2))
}

//! `[["84551.00","2.027"],…]`: levels, each of a shape that was seen before.

use model::{DEPTH_LEVELS_PER_LINE, DepthLine, Draft, Instrument};
use model::{Level, LevelPrice, Lots, Price, Side};
use runtime::simd::{Block, Pair, Short, Window};

use crate::grid::{Digits, Grid};
use crate::number;

/// Shapes an instrument keeps: three widths of price by five of quantity are rarely exceeded.
const RUNGS_MAX: usize = 16;

/// Longest level that a shape can hold, and one.
const LENGTHS: usize = 33;

/// The text shape of one level, from `[` to `]`.
#[derive(Clone, Copy, Debug)]
struct Rung {
    short: Short,
    price: Grid,
    lots: Grid,
    /// Digits are steps: both grids leave them as they are.
    plain: bool,
    /// How often it matched while it was not the first.
    hits: u32,
}

/// The level shapes of one instrument.
#[derive(Clone, Debug)]
pub(crate) struct Rungs {
    list: Vec<Rung>,
    /// The newest shape of each length; 255 for none.
    by_length: [u8; LENGTHS],
    /// Levels, and those of the first shape, since the order was last looked at.
    levels: u32,
    first: u32,
    /// Shapes vary so much that guessing costs more than looking for the end of each level.
    varied: bool,
    /// Which is given up next when all places are taken.
    next: usize,
}

impl Default for Rungs {
    fn default() -> Self {
        Self {
            list: Vec::with_capacity(RUNGS_MAX),
            by_length: [u8::MAX; LENGTHS],
            levels: 0,
            first: 0,
            varied: false,
            next: 0,
        }
    }
}

/// A level as its shape reads it.
struct Read {
    price: u64,
    lots: u64,
    length: usize,
    /// The byte behind it.
    next: u8,
}

/// Levels read in a row.
struct Run {
    /// Where they end.
    at: usize,
    levels: u32,
    /// Those that had the commonest shape.
    hits: u32,
    /// No comma follows the last. Else a level of another shape does.
    ended: bool,
}

impl Rung {
    #[inline(always)]
    fn read(&self, window: Window<'_>, at: usize) -> Option<Read> {
        let ([price, lots], next) = window.short(at, &self.short)?;
        let length = self.short.length();
        if self.plain {
            return Some(Read { price, lots, length, next });
        }
        let (price, lots) = (self.price.steps(price)?, self.lots.steps(lots)?);
        Some(Read { price, lots, length, next })
    }
}

/// Levels after which the order of the shapes is looked at again.
const LOOK_AGAIN: u32 = 256;

impl Rungs {
    /// Reads one level by the shape of its length: what the chain from level to level waits for
    /// is one search for a bracket.
    #[inline(always)]
    fn measure(&self, window: Window<'_>, at: usize) -> Option<Read> {
        let length = window.find(at, b']').trailing_zeros() as usize + 1;
        let rung = self.list.get(usize::from(*self.by_length.get(length)?))?;
        rung.read(window, at).map(|read| Read { length, ..read })
    }

    /// Reads one level by any shape.
    #[inline(never)]
    fn seek(&mut self, window: Window<'_>, at: usize) -> Option<Read> {
        self.list.iter_mut().find_map(|rung| {
            let read = rung.read(window, at)?;
            rung.hits += 1;
            Some(read)
        })
    }

    /// After a message: the commonest shape to the front, and which way to take next.
    #[inline(always)]
    fn review(&mut self, levels: u32, first: u32) {
        self.levels += levels;
        self.first += first;
        if LOOK_AGAIN <= self.levels {
            self.order();
        }
    }

    #[cold]
    fn order(&mut self) {
        self.varied = self.first * 5 < self.levels * 4;
        let common = (0..self.list.len()).max_by_key(|&place| self.list[place].hits);
        if let Some(common) = common.filter(|&common| self.first < self.list[common].hits) {
            self.list.swap(0, common);
            self.index();
        }
        self.list.iter_mut().for_each(|rung| rung.hits = 0);
        (self.levels, self.first) = (0, 0);
    }

    fn index(&mut self) {
        self.by_length = [u8::MAX; LENGTHS];
        for (place, rung) in self.list.iter().enumerate() {
            self.by_length[rung.short.length() % LENGTHS] = u8::try_from(place).unwrap_or(0);
        }
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
        self.index();
    }
}

impl Rung {
    fn new(text: &[u8], price: &[u8], lots: &[u8], instrument: &Instrument) -> Option<Self> {
        let price_digits = Digits::new(price, u64::try_from(instrument.tick.0).ok()?)?;
        let lots_digits = Digits::new(lots, u64::try_from(instrument.lot.0).ok()?)?;
        let (mut template, mut mask, mut pair) = (Block::ZERO, Block::ZERO, Pair::NONE);
        template.0.get_mut(..text.len())?.copy_from_slice(text);
        mask.0[..text.len()].fill(0xff);
        // `["` before the price, `","` between, `"]` behind.
        let ends = [2 + price.len(), 5 + price.len() + lots.len()];
        for (which, (end, digits)) in ends.into_iter().zip([price_digits, lots_digits]).enumerate()
        {
            pair.set(which, u16::try_from(end).ok()?, digits.distances());
            for distance in digits.distances() {
                mask.0[end - distance] = 0;
            }
        }
        Some(Self {
            short: Short::new(template, mask, pair, text.len())?,
            price: price_digits.grid,
            lots: lots_digits.grid,
            plain: price_digits.grid == Grid::SAME && lots_digits.grid == Grid::SAME,
            hits: 0,
        })
    }
}

/// Of [`Ladder::used`]: no line is begun.
const FRESH: usize = usize::MAX;

/// Packs levels into a draft's lines as `Draft::push_level` does, six at a time.
#[derive(Debug)]
pub(crate) struct Ladder<'d> {
    draft: &'d mut Draft,
    line: DepthLine,
    /// Levels in the line, or [`FRESH`]; and how many of them are bids of a side that is done.
    used: usize,
    bids: usize,
    /// Levels off the tick grid.
    pub(crate) off_grid: u64,
}

impl<'d> Ladder<'d> {
    pub(crate) fn new(draft: &'d mut Draft) -> Self {
        Self { draft, line: bytemuck::Zeroable::zeroed(), used: FRESH, bids: 0, off_grid: 0 }
    }

    /// Writes the line that is being filled; `None` when the message is full.
    #[inline(always)]
    pub(crate) fn flush(&mut self, side: Side) -> Option<()> {
        if self.used == FRESH {
            return Some(());
        }
        let bids = if side == Side::Buy { self.used } else { self.bids };
        #[expect(clippy::cast_possible_truncation, reason = "a line holds six levels")]
        let (bids, asks) = (bids as u8, (self.used - bids) as u8);
        (self.line.bids, self.line.asks) = (bids, asks);
        // The next line overwrites what a full one held; only a short one has places to clear.
        if self.used < DEPTH_LEVELS_PER_LINE {
            self.line.offsets[self.used..].fill(0);
            self.line.lots[self.used..].fill(0);
        }
        (self.used, self.bids) = (FRESH, 0);
        self.draft.push(self.line).then_some(())
    }

    /// Adds a level to the line that holds `used`; how many it holds then.
    #[inline(always)]
    fn push(&mut self, used: usize, side: Side, price: i64, lots: u64) -> Option<usize> {
        let distance = price.wrapping_sub(self.line.base.0);
        #[expect(clippy::cast_possible_truncation, reason = "looked at in the next line")]
        let (offset, small) = (distance as i32, lots as u32);
        let fits = i64::from(offset) == distance && u64::from(small) == lots;
        // A fresh line has no place either.
        if used < DEPTH_LEVELS_PER_LINE && fits {
            self.line.offsets[used] = offset;
            self.line.lots[used] = small;
            return Some(used + 1);
        }
        self.used = used;
        self.begin(side, price, lots)?;
        Some(self.used)
    }

    /// Begins a line with a level that the last one has no room for.
    #[inline(always)]
    fn begin(&mut self, side: Side, price: i64, lots: u64) -> Option<()> {
        let Ok(small) = u32::try_from(lots) else {
            let lots = Lots(i64::try_from(lots).ok()?);
            return self.push_wide(Level { side, price: LevelPrice::Tick(Price(price)), lots });
        };
        self.flush(side)?;
        self.line.base = Price(price);
        self.line.offsets[0] = 0;
        self.line.lots[0] = small;
        self.used = 1;
        Some(())
    }

    #[cold]
    fn push_wide(&mut self, level: Level) -> Option<()> {
        self.flush(level.side)?;
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
        if window.byte(start) == b']' {
            return Some(start + 1);
        }
        let (mut at, mut levels, mut hits) = (start, 0, 0);
        loop {
            let run = match rungs.list.first() {
                Some(first) if rungs.varied => {
                    self.measured(window, at, side, rungs, first.short.length())?
                }
                Some(first) => self.guessed(window, at, side, first)?,
                None => Run { at, levels: 0, hits: 0, ended: false },
            };
            levels += run.levels;
            hits += run.hits;
            at = run.at;
            if !run.ended {
                at += match rungs.seek(window, at) {
                    Some(Read { price, lots, length, .. }) => {
                        self.used = self.push(self.used, side, price.cast_signed(), lots)?;
                        length
                    }
                    None => self.unknown(window, at, side, rungs, instrument)?,
                };
                levels += 1;
            }
            match window.byte(at) {
                b',' => at += 1,
                b']' => break,
                _ => return None,
            }
        }
        if side == Side::Buy && self.used != FRESH {
            self.bids = self.used;
        }
        rungs.review(levels, hits);
        Some(at + 1)
    }

    /// Reads levels as long as they have the commonest shape. While the shapes are much the same,
    /// the branch predictor knows what comes before its text is there, and levels overlap. A
    /// function of its own, because its templates must stay in registers.
    #[inline(never)]
    fn guessed(
        &mut self,
        window: Window<'_>,
        start: usize,
        side: Side,
        rung: &Rung,
    ) -> Option<Run> {
        let rung = *rung;
        let mut used = self.used;
        let mut run = Run { at: start, levels: 0, hits: 0, ended: false };
        while let Some(Read { price, lots, length, next }) = rung.read(window, run.at) {
            used = self.push(used, side, price.cast_signed(), lots)?;
            run.levels += 1;
            run.at += length;
            if next != b',' {
                run.ended = true;
                break;
            }
            run.at += 1;
        }
        self.used = used;
        run.hits = run.levels;
        Some(run)
    }

    /// Reads levels as long as a shape of their length knows them. Where shapes vary, a wrong
    /// guess costs more than to look for each level's end.
    #[inline(never)]
    fn measured(
        &mut self,
        window: Window<'_>,
        start: usize,
        side: Side,
        rungs: &Rungs,
        common: usize,
    ) -> Option<Run> {
        let mut used = self.used;
        let mut run = Run { at: start, levels: 0, hits: 0, ended: false };
        while let Some(Read { price, lots, length, next }) = rungs.measure(window, run.at) {
            used = self.push(used, side, price.cast_signed(), lots)?;
            run.levels += 1;
            run.hits += u32::from(length == common);
            run.at += length;
            if next != b',' {
                run.ended = true;
                break;
            }
            run.at += 1;
        }
        self.used = used;
        Some(run)
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
                let lots = u64::try_from(level.lots.0).ok()?;
                self.used = self.push(self.used, side, price.0, lots)?;
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

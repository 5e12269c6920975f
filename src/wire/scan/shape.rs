//! The form of a whole message: its text as a template, its numbers' places, what it becomes.

use model::{Draft, Fine, Flags, Instrument, InstrumentId, Kind, Lots, MarkLine, Nanos, Price};
use model::{QuoteLine, Side, TradeLine};
use runtime::simd::{Block, Faults, Pair, Window};

use super::{Ladder, Rungs};
use crate::grid::{Digits, Grid};

/// Blocks of a template: 320 bytes hold a head with the longest symbols three times.
pub(crate) const BLOCKS: usize = 10;
/// Numbers of a message outside its levels.
pub(crate) const NUMBERS: usize = 8;
/// Longest text behind the levels of a depth message.
pub(crate) const TAIL: usize = 32;

/// Places of the numbers, the same for every layout of a kind.
pub(crate) mod slot {
    /// Event time, all kinds.
    pub(crate) const EVENT: usize = 0;
    /// Match time; of a mark price the next funding time.
    pub(crate) const MATCH: usize = 1;
    /// Aggregate or trade id; `u` of a quote; `U` of a depth.
    pub(crate) const ID: usize = 2;
    /// `f` of an aggregate; `u` of a depth.
    pub(crate) const FIRST: usize = 3;
    /// `l` of an aggregate; `pu` of a depth.
    pub(crate) const LAST: usize = 4;
    /// Price of a trade.
    pub(crate) const PRICE: usize = 5;
    /// Quantity of a trade.
    pub(crate) const LOTS: usize = 6;
    /// `nq` of an aggregate.
    pub(crate) const NORMAL: usize = 7;
    /// Best bid and ask: price, quantity, price, quantity.
    pub(crate) const BEST: [usize; 4] = [3, 4, 5, 6];
    /// Of a mark price: mark, average, index, settle, rate.
    pub(crate) const MARK: [usize; 5] = [2, 3, 4, 5, 6];
}

/// What a message says without numbers; bits of `Shape::says`.
pub(crate) mod says {
    /// The buyer was the maker: the aggressor sold.
    pub(crate) const SELL: u8 = 1;
    /// The print was no market trade.
    pub(crate) const FOREIGN: u8 = 1 << 1;
    /// `nq` is given.
    pub(crate) const NORMAL: u8 = 1 << 2;
    /// A funding rate is given.
    pub(crate) const RATE: u8 = 1 << 3;
    /// The funding rate is negative.
    pub(crate) const NEGATIVE: u8 = 1 << 4;
    /// Single trade: it stands for an aggregate of itself.
    pub(crate) const SINGLE: u8 = 1 << 5;
    /// Spot: the id before is the first id less one.
    pub(crate) const SPOT: u8 = 1 << 6;
}

/// The form of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) template: [Block; BLOCKS],
    pub(crate) mask: [Block; BLOCKS],
    pub(crate) pairs: [Pair; NUMBERS / 2],
    pub(crate) grids: [Grid; NUMBERS],
    /// Bytes the template covers: the whole message, or a depth message up to its levels.
    pub(crate) length: usize,
    pub(crate) kind: Kind,
    pub(crate) instrument: InstrumentId,
    pub(crate) says: u8,
    /// What follows the levels; of depth only.
    pub(crate) tail: [u8; TAIL],
    pub(crate) tail_length: usize,
}

/// What the shapes of messages are applied with.
pub(crate) struct Context<'c> {
    pub(crate) instrument: &'c Instrument,
    pub(crate) rungs: &'c mut Rungs,
    pub(crate) time_local: Nanos,
}

/// What a shape made of a message besides the draft.
pub(crate) struct Done {
    pub(crate) off_grid: u64,
    pub(crate) foreign: bool,
}

impl Shape {
    /// Makes a text the template; its numbers are opened afterwards. `None` when it is too long.
    pub(crate) fn fix(&mut self, text: &[u8]) -> Option<()> {
        (text.len() <= BLOCKS * size_of::<Block>()).then_some(())?;
        for (at, &byte) in text.iter().enumerate() {
            self.template[at / 32].0[at % 32] = byte;
            self.mask[at / 32].0[at % 32] = 0xff;
        }
        self.length = text.len();
        Some(())
    }

    /// Opens the template where a number's digits are.
    pub(crate) fn open_hole(
        &mut self,
        slot: usize,
        end: usize,
        digits: Digits,
        whole: bool,
    ) -> Option<()> {
        (end <= self.length).then_some(())?;
        self.pairs[slot / 2].set(slot % 2, u16::try_from(end).ok()?, digits.distances());
        self.grids[slot] = digits.grid;
        // A whole number's first digit stays in the template: so no zero can come to lead it, and
        // ids change theirs once in a billion.
        let lead = if whole && 1 < digits.width() { digits.width() } else { 0 };
        for distance in digits.distances().filter(|&distance| distance != lead) {
            let at = end - distance;
            self.mask[at / 32].0[at % 32] = 0;
        }
        Some(())
    }

    /// Whether levels follow the template.
    pub(crate) fn is_depth(&self) -> bool {
        matches!(self.kind, Kind::Depth | Kind::Partial)
    }

    /// Whether a message that starts here has this form, as far as the template goes.
    #[inline(always)]
    pub(crate) fn fits(&self, window: Window<'_>, start: usize, end: usize) -> bool {
        let length = end - start;
        let whole = if self.is_depth() { self.length <= length } else { self.length == length };
        let blocks = self.length.div_ceil(32).min(BLOCKS);
        whole && window.same(start, &self.template[..blocks], &self.mask[..blocks])
    }

    /// Reads a message that fits into the draft; `None` sends it the checked way.
    #[inline(always)]
    pub(crate) fn read(
        &self,
        window: Window<'_>,
        (start, end): (usize, usize),
        context: Context<'_>,
        draft: &mut Draft,
    ) -> Option<Done> {
        let numbers = self.numbers(window, start)?;
        draft.open(self.kind, self.instrument);
        draft.head.time_local = context.time_local;
        draft.head.time_event = self.time(&numbers, slot::EVENT);
        match self.kind {
            Kind::Trade => self.trade(&numbers, draft),
            Kind::Quote => self.quote(&numbers, context.instrument, draft),
            Kind::Mark => self.mark(&numbers, draft),
            _ => self.depth(&numbers, window, (start, end), context, draft),
        }
    }

    /// The numbers of a message that fits; `None` where there is no digit.
    #[inline(always)]
    pub(crate) fn numbers(&self, window: Window<'_>, start: usize) -> Option<[u64; NUMBERS]> {
        let mut faults = Faults::default();
        let [a, b, c, d] = &self.pairs;
        let [n0, n1] = window.pair(start, a, &mut faults);
        let [n2, n3] = window.pair(start, b, &mut faults);
        let [n4, n5] = window.pair(start, c, &mut faults);
        let [n6, n7] = window.pair(start, d, &mut faults);
        faults.none().then_some([n0, n1, n2, n3, n4, n5, n6, n7])
    }

    /// A time. It has 13 or 16 digits, or one: with its grid it stays below 2⁶⁴.
    #[inline(always)]
    fn time(&self, numbers: &[u64; NUMBERS], at: usize) -> Nanos {
        Nanos(self.grids[at].steps(numbers[at]).unwrap_or(0))
    }

    #[inline(always)]
    fn steps(&self, numbers: &[u64; NUMBERS], at: usize) -> Option<i64> {
        self.grids[at].steps(numbers[at]).map(u64::cast_signed)
    }

    #[inline(always)]
    const fn says(&self, bits: u8) -> bool {
        self.says & bits != 0
    }

    #[inline(always)]
    pub(crate) fn trade(&self, numbers: &[u64; NUMBERS], draft: &mut Draft) -> Option<Done> {
        let id = numbers[slot::ID];
        draft.head.id = id;
        draft.head.time_match = self.time(numbers, slot::MATCH);
        if self.says(says::FOREIGN) {
            draft.head.flags = Flags::FOREIGN;
            return Some(Done { off_grid: 0, foreign: true });
        }
        let price = self.steps(numbers, slot::PRICE)?;
        let lots = self.steps(numbers, slot::LOTS)?;
        let normal =
            if self.says(says::NORMAL) { self.steps(numbers, slot::NORMAL)? } else { lots };
        let single = self.says(says::SINGLE);
        let first = if single { id } else { numbers[slot::FIRST] };
        let last = if single { id } else { numbers[slot::LAST] };
        if price == 0 || lots == 0 || lots < normal || last < first {
            return None;
        }
        let side = if self.says(says::SELL) { Side::Sell } else { Side::Buy };
        draft
            .push(TradeLine {
                price: Price(price),
                lots: Lots(lots),
                lots_normal: Lots(normal),
                first,
                last,
                side: side.code(),
                reserved: [0; 23],
            })
            .then_some(Done { off_grid: 0, foreign: false })
    }

    #[inline(always)]
    fn quote(
        &self,
        numbers: &[u64; NUMBERS],
        instrument: &Instrument,
        draft: &mut Draft,
    ) -> Option<Done> {
        let [bid, bid_lots, ask, ask_lots] = slot::BEST;
        let bid = Price(self.steps(numbers, bid)?);
        let ask = Price(self.steps(numbers, ask)?);
        draft.head.id = numbers[slot::ID];
        draft.head.time_match = self.time(numbers, slot::MATCH);
        draft
            .push(QuoteLine {
                bid,
                bid_lots: Lots(self.steps(numbers, bid_lots)?),
                ask,
                ask_lots: Lots(self.steps(numbers, ask_lots)?),
                bid_fine: instrument.fine(bid),
                ask_fine: instrument.fine(ask),
                reserved: [0; 2],
            })
            .then_some(Done { off_grid: 0, foreign: false })
    }

    #[inline(always)]
    fn mark(&self, numbers: &[u64; NUMBERS], draft: &mut Draft) -> Option<Done> {
        let [mark, average, index, settle, rate] = slot::MARK;
        let rate = self.steps(numbers, rate)?;
        draft
            .push(MarkLine {
                mark: Fine(self.steps(numbers, mark)?),
                average: Fine(self.steps(numbers, average)?),
                index: Fine(self.steps(numbers, index)?),
                settle: Fine(self.steps(numbers, settle)?),
                rate: if self.says(says::NEGATIVE) { -rate } else { rate },
                time_funding: self.time(numbers, slot::MATCH),
                has_rate: u8::from(self.says(says::RATE)),
                reserved: [0; 15],
            })
            .then_some(Done { off_grid: 0, foreign: false })
    }

    #[inline(always)]
    fn depth(
        &self,
        numbers: &[u64; NUMBERS],
        window: Window<'_>,
        (start, end): (usize, usize),
        context: Context<'_>,
        draft: &mut Draft,
    ) -> Option<Done> {
        let [first, last] = [numbers[slot::ID], numbers[slot::FIRST]];
        draft.head.id = last;
        draft.head.id_span = u32::try_from(last.checked_sub(first)?).ok()?;
        let spot = self.says(says::SPOT);
        draft.head.id_prev = if spot { first.checked_sub(1)? } else { numbers[slot::LAST] };
        draft.head.time_match = self.time(numbers, slot::MATCH);
        let Context { instrument, rungs, .. } = context;
        let mut ladder = Ladder::new(draft);
        let at = ladder.side(window, start + self.length, Side::Buy, rungs, instrument)?;
        let between = b",\"a\":[";
        if window.bytes().get(at..at + between.len()) != Some(between) {
            return None;
        }
        let at = ladder.side(window, at + between.len(), Side::Sell, rungs, instrument)?;
        let tail = self.tail.get(..self.tail_length)?;
        if end < at || window.bytes().get(at..end) != Some(tail) {
            return None;
        }
        ladder.flush(Side::Sell)?;
        Some(Done { off_grid: ladder.off_grid, foreign: false })
    }
}

/// Ways of a set: shapes of one stream that have the same length.
const WAYS: usize = 4;
/// No message hashes to this by more than chance, and a shape is compared anyhow.
const EMPTY: u64 = u64::MAX;

/// Shapes by stream and length, preallocated; the oldest of a set makes room.
#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    keys: Vec<[u64; WAYS]>,
    next: Vec<u8>,
    list: Vec<Shape>,
}

impl Shapes {
    /// Room for 64 shapes an instrument: widths of two quantities and a few heads.
    pub(crate) fn new(instruments: usize) -> Self {
        let sets = 16 * instruments.max(1).next_power_of_two();
        Self {
            keys: vec![[EMPTY; WAYS]; sets],
            next: vec![0; sets],
            list: vec![Shape::EMPTY; sets * WAYS],
        }
    }

    /// The key of a message's stream; with a length, of its messages of that length.
    #[inline(always)]
    pub(crate) fn key(stream: u64, length: usize) -> u64 {
        let mixed = (stream ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits choose the set")]
    fn set(&self, key: u64) -> usize {
        key as usize & (self.keys.len() - 1)
    }

    /// The shape that a message fits, of those under a key.
    #[inline(always)]
    pub(crate) fn find(
        &self,
        key: u64,
        window: Window<'_>,
        start: usize,
        end: usize,
    ) -> Option<&Shape> {
        let set = self.set(key);
        for (way, &own) in self.keys[set].iter().enumerate() {
            if own == key {
                let shape = &self.list[set * WAYS + way];
                if shape.fits(window, start, end) {
                    return Some(shape);
                }
            }
        }
        None
    }

    /// Keeps a shape under a key.
    pub(crate) fn keep(&mut self, key: u64, shape: &Shape) {
        let set = self.set(key);
        let way = usize::from(self.next[set]) % WAYS;
        self.next[set] = self.next[set].wrapping_add(1);
        self.keys[set][way] = key;
        self.list[set * WAYS + way] = *shape;
    }
}

impl Shape {
    /// A shape that nothing fits.
    pub(crate) const EMPTY: Self = Self {
        template: [Block::ZERO; BLOCKS],
        mask: [Block::ZERO; BLOCKS],
        pairs: [Pair::NONE; NUMBERS / 2],
        grids: [Grid::SAME; NUMBERS],
        length: usize::MAX,
        kind: Kind::Trade,
        instrument: InstrumentId::NONE,
        says: 0,
        tail: [0; TAIL],
        tail_length: 0,
    };
}

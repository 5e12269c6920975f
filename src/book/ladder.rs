//! One side's levels near the best: a ring of ticks with a two-level occupancy bitset.
//!
//! A *key* is a price in ticks, negated for asks, so that on both sides the best level has the
//! highest key and one code serves both. The window is `[low, low + ticks)`; a key's place in
//! the ring is its low bits, so that moving the window moves no level that stays inside.

use std::ops::Range;

use model::{DEPTH_LEVELS_PER_LINE, DepthLine, Line};

/// No key.
pub(crate) const NONE: i64 = i64::MIN;

/// Lines that are put at once: a bit of a word for each of their levels.
pub(crate) const RUN: usize = 64 / DEPTH_LEVELS_PER_LINE;

/// What a run of lines did to a ladder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    /// The levels that lie outside the window, not yet set: bit `line × 6 + slot`.
    pub(crate) outside: u64,
    /// The best key set, to zero or not.
    pub(crate) touched: i64,
}

/// The key of a level of a line.
#[inline]
pub(crate) fn key_of(base: i64, sign: i64, offset: i32) -> i64 {
    base.wrapping_add(i64::from(offset)).wrapping_mul(sign)
}

/// Where a side's levels stand in a packed line: bids come first.
#[inline]
pub(crate) fn slots(line: &DepthLine, sign: i64) -> Range<usize> {
    let bids = usize::from(line.bids).min(DEPTH_LEVELS_PER_LINE);
    if 0 < sign {
        return 0..bids;
    }
    bids..(bids + usize::from(line.asks)).min(DEPTH_LEVELS_PER_LINE)
}

/// The part of a key that can be an index.
#[inline]
const fn low_bits(key: i64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    {
        key.cast_unsigned() as usize
    }
}

/// Sixty-four ticks: their lots, and which of them are occupied, side by side in memory.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// A bit a tick: whether its lots are not zero.
    bits: u64,
    lots: [u32; BLOCK],
}

/// Ticks in a block.
const BLOCK: usize = 64;

/// Levels of one side inside a window of ticks.
#[derive(Debug)]
pub(crate) struct Ladder {
    blocks: Box<[Block]>,
    /// A bit a block: whether one of its ticks is occupied.
    groups: Box<[u64]>,
    /// The window's lowest key, a multiple of 64: no block holds both ends of the window.
    low: i64,
    /// The lowest key that is a price: `low`, or 1 where the window begins at zero.
    first: i64,
    /// Keys from `first` on that lie in the window.
    span: u64,
    /// The highest occupied key or `NONE`; between events. During one: at least that.
    best: i64,
}

impl Ladder {
    /// An empty ladder. Every page is written, so that none is first touched on the hot path.
    pub(crate) fn new(ticks: usize) -> Self {
        // With 256 the best still lies inside when it is put at three quarters and that is
        // rounded down to a block.
        assert!(ticks.is_power_of_two() && 256 <= ticks, "a window is 2^n ticks, 256 or more");
        let count = ticks / BLOCK;
        let touched = Block { bits: std::hint::black_box(1), lots: [1; BLOCK] };
        let mut blocks = vec![touched; count].into_boxed_slice();
        blocks.fill(Block { bits: 0, lots: [0; BLOCK] });
        let groups = vec![0; count.div_ceil(64)].into_boxed_slice();
        let mut ladder = Self { blocks, groups, low: 0, first: 0, span: 0, best: NONE };
        ladder.place(0);
        ladder
    }

    /// Ticks in the window.
    pub(crate) fn ticks(&self) -> i64 {
        #[expect(clippy::cast_possible_wrap, reason = "a window is far below 2^63 ticks")]
        {
            (self.blocks.len() * BLOCK) as i64
        }
    }

    /// The window's lowest key.
    pub(crate) const fn low(&self) -> i64 {
        self.low
    }

    /// The highest occupied key, or `NONE`. Exact between events.
    #[inline]
    pub(crate) const fn best(&self) -> i64 {
        self.best
    }

    /// Levels in the window, counted: nothing on the hot path asks.
    pub(crate) fn levels(&self) -> usize {
        self.blocks.iter().map(|block| block.bits.count_ones() as usize).sum()
    }

    /// Lots in the window, added up: nothing on the hot path asks.
    pub(crate) fn sum(&self) -> i64 {
        self.blocks.iter().flat_map(|block| block.lots).map(i64::from).sum()
    }

    /// Whether a key lies in the window.
    #[inline]
    pub(crate) const fn holds(&self, key: i64) -> bool {
        key.wrapping_sub(self.first).cast_unsigned() < self.span
    }

    /// Sets the levels of a run of lines that lie in the window, and writes what they lost over the
    /// lots of a copy of the run: the hot path.
    ///
    /// Slices and sums are locals, because the compiler cannot know that a store to a level
    /// leaves the ladder's own fields alone. What lies outside is left to the caller, so there
    /// is no call in the loop; counts and sums are left to those who ask.
    #[inline]
    pub(crate) fn put(&mut self, sign: i64, run: &[Line], lost: &mut [Line]) -> Put {
        debug_assert!(run.len() <= RUN, "a bit a level");
        let (first, span) = (self.first, self.span);
        let (blocks, groups) = (&mut *self.blocks, &mut *self.groups);
        let mask = blocks.len() - 1;
        let mut put = Put { outside: 0, touched: NONE };
        for (turn, (line, lost)) in run.iter().zip(lost).enumerate() {
            let line: &DepthLine = line.view();
            let lost: &mut DepthLine = lost.view_mut();
            let base = line.base.0;
            for slot in slots(line, sign) {
                let key = key_of(base, sign, line.offsets[slot]);
                if span <= key.wrapping_sub(first).cast_unsigned() {
                    put.outside |= 1 << (turn * DEPTH_LEVELS_PER_LINE + slot);
                    continue;
                }
                let at = low_bits(key);
                let index = (at / BLOCK) & mask;
                let block = &mut blocks[index];
                let lots = line.lots[slot];
                lost.lots[slot] = block.lots[at % BLOCK].saturating_sub(lots);
                set(block, groups, index, at % BLOCK, lots);
                put.touched = put.touched.max(key);
            }
        }
        self.best = self.best.max(put.touched);
        put
    }

    /// Sets one level inside the window.
    pub(crate) fn set(&mut self, key: i64, lots: u32) {
        let index = self.index(key);
        set(&mut self.blocks[index], &mut self.groups, index, low_bits(key) % BLOCK, lots);
        self.best = self.best.max(key);
    }

    /// The lots at a key inside the window.
    #[inline]
    pub(crate) fn get(&self, key: i64) -> u32 {
        self.blocks[self.index(key)].lots[low_bits(key) % BLOCK]
    }

    /// Makes `best` exact after an event: it only ever rose during one.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if self.best != NONE && self.get(self.best) == 0 {
            self.best = self.below(self.best);
        }
    }

    /// Visits levels from the best down until the visitor says `false`.
    #[inline]
    pub(crate) fn walk(&self, mut visit: impl FnMut(i64, u32) -> bool) {
        let mut key = self.best;
        while key != NONE {
            let block = &self.blocks[self.index(key)];
            let floor = key & !63;
            let mut bits = block.bits & (u64::MAX >> (63 - (low_bits(key) % BLOCK)));
            while bits != 0 {
                let top = 63 - bits.leading_zeros();
                if !visit(floor + i64::from(top), block.lots[top as usize]) {
                    return;
                }
                bits ^= 1 << top;
            }
            key = self.below(floor);
        }
    }

    /// Moves the window; levels outside the new one are handed to `evict` and leave.
    pub(crate) fn shift(&mut self, low: i64, mut evict: impl FnMut(i64, u32)) {
        let (old, ticks) = (self.low, self.ticks());
        let kept = low..low.saturating_add(ticks);
        for floor in (old..old + ticks).step_by(BLOCK) {
            if kept.contains(&floor) {
                continue;
            }
            let index = self.index(floor);
            self.groups[index / 64] &= !(1 << (index % 64));
            let block = &mut self.blocks[index];
            let mut bits = std::mem::take(&mut block.bits);
            while bits != 0 {
                let at = bits.trailing_zeros();
                let lots = std::mem::take(&mut block.lots[at as usize]);
                evict(floor + i64::from(at), lots);
                bits &= bits - 1;
            }
        }
        self.place(low);
        self.best = self.highest();
    }

    /// Forgets every level.
    pub(crate) fn clear(&mut self) {
        self.shift(self.low.wrapping_add(self.ticks()), |_, _| {});
        self.place(0);
    }

    /// Puts the window of an empty or prepared ring at `low`, a multiple of 64.
    fn place(&mut self, low: i64) {
        debug_assert_eq!(low & 63, 0, "a window begins at a word");
        let end = low + self.ticks();
        self.low = low;
        self.first = if low == 0 { 1 } else { low };
        self.span = (end - self.first).cast_unsigned();
    }

    /// The block of a key.
    #[inline]
    fn index(&self, key: i64) -> usize {
        (low_bits(key) / BLOCK) & (self.blocks.len() - 1)
    }

    /// The highest occupied key.
    fn highest(&self) -> i64 {
        let top = self.low + self.ticks() - 1;
        if self.get(top) == 0 { self.below(top) } else { top }
    }

    /// The next occupied key strictly below.
    #[inline]
    fn below(&self, key: i64) -> i64 {
        let index = self.index(key);
        let bits = self.blocks[index].bits & ((1 << (low_bits(key) % BLOCK)) - 1);
        if bits != 0 {
            return (key & !63) + i64::from(63 - bits.leading_zeros());
        }
        self.below_block(key, index)
    }

    /// The same in other blocks: once around the ring, 64 blocks a step.
    #[inline(never)]
    fn below_block(&self, key: i64, index: usize) -> i64 {
        let last = self.groups.len() - 1;
        let mut group = index / 64;
        let mut bits = self.groups[group] & ((1 << (index % 64)) - 1);
        for _ in 0..=self.groups.len() {
            if bits != 0 {
                let index = group * 64 + 63 - bits.leading_zeros() as usize;
                let top = 63 - self.blocks[index].bits.leading_zeros();
                // What is met behind the seam of the ring lies above the key: nothing is below.
                let found = self.floor_of(index) + i64::from(top);
                return if found < key { found } else { NONE };
            }
            group = if group == 0 { last } else { group - 1 };
            bits = self.groups[group];
        }
        NONE
    }

    /// The lowest key of a block.
    fn floor_of(&self, index: usize) -> i64 {
        #[expect(clippy::cast_possible_wrap, reason = "an index into the ring")]
        let at = (index * BLOCK) as i64;
        self.low + (at.wrapping_sub(self.low) & (self.ticks() - 1))
    }
}

/// Sets the lots of one tick of a block.
#[inline]
fn set(block: &mut Block, groups: &mut [u64], index: usize, at: usize, lots: u32) {
    block.lots[at] = lots;
    // Without a branch: whether a level comes, stays or goes cannot be predicted (a select here
    // was compiled to one, and cost 2 ns a level).
    let present = u64::from(lots != 0);
    let rest = block.bits & !(1 << at);
    block.bits = rest | present << at;
    // Only where the block holds no other level can its bit in the group change. Written at
    // every level it would be one long chain of loads and stores of the same word.
    if rest == 0 {
        let others = groups[index / 64] & !(1 << (index % 64));
        groups[index / 64] = others | present << (index % 64);
    }
}

//! One side's levels near the best: a ring of ticks with a two-level occupancy bitset.
//!
//! A *key* is a price in ticks, negated for asks, so that on both sides the best level has the
//! highest key and one code serves both. The window is `[low, low + ticks)`; a key's place in
//! the ring is its low bits, so that moving the window moves no level that stays inside.

/// No key.
pub(crate) const NONE: i64 = i64::MIN;

/// Levels of one side inside a window of ticks.
#[derive(Debug)]
pub(crate) struct Ladder {
    /// Lots by key; zero where nothing rests.
    lots: Box<[u32]>,
    /// One bit a tick: 64 ticks a word.
    words: Box<[u64]>,
    /// One bit a word: 4 096 ticks a group.
    groups: Box<[u64]>,
    /// The window's lowest key, a multiple of 64: no word holds both ends of the window.
    low: i64,
    /// The lowest key that is a price: `low`, or 1 where the window begins at zero.
    first: i64,
    /// Keys from `first` on that lie in the window.
    span: u64,
    /// The highest occupied key or `NONE`; between events. During one: at least that.
    pub(crate) best: i64,
}

impl Ladder {
    /// An empty ladder. Every page is written, so that none is first touched on the hot path.
    pub(crate) fn new(ticks: usize) -> Self {
        // With 256 the best still lies inside when it is put at three quarters and that is
        // rounded down to a word.
        assert!(ticks.is_power_of_two() && 256 <= ticks, "a window is 2^n ticks, 256 or more");
        let words = ticks / 64;
        let mut ladder = Self {
            lots: vec![std::hint::black_box(1); ticks].into_boxed_slice(),
            words: vec![0; words].into_boxed_slice(),
            groups: vec![0; words.div_ceil(64)].into_boxed_slice(),
            low: 0,
            first: 0,
            span: 0,
            best: NONE,
        };
        ladder.lots.fill(0);
        ladder.place(0);
        ladder
    }

    /// Ticks in the window.
    pub(crate) fn ticks(&self) -> i64 {
        #[expect(clippy::cast_possible_wrap, reason = "a window is far below 2^63 ticks")]
        {
            self.lots.len() as i64
        }
    }

    /// The window's lowest key.
    pub(crate) const fn low(&self) -> i64 {
        self.low
    }

    /// Whether a key lies in the window.
    #[inline]
    pub(crate) const fn holds(&self, key: i64) -> bool {
        key.wrapping_sub(self.first).cast_unsigned() < self.span
    }

    /// Sets the lots at a key inside the window and returns those before. Neither `best` nor
    /// any sum is kept here: who applies many levels keeps them in registers.
    #[inline]
    pub(crate) fn set(&mut self, key: i64, lots: u32) -> u32 {
        let at = self.index(key);
        let old = std::mem::replace(&mut self.lots[at], lots);
        let (word, bit) = (at >> 6, 1_u64 << (at & 63));
        // Without branches: whether a level comes, stays or goes cannot be predicted.
        let rest = self.words[word] & !bit;
        let occupied = if lots == 0 { rest } else { rest | bit };
        self.words[word] = occupied;
        let flag = 1_u64 << (word & 63);
        let others = self.groups[word >> 6] & !flag;
        self.groups[word >> 6] = if occupied == 0 { others } else { others | flag };
        old
    }

    /// The lots at a key inside the window.
    #[inline]
    pub(crate) fn get(&self, key: i64) -> u32 {
        self.lots[self.index(key)]
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
            let at = self.index(key);
            let inside = at & 63;
            let (from, floor) = (at - inside, key & !63);
            let mut bits = self.words[at >> 6] & (u64::MAX >> (63 - inside));
            while bits != 0 {
                let top = 63 - bits.leading_zeros();
                if !visit(floor + i64::from(top), self.lots[from + top as usize]) {
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
        for floor in (old..old + ticks).step_by(64) {
            if kept.contains(&floor) {
                continue;
            }
            let from = self.index(floor);
            let mut bits = std::mem::take(&mut self.words[from >> 6]);
            self.groups[from >> 12] &= !(1 << ((from >> 6) & 63));
            while bits != 0 {
                let top = bits.trailing_zeros();
                let lots = std::mem::take(&mut self.lots[from + top as usize]);
                evict(floor + i64::from(top), lots);
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

    #[inline]
    fn index(&self, key: i64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
        {
            key.cast_unsigned() as usize & (self.lots.len() - 1)
        }
    }

    /// The highest occupied key.
    fn highest(&self) -> i64 {
        let top = self.low + self.ticks() - 1;
        if self.get(top) == 0 { self.below(top) } else { top }
    }

    /// The next occupied key strictly below.
    #[inline]
    fn below(&self, key: i64) -> i64 {
        let at = self.index(key);
        let bits = self.words[at >> 6] & ((1 << (at & 63)) - 1);
        if bits != 0 {
            return (key & !63) + i64::from(63 - bits.leading_zeros());
        }
        self.below_word(key, at >> 6)
    }

    /// The same in other words: once around the ring, 64 words a step.
    #[inline(never)]
    fn below_word(&self, key: i64, word: usize) -> i64 {
        let last = self.groups.len() - 1;
        let mut group = word >> 6;
        let mut bits = self.groups[group] & ((1 << (word & 63)) - 1);
        for _ in 0..=self.groups.len() {
            if bits != 0 {
                let word = (group << 6) + 63 - bits.leading_zeros() as usize;
                let floor = self.floor_of(word);
                // What is met behind the seam of the ring lies above the key: nothing is below.
                let found = floor + i64::from(63 - self.words[word].leading_zeros());
                return if found < key { found } else { NONE };
            }
            group = if group == 0 { last } else { group - 1 };
            bits = self.groups[group];
        }
        NONE
    }

    /// The lowest key of a word.
    fn floor_of(&self, word: usize) -> i64 {
        #[expect(clippy::cast_possible_wrap, reason = "an index into the ring")]
        let at = (word << 6) as i64;
        self.low + (at.wrapping_sub(self.low) & (self.ticks() - 1))
    }
}

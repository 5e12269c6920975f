//! One side of a book: the ladder near the best, the far table for the rest, and their sums.
//!
//! ```text
//!  worse ◀───────────────────────────────────────────────────────▶ better
//!   far table        │ low     ladder: on the grid, lots ≤ u32    │
//!   outside: by hash │ odd: in the far table too, listed by price │ odd
//! ```
//!
//! *Odd* are the far table's levels at or above the window's low edge: off the grid, wider than
//! u32, or beyond the window's top until it follows. They are mostly none; when there are some,
//! a sorted list of their prices keeps best and top right.
//!
//! **Invariants.** A level rests in the ladder or in the far table, never in both. `odd` lists
//! exactly the far table's prices from `edge` on, sorted. Fine keys carry the side's sign, as
//! keys do. Recentring costs one pass over the far table's slots and the levels that move: tens
//! of microseconds, once in a quarter of a window that the price travels.

use model::{
    DEPTH_LEVELS_PER_LINE, DepthLine, Fine, LevelPrice, Line, Lots, OBI_LEVELS, Price, Side,
};
use runtime::Counters;

use crate::far::Far;
use crate::ladder::{Ladder, NONE, key_of, slots};
use crate::{BookCounter, Plan};

/// Quantities from here on are refused: no market has 35 trillion lots at one price, and the sum
/// over every level a side can hold stays inside i64.
const LOTS_MAX: i64 = 1 << 45;
/// Fine prices beyond are refused, so that no key, window or product can overflow.
const FINE_MAX: i64 = 1 << 61;
/// Levels that one pass over the far table brings in order.
const PASS: usize = 32;

/// The best levels together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Depth {
    /// Σ lots of the best `OBI_LEVELS` levels.
    pub(crate) lots: Lots,
    /// Levels in that sum.
    pub(crate) levels: u8,
}

/// One side of a book.
#[derive(Debug)]
pub(crate) struct Half {
    /// 1 for bids, −1 for asks.
    pub(crate) sign: i64,
    pub(crate) tick: i64,
    pub(crate) ladder: Ladder,
    pub(crate) far: Far,
    pub(crate) odd: Vec<i64>,
    /// The fine key of the window's low edge.
    pub(crate) edge: i64,
    /// Ladder keys that rest in the far table because their lots exceed u32: those of `odd`.
    pub(crate) wide: usize,
    pub(crate) incomplete: bool,
    /// Levels refused since the last `settle`.
    bad: u64,
    /// The best key that changed since `depth` was summed.
    touched: i64,
    /// The worst key in `depth`; `NONE` when it holds every level.
    worst: i64,
    /// The worst key that the last snapshot told where the venue had cut it; else `NONE`.
    pub(crate) covered: i64,
    depth: Depth,
    pub(crate) counters: Counters<BookCounter>,
}

impl Half {
    pub(crate) fn new(
        side: Side,
        tick: Fine,
        plan: &Plan,
        counters: &Counters<BookCounter>,
    ) -> Self {
        assert!(0 < tick.0, "a tick is positive");
        let far = Far::new(plan.far_slots);
        let mut odd = vec![std::hint::black_box(1); far.room()];
        odd.clear();
        Self {
            sign: side.sign(),
            tick: tick.0,
            ladder: Ladder::new(plan.window_ticks),
            odd,
            far,
            edge: 0,
            wide: 0,
            incomplete: false,
            bad: 0,
            touched: NONE,
            worst: NONE,
            covered: NONE,
            depth: Depth::default(),
            counters: counters.clone(),
        }
    }

    /// Forgets every level, and takes the tick of the time that begins.
    pub(crate) fn clear(&mut self, tick: Fine) {
        self.tick = tick.0;
        self.ladder.clear();
        self.far.clear();
        self.odd.clear();
        self.edge = 0;
        self.wide = 0;
        self.incomplete = false;
        self.bad = 0;
        self.touched = NONE;
        self.worst = NONE;
        self.covered = NONE;
        self.depth = Depth::default();
    }

    /// Levels on this side: counted, about a microsecond.
    pub(crate) fn level_count(&self) -> usize {
        self.ladder.levels() + self.far.len()
    }

    /// Lots on this side: added up, tens of microseconds.
    pub(crate) fn lots(&self) -> Lots {
        Lots(self.ladder.sum() + self.far.iter().map(|(_, lots)| lots).sum::<i64>())
    }

    /// Whether a level had to be left out since the last snapshot.
    pub(crate) const fn incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether a level in `depth` lies beyond what the snapshot told, or too few are known: then
    /// levels may be missing that never changed since.
    #[inline]
    pub(crate) const fn uncovered(&self) -> bool {
        self.worst < self.covered
    }

    /// Σ of the best levels, as of the last `settle`.
    pub(crate) const fn depth(&self) -> Depth {
        self.depth
    }

    /// Sets this side's levels of a run of packed lines: the hot path.
    #[inline]
    pub(crate) fn put_run(&mut self, run: &[Line], lost: &mut [Line]) {
        let put = self.ladder.put(self.sign, run, lost);
        self.touched = self.touched.max(put.touched);
        let mut outside = put.outside;
        while outside != 0 {
            let at = outside.trailing_zeros() as usize;
            let row = at / DEPTH_LEVELS_PER_LINE;
            let line: &DepthLine = run[row].view();
            let slot = at % DEPTH_LEVELS_PER_LINE;
            let key = key_of(line.base.0, self.sign, line.offsets[slot]);
            let gone = self.put_outside(key, i64::from(line.lots[slot]));
            lost[row].view_mut::<DepthLine>().lots[slot] = gone;
            outside &= outside - 1;
        }
        if self.wide != 0 {
            self.narrow_run(run);
        }
    }

    /// Sets one level of any form.
    #[cold]
    pub(crate) fn put(&mut self, price: LevelPrice, lots: Lots) {
        match price {
            LevelPrice::Tick(price) => self.put_tick(price, lots),
            LevelPrice::Fine(fine) if fine.0 % self.tick == 0 => {
                self.put_tick(Price(fine.0 / self.tick), lots);
            }
            LevelPrice::Fine(fine) => {
                self.counters.bump(BookCounter::OffGridLevels);
                if !(1..=FINE_MAX).contains(&fine.0) {
                    return self.refuse();
                }
                let fine = fine.0 * self.sign;
                let _ = self.put_far(fine.div_euclid(self.tick), fine, lots.0);
            }
        }
    }

    fn put_tick(&mut self, price: Price, lots: Lots) {
        let key = price.0.wrapping_mul(self.sign);
        if lots.0 < 0 || LOTS_MAX < lots.0 {
            return self.refuse();
        }
        if !self.ladder.holds(key) {
            self.put_outside(key, lots.0);
            return;
        }
        // In the ladder where it fits, else in the far table; in the other one no more.
        let fits = u32::try_from(lots.0).ok();
        self.ladder.set(key, fits.unwrap_or(0));
        self.touched = self.touched.max(key);
        let _ = self.put_far(key, key * self.tick, if fits.is_some() { 0 } else { lots.0 });
    }

    /// Sets a level on the grid that the ladder cannot hold; what it lost.
    #[inline(never)]
    fn put_outside(&mut self, key: i64, lots: i64) -> u32 {
        let fine = key.checked_mul(self.tick).unwrap_or(0);
        let price = fine.wrapping_mul(self.sign);
        if !(1..=FINE_MAX).contains(&price) {
            self.refuse();
            return 0;
        }
        self.put_far(key, fine, lots)
    }

    /// Sets a level in the far table; `key` is its fine key in whole ticks, rounded down. What
    /// it lost.
    fn put_far(&mut self, key: i64, fine: i64, lots: i64) -> u32 {
        if !(0..=LOTS_MAX).contains(&lots) {
            self.refuse();
            return 0;
        }
        let Ok(old) = self.far.set(fine, lots) else {
            self.incomplete = true;
            self.counters.bump(BookCounter::FarFull);
            return 0;
        };
        self.touched = self.touched.max(key);
        if self.edge <= fine && (old != 0) != (lots != 0) {
            self.list(fine, lots != 0);
        }
        u32::try_from(old.saturating_sub(lots).max(0)).unwrap_or(u32::MAX)
    }

    /// Keeps `odd` in step with the far table.
    #[cold]
    fn list(&mut self, fine: i64, present: bool) {
        let wide = usize::from(self.is_wide(fine));
        match self.odd.binary_search(&fine) {
            Err(at) if present => {
                self.odd.insert(at, fine);
                self.wide += wide;
            }
            Ok(at) if !present => {
                self.odd.remove(at);
                self.wide -= wide;
            }
            _ => {}
        }
    }

    /// Whether an odd level is odd for its quantity alone.
    fn is_wide(&self, fine: i64) -> bool {
        fine % self.tick == 0 && self.ladder.holds(fine / self.tick)
    }

    /// Ladder quantities replace wide ones at the same price.
    #[cold]
    fn narrow_run(&mut self, run: &[Line]) {
        for line in run {
            let line: &DepthLine = line.view();
            for slot in slots(line, self.sign) {
                let key = key_of(line.base.0, self.sign, line.offsets[slot]);
                if self.ladder.holds(key) {
                    let _ = self.put_far(key, key * self.tick, 0);
                }
            }
        }
    }

    #[cold]
    fn refuse(&mut self) {
        self.bad += 1;
        self.counters.bump(BookCounter::BadLevels);
    }

    /// Closes an event: best, window and top sums are exact again. Returns the levels refused.
    #[inline]
    pub(crate) fn settle(&mut self) -> u64 {
        self.ladder.settle();
        self.follow();
        if self.touched != NONE && self.worst <= self.touched {
            self.sum_depth();
        }
        self.touched = NONE;
        std::mem::take(&mut self.bad)
    }

    #[inline]
    fn sum_depth(&mut self) {
        let (mut lots, mut levels, mut worst) = (0, 0, NONE);
        let plain = self.odd.is_empty();
        if plain {
            self.ladder.walk(|key, here| {
                lots += i64::from(here);
                levels += 1;
                worst = key;
                usize::from(levels) < OBI_LEVELS
            });
        }
        if !plain || (usize::from(levels) < OBI_LEVELS && self.far.len() != 0) {
            (lots, levels) = (0, 0);
            self.top_keys(OBI_LEVELS, |fine, here| {
                lots += here;
                levels += 1;
                worst = fine.div_euclid(self.tick);
            });
        }
        self.worst = if usize::from(levels) < OBI_LEVELS { NONE } else { worst };
        self.depth = Depth { lots: Lots(lots), levels };
    }

    /// The best level's fine key.
    #[inline]
    pub(crate) fn best_fine(&self) -> Option<i64> {
        let ladder = match self.ladder.best() {
            NONE => None,
            key => Some(key * self.tick),
        };
        // `None` is less than any `Some`.
        ladder.max(self.odd.last().copied())
    }

    /// The best level: its price, rounded away from the spread where it lies off the grid, and
    /// its lots.
    #[inline]
    pub(crate) fn best(&self) -> Option<(Price, Lots)> {
        if self.odd.is_empty() {
            let key = self.ladder.best();
            return (key != NONE)
                .then(|| (Price(key * self.sign), Lots(i64::from(self.ladder.get(key)))));
        }
        let fine = self.best_fine()?;
        let key = fine.div_euclid(self.tick);
        let odd = self.far.get(fine);
        let lots = if odd == 0 { i64::from(self.ladder.get(key)) } else { odd };
        Some((Price(key * self.sign), Lots(lots)))
    }

    /// The best `count` levels, best first.
    pub(crate) fn top(&self, count: usize, mut visit: impl FnMut(LevelPrice, Lots)) {
        self.top_keys(count, |fine, lots| {
            let price = fine * self.sign;
            let price = if price % self.tick == 0 {
                LevelPrice::Tick(Price(price / self.tick))
            } else {
                LevelPrice::Fine(Fine(price))
            };
            visit(price, Lots(lots));
        });
    }

    fn top_keys(&self, count: usize, mut visit: impl FnMut(i64, i64)) {
        let mut left = count;
        let mut odd = self.odd.as_slice();
        if left == 0 {
            return;
        }
        self.ladder.walk(|key, lots| {
            let here = key * self.tick;
            while let [rest @ .., fine] = odd
                && here < *fine
            {
                visit(*fine, self.far.get(*fine));
                odd = rest;
                left -= 1;
                if left == 0 {
                    return false;
                }
            }
            visit(here, i64::from(lots));
            left -= 1;
            left != 0
        });
        while let [rest @ .., fine] = odd
            && left != 0
        {
            visit(*fine, self.far.get(*fine));
            odd = rest;
            left -= 1;
        }
        if left != 0 && self.odd.len() < self.far.len() {
            self.top_far(left, visit);
        }
    }

    /// The best levels below the window: passes over the whole table, `PASS` levels each. Only
    /// where the window holds fewer levels than are asked for.
    #[cold]
    fn top_far(&self, count: usize, mut visit: impl FnMut(i64, i64)) {
        let mut left = count;
        let mut bound = self.edge;
        while left != 0 {
            // Sorted, best first.
            let mut found = [(NONE, 0); PASS];
            for (fine, lots) in self.far.iter() {
                if bound <= fine || fine <= found[PASS - 1].0 {
                    continue;
                }
                let at = found.partition_point(|&(better, _)| fine < better);
                found[at..].rotate_right(1);
                found[at] = (fine, lots);
            }
            for (fine, lots) in found {
                if fine == NONE || left == 0 {
                    return;
                }
                visit(fine, lots);
                bound = fine;
                left -= 1;
            }
        }
    }
}

#[cfg(test)]
impl Half {
    /// The invariants at the top of this file; every level once.
    pub(crate) fn check(&self) {
        let mut odd: Vec<i64> =
            self.far.iter().map(|(fine, _)| fine).filter(|&fine| self.edge <= fine).collect();
        odd.sort_unstable();
        assert_eq!(odd, self.odd, "odd lists the far levels from the edge on");
        assert_eq!(self.wide, odd.iter().filter(|&&fine| self.is_wide(fine)).count());
        assert_eq!(self.edge, self.ladder.low().saturating_mul(self.tick));
        self.ladder.walk(|key, _| {
            assert!(self.far.get(key * self.tick) == 0, "in both");
            true
        });
    }
}

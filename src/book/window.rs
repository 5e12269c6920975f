//! How a side's window follows its price.
//!
//! What leaves the window goes to the far table, what it reaches comes from there: one pass over
//! the table's slots and the levels that move, tens of microseconds, once in a fifth of a window
//! that the price travels.

use crate::BookCounter;
use crate::half::Half;
use crate::ladder::NONE;

impl Half {
    /// Keeps the window where the best is.
    #[inline]
    pub(crate) fn follow(&mut self) {
        let Some(key) = self.best_key() else { return };
        // A band around the place where recentring puts the best, three quarters up: below the
        // best lies the side, above it nothing.
        let (ticks, low) = (self.ladder.ticks(), self.ladder.low());
        if low + ticks / 2 <= key && key < low + ticks / 16 * 15 {
            return;
        }
        self.recenter(key);
    }

    /// The key to follow: the best level's, rounded down.
    #[inline]
    fn best_key(&self) -> Option<i64> {
        if self.odd.is_empty() && self.ladder.best() != NONE {
            return Some(self.ladder.best());
        }
        if self.far.len() == 0 {
            return None;
        }
        let far = || self.far.iter().map(|(fine, _)| fine).max();
        self.best_fine().or_else(far).map(|fine| fine.div_euclid(self.tick))
    }

    /// Puts the window where `key` lies at three quarters of it, if it is not there already.
    #[cold]
    #[inline(never)]
    pub(crate) fn recenter(&mut self, key: i64) {
        let ticks = self.ladder.ticks();
        // No price below one tick: bids' keys begin at 1, asks' end at −1.
        let target = (key - ticks / 4 * 3) & !63;
        let low = if 0 < self.sign { target.max(0) } else { target.min(-ticks) };
        if low == self.ladder.low() {
            return;
        }
        self.counters.bump(BookCounter::Recenterings);
        self.evict(low);
        self.edge = low.saturating_mul(self.tick);
        self.bring_in();
    }

    /// Moves the window; what leaves it goes to the far table.
    fn evict(&mut self, low: i64) {
        let (far, tick, counters) = (&mut self.far, self.tick, &self.counters);
        let mut lost = false;
        self.ladder.shift(low, |key, lots| {
            if far.set(key * tick, i64::from(lots)).is_err() {
                lost = true;
                counters.bump(BookCounter::FarFull);
            }
        });
        self.incomplete |= lost;
    }

    /// Takes from the far table what the ladder can hold now, and lists what else lies in its
    /// range.
    fn bring_in(&mut self) {
        self.odd.clear();
        self.wide = 0;
        let edge = self.edge;
        self.odd.extend(self.far.iter().map(|(fine, _)| fine).filter(|&fine| edge <= fine));
        let (far, ladder, tick) = (&mut self.far, &mut self.ladder, self.tick);
        let mut wide = 0;
        self.odd.retain(|&fine| {
            let key = fine / tick;
            if fine % tick != 0 || !ladder.holds(key) {
                return true;
            }
            let Ok(lots) = u32::try_from(far.get(fine)) else {
                wide += 1;
                return true;
            };
            ladder.set(key, lots);
            far.set(fine, 0).is_err()
        });
        self.wide = wide;
        self.odd.sort_unstable();
    }
}

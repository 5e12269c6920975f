//! Levels that the ladder cannot hold: an open-addressing table from fine prices to lots.
//!
//! They are 4–10 % of the changes and touch 98 % of the messages, so a tree would cost more than
//! the rest of the book. Linear probing over 16-byte slots, four a cache line; deletion shifts
//! back, so no tombstone ever slows it. Preallocated: when it is full, it says so.

/// A level: its fine price with the side's sign, and its lots; zero lots mark a free slot.
#[derive(Clone, Copy, Debug)]
struct Slot {
    fine: i64,
    lots: i64,
}

/// The table has no room for one more level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Full;

/// Lots by fine price.
#[derive(Debug)]
pub(crate) struct Far {
    slots: Box<[Slot]>,
    /// 64 less the bits of an index.
    shift: u32,
    len: usize,
}

impl Far {
    /// An empty table. Every page is written here, none on the hot path.
    pub(crate) fn new(slots: usize) -> Self {
        assert!(slots.is_power_of_two() && 8 <= slots, "a far table has 2^n slots, 8 or more");
        Self {
            slots: vec![Slot { fine: i64::MIN, lots: 0 }; slots].into_boxed_slice(),
            shift: 64 - slots.trailing_zeros(),
            len: 0,
        }
    }

    /// Levels it may hold: three quarters of the slots; beyond, probes grow long.
    pub(crate) fn room(&self) -> usize {
        self.slots.len() / 4 * 3
    }

    /// Levels in it.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The lots at a price; zero where nothing rests.
    pub(crate) fn get(&self, fine: i64) -> i64 {
        self.slots[self.find(fine)].lots
    }

    /// Sets the lots at a price, zero removes it; returns the lots before.
    pub(crate) fn set(&mut self, fine: i64, lots: i64) -> Result<i64, Full> {
        let at = self.find(fine);
        let old = self.slots[at].lots;
        if lots == 0 {
            if old != 0 {
                self.remove(at);
            }
        } else if old != 0 {
            self.slots[at].lots = lots;
        } else {
            if self.len == self.room() {
                return Err(Full);
            }
            self.slots[at] = Slot { fine, lots };
            self.len += 1;
        }
        Ok(old)
    }

    /// Every level, in the table's order, which depends on the levels' history: use it only
    /// where the order cannot be seen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.slots.iter().filter(|slot| slot.lots != 0).map(|slot| (slot.fine, slot.lots))
    }

    /// Forgets every level.
    pub(crate) fn clear(&mut self) {
        if self.len != 0 {
            self.slots.fill(Slot { fine: i64::MIN, lots: 0 });
            self.len = 0;
        }
    }

    /// Where a price rests, or the free slot where it would.
    #[inline]
    fn find(&self, fine: i64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(fine);
        // Ends: a quarter of the slots is always free.
        loop {
            let slot = self.slots[at & mask];
            if slot.lots == 0 || slot.fine == fine {
                return at & mask;
            }
            at += 1;
        }
    }

    /// The slot where the search for a price begins.
    #[inline]
    const fn home(&self, fine: i64) -> usize {
        // Fine prices are multiples of large powers of ten: only the product's high bits mix.
        #[expect(clippy::cast_possible_truncation, reason = "the shift leaves an index")]
        {
            (fine.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
        }
    }

    /// Frees a slot and closes the hole in the probes that ran over it.
    fn remove(&mut self, mut hole: usize) {
        let mask = self.slots.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots[at];
            if slot.lots == 0 {
                break;
            }
            let from_home = at.wrapping_sub(self.home(slot.fine)) & mask;
            let from_hole = at.wrapping_sub(hole) & mask;
            if from_hole <= from_home {
                self.slots[hole] = slot;
                hole = at;
            }
        }
        self.slots[hole] = Slot { fine: i64::MIN, lots: 0 };
        self.len -= 1;
    }
}

//! Where a profile's volume lies: a flat array of bins around the traded prices.
//!
//! Bin of price p is ⌊p/Δ⌋. Slot 0 of the array holds bin `base`. A price beyond the array moves
//! the array; a range beyond its length makes it grow or folds two bins into one. Nothing is
//! ever clipped.

use model::{Lots, Price, Side};

/// Slots of an engine profile. At Δ ≈ 0.0002 × price they span 82 % of the price: a day does
/// not leave that, and 20 bytes a slot stay in one core's L2.
pub(crate) const SLOTS: usize = 4096;
/// Slots at which a growing profile stops to grow and folds instead: 80 MB.
const SLOTS_MAX: usize = 1 << 22;

/// What happens when the traded range is wider than the array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    /// Δ doubles: no allocation, for the engine.
    Folds,
    /// The array is allocated anew, Δ stays: for analysis.
    Grows,
}

/// The bins. Slots outside `low..=high` hold zero.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    room: Room,
    // Ticks in a bin, >= 1.
    width: i64,
    // log2 of the width where it is a power of two: a shift instead of a division a trade.
    shift: Option<u32>,
    // The bin that slot 0 holds.
    pub(super) base: i64,
    // Slots of the lowest and the highest bin with volume; meaningless while `total` is 0.
    pub(super) low: usize,
    pub(super) high: usize,
    // == sum of `volume`, sum of `buys`.
    pub(super) total: i64,
    pub(super) total_buys: i64,
    // Counts what changed them, so that who looks now and then sees whether something did.
    pub(super) version: u64,
    pub(super) volume: Vec<i64>,
    buys: Vec<i64>,
}

const fn shift_of(width: i64) -> Option<u32> {
    if width & (width - 1) == 0 { Some(width.trailing_zeros()) } else { None }
}

impl Bins {
    pub(super) fn new(width: i64, room: Room) -> Self {
        assert!(width >= 1, "a bin is at least a tick wide, got {width}");
        Self {
            room,
            width,
            shift: shift_of(width),
            base: 0,
            low: 0,
            high: 0,
            total: 0,
            total_buys: 0,
            version: 0,
            volume: vec![0; SLOTS],
            buys: vec![0; SLOTS],
        }
    }

    pub(super) const fn width(&self) -> i64 {
        self.width
    }

    /// The bin a price lies in: ⌊p/Δ⌋, also below zero.
    #[inline]
    const fn bin(&self, price: Price) -> i64 {
        match self.shift {
            Some(shift) => price.0 >> shift,
            None => price.0.div_euclid(self.width),
        }
    }

    /// The slot of a price; `None` when the array does not reach it.
    #[inline]
    pub(super) fn slot(&self, price: Price) -> Option<usize> {
        let slot = usize::try_from(self.bin(price).wrapping_sub(self.base)).ok()?;
        (slot < self.volume.len()).then_some(slot)
    }

    /// The low edge of a slot's bin.
    pub(super) fn edge(&self, slot: usize) -> Price {
        Price((self.base + place(slot)) * self.width)
    }

    pub(super) fn sides(&self, slot: usize) -> (Lots, Lots) {
        (Lots(self.buys[slot]), Lots(self.volume[slot] - self.buys[slot]))
    }

    /// Adds lots; the slot's volume after it. The caller keeps `low..=high`.
    #[inline]
    pub(super) fn raise(&mut self, slot: usize, side: Side, lots: i64) -> i64 {
        let bought = if side == Side::Buy { lots } else { 0 };
        self.total += lots;
        self.total_buys += bought;
        self.version += 1;
        self.buys[slot] += bought;
        self.volume[slot] += lots;
        self.volume[slot]
    }

    /// Adds lots of both sides. The caller keeps `low..=high`.
    #[inline]
    pub(super) fn lay(&mut self, slot: usize, buys: i64, sells: i64) {
        self.total += buys + sells;
        self.total_buys += buys;
        self.version += 1;
        self.buys[slot] += buys;
        self.volume[slot] += buys + sells;
    }

    /// Takes lots away; the slot's volume after it. The caller keeps `low..=high`.
    #[inline]
    pub(super) fn lower(&mut self, slot: usize, side: Side, lots: i64) -> i64 {
        let left = self.raise(slot, side, -lots);
        assert!(left >= 0, "more was taken from a bin than was put in");
        left
    }

    /// Empties the bins; a width of `None` stays as it was.
    pub(super) fn clear(&mut self, width: Option<i64>) {
        if self.total != 0 {
            self.volume[self.low..=self.high].fill(0);
            self.buys[self.low..=self.high].fill(0);
        }
        (self.total, self.total_buys, self.low, self.high) = (0, 0, 0, 0);
        self.version += 1;
        if let Some(width) = width {
            assert!(width >= 1, "a bin is at least a tick wide, got {width}");
            (self.width, self.shift) = (width, shift_of(width));
        }
    }

    /// Makes the array reach a price, and gives its slot.
    #[cold]
    #[inline(never)]
    pub(super) fn reach(&mut self, price: Price) -> usize {
        if self.total == 0 {
            self.base = self.bin(price) - place(self.volume.len() / 2);
        }
        loop {
            if let Some(slot) = self.slot(price) {
                return slot;
            }
            let bin = self.bin(price);
            let low = bin.min(self.base + place(self.low));
            let high = bin.max(self.base + place(self.high));
            // A range beyond i64 does not fit either: it folds until it does.
            let span = usize::try_from(high.saturating_sub(low)).unwrap_or(usize::MAX);
            if span < self.volume.len() {
                self.move_to(low - place((self.volume.len() - span) / 2));
            } else if self.room == Room::Grows && span < SLOTS_MAX / 2 {
                let slots = (span * 2).next_power_of_two();
                self.volume.resize(slots, 0);
                self.buys.resize(slots, 0);
            } else {
                self.fold();
            }
        }
    }

    /// Lets slot 0 hold another bin.
    fn move_to(&mut self, base: i64) {
        let target = usize::try_from(self.base + place(self.low) - base)
            .expect("the traded range stays inside the array");
        let (low, high) = (self.low, self.high);
        let target_end = target + (high - low) + 1;
        // What the move leaves behind: the old range without the new one.
        let left =
            if target > low { low..target.min(high + 1) } else { target_end.max(low)..high + 1 };
        for list in [&mut self.volume, &mut self.buys] {
            list.copy_within(low..=high, target);
            list[left.clone()].fill(0);
        }
        (self.low, self.high) = (target, target_end - 1);
        self.base = base;
    }

    /// Two bins become one: Δ doubles. Bins ⌊p/2Δ⌋ nest: ⌊⌊p/Δ⌋/2⌋ is the same number.
    pub(super) fn fold(&mut self) {
        let base = self.base >> 1;
        if self.total != 0 {
            // The target lies at or below the source, so ascending order overwrites nothing.
            for slot in self.low..=self.high {
                let target = usize::try_from(((self.base + place(slot)) >> 1) - base)
                    .expect("a fold moves towards slot 0");
                let (volume, buys) = (self.volume[slot], self.buys[slot]);
                (self.volume[slot], self.buys[slot]) = (0, 0);
                self.volume[target] += volume;
                self.buys[target] += buys;
            }
            let odd = usize::from(self.base & 1 == 1);
            (self.low, self.high) = ((self.low + odd) / 2, (self.high + odd) / 2);
        }
        self.base = base;
        self.version += 1;
        self.width *= 2;
        self.shift = shift_of(self.width);
    }
}

/// A slot as a distance in bins.
#[inline]
fn place(slot: usize) -> i64 {
    i64::try_from(slot).expect("an array has fewer than 2^63 slots")
}

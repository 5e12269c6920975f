//! The footprint of a bar: what was bought and sold in each row of prices.
//!
//! Rows are aligned to price 0. A bar that spans more than [`FOOTPRINT_ROWS_MAX`] rows gets rows of
//! twice the height (four times, …) until it fits; what was in them is added together.
//!
//! **Invariant.** Σ rows = lots added since the last clear, side by side.

use model::{FOOTPRINT_ROWS_MAX, FootprintRow, Lots, Price, Side};

/// Slots of the ring of rows; a power of two.
const SLOTS: usize = 256;
/// Row number of slot arithmetic: a row's slot is its number by this mask.
const MASK: i64 = 255;
/// Rows as a row number.
const SPAN_MAX: i64 = 192;

const _: () = {
    assert!(SPAN_MAX.unsigned_abs() == FOOTPRINT_ROWS_MAX as u64);
    assert!(MASK.unsigned_abs() + 1 == SLOTS as u64 && SLOTS.is_power_of_two());
    assert!(FOOTPRINT_ROWS_MAX <= SLOTS);
};

/// One bar's rows and sums.
#[derive(Clone, Debug)]
pub struct Footprint {
    // Height of a row before any widening; and of this bar's rows.
    height: i64,
    ticks: i64,
    // By row number & MASK; zero outside of low..=high.
    slots: Box<[FootprintRow; SLOTS]>,
    // Row numbers; meaningless without trades.
    low: i64,
    high: i64,
    // Low edge and slot of the row that traded last: most trades hit it again, and the division
    // costs more than all the rest.
    edge: i64,
    slot: usize,
    /// Lots that aggressors bought.
    pub buys: Lots,
    /// Lots that aggressors sold.
    pub sells: Lots,
    /// Lowest running delta, from 0.
    pub delta_min: Lots,
    /// Highest running delta, from 0.
    pub delta_max: Lots,
    /// Tape records.
    pub trades: u64,
}

#[expect(clippy::cast_sign_loss, reason = "masked to 0..256")]
const fn slot_of(row: i64) -> usize {
    (row & MASK) as usize
}

impl Footprint {
    /// An empty bar of rows of so many ticks; less than one is taken for one.
    #[must_use]
    pub fn new(height: i64) -> Self {
        let height = height.max(1);
        Self {
            height,
            ticks: height,
            slots: Box::new([FootprintRow::default(); SLOTS]),
            low: 0,
            high: 0,
            edge: i64::MIN,
            slot: 0,
            buys: Lots(0),
            sells: Lots(0),
            delta_min: Lots(0),
            delta_max: Lots(0),
            trades: 0,
        }
    }

    /// Adds a trade; lots > 0.
    #[inline]
    pub fn add(&mut self, price: Price, side: Side, lots: Lots) {
        if price.0.wrapping_sub(self.edge).cast_unsigned() >= self.ticks.cast_unsigned() {
            self.seek(price.0);
        }
        let row = &mut self.slots[self.slot];
        match side {
            Side::Buy => {
                row.ask += lots;
                self.buys += lots;
            }
            Side::Sell => {
                row.bid += lots;
                self.sells += lots;
            }
        }
        let delta = self.delta();
        self.delta_min = self.delta_min.min(delta);
        self.delta_max = self.delta_max.max(delta);
        self.trades += 1;
    }

    /// Another row than the last.
    #[inline(never)]
    fn seek(&mut self, price: i64) {
        let mut row = price.div_euclid(self.ticks);
        if self.trades == 0 {
            (self.low, self.high) = (row, row);
        }
        let (low, high) = (self.low.min(row), self.high.max(row));
        if high - low >= SPAN_MAX {
            self.widen(low, high);
            row = price.div_euclid(self.ticks);
        } else {
            (self.low, self.high) = (low, high);
        }
        (self.edge, self.slot) = (row * self.ticks, slot_of(row));
    }

    /// Doubles the rows' height until these rows fit.
    #[cold]
    fn widen(&mut self, low: i64, high: i64) {
        let mut shift = 1;
        while (high >> shift) - (low >> shift) >= SPAN_MAX {
            shift += 1;
        }
        let mut folded = [FootprintRow::default(); SLOTS];
        for row in self.low..=self.high {
            let from = self.slots[slot_of(row)];
            let to = &mut folded[slot_of(row >> shift)];
            to.bid += from.bid;
            to.ask += from.ask;
        }
        *self.slots = folded;
        (self.low, self.high) = (low >> shift, high >> shift);
        self.ticks <<= shift;
    }

    /// Nothing traded.
    pub fn clear(&mut self) {
        if self.trades == 0 {
            return;
        }
        for row in self.low..=self.high {
            self.slots[slot_of(row)] = FootprintRow::default();
        }
        (self.edge, self.ticks) = (i64::MIN, self.height);
        (self.buys, self.sells, self.trades) = (Lots(0), Lots(0), 0);
        (self.delta_min, self.delta_max) = (Lots(0), Lots(0));
    }

    /// Buys less sells.
    #[must_use]
    pub fn delta(&self) -> Lots {
        self.buys - self.sells
    }

    /// Height of this bar's rows in ticks.
    #[must_use]
    pub const fn row_ticks(&self) -> i64 {
        self.ticks
    }

    /// Whether the rows are higher than asked for.
    #[must_use]
    pub const fn is_widened(&self) -> bool {
        self.ticks != self.height
    }

    /// Rows from the lowest to the highest that traded.
    #[must_use]
    pub fn len(&self) -> usize {
        let rows = if self.trades == 0 { 0 } else { self.high - self.low + 1 };
        usize::try_from(rows).unwrap_or(0)
    }

    /// Whether nothing traded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.trades == 0
    }

    /// The row at a place from the lowest; zero outside.
    #[must_use]
    pub fn row(&self, at: usize) -> FootprintRow {
        let inside = at < self.len();
        let at = i64::try_from(at).unwrap_or(0);
        if inside { self.slots[slot_of(self.low + at)] } else { FootprintRow::default() }
    }

    /// Low edge of the row at a place from the lowest.
    #[must_use]
    pub fn edge(&self, at: usize) -> Price {
        Price(self.low.saturating_add_unsigned(at as u64).saturating_mul(self.ticks))
    }

    /// Every row with its low edge, lowest first.
    pub fn rows(&self) -> impl Iterator<Item = (Price, FootprintRow)> + '_ {
        (0..self.len()).map(|at| (self.edge(at), self.row(at)))
    }

    /// Place of the row with most lots, of equals the lower; `None` without trades.
    #[must_use]
    pub fn poc(&self) -> Option<usize> {
        let volume = |at: &usize| self.row(*at).volume();
        (0..self.len()).reduce(|best, at| if volume(&best) < volume(&at) { at } else { best })
    }
}

//! The volume of a range of bars by row, and which rows stand out.

use super::rows::{BarRows, RANGE_ROWS, Rows};

/// A row counts above mean + 3/2 deviations.
const DEVIATIONS: f64 = 1.5;
/// Below this many lots the threshold is compared in integers: with at most 2^11 rows nothing
/// overflows 128 bits.
const EXACT_LOTS: i64 = 1 << 50;

/// Mean and deviation of every row of the range, empty ones included, as whole sums.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moments {
    /// Rows.
    pub rows: i64,
    /// Σ lots.
    pub sum: i64,
    /// Σ lots².
    pub squares: i128,
}

impl Moments {
    /// n·Σv² − (Σv)² = n²σ².
    #[expect(clippy::cast_precision_loss, reason = "float begins where a deviation does")]
    fn spread(&self) -> f64 {
        if self.sum < EXACT_LOTS {
            let (rows, sum) = (i128::from(self.rows), i128::from(self.sum));
            return (rows * self.squares - sum * sum) as f64;
        }
        let sum = self.sum as f64;
        (self.rows as f64 * self.squares as f64 - sum * sum).max(0.0)
    }

    /// Whether the rows differ at all.
    #[must_use]
    pub fn has_deviation(&self) -> bool {
        self.spread() > 0.0
    }

    /// (v − μ)/σ; only with a deviation.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
    pub fn z(&self, lots: i64) -> f64 {
        let above = i128::from(self.rows) * i128::from(lots) - i128::from(self.sum);
        above as f64 / libm::sqrt(self.spread())
    }

    /// Whether v > μ + 3/2 σ, in integers.
    #[must_use]
    pub fn stands_out(&self, lots: i64) -> bool {
        let (rows, sum) = (i128::from(self.rows), i128::from(self.sum));
        let above = rows * i128::from(lots) - sum;
        if above <= 0 {
            return false;
        }
        if self.sum < EXACT_LOTS {
            return 4 * above * above > 9 * (rows * self.squares - sum * sum);
        }
        self.z(lots) > DEVIATIONS
    }
}

/// The rows of a range of bars.
#[derive(Clone, Debug)]
pub struct Histogram {
    rows: Rows<RANGE_ROWS>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { rows: Rows::new(0) }
    }
}

impl Histogram {
    /// k of Δ = 2^k.
    #[must_use]
    pub const fn shift(&self) -> u32 {
        self.rows.shift()
    }

    /// Empties it, for rows of 2^shift ticks.
    pub fn clear(&mut self, shift: u32) {
        self.rows.clear(shift);
    }

    /// Takes a bar in. `range`: that of all bars that are to be in it.
    pub(super) fn enter(&mut self, bar: &BarRows, range: Option<(i64, i64)>) {
        self.rows.narrow(range);
        let shift = self.shift();
        bar.each(shift, |row, lots| self.rows.put(row, lots));
    }

    /// Lets a bar go; the range is set by who comes next.
    pub(super) fn leave(&mut self, bar: &BarRows) {
        let shift = self.shift();
        bar.each(shift, |row, lots| self.rows.put(row, -lots));
    }

    /// First and last row.
    #[must_use]
    pub const fn range(&self) -> Option<(i64, i64)> {
        self.rows.range()
    }

    /// The lots of a row; zero outside the range.
    #[must_use]
    pub const fn get(&self, row: i64) -> i64 {
        self.rows.get(row)
    }

    /// Counts rows `first..=last` into the moments.
    pub fn count(&self, moments: &mut Moments, first: i64, last: i64) {
        for row in first..=last {
            let lots = self.rows.get(row);
            moments.rows += 1;
            moments.sum += lots;
            moments.squares += i128::from(lots) * i128::from(lots);
        }
    }

    /// Whether a row is above both neighbours and stands out. Beyond the range nothing trades.
    #[must_use]
    pub fn is_cluster(&self, moments: &Moments, row: i64) -> bool {
        let lots = self.rows.get(row);
        lots > self.rows.get(row - 1) && lots > self.rows.get(row + 1) && moments.stands_out(lots)
    }
}

//! Where a bar traded of which only the candle is known: a bell at its VWAP.
//!
//! Row r, x the middle of its prices (held inside low..high), weighs exp(−½((x − vwap)/(0.3·range))²) ×
//! (1 + ½·d·u), where d = (close − open)/range is the bar's direction and u = (x − middle)/(range/2)
//! in [−1, 1]: a bar that closed at its high leans to its upper rows by at most 3 : 1, a doji not at
//! all. The specification asks for a tilt by direction and leaves its form open.

use model::{Lots, Notional, Price};

use super::rows::BarRows;

/// Deviation of the bell over the range.
const DEVIATION: f64 = 0.3;
/// The lean of a bar whose body is its whole range.
const TILT: f64 = 0.5;

/// A candle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candle {
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Lots traded.
    pub volume: Lots,
    /// Lots that aggressors bought.
    pub buys: Lots,
    /// Σ price × lots.
    pub notional: Notional,
}

impl Candle {
    /// Whether the numbers can be those of a bar: outside data is refused, never asserted.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        let (low, high) = (self.low.0, self.high.0);
        low > 0
            && high >= low
            && high < 1 << 48
            && self.open.0 >= low
            && self.open.0 <= high
            && self.close.0 >= low
            && self.close.0 <= high
            && self.volume.0 >= 0
            && self.volume.0 < 1 << 53
            && self.buys.0 >= 0
            && self.buys.0 <= self.volume.0
    }

    /// Lays the volume, to the lot, into rows of 2^shift ticks, or wider ones where the bar has
    /// more rows than [`super::rows::BAR_ROWS`].
    #[expect(clippy::cast_precision_loss, reason = "prices < 2^48, lots < 2^53: exact")]
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the volume")]
    pub fn lay(&self, mut shift: u32, rows: &mut BarRows) {
        while (self.high.0 >> shift) - (self.low.0 >> shift) > BarRows::MASK {
            shift += 1;
        }
        rows.clear(shift);
        if self.volume.0 == 0 {
            return;
        }
        let (first, last) = (self.low.0 >> shift, self.high.0 >> shift);
        let whole: f64 = (first..=last).map(|row| self.weight(row, shift)).sum();
        let (mut sum, mut laid) = (0.0, 0);
        for row in first..=last {
            sum += self.weight(row, shift);
            let upto = libm::floor(self.volume.0 as f64 * (sum / whole) + 0.5) as i64;
            // Cut points of one running share: the parts add up to the lot.
            let upto = if row == last { self.volume.0 } else { upto.clamp(laid, self.volume.0) };
            if upto > laid {
                rows.add(row << shift, upto - laid);
            }
            laid = upto;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "prices < 2^48: exact")]
    fn weight(&self, row: i64, shift: u32) -> f64 {
        let (low, high) = (self.low.0 as f64, self.high.0 as f64);
        let range = high - low;
        if range == 0.0 {
            return 1.0;
        }
        let centre = (row << shift) as f64 + ((1_i64 << shift) - 1) as f64 / 2.0;
        let x = centre.clamp(low, high);
        // A VWAP outside its own bar is no reason to lay nothing.
        let vwap = (self.notional.0 as f64 / self.volume.0 as f64).clamp(low, high);
        let off = (x - vwap) / (DEVIATION * range);
        let direction = (self.close.0 - self.open.0) as f64 / range;
        let side = (2.0 * x - low - high) / range;
        libm::exp(-0.5 * off * off) * (1.0 + TILT * direction * side)
    }
}

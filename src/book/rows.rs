//! The book's quantity by row of Δ ticks around the mid, for what weighs depth at a price.
//!
//! One pass over the ladder's levels within 64 rows of the mid: microseconds, once in five
//! minutes.

use model::{
    BookState, DEPTH_ROWS, DepthLotsLine, DepthRowsLine, Line, Lots, Nanos, Price, Side,
    width_shift,
};

use crate::half::Half;
use crate::order_book::OrderBook;

/// Lots in a line of rows.
const PER_LINE: usize = 8;
/// Lines of the message's body.
pub(crate) const LINES: usize = 1 + DEPTH_ROWS.div_ceil(PER_LINE);
/// Rows on either side of the mid's.
const REACH: i64 = 64;

impl OrderBook {
    /// The rows at the end of a bar; `None` while the book is not trusted as far as its best
    /// levels.
    #[cold]
    pub(crate) fn rows(&self, time: Nanos) -> Option<[Line; LINES]> {
        if self.state() != BookState::Trusted || self.stale() || self.uncovered() {
            return None;
        }
        let (bid, ask) = (self.best(Side::Buy)?.0, self.best(Side::Sell)?.0);
        let mid_doubled = bid.0 + ask.0;
        let shift = width_shift(Price(mid_doubled / 2));
        let row_first = (mid_doubled >> (shift + 1)) - REACH;
        let mut rows = [0_i64; DEPTH_ROWS];
        for side in [Side::Buy, Side::Sell] {
            self.half(side).each_from_best(|price, lots| {
                let at = usize::try_from((price.0 >> shift) - row_first).ok();
                let Some(row) = at.and_then(|at| rows.get_mut(at)) else { return false };
                *row += lots.0;
                true
            });
        }
        let mut lines = [Line::ZERO; LINES];
        lines[0] = Line::of(DepthRowsLine {
            time,
            mid_doubled,
            row_first,
            shift,
            rows: 129,
            known_low: self.half(Side::Buy).known(),
            known_high: self.half(Side::Sell).known(),
            reserved: [0; 2],
        });
        for (line, rows) in lines[1..].iter_mut().zip(rows.chunks(PER_LINE)) {
            let mut lots = [Lots(0); PER_LINE];
            for (lots, row) in lots.iter_mut().zip(rows) {
                *lots = Lots(*row);
            }
            *line = Line::of(DepthLotsLine { lots });
        }
        Some(lines)
    }
}

impl Half {
    /// Visits levels at their prices in ticks (off the grid: away from the spread), the ladder's
    /// best first, then the odd ones, best first; each list ends where the visitor says `false`.
    fn each_from_best(&self, mut visit: impl FnMut(Price, Lots) -> bool) {
        self.ladder.walk(|key, lots| visit(Price(key * self.sign), Lots(i64::from(lots))));
        for &fine in self.odd.iter().rev() {
            let key = fine.div_euclid(self.tick);
            if !visit(Price(key * self.sign), Lots(self.far.get(fine))) {
                break;
            }
        }
    }

    /// The worst price to which this side is whole: what the last snapshot told, and what the
    /// window holds.
    fn known(&self) -> Price {
        Price(self.covered.max(self.ladder.low()) * self.sign)
    }
}

const _: () = assert!(DEPTH_ROWS == 129 && REACH * 2 + 1 == 129);

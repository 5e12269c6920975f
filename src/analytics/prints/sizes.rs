//! CVD by the notional of the aggregate trade, exact.

use model::{Instrument, Lots, Price, Side, SizesLine};

/// 10⁻¹⁶ quote units in one: ticks and lots are both given in 10⁻⁸.
const QUOTE: i128 = 10_000_000_000_000_000;

/// Delta by class since CVD's anchor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    // In ticks × lots, rounded up: a notional belongs to the class above when it is not below.
    edges: [i128; 3],
    pub(super) sums: SizesLine,
    pub(super) trades: u64,
}

impl Sizes {
    pub(super) fn new(instrument: &Instrument, edges: [u64; 3]) -> Self {
        // Both are > 0 in every instrument that was parsed; from the input nothing is believed.
        let unit = i128::from(instrument.tick.0.max(1)) * i128::from(instrument.lot.0.max(1));
        let edges = edges.map(|edge| {
            let edge = i128::from(edge).saturating_mul(QUOTE);
            edge / unit + i128::from(edge % unit != 0)
        });
        Self { edges, sums: SizesLine::default(), trades: 0 }
    }

    /// The class of a trade, 0..=3.
    #[inline]
    fn class(&self, price: Price, lots: Lots) -> usize {
        let notional = (price * lots).0;
        self.edges.iter().map(|&edge| usize::from(edge <= notional)).sum()
    }

    #[inline]
    pub(super) fn add(&mut self, price: Price, side: Side, lots: Lots) {
        let class = self.class(price, lots);
        match side {
            Side::Buy => self.sums.buys[class] += lots,
            Side::Sell => self.sums.sells[class] += lots,
        }
        self.trades += 1;
    }

    /// Buys less sells of every class.
    pub(super) fn deltas(&self) -> [Lots; 4] {
        std::array::from_fn(|class| self.sums.buys[class] - self.sums.sells[class])
    }

    pub(super) fn clear(&mut self) {
        (self.sums, self.trades) = (SizesLine::default(), 0);
    }
}

//! The closed bars of one timeframe, each with its rows, and the histogram of the last of them.

use model::{Lots, Nanos, Price};

use super::histogram::Histogram;
use super::rows::{BarRows, RANGE_ROWS, Rows};

/// Bars whose mean volume is the measure of the next.
pub(super) const MEAN_BARS: u64 = 20;

/// A closed bar.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Closed {
    /// When it opened.
    pub time: Nanos,
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
    /// Buys less sells.
    pub delta: Lots,
    /// Trades are missing in it, or the book figures beside it are not sound.
    pub unstable: bool,
    /// The input began after it opened.
    pub partial: bool,
}

/// A closed bar as it is remembered.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) bar: Closed,
    pub(super) rows: BarRows,
    // k when it opened; its rows are wider when it had too many.
    pub(super) wished: u32,
    // Normalised OFI, else delta/volume, else 0.
    pub(super) flow: f64,
    pub(super) has_ofi: bool,
    pub(super) interest: Option<i64>,
    pub(super) candle: bool,
}

/// A ring of closed bars. Bars count up for ever; those from `oldest` on are in the histogram.
#[derive(Clone, Debug)]
pub(super) struct Bars {
    length: Nanos,
    // Bars of the histogram.
    span: u64,
    ring: Vec<Kept>,
    oldest: u64,
    newest: u64,
    pub(super) histogram: Histogram,
}

/// What became of the histogram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turned {
    /// It holds the last bars.
    Whole,
    /// Rows got another width: it is empty, and every bar has to enter again.
    Empty,
}

impl Bars {
    pub(super) fn new(length: Nanos, span: u64) -> Self {
        let empty = Kept {
            bar: Closed::default(),
            rows: BarRows::new(0),
            wished: 0,
            flow: 0.0,
            has_ofi: false,
            interest: None,
            candle: false,
        };
        // One more: the newest lies beside the one that leaves. A clone of rows writes them.
        let slots = usize::try_from(span.max(MEAN_BARS)).expect("a few") + 1;
        let histogram = Histogram::default();
        Self { length, span, ring: vec![empty; slots], oldest: 0, newest: 0, histogram }
    }

    fn slot(&self, at: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "smaller than the ring")]
        let slot = (at % self.ring.len() as u64) as usize;
        slot
    }

    /// The bar `back` bars before the newest; `None` when it was not there.
    pub(super) fn back(&self, back: u64) -> Option<&Kept> {
        let held = self.newest.min(self.ring.len() as u64 - 1);
        (back < held).then(|| &self.ring[self.slot(self.newest - 1 - back)])
    }

    /// The bar that opened so many lengths before an instant; `None` when it was not there.
    pub(super) fn before(&self, time: Nanos, lengths: u64) -> Option<&Kept> {
        let time = time.0.checked_sub(lengths * self.length.0)?;
        let at = |back: &u64| self.back(*back).is_some_and(|kept| kept.bar.time.0 <= time);
        let kept = self.back((0..lengths).find(at)?)?;
        (kept.bar.time.0 == time).then_some(kept)
    }

    /// Lots of the bars of the `MEAN_BARS` lengths before an instant, and how many those are.
    pub(super) fn volume_before(&self, time: Nanos) -> (i64, i64) {
        let edge = time.since(Nanos(MEAN_BARS * self.length.0));
        let bars = (0..MEAN_BARS).map_while(|back| self.back(back));
        let bars = bars.take_while(|kept| kept.bar.time >= edge);
        bars.fold((0, 0), |(sum, count), kept| (sum + kept.bar.volume.0, count + 1))
    }

    /// Bars in the histogram.
    pub(super) const fn held(&self) -> u64 {
        self.newest - self.oldest
    }

    /// Bars that the histogram is to have.
    pub(super) const fn span(&self) -> u64 {
        self.span
    }

    /// Whether the histogram has all its bars.
    pub(super) fn is_whole(&self) -> bool {
        self.held() == self.span && self.each().all(|kept| !kept.bar.partial)
    }

    /// Whether it has at least half of them.
    pub(super) const fn is_covered(&self) -> bool {
        2 * self.held() >= self.span
    }

    /// The bars of the histogram, oldest first.
    pub(super) fn each(&self) -> impl Iterator<Item = &Kept> {
        (self.oldest..self.newest).map(|at| &self.ring[self.slot(at)])
    }

    pub(super) fn clear(&mut self) {
        (self.oldest, self.newest) = (0, 0);
        self.histogram.clear(0);
    }

    /// The slot of the next bar, to be filled before [`Bars::turn`].
    pub(super) fn next(&mut self) -> &mut Kept {
        let slot = self.slot(self.newest);
        &mut self.ring[slot]
    }

    /// The next bar is there: those leave that are too old beside it, and it enters.
    pub(super) fn turn(&mut self) -> Turned {
        self.newest += 1;
        let newest = self.slot(self.newest - 1);
        let edge = self.ring[newest].bar.time.since(Nanos((self.span - 1) * self.length.0));
        while self.oldest + 1 < self.newest
            && (self.ring[self.slot(self.oldest)].bar.time < edge || self.held() > self.span)
        {
            let slot = self.slot(self.oldest);
            self.histogram.leave(&self.ring[slot].rows);
            self.oldest += 1;
        }
        let (shift, range) = self.fit();
        if shift != self.histogram.shift() {
            self.histogram.clear(shift);
            return Turned::Empty;
        }
        self.histogram.enter(&self.ring[newest].rows, range);
        Turned::Whole
    }

    /// Lets every bar from a place on enter an emptied histogram, as many as `budget` rows allow;
    /// the place to go on from, `None` when all are in.
    pub(super) fn enter_again(&mut self, from: u64, budget: &mut i64) -> Option<u64> {
        let (_, range) = self.fit();
        for at in self.oldest.max(from)..self.newest {
            if *budget <= 0 {
                return Some(at);
            }
            let slot = self.slot(at);
            let rows = &self.ring[slot].rows;
            *budget -=
                rows.range_at(self.histogram.shift()).map_or(1, |(low, high)| high - low + 1);
            self.histogram.enter(rows, range);
        }
        None
    }

    /// The width that the histogram needs, the widest that a bar of it asked for, wider while the
    /// range has too many rows; and that range.
    fn fit(&self) -> (u32, Option<(i64, i64)>) {
        let mut shift = self.each().map(|kept| kept.wished).max().unwrap_or(0);
        loop {
            let ranges = self.each().filter_map(|kept| kept.rows.range_at(shift));
            let range = ranges.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
            match range {
                Some((low, high)) if high - low > Rows::<RANGE_ROWS>::MASK => shift += 1,
                _ => return (shift, range),
            }
        }
    }
}

//! Lots by row of Δ = 2^shift ticks: what one bar traded where, and the sum of many bars.
//!
//! A row's slot is its number modulo `N`, so that nothing moves when the price does: occupied rows
//! lie within `N` of each other. More than that fold, two rows into one.

/// Rows that one bar can hold before it folds: 5 % of the price at Δ = 0.02 %.
pub const BAR_ROWS: usize = 256;
/// Rows that a histogram can hold before it folds: 41 % of the price.
pub const RANGE_ROWS: usize = 2_048;

/// What one bar traded where.
pub type BarRows = Rows<BAR_ROWS>;

/// Lots by row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rows<const N: usize> {
    /// Rows are 2^shift ticks wide.
    shift: u32,
    // The occupied range, `first > last` when there is none. Slots outside are zero.
    first: i64,
    last: i64,
    lots: Box<[i64; N]>,
}

impl<const N: usize> Rows<N> {
    #[expect(clippy::cast_possible_wrap, reason = "at most 2^16")]
    pub(super) const MASK: i64 = {
        assert!(N.is_power_of_two() && N <= 1 << 16);
        N as i64 - 1
    };

    /// No lots, in rows of 2^shift ticks.
    #[must_use]
    pub fn new(shift: u32) -> Self {
        // Written, so that the memory is ours before the first trade.
        let mut lots: Box<[i64; N]> = vec![1; N].try_into().expect("as long as asked");
        lots.fill(0);
        Self { shift, first: 0, last: -1, lots }
    }

    /// k of Δ = 2^k.
    #[must_use]
    pub const fn shift(&self) -> u32 {
        self.shift
    }

    /// First and last row of the range; `None` when it is empty.
    #[must_use]
    pub const fn range(&self) -> Option<(i64, i64)> {
        if self.first <= self.last { Some((self.first, self.last)) } else { None }
    }

    #[inline]
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "masked")]
    const fn slot(row: i64) -> usize {
        (row & Self::MASK) as usize
    }

    /// The lots of a row; zero outside the range.
    #[inline]
    #[must_use]
    pub const fn get(&self, row: i64) -> i64 {
        if row < self.first || row > self.last { 0 } else { self.lots[Self::slot(row)] }
    }

    /// Empties it, for rows of 2^shift ticks.
    pub fn clear(&mut self, shift: u32) {
        for row in self.first..=self.last {
            self.lots[Self::slot(row)] = 0;
        }
        (self.first, self.last, self.shift) = (0, -1, shift);
    }

    /// Adds lots at a price.
    #[inline]
    pub fn add(&mut self, price: i64, lots: i64) {
        let row = price >> self.shift;
        if row < self.first || row > self.last {
            return self.widen_for(price, lots);
        }
        self.lots[Self::slot(row)] += lots;
    }

    #[cold]
    #[inline(never)]
    fn widen_for(&mut self, price: i64, lots: i64) {
        self.reach(price >> self.shift, price >> self.shift);
        self.lots[Self::slot(price >> self.shift)] += lots;
    }

    /// Widens the range to hold these rows, and folds until it fits.
    fn reach(&mut self, mut first: i64, mut last: i64) {
        while let (low, high) = self.with(first, last)
            && high - low > Self::MASK
        {
            self.fold();
            (first, last) = (first >> 1, last >> 1);
        }
        (self.first, self.last) = self.with(first, last);
    }

    fn with(&self, first: i64, last: i64) -> (i64, i64) {
        match self.range() {
            Some((low, high)) => (low.min(first), high.max(last)),
            None => (first, last),
        }
    }

    /// Two rows into one.
    #[cold]
    fn fold(&mut self) {
        let mut folded = [0; N];
        for row in self.first..=self.last {
            folded[Self::slot(row >> 1)] += self.lots[Self::slot(row)];
        }
        *self.lots = folded;
        self.shift += 1;
        if self.first <= self.last {
            (self.first, self.last) = (self.first >> 1, self.last >> 1);
        }
    }

    /// Adds another bar's rows to this one; rows become as wide as the wider of the two.
    pub fn merge<const M: usize>(&mut self, other: &Rows<M>) {
        let Some((mut first, mut last)) = other.range() else { return };
        while self.shift < other.shift {
            self.fold();
        }
        let finer = self.shift - other.shift;
        (first, last) = (first >> finer, last >> finer);
        self.reach(first, last);
        other.each(self.shift, |row, lots| self.lots[Self::slot(row)] += lots);
    }

    /// Every row with lots, in rows of 2^shift ticks. A wider row is spread over the narrower
    /// ones it stands for, in whole lots: the lowest take what is left over.
    #[inline]
    pub fn each(&self, shift: u32, mut take: impl FnMut(i64, i64)) {
        if let Some(finer) = shift.checked_sub(self.shift) {
            for row in self.first..=self.last {
                let lots = self.lots[Self::slot(row)];
                if lots != 0 {
                    take(row >> finer, lots);
                }
            }
            return;
        }
        let wider = self.shift - shift;
        for row in self.first..=self.last {
            let lots = self.lots[Self::slot(row)];
            let parts = if lots == 0 { 0 } else { 1 << wider };
            for part in 0..parts {
                take((row << wider) + part, share(lots, wider, part));
            }
        }
    }

    /// The lots that [`Rows::each`] gives to one row.
    #[inline]
    #[must_use]
    pub fn at(&self, shift: u32, row: i64) -> i64 {
        if let Some(finer) = shift.checked_sub(self.shift) {
            if finer == 0 {
                return self.get(row);
            }
            let (low, high) = (row << finer, ((row + 1) << finer) - 1);
            return (low.max(self.first)..=high.min(self.last)).map(|row| self.get(row)).sum();
        }
        let wider = self.shift - shift;
        share(self.get(row >> wider), wider, row & ((1 << wider) - 1))
    }

    /// Rows of its range in rows of 2^shift ticks.
    #[must_use]
    pub fn range_at(&self, shift: u32) -> Option<(i64, i64)> {
        let (first, last) = self.range()?;
        Some(match shift.checked_sub(self.shift) {
            Some(finer) => (first >> finer, last >> finer),
            None => {
                let wider = self.shift - shift;
                (first << wider, ((last + 1) << wider) - 1)
            }
        })
    }

    /// Sets the range; what lay outside must be empty. For a histogram that bars left.
    pub(super) fn narrow(&mut self, range: Option<(i64, i64)>) {
        (self.first, self.last) = range.unwrap_or((0, -1));
    }

    /// Adds to a row, whatever the range: the caller sets that.
    #[inline]
    pub(super) const fn put(&mut self, row: i64, lots: i64) {
        self.lots[Self::slot(row)] += lots;
    }
}

/// Part of a wide row's lots.
#[inline]
const fn share(lots: i64, wider: u32, part: i64) -> i64 {
    let left_over = lots & ((1 << wider) - 1);
    (lots >> wider) + (part < left_over) as i64
}

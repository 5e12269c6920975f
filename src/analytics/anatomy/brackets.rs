//! The 30-minute brackets of a UTC day: how low and how high each traded.
//!
//! Every letter of every bin follows from them, at any bin width; so a trade costs two
//! comparisons. A trade that belongs to a bracket that is over goes into the open one, as with
//! bars (spec § 1).

use model::{MINUTE, Nanos, Price};

use crate::windows::GRACE;

/// Brackets of a day.
pub(super) const BRACKETS: usize = 48;
/// How long one lasts.
const LENGTH: Nanos = Nanos(30 * MINUTE.0);

/// Lowest and highest trade; `None` before the first.
pub(super) type Range = Option<(Price, Price)>;

/// A's letter is `A`, the 27th's is `a`.
pub(super) const fn letter(bracket: usize) -> u8 {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv";
    letters[bracket]
}

/// One day's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brackets {
    open: Nanos,
    /// By bracket.
    pub(super) ranges: [Range; BRACKETS],
    /// Those that are over.
    pub(super) over: usize,
    // When the open one ends.
    end: Nanos,
}

impl Brackets {
    pub(super) const fn new(open: Nanos) -> Self {
        Self { open, ranges: [None; BRACKETS], over: 0, end: open.after(LENGTH) }
    }

    /// The clock's and a trade's word on which is open; whether one ended.
    #[inline]
    pub(super) fn reach(&mut self, clock: Nanos, trade: Option<Nanos>) -> bool {
        let settled = clock.since(GRACE);
        let time = trade.map_or(settled, |time| time.max(settled));
        time >= self.end && self.turn(time)
    }

    #[cold]
    fn turn(&mut self, time: Nanos) -> bool {
        let number = time.since(self.open).0 / LENGTH.0;
        // The day's last stays open until the day itself is over.
        let over = usize::try_from(number).unwrap_or(BRACKETS).min(BRACKETS - 1);
        let ended = over > self.over;
        self.over = over;
        let ends = Nanos(LENGTH.0.saturating_mul(over as u64 + 1));
        self.end = if over == BRACKETS - 1 { Nanos(u64::MAX) } else { self.open.after(ends) };
        ended
    }

    /// A trade in the open one.
    #[inline]
    pub(super) fn take(&mut self, price: Price) {
        let range = &mut self.ranges[self.over];
        *range = Some(match *range {
            Some((low, high)) => (low.min(price), high.max(price)),
            None => (price, price),
        });
    }

    /// Lowest and highest of some of them.
    pub(super) fn span(ranges: &[Range]) -> Range {
        ranges.iter().flatten().copied().reduce(|(low, high), (other_low, other_high)| {
            (low.min(other_low), high.max(other_high))
        })
    }
}

//! What one group of figures found out and others build on. A group writes its own fields; who
//! reads a field comes after who writes it (see `groups.rs` for the order).

use model::{DEPTH_ROWS, DepthRowsLine, Interval, Lots, Nanos, Price, Trust, Window};

/// Intervals that a field by interval has.
const INTERVALS: usize = Interval::ALL.len();
/// Anchors that one message can ask for.
pub(crate) const ANCHORS_MAX: usize = 4;

/// Order flow imbalance over one closed bar.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct BarOfi {
    /// Σe in lots.
    pub(crate) sum: i64,
    /// Σ|e| in lots.
    pub(crate) absolute: i64,
    /// What is to be held against it; contaminated across a resync, uncovered when the stream
    /// began in the bar.
    pub(crate) trust: Trust,
    /// Percentile of |Σe|/Σ|e| among the bars of the same interval of the 24 h before, in [0, 1];
    /// 1 m, 5 m, 15 m and 30 m only. None without half of them.
    pub(crate) percentile: Option<f64>,
}

impl BarOfi {
    /// Σe/Σ|e|, in [−1, 1]; none where the best never changed.
    pub(crate) fn ratio(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a ratio: here float begins")]
        let ratio = self.sum as f64 / self.absolute as f64;
        (self.absolute > 0).then_some(ratio)
    }
}

/// Book imbalance over one closed bar: its 1 Hz samples.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct BarObi {
    /// Mean of OBI.
    pub(crate) mean: f64,
    /// Samples.
    pub(crate) samples: u32,
}

/// The book's quantity by row, with the 5 m bar that closed last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DepthRows {
    /// What the rows are, and from where to where the book is whole.
    pub(crate) line: DepthRowsLine,
    /// Lots of bids and asks in each row.
    pub(crate) lots: [i64; DEPTH_ROWS],
}

/// Kyle's λ after a closed bar.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct Lambda {
    /// Slope in ticks a lot, as fitted; may be negative.
    pub(crate) slope: f64,
    /// Percentile of λ⁺ among those of the 24 h before, in [0, 1]; none without a baseline.
    pub(crate) percentile: Option<f64>,
    /// Whether a bar of it is unstable, or bars are lacking.
    pub(crate) trust: Trust,
}

/// Something from which averages and profiles may be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Anchor {
    /// The event-anchored window it is for.
    pub(crate) window: Window,
    /// The anchor's own time: the extreme, the funding, the minute's first trade.
    pub(crate) time: Nanos,
    /// The anchor's price where it has one.
    pub(crate) price: Option<Price>,
}

/// The running extreme of the swings, which a later trade may still move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extreme {
    /// T of the trade that made it.
    pub(crate) time: Nanos,
    /// Its price.
    pub(crate) price: Price,
}

/// Shared findings of one instrument. `None` is missing, never zero.
#[derive(Clone, Debug)]
pub(crate) struct Board {
    /// OFI of the bar that closed last, by interval; written before the bar is shown to others.
    pub(crate) ofi: [Option<BarOfi>; INTERVALS],
    /// OBI of the bar that closed last, by interval.
    pub(crate) obi: [Option<BarObi>; INTERVALS],
    /// λ over closed bars of the interval: 1 m, 5 m, 15 m, 30 m.
    pub(crate) lambda: [Option<Lambda>; INTERVALS],
    /// ATR 14 in ticks on closed trade bars, by interval (1 m and longer).
    pub(crate) atr: [Option<f64>; INTERVALS],
    /// Annualised realised volatility over 5 min, 1 h, 24 h.
    pub(crate) volatility: [Option<f64>; 3],
    /// Trades a second over their 24 h 95th percentile, not cut.
    pub(crate) pace: Option<f64>,
    /// Open interest in lots, as last polled.
    pub(crate) interest: Option<Lots>,
    /// Its change over 300 s.
    pub(crate) interest_change: Option<Lots>,
    /// The running high, set by the swings whenever it moves; emptied before the next message.
    /// What is kept since it is shown when an [`Anchor`] of `Window::SwingHigh` and its time is
    /// asked for.
    pub(crate) provisional_high: Option<Extreme>,
    /// The running low, likewise, for `Window::SwingLow`.
    pub(crate) provisional_low: Option<Extreme>,
    /// Depth by row; none while the book is not trusted as far as its best levels.
    pub(crate) depth_rows: Option<DepthRows>,
    /// What this message asks to be anchored; emptied before the next.
    anchors: [Option<Anchor>; ANCHORS_MAX],
}

impl Default for Board {
    fn default() -> Self {
        Self {
            ofi: [None; INTERVALS],
            obi: [None; INTERVALS],
            lambda: [None; INTERVALS],
            atr: [None; INTERVALS],
            volatility: [None; 3],
            pace: None,
            interest: None,
            interest_change: None,
            provisional_high: None,
            provisional_low: None,
            depth_rows: None,
            anchors: [None; ANCHORS_MAX],
        }
    }
}

impl Board {
    /// Asks for an anchor; one more than fit is not heard.
    pub(crate) fn ask(&mut self, anchor: Anchor) {
        if let Some(place) = self.anchors.iter_mut().find(|place| place.is_none()) {
            *place = Some(anchor);
        }
    }

    /// What is asked for, and an empty list for the next message.
    #[inline]
    pub(crate) fn take_anchors(&mut self) -> [Option<Anchor>; ANCHORS_MAX] {
        if self.anchors[0].is_none() { self.anchors } else { std::mem::take(&mut self.anchors) }
    }
}

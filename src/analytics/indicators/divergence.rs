//! Divergences of one indicator on bars of one interval.
//!
//! An indicator gives one value X a closed bar. When the bar of an extreme closes, X of that
//! extreme is the highest (of a low the lowest) over the `sync_bars` + 1 bars that end with it.
//! The extreme may still be running: then this is a fact about the extreme as it stood, and a
//! later one beyond it is judged again at the close of its own bar.
//!
//! An extreme is compared with the one of its side just before it, by number; it keeps the range
//! that X has run through since its bar, so that nothing is ever looked up in the past.

use model::{Nanos, Price};

use super::plan::SYNC_BARS_MAX;

/// Extremes whose bar closes at once: the last ones confirmed in it and the running one. A
/// minute with more than four turns of the market keeps the later of them.
pub(super) const TURNS_MAX: usize = 5;

/// An extreme as the bar's close finds it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Turn {
    pub(super) number: u64,
    pub(super) is_high: bool,
    pub(super) price: Price,
    pub(super) time: Nanos,
    /// It was still running at the close.
    pub(super) running: bool,
    /// Trades are missing where they could have made it another.
    pub(super) dirty: bool,
    /// OBI's z at it; may be missing.
    pub(super) obi_z: f64,
    /// Its swing's flags.
    pub(super) flags: u64,
    /// CVD's highest less its lowest value, trade by trade, since the extreme of the same side
    /// before it.
    pub(super) cvd_range: f64,
}

/// The extremes of one bar, oldest first.
pub(super) type Turns = [Option<Turn>; TURNS_MAX];

/// How δ is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Delta {
    /// So many tenths of the indicator's unit.
    Tenths(u32),
    /// So many hundredths of CVD's range between the trades of the two extremes.
    CvdRange(u32),
    /// So many hundredths of the range over the bars of the two extremes and those between.
    OwnRange(u32),
}

/// A divergence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Found {
    pub(super) price_one: Price,
    pub(super) time_one: Nanos,
    pub(super) turn: Turn,
    pub(super) x_one: f64,
    pub(super) x_two: f64,
    pub(super) delta: f64,
    /// None where δ is not made of a range.
    pub(super) range: Option<f64>,
    /// A bar that went into it, or an extreme, is contaminated.
    pub(super) dirty: bool,
}

/// An extreme with its X and what X ran through since.
#[derive(Clone, Copy, Debug)]
struct Point {
    turn: Turn,
    x: Option<f64>,
    min: f64,
    max: f64,
    dirty: bool,
}

/// The last two extremes of a side.
#[derive(Clone, Copy, Default, Debug)]
struct Side {
    one: Option<Point>,
    two: Option<Point>,
}

/// One indicator on bars of one interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    delta: Delta,
    /// In hundredths of a percent.
    beyond_bp: i64,
    bars: usize,
    // The last `bars` values, newest last; none where missing. Behind each: contaminated.
    last: [(Option<f64>, bool); SYNC_BARS_MAX + 1],
    highs: Side,
    lows: Side,
}

impl Series {
    pub(super) fn new(delta: Delta, beyond_bp: u32, sync_bars: usize) -> Self {
        assert!(sync_bars <= SYNC_BARS_MAX, "so many bars are kept");
        Self {
            delta,
            beyond_bp: i64::from(beyond_bp),
            bars: sync_bars + 1,
            last: [(None, false); SYNC_BARS_MAX + 1],
            highs: Side::default(),
            lows: Side::default(),
        }
    }

    /// A bar closed with this value.
    pub(super) fn push(&mut self, x: Option<f64>, dirty: bool) {
        self.last.rotate_left(1);
        self.last[SYNC_BARS_MAX] = (x, dirty);
        for side in [&mut self.highs, &mut self.lows] {
            for point in [&mut side.one, &mut side.two].into_iter().flatten() {
                point.dirty |= dirty;
                match x {
                    Some(x) => (point.min, point.max) = (point.min.min(x), point.max.max(x)),
                    // A range with a hole in it is none.
                    None => point.x = None,
                }
            }
        }
    }

    /// An extreme lies in the bar that was pushed last: whether it diverges from the one before.
    pub(super) fn judge(&mut self, turn: Turn) -> Option<Found> {
        let sync = &self.last[SYNC_BARS_MAX + 1 - self.bars..];
        let dirty = turn.dirty || sync.iter().any(|&(_, dirty)| dirty);
        let whole = sync.iter().all(|(x, _)| x.is_some());
        let values = || sync.iter().filter_map(|&(x, _)| x);
        let best = if turn.is_high {
            values().fold(f64::NEG_INFINITY, f64::max)
        } else {
            values().fold(f64::INFINITY, f64::min)
        };
        let newest = self.last[SYNC_BARS_MAX].0.unwrap_or(0.0);
        let point = Point { turn, x: whole.then_some(best), min: newest, max: newest, dirty };
        let side = if turn.is_high { &mut self.highs } else { &mut self.lows };
        if side.two.is_none_or(|two| two.turn.number != turn.number) {
            side.one = side.two;
        }
        side.two = Some(point);
        let one = side.one.filter(|one| one.turn.number + 2 == turn.number)?;
        self.compare(&one, &point)
    }

    fn compare(&self, one: &Point, two: &Point) -> Option<Found> {
        let (x_one, x_two) = (one.x?, two.x?);
        let (price_one, turn) = (one.turn.price, two.turn);
        let sign = if turn.is_high { 1 } else { -1 };
        let beyond = i128::from(sign * (turn.price - price_one).0) * 10_000;
        if beyond < i128::from(price_one.0) * i128::from(self.beyond_bp) || beyond <= 0 {
            return None;
        }
        // How much less (of a low: more) X is; δ times `whole` without a division, so that sums
        // of whole lots compare exactly.
        let short = if turn.is_high { x_one - x_two } else { x_two - x_one };
        let (part, whole, range) = match self.delta {
            Delta::Tenths(tenths) => (f64::from(tenths), 10.0, None),
            Delta::CvdRange(percent) => (f64::from(percent), 100.0, Some(turn.cvd_range)),
            Delta::OwnRange(percent) => (f64::from(percent), 100.0, Some(one.max - one.min)),
        };
        if range.is_some_and(|range| range <= 0.0) {
            return None;
        }
        let least = part * range.unwrap_or(1.0);
        (short * whole >= least).then(|| Found {
            price_one,
            time_one: one.turn.time,
            turn,
            x_one,
            x_two,
            delta: least / whole,
            range,
            dirty: one.dirty | two.dirty,
        })
    }
}

//! The market's own memory of its volume: an exact histogram of the day and the levels that a
//! person would draw from it. It shares nothing with the engine's figures, or the market would
//! turn where the engine looks instead of where volume was.

/// Ticks in a bin.
pub(super) const BIN: i64 = 64;
/// Bins that go into a smoothed one: 0.1 % of a price of 600 000 ticks.
const SMOOTH: usize = 9;
/// Prices up to 2²¹ ticks.
const BINS: usize = 1 << 15;

/// What a planted level is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NodeKind {
    /// The near edge of a valley of volume.
    ValleyEdge,
    /// Upper edge of the value area.
    ValueHigh,
    /// Lower edge of the value area.
    ValueLow,
    /// The fullest price of a day, not traded at since that day ended.
    NakedPoc,
}

/// A level of a day that is over: a band, or a line when both ends are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Node {
    const fn line(kind: NodeKind, at: i64) -> Self {
        Self { kind, low: at, high: at }
    }

    /// Where price arrives first, coming from below or from above.
    pub(super) const fn near(&self, from_below: bool) -> i64 {
        if from_below { self.low } else { self.high }
    }

    /// Ticks to it from a price; zero inside.
    pub(super) const fn distance(&self, price: i64) -> i64 {
        if price < self.low {
            self.low - price
        } else if price > self.high {
            price - self.high
        } else {
            0
        }
    }
}

/// Lots by bin since the day began.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    lots: Vec<i64>,
    // Bins in use, half-open; empty when equal.
    first: usize,
    end: usize,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { lots: vec![0; BINS], first: 0, end: 0 }
    }

    pub(super) fn add(&mut self, price: i64, lots: i64) {
        let at = usize::try_from(price / BIN).unwrap_or(0).min(BINS - 1);
        if self.first == self.end {
            (self.first, self.end) = (at, at + 1);
        }
        self.first = self.first.min(at);
        self.end = self.end.max(at + 1);
        self.lots[at] += lots;
    }

    /// Starts a day.
    pub(super) fn clear(&mut self) {
        self.lots[self.first..self.end].fill(0);
        (self.first, self.end) = (0, 0);
    }

    /// The levels of what was traded: the few first, value area and fullest bin, then valleys.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let bins = &self.lots[self.first..self.end];
        let Some(poc) = fullest(bins) else { return Vec::new() };
        let price = |at: usize| i64::try_from(self.first + at).unwrap_or(0) * BIN;
        let (low, high) = value_area(bins, poc);
        let mut nodes = vec![
            Node::line(NodeKind::ValueHigh, price(high + 1)),
            Node::line(NodeKind::ValueLow, price(low)),
            Node::line(NodeKind::NakedPoc, price(poc) + BIN / 2),
        ];
        let kind = NodeKind::ValleyEdge;
        let valley = |(low, high)| Node { kind, low: price(low), high: price(high + 1) };
        nodes.extend(valleys(&smoothed(bins)).into_iter().map(valley));
        nodes
    }
}

/// The lower of the fullest.
fn fullest(bins: &[i64]) -> Option<usize> {
    let most = bins.iter().max().filter(|&&most| most > 0)?;
    bins.iter().position(|lots| lots == most)
}

/// First and last bin of the value area: from the fullest outwards, the larger neighbour first,
/// until seven tenths of the volume are in.
fn value_area(bins: &[i64], poc: usize) -> (usize, usize) {
    let total: i64 = bins.iter().sum();
    let (mut low, mut high, mut taken) = (poc, poc, bins[poc]);
    while taken * 10 < total * 7 {
        let below = low.checked_sub(1).map(|at| bins[at]);
        let above = bins.get(high + 1).copied();
        if above >= below {
            high += 1;
            taken += bins[high];
        } else {
            low -= 1;
            taken += bins[low];
        }
    }
    (low, high)
}

fn smoothed(bins: &[i64]) -> Vec<i64> {
    let half = SMOOTH / 2;
    let sum = |at: usize| {
        let (from, to) = (at.saturating_sub(half), (at + half + 1).min(bins.len()));
        bins[from..to].iter().sum::<i64>()
    };
    (0..bins.len()).map(sum).collect()
}

/// First and last bin of every valley between two hills of which the lower is at least twice as
/// high as it and a quarter of the highest: what lies below half the way up to the lower one.
fn valleys(smooth: &[i64]) -> Vec<(usize, usize)> {
    let most = smooth.iter().copied().max().unwrap_or(0);
    let hills = hills(smooth, most / 4);
    let lowest = |from: usize, to: usize| (from..=to).min_by_key(|&at| smooth[at]).unwrap_or(from);
    hills
        .windows(2)
        .map(|pair| {
            let (left, right) = (pair[0], pair[1]);
            let at = lowest(left, right);
            let border = i64::midpoint(smooth[at], smooth[left].min(smooth[right]));
            let from = (left..=at).rev().take_while(|&at| smooth[at] <= border).last();
            let to = (at..=right).take_while(|&at| smooth[at] <= border).last();
            (from.unwrap_or(at), to.unwrap_or(at))
        })
        .collect()
}

/// Tops of at least `least` with a real valley between each and the next.
fn hills(smooth: &[i64], least: i64) -> Vec<usize> {
    let mut hills: Vec<usize> = Vec::new();
    // The lowest bin since the last hill.
    let mut low = i64::MAX;
    for (at, &lots) in smooth.iter().enumerate() {
        low = low.min(lots);
        if lots < least.max(1) {
            continue;
        }
        match hills.last().copied() {
            None => (hills, low) = (vec![at], lots),
            Some(last) if low * 2 <= smooth[last].min(lots) => {
                hills.push(at);
                low = lots;
            }
            Some(last) if lots > smooth[last] => {
                hills.pop();
                hills.push(at);
                low = lots;
            }
            Some(_) => {}
        }
    }
    hills
}

#[cfg(test)]
mod tests {
    use super::{BIN, Histogram, Node, NodeKind, hills, valleys, value_area};

    #[test]
    fn hills_and_valleys_by_table() {
        // Two hills of 8 and 6 with a floor of 1: borders at (1 + 6)/2 = 3.
        let two = [0, 4, 8, 4, 3, 1, 1, 3, 6, 2];
        assert_eq!(hills(&two, 2), [2, 8]);
        assert_eq!(valleys(&two), [(4, 7)]);
        // A dent of less than half is no valley; neither is the slope of one hill.
        assert_eq!(valleys(&[1, 8, 5, 9, 2]), []);
        assert_eq!(valleys(&[1, 2, 4, 8, 4, 2, 1]), []);
        // A hill below a quarter of the highest is none.
        assert_eq!(valleys(&[20, 1, 4, 1, 20]), [(1, 3)]);
        assert_eq!(valleys(&[]), []);
    }

    #[test]
    fn the_value_area_takes_the_larger_neighbour() {
        // 70 % of 20 is 14: 8, then 5 above, then 3 below.
        assert_eq!(value_area(&[1, 3, 8, 5, 2, 1], 2), (1, 3));
        // Of equals the upper.
        assert_eq!(value_area(&[3, 10, 3, 2], 1), (1, 2));
        assert_eq!(value_area(&[7], 0), (0, 0));
    }

    #[test]
    fn a_day_that_was_cleared_leaves_nothing() {
        let mut histogram = Histogram::new();
        histogram.add(600_000, 9);
        histogram.clear();
        assert_eq!(histogram.nodes(), []);
        histogram.add(300_000, 9);
        let at = 300_000 / BIN * BIN;
        let line = Node::line;
        assert_eq!(
            histogram.nodes(),
            [
                line(NodeKind::ValueHigh, at + BIN),
                line(NodeKind::ValueLow, at),
                line(NodeKind::NakedPoc, at + BIN / 2)
            ]
        );
    }
}

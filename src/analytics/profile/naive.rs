//! POC and value area recomputed from scratch: the proof of the incremental ones, and the only
//! implementation of the rules that the specification offers beside its own.

use model::Price;

/// How many rows a side offers at each step of the value area.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// The next bin of either side (CQG).
    One,
    /// The next two together, both are taken (CBOT; `value_area_rows = 2`).
    Two,
}

/// Which of several fullest bins is the POC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tie {
    /// The lowest.
    Lower,
    /// The one nearest the middle of the traded range, of equals the lower
    /// (`poc_tie = "middle"`).
    Middle,
}

/// The rules of a recompute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// See [`Rows`].
    pub rows: Rows,
    /// See [`Tie`].
    pub tie: Tie,
}

impl Rules {
    /// What the incremental profile follows.
    pub const STANDARD: Self = Self { rows: Rows::One, tie: Tie::Lower };
}

/// What a recompute found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    /// Low edge of the POC's bin.
    pub poc: Price,
    /// Low edge of the lowest bin taken.
    pub val: Price,
    /// Top edge of the highest bin taken.
    pub vah: Price,
}

/// Indices of POC, lowest and highest bin taken, over the bins of the traded range; `None` when
/// they are all empty.
#[must_use]
pub fn settle(volume: &[i64], rules: Rules) -> Option<(usize, usize, usize)> {
    let total: i64 = volume.iter().sum();
    if total <= 0 {
        return None;
    }
    let poc = fullest(volume, rules.tie);
    let rows = match rules.rows {
        Rows::One => 1,
        Rows::Two => 2,
    };
    let (mut low, mut high, mut taken) = (poc, poc, volume[poc]);
    while i128::from(taken) * 10 < i128::from(total) * 7 {
        let above = &volume[high + 1..volume.len().min(high + 1 + rows)];
        let below = &volume[low.saturating_sub(rows)..low];
        let sums = (above.iter().sum::<i64>(), below.iter().sum::<i64>());
        if !above.is_empty() && (below.is_empty() || sums.0 >= sums.1) {
            high += above.len();
            taken += sums.0;
        } else {
            low -= below.len();
            taken += sums.1;
        }
    }
    Some((poc, low, high))
}

fn fullest(volume: &[i64], tie: Tie) -> usize {
    let top = volume.iter().copied().max().unwrap_or(0);
    let mut all = volume.iter().enumerate().filter(|&(_, &lots)| lots == top).map(|(at, _)| at);
    match tie {
        Tie::Lower => all.next().unwrap_or(0),
        // Twice the distance to the middle, so that it is whole; `min_by_key` keeps the first.
        Tie::Middle => all.min_by_key(|&at| (2 * at).abs_diff(volume.len() - 1)).unwrap_or(0),
    }
}

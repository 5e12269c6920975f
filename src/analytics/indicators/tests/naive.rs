//! The same figures in the plainest way: everything again from the whole past.

use model::Price;

use crate::indicators::divergence::{Delta, Turn};

/// High or low, its price, its index.
pub(super) type Extreme = (bool, i64, usize);

/// Confirmed extremes and the running one of a list of prices.
pub(super) fn swings(prices: &[i64], bp: i64) -> (Vec<Extreme>, Option<Extreme>) {
    let mut confirmed: Vec<Extreme> = Vec::new();
    let extreme = |from: usize, to: usize, is_high: bool| {
        let mut best = from;
        for at in from..=to {
            if (is_high && prices[at] > prices[best]) || (!is_high && prices[at] < prices[best]) {
                best = at;
            }
        }
        (is_high, prices[best], best)
    };
    let retraced = |(is_high, at, _): Extreme, price: i64| {
        let way = if is_high { at - price } else { price - at };
        way * 10_000 >= bp * at
    };
    // The extreme since which the next one is sought.
    let mut from = 0;
    for (to, &price) in prices.iter().enumerate() {
        let sides = match confirmed.last() {
            None => vec![false, true],
            Some(&(is_high, ..)) => vec![!is_high],
        };
        for is_high in sides {
            let found = extreme(from, to, is_high);
            if retraced(found, price) {
                from = found.2;
                confirmed.push(found);
                break;
            }
        }
    }
    let running = confirmed.last().map(|&(is_high, ..)| extreme(from, prices.len() - 1, !is_high));
    (confirmed, running)
}

/// A bar as a recompute holds it.
pub(super) struct BarSeen {
    pub(super) x: Option<f64>,
    pub(super) dirty: bool,
    pub(super) turns: Vec<Turn>,
}

/// X₁, X₂, range, contaminated, first price of the divergence at the `index`-th extreme of the
/// last bar.
pub(super) fn divergence(
    past: &[BarSeen],
    index: usize,
    delta: Delta,
    bp: i64,
    sync: usize,
) -> Option<(f64, f64, Option<f64>, bool, Price)> {
    let bar_two = past.len() - 1;
    let two = past[bar_two].turns[index];
    // The last version of the extreme two before it, up to this one.
    let earlier = past.iter().enumerate().flat_map(|(bar, seen)| {
        seen.turns.iter().enumerate().map(move |(at, turn)| (bar, at, *turn))
    });
    let mut versions = earlier
        .filter(|&(bar, at, turn)| turn.number + 2 == two.number && (bar < bar_two || at < index));
    let (bar_one, _, one) = versions.next_back()?;
    let x = |bar: usize, is_high: bool| -> Option<f64> {
        let window = &past[(bar + 1).checked_sub(sync + 1)?..=bar];
        let values: Option<Vec<f64>> = window.iter().map(|seen| seen.x).collect();
        let values = values?.into_iter();
        if is_high { values.reduce(f64::max) } else { values.reduce(f64::min) }
    };
    let between: Option<Vec<f64>> = past[bar_one..].iter().map(|seen| seen.x).collect();
    let between = between?;
    let (x_one, x_two) = (x(bar_one, two.is_high)?, x(bar_two, two.is_high)?);
    let sign = if two.is_high { 1 } else { -1 };
    let beyond = sign * (two.price.0 - one.price.0);
    let short = if two.is_high { x_one - x_two } else { x_two - x_one };
    let own = between.iter().copied().fold(f64::MIN, f64::max)
        - between.iter().copied().fold(f64::MAX, f64::min);
    let (range, holds) = match delta {
        Delta::Tenths(tenths) => (None, short * 10.0 >= f64::from(tenths)),
        Delta::CvdRange(percent) => {
            (Some(two.cvd_range), short * 100.0 >= f64::from(percent) * two.cvd_range)
        }
        Delta::OwnRange(percent) => {
            (Some(own), own > 0.0 && short * 100.0 >= f64::from(percent) * own)
        }
    };
    let first = (bar_one + 1).saturating_sub(sync + 1);
    // The first window begins before the second.
    let dirty = past[first..].iter().any(|seen| seen.dirty);
    (beyond * 10_000 >= bp * one.price.0 && holds)
        .then_some((x_one, x_two, range, dirty, one.price))
}

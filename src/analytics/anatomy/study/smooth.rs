//! Hs: the centred sum of a histogram, with its steps and turns.

use super::{BINS_MAX, LOTS_MAX, Phase, SCALE, Study};

/// A number of bins among numbers of lots.
fn place(bins: usize) -> i64 {
    i64::try_from(bins).unwrap_or(i64::MAX)
}

/// Whether a row has more than [`LOTS_MAX`] lots.
pub(super) fn is_heavy(row: &[i64]) -> bool {
    // Nearly all rows are so light in every bin that they are none, which costs no chain of
    // saturating sums to see.
    const LIGHT: i64 = LOTS_MAX >> BINS_MAX.next_power_of_two().ilog2();
    let bits = row.iter().fold(0, |bits, lots| bits | lots);
    let sum = || row.iter().fold(0_i64, |sum, &lots| sum.saturating_add(lots));
    !(0..=LIGHT).contains(&bits) && sum() > LOTS_MAX
}

impl Study {
    /// Hs, and what can be told on the way.
    pub(super) fn smooth(&mut self, budget: usize) -> usize {
        let bins = self.row.len();
        let (from, end) = (self.at, bins.min(self.at.saturating_add(budget)));
        let reach = self.plan.smooth_bins / 2;
        // Bins whose sum is whole, and from which a bin was lost: all but a few at the ends.
        let inner = from.max(reach + 1).min(end);
        let outer = end.min(bins.saturating_sub(reach)).max(inner);
        (from..inner).for_each(|at| self.smooth_edge(at, reach));
        if inner < outer {
            let weight = SCALE / (2 * place(reach) + 1);
            let lost = &self.row[inner - reach - 1..outer - reach - 1];
            let won = &self.row[inner + reach..outer + reach];
            let to = &mut self.smooth[1 + inner..1 + outer];
            for (to, (won, lost)) in to.iter_mut().zip(won.iter().zip(lost)) {
                self.sum += won - lost;
                *to = self.sum * weight;
            }
        }
        (outer..end).for_each(|at| self.smooth_edge(at, reach));
        let steps = self.smooth[from.max(1)..=end].windows(2);
        self.rank.extend(steps.map(|pair| (pair[1] - pair[0]).abs()));
        self.turns.extend(&self.smooth[1 + from..=end]);
        self.at = end;
        if end == bins {
            self.turns.extend(&[0]);
            self.rank.seek_median();
            self.enter(Phase::Prominences);
        }
        budget - (end - from)
    }

    /// Hs of a bin at an end of the row.
    fn smooth_edge(&mut self, at: usize, reach: usize) {
        let bins = self.row.len();
        let (low, high) = (at.saturating_sub(reach), at + reach);
        self.sum += if high < bins { self.row[high] } else { 0 };
        self.sum -= if at > reach { self.row[low - 1] } else { 0 };
        self.smooth[1 + at] = self.sum * (SCALE / place(high.min(bins - 1) - low + 1));
    }
}

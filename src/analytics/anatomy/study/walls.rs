//! Where the smoothed histogram is steep: cliffs between a peak and a valley, shelves between two
//! walls.

use super::{Node, NodeKind, Phase, Study};

#[expect(clippy::cast_precision_loss, reason = "a bin of a short row")]
const fn place(bin: usize) -> f64 {
    bin as f64
}

impl Study {
    /// The steepest edge between each HVN and the LVN beside it.
    pub(super) fn cliffs(&mut self, mut budget: usize) -> usize {
        while let [one, other, ..] = self.chosen[self.at.min(self.chosen.len())..] {
            if budget == 0 {
                return 0;
            }
            // Edge i lies between the padded values i and i + 1.
            let (from, to) = (one.turn.at(), other.turn.at());
            if one.turn.peak != other.turn.peak {
                if self.edge <= from {
                    (self.edge, self.steepest) = (from, (0, from));
                }
                let end = to.min(self.edge.saturating_add(budget));
                for (pair, edge) in self.smooth[self.edge..=end].windows(2).zip(self.edge..) {
                    let step = (pair[1] - pair[0]).abs();
                    if step > self.steepest.0 {
                        self.steepest = (step, edge);
                    }
                }
                budget -= end - self.edge;
                self.edge = end;
                if end < to {
                    return 0;
                }
                self.offer_cliff();
            } else {
                budget -= 1;
            }
            self.at += 1;
        }
        self.enter(Phase::Shelves);
        self.flat = 0;
        budget
    }

    fn offer_cliff(&mut self) {
        let (step, edge) = self.steepest;
        // 3 × median, and `self.step` is two medians.
        if step == 0 || 2 * i128::from(step) < 3 * self.step {
            return;
        }
        let [below, above] = [self.smooth[edge], self.smooth[edge + 1]];
        let bin = if above < below { edge } else { edge - 1 };
        let border = place(edge) - 0.5;
        self.found += 1;
        self.cliffs.offer(
            step,
            Node {
                kind: NodeKind::Cliff,
                bin,
                left: border,
                right: border,
                prominence: step,
                smooth: below.min(above),
            },
        );
    }

    /// Flat stretches of at least three bins between two walls.
    pub(super) fn shelves(&mut self, budget: usize) -> usize {
        let bins = self.row.len();
        let end = bins.min(self.at.saturating_add(budget));
        let left = budget - (end - self.at);
        // 0.5 × median: the step four times against two medians, which are an i64 each.
        let most = i64::try_from(self.step / 4).unwrap_or(i64::MAX);
        let mut flat = self.flat;
        for at in self.at..end.min(bins - 1) {
            if (self.smooth[at + 2] - self.smooth[at + 1]).abs() > most {
                if at - flat >= 2 {
                    self.offer_shelf(flat, at);
                }
                flat = at + 1;
            }
        }
        self.at = end;
        if end == bins {
            // What is flat up to the last bin ends there.
            if bins - 1 - flat.min(bins - 1) >= 2 {
                self.offer_shelf(flat, bins - 1);
            }
            flat = bins;
        }
        self.flat = flat;
        if end == bins {
            self.enter(Phase::Doubles);
        }
        left
    }

    fn offer_shelf(&mut self, low: usize, high: usize) {
        let bins = self.row.len();
        let reach = self.plan.smooth_bins;
        // A flat stretch may climb: it lies below what stands higher than all of it.
        let top = self.smooth[1 + low..=1 + high].iter().copied().max().unwrap_or(0);
        // Hs of a bin, and of the one farther out.
        let wall = |near: usize, far: usize| {
            let (near, far) = (self.smooth[1 + near], self.smooth[1 + far]);
            let step = (far - near).abs();
            // 2 × median is what two of them are.
            (far > top && i128::from(step) >= self.step).then_some(step)
        };
        let below = (1..=reach.min(low)).find_map(|out| wall(low - out + 1, low - out));
        let above =
            (1..=reach.min(bins - 1 - high)).find_map(|out| wall(high + out - 1, high + out));
        let (Some(below), Some(above)) = (below, above) else { return };
        let bin = usize::midpoint(low, high);
        self.found += 1;
        self.shelves.offer(
            below.min(above),
            Node {
                kind: NodeKind::Shelf,
                bin,
                left: place(low) - 0.5,
                right: place(high) + 0.5,
                prominence: below.min(above),
                smooth: self.smooth[1 + bin],
            },
        );
    }
}

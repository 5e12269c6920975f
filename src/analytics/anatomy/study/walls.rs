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
                for edge in self.edge..end {
                    let step = (self.smooth[edge + 1] - self.smooth[edge]).abs();
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
        for at in self.at..end {
            // 0.5 × median: the step four times against two medians.
            let flat = at + 1 < bins && {
                let step = (self.smooth[at + 2] - self.smooth[at + 1]).abs();
                4 * i128::from(step) <= self.step
            };
            if !flat {
                if at - self.flat >= 2 {
                    self.offer_shelf(self.flat, at);
                }
                self.flat = at + 1;
            }
        }
        self.at = end;
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

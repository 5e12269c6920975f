//! Everything about a histogram the plain way: sorted lists, walks from every bin.

use super::super::{AnatomyPlan, Class, Form, Node, NodeKind, Nodes, Width, third};

pub(super) struct Found {
    pub(super) smooth: Vec<i64>,
    pub(super) nodes: Vec<Node>,
    pub(super) class: Option<Class>,
}

fn float(value: i64) -> f64 {
    i32::try_from(value).map_or_else(|_| value.to_string().parse().expect("a number"), f64::from)
}

fn place(at: usize) -> f64 {
    float(i64::try_from(at).expect("short"))
}

/// First, last and middle index of every plateau with lower values on both sides.
pub(super) fn peaks(row: &[i64]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for left in 1..row.len() {
        let right =
            (left..row.len()).take_while(|&at| row[at] == row[left]).last().expect("itself");
        if row[left - 1] < row[left] && right + 1 < row.len() && row[right + 1] < row[left] {
            found.push((left, right, left + (right - left) / 2));
        }
    }
    found
}

pub(super) fn prominence(row: &[i64], at: usize) -> i64 {
    let lowest = |side: &mut dyn Iterator<Item = &i64>| {
        side.take_while(|&&value| value <= row[at]).min().copied().expect("itself")
    };
    let left = lowest(&mut row[..=at].iter().rev());
    let right = lowest(&mut row[at..].iter());
    row[at] - left.max(right)
}

pub(super) fn width(row: &[i64], at: usize, prominence: i64) -> Width {
    // The height doubled, so that it is whole.
    let height = 2 * row[at] - prominence;
    let left = (0..=at).rev().find(|&i| 2 * row[i] <= height).expect("a base");
    let right = (at..row.len()).find(|&i| 2 * row[i] <= height).expect("a base");
    let part = |from: usize, to: usize| {
        let rest = float(height - 2 * row[from]) / 2.0;
        if rest == 0.0 { 0.0 } else { rest / float(row[to] - row[from]) }
    };
    Width {
        left: place(left) + part(left, left + 1),
        right: place(right) - part(right, right.saturating_sub(1)),
    }
}

fn doubled_median(mut values: Vec<i64>) -> i128 {
    values.sort_unstable();
    let count = values.len();
    if count == 0 {
        return 0;
    }
    i128::from(values[(count - 1) / 2]) + i128::from(values[count / 2])
}

fn percentile(mut values: Vec<i64>, percent: usize) -> i64 {
    values.sort_unstable();
    values[(percent * values.len()).div_ceil(100) - 1]
}

pub(super) fn nodes(row: &[i64], plan: AnatomyPlan, poc: usize) -> Found {
    let bins = row.len();
    let reach = plan.smooth_bins / 2;
    let smooth: Vec<i64> = (0..bins)
        .map(|at| {
            let near = &row[at.saturating_sub(reach)..bins.min(at + reach + 1)];
            near.iter().sum::<i64>() * 60 / i64::try_from(near.len()).expect("5")
        })
        .collect();
    let steps: Vec<i64> = smooth.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
    let median = doubled_median(steps.clone());
    let padded: Vec<i64> = [0].iter().chain(&smooth).chain(&[0]).copied().collect();
    let mut nodes: Vec<Node> = Vec::new();
    for kind in [NodeKind::Hvn, NodeKind::Lvn] {
        let sign = if kind == NodeKind::Hvn { 1 } else { -1 };
        let signed: Vec<i64> = padded.iter().map(|value| sign * value).collect();
        let all = peaks(&signed);
        let prominences: Vec<i64> = all.iter().map(|peak| prominence(&signed, peak.2)).collect();
        let bar = if all.len() < 3 {
            i128::from(smooth[poc])
        } else {
            3 * doubled_median(prominences.clone())
        };
        for (&(left, right, at), &prominence) in all.iter().zip(&prominences) {
            let ends = [padded[left] - padded[left - 1], padded[right] - padded[right + 1]];
            let slope = i128::from(ends[0].abs().max(ends[1].abs()));
            let chosen = match (plan.nodes, kind) {
                (Nodes::Percentile, NodeKind::Hvn) => padded[at] >= percentile(smooth.clone(), 70),
                (Nodes::Percentile, _) => padded[at] <= percentile(smooth.clone(), 30),
                (_, NodeKind::Hvn) => 4 * i128::from(prominence) >= bar,
                _ => 4 * i128::from(prominence) >= bar && 2 * slope >= median,
            };
            if chosen {
                let width = width(&signed, at, prominence);
                nodes.push(Node {
                    kind,
                    bin: at - 1,
                    left: width.left - 1.0,
                    right: width.right - 1.0,
                    prominence,
                    smooth: padded[at],
                });
            }
        }
    }
    let class = class(row, poc, &nodes);
    nodes.extend(shelves(&smooth, plan.smooth_bins, median));
    nodes.sort_by_key(|node| node.bin);
    let cliffs = cliffs(&smooth, &nodes, median);
    nodes.extend(cliffs);
    Found { smooth, nodes, class }
}

fn cliffs(smooth: &[i64], nodes: &[Node], median: i128) -> Vec<Node> {
    let is_turn = |node: &&Node| matches!(node.kind, NodeKind::Hvn | NodeKind::Lvn);
    let turns: Vec<&Node> = nodes.iter().filter(is_turn).collect();
    let mut found = Vec::new();
    for two in turns.windows(2).filter(|two| two[0].kind != two[1].kind) {
        let edges = two[0].bin..two[1].bin;
        let step = |at: usize| (smooth[at + 1] - smooth[at]).abs();
        // The first of the steepest.
        let at = edges.rev().max_by_key(|&at| step(at)).expect("two bins");
        if step(at) > 0 && 2 * i128::from(step(at)) >= 3 * median {
            let bin = if smooth[at + 1] < smooth[at] { at + 1 } else { at };
            let border = place(at) + 0.5;
            found.push(Node {
                kind: NodeKind::Cliff,
                bin,
                left: border,
                right: border,
                prominence: step(at),
                smooth: smooth[bin],
            });
        }
    }
    found
}

fn shelves(smooth: &[i64], reach: usize, median: i128) -> Vec<Node> {
    let bins = smooth.len();
    let step = |at: usize| (smooth[at + 1] - smooth[at]).abs();
    let flat = |at: usize| 4 * i128::from(step(at)) <= median;
    let mut found = Vec::new();
    for low in 0..bins {
        // Maximal stretches only.
        if low > 0 && flat(low - 1) {
            continue;
        }
        let high = low + (low..bins - 1).take_while(|&at| flat(at)).count();
        if high - low < 2 {
            continue;
        }
        let top = *smooth[low..=high].iter().max().expect("three");
        let steep = |edge: usize| i128::from(step(edge)) >= median;
        let below =
            (low.saturating_sub(reach)..low).rev().find(|&at| steep(at) && smooth[at] > top);
        let above = (high..bins - 1).take(reach).find(|&at| steep(at) && smooth[at + 1] > top);
        if let (Some(below), Some(above)) = (below, above) {
            let bin = low + (high - low) / 2;
            found.push(Node {
                kind: NodeKind::Shelf,
                bin,
                left: place(low) - 0.5,
                right: place(high) + 0.5,
                prominence: step(below).min(step(above)),
                smooth: smooth[bin],
            });
        }
    }
    found
}

fn class(row: &[i64], poc: usize, nodes: &[Node]) -> Option<Class> {
    let bins = row.len();
    let mut thirds = [0; 3];
    for (at, lots) in row.iter().enumerate() {
        thirds[third(at, bins)] += lots;
    }
    let of = |kind| nodes.iter().filter(move |node: &&Node| node.kind == kind);
    let double = of(NodeKind::Hvn).any(|one| {
        of(NodeKind::Hvn).any(|other| {
            one.bin < other.bin
                && third(one.bin, bins) != third(other.bin, bins)
                && 10 * one.smooth.min(other.smooth) >= 7 * one.smooth.max(other.smooth)
                && of(NodeKind::Lvn).any(|low| one.bin < low.bin && low.bin < other.bin)
        })
    });
    Form { bins, poc, thirds }.class(double)
}

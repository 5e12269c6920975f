//! The analysis of one histogram: smoothed, its turns, its nodes, its shape; in small pieces.
//!
//! ```text
//! row ─▶ Hs, turns, thirds ─▶ prominences ─▶ medians ─▶ chosen ─▶ cliffs ─▶ shelves ─▶ B? ─▶ widths
//! ```
//!
//! Works on a copy of the row, so that trades may go on. All thresholds are compared in integers.

mod smooth;
mod walls;

use super::plan::{AnatomyPlan, Nodes};
use super::rank::Rank;
use super::shape::{Class, Form, borders, third};
use super::strongest::Strongest;
use super::turns::{Turn, Turns, Width};
use smooth::is_heavy;

/// Bins of the longest row.
pub const BINS_MAX: usize = crate::profile::SLOTS;
/// Lots of the heaviest row, so that 60 × all of them is an i64.
pub const LOTS_MAX: i64 = i64::MAX / SCALE;
/// 60 is a multiple of every count of bins in a sum.
const SCALE: i64 = 60;

/// The strongest that are told, by kind.
pub const HVNS_MAX: usize = 12;
/// See [`HVNS_MAX`].
pub const LVNS_MAX: usize = 12;
/// See [`HVNS_MAX`].
pub const SHELVES_MAX: usize = 4;
/// See [`HVNS_MAX`].
pub const CLIFFS_MAX: usize = 8;
/// Nodes that one study tells.
pub const NODES_MAX: usize = HVNS_MAX + LVNS_MAX + SHELVES_MAX + CLIFFS_MAX;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum NodeKind {
    /// A peak of volume.
    Hvn = 1,
    /// A valley.
    Lvn = 2,
    /// A flat low between two walls.
    Shelf = 3,
    /// The steepest edge between a peak and the valley beside it.
    Cliff = 4,
}

/// A node; places are bins from the lowest, a whole number is a bin's centre.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its bin. Of a cliff the bin on the side of less volume; of a shelf the middle one, of two
    /// the lower.
    pub bin: usize,
    /// HVN, LVN: ends of its width at half prominence. Shelf: its outer edges. Cliff: the edge.
    pub left: f64,
    /// See `left`.
    pub right: f64,
    /// HVN, LVN: prominence. Cliff: |ΔHs|. Shelf: the lower of its two walls' |ΔHs|.
    pub prominence: i64,
    /// Hs of its bin.
    pub smooth: i64,
}

/// A turn that is a node, before its width is known.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    // In the padded row, as the turn has it.
    turn: Turn,
}

/// What B asks of an HVN.
#[derive(Clone, Copy, Debug)]
struct Hvn {
    value: i64,
    third: usize,
    // How many LVNs lie below: HVNs of the same number have none between.
    crossed: usize,
}

impl Chosen {
    // In the row itself.
    const fn bin(&self) -> usize {
        self.turn.at() - 1
    }
}

/// What a turn must reach.
#[derive(Clone, Copy, Debug)]
enum Bar {
    // Prominence.
    Prominence(i64),
    // Hs.
    Level(i64),
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Smooth,
    Prominences,
    Steps,
    LoadPeaks,
    Peaks,
    LoadValleys,
    Valleys,
    Choose,
    Cliffs,
    Shelves,
    Doubles,
    Widths,
    Done,
}

/// The analysis.
#[derive(Clone, Debug)]
pub struct Study {
    plan: AnatomyPlan,
    row: Vec<i64>,
    // Hs with a 0 bin on each side: bin i is at i + 1.
    smooth: Vec<i64>,
    turns: Turns,
    rank: Rank,
    chosen: Vec<Chosen>,
    // The HVNs among them.
    peaks: Vec<Hvn>,
    hvns: Strongest<Chosen>,
    lvns: Strongest<Chosen>,
    shelves: Strongest<Node>,
    cliffs: Strongest<Node>,
    nodes: Vec<Node>,
    phase: Phase,
    at: usize,
    // The window of the centred sum.
    sum: i64,
    // Twice the median |ΔHs|.
    step: i128,
    peak_bar: Bar,
    valley_bar: Bar,
    // Of the edges between two neighbours: the next one, and the steepest so far.
    edge: usize,
    steepest: (i64, usize),
    // Where the flat stretch began that the shelves' pass stands in.
    flat: usize,
    form: Form,
    double: bool,
    found: usize,
}

impl Study {
    /// A study for rows of up to [`BINS_MAX`] bins; it never allocates again.
    ///
    /// # Panics
    /// When `smooth_bins` is not in 1..=5.
    #[must_use]
    pub fn new(mut plan: AnatomyPlan) -> Self {
        assert!((1..=5).contains(&plan.smooth_bins), "smooth_bins is in 1..=5");
        plan.smooth_bins |= 1;
        let padded = BINS_MAX + 2;
        let turn = Turn { left: 1, right: 1, value: 1, prominence: 1, peak: true };
        let mut study = Self {
            plan,
            row: vec![1; BINS_MAX],
            smooth: vec![1; padded],
            turns: Turns::new(padded),
            rank: Rank::new(padded),
            chosen: vec![Chosen { turn }; padded],
            peaks: vec![Hvn { value: 1, third: 1, crossed: 1 }; padded],
            hvns: Strongest::new(HVNS_MAX),
            lvns: Strongest::new(LVNS_MAX),
            shelves: Strongest::new(SHELVES_MAX),
            cliffs: Strongest::new(CLIFFS_MAX),
            nodes: Vec::with_capacity(NODES_MAX),
            phase: Phase::Done,
            at: 0,
            sum: 0,
            step: 0,
            peak_bar: Bar::Level(0),
            valley_bar: Bar::Level(0),
            edge: 0,
            steepest: (0, 0),
            flat: 0,
            form: Form::default(),
            double: false,
            found: 0,
        };
        study.row.clear();
        study.smooth.clear();
        study.chosen.clear();
        study.peaks.clear();
        study
    }

    /// Copies a row (at most [`BINS_MAX`] bins, 32 KiB) and begins. `poc`: its POC's bin. Whether
    /// it could: rows that are empty, too long or too heavy are refused.
    pub fn begin(&mut self, row: &[i64], poc: usize) -> bool {
        if row.is_empty() || row.len() > BINS_MAX || poc >= row.len() || is_heavy(row) {
            self.phase = Phase::Done;
            return false;
        }
        self.row.clear();
        self.row.extend_from_slice(row);
        self.smooth.clear();
        self.smooth.resize(row.len() + 2, 0);
        self.turns.clear();
        self.turns.extend(&[0]);
        self.rank.clear();
        self.chosen.clear();
        self.peaks.clear();
        self.hvns.clear();
        self.lvns.clear();
        self.shelves.clear();
        self.cliffs.clear();
        self.nodes.clear();
        let [middle, upper] = borders(row.len());
        let thirds = [&row[..middle], &row[middle..upper], &row[upper..]];
        self.form = Form { bins: row.len(), poc, thirds: thirds.map(|third| third.iter().sum()) };
        self.sum = row[..row.len().min(self.plan.smooth_bins / 2)].iter().sum();
        (self.double, self.found) = (false, 0);
        self.enter(Phase::Smooth);
        true
    }

    fn enter(&mut self, phase: Phase) {
        (self.phase, self.at) = (phase, 0);
    }

    /// Works for about this many bins; whether all is done.
    pub fn step(&mut self, mut budget: usize) -> bool {
        while budget > 0 && self.phase != Phase::Done {
            budget = match self.phase {
                Phase::Smooth => self.smooth(budget),
                Phase::Prominences => self.prominences(budget),
                Phase::Steps => self.steps(budget),
                Phase::LoadPeaks => self.load(budget, true),
                Phase::Peaks => self.bar(budget, true),
                Phase::LoadValleys => self.load(budget, false),
                Phase::Valleys => self.bar(budget, false),
                Phase::Choose => self.choose(budget),
                Phase::Cliffs => self.cliffs(budget),
                Phase::Shelves => self.shelves(budget),
                Phase::Doubles => self.doubles(budget),
                Phase::Widths => self.widths(budget),
                Phase::Done => budget,
            };
        }
        self.phase == Phase::Done
    }

    fn prominences(&mut self, budget: usize) -> usize {
        let left = self.turns.step(budget);
        if left > 0 {
            self.enter(Phase::Steps);
        }
        left
    }

    fn steps(&mut self, budget: usize) -> usize {
        let left = self.rank.step(budget);
        if left > 0 {
            let (lower, upper) = self.rank.found();
            self.step = i128::from(lower) + i128::from(upper);
            self.rank.clear();
            self.enter(Phase::LoadPeaks);
        }
        left
    }

    /// Collects what the bar of peaks or valleys is measured against.
    fn load(&mut self, budget: usize, peaks: bool) -> usize {
        let (first, count) = match self.plan.nodes {
            Nodes::Prominence => self.turns.every_second(peaks),
            Nodes::Percentile => (0, self.row.len()),
        };
        let end = count.min(self.at.saturating_add(budget));
        let left = budget - (end - self.at);
        match self.plan.nodes {
            Nodes::Prominence if self.at < end => {
                let turns = &self.turns.all()[first + 2 * self.at..];
                let turns = turns.iter().step_by(2).take(end - self.at);
                self.rank.extend(turns.map(|turn| turn.prominence));
            }
            Nodes::Prominence => {}
            Nodes::Percentile => {
                self.rank.extend(self.smooth[1 + self.at..=end].iter().copied());
            }
        }
        self.at = end;
        if end == count {
            match (self.plan.nodes, peaks) {
                (Nodes::Prominence, _) => self.rank.seek_median(),
                (Nodes::Percentile, true) => self.rank.seek_percentile(70),
                (Nodes::Percentile, false) => self.rank.seek_percentile(30),
            }
            self.enter(if peaks { Phase::Peaks } else { Phase::Valleys });
        }
        left
    }

    fn bar(&mut self, budget: usize, peaks: bool) -> usize {
        let left = self.rank.step(budget);
        if left == 0 {
            return 0;
        }
        let (lower, upper) = self.rank.found();
        self.rank.clear();
        let bar = match self.plan.nodes {
            Nodes::Percentile => Bar::Level(lower),
            Nodes::Prominence => {
                let (_, count) = self.turns.every_second(peaks);
                let four_times = if count < 3 {
                    // 0.25 × Hs(POC).
                    i128::from(self.smooth[1 + self.form.poc])
                } else {
                    // 1.5 × median, and the median is half of the two.
                    3 * (i128::from(lower) + i128::from(upper))
                };
                // Whole numbers reach a quarter of it where they reach that rounded up; no
                // prominence is i64::MAX, because 60 × all lots is less.
                Bar::Prominence(i64::try_from((four_times + 3) / 4).unwrap_or(i64::MAX))
            }
        };
        if peaks {
            self.peak_bar = bar;
            self.enter(Phase::LoadValleys);
        } else {
            self.valley_bar = bar;
            self.enter(Phase::Choose);
        }
        left
    }

    fn is_node(&self, turn: &Turn) -> bool {
        let bar = if turn.peak { self.peak_bar } else { self.valley_bar };
        match bar {
            Bar::Level(level) if turn.peak => turn.value >= level,
            Bar::Level(level) => turn.value <= level,
            Bar::Prominence(least) => {
                let steep = || 2 * i128::from(self.slope(turn)) >= self.step;
                turn.prominence >= least && (turn.peak || steep())
            }
        }
    }

    /// The larger |ΔHs| at the two ends of a turn's plateau.
    fn slope(&self, turn: &Turn) -> i64 {
        let [before, after] = [turn.left - 1, turn.right + 1].map(|at| self.smooth[at]);
        (before - turn.value).abs().max((after - turn.value).abs())
    }

    fn choose(&mut self, budget: usize) -> usize {
        let count = self.turns.all().len();
        let end = count.min(self.at.saturating_add(budget));
        let left = budget - (end - self.at);
        for at in self.at..end {
            let turn = &self.turns.all()[at];
            if !self.is_node(turn) {
                continue;
            }
            let chosen = Chosen { turn: *turn };
            self.chosen.push(chosen);
            self.found += 1;
            if turn.peak {
                let (value, third) = (turn.value, third(chosen.bin(), self.row.len()));
                let crossed = self.chosen.len() - 1 - self.peaks.len();
                self.peaks.push(Hvn { value, third, crossed });
                self.hvns.offer(turn.prominence, chosen);
            } else {
                self.lvns.offer(turn.prominence, chosen);
            }
        }
        self.at = end;
        if end == count {
            self.enter(Phase::Cliffs);
            self.edge = 0;
        }
        left
    }

    /// Whether two HVNs of like volume stand in different thirds with an LVN between.
    fn doubles(&mut self, mut budget: usize) -> usize {
        while !self.double
            && let Some((one, rest)) = self.peaks.get(self.at..).and_then(<[_]>::split_first)
        {
            if budget == 0 {
                return 0;
            }
            self.at += 1;
            self.double = rest.iter().any(|other| {
                let (few, many) = (one.value.min(other.value), one.value.max(other.value));
                other.third != one.third
                    && other.crossed != one.crossed
                    && 10 * i128::from(few) >= 7 * i128::from(many)
            });
            budget = budget.saturating_sub(1 + rest.len());
        }
        self.enter(Phase::Widths);
        budget
    }

    /// The widths of the nodes that are told.
    fn widths(&mut self, mut budget: usize) -> usize {
        let (hvns, lvns) = (self.hvns.iter().len(), self.lvns.iter().len());
        while self.at < hvns + lvns {
            if budget == 0 {
                return 0;
            }
            let chosen = if self.at < hvns {
                self.hvns.iter().nth(self.at)
            } else {
                self.lvns.iter().nth(self.at - hvns)
            };
            let Some(chosen) = chosen else { break };
            let width = Width::of(&self.smooth, &chosen.turn);
            let kind = if chosen.turn.peak { NodeKind::Hvn } else { NodeKind::Lvn };
            self.nodes.push(Node {
                kind,
                bin: chosen.bin(),
                left: width.left - 1.0,
                right: width.right - 1.0,
                prominence: chosen.turn.prominence,
                smooth: chosen.turn.value,
            });
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width")]
            let walked = (width.right - width.left) as usize;
            budget = budget.saturating_sub(walked + 8);
            self.at += 1;
        }
        self.nodes.extend(self.shelves.iter());
        self.nodes.extend(self.cliffs.iter());
        self.enter(Phase::Done);
        budget
    }

    /// The strongest nodes: HVNs, LVNs, shelves, cliffs, each from low to high.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many there are, the weaker ones included.
    #[must_use]
    pub const fn found(&self) -> usize {
        self.found
    }

    /// Hs of every bin.
    #[must_use]
    pub fn smoothed(&self) -> &[i64] {
        self.smooth.get(1..self.smooth.len().saturating_sub(1)).unwrap_or(&[])
    }

    /// Hs of the POC's bin.
    #[must_use]
    pub fn poc_smooth(&self) -> i64 {
        self.smooth.get(1 + self.form.poc).copied().unwrap_or(0)
    }

    /// Every turn of Hs with a 0 bin on each side: bin i is at i + 1.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        self.turns.all()
    }

    /// Bins, POC and thirds.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The class of the shape; `None` below 20 bins.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.form.class(self.double)
    }
}

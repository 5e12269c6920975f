//! What the analytics stage is to compute: concluded at the edge, nothing in it can be wrong.

use model::{Digest, Window};

use crate::anatomy::AnatomyPlan;
use crate::averages::AveragesPlan;
use crate::depth::DepthPlan;
use crate::groups::Kept;
use crate::indicators::IndicatorPlan;
use crate::participation::ParticipationPlan;
use crate::prints::PrintsPlan;
use crate::structure::StructurePlan;

/// The stage's plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Entries of the rolling tape of each instrument, 24 bytes each; a power of two is taken.
    pub tape_slots: usize,
    /// The windows whose insights are sent.
    pub windows: Vec<Window>,
    /// Analysis-only profiles: the trades of a window in bins of any width in ticks, >= 1,
    /// aligned to price 0. They keep their width and may allocate.
    pub extra: Vec<(Window, i64)>,
    /// 1 Hz samples that OBI's z is measured against (`obi_window`), >= 1.
    pub obi_window: usize,
    /// The group from the book and beside it.
    pub depth: DepthPlan,
    /// The groups of figures beyond profiles, delta, top and imbalance that are kept.
    pub groups: Kept,
    /// What may be chosen about the figures of the tape.
    pub prints: PrintsPlan,
    /// Indicators, swings, divergences.
    pub indicators: IndicatorPlan,
    /// Composite and anchored windows, and averages since an event.
    pub averages: AveragesPlan,
    /// Clusters and momentum.
    pub participation: ParticipationPlan,
    /// Nodes, shape, naked POCs, TPO.
    pub anatomy: AnatomyPlan,
    /// Market structure and liquidation clusters.
    pub structure: StructurePlan,
    /// Whether content digests are kept.
    pub content: bool,
}

impl Default for Plan {
    /// The specification's values, every window and group, no content digest.
    fn default() -> Self {
        Self {
            tape_slots: 4_194_304,
            windows: Window::ALL.to_vec(),
            extra: Vec::new(),
            obi_window: 300,
            depth: DepthPlan::default(),
            groups: Kept::ALL,
            prints: PrintsPlan::default(),
            indicators: IndicatorPlan::default(),
            averages: AveragesPlan::default(),
            participation: ParticipationPlan::default(),
            anatomy: AnatomyPlan::default(),
            structure: StructurePlan::default(),
            content: false,
        }
    }
}

/// What an instrument's figures were after each trade, by trade id and free of sequence and
/// local time: equal however the same market arrived.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Content {
    /// POC, VAH, VAL, volume and Δ of the windows all, day and funding. The rolling windows are
    /// left out: their edge is the venue clock, which depends on what arrived before.
    pub profile: Digest,
    /// CVD with its extremes and sums.
    pub cvd: Digest,
}

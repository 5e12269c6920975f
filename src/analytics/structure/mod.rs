//! Market structure: gaps, breaks, order blocks, pools, sweeps, liquidation clusters.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Structure {}

impl Structure {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Structure {
    const LINES_MAX: usize = 0;
}

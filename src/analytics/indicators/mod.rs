//! Indicators on closed bars, swings and the divergences between them.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Indicators {}

impl Indicators {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Indicators {
    const LINES_MAX: usize = 0;
}

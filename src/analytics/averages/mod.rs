//! Averages since an event: anchored VWAP with its bands.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Averages {}

impl Averages {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Averages {
    const LINES_MAX: usize = 0;
}

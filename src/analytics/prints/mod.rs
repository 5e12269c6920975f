//! From the tape: footprint, delta by size, pace, VPIN, λ, volatility, markouts.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Prints {}

impl Prints {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Prints {
    const LINES_MAX: usize = 0;
}

//! Who takes part: volume clusters, efficiency, momentum, exhaustion, urgency.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Participation {}

impl Participation {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Participation {
    const LINES_MAX: usize = 0;
}

//! From the book and beside it: OFI, liquidity fate, open interest, funding, liquidations.

use model::Instrument;

use crate::figures::Figures;
use crate::plan::Plan;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Depth {}

impl Depth {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }
}

impl Figures for Depth {
    const LINES_MAX: usize = 0;
}

//! What a profile looks like: nodes, shelves, cliffs, shape, naked POCs, TPO.

use model::{Instrument, Sink};

use crate::figures::{Figures, Scene};
use crate::plan::Plan;
use crate::windows::State;

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Anatomy {}

impl Anatomy {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self {}
    }

    /// One piece of the work that is spread over events.
    pub(crate) fn step<S: Sink>(&mut self, _scene: &mut Scene<'_, S>, _states: &[State]) {}
}

impl Figures for Anatomy {
    const LINES_MAX: usize = 0;
}

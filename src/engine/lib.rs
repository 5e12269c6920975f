//! The pipeline: makes the rings, places the stages, runs them live or inline.
//!
//! ```text
//! source ─▶ door ─▶ book ─▶ analytics ─▶ strategy, ledger ─▶ log of decisions
//! ```
//!
//! **Invariants.** No socket, no file, no JSON. The same stages run in every layout; an inline
//! run and a run on four threads give the same digest.
#![forbid(unsafe_code)]

mod decide;
mod decisions;
mod feeder;
mod inline;
mod ledger;
mod marks;
mod observer;
mod river;
mod summary;

pub use decide::Decide;
pub use decisions::{DECISION_LINES, DecisionLog, Unkept, recorded_words, write_decision};
pub use feeder::{Drawn, Feeder, Source};
pub use inline::{Chain, Inline};
pub use ledger::{Account, Ledger};
pub use marks::{MARK_EVERY, Marks};
pub use observer::Observer;
pub use river::{BookInto, RING_LINES, River, Upstream};
pub use summary::Summary;

/// What every stage of a run is given.
#[derive(Clone, Default, Debug)]
pub struct Plan {
    /// Stage 2.
    pub book: book::Plan,
    /// Stage 3.
    pub analytics: analytics::Plan,
    /// Stage 4; `None`: nothing is decided.
    pub strategy: Option<strategy::Plan>,
}

impl Plan {
    /// The same plan with the content digests on or off.
    #[must_use]
    pub fn with_content(mut self, content: bool) -> Self {
        self.book.content = content;
        self.analytics.content = content;
        self
    }
}

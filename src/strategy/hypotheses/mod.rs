//! The life of a level and side: watched, confirmed, entered or cancelled (spec § 9, and the
//! confirmations of § 7).
//!
//! ```text
//! prices ──▶ flash guard ─┐
//! facts ───▶ tally ───────┼─▶ state machine of every level ─▶ transitions, asks
//! causes ──▶ contamination┘            ▲
//! answers of orders ───────────────────┘
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `plan.rs` | the parameters, and what is absurd |
//! | `exact.rs` | half ticks and percentages without rounding |
//! | `entry.rs` | what is expected of a level, where it is entered, at what it aims |
//! | `facts.rs`, `tally.rs` | what may confirm, and what it weighs |
//! | `causes.rs`, `flash.rs` | contamination; the flash guard |
//! | `transition.rs` | what comes out |
//! | `signal.rs` | the states as types, and which leads to which |
//! | `life.rs`, `watch.rs`, `held.rs` | a fade |
//! | `breaks.rs` | a break-through |
//! | `tables.rs` | the rows that levels stand in, and what stands in whose way |
//! | `signals.rs` | all levels of an instrument: [`Signals`] |
//!
//! # How it is joined
//! One [`Signals`] an instrument. Every call takes the venue clock and a sink that is called with
//! each [`Outcome`] in order; nothing is kept but in the fixed tables. For one event of the market:
//! 1. write what changed into [`Signals::figures`];
//! 2. [`Signals::trade`] or [`Signals::book`] for the event itself;
//! 3. [`Signals::fact`] for every fact that it caused: a touch comes before what confirms it.
//!
//! [`Signals::tick`] comes with every clock tick (it also carries changed figures),
//! [`Signals::refresh`] with every refresh of the level book, [`Signals::answer`] with what came
//! back for an [`Ask`]; an intent that the risk gate refuses is [`Answer::Refused`]. Sessions and
//! modes are the gate's: it cancels through [`Answer::Gone`]. A fill that a trade brings about is
//! answered *before* that trade: price may end the signal, and what is filled then is closed.
//! The level book offers tradable levels only, counts a touch where
//! [`Transition::counts_touch`] says so, and leaves profile levels alone while
//! [`Signals::is_frozen`].
//!
//! **Invariants.** No allocation after [`Signals::new`], no clock; at most [`OUTCOMES_MAX`]
//! outcomes a call. While contaminated, frozen or before funding no [`Ask`] opens anything.
//!
//! # What the specification leaves open
//! - *Edges.* An edge belongs to its zone. "Within" includes the distance; "more than" does not;
//!   "by h", "by 0.25 %" and "≥" do. Percentages are of the edge that they are measured from, of
//!   the mid for an order ahead. T and Armed's life include their last nanosecond, a hold does not.
//! - *Near.* Before the zone within 0.15 % of its near edge, or anywhere in the zone.
//! - *Magnet.* Its zone is the node. Into it price must be seen to come from outside.
//! - *Never touched.* A watched level goes back to Inactive when price is > 0.25 % away on the near
//!   side again, or after 10 minutes; else it would stay frozen for ever.
//! - *Through in one leap.* A price behind the zone cancels even if none was seen inside.
//! - *Before the touch.* Of the last 32 facts those that meet t₂ ≥ touch − 5 bars latch at the touch.
//! - *OBI check and OI filter* are judged at new extremes (running ones too) at the level, by the
//!   same rule of time with 1 m bars. The last such extreme holds the veto; without open interest
//!   it lifts it.
//! - *OBI beyond ±2* of a break-through is strict; the OBI check's ≤ −2, ≥ +2 is not.
//! - *Classic* divergences are a kind each.
//! - *Contaminated in a state.* Watching goes on and T runs; an order that waits ahead is pulled;
//!   Armed keeps its order but gets no second try; the open rest of a filled entry is pulled; an
//!   unconfirmed position cannot be confirmed; an armed break-through is cancelled, because no
//!   condition can be said to hold. What had latched before stays.
//! - *Grade of a poll*: [`Grade::Contaminate`] from the third failure to the next success and the
//!   hold; [`Grade::Abstain`] only names it as missing.
//! - *Frozen* profile levels do not begin and do not arm; their orders ahead are pulled.
//! - *Overlapping zones*: a better level of the book stands in the way even while it cools down.
//! - *Before funding* (600 s and less to go) an unfilled Armed is cancelled.
//! - *A fill after its order was given up* is asked to be closed at once.
//! - *A partly filled entry* is Filled; the rest is taken back when Armed would have ended.
//! - *Second try*: a tick beyond the farther of the refused price and what would be asked now.

mod bits;
mod breaks;
mod causes;
mod entry;
mod exact;
mod facts;
mod flash;
mod held;
mod life;
mod plan;
mod signal;
mod signals;
mod tables;
mod tally;
mod transition;
mod watch;

#[cfg(test)]
mod tests;

pub use causes::{Audit, Causes, Contamination, Inputs, Poll};
pub use entry::{Setup, break_through, fade, hypothesis, is_profile, may_break};
pub use exact::{PRICE_MAX, Point, against, is_price};
pub use facts::{AbsorptionFact, DivergenceFact, ExtremeFact, Fact};
pub use flash::FlashGuard;
pub use plan::{EntryRule, Grade, HypothesisPlan, InterestFilter, InterestRule, PlanError};
pub use signals::{Counts, OUTCOMES_MAX, Signals};
pub use tables::SLOTS;
pub use tally::{Confirmations, Tally};
pub use transition::{
    Answer, Ask, Features, Figures, OrderKey, Outcome, Reasons, State, Transition,
};

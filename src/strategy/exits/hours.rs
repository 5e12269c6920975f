//! When nothing opens any more, and when a position has been held long enough (spec § 10).

use model::{MINUTE, Nanos};

/// Before funding nothing opens for this long, and resting entries are pulled.
pub const FUNDING_QUIET: Nanos = Nanos(10 * MINUTE.0);

/// How long a position may be held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoldPlan {
    /// `max_hold_minutes`.
    pub hold_max: Nanos,
}

impl Default for HoldPlan {
    fn default() -> Self {
        Self { hold_max: Nanos(240 * MINUTE.0) }
    }
}

/// Whether `now` lies in [funding − 10 min, funding). A settlement that has passed, or none known,
/// closes nothing: the next one comes with the next mark price.
#[must_use]
pub const fn near_funding(now: Nanos, time_funding: Nanos) -> bool {
    now.0 < time_funding.0 && time_funding.0 - now.0 <= FUNDING_QUIET.0
}

/// Whether a position filled at `time_filled` has reached its limit.
#[must_use]
pub const fn held_too_long(now: Nanos, time_filled: Nanos, plan: HoldPlan) -> bool {
    now.since(time_filled).0 >= plan.hold_max.0
}

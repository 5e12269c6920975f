//! What windows and averages since an event are configured by.

use model::{MINUTE, Nanos};

/// The group's parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AveragesPlan {
    /// Completed UTC days of the composite window, >= 1; today comes on top.
    pub composite_days: u64,
    /// Anchored windows at a time, 1..=8; one more takes the place of the oldest.
    pub anchor_slots: usize,
    /// An absorption or a liquidation spike anchors only this long after the last of its kind.
    pub anchor_pause: Nanos,
}

impl Default for AveragesPlan {
    /// The specification's values; six anchors beside the seven windows that are always there.
    fn default() -> Self {
        Self { composite_days: 5, anchor_slots: 6, anchor_pause: Nanos(30 * MINUTE.0) }
    }
}

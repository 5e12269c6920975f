//! How participation and its clusters are written.

use super::Shown;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[];

//! How figures from the tape are written.

use super::Shown;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[];

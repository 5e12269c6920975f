//! How figures from the book and beside it are written.

use super::Shown;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[];

//! How nodes, shape, naked POCs, TPO are written.

use super::Shown;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[];

//! Indicators on closed bars, swings and the divergences between them.

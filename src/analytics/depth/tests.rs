//! What every rule of the group says, and what it must equal.

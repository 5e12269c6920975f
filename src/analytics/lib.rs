//! Stage 3: volume profile, order flow.
#![forbid(unsafe_code)]

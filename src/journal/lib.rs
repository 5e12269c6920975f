//! The memory on disk: recorder, recovery, tailing, format.
#![forbid(unsafe_code)]

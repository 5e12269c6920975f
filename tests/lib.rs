//! Shared furniture of this folder.
#![forbid(unsafe_code)]

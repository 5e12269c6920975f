//! The pipeline: door, rings, stages, layouts, digests.
#![forbid(unsafe_code)]

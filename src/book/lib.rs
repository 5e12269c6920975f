//! Stage 2: order book, tape, bars.
#![forbid(unsafe_code)]

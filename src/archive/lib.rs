//! What others wrote: recordings, captures and dumps, as lines in order.
#![forbid(unsafe_code)]

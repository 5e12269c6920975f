//! Outside: market-data sockets, REST, clock offset.
#![forbid(unsafe_code)]

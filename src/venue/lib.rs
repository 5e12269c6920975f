//! Outside: market-data sockets, REST, clock offset.
#![forbid(unsafe_code)]
pub mod feed;
#[cfg(test)]
mod lab;

//! Outside: market-data sockets, REST, clock offset.
#![forbid(unsafe_code)]
pub mod audit;
pub mod feed;
#[cfg(test)]
mod lab;
pub mod rest;

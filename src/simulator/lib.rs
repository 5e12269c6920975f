//! The imitation: a synthetic market and a venue that speaks Binance.
#![forbid(unsafe_code)]

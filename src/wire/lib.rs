//! The language: Binance bytes to events and back; no socket.
#![forbid(unsafe_code)]

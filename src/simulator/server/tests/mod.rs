//! The protocol, spoken to by a plain client over TLS on the loopback.

mod client;
mod faults;
mod protocol;
mod recording;

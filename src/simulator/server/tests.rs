//! The protocol, spoken to by a plain client over TLS on the loopback.

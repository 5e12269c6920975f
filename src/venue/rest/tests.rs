//! REST against small servers.

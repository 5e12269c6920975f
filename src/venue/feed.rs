//! Stage 1.
pub mod chain;
pub mod dial;
pub mod frames;
pub mod life;
pub mod link;
pub mod repair;
pub mod streams;
#[cfg(test)]
mod tests;
pub mod tls;
pub mod upgrade;
pub mod watch;

//! From the tape: footprint, delta by size, pace, VPIN, λ, volatility, markouts.

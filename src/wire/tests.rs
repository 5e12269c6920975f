//! Scenario tables of the decoder.

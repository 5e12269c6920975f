//! Averages since an event: anchored VWAP with its bands.

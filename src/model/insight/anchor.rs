//! Averages since an event: anchored VWAP with its bands.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Nanos, Price, Ticks};

insight! {
    /// Anchored VWAP; one [`AvwapLine`] behind it. `window` is the anchor's [`crate::Window`]: an
    /// event-anchored one, or the UTC day.
    AvwapInsight {
        /// Σp·v/Σv on the tick: nearest, half up.
        avwap: Price,
        /// The same in ticks, not rounded.
        exact: f64,
        /// σ in ticks: √(Σv·(p − Σp·v/Σv)²/Σv).
        sigma: f64,
        /// The last trade's price less `avwap`.
        distance: Ticks,
        /// T of the anchor.
        time_anchor: Nanos,
    }
}

/// The bands of an anchored VWAP, and how far the last trade is from it.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct AvwapLine {
    /// AVWAP − 3, − 2, − 1, + 1, + 2, + 3 σ on the tick: nearest, half up.
    pub bands: [Price; 6],
    /// (last − exact)/exact in per cent.
    pub distance_percent: f64,
    /// (last − exact)/σ; missing when σ is zero.
    pub distance_sigmas: f64,
}

insight! {
    /// An anchor was set, or gave way to another. `window` is its [`crate::Window`].
    AnchorInsight {
        /// 1: set, 2: gone, because all places were taken and it was the oldest.
        fate: u64,
        /// T of the anchor.
        time_anchor: Nanos,
        /// The anchor's price; missing where it has none.
        price: Price,
        /// Zero.
        reserved: [u64; 2],
    }
}

const _: () = assert!(size_of::<AvwapLine>() == 64);

//! What a closed bar was judged with, and what it says.

use super::bars::Closed;
use super::clusters::{Ground, Structure};
use super::effort::{sign, sign_of};
use super::figures::Figures;
use super::fusion::{Facts, Label, Vote};
use super::histogram::Moments;

/// What a bar is judged with besides itself, as it was at the close; `None` is missing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Inputs {
    /// Σe/Σ|e| of the bar.
    pub ofi: Option<f64>,
    /// Percentile of |OFI| among the bars of the day before.
    pub ofi_percentile: Option<f64>,
    /// Mean book imbalance of the bar.
    pub obi: Option<f64>,
    /// The timeframe's ATR 14 in ticks, > 0.
    pub atr: Option<f64>,
    /// λ⁺ in ticks a lot.
    pub lambda: Option<f64>,
    /// Its percentile among those of the day before.
    pub lambda_percentile: Option<f64>,
    /// Trades a second over their 24 h 95th percentile.
    pub pace: Option<f64>,
    /// Open interest in lots.
    pub interest: Option<i64>,
}

/// Bits of what a reading had to do without.
pub mod lacks {
    /// Order flow imbalance.
    pub const OFI: u16 = 1;
    /// The percentile of |OFI|.
    pub const OFI_PERCENTILE: u16 = 1 << 1;
    /// Book imbalance.
    pub const OBI: u16 = 1 << 2;
    /// ATR.
    pub const ATR: u16 = 1 << 3;
    /// λ.
    pub const LAMBDA: u16 = 1 << 4;
    /// The percentile of λ: its factor is 1.
    pub const LAMBDA_PERCENTILE: u16 = 1 << 5;
    /// Trades a second against the day.
    pub const PACE: u16 = 1 << 6;
    /// Open interest over the range: its factor is 1.
    pub const INTEREST: u16 = 1 << 7;
    /// Depth by row: its factor is 1.
    pub const DEPTH: u16 = 1 << 8;
    /// OFI of some bar of the range: that bar counts with delta/volume.
    pub const OFI_OF_RANGE: u16 = 1 << 9;
    /// Trades of some bar of the range: it is laid out from its candle.
    pub const TRADES_OF_RANGE: u16 = 1 << 10;
    /// Row slots for some bar of the range: its rows are wider, and spread.
    pub const ROWS_OF_RANGE: u16 = 1 << 11;
}

/// What a closed bar says, all of it; `None` is missing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// The bar.
    pub bar: Closed,
    /// What it was judged with.
    pub inputs: Inputs,
    /// Figures of the bar itself.
    pub figures: Figures,
    /// What the clusters mean.
    pub structure: Structure,
    /// What they were measured against.
    pub ground: Ground,
    /// Moments of the histogram.
    pub moments: Moments,
    /// Δ in ticks.
    pub bin_ticks: i64,
    /// The fused signal.
    pub label: Option<Label>,
    /// Its confidence.
    pub confidence: Option<f64>,
    /// The factor on size.
    pub size: Option<f64>,
    /// The factor on a trail's distance.
    pub trail: Option<f64>,
    /// For the timeframes beside each other.
    pub vote: Option<Vote>,
    /// Bits of [`lacks`].
    pub lacks: u16,
    /// An unstable bar lies within what it was computed from.
    pub contaminated: bool,
    /// The day of baselines, or the range, is not whole yet.
    pub uncovered: bool,
}

/// delta/volume; `None` without volume.
#[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
pub(super) fn delta_share(bar: &Closed) -> Option<f64> {
    (bar.volume.0 > 0).then(|| bar.delta.0 as f64 / bar.volume.0 as f64)
}

pub(super) fn facts(bar: &Closed, figures: &Figures, structure: &Structure) -> Facts {
    Facts {
        state: figures.momentum.state,
        slope: figures.momentum.slope.map(sign_of),
        flow: figures.flow,
        delta: sign(bar.delta.0),
        agreement: figures.agreement,
        exhaustion: figures.exhaustion.map(|tired| tired.value),
        runway_up: structure.runway_up,
        runway_down: structure.runway_down,
        structural_bias: structure.bias,
        combined: structure.combined,
        support_near: structure.support_near,
        resistance_near: structure.resistance_near,
        accumulation: figures.accumulation,
    }
}

//! Who takes part: volume clusters, efficiency, momentum, exhaustion, urgency.
//!
//! All three kinds come once a closed bar of 5, 15 and 30 m, a few events after the close; the
//! window byte is an index into [`crate::Interval::ALL`]. Ratios without a value are
//! [`crate::missing::RATIO`], labels without one are 0.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Lots, Nanos, Price};

insight! {
    /// What a closed bar says. Behind it: [`EffortLine`], [`MomentumLine`], [`UrgencyLine`].
    ParticipationInsight {
        /// When the bar opened.
        time_open: Nanos,
        /// Its close.
        close: Price,
        /// Its volume.
        volume: Lots,
        /// Its delta.
        delta: Lots,
        /// Labels and flags in bytes, see [`Labels`].
        labels: Labels,
    }
}

/// The words of a reading; zero is missing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(8))]
pub struct Labels {
    /// What it had to do without; bits, see docs/ANALYTICS.md.
    pub lacks: u16,
    /// Momentum: 1 ACCELERATING, 2 DECELERATING, 3 TRENDING, 4 DRIFTING, 5 FLAT.
    pub state: u8,
    /// Urgency: 1 AGGRESSIVE, 2 ELEVATED, 3 PATIENT, 4 PASSIVE.
    pub urgency: u8,
    /// 1 the X-factor holds, 2 it does not.
    pub x_factor: u8,
    /// Signs of exhaustion that hold, plus 1; it warns from 4 on.
    pub tired: u8,
    /// The fused signal: 1 ... 12, see docs/ANALYTICS.md.
    pub signal: u8,
    /// The majority sign of delta, OFI and OBI, plus 2: 1 down, 2 none, 3 up.
    pub flow: u8,
}

/// What the bar's volume achieved.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct EffortLine {
    /// |c − o|/range × (1 − ½·wick share), in [0, 1].
    pub efficiency: f64,
    /// 1 − |c − o|/range, in [0, 1].
    pub wick: f64,
    /// Flow quality in [0, 1].
    pub flow_quality: f64,
    /// min(volume/SMA₂₀, 3)/1.5 × (1 + ½·percentile of λ), in [0, 3].
    pub amplifier: f64,
    /// Efficiency × flow quality × amplifier.
    pub raw: f64,
    /// min(1, 0.6·raw/P95₂₄ₕ(raw)).
    pub inst_proxy: f64,
    /// Flow quality × amplifier, scaled likewise.
    pub accumulation: f64,
    /// min(volume/SMA₂₀, 3)/3, in [0, 1].
    pub expansion: f64,
}

/// How the close moves.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct MomentumLine {
    /// The timeframe's ATR 14 in ticks.
    pub atr: f64,
    /// (c − c₋₃)/ATR.
    pub slope: f64,
    /// slope − slope₋₁.
    pub accel: f64,
    /// 0.6·|slope| + 0.4·|accel|.
    pub context: f64,
    /// 1.0 when flow and slope agree, else 0.3.
    pub agreement: f64,
    /// context × (0.6 + 0.4·agreement).
    pub validated: f64,
    /// Exhaustion: 0, 0.2 ... 0.9.
    pub exhaustion: f64,
    /// λ⁺ in ticks a lot.
    pub lambda: f64,
}

/// How pressed the takers are, and what follows for size and trail.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct UrgencyLine {
    /// min(|slope|/1.5, 1).
    pub strength: f64,
    /// Trades a second over their 24 h 95th percentile, at most 1.
    pub intensity: f64,
    /// Percentile of |OFI| in [0, 1].
    pub pressure: f64,
    /// Majority share among delta, OFI, OBI and slope.
    pub direction: f64,
    /// Urgency in [0, 1].
    pub urgency: f64,
    /// Confidence in the fused signal, in [0, 1].
    pub confidence: f64,
    /// The factor on an order's size.
    pub size: f64,
    /// The factor on a trail's distance.
    pub trail: f64,
}

insight! {
    /// The volume clusters of the last `vcp_bars` bars. Behind it: [`WallsLine`], then a
    /// [`ClusterLine`] each, lowest first.
    ClustersInsight {
        /// When the last bar opened.
        time_open: Nanos,
        /// Its close, against which distances are measured.
        close: Price,
        /// Δ.
        bin_ticks: i64,
        /// Lots in the histogram.
        volume: Lots,
        /// How much there was.
        counts: ClusterCounts,
    }
}

/// What a histogram was made of.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(8))]
pub struct ClusterCounts {
    /// Bars.
    pub bars: u16,
    /// Rows between the lowest and the highest traded one.
    pub rows: u16,
    /// Rows that stood out, kept or not.
    pub found: u16,
    /// As in [`Labels`].
    pub lacks: u16,
}

/// What the clusters mean together.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct WallsLine {
    /// Σ scores below the price with bias > 0.
    pub support: f64,
    /// Σ scores above the price with bias < 0.
    pub resistance: f64,
    /// (s − r)/(s + r).
    pub structural_bias: f64,
    /// 1/(1 + Σ difficulty·exp(−d/k)) over the clusters above.
    pub runway_up: f64,
    /// Likewise below.
    pub runway_down: f64,
    /// 1 − exp(−Σ score/3).
    pub combined: f64,
    /// 1 + ΔOI/OI₀ over the range; in the scores it is 1 where missing.
    pub interest: f64,
    /// Mean of |delta|/volume over the bars.
    pub effort: f64,
}

/// A row that stands out.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct ClusterLine {
    /// Low edge of the row.
    pub low: Price,
    /// Lots in it.
    pub lots: Lots,
    /// (v − μ)/σ.
    pub z: f64,
    /// Σ(ofi·v)/Σv, in [−1, 1].
    pub bias: f64,
    /// Depth over mean depth in [0.5, 2]; 1 outside the known book.
    pub book: f64,
    /// |centre − close| in ATRs.
    pub distance: f64,
    /// λ⁺·V·mean(|delta|/volume)/ATR.
    pub difficulty: f64,
    /// z × (½ + ½·|bias|) × book × OI × proximity.
    pub score: f64,
}

insight! {
    /// The three timeframes beside each other, each with its last reading. The window byte is the
    /// timeframe whose reading came last.
    TimeframesInsight {
        /// When the bar of that reading opened.
        time_open: Nanos,
        /// Where most point, each timeframe, and how many: see [`Accords`].
        accords: Accords,
        /// 0.40, 0.35 and 0.25 of the confidences.
        confidence: f64,
        /// The factor on size: 0.5 when they disagree.
        size: f64,
        /// Zero.
        reserved: u64,
    }
}

/// Directions in bytes: 1 down, 2 none, 3 up; 0 is missing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Pod, Zeroable)]
#[repr(C, align(8))]
pub struct Accords {
    /// Where most point; 2 when they disagree.
    pub direction: u8,
    /// 1 STRONG, 2 LEAN, 3 MIXED.
    pub accord: u8,
    /// Exhaustion warns at 15 m and 30 m: 1 it does, 2 it does not.
    pub exhausted: u8,
    /// The direction of 5 m.
    pub five: u8,
    /// The direction of 15 m.
    pub fifteen: u8,
    /// The direction of 30 m.
    pub thirty: u8,
    /// Zero.
    pub reserved: [u8; 2],
}

const _: () = {
    assert!(size_of::<Labels>() == 8 && size_of::<ClusterCounts>() == 8);
    assert!(size_of::<Accords>() == 8);
    assert!(size_of::<EffortLine>() == 64 && size_of::<MomentumLine>() == 64);
    assert!(size_of::<UrgencyLine>() == 64 && size_of::<WallsLine>() == 64);
    assert!(size_of::<ClusterLine>() == 64);
};

//! What the indicators, swings and divergences are computed with.

use model::Interval;

/// Which price RSI and MACD are computed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RsiPrice {
    /// The mark price; trade bars where the input has no mark stream.
    Mark,
    /// Trade bars, always.
    Trade,
}

/// The group's plan. Bars are counts of closed bars, all >= 1; the default is the specification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndicatorPlan {
    /// Which price RSI and MACD are computed on (`rsi_price`).
    pub rsi_price: RsiPrice,
    /// Changes that RSI begins with, and its Wilder period (`rsi_bars`).
    pub rsi_bars: usize,
    /// Period of MACD's fast EMA (`macd_fast_bars`).
    pub macd_fast_bars: usize,
    /// Period of MACD's slow EMA, > the fast one (`macd_slow_bars`).
    pub macd_slow_bars: usize,
    /// Period of MACD's signal EMA (`macd_signal_bars`).
    pub macd_signal_bars: usize,
    /// Ranges that ATR begins with, and its Wilder period (`atr_bars`).
    pub atr_bars: usize,
    /// The interval of "ATR" without another word (`atr_interval`); one minute or longer.
    pub atr_interval: Interval,
    /// Period of the EMA of closes (`ema_bars`).
    pub ema_bars: usize,
    /// Closes of the rolling mean and deviation (`rolling_bars`).
    pub rolling_bars: usize,
    /// Bars that one unstable bar contaminates in a recursive filter (`contaminated_bars`).
    pub contaminated_bars: u32,
    /// Retrace that confirms an extreme, in hundredths of a percent (`swing_bp`), 1..=5000.
    pub swing_bp: u32,
    /// Least distance of two extremes that can diverge, in hundredths of a percent
    /// (`divergence_bp`).
    pub divergence_bp: u32,
    /// Bars before the extreme's own over which an indicator's extreme is taken (`sync_bars`),
    /// 0..=[`SYNC_BARS_MAX`].
    pub sync_bars: usize,
    /// δ of RSI in tenths of a point (`divergence_rsi_tenths`).
    pub divergence_rsi_tenths: u32,
    /// δ of CVD in hundredths of its range (`divergence_cvd_percent`).
    pub divergence_cvd_percent: u32,
    /// δ of MACD's histogram, OBV and A/D in hundredths of their own range
    /// (`divergence_classic_percent`).
    pub divergence_classic_percent: u32,
}

/// The most that `sync_bars` may be.
pub const SYNC_BARS_MAX: usize = 15;

impl Default for IndicatorPlan {
    fn default() -> Self {
        Self {
            rsi_price: RsiPrice::Mark,
            rsi_bars: 14,
            macd_fast_bars: 12,
            macd_slow_bars: 26,
            macd_signal_bars: 9,
            atr_bars: 14,
            atr_interval: Interval::Hour1,
            ema_bars: 20,
            rolling_bars: 20,
            contaminated_bars: 64,
            swing_bp: 40,
            divergence_bp: 5,
            sync_bars: 5,
            divergence_rsi_tenths: 30,
            divergence_cvd_percent: 10,
            divergence_classic_percent: 10,
        }
    }
}

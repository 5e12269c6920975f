//! What is computed on the closed bars of one interval.

use model::{Indicator, Interval, Lots, Nanos, Price, missing};

use super::divergence::{Delta, Found, Series, Turns};
use super::filters::{Atr, Ema, Macd, MacdReading, Rsi};
use super::plan::IndicatorPlan;
use super::sums::{AccumulationDistribution, Moments, Obv, Rolling, float};
use crate::figures::Bar;

/// How long an unstable bar is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taint {
    bars: u32,
    left: u32,
}

impl Taint {
    pub(super) const fn new(bars: u32) -> Self {
        Self { bars, left: 0 }
    }

    /// A bar closed; whether it or one shortly before it is unstable.
    pub(super) const fn close(&mut self, unstable: bool) -> bool {
        if unstable {
            self.left = self.bars;
        }
        let dirty = self.left != 0;
        self.left = self.left.saturating_sub(1);
        dirty
    }
}

/// ATR on one interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranges {
    pub(super) atr: Atr,
    pub(super) taint: Taint,
}

impl Ranges {
    pub(super) fn new(plan: &IndicatorPlan) -> Self {
        Self { atr: Atr::new(plan.atr_bars), taint: Taint::new(plan.contaminated_bars) }
    }
}

/// RSI and MACD on one interval.
#[derive(Clone, Debug)]
pub(super) struct Oscillators {
    rsi: Rsi,
    macd: Macd,
    taint: Taint,
    /// Opening time of the last bar; none before the first.
    pub(super) time: Nanos,
    // RSI, MACD histogram.
    series: [Series; 2],
    /// RSI after the last bar, for the swings; missing while contaminated.
    pub(super) last_rsi: f64,
}

/// What `Oscillators::push` gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oscillation {
    pub(super) rsi: Option<f64>,
    /// In the unit of the closes.
    pub(super) macd: Option<MacdReading>,
    pub(super) dirty: bool,
}

impl Oscillators {
    pub(super) fn new(plan: &IndicatorPlan) -> Self {
        let series = |delta| Series::new(delta, plan.divergence_bp, plan.sync_bars);
        let percent = plan.divergence_classic_percent;
        Self {
            rsi: Rsi::new(plan.rsi_bars),
            macd: Macd::new(plan.macd_fast_bars, plan.macd_slow_bars, plan.macd_signal_bars),
            taint: Taint::new(plan.contaminated_bars),
            time: Nanos::NONE,
            series: [
                series(Delta::Tenths(plan.divergence_rsi_tenths)),
                series(Delta::OwnRange(percent)),
            ],
            last_rsi: missing::RATIO,
        }
    }

    /// A bar closed. `unit`: what one tick is in the unit of the close.
    pub(super) fn push(
        &mut self,
        time: Nanos,
        close: f64,
        unit: f64,
        unstable: bool,
    ) -> Oscillation {
        let dirty = self.taint.close(unstable);
        let (rsi, macd) = (self.rsi.push(close), self.macd.push(close));
        let histogram = macd.map(|macd| macd.histogram() / unit);
        self.series[0].push(rsi, dirty);
        self.series[1].push(histogram, dirty);
        self.time = time;
        self.last_rsi = rsi.filter(|_| !dirty).unwrap_or(missing::RATIO);
        Oscillation { rsi, macd, dirty }
    }

    /// The extremes of the bar that was pushed last.
    pub(super) fn judge(&mut self, turns: &Turns, mut found: impl FnMut(Indicator, &Found)) {
        for (series, of) in self.series.iter_mut().zip([Indicator::Rsi, Indicator::MacdHistogram]) {
            for turn in turns.iter().flatten() {
                if let Some(divergence) = series.judge(*turn) {
                    found(of, &divergence);
                }
            }
        }
    }
}

/// OBV, A/D and means on one interval of trade bars, and CVD beside them.
#[derive(Clone, Debug)]
pub(super) struct Volumes {
    obv: Obv,
    ad: AccumulationDistribution,
    ema: Ema,
    rolling: Rolling,
    pub(super) bars: u64,
    // A sum that missed a trade stays wrong.
    broken: bool,
    ema_taint: Taint,
    rolling_taint: Taint,
    // CVD, OBV, A/D.
    series: [Series; 3],
}

/// What `Volumes::push` gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Volume {
    pub(super) obv: Lots,
    pub(super) ad: f64,
    pub(super) sums_dirty: bool,
    pub(super) ema: Option<f64>,
    pub(super) moments: Option<Moments>,
    pub(super) means_dirty: bool,
}

impl Volumes {
    pub(super) fn new(plan: &IndicatorPlan) -> Self {
        let series = |delta| Series::new(delta, plan.divergence_bp, plan.sync_bars);
        let percent = plan.divergence_classic_percent;
        let window = u32::try_from(plan.rolling_bars).unwrap_or(u32::MAX);
        Self {
            obv: Obv::default(),
            ad: AccumulationDistribution::default(),
            ema: Ema::new(plan.ema_bars),
            rolling: Rolling::new(plan.rolling_bars),
            bars: 0,
            broken: false,
            ema_taint: Taint::new(plan.contaminated_bars),
            rolling_taint: Taint::new(window),
            series: [
                series(Delta::CvdRange(plan.divergence_cvd_percent)),
                series(Delta::OwnRange(percent)),
                series(Delta::OwnRange(percent)),
            ],
        }
    }

    /// A bar closed, and CVD with it.
    pub(super) fn push(&mut self, bar: &Bar<'_>, cvd: Lots, cvd_stable: bool) -> Volume {
        let (line, volume) = (bar.line, bar.sums.volume());
        let unstable = bar.is_unstable();
        self.bars += 1;
        self.broken |= unstable;
        let obv = self.obv.push(line.close, volume);
        let ad = self.ad.push(line.high, line.low, line.close, volume);
        let ema = self.ema.push(float(line.close.0));
        let moments = self.rolling.push(line.close);
        let (recursive, windowed) =
            (self.ema_taint.close(unstable), self.rolling_taint.close(unstable));
        // The hole may lie before the trade that closed the bar, which CVD has not seen yet.
        self.series[0].push(Some(float(cvd.0)), !cvd_stable | unstable);
        self.series[1].push(Some(float(obv.0)), self.broken);
        self.series[2].push(Some(ad), self.broken);
        let (sums_dirty, means_dirty) = (self.broken, recursive | windowed);
        Volume { obv, ad, sums_dirty, ema, moments, means_dirty }
    }

    /// The extremes of the bar that was pushed last.
    pub(super) fn judge(&mut self, turns: &Turns, mut found: impl FnMut(Indicator, &Found)) {
        let kinds = [Indicator::Cvd, Indicator::Obv, Indicator::AccumulationDistribution];
        for (series, of) in self.series.iter_mut().zip(kinds) {
            for turn in turns.iter().flatten() {
                if let Some(divergence) = series.judge(*turn) {
                    found(of, &divergence);
                }
            }
        }
    }
}

/// Everything on 1 m or 3 m bars.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) interval: Interval,
    pub(super) oscillators: Oscillators,
    pub(super) volumes: Volumes,
    /// Trades there were when the last bar closed.
    pub(super) since: u64,
    /// Extremes of a trade bar whose mark bar has not closed yet, with its opening time.
    pub(super) due: Option<(Nanos, Turns)>,
}

impl Lane {
    pub(super) fn new(interval: Interval, plan: &IndicatorPlan) -> Self {
        Self {
            interval,
            oscillators: Oscillators::new(plan),
            volumes: Volumes::new(plan),
            since: 0,
            due: None,
        }
    }
}

/// A whole price as a float in 10⁻⁸, exact below 2⁵³.
pub(super) fn fine(price: Price, tick: i64) -> f64 {
    float(price.0.saturating_mul(tick))
}

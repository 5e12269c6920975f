//! One timeframe: what a closed bar says at once, and what its histogram says a few events later.
//!
//! ```text
//! close ─▶ figures of the bar ─┐
//!   └────▶ histogram turns ─▶ moments ─▶ clusters ─▶ biases ─┴▶ reading
//!          (at the close)     (a piece an event, in this order)
//! ```

use model::{Interval, Nanos};

pub use super::bars::Closed;
pub use super::reading::{Inputs, Reading, lacks};

use super::bars::{Bars, Turned};
use super::candle::Candle;
use super::clusters::{Cluster, DepthBins, Found, Ground, Structure, bars_of_a_day};
use super::figures::{Before, Figures};
use super::fusion::{Vote, confidence, size_factor, trail_factor};
use super::histogram::Moments;
use super::reading::{delta_share, facts};
use super::rows::BarRows;
use crate::Baseline;

/// Bars behind which an unstable one is forgotten by ATR and λ.
const FADE_BARS: u64 = 64;
/// What a row, a bar of a bias and the end cost against each other, about a nanosecond each.
const ROW_COST: i64 = 1;
const BAR_COST: i64 = 4;
const END_COST: i64 = 1_200;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    Idle,
    // Bars enter the histogram again, from a place on.
    Enter { from: u64, heavy: bool },
    // From a row on.
    Count(i64),
    Seek(i64),
    // From a cluster on.
    Weigh(usize),
}

/// A timeframe of one instrument.
#[derive(Clone, Debug)]
pub struct Timeframe {
    interval: Interval,
    length: Nanos,
    per_bar: bool,
    bars: Bars,
    raw: Baseline,
    amplified: Baseline,
    // Slope and context of the bar before.
    before: Option<(Nanos, Option<f64>, Option<f64>)>,
    // The first bar of trades since which none is missing.
    since: Option<Nanos>,
    unstable: Option<Nanos>,
    depth: DepthBins,
    job: Job,
    moments: Moments,
    found: Found,
    // The newest bar's.
    now: (Closed, Inputs, Figures),
}

impl Timeframe {
    /// Clusters over `span` bars, 24..=288; `per_bar`: slopes are a third.
    #[must_use]
    pub fn new(interval: Interval, span: u64, per_bar: bool) -> Self {
        let length = interval.length();
        Self {
            interval,
            length,
            per_bar,
            bars: Bars::new(length, span),
            raw: Baseline::new(length),
            amplified: Baseline::new(length),
            before: None,
            since: None,
            unstable: None,
            depth: DepthBins::NONE,
            job: Job::Idle,
            moments: Moments::default(),
            found: Found::NONE,
            now: Default::default(),
        }
    }

    /// Its bars' interval.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bars.clear();
        self.raw.clear();
        self.amplified.clear();
        (self.before, self.since, self.unstable) = (None, None, None);
        self.depth = DepthBins::NONE;
        self.job = Job::Idle;
    }

    /// Whether a reading is under way.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        !matches!(self.job, Job::Idle)
    }

    /// Depth as it was at the close that comes next; none before.
    pub const fn depth_mut(&mut self) -> &mut DepthBins {
        &mut self.depth
    }

    /// A bar of which only the candle is known: it counts in the histogram, in mean volume and in
    /// slopes. Taken in order and before any bar of trades; whether it was.
    pub fn candle(&mut self, time: Nanos, candle: &Candle, wished: u32) -> bool {
        let later = self.bars.back(0).is_none_or(|kept| kept.candle && kept.bar.time < time);
        if !later || !candle.is_sound() || !time.0.is_multiple_of(self.length.0) {
            return false;
        }
        let Candle { open, high, low, close, volume, buys, .. } = *candle;
        let delta = buys + buys - volume;
        let bar = Closed { time, open, high, low, close, volume, delta, ..Closed::default() };
        self.settle();
        candle.lay(wished, &mut self.bars.next().rows);
        self.push(bar, &Inputs::default(), wished, true);
        true
    }

    fn push(&mut self, bar: Closed, inputs: &Inputs, wished: u32, candle: bool) {
        let next = self.bars.next();
        (next.bar, next.wished, next.candle) = (bar, wished, candle);
        (next.has_ofi, next.interest) = (inputs.ofi.is_some(), inputs.interest);
        next.flow = inputs.ofi.or_else(|| delta_share(&bar)).unwrap_or(0.0);
        if self.bars.turn() == Turned::Empty {
            self.job = Job::Enter { from: 0, heavy: false };
        }
    }

    /// A bar of trades closed; `rows`, where it traded, are taken and others given back. `heavy`:
    /// a reading begins. A bar that is not later than the one before is not taken.
    pub fn close(
        &mut self,
        bar: Closed,
        inputs: &Inputs,
        rows: &mut BarRows,
        wished: u32,
        heavy: bool,
    ) {
        if self.bars.back(0).is_some_and(|kept| kept.bar.time >= bar.time) {
            return;
        }
        self.settle();
        let figures = self.judge(&bar, inputs);
        std::mem::swap(&mut self.bars.next().rows, rows);
        self.push(bar, inputs, wished, false);
        self.remember(&bar, &figures);
        self.now = (bar, *inputs, figures);
        if heavy {
            self.moments = Moments::default();
            self.found = Found::NONE;
            self.job = match self.job {
                Job::Enter { from, .. } => Job::Enter { from, heavy },
                _ => self.begin(),
            };
        }
    }

    /// Gives up what is under way, but for the histogram: that has to be whole before the next.
    fn settle(&mut self) {
        if let Job::Enter { from, .. } = self.job {
            let rest = self.bars.enter_again(from, &mut i64::MAX.clone());
            assert_eq!(rest, None, "all bars are in");
        }
        self.job = Job::Idle;
    }

    /// The figures of a bar, before it is among those it is measured against.
    fn judge(&mut self, bar: &Closed, inputs: &Inputs) -> Figures {
        self.raw.leave(bar.time);
        self.amplified.leave(bar.time);
        let last = self.bars.before(bar.time, 1);
        let (slope, context) = match self.before {
            Some((time, slope, context)) if time.after(self.length) == bar.time => (slope, context),
            _ => (None, None),
        };
        let third = self.bars.before(bar.time, 3);
        let before = Before {
            moved: third.map(|kept| (bar.close - kept.bar.close).0),
            volume: last.map(|kept| kept.bar.volume.0),
            slope,
            context,
            mean: self.bars.volume_before(bar.time),
            raw_p95: self.raw.percentile(95),
            amplified_p95: self.amplified.percentile(95),
            per_bar: self.per_bar,
        };
        Figures::of(bar, inputs, &before)
    }

    fn remember(&mut self, bar: &Closed, figures: &Figures) {
        let momentum = &figures.momentum;
        let unbroken = self.before.is_some_and(|(time, ..)| time.after(self.length) == bar.time);
        if !unbroken || self.since.is_none() {
            self.since = (!bar.partial).then_some(bar.time);
        }
        self.before = Some((bar.time, momentum.slope, momentum.context));
        if bar.unstable {
            self.unstable = Some(bar.time);
        }
        if let Some(raw) = figures.raw {
            self.raw.push(bar.time, raw);
        }
        if let Some(amplified) = figures.amplified {
            self.amplified.push(bar.time, amplified);
        }
    }

    fn begin(&self) -> Job {
        Job::Count(self.bars.histogram.range().map_or(0, |(first, _)| first))
    }

    fn enter(&mut self, from: u64, heavy: bool, budget: &mut i64) -> Job {
        match self.bars.enter_again(from, budget) {
            Some(from) => Job::Enter { from, heavy },
            None if heavy => self.begin(),
            None => Job::Idle,
        }
    }

    /// Goes on with the reading, about `budget` nanoseconds' worth; the reading when it is whole.
    pub fn step(&mut self, mut budget: i64) -> Option<Reading> {
        while budget > 0 {
            self.job = match self.job {
                Job::Idle => return None,
                Job::Enter { from, heavy } => self.enter(from, heavy, &mut budget),
                Job::Count(row) => self.count(row, &mut budget),
                Job::Seek(row) => self.seek(row, &mut budget),
                Job::Weigh(at) if at < self.found.kept().len() => self.weigh(at, &mut budget),
                Job::Weigh(_) if budget < END_COST / 2 => return None,
                Job::Weigh(_) => {
                    self.job = Job::Idle;
                    return Some(self.read());
                }
            };
        }
        None
    }

    /// Finishes at once.
    pub fn finish(&mut self) -> Option<Reading> {
        let heavy = !matches!(self.job, Job::Idle | Job::Enter { heavy: false, .. });
        let reading = self.step(i64::MAX);
        assert_eq!(reading.is_some(), heavy, "a reading that began ends");
        reading
    }

    fn count(&mut self, row: i64, budget: &mut i64) -> Job {
        let Some((first, last)) = self.bars.histogram.range() else { return Job::Weigh(0) };
        let to = last.min(row.saturating_add(*budget / ROW_COST));
        self.bars.histogram.count(&mut self.moments, row, to);
        *budget -= (to - row + 1) * ROW_COST;
        if to < last {
            return Job::Count(to + 1);
        }
        let judged = self.bars.is_covered() && self.moments.has_deviation();
        if judged { Job::Seek(first) } else { Job::Weigh(0) }
    }

    fn seek(&mut self, row: i64, budget: &mut i64) -> Job {
        let Some((_, last)) = self.bars.histogram.range() else { return Job::Weigh(0) };
        let (histogram, moments) = (&self.bars.histogram, &self.moments);
        let to = last.min(row.saturating_add(*budget / ROW_COST));
        for row in row..=to {
            if histogram.is_cluster(moments, row) {
                let lots = histogram.get(row);
                let low = model::Price(row << histogram.shift());
                self.found.push(Cluster { low, lots, z: moments.z(lots), ..Cluster::NONE });
            }
        }
        *budget -= (to - row + 1) * ROW_COST;
        if to < last { Job::Seek(to + 1) } else { Job::Weigh(0) }
    }

    /// The bias of a cluster: what flowed in the bars that traded there.
    #[expect(clippy::cast_precision_loss, reason = "float begins where a mean does")]
    fn weigh(&mut self, at: usize, budget: &mut i64) -> Job {
        let shift = self.bars.histogram.shift();
        let cluster = &mut self.found.kept_mut()[at];
        let row = cluster.low.0 >> shift;
        let mut sum = 0.0;
        for kept in self.bars.each() {
            sum += kept.flow * kept.rows.at(shift, row) as f64;
            *budget -= BAR_COST;
        }
        cluster.bias = sum / cluster.lots as f64;
        cluster.book = self.depth.factor(shift, row).unwrap_or(1.0);
        Job::Weigh(at + 1)
    }

    /// 1 + ΔOI/OI₀ over the range; `None` when it is known over less than half of it.
    #[expect(clippy::cast_precision_loss, reason = "float begins where a ratio does")]
    fn interest(&self) -> Option<f64> {
        let now = self.bars.back(0)?.interest?;
        let mut known =
            self.bars.each().enumerate().filter_map(|(at, kept)| Some((at as u64, kept.interest?)));
        let (at, first) = known.next()?;
        let half = first > 0 && 2 * (self.bars.held() - at) >= self.bars.span();
        half.then(|| 1.0 + (now - first) as f64 / first as f64)
    }

    /// Mean of |delta|/volume over the bars that traded.
    fn effort(&self) -> Option<f64> {
        let shares = self.bars.each().filter_map(|kept| delta_share(&kept.bar));
        let (sum, count) = shares.fold((0.0, 0), |(sum, n), share| (sum + share.abs(), n + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// The reading, once everything is counted.
    fn read(&mut self) -> Reading {
        let (bar, inputs, figures) = self.now;
        let interest = self.interest();
        let ground = Ground {
            price: bar.close,
            atr: inputs.atr,
            lambda: inputs.lambda,
            effort: self.effort(),
            interest,
        };
        let bin_ticks = 1 << self.bars.histogram.shift();
        for cluster in self.found.kept_mut() {
            cluster.measure(&ground, bin_ticks);
        }
        let judged = self.bars.is_covered() && self.moments.has_deviation();
        let structure =
            if judged { Structure::of(self.found.kept()) } else { Structure::default() };
        let facts = facts(&bar, &figures, &structure);
        let label = facts.label();
        let confidence =
            (|| Some(confidence(figures.inst_proxy?, structure.bias?, figures.validated?)))();
        let warns = figures.exhaustion.map(|tired| tired.warns());
        let state = figures.momentum.state;
        let reach = Nanos(model::DAY.0.max(self.bars.span() * self.length.0))
            .after(Nanos(FADE_BARS * self.length.0));
        Reading {
            bar,
            inputs,
            figures,
            structure,
            ground,
            moments: self.moments,
            bin_ticks,
            label,
            confidence,
            size: state
                .zip(figures.agreement)
                .map(|(state, agreement)| size_factor(state, agreement)),
            trail: state.zip(warns).map(|(state, warns)| trail_factor(state, warns)),
            vote: Vote::of(&facts, confidence, warns),
            lacks: self.lacks(&inputs, interest),
            contaminated: self.unstable.is_some_and(|time| time.after(reach) > bar.time),
            uncovered: !self.bars.is_whole()
                || self.since.is_none_or(|since| since.after(model::DAY) > bar.time),
        }
    }

    fn lacks(&self, inputs: &Inputs, interest: Option<f64>) -> u16 {
        let bars = |of: &dyn Fn(&super::bars::Kept) -> bool| self.bars.each().any(of);
        let bits = [
            (inputs.ofi.is_none(), lacks::OFI),
            (inputs.ofi_percentile.is_none(), lacks::OFI_PERCENTILE),
            (inputs.obi.is_none(), lacks::OBI),
            (inputs.atr.is_none(), lacks::ATR),
            (inputs.lambda.is_none(), lacks::LAMBDA),
            (inputs.lambda_percentile.is_none(), lacks::LAMBDA_PERCENTILE),
            (inputs.pace.is_none(), lacks::PACE),
            (interest.is_none(), lacks::INTEREST),
            (self.depth.count == 0, lacks::DEPTH),
            (bars(&|kept| !kept.has_ofi && kept.bar.volume.0 != 0), lacks::OFI_OF_RANGE),
            (bars(&|kept| kept.candle), lacks::TRADES_OF_RANGE),
            (bars(&|kept| kept.rows.shift() > kept.wished), lacks::ROWS_OF_RANGE),
        ];
        bits.into_iter().filter(|(lacking, _)| *lacking).fold(0, |all, (_, bit)| all | bit)
    }

    /// The clusters of the last reading, lowest first.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// Bars in the histogram of the last reading.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.bars.held()
    }

    /// Bars of a day.
    #[must_use]
    pub const fn day(&self) -> u64 {
        bars_of_a_day(self.length)
    }
}

//! What the calculators of market structure take and say: plain bars in, facts out.

use model::{Nanos, StructureStep, StructureWhat, Trust};

/// Bars after an unstable one in which an average over bars (Wilder's, which forgets slowly) stays
/// contaminated: of the bar then under 1 % is left ((13/14)^64).
pub(super) const FORGET_BARS: u32 = 64;
/// Bars of the average true range.
const ATR_BARS: u32 = 14;

/// A closed bar. Prices in any integer unit, the same in every bar.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Candle {
    /// Opening time.
    pub time: Nanos,
    /// First price.
    pub open: i64,
    /// Highest.
    pub high: i64,
    /// Lowest.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// How far the bar itself is to be trusted.
    pub trust: Trust,
}

impl Candle {
    /// Whether it closed above its open.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.close > self.open
    }

    /// Whether it closed below its open.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.close < self.open
    }

    /// |close − open|.
    #[must_use]
    pub const fn body(&self) -> i64 {
        self.close.saturating_sub(self.open).saturating_abs()
    }
}

impl Candle {
    /// Trades may be missing in it when it opened at or after this time.
    pub(super) fn taint(&mut self, since: Nanos) {
        if self.time >= since {
            self.trust = and(self.trust, Trust::CONTAMINATED);
        }
    }
}

/// What happened to one thing of market structure. A thing is named by what it is, its side and
/// its time: no two of one interval share all three.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fact {
    /// What it is.
    pub what: StructureWhat,
    /// What happened.
    pub step: StructureStep,
    /// Bullish, or a high.
    pub up: bool,
    /// Upper edge, or its price.
    pub top: i64,
    /// Lower edge, or the same.
    pub bottom: i64,
    /// Opening time of the bar that it stands for.
    pub time: Nanos,
    /// Share filled, or how many; NaN where neither.
    pub share: f64,
    /// How far it is to be trusted.
    pub trust: Trust,
}

impl Fact {
    /// A fact of something with one price and no share.
    #[must_use]
    pub const fn at(what: StructureWhat, up: bool, price: i64, time: Nanos) -> Self {
        Self {
            what,
            step: StructureStep::Created,
            up,
            top: price,
            bottom: price,
            time,
            share: model::missing::RATIO,
            trust: Trust::SOUND,
        }
    }

    /// The same thing at another step.
    #[must_use]
    pub const fn step(self, step: StructureStep) -> Self {
        Self { step, ..self }
    }
}

/// Trust of a fact's transition: what is said of the thing, and what is said of the trades since.
#[must_use]
pub(super) const fn and(one: Trust, other: Trust) -> Trust {
    one.with(other)
}

/// Average true range as Wilder has it: the mean of the first 14 true ranges, then smoothed.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Atr {
    close: Option<i64>,
    ranges: u32,
    value: f64,
    // Bars in which the last unstable one is still felt, and what was held against it.
    felt: u32,
    against: Trust,
}

impl Atr {
    /// The value after the last bar; `None` before 14 true ranges, which are 15 bars.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.ranges >= ATR_BARS).then_some(self.value)
    }

    /// What is held against a bar among the last 64.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        if self.felt > 0 { self.against } else { Trust::SOUND }
    }

    /// Trades may be missing in the last bar.
    pub fn taint(&mut self) {
        let against = if self.felt > 0 { self.against } else { Trust::SOUND };
        self.against = and(against, Trust::CONTAMINATED);
        self.felt = FORGET_BARS;
    }

    /// A bar closed.
    pub fn close(&mut self, bar: &Candle) {
        if bar.trust == Trust::SOUND {
            self.felt = self.felt.saturating_sub(1);
        } else {
            self.against = if self.felt > 0 { and(self.against, bar.trust) } else { bar.trust };
            self.felt = FORGET_BARS;
        }
        let Some(before) = self.close.replace(bar.close) else { return };
        let range = bar.high.max(before).saturating_sub(bar.low.min(before));
        #[expect(clippy::cast_precision_loss, reason = "a price range is far below 2^53")]
        let range = range as f64;
        if self.ranges < ATR_BARS {
            self.ranges += 1;
            // The sum until there are enough, then their mean.
            self.value += range;
            if self.ranges == ATR_BARS {
                self.value /= f64::from(ATR_BARS);
            }
        } else {
            let bars = f64::from(ATR_BARS);
            self.value = (self.value * (bars - 1.0) + range) / bars;
        }
    }
}

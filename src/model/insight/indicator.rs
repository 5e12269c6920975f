//! Indicators on closed bars, swings, and the divergences between two swings.

use bytemuck::{Pod, Zeroable};

use super::{Trust, insight};
use crate::{InstrumentId, Lots, Nanos, Price, SECOND};

insight! {
    /// RSI and MACD after a closed bar. `window` is the bar's interval, an index into
    /// [`crate::Interval::ALL`].
    OscillatorInsight {
        /// RSI, 0..=100; missing while it warms up and while nothing changed.
        rsi: f64,
        /// MACD in ticks; missing while it warms up, as the next two.
        macd: f64,
        /// Its signal in ticks.
        signal: f64,
        /// MACD less signal, in ticks.
        histogram: f64,
        /// On which price: 0 the mark price, 1 trades because there is no mark stream, 2 trades
        /// because the plan says so.
        source: u32,
        /// When the bar opened, in seconds: see [`OscillatorInsight::time_open`].
        seconds: u32,
    }
}

insight! {
    /// Average true range after a closed trade bar. `window` is the bar's interval.
    AtrInsight {
        /// ATR in ticks.
        atr: f64,
        /// The bar's own true range in ticks; missing with the first bar.
        true_range: f64,
        /// ATR in percent of the close.
        percent: f64,
        /// The bar's close.
        close: Price,
        /// Bit 0: this interval is `atr_interval`, what "ATR" means without another word.
        flags: u32,
        /// When the bar opened, in seconds: see [`AtrInsight::time_open`].
        seconds: u32,
    }
}

insight! {
    /// Volume by direction after a closed trade bar. `window` is the bar's interval.
    AccumulationInsight {
        /// On-balance volume since the (re)start.
        obv: Lots,
        /// Accumulation/distribution in lots since the (re)start.
        ad: f64,
        /// Bars since the (re)start.
        bars: u32,
        /// When the bar opened, in seconds: see [`AccumulationInsight::time_open`].
        seconds: u32,
        /// The bar's close.
        close: Price,
        /// The bar's volume.
        volume: Lots,
    }
}

/// A number and a bar's opening time in one word, as three records above hold them: bars open on
/// whole seconds, and the seconds of a `u32` last until 2106.
#[must_use]
pub fn with_opening(number: u32, time_open: Nanos) -> u64 {
    let seconds = u32::try_from(time_open.0 / SECOND.0).unwrap_or(u32::MAX);
    u64::from(number) | u64::from(seconds) << 32
}

macro_rules! opened {
    ($($name:ident)+) => {$(
        impl $name {
            /// When the bar opened.
            #[must_use]
            pub const fn time_open(&self) -> Nanos {
                Nanos(self.seconds as u64 * SECOND.0)
            }
        }
    )+};
}
opened!(OscillatorInsight AtrInsight AccumulationInsight);

insight! {
    /// Means of the close after a closed trade bar. `window` is the bar's interval.
    AverageInsight {
        /// EMA in ticks; missing while it warms up.
        ema: f64,
        /// Mean of the last closes in ticks, this one included; missing before there are enough.
        mean: f64,
        /// Their population deviation in ticks.
        deviation: f64,
        /// The bar's close.
        close: Price,
        /// When the bar opened.
        time_open: Nanos,
    }
}

insight! {
    /// An extreme of the `ZigZag`: `PROVISIONAL` while it runs. A [`SwingLine`] follows.
    SwingInsight {
        /// The extreme.
        price: Price,
        /// T of the trade that made it.
        time: Nanos,
        /// T of the trade that confirmed it; zero while it runs.
        time_confirmed: Nanos,
        /// The extreme before it, of the other side; missing for the first.
        price_before: Price,
        /// See [`SwingFlags`].
        flags: u64,
    }
}

/// What was known at an extreme.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct SwingLine {
    /// RSI of the last closed 1 m bar; missing while it is contaminated.
    pub rsi: f64,
    /// OBI's z; may be missing.
    pub obi_z: f64,
    /// CVD after the trade; missing since a hole in the tape, until CVD restarts.
    pub cvd: Lots,
    /// Open interest as last polled; may be missing.
    pub interest: Lots,
    /// Its change over 300 s; may be missing.
    pub interest_change: Lots,
    /// The last extreme of the same side; missing for the first two.
    pub price_same: Price,
    /// When that one was made.
    pub time_same: Nanos,
    /// Number of the extreme, from 1 at the (re)start.
    pub number: u64,
}

/// Bits of [`SwingInsight::flags`] and [`DivergenceLine::flags`]. A rule whose input is missing
/// abstains: neither of its bits is set.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SwingFlags(pub u64);

impl SwingFlags {
    /// A high; else a low.
    pub const HIGH: Self = Self(1);
    /// Higher than the high before, or lower than the low before.
    pub const BEYOND: Self = Self(1 << 1);
    /// OBI check: beyond, and z <= -2 at a high or >= +2 at a low.
    pub const OBI_AGAINST: Self = Self(1 << 2);
    /// OBI check: beyond, and not so.
    pub const OBI_NOT: Self = Self(1 << 3);
    /// OBI was suppressed at the extreme: the check is void.
    pub const OBI_VOID: Self = Self(1 << 4);
    /// `no_new_positions` agrees: open interest did not rise over 300 s.
    pub const OI_NONE_NEW: Self = Self(1 << 5);
    /// `no_new_positions` is contrary: it rose.
    pub const OI_NEW: Self = Self(1 << 6);
    /// `as_written` agrees: it did not rise at a high, did not fall at a low.
    pub const OI_AS_WRITTEN: Self = Self(1 << 7);
    /// `as_written` is contrary.
    pub const OI_NOT_AS_WRITTEN: Self = Self(1 << 8);

    /// Whether any of these bits is set.
    #[must_use]
    pub const fn has(self, bits: Self) -> bool {
        self.0 & bits.0 != 0
    }

    /// With these bits set as well, if so.
    #[must_use]
    pub const fn with(self, bits: Self, so: bool) -> Self {
        if so { Self(self.0 | bits.0) } else { self }
    }
}

/// What diverges from the price.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Indicator {
    /// RSI, in points.
    Rsi = 0,
    /// Cumulative delta at the close of bars, in lots.
    Cvd = 1,
    /// MACD's histogram, in ticks.
    MacdHistogram = 2,
    /// On-balance volume, in lots.
    Obv = 3,
    /// Accumulation/distribution, in lots.
    AccumulationDistribution = 4,
}

impl Indicator {
    /// Every one, in the order of its number.
    pub const ALL: [Self; 5] =
        [Self::Rsi, Self::Cvd, Self::MacdHistogram, Self::Obv, Self::AccumulationDistribution];

    /// As the command line writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Rsi => "rsi",
            Self::Cvd => "cvd",
            Self::MacdHistogram => "macd_histogram",
            Self::Obv => "obv",
            Self::AccumulationDistribution => "ad",
        }
    }

    /// Whether it is one that confirms nothing unless `confirm_classic` says so.
    #[must_use]
    pub const fn is_classic(self) -> bool {
        !matches!(self, Self::Rsi | Self::Cvd)
    }
}

insight! {
    /// Two successive highs (or lows) of the price that an indicator did not follow: a fact,
    /// never rewritten. `window` is the interval of the bars. A [`DivergenceLine`] follows.
    DivergenceInsight {
        /// The earlier extreme.
        price_one: Price,
        /// T of the trade that made it.
        time_one: Nanos,
        /// The later one, higher (a low: lower); it may still be running.
        price_two: Price,
        /// T of the trade that made it.
        time_two: Nanos,
        /// Opening time of the bar at whose close it was found: the bar of the later extreme.
        time_bar: Nanos,
    }
}

/// What the indicator said at the two extremes.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct DivergenceLine {
    /// The indicator's highest (a low: lowest) value up to the bar of the earlier extreme.
    pub x_one: f64,
    /// The same of the later one.
    pub x_two: f64,
    /// δ that the two had to differ by, in the indicator's unit.
    pub delta: f64,
    /// The indicator's range between the two that δ was made of; missing for RSI.
    pub range: f64,
    /// OBI's z at the later extreme; may be missing.
    pub obi_z: f64,
    /// [`SwingFlags`] of the later extreme.
    pub flags: u64,
    /// Number of the later extreme, as in its swing.
    pub number: u64,
    /// An [`Indicator`]'s number.
    pub indicator: u8,
    /// 1 when the indicator is a classic one (MACD histogram, OBV, A/D).
    pub classic: u8,
    /// 1 while the later extreme was still running.
    pub running: u8,
    /// Zero.
    pub reserved: [u8; 5],
}

const _: () = assert!(size_of::<SwingLine>() == 64 && size_of::<DivergenceLine>() == 64);

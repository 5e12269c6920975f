//! Indicators with a memory that fades: each new value is made of the last one and the new bar.
//!
//! Seeded as TA-Lib seeds them (plain means of the first values), so equal to it from its first
//! output. A bar without a value is `None`, where TA-Lib has no output yet or writes 0 for a
//! quotient of zeros.

/// A count as a weight; periods are small.
fn weight(bars: usize) -> f64 {
    f64::from(u32::try_from(bars).unwrap_or(u32::MAX))
}

/// The mean of the first `bars` values, then Wilder's smoothing of period `bars`:
/// m ← (m·(bars − 1) + x)/bars.
#[derive(Clone, Copy, Debug)]
struct Wilder {
    bars: f64,
    seen: f64,
    // The sum while it is seeded, then the mean.
    value: f64,
}

impl Wilder {
    fn new(bars: usize) -> Self {
        assert!(bars >= 1, "a period holds at least one bar");
        Self { bars: weight(bars), seen: 0.0, value: 0.0 }
    }

    fn push(&mut self, x: f64) {
        if self.seen < self.bars {
            self.seen += 1.0;
            self.value += x;
            if self.seen >= self.bars {
                self.value /= self.bars;
            }
        } else {
            self.value = (self.value * (self.bars - 1.0) + x) / self.bars;
        }
    }

    fn mean(&self) -> Option<f64> {
        (self.seen >= self.bars).then_some(self.value)
    }
}

/// Relative strength index: 100·g/(g + l) of Wilder's means of gains and losses of the close.
///
/// The first value comes with bar n + 1 (n changes). Without any change in its memory it is
/// missing; TA-Lib writes 0 there. Range 0..=100.
#[derive(Clone, Copy, Debug)]
pub struct Rsi {
    close: Option<f64>,
    gains: Wilder,
    losses: Wilder,
}

impl Rsi {
    /// Of period `bars`, >= 1.
    #[must_use]
    pub fn new(bars: usize) -> Self {
        Self { close: None, gains: Wilder::new(bars), losses: Wilder::new(bars) }
    }

    /// Takes a closed bar's close; the index after it.
    pub fn push(&mut self, close: f64) -> Option<f64> {
        if let Some(before) = self.close {
            let change = close - before;
            self.gains.push(change.max(0.0));
            self.losses.push((-change).max(0.0));
        }
        self.close = Some(close);
        self.value()
    }

    /// The index after the last bar.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let (gain, loss) = (self.gains.mean()?, self.losses.mean()?);
        (gain + loss > 0.0).then(|| 100.0 * (gain / (gain + loss)))
    }
}

/// Exponential mean with weight 2/(n + 1), seeded with the plain mean of its first n values.
#[derive(Clone, Copy, Debug)]
pub struct Ema {
    bars: f64,
    seen: f64,
    value: f64,
}

impl Ema {
    /// Of period `bars`, >= 1.
    #[must_use]
    pub fn new(bars: usize) -> Self {
        assert!(bars >= 1, "a period holds at least one bar");
        Self { bars: weight(bars), seen: 0.0, value: 0.0 }
    }

    /// Takes a value; the mean after it, from the n-th on.
    pub fn push(&mut self, x: f64) -> Option<f64> {
        if self.seen < self.bars {
            self.seen += 1.0;
            self.value += x;
            if self.seen >= self.bars {
                self.value /= self.bars;
            }
        } else {
            self.value += (x - self.value) * (2.0 / (self.bars + 1.0));
        }
        self.value()
    }

    /// The mean after the last value.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        (self.seen >= self.bars).then_some(self.value)
    }
}

/// MACD with its signal; the histogram is their difference. In the unit of the price.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MacdReading {
    /// Fast less slow EMA.
    pub macd: f64,
    /// EMA of that.
    pub signal: f64,
}

impl MacdReading {
    /// MACD less its signal.
    #[must_use]
    pub fn histogram(&self) -> f64 {
        self.macd - self.signal
    }
}

/// Moving average convergence/divergence.
///
/// As in TA-Lib both EMAs begin at the same bar: the fast one is seeded with the last `fast` of
/// the first `slow` closes. The first reading comes with bar slow + signal − 1.
#[derive(Clone, Copy, Debug)]
pub struct Macd {
    // Closes that the fast EMA does not see.
    skip: usize,
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    /// Of these periods, 1 <= fast < slow, 1 <= signal.
    #[must_use]
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        assert!(fast < slow, "the fast mean is the shorter one");
        Self {
            skip: slow - fast,
            fast: Ema::new(fast),
            slow: Ema::new(slow),
            signal: Ema::new(signal),
        }
    }

    /// Takes a closed bar's close; the reading after it.
    pub fn push(&mut self, close: f64) -> Option<MacdReading> {
        let slow = self.slow.push(close);
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.fast.push(close);
        }
        let macd = self.fast.value()? - slow?;
        let signal = self.signal.push(macd)?;
        Some(MacdReading { macd, signal })
    }
}

/// Average true range: Wilder's mean of max(high, close before) − min(low, close before).
///
/// The first value comes with bar n + 1: the first bar has no close before it. In the unit of
/// the price.
#[derive(Clone, Copy, Debug)]
pub struct Atr {
    close: Option<f64>,
    range: Option<f64>,
    mean: Wilder,
}

impl Atr {
    /// Of period `bars`, >= 1.
    #[must_use]
    pub fn new(bars: usize) -> Self {
        Self { close: None, range: None, mean: Wilder::new(bars) }
    }

    /// Takes a closed bar; the mean after it.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        if let Some(before) = self.close {
            let range = high.max(before) - low.min(before);
            self.range = Some(range);
            self.mean.push(range);
        }
        self.close = Some(close);
        self.value()
    }

    /// The mean after the last bar.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.mean.mean()
    }

    /// The last bar's own true range; none with the first bar.
    #[must_use]
    pub const fn range(&self) -> Option<f64> {
        self.range
    }
}

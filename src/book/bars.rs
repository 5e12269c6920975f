//! Bars of every interval, from the tape.
//!
//! Only the shortest bar takes trades; when it closes it is folded into the longer ones. Every
//! boundary of a longer interval is one of the shortest too, and all close by the same rule, so
//! the result is the same and a trade costs one update instead of eight.
//!
//! A bar closes at the first trade with T ≥ its end, or when the venue clock is a grace behind
//! its end. A trade that comes later goes into the open bar.

use model::{BarLine, BarSumsLine, Interval, Lots, Nanos, Notional, Price, TradeLine};

/// Messages that one event can close: of each interval a bar with trades and a run of empty ones.
pub(crate) const BARS_MAX: usize = 2 * Interval::ALL.len();

/// What a bar has seen.
#[derive(Clone, Copy, Debug)]
struct Sums {
    open: Price,
    high: Price,
    low: Price,
    close: Price,
    notional: Notional,
    buys: Lots,
    sells: Lots,
    delta_min: Lots,
    delta_max: Lots,
    trades: u64,
    fills: u64,
    unstable: bool,
}

impl Sums {
    /// No trade since `close`.
    const fn empty(close: Price) -> Self {
        Self {
            open: close,
            high: close,
            low: close,
            close,
            notional: Notional(0),
            buys: Lots(0),
            sells: Lots(0),
            delta_min: Lots(0),
            delta_max: Lots(0),
            trades: 0,
            fills: 0,
            unstable: false,
        }
    }

    fn delta(&self) -> Lots {
        self.buys - self.sells
    }

    #[inline]
    fn trade(&mut self, trade: &TradeLine) {
        if self.trades == 0 {
            *self = Self { unstable: self.unstable, ..Self::empty(trade.price) };
        }
        self.high = self.high.max(trade.price);
        self.low = self.low.min(trade.price);
        self.close = trade.price;
        self.notional += trade.price * trade.lots;
        match trade.side() {
            model::Side::Buy => self.buys += trade.lots,
            model::Side::Sell => self.sells += trade.lots,
        }
        let delta = self.delta();
        self.delta_min = self.delta_min.min(delta);
        self.delta_max = self.delta_max.max(delta);
        self.trades += 1;
        self.fills += trade.fills();
    }

    /// Adds a later, shorter bar.
    fn fold(&mut self, later: &Self) {
        self.unstable |= later.unstable;
        if later.trades == 0 {
            return;
        }
        if self.trades == 0 {
            *self = Self { unstable: self.unstable, ..*later };
            return;
        }
        let before = self.delta();
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.notional += later.notional;
        self.buys += later.buys;
        self.sells += later.sells;
        self.delta_min = self.delta_min.min(before + later.delta_min);
        self.delta_max = self.delta_max.max(before + later.delta_max);
        self.trades += later.trades;
        self.fills += later.fills;
    }

    fn lines(&self, interval: usize, time_open: Nanos, run: u64) -> (BarLine, BarSumsLine) {
        let bar = BarLine {
            time_open,
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            run,
            #[expect(clippy::cast_possible_truncation, reason = "there are eight intervals")]
            interval: interval as u8,
            unstable: u8::from(self.unstable),
            reserved: [0; 14],
        };
        let sums = BarSumsLine {
            notional: self.notional,
            buys: self.buys,
            sells: self.sells,
            delta_min: self.delta_min,
            delta_max: self.delta_max,
            trades: self.trades,
            fills: self.fills,
        };
        (bar, sums)
    }
}

/// An open bar.
#[derive(Clone, Copy, Debug)]
struct Open {
    time: Nanos,
    sums: Sums,
}

/// The open bars of one instrument.
#[derive(Clone, Debug)]
pub struct Bars {
    grace: Nanos,
    /// By the index into [`Interval::ALL`]; the longer ones lack what the shortest still holds.
    open: [Open; Interval::ALL.len()],
    /// Whether there was a trade: without one there is no price to repeat.
    begun: bool,
}

/// The shortest interval.
const SHORTEST: Nanos = Interval::ALL[0].length();

const _: () = {
    let mut at = 1;
    while at < Interval::ALL.len() {
        // Folding needs it.
        assert!(Interval::ALL[at].length().0.is_multiple_of(SHORTEST.0));
        at += 1;
    }
};

impl Bars {
    pub(crate) const fn new(grace: Nanos) -> Self {
        let open = Open { time: Nanos::NONE, sums: Sums::empty(Price(0)) };
        Self { grace, open: [open; Interval::ALL.len()], begun: false }
    }

    /// The open bar of an interval; `None` before the first trade.
    #[must_use]
    pub fn open(&self, interval: Interval) -> Option<(BarLine, BarSumsLine)> {
        if !self.begun {
            return None;
        }
        let at = interval as usize;
        let mut bar = self.open[at];
        if at != 0 {
            bar.sums.fold(&self.open[0].sums);
        }
        Some(bar.sums.lines(at, bar.time, 1))
    }

    /// Whether a trade at `time` closes a bar.
    #[inline]
    pub(crate) const fn reaches(&self, time: Nanos) -> bool {
        self.begun && self.open[0].time.after(SHORTEST).0 <= time.0
    }

    /// Closes what a trade at `time` closes. With a hole before that trade every bar from the
    /// one before to its own is unstable.
    pub(crate) fn reach(
        &mut self,
        time: Nanos,
        hole: bool,
        emit: impl FnMut(BarLine, BarSumsLine),
    ) {
        self.close(time, hole, emit);
        self.hole(hole);
    }

    /// Whether the venue clock closes a bar.
    #[inline]
    pub(crate) const fn passes(&self, clock: Nanos) -> bool {
        self.begun && self.open[0].time.after(SHORTEST).after(self.grace).0 <= clock.0
    }

    /// Closes what the venue clock closes.
    pub(crate) fn pass(
        &mut self,
        clock: Nanos,
        hole: bool,
        emit: impl FnMut(BarLine, BarSumsLine),
    ) {
        self.close(clock.since(self.grace), hole, emit);
        self.hole(hole);
    }

    /// Marks the open bars where the tape is unstable here.
    #[inline]
    pub(crate) const fn hole(&mut self, hole: bool) {
        self.open[0].sums.unstable |= hole;
    }

    /// Adds a trade; whether it was late: its own bar is closed already.
    #[inline]
    pub(crate) fn trade(&mut self, time: Nanos, trade: &TradeLine) -> bool {
        if !self.begun {
            for (interval, open) in Interval::ALL.iter().zip(&mut self.open) {
                open.time = time.floor(interval.length());
                open.sums = Sums { unstable: open.sums.unstable, ..Sums::empty(trade.price) };
            }
            self.begun = true;
        }
        self.open[0].sums.trade(trade);
        time < self.open[0].time
    }

    /// Closes the open bars as they are, marked unstable, and begins anew at the next trade:
    /// the venue's time jumped.
    #[cold]
    pub(crate) fn restart(&mut self, mut emit: impl FnMut(BarLine, BarSumsLine)) {
        if self.begun {
            self.open[0].sums.unstable = true;
            self.fold_shortest();
            for (at, open) in self.open.iter().enumerate().filter(|(_, open)| open.sums.trades != 0)
            {
                let (bar, sums) = open.sums.lines(at, open.time, 1);
                emit(bar, sums);
            }
        }
        *self = Self::new(self.grace);
    }

    /// Forgets the open bars: the grid changed, and their prices with it.
    pub(crate) const fn forget(&mut self) {
        *self = Self::new(self.grace);
    }

    fn fold_shortest(&mut self) {
        let [shortest, longer @ ..] = &mut self.open;
        for bar in longer {
            bar.sums.fold(&shortest.sums);
        }
    }

    /// Closes every bar that ends at or before `until`, shortest interval first.
    #[inline(never)]
    fn close(&mut self, until: Nanos, hole: bool, mut emit: impl FnMut(BarLine, BarSumsLine)) {
        self.fold_shortest();
        for (at, open) in self.open.iter_mut().enumerate() {
            let length = Interval::ALL[at].length();
            let next = until.floor(length);
            if next <= open.time {
                continue;
            }
            if open.sums.trades != 0 {
                let (bar, sums) = open.sums.lines(at, open.time, 1);
                emit(bar, sums);
                open.time = open.time.after(length);
                open.sums = Sums { unstable: hole, ..Sums::empty(open.sums.close) };
            }
            if open.time < next {
                let (bar, sums) =
                    open.sums.lines(at, open.time, next.since(open.time).0 / length.0);
                emit(bar, sums);
                open.time = next;
            }
            open.sums = Sums::empty(open.sums.close);
        }
    }
}

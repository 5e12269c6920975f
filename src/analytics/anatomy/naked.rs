//! POCs of sessions that are over and that price has not come back to.
//!
//! One is touched when the best bid is at most a tick above it and the best ask at most a tick
//! below it, or when two trades in a row lie on either side of it or one lies on it. It is
//! forgotten 72 hours after its session ended. No more than 12 sessions end in 72 hours, so 16
//! places are enough; were they full, the oldest would give way and say so.

use model::{HOUR, Nanos, Price, Trust, Window};

/// How long one stands untouched.
const LIFE: Nanos = Nanos(72 * HOUR.0);
/// Places.
pub(super) const PLACES: usize = 16;
/// Sessions that one message can end: a day and a funding session.
const ENDS_MAX: usize = 2;
/// Most that one message can make it say: each new one registered and one displaced for it, and
/// everything touched or forgotten.
pub(super) const LINES_MAX: usize = 2 * ENDS_MAX + PLACES;

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Poc {
    pub(super) window: Window,
    /// As a level: the bin's centre on the tick.
    pub(super) level: Price,
    pub(super) bin_ticks: i64,
    pub(super) open: Nanos,
    pub(super) end: Nanos,
    pub(super) trust: Trust,
}

/// What befell one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Fate {
    Registered = 1,
    Touched = 2,
    Forgotten = 3,
    Displaced = 4,
}

/// Those that stand, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Naked {
    all: Vec<Poc>,
    last: Option<Price>,
    // The nearest at or below the last trade and above it, so that most messages cost two
    // comparisons.
    below: i64,
    above: i64,
    expiry: Nanos,
}

impl Naked {
    pub(super) fn new() -> Self {
        let never = Nanos(u64::MAX);
        Self {
            all: Vec::with_capacity(PLACES),
            last: None,
            below: i64::MIN,
            above: i64::MAX,
            expiry: never,
        }
    }

    /// Trades may be missing: who still seems untouched may have been touched.
    pub(super) fn doubt(&mut self) {
        for poc in &mut self.all {
            poc.trust = poc.trust.with(Trust::CONTAMINATED);
        }
    }

    /// Those that stand.
    pub(super) fn standing(&self) -> u8 {
        u8::try_from(self.all.len()).unwrap_or(u8::MAX)
    }

    /// A session ended.
    pub(super) fn register(&mut self, poc: Poc, mut tell: impl FnMut(&Poc, Fate, u8)) {
        if self.all.len() == PLACES {
            let oldest = self.all.remove(0);
            tell(&oldest, Fate::Displaced, self.standing());
        }
        self.all.push(poc);
        tell(&poc, Fate::Registered, self.standing());
        self.look_around();
    }

    fn look_around(&mut self) {
        let last = self.last.map_or(0, |last| last.0);
        let levels = || self.all.iter().map(|poc| poc.level.0);
        self.below = levels().filter(|&level| level <= last).max().unwrap_or(i64::MIN);
        self.above = levels().filter(|&level| level > last).min().unwrap_or(i64::MAX);
        let ends = self.all.iter().map(|poc| poc.end.after(LIFE));
        self.expiry = ends.min().unwrap_or(Nanos(u64::MAX));
    }

    /// A message came, perhaps with a trade; `best`: of a trusted book.
    #[inline]
    pub(super) fn step(
        &mut self,
        clock: Nanos,
        trade: Option<Price>,
        best: Option<(Price, Price)>,
        tell: impl FnMut(&Poc, Fate, u8),
    ) {
        let crossed = trade.map(|price| {
            let before = self.last.replace(price).unwrap_or(price);
            (before.0.min(price.0), before.0.max(price.0))
        });
        if self.all.is_empty() {
            return;
        }
        let quoted = best.map(|(bid, ask)| (bid.0 - 1, ask.0 + 1));
        let is_near = |range: Option<(i64, i64)>| {
            range.is_some_and(|(low, high)| self.below >= low || self.above <= high)
        };
        if is_near(crossed) || is_near(quoted) || clock >= self.expiry {
            self.visit(clock, [crossed, quoted], tell);
        }
    }

    #[inline(never)]
    fn visit(
        &mut self,
        clock: Nanos,
        ranges: [Option<(i64, i64)>; 2],
        mut tell: impl FnMut(&Poc, Fate, u8),
    ) {
        let mut left = self.standing();
        self.all.retain(|poc| {
            let is_in = |&(low, high): &(i64, i64)| (low..=high).contains(&poc.level.0);
            let fate = if ranges.iter().flatten().any(is_in) {
                Fate::Touched
            } else if clock >= poc.end.after(LIFE) {
                Fate::Forgotten
            } else {
                return true;
            };
            left -= 1;
            tell(poc, fate, left);
            false
        });
        self.look_around();
    }
}

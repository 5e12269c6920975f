//! The swings of one instrument with what was known at each, and the extremes of each closed bar.

use model::{Lots, Nanos, Price, SwingFlags, Trust, missing};

use super::divergence::{TURNS_MAX, Turn, Turns};
use super::sums::float;
use super::swing::{Move, Swing, ZigZag};
use crate::figures::Now;

/// Confirmed extremes that a hole contaminates, the one that ran at it included. Two retraces
/// that lie behind the hole bring any two states of the `ZigZag` together; the first retrace
/// after it may begin before it.
const DIRTY: u8 = 3;

/// What was known at an extreme's trade.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Seen {
    /// RSI of the last closed 1 m bar; may be missing.
    pub(super) rsi: f64,
    /// OBI's z; may be missing.
    pub(super) obi_z: f64,
    /// OBI was suppressed, contaminated or missing.
    pub(super) is_void: bool,
    /// CVD after the trade, and whether no trade was missing in it.
    pub(super) cvd: Lots,
    pub(super) cvd_stable: bool,
    /// Open interest; may be missing.
    pub(super) interest: Lots,
    /// Its change over 300 s; may be missing.
    pub(super) interest_change: Lots,
    /// How many trades there were, itself included.
    pub(super) trade: u64,
}

impl Seen {
    /// `memory`: how far back OBI's z reaches. Where the book was lost in that time, z has other
    /// samples than it should, and is missing.
    pub(super) fn new(
        now: &Now<'_>,
        interest: [Option<Lots>; 2],
        rsi: f64,
        trade: u64,
        memory: Nanos,
    ) -> Self {
        let [interest, interest_change] = interest.map(|lots| lots.unwrap_or(Lots(missing::WHOLE)));
        let dark = now.dark != Nanos::NONE && now.clock <= now.dark.after(memory);
        let obi_z = now.obi.z.filter(|_| !dark).unwrap_or(missing::RATIO);
        let is_void = now.obi.trust != Trust::SOUND || dark;
        let (cvd, cvd_stable) = (now.cvd.value, now.cvd.stable);
        Self { rsi, obi_z, is_void, cvd, cvd_stable, interest, interest_change, trade }
    }
}

/// An extreme and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extreme {
    pub(super) swing: Swing<Seen>,
    /// The extreme before it, of the other side.
    pub(super) before: Option<Price>,
    /// The last one of its own side.
    pub(super) same: Option<(Price, Nanos)>,
    /// CVD since that one, up to this one.
    range: Span,
    /// Trades are missing where they could have made it another.
    pub(super) dirty: bool,
}

impl Extreme {
    /// What its place and what was known say of it.
    pub(super) fn flags(&self) -> SwingFlags {
        let Swing { is_high, price, seen, .. } = self.swing;
        let beyond = self.same.is_some_and(|(same, _)| price != same && is_high == (same < price));
        let z = missing::ratio(seen.obi_z);
        let against = z.is_some_and(|z| if is_high { z <= -2.0 } else { 2.0 <= z });
        let judged = beyond && z.is_some() && !seen.is_void;
        let change = missing::whole(seen.interest_change.0);
        let none_new = change.is_some_and(|change| change <= 0);
        let as_written =
            change.is_some_and(|change| if is_high { change <= 0 } else { 0 <= change });
        SwingFlags::default()
            .with(SwingFlags::HIGH, is_high)
            .with(SwingFlags::BEYOND, beyond)
            .with(SwingFlags::OBI_AGAINST, judged && against)
            .with(SwingFlags::OBI_NOT, judged && !against)
            .with(SwingFlags::OBI_VOID, seen.is_void)
            .with(SwingFlags::OI_NONE_NEW, none_new)
            .with(SwingFlags::OI_NEW, change.is_some() && !none_new)
            .with(SwingFlags::OI_AS_WRITTEN, as_written)
            .with(SwingFlags::OI_NOT_AS_WRITTEN, change.is_some() && !as_written)
    }

    pub(super) const fn trust(&self) -> Trust {
        let trust = if self.dirty { Trust::CONTAMINATED } else { Trust::SOUND };
        // What came before the input could have made the first one another.
        if self.swing.number == 1 { trust.with(Trust::UNCOVERED) } else { trust }
    }

    fn turn(&self, running: bool) -> Turn {
        let Swing { number, is_high, price, time, seen } = self.swing;
        let (dirty, obi_z, flags) = (self.dirty, seen.obi_z, self.flags().0);
        let cvd_range = float(self.range.max.saturating_sub(self.range.min));
        Turn { number, is_high, price, time, running, dirty, obi_z, flags, cvd_range }
    }
}

/// Lowest and highest.
#[derive(Clone, Copy, Debug)]
struct Span {
    min: i64,
    max: i64,
}

impl Span {
    const fn of(value: i64) -> Self {
        Self { min: value, max: value }
    }

    #[inline]
    fn cover(&mut self, value: i64) {
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
    }

    fn with(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// The swings.
#[derive(Clone, Debug)]
pub(super) struct Extremes {
    zigzag: ZigZag<Seen>,
    trades: u64,
    // CVD since the last extreme of a side, [low, high], the running one's included.
    since: [Span; 2],
    // CVD between the two extremes before the running one, and from the last to the running one.
    leg_before: Span,
    leg: Span,
    // The last confirmed ones, oldest first.
    last: [Option<Extreme>; TURNS_MAX - 1],
    dirty: u8,
}

impl Extremes {
    pub(super) fn new(bp: u32) -> Self {
        let nothing = Span::of(0);
        Self {
            zigzag: ZigZag::new(bp),
            trades: 0,
            since: [nothing; 2],
            leg_before: nothing,
            leg: nothing,
            last: [None; TURNS_MAX - 1],
            dirty: 0,
        }
    }

    /// Trades are missing here.
    pub(super) const fn hole(&mut self) {
        self.dirty = DIRTY;
    }

    /// Trades so far.
    pub(super) const fn trades(&self) -> u64 {
        self.trades
    }

    /// Counts a trade; whether `take` must hear of it.
    #[inline]
    pub(super) fn hear(&mut self, price: Price, cvd: Lots) -> bool {
        self.trades += 1;
        self.since[0].cover(cvd.0);
        self.since[1].cover(cvd.0);
        self.zigzag.matters(price)
    }

    /// Takes the trade just heard; what it did, and the extreme that it confirmed.
    pub(super) fn take(
        &mut self,
        price: Price,
        time: Nanos,
        seen: Seen,
    ) -> (Move, Option<Extreme>) {
        let running = self.running();
        let cvd = Span::of(seen.cvd.0);
        let (done, confirmed) = self.zigzag.take(price, time, seen);
        match done {
            Move::None => {}
            Move::Begun => self.since = [cvd; 2],
            Move::Moved { is_high } => {
                self.leg = self.since[usize::from(!is_high)];
                self.since[usize::from(is_high)] = cvd;
            }
            Move::Confirmed => {}
        }
        let Some(swing) = confirmed else { return (done, None) };
        // Before the first retrace nothing ran, and there is nothing to compare with.
        let extreme = running.unwrap_or(Extreme {
            swing,
            before: None,
            same: None,
            range: Span::of(swing.seen.cvd.0),
            dirty: 0 < self.dirty,
        });
        let (old, new) = (usize::from(swing.is_high), usize::from(!swing.is_high));
        self.leg_before = self.leg;
        self.leg = self.since[old];
        self.since[new] = cvd;
        self.dirty = self.dirty.saturating_sub(1);
        self.last.rotate_left(1);
        self.last[TURNS_MAX - 2] = Some(extreme);
        (done, Some(extreme))
    }

    /// The running extreme as it stands; none before the first retrace.
    pub(super) fn running(&self) -> Option<Extreme> {
        let swing = *self.zigzag.running()?;
        let [.., same, before] = &self.last;
        Some(Extreme {
            swing,
            before: before.as_ref().map(|extreme| extreme.swing.price),
            same: same.as_ref().map(|extreme| (extreme.swing.price, extreme.swing.time)),
            range: self.leg_before.with(self.leg),
            dirty: 0 < self.dirty,
        })
    }

    /// The extremes made by trades after the `since`-th, oldest first.
    pub(super) fn turns(&self, since: u64) -> Turns {
        let mut turns = [None; TURNS_MAX];
        for (turn, extreme) in turns.iter_mut().zip(&self.last) {
            *turn = extreme
                .filter(|extreme| since < extreme.swing.seen.trade)
                .map(|extreme| extreme.turn(false));
        }
        turns[TURNS_MAX - 1] = self
            .running()
            .filter(|extreme| since < extreme.swing.seen.trade)
            .map(|extreme| extreme.turn(true));
        turns
    }
}

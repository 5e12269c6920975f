//! Liquidations by minute, and the minutes that are spikes.
//!
//! A minute is judged at every forced order, so a spike is known at the moment it is crossed and
//! is final: a minute's sum only grows. The mean is that of the minutes before, quiet ones
//! included.

use model::{Fine, ForceLine, Instrument, MILLISECOND, MINUTE, Nanos, Price, Side, Trust, missing};

use crate::board::Anchor;

/// Minutes in the mean.
const DAY_MINUTES: usize = 1_440;
/// A spike's floor: 1 000 000 quote units of 10⁻⁸.
const FLOOR: i128 = 1_000_000 * 100_000_000;
/// … and how many times the mean.
const TIMES: i128 = 5;
/// How long after its end a minute closes, as bars do.
const GRACE: Nanos = Nanos(500 * MILLISECOND.0);
/// An anchor asked for sooner after the last one would only split one event in two.
const APART: Nanos = Nanos(30 * MINUTE.0);
/// No forced order is worth more: 10¹² quote units. Sums of a day stay far inside i128.
const NOTIONAL_MAX: i128 = 1_000_000_000_000 * 100_000_000;

/// The forced orders of one minute, in quote units of 10⁻⁸.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Minute {
    pub(super) longs: i128,
    pub(super) shorts: i128,
    pub(super) orders: u64,
    spiked: bool,
}

impl Minute {
    const fn all(&self) -> i128 {
        self.longs + self.shorts
    }
}

/// A minute that became a spike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spike {
    pub(super) open: Nanos,
    pub(super) minute: Minute,
    pub(super) threshold: i128,
    pub(super) anchor: Option<Anchor>,
}

/// A minute that closed with orders in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closed {
    pub(super) open: Nanos,
    pub(super) minute: Minute,
    /// Mean of the minutes before; none while fewer than half a day's are known.
    pub(super) mean: Option<i128>,
}

/// The liquidations of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Liquidations {
    // 10⁻¹⁶ quote units of one 10⁻⁸ of price and one lot.
    lot: i128,
    // When the open minute began; none before the first event.
    open: Option<Nanos>,
    // The open minute, and the next: orders of it may come before the open one closes.
    minutes: [Minute; 2],
    // Sums of the minutes before; `oldest..newest` count up for ever.
    before: Vec<i128>,
    oldest: usize,
    newest: usize,
    sum: i128,
    // The open minute began before the input did.
    partial: bool,
    anchored: Option<Nanos>,
}

impl Liquidations {
    pub(super) fn new(instrument: &Instrument) -> Self {
        Self {
            lot: i128::from(instrument.lot.0),
            open: None,
            minutes: [Minute::default(); 2],
            before: vec![1; DAY_MINUTES],
            oldest: 0,
            newest: 0,
            sum: 0,
            partial: true,
            anchored: None,
        }
    }

    /// The venue clock jumped: minutes of another time are no measure.
    pub(super) fn jump(&mut self) {
        self.open = None;
        self.minutes = [Minute::default(); 2];
        (self.oldest, self.newest, self.sum) = (0, 0, 0);
        self.anchored = None;
    }

    /// Whether a minute is to be closed, or the first one opened.
    #[inline]
    pub(super) fn is_due(&self, clock: Nanos) -> bool {
        match self.open {
            Some(open) => clock >= open.after(MINUTE).after(GRACE),
            None => clock != Nanos::NONE,
        }
    }

    /// Closes minutes up to the clock; the one that had orders is told to `tell`: at most two.
    pub(super) fn pass(&mut self, clock: Nanos, mut tell: impl FnMut(Closed)) {
        let Some(mut open) = self.open else {
            self.open = Some(clock.floor(MINUTE));
            self.partial = clock.floor(MINUTE) != clock;
            return;
        };
        // More than a day of silence leaves nothing of what was before: no need to count it off.
        let mut budget = DAY_MINUTES + 2;
        while clock >= open.after(MINUTE).after(GRACE) && budget > 0 {
            let minute = self.minutes[0];
            if minute.orders > 0 {
                tell(Closed { open, minute, mean: self.mean() });
            }
            // A minute that began before the input is not a whole one: it measures nothing.
            if !std::mem::take(&mut self.partial) {
                self.remember(minute.all());
            }
            self.minutes = [self.minutes[1], Minute::default()];
            open = open.after(MINUTE);
            budget -= 1;
        }
        if budget == 0 {
            open = open.max(clock.since(GRACE).floor(MINUTE));
        }
        self.open = Some(open);
    }

    fn remember(&mut self, sum: i128) {
        let slots = self.before.len();
        if self.newest - self.oldest == slots {
            self.sum -= self.before[self.oldest % slots];
            self.oldest += 1;
        }
        self.before[self.newest % slots] = sum;
        self.newest += 1;
        self.sum += sum;
    }

    fn mean(&self) -> Option<i128> {
        let count = self.newest - self.oldest;
        (count * 2 >= DAY_MINUTES).then(|| self.sum / i128::try_from(count).expect("1 440"))
    }

    /// What a minute's sum must reach; without a mean the floor alone, uncovered.
    fn threshold(&self) -> (i128, Trust) {
        let count = self.newest - self.oldest;
        if count * 2 < DAY_MINUTES {
            return (FLOOR, Trust::UNCOVERED);
        }
        let trust = if count < DAY_MINUTES { Trust::UNCOVERED } else { Trust::SOUND };
        // 5 × Σ/n rounded up, so that the comparison is that of the fractions.
        let count = i128::try_from(count).expect("1 440");
        ((TIMES * self.sum + count - 1).div_euclid(count).max(FLOOR), trust)
    }

    /// Takes a forced order; the spike that it made.
    pub(super) fn take(&mut self, force: &ForceLine, time: Nanos) -> Option<(Spike, Trust)> {
        let open = self.open?;
        let worth = i128::from(force.average.0) * i128::from(force.lots_filled.0);
        let notional = worth.saturating_mul(self.lot) / i128::from(Fine::ONE.0);
        if force.average.0 <= 0 || force.lots_filled.0 <= 0 || notional > NOTIONAL_MAX {
            return None;
        }
        // One of a minute that was closed counts in the open one, as late trades do.
        let ahead = usize::from(time >= open.after(MINUTE));
        let minute = &mut self.minutes[ahead];
        if Side::from_code(force.side) == Some(Side::Sell) {
            minute.longs += notional;
        } else {
            minute.shorts += notional;
        }
        minute.orders += 1;
        let minute = *minute;
        let (threshold, trust) = self.threshold();
        if minute.spiked || minute.all() < threshold {
            return None;
        }
        self.minutes[ahead].spiked = true;
        let open = if ahead == 1 { open.after(MINUTE) } else { open };
        let free = self.anchored.is_none_or(|last| open.since(last) >= APART);
        let anchor = free.then(|| {
            self.anchored = Some(open);
            Anchor { window: model::Window::Spike, time: open, price: None::<Price> }
        });
        Some((Spike { open, minute, threshold, anchor }, trust))
    }
}

fn fine(value: i128) -> u64 {
    i64::try_from(value).unwrap_or(i64::MAX).cast_unsigned()
}

impl Spike {
    pub(super) fn values(&self) -> [u64; 5] {
        let Minute { longs, shorts, .. } = self.minute;
        let anchors = u64::from(self.anchor.is_some());
        [self.open.0, fine(longs), fine(shorts), fine(self.threshold), anchors]
    }
}

impl Closed {
    pub(super) fn values(&self) -> [u64; 5] {
        let Minute { longs, shorts, orders, .. } = self.minute;
        let mean = self.mean.map_or(missing::WHOLE.cast_unsigned(), fine);
        [self.open.0, fine(longs), fine(shorts), orders, mean]
    }
}

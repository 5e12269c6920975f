//! Liquidation clusters from open interest: who opened when would be liquidated where.
//!
//! Each minute in which open interest rose opens that many longs and shorts at the minute's VWAP,
//! spread over leverage tiers. Whom the mark price reaches is gone; a fall takes of all alike.

use bytemuck::Zeroable;
use model::{HeatLine, Price};

use super::heat::Heat;
use super::plan::Tier;

/// Clusters that are said: the largest.
pub(super) const SAID: usize = 8;
/// Minutes without a poll of open interest after which the next is a new beginning: nobody knows
/// at which of so many prices positions were opened.
const SILENCE_MINUTES: u32 = 10;
/// A forced order takes from bins up to this many from its price (about 1 %).
const REACH: usize = 16;
/// Lots beyond this are none.
const LOTS_MAX: i64 = 1 << 50;
/// One, in the units of [`Tier`].
const MILLION: i128 = 1_000_000;

/// Where a position opened at `notional`/`lots` ticks is liquidated, isolated: long
/// E(1 − 1/leverage)/(1 − margin), short E(1 + 1/leverage)/(1 + margin). Rounded down to the tick.
#[must_use]
pub fn liquidation(notional: i128, lots: i64, tier: &Tier, long: bool) -> Option<i64> {
    let leverage = i128::from(tier.leverage);
    let margin = i128::from(tier.margin);
    let (over, under) =
        if long { (leverage - 1, MILLION - margin) } else { (leverage + 1, MILLION + margin) };
    let above = notional.checked_mul(over)?.checked_mul(MILLION)?;
    let below = i128::from(lots).checked_mul(leverage)?.checked_mul(under)?;
    above.checked_div_euclid(below).and_then(|price| i64::try_from(price).ok())
}

/// A minute as the model needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minute {
    /// Σ price × lots.
    pub notional: i128,
    /// Lots traded.
    pub lots: i64,
    /// Last price.
    pub close: i64,
    /// Highest and lowest.
    pub high: i64,
    /// Lowest.
    pub low: i64,
}

/// The own model.
#[derive(Clone, Debug)]
pub struct Clusters {
    /// The bins.
    pub heat: Heat,
    tiers: Vec<Tier>,
    // Open interest as last polled, and at the last minute that took it.
    polled: Option<i64>,
    taken: Option<i64>,
    // Σ price × lots and lots since `taken`.
    sums: (i128, i64),
    silent: u32,
    mark: Option<i64>,
    // A mark came in this minute.
    fresh: bool,
    by_trades: bool,
    refused: u64,
    // Lots of forced orders that met nothing.
    unmatched: f64,
}

impl Clusters {
    /// A model with these tiers.
    #[must_use]
    pub fn new(tiers: &[Tier]) -> Self {
        Self {
            heat: Heat::default(),
            tiers: tiers.to_vec(),
            polled: None,
            taken: None,
            sums: (0, 0),
            silent: 0,
            mark: None,
            fresh: false,
            by_trades: false,
            refused: 0,
            unmatched: 0.0,
        }
    }

    /// Forgets everything but its tiers.
    pub fn clear(&mut self) {
        self.heat.clear();
        (self.polled, self.taken, self.sums, self.silent) = (None, None, (0, 0), 0);
        (self.mark, self.fresh, self.by_trades) = (None, false, false);
    }

    /// The price by which bins are above or below: the mark, or the last trade bar's close.
    #[must_use]
    pub const fn mark(&self) -> Option<i64> {
        self.mark
    }

    /// Whether trade bars stood in for the mark price in the last minute.
    #[must_use]
    pub const fn by_trades(&self) -> bool {
        self.by_trades
    }

    /// Whether open interest was ever taken and not lost sight of since.
    #[must_use]
    pub const fn is_begun(&self) -> bool {
        self.taken.is_some()
    }

    /// Whether the last minute brought a poll.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.taken.is_some() && self.silent == 0
    }

    /// Polls and forced orders that were absurd.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Lots of forced orders that met an empty place.
    #[must_use]
    pub const fn unmatched(&self) -> f64 {
        self.unmatched
    }

    /// Open interest was polled.
    pub fn interest(&mut self, lots: i64) {
        if (0..=LOTS_MAX).contains(&lots) {
            self.polled = Some(lots);
        } else {
            self.refused += 1;
        }
    }

    /// The mark price, in ticks.
    pub fn marked(&mut self, price: i64) {
        if price <= 0 {
            self.refused += 1;
            return;
        }
        self.fresh = true;
        self.walk(price);
    }

    fn walk(&mut self, price: i64) {
        self.heat.follow(price);
        self.heat.pass(self.mark.unwrap_or(price), price);
        self.mark = Some(price);
    }

    /// A forced order: of a long or of a short.
    pub fn forced(&mut self, price: i64, lots: i64, long: bool) {
        if lots <= 0 || lots > LOTS_MAX || price <= 0 {
            self.refused += 1;
            return;
        }
        self.unmatched += self.heat.force(price, amount(lots), long, REACH);
    }

    /// A minute ended: without a mark price its trades stand in.
    pub fn follow(&mut self, minute: &Minute) {
        self.by_trades = !std::mem::take(&mut self.fresh);
        if self.by_trades && minute.low > 0 {
            self.walk(minute.low);
            self.walk(minute.high);
            self.walk(minute.close);
        }
    }

    /// A minute ended: what it opened or closed.
    pub fn close(&mut self, minute: &Minute) {
        self.follow(minute);
        self.sums.0 = self.sums.0.saturating_add(minute.notional);
        self.sums.1 = self.sums.1.saturating_add(minute.lots);
        let Some(now) = self.polled.take() else {
            self.silent = self.silent.saturating_add(1);
            if self.silent >= SILENCE_MINUTES {
                self.taken = None;
            }
            return;
        };
        self.silent = 0;
        let (notional, lots) = std::mem::take(&mut self.sums);
        // Nobody traded: positions changed hands at the last price.
        let entry = if lots > 0 { (notional, lots) } else { (i128::from(minute.close), 1) };
        if let Some(before) = self.taken.replace(now) {
            if now > before {
                self.open(entry, now - before);
            } else if now < before {
                self.heat.scale(amount(now) / amount(before));
            }
        }
    }

    fn open(&mut self, (notional, lots): (i128, i64), opened: i64) {
        let Some(mark) = self.mark else { return };
        for tier in &self.tiers {
            let weight = amount(opened) * f64::from(tier.share) / 1e6;
            for long in [true, false] {
                let Some(price) = liquidation(notional, lots, tier, long) else {
                    self.refused += 1;
                    continue;
                };
                let (longs, shorts) = if long { (weight, 0.0) } else { (0.0, weight) };
                self.heat.open(price, longs, shorts);
                // The mark is beyond it already: the position did not live to the minute's end.
                if if long { mark <= price } else { mark >= price } {
                    self.heat.pass(price, price);
                }
            }
        }
    }

    /// Σ up, Σ down, the largest clusters, and how many: bins with more notional than either
    /// neighbour (of equal neighbours the lower bin), largest first.
    #[must_use]
    pub fn read(&self) -> (f64, f64, [HeatLine; SAID], usize) {
        let mut lines = [HeatLine::zeroed(); SAID];
        let mut count = 0;
        let Some(mark) = self.mark else { return (0.0, 0.0, lines, 0) };
        let (at, width) = (amount(mark), self.heat.width());
        let (up, down) = self.heat.weigh(mark);
        for (low, bin) in self.heat.tops() {
            let centre = amount(low) + amount(width) / 2.0;
            let notional = bin.total() * centre;
            let place = lines[..count].iter().position(|line| notional > line.notional);
            let place = place.unwrap_or(count);
            if place == SAID {
                continue;
            }
            count = (count + 1).min(SAID);
            lines[place..count].rotate_right(1);
            lines[place] = HeatLine {
                low: Price(low),
                high: Price(low + width),
                longs: bin.longs,
                shorts: bin.shorts,
                notional,
                distance: (centre - at) / at,
                reserved: [0; 2],
            };
        }
        (up, down, lines, count)
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most 2^50")]
pub(super) const fn amount(whole: i64) -> f64 {
    whole as f64
}

//! Pools of equal highs and lows, and how a bar sweeps or breaks any pool.

use std::collections::VecDeque;

use model::{StructureStep, StructureWhat, Trust};

use super::candle::{Candle, FORGET_BARS, Fact, and};

/// Swings of a side that wait for an equal one.
const WAITING: usize = 8;

/// What a closed bar does to a pool: traded beyond and closed back inside sweeps it, a close
/// beyond breaks it. At the price itself is inside.
pub(super) fn judge(pool: &Fact, bar: &Candle) -> Option<StructureStep> {
    let (beyond, outside) = if pool.up {
        (bar.high > pool.top, bar.close > pool.top)
    } else {
        (bar.low < pool.bottom, bar.close < pool.bottom)
    };
    match (beyond, outside) {
        (_, true) => Some(StructureStep::Broken),
        (true, false) => Some(StructureStep::Swept),
        (false, false) => None,
    }
}

/// Says what a bar does to a pool; whether the pool is still there.
pub(super) fn survives(pool: &Fact, bar: &Candle, say: &mut impl FnMut(Fact)) -> bool {
    let Some(step) = judge(pool, bar) else { return true };
    say(Fact { trust: and(pool.trust, bar.trust), ..*pool }.step(step));
    false
}

/// Whether a price is within 0.05 % of another, beyond it or not.
fn is_equal(price: i64, of: i64) -> bool {
    let apart = i128::from(price).abs_diff(i128::from(of));
    apart * 2_000 <= u128::from(of.unsigned_abs())
}

/// Whether a bar left a waiting swing behind: it traded more than 0.05 % beyond.
fn is_passed(swing: &Fact, bar: &Candle) -> bool {
    let (price, extreme) = (swing.top, if swing.up { bar.high } else { bar.low });
    let beyond = if swing.up { extreme > price } else { extreme < price };
    beyond && !is_equal(extreme, price)
}

/// Pools of equal swings of one interval, oldest first.
#[derive(Clone, Debug)]
pub struct Pools {
    open: VecDeque<Fact>,
    capacity: usize,
    // Single swings, lows and highs, oldest first.
    single: [VecDeque<Fact>; 2],
    forgotten: u64,
    // Bars in which a swing that a hole hid may still be missed, and what was held against it.
    felt: u32,
    against: Trust,
}

impl Pools {
    /// Room for that many pools, >= 1; when it is full the oldest is forgotten.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            open: VecDeque::with_capacity(capacity),
            capacity,
            single: [VecDeque::with_capacity(WAITING), VecDeque::with_capacity(WAITING)],
            forgotten: 0,
            felt: 0,
            against: Trust::SOUND,
        }
    }

    /// The pools that were neither swept nor broken, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Fact> {
        self.open.iter()
    }

    /// Pools that made room for others.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Trades may be missing: whatever is said of the pools that stand is contaminated from now on.
    pub fn taint(&mut self) {
        self.feel(Trust::CONTAMINATED);
        for pool in &mut self.open {
            pool.trust = and(pool.trust, Trust::CONTAMINATED);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.open.clear();
        self.single.iter_mut().for_each(VecDeque::clear);
        self.felt = 0;
    }

    /// A swing may have been missed, and nobody knows with which others it would have made a pool.
    fn feel(&mut self, trust: Trust) {
        self.against = if self.felt > 0 { and(self.against, trust) } else { trust };
        self.felt = FORGET_BARS;
    }

    fn doubt(&self) -> Trust {
        if self.felt > 0 { self.against } else { Trust::SOUND }
    }

    /// A bar closed: what it sweeps and breaks. To be called before the swings it makes known.
    pub fn close(&mut self, bar: &Candle, say: &mut impl FnMut(Fact)) {
        if bar.trust == Trust::SOUND {
            self.felt = self.felt.saturating_sub(1);
        } else {
            self.feel(bar.trust);
        }
        self.open.retain(|pool| survives(pool, bar, say));
        for side in &mut self.single {
            side.retain(|swing| !is_passed(swing, bar));
        }
    }

    /// A swing became known: it joins the youngest pool within 0.05 % of that pool's price, or
    /// makes one with the youngest waiting swing within 0.05 % of that swing's, or waits itself.
    pub fn learn(&mut self, swing: &Fact, say: &mut impl FnMut(Fact)) {
        let price = swing.top;
        let doubt = self.doubt();
        let farther = |other: i64| if swing.up { price.max(other) } else { price.min(other) };
        let mut pools = self.open.iter_mut().rev();
        if let Some(pool) = pools.find(|pool| pool.up == swing.up && is_equal(price, pool.top)) {
            let edge = farther(pool.top);
            let trust = and(pool.trust, and(swing.trust, doubt));
            *pool = Fact { top: edge, bottom: edge, share: pool.share + 1.0, trust, ..*pool };
            say(pool.step(StructureStep::Grown));
            return;
        }
        let waiting = &mut self.single[usize::from(swing.up)];
        if let Some(at) = waiting.iter().rposition(|other| is_equal(price, other.top)) {
            let other = waiting.remove(at).unwrap_or(*swing);
            let edge = farther(other.top);
            let trust = and(other.trust, and(swing.trust, doubt));
            let pool = Fact::at(StructureWhat::Equal, swing.up, edge, other.time);
            self.admit(Fact { share: 2.0, trust, ..pool }, say);
            return;
        }
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        waiting.push_back(*swing);
    }

    fn admit(&mut self, pool: Fact, say: &mut impl FnMut(Fact)) {
        if self.open.len() >= self.capacity
            && let Some(pool) = self.open.pop_front()
        {
            self.forgotten += 1;
            say(pool.step(StructureStep::Forgotten));
        }
        say(pool);
        self.open.push_back(pool);
    }
}

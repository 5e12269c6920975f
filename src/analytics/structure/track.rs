//! Everything of one bar interval, in the order in which a closed bar is judged.

use model::{Interval, Nanos, Trust};

use super::blocks::Blocks;
use super::breaks::Breaks;
use super::candle::{Candle, Fact};
use super::gaps::Gaps;
use super::pools::Pools;
use super::swings::Swings;

/// Gaps, swings, breaks, blocks and pools of equal swings of one interval.
#[derive(Clone, Debug)]
pub struct Track {
    /// Of its bars.
    pub interval: Interval,
    /// Gaps that are not filled.
    pub gaps: Gaps,
    /// Order blocks that are not broken.
    pub blocks: Blocks,
    /// Equal highs and lows.
    pub pools: Pools,
    /// The trend.
    pub breaks: Breaks,
    swings: Swings,
}

impl Track {
    /// Room for that many gaps, blocks and pools each, >= 1.
    #[must_use]
    pub fn new(interval: Interval, capacity: usize) -> Self {
        Self {
            interval,
            gaps: Gaps::new(capacity),
            blocks: Blocks::new(capacity),
            pools: Pools::new(capacity),
            breaks: Breaks::default(),
            swings: Swings::default(),
        }
    }

    /// A bar closed. Gaps and pools that stand are judged by it before it makes new ones; a break
    /// is judged by the swings known before it; then come the swings that it makes known.
    pub fn close(&mut self, bar: &Candle, say: &mut impl FnMut(Fact)) {
        self.gaps.close(bar, say);
        self.pools.close(bar, say);
        let broke = self.breaks.close(bar);
        if let Some(fact) = broke {
            say(fact);
        }
        self.blocks.close(bar, broke.as_ref(), say);
        for swing in self.swings.close(bar).into_iter().flatten() {
            say(swing);
            self.breaks.learn(&swing);
            self.pools.learn(&swing, say);
        }
    }

    /// Trades may be missing since this time.
    pub fn taint(&mut self, since: Nanos) {
        // In the bar that was open then as well.
        let since = since.floor(self.interval.length());
        self.gaps.taint(since);
        self.blocks.taint(since);
        self.pools.taint();
        self.breaks.taint();
        self.swings.taint(since);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.gaps.clear();
        self.blocks.clear();
        self.pools.clear();
        self.breaks.clear();
        self.swings.clear();
    }

    /// Prices traded since the last call.
    pub fn reach(&mut self, low: i64, high: i64, trust: Trust, say: &mut impl FnMut(Fact)) {
        self.gaps.reach(low, high, trust, say);
        self.blocks.reach(low, high, trust, say);
    }

    /// The nearest prices at which something happens: at or below the first, at or above the second.
    #[must_use]
    pub fn edges(&self) -> (i64, i64) {
        let (gaps, blocks) = (self.gaps.edges(), self.blocks.edges());
        (gaps.0.max(blocks.0), gaps.1.min(blocks.1))
    }
}

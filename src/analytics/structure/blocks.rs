//! Order blocks: the last opposing candle before a displacement that breaks structure.

use std::collections::VecDeque;

use model::{Nanos, StructureStep, StructureWhat, Trust};

use super::candle::{Atr, Candle, Fact, and};

/// How far back the opposing candle may lie, in bars before the displacement.
const BACK: usize = 16;

/// A block that no bar closed beyond.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Block {
    /// As it was said when it was created.
    pub fact: Fact,
    /// Price came back to it; before that it is fresh.
    pub touched: bool,
}

impl Block {
    /// Whether a price lies in the block, edges included.
    #[must_use]
    pub const fn holds(&self, price: i64) -> bool {
        self.fact.bottom <= price && price <= self.fact.top
    }
}

/// The order blocks of one interval, oldest first.
#[derive(Clone, Debug)]
pub struct Blocks {
    // The last bars, the newest at the back.
    bars: VecDeque<Candle>,
    atr: Atr,
    open: VecDeque<Block>,
    capacity: usize,
    // The candles of the last bearish and the last bullish block: one candle is one block.
    last: [Nanos; 2],
    forgotten: u64,
}

impl Blocks {
    /// Room for that many blocks, >= 1; when it is full the oldest is forgotten.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            bars: VecDeque::with_capacity(BACK),
            atr: Atr::default(),
            open: VecDeque::with_capacity(capacity),
            capacity,
            last: [Nanos(u64::MAX); 2],
            forgotten: 0,
        }
    }

    /// The blocks that are not broken, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Block> {
        self.open.iter()
    }

    /// Blocks that made room for others.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Trades may be missing in bars that opened at or after this time, and in what follows:
    /// whatever is said of the blocks that stand is contaminated from now on.
    pub fn taint(&mut self, since: Nanos) {
        self.bars.iter_mut().for_each(|bar| bar.taint(since));
        self.atr.taint();
        for block in &mut self.open {
            block.fact.trust = and(block.fact.trust, Trust::CONTAMINATED);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bars.clear();
        self.atr = Atr::default();
        self.open.clear();
        self.last = [Nanos(u64::MAX); 2];
    }

    /// Prices traded since the last call: what they touched.
    pub fn reach(&mut self, low: i64, high: i64, trust: Trust, say: &mut impl FnMut(Fact)) {
        for block in &mut self.open {
            let fact = block.fact;
            let hit = if fact.up { low <= fact.top } else { high >= fact.bottom };
            if hit && !block.touched {
                block.touched = true;
                say(Fact { trust: and(fact.trust, trust), ..fact }.step(StructureStep::Touched));
            }
        }
    }

    /// A bar closed, and made this break or none: what became of the blocks, and a new one.
    pub fn close(&mut self, bar: &Candle, broke: Option<&Fact>, say: &mut impl FnMut(Fact)) {
        self.reach(bar.low, bar.high, bar.trust, say);
        self.open.retain(|Block { fact, .. }| {
            let broken = if fact.up { bar.close < fact.bottom } else { bar.close > fact.top };
            if broken {
                let trust = and(fact.trust, bar.trust);
                say(Fact { trust, ..*fact }.step(StructureStep::Broken));
            }
            !broken
        });
        if let Some(broke) = broke.filter(|fact| fact.what == StructureWhat::Break)
            && self.is_displacement(bar, broke.up)
        {
            self.create(broke, say);
        }
        self.atr.close(bar);
        if self.bars.len() == BACK {
            self.bars.pop_front();
        }
        self.bars.push_back(*bar);
    }

    // The body against the ATR before this bar: a baseline takes earlier bars only.
    fn is_displacement(&self, bar: &Candle, up: bool) -> bool {
        let along = if up { bar.is_up() } else { bar.is_down() };
        #[expect(clippy::cast_precision_loss, reason = "a price range is far below 2^53")]
        let body = bar.body() as f64;
        along && self.atr.value().is_some_and(|atr| body >= 1.5 * atr)
    }

    fn create(&mut self, broke: &Fact, say: &mut impl FnMut(Fact)) {
        let opposes = |bar: &Candle| if broke.up { bar.is_down() } else { bar.is_up() };
        let Some(at) = self.bars.iter().rposition(opposes) else { return };
        let candle = self.bars[at];
        let last = &mut self.last[usize::from(broke.up)];
        if *last == candle.time {
            return;
        }
        *last = candle.time;
        if self.open.len() >= self.capacity
            && let Some(block) = self.open.pop_front()
        {
            self.forgotten += 1;
            say(block.fact.step(StructureStep::Forgotten));
        }
        let bars = self.bars.range(at..).fold(broke.trust, |trust, bar| and(trust, bar.trust));
        let trust = and(bars, self.atr.trust());
        let block = Fact::at(StructureWhat::Block, broke.up, candle.high, candle.time);
        let fact = Fact { bottom: candle.low, trust, ..block };
        say(fact);
        self.open.push_back(Block { fact, touched: false });
    }

    /// The nearest prices at which something happens: at or below the first, at or above the second.
    pub(super) fn edges(&self) -> (i64, i64) {
        let mut edges = (i64::MIN, i64::MAX);
        for Block { fact, .. } in self.open.iter().filter(|block| !block.touched) {
            if fact.up {
                edges.0 = edges.0.max(fact.top);
            } else {
                edges.1 = edges.1.min(fact.bottom);
            }
        }
        edges
    }
}

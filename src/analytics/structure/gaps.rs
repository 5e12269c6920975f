//! Fair value gaps: three bars that leave a stretch of price untraded between the first and the
//! third.

use std::collections::VecDeque;

use model::{Nanos, StructureStep, StructureWhat, Trust};

use super::candle::{Candle, Fact, and};

/// A gap that is not filled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gap {
    /// As it was said when it was created.
    pub fact: Fact,
    /// Price came back.
    pub touched: bool,
    /// Share filled as far as it was said, in [0, 1).
    pub share: f64,
    // The price that went deepest into it.
    deepest: i64,
}

impl Gap {
    /// Whether a price lies in the gap, edges included.
    #[must_use]
    pub const fn holds(&self, price: i64) -> bool {
        self.fact.bottom <= price && price <= self.fact.top
    }

    /// How much of it was traded, in [0, 1].
    #[must_use]
    pub fn filled(&self) -> f64 {
        let Fact { top, bottom, up, .. } = self.fact;
        let deep = if up { top - self.deepest } else { self.deepest - bottom };
        #[expect(clippy::cast_precision_loss, reason = "a price range is far below 2^53")]
        let share = deep.clamp(0, top - bottom) as f64 / (top - bottom) as f64;
        share
    }

    fn reach(&mut self, low: i64, high: i64) {
        let deepest = if self.fact.up { self.deepest.min(low) } else { self.deepest.max(high) };
        self.deepest = deepest;
    }

    // Its next edge is at or within these prices.
    const fn is_hit(&self) -> bool {
        let Fact { top, bottom, up, .. } = self.fact;
        if up { self.deepest <= top } else { self.deepest >= bottom }
    }

    const fn is_through(&self) -> bool {
        let Fact { top, bottom, up, .. } = self.fact;
        if up { self.deepest <= bottom } else { self.deepest >= top }
    }
}

/// The gaps of one interval that are not filled, oldest first.
#[derive(Clone, Debug)]
pub struct Gaps {
    // The last two bars, the older first.
    bars: [Option<Candle>; 2],
    open: VecDeque<Gap>,
    capacity: usize,
    forgotten: u64,
}

impl Gaps {
    /// Room for that many gaps, >= 1; when it is full the oldest is forgotten.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let open = VecDeque::with_capacity(capacity);
        Self { bars: [None; 2], open, capacity, forgotten: 0 }
    }

    /// The gaps that are not filled, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Gap> {
        self.open.iter()
    }

    /// Gaps that made room for others.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Trades may be missing in bars that opened at or after this time, and in what follows:
    /// whatever is said of the gaps that stand is contaminated from now on.
    pub fn taint(&mut self, since: Nanos) {
        self.bars.iter_mut().flatten().for_each(|bar| bar.taint(since));
        for gap in &mut self.open {
            gap.fact.trust = and(gap.fact.trust, Trust::CONTAMINATED);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bars = [None; 2];
        self.open.clear();
    }

    /// Prices traded since the last call: what they touched or filled.
    pub fn reach(&mut self, low: i64, high: i64, trust: Trust, say: &mut impl FnMut(Fact)) {
        self.open.retain_mut(|gap| {
            gap.reach(low, high);
            if !gap.is_hit() {
                return true;
            }
            let share = gap.filled();
            let said = Fact { share, trust: and(gap.fact.trust, trust), ..gap.fact };
            if !gap.touched {
                gap.touched = true;
                gap.share = share;
                say(said.step(StructureStep::Touched));
            }
            if gap.is_through() {
                say(said.step(StructureStep::Filled));
            }
            !gap.is_through()
        });
    }

    /// A bar closed: it may touch gaps, and with the two before it make one.
    pub fn close(&mut self, bar: &Candle, say: &mut impl FnMut(Fact)) {
        self.reach(bar.low, bar.high, bar.trust, say);
        for gap in &mut self.open {
            let share = gap.filled();
            if gap.touched && share > gap.share {
                gap.share = share;
                let trust = and(gap.fact.trust, bar.trust);
                say(Fact { share, trust, ..gap.fact }.step(StructureStep::Deepened));
            }
        }
        if let [Some(first), Some(middle)] = self.bars
            && let Some(fact) = find(&first, &middle, bar)
        {
            self.admit(fact, bar, say);
        }
        self.bars = [self.bars[1], Some(*bar)];
    }

    fn admit(&mut self, fact: Fact, bar: &Candle, say: &mut impl FnMut(Fact)) {
        if self.open.len() >= self.capacity
            && let Some(gap) = self.open.pop_front()
        {
            self.forgotten += 1;
            say(Fact { share: gap.filled(), ..gap.fact }.step(StructureStep::Forgotten));
        }
        say(fact);
        let deepest =
            if fact.up { bar.low.max(fact.top) + 1 } else { bar.high.min(fact.bottom) - 1 };
        self.open.push_back(Gap { fact, touched: false, share: 0.0, deepest });
    }

    /// The nearest prices at which something happens: at or below the first, at or above the second.
    pub(super) fn edges(&self) -> (i64, i64) {
        let mut edges = (i64::MIN, i64::MAX);
        for Gap { fact, touched, .. } in &self.open {
            match (fact.up, touched) {
                (true, false) => edges.0 = edges.0.max(fact.top),
                (true, true) => edges.0 = edges.0.max(fact.bottom),
                (false, false) => edges.1 = edges.1.min(fact.bottom),
                (false, true) => edges.1 = edges.1.min(fact.top),
            }
        }
        edges
    }
}

/// The gap that three bars in a row make: the middle one closes in its direction.
fn find(first: &Candle, middle: &Candle, last: &Candle) -> Option<Fact> {
    let (up, bottom, top) = if last.low > first.high && middle.is_up() {
        (true, first.high, last.low)
    } else if last.high < first.low && middle.is_down() {
        (false, last.high, first.low)
    } else {
        return None;
    };
    let trust = and(and(first.trust, middle.trust), last.trust);
    let gap = Fact::at(StructureWhat::Gap, up, top, middle.time);
    Some(Fact { bottom, share: 0.0, trust, ..gap })
}

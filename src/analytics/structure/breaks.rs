//! Breaks of structure and changes of character: closes beyond the last swing.

use model::{StructureWhat, Trust};

use super::candle::{Candle, Fact, and};

/// One side: its last swing.
#[derive(Clone, Copy, Debug)]
struct Side {
    // None after a bar closed beyond it, until the next.
    swing: Option<Fact>,
    // What is held against its being the last, and unbroken; nothing after a sound swing.
    doubt: Trust,
}

/// The last swings and the trend of one interval.
#[derive(Clone, Debug)]
pub struct Breaks {
    // Low, high.
    sides: [Side; 2],
    // None before the first break.
    up: Option<bool>,
    // Of the break that set the trend.
    trust: Trust,
}

impl Default for Breaks {
    /// Nothing is known: what stood before the first bar may have been broken by it.
    fn default() -> Self {
        let side = Side { swing: None, doubt: Trust::UNCOVERED };
        Self { sides: [side; 2], up: None, trust: Trust::UNCOVERED }
    }
}

impl Breaks {
    /// The trend: of the last break; `None` before the first.
    #[must_use]
    pub const fn trend(&self) -> Option<bool> {
        self.up
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Trades may be missing: a swing or a break may have been missed, until sound ones follow.
    pub fn taint(&mut self) {
        self.doubt(Trust::CONTAMINATED);
    }

    fn doubt(&mut self, trust: Trust) {
        for side in &mut self.sides {
            side.doubt = and(side.doubt, trust);
        }
        self.trust = and(self.trust, trust);
    }

    /// A swing became known: it is the last of its side from now on.
    pub fn learn(&mut self, swing: &Fact) {
        let side = &mut self.sides[usize::from(swing.up)];
        *side = Side { swing: Some(*swing), doubt: swing.trust };
    }

    /// A bar closed: the break it makes of a swing known before it. A swing is broken once.
    ///
    /// The fact's edges are the swing's price, its time is the bar's.
    pub fn close(&mut self, bar: &Candle) -> Option<Fact> {
        self.doubt(bar.trust);
        let [low, high] = &mut self.sides;
        let above = high.swing.take_if(|swing| bar.close > swing.top);
        let swing = match above {
            Some(swing) => swing,
            None => low.swing.take_if(|swing| bar.close < swing.bottom)?,
        };
        let against = self.up.is_some_and(|up| up != swing.up);
        let what = if against { StructureWhat::Change } else { StructureWhat::Break };
        let own = and(self.sides[usize::from(swing.up)].doubt, bar.trust);
        // Which of the two it is hangs on the trend, which a break of the other side may have
        // turned before.
        let other = self.sides[usize::from(!swing.up)].doubt;
        let trust = and(own, and(other, self.trust));
        self.trust = own;
        self.up = Some(swing.up);
        let fact = Fact::at(what, swing.up, swing.top, bar.time);
        Some(Fact { trust, ..fact })
    }
}

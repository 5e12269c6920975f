//! Facts from the insights that may confirm a level, and the last few of them.

use model::{Indicator, Lots, Nanos, Price, Side, Trust};

/// Two extremes that an indicator did not follow. Field by field a `DivergenceInsight` and its
/// line; known when the bar of the later extreme closed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DivergenceFact {
    /// What it speaks for: two highs for [`Side::Sell`], two lows for [`Side::Buy`].
    pub side: Side,
    /// What did not follow.
    pub indicator: Indicator,
    /// The later extreme.
    pub price: Price,
    /// t₂, when it was made.
    pub time: Nanos,
    /// Length of the bars (1 m or 3 m).
    pub bar: Nanos,
    /// The record's.
    pub trust: Trust,
}

/// An extreme of the `ZigZag`, running or confirmed: OBI check and OI filter judge it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExtremeFact {
    /// A high speaks for [`Side::Sell`], a low for [`Side::Buy`].
    pub side: Side,
    /// Higher than the high before it, or lower than the low before it.
    pub is_beyond: bool,
    /// Where it is.
    pub price: Price,
    /// When it was made.
    pub time: Nanos,
    /// OBI's z there; `None` while missing or suppressed, which makes the check void.
    pub obi_z: Option<f64>,
    /// ΔOI over 300 s there; `None` abstains.
    pub interest_change: Option<Lots>,
    /// The record's; PROVISIONAL is no hindrance, it only says that the extreme still runs.
    pub trust: Trust,
}

/// Footprint absorption of a closed bar.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AbsorptionFact {
    /// Bullish (sellers absorbed at the bottom) is [`Side::Buy`].
    pub side: Side,
    /// Lower edge of the rows that absorbed.
    pub low: Price,
    /// Their upper edge.
    pub high: Price,
    /// The record's.
    pub trust: Trust,
}

/// One of them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fact {
    /// A divergence.
    Divergence(DivergenceFact),
    /// An extreme.
    Extreme(ExtremeFact),
    /// An absorption.
    Absorption(AbsorptionFact),
}

impl Fact {
    /// Whether the record behind it may count at all.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        let trust = match self {
            Self::Divergence(fact) => fact.trust,
            Self::Extreme(fact) => fact.trust,
            Self::Absorption(fact) => fact.trust,
        };
        !trust.has(Trust::CONTAMINATED.with(Trust::SUPPRESSED).with(Trust::MISSING))
    }
}

/// As many divergences as can matter: 5 indicators × 2 intervals × 2 sides, and some that came twice.
const DIVERGENCES: usize = 32;
/// Running extremes come one after the other; the last ones are those that count.
const EXTREMES: usize = 16;

/// The last facts: a divergence found up to `sync_bars` before the touch counts from the touch on.
/// An absorption must be found after it, so none is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    divergences: [Option<Fact>; DIVERGENCES],
    extremes: [Option<Fact>; EXTREMES],
    next_divergence: usize,
    next_extreme: usize,
}

impl Recent {
    pub(super) const EMPTY: Self = Self {
        divergences: [None; DIVERGENCES],
        extremes: [None; EXTREMES],
        next_divergence: 0,
        next_extreme: 0,
    };

    pub(super) fn keep(&mut self, fact: &Fact) {
        let (facts, next): (&mut [Option<Fact>], &mut usize) = match fact {
            Fact::Divergence(_) => (&mut self.divergences, &mut self.next_divergence),
            Fact::Extreme(_) => (&mut self.extremes, &mut self.next_extreme),
            Fact::Absorption(_) => return,
        };
        facts[*next] = Some(*fact);
        *next = (*next + 1) % facts.len();
    }

    /// The divergences, then the extremes, each from the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Fact> {
        let (newer, older) = self.divergences.split_at(self.next_divergence);
        let (later, earlier) = self.extremes.split_at(self.next_extreme);
        older.iter().chain(newer).chain(earlier).chain(later).flatten()
    }
}

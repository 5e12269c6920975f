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

/// As many as can matter: 6 indicators and extremes × 2 intervals × 2 sides, and a few more.
const RECENT: usize = 32;

/// The last facts: a divergence found up to `sync_bars` before the touch counts from the touch on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    facts: [Option<Fact>; RECENT],
    next: usize,
}

impl Recent {
    pub(super) const EMPTY: Self = Self { facts: [None; RECENT], next: 0 };

    pub(super) fn keep(&mut self, fact: Fact) {
        self.facts[self.next] = Some(fact);
        self.next = (self.next + 1) % RECENT;
    }

    /// From the oldest to the newest.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Fact> {
        let (newer, older) = self.facts.split_at(self.next);
        older.iter().chain(newer).flatten()
    }
}

//! Which confirmations a level has, and what they weigh (spec §§ 7 and 9).
//!
//! Weights are whole halves: 2 each, in a fast market RSI 1, CVD and OBI 3. Enough is 4 halves of
//! at least 2 kinds.

use model::{Indicator, MINUTE, Nanos, Side};

use super::bits::bits;
use super::entry::Setup;
use super::exact::Point;
use super::facts::{AbsorptionFact, DivergenceFact, ExtremeFact, Fact};
use super::plan::{HypothesisPlan, InterestFilter, InterestRule};

bits! {
    /// Kinds of confirmation; each counts once.
    Confirmations(u16) {
        /// RSI diverges, synchronised with the swings.
        RSI = 0, "rsi";
        /// CVD diverges likewise.
        CVD = 1, "cvd";
        /// OBI leans against the new extreme.
        OBI = 2, "obi";
        /// The new extreme brought no new positions (`oi_filter = "count"`).
        INTEREST = 3, "open_interest";
        /// Footprint absorption at the zone.
        ABSORPTION = 4, "absorption";
        /// MACD's histogram diverges (`confirm_classic`), as the next two.
        MACD = 5, "macd_histogram";
        /// On-balance volume diverges.
        OBV = 6, "obv";
        /// Accumulation/distribution diverges.
        ACCUMULATION = 7, "ad";
    }
}

/// Enough, in halves.
const HALVES_ENOUGH: u32 = 4;
/// And of so many kinds.
const KINDS_ENOUGH: u32 = 2;

/// What has confirmed one signal since its touch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// The kinds that did.
    pub kinds: Confirmations,
    /// The last extreme at the level brought new positions, and that is a veto.
    pub is_vetoed: bool,
}

impl Tally {
    /// What they weigh together, in halves; zero under a veto.
    #[must_use]
    pub fn halves(&self, is_fast: bool) -> u32 {
        if self.is_vetoed {
            return 0;
        }
        let swift = if is_fast { (1, 3) } else { (2, 2) };
        let of = |kinds: Confirmations, each: u32| {
            Confirmations(self.kinds.0 & kinds.0).0.count_ones() * each
        };
        let flow = Confirmations::CVD.with(Confirmations::OBI);
        let others = Confirmations(Confirmations::RSI.with(flow).0 ^ u16::MAX);
        of(Confirmations::RSI, swift.0) + of(flow, swift.1) + of(others, 2)
    }

    /// Whether the level is confirmed.
    #[must_use]
    pub fn is_enough(&self, is_fast: bool) -> bool {
        self.kinds.0.count_ones() >= KINDS_ENOUGH && self.halves(is_fast) >= HALVES_ENOUGH
    }

    /// Takes in a fact about a level that was touched; one that does not speak for it changes
    /// nothing.
    pub(super) fn learn(
        &mut self,
        fact: &Fact,
        setup: &Setup,
        touch: Nanos,
        plan: &HypothesisPlan,
    ) {
        if !fact.is_sound() {
            return;
        }
        match fact {
            Fact::Divergence(fact) => self.diverge(fact, setup, touch, plan),
            Fact::Extreme(fact) => self.judge(fact, setup, touch, plan),
            Fact::Absorption(fact) => self.absorb(fact, setup),
        }
    }

    fn diverge(
        &mut self,
        fact: &DivergenceFact,
        setup: &Setup,
        touch: Nanos,
        plan: &HypothesisPlan,
    ) {
        let kind = match fact.indicator {
            Indicator::Rsi => Confirmations::RSI,
            Indicator::Cvd => Confirmations::CVD,
            Indicator::MacdHistogram => Confirmations::MACD,
            Indicator::Obv => Confirmations::OBV,
            Indicator::AccumulationDistribution => Confirmations::ACCUMULATION,
        };
        let may_count = plan.confirm_classic || !fact.indicator.is_classic();
        let at = Point::of(fact.price);
        let is_there = fact.side == setup.side && setup.before(at) <= 0;
        if may_count && is_there && is_timely(fact.time, fact.bar, touch, plan) {
            self.kinds = self.kinds.with(kind);
        }
    }

    fn judge(&mut self, fact: &ExtremeFact, setup: &Setup, touch: Nanos, plan: &HypothesisPlan) {
        let at = Point::of(fact.price);
        let is_there = fact.side == setup.side && setup.before(at) <= 0;
        // An extreme has no bar of its own: RSI's and the check's is the minute.
        if !fact.is_beyond || !is_there || !is_timely(fact.time, MINUTE, touch, plan) {
            return;
        }
        let leans_against = fact.obi_z.is_some_and(|z| match fact.side {
            Side::Sell => z <= -plan.obi_z,
            Side::Buy => z >= plan.obi_z,
        });
        if leans_against {
            self.kinds = self.kinds.with(Confirmations::OBI);
        }
        let agrees = fact.interest_change.map(|change| match (plan.oi_rule, fact.side) {
            (InterestRule::NoNewPositions, _) | (InterestRule::AsWritten, Side::Sell) => {
                change.0 <= 0
            }
            (InterestRule::AsWritten, Side::Buy) => change.0 >= 0,
        });
        match plan.oi_filter {
            // The last extreme is the one that is judged; without open interest it abstains.
            InterestFilter::Veto => self.is_vetoed = agrees == Some(false),
            InterestFilter::Count if agrees == Some(true) => {
                self.kinds = self.kinds.with(Confirmations::INTEREST);
            }
            InterestFilter::Count | InterestFilter::Off => {}
        }
    }

    fn absorb(&mut self, fact: &AbsorptionFact, setup: &Setup) {
        let is_there = fact.low <= setup.zone.high && setup.zone.low <= fact.high;
        if fact.side == setup.side && is_there && fact.low <= fact.high {
            self.kinds = self.kinds.with(Confirmations::ABSORPTION);
        }
    }
}

/// t₂ ≥ touch − `sync_bars` bars.
fn is_timely(time: Nanos, bar: Nanos, touch: Nanos, plan: &HypothesisPlan) -> bool {
    let before = bar.0.saturating_mul(u64::from(plan.sync_bars));
    time.0 >= touch.0.saturating_sub(before)
}

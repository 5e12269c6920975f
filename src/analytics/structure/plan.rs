//! What the group is to compute: concluded at the edge.

use model::Interval;

/// Where liquidation clusters come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LiquidationSource {
    /// The own model, from open interest.
    Own,
    /// The external heatmap, whose events must be in the input.
    Coinglass,
}

/// A leverage at which positions are assumed to be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tier {
    /// Leverage, >= 2.
    pub leverage: u32,
    /// Share of what is opened, in millionths; all tiers together one million.
    pub share: u32,
    /// Maintenance margin rate of its bracket, in millionths.
    pub margin: u32,
}

/// Leverage tiers of the own model.
pub const TIERS: usize = 5;

/// The group's plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StructurePlan {
    /// Intervals whose bars are judged, longest last, none twice: 5 m, 15 m, 1 h, 4 h.
    pub intervals: Vec<Interval>,
    /// Gaps, blocks and pools that each interval keeps, >= 1.
    pub slots: usize,
    /// Where liquidation clusters come from.
    pub liquidation_source: LiquidationSource,
    /// Leverage tiers of the own model.
    pub tiers: [Tier; TIERS],
}

impl Default for StructurePlan {
    /// The specification's tiers. Maintenance margin 0.4 %: the first bracket of BTCUSDT, where
    /// most positions are by number; a larger position's is larger and its liquidation nearer.
    fn default() -> Self {
        let tier = |(leverage, share)| Tier { leverage, share, margin: 4_000 };
        Self {
            intervals: vec![Interval::Hour1, Interval::Hour4],
            slots: 64,
            liquidation_source: LiquidationSource::Own,
            tiers: [(5, 150_000), (10, 300_000), (25, 300_000), (50, 150_000), (100, 100_000)]
                .map(tier),
        }
    }
}

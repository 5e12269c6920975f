//! From the book and beside it: order flow imbalance, the imbalance's regime, liquidity fate,
//! open interest, funding, liquidations.

use bytemuck::{Pod, Zeroable};

use super::insight;
use crate::{Fine, InstrumentId, Lots, Nanos, Trust};

insight! {
    /// Order flow imbalance over a closed bar; `window` is an index into [`crate::Interval::ALL`].
    OfiInsight {
        /// When the bar opened.
        time_open: Nanos,
        /// Σe.
        sum: Lots,
        /// Σ|e|.
        absolute: Lots,
        /// Σe/Σ|e|, in [−1, 1]; missing where the best never changed.
        ratio: f64,
        /// Percentile of |ratio| among the bars of the 24 h before, in [0, 1], or missing.
        percentile: f64,
    }
}

insight! {
    /// The book imbalance's 1 Hz samples over a closed minute.
    RegimeInsight {
        /// When the minute opened.
        time_open: Nanos,
        /// Mean of OBI over the samples, or missing.
        mean: f64,
        /// Its population deviation, or missing.
        deviation: f64,
        /// Seconds whose last book event gave a sample.
        samples: u64,
        /// Seconds whose last book event was suppressed: they give none.
        suppressed: u64,
    }
}

insight! {
    /// Open interest after a poll; missing as a whole once polls have failed for 45 s.
    InterestInsight {
        /// Open contracts.
        lots: Lots,
        /// Against the last poll at or before 300 s ago, or missing.
        change: Lots,
        /// Least-squares slope over 300 s in lots a second, or missing.
        slope: f64,
        /// The venue's time of the poll.
        time_poll: Nanos,
        /// Polls that the slope was fitted to.
        polls: u64,
    }
}

insight! {
    /// The funding rate, when it or its time changed.
    FundingInsight {
        /// Rate of the next settlement in 10⁻⁸.
        rate: i64,
        /// The same for 8 h, in 10⁻⁸.
        rate_8h: i64,
        /// The next settlement.
        time_funding: Nanos,
        /// Time between settlements.
        interval: Nanos,
        /// 1 when |rate for 8 h| ≥ 0.0005.
        extreme: u64,
    }
}

insight! {
    /// A closed minute with liquidations: average fill price × filled quantity, a lower bound.
    LiquidationsInsight {
        /// When the minute opened.
        time_open: Nanos,
        /// Longs: forced sells, in quote units of 10⁻⁸.
        longs: Fine,
        /// Shorts: forced buys, likewise.
        shorts: Fine,
        /// Forced orders.
        orders: u64,
        /// Mean of the minutes of the 24 h before, or missing while less than half of them are
        /// known.
        mean: i64,
    }
}

insight! {
    /// A minute's liquidations crossed the threshold of a spike: said at that moment, once a
    /// minute, and final.
    SpikeInsight {
        /// When the minute opened.
        time_open: Nanos,
        /// Longs so far, in quote units of 10⁻⁸.
        longs: Fine,
        /// Shorts so far.
        shorts: Fine,
        /// What was crossed.
        threshold: Fine,
        /// 1 when it asked for an anchor: the last one lies 30 minutes back.
        anchors: u64,
    }
}

insight! {
    /// What became of the quantity that levels lost in a closed minute. `window` 0: at levels
    /// within 0.1 % of the mid; 1: at every level.
    LiquidityInsight {
        /// When the minute opened.
        time_open: Nanos,
        /// Lost by bids and printed at their prices.
        bid_traded: Lots,
        /// Lost by bids without a print.
        bid_pulled: Lots,
        /// Lost by asks and printed at their prices.
        ask_traded: Lots,
        /// Lost by asks without a print.
        ask_pulled: Lots,
    }
}

//! What comes out: transitions with their reasons, and what is asked of the order's side.

use model::{Lots, Nanos, Price, Side};

use super::bits::bits;
use super::causes::{Causes, Inputs};
use super::entry::Setup;
use super::tally::Confirmations;
use crate::terms::{Hypothesis, LevelId};

/// Where a level stands. A break-through uses Inactive, Monitored, Armed, Filled, Cancelled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Price is elsewhere.
    Inactive,
    /// Price is near, or in the zone and not yet confirmed.
    Monitored,
    /// Confirmed: the entry is asked for.
    Armed,
    /// The entry was filled.
    Filled,
    /// Ended without one.
    Cancelled,
    /// An order waits at the level while price is away.
    Resting,
    /// That order was filled before two confirmations.
    FilledUnconfirmed,
    /// And the position was given back.
    Closed,
}

impl State {
    /// Whether the level has a live signal: frozen, and in the way of others.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Monitored | Self::Armed | Self::Resting | Self::FilledUnconfirmed)
    }
}

bits! {
    /// Why a level went from one state to the next.
    Reasons(u32) {
        /// Price is near the near edge.
        NEAR = 0, "near";
        /// Price is in the zone.
        TOUCHED = 1, "touched";
        /// Enough confirmations hold.
        CONFIRMED = 2, "confirmed";
        /// They were weighed as in a fast market.
        FAST = 3, "fast_market";
        /// The time ran out.
        TIME = 4, "time";
        /// Price is behind the zone.
        PIERCED = 5, "pierced";
        /// Price went away on the near side.
        AWAY = 6, "away";
        /// Watched for long without a touch.
        UNTOUCHED = 7, "untouched";
        /// An order was laid ahead.
        AHEAD = 8, "ahead";
        /// It was filled.
        FILLED = 9, "filled";
        /// Refused because it would have taken, for the second time.
        TAKER = 10, "would_take";
        /// Refused for another cause.
        REFUSED = 11, "refused";
        /// The order is gone.
        GONE = 12, "gone";
        /// Contaminated.
        CONTAMINATED = 13, "contaminated";
        /// Profile levels are frozen.
        FROZEN = 14, "frozen";
        /// The last minutes before funding.
        FUNDING = 15, "funding";
        /// Price was outside for long enough.
        COOLED = 16, "cooled";
        /// The position is flat.
        FLAT = 17, "flat";
        /// Break-through: OBI does not lean that way, or is missing.
        OBI = 18, "obi";
        /// Break-through: CVD does not run that way, or is missing.
        CVD = 19, "cvd";
        /// Break-through: open interest does not rise, or is missing.
        INTEREST = 20, "open_interest";
        /// Break-through: the level no longer lies within the distance.
        DISTANCE = 21, "distance";
        /// Break-through: all its conditions hold.
        CONDITIONS = 22, "conditions";
    }
}

/// Figures that are known beside price. `None` is missing or suppressed: it abstains.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Figures {
    /// Realised volatility over 5 min.
    pub volatility_short: Option<f64>,
    /// The same over 24 h.
    pub volatility_long: Option<f64>,
    /// OBI's z.
    pub obi_z: Option<f64>,
    /// ΔCVD over 300 s.
    pub cvd_change: Option<Lots>,
    /// ΔOI over 300 s.
    pub interest_change: Option<Lots>,
    /// ATR in ticks, what it means without another word.
    pub atr: Option<f64>,
    /// RSI of the last closed bar.
    pub rsi: Option<f64>,
    /// Funding rate per 8 h.
    pub funding: Option<f64>,
    /// The next funding timestamp.
    pub time_funding: Option<Nanos>,
}

/// What was known at a transition.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Features {
    /// Best bid of a trusted book.
    pub bid: Option<Price>,
    /// Best ask.
    pub ask: Option<Price>,
    /// The last trade.
    pub last: Option<Price>,
    /// The rest.
    pub figures: Figures,
}

/// One step in the life of a level and side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Transition {
    /// Where it stood.
    pub from: State,
    /// Where it stands.
    pub to: State,
    /// Why.
    pub reasons: Reasons,
    /// The venue clock.
    pub time: Nanos,
    /// The level as it was frozen, with hypothesis, side, zone, entry and target.
    pub setup: Setup,
    /// When price touched the zone.
    pub time_touch: Option<Nanos>,
    /// What confirmed it so far.
    pub confirmations: Confirmations,
    /// What they weigh, in halves; zero under a veto.
    pub halves: u32,
    /// What contaminated at that moment.
    pub causes: Causes,
    /// Inputs that the source never brought.
    pub abstaining: Inputs,
    /// Whether profile levels were frozen.
    pub is_frozen: bool,
    /// What was known.
    pub features: Features,
}

impl Transition {
    /// Whether a signal ended here that the level book counts as a touch (spec § 8).
    #[must_use]
    pub const fn counts_touch(&self) -> bool {
        matches!(self.to, State::Filled | State::Cancelled | State::Closed)
            && !matches!(self.setup.hypothesis, Hypothesis::BreakThrough)
    }
}

/// Which order: every placement has its own ticket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OrderKey {
    /// From 1, never used twice.
    pub ticket: u64,
    /// For which level.
    pub level: LevelId,
    /// On which side.
    pub side: Side,
    /// And for what.
    pub hypothesis: Hypothesis,
}

/// What is asked of risk and the order's side. All but [`Ask::Withdraw`] and [`Ask::Close`] open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A post-only limit order.
    Post {
        /// Its limit.
        price: Price,
        /// Half the size only.
        is_half: bool,
    },
    /// A stop entry at half size.
    Stop {
        /// Where it is triggered.
        price: Price,
    },
    /// Take what is left of the order back.
    Withdraw,
    /// Give the position of this order back, reduce-only.
    Close,
}

impl Ask {
    /// Whether it can make a position larger.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Post { .. } | Self::Stop { .. })
    }
}

/// What comes back for an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It stands.
    Standing,
    /// Refused, because it would have taken (-5022).
    WouldTake,
    /// Refused by the venue for another cause, or by the risk gate.
    Refused,
    /// Lots were filled.
    Fill {
        /// Nothing of it is left.
        is_complete: bool,
    },
    /// It is gone: taken back by the operator, the gate or the venue, or expired.
    Gone,
    /// The position that it opened is flat again (its stop, say).
    Flat,
}

/// What a call brings about, in order.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "handed to the sink once, kept nowhere")]
pub enum Outcome {
    /// A level went on.
    Turn(Transition),
    /// Something is asked.
    Ask(OrderKey, Ask),
}

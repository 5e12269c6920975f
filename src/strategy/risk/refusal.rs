//! Why an intent does not pass, by name.

use std::fmt;

use super::TradingState;

macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)+) => {
        /// Why an intent does not pass. Hard: nothing here can be waved through.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Refusal {
            /// The trading state lets nothing like it through.
            State(TradingState),
            $($(#[$meta])* $name,)+
        }

        impl Refusal {
            /// Every one, in the order of its number in a record: a new one goes to the end.
            pub const EVERY: &[Self] = &[
                Self::State(TradingState::Reducing),
                Self::State(TradingState::Halted),
                $(Self::$name,)+
            ];

            /// Its name.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    Self::State(TradingState::Trading) => "trading",
                    Self::State(TradingState::Reducing) => "reducing",
                    Self::State(TradingState::Halted) => "halted",
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

refusals! {
    /// An instrument the account does not have.
    Instrument = "instrument";
    /// The id's role is not the action's.
    Role = "role";
    /// The id is live or was, not long ago.
    Duplicate = "duplicate";
    /// The table of orders, or of levels, has no place.
    Full = "full";
    /// Price or quantity is not above zero, or too large to compute with.
    Absurd = "absurd";
    /// Fewer lots, or less value, than the venue takes.
    TooSmall = "too_small";
    /// More lots than the venue takes, or a price outside its range. A close must be split.
    Filter = "filter";
    /// The instrument's microstructure is contaminated.
    Contaminated = "contaminated";
    /// In the last 10 min before funding.
    Funding = "funding";
    /// No mark price, or too old a one.
    Mark = "mark";
    /// No touch, or bid ≥ ask.
    Touch = "touch";
    /// Too far from the mark price.
    CollarMark = "collar_mark";
    /// Too far from the touch.
    CollarTouch = "collar_touch";
    /// The trigger is behind the market already. Of a stop: close instead.
    WouldTrigger = "would_trigger";
    /// An entry against the position held.
    Against = "against_position";
    /// It would meet our own resting entry.
    SelfMatch = "self_match";
    /// The order is worth more than one may be.
    OrderValue = "order_value";
    /// The order is larger than one may be.
    OrderQuantity = "order_quantity";
    /// As many entries as allowed live on this side.
    OrdersSide = "orders_side";
    /// The position could become worth more than it may.
    PositionValue = "position_value";
    /// The position could become larger than it may.
    PositionQuantity = "position_quantity";
    /// The level would hold more than it may.
    LevelValue = "level_value";
    /// Everything together would be worth more than it may.
    TotalValue = "total_value";
    /// Entries filled and live are as many as may fill in the window.
    Repeated = "repeated_executions";
    /// The rate is used up, or what the reserve leaves of it.
    Rate = "rate";
    /// Nothing is held, or the side would add.
    NothingToReduce = "nothing_to_reduce";
    /// More than is held, with what is on its way.
    Exceeds = "exceeds_position";
    /// Stops for the whole position stand, or are on their way.
    Covered = "covered";
    /// The stop would stand so far away that it protects nothing.
    StopTooFar = "stop_too_far";
    /// The new stop would be farther or smaller than the old.
    Loosens = "loosens";
    /// The order to move or withdraw does not stand.
    NoSuchOrder = "no_such_order";
    /// Without that stop the position is not covered.
    Uncovers = "uncovers";
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.text())
    }
}

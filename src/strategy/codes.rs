//! The numbers and words by which decisions are recorded: one table for each type that stands in
//! a record's byte. A number is never reused; zero stands for none.

use crate::exits::{Action, ExitRefusal, Role, SizeRefusal, TargetKind, Why};
use crate::hypotheses::State;
use crate::risk::{Refusal, TradingState};
use crate::terms::{Hypothesis, LevelKind};

macro_rules! codes {
    ($($name:ident { $($item:ident = $code:literal, $text:literal;)+ })+) => {$(
        impl $name {
            /// Every one, in the order of its code.
            pub const EVERY: &[Self] = &[$(Self::$item),+];

            /// The number in a record.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$item => $code,)+ }
            }

            /// What a number stands for; `None` for zero and for numbers of a later version.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$item),)+ _ => None }
            }

            /// The word in JSON and on the command line.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$item => $text,)+ }
            }
        }
    )+};
}

codes! {
    LevelKind {
        Lvn = 1, "lvn";
        Hvn = 2, "hvn";
        Vah = 3, "vah";
        Val = 4, "val";
        Poc = 5, "poc";
        Cliff = 6, "cliff";
        NakedPoc = 7, "naked_poc";
        Avwap = 8, "avwap";
        AvwapBand = 9, "avwap_band";
    }
    Hypothesis {
        Rejection = 1, "rejection";
        Magnet = 2, "magnet";
        BreakThrough = 3, "break_through";
    }
    State {
        Inactive = 1, "inactive";
        Monitored = 2, "monitored";
        Armed = 3, "armed";
        Filled = 4, "filled";
        Cancelled = 5, "cancelled";
        Resting = 6, "resting";
        FilledUnconfirmed = 7, "filled_unconfirmed";
        Closed = 8, "closed";
    }
    Role {
        Entry = 1, "entry";
        Stop = 2, "stop";
        Profit = 3, "profit";
        Close = 4, "close";
        Cancel = 5, "cancel";
    }
    Why {
        Signal = 1, "signal";
        Protect = 2, "protect";
        Trail = 3, "trail";
        Target = 4, "target";
        HoldLimit = 5, "hold_limit";
        Funding = 6, "funding";
        Unconfirmed = 7, "unconfirmed";
        StopFailed = 8, "stop_failed";
        Operator = 9, "operator";
    }
    TargetKind {
        Hvn = 1, "hvn";
        Poc = 2, "poc";
        Centre = 3, "centre";
        Multiple = 4, "multiple_of_risk";
    }
    SizeRefusal {
        NoEquity = 1, "no_equity";
        Absurd = 2, "absurd";
        BelowLot = 3, "below_lot";
        BelowNotional = 4, "below_notional";
    }
    ExitRefusal {
        Absurd = 1, "absurd";
        NoRoom = 2, "no_room_for_the_stop";
        FeesEatIt = 3, "fees_eat_it";
        NoAtr = 4, "atr_missing";
    }
    TradingState {
        Trading = 1, "TRADING";
        Reducing = 2, "REDUCING";
        Halted = 3, "HALTED";
    }
}

impl Action {
    /// The number in a record.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Enter { .. } => 1,
            Self::EnterStop { .. } => 2,
            Self::Close { .. } => 3,
            Self::PlaceStop { .. } => 4,
            Self::MoveStop { .. } => 5,
            Self::TakeProfit { .. } => 6,
            Self::Cancel { .. } => 7,
        }
    }

    /// The word that a number stands for; empty for zero and for numbers of a later version.
    #[must_use]
    pub const fn word(code: u8) -> &'static str {
        match code {
            1 => "enter",
            2 => "enter_stop",
            3 => "close",
            4 => "place_stop",
            5 => "move_stop",
            6 => "take_profit",
            7 => "cancel",
            _ => "",
        }
    }
}

/// Why an intent was not sent, whoever refused it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There is no size.
    Size(SizeRefusal),
    /// There is no exit.
    Exit(ExitRefusal),
    /// The risk gate.
    Gate(Refusal),
}

impl Refused {
    /// Who refused and its number, as a record holds them.
    #[must_use]
    pub fn codes(self) -> (u8, u8) {
        match self {
            Self::Size(refusal) => (1, refusal.code()),
            Self::Exit(refusal) => (2, refusal.code()),
            Self::Gate(refusal) => (3, refusal.code()),
        }
    }

    /// What the two numbers stand for.
    #[must_use]
    pub fn from_codes(by: u8, code: u8) -> Option<Self> {
        match by {
            1 => SizeRefusal::from_code(code).map(Self::Size),
            2 => ExitRefusal::from_code(code).map(Self::Exit),
            3 => Refusal::from_code(code).map(Self::Gate),
            _ => None,
        }
    }

    /// The word in JSON and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Size(refusal) => refusal.word(),
            Self::Exit(refusal) => refusal.word(),
            Self::Gate(refusal) => refusal.text(),
        }
    }

    /// Who refused.
    #[must_use]
    pub const fn by(self) -> &'static str {
        match self {
            Self::Size(_) => "size",
            Self::Exit(_) => "exits",
            Self::Gate(_) => "risk",
        }
    }
}

impl Refusal {
    /// The number in a record: 1 and 2 are the states that let nothing through.
    #[must_use]
    pub fn code(self) -> u8 {
        let place = Self::EVERY.iter().position(|&other| other == self);
        place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0)
    }

    /// What a number stands for.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::EVERY.get(usize::from(code).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Refused, SizeRefusal, State};

    #[test]
    fn a_code_leads_back() {
        for &state in State::EVERY {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        for &refusal in Refusal::EVERY {
            let refused = Refused::Gate(refusal);
            let (by, code) = refused.codes();
            assert_eq!(Refused::from_codes(by, code), Some(refused), "{refusal}");
        }
        let refused = Refused::Size(SizeRefusal::BelowLot);
        assert_eq!(refused.codes(), (1, 3));
        for (by, code) in [(0, 1), (1, 0), (3, 0), (3, 255), (9, 1)] {
            assert_eq!(Refused::from_codes(by, code), None);
        }
    }
}

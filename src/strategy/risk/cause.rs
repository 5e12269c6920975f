//! The trading state and its causes.

use std::fmt;

/// What may be done. The worst cause rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TradingState {
    /// Everything within limits.
    Trading,
    /// Nothing opens.
    Reducing,
    /// Nothing but protection.
    Halted,
}

impl fmt::Display for TradingState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Trading => "TRADING",
            Self::Reducing => "REDUCING",
            Self::Halted => "HALTED",
        })
    }
}

macro_rules! causes {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $state:ident, $rule:ident;)+) => {
        /// Why the state is not TRADING.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Cause { $($(#[$meta])* $name,)+ }

        impl Cause {
            /// Every cause.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            /// Its name.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The state it asks for.
            #[must_use]
            pub const fn state(self) -> TradingState {
                match self { $(Self::$name => TradingState::$state,)+ }
            }

            /// Whether it stays until a person releases it.
            #[must_use]
            pub const fn latches(self) -> bool {
                match self { $(Self::$name => Rule::$rule.latches(),)+ }
            }

            /// Whether the gate derives it from the account, so that nobody can raise or clear it.
            #[must_use]
            pub const fn derived(self) -> bool {
                match self { $(Self::$name => Rule::$rule.derived(),)+ }
            }
        }
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Latch,
    Lifts,
    Derived,
}

impl Rule {
    const fn latches(self) -> bool {
        matches!(self, Self::Latch)
    }

    const fn derived(self) -> bool {
        matches!(self, Self::Derived)
    }
}

causes! {
    /// A person halted.
    Halt = "halt", Halted, Latch;
    /// A person asked that nothing opens.
    Reduce = "reduce", Reducing, Latch;
    /// The loss since 00:00 UTC has reached its limit.
    DailyLoss = "daily_loss", Halted, Latch;
    /// Equity has fallen from its peak by the limit.
    DrawDown = "draw_down", Halted, Latch;
    /// Too many entries filled in the window.
    Repeated = "repeated_executions", Halted, Latch;
    /// A fill that no order of ours explains, or a reconciliation that found another position.
    Mismatch = "mismatch", Halted, Latch;
    /// The microstructure of everything is contaminated (spec § 9); of one instrument see
    /// `Scene::contaminated`.
    Contaminated = "contaminated", Reducing, Lifts;
    /// Open interest or funding could not be read.
    Polls = "polls", Reducing, Lifts;
    /// The stream of our own orders is down.
    UserStream = "user_stream", Reducing, Lifts;
    /// The clock is off.
    Clock = "clock", Reducing, Lifts;
    /// The journal lags or cannot be written.
    Journal = "journal", Reducing, Lifts;
    /// The instrument does not trade.
    Venue = "venue", Reducing, Lifts;
    /// As many orders are unknown as the limit says.
    Unknown = "unknown_orders", Reducing, Derived;
    /// A position has no stop standing at the venue for all of it.
    Unprotected = "unprotected", Reducing, Derived;
}

/// A set of causes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Causes(pub(super) u32);

impl Causes {
    /// The set as a record holds it: bit n is `Cause::ALL[n]`.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set that a record's bits stand for.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether a cause is in it.
    #[must_use]
    pub const fn holds(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u32) != 0
    }

    /// The set with a cause.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Self {
        Self(self.0 | 1 << cause as u32)
    }

    /// The set without.
    #[must_use]
    pub const fn without(self, cause: Cause) -> Self {
        Self(self.0 & !(1 << cause as u32))
    }

    /// The state of the worst cause.
    #[must_use]
    pub fn state(self) -> TradingState {
        self.iter().map(Cause::state).max().unwrap_or(TradingState::Trading)
    }

    /// Its causes in their order.
    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Cause::ALL.into_iter().filter(move |&cause| self.holds(cause))
    }
}

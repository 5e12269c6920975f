//! The UTC calendar of the market: days, funding sessions, bar intervals. Integers only, so no
//! host time zone can reach it.

use crate::Nanos;

/// A millisecond.
pub const MILLISECOND: Nanos = Nanos(1_000_000);
/// A second.
pub const SECOND: Nanos = Nanos(1_000_000_000);
/// A minute.
pub const MINUTE: Nanos = Nanos(60 * SECOND.0);
/// An hour.
pub const HOUR: Nanos = Nanos(60 * MINUTE.0);
/// A UTC day.
pub const DAY: Nanos = Nanos(24 * HOUR.0);

/// The three 8 h sessions of a UTC day, half-open, whatever the funding interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FundingSession {
    /// 00–08 UTC.
    Night,
    /// 08–16 UTC.
    Morning,
    /// 16–24 UTC.
    Evening,
}

impl FundingSession {
    /// How long a session lasts.
    pub const LENGTH: Nanos = Nanos(8 * HOUR.0);

    /// The session that holds an instant.
    #[must_use]
    pub const fn of(time: Nanos) -> Self {
        match (time.0 % DAY.0) / Self::LENGTH.0 {
            0 => Self::Night,
            1 => Self::Morning,
            _ => Self::Evening,
        }
    }
}

macro_rules! intervals {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $length:expr;)+) => {
        /// The bar intervals of the specification, on UTC boundaries, half-open.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Interval { $($(#[$meta])* $name,)+ }

        impl Interval {
            /// Every interval, shortest first; a bar line holds the index.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$name),+];

            /// As the venue and the command line write it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// How long one bar lasts.
            #[must_use]
            pub const fn length(self) -> Nanos {
                match self { $(Self::$name => $length,)+ }
            }
        }
    };
}

intervals! {
    /// One second.
    Second1 = "1s", SECOND;
    /// One minute.
    Minute1 = "1m", MINUTE;
    /// Three minutes.
    Minute3 = "3m", Nanos(3 * MINUTE.0);
    /// Five minutes.
    Minute5 = "5m", Nanos(5 * MINUTE.0);
    /// Fifteen minutes.
    Minute15 = "15m", Nanos(15 * MINUTE.0);
    /// Thirty minutes.
    Minute30 = "30m", Nanos(30 * MINUTE.0);
    /// One hour.
    Hour1 = "1h", HOUR;
    /// Four hours.
    Hour4 = "4h", Nanos(4 * HOUR.0);
}

impl Interval {
    /// The interval a text names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.text() == text)
    }
}

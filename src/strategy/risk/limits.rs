//! Every limit of the gate, concluded once: what is missing, zero, no number or absurd is refused by
//! name, and so is what contradicts another.

use std::fmt;

use model::{Fine, MINUTE, Nanos, SECOND};

use super::money::Money;
use super::orders::ORDERS_MAX;
use super::rate::VENUE_ORDERS;
use super::watch::EXECUTIONS_MAX;
use crate::exits::Share;

/// Why a configuration of limits is no start. There are no defaults: each limit is a decision.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LimitRefusal {
    /// Not given.
    Missing(&'static str),
    /// NaN.
    NotANumber(&'static str),
    /// Zero, or less than its smallest unit.
    Zero(&'static str),
    /// Below zero, more than the row allows, or a count with a fraction. The most it may be.
    Absurd(&'static str, f64),
    /// The first is above the second, and must not be.
    Above(&'static str, &'static str),
}

impl fmt::Display for LimitRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(out, "limit {name} is missing"),
            Self::NotANumber(name) => write!(out, "limit {name} is not a number"),
            Self::Zero(name) => write!(out, "limit {name} is zero"),
            Self::Absurd(name, most) => write!(out, "limit {name} must be above 0 and ≤ {most}"),
            Self::Above(name, other) => write!(out, "limit {name} is above limit {other}"),
        }
    }
}

impl std::error::Error for LimitRefusal {}

/// One row of the table, for help texts and tests.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LimitRow {
    /// Name, as in the configuration.
    pub name: &'static str,
    /// The most it may be.
    pub most: f64,
    /// Unit: `share`, `quote`, `base`, `count`, `seconds`, `minutes`.
    pub unit: &'static str,
}

macro_rules! limits {
    ($($(#[$meta:meta])* $name:ident: $type:ty = $unit:ident, $most:expr;)+) => {
        /// What the operator wrote.
        #[derive(Clone, Copy, PartialEq, Default, Debug)]
        pub struct LimitsDraft { $($(#[$meta])* pub $name: Option<f64>,)+ }

        /// What holds. Nothing in here can be wrong any more.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Limits { $($(#[$meta])* pub $name: $type,)+ }

        impl LimitsDraft {
            /// Every limit.
            pub const ROWS: [LimitRow; [$($most),+].len()] = [$(LimitRow {
                name: stringify!($name), most: $most, unit: stringify!($unit),
            }),+];

            /// A limit's place by name.
            #[must_use]
            pub fn field(&mut self, name: &str) -> Option<&mut Option<f64>> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }

            /// Whether a number may be the limit of this name; what it contradicts is found when
            /// all are known. A name without a row is missing.
            ///
            /// # Errors
            /// [`LimitRefusal`] with the limit's name.
            pub fn check(name: &'static str, number: f64) -> Result<(), LimitRefusal> {
                match name {
                    $(stringify!($name) => {
                        $unit(sane(name, Some(number), $most)?).map_err(|no| no.of(name, $most))?;
                    })+
                    _ => return Err(LimitRefusal::Missing(name)),
                }
                Ok(())
            }

            /// The only place that says no.
            ///
            /// # Errors
            /// [`LimitRefusal`] with the limit's name.
            pub fn conclude(&self) -> Result<Limits, LimitRefusal> {
                let limits = Limits {
                    $($name: $unit(sane(stringify!($name), self.$name, $most)?)
                        .map_err(|no| no.of(stringify!($name), $most))?,)+
                };
                limits.agree()
            }
        }
    };
}

limits! {
    /// Farthest that an entry may stand from the mark price.
    collar_mark: Share = share, 0.2;
    /// Farthest from the touch.
    collar_touch: Share = share, 0.2;
    /// Farthest that a stop may stand from the mark price: beyond it protects nothing.
    collar_stop: Share = share, 0.5;
    /// Oldest mark price with which something opens.
    mark_seconds: Nanos = seconds, 60.0;
    /// Largest order, in quote units.
    order_value: Money = quote, 1e7;
    /// Largest order, in base units.
    order_quantity: Fine = base, 1e9;
    /// Largest position of an instrument with all that may still be added, in quote units.
    position_value: Money = quote, 1e8;
    /// The same in base units.
    position_quantity: Fine = base, 1e9;
    /// Largest notional of one level, held and entering.
    level_value: Money = quote, 1e8;
    /// Largest notional of everything together.
    total_value: Money = quote, 1e9;
    /// Live entries of an instrument a side.
    orders_side: u32 = count, 64.0;
    /// Orders in 10 s. The venue takes 300.
    orders_10s: u32 = count, 240.0;
    /// Orders in a minute. The venue takes 1 200.
    orders_1m: u32 = count, 960.0;
    /// Orders and cancels in 10 s.
    messages_10s: u32 = count, 480.0;
    /// Part of each rate that entries leave free.
    reserve: Share = share, 0.9;
    /// Entries that may fill in `executions_minutes`.
    executions: u32 = count, 64.0;
    /// The window of `executions`.
    executions_minutes: Nanos = minutes, 1440.0;
    /// Loss since 00:00 UTC, closed and running, in quote units.
    daily_loss: Money = quote, 1e8;
    /// Fall of equity from its peak, in quote units.
    draw_down: Money = quote, 1e8;
    /// Unknown orders at which nothing opens.
    unknown: u32 = count, 32.0;
}

const _: () = {
    assert!(240 < VENUE_ORDERS[0] && 960 < VENUE_ORDERS[1]);
    assert!(2 * 64 < ORDERS_MAX);
    assert!(64 <= EXECUTIONS_MAX);
};

/// Why a number does not become a limit.
enum No {
    Zero,
    Absurd,
}

impl No {
    const fn of(self, name: &'static str, most: f64) -> LimitRefusal {
        match self {
            Self::Zero => LimitRefusal::Zero(name),
            Self::Absurd => LimitRefusal::Absurd(name, most),
        }
    }
}

fn sane(name: &'static str, number: Option<f64>, most: f64) -> Result<f64, LimitRefusal> {
    let number = number.ok_or(LimitRefusal::Missing(name))?;
    if number.is_nan() {
        Err(LimitRefusal::NotANumber(name))
    } else if number < 0.0 || number > most {
        Err(LimitRefusal::Absurd(name, most))
    } else {
        Ok(number)
    }
}

/// The nearest whole number of units, above zero.
fn whole(number: f64) -> Result<i64, No> {
    #[expect(clippy::cast_possible_truncation, reason = "rows allow at most 10⁹ · 10⁸ < 2⁶³")]
    let whole = libm::round(number) as i64;
    if whole > 0 { Ok(whole) } else { Err(No::Zero) }
}

fn count(number: f64) -> Result<u32, No> {
    if libm::trunc(number) < number {
        return Err(No::Absurd);
    }
    u32::try_from(whole(number)?).map_err(|_| No::Absurd)
}

fn share(number: f64) -> Result<Share, No> {
    u32::try_from(whole(number * 1e6)?).map(Share).map_err(|_| No::Absurd)
}

fn base(number: f64) -> Result<Fine, No> {
    whole(number * 1e8).map(Fine)
}

fn quote(number: f64) -> Result<Money, No> {
    whole(number * 1e8).map(|fine| Money::of(Fine(fine)))
}

fn seconds(number: f64) -> Result<Nanos, No> {
    count(number).map(|count| Nanos(u64::from(count) * SECOND.0))
}

fn minutes(number: f64) -> Result<Nanos, No> {
    count(number).map(|count| Nanos(u64::from(count) * MINUTE.0))
}

impl Limits {
    /// What entries leave of a rate: the share of it, rounded up, so that it is never nothing.
    #[must_use]
    pub fn reserve_of(&self, limit: u32) -> u32 {
        let share = u64::from(limit) * u64::from(self.reserve.0);
        u32::try_from(share.div_ceil(u64::from(Share::ONE.0))).unwrap_or(limit)
    }

    fn agree(self) -> Result<Self, LimitRefusal> {
        let values = [
            ("order_value", self.order_value),
            ("level_value", self.level_value),
            ("position_value", self.position_value),
            ("total_value", self.total_value),
        ];
        for pair in values.windows(2) {
            if pair[0].1 > pair[1].1 {
                return Err(LimitRefusal::Above(pair[0].0, pair[1].0));
            }
        }
        let above = [
            (self.order_quantity > self.position_quantity, "order_quantity", "position_quantity"),
            (self.daily_loss > self.draw_down, "daily_loss", "draw_down"),
            (self.orders_10s > self.orders_1m, "orders_10s", "orders_1m"),
            (self.orders_10s > self.messages_10s, "orders_10s", "messages_10s"),
            // Entries would have no place at all.
            (self.reserve_of(self.orders_10s) >= self.orders_10s, "reserve", "orders_10s"),
        ];
        match above.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, name, other)) => Err(LimitRefusal::Above(name, other)),
            None => Ok(self),
        }
    }
}

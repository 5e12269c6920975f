//! What the strategy asks of the venue: fixed-size values, each with an id of its own making.

use std::fmt;

use model::{InstrumentId, Lots, Nanos, Price, Side};

use crate::terms::LevelId;

/// What an order is for. The letter stands in the id's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Opens.
    Entry,
    /// Protects.
    Stop,
    /// Takes profit.
    Profit,
    /// Closes.
    Close,
    /// Asks that another order be withdrawn; no order itself.
    Cancel,
}

impl Role {
    const LETTERS: [(Self, u8); 5] = [
        (Self::Entry, b'e'),
        (Self::Stop, b's'),
        (Self::Profit, b'p'),
        (Self::Close, b'c'),
        (Self::Cancel, b'x'),
    ];

    const fn letter(self) -> u8 {
        Self::LETTERS[self as usize].1
    }

    fn of(letter: u8) -> Option<Self> {
        Self::LETTERS.iter().find(|(_, other)| *other == letter).map(|(role, _)| *role)
    }
}

/// The client id of an order: a function of instrument, level, attempt and role, so that the same log
/// gives the same ids. The venue keeps ids unique only among *open* orders: whoever counts attempts
/// must never count back, across restarts neither.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClientId {
    /// Which level the order belongs to.
    pub level: LevelId,
    /// Counts orders of one level and role, from 0.
    pub attempt: u32,
    /// Which instrument.
    pub instrument: InstrumentId,
    /// What it is for.
    pub role: Role,
}

/// The text of a [`ClientId`]: 32 bytes of lower-case hex, letters and dashes (the venue takes 36).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientText(pub [u8; 32]);

impl ClientText {
    /// As a string.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("?")
    }
}

impl ClientId {
    /// `f<instrument>-<level>-<role><attempt>`, numbers in hex of fixed width.
    #[must_use]
    pub fn text(&self) -> ClientText {
        let mut text = [b'-'; 32];
        text[0] = b'f';
        hex(&mut text[1..5], u64::from(self.instrument.0));
        hex(&mut text[6..22], self.level.0);
        text[23] = self.role.letter();
        hex(&mut text[24..32], u64::from(self.attempt));
        ClientText(text)
    }

    /// The id a text stands for; `None` when it is none of ours.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 32] = text.try_into().ok()?;
        if text[0] != b'f' || text[5] != b'-' || text[22] != b'-' {
            return None;
        }
        Some(Self {
            level: LevelId(number(&text[6..22])?),
            attempt: u32::try_from(number(&text[24..32])?).ok()?,
            instrument: InstrumentId(u16::try_from(number(&text[1..5])?).ok()?),
            role: Role::of(text[23])?,
        })
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.text().text())
    }
}

fn hex(out: &mut [u8], number: u64) {
    let digits = b"0123456789abcdef";
    for (place, byte) in out.iter_mut().rev().enumerate() {
        *byte = digits[usize::try_from((number >> (4 * place)) & 15).unwrap_or(0)];
    }
}

fn number(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0, |number, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(digit))
    })
}

/// Why an intent exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// A hypothesis armed, or rests ahead.
    Signal,
    /// A fill must be protected.
    Protect,
    /// The trail moved.
    Trail,
    /// Target 1.
    Target,
    /// Held for the longest time allowed.
    HoldLimit,
    /// Funding is near.
    Funding,
    /// A hypothesis was cancelled, or a fill stayed unconfirmed.
    Unconfirmed,
    /// The stop cannot stand: refused, or it would trigger at once.
    StopFailed,
    /// A person asked. Only the command path may say so: it lets a close through HALTED.
    Operator,
}

/// What is asked. Sides are the order's own: the stop of a long sells. All but the entries are
/// reduce-only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// A post-only limit order.
    Enter {
        /// Side.
        side: Side,
        /// Limit.
        price: Price,
        /// Quantity.
        lots: Lots,
    },
    /// An order that becomes a market order when price reaches the trigger.
    EnterStop {
        /// Side.
        side: Side,
        /// Trigger.
        trigger: Price,
        /// Quantity.
        lots: Lots,
    },
    /// Closes at the market, or at a limit.
    Close {
        /// Side.
        side: Side,
        /// Limit; `None` at the market.
        price: Option<Price>,
        /// Quantity.
        lots: Lots,
    },
    /// A protective stop at the venue.
    PlaceStop {
        /// Side.
        side: Side,
        /// Trigger.
        trigger: Price,
        /// Quantity.
        lots: Lots,
    },
    /// A new stop in place of `old`. The venue cannot amend a stop: the gateway places the new one and
    /// withdraws the old when the new one stands.
    MoveStop {
        /// Side.
        side: Side,
        /// Trigger.
        trigger: Price,
        /// Quantity.
        lots: Lots,
        /// The stop it replaces.
        old: ClientId,
    },
    /// A limit order at the target.
    TakeProfit {
        /// Side.
        side: Side,
        /// Limit.
        price: Price,
        /// Quantity.
        lots: Lots,
    },
    /// Withdraws an order.
    Cancel {
        /// Which.
        target: ClientId,
    },
}

/// One thing asked of the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Intent {
    /// When it was decided: the venue's clock, of the event that caused it.
    pub time: Nanos,
    /// Its id; names the instrument and the level.
    pub client: ClientId,
    /// What is asked.
    pub action: Action,
    /// Why.
    pub why: Why,
}

impl Intent {
    /// Whether it can add exposure.
    #[must_use]
    pub const fn opens(&self) -> bool {
        matches!(self.action, Action::Enter { .. } | Action::EnterStop { .. })
    }

    /// The role its id must have.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self.action {
            Action::Enter { .. } | Action::EnterStop { .. } => Role::Entry,
            Action::Close { .. } => Role::Close,
            Action::PlaceStop { .. } | Action::MoveStop { .. } => Role::Stop,
            Action::TakeProfit { .. } => Role::Profit,
            Action::Cancel { .. } => Role::Cancel,
        }
    }
}

// Two cache lines are enough for whoever carries it in a ring.
const _: () = assert!(size_of::<Intent>() <= 128);

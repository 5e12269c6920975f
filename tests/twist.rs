//! What can be done to a sound payload: reordered, doubled, blown up, escaped, cut, spoilt.

use crate::Dice;
use crate::compose::Payload;

/// One change. Numbers choose where, by remainder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Twist {
    /// Nothing.
    None,
    /// Two keys change places.
    Swap(usize, usize),
    /// A key stands twice.
    Double(usize),
    /// A key is missing.
    Drop(usize),
    /// A key that nobody knows.
    Unknown(usize),
    /// A value is replaced by one of [`VALUES`].
    Value(usize, usize),
    /// A blank behind each comma or colon outside strings, or not.
    Blanks(usize),
    /// A letter is written as an escape.
    Escape(usize),
    /// Cut after so many bytes.
    Cut(usize),
    /// One byte becomes another.
    Byte(usize, u8),
    /// One byte is put in.
    Insert(usize, u8),
    /// A digit becomes another digit.
    Digit(usize, u8),
    /// Some bytes are taken out.
    Remove(usize, usize),
}

/// Values that do not belong, and some that do.
pub const VALUES: [&str; 28] = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "1e3",
    "\"\"",
    "\"0\"",
    "\"1\"",
    "\"0.1\"",
    "\"-0.1\"",
    "\"1e3\"",
    "\"NaN\"",
    "\"00012.50\"",
    "\"0.000000001\"",
    "\"1.000000000000\"",
    "\"99999999999.9\"",
    "\"9223372036854775807\"",
    "18446744073709551615",
    "99999999999999999999",
    "[]",
    "{}",
    "[[\"1\",\"2\"]]",
    "\"BTCUSD_PERP\"",
    "\"ETHUSDT\"",
];

impl Twist {
    /// A twist by the dice.
    #[must_use]
    pub fn roll(dice: &mut Dice) -> Self {
        let place = |dice: &mut Dice| usize::try_from(dice.below(100_000)).unwrap_or(0);
        let byte = |dice: &mut Dice| dice.roll().to_le_bytes()[0];
        match dice.below(24) {
            0..=3 => Self::None,
            4 => Self::Swap(place(dice), place(dice)),
            5 => Self::Double(place(dice)),
            6 => Self::Drop(place(dice)),
            7 => Self::Unknown(place(dice)),
            8..=10 => Self::Value(place(dice), place(dice)),
            11 => Self::Blanks(place(dice)),
            12 => Self::Escape(place(dice)),
            13..=14 => Self::Cut(place(dice)),
            15..=17 => Self::Byte(place(dice), byte(dice)),
            18 => Self::Insert(place(dice), byte(dice)),
            19..=22 => Self::Digit(place(dice), byte(dice)),
            _ => Self::Remove(place(dice), place(dice)),
        }
    }

    /// The payload as a frame, wrapped or bare, with this done to it.
    #[must_use]
    pub fn apply(self, mut payload: Payload, wrapped: bool) -> Vec<u8> {
        let count = payload.fields.len();
        match self {
            Self::Swap(one, two) => payload.fields.swap(one % count, two % count),
            Self::Double(at) => payload.fields.push(payload.fields[at % count].clone()),
            Self::Drop(at) => drop(payload.fields.remove(at % count)),
            Self::Unknown(at) => {
                let value = VALUES[at % VALUES.len()];
                payload.fields.insert(at % (count + 1), ("zz".into(), value.into()));
            }
            Self::Value(at, value) => {
                payload.fields[at % count].1 = VALUES[value % VALUES.len()].into();
            }
            _ => {}
        }
        let text = if wrapped { payload.wrapped() } else { payload.bare() };
        self.spoil(text.into_bytes())
    }

    /// The changes that need no keys.
    #[must_use]
    pub fn spoil(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len().max(1);
        match self {
            Self::Blanks(which) => blanks(&bytes, which),
            Self::Escape(at) => escape(&bytes, at % length),
            Self::Cut(at) => {
                bytes.truncate(at % length);
                bytes
            }
            Self::Byte(at, byte) => {
                if let Some(own) = bytes.get_mut(at % length) {
                    *own = byte;
                }
                bytes
            }
            Self::Insert(at, byte) => {
                bytes.insert(at % length.min(bytes.len() + 1), byte);
                bytes
            }
            Self::Digit(at, byte) => {
                let digits = bytes.iter_mut().filter(|byte| byte.is_ascii_digit());
                let mut digits: Vec<&mut u8> = digits.collect();
                let count = digits.len().max(1);
                if let Some(digit) = digits.get_mut(at % count) {
                    **digit = b'0' + byte % 10;
                }
                bytes
            }
            Self::Remove(at, count) => {
                let start = at % length;
                let end = (start + 1 + count % 6).min(bytes.len());
                bytes.drain(start.min(end)..end);
                bytes
            }
            _ => bytes,
        }
    }
}

fn blanks(bytes: &[u8], which: usize) -> Vec<u8> {
    let mut quoted = false;
    let mut seen = 0;
    let mut text = Vec::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        text.push(byte);
        quoted ^= byte == b'"';
        if !quoted && (byte == b',' || byte == b':') {
            seen += 1;
            // All of them, or a single one.
            if which.is_multiple_of(2) || seen == which % 40 {
                text.push(b" \n\t"[which % 3]);
            }
        }
    }
    text
}

fn escape(bytes: &[u8], at: usize) -> Vec<u8> {
    let found = bytes.iter().enumerate().skip(at).find(|(_, byte)| byte.is_ascii_alphabetic());
    match found {
        Some((at, byte)) => {
            let code = format!("\\u{byte:04x}");
            [&bytes[..at], code.as_bytes(), &bytes[at + 1..]].concat()
        }
        None => bytes.to_vec(),
    }
}

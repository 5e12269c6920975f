//! Exact decimals: text to integers and back, with no float in between.

use std::fmt;

use crate::{Fine, Lots, Notional, Price};

/// An exact decimal: `mantissa × 10^-places`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal {
    /// The digits without the dot.
    pub mantissa: i128,
    /// Digits behind the dot, 0..=18.
    pub places: u32,
}

/// Why a text is no decimal we take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecimalError {
    /// Not digits with at most one dot.
    Malformed,
    /// More than 18 digits on either side of the dot.
    TooLong,
    /// Not a whole multiple of the step.
    OffGrid,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Malformed => "not a decimal number",
            Self::TooLong => "more than 18 digits",
            Self::OffGrid => "not a multiple of the step",
        })
    }
}

impl std::error::Error for DecimalError {}

/// Reads `-?digits[.digits]`; no exponent, no sign but minus, no blanks.
///
/// # Errors
/// [`DecimalError::Malformed`] or [`DecimalError::TooLong`].
pub fn decimal(text: &[u8]) -> Result<Decimal, DecimalError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let dot = digits.iter().position(|&byte| byte == b'.');
    let (whole, behind) = match dot {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &digits[digits.len()..]),
    };
    if whole.is_empty() || (dot.is_some() && behind.is_empty()) {
        return Err(DecimalError::Malformed);
    }
    if whole.len() > 18 || behind.len() > 18 {
        return Err(DecimalError::TooLong);
    }
    let mut mantissa = 0_i128;
    for &byte in whole.iter().chain(behind) {
        if !byte.is_ascii_digit() {
            return Err(DecimalError::Malformed);
        }
        mantissa = mantissa * 10 + i128::from(byte - b'0');
    }
    let places = u32::try_from(behind.len()).map_err(|_| DecimalError::TooLong)?;
    Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, places })
}

impl Decimal {
    /// This value in units of 10⁻⁸.
    ///
    /// # Errors
    /// [`DecimalError::OffGrid`] when it has finer digits, [`DecimalError::TooLong`] beyond `i64`.
    pub fn fine(self) -> Result<Fine, DecimalError> {
        let scaled = if self.places <= 8 {
            self.mantissa.checked_mul(10_i128.pow(8 - self.places)).ok_or(DecimalError::TooLong)?
        } else {
            let cut = 10_i128.pow(self.places - 8);
            if self.mantissa % cut != 0 {
                return Err(DecimalError::OffGrid);
            }
            self.mantissa / cut
        };
        i64::try_from(scaled).map(Fine).map_err(|_| DecimalError::TooLong)
    }

    /// How many `step`s this value is.
    ///
    /// # Errors
    /// [`DecimalError::OffGrid`] when it is no whole number of steps.
    pub fn steps(self, step: Fine) -> Result<i64, DecimalError> {
        let fine = self.fine()?;
        if step.0 <= 0 || fine.0 % step.0 != 0 {
            return Err(DecimalError::OffGrid);
        }
        Ok(fine.0 / step.0)
    }
}

/// A value on its way to a person or a script: `mantissa × 10^-8`, with `places` digits shown
/// (more when the value needs them, so that what is shown is always exact).
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    mantissa: i128,
    scale: u32,
    places: u32,
}

/// Shows `mantissa × 10^-scale` with at least `places` digits behind the dot.
#[must_use]
pub const fn shown(mantissa: i128, scale: u32, places: u32) -> Shown {
    Shown { mantissa, scale, places }
}

impl Shown {
    /// A price: `ticks × tick`.
    #[must_use]
    pub fn price(price: Price, tick: Fine) -> Self {
        shown(i128::from(price.0) * i128::from(tick.0), 8, places_of(tick))
    }

    /// A quantity: `lots × lot`.
    #[must_use]
    pub fn lots(lots: Lots, lot: Fine) -> Self {
        shown(i128::from(lots.0) * i128::from(lot.0), 8, places_of(lot))
    }

    /// A notional: `ticks × lots × tick × lot`, in quote units.
    #[must_use]
    pub fn notional(notional: Notional, tick: Fine, lot: Fine) -> Self {
        let step = i128::from(tick.0) * i128::from(lot.0);
        shown(notional.0 * step, 16, places_of(tick) + places_of(lot))
    }

    /// A fine price, all eight digits.
    #[must_use]
    pub fn fine(fine: Fine) -> Self {
        shown(i128::from(fine.0), 8, 8)
    }
}

/// Digits behind the dot that a multiple of `step` can need.
fn places_of(step: Fine) -> u32 {
    let mut places = 8;
    let mut rest = step.0;
    while places > 0 && rest != 0 && rest % 10 == 0 {
        rest /= 10;
        places -= 1;
    }
    places
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scale = self.scale;
        let mut mantissa = self.mantissa;
        while scale > self.places && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let sign = if mantissa < 0 { "-" } else { "" };
        let digits = mantissa.unsigned_abs();
        if scale == 0 {
            return write!(out, "{sign}{digits}");
        }
        let unit = 10_u128.pow(scale);
        let width = scale as usize;
        write!(out, "{sign}{}.{:0width$}", digits / unit, digits % unit)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, DecimalError, Shown, decimal};
    use crate::{Fine, Lots, Notional, Price};

    #[test]
    fn reads_what_is_a_decimal_and_nothing_else() {
        for (text, want) in [
            ("0", Ok((0, 0))),
            ("98765.40", Ok((9_876_540, 2))),
            ("-0.5", Ok((-5, 1))),
            ("", Err(DecimalError::Malformed)),
            (".5", Err(DecimalError::Malformed)),
            ("5.", Err(DecimalError::Malformed)),
            ("1e9", Err(DecimalError::Malformed)),
            ("1 ", Err(DecimalError::Malformed)),
            ("--1", Err(DecimalError::Malformed)),
            ("1.2.3", Err(DecimalError::Malformed)),
            ("1234567890123456789", Err(DecimalError::TooLong)),
        ] {
            let got =
                decimal(text.as_bytes()).map(|Decimal { mantissa, places }| (mantissa, places));
            assert_eq!(got, want, "{text:?}");
        }
    }

    #[test]
    fn steps_are_whole_or_refused() {
        let tick = Fine(10_000_000);
        assert_eq!(decimal(b"63947.40").and_then(|d| d.steps(tick)), Ok(639_474));
        assert_eq!(decimal(b"63947.45").and_then(|d| d.steps(tick)), Err(DecimalError::OffGrid));
        assert_eq!(decimal(b"0.1000000000").and_then(|d| d.steps(tick)), Ok(1));
        assert_eq!(
            decimal(b"999999999999").and_then(|d| d.steps(tick)),
            Err(DecimalError::TooLong)
        );
    }

    #[test]
    fn shows_exactly_what_it_holds() {
        let (tick, lot) = (Fine(10_000_000), Fine(100_000));
        assert_eq!(Shown::price(Price(639_700), tick).to_string(), "63970.0");
        assert_eq!(Shown::lots(Lots(-233_243), lot).to_string(), "-233.243");
        assert_eq!(Shown::lots(Lots(-5), lot).to_string(), "-0.005");
        assert_eq!(
            Shown::notional(Notional(717_369_262_284), tick, lot).to_string(),
            "71736926.2284"
        );
        assert_eq!(Shown::fine(Fine(9_876_012_345_678)).to_string(), "98760.12345678");
        assert_eq!(Shown::lots(Lots(7), Fine::ONE).to_string(), "7");
    }
}

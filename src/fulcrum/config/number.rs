//! Numbers of a TOML file as exact decimals, and what is said of those that are refused.

use model::{Fine, decimal, shown};
use strategy::risk::{LimitRefusal, LimitRow, LimitsDraft};
use toml::Spanned;
use toml::de::DeValue;

use super::read::Refused;

/// A number as it is written, with the place where it stands.
struct Written {
    at: usize,
    text: String,
}

fn written(value: &Spanned<DeValue<'_>>, wanted: &str) -> Result<Written, Refused> {
    let at = value.span().start;
    let text = match value.get_ref() {
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Integer(integer) => {
            let read = i128::from_str_radix(integer.as_str(), integer.radix());
            read.map_or_else(|_| integer.as_str().to_owned(), |whole| whole.to_string())
        }
        other => return Err((at, format!("must be {wanted}, not {}", other.type_str()))),
    };
    Ok(Written { at, text })
}

/// A decimal between two, of at most so many places.
pub(super) fn between(
    value: &Spanned<DeValue<'_>>,
    (low, high): (Fine, Fine),
    places: u32,
) -> Result<Fine, Refused> {
    let bounds = format!("{}..={}", plain(low), plain(high));
    let Written { at, text } = written(value, &format!("a number in {bounds}"))?;
    match exact(&text) {
        Ok(fine) if (low..=high).contains(&fine) => {
            let step = 10_i64.pow(8 - places.min(8));
            if fine.0 % step == 0 { Ok(fine) } else { Err((at, places_at_most(places, &text))) }
        }
        Err(Unfit::Places) => Err((at, places_at_most(places, &text))),
        _ => Err((at, format!("must be in {bounds}, got {text}"))),
    }
}

/// A limit of the risk gate, by its row's name.
pub(super) fn limit(name: &str, value: &Spanned<DeValue<'_>>) -> Result<Fine, Refused> {
    let row = row(name);
    let allowed = allowed(row);
    let Written { at, text } = written(value, &allowed)?;
    let wrong = || (at, format!("must be {allowed}, got {text}"));
    let number = text.parse::<f64>().map_err(|_| wrong())?;
    match LimitsDraft::check(row.name, number) {
        Ok(()) => exact(&text).map_err(|_| (at, places_at_most(8, &text))),
        Err(LimitRefusal::Missing(_) | LimitRefusal::Above(..)) => {
            unreachable!("{name} is a row, and one limit alone contradicts none")
        }
        Err(_) => Err(wrong()),
    }
}

/// The row of a limit.
pub(super) fn row(name: &str) -> &'static LimitRow {
    let row = LimitsDraft::ROWS.iter().find(|row| row.name == name);
    row.unwrap_or_else(|| unreachable!("{name} is no row of LimitsDraft"))
}

/// What a limit may be, in words.
pub(super) fn allowed(row: &LimitRow) -> String {
    let most = row.most;
    match row.unit {
        "quote" | "base" => format!("above 0 and at most {most} {} units", row.unit),
        "seconds" | "minutes" => format!("whole {} in 1..={most}", row.unit),
        "count" => format!("a whole number in 1..={most}"),
        _ => format!("a share above 0 and at most {most}"),
    }
}

fn places_at_most(places: u32, text: &str) -> String {
    format!("must have at most {places} decimal places, got {text}")
}

/// A value as it would be written.
pub(super) fn plain(fine: Fine) -> String {
    shown(i128::from(fine.0), 8, 0).to_string()
}

/// Why a text is no value in 10⁻⁸.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unfit {
    /// Finer than 10⁻⁸.
    Places,
    /// No number, or beyond what fits.
    Range,
}

/// The value of `[+-]digits[.digits][e[+-]digits]`, without a float in between.
fn exact(text: &str) -> Result<Fine, Unfit> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let exponent: i32 = exponent.parse().map_err(|_| Unfit::Range)?;
    let number = decimal(digits.as_bytes()).map_err(|_| Unfit::Range)?;
    let places = i32::try_from(number.places).map_err(|_| Unfit::Range)?;
    if number.mantissa == 0 {
        return Ok(Fine(0));
    }
    let shift = exponent.saturating_add(8).saturating_sub(places);
    // 36 digits at most stand in a mantissa: one more place and nothing is left of it.
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let whole = if shift < 0 {
        let power = power.ok_or(Unfit::Places)?;
        (number.mantissa % power == 0).then_some(number.mantissa / power).ok_or(Unfit::Places)?
    } else {
        power.and_then(|power| number.mantissa.checked_mul(power)).ok_or(Unfit::Range)?
    };
    i64::try_from(whole).map(Fine).map_err(|_| Unfit::Range)
}

#[cfg(test)]
mod tests {
    use model::Fine;

    use super::{Unfit, exact, plain};

    #[test]
    fn decimals_are_read_exactly() {
        for (text, want) in [
            ("0.005", Ok(500_000)),
            ("+1.0", Ok(100_000_000)),
            ("-0.0", Ok(0)),
            ("-2.5", Ok(-250_000_000)),
            ("5e3", Ok(500_000_000_000)),
            ("1.5E-7", Ok(15)),
            ("0.00000001", Ok(1)),
            ("1e-9", Err(Unfit::Places)),
            ("1e-999999999", Err(Unfit::Places)),
            ("1e999999999", Err(Unfit::Range)),
            ("1e99999999999", Err(Unfit::Range)),
            ("0e99", Ok(0)),
            ("0.1e1", Ok(100_000_000)),
            ("92233720368.54775807", Ok(i64::MAX)),
            ("92233720368.54775808", Err(Unfit::Range)),
            ("nan", Err(Unfit::Range)),
            ("-inf", Err(Unfit::Range)),
            ("", Err(Unfit::Range)),
        ] {
            assert_eq!(exact(text), want.map(Fine), "{text}");
        }
        assert_eq!(plain(Fine(500_000)), "0.005");
        assert_eq!(plain(Fine(500_000_000_000)), "5000");
    }
}

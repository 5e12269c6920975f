//! Times and spans as people write them: RFC 3339, nanoseconds, `90s`, `15m`, `1h`.

use std::fmt;

use model::{DAY, HOUR, MILLISECOND, MINUTE, Nanos, SECOND};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads an instant: RFC 3339 with its offset, or integer UTC nanoseconds.
pub(crate) fn instant(text: &str) -> Result<Nanos, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Nanos).map_err(|_| format!("{text} is beyond 64 bits"));
    }
    let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        format!("{text:?} is neither RFC 3339, such as 2024-07-19T00:00:00Z, nor nanoseconds")
    })?;
    u64::try_from(parsed.unix_timestamp_nanos())
        .map(Nanos)
        .map_err(|_| format!("{text} is not between 1970 and 2554"))
}

/// Reads a span: a positive integer and `ms`, `s`, `m`, `h` or `d`.
pub(crate) fn span(text: &str) -> Result<Nanos, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match &text[digits..] {
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        _ => return Err(format!("{text:?} is not a span such as 500ms, 1s, 15m, 4h or 1d")),
    };
    let count: u64 = text[..digits].parse().map_err(|_| format!("{text:?} has no number"))?;
    match count.checked_mul(unit.0) {
        Some(nanos) if nanos > 0 => Ok(Nanos(nanos)),
        _ => Err(format!("{text:?} is zero or too long")),
    }
}

/// An instant for people: RFC 3339 in UTC, as many digits as it needs.
pub(crate) struct Utc(pub(crate) Nanos);

impl fmt::Display for Utc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0.0))
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok());
        match text {
            Some(text) => out.write_str(&text),
            None => write!(out, "{}", self.0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Utc, instant, span};
    use model::Nanos;

    #[test]
    fn instants_are_rfc_3339_or_nanoseconds() {
        for (text, want) in [
            ("1721347200000000000", Some(1_721_347_200_000_000_000)),
            ("2024-07-19T00:00:00Z", Some(1_721_347_200_000_000_000)),
            ("2024-07-19T02:00:00+02:00", Some(1_721_347_200_000_000_000)),
            ("2024-07-19T00:00:00.000000001Z", Some(1_721_347_200_000_000_001)),
            ("2024-07-19", None),
            ("2024-07-19T00:00:00", None),
            ("1969-12-31T23:59:59Z", None),
            ("99999999999999999999", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(instant(text).ok(), want.map(Nanos), "{text:?}");
        }
        assert_eq!(Utc(Nanos(1_721_347_200_500_000_000)).to_string(), "2024-07-19T00:00:00.5Z");
    }

    #[test]
    fn spans_have_a_number_and_a_unit() {
        for (text, want) in [
            ("500ms", Some(500_000_000)),
            ("1s", Some(1_000_000_000)),
            ("15m", Some(900_000_000_000)),
            ("1d", Some(86_400_000_000_000)),
            ("0s", None),
            ("m", None),
            ("1", None),
            ("1.5h", None),
            ("-1s", None),
            ("1y", None),
            ("99999999999999999999s", None),
            ("9999999999999d", None),
        ] {
            assert_eq!(span(text).ok(), want.map(Nanos), "{text:?}");
        }
    }
}

//! Percentile dumps, the text that HDR plotters read: value, percentile, count so far,
//! 1/(1 − percentile). Ours are in nanoseconds, and foreign ones are taken to be.

use std::fmt::Write as _;

use super::Series;

/// Steps in each halving of the distance to 100 %.
const STEPS: u32 = 5;

/// The dump of a series.
#[must_use]
pub fn write(series: &Series) -> String {
    let times = &series.times;
    let mut out = String::from("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut told = 0;
    for step in times.iter_quantiles(STEPS) {
        told += step.count_since_last_iteration();
        let quantile = step.quantile_iterated_to();
        let value = step.value_iterated_to();
        // Writing to a String does not fail.
        let _ = write!(out, "{:12}.000 {quantile:.12} {told:10}", value);
        let _ = if quantile < 1.0 {
            writeln!(out, " {:14.2}", 1.0 / (1.0 - quantile))
        } else {
            writeln!(out)
        };
    }
    let _ = writeln!(
        out,
        "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]\n\
         #[Max     = {:8}.000, Total count    = {:12}]\n\
         #[Tag     = {}]",
        times.mean(),
        times.stdev(),
        times.max(),
        times.len(),
        series.tag
    );
    out
}

/// Whether these bytes begin as a dump does.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    String::from_utf8_lossy(head).lines().take(8).any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("Value") && words.next() == Some("Percentile")
    })
}

/// Reads a dump. Each line's count stands at its value, so percentiles are as exact as the dump.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn read(bytes: &[u8], stem: &str) -> Result<Series, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "no percentile dump: no text")?;
    let mut series = Series::new(stem);
    let mut told = 0;
    for (at, line) in text.lines().enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", at + 1);
        if let Some(tag) = line.strip_prefix("#[Tag") {
            let tag = tag.trim_start_matches([' ', '=']).trim_end_matches(']');
            tag.clone_into(&mut series.tag);
        }
        let mut words = line.split_whitespace();
        let Some(value) = words.next().filter(|word| word.as_bytes()[0].is_ascii_digit()) else {
            continue;
        };
        let value = whole(value).ok_or_else(|| wrong("the value is no number"))?;
        let count: u64 = words
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| wrong("the count is no whole number"))?;
        let more = count.checked_sub(told).ok_or_else(|| wrong("the count runs back"))?;
        told = count;
        if more > 0 {
            series.times.saturating_record_n(value.max(1), more);
        }
    }
    if told == 0 { Err("no percentile dump: nothing is counted".into()) } else { Ok(series) }
}

/// The whole part of a decimal.
fn whole(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    part.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::super::Series;
    use super::{is_one, read, write};

    #[test]
    fn what_is_written_is_read() {
        let mut series = Series::new("decided");
        (1..=100_000).for_each(|time| series.times.saturating_record(time));
        let text = write(&series);
        assert!(is_one(text.as_bytes()));
        let back = read(text.as_bytes(), "file").expect("our own dump");
        assert_eq!((back.tag.as_str(), back.times.len()), ("decided", 100_000));
        for percentile in [50.0, 75.0, 99.0, 99.9, 100.0] {
            let (ours, theirs) = (
                series.times.value_at_percentile(percentile),
                back.times.value_at_percentile(percentile),
            );
            // A dump has five steps a halving: a value is known to within one of them.
            assert!(ours <= theirs && theirs <= ours + ours / 8, "{percentile}: {ours} {theirs}");
        }
    }

    #[test]
    fn lines_that_cannot_be_are_refused_by_number() {
        let head = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
        for (line, why) in [
            ("1.000 0.5 2 2.00\n1.000 0.6 1 2.5\n", "line 4: the count runs back"),
            ("1x 0.5 2\n", "line 3: the value"),
            ("1 0.5 x\n", "line 3: the count"),
            ("", "nothing is counted"),
        ] {
            let said = read(format!("{head}{line}").as_bytes(), "x").expect_err("rubbish");
            assert!(said.contains(why), "{said}");
        }
        assert!(!is_one(b"#[Histogram log format version 1.3]\n"));
    }
}

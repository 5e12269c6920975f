//! Interval logs: one line a histogram, V2 encoding, deflated, base64; tags tell the series.

use std::io;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, IntervalLogWriterError, LogEntry, Tag,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};

use super::Series;

/// The first line; the tools that read these logs look for it, the library does not write it.
const VERSION: &str = "[Histogram log format version 1.3]";
/// The line that names the columns.
const LEGEND: &str = "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\
                      \"Interval_Compressed_Histogram\"\n";
/// Maxima are written in milliseconds, as the readers of such logs expect.
const MAX_DIVISOR: f64 = 1_000_000.0;

/// The histograms of an interval.
#[derive(Debug)]
pub struct Interval<'i> {
    /// From the start of the log.
    pub start: Duration,
    /// How long it was.
    pub length: Duration,
    /// Its series.
    pub series: &'i [Series],
}

/// Writes a log. `comments` stand in its head, one line each.
///
/// # Errors
/// When the writer fails, or a tag holds a comma or a space.
pub fn write(
    out: &mut impl io::Write,
    start: SystemTime,
    comments: &[String],
    intervals: &[Interval<'_>],
) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut head = Vec::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment(VERSION);
    for comment in comments {
        builder.add_comment(comment);
    }
    builder.with_start_time(start).with_base_time(start);
    builder.begin_log_with(&mut head, &mut serializer)?;
    head.extend_from_slice(LEGEND.as_bytes());
    out.write_all(&head)?;
    // A builder without comments begins a log with nothing: what follows are intervals.
    let mut lines = IntervalLogWriterBuilder::new();
    lines.with_max_value_divisor(MAX_DIVISOR);
    let mut body = Vec::new();
    let mut log = lines.begin_log_with(&mut body, &mut serializer)?;
    for interval in intervals {
        for series in interval.series {
            let tag = Tag::new(&series.tag)
                .ok_or_else(|| io::Error::other(format!("no tag: {:?}", series.tag)))?;
            log.write_histogram(&series.times, interval.start, interval.length, Some(tag))
                .map_err(|error| match error {
                    IntervalLogWriterError::IoError(error) => error,
                    IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
                })?;
        }
    }
    out.write_all(&body)
}

/// Reads a log; intervals of one tag are added up.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn read(bytes: &[u8], stem: &str) -> Result<Vec<Series>, String> {
    let mut all: Vec<Series> = Vec::new();
    for entry in IntervalLogIterator::new(bytes) {
        let entry = entry.map_err(|error| format!("no interval log: {error:?}"))?;
        let LogEntry::Interval(interval) = entry else { continue };
        let tag = interval.tag().map_or(stem, |tag| tag.as_str());
        let packed = STANDARD
            .decode(interval.encoded_histogram())
            .map_err(|error| format!("a histogram is no base64: {error}"))?;
        let times = Deserializer::new()
            .deserialize(&mut packed.as_slice())
            .map_err(|error| format!("a histogram cannot be read: {error}"))?;
        if let Some(series) = all.iter_mut().find(|series| series.tag == tag) {
            series.times.add(&times).map_err(|error| format!("{tag}: {error}"))?;
        } else {
            all.push(Series { tag: tag.to_owned(), times });
        }
    }
    if all.is_empty() { Err("no interval log: not one histogram in it".into()) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::Series;
    use super::{Interval, read, write};

    fn series(tag: &str, times: impl Iterator<Item = u64>) -> Series {
        let mut series = Series::new(tag);
        times.for_each(|time| series.times.saturating_record(time));
        series
    }

    #[test]
    fn what_is_written_is_read_tag_by_tag() {
        let first = [series("read", 1..=1000), series("decided", 500..=900)];
        let second = [series("read", 2000..=2500)];
        let second_start = Duration::from_secs(1);
        let intervals = [
            Interval { start: Duration::ZERO, length: second_start, series: &first },
            Interval { start: second_start, length: second_start, series: &second },
        ];
        let mut bytes = Vec::new();
        write(&mut bytes, UNIX_EPOCH, &["machine: any".into()], &intervals).expect("memory");
        let text = String::from_utf8(bytes.clone()).expect("a text");
        assert!(text.starts_with("#[Histogram log format version 1.3]\n#machine: any\n"), "{text}");
        assert!(text.contains("\nTag=read,1.000,1.000,0.00"), "{text}");
        let all = read(&bytes, "x").expect("our own log");
        let told: Vec<_> =
            all.iter().map(|one| (one.tag.as_str(), one.times.len(), one.times.min())).collect();
        assert_eq!(told, [("read", 1501, 1), ("decided", 401, 500)]);
        // Exact: 2 500 has four digits, of which three are kept apart by the unit of 2.
        assert_eq!(all[0].times.max(), all[0].times.highest_equivalent(2500));
    }

    #[test]
    fn rubbish_is_refused_by_name() {
        for (bytes, why) in [
            (&b""[..], "not one histogram"),
            (b"#[Histogram log format version 1.3]\n", "not one histogram"),
            (b"1.0,2.0,3.0,%%%\n", "base64"),
            (b"1.0,2.0,3.0,aGVsbG8=\n", "cannot be read"),
            (b"hello\n", "no interval log"),
        ] {
            let said = read(bytes, "x").expect_err("rubbish");
            assert!(said.contains(why), "{said}");
        }
        let spaced = [series("a b", 1..=2)];
        let interval = Interval { start: Duration::ZERO, length: Duration::ZERO, series: &spaced };
        assert!(write(&mut Vec::new(), UNIX_EPOCH, &[], &[interval]).is_err());
    }
}

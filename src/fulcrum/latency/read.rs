//! The verb `latency read`: percentiles by tag, ratios of two, a picture.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::plot::{self, span};
use super::{PERCENTILES, Series};
use crate::cli::LatencyRead;
use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};

pub(crate) fn run(asked: &LatencyRead) -> Result<Exit, Stop> {
    let mut all = Vec::new();
    for path in &asked.files {
        let mut found = super::read(path).map_err(Stop::failed)?;
        if asked.files.len() > 1 {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            for series in found.iter_mut().filter(|series| series.tag != stem) {
                series.tag = format!("{stem}:{}", series.tag);
            }
        }
        all.append(&mut found);
    }
    let style = if asked.json { Style::Json } else { Style::Plain };
    let mut out = io::stdout().lock();
    table(&all, style, &mut out)?;
    if let [first, second] = asked.compare.as_slice() {
        compare(&all, first, second, style, &mut out)?;
    }
    out.flush()?;
    if let Some(path) = &asked.plot {
        let title = asked.title.clone().unwrap_or_else(|| "Latency by percentile".into());
        fs::write(path, plot::svg(&title, &all))
            .map_err(|error| Stop::new(Exit::Disk, format_args!("{}: {error}", path.display())))?;
    }
    Ok(Exit::Done)
}

fn table(all: &[Series], style: Style, out: &mut impl Write) -> io::Result<()> {
    if style == Style::Json {
        let mut record = Record::new(style);
        for Series { tag, times } in all {
            record.open("latency").text("tag", tag).number("count", times.len());
            for (name, percentile) in PERCENTILES {
                record.number(&format!("{name}_ns"), times.value_at_percentile(percentile));
            }
            record.number("max_ns", times.max()).end(out)?;
        }
        return Ok(());
    }
    let width = width(all.iter().map(|series| series.tag.as_str()));
    write!(out, "{:width$}", "")?;
    for (name, _) in PERCENTILES {
        write!(out, " {name:>9}")?;
    }
    writeln!(out, " {:>9} {:>10}", "max", "count")?;
    for Series { tag, times } in all {
        write!(out, "{tag:width$}")?;
        for (_, percentile) in PERCENTILES {
            write!(out, " {:>9}", span(times.value_at_percentile(percentile)))?;
        }
        writeln!(out, " {:>9} {:>10}", span(times.max()), times.len())?;
    }
    Ok(())
}

/// The first over the second, percentile by percentile.
fn compare(
    all: &[Series],
    first: &str,
    second: &str,
    style: Style,
    out: &mut impl Write,
) -> Result<(), Stop> {
    let (ours, theirs) = (named(all, first)?, named(all, second)?);
    let pairs: Vec<(&Series, &Series)> = match (ours.as_slice(), theirs.as_slice()) {
        ([one], [other]) => vec![(one, other)],
        _ => ours
            .iter()
            .filter_map(|one| Some((one, theirs.iter().find(|other| other.tag == one.tag)?)))
            .collect(),
    };
    if pairs.is_empty() {
        return Err(Stop::failed(format_args!("{first} and {second} have no tag in common")));
    }
    let mut record = Record::new(style);
    let name = |(one, _): &(&Series, &Series)| {
        if pairs.len() == 1 { format!("{first} / {second}") } else { one.tag.clone() }
    };
    let width = width(pairs.iter().map(name));
    for pair @ (one, other) in &pairs {
        let columns = PERCENTILES.map(|(called, percentile)| {
            let at = |series: &Series| series.times.value_at_percentile(percentile);
            (called, ratio(at(one), at(other)))
        });
        let most = ("max", ratio(one.times.max(), other.times.max()));
        if style == Style::Json {
            record.open("latency_ratio").text("first", first).text("second", second);
            record.text("tag", &one.tag);
            for (called, ratio) in columns.into_iter().chain([most]) {
                record.ratio(called, ratio);
            }
            record.end(out)?;
            continue;
        }
        write!(out, "{:width$}", name(pair))?;
        for (_, ratio) in columns.into_iter().chain([most]) {
            let told = ratio.map_or_else(|| "missing".into(), |ratio| format!("×{ratio:.2}"));
            write!(out, " {told:>9}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The series of a tag that was read, else those of a file.
fn named(all: &[Series], name: &str) -> Result<Vec<Series>, Stop> {
    let of_tag: Vec<Series> = all.iter().filter(|series| series.tag == name).cloned().collect();
    if !of_tag.is_empty() {
        return Ok(of_tag);
    }
    if !Path::new(name).exists() {
        let tags: Vec<&str> = all.iter().map(|series| series.tag.as_str()).collect();
        let known = tags.join(", ");
        return Err(Stop::usage(format_args!("{name} is no file and none of the tags {known}")));
    }
    super::read(Path::new(name)).map_err(Stop::failed)
}

fn ratio(one: u64, other: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two spans of less than a minute")]
    (other > 0).then(|| one as f64 / other as f64)
}

fn width<T: AsRef<str>>(names: impl Iterator<Item = T>) -> usize {
    names.map(|name| name.as_ref().chars().count()).max().unwrap_or(0)
}

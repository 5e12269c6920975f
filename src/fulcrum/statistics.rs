//! `fulcrum simulate --statistics`: the synthetic market's figures beside those of recordings, all
//! by the same computation from frames.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use archive::Archive;
use model::{HOUR, Nanos};
use simulator::statistics::{of_market, table};
use simulator::{Figures, MarketPlan, Statistics};

use crate::exit::{Exit, Stop};
use crate::record::{Record, Style};
use crate::simulated::{Lines, grid, symbol_of};

pub(crate) fn run(seed: u64, hours: u64, beside: &[String], json: bool) -> Result<Exit, Stop> {
    let mut columns = Vec::with_capacity(1 + beside.len());
    for files in beside {
        columns.push(recorded(files)?);
    }
    let figures = of_market(seed, MarketPlan::btcusdt(), Nanos(hours * HOUR.0));
    columns.push((format!("seed {seed}, {hours} h"), figures));
    let mut out = io::stdout().lock();
    if json {
        let mut record = Record::new(Style::Json);
        for (name, figures) in &columns {
            record.open("statistics").text("market", name);
            for (figure, value) in figures.rows() {
                record.ratio(figure, Some(value));
            }
            record.end(&mut out)?;
        }
    } else {
        let named: Vec<(&str, Figures)> =
            columns.iter().map(|(name, figures)| (name.as_str(), *figures)).collect();
        out.write_all(table(&named).as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// The figures of one tape, and the name of its first file.
fn recorded(files: &str) -> Result<(String, Figures), Stop> {
    let paths: Vec<PathBuf> = files.split(',').map(PathBuf::from).collect();
    let (instrument, _) = grid(&symbol_of(&paths)?)?;
    let mut statistics = Statistics::new(instrument.tick);
    for (_, frame) in (Lines { archive: Archive::open(&paths).map_err(Stop::failed)? }) {
        statistics.take(&frame);
    }
    let name =
        paths.first().and_then(|path| path.file_name()).unwrap_or(Path::new(files).as_os_str());
    let name = name.to_string_lossy();
    let name = name.split('.').next().unwrap_or_default();
    Ok((name.to_owned(), statistics.figures()))
}

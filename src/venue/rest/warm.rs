//! Before a run: the instruments, from the venue or from the cache of the last run, and the
//! history that windows start with.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use model::{Draft, Flags, Instrument, InstrumentId, Instruments, Interval, Kind, Nanos};
use wire::exchange_info;

use super::client::RestError;
use super::ledger::Need;
use super::questions::{PAGE, Questions};

/// Where the instruments came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The venue, just now.
    Venue,
    /// The cache, this long ago, because the venue did not answer.
    Cache(Duration),
}

/// The grids and filters of these symbols, in this order.
///
/// # Errors
/// [`RestError`] when neither the venue nor the cache has them all.
pub fn instruments(
    questions: &mut Questions,
    cache: Option<&Path>,
    symbols: &[&str],
) -> Result<(Instruments, Origin), RestError> {
    match questions.exchange_info() {
        Ok((bytes, list)) => {
            if let Some(path) = cache {
                // Without a cache the next start needs the venue; this one has what it needs.
                let _ = store(path, &bytes);
            }
            Ok((choose(&list, symbols)?, Origin::Venue))
        }
        Err(refused) => {
            let Some((bytes, age)) = cache.and_then(load) else { return Err(refused) };
            let list = exchange_info(&bytes)
                .map_err(|reason| RestError::Unreadable(format!("cache: {}", reason.sentence())))?;
            Ok((choose(&list, symbols)?, Origin::Cache(age)))
        }
    }
}

fn choose(list: &[Instrument], symbols: &[&str]) -> Result<Instruments, RestError> {
    let mut table = Instruments::default();
    for symbol in symbols {
        let found = list.iter().find(|one| one.symbol.text() == *symbol);
        let one = found.ok_or_else(|| {
            RestError::Unreadable(format!("the venue does not know the symbol {symbol}"))
        })?;
        table.put(*one).map_err(|error| RestError::Unreadable(error.to_string()))?;
    }
    Ok(table)
}

/// Keeps the venue's table: whole or not at all.
///
/// # Errors
/// The file system's.
pub fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

fn load(path: &Path) -> Option<(Vec<u8>, Duration)> {
    let written = fs::metadata(path).and_then(|about| about.modified()).ok()?;
    let age = SystemTime::now().duration_since(written).unwrap_or_default();
    Some((fs::read(path).ok()?, age))
}

/// Aggregate trades from an id up to (not including) a time or an id, page by page, as history
/// events. `take` gets each and says whether to go on. Returns the last id taken.
///
/// # Errors
/// [`RestError`] of the page that failed; what was taken before it stands.
pub fn trades(
    questions: &mut Questions,
    id: InstrumentId,
    from: u64,
    until: Nanos,
    mut take: impl FnMut(Draft) -> bool,
) -> Result<Option<u64>, RestError> {
    let mut next = from;
    let mut last = None;
    loop {
        let page = questions.trades(id, next, PAGE, Need::Routine)?;
        let count = page.len() as u64;
        for print in page {
            if print.head.time_match >= until {
                return Ok(last);
            }
            let mut draft = Draft::default();
            draft.open(Kind::Trade, id);
            draft.head = print.head;
            draft.head.lines = 0;
            draft.head.flags = draft.head.flags.with(Flags::HISTORY);
            if let Some(body) = print.body {
                draft.push(body);
            }
            last = Some(draft.head.id);
            next = draft.head.id + 1;
            if !take(draft) {
                return Ok(last);
            }
        }
        if count < PAGE {
            return Ok(last);
        }
    }
}

/// Closed candles of several intervals as history events, each interval oldest first.
///
/// # Errors
/// [`RestError`] of the first question that failed.
pub fn klines(
    questions: &mut Questions,
    id: InstrumentId,
    wanted: &[(Interval, u64)],
) -> Result<Vec<Draft>, RestError> {
    let mut all = Vec::new();
    for &(interval, count) in wanted {
        // The venue has no 1 s candles of futures.
        if interval != Interval::Second1 {
            all.extend(questions.klines(id, interval, count)?);
        }
    }
    Ok(all)
}

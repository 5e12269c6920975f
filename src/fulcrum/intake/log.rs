//! Journals to messages: as they were numbered by the run that wrote them.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use archive::Broken;
use engine::Drawn;
use journal::{Journal, JournalError, Reader};
use model::{Draft, InstrumentId, Kind};

use super::Account;
use crate::exit::Stop;
use crate::signals::Signals;

/// Journals, one after the other.
#[derive(Debug)]
pub(crate) struct Log {
    readers: VecDeque<Reader>,
    signals: Signals,
    account: Account,
}

/// Whether an input is a journal: a directory, or a segment by its first bytes.
pub(super) fn is_journal(path: &Path) -> Result<bool, Stop> {
    let about = fs::metadata(path)
        .map_err(|error| Stop::failed(format_args!("{}: {error}", path.display())))?;
    if !about.is_file() {
        // A pipe is not touched: what is read from it is gone.
        return Ok(about.is_dir());
    }
    Journal::is_segment(path).map_err(Stop::failed)
}

/// The journal at a path: a segment, a run's directory, or the home of one run.
fn open(path: &Path) -> Result<Journal, Stop> {
    match Journal::open(path) {
        Ok(journal) => Ok(journal),
        Err(JournalError::NoSegment(_)) => {
            Journal::open(&run_directory(path)?).map_err(Stop::failed)
        }
        Err(error) => Err(Stop::failed(error)),
    }
}

/// The run's directory that a path names: itself, or the only one in a home.
pub(super) fn run_directory(path: &Path) -> Result<PathBuf, Stop> {
    let missing = match Journal::open(path) {
        Ok(_) => return Ok(path.into()),
        Err(error @ JournalError::NoSegment(_)) => error,
        Err(error) => return Err(Stop::failed(error)),
    };
    match runs(path).as_slice() {
        [] => Err(Stop::failed(missing)),
        [only] => Ok(only.clone()),
        several => {
            let names: Vec<String> =
                several.iter().map(|path| path.display().to_string()).collect();
            Err(Stop::usage(format_args!(
                "{} holds several runs, name one: {}",
                path.display(),
                names.join(" ")
            )))
        }
    }
}

/// The directories of runs in a journal's home, in order.
fn runs(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home).into_iter().flatten().flatten();
    let is_run = |name: &str| name.len() == 16 && u64::from_str_radix(name, 16).is_ok();
    let mut runs: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_run))
        .map(|entry| entry.path())
        .collect();
    runs.sort_unstable();
    runs
}

impl Log {
    pub(super) fn open(paths: &[PathBuf], signals: &Signals) -> Result<Self, Stop> {
        let journals: Result<Vec<Journal>, Stop> = paths.iter().map(|path| open(path)).collect();
        Ok(Self {
            readers: journals?.iter().map(Journal::reader).collect(),
            signals: signals.clone(),
            account: Account::default(),
        })
    }

    pub(super) fn draw(&mut self, draft: &mut Draft) -> Result<Drawn, Stop> {
        while let Some(reader) = self.readers.front_mut() {
            self.signals.check()?;
            match reader.read() {
                Ok(Some(message)) => {
                    draft.open(Kind::Tick, InstrumentId::NONE);
                    for line in message.body.iter() {
                        draft.push(*line);
                    }
                    draft.head = *message.head;
                    self.account.lines += 1;
                    self.account.accepted += 1;
                    return Ok(Drawn::Numbered);
                }
                Ok(None) => {
                    for loss in reader.losses() {
                        eprintln!("fulcrum: {loss}");
                    }
                    self.readers.pop_front();
                }
                Err(JournalError::Lost(loss)) => {
                    let (file, byte) = (loss.path.clone(), loss.offset);
                    let what = loss.reason.to_string();
                    self.account.broken = Some(Broken { file, byte, what });
                    self.readers.clear();
                }
                Err(error) => return Err(Stop::failed(error)),
            }
        }
        Ok(Drawn::End)
    }

    pub(super) fn close(self) -> Account {
        self.account
    }
}

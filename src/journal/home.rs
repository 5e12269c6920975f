//! The journal's directory: one owner at a time, one directory a run.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use runtime::log::{decisions_directory, lock, run_directory};

use crate::disk::{Files, sync_directory};
use crate::loss::Loss;
use crate::recover::{Recovered, recover};

/// Why a journal cannot be opened, read or written.
#[derive(Debug)]
pub enum JournalError {
    /// A file or directory, with the system's reason.
    Io(PathBuf, io::Error),
    /// Another process has the journal.
    Taken(PathBuf),
    /// The run's number was used before.
    RunUsed(PathBuf),
    /// No segment there.
    NoSegment(PathBuf),
    /// The journal ends here; all before it is good.
    Lost(Loss),
}

impl fmt::Display for JournalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Taken(path) => {
                write!(out, "{}: another process writes this journal", path.display())
            }
            Self::RunUsed(path) => {
                write!(out, "{}: a run of this number is there already", path.display())
            }
            Self::NoSegment(path) => write!(out, "{}: no journal segment there", path.display()),
            Self::Lost(loss) => loss.fmt(out),
        }
    }
}

impl std::error::Error for JournalError {}

impl JournalError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::Io(path.into(), error)
    }
}

/// A journal directory that is ours alone, until this is dropped or the process dies.
#[derive(Debug)]
pub struct Home {
    directory: PathBuf,
    _lock: File,
}

impl Home {
    /// Makes the directory where it is missing, and takes it.
    ///
    /// # Errors
    /// [`JournalError::Taken`] while another process has it.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let io = |error| JournalError::Io(directory.into(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let lock = options.open(directory.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.into(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JournalError::Taken(directory.into())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// Makes the directory of a new run. To be called before the run's hot log is made, so that
    /// recovery knows whose the log was.
    ///
    /// # Errors
    /// [`JournalError::RunUsed`] for a run that is there already.
    pub fn begin(&self, run: u64) -> Result<Files, JournalError> {
        let path = self.run_directory(run);
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(JournalError::RunUsed(path));
            }
            Err(error) => return Err(JournalError::Io(path, error)),
        }
        sync_directory(&self.directory).map_err(JournalError::io(&self.directory))?;
        Ok(Files::new(path))
    }

    /// Makes the directory of a run's decisions, in the run's own. To be called before their hot
    /// log is made.
    ///
    /// # Errors
    /// [`JournalError::Io`]; a run's decisions are begun once.
    pub fn begin_decisions(&self, run: u64) -> Result<Files, JournalError> {
        let path = decisions(&self.run_directory(run));
        DirBuilder::new().mode(0o700).create(&path).map_err(JournalError::io(&path))?;
        sync_directory(&self.run_directory(run)).map_err(JournalError::io(&path))?;
        Ok(Files::new(path))
    }

    /// Brings to disk what runs of this journal that died left in `hot_dir`, and removes it
    /// there: of each run the log of events, then that of its decisions. Logs of other journals
    /// and of the living are left alone.
    ///
    /// # Errors
    /// [`JournalError::Io`]; what was not brought over stays in `hot_dir`.
    pub fn recover(&self, hot_dir: &Path) -> Result<Vec<Recovered>, JournalError> {
        let mut all = Vec::new();
        for run in self.runs()? {
            let disk = self.run_directory(run);
            all.extend(bring_home(run_directory(hot_dir, run), &disk, run)?);
            all.extend(bring_home(decisions_directory(hot_dir, run), &decisions(&disk), run)?);
        }
        Ok(all)
    }

    /// The runs of this journal, in the order of their numbers.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn runs(&self) -> Result<Vec<u64>, JournalError> {
        let io = |error| JournalError::Io(self.directory.clone(), error);
        let mut runs = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            let name = name.to_str().filter(|name| name.len() == 16);
            runs.extend(name.and_then(|name| u64::from_str_radix(name, 16).ok()));
        }
        runs.sort_unstable();
        Ok(runs)
    }

    /// Where a run lies.
    #[must_use]
    pub fn run_directory(&self, run: u64) -> PathBuf {
        self.directory.join(format!("{run:016x}"))
    }
}

/// Where the decisions of a run lie on disk, in the directory of the run.
#[must_use]
pub fn decisions(run: &Path) -> PathBuf {
    run.join("decisions")
}

/// Brings one hot log to disk and removes it; `None` where there is none, or where it lives.
fn bring_home(hot: PathBuf, disk: &Path, run: u64) -> Result<Option<Recovered>, JournalError> {
    if !hot.is_dir() {
        return Ok(None);
    }
    let lock = match lock(&hot) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(JournalError::Io(hot, error)),
    };
    let recovered = recover(&hot, disk, run)?;
    fs::remove_dir_all(&hot).map_err(JournalError::io(&hot))?;
    drop(lock);
    Ok(Some(recovered))
}

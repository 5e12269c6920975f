//! After a `kill -9`: what stands in shared memory and not yet on disk is brought over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use runtime::log::{segment_numbers, segment_path};

use crate::disk::{segment_name, sync_directory};
use crate::home::JournalError;
use crate::loss::Loss;
use crate::scan::{Medium, Scan, Step};

/// What recovery did for one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovered {
    /// The run.
    pub run: u64,
    /// Where it lies on disk.
    pub directory: PathBuf,
    /// The last message of the hot log; zero when there was none.
    pub last: u64,
    /// Messages that were not on disk before.
    pub messages: u64,
    /// What could not be kept of the hot segments.
    pub losses: Vec<Loss>,
    /// Damage of the disk's segments that the hot ones have mended.
    pub mended: Vec<Loss>,
}

/// The good part of a segment file.
struct Prefix {
    // Bytes of it, header included.
    bytes: u64,
    // The first and the next sequence.
    first: u64,
    next: u64,
    loss: Option<Loss>,
}

/// Brings each hot segment's good part to disk where the disk has less of it. A disk segment is
/// a prefix of the hot one, so it is replaced as a whole, by a rename: a power cut meanwhile
/// leaves the old or the new one.
pub(crate) fn recover(hot: &Path, disk: &Path, run: u64) -> Result<Recovered, JournalError> {
    let mut recovered = Recovered {
        run,
        directory: disk.into(),
        last: 0,
        messages: 0,
        losses: Vec::new(),
        mended: Vec::new(),
    };
    for number in segment_numbers(hot).map_err(JournalError::io(hot))? {
        let from = segment_path(hot, number);
        let Some(there) = prefix(&from, Medium::Hot).map_err(JournalError::io(&from))? else {
            continue;
        };
        let to = disk.join(segment_name(number));
        let here = match prefix(&to, Medium::Disk) {
            Ok(here) => here,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(JournalError::Io(to, error)),
        };
        recovered.last = recovered.last.max(there.next - 1);
        let on_disk = here.as_ref().map_or(there.first, |here| here.next.max(there.first));
        if here.as_ref().is_none_or(|here| here.bytes < there.bytes || here.loss.is_some()) {
            replace(&from, there.bytes, &to).map_err(JournalError::io(&to))?;
            recovered.messages += there.next.saturating_sub(on_disk);
        }
        recovered.mended.extend(here.and_then(|here| here.loss));
        recovered.losses.extend(there.loss);
    }
    sync_directory(disk).map_err(JournalError::io(disk))?;
    Ok(recovered)
}

/// The good part of a file; `None` for a hot segment that was not begun.
fn prefix(path: &Path, medium: Medium) -> io::Result<Option<Prefix>> {
    let mut scan = match Scan::open(path, medium)? {
        Ok(Some(scan)) => scan,
        Ok(None) => return Ok(None),
        Err(loss) => return Ok(Some(Prefix { bytes: 0, first: 1, next: 1, loss: Some(loss) })),
    };
    let loss = loop {
        match scan.step()? {
            Ok(Step::Message(_)) => {}
            Ok(Step::End(_)) => break None,
            Err(loss) => break Some(loss),
        }
    };
    let (bytes, first, next) = (scan.good(), scan.header.first, scan.next);
    Ok(Some(Prefix { bytes, first, next, loss }))
}

/// Copies the first `bytes` of a file beside another, syncs the copy and renames it over that.
fn replace(from: &Path, bytes: u64, to: &Path) -> io::Result<()> {
    let unfinished = to.with_extension("recovering");
    let mut options = OpenOptions::new();
    let mut copy = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    let copied = io::copy(&mut File::open(from)?.take(bytes), &mut copy)?;
    if copied != bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    copy.sync_all()?;
    fs::rename(&unfinished, to)
}

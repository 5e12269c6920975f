//! Where bytes rest: a trait with two bodies, the files of a directory and, in tests, a disk
//! that dies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A place for files that are written once, front to back.
pub trait Disk {
    /// One such file.
    type File: DiskFile;

    /// Makes an empty file that did not exist; its name survives a power cut.
    ///
    /// # Errors
    /// The system's. The disk is to be taken as failed.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
}

/// A file that only grows.
pub trait DiskFile {
    /// Appends all of the bytes.
    ///
    /// # Errors
    /// The system's; some of the bytes may have been written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written survives a power cut.
    ///
    /// # Errors
    /// The system's. After that nobody knows what was kept: a second sync may say yes and mean
    /// nothing, so it is never tried.
    fn sync(&mut self) -> io::Result<()>;
}

/// The files of one directory.
#[derive(Debug)]
pub struct Files {
    directory: PathBuf,
}

impl Files {
    /// The files of a directory that exists.
    #[must_use]
    pub const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Makes the names in a directory survive a power cut.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

impl Disk for Files {
    type File = FileOnDisk;

    fn create(&mut self, name: &str) -> io::Result<FileOnDisk> {
        let path = self.directory.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        sync_directory(&self.directory)?;
        Ok(FileOnDisk(file))
    }
}

/// A file of [`Files`].
#[derive(Debug)]
pub struct FileOnDisk(File);

impl DiskFile for FileOnDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Where segment `number` lies in a run's directory.
pub(crate) fn segment_name(number: u64) -> String {
    format!("{number:010}.journal")
}

/// The numbers of the disk segments in a directory, ascending.
pub(crate) fn segment_numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if path.extension().is_some_and(|extension| extension == "journal")
            && let Some(number) = stem.and_then(|stem| stem.parse().ok())
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

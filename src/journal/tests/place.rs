//! Directories of a test's own, gone when it is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory of a test's own.
pub(crate) struct Place(PathBuf);

impl Place {
    /// In shared memory where there is any.
    pub(crate) fn hot() -> Self {
        let shared = Path::new("/dev/shm");
        Self::under(if shared.is_dir() { shared } else { Path::new(env!("CARGO_TARGET_TMPDIR")) })
    }

    /// On disk, where the build's own files lie.
    pub(crate) fn disk() -> Self {
        Self::under(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    fn under(base: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("fulcrum-test-journal-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

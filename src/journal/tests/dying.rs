//! The disk that dies: it keeps what was synced, and of the rest what chance leaves.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use journal::{Disk, DiskFile};

/// What a power cut leaves of bytes that were written and not synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Torn {
    /// Nothing.
    Nothing,
    /// A part of them.
    Half,
    /// The length, and zeros.
    Zeros,
    /// The length, and what stood there before.
    Rubbish,
    /// All but one block in the middle.
    HoleInside,
}

pub(crate) const ALL_TORN: [Torn; 5] =
    [Torn::Nothing, Torn::Half, Torn::Zeros, Torn::Rubbish, Torn::HoleInside];

#[derive(Default)]
struct Bytes {
    written: Vec<u8>,
    synced: usize,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Bytes>,
    steps: u64,
    dies_at: u64,
    space: usize,
    syncs_failed: u64,
}

/// A disk in memory that fails from its n-th step on. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct DyingDisk(Arc<Mutex<State>>);

/// A file of it.
pub(crate) struct DyingFile {
    disk: DyingDisk,
    name: String,
}

fn enospc() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

fn eio() -> io::Error {
    // EIO has no kind of its own.
    io::Error::from_raw_os_error(5)
}

impl DyingDisk {
    /// Dies in the step of this number, from 0: a step is a creation, a write or a sync.
    pub(crate) fn dies_at(step: u64) -> Self {
        let state = State { dies_at: step, space: usize::MAX, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Is full after so many bytes.
    pub(crate) fn of_bytes(space: usize) -> Self {
        let state = State { dies_at: u64::MAX, space, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }

    /// Steps taken so far.
    pub(crate) fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Syncs asked for after one had failed.
    pub(crate) fn syncs_after_failure(&self) -> u64 {
        self.state().syncs_failed.saturating_sub(1)
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.state();
        state.steps += 1;
        if state.steps > state.dies_at { Err(eio()) } else { Ok(()) }
    }

    /// What is found after the power comes back.
    pub(crate) fn after_power_cut(&self, directory: &Path, torn: Torn) {
        for (name, bytes) in &self.state().files {
            let (kept, lost) = bytes.written.split_at(bytes.synced);
            let mut image = kept.to_vec();
            match torn {
                Torn::Nothing => {}
                Torn::Half => image.extend(&lost[..lost.len() / 2]),
                Torn::Zeros => image.resize(bytes.written.len(), 0),
                Torn::Rubbish => image.extend(lost.iter().map(|byte| byte.wrapping_mul(31) ^ 0x5a)),
                Torn::HoleInside => {
                    image.extend(lost);
                    let hole = kept.len() + lost.len() / 3;
                    let end = (hole + 512).min(image.len());
                    image[hole..end].fill(0);
                }
            }
            fs::write(directory.join(name), image).expect("the test's own directory");
        }
    }
}

impl Disk for DyingDisk {
    type File = DyingFile;

    fn create(&mut self, name: &str) -> io::Result<DyingFile> {
        self.step()?;
        let before = self.state().files.insert(name.into(), Bytes::default());
        assert!(before.is_none(), "{name} is made once");
        Ok(DyingFile { disk: self.clone(), name: name.into() })
    }
}

impl DiskFile for DyingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let alive = self.disk.step();
        let mut state = self.disk.state();
        // A dying write leaves a part behind.
        let count = if alive.is_ok() { bytes.len() } else { bytes.len() / 2 };
        let fits = count.min(state.space);
        state.space -= fits;
        let file = state.files.get_mut(&self.name).expect("created");
        file.written.extend_from_slice(&bytes[..fits]);
        alive?;
        if fits < bytes.len() { Err(enospc()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let alive = self.disk.step();
        let mut state = self.disk.state();
        if let Err(error) = alive {
            state.syncs_failed += 1;
            return Err(error);
        }
        let file = state.files.get_mut(&self.name).expect("created");
        file.synced = file.written.len();
        Ok(())
    }
}

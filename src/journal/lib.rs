//! The memory on disk: recorder, recovery, reading, format.
//!
//! ```text
//! hot log ── tail ──▶ recorder ── write, fdatasync ──▶ JOURNAL/RUN/0000000001.journal …
//!    │                                                        │
//!    └── after a kill -9 ── Home::recover ────────────────────┴──▶ Journal ──▶ Reader
//! ```
//!
//! A disk segment is the hot segment of the same number, byte for byte, as far as it was synced:
//! recovery compares prefixes and never has to guess. What has no fixed size lies in a side file
//! beside the segments; what the run decided, in a log of the same form below it. The format is described in docs/JOURNAL_FORMAT.md.
//!
//! **Invariants.** Nothing here runs on a hot thread. What was read from disk is never trusted
//! and never asserted: it is checked, and what is lost is said. A failed sync is final for its
//! disk. No decision reads the side file.
#![forbid(unsafe_code)]

mod disk;
mod home;
mod loss;
mod read;
mod record;
mod recover;
mod scan;
mod side;

pub use disk::{Disk, DiskFile, FileOnDisk, Files};
pub use home::{Home, JournalError, decisions};
pub use loss::{Loss, Reason};
pub use read::{Journal, Reader};
pub use record::{RecordError, Recorder, RecorderCounter, RecorderPlan, Recording};
pub use recover::Recovered;
pub use side::{SIDE_MAGIC, Side, SideHeader, SideKind, SideReader};

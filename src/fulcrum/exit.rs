//! How the program ends: documented exit codes, one sentence on stderr.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

/// The exit codes of the command line that exist so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line asks for something that cannot be.
    Usage = 2,
    /// The venue does not answer, or not what was asked.
    Unavailable = 69,
    /// What must hold does not: two derivations of the same log differ.
    Broken = 70,
    /// A disk or a pipe does not take what is written.
    Disk = 74,
    /// The configuration is wrong.
    Configuration = 78,
    /// Interrupted from the keyboard.
    Interrupted = 130,
    /// Told to end.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a verb ends early.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) exit: Exit,
    /// What to tell; empty when everything was said.
    pub(crate) message: String,
}

impl Stop {
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    pub(crate) fn failed(message: impl Display) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// An exit about which everything was said.
    pub(crate) const fn silent(exit: Exit) -> Self {
        Self { exit, message: String::new() }
    }
}

/// Writing to stdout failed: a reader that went away wants no more and no word about it.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Done);
        }
        Self::new(Exit::Disk, format_args!("cannot write to stdout: {error}"))
    }
}

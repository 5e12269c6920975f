//! Signals: SIGINT and SIGTERM end a run between two items, cleanly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::{Exit, Stop};

/// Whether somebody asked us to end.
#[derive(Clone, Debug)]
pub(crate) struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Watches from now on. A second signal of the same kind ends the process at once.
    pub(crate) fn watch() -> Result<Self, Stop> {
        let asked = Arc::new(AtomicUsize::new(0));
        for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            let seen = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let code = i32::from(exit as u8);
            let ready = |error| Stop::failed(format_args!("cannot watch signals: {error}"));
            // In this order: the first signal finds `seen` unset and only then sets it.
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&seen))
                .map_err(ready)?;
            signal_hook::flag::register(signal, seen).map_err(ready)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&asked), exit as usize)
                .map_err(ready)?;
        }
        Ok(Self(asked))
    }

    /// The exit that was asked for.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            code if code == Exit::Interrupted as usize => Err(Stop::silent(Exit::Interrupted)),
            _ => Err(Stop::silent(Exit::Terminated)),
        }
    }
}

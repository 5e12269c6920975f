//! Cores: which there are, and how a thread gets one.

use std::fmt;
use std::sync::OnceLock;

use core_affinity::CoreId;

/// Cores that a mask can name: the width of the system's own set.
const CORES_MAX: usize = 1024;

/// A core by the system's number. Always built from a number, never from a place in a list:
/// the list lacks isolated cores, so a place in it may be another core.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Core(pub usize);

impl fmt::Display for Core {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The cores that this process may use: the affinity mask as it was at the first call, ascending.
///
/// Call it at the start, before any thread is pinned: the mask is the calling thread's, and a
/// pinned one has a single core in it. Empty when the system does not tell.
#[must_use]
pub fn usable_cores() -> &'static [Core] {
    static USABLE: OnceLock<Vec<Core>> = OnceLock::new();
    USABLE.get_or_init(|| {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let mut cores: Vec<_> = cores.into_iter().map(|core| Core(core.id)).collect();
        cores.sort_unstable();
        cores
    })
}

/// Pins the calling thread; `false` when the system refuses the core.
#[must_use]
pub fn pin(core: Core) -> bool {
    // The mask is read first, so that a later question is not answered with this one core.
    let _ = usable_cores();
    core.0 < CORES_MAX && core_affinity::set_for_current(CoreId { id: core.0 })
}

#[cfg(test)]
mod tests {
    use super::{Core, pin, usable_cores};

    #[test]
    fn a_pinned_thread_does_not_shrink_the_list() {
        let before = usable_cores().to_vec();
        let first = before.first().copied();
        std::thread::spawn(move || {
            if let Some(core) = first {
                assert!(pin(core));
                assert_eq!(core_affinity::get_core_ids().map(|ids| ids.len()), Some(1));
            }
            assert_eq!(usable_cores(), before);
        })
        .join()
        .expect("the list is the same on a pinned thread");
    }

    #[test]
    fn a_core_that_is_not_there_is_refused() {
        std::thread::spawn(|| {
            assert!(!pin(Core(1023)));
            assert!(!pin(Core(1_000_000)));
        })
        .join()
        .expect("a refusal is no panic");
    }
}

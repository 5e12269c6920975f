//! Cores: which there are, how a thread gets one, and how all others keep off it.

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

/// Keeps the calling thread off these cores, and every thread that it starts from now on: they
/// share the other usable ones. `false` when none is left or the system refuses; nothing changes
/// then. A thread that is started later can still be pinned to any core.
#[must_use]
pub fn keep_off(cores: &[Core]) -> bool {
    let usable = usable_cores().iter();
    let rest: Vec<Core> = usable.filter(|core| !cores.contains(core)).copied().collect();
    !rest.is_empty() && rest.iter().all(|core| core.0 < CORES_MAX) && confine(&rest)
}

#[cfg(target_os = "linux")]
fn confine(cores: &[Core]) -> bool {
    // JUSTIFICATION: the crate that pins knows masks of one core only.
    // SAFETY: the set is plain bits, and no bit set is one of its values.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for core in cores {
        // JUSTIFICATION: as above. SAFETY: the caller held the number below the set's width.
        unsafe { libc::CPU_SET(core.0, &mut set) };
    }
    // JUSTIFICATION: as above.
    // SAFETY: the set lives through the call, which is told its size; 0 is the calling thread.
    unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn confine(_cores: &[Core]) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::{Core, keep_off, pin, usable_cores};

    fn mask() -> Vec<Core> {
        let ids = core_affinity::get_core_ids().unwrap_or_default();
        ids.into_iter().map(|core| Core(core.id)).collect()
    }

    #[test]
    fn who_keeps_off_a_core_keeps_its_children_off_and_can_still_seat_one_there() {
        let usable = usable_cores().to_vec();
        std::thread::spawn(move || {
            let [hot, rest @ ..] = usable.as_slice() else { return };
            assert_eq!(keep_off(&[*hot]), !rest.is_empty());
            let left = if rest.is_empty() { &usable } else { rest };
            assert_eq!(mask(), left);
            assert_eq!(usable_cores(), usable, "the list is of the process");
            std::thread::scope(|scope| {
                let child = scope.spawn(mask);
                assert_eq!(child.join().expect("a mask"), left);
                let seated = scope.spawn(|| (pin(*hot), mask()));
                assert_eq!(seated.join().expect("a mask"), (true, vec![*hot]));
            });
            assert!(!keep_off(&usable), "somewhere it must stay");
            assert_eq!(mask(), left, "a refusal changes nothing");
            assert!(keep_off(&[]), "off nothing is back on all");
            assert_eq!(mask(), usable);
        })
        .join()
        .expect("masks as told");
    }

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

//! What a runner does when nothing moved.

use std::time::Duration;

/// How a thread waits. Nobody ever wakes it: a producer stays free of system calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Idle {
    /// Polls without a pause: a core of its own, no system call, the shortest hop.
    Spin,
    /// Polls, and offers the core to others each time: +25–50 % on a hop.
    Yield,
    /// Sleeps between polls, for machines that have other work.
    Park {
        /// How long a nap lasts; the kernel adds some 50 µs of its own.
        nap: Duration,
    },
}

/// Polls in vain before a parked runner lies down: a burst's next message finds it awake.
const POLLS_BEFORE_NAP: u32 = 64;

impl Idle {
    /// The nap that configuration starts from.
    pub const NAP: Duration = Duration::from_micros(100);

    /// Whether a thread that waits so needs a core for itself.
    #[must_use]
    pub const fn spins(self) -> bool {
        matches!(self, Self::Spin)
    }

    /// The name in configuration.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Spin => "spin",
            Self::Yield => "yield",
            Self::Park { .. } => "park",
        }
    }
}

/// One runner's idling: the strategy, and for how long nothing has moved.
#[derive(Debug)]
pub struct Idler {
    strategy: Idle,
    // Cycles in vain since something moved; stops counting at the nap.
    vain: u32,
}

impl Idler {
    /// An idler that has just been busy.
    #[must_use]
    pub const fn new(strategy: Idle) -> Self {
        Self { strategy, vain: 0 }
    }

    /// Called once a cycle with what it moved; waits when that is nothing.
    #[inline]
    pub fn cycled(&mut self, moved: usize) {
        if moved > 0 {
            self.vain = 0;
            return;
        }
        match self.strategy {
            Idle::Spin => std::hint::spin_loop(),
            Idle::Yield => std::thread::yield_now(),
            Idle::Park { nap } => self.nap(nap),
        }
    }

    #[cold]
    fn nap(&mut self, nap: Duration) {
        if self.vain < POLLS_BEFORE_NAP {
            self.vain += 1;
            std::hint::spin_loop();
        } else {
            std::thread::sleep(nap);
        }
    }
}

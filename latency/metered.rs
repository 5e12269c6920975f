//! A stage whose thread notices when it loses its core, and that empties the caches if asked.

use model::Nanos;
use runtime::Stage;

use crate::switches::{Bearing, Meter, Turn, Watched};

/// 8 MB: more than the caches that are a core's own.
const WALK_WORDS: usize = 1 << 20;

/// A stage and what watches its thread.
#[derive(Debug)]
pub(crate) struct Metered<T> {
    pub(crate) stage: T,
    meter: Meter,
    // What the last cycle was.
    last: Turn,
    // Written through to push everything else out of the caches; empty when they are to stay hot.
    walk: Vec<u64>,
}

impl<T> Metered<T> {
    /// The stage on a thread that waits like this. When `cold`, the caches are emptied each time
    /// that it has nothing more to do: never while a frame waits, so that no queue is measured.
    pub(crate) fn new(stage: T, bearing: Bearing, cold: bool) -> Self {
        let walk = if cold { vec![1; WALK_WORDS] } else { Vec::new() };
        Self { stage, meter: Meter::new(bearing), last: Turn::Idle, walk }
    }

    pub(crate) fn into_parts(self) -> (T, Watched) {
        (self.stage, self.meter.end())
    }
}

impl<T: Stage> Stage for Metered<T> {
    fn role(&self) -> &'static str {
        self.stage.role()
    }

    #[inline]
    fn cycle(&mut self, now: Nanos) -> usize {
        self.meter.turn(now, self.last);
        let moved = self.stage.cycle(now);
        self.last = match self.last {
            _ if moved > 0 => Turn::Busy,
            Turn::Busy if !self.walk.is_empty() => {
                // A word of each cache line.
                for word in self.walk.iter_mut().step_by(8) {
                    *word = word.wrapping_add(now.0);
                }
                Turn::Walked
            }
            _ => Turn::Idle,
        };
        moved
    }

    fn is_done(&self) -> bool {
        self.stage.is_done()
    }

    fn stop(&mut self) {
        self.stage.stop();
    }

    fn close(&mut self) {
        self.stage.close();
    }
}

#[cfg(test)]
mod tests {
    use model::Nanos;
    use runtime::Stage;

    use super::{Bearing, Metered};
    use crate::switches::Cause;

    /// Moves as the script says.
    struct Script(Vec<usize>);

    impl Stage for Script {
        fn role(&self) -> &'static str {
            "script"
        }

        fn cycle(&mut self, _now: Nanos) -> usize {
            self.0.pop().unwrap_or(0)
        }

        fn is_done(&self) -> bool {
            self.0.is_empty()
        }

        fn close(&mut self) {}
    }

    #[test]
    fn the_caches_are_emptied_once_behind_the_last_frame_that_waited() {
        for (cold, walks) in [(true, 2), (false, 0)] {
            let script = Script(vec![0, 0, 1, 0, 0, 0, 3, 1, 1, 0]);
            let mut stage = Metered::new(script, Bearing::Spins, cold);
            let moved: usize = (1..=10).map(|at| stage.cycle(Nanos(at * 5_000))).sum();
            assert!(moved == 6 && stage.is_done());
            let marks = stage.into_parts().1.marks;
            let walked = marks.iter().filter(|mark| mark.cause == Cause::Walk);
            assert_eq!(walked.count(), walks, "{marks:?}");
        }
    }
}

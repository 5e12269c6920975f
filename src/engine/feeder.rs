//! Stage 1 of a run that is not live: draws messages from a source and waits at the door.

use model::{Draft, Nanos};
use runtime::door::{Door, Keep};
use runtime::stage::Stage;
use runtime::station::Outlet;

/// What a source has drawn into the draft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// A message to be numbered.
    Fresh,
    /// A message that a log has numbered already.
    Numbered,
    /// Nothing now; ask again.
    Nothing,
    /// Nothing ever again.
    End,
}

/// Where messages come from.
pub trait Source: Send + 'static {
    /// Draws the next message into `draft`.
    fn draw(&mut self, draft: &mut Draft) -> Drawn;
}

/// Messages in one cycle at most.
const MESSAGES_PER_CYCLE: usize = 64;

/// A source at the door.
#[derive(Debug)]
pub struct Feeder<F, W, K> {
    source: F,
    door: Door<W, K>,
    draft: Draft,
    // Drawn, but the door was shut.
    waiting: Drawn,
    ended: bool,
}

impl<F: Source, W: Outlet, K: Keep> Feeder<F, W, K> {
    /// A feeder in front of a door.
    pub fn new(source: F, door: Door<W, K>) -> Self {
        Self { source, door, draft: Draft::default(), waiting: Drawn::Nothing, ended: false }
    }

    /// The door, when the river has ended.
    #[must_use]
    pub fn into_door(self) -> Door<W, K> {
        self.door
    }

    /// One message through the door; `false` when none was there or the door is shut.
    fn step(&mut self) -> bool {
        if self.waiting == Drawn::Nothing {
            self.waiting = self.source.draw(&mut self.draft);
        }
        let entered = match self.waiting {
            Drawn::Fresh => self.door.enter(&mut self.draft).is_ok(),
            Drawn::Numbered => self.door.replay(self.draft.message()).is_ok(),
            Drawn::Nothing => false,
            Drawn::End => {
                self.ended = true;
                false
            }
        };
        if entered {
            self.waiting = Drawn::Nothing;
        }
        entered
    }
}

impl<F, W, K> Stage for Feeder<F, W, K>
where
    F: Source,
    W: Outlet + Send + 'static,
    K: Keep + Send + 'static,
{
    fn role(&self) -> &'static str {
        "feed"
    }

    fn cycle(&mut self, _now: Nanos) -> usize {
        let mut moved = 0;
        while moved < MESSAGES_PER_CYCLE && !self.ended && self.step() {
            moved += 1;
        }
        moved
    }

    fn is_done(&self) -> bool {
        self.ended || self.door.way().is_abandoned()
    }

    fn stop(&mut self) {
        self.ended = true;
    }

    fn close(&mut self) {
        self.door.way_mut().close();
    }
}

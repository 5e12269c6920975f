//! A market in memory: decoded or imagined once, handed out as often as a test asks.

use model::{Draft, Head, Line};

/// Messages in order, each a head and its body lines.
#[derive(Default, Debug)]
pub struct Tape {
    lines: Vec<Line>,
    messages: usize,
}

impl Tape {
    /// Keeps a message as it stands.
    pub fn keep(&mut self, draft: &Draft) {
        self.lines.push(Line::of(draft.head));
        self.lines.extend_from_slice(draft.body());
        self.messages += 1;
    }

    /// How many messages.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.messages
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Hands out the first so many messages with their places.
    ///
    /// # Panics
    /// When a kept message was none.
    pub fn first(&self, count: usize, mut take: impl FnMut(usize, &mut Draft)) {
        let mut draft = Draft::default();
        let mut rest = self.lines.iter();
        for at in 0..count.min(self.messages) {
            let head: &Head = rest.next().expect("a head").view();
            draft.open(head.kind().expect("a known kind"), head.instrument);
            for line in rest.by_ref().take(usize::from(head.lines)) {
                draft.push(*line);
            }
            draft.head = *head;
            take(at, &mut draft);
        }
    }
}

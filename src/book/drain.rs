//! What levels lost by an event: old quantity less new, where it is less.
//!
//! A ladder that is being set knows what stood there before. So the event's own lines are copied
//! and, slot by slot, get what was lost for their lots: nothing is searched, nothing packed
//! again, and the message that goes out lies ready when the event is applied.

use model::{Body, DRAIN_LINES_MAX, DepthForm, DepthLine, DrainLine, Level, Line, Nanos};

use crate::ladder::RUN;

/// The losses of one event.
#[derive(Debug)]
pub(crate) struct Drain {
    // The first is a `DrainLine`, then the event's; behind the last that goes out a run that
    // nobody reads.
    lines: Box<[Line]>,
    // Levels that could not be compared.
    cut: u32,
}

impl Drain {
    /// Every page is written here, none first on the hot path.
    pub(crate) fn new() -> Self {
        let lines = vec![Line([std::hint::black_box(1); 8]); 1 + DRAIN_LINES_MAX + RUN];
        Self { lines: lines.into_boxed_slice(), cut: 0 }
    }

    /// An event begins.
    pub(crate) const fn open(&mut self) {
        self.cut = 0;
    }

    /// Levels that are not compared.
    pub(crate) const fn cut(&mut self, levels: u32) {
        self.cut = self.cut.saturating_add(levels);
    }

    /// A copy of a run of packed lines, the first of which is the event's line `at`: whoever
    /// sets their levels writes the losses over their lots.
    #[inline]
    pub(crate) fn copy(&mut self, at: usize, run: &[Line]) -> &mut [Line] {
        let at = 1 + at.min(DRAIN_LINES_MAX);
        let lost = &mut self.lines[at..at + run.len()];
        lost.copy_from_slice(run);
        lost
    }

    /// A line of another form, the event's line `at`.
    #[cold]
    pub(crate) fn pass_over(&mut self, at: usize, line: &Line) {
        self.lines[1 + at.min(DRAIN_LINES_MAX)] = Line::ZERO;
        // Off the grid nothing is printed: nothing of it can have been traded.
        if DepthForm::of(line) == Some(DepthForm::Wide) {
            self.cut(u32::try_from(Level::all(line).count()).unwrap_or(0));
        }
    }

    /// The message's body, given the event's; none for an event of no lines.
    #[inline]
    pub(crate) fn tell(&mut self, body: Body<'_>, time_before: Nanos) -> &[Line] {
        let count = body.len().min(DRAIN_LINES_MAX);
        if count == 0 {
            return &[];
        }
        if count < body.len() {
            self.cut_tail(body);
        }
        let cut = self.cut;
        self.lines[0] = Line::of(DrainLine { time_before, cut, reserved: 0, more: [0; 6] });
        &self.lines[..=count]
    }

    /// The event has more lines than go out.
    #[cold]
    fn cut_tail(&mut self, body: Body<'_>) {
        for line in body.iter().skip(DRAIN_LINES_MAX) {
            let line: &DepthLine = line.view();
            self.cut(u32::from(line.bids) + u32::from(line.asks));
        }
    }
}

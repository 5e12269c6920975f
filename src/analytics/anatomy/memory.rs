//! What is remembered of a window between two analyses.

use model::{Lots, Nanos, Price, Trust, Window};

use super::shape::{Class, Held};
use crate::windows::{Completed, State};

/// The histogram that is analysed: whose, as of when, how far to be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) window: Window,
    pub(super) trust: Trust,
    pub(super) version: u64,
    /// The venue clock when it was copied.
    pub(super) time: Nanos,
    /// Low edge of its lowest bin.
    pub(super) low: Price,
    pub(super) bin_ticks: i64,
    pub(super) volume: Lots,
    /// The session is over.
    pub(super) completed: bool,
    /// Its class counts as that of a 15 m close.
    pub(super) closes: bool,
    // When its session opened.
    opened: Option<Nanos>,
}

/// Of one place among the windows.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Memory {
    window: Option<Window>,
    /// When its session opened.
    pub(super) opened: Option<Nanos>,
    // Since when an anchored window is kept.
    anchor: Option<Nanos>,
    // The profile's version and trust as analysed last.
    seen: Option<(u64, Trust)>,
    version: u64,
    held: Held,
    // Whether the closes behind `held` were all of a sound histogram.
    is_sound: bool,
    // What counted for the session before.
    held_before: Held,
    /// A 15 m bar closed since it was copied last.
    pub(super) closed: bool,
}

impl Memory {
    /// Its session is another one.
    pub(super) fn turn(&mut self, state: &State) {
        (self.window, self.opened) = (Some(state.window), state.opened());
        self.held_before = std::mem::take(&mut self.held);
        (self.is_sound, self.closed, self.seen) = (false, false, None);
    }

    /// What is to be analysed now; `None` when nothing changed.
    pub(super) fn row(&mut self, state: &State, trust: Trust, clock: Nanos) -> Option<Row> {
        let anchor = state.since().and_then(|since| since.time);
        if self.window != Some(state.window) || self.anchor != anchor {
            // A close of before is none of the new anchor's.
            let Self { opened, version, .. } = *self;
            let window = Some(state.window);
            *self = Self { window, opened, anchor, version, ..Self::default() };
        }
        let profile = &state.profile;
        // A composite that is being put together is no close's; its next look is.
        let closes = !trust.has(Trust::PROVISIONAL) && std::mem::take(&mut self.closed);
        let seen = Some((profile.version(), trust));
        // A window that never held a trade has nothing to say.
        let is_blank = self.seen.is_none() && profile.is_empty();
        if is_blank || (self.seen == seen && !closes) {
            return None;
        }
        self.seen = seen;
        self.version += 1;
        Some(Row {
            window: state.window,
            trust,
            version: self.version,
            time: clock,
            low: Price(0),
            bin_ticks: profile.bin_ticks(),
            volume: profile.volume(),
            completed: false,
            closes,
            opened: self.opened,
        })
    }

    /// The session that is over.
    pub(super) fn row_of(&mut self, completed: &Completed<'_>, clock: Nanos) -> Row {
        self.version += 1;
        Row {
            window: self.window.unwrap_or(Window::Day),
            trust: completed.trust,
            version: self.version,
            time: clock,
            low: Price(0),
            bin_ticks: completed.profile.bin_ticks(),
            volume: completed.profile.volume(),
            completed: true,
            closes: false,
            opened: self.opened,
        }
    }

    /// The class found; which one counts. What was found at a close while trades were missing
    /// counts for nothing that is told as sound: there the three closes begin anew.
    pub(super) fn judge(&mut self, row: &Row, class: Option<Class>) -> Held {
        // A session may have ended while its row was worked on.
        if row.completed || row.opened != self.opened {
            return self.held_before;
        }
        let sound = row.trust == Trust::SOUND;
        if row.closes {
            if sound && !self.is_sound {
                self.held = Held::default();
            }
            self.is_sound = sound;
            self.held.close(class);
        }
        if sound && !self.is_sound { Held::default() } else { self.held }
    }
}

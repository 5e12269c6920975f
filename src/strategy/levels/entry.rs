//! What the level book publishes.

use model::{Nanos, Price, Trust, Window};

use super::score::{Kinds, Terms};
use crate::terms::{Level, LevelKind};

/// Reasons that a level keeps; of more the best.
pub const REASONS_MAX: usize = 8;

/// A candidate that was absorbed by a better one within 0.08 %.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reason {
    /// What it was made of.
    pub kind: LevelKind,
    /// Where it came from.
    pub window: Window,
    /// The session was over.
    pub completed: bool,
    /// Where it was.
    pub price: Price,
    /// The score it had.
    pub score: f64,
}

impl Reason {
    pub(super) const BLANK: Self = Self {
        kind: LevelKind::Lvn,
        window: Window::All,
        completed: false,
        price: Price(0),
        score: 0.0,
    };
}

/// What a level absorbed, best first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reasons {
    pub(super) kept: [Reason; REASONS_MAX],
    /// How many candidates were absorbed, those beyond [`REASONS_MAX`] included.
    pub absorbed: u32,
}

impl Reasons {
    /// The best of them, best first.
    #[must_use]
    pub fn list(&self) -> &[Reason] {
        let kept = usize::try_from(self.absorbed).unwrap_or(REASONS_MAX).min(REASONS_MAX);
        &self.kept[..kept]
    }
}

/// A level as published.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry {
    /// The level. `score` = `decay` × Σ weight × term.
    pub level: Level,
    /// The seven terms, not weighed.
    pub terms: Terms,
    /// What its touches left of the score.
    pub decay: f64,
    /// Which kinds make its confluence.
    pub kinds: Kinds,
    /// Touches that count.
    pub touches: u32,
    /// When the last signal that touched it ended; [`Nanos::NONE`]: never.
    pub time_touched: Nanos,
    /// Its window is a session that is over (for a POC: its magnet is whole).
    pub completed: bool,
    /// How far the figure under it is to be trusted.
    pub trust: Trust,
    /// Fewer touches than `max_touches`.
    pub tradable: bool,
    /// It may have a signal: tradable, and no better live level on its side overlaps its zone.
    pub live: bool,
    /// A signal holds it: nothing of it changes until that ends.
    pub frozen: bool,
    /// What it absorbed.
    pub reasons: Reasons,
}

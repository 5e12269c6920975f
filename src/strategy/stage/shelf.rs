//! The published levels as they were last said: what changed is said again, and the parts of a
//! score are at hand when a signal is told of.

use model::TermsLine;

use super::voice::{Voice, terms};
use crate::levels::{Entry, LevelBook, SIDE_LEVELS_MAX, Weights};
use crate::terms::Level;
use model::Side;

/// Levels at a time: of both sides, and as many that left while a signal held them.
const SHELF_MAX: usize = 4 * SIDE_LEVELS_MAX;
/// A score that moved by less is not said again: age and distance move it with every refresh.
const SCORE_STEP: f64 = 0.1;

/// One level as last said.
#[derive(Clone, Copy, Debug)]
struct Place {
    entry: Entry,
    /// The score that was last said.
    score: f64,
    seen: bool,
}

/// The published levels.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    places: Vec<Place>,
    watched: Vec<Level>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::with_capacity(SHELF_MAX),
            watched: Vec::with_capacity(2 * SIDE_LEVELS_MAX),
        }
    }

    /// Takes over what the book publishes; says what is new, changed or gone.
    pub(super) fn publish(&mut self, book: &LevelBook, voice: &mut Voice) {
        self.watched.clear();
        for place in &mut self.places {
            place.seen = false;
        }
        for side in [Side::Buy, Side::Sell] {
            for entry in book.entries(side) {
                self.take(entry, &book.plan().weights, voice);
                if entry.tradable && entry.live && self.watched.len() < self.watched.capacity() {
                    self.watched.push(entry.level);
                }
            }
        }
        for place in self.places.iter().filter(|place| !place.seen) {
            voice.level_gone(&place.entry);
        }
        self.places.retain(|place| place.seen);
    }

    fn take(&mut self, entry: &Entry, weights: &Weights, voice: &mut Voice) {
        let id = entry.level.id;
        let has_room = self.places.len() < SHELF_MAX;
        let known = self.places.iter_mut().find(|place| place.entry.level.id == id);
        let score = entry.level.score;
        match known {
            Some(place) => {
                let said = (score - place.score).abs() < SCORE_STEP && alike(&place.entry, entry);
                (place.entry, place.seen) = (*entry, true);
                if said {
                    return;
                }
                place.score = score;
            }
            None if has_room => {
                self.places.push(Place { entry: *entry, score, seen: true });
            }
            None => {}
        }
        voice.level(entry, weights);
    }

    /// The levels that may have a signal.
    pub(super) fn watched(&self) -> &[Level] {
        &self.watched
    }

    /// The parts of a level's score as last published; of one that is gone the score alone.
    pub(super) fn terms(&self, level: &Level, weights: &Weights) -> TermsLine {
        let known = self.places.iter().find(|place| place.entry.level.id == level.id);
        match known {
            Some(place) => terms(&place.entry, weights),
            None => TermsLine { score: level.score, ..bytemuck::Zeroable::zeroed() },
        }
    }
}

/// Whether nothing but age, distance and version differs.
fn alike(one: &Entry, other: &Entry) -> bool {
    let fixed = |entry: &Entry| {
        let Level { kind, window, side, price, zone, node, .. } = entry.level;
        let state = (entry.tradable, entry.live, entry.frozen, entry.completed, entry.touches);
        (kind, window, side, price, zone, node, state, entry.kinds, entry.trust)
    };
    fixed(one) == fixed(other)
}

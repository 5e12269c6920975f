//! Averages since an event: anchored VWAP with its bands.
//!
//! ```text
//! trade ─▶ running sums ─┐
//! anchor ─▶ sums then ───┴─▶ difference ─▶ mean, σ, bands: one anchor an event, each once a second
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `sums.rs` | exact sums, and the mean, deviation and bands that follow |
//! | `since.rs` | which trades belong to an anchor, fetched from the tape when it was named late |
//! | `anchors.rs` | who may set an anchor, and which one goes |

#[cfg(feature = "alone")]
pub(crate) mod alone;
mod anchors;
mod plan;
mod since;
mod sums;
#[cfg(test)]
mod tests;

use model::{AvwapLine, Instrument, Kind, Nanos, Price, SECOND, Sink, Trust, Window, missing};

use crate::figures::{Figures, Now, Scene, Voice};
use crate::plan::Plan;
use crate::windows::State;

pub(crate) use anchors::Anchors;
pub use plan::AveragesPlan;
pub(crate) use since::{Admission, Reach, Since};
pub use sums::{Average, BANDS, Sums};

/// An average is said at most so often.
const PERIOD: Nanos = SECOND;
/// The UTC day, and the windows that events anchor.
const PLACES: usize = 1 + Window::ALL.len() - Window::STEADY.len();

/// What was said of an average, as far as it decides whether it is said again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Said {
    anchor: Nanos,
    price: Price,
    bands: [Price; 6],
    trust: Trust,
}

/// The group.
#[derive(Clone, Debug)]
pub(crate) struct Averages {
    said: [Option<Said>; PLACES],
    // Whose turn it is, and when the round began.
    place: usize,
    began: Nanos,
    due: Nanos,
}

/// An average with whose it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Anchored {
    /// The average.
    pub average: Average,
    /// T of the anchor.
    pub time: Nanos,
    /// How far it is to be trusted.
    pub trust: Trust,
}

/// The average since an anchor; `None` while there is none, or nothing traded since.
pub(crate) fn anchored(
    window: Window,
    states: &[State],
    anchors: &Anchors,
    (start, hole): (Nanos, Nanos),
) -> Option<Anchored> {
    let since = match window {
        Window::Day => &anchors.day,
        _ => states.iter().find(|state| state.window == window)?.since()?,
    };
    let time = since.time?;
    let average = since.sums(&anchors.total).average()?;
    Some(Anchored { average, time, trust: since.trust(start, hole) })
}

impl Averages {
    pub(crate) fn new(_instrument: &Instrument, _plan: &Plan) -> Self {
        Self { said: [None; PLACES], place: 0, began: Nanos::NONE, due: Nanos::NONE }
    }

    /// The end of a message: one anchor may have its turn.
    #[inline]
    pub(crate) fn step<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        states: &[State],
        anchors: &Anchors,
    ) {
        if scene.now.clock >= self.due {
            self.turn(scene, states, anchors);
        }
    }

    #[inline(never)]
    fn turn<S: Sink>(&mut self, scene: &mut Scene<'_, S>, states: &[State], anchors: &Anchors) {
        if self.place == 0 {
            self.began = scene.now.clock;
        }
        let window = Window::ALL[match self.place {
            0 => Window::Day as usize,
            place => Window::STEADY.len() + place - 1,
        }];
        let now = &scene.now;
        match anchored(window, states, anchors, (now.start, now.hole)) {
            Some(anchored) => self.show(window, &anchored, now, &mut scene.voice),
            None => self.said[self.place] = None,
        }
        self.place = (self.place + 1) % PLACES;
        if self.place == 0 {
            // By the clock's own seconds: a message more or less does not shift all later ones.
            self.due = self.began.floor(PERIOD).after(PERIOD);
        }
    }

    /// Says an average if it is another than was said.
    fn show<S: Sink>(
        &mut self,
        window: Window,
        anchored: &Anchored,
        now: &Now<'_>,
        voice: &mut Voice<'_, S>,
    ) {
        let Anchored { average, time, trust } = *anchored;
        let (price, bands) = (average.price(), BANDS.map(|sigmas| average.band(sigmas)));
        let said = Some(Said { anchor: time, price, bands, trust });
        if self.said[self.place] == said {
            return;
        }
        self.said[self.place] = said;
        let last = now.last.unwrap_or(price);
        let (percent, sigmas) = average.distance(last);
        let body = AvwapLine {
            bands,
            distance_percent: percent,
            distance_sigmas: sigmas.unwrap_or(missing::RATIO),
        };
        let values = [
            price.0.cast_unsigned(),
            average.mean().to_bits(),
            average.sigma().to_bits(),
            (last - price).0.cast_unsigned(),
            time.0,
        ];
        voice.tell(Kind::AvwapInsight, window as u8, trust, values, &[body]);
    }
}

impl Figures for Averages {
    // An average with its bands; what anchors a message sets, each with one that goes: four that
    // groups ask for, a funding, the operator's.
    const LINES_MAX: usize = 2 + 2 * (crate::board::ANCHORS_MAX + 2);
}

//! Book imbalance over the best levels, and how unusual it is.
//!
//! OBI = (Σ bid − Σ ask)/(Σ bid + Σ ask). z compares y = atanh(clamp(OBI, ±0.999)) with the
//! 1 Hz samples before it: the last book event of each second; suppressed seconds give none.
//!
//! Suppressed is an imbalance when a side shows fewer than [`OBI_LEVELS`] levels, when the
//! depth is below 0.2 × its median of the last hour, or when more levels changed in the running
//! second than in 99 of 100 seconds of the last hour. These two baselines take every second in
//! which the book was sound, suppressed or not: they would censor themselves otherwise. They
//! say nothing before half the hour is covered.

use model::{BookLine, BookState, Lots, Nanos, OBI_LEVELS, SECOND, Trust};

use crate::ranked::{Ranked, SECONDS};

/// Samples below which there is no z, and no baseline.
const SAMPLES_MIN: usize = 120;
/// Where atanh is cut: beyond it one lot more would move z by units.
const OBI_MAX: f64 = 0.999;

/// What a book event says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reading {
    /// In [−1, 1]; zero when `trust` says missing.
    pub obi: f64,
    /// Its z-score, where there is one.
    pub z: Option<f64>,
    /// Σ over the best bids.
    pub bid_depth: Lots,
    /// Σ over the best asks.
    pub ask_depth: Lots,
    /// How far it is to be trusted.
    pub trust: Trust,
}

impl Reading {
    pub(crate) const NONE: Self =
        Self { obi: 0.0, z: None, bid_depth: Lots(0), ask_depth: Lots(0), trust: Trust::MISSING };
}

/// What the running second will leave behind.
#[derive(Clone, Copy, Default, Debug)]
struct Running {
    second: u64,
    // Level changes so far.
    changes: i64,
    // Depth at the last event; none when the book was not sound at it.
    depth: Option<i64>,
    // y at the last event; none when it was suppressed or missing.
    sample: Option<f64>,
}

/// The imbalance of one instrument.
#[derive(Clone, Debug)]
pub struct Obi {
    reading: Reading,
    running: Running,
    // Ring of y; `taken` counts up for ever.
    samples: Vec<f64>,
    taken: usize,
    // Mean and deviation over the samples, found once a second.
    spread: Option<(f64, f64)>,
    depths: Ranked,
    rates: Ranked,
    // The second of the first sound sample: what the baselines cover.
    first: Option<u64>,
}

impl Obi {
    /// `window`: 1 Hz samples that z is measured against, >= 1.
    pub(crate) fn new(window: usize) -> Self {
        assert!(window >= 1, "an OBI window holds at least one sample");
        Self {
            reading: Reading::NONE,
            running: Running::default(),
            samples: vec![0.0; window],
            taken: 0,
            spread: None,
            depths: Ranked::new(),
            rates: Ranked::new(),
            first: None,
        }
    }

    /// The last reading.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Takes the book after an event.
    pub(crate) fn take(&mut self, book: &BookLine, clock: Nanos) {
        let second = clock.0 / SECOND.0;
        if second > self.running.second {
            self.close(second);
        }
        self.running.changes += i64::from(book.changes);
        // Saturating: levels come from outside, and absurd ones must not stop the engine.
        let depth = Lots(book.bid_depth.0.saturating_add(book.ask_depth.0));
        let known = book.state() == BookState::Trusted && depth.0 > 0;
        if !known {
            let contaminated = !book.is_sound();
            let cause = if contaminated { Trust::CONTAMINATED } else { Trust::SOUND };
            let trust = Trust::MISSING.with(Trust::SUPPRESSED).with(cause);
            self.reading = Reading { trust, ..Reading::NONE };
            (self.running.depth, self.running.sample) = (None, None);
            return;
        }
        let obi = ratio(book.bid_depth - book.ask_depth, depth);
        let y = libm::atanh(obi.clamp(-OBI_MAX, OBI_MAX));
        let trust = self.trust(book, depth);
        let z = self.spread.map(|(mean, deviation)| (y - mean) / deviation);
        let (bid_depth, ask_depth) = (book.bid_depth, book.ask_depth);
        self.reading = Reading { obi, z, bid_depth, ask_depth, trust };
        self.running.depth = (!trust.has(Trust::CONTAMINATED)).then_some(depth.0);
        self.running.sample = (trust == Trust::SOUND).then_some(y);
    }

    fn trust(&self, book: &BookLine, depth: Lots) -> Trust {
        let shallow = usize::from(book.bid_levels.min(book.ask_levels)) < OBI_LEVELS;
        let covered = self.depths.len() >= SAMPLES_MIN
            && self.first.is_some_and(|first| self.running.second - first >= SECONDS / 2);
        // depth < 0.2 × median, both sides ten times.
        let thin = self
            .depths
            .median_doubled()
            .is_some_and(|doubled| depth.0.saturating_mul(10) < doubled);
        let hasty = self.rates.percentile(99).is_some_and(|rate| self.running.changes > rate);
        let mut trust = Trust::SOUND;
        if shallow || (covered && (thin || hasty)) {
            trust = trust.with(Trust::SUPPRESSED);
        }
        if !book.is_sound() {
            trust = trust.with(Trust::CONTAMINATED).with(Trust::SUPPRESSED);
        }
        trust
    }

    /// The running second is over: its last event becomes a sample.
    #[inline(never)]
    fn close(&mut self, second: u64) {
        let over = std::mem::replace(&mut self.running, Running { second, ..Running::default() });
        if let Some(depth) = over.depth {
            self.first.get_or_insert(over.second);
            self.depths.push(over.second, depth);
            self.rates.push(over.second, over.changes);
        }
        self.depths.leave(second);
        self.rates.leave(second);
        if let Some(y) = over.sample {
            let slots = self.samples.len();
            self.samples[self.taken % slots] = y;
            self.taken += 1;
            self.spread = self.measure();
        }
    }

    /// Mean and population deviation, in order of time, so that the last bit is reproducible.
    /// Two passes over 300 values once a second; a running sum would drift.
    fn measure(&self) -> Option<(f64, f64)> {
        let slots = self.samples.len();
        let count = self.taken.min(slots);
        if count < SAMPLES_MIN {
            return None;
        }
        let values = (self.taken - count..self.taken).map(|at| self.samples[at % slots]);
        #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
        let count = count as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.map(|y| (y - mean) * (y - mean)).sum::<f64>() / count;
        let deviation = libm::sqrt(variance);
        (deviation > 0.0).then_some((mean, deviation))
    }
}

/// The quotient of two quantities.
fn ratio(part: Lots, whole: Lots) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio: here float begins")]
    {
        part.0 as f64 / whole.0 as f64
    }
}

//! Tape speed: trades and lots of the last closed second and of the last ten, and where they stand
//! among the 1 Hz samples of the 24 h before.
//!
//! Zero is the least of all samples and by far the most frequent of a quiet one: zeros are only
//! counted. So a run of empty seconds costs no more than ten of them.
//!
//! A closed second reads the ranks at once; the second's own numbers go in, and those that the
//! next second will be too late for go out, one a message in the messages that follow.

use model::{DAY, Nanos, SECOND, Trust};

use super::ordered::Ordered;

/// Seconds of the longer figure.
const SECONDS: usize = 10;
/// Samples of a day.
const SAMPLES: usize = 86_400;
/// And the one that comes before the oldest has left.
const SLOTS: usize = SAMPLES + 1;
/// Fewest that give a percentile: half a day.
const SAMPLES_MIN: usize = SAMPLES / 2;
/// The percentile that pace is measured by.
const PACE_PERCENT: usize = 95;

/// Trades and lots of a second, then of ten.
pub(super) type Values = [i64; 4];

/// One sample, or a run of samples that are all zero.
#[derive(Clone, Copy, Debug)]
struct Sample {
    // End of the first second.
    end: Nanos,
    run: u64,
    values: Values,
}

/// Tape speed of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    // The last ten seconds: trades, lots, unstable.
    seconds: [(i64, i64, bool); SECONDS],
    at: usize,
    // Closed seconds so far, at most ten.
    seen: usize,
    values: Values,
    // Ring, oldest first.
    samples: Vec<Sample>,
    oldest: usize,
    len: usize,
    // Samples in it, runs counted in full.
    count: usize,
    // By figure: the samples that are not zero, but for what is still to be done.
    ranks: [Ordered; 4],
    todo: Todo,
}

/// Numbers that still have to go into the ranks or out of them, in order.
#[derive(Clone, Copy, Debug)]
struct Todo {
    steps: [Step; STEPS],
    next: usize,
    end: usize,
}

/// One number.
#[derive(Clone, Copy, Debug)]
struct Step {
    figure: usize,
    value: i64,
    goes_in: bool,
}

/// A second that comes and one that goes.
const STEPS: usize = 8;

impl Todo {
    const NONE: Self = {
        let step = Step { figure: 0, value: 0, goes_in: true };
        Self { steps: [step; STEPS], next: 0, end: 0 }
    };

    const fn is_empty(&self) -> bool {
        self.next == self.end
    }
}

/// What is said after a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) values: Values,
    pub(super) percentiles: [Option<f64>; 4],
    pub(super) p95: Option<i64>,
    pub(super) samples: usize,
    pub(super) trust: Trust,
}

impl Reading {
    /// Trades of the second over their 95th percentile.
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    pub(super) fn pace(&self) -> Option<f64> {
        let p95 = self.p95.filter(|&p95| p95 != 0)?;
        Some(self.values[0] as f64 / p95 as f64)
    }
}

impl Pace {
    pub(super) fn new() -> Self {
        let blank = Sample { end: Nanos(u64::MAX), run: 1, values: [0; 4] };
        Self {
            seconds: [(0, 0, false); SECONDS],
            at: 0,
            seen: 0,
            values: [0; 4],
            samples: vec![blank; SLOTS],
            oldest: 0,
            len: 0,
            count: 0,
            ranks: std::array::from_fn(|_| Ordered::new(SLOTS)),
            todo: Todo::NONE,
        }
    }

    /// The end of a message: one number goes in or out, if any has to.
    #[inline]
    pub(super) fn work(&mut self) {
        if !self.todo.is_empty() {
            self.step();
        }
    }

    #[inline(never)]
    fn step(&mut self) {
        let Step { figure, value, goes_in } = self.todo.steps[self.todo.next];
        let ranks = &mut self.ranks[figure];
        if goes_in {
            ranks.insert(value)
        } else {
            ranks.remove(value)
        }
        self.todo.next += 1;
    }

    fn finish(&mut self) {
        while !self.todo.is_empty() {
            self.step();
        }
        self.todo = Todo::NONE;
    }

    /// What is not zero of a sample is to go into the ranks, or out of them.
    fn put(&mut self, values: Values, goes_in: bool) {
        for (figure, value) in values.into_iter().enumerate().filter(|(_, value)| *value != 0) {
            if self.todo.end == STEPS {
                self.finish();
            }
            self.todo.steps[self.todo.end] = Step { figure, value, goes_in };
            self.todo.end += 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.seconds = [(0, 0, false); SECONDS];
        (self.at, self.seen, self.values) = (0, 0, [0; 4]);
        (self.oldest, self.len, self.count) = (0, 0, 0);
        self.todo = Todo::NONE;
        for ranks in &mut self.ranks {
            ranks.clear();
        }
    }

    /// A second closed. The reading is against the samples before it.
    pub(super) fn second(&mut self, end: Nanos, trades: i64, lots: i64, unstable: bool) -> Reading {
        self.shift(trades, lots, unstable);
        self.leave(end);
        let reading = self.read();
        self.keep(Sample { end, run: 1, values: self.values });
        // The next second ends a second later at least: what is too old by then may go.
        self.leave(end.after(SECOND));
        reading
    }

    /// A run of empty seconds closed, the first of which ended at `end`.
    pub(super) fn empty(&mut self, end: Nanos, run: u64, unstable: bool) -> Reading {
        let second = |at: u64| Nanos(end.0.saturating_add(at.saturating_mul(SECOND.0)));
        let single = run.min(SECONDS as u64);
        let mut reading = self.second(end, 0, 0, unstable);
        for at in 1..single {
            reading = self.second(second(at), 0, 0, unstable);
        }
        if single < run {
            // Nothing is left of what came before: the rest are all alike. The last of them is read
            // against those before it.
            if single + 1 < run {
                self.keep(Sample { end: second(single), run: run - single - 1, values: [0; 4] });
            }
            self.leave(second(run - 1));
            reading = self.read();
            self.keep(Sample { end: second(run - 1), run: 1, values: [0; 4] });
        }
        reading
    }

    fn shift(&mut self, trades: i64, lots: i64, unstable: bool) {
        let gone = std::mem::replace(&mut self.seconds[self.at], (trades, lots, unstable));
        self.at = (self.at + 1) % SECONDS;
        self.seen = (self.seen + 1).min(SECONDS);
        let [.., trades_10s, lots_10s] = self.values;
        self.values = [trades, lots, trades_10s + trades - gone.0, lots_10s + lots - gone.1];
    }

    fn is_unstable(&self) -> bool {
        self.seconds.iter().any(|second| second.2)
    }

    /// Keeps a sample; one with a hole in it, or of fewer than ten seconds, is none.
    fn keep(&mut self, sample: Sample) {
        if self.is_unstable() || self.seen < SECONDS {
            return;
        }
        assert!(self.len < SLOTS, "those of different seconds within a day");
        let last = (self.oldest + self.len + SLOTS - 1) % SLOTS;
        let zero = sample.values == [0; 4];
        let follows = |last: &Sample| {
            last.values == [0; 4]
                && last.end.0.saturating_add(last.run.saturating_mul(SECOND.0)) == sample.end.0
        };
        if zero && self.len != 0 && follows(&self.samples[last]) {
            self.samples[last].run += sample.run;
        } else {
            self.samples[(self.oldest + self.len) % SLOTS] = sample;
            self.len += 1;
        }
        self.count = self.count.saturating_add(usize::try_from(sample.run).unwrap_or(usize::MAX));
        self.put(sample.values, true);
    }

    /// Those go that are older than 24 h when a second ends.
    fn leave(&mut self, end: Nanos) {
        let edge = end.since(DAY);
        while self.len != 0 && self.samples[self.oldest].end < edge {
            let oldest = self.samples[self.oldest];
            // Seconds of the run that ended before the edge.
            self.pop(edge.since(oldest.end).0.div_ceil(SECOND.0).min(oldest.run));
        }
    }

    /// The first samples of the oldest run go.
    fn pop(&mut self, gone: u64) {
        let sample = &mut self.samples[self.oldest];
        let values = sample.values;
        sample.run -= gone;
        sample.end = Nanos(sample.end.0.saturating_add(gone.saturating_mul(SECOND.0)));
        if sample.run == 0 {
            self.oldest = (self.oldest + 1) % SLOTS;
            self.len -= 1;
        }
        self.count -= usize::try_from(gone).unwrap_or(usize::MAX);
        self.put(values, false);
    }

    fn read(&mut self) -> Reading {
        self.finish();
        let known = self.count >= SAMPLES_MIN;
        let percentile = |figure: usize| known.then(|| self.percentile(figure));
        let mut trust = Trust::SOUND;
        if self.is_unstable() {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if self.seen < SECONDS || self.count < SAMPLES {
            trust = trust.with(Trust::UNCOVERED);
        }
        Reading {
            values: self.values,
            percentiles: std::array::from_fn(percentile),
            p95: known.then(|| self.ranked(PACE_PERCENT)),
            samples: self.count,
            trust,
        }
    }

    /// Share of the samples below the current value plus half of those equal.
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    fn percentile(&self, figure: usize) -> f64 {
        let (ordered, value) = (&self.ranks[figure], self.values[figure]);
        let zeros = self.count - ordered.len();
        let doubled = if value == 0 { zeros } else { 2 * zeros + ordered.twice_below(value) };
        doubled as f64 / (2 * self.count) as f64
    }

    /// The p-th percentile of the trades in a second by nearest rank.
    fn ranked(&self, percent: usize) -> i64 {
        let ordered = &self.ranks[0];
        let rank = (percent * self.count).div_ceil(100);
        let zeros = self.count - ordered.len();
        if rank <= zeros { 0 } else { ordered.at(rank - zeros - 1).unwrap_or(0) }
    }
}

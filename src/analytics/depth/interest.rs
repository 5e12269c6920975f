//! Open interest: the last poll, its change and its slope over five minutes.

use model::{Lots, Nanos, SECOND, missing};

/// What change and slope look back on.
const WINDOW: Nanos = Nanos(300 * SECOND.0);
/// Polls a bit more than the window holds at one every five seconds.
const POLLS: usize = 64;
/// Three polls of 15 s without an answer: what is known is stale.
const SILENCE: Nanos = Nanos(45 * SECOND.0);

/// Open interest of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Interest {
    // Ring; `oldest..newest` count up for ever. Times rise.
    polls: [(Nanos, i64); POLLS],
    oldest: usize,
    newest: usize,
    // The clock when the last poll was answered.
    heard: Nanos,
}

/// What a poll says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Look {
    pub(super) lots: Lots,
    pub(super) change: Option<Lots>,
    pub(super) slope: Option<f64>,
    pub(super) time: Nanos,
    pub(super) polls: usize,
    /// Whether the polls reach back over the whole window.
    pub(super) covered: bool,
}

impl Look {
    pub(super) fn values(&self) -> [u64; 5] {
        [
            self.lots.0.cast_unsigned(),
            self.change.map_or(missing::WHOLE, |lots| lots.0).cast_unsigned(),
            self.slope.unwrap_or(missing::RATIO).to_bits(),
            self.time.0,
            self.polls as u64,
        ]
    }
}

impl Interest {
    pub(super) const fn new() -> Self {
        Self { polls: [(Nanos(1), 1); POLLS], oldest: 0, newest: 0, heard: Nanos::NONE }
    }

    fn poll(&self, at: usize) -> (Nanos, i64) {
        self.polls[at % POLLS]
    }

    /// A poll was answered; none when it tells nothing new: the venue repeats a time.
    pub(super) fn take(&mut self, lots: Lots, time: Nanos, clock: Nanos) -> Option<Look> {
        self.heard = clock;
        // More than an i64 holds eight of is no quantity: products below must fit.
        if !(0..=i64::MAX / 8).contains(&lots.0)
            || (self.oldest < self.newest && time <= self.poll(self.newest - 1).0)
        {
            return None;
        }
        if self.newest - self.oldest == POLLS {
            self.oldest += 1;
        }
        self.polls[self.newest % POLLS] = (time, lots.0);
        self.newest += 1;
        // All in the window stay, and the last one at or before its edge.
        let edge = time.since(WINDOW);
        while self.oldest + 1 < self.newest && self.poll(self.oldest + 1).0 <= edge {
            self.oldest += 1;
        }
        Some(self.look())
    }

    fn look(&self) -> Look {
        let (time, lots) = self.poll(self.newest - 1);
        let edge = time.since(WINDOW);
        let (oldest, before) = self.poll(self.oldest);
        // Three failed polls before the edge: that old a poll says nothing of 300 s ago.
        let reaches = oldest <= edge && edge.since(oldest) <= SILENCE;
        let change = reaches.then(|| Lots(lots - before));
        let first = if oldest < edge { self.oldest + 1 } else { self.oldest };
        let polls = self.newest - first;
        Look { lots: Lots(lots), change, slope: self.slope(first), time, polls, covered: reaches }
    }

    /// Least squares with an intercept over the polls from `first` on; none where they cover
    /// less than half the window. Sums are whole: times in nanoseconds before the last poll.
    fn slope(&self, first: usize) -> Option<f64> {
        let (last, origin) = self.poll(self.newest - 1);
        let (begin, _) = self.poll(first);
        if last.since(begin).0 * 2 < WINDOW.0 {
            return None;
        }
        let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0_i128, 0_i128, 0_i128, 0_i128, 0_i128);
        for at in first..self.newest {
            let (time, lots) = self.poll(at);
            let x = -i128::from(last.since(time).0);
            let y = i128::from(lots) - i128::from(origin);
            n += 1;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
        let (above, below) = (n * sxy - sx * sy, n * sxx - sx * sx);
        #[expect(clippy::cast_precision_loss, reason = "a quotient: here float begins")]
        let per_nano = above as f64 / below as f64;
        #[expect(clippy::cast_precision_loss, reason = "10⁹")]
        let second = SECOND.0 as f64;
        (below > 0).then_some(per_nano * second)
    }

    /// Whether what is known has just become stale.
    #[inline]
    pub(super) fn is_stale(&mut self, clock: Nanos) -> bool {
        let stale = self.heard != Nanos::NONE && clock.since(self.heard) > SILENCE;
        if stale {
            self.heard = Nanos::NONE;
        }
        stale
    }
}

//! VPIN: how one-sided buckets of equal volume are.
//!
//! **Invariant.** Σ completed buckets + the bucket that fills = Σ lots added since the first size
//! was known: a trade is split exactly.

use model::{DAY, Lots, Nanos, Side, Trust};

/// Buckets of an average day, and buckets of the mean.
pub(super) const BUCKETS: usize = 50;
/// The same as lots are divided by it.
const SHARE: i64 = 50;
/// Fewest buckets of the mean: half of them.
const BUCKETS_MIN: usize = BUCKETS / 2;
/// Completed UTC days that the average day is made of, at most.
const DAYS: usize = 5;

/// One bucket.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Bucket {
    pub(super) size: i64,
    pub(super) buys: i64,
    pub(super) sells: i64,
    unstable: bool,
}

impl Bucket {
    fn filled(&self) -> i64 {
        self.buys + self.sells
    }

    /// |buys − sells|/size.
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    pub(super) fn imbalance(&self) -> f64 {
        (self.buys - self.sells).abs() as f64 / self.size as f64
    }
}

/// The average UTC day.
#[derive(Clone, Copy, Default, Debug)]
struct Average {
    // Number of the day that is summed, its lots, and whether all of it was seen.
    day: u64,
    lots: i64,
    sound: bool,
    // Ring of the last sound days.
    days: [i64; DAYS],
    count: usize,
}

impl Average {
    /// A closed minute; the average when a sound day ended with it.
    fn take(&mut self, (time, end): (Nanos, Nanos), lots: i64, sound: bool) -> Option<i64> {
        let day = time.0 / DAY.0;
        if day != self.day {
            // The first minute of a day is the one that opens it, or the day is not whole.
            (self.day, self.lots, self.sound) = (day, 0, time.0.is_multiple_of(DAY.0));
        }
        self.lots = self.lots.saturating_add(lots);
        self.sound &= sound;
        if !end.0.is_multiple_of(DAY.0) || !self.sound {
            return None;
        }
        self.days[self.count % DAYS] = self.lots;
        self.count += 1;
        let days = self.count.min(DAYS);
        let sum: i128 = self.days[..days].iter().map(|&lots| i128::from(lots)).sum();
        i64::try_from(sum / days as i128).ok()
    }
}

/// VPIN of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Vpin {
    // Of a bucket that is yet to begin; zero while the average day is not known.
    size: i64,
    given: bool,
    average: Average,
    pub(super) open: Bucket,
    ring: [Bucket; BUCKETS],
    pub(super) completed: u64,
    unstable: usize,
}

fn size_of(daily: i64) -> i64 {
    if daily <= 0 { 0 } else { (daily / SHARE).max(1) }
}

impl Vpin {
    /// `daily`: lots of an average day; 0 when it is to be learned.
    pub(super) fn new(daily: i64) -> Self {
        let size = size_of(daily);
        Self {
            size,
            given: size != 0,
            average: Average::default(),
            open: Bucket { size, ..Bucket::default() },
            ring: [Bucket::default(); BUCKETS],
            completed: 0,
            unstable: 0,
        }
    }

    /// Buckets begin anew; the size of an average day is kept.
    pub(super) fn clear(&mut self) {
        self.average.sound = false;
        self.open = Bucket { size: self.size, ..Bucket::default() };
        self.ring = [Bucket::default(); BUCKETS];
        (self.completed, self.unstable) = (0, 0);
    }

    pub(super) fn hole(&mut self) {
        self.open.unstable = true;
    }

    /// A trade; whether it completed a bucket.
    #[inline]
    pub(super) fn add(&mut self, side: Side, lots: Lots) -> bool {
        let room = self.open.size - self.open.filled();
        if lots.0 < room {
            self.fill(side, lots.0);
            return false;
        }
        self.open.size != 0 && self.split(side, lots.0)
    }

    #[inline]
    fn fill(&mut self, side: Side, lots: i64) {
        match side {
            Side::Buy => self.open.buys += lots,
            Side::Sell => self.open.sells += lots,
        }
    }

    /// A trade over the edge of a bucket.
    #[inline(never)]
    fn split(&mut self, side: Side, mut lots: i64) -> bool {
        let room = self.open.size - self.open.filled();
        self.fill(side, room);
        lots -= room;
        self.complete();
        // Whole buckets of one side; more than the ring holds need not be written one by one.
        let whole = lots / self.size;
        let skipped = (whole - SHARE).max(0);
        self.completed += skipped.cast_unsigned();
        for _ in 0..whole - skipped {
            self.fill(side, self.size);
            self.complete();
        }
        self.fill(side, lots % self.size);
        true
    }

    fn complete(&mut self) {
        let at = usize::try_from(self.completed % BUCKETS as u64).unwrap_or(0);
        self.unstable -= usize::from(self.ring[at].unstable);
        self.unstable += usize::from(self.open.unstable);
        self.ring[at] = self.open;
        self.completed += 1;
        self.open = Bucket { size: self.size, ..Bucket::default() };
    }

    /// A minute closed; `sound`: all of it was seen, from before it opened.
    pub(super) fn minute(&mut self, times: (Nanos, Nanos), lots: i64, sound: bool) {
        let Some(daily) = self.average.take(times, lots, sound) else { return };
        if self.given || daily == 0 {
            return;
        }
        self.size = size_of(daily);
        if self.open.size == 0 {
            // The first size: what came before belongs to no bucket.
            self.open = Bucket { size: self.size, ..Bucket::default() };
        }
    }

    /// The bucket that was completed last.
    pub(super) fn last(&self) -> Option<&Bucket> {
        let at = self.completed.checked_sub(1)? % BUCKETS as u64;
        self.ring.get(usize::try_from(at).ok()?)
    }

    /// The mean over the last buckets; `None` below half of them. Summed anew from the oldest on,
    /// so that nothing drifts.
    #[expect(clippy::cast_precision_loss, reason = "here the ratio begins")]
    pub(super) fn value(&self) -> Option<f64> {
        let count = self.count();
        if count < BUCKETS_MIN {
            return None;
        }
        let first = self.completed - count as u64;
        let slot = |at: u64| usize::try_from(at % BUCKETS as u64).unwrap_or(0);
        let sum: f64 = (first..self.completed).map(|at| self.ring[slot(at)].imbalance()).sum();
        Some(sum / count as f64)
    }

    fn count(&self) -> usize {
        usize::try_from(self.completed).unwrap_or(BUCKETS).min(BUCKETS)
    }

    pub(super) fn trust(&self) -> Trust {
        let mut trust = Trust::SOUND;
        if self.unstable != 0 {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if self.count() < BUCKETS {
            trust = trust.with(Trust::UNCOVERED);
        }
        if self.count() < BUCKETS_MIN {
            trust = trust.with(Trust::MISSING);
        }
        trust
    }

    /// Lots in the bucket that fills.
    pub(super) fn filled(&self) -> Lots {
        Lots(self.open.filled())
    }

    /// Every bucket of the mean, oldest first.
    #[cfg(test)]
    pub(super) fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let first = self.completed - self.count() as u64;
        (first..self.completed).map(|at| self.ring[usize::try_from(at % 50).expect("small")])
    }
}

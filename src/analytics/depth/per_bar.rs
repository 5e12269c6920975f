//! Sums over bars of every interval at once, of things that happen between trades.
//!
//! A bar closes up to half a second after its end, so things of the next one come before it
//! does: each interval has room for the bar that is open and the one behind it. What belongs to
//! a bar that was closed goes into the open one, as late trades do.

use model::{Interval, Nanos, SECOND};

/// What can be summed.
pub(super) trait Sum: Copy + Default {
    fn merge(&mut self, other: &Self);
}

const INTERVALS: usize = Interval::ALL.len();

/// A bar by its number since 1970, and its sum.
type Slot<T> = Option<(u64, T)>;

/// One interval: the open bar's sum and the next one's.
#[derive(Clone, Copy, Debug)]
struct Lane<T> {
    // The earlier bar first; never the second without the first.
    slots: [Slot<T>; 2],
    // The bars before this one are closed.
    open: u64,
}

impl<T: Sum> Lane<T> {
    const fn new() -> Self {
        Self { slots: [None; 2], open: 0 }
    }

    fn add(&mut self, bar: u64, value: &T) {
        let bar = bar.max(self.open);
        let mut fresh = (bar, *value);
        match &mut self.slots {
            [Some((at, sum)), _] | [_, Some((at, sum))] if *at == bar => sum.merge(value),
            [first @ None, _] => *first = Some(fresh),
            [Some((at, _)), second @ None] if *at < bar => *second = Some(fresh),
            [first, second @ None] => *second = first.replace(fresh),
            // A third bar can only come where bars close later than a whole one after their end.
            [Some((at, sum)), _] if bar < *at => sum.merge(value),
            [_, Some((at, sum))] => {
                fresh.0 = fresh.0.max(*at);
                sum.merge(value);
                *at = fresh.0;
            }
        }
    }

    /// Closes the bars up to and with one; what they held.
    fn take(&mut self, bar: u64) -> T {
        let mut all = T::default();
        for slot in &mut self.slots {
            if let Some((_, sum)) = slot.take_if(|(at, _)| *at <= bar) {
                all.merge(&sum);
            }
        }
        if self.slots[0].is_none() {
            self.slots.swap(0, 1);
        }
        self.open = bar + 1;
        all
    }
}

/// Sums by bar.
#[derive(Clone, Debug)]
pub(super) struct PerBar<T> {
    lanes: [Lane<T>; INTERVALS],
    // The second that collects, so that most of what happens is one addition.
    second: u64,
    running: Option<T>,
}

impl<T: Sum> PerBar<T> {
    pub(super) fn new() -> Self {
        Self { lanes: [Lane::new(); INTERVALS], second: 0, running: None }
    }

    /// Something happened at a time.
    #[inline]
    pub(super) fn add(&mut self, time: Nanos, value: &T) {
        let second = time.0 / SECOND.0;
        if second > self.second {
            self.flush();
            self.second = second;
        } else if second < self.second {
            return self.spread(second, value);
        }
        match &mut self.running {
            Some(sum) => sum.merge(value),
            running => *running = Some(*value),
        }
    }

    /// A bar closed that began at a time (the last of a run of equal ones): its sum.
    pub(super) fn take(&mut self, interval: Interval, time_open: Nanos) -> T {
        self.flush();
        let bar = time_open.0 / interval.length().0;
        self.lanes[interval as usize].take(bar)
    }

    fn flush(&mut self) {
        if let Some(sum) = self.running.take() {
            self.spread(self.second, &sum);
        }
    }

    #[inline(never)]
    fn spread(&mut self, second: u64, value: &T) {
        for (lane, interval) in self.lanes.iter_mut().zip(Interval::ALL) {
            lane.add(second / (interval.length().0 / SECOND.0), value);
        }
    }
}

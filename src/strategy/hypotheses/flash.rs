//! The flash guard: a move of more than 3 % in 10 s freezes profile levels for 60 s (spec § 9).
//!
//! Two monotone queues hold the window's highest and lowest prices. One entry stands for 10 ms, so
//! a thousand and two suffice; an entry may stay 10 ms too long, never too short: a move within
//! 10 s is always seen, one between 10.00 and 10.01 s may be.

use model::Nanos;

use super::exact::{Point, against};
use super::plan::{HypothesisPlan, span};

/// What one entry stands for.
const GRAIN: u64 = 10_000_000;
/// 10 s (the longest window of the plan) in grains, both ends, rounded up to a power of two.
const SLOTS: usize = 1_024;
const _: () = assert!(SLOTS.is_power_of_two() && SLOTS as u64 * GRAIN > 10_000_000_000 + 2 * GRAIN);

/// A queue whose values only fall (or, mirrored, only rise) from the oldest to the newest.
#[derive(Debug)]
struct Queue {
    slots: Box<[(Nanos, Point)]>,
    /// Place of the oldest; counts on, wrapped by the mask.
    head: usize,
    len: usize,
    /// +1 keeps the highest in front, −1 the lowest.
    sign: i64,
}

impl Queue {
    fn new(sign: i64) -> Self {
        // Written with something that is not zero, so that the pages are there.
        let slots = vec![(Nanos(1), Point(1)); SLOTS].into_boxed_slice();
        Self { slots, head: 0, len: 0, sign }
    }

    fn at(&self, place: usize) -> usize {
        (self.head + place) % SLOTS
    }

    fn front(&self) -> Option<Point> {
        (self.len > 0).then(|| self.slots[self.at(0)].1)
    }

    fn push(&mut self, now: Nanos, price: Point, window: Nanos) {
        while self.len > 0 && now.since(self.slots[self.at(0)].0) > window {
            self.head = self.at(1);
            self.len -= 1;
        }
        while self.len > 0 {
            let last = self.at(self.len - 1);
            let (time, value) = self.slots[last];
            if self.sign * value.0 <= self.sign * price.0 {
                self.len -= 1;
            } else if time.0 / GRAIN == now.0 / GRAIN {
                self.slots[last].0 = now;
                return;
            } else {
                break;
            }
        }
        assert!(self.len < SLOTS, "one entry a grain and the window is shorter than the queue");
        let place = self.at(self.len);
        self.slots[place] = (now, price);
        self.len += 1;
    }
}

/// Watches the pace of price.
#[derive(Debug)]
pub struct FlashGuard {
    highs: Queue,
    lows: Queue,
    tripped: Option<Nanos>,
}

impl Default for FlashGuard {
    fn default() -> Self {
        Self { highs: Queue::new(1), lows: Queue::new(-1), tripped: None }
    }
}

impl FlashGuard {
    /// Takes in a trade or mid; times must not run back. Judged against every price of the
    /// window, the base is the earlier price.
    pub fn see(&mut self, now: Nanos, price: Point, plan: &HypothesisPlan) {
        let window = span(plan.flash_ms);
        self.highs.push(now, price, window);
        self.lows.push(now, price, window);
        let far = |from: Option<Point>| {
            from.is_some_and(|from| against(price, from, plan.flash_ppm, from).is_gt())
        };
        if far(self.highs.front()) || far(self.lows.front()) {
            self.tripped = Some(now);
        }
    }

    /// Whether profile levels are frozen: for the hold after the last price that tripped it.
    #[must_use]
    pub fn is_frozen(&self, now: Nanos, plan: &HypothesisPlan) -> bool {
        self.tripped.is_some_and(|tripped| now.since(tripped) < span(plan.flash_hold_ms))
    }
}

//! Swings of five bars a side, known when the fifth bar after them closed.

use model::{Nanos, StructureWhat, Trust};

use super::candle::{Candle, Fact, and};

/// Bars a side.
const SIDE: usize = 5;
const SPAN: usize = 2 * SIDE + 1;

/// The swings of one interval.
#[derive(Clone, Debug, Default)]
pub struct Swings {
    // The last eleven bars; the next one goes to `next`.
    bars: [Candle; SPAN],
    next: usize,
    held: usize,
}

impl Swings {
    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Trades may be missing in bars that opened at or after this time.
    pub fn taint(&mut self, since: Nanos) {
        self.bars.iter_mut().for_each(|bar| bar.taint(since));
    }

    /// A bar closed: the swings that it makes known, a high first. Both are of the bar five before.
    pub fn close(&mut self, bar: &Candle) -> [Option<Fact>; 2] {
        self.bars[self.next] = *bar;
        self.next = (self.next + 1) % SPAN;
        self.held = (self.held + 1).min(SPAN);
        if self.held < SPAN {
            return [None; 2];
        }
        // `next` is the oldest of the eleven.
        let at = |offset: usize| &self.bars[(self.next + offset) % SPAN];
        let middle = at(SIDE);
        let before = || (0..SIDE).map(at);
        let after = || (SIDE + 1..SPAN).map(at);
        let is_high = before().all(|bar| middle.high > bar.high)
            && after().all(|bar| middle.high >= bar.high);
        let is_low =
            before().all(|bar| middle.low < bar.low) && after().all(|bar| middle.low <= bar.low);
        let trust = (0..SPAN).fold(Trust::SOUND, |trust, offset| and(trust, at(offset).trust));
        let (time, high, low) = (middle.time, middle.high, middle.low);
        let swing = |is: bool, up: bool, price: i64| {
            let swing = Fact::at(StructureWhat::Swing, up, price, time);
            is.then_some(Fact { trust, ..swing })
        };
        [swing(is_high, true, high), swing(is_low, false, low)]
    }
}

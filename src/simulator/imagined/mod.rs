//! Whole days of a market as messages, without sockets and without JSON: what experiments need
//! in quantity. The market of `market/` really trades and really speaks; this one is imagined from
//! the outside, twenty times as fast, and knows exactly what can be foretold in it.
//!
//! ```text
//! motion (driftless | planted story) ─▶ mid ─▶ ladder ─▶ depth, quote
//!                                        └───▶ tape ──▶ trades, forced orders; mark, open interest
//! ```
//!
//! A step is half a second: the mid moves, the book follows, then trades print at its best. So
//! flow and book of a step may know its move, and never a later one: with [`Temper::Driftless`]
//! every change of the mid is symmetric and independent of all messages before it.
//! [`Temper::Planted`] keeps a list of what was planted, [`Imagined::meetings`]; nothing of it is
//! in a message.
//!
//! Ids are in chain and times ascend: there is no fault in it. Depth diffs and quotes come twice a
//! second, 2–3 trades a second with heavy-tailed sizes, a mark each second, open interest each
//! 15 s, a snapshot at the start and each minute, funding each 8 hours.

mod ladder;
mod motion;
mod nodes;
mod plan;
mod planted;
mod tape;
#[cfg(test)]
mod tests;
mod write;

use model::{Draft, Nanos, Price, Side};

pub use nodes::NodeKind;
pub use plan::{ImaginedPlan, Temper};
pub use planted::Meeting;

use ladder::Ladder;
use motion::{Motion, STEP, driftless};
use planted::{Story, is_midnight};
use tape::{Force, Tape, Trade};

use crate::dice::{Dice, whole};

/// Depth comes so long after the step's begin, then the quote, then the trades.
const DEPTH_AT: u64 = 20_000_000;
const QUOTE_AT: u64 = 21_000_000;
const MARK_AT: u64 = 490_000_000;
const INTEREST_AT: u64 = 492_000_000;
const FORCE_AT: u64 = 494_000_000;
const SNAPSHOT_AT: u64 = 496_000_000;
/// Marks, polls of open interest and snapshots come so often.
const MARK_EVERY: u64 = 1_000_000_000;
const INTEREST_EVERY: u64 = 15_000_000_000;
const SNAPSHOT_EVERY: u64 = 60_000_000_000;
/// Open interest at the start, in lots.
const INTEREST_START: i64 = 80_000_000;
/// Price stays in here for as many years as anybody asks for: a guard, never met in tests.
const MID: std::ops::RangeInclusive<i64> = 60_000..=1_900_000;

/// What the step still has to tell, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Depth,
    Quote,
    Trade(usize),
    Mark,
    Interest,
    Force,
    Snapshot,
    Step,
}

/// An imagined market. See the module.
#[derive(Clone, Debug)]
pub struct Imagined {
    plan: ImaginedPlan,
    /// Begin of the step that is being told.
    time: Nanos,
    next: Next,
    mid: i64,
    story: Option<Story>,
    ladder: Ladder,
    tape: Tape,
    /// Pressure of the book: what is drawn, what is noise, what flow left behind.
    press: [f64; 3],
    interest: i64,
    interest_gain: i64,
    /// Of the mark against the mid, in 10⁻⁸.
    premium: i64,
    rate: i64,
    update: u64,
    update_before: u64,
    path_dice: Dice,
    book_dice: Dice,
    tape_dice: Dice,
    other_dice: Dice,
}

impl Imagined {
    /// The market of a seed.
    #[must_use]
    pub fn new(seed: u64, plan: ImaginedPlan) -> Self {
        let story = match plan.temper {
            Temper::Driftless => None,
            Temper::Planted { share } => Some(Story::new(share, plan.start.0, plan.time_start)),
        };
        let mut market = Self {
            time: plan.time_start,
            next: Next::Depth,
            mid: plan.start.0,
            story,
            ladder: Ladder::new(),
            tape: Tape::new(),
            press: [0.0; 3],
            interest: INTEREST_START,
            interest_gain: 0,
            premium: 0,
            rate: 10_000,
            update: 1_000,
            update_before: 999,
            // Parts of their own: another book leaves the path as it is.
            path_dice: Dice::fork(seed, 1),
            book_dice: Dice::fork(seed, 2),
            tape_dice: Dice::fork(seed, 3),
            other_dice: Dice::fork(seed, 4),
            plan,
        };
        market.step();
        market
    }

    /// What it was told.
    #[must_use]
    pub const fn plan(&self) -> &ImaginedPlan {
        &self.plan
    }

    /// Writes the next message; `false` when the last day is over.
    pub fn draw(&mut self, draft: &mut Draft) -> bool {
        loop {
            if self.time >= self.plan.time_end() {
                return false;
            }
            let told = self.next;
            self.next = self.after(told);
            match told {
                Next::Depth => self.depth(draft),
                Next::Quote => self.quote(draft),
                Next::Trade(at) => match self.tape.trades.get(at).copied() {
                    Some(trade) => self.trade(&trade, draft),
                    None => continue,
                },
                Next::Mark if self.is_due(MARK_EVERY) => self.mark(draft),
                Next::Interest if self.is_due(INTEREST_EVERY) => self.poll(draft),
                Next::Force => match self.tape.force.take() {
                    Some(force) => self.force(&force, draft),
                    None => continue,
                },
                Next::Snapshot if self.is_due(SNAPSHOT_EVERY) => self.snapshot(draft),
                Next::Step => {
                    self.time = self.time.after(STEP);
                    self.step();
                    continue;
                }
                Next::Mark | Next::Interest | Next::Snapshot => continue,
            }
            return true;
        }
    }

    /// What price met so far and how it ended, oldest first: for who judges, never for who trades.
    #[must_use]
    pub fn meetings(&self) -> &[Meeting] {
        self.story.as_ref().map_or(&[], |story| &story.meetings)
    }

    /// Best bid and ask.
    #[must_use]
    pub fn best(&self) -> (Price, Price) {
        (Price(self.ladder.best(Side::Buy).price), Price(self.ladder.best(Side::Sell).price))
    }

    const fn is_due(&self, every: u64) -> bool {
        self.time.0.is_multiple_of(every)
    }

    const fn after(&self, told: Next) -> Next {
        match told {
            Next::Depth => Next::Quote,
            Next::Quote => Next::Trade(0),
            Next::Trade(at) if at + 1 < self.tape.trades.len() => Next::Trade(at + 1),
            Next::Trade(_) => Next::Mark,
            Next::Mark => Next::Interest,
            Next::Interest => Next::Force,
            Next::Force => Next::Snapshot,
            Next::Snapshot => Next::Step,
            Next::Step => Next::Depth,
        }
    }

    /// Half a second: price first, then the book, then the tape.
    fn step(&mut self) {
        let motion = self.motion();
        let before = self.mid;
        self.mid = (self.mid + motion.ticks).clamp(*MID.start(), *MID.end());
        let moved = self.mid - before;
        let press = self.press(&motion);
        let wide = i64::from(self.book_dice.below(32) == 0);
        self.ladder.step(self.mid, self.mid + 1 + wide, press, &mut self.book_dice);
        self.update_before = self.update;
        self.update += 1 + self.book_dice.below(40);
        let best = [self.ladder.best(Side::Buy).price, self.ladder.best(Side::Sell).price];
        self.tape.step(&motion, moved, best, &mut self.tape_dice);
        for trade in &self.tape.trades {
            if let Some(story) = &mut self.story {
                story.trade(trade.price, trade.lots);
            }
            // What was bought is missing among the asks for a while.
            self.press[2] += 4e-5 * (trade.side.sign() * trade.lots.min(5_000)) as f64;
        }
        if self.is_due(INTEREST_EVERY) {
            let noise = i64::try_from(self.other_dice.below(4_001)).unwrap_or(0) - 2_000;
            self.interest = (self.interest + self.interest_gain + noise).max(1_000);
        }
        self.interest_gain = motion.interest;
    }

    fn motion(&mut self) -> Motion {
        match &mut self.story {
            None => driftless(self.time, &mut self.path_dice),
            Some(story) => {
                if is_midnight(self.time) {
                    story.midnight(self.time, self.mid);
                }
                story.step(self.time, self.mid, &mut self.path_dice)
            }
        }
    }

    /// The pressure now: drawn within half a minute to where the motion wants it, noise with a
    /// memory of 25 s and a deviation of 0.6, and what trades left, gone within five seconds.
    fn press(&mut self, motion: &Motion) -> f64 {
        self.press[0] += (motion.press - self.press[0]) * 0.02;
        self.press[1] = self.press[1] * 0.98 + (self.book_dice.unit() - 0.5) * 0.41;
        self.press[2] *= 0.9;
        (self.press[0] + self.press[1] + self.press[2]).clamp(-3.0, 3.0)
    }

    /// The mark: near the mid, its premium a slow noise.
    fn mark_price(&mut self) -> i64 {
        let noise = i64::try_from(self.other_dice.below(2_000_001)).unwrap_or(0) - 1_000_000;
        self.premium = self.premium * 31 / 32 + noise;
        self.mid * 10_000_000 + self.premium
    }

    /// Another rate with each settlement: 0.005 % to 0.02 %.
    fn funding_rate(&mut self, is_new: bool) -> i64 {
        if is_new {
            self.rate = 5_000 + whole(15_000.0 * self.other_dice.unit());
        }
        self.rate
    }
}

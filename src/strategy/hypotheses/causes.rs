//! Contamination: what broke, and for how long nothing may rest on it (spec § 9).
//!
//! An input that never came abstains and is named. One that was there and broke contaminates while
//! the cause lasts and `hold_ms` after its end: while now − end < hold.

use model::{Lots, Nanos};

use super::bits::bits;
use super::plan::{Grade, HypothesisPlan, span};

bits! {
    /// What broke.
    Causes(u16) {
        /// No depth event for too long.
        DEPTH_SILENT = 0, "depth_silent";
        /// No trade for too long while the book moves.
        TAPE_SILENT = 1, "tape_silent";
        /// The book is not what a cold shadow says.
        AUDIT = 2, "audit";
        /// A lag event.
        LAG = 3, "lag";
        /// CVD is unstable.
        CVD = 4, "cvd_unstable";
        /// Sockets are apart in time.
        SKEW = 5, "time_skew";
        /// Open interest could not be polled.
        INTEREST = 6, "open_interest";
        /// Funding could not be polled.
        FUNDING = 7, "funding";
    }
}

const CAUSES: usize = 8;

bits! {
    /// What a source may bring.
    Inputs(u16) {
        /// Trades.
        TRADES = 0, "trades";
        /// Depth.
        DEPTH = 1, "depth";
        /// Audits of the book.
        AUDIT = 2, "book_audit";
        /// Time of several sockets.
        SKEW = 3, "socket_times";
        /// Open interest.
        INTEREST = 4, "open_interest";
        /// Funding.
        FUNDING = 5, "funding";
    }
}

/// What is polled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Poll {
    /// Open interest.
    Interest,
    /// Funding.
    Funding,
}

/// What an audit of the book found at the next common update: hot less shadow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Best bid less the shadow's, in ticks.
    pub bid_ticks: i64,
    /// Best ask less the shadow's.
    pub ask_ticks: i64,
    /// Quantity over the best 20 a side less the shadow's, absolute.
    pub depth_off: Lots,
    /// That quantity in the shadow.
    pub depth: Lots,
}

impl Audit {
    /// Any tick of price, or more than so many millionths of the depth.
    #[must_use]
    pub fn is_off(&self, ppm: u32) -> bool {
        let off = i128::from(self.depth_off.0.unsigned_abs()) * 1_000_000;
        let most = i128::from(self.depth.0.unsigned_abs()) * i128::from(ppm);
        self.bid_ticks != 0 || self.ask_ticks != 0 || off > most
    }
}

/// The state of every cause.
#[derive(Clone, Copy, Debug)]
pub struct Contamination {
    active: Causes,
    ended: [Option<Nanos>; CAUSES],
    seen: Inputs,
    time_depth: Nanos,
    time_trade: Nanos,
    failed: [u32; 2],
}

impl Contamination {
    /// Nothing seen, nothing broken.
    pub const NEW: Self = Self {
        active: Causes::NONE,
        ended: [None; CAUSES],
        seen: Inputs::NONE,
        time_depth: Nanos::NONE,
        time_trade: Nanos::NONE,
        failed: [0; 2],
    };

    /// What contaminates now: what lasts, and what ended less than the hold ago.
    #[must_use]
    pub fn causes(&self, now: Nanos, plan: &HypothesisPlan) -> Causes {
        let held = Causes::WORDS
            .iter()
            .zip(&self.ended)
            .filter(|(_, ended)| ended.is_some_and(|ended| now.since(ended) < span(plan.hold_ms)));
        held.fold(self.active, |causes, ((cause, _), _)| causes.with(*cause))
    }

    /// What the source never brought.
    #[must_use]
    pub fn abstaining(&self) -> Inputs {
        let every = Inputs::WORDS.iter().fold(Inputs::NONE, |all, (input, _)| all.with(*input));
        every.without(self.seen)
    }

    /// Time passes: raises what is silent for *more than* its span.
    pub fn pass(&mut self, now: Nanos, plan: &HypothesisPlan) {
        let has = |input| self.seen.has(input);
        let depth_silent =
            has(Inputs::DEPTH) && now.since(self.time_depth) > span(plan.depth_silent_ms);
        // The book moves when it did so after the last trade.
        let tape_silent = has(Inputs::TRADES)
            && has(Inputs::DEPTH)
            && self.time_depth > self.time_trade
            && now.since(self.time_trade) > span(plan.tape_silent_ms);
        if depth_silent {
            self.set(now, Causes::DEPTH_SILENT, true);
        }
        if tape_silent {
            self.set(now, Causes::TAPE_SILENT, true);
        }
    }

    /// A depth event; call [`Contamination::pass`] first, so that a silence that nothing else
    /// noticed is seen at its end.
    pub fn depth(&mut self, now: Nanos) {
        self.seen = self.seen.with(Inputs::DEPTH);
        self.time_depth = now;
        self.set(now, Causes::DEPTH_SILENT, false);
    }

    /// A trade; likewise.
    pub fn trade(&mut self, now: Nanos) {
        self.seen = self.seen.with(Inputs::TRADES);
        self.time_trade = now;
        self.set(now, Causes::TAPE_SILENT, false);
    }

    /// A cause begins or ends; an end without a beginning changes nothing.
    pub fn set(&mut self, now: Nanos, cause: Causes, is_on: bool) {
        if is_on {
            self.active = self.active.with(cause);
            return;
        }
        for (place, (bit, _)) in Causes::WORDS.iter().enumerate() {
            if cause.has(*bit) && self.active.has(*bit) {
                self.ended[place] = Some(now);
            }
        }
        self.active = self.active.without(cause);
    }

    /// The verdict on the book; the next sound one ends it.
    pub fn audit(&mut self, now: Nanos, audit: &Audit, plan: &HypothesisPlan) {
        self.seen = self.seen.with(Inputs::AUDIT);
        self.set(now, Causes::AUDIT, audit.is_off(plan.audit_ppm));
    }

    /// How far the sockets are apart in time.
    pub fn skew(&mut self, now: Nanos, apart: Nanos, plan: &HypothesisPlan) {
        self.seen = self.seen.with(Inputs::SKEW);
        self.set(now, Causes::SKEW, apart > span(plan.skew_ms));
    }

    /// A poll came back or failed. Failures of one that never succeeded are no break.
    pub fn poll(&mut self, now: Nanos, poll: Poll, succeeded: bool, plan: &HypothesisPlan) {
        let (place, input, cause, grade) = match poll {
            Poll::Interest => (0, Inputs::INTEREST, Causes::INTEREST, plan.interest_grade),
            Poll::Funding => (1, Inputs::FUNDING, Causes::FUNDING, plan.funding_grade),
        };
        if succeeded {
            self.seen = self.seen.with(input);
            self.failed[place] = 0;
            self.set(now, cause, false);
            return;
        }
        self.failed[place] = self.failed[place].saturating_add(1);
        if !self.seen.has(input) || self.failed[place] < plan.polls_failed {
            return;
        }
        match grade {
            // Named as missing until it comes again.
            Grade::Abstain => self.seen = self.seen.without(input),
            Grade::Contaminate => self.set(now, cause, true),
        }
    }
}

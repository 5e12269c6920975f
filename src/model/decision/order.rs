//! What was asked of the venue, and what came of it.

use bytemuck::{Pod, Zeroable};

use crate::insight::insight as decision;
use crate::{Fine, InstrumentId, Lots, Nanos, Price, Trust};

decision! {
    /// An intent that passed the risk gate. Behind it: an [`OrderLine`].
    IntentDecision {
        /// The signal it serves.
        signal: u64,
        /// The level's number.
        level: u64,
        /// Limit or trigger; zero at the market and of a cancel.
        price: Price,
        /// Quantity; zero of a cancel.
        lots: Lots,
        /// What the order is for.
        role: u8,
        /// What is asked.
        action: u8,
        /// Why.
        why: u8,
        /// The order's own side; zero of a cancel.
        side: u8,
        /// Counts the orders of the run.
        attempt: u32,
    }
}

decision! {
    /// An intent that was not sent. Behind it: an [`OrderLine`].
    RefusalDecision {
        /// The signal it would have served.
        signal: u64,
        /// The level's number.
        level: u64,
        /// Limit or trigger.
        price: Price,
        /// Quantity; zero where there was none yet.
        lots: Lots,
        /// What the order was for.
        role: u8,
        /// What was asked.
        action: u8,
        /// Why it was.
        why: u8,
        /// The order's own side.
        side: u8,
        /// Who refused: 1 the size, 2 the exits, 3 the risk gate.
        by: u8,
        /// Its code of the refusal.
        refusal: u8,
        /// The trading state.
        state: u8,
        /// Zero.
        reserved: u8,
    }
}

/// Body line of an intent or refusal.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct OrderLine {
    /// The order's client id as the venue will see it; of a cancel that of the order to withdraw.
    pub client: [u8; 32],
    /// Of an entry: where its stop will stand; zero where there is no room for one. Else missing.
    pub stop: Price,
    /// Of an entry: the first target. Missing otherwise.
    pub target: Price,
    /// Equity by which it was sized, in quote units of 10⁻⁸; zero where it was not.
    pub equity: Fine,
    /// Which rule set the target.
    pub target_kind: u8,
    /// What is expected.
    pub hypothesis: u8,
    /// Zero.
    pub reserved: [u8; 6],
}

decision! {
    /// An order was filled by the model in process. Behind it: a [`FillLine`].
    FillDecision {
        /// The signal.
        signal: u64,
        /// The level's number.
        level: u64,
        /// At.
        price: Price,
        /// How much.
        lots: Lots,
        /// What the order was for.
        role: u8,
        /// The order's side.
        side: u8,
        /// 1 when it made liquidity, 0 when it took.
        maker: u8,
        /// Zero.
        reserved: u8,
        /// The order's attempt.
        attempt: u32,
    }
}

decision! {
    /// The model in process answered an order: it stands, would have taken, or is gone.
    AnswerDecision {
        /// The signal.
        signal: u64,
        /// The level's number.
        level: u64,
        /// 1 it stands, 2 refused because it would have taken, 3 gone.
        answer: u64,
        /// What the order is for.
        role: u8,
        /// Zero.
        reserved: [u8; 3],
        /// The order's attempt.
        attempt: u32,
        /// Zero.
        more: u64,
    }
}

impl AnswerDecision {
    /// What became of the order, as the command line writes it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self.answer {
            1 => "stands",
            2 => "would_take",
            3 => "gone",
            _ => "?",
        }
    }
}

/// Body line of a fill.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct FillLine {
    /// Fee in quote units of 10⁻⁸; below zero a rebate.
    pub fee: Fine,
    /// Lots held in the instrument behind it; signed.
    pub held: Lots,
    /// Number of the fill in the run, from 1.
    pub number: u64,
    /// Zero.
    pub reserved: [u64; 5],
}

decision! {
    /// A signal's position is flat again. Behind it: a [`CloseLine`].
    CloseDecision {
        /// The signal.
        signal: u64,
        /// The level's number.
        level: u64,
        /// What it came to after fees, in quote units of 10⁻⁸.
        result: Fine,
        /// The most lots that it held.
        lots: Lots,
        /// The role of the order that closed the last of it.
        role: u8,
        /// Why that order existed.
        why: u8,
        /// The position's side.
        side: u8,
        /// What was expected.
        hypothesis: u8,
        /// Zero.
        reserved: u32,
    }
}

/// Body line of a closed position.
#[derive(Clone, Copy, PartialEq, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct CloseLine {
    /// Mean price of the entry in quote units of 10⁻⁸.
    pub entry: Fine,
    /// Mean price of the exit.
    pub exit: Fine,
    /// Fees of both, in quote units of 10⁻⁸.
    pub fees: Fine,
    /// When the first lot was filled.
    pub time_open: Nanos,
    /// The stop as it stood first.
    pub stop: Price,
    /// The first target.
    pub target: Price,
    /// Zero.
    pub reserved: [u64; 2],
}

decision! {
    /// What may be done changed: the trading state or a cause of it, contamination, the flash guard,
    /// or which inputs abstain.
    StateDecision {
        /// Causes of the trading state; bits.
        causes: u64,
        /// What contaminates; bits.
        contamination: u64,
        /// Inputs that the source never brought; bits.
        abstaining: u64,
        /// Equity in quote units of 10⁻⁸; missing while a position has no mark.
        equity: Fine,
        /// The trading state.
        state: u8,
        /// The one before.
        before: u8,
        /// 1 while profile levels are frozen.
        frozen: u8,
        /// Zero.
        reserved: [u8; 5],
    }
}

const _: () = {
    assert!(size_of::<OrderLine>() == 64);
    assert!(size_of::<FillLine>() == 64);
    assert!(size_of::<CloseLine>() == 64);
};

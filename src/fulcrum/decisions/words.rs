//! What windows, kinds, refusals and inputs are called in a sentence.

use model::{Side, Window};
use strategy::Refused;
use strategy::exits::{ExitRefusal, SizeRefusal};
use strategy::hypotheses::Inputs;
use strategy::risk::{Refusal, TradingState};
use strategy::terms::{Hypothesis, LevelKind};

/// The window of a byte; of a session whether it is over.
pub(super) fn window(byte: u8, completed: bool) -> &'static str {
    match (Window::ALL.get(usize::from(byte)), completed) {
        (Some(Window::All), _) => "all of the input",
        (Some(Window::Hours2), _) => "the last 2 hours",
        (Some(Window::Hours8), _) => "the last 8 hours",
        (Some(Window::Hours24), _) => "the last 24 hours",
        (Some(Window::Day), true) => "the last completed UTC day",
        (Some(Window::Day), false) => "the running UTC day",
        (Some(Window::Funding), true) => "the last completed funding session",
        (Some(Window::Funding), false) => "the running funding session",
        (Some(Window::Composite), _) => "the composite of the last days",
        (Some(Window::SwingHigh), _) => "the time since the last swing high",
        (Some(Window::SwingLow), _) => "the time since the last swing low",
        (Some(Window::FundingTime), _) => "the time since the last funding",
        (Some(Window::Spike), _) => "the time since the last liquidation spike",
        (Some(Window::Absorption), _) => "the time since the last absorption",
        (Some(Window::Named1 | Window::Named2 | Window::Named3), _) => {
            "the time since the operator's anchor"
        }
        (None, _) => "a window of a later version",
    }
}

/// What a level is made of, by its code.
pub(super) fn what(code: u8) -> &'static str {
    match LevelKind::from_code(code) {
        Some(LevelKind::Lvn) => "low-volume node",
        Some(LevelKind::Hvn) => "high-volume node",
        Some(LevelKind::Vah) => "value-area high",
        Some(LevelKind::Val) => "value-area low",
        Some(LevelKind::Poc) => "point of control",
        Some(LevelKind::Cliff) => "cliff of volume",
        Some(LevelKind::NakedPoc) => "naked point of control",
        Some(LevelKind::Avwap) => "anchored VWAP",
        Some(LevelKind::AvwapBand) => "band of the anchored VWAP",
        None => "level",
    }
}

/// What is expected, by its code.
pub(super) fn expectation(code: u8) -> &'static str {
    match Hypothesis::from_code(code) {
        Some(Hypothesis::Rejection) => "rejection: price is expected to turn there",
        Some(Hypothesis::Magnet) => {
            "magnet: price is expected to run into the node and come back to its middle"
        }
        Some(Hypothesis::BreakThrough) => "break-through: price is expected to pass the thin place",
        None => "nothing that this version knows",
    }
}

/// The side that is taken, by its code.
pub(super) fn side(code: u8) -> &'static str {
    match Side::from_code(code) {
        Some(Side::Buy) => "buy",
        Some(Side::Sell) => "sell",
        None => "?",
    }
}

/// Words of a set between commas, underscores as spaces.
pub(super) fn list(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| word.replace('_', " ")).collect::<Vec<_>>().join(", ")
}

/// What it means that an input never came.
pub(super) const LACKS: [(Inputs, &str); 6] = [
    (Inputs::TRADES, "no trades: there are no levels, and nothing touches one"),
    (
        Inputs::DEPTH,
        "no order book: OBI abstains, and the risk gate lets no entry pass without a touch",
    ),
    (Inputs::AUDIT, "no audit of the book: nobody compared it with a fresh snapshot"),
    (Inputs::SKEW, "no times of several sockets: their skew is not judged"),
    (Inputs::INTEREST, "no open interest: the OI filter abstains, and no break-through can arm"),
    (Inputs::FUNDING, "no funding: size is not cut for it, nor is its hour kept clear"),
];

/// Why it was not sent, as a sentence goes on after "because".
pub(super) fn refusal(refused: Refused) -> &'static str {
    match refused {
        Refused::Size(refusal) => match refusal {
            SizeRefusal::NoEquity => "there is no equity",
            SizeRefusal::Absurd => "a price, ATR or step is missing or out of range",
            SizeRefusal::BelowLot => "the size is less than a lot or than the smallest order",
            SizeRefusal::BelowNotional => "the size is worth less than the venue takes",
        },
        Refused::Exit(refusal) => match refusal {
            ExitRefusal::Absurd => "a price of the exit is out of range",
            ExitRefusal::NoRoom => "the stop would not lie beyond the entry",
            ExitRefusal::FeesEatIt => "the target is nearer than twice the fees there and back",
            ExitRefusal::NoAtr => "ATR is missing, so neither stop nor size can be reckoned",
        },
        Refused::Gate(refusal) => gate(refusal),
    }
}

/// Of the risk gate.
const fn gate(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::State(TradingState::Halted) => "trading is HALTED",
        Refusal::State(TradingState::Reducing) => "the state is REDUCING: nothing opens",
        Refusal::State(TradingState::Trading) => "the state says so",
        Refusal::Instrument => "the account does not have the instrument",
        Refusal::Role => "the id's role is not the action's",
        Refusal::Duplicate => "the id is live or was not long ago",
        Refusal::Full => "the table of orders or levels is full",
        Refusal::Absurd => "price or quantity makes no sense",
        Refusal::TooSmall => "it is less than the venue takes",
        Refusal::Filter => "the venue's filters do not take it",
        Refusal::Contaminated => "the instrument's data is contaminated",
        Refusal::Funding => "funding is less than 10 minutes away",
        Refusal::Mark => "there is no mark price, or it is too old",
        Refusal::Touch => "there is no best bid and ask to compare with",
        Refusal::CollarMark => "it is too far from the mark price",
        Refusal::CollarTouch => "it is too far from the best bid and ask",
        Refusal::WouldTrigger => "its trigger is behind the market already",
        Refusal::Against => "it is against the position held",
        Refusal::SelfMatch => "it would meet our own resting entry",
        Refusal::OrderValue => "it is worth more than one order may be",
        Refusal::OrderQuantity => "it is larger than one order may be",
        Refusal::OrdersSide => "as many entries as allowed live on this side",
        Refusal::PositionValue => "the position could become worth more than it may",
        Refusal::PositionQuantity => "the position could become larger than it may",
        Refusal::LevelValue => "the level would hold more than it may",
        Refusal::TotalValue => "everything together would be worth more than it may",
        Refusal::Repeated => "as many entries as allowed may fill in the window already",
        Refusal::Rate => "the rate of orders or messages is used up",
        Refusal::NothingToReduce => "nothing is held that it could reduce",
        Refusal::Exceeds => "it is more than is held",
        Refusal::Covered => "stops for the whole position stand already",
        Refusal::StopTooFar => "the stop would be too far away to protect",
        Refusal::Loosens => "the new stop would be farther or smaller than the old",
        Refusal::NoSuchOrder => "the order does not stand",
        Refusal::Uncovers => "without that stop the position is not covered",
    }
}

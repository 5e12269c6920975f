//! The best of the book, as far as an insight goes.

use model::{BookLine, BookState, Lots, Price, Trust};

/// Best bid and ask with what is to be held against them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Top {
    pub(crate) bid: Price,
    pub(crate) bid_lots: Lots,
    pub(crate) ask: Price,
    pub(crate) ask_lots: Lots,
    pub(crate) trust: Trust,
}

impl Default for Top {
    fn default() -> Self {
        let (bid, ask, lots) = (Price(0), Price(0), Lots(0));
        Self { bid, bid_lots: lots, ask, ask_lots: lots, trust: Trust::MISSING }
    }
}

impl Top {
    /// What a book line says.
    pub(crate) fn of(book: &BookLine) -> Self {
        let mut trust = Trust::SOUND;
        if !book.is_sound() {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if book.state() != BookState::Trusted || book.bid_levels.min(book.ask_levels) == 0 {
            return Self { trust: trust.with(Trust::MISSING), ..Self::default() };
        }
        Self {
            bid: book.bid,
            bid_lots: book.bid_lots,
            ask: book.ask,
            ask_lots: book.ask_lots,
            trust,
        }
    }
}

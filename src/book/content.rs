//! What the market was, in three running digests: keyed by the venue's ids, free of sequence
//! and local time, so equal however the same market arrived.

use model::{BarLine, BarSumsLine, Digest, Fine, Head, LevelPrice, Line, Lots, Side, TOP_LEVELS};
use model::{Flags, TradeLine};

use crate::OrderBook;

/// The content of one instrument's book, tape and bars so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Content {
    /// After each depth event applied: u, level counts, the best `TOP_LEVELS` of both sides.
    pub book: Digest,
    /// Each trade taken: a, T, price, lots, side; of a foreign print its id alone.
    pub tape: Digest,
    /// Each closed bar that holds a trade. Empty ones follow from these, and how many of them
    /// share a record depends on how the market arrived.
    pub bars: Digest,
}

impl Content {
    pub(crate) fn applied(&mut self, book: &OrderBook) {
        self.book.word(book.update_id());
        for side in [Side::Buy, Side::Sell] {
            self.book.word(book.level_count(side) as u64);
            book.top(side, TOP_LEVELS, |price, Lots(lots)| {
                match price {
                    LevelPrice::Tick(price) => self.book.word(price.0.cast_unsigned()),
                    // Odd prices are told from ticks by the top bit, which no price has.
                    LevelPrice::Fine(Fine(fine)) => self.book.word(fine.cast_unsigned() | 1 << 63),
                }
                self.book.word(lots.cast_unsigned());
            });
        }
    }

    pub(crate) fn print(&mut self, head: &Head, trade: Option<&TradeLine>) {
        self.tape.word(head.id);
        if let Some(trade) = trade
            && !head.flags.has(Flags::FOREIGN)
        {
            self.tape.word(head.time_venue().0);
            self.tape.word(trade.price.0.cast_unsigned());
            self.tape.word(trade.lots.0.cast_unsigned());
            self.tape.word(u64::from(trade.side().code()));
        }
    }

    pub(crate) fn bar(&mut self, bar: &BarLine, sums: &BarSumsLine) {
        if sums.trades != 0 {
            self.bars.line(&Line::of(*bar));
            self.bars.line(&Line::of(*sums));
        }
    }
}

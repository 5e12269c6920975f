//! What a step tells, as the messages that a decoder would have made of the venue's frames.

use model::{
    Draft, Fine, ForceLine, HOUR, InstrumentId, Kind, Lots, MarkLine, Nanos, OpenInterestLine,
    Price, QuoteLine, Side, TradeLine,
};

use super::{
    DEPTH_AT, FORCE_AT, Force, INTEREST_AT, Imagined, MARK_AT, QUOTE_AT, SNAPSHOT_AT, Trade,
};

/// The only instrument.
const WHO: InstrumentId = InstrumentId(0);
/// From the venue to us.
const WAY: u64 = 3_000_000;
/// How long a funding interval is.
const FUNDING: u64 = 8 * HOUR.0;
/// 10⁻⁸ in a tick.
const TICK: i64 = 10_000_000;

impl Imagined {
    fn stamp(&self, offset: u64, draft: &mut Draft) {
        let time = Nanos(self.time.0 + offset);
        draft.head.time_local = Nanos(time.0 + WAY);
        draft.head.time_event = time;
    }

    /// As [`Imagined::stamp`], with the time of the matching engine.
    fn stamp_matched(&self, offset: u64, draft: &mut Draft) {
        self.stamp(offset, draft);
        draft.head.time_match = draft.head.time_event;
    }

    pub(super) fn depth(&mut self, draft: &mut Draft) {
        draft.open(Kind::Depth, WHO);
        for change in &self.ladder.changes {
            push(draft, change.side, change.rest.price, change.rest.lots);
        }
        draft.head.id_prev = self.update_before;
        draft.head.id = self.update;
        // At most 40 at a time.
        let span = self.update - self.update_before - 1;
        draft.head.id_span = u32::try_from(span).unwrap_or(0);
        self.stamp_matched(DEPTH_AT, draft);
    }

    pub(super) fn snapshot(&mut self, draft: &mut Draft) {
        draft.open(Kind::Snapshot, WHO);
        for side in [Side::Buy, Side::Sell] {
            for rest in self.ladder.half(side) {
                push(draft, side, rest.price, rest.lots);
            }
        }
        draft.head.id = self.update;
        self.stamp_matched(SNAPSHOT_AT, draft);
    }

    pub(super) fn quote(&mut self, draft: &mut Draft) {
        draft.open(Kind::Quote, WHO);
        let (bid, ask) = (self.ladder.best(Side::Buy), self.ladder.best(Side::Sell));
        draft.push(QuoteLine {
            bid: Price(bid.price),
            bid_lots: Lots(bid.lots),
            ask: Price(ask.price),
            ask_lots: Lots(ask.lots),
            bid_fine: Fine(bid.price * TICK),
            ask_fine: Fine(ask.price * TICK),
            reserved: [0; 2],
        });
        draft.head.id = self.update;
        self.stamp_matched(QUOTE_AT, draft);
    }

    pub(super) fn trade(&mut self, trade: &Trade, draft: &mut Draft) {
        draft.open(Kind::Trade, WHO);
        draft.push(TradeLine {
            price: Price(trade.price),
            lots: Lots(trade.lots),
            lots_normal: Lots(trade.lots),
            first: trade.fills.0,
            last: trade.fills.1,
            side: trade.side.code(),
            reserved: [0; 23],
        });
        draft.head.id = trade.id;
        self.stamp_matched(trade.at, draft);
    }

    pub(super) fn mark(&mut self, draft: &mut Draft) {
        let mark = Fine(self.mark_price());
        let rate = self.funding_rate(self.time.0.is_multiple_of(FUNDING));
        draft.open(Kind::Mark, WHO);
        draft.push(MarkLine {
            mark,
            average: mark,
            index: Fine(self.mid * TICK),
            settle: Fine(0),
            rate,
            time_funding: Nanos((self.time.0 / FUNDING + 1) * FUNDING),
            has_rate: 1,
            reserved: [0; 15],
        });
        self.stamp(MARK_AT, draft);
    }

    pub(super) fn poll(&mut self, draft: &mut Draft) {
        draft.open(Kind::OpenInterest, WHO);
        draft.push(OpenInterestLine { lots: Lots(self.interest), reserved: [0; 7] });
        self.stamp(INTEREST_AT, draft);
    }

    pub(super) fn force(&mut self, force: &Force, draft: &mut Draft) {
        draft.open(Kind::Force, WHO);
        let price = Fine(force.price * TICK);
        let lots = Lots(force.lots);
        draft.push(ForceLine {
            price,
            average: price,
            lots,
            lots_last: lots,
            lots_filled: lots,
            side: force.side.code(),
            filled: 1,
            reserved: [0; 22],
        });
        self.stamp_matched(FORCE_AT, draft);
    }
}

fn push(draft: &mut Draft, side: Side, price: i64, lots: i64) {
    // Quantities here are thousands: far below what a packed level holds.
    let lots = u32::try_from(lots).unwrap_or(u32::MAX);
    let pushed = draft.push_packed(side, Price(price), lots);
    assert!(pushed, "sixty levels fit any message");
}

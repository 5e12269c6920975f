//! What REST asks of a market: answers as the venue writes them, at any moment.

use model::{Fine, Lots, MILLISECOND, Nanos, Side};

use super::{Market, Outbox, Tape, ladder::Ladder};
use crate::speech::Speech;

/// A depth snapshot of the best `limit` levels a side.
pub(crate) fn say_snapshot(
    out: &mut Vec<u8>,
    ladder: &Ladder,
    outbox: &Outbox,
    times: (Nanos, Nanos),
    limit: usize,
) {
    let mut speech = Speech::new(out);
    speech.text("{\"lastUpdateId\":").whole(ladder.update);
    speech.text(",\"E\":").whole(times.0.0 / MILLISECOND.0);
    speech.text(",\"T\":").whole(times.1.0 / MILLISECOND.0);
    for (name, side) in [(",\"bids\":[", Side::Buy), ("],\"asks\":[", Side::Sell)] {
        speech.text(name);
        for (at, (price, lots)) in ladder.levels(side).take(limit).enumerate() {
            if at > 0 {
                speech.text(",");
            }
            speech.level(price, lots, outbox.scale);
        }
    }
    speech.text("]}");
}

/// Aggregates as REST gives them.
pub(crate) fn say_aggregates(
    out: &mut Vec<u8>,
    tape: &Tape,
    outbox: &Outbox,
    from: Option<u64>,
    until: Nanos,
    limit: usize,
) {
    let mut speech = Speech::new(out);
    speech.text("[");
    let within = tape.aggregates(from, limit).take_while(|trade| trade.time <= until);
    for (at, trade) in within.enumerate() {
        speech.text(if at > 0 { ",{\"a\":" } else { "{\"a\":" }).whole(trade.id).text(",");
        trade.say(&mut speech, outbox.scale);
        speech.text("}");
    }
    speech.text("]");
}

/// Candles as REST gives them.
pub(crate) fn say_candles(
    out: &mut Vec<u8>,
    tape: &Tape,
    outbox: &Outbox,
    length: Nanos,
    span: (Nanos, Nanos),
    limit: usize,
) {
    let mut speech = Speech::new(out);
    speech.text("[");
    for (at, candle) in tape.candles(length, span.0, span.1, limit).iter().enumerate() {
        if at > 0 {
            speech.text(",");
        }
        candle.say_row(&mut speech, outbox.scale);
    }
    speech.text("]");
}

/// The answers of a source that has a ladder and a tape but is no market.
impl Market {
    pub(crate) fn say_book(
        ladder: &Ladder,
        outbox: &Outbox,
        times: (Nanos, Nanos),
        limit: usize,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        say_snapshot(&mut out, ladder, outbox, times, limit);
        out
    }

    pub(crate) fn say_tape(
        tape: &Tape,
        outbox: &Outbox,
        from: Option<u64>,
        until: Nanos,
        limit: usize,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        say_aggregates(&mut out, tape, outbox, from, until, limit);
        out
    }

    pub(crate) fn say_klines(
        tape: &Tape,
        outbox: &Outbox,
        length: Nanos,
        span: (Nanos, Nanos),
        limit: usize,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        say_candles(&mut out, tape, outbox, length, span, limit);
        out
    }
}

impl Market {
    /// `GET /fapi/v1/depth`: the book as it is now.
    pub fn snapshot(&self, limit: usize, out: &mut Vec<u8>) {
        say_snapshot(out, &self.ladder, &self.outbox, (self.now, self.matched), limit);
    }

    /// `GET /fapi/v1/aggTrades`: from an id on, or the latest.
    pub fn aggregates(&self, from: Option<u64>, limit: usize, out: &mut Vec<u8>) {
        say_aggregates(out, &self.tape, &self.outbox, from, Nanos(u64::MAX), limit);
    }

    /// `GET /fapi/v1/aggTrades` by time.
    pub fn aggregates_between(&self, from: Nanos, to: Nanos, limit: usize, out: &mut Vec<u8>) {
        let id = self.tape.id_at(from).unwrap_or(u64::MAX);
        say_aggregates(out, &self.tape, &self.outbox, Some(id), to, limit);
    }

    /// `GET /fapi/v1/klines`.
    pub fn candles(&self, length: Nanos, span: (Nanos, Nanos), limit: usize, out: &mut Vec<u8>) {
        say_candles(out, &self.tape, &self.outbox, length, span, limit);
    }

    /// `GET /fapi/v1/openInterest`.
    pub fn open_interest(&self, out: &mut Vec<u8>) {
        let mut speech = Speech::new(out);
        speech.text("{\"openInterest\":").lots(self.positions.open(), self.outbox.scale);
        speech.text(",\"symbol\":\"").text(self.plan.instrument.symbol.text());
        speech.text("\",\"time\":").whole(self.now.0 / MILLISECOND.0).text("}");
    }

    /// Open interest now, in lots.
    #[must_use]
    pub fn open_lots(&self) -> Lots {
        self.positions.open()
    }

    /// Funding rate as estimated now, in 10⁻⁸.
    #[must_use]
    pub fn funding_rate(&self) -> i64 {
        self.positions.rate()
    }

    /// Index of the volatility regime, 0 calm to 3 storm.
    #[must_use]
    pub const fn mood(&self) -> usize {
        self.regime.mood()
    }

    /// `GET /fapi/v1/premiumIndex`.
    pub fn premium_index(&self, out: &mut Vec<u8>) {
        let [mark, _, index, settle] = self.positions.prices(self.plan.instrument.tick);
        let interval = self.plan.funding_interval;
        let next = self.now.floor(interval).0 + interval.0;
        let mut speech = Speech::new(out);
        speech.text("{\"symbol\":\"").text(self.plan.instrument.symbol.text());
        speech.text("\",\"markPrice\":").fine(mark).text(",\"indexPrice\":").fine(index);
        speech.text(",\"estimatedSettlePrice\":").fine(settle);
        speech.text(",\"lastFundingRate\":").fine(Fine(self.positions.rate()));
        speech.text(",\"interestRate\":\"0.00010000\",\"nextFundingTime\":");
        speech.whole(next / MILLISECOND.0);
        speech.text(",\"time\":").whole(self.now.0 / MILLISECOND.0).text("}");
    }
}

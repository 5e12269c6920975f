//! The rows of an archive as a source: real trades, with a book synthesised around them.
//!
//! Before each trade the quotes move so that its price is the best of the side it hits and at
//! least its quantity rests there; then it trades, to the lot. Between trades makers refresh
//! the rest of the book from a seed. Trades are the archive's, ids included; depth and quotes
//! are plausible, not history.

use model::{Instrument, Lots, MILLISECOND, Nanos, Price, Side};

use super::{Ask, Outgoing, Reply, Source};
use crate::dice::{Dice, whole};
use crate::market::{Aggregate, Ladder, Makers, Market, MarketPlan, Outbox, Stream, Tape};

/// One aggregate of an archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArchiveRow {
    /// Aggregate id.
    pub id: u64,
    /// First single trade.
    pub first: u64,
    /// Last single trade.
    pub last: u64,
    /// Venue time.
    pub time: Nanos,
    /// Price.
    pub price: Price,
    /// Quantity, > 0.
    pub lots: Lots,
    /// The aggressor.
    pub taker: Side,
}

/// An archive with a book around it.
pub struct ArchiveSource<I: Iterator<Item = ArchiveRow>> {
    rows: std::iter::Peekable<I>,
    plan: MarketPlan,
    lower: String,
    dice: Dice,
    ladder: Ladder,
    makers: Makers,
    tape: Tape,
    outbox: Outbox,
    now: Nanos,
    matched: Nanos,
    ended: bool,
}

impl<I: Iterator<Item = ArchiveRow>> std::fmt::Debug for ArchiveSource<I> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ArchiveSource").field("now", &self.now).finish_non_exhaustive()
    }
}

impl<I: Iterator<Item = ArchiveRow> + Send> ArchiveSource<I> {
    /// The rows in order of id. `plan` gives instrument, scale and depth interval; start price
    /// and time are the first row's.
    #[must_use]
    pub fn new(seed: u64, rows: I, plan: MarketPlan) -> Self {
        let mut rows = rows.peekable();
        let first = rows.peek().copied();
        let start = first.map_or(plan.start, |row| row.price);
        let time = first.map_or(plan.time_start, |row| row.time.floor(MILLISECOND));
        let plan = MarketPlan { start, time_start: time, ..plan };
        let mut dice = Dice::new(seed);
        let mut ladder = Ladder::new(start, 1);
        let mut makers = Makers::new(start.0 as f64, plan.unit_lots, plan.best_units);
        makers.fill(&mut ladder, &mut dice);
        ladder.drain_changes(&mut Vec::new());
        Self {
            rows,
            lower: plan.instrument.symbol.text().to_lowercase(),
            dice,
            ladder,
            makers,
            tape: Tape::new(time, start, Nanos(0), Nanos(0)),
            outbox: Outbox::new(&plan.instrument, plan.price_places),
            now: time,
            matched: time,
            ended: first.is_none(),
            plan,
        }
    }

    /// One row, or one beat of the clock, whichever is first.
    fn step(&mut self) {
        let interval = Nanos(self.plan.depth_interval.0.max(MILLISECOND.0));
        let beat = Nanos(self.now.floor(interval).0 + interval.0);
        match self.rows.peek().copied() {
            Some(row) if row.time < beat => {
                self.rows.next();
                self.now = self.now.max(row.time);
                self.trade(&row);
            }
            Some(_) => self.beat(beat),
            None => {
                self.beat(beat);
                self.ended = true;
            }
        }
    }

    fn beat(&mut self, beat: Nanos) {
        self.now = beat;
        let count = 1 + u64::try_from(whole(self.dice.exponential(40.0))).unwrap_or(0);
        self.makers.refresh(&mut self.ladder, &mut self.dice, count);
        self.makers.queue(&mut self.ladder, &mut self.dice);
        self.outbox.quote(beat, &self.ladder);
        self.matched = beat;
        self.outbox.depth(beat, beat, &mut self.ladder);
        if beat.0.is_multiple_of(model::MINUTE.0) {
            self.tape.minute(beat);
        }
    }

    fn trade(&mut self, row: &ArchiveRow) {
        let tick = usize::try_from(row.price.0).unwrap_or(0);
        let fits = tick > 64 && tick + 128 < self.ladder.height();
        let Some(lots) = u32::try_from(row.lots.0).ok().filter(|&lots| lots > 0 && fits) else {
            return;
        };
        self.make_room(row.taker, tick, lots);
        let taken = self.ladder.take(row.taker.opposite(), lots);
        assert_eq!(taken, lots, "room was made for the whole of it");
        self.close_spread(row.taker, tick);
        self.matched = self.now;
        let time = row.time;
        let aggregate = Aggregate {
            id: row.id,
            first: row.first,
            last: row.last,
            time,
            price: row.price,
            lots: row.lots,
            taker: row.taker,
        };
        self.tape.keep(aggregate);
        self.outbox.aggregate(self.now, &aggregate);
        self.outbox.quote(self.now, &self.ladder);
    }

    /// Quotes move until the trade's price is the best of the side it hits, with more than its
    /// quantity resting.
    fn make_room(&mut self, taker: Side, tick: usize, lots: u32) {
        let resting = taker.opposite();
        // First the resting side must be placed at the price, so that it is never empty.
        let is_beyond = |at: usize| match resting {
            Side::Sell => at < tick,
            Side::Buy => at > tick,
        };
        let crosses = |at: usize| match taker {
            Side::Buy => at >= tick,
            Side::Sell => at <= tick,
        };
        while crosses(self.ladder.best(taker)) {
            let best = self.ladder.best(taker);
            if !self.ladder.set(taker, best, 0) {
                break;
            }
        }
        // One lot more than is taken stays: the level outlives the trade.
        let room = self.ladder.at(tick).max(lots.saturating_add(1));
        self.ladder.set(resting, tick, room);
        while is_beyond(self.ladder.best(resting)) {
            let best = self.ladder.best(resting);
            self.ladder.set(resting, best, 0);
        }
    }

    /// The other side follows to one tick.
    fn close_spread(&mut self, taker: Side, tick: usize) {
        if self.ladder.spread() == 1 {
            return;
        }
        let beside = match taker {
            Side::Buy => tick - 1,
            Side::Sell => tick + 1,
        };
        let units = self.dice.lognormal(self.plan.best_units * 0.4, 0.8);
        let lots = self.makers.lots(units);
        self.ladder.set(taker, beside, lots);
    }
}

impl<I: Iterator<Item = ArchiveRow> + Send> Source for ArchiveSource<I> {
    fn instruments(&self) -> Vec<(Instrument, u32)> {
        vec![(self.plan.instrument, self.plan.price_places)]
    }

    fn time_start(&self) -> Nanos {
        self.plan.time_start
    }

    fn next(&mut self, out: &mut Outgoing) -> bool {
        if self.outbox.is_empty() {
            self.outbox.rewind();
            while self.outbox.is_empty() && !self.ended {
                self.step();
            }
        }
        let Some(frame) = self.outbox.take() else { return false };
        out.time_venue = frame.time_venue;
        out.id = frame.id;
        out.stream.clear();
        out.stream.push_str(&self.lower);
        out.stream.push_str(frame.stream.suffix());
        out.payload.clear();
        out.payload.extend_from_slice(frame.bytes);
        true
    }

    fn ask(&mut self, place: usize, ask: Ask) -> Reply {
        if place != 0 {
            return Reply::Unknown;
        }
        let times = (self.now, self.matched);
        let (tape, outbox) = (&self.tape, &self.outbox);
        match ask {
            Ask::Depth { limit } => {
                Reply::Body(Market::say_book(&self.ladder, outbox, times, limit))
            }
            Ask::Aggregates { from, limit } => {
                Reply::Body(Market::say_tape(tape, outbox, from, Nanos(u64::MAX), limit))
            }
            Ask::AggregatesBetween { from, to, limit } => {
                let id = tape.id_at(from).unwrap_or(u64::MAX);
                Reply::Body(Market::say_tape(tape, outbox, Some(id), to, limit))
            }
            Ask::Klines { length, from, to, limit } => {
                Reply::Body(Market::say_klines(tape, outbox, length, (from, to), limit))
            }
            // An archive of trades knows neither.
            Ask::OpenInterest | Ask::PremiumIndex => Reply::Unknown,
        }
    }

    fn carries(&self, stream: &str) -> bool {
        [Stream::AggTrade, Stream::Depth, Stream::BookTicker]
            .iter()
            .any(|kind| stream.strip_prefix(&self.lower) == Some(kind.suffix()))
    }
}

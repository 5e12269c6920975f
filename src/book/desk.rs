//! All that is kept of one instrument: clock, book, tape, bars; and what each message does to it.

use model::{
    AuditLine, BarLine, BarSumsLine, Flags, Head, Instrument, InstrumentId, Interval, Kind, Line,
    MarkBarLine, MarkLine, Message, Nanos, Sink, TradeLine,
};
use runtime::Counters;

use crate::clock::{Reading, VenueClock};
use crate::order_book::{OrderBook, Step};
use crate::{Bars, BookCounter, Content, MarkBars, Plan, Tape};

/// Quantities from here on are refused, so that no sum of a bar can overflow.
const LOTS_MAX: i64 = 1 << 45;

/// One instrument.
#[derive(Debug)]
pub(crate) struct Desk {
    id: InstrumentId,
    pub(crate) instrument: Instrument,
    pub(crate) clock: VenueClock,
    pub(crate) book: OrderBook,
    pub(crate) tape: Tape,
    pub(crate) bars: Bars,
    pub(crate) marks: MarkBars,
    pub(crate) content: Content,
    keeps_content: bool,
    stale_after: Nanos,
    counters: Counters<BookCounter>,
}

impl Desk {
    pub(crate) fn new(
        id: InstrumentId,
        instrument: Instrument,
        plan: &Plan,
        counters: &Counters<BookCounter>,
    ) -> Self {
        Self {
            id,
            instrument,
            clock: VenueClock::new(plan.time_jump_max),
            book: OrderBook::new(&instrument, plan, counters),
            tape: Tape::default(),
            bars: Bars::new(plan.bar_grace),
            marks: MarkBars::new(plan.bar_grace),
            content: Content::default(),
            keeps_content: plan.content,
            stale_after: plan.stale_after,
            counters: counters.clone(),
        }
    }

    /// Takes a message of this instrument with a body that fits its kind.
    #[inline]
    pub(crate) fn take<S: Sink>(&mut self, kind: Kind, message: Message<'_>, out: &mut S) {
        match self.clock.read(message.head) {
            Reading::Kept => {}
            Reading::Refused => return self.counters.bump(BookCounter::TimeJumpsRefused),
            Reading::Jumped => self.jump(message.head, out),
        }
        if self.marks.passes(self.clock.now()) {
            let send = closed_marks(self.head(Kind::MarkBar, message.head), &self.counters, out);
            self.marks.pass(self.clock.now(), send);
        }
        if kind == Kind::Trade {
            return self.trade(message, out);
        }
        self.pass(message.head, false, out);
        match kind {
            Kind::Depth => {
                let content = self.keeps_content.then_some(&mut self.content);
                let step = self.book.depth(message, content);
                if let Step::Changed(changes) = step {
                    self.send_losses(message, out);
                    self.send_book(changes, Flags::default(), message.head, out);
                }
            }
            Kind::Snapshot => {
                let content = self.keeps_content.then_some(&mut self.content);
                let step = self.book.snapshot(message, content);
                self.report(step, message.head, out);
            }
            Kind::Partial => {}
            Kind::Mark => {
                self.mark(message, out);
                self.forward(message, Flags::default(), out);
            }
            Kind::Audit => {
                // A book that is not the venue's is none to trust: a snapshot must mend it.
                if message.body.view::<AuditLine>(0).is_some_and(|line| line.equal == 0) {
                    self.distrust(message.head, out);
                }
                self.forward(message, Flags::default(), out);
            }
            _ => self.forward(message, Flags::default(), out),
        }
    }

    /// Renews the instrument; another grid makes every price kept so far mean something else.
    pub(crate) fn renew<S: Sink>(&mut self, instrument: Instrument, head: &Head, out: &mut S) {
        let old = std::mem::replace(&mut self.instrument, instrument);
        let same =
            (old.tick, old.lot, old.venue) == (instrument.tick, instrument.lot, instrument.venue);
        if same {
            return;
        }
        self.counters.bump(BookCounter::GridChanges);
        self.bars.forget();
        self.book.restart(&instrument);
        self.send_book(0, Flags::default(), head, out);
    }

    /// A tick of the clock: the book may have gone stale.
    #[inline]
    pub(crate) fn tick<S: Sink>(&mut self, head: &Head, out: &mut S) {
        if self.book.tick(head.time_local, self.stale_after) {
            self.counters.bump(BookCounter::Stale);
            self.send_book(0, Flags::default(), head, out);
        }
    }

    /// Depth has a hole here that no id may show.
    #[cold]
    pub(crate) fn distrust<S: Sink>(&mut self, head: &Head, out: &mut S) {
        if self.book.distrust() {
            self.counters.bump(BookCounter::Distrusted);
            self.send_book(0, Flags::default(), head, out);
        }
    }

    /// Everything measured by the venue clock starts again; one message says so.
    #[cold]
    fn jump<S: Sink>(&mut self, head: &Head, out: &mut S) {
        self.counters.bump(BookCounter::TimeJumps);
        let mut closer = Closer::new(self.bar_head(head), &self.counters, out);
        self.bars
            .restart(|bar, sums| closer.send(&bar, &sums, self.keeps_content, &mut self.content));
        let send = closed_marks(self.head(Kind::MarkBar, head), &self.counters, out);
        self.marks.restart(send);
        self.tape.restart();
        self.book.restart(&self.instrument);
        self.send_book(0, Flags::JUMP, head, out);
    }

    /// Closes the bars that the venue clock closes; with a hole in the tape they are unstable.
    #[inline]
    fn pass<S: Sink>(&mut self, head: &Head, hole: bool, out: &mut S) {
        let clock = self.clock.now();
        if self.bars.passes(clock) {
            let mut closer = Closer::new(self.bar_head(head), &self.counters, out);
            self.bars.pass(clock, hole, |bar, sums| {
                closer.send(&bar, &sums, self.keeps_content, &mut self.content);
            });
            if let Some(end) = closer.rows_at {
                self.send_rows(end, head, out);
            }
        }
    }

    /// Brings a mark of the stream into its bars.
    #[inline]
    fn mark<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let Some(line) = message.body.view::<MarkLine>(0) else { return };
        let send = closed_marks(self.head(Kind::MarkBar, message.head), &self.counters, out);
        if !self.marks.mark(message.head.time_venue(), line.mark, send) {
            self.counters.bump(BookCounter::MarksIgnored);
        }
    }

    /// Takes a print. Bars close after the tape was asked, because a hole before the print marks
    /// the bars that the print closes.
    #[inline]
    fn trade<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let head = message.head;
        let time = head.time_venue();
        let trade = message.body.view::<TradeLine>(0);
        if trade.is_some_and(|trade| !can_be(trade, time)) {
            self.counters.bump(BookCounter::BadTrades);
            return self.pass(head, false, out);
        }
        let before = self.tape.last();
        let Some(mut flags) = self.tape.take(head.id, trade.map(|_| time)) else {
            self.counters.bump(BookCounter::TradeDuplicates);
            return self.pass(head, false, out);
        };
        if flags.has(Flags::UNSTABLE) {
            self.count_unstable(flags, before, head.id);
            self.bars.hole(true);
        }
        if self.keeps_content {
            self.content.print(head, trade);
        }
        if let Some(trade) = trade {
            self.counters.bump(BookCounter::Trades);
            if self.print(time, trade, flags, head, out) {
                self.counters.bump(BookCounter::LateTrades);
                flags = flags.with(Flags::LATE);
            }
        } else {
            self.counters.bump(BookCounter::ForeignPrints);
            self.pass(head, flags.has(Flags::UNSTABLE), out);
        }
        self.forward(message, flags, out);
    }

    /// Brings a trade into the bars; whether it was late.
    #[inline]
    fn print<S: Sink>(
        &mut self,
        time: Nanos,
        trade: &TradeLine,
        flags: Flags,
        head: &Head,
        out: &mut S,
    ) -> bool {
        if self.bars.reaches(time) {
            let hole = flags.has(Flags::UNSTABLE);
            let mut closer = Closer::new(self.bar_head(head), &self.counters, out);
            self.bars.reach(time, hole, |bar, sums| {
                closer.send(&bar, &sums, self.keeps_content, &mut self.content);
            });
            if let Some(end) = closer.rows_at {
                self.send_rows(end, head, out);
            }
        }
        self.bars.trade(time, trade)
    }

    #[cold]
    fn count_unstable(&self, flags: Flags, before: Option<u64>, id: u64) {
        if flags.has(Flags::GAP) {
            self.counters.bump(BookCounter::TradeGaps);
            let missing = before.map_or(0, |last| id - last - 1);
            self.counters.add(BookCounter::TradesMissing, missing);
        } else {
            self.counters.bump(BookCounter::TimeRanBack);
        }
    }

    #[inline]
    fn report<S: Sink>(&self, step: Step, head: &Head, out: &mut S) {
        if let Step::Changed(changes) = step {
            self.send_book(changes, Flags::default(), head, out);
        }
    }

    /// Passes a message on with the venue clock in its head.
    #[inline]
    fn forward<S: Sink>(&self, message: Message<'_>, flags: Flags, out: &mut S) {
        let head = Head {
            flags: message.head.flags.with(flags),
            time_event: self.clock.now(),
            crc: 0,
            ..*message.head
        };
        out.send(Message { head: &head, body: message.body });
    }

    #[inline]
    fn send_book<S: Sink>(&self, changes: u32, flags: Flags, cause: &Head, out: &mut S) {
        let head = Head {
            lines: 1,
            id: self.book.update_id(),
            time_match: cause.time_match,
            ..self.head(Kind::Book, cause)
        };
        let head = Head { flags: head.flags.with(flags), ..head };
        out.send(Message::new(&head, &[Line::of(self.book.line(changes))]));
    }

    /// What levels lost by the event that was applied, before the book that it left.
    #[inline]
    fn send_losses<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let head = self.head(Kind::Drain, message.head);
        let lines = self.book.losses(message.body);
        if let Ok(count) = u16::try_from(lines.len())
            && count != 0
        {
            let head = Head {
                lines: count,
                id: message.head.id,
                time_match: message.head.time_match,
                ..head
            };
            out.send(Message::new(&head, lines));
        }
    }

    /// The book's quantity by row, with the 5 m bar that ends at `end`.
    #[cold]
    fn send_rows<S: Sink>(&self, end: Nanos, cause: &Head, out: &mut S) {
        if let Some(lines) = self.book.rows(end) {
            let count = u16::try_from(lines.len()).expect("a few lines");
            let head = Head {
                lines: count,
                id: self.book.update_id(),
                ..self.head(Kind::DepthRows, cause)
            };
            out.send(Message::new(&head, &lines));
        }
    }

    fn bar_head(&self, cause: &Head) -> Head {
        Head { lines: 2, ..self.head(Kind::Bar, cause) }
    }

    /// The head of a message that an event causes.
    #[inline]
    fn head(&self, kind: Kind, cause: &Head) -> Head {
        Head {
            sequence: cause.sequence,
            flags: Flags(cause.flags.0 & (Flags::HISTORY.0 | Flags::NO_LOCAL_CLOCK.0)),
            time_local: cause.time_local,
            time_event: self.clock.now(),
            ..Head::new(kind, self.id)
        }
    }
}

/// Sends closed bars.
struct Closer<'a, S> {
    head: Head,
    counters: &'a Counters<BookCounter>,
    out: &'a mut S,
    /// The end of the last 5 m bar that was sent.
    rows_at: Option<Nanos>,
}

impl<'a, S: Sink> Closer<'a, S> {
    const fn new(head: Head, counters: &'a Counters<BookCounter>, out: &'a mut S) -> Self {
        Self { head, counters, out, rows_at: None }
    }

    fn send(&mut self, bar: &BarLine, sums: &BarSumsLine, keeps: bool, content: &mut Content) {
        self.counters.bump(BookCounter::Bars);
        if keeps {
            content.bar(bar, sums);
        }
        if bar.interval() == Interval::Minute5 {
            let length = Interval::Minute5.length().0;
            self.rows_at = Some(bar.time_open.after(Nanos(length.saturating_mul(bar.run))));
        }
        self.out.send(Message::new(&self.head, &[Line::of(*bar), Line::of(*sums)]));
    }
}

/// Sends closed bars of the mark price.
fn closed_marks<S: Sink>(
    head: Head,
    counters: &Counters<BookCounter>,
    out: &mut S,
) -> impl FnMut(MarkBarLine) {
    let head = Head { lines: 1, ..head };
    move |bar| {
        counters.bump(BookCounter::Bars);
        out.send(Message::new(&head, &[Line::of(bar)]));
    }
}

/// Whether a trade can be one; outside data is refused here, never asserted.
#[inline]
fn can_be(trade: &TradeLine, time: Nanos) -> bool {
    time != Nanos::NONE
        && 0 < trade.price.0
        && 0 < trade.lots.0
        && trade.lots.0 <= LOTS_MAX
        && trade.first <= trade.last
        && trade.last - trade.first <= u64::from(u32::MAX)
}

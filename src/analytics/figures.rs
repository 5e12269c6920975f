//! What every group of figures is given, and how it speaks.
//!
//! ```text
//! message ─▶ Flow: clock, windows, delta, top, OBI ─▶ each group's hook, in a fixed order ─▶ insights
//! ```
//!
//! A group keeps its own state and sees three things: [`Now`], what is known at this event;
//! [`Board`], what the groups before it found out; and [`Voice`], where insights go.

use bytemuck::Pod;
use model::{
    BarLine, BarSumsLine, Body, BookLine, ForceLine, Head, InstrumentId, Interval, Kind, Line,
    Lots, MarkLine, Message, Nanos, Price, QuoteLine, Side, Sink, TradeLine, Trust,
};

use crate::Cvd;
use crate::board::Board;
use crate::obi::Reading;
use crate::top::Top;

/// What is known at an event, after the windows, the delta, the top and the imbalance took it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now<'a> {
    /// The venue clock after this event.
    pub(crate) clock: Nanos,
    /// The message's own venue time: T, else E, else the clock. It may lie behind the clock.
    pub(crate) time: Nanos,
    /// The clock at the first event.
    pub(crate) start: Nanos,
    /// The clock at the last hole in the tape; none when there was none.
    pub(crate) hole: Nanos,
    /// The clock when the book was last untrusted, stale or uncovered; none when it never was. While it is,
    /// this is the clock itself.
    pub(crate) dark: Nanos,
    /// The last trade's price.
    pub(crate) last: Option<Price>,
    /// The best of the book.
    pub(crate) top: Top,
    pub(crate) cvd: &'a Cvd,
    pub(crate) obi: &'a Reading,
}

impl Now<'_> {
    /// How far a figure over the tape since an instant is to be trusted.
    pub(crate) fn tape_trust(&self, since: Nanos) -> Trust {
        Self::trust(self.hole, self.start, since)
    }

    /// How far a figure over the book since an instant is to be trusted.
    pub(crate) fn book_trust(&self, since: Nanos) -> Trust {
        Self::trust(self.dark, self.start, since)
    }

    fn trust(broken: Nanos, start: Nanos, since: Nanos) -> Trust {
        let mut trust = Trust::SOUND;
        if broken != Nanos::NONE && broken >= since {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if start > since {
            trust = trust.with(Trust::UNCOVERED);
        }
        trust
    }

    /// Best bid and ask of a trusted book.
    pub(crate) fn best(&self) -> Option<(Price, Price)> {
        (self.top.trust == Trust::SOUND).then_some((self.top.bid, self.top.ask))
    }

    /// Twice the mid in ticks, so that it is whole: best bid + best ask; without a trusted book
    /// twice the last trade (spec § 0).
    pub(crate) fn mid_doubled(&self) -> Option<i64> {
        match self.best() {
            Some((bid, ask)) => Some(bid.0 + ask.0),
            None => self.last.map(|last| 2 * last.0),
        }
    }
}

/// Whether a message comes before the one that caused it: closed bars and the rows with them. Only
/// that one tells of a hole before it, so what the clock changed is said there.
#[inline]
pub(crate) const fn is_forerunner(kind: Kind) -> bool {
    matches!(kind, Kind::Bar | Kind::MarkBar | Kind::DepthRows)
}

/// A trade as the groups see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Print {
    /// T.
    pub(crate) time: Nanos,
    pub(crate) price: Price,
    /// The aggressor.
    pub(crate) side: Side,
    /// > 0.
    pub(crate) lots: Lots,
}

impl Print {
    /// The trade in a message; a foreign print is none.
    #[inline]
    pub(crate) fn read(message: Message<'_>) -> Option<Self> {
        let (head, line) = (message.head, message.body.view::<TradeLine>(0)?);
        let time = if head.time_match == Nanos::NONE { head.time_event } else { head.time_match };
        Some(Self { time, price: line.price, side: line.side(), lots: line.lots })
    }
}

/// A closed bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar<'a> {
    pub(crate) interval: Interval,
    /// Its opening time.
    pub(crate) time: Nanos,
    pub(crate) line: &'a BarLine,
    pub(crate) sums: &'a BarSumsLine,
    /// Equal empty bars of 1 s that it stands for, itself included; 1 for longer ones, which come
    /// one by one.
    pub(crate) run: u64,
}

impl Bar<'_> {
    /// When it ended.
    pub(crate) fn end(&self) -> Nanos {
        Nanos(self.time.0.saturating_add(self.interval.length().0.saturating_mul(self.run)))
    }

    /// Whether trades are missing in it.
    pub(crate) const fn is_unstable(&self) -> bool {
        self.line.unstable != 0
    }
}

/// Where insights go.
#[derive(Debug)]
pub(crate) struct Voice<'a, S> {
    out: &'a mut S,
    sequence: u64,
    instrument: InstrumentId,
    clock: Nanos,
    // Nothing is said while older bars of a run pass.
    pub(crate) muted: bool,
}

impl<'a, S: Sink> Voice<'a, S> {
    pub(crate) fn new(out: &'a mut S, head: &Head, clock: Nanos) -> Self {
        Self { out, sequence: head.sequence, instrument: head.instrument, clock, muted: false }
    }

    /// Says an insight of one line. `window`: the byte of the record, whatever its kind makes of it.
    #[inline]
    pub(crate) fn say(&mut self, kind: Kind, window: u8, trust: Trust, values: [u64; 5]) {
        self.tell::<Line>(kind, window, trust, values, &[]);
    }

    /// Says an insight with body lines.
    #[inline]
    pub(crate) fn tell<T: Pod>(
        &mut self,
        kind: Kind,
        window: u8,
        trust: Trust,
        values: [u64; 5],
        body: &[T],
    ) {
        const { assert!(size_of::<T>() == size_of::<Line>()) };
        if self.muted {
            return;
        }
        let whose = (self.sequence, kind, self.instrument);
        let mut line = model::Insight::line(whose, (window, trust), self.clock, values);
        // `Head::lines`, the third u16 of the second word.
        line.0[1] |= (body.len() as u64) << 32;
        let body: &[Line] = bytemuck::cast_slice(body);
        self.out.send(Message::new(bytemuck::must_cast_ref::<_, Head>(&line), body));
    }
}

/// What a hook works with.
#[derive(Debug)]
pub(crate) struct Scene<'a, S> {
    pub(crate) now: Now<'a>,
    pub(crate) board: &'a mut Board,
    pub(crate) voice: Voice<'a, S>,
}

/// A group of figures of one instrument. A hook that it does not need does nothing.
///
/// Within one message every group's `hole` or `jump` comes first, then the hook of the message's
/// kind, then `clock`.
#[expect(unused_variables, reason = "hooks that do nothing")]
pub(crate) trait Figures {
    /// Lines that one message can make the group say, heads included.
    const LINES_MAX: usize;

    /// A trade.
    #[inline]
    fn trade<S: Sink>(&mut self, scene: &mut Scene<'_, S>, print: &Print) {}

    /// A closed bar of trades. Bars that end together come shortest first.
    #[inline]
    fn bar<S: Sink>(&mut self, scene: &mut Scene<'_, S>, bar: &Bar<'_>) {}

    /// The book after an event.
    #[inline]
    fn book<S: Sink>(&mut self, scene: &mut Scene<'_, S>, book: &BookLine, time: Nanos) {}

    /// The venue's best bid and ask, with their update id.
    #[inline]
    fn quote<S: Sink>(&mut self, scene: &mut Scene<'_, S>, quote: &QuoteLine, update_id: u64) {}

    /// Mark, index and funding, with the time at which the venue sent them.
    #[inline]
    fn mark<S: Sink>(&mut self, scene: &mut Scene<'_, S>, mark: &MarkLine, time: Nanos) {}

    /// Open interest, with its time.
    #[inline]
    fn interest<S: Sink>(&mut self, scene: &mut Scene<'_, S>, lots: Lots, time: Nanos) {}

    /// A liquidation.
    #[inline]
    fn force<S: Sink>(&mut self, scene: &mut Scene<'_, S>, force: &ForceLine, time: Nanos) {}

    /// Another market message that only some groups know.
    #[inline]
    fn other<S: Sink>(
        &mut self,
        scene: &mut Scene<'_, S>,
        kind: Kind,
        head: &Head,
        body: Body<'_>,
    ) {
    }

    /// The end of every message but a forerunner: whatever is due by the venue clock, a comparison
    /// where nothing is.
    #[inline]
    fn clock<S: Sink>(&mut self, scene: &mut Scene<'_, S>) {}

    /// Trades may be missing before this message.
    fn hole(&mut self, now: &Now<'_>) {}

    /// The venue clock jumped: everything measured by it starts again.
    fn jump(&mut self, now: &Now<'_>) {}
}

//! Stage 3: what the market's flow means.
//!
//! ```text
//!               ┌─ clock ─▶ windows age ──┐
//! market ─▶ flow┼─ trade ─▶ profiles, CVD ├─▶ groups of figures ─▶ insights: what changed
//!               └─ book ──▶ top, OBI ─────┘
//! ```
//!
//! | file | one line |
//! |---|---|
//! | `profile/` | bins, POC and value area, exact after every trade |
//! | `windows.rs`, `tape.rs`, `width.rs` | which trades a window holds, and in bins of what width |
//! | `cvd.rs`, `obi.rs`, `top.rs` | delta, imbalance, best of the book |
//! | `flow.rs` | one instrument, all of it |
//! | `groups.rs`, `figures.rs`, `board.rs` | the groups of figures: their order, what they are given, what they share |
//! | `depth/`, `prints/`, `indicators/`, `structure/`, `participation/`, `averages/`, `anatomy/` | the groups |
//! | `alone.rs` here and in each group | every calculator by itself: what the benches drive (feature `alone`) |
//!
//! **Invariants.** No socket, clock, file or thread. No allocation after an instrument is known,
//! but in analysis-only profiles. Sums are integers; float begins where OBI does. Nothing that
//! a hole in the input touches is sent as sound.
#![forbid(unsafe_code)]

#[cfg(feature = "alone")]
pub mod alone;
pub mod anatomy;
mod averages;
mod baseline;
mod board;
mod cvd;
mod depth;
mod figures;
mod flow;
mod groups;
mod indicators;
mod obi;
pub mod participation;
mod plan;
mod prints;
pub mod profile;
mod ranked;
pub mod structure;
mod tape;
mod top;
mod width;
mod windows;

#[cfg(test)]
mod tests;

use model::{
    BookLine, Flags, Head, INSTRUMENTS_MAX, Insight, Instrument, InstrumentId, Instruments, Kind,
    Line, Lots, Message, Nanos, ObiInsight, Price, Sink, TopInsight, TradeLine, Trust, Window,
};
use runtime::{Counters, Work};

pub use averages::{Anchored, Average, AveragesPlan, BANDS, Sums};
pub use baseline::Baseline;
pub use cvd::Cvd;
pub use depth::{DepthPlan, OfiSource};
pub use groups::Kept;
pub use indicators::{
    AccumulationDistribution, Atr, Ema, IndicatorPlan, Macd, MacdReading, Moments, Obv, Rolling,
    Rsi, RsiPrice, SYNC_BARS_MAX, Swing, SwingMove, ZigZag,
};
pub use obi::{Obi, Reading};
pub use plan::{Content, Plan};
pub use prints::{Footprint, KyleLine, KyleRegression, PrintsPlan};
pub use profile::Profile;

use flow::Flow;
use groups::Groups;
use top::Top;

runtime::counters! {
    /// What the stage counts.
    pub enum AnalyticsCounter {
        /// Instruments that became known (or got another grid) after the start.
        Instruments => "analytics_instruments_total",
        /// Messages about instruments that are not known.
        Unknown => "analytics_unknown_instrument_total",
        /// Trades with a price or quantity out of range: not counted, taken for a hole.
        Refused => "analytics_trades_refused_total",
        /// Trades that left a rolling window early because its tape was full.
        Evicted => "analytics_tape_evicted_total",
        /// Trades put on the rolling tape before others that had come earlier.
        Reordered => "analytics_tape_reordered_total",
        /// Windows that changed, or began to change, their bin width.
        Refitted => "analytics_widths_refitted_total",
    }
}

/// The stage.
#[derive(Debug)]
pub struct Stage {
    plan: Plan,
    // By instrument index.
    flows: Vec<Option<Box<Flow>>>,
    counters: Counters<AnalyticsCounter>,
}

impl Stage {
    /// A stage for these instruments; others may become known by an event.
    #[must_use]
    pub fn new(instruments: &Instruments, plan: Plan) -> Self {
        let mut flows = vec![const { None }; INSTRUMENTS_MAX];
        for (id, instrument) in instruments.iter() {
            flows[id.index()] = Some(Box::new(Flow::new(*instrument, &plan)));
        }
        Self { plan, flows, counters: Counters::default() }
    }

    fn flow(&self, id: InstrumentId) -> Option<&Flow> {
        self.flows.get(id.index())?.as_deref()
    }

    /// The profile of a window; `None` when the plan does not keep it.
    #[must_use]
    pub fn profile(&self, id: InstrumentId, window: Window) -> Option<&Profile> {
        Some(&self.flow(id)?.state(window)?.profile)
    }

    /// The average since a window's anchor, or since the UTC day began; `None` while there is no
    /// anchor or nothing traded since.
    #[must_use]
    pub fn anchored(&self, id: InstrumentId, window: Window) -> Option<Anchored> {
        self.flow(id)?.anchored(window)
    }

    /// The price of the last trade.
    #[must_use]
    pub fn last(&self, id: InstrumentId) -> Option<Price> {
        self.flow(id)?.last()
    }

    /// How far a window's profile is to be trusted.
    #[must_use]
    pub fn trust(&self, id: InstrumentId, window: Window) -> Option<model::Trust> {
        let flow = self.flow(id)?;
        Some(flow.trust(flow.state(window)?))
    }

    /// The analysis-only profile at an index of the plan's `extra`.
    #[must_use]
    pub fn extra(&self, id: InstrumentId, index: usize) -> Option<&Profile> {
        let mut all = self.flow(id)?.states.iter().flat_map(|state| &state.extra);
        all.find(|(at, _)| *at == index).map(|(_, profile)| profile)
    }

    /// The cumulative volume delta; zero for an instrument that is not known.
    #[must_use]
    pub fn cvd(&self, id: InstrumentId) -> &Cvd {
        self.flow(id).map_or(&Cvd::ZERO, |flow| &flow.cvd)
    }

    /// The book imbalance.
    #[must_use]
    pub fn obi(&self, id: InstrumentId) -> Option<&Obi> {
        self.flow(id).map(|flow| &flow.obi)
    }

    /// The footprint of the open minute as it stands: provisional. `None` when the plan does not
    /// keep the figures of the tape.
    #[must_use]
    pub fn footprint(&self, id: InstrumentId) -> Option<&Footprint> {
        Some(self.flow(id)?.groups.prints()?.footprint())
    }

    /// Lots bought and sold by size of the trade since CVD's anchor, as they stand. `None` when the
    /// plan does not keep the figures of the tape.
    #[must_use]
    pub fn sizes(&self, id: InstrumentId) -> Option<&model::SizesLine> {
        Some(self.flow(id)?.groups.prints()?.sizes())
    }

    /// The venue clock; zero before the first event.
    #[must_use]
    pub fn clock(&self, id: InstrumentId) -> Nanos {
        self.flow(id).map_or(Nanos::NONE, |flow| flow.clock)
    }

    /// Lets an instrument's windows age to an instant of the venue clock, to be read at exactly
    /// that instant. The clock never goes back.
    pub fn advance(&mut self, id: InstrumentId, clock: Nanos) {
        if let Some(Some(flow)) = self.flows.get_mut(id.index()) {
            flow.advance(clock);
        }
    }

    /// What was counted.
    #[must_use]
    pub const fn counters(&self) -> &Counters<AnalyticsCounter> {
        &self.counters
    }

    /// The content digests; `None` when the plan keeps none or the instrument is not known.
    #[must_use]
    pub fn content(&self, id: InstrumentId) -> Option<Content> {
        self.flow(id)?.content
    }

    /// An operator's command to every instrument.
    #[cold]
    fn command<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let Some(line) = message.body.view(0) else { return };
        for (at, flow) in self.flows.iter_mut().enumerate() {
            if let (Some(flow), Ok(at)) = (flow, u16::try_from(at)) {
                let head = Head { instrument: InstrumentId(at), ..*message.head };
                flow.command(line, &head, out);
            }
        }
    }

    /// An instrument became known, or has another grid: its figures begin anew.
    #[cold]
    fn admit(&mut self, message: Message<'_>) {
        let Some(instrument) = Instrument::read(message) else { return };
        let Some(flow) = self.flows.get_mut(message.head.instrument.index()) else { return };
        let grid = |instrument: &Instrument| (instrument.symbol, instrument.tick, instrument.lot);
        match flow {
            Some(flow) if grid(&flow.instrument) == grid(&instrument) => {
                flow.instrument = instrument;
            }
            _ => {
                self.counters.bump(AnalyticsCounter::Instruments);
                *flow = Some(Box::new(Flow::new(instrument, &self.plan)));
            }
        }
    }
}

/// Whether stage 4 is told of a message of this kind, behind what it made stage 3 say: prices, the
/// clock, and whatever tells how far to trust the rest.
#[inline]
const fn concerns_strategy(kind: Kind) -> bool {
    matches!(kind, Kind::Instrument | Kind::Tick | Kind::Trade | Kind::Book | Kind::Mark)
        || matches!(kind, Kind::Premium | Kind::Connection | Kind::Lag | Kind::Audit)
        || matches!(kind, Kind::Command)
}

/// Lines of the longest message that is passed on: an audit.
const ITSELF: usize = 1 + 3;

impl Work for Stage {
    const ROLE: &'static str = "analytics";
    // Every window, the delta, the top, the imbalance; then the groups; then the message itself.
    // An operator's command makes every instrument say which anchor it set and which one went.
    const OUT_MAX: usize = {
        let (one, every) = (Window::ALL.len() + 3 + Groups::LINES_MAX, 2 * INSTRUMENTS_MAX);
        ITSELF + if one > every { one } else { every }
    };

    #[inline]
    fn take<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        self.analyse(message, out);
        if message.head.kind().is_some_and(concerns_strategy) {
            out.send(message);
        }
    }
}

impl Stage {
    #[inline]
    fn analyse<S: Sink>(&mut self, message: Message<'_>, out: &mut S) {
        let head = message.head;
        let kind = head.kind();
        if kind == Some(Kind::Instrument) {
            return self.admit(message);
        }
        if kind == Some(Kind::Command) && head.instrument == InstrumentId::NONE {
            return self.command(message, out);
        }
        let Some(Some(flow)) = self.flows.get_mut(head.instrument.index()) else {
            if head.instrument != InstrumentId::NONE {
                self.counters.bump(AnalyticsCounter::Unknown);
            }
            return;
        };
        flow.open(head);
        flow.keep_time(head, out);
        let mut taken = false;
        match kind {
            Some(Kind::Trade) => taken = on_trade(flow, &self.counters, message),
            Some(Kind::Book) => on_book(flow, message, out),
            Some(Kind::Mark | Kind::Premium) => {
                if let Some(mark) = message.body.view(0) {
                    flow.mark(mark);
                }
            }
            Some(Kind::Command) => {
                if let Some(line) = message.body.view(0) {
                    flow.command(line, head, out);
                }
            }
            _ => {}
        }
        flow.work();
        if !kind.is_some_and(figures::is_forerunner) {
            send_changes(flow, head, out);
        }
        flow.show(message, taken, out);
    }
}

/// Takes a print; whether it is a trade that counts.
fn on_trade(flow: &mut Flow, counters: &Counters<AnalyticsCounter>, message: Message<'_>) -> bool {
    let foreign = message.head.flags.has(Flags::FOREIGN);
    let Some(line) = message.body.view::<TradeLine>(0).filter(|_| !foreign) else {
        flow.foreign(message.head);
        return false;
    };
    let taken = flow.trade(message.head, line);
    if taken != flow::Taken::default() {
        counters.add(AnalyticsCounter::Refused, u64::from(taken.refused));
        counters.add(AnalyticsCounter::Evicted, taken.evicted);
        counters.add(AnalyticsCounter::Reordered, u64::from(taken.reordered));
        counters.add(AnalyticsCounter::Refitted, taken.refitted);
    }
    !taken.refused
}

fn on_book<S: Sink>(flow: &mut Flow, message: Message<'_>, out: &mut S) {
    let Some(book) = message.body.view::<BookLine>(0) else { return };
    let head = message.head;
    flow.book(book);
    let top = Top::of(book);
    if top != flow.top {
        flow.top = top;
        let Top { bid, bid_lots, ask, ask_lots, trust } = top;
        send(
            out,
            Line::of(TopInsight {
                sequence: head.sequence,
                kind: Kind::TopInsight as u16,
                instrument: head.instrument,
                lines: 0,
                window: 0,
                trust,
                time_venue: flow.clock,
                bid,
                bid_lots,
                ask,
                ask_lots,
                update_id: head.id,
            }),
        );
    }
    let before = *flow.obi.reading();
    flow.obi.take(book, flow.clock);
    let Reading { obi, z, bid_depth, ask_depth, trust } = *flow.obi.reading();
    if before != *flow.obi.reading() {
        send(
            out,
            Line::of(ObiInsight {
                sequence: head.sequence,
                kind: Kind::ObiInsight as u16,
                instrument: head.instrument,
                lines: 0,
                window: 0,
                trust,
                time_venue: flow.clock,
                obi,
                z: z.unwrap_or(0.0),
                bid_depth,
                ask_depth,
                flags: u64::from(z.is_some()),
            }),
        );
    }
}

/// Says which profiles and sums are others than before this message.
#[inline]
fn send_changes<S: Sink>(flow: &mut Flow, head: &Head, out: &mut S) {
    let (clock, start, hole) = flow.ages();
    for state in flow.live().filter(|state| state.may_have_news(clock)) {
        let trust = state.trust(clock, start, hole);
        if state.has_news(trust, clock) {
            send_profile(clock, state, trust, head, out);
        }
    }
    if flow.cvd_changed {
        flow.cvd_changed = false;
        let cvd = &flow.cvd;
        let [value, min, max, volume] =
            [cvd.value, cvd.min, cvd.max, cvd.volume()].map(|Lots(lots)| lots.cast_unsigned());
        let line = Insight::line(
            (head.sequence, Kind::CvdInsight, head.instrument),
            (0, cvd.trust()),
            flow.clock,
            [value, min, max, cvd.trades, volume],
        );
        send(out, line);
    }
}

#[inline]
fn send_profile<S: Sink>(
    clock: Nanos,
    state: &windows::State,
    trust: Trust,
    head: &Head,
    out: &mut S,
) {
    let profile = &state.profile;
    let (val, vah) = profile.value_area().unwrap_or((Price(0), Price(0)));
    let poc = profile.poc().unwrap_or(Price(0));
    let values = [poc.0, vah.0, val.0, profile.volume().0, profile.bin_ticks()];
    let line = Insight::line(
        (head.sequence, Kind::ProfileInsight, head.instrument),
        (state.window as u8, trust),
        clock,
        values.map(i64::cast_unsigned),
    );
    send(out, line);
}

/// An insight is a message whose head line is the insight itself.
#[inline]
fn send<S: Sink>(out: &mut S, line: Line) {
    out.send(Message::new(bytemuck::must_cast_ref::<_, Head>(&line), &[]));
}

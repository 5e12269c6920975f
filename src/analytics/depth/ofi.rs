//! Order flow imbalance (Cont, Kukanov, Stoikov 2014): what each change of the best bid and ask
//! added to or took from the queues there.
//!
//! e = 1{Pb ≥ Pb′}·qb − 1{Pb ≤ Pb′}·qb′ − 1{Pa ≤ Pa′}·qa + 1{Pa ≥ Pa′}·qa′
//!
//! The source is the stream of best quotes in order of u; without that stream the book after
//! each depth event. Never both: when the first quote comes after the book has counted, the
//! count begins anew and the bars it falls in are contaminated.

use model::{BookLine, Interval, Nanos, QuoteLine, Trust};

use super::per_bar::{PerBar, Sum};
use crate::Baseline;
use crate::board::BarOfi;
use crate::figures::{Bar, Now};

/// From where the best comes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum OfiSource {
    /// The stream of best quotes; while none ever came, the book.
    #[default]
    BookTicker,
    /// The book alone.
    Book,
}

/// Best prices and what rests there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Best {
    pub(super) bid: i64,
    pub(super) bid_lots: i64,
    pub(super) ask: i64,
    pub(super) ask_lots: i64,
}

impl Best {
    /// Two sides that can be: something rests on both, and they do not cross.
    fn checked(self) -> Option<Self> {
        (self.bid < self.ask && 0 < self.bid_lots && 0 < self.ask_lots).then_some(self)
    }

    /// e of the change from `before` to this.
    pub(super) fn flow(&self, before: &Self) -> i64 {
        let mut flow = 0_i64;
        if self.bid >= before.bid {
            flow = flow.saturating_add(self.bid_lots);
        }
        if self.bid <= before.bid {
            flow = flow.saturating_sub(before.bid_lots);
        }
        if self.ask <= before.ask {
            flow = flow.saturating_sub(self.ask_lots);
        }
        if self.ask >= before.ask {
            flow = flow.saturating_add(before.ask_lots);
        }
        flow
    }
}

/// Σe and Σ|e|.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Flow {
    sum: i64,
    absolute: i64,
}

impl Sum for Flow {
    #[inline]
    fn merge(&mut self, other: &Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.absolute = self.absolute.saturating_add(other.absolute);
    }
}

/// The intervals whose percentile is kept.
const RANKED: [Interval; 4] =
    [Interval::Minute1, Interval::Minute5, Interval::Minute15, Interval::Minute30];

/// Order flow imbalance of one instrument.
#[derive(Clone, Debug)]
pub(super) struct Ofi {
    source: OfiSource,
    quoted: bool,
    // The best before; none where the stream begins or was broken.
    before: Option<Best>,
    // u of the last quote.
    last: u64,
    /// Quotes whose u is not later than one before: not taken.
    pub(super) older: u64,
    flows: PerBar<Flow>,
    // Venue time of the first best; none before it.
    first: Option<Nanos>,
    // The clock when the count was last broken off.
    broken: Nanos,
    // |Σe|/Σ|e| of the day before, by interval of RANKED.
    ratios: [Baseline; RANKED.len()],
}

impl Ofi {
    pub(super) fn new(source: OfiSource) -> Self {
        Self {
            source,
            quoted: false,
            before: None,
            last: 0,
            older: 0,
            flows: PerBar::new(),
            first: None,
            broken: Nanos::NONE,
            ratios: RANKED.map(|interval| Baseline::new(interval.length())),
        }
    }

    /// The venue clock jumped: what was counted and ranked lies at other times.
    pub(super) fn jump(&mut self) {
        (self.before, self.last, self.first) = (None, 0, None);
        self.flows = PerBar::new();
        self.broken = Nanos::NONE;
        self.ratios.iter_mut().for_each(Baseline::clear);
    }

    /// A best quote.
    #[inline]
    pub(super) fn quote(&mut self, now: &Now<'_>, quote: &QuoteLine, update_id: u64) {
        if self.source == OfiSource::Book {
            return;
        }
        if !self.quoted {
            self.quoted = true;
            self.change_source(now.clock);
        }
        if update_id <= self.last && self.last != 0 {
            self.older += 1;
            return;
        }
        self.last = update_id;
        if now.dark == now.clock && now.dark != Nanos::NONE {
            // Depth and quotes come by one way: no best is kept across a hole in it.
            return self.break_off(now.clock);
        }
        // The exact prices: two off the grid may lie in one tick.
        let best = Best {
            bid: quote.bid_fine.0,
            bid_lots: quote.bid_lots.0,
            ask: quote.ask_fine.0,
            ask_lots: quote.ask_lots.0,
        };
        self.take(now, best);
    }

    /// The book after an event.
    #[inline]
    pub(super) fn book(&mut self, now: &Now<'_>, book: &BookLine) {
        if !book.is_sound() {
            return self.break_off(now.clock);
        }
        if self.quoted {
            return;
        }
        let best = Best {
            bid: book.bid.0,
            bid_lots: book.bid_lots.0,
            ask: book.ask.0,
            ask_lots: book.ask_lots.0,
        };
        self.take(now, best);
    }

    #[inline]
    fn take(&mut self, now: &Now<'_>, best: Best) {
        let Some(best) = best.checked() else { return self.break_off(now.clock) };
        let Some(before) = self.before.replace(best) else {
            self.first.get_or_insert(now.time);
            return;
        };
        if before != best {
            let sum = best.flow(&before);
            self.flows.add(now.time, &Flow { sum, absolute: sum.saturating_abs() });
        }
    }

    /// What comes next has nothing before it.
    fn break_off(&mut self, clock: Nanos) {
        if self.before.take().is_some() {
            self.broken = clock;
        }
    }

    #[cold]
    fn change_source(&mut self, clock: Nanos) {
        if self.first.take().is_some() {
            self.broken = clock;
        }
        self.before = None;
        self.flows = PerBar::new();
    }

    /// A bar closed; none before the first best, and where less than half of it is covered.
    pub(super) fn close(&mut self, now: &Now<'_>, bar: &Bar<'_>) -> Option<BarOfi> {
        let (end, length) = (bar.end(), bar.interval.length());
        let open = end.since(length);
        let flow = self.flows.take(bar.interval, open);
        let first = self.first?;
        if end.since(first.max(open)).0.saturating_mul(2) < length.0 {
            return None;
        }
        let mut trust = now.book_trust(open);
        if self.broken >= open && self.broken != Nanos::NONE {
            trust = trust.with(Trust::CONTAMINATED);
        }
        if first > open {
            trust = trust.with(Trust::UNCOVERED);
        }
        let mut bar_ofi =
            BarOfi { sum: flow.sum, absolute: flow.absolute, trust, percentile: None };
        if let Some(ratio) = bar_ofi.ratio()
            && let Some(at) = RANKED.iter().position(|of| *of == bar.interval)
        {
            self.ratios[at].leave(open);
            bar_ofi.percentile = self.ratios[at].share_below(ratio.abs());
            // A baseline of sound bars: a contaminated one is no measure for others.
            if trust == Trust::SOUND {
                self.ratios[at].push(open, ratio.abs());
            }
        }
        Some(bar_ofi)
    }
}

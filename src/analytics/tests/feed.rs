//! What the proofs of this room feed a stage with, and how they read what it says: one instrument,
//! messages made by hand.

use bytemuck::{Pod, Zeroable};
use model::{
    BarLine, BarSumsLine, BookLine, Flags, Head, Insight, Instrument, InstrumentId, Instruments,
    Interval, Kind, Line, Lots, Message, Nanos, Price, Side, Sink, TradeLine, Window,
};
use runtime::Work;

use crate::flow::Flow;
use crate::profile::naive::{Rules, Settled, settle};
use crate::{Plan, Profile, Stage};

pub(crate) const ID: InstrumentId = InstrumentId(0);

/// A trade as a plain recompute holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Print {
    pub(crate) time: u64,
    pub(crate) price: i64,
    pub(crate) side: Side,
    pub(crate) lots: i64,
}

/// An insight with its body lines.
pub(crate) type Said = (Insight, Vec<Line>);

/// A stage with one instrument, and what it said last.
pub(crate) struct Feed {
    pub(crate) stage: Stage,
    /// The venue clock.
    pub(crate) clock: u64,
    /// Messages so far.
    pub(crate) sequence: u64,
    /// With the last message.
    pub(crate) said: Vec<Said>,
}

struct Collect<'a>(&'a mut Vec<Said>);

impl Sink for Collect<'_> {
    fn send(&mut self, message: Message<'_>) {
        // What is passed on for the stage behind is not said.
        if !message.head.is_said() {
            return;
        }
        let insight = *Insight::read(bytemuck::must_cast_ref::<Head, Line>(message.head));
        self.0.push((insight, message.body.iter().copied().collect()));
    }
}

impl Feed {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut instruments = Instruments::default();
        let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        assert_eq!(instruments.put(instrument), Ok(ID));
        Self { stage: Stage::new(&instruments, plan), clock: 0, sequence: 0, said: Vec::new() }
    }

    /// The head of the next message; `time` of the venue moves the clock if it is ahead of it.
    pub(crate) fn head(&mut self, kind: Kind, time: u64) -> Head {
        self.clock = self.clock.max(time);
        self.sequence += 1;
        Head {
            sequence: self.sequence,
            id: self.sequence,
            time_event: Nanos(self.clock),
            time_match: Nanos(time),
            ..Head::new(kind, ID)
        }
    }

    /// One message; what was said.
    pub(crate) fn send<T: Pod>(&mut self, head: Head, body: &[T]) -> &[Said] {
        let body: &[Line] = bytemuck::cast_slice(body);
        let head = Head { lines: u16::try_from(body.len()).expect("short"), ..head };
        self.said.clear();
        self.stage.take(Message::new(&head, body), &mut Collect(&mut self.said));
        assert!(self.lines(|_| true) <= Stage::OUT_MAX);
        assert!(self.said.iter().all(|(insight, _)| insight.time_venue == Nanos(self.clock)));
        &self.said
    }

    pub(crate) fn take<T: Pod>(
        &mut self,
        kind: Kind,
        time: u64,
        flags: Flags,
        body: &[T],
    ) -> &[Said] {
        let head = Head { flags, ..self.head(kind, time) };
        self.send(head, body)
    }

    pub(crate) fn trade(&mut self, print: Print, flags: Flags) -> &[Said] {
        let line = TradeLine {
            price: Price(print.price),
            lots: Lots(print.lots),
            lots_normal: Lots(print.lots),
            first: self.sequence,
            last: self.sequence,
            side: print.side.code(),
            reserved: [0; 23],
        };
        self.take(Kind::Trade, print.time, flags, &[line])
    }

    pub(crate) fn foreign(&mut self, time: u64, flags: Flags) {
        self.take::<Line>(Kind::Trade, time, flags.with(Flags::FOREIGN), &[]);
    }

    pub(crate) fn book(&mut self, time: u64, book: BookLine) {
        self.take(Kind::Book, time, Flags::default(), &[book]);
    }

    /// A bar of trades, closed at a time.
    pub(crate) fn bar(&mut self, time: u64, bar: BarLine, sums: BarSumsLine) -> &[Said] {
        self.take(Kind::Bar, time, Flags::default(), &[Line::of(bar), Line::of(sums)])
    }

    /// A message that only brings the clock.
    pub(crate) fn clock(&mut self, time: u64) {
        self.take(Kind::Mark, time, Flags::default(), &[Line::ZERO]);
    }

    /// What the last message said of a kind.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(move |(insight, _)| insight.kind == kind as u16)
    }

    /// Lines that the last message said of kinds of these numbers, heads included.
    pub(crate) fn lines(&self, is_of: impl Fn(u16) -> bool) -> usize {
        let of = self.said.iter().filter(|(insight, _)| is_of(insight.kind));
        of.map(|(_, body)| 1 + body.len()).sum()
    }

    pub(crate) fn profile(&self, window: Window) -> &Profile {
        self.stage.profile(ID, window).expect("the plan keeps it")
    }

    /// The instrument's own state.
    pub(crate) fn flow(&mut self) -> &mut Flow {
        self.stage.flows[0].as_mut().expect("an instrument")
    }
}

/// A bar of these prices: open, high, low, close.
pub(crate) fn bar_of(interval: Interval, time: u64, prices: [i64; 4], unstable: bool) -> BarLine {
    let [open, high, low, close] = prices.map(Price);
    BarLine {
        time_open: Nanos(time),
        open,
        high,
        low,
        close,
        run: 1,
        interval: interval as u8,
        unstable: u8::from(unstable),
        ..BarLine::zeroed()
    }
}

/// A profile against the prints that belong into it.
pub(crate) fn compare<'a>(profile: &Profile, prints: impl Iterator<Item = &'a Print>, what: &str) {
    let width = profile.bin_ticks();
    let mut bins = std::collections::BTreeMap::<i64, i64>::new();
    let (mut buys, mut sells) = (0, 0);
    for print in prints {
        *bins.entry(print.price.div_euclid(width)).or_default() += print.lots;
        match print.side {
            Side::Buy => buys += print.lots,
            Side::Sell => sells += print.lots,
        }
    }
    assert_eq!((profile.buys().0, profile.sells().0), (buys, sells), "{what}");
    let (Some((&low, _)), Some((&high, _))) = (bins.first_key_value(), bins.last_key_value())
    else {
        assert!(profile.is_empty() && profile.poc().is_none(), "{what}");
        return;
    };
    let row: Vec<i64> = (low..=high).map(|bin| bins.get(&bin).copied().unwrap_or(0)).collect();
    let at = |slot: usize| Price((low + i64::try_from(slot).expect("small")) * width);
    let want = settle(&row, Rules::STANDARD).map(|(poc, val, vah)| Settled {
        poc: at(poc),
        val: at(val),
        vah: at(vah + 1),
    });
    let got = profile.poc().zip(profile.value_area());
    let got = got.map(|(poc, (val, vah))| Settled { poc, val, vah });
    assert_eq!(got, want, "{what}");
    let got: Vec<i64> = profile.bins().map(|(_, buys, sells)| (buys + sells).0).collect();
    assert_eq!(got, row, "{what}");
}

/// A trusted book with these depths.
pub(crate) fn book_of(bid_depth: i64, ask_depth: i64, changes: u32) -> BookLine {
    BookLine {
        bid: Price(100),
        ask: Price(101),
        bid_lots: Lots(bid_depth / 2),
        ask_lots: Lots(ask_depth / 2),
        bid_depth: Lots(bid_depth),
        ask_depth: Lots(ask_depth),
        changes,
        bid_levels: 10,
        ask_levels: 10,
        state: model::BookState::Trusted.code(),
        ..BookLine::zeroed()
    }
}

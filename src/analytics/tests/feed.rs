//! What the proofs feed a stage with, and how they read it.

use bytemuck::Zeroable;
use model::{
    BookLine, Flags, Head, Insight, Instrument, InstrumentId, Instruments, Kind, Line, Lots,
    Message, Nanos, Price, Side, Sink, TradeLine, Window,
};
use runtime::Work;

use crate::profile::naive::{Rules, Settled, settle};
use crate::{Plan, Profile, Stage};

pub(super) const ID: InstrumentId = InstrumentId(0);

/// A trade as a plain recompute holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Print {
    pub(super) time: u64,
    pub(super) price: i64,
    pub(super) side: Side,
    pub(super) lots: i64,
}

/// A stage with one instrument, and what it said last.
pub(super) struct Feed {
    pub(super) stage: Stage,
    pub(super) clock: u64,
    pub(super) said: Vec<Insight>,
    /// The body lines of each.
    pub(super) bodies: Vec<Vec<Line>>,
    sequence: u64,
}

struct Collect<'a>(&'a mut Vec<Insight>, &'a mut Vec<Vec<Line>>);

impl Sink for Collect<'_> {
    fn send(&mut self, message: Message<'_>) {
        if !message.head.is_said() {
            return;
        }
        self.0.push(*Insight::read(bytemuck::must_cast_ref::<Head, Line>(message.head)));
        self.1.push(message.body.iter().copied().collect());
    }
}

impl Feed {
    pub(super) fn new(plan: Plan) -> Self {
        let mut instruments = Instruments::default();
        let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        assert_eq!(instruments.put(instrument), Ok(ID));
        Self {
            stage: Stage::new(&instruments, plan),
            clock: 0,
            said: Vec::new(),
            bodies: Vec::new(),
            sequence: 0,
        }
    }

    /// One message; `time` of the venue, which moves the clock if it is ahead of it.
    fn take(&mut self, kind: Kind, time: u64, flags: Flags, body: &[Line]) {
        self.clock = self.clock.max(time);
        self.sequence += 1;
        let head = Head {
            sequence: self.sequence,
            id: self.sequence,
            flags,
            lines: u16::try_from(body.len()).expect("short"),
            time_event: Nanos(self.clock),
            time_match: Nanos(time),
            ..Head::new(kind, ID)
        };
        self.said.clear();
        self.bodies.clear();
        self.stage.take(Message::new(&head, body), &mut Collect(&mut self.said, &mut self.bodies));
        let lines = self.bodies.iter().map(|body| 1 + body.len()).sum::<usize>();
        assert!(lines <= Stage::OUT_MAX);
        assert!(self.said.iter().all(|insight| insight.time_venue == Nanos(self.clock)));
    }

    pub(super) fn trade(&mut self, print: Print, flags: Flags) {
        let line = TradeLine {
            price: Price(print.price),
            lots: Lots(print.lots),
            lots_normal: Lots(print.lots),
            first: self.sequence,
            last: self.sequence,
            side: print.side.code(),
            reserved: [0; 23],
        };
        self.take(Kind::Trade, print.time, flags, &[Line::of(line)]);
    }

    pub(super) fn foreign(&mut self, time: u64, flags: Flags) {
        self.take(Kind::Trade, time, flags.with(Flags::FOREIGN), &[]);
    }

    pub(super) fn book(&mut self, time: u64, book: BookLine) {
        self.take(Kind::Book, time, Flags::default(), &[Line::of(book)]);
    }

    /// A message that only brings the clock.
    pub(super) fn clock(&mut self, time: u64) {
        self.take(Kind::Mark, time, Flags::default(), &[Line::ZERO]);
    }

    pub(super) fn profile(&self, window: Window) -> &Profile {
        self.stage.profile(ID, window).expect("the plan keeps it")
    }
}

/// A profile against the prints that belong into it.
pub(super) fn compare<'a>(profile: &Profile, prints: impl Iterator<Item = &'a Print>, what: &str) {
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
pub(super) fn book_of(bid_depth: i64, ask_depth: i64, changes: u32) -> BookLine {
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

//! A stage with one instrument, fed with bars, marks and trades by hand.

use bytemuck::Zeroable;
use model::{
    BarLine, BarSumsLine, Fine, Flags, Head, Insight, Instrument, InstrumentId, Instruments,
    Interval, Kind, Line, Lots, MINUTE, MarkBarLine, Message, Nanos, Price, Side, Sink, TradeLine,
};
use runtime::Work;

use crate::{Kept, Plan, Stage};

/// A UTC day.
pub(super) const START: u64 = 1_721_260_800_000_000_000;

/// An insight and its body.
pub(super) type Said = (Insight, Vec<Line>);

pub(super) struct Feed {
    stage: Stage,
    clock: u64,
    sequence: u64,
    pub(super) said: Vec<Said>,
}

struct Collect<'a>(&'a mut Vec<Said>);

impl Sink for Collect<'_> {
    fn send(&mut self, message: Message<'_>) {
        if !message.head.is_said() {
            return;
        }
        let insight = *Insight::read(bytemuck::must_cast_ref::<Head, Line>(message.head));
        self.0.push((insight, message.body.iter().copied().collect()));
    }
}

impl Feed {
    pub(super) fn new(plan: Plan) -> Self {
        let mut instruments = Instruments::default();
        let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        instruments.put(instrument).expect("room");
        let groups = Kept { indicators: true, ..Kept::NONE };
        let plan = Plan { tape_slots: 1024, groups, ..plan };
        let stage = Stage::new(&instruments, plan);
        Self { stage, clock: 0, sequence: 0, said: Vec::new() }
    }

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
            ..Head::new(kind, InstrumentId(0))
        };
        let before = self.said.len();
        self.stage.take(Message::new(&head, body), &mut Collect(&mut self.said));
        let lines: usize = self.said[before..].iter().map(|(_, body)| 1 + body.len()).sum();
        assert!(lines <= Stage::OUT_MAX, "{lines} lines");
    }

    pub(super) fn trade(&mut self, time: u64, price: i64, lots: i64, flags: Flags) {
        let line = TradeLine {
            price: Price(price),
            lots: Lots(lots.abs()),
            lots_normal: Lots(lots.abs()),
            side: if lots > 0 { Side::Buy } else { Side::Sell }.code(),
            ..TradeLine::zeroed()
        };
        self.take(Kind::Trade, time, flags, &[Line::of(line)]);
    }

    /// A closed bar of trades; `minute` of the day at which it opened, times its length.
    pub(super) fn bar(&mut self, interval: Interval, at: u64, close: i64, unstable: bool) {
        let length = interval.length().0;
        let line = BarLine {
            time_open: Nanos(START + at * length),
            open: Price(close),
            high: Price(close + 10),
            low: Price(close - 10),
            close: Price(close),
            run: 1,
            interval: interval as u8,
            unstable: u8::from(unstable),
            ..BarLine::zeroed()
        };
        let sums =
            BarSumsLine { buys: Lots(5), sells: Lots(3), trades: 2, ..BarSumsLine::zeroed() };
        let end = START + (at + 1) * length;
        self.take(Kind::Bar, end, Flags::default(), &[Line::of(line), Line::of(sums)]);
    }

    /// A closed bar of the mark price, its close in 10⁻⁸.
    pub(super) fn mark_bar(&mut self, interval: Interval, at: u64, close: i64, unstable: bool) {
        let length = interval.length().0;
        let line = MarkBarLine {
            time_open: Nanos(START + at * length),
            close: Fine(close),
            run: 1,
            marks: 60,
            interval: interval as u8,
            unstable: u8::from(unstable),
            ..MarkBarLine::zeroed()
        };
        let end = START + (at + 1) * length;
        self.take(Kind::MarkBar, end, Flags::default(), &[Line::of(line)]);
    }

    /// The venue clock jumps to a minute.
    pub(super) fn jump(&mut self, minute: u64) {
        let book = model::BookLine::zeroed();
        self.take(Kind::Book, START + minute * MINUTE.0, Flags::JUMP, &[Line::of(book)]);
    }

    /// What was said of a kind, since the start.
    pub(super) fn of(&self, kind: Kind) -> Vec<&Said> {
        self.said.iter().filter(|(insight, _)| insight.kind() == Some(kind)).collect()
    }
}

//! A stage with its input made by hand: insights as stage 3 says them, then the message that they
//! follow from.

use bytemuck::Zeroable;
use model::{
    AtrInsight, BookLine, BookState, Command, CommandLine, CvdInsight, DivergenceInsight,
    DivergenceLine, Fine, FundingInsight, Head, Insight, Instrument, InstrumentId, Instruments,
    InterestInsight, Kind, LagCause, LagLine, Line, Lots, MILLISECOND, MarkLine, Message, Nanos,
    NodeLine, NodesInsight, ObiInsight, Price, ProfileInsight, SECOND, Side, Sink, SwingFlags,
    TradeLine, Trust, VolatilityInsight, Window,
};
use runtime::Work;

use crate::stage::Stage;
use crate::{Plan, levels::LevelPlan};

pub(super) const ID: InstrumentId = InstrumentId(0);
/// A Monday, 12:00 UTC: four hours from funding.
pub(super) const NOON: Nanos = Nanos(1_793_620_800 * SECOND.0);

/// What a decision said.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub line: Line,
    pub body: Vec<Line>,
}

impl Decision {
    pub(super) fn kind(&self) -> Kind {
        Insight::read(&self.line).kind().expect("a kind")
    }

    pub(super) fn view<T: bytemuck::Pod>(&self) -> &T {
        self.line.view()
    }
}

struct Collect<'a>(&'a mut Vec<Decision>);

impl Sink for Collect<'_> {
    fn send(&mut self, message: Message<'_>) {
        let line = *bytemuck::must_cast_ref::<Head, Line>(message.head);
        self.0.push(Decision { line, body: message.body.iter().copied().collect() });
    }
}

/// A stage under hand.
pub(super) struct Feed {
    pub stage: Stage,
    pub now: Nanos,
    pub said: Vec<Decision>,
    sequence: u64,
    cvd: i64,
    trades: u64,
}

/// The demonstration with a level book that refreshes within an event or two.
pub(super) fn plan() -> Plan {
    let mut plan = Plan::demonstration();
    plan.levels = LevelPlan { piece: 65_536, ..LevelPlan::default() };
    plan.conclude().expect("sound")
}

impl Feed {
    pub(super) fn new(plan: Plan) -> Self {
        let mut instruments = Instruments::default();
        let instrument = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        assert_eq!(instruments.put(instrument), Ok(ID));
        let stage = Stage::new(&instruments, plan);
        Self { stage, now: NOON, said: Vec::new(), sequence: 0, cvd: 0, trades: 0 }
    }

    pub(super) fn later(&mut self, millis: u64) {
        self.now = self.now.after(Nanos(millis * MILLISECOND.0));
    }

    pub(super) fn enter(&mut self, kind: Kind, id: InstrumentId, body: &[Line]) {
        self.sequence += 1;
        let head = Head {
            sequence: self.sequence,
            lines: u16::try_from(body.len()).expect("few"),
            time_local: self.now,
            time_event: self.now,
            time_match: self.now,
            id: self.sequence,
            ..Head::new(kind, id)
        };
        self.stage.take(Message::new(&head, body), &mut Collect(&mut self.said));
    }

    /// An insight with five words; the event that it belongs to comes later.
    fn say(&mut self, kind: Kind, (window, trust): (u8, Trust), values: [u64; 5], body: &[Line]) {
        let whose = (self.sequence + 1, kind, ID);
        let mut line = Insight::line(whose, (window, trust), self.now, values);
        line.0[1] |= (body.len() as u64) << 32;
        let head: &Head = bytemuck::must_cast_ref(&line);
        self.stage.take(Message::new(head, body), &mut Collect(&mut self.said));
    }

    fn insight<T: bytemuck::Pod>(&mut self, record: T, kind: Kind, window: u8, trust: Trust) {
        let line = Line::of(record);
        let values = [line.0[3], line.0[4], line.0[5], line.0[6], line.0[7]];
        self.say(kind, (window, trust), values, &[]);
    }

    pub(super) fn trade(&mut self, price: i64, lots: i64) {
        self.trades += 1;
        self.cvd += lots;
        let (cvd, trades) = (Lots(self.cvd), self.trades);
        let record = CvdInsight { cvd, trades, ..CvdInsight::zeroed() };
        self.insight(record, Kind::CvdInsight, 0, Trust::SOUND);
        let side = if lots < 0 { Side::Sell } else { Side::Buy };
        let line = TradeLine {
            price: Price(price),
            lots: Lots(lots.abs()),
            lots_normal: Lots(lots.abs()),
            first: self.trades,
            last: self.trades,
            side: side.code(),
            reserved: [0; 23],
        };
        self.enter(Kind::Trade, ID, &[Line::of(line)]);
    }

    pub(super) fn book(&mut self, bid: i64, ask: i64, sound: bool) {
        let state = if sound { BookState::Trusted } else { BookState::Unsynced };
        let line = BookLine {
            bid: Price(bid),
            ask: Price(ask),
            bid_lots: Lots(10),
            ask_lots: Lots(10),
            bid_depth: Lots(100),
            ask_depth: Lots(100),
            state: state.code(),
            ..BookLine::zeroed()
        };
        self.enter(Kind::Book, ID, &[Line::of(line)]);
    }

    pub(super) fn mark(&mut self, price: i64) {
        let mark = Fine(price * 10_000_000);
        self.enter(Kind::Mark, ID, &[Line::of(MarkLine { mark, ..MarkLine::zeroed() })]);
    }

    pub(super) fn tick(&mut self) {
        self.enter(Kind::Tick, InstrumentId::NONE, &[]);
    }

    pub(super) fn lag(&mut self, active: bool) {
        let cause = LagCause::Venue.code();
        let line = LagLine { cause, active: u8::from(active), ..LagLine::zeroed() };
        self.enter(Kind::Lag, InstrumentId::NONE, &[Line::of(line)]);
    }

    pub(super) fn command(&mut self, command: Command) {
        let line = CommandLine { command: command.code(), ..CommandLine::zeroed() };
        self.enter(Kind::Command, InstrumentId::NONE, &[Line::of(line)]);
    }

    /// ATR of the interval that counts, and of 4 h.
    pub(super) fn atr(&mut self, atr: f64) {
        let record = AtrInsight { atr, flags: 1, ..AtrInsight::zeroed() };
        self.insight(record, Kind::AtrInsight, 7, Trust::SOUND);
    }

    /// 5 min against 24 h.
    pub(super) fn volatility(&mut self, short: f64, long: f64) {
        for (window, volatility) in [(0, short), (2, long)] {
            let record = VolatilityInsight { volatility, ..VolatilityInsight::zeroed() };
            self.insight(record, Kind::VolatilityInsight, window, Trust::SOUND);
        }
    }

    pub(super) fn obi(&mut self, z: f64) {
        let record = ObiInsight { z, flags: 1, ..ObiInsight::zeroed() };
        self.insight(record, Kind::ObiInsight, 0, Trust::SOUND);
    }

    pub(super) fn interest(&mut self, change: i64, missing: bool) {
        let trust = if missing { Trust::MISSING } else { Trust::SOUND };
        let record = InterestInsight { change: Lots(change), ..InterestInsight::zeroed() };
        self.insight(record, Kind::InterestInsight, 0, trust);
    }

    pub(super) fn funding(&mut self, time_funding: Nanos) {
        let record = FundingInsight { rate: 1_000, time_funding, ..FundingInsight::zeroed() };
        self.insight(record, Kind::FundingInsight, 0, Trust::SOUND);
    }

    /// A value area of the last 8 hours in bins of 10 ticks.
    pub(super) fn area(&mut self, val: i64, poc: i64, vah: i64) {
        let record = ProfileInsight {
            poc: Price(poc),
            vah: Price(vah),
            val: Price(val),
            volume: Lots(1),
            bin_ticks: 10,
            ..ProfileInsight::zeroed()
        };
        self.insight(record, Kind::ProfileInsight, Window::Hours8 as u8, Trust::SOUND);
    }

    /// Nodes of the last 24 hours: 1 HVN, 2 LVN, 4 cliff.
    pub(super) fn nodes(&mut self, nodes: &[(u8, i64)]) {
        let line = |&(kind, level): &(u8, i64)| {
            Line::of(NodeLine {
                level: Price(level),
                low: Price(level - 200),
                high: Price(level + 200),
                width: 40.0,
                prominence: 60,
                smooth: 60,
                share: 0.4,
                kind,
                reserved: [0; 7],
            })
        };
        let body: Vec<Line> = nodes.iter().map(line).collect();
        let record = NodesInsight { bin_ticks: 10, bins: 100, ..NodesInsight::zeroed() };
        let words = Line::of(record).0;
        let values = [words[3], words[4], words[5], words[6], words[7]];
        let whose = (Window::Hours24 as u8, Trust::SOUND);
        self.say(Kind::NodesInsight, whose, values, &body);
    }

    /// Two highs (a short) or lows (a long) that an indicator did not follow.
    pub(super) fn divergence(&mut self, side: Side, indicator: u8, price: i64) {
        let high = side == Side::Sell;
        let line = DivergenceLine {
            flags: SwingFlags(0).with(SwingFlags::HIGH, high).0,
            indicator,
            ..DivergenceLine::zeroed()
        };
        let record = DivergenceInsight {
            price_two: Price(price),
            time_two: self.now,
            ..DivergenceInsight::zeroed()
        };
        let words = Line::of(record).0;
        let values = [words[3], words[4], words[5], words[6], words[7]];
        self.say(Kind::DivergenceInsight, (1, Trust::SOUND), values, &[Line::of(line)]);
    }

    /// Everything a market brings before a level is met: figures, a book around `price`, marks.
    pub(super) fn open(&mut self, price: i64) {
        self.atr(300.0);
        self.volatility(0.4, 0.4);
        self.interest(-5, false);
        self.book(price - 1, price + 1, true);
        self.mark(price);
        self.trade(price, 1);
    }

    /// Levels are refreshed: enough quiet events for that.
    pub(super) fn refresh(&mut self, price: i64) {
        for _ in 0..60 {
            self.later(200);
            self.book(price - 1, price + 1, true);
        }
        self.mark(price);
    }

    /// The decisions of a kind so far.
    pub(super) fn all(&self, kind: Kind) -> impl Iterator<Item = &Decision> {
        self.said.iter().filter(move |decision| decision.kind() == kind)
    }
}

//! A seeded tape with every kind of event in it. The golden tapes come from here: what a seed
//! gives never changes; a new kind gets a new tape.

use bytemuck::Zeroable;
use model::{
    AuditLine, BookLine, CommandLine, ConnectionLine, Draft, Fine, Flags, ForceLine, Instrument,
    InstrumentId, Kind, KlineLine, KlineSumsLine, LagLine, Level, LevelPrice, Line, Lots, MarkLine,
    Nanos, Notional, OpenInterestLine, Price, QuoteLine, RefusedLine, ServerTimeLine, Side,
    TradeLine,
};

/// A kind that no version of model names: readers must skip it.
pub(crate) const UNKNOWN_KIND: u16 = 63;

/// SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// In 0..end.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.roll() >> 1).expect("63 bits") % end
    }
}

/// Writes message after message.
pub(crate) struct Tape {
    dice: Dice,
    at: u64,
    time: u64,
    trade: u64,
    update: u64,
}

impl Tape {
    pub(crate) fn new(seed: u64) -> Self {
        let time = 1_721_347_080_000_000_000;
        Self { dice: Dice(seed), at: 0, time, trade: 1000, update: 50_000 }
    }

    /// The next message: the first two name the instruments, then each kind comes in turn, with
    /// trades and depth between them.
    pub(crate) fn next(&mut self, draft: &mut Draft) {
        let events: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| *kind as u16 <= 18).collect();
        let at = usize::try_from(self.at).expect("fits");
        let kind = match at % 4 {
            _ if at < 2 => Kind::Instrument,
            0 => Kind::Depth,
            2 => Kind::Trade,
            _ => events[at / 2 % events.len()],
        };
        draft.open(kind, InstrumentId(u16::try_from(at % 2).expect("fits")));
        self.time += self.dice.roll() % 3_000_000;
        draft.head.time_local = Nanos(self.time);
        draft.head.time_event = Nanos(self.time / 1_000_000 * 1_000_000 - 4_000_000);
        self.fill(kind, draft);
        if at % 97 == 96 {
            draft.head.kind = UNKNOWN_KIND;
        }
        self.at += 1;
        draft.head.sequence = self.at;
    }

    fn fill(&mut self, kind: Kind, draft: &mut Draft) {
        match kind {
            Kind::Instrument => instrument(draft),
            Kind::Trade => self.trade(draft),
            Kind::Depth | Kind::Partial => self.depth(draft, 20),
            Kind::Snapshot => self.depth(draft, 120),
            Kind::Quote => drop(draft.push(self.quote())),
            Kind::Mark | Kind::Premium => drop(draft.push(self.mark())),
            Kind::Force => drop(draft.push(self.force())),
            Kind::Kline => self.kline(draft),
            _ => self.rare(kind, draft),
        }
    }

    fn price(&mut self) -> Price {
        Price(639_000 + self.dice.below(1000))
    }

    fn lots(&mut self) -> Lots {
        Lots(1 + self.dice.below(5000))
    }

    fn trade(&mut self, draft: &mut Draft) {
        self.trade += 1;
        draft.head.id = self.trade;
        draft.head.time_match = draft.head.time_event;
        if self.dice.below(40) == 0 {
            draft.head.flags = Flags::FOREIGN;
            return;
        }
        let lots = self.lots();
        let side = if self.dice.below(2) == 0 { Side::Buy } else { Side::Sell };
        draft.push(TradeLine {
            price: self.price(),
            lots,
            lots_normal: lots,
            first: 3 * self.trade,
            last: 3 * self.trade + self.dice.roll() % 3,
            side: side.code(),
            reserved: [0; 23],
        });
    }

    fn depth(&mut self, draft: &mut Draft, levels: i64) {
        let span = self.dice.below(50);
        draft.head.id_prev = self.update;
        draft.head.id_span = u32::try_from(span).expect("fits");
        self.update += 1 + span.unsigned_abs();
        draft.head.id = self.update;
        for side in [Side::Buy, Side::Sell] {
            for _ in 0..self.dice.below(levels) {
                let ticks = 1 + self.dice.below(300);
                let price = Price(639_500 - side.sign() * ticks);
                let price = match self.dice.below(60) {
                    0 => LevelPrice::Fine(Fine(price.0 * 10_000_000 + 5)),
                    1 => LevelPrice::Tick(Price(price.0 + 5_000_000_000)),
                    _ => LevelPrice::Tick(price),
                };
                let lots = match self.dice.below(30) {
                    0 => Lots(5_000_000_000),
                    1..10 => Lots(0),
                    _ => self.lots(),
                };
                assert!(draft.push_level(Level { side, price, lots }));
            }
        }
    }

    fn quote(&mut self) -> QuoteLine {
        let bid = self.price();
        QuoteLine {
            bid,
            bid_lots: self.lots(),
            ask: Price(bid.0 + 1),
            ask_lots: self.lots(),
            bid_fine: Fine(bid.0 * 10_000_000),
            ask_fine: Fine(bid.0 * 10_000_000 + 10_000_000),
            reserved: [0; 2],
        }
    }

    fn mark(&mut self) -> MarkLine {
        let mark = Fine(6_395_000_000_000 + self.dice.below(9_999_999_999));
        MarkLine {
            mark,
            average: mark,
            index: Fine(mark.0 - 1_234_567),
            settle: Fine(0),
            rate: self.dice.below(20_000) - 10_000,
            time_funding: Nanos(1_721_347_200_000_000_000),
            has_rate: 1,
            reserved: [0; 15],
        }
    }

    fn force(&mut self) -> ForceLine {
        let (lots, price) = (self.lots(), Fine(self.price().0 * 10_000_000));
        ForceLine {
            price,
            average: price,
            lots,
            lots_last: lots,
            lots_filled: lots,
            side: Side::Sell.code(),
            filled: 1,
            reserved: [0; 22],
        }
    }

    fn kline(&mut self, draft: &mut Draft) {
        let (price, lots) = (self.price(), self.lots());
        draft.push(KlineLine {
            time_open: Nanos(self.time / 60_000_000_000 * 60_000_000_000),
            open: price,
            high: Price(price.0 + 9),
            low: Price(price.0 - 9),
            close: Price(price.0 + 2),
            first: 1,
            last: self.trade,
            interval: 1,
            closed: 0,
            reserved: [0; 6],
        });
        draft.push(KlineSumsLine {
            notional: Notional(i128::from(price.0 * lots.0) << 40),
            buy_notional: Notional(-1),
            lots,
            buy_lots: Lots(lots.0 / 2),
            trades: self.trade,
            reserved: 0,
        });
    }

    fn rare(&mut self, kind: Kind, draft: &mut Draft) {
        let number = self.dice.roll();
        match kind {
            Kind::Tick => {
                draft.head.instrument = InstrumentId::NONE;
                draft.head.time_local = Nanos(self.time / 100_000_000 * 100_000_000);
            }
            Kind::OpenInterest => {
                draft.push(OpenInterestLine { lots: self.lots(), reserved: [0; 7] });
            }
            Kind::Refused => {
                // The reasons that there were when the first tape was made.
                let reason = u16::try_from(1 + number % 23).expect("fits");
                draft.push(RefusedLine {
                    reason,
                    length: 77,
                    hash: number,
                    ..RefusedLine::zeroed()
                });
            }
            Kind::Connection => {
                draft.push(ConnectionLine { route: 1, state: 2, socket: 9, ..Zeroable::zeroed() });
            }
            Kind::Lag => {
                draft.push(LagLine {
                    waiting: number >> 40,
                    cause: 4,
                    active: 1,
                    ..Zeroable::zeroed()
                });
            }
            Kind::Audit => {
                draft.push(AuditLine { snapshot_id: number, equal: 1, ..Zeroable::zeroed() });
                draft.push(BookLine { bid: self.price(), state: 2, ..Zeroable::zeroed() });
                draft.push(BookLine { bid: self.price(), state: 2, ..Zeroable::zeroed() });
            }
            Kind::Command => {
                draft.push(CommandLine { command: 1, reason: number, ..Zeroable::zeroed() });
            }
            Kind::ServerTime => {
                let offset = self.dice.below(9_000_000) - 4_500_000;
                draft.push(ServerTimeLine { offset, samples: 8, ..Zeroable::zeroed() });
            }
            // No kind that this tape knows: one line, so that it is seen in the digests.
            _ => drop(draft.push(Line([number; 8]))),
        }
    }
}

fn instrument(draft: &mut Draft) {
    let (head, symbol) = (draft.head, ["BTCUSDT", "ETHUSDT"][draft.head.instrument.index()]);
    let instrument = Instrument::new(symbol, "0.1", "0.001").expect("a sound grid");
    instrument.write(head.instrument, draft);
    (draft.head.time_local, draft.head.time_event) = (head.time_local, head.time_event);
}

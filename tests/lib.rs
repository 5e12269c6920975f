//! Shared furniture of the whole-house tests: where the real data lies, and a seeded stream of
//! messages with everything in it that can go wrong.
#![forbid(unsafe_code)]

pub mod both;
pub mod compose;
pub mod twist;

pub use fulcrum_oracles::data;

use engine::{Drawn, Source};
use model::{
    Draft, Fine, Flags, Instrument, InstrumentId, Instruments, Kind, Level, LevelPrice, Lots,
    MarkLine, Nanos, Price, QuoteLine, Side, TradeLine,
};

/// A table of instruments from their texts, such as `BTCUSDT:0.1:0.001`.
///
/// # Panics
/// On a text that is none, or on more than the table holds.
#[must_use]
pub fn table(texts: &[&str]) -> Instruments {
    let mut instruments = Instruments::default();
    for text in texts {
        instruments.put(Instrument::parse(text).expect("a sound text")).expect("room in the table");
    }
    instruments
}

/// Dice: SplitMix64. One seed is one day.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next 64 random bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// Whether a thing happens that happens once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// BTCUSDT and ETHUSDT with their usual grids.
///
/// # Panics
/// Never: the grids are sound.
#[must_use]
pub fn two_instruments() -> Instruments {
    let mut instruments = Instruments::default();
    for (symbol, tick, lot) in [("BTCUSDT", "0.1", "0.001"), ("ETHUSDT", "0.01", "0.001")] {
        let instrument = Instrument::new(symbol, tick, lot).expect("a sound grid");
        instruments.put(instrument).expect("room in the table");
    }
    instruments
}

/// One instrument's venue as the stream sees it.
#[derive(Clone, Debug)]
struct Stall {
    mid: i64,
    update: u64,
    trade: u64,
}

/// A seeded stream of messages: depth in chain, trades, quotes, marks, snapshots, and now and
/// then a gap, a doubled message, a print that is no trade, a silence or a rubbish id.
#[derive(Clone, Debug)]
pub struct Stream {
    dice: Dice,
    time: u64,
    stalls: Vec<Stall>,
}

impl Stream {
    /// The stream of a seed over the first `instruments` of [`two_instruments`].
    #[must_use]
    pub fn new(seed: u64, instruments: usize) -> Self {
        let stall = |mid| Stall { mid, update: 1_000, trade: 1 };
        Self {
            dice: Dice(seed),
            // 2024-07-18 23:58 UTC: the stream passes midnight and a funding boundary.
            time: 1_721_347_080_000_000_000,
            stalls: [600_000, 300_000].into_iter().take(instruments).map(stall).collect(),
        }
    }

    /// Writes the next message.
    pub fn next(&mut self, draft: &mut Draft) {
        self.time += if self.dice.once_in(20_000) {
            4_000_000_000 + self.dice.below(90_000_000_000)
        } else {
            self.dice.below(2_000_000)
        };
        let at = usize::try_from(self.dice.below(self.stalls.len() as u64)).unwrap_or(0);
        let id = InstrumentId(u16::try_from(at).unwrap_or(0));
        match self.dice.below(100) {
            0..=44 => self.depth(at, id, draft),
            45..=84 => self.trade(at, id, draft),
            85..=95 => self.quote(at, id, draft),
            96..=98 => self.mark(id, draft),
            _ => self.snapshot(at, id, draft),
        }
        let skew = self.dice.below(40_000_000);
        draft.head.time_local = Nanos(self.time);
        draft.head.time_event = Nanos((self.time - skew) / 1_000_000 * 1_000_000);
        if draft.head.kind() != Some(Kind::Mark) {
            draft.head.time_match = draft.head.time_event;
        }
    }

    fn depth(&mut self, at: usize, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Depth, id);
        let before = self.stalls[at].update;
        let span = self.dice.below(50);
        self.stalls[at].update += 1 + span;
        self.stalls[at].mid += i64::try_from(self.dice.below(5)).unwrap_or(0) - 2;
        let lost = self.dice.once_in(5_000);
        draft.head.id = self.stalls[at].update;
        draft.head.id_span = u32::try_from(span).unwrap_or(0);
        draft.head.id_prev = if lost { before + 1 } else { before };
        self.levels(at, 1 + self.dice.clone().below(60), draft);
    }

    fn snapshot(&mut self, at: usize, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Snapshot, id);
        draft.head.id = self.stalls[at].update;
        self.levels(at, 400, draft);
    }

    /// `count` levels a side, bids first, some far away and a few off the grid.
    fn levels(&mut self, at: usize, count: u64, draft: &mut Draft) {
        let mid = self.stalls[at].mid;
        for side in [Side::Buy, Side::Sell] {
            for _ in 0..count / 2 {
                let far = if self.dice.once_in(20) { 100_000 } else { 40 };
                let ticks = 1 + i64::try_from(self.dice.below(far)).unwrap_or(0);
                let lots = i64::try_from(self.dice.below(3) * self.dice.below(5_000)).unwrap_or(0);
                let price = Price(mid - side.sign() * ticks);
                let price = if self.dice.once_in(500) {
                    LevelPrice::Fine(Fine(price.0 * 10_000_000 - 50_000_000_005))
                } else {
                    LevelPrice::Tick(price)
                };
                draft.push_level(Level { side, price, lots: Lots(lots) });
            }
        }
    }

    fn trade(&mut self, at: usize, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Trade, id);
        let stall = &mut self.stalls[at];
        stall.trade += 1;
        if self.dice.once_in(3_000) {
            stall.trade += 3;
        }
        let doubled = self.dice.once_in(2_000);
        draft.head.id = if doubled { stall.trade - 1 } else { stall.trade };
        if self.dice.once_in(400) {
            draft.head.flags = Flags::FOREIGN;
            return;
        }
        let side = if self.dice.once_in(2) { Side::Buy } else { Side::Sell };
        let lots = Lots(1 + i64::try_from(self.dice.below(2_000)).unwrap_or(0));
        let price = Price(stall.mid + side.sign());
        let first = stall.trade * 3;
        draft.push(TradeLine {
            price,
            lots,
            lots_normal: lots,
            first,
            last: first + self.dice.below(3),
            side: side.code(),
            reserved: [0; 23],
        });
    }

    fn quote(&mut self, at: usize, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Quote, id);
        let (bid, ask) = (self.stalls[at].mid - 1, self.stalls[at].mid + 1);
        draft.head.id = self.stalls[at].update;
        draft.push(QuoteLine {
            bid: Price(bid),
            bid_lots: Lots(7),
            ask: Price(ask),
            ask_lots: Lots(9),
            bid_fine: Fine(bid * 10_000_000),
            ask_fine: Fine(ask * 10_000_000),
            reserved: [0; 2],
        });
    }

    fn mark(&mut self, id: InstrumentId, draft: &mut Draft) {
        draft.open(Kind::Mark, id);
        let mark = Fine(6_000_000_000_000 + i64::try_from(self.dice.below(1_000)).unwrap_or(0));
        draft.push(MarkLine {
            mark,
            average: mark,
            index: mark,
            settle: Fine(0),
            rate: 4_500,
            time_funding: Nanos(1_721_347_200_000_000_000),
            has_rate: 1,
            reserved: [0; 15],
        });
    }
}

/// A live run's beginning: the instruments, then so many messages of a stream, then the end.
#[derive(Clone, Debug)]
pub struct Market {
    stream: Stream,
    left: usize,
    instruments: Instruments,
    introduced: usize,
}

impl Market {
    /// A market of [`two_instruments`].
    #[must_use]
    pub fn new(seed: u64, messages: usize) -> Self {
        let instruments = two_instruments();
        Self { stream: Stream::new(seed, 2), left: messages, instruments, introduced: 0 }
    }
}

impl Source for Market {
    fn draw(&mut self, draft: &mut Draft) -> Drawn {
        if let Some((id, instrument)) = self.instruments.iter().nth(self.introduced) {
            instrument.write(id, draft);
            self.introduced += 1;
        } else if self.left == 0 {
            return Drawn::End;
        } else {
            self.left -= 1;
            self.stream.next(draft);
        }
        Drawn::Fresh
    }
}

//! A whole UTC day of an imagined market in some 300 000 messages: everything that the stages
//! read, in chain and without a fault, so that a test may put its own fault in.
//!
//! Price walks with regimes: calm and wild hours, trends, and now and then a cascade of forced
//! orders. The book is 25 levels a side and follows the price; every trade prints at its best.

use model::{
    DAY, Draft, Fine, ForceLine, HOUR, Kind, Level, LevelPrice, Lots, MarkLine, Nanos,
    OpenInterestLine, Price, QuoteLine, SECOND, Side, TradeLine,
};

use crate::BTC;

/// Levels a side.
const LEVELS: i64 = 25;
/// 2024-07-18 00:00 UTC, a Thursday.
const MIDNIGHT: u64 = 1_721_260_800_000_000_000;
/// How often somebody asks for a snapshot: a book that lost its chain finds it again.
const SNAPSHOT: u64 = 60_000_000_000;
/// A step of the walk.
const STEP: u64 = 1_000_000_000;

/// SplitMix64.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// In 0..end.
    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.roll() % end.unsigned_abs()).expect("below an i64")
    }

    fn once_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// The day of a seed. BTCUSDT at a tick of 0.1 around 60 000.
#[derive(Clone, Debug)]
pub struct Day {
    dice: Dice,
    time: u64,
    end: u64,
    mid: i64,
    // Ticks a step that the price drifts, and how wild the walk is.
    drift: i64,
    wild: i64,
    update: u64,
    trade: u64,
    interest: i64,
    // What rests: ticks and lots, from low to high, by side (bids first).
    rests: [Vec<(i64, i64)>; 2],
    begun: bool,
}

impl Day {
    /// One day.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::days(seed, 1)
    }

    /// So many days in a row.
    #[must_use]
    pub fn days(seed: u64, days: u64) -> Self {
        Self {
            dice: Dice(seed),
            time: MIDNIGHT,
            end: MIDNIGHT + days * DAY.0,
            mid: 600_000,
            drift: 0,
            wild: 8,
            update: 1_000,
            trade: 1,
            interest: 80_000_000,
            rests: [Vec::new(), Vec::new()],
            begun: false,
        }
    }

    /// The first so many hours alone.
    #[must_use]
    pub const fn until(mut self, hours: u64) -> Self {
        self.end = MIDNIGHT + hours * HOUR.0;
        self
    }

    /// Every message, in order.
    pub fn each(mut self, mut take: impl FnMut(&mut Draft)) {
        let mut draft = Draft::default();
        while self.time < self.end {
            self.step(&mut draft, &mut take);
            self.time += STEP;
        }
    }

    fn step(&mut self, draft: &mut Draft, take: &mut impl FnMut(&mut Draft)) {
        if self.dice.once_in(3_600) {
            self.drift = self.dice.below(7) - 3;
            self.wild = 2 + self.dice.below(30);
        }
        let before = self.mid;
        let cascade = self.dice.once_in(20_000);
        let jump = if cascade { (self.dice.below(3) - 1) * 1_500 } else { 0 };
        self.mid += self.drift + self.dice.below(2 * self.wild + 1) - self.wild + jump;
        self.mid = self.mid.clamp(450_000, 800_000);
        for at in 0..self.dice.below(3) {
            self.trade(at, before, draft);
            take(draft);
        }
        if self.begun {
            self.depth(draft)
        } else {
            self.snapshot(draft)
        }
        take(draft);
        if self.time.is_multiple_of(SNAPSHOT) {
            self.rest(draft);
            take(draft);
        }
        self.quote(draft);
        take(draft);
        self.mark(draft);
        take(draft);
        if self.time.is_multiple_of(15 * SECOND.0) {
            self.interest(draft);
            take(draft);
        }
        if cascade {
            for _ in 0..3 {
                self.force(draft);
                take(draft);
            }
        }
    }

    fn stamp(&self, draft: &mut Draft, offset: u64) {
        let time = Nanos(self.time + offset);
        draft.head.time_local = Nanos(time.0 + 3_000_000);
        draft.head.time_event = time;
        if !matches!(draft.head.kind(), Some(Kind::Mark | Kind::OpenInterest)) {
            draft.head.time_match = time;
        }
    }

    fn trade(&mut self, at: i64, from: i64, draft: &mut Draft) {
        draft.open(Kind::Trade, BTC);
        let side = if self.dice.below(100) < 50 + 4 * self.drift { Side::Buy } else { Side::Sell };
        let lots = 1 + self.dice.below(40) * self.dice.below(40);
        let price = Price(from + side.sign());
        self.trade += 1;
        draft.head.id = self.trade;
        draft.push(TradeLine {
            price,
            lots: Lots(lots),
            lots_normal: Lots(lots),
            first: self.trade * 2,
            last: self.trade * 2 + 1,
            side: side.code(),
            reserved: [0; 23],
        });
        self.stamp(draft, u64::try_from(at).expect("small") * 50_000_000);
    }

    /// What should rest now: `LEVELS` levels a side from one tick beside the mid.
    fn wish(&mut self, side: usize) -> Vec<(i64, i64)> {
        let sign = if side == 0 { -1 } else { 1 };
        let mut wish: Vec<(i64, i64)> = (0..LEVELS)
            .map(|level| {
                let price = self.mid + sign * (1 + level);
                let kept = lots_at(&self.rests[side], price).filter(|_| !self.dice.once_in(3));
                (price, kept.unwrap_or_else(|| 1 + self.dice.below(5_000)))
            })
            .collect();
        if side == 0 {
            wish.reverse();
        }
        wish
    }

    fn snapshot(&mut self, draft: &mut Draft) {
        for side in 0..2 {
            self.rests[side] = self.wish(side);
        }
        self.begun = true;
        self.rest(draft);
    }

    /// What rests, as a snapshot.
    fn rest(&mut self, draft: &mut Draft) {
        draft.open(Kind::Snapshot, BTC);
        draft.head.id = self.update;
        let rests = self.rests.clone();
        for (side, rests) in [Side::Buy, Side::Sell].into_iter().zip(rests) {
            for (price, lots) in rests {
                push(draft, side, price, lots);
            }
        }
        self.stamp(draft, 305_000_000);
    }

    fn depth(&mut self, draft: &mut Draft) {
        draft.open(Kind::Depth, BTC);
        draft.head.id_prev = self.update;
        self.update += 1 + self.dice.roll() % 20;
        draft.head.id = self.update;
        draft.head.id_span = u32::try_from(self.update - draft.head.id_prev - 1).expect("small");
        for (at, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
            let wish = self.wish(at);
            let before = std::mem::replace(&mut self.rests[at], wish);
            // Levels that the price left behind are taken away first.
            for &(price, _) in &before {
                if lots_at(&self.rests[at], price).is_none() {
                    push(draft, side, price, 0);
                }
            }
            for &(price, lots) in &self.rests[at] {
                if lots_at(&before, price) != Some(lots) {
                    push(draft, side, price, lots);
                }
            }
        }
        self.stamp(draft, 300_000_000);
    }

    fn quote(&mut self, draft: &mut Draft) {
        draft.open(Kind::Quote, BTC);
        draft.head.id = self.update;
        let &(bid, bid_lots) = self.rests[0].last().expect("bids");
        let &(ask, ask_lots) = self.rests[1].first().expect("asks");
        draft.push(QuoteLine {
            bid: Price(bid),
            bid_lots: Lots(bid_lots),
            ask: Price(ask),
            ask_lots: Lots(ask_lots),
            bid_fine: Fine(bid * 10_000_000),
            ask_fine: Fine(ask * 10_000_000),
            reserved: [0; 2],
        });
        self.stamp(draft, 310_000_000);
    }

    fn mark(&mut self, draft: &mut Draft) {
        draft.open(Kind::Mark, BTC);
        let mark = Fine(self.mid * 10_000_000 + self.dice.below(10_000_000));
        let eighth = 8 * 3_600 * SECOND.0;
        draft.push(MarkLine {
            mark,
            average: mark,
            index: mark,
            settle: Fine(0),
            rate: 10_000,
            time_funding: Nanos((self.time / eighth + 1) * eighth),
            has_rate: 1,
            reserved: [0; 15],
        });
        self.stamp(draft, 320_000_000);
    }

    fn interest(&mut self, draft: &mut Draft) {
        self.interest += self.dice.below(40_001) - 20_000;
        draft.open(Kind::OpenInterest, BTC);
        draft.push(OpenInterestLine { lots: Lots(self.interest), reserved: [0; 7] });
        self.stamp(draft, 330_000_000);
    }

    fn force(&mut self, draft: &mut Draft) {
        draft.open(Kind::Force, BTC);
        let price = Fine(self.mid * 10_000_000);
        let lots = Lots(1 + self.dice.below(20_000));
        draft.push(ForceLine {
            price,
            average: price,
            lots,
            lots_last: lots,
            lots_filled: lots,
            side: Side::Sell.code(),
            filled: 1,
            reserved: [0; 22],
        });
        self.stamp(draft, 340_000_000);
    }
}

/// What rests at a price: levels stand side by side, a tick apart.
fn lots_at(levels: &[(i64, i64)], price: i64) -> Option<i64> {
    let place = usize::try_from(price - levels.first()?.0).ok()?;
    levels.get(place).map(|level| level.1)
}

fn push(draft: &mut Draft, side: Side, price: i64, lots: i64) {
    let price = LevelPrice::Tick(Price(price));
    assert!(draft.push_level(Level { side, price, lots: Lots(lots) }), "a day's message is short");
}

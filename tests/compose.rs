//! Frames composed in the venue's layouts of several years, for tests, fuzzing and benches.
//!
//! A payload is a list of keys and values, so that a test can reorder, double or drop them before
//! it becomes text. Nothing here is copied from a recording.

use std::fmt::Write;

use crate::Dice;

/// Whose layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// 2021 to 2024.
    Old,
    /// 2026, as live frames show it.
    New,
    /// 2026, as the fact sheet writes it.
    Sheet,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Old, Self::New, Self::Sheet];
}

/// An instrument as its numbers look.
#[derive(Clone, Copy, Debug)]
pub struct Coin {
    /// The symbol in payloads.
    pub symbol: &'static str,
    /// `SYMBOL:TICK:LOT`.
    pub instrument: &'static str,
    /// Places of the tick.
    pub tick_places: u32,
    /// Places that prices are written with.
    pub price_places: u32,
    /// Places that quantities are written with.
    pub lot_places: u32,
    /// About where it trades, in ticks.
    pub mid: u64,
    /// Largest usual quantity, in lots.
    pub lots_max: u64,
}

/// Bitcoin: five digits before the dot.
pub const BTC: Coin = Coin {
    symbol: "BTCUSDT",
    instrument: "BTCUSDT:0.1:0.001",
    tick_places: 1,
    price_places: 2,
    lot_places: 3,
    mid: 845_510,
    lots_max: 12_000,
};

/// Ether: four digits, quantities of every width.
pub const ETH: Coin = Coin {
    symbol: "ETHUSDT",
    instrument: "ETHUSDT:0.01:0.001",
    tick_places: 2,
    price_places: 2,
    lot_places: 3,
    mid: 269_017,
    lots_max: 400_000,
};

/// A cheap coin: whole quantities.
pub const ALT: Coin = Coin {
    symbol: "AKROUSDT",
    instrument: "AKROUSDT:0.00001:1",
    tick_places: 5,
    price_places: 5,
    lot_places: 0,
    mid: 1_731,
    lots_max: 900_000,
};

/// A coin with six digits before the dot and a symbol of other letters.
pub const BIG: Coin = Coin {
    symbol: "1000牛来USDT",
    instrument: "1000牛来USDT:0.5:0.1",
    tick_places: 1,
    price_places: 1,
    lot_places: 1,
    mid: 1_234_565,
    lots_max: 500,
};

/// Every coin.
pub const COINS: [Coin; 4] = [BTC, ETH, ALT, BIG];

/// A payload before it is text.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The stream's name.
    pub stream: String,
    /// Keys and values, the values as they stand in JSON.
    pub fields: Vec<(String, String)>,
}

impl Payload {
    /// The payload alone.
    #[must_use]
    pub fn bare(&self) -> String {
        let mut text = String::from("{");
        for (at, (key, value)) in self.fields.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\"{key}\":{value}");
        }
        text.push('}');
        text
    }

    /// The payload in its stream's wrapper.
    #[must_use]
    pub fn wrapped(&self) -> String {
        format!("{{\"stream\":\"{}\",\"data\":{}}}", self.stream, self.bare())
    }
}

/// A value in 10^-`places`.
#[must_use]
pub fn decimal(value: u64, places: u32) -> String {
    if places == 0 {
        return value.to_string();
    }
    let unit = 10_u64.pow(places);
    let width = usize::try_from(places).unwrap_or(0);
    format!("{}.{:0width$}", value / unit, value % unit)
}

/// Composes payloads of one coin; ids and times run on.
#[derive(Clone, Debug)]
pub struct Composer {
    /// The dice.
    pub dice: Dice,
    coin: Coin,
    look: Look,
    time: u64,
    id: u64,
}

impl Composer {
    /// A composer of a seed.
    #[must_use]
    pub fn new(seed: u64, coin: Coin, look: Look) -> Self {
        let dice = Dice(seed);
        Self { dice, coin, look, time: 1_790_526_538_000, id: 8_123_344_783 }
    }

    fn open(&mut self, event: &str) -> Vec<(String, String)> {
        self.time += self.dice.below(900);
        self.id += 1 + self.dice.below(90);
        vec![("e".into(), quoted(event))]
    }

    fn stream(&self, channel: &str) -> String {
        format!("{}@{channel}", self.coin.symbol.to_lowercase())
    }

    fn price(&mut self) -> String {
        let near = self.coin.mid + self.dice.below(200);
        let ticks = if self.dice.once_in(30) { 1 + self.dice.below(near * 2) } else { near };
        self.price_at(ticks)
    }

    /// A price of so many ticks, in the places the venue writes.
    fn price_at(&self, ticks: u64) -> String {
        let step = if self.coin.instrument.contains(":0.5:") { 5 } else { 1 };
        let shift = 10_u64.pow(self.coin.price_places - self.coin.tick_places);
        quoted(&decimal(ticks * step * shift, self.coin.price_places))
    }

    fn lots(&mut self, least: u64) -> String {
        // Widths are spread evenly, not values: that is what a scanner stumbles over.
        let most = self.coin.lots_max >> self.dice.below(12);
        quoted(&decimal(least + self.dice.below(most + 1), self.coin.lot_places))
    }

    fn fine(&mut self) -> String {
        quoted(&decimal(1 + self.dice.below(9_000_000_000_000), 8))
    }

    fn symbols(&self, fields: &mut Vec<(String, String)>, pair: bool) {
        put(fields, "s", quoted(self.coin.symbol));
        if pair && self.look != Look::Old {
            put(fields, "ps", quoted(self.coin.symbol));
        }
    }

    /// An aggregate trade.
    #[must_use]
    pub fn aggregate(&mut self) -> Payload {
        let mut fields = self.open("aggTrade");
        let (price, lots, maker) = (self.price(), self.lots(1), self.dice.once_in(2));
        let last = self.id + self.dice.below(30);
        put(&mut fields, "E", self.time);
        if self.look == Look::Sheet {
            self.symbols(&mut fields, false);
            put(&mut fields, "a", self.id / 2);
        } else {
            put(&mut fields, "a", self.id / 2);
            self.symbols(&mut fields, false);
        }
        put(&mut fields, "p", price);
        put(&mut fields, "q", &lots);
        if self.look != Look::Old {
            put(&mut fields, "nq", lots);
        }
        put(&mut fields, "f", self.id);
        put(&mut fields, "l", last);
        put(&mut fields, "T", self.time - 7);
        put(&mut fields, "m", maker);
        self.seal(&mut fields);
        Payload { stream: self.stream("aggTrade"), fields }
    }

    fn seal(&self, fields: &mut Vec<(String, String)>) {
        if self.look != Look::Old {
            put(fields, "st", 1);
        }
    }

    /// A single trade; one in twenty was no market trade.
    #[must_use]
    pub fn single(&mut self) -> Payload {
        let mut fields = self.open("trade");
        let foreign = self.dice.once_in(20);
        let (price, lots, maker) = (self.price(), self.lots(1), self.dice.once_in(2));
        put(&mut fields, "E", self.time);
        put(&mut fields, "T", self.time - 1);
        self.symbols(&mut fields, false);
        put(&mut fields, "t", self.id);
        put(&mut fields, "p", if foreign { quoted("0") } else { price });
        put(&mut fields, "q", if foreign { quoted("0") } else { lots });
        put(&mut fields, "X", quoted(if foreign { "INSURANCE_FUND" } else { "MARKET" }));
        put(&mut fields, "m", maker);
        self.seal(&mut fields);
        Payload { stream: self.stream("trade"), fields }
    }

    /// The best bid and ask.
    #[must_use]
    pub fn quote(&mut self) -> Payload {
        let mut fields = self.open("bookTicker");
        let bid = self.coin.mid + self.dice.below(50);
        put(&mut fields, "u", self.id * 1_000);
        let times = [("E", self.time), ("T", self.time - 1)];
        if self.look == Look::Sheet {
            times.iter().for_each(|(key, time)| put(&mut fields, key, time));
        }
        self.symbols(&mut fields, true);
        if self.look == Look::Sheet {
            self.seal(&mut fields);
        }
        for (price, lots, ticks) in [("b", "B", bid), ("a", "A", bid + 1)] {
            let amount = self.lots(1);
            put(&mut fields, price, self.price_at(ticks));
            put(&mut fields, lots, amount);
        }
        if self.look != Look::Sheet {
            times.iter().rev().for_each(|(key, time)| put(&mut fields, key, time));
            self.seal(&mut fields);
        }
        Payload { stream: self.stream("bookTicker"), fields }
    }

    /// Mark price, index and funding.
    #[must_use]
    pub fn mark(&mut self) -> Payload {
        let mut fields = self.open("markPriceUpdate");
        let keys: &[&str] = match self.look {
            Look::Old => &["p", "P", "i"],
            Look::New => &["p", "ap", "P", "i"],
            Look::Sheet => &["p", "ap", "i", "P"],
        };
        put(&mut fields, "E", self.time);
        self.symbols(&mut fields, false);
        for key in keys {
            let value = self.fine();
            put(&mut fields, key, value);
        }
        let sign = if self.dice.once_in(3) { "-" } else { "" };
        let rate = decimal(self.dice.below(90_000), 8);
        let rate = if self.dice.once_in(10) { String::new() } else { format!("{sign}{rate}") };
        put(&mut fields, "r", quoted(&rate));
        put(&mut fields, "T", if rate.is_empty() { 0 } else { 1_790_553_600_000_u64 });
        self.seal(&mut fields);
        Payload { stream: self.stream("markPrice@1s"), fields }
    }

    /// A depth event of about so many levels a side, as a diff or as the top ones.
    #[must_use]
    pub fn depth(&mut self, levels: u64, partial: bool) -> Payload {
        let mut fields = self.open("depthUpdate");
        let first = self.id * 1_000;
        put(&mut fields, "E", self.time);
        put(&mut fields, "T", self.time - 2);
        self.symbols(&mut fields, true);
        if self.look == Look::Sheet {
            self.seal(&mut fields);
        }
        let last = first + self.dice.below(9_000);
        put(&mut fields, "U", first);
        put(&mut fields, "u", last);
        put(&mut fields, "pu", first - 1 - self.dice.below(900));
        for key in ["b", "a"] {
            let side = self.side(levels, key == "b");
            put(&mut fields, key, side);
        }
        if self.look == Look::New {
            self.seal(&mut fields);
        }
        let channel = if partial { "depth20@100ms" } else { "depth@100ms" };
        Payload { stream: self.stream(channel), fields }
    }

    fn side(&mut self, levels: u64, bids: bool) -> String {
        let count = if self.dice.once_in(12) { 0 } else { self.dice.below(levels * 2 + 1) };
        let mut ticks = self.coin.mid;
        let mut list = Vec::new();
        for _ in 0..count {
            let far = if self.dice.once_in(15) { self.coin.mid / 40 } else { 12 };
            let step = 1 + self.dice.below(far);
            ticks = if bids { ticks.saturating_sub(step).max(1) } else { ticks + step };
            let price = self.price_at(ticks);
            let lots = if self.dice.once_in(4) {
                quoted(&decimal(0, self.coin.lot_places))
            } else {
                self.lots(1)
            };
            list.push(format!("[{price},{lots}]"));
        }
        format!("[{}]", list.join(","))
    }

    /// A liquidation.
    #[must_use]
    pub fn force(&mut self) -> Payload {
        let mut fields = self.open("forceOrder");
        let mut order = Vec::new();
        let (price, average) = (self.price(), self.fine());
        let lots = self.lots(1);
        put(&mut order, "s", quoted(self.coin.symbol));
        let side = if self.dice.once_in(2) { "BUY" } else { "SELL" };
        for (key, value) in [("S", side), ("o", "LIMIT"), ("f", "IOC")] {
            put(&mut order, key, quoted(value));
        }
        put(&mut order, "q", &lots);
        put(&mut order, "p", price);
        put(&mut order, "ap", average);
        put(&mut order, "X", quoted("FILLED"));
        put(&mut order, "l", &lots);
        put(&mut order, "z", &lots);
        put(&mut order, "T", self.time - 9);
        put(&mut fields, "E", self.time);
        let order = Payload { stream: String::new(), fields: order }.bare();
        put(&mut fields, "o", order);
        Payload { stream: "!forceOrder@arr".into(), fields }
    }

    /// Any of the above.
    #[must_use]
    pub fn any(&mut self) -> Payload {
        match self.dice.below(16) {
            0..=2 => self.aggregate(),
            3..=5 => self.single(),
            6..=8 => self.quote(),
            9 => self.mark(),
            10 => self.force(),
            11..=12 => self.depth(10, true),
            _ => self.depth(8, false),
        }
    }
}

fn put(fields: &mut Vec<(String, String)>, key: &str, value: impl ToString) {
    fields.push((key.into(), value.to_string()));
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

//! The language of the scenario tables: `input | what must come out of it`.
//!
//! ```text
//! snapshot 100 b10:5 a12:5    id and levels (10.5 lies off the grid)
//! depth 90-101<89 b10:0       U-u<pu and levels
//! partial, quote              the same, to be ignored by the book
//! trade 7 100+5               id, price and lots: + an aggressor bought, - sold
//! foreign 7                   an id that was no market trade
//! tick, mark                  a tick, a mark price
//! audit equal                 an audit: equal or other
//! connection public lost      a connection's route and its state
//! lag pause                   something lags
//! at 1500                     venue and local time: milliseconds after noon, from here on
//! local 1500, venue 1500      one of them alone; `dump`: no local clock from here on
//! grid 2                      the instrument again, with this tick
//! losses                      from here on what levels lose is shown: `lost after 1500: b10:3`
//! count NAME                  a counter, without `book_` and `_total`
//! ```

use std::fmt::Write;

use model::{
    AuditLine, BookLine, BookState, ConnectionLine, ConnectionState, DrainLine, Fine, Flags,
    InstrumentId, InstrumentLine, InstrumentMoreLine, Kind, LagCause, LagLine, Level, LevelPrice,
    Lots, MarkLine, Nanos, Price, QuoteLine, Route, Side, TradeLine,
};
use runtime::Counter;

use crate::tests::{Bench, ID, NOON, Seen};
use crate::{BookCounter, Plan};

/// A scenario on its way.
pub(crate) struct Scenario {
    pub(crate) bench: Bench,
    venue: Nanos,
    flags: Flags,
    shows_losses: bool,
}

/// Runs a table; the instrument has tick 1 and lot 1.
pub(crate) fn check(instrument: &str, plan: Plan, table: &str) {
    let mut scenario = Scenario::new(instrument, plan);
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (input, want) = line.split_once('|').expect("input | expectation");
        let got = scenario.step(input.trim());
        assert_eq!(got, want.trim(), "after `{}`", input.trim());
    }
}

/// The same on USDⓈ-M with windows and tables that are soon left.
pub(crate) fn check_usdm(table: &str) {
    let plan = Plan { window_ticks: 256, far_slots: 64, content: true, ..Plan::default() };
    check("X:1:1", plan, table);
}

impl Scenario {
    pub(crate) fn new(instrument: &str, plan: Plan) -> Self {
        Self {
            bench: Bench::new(instrument, plan),
            venue: NOON,
            flags: Flags::default(),
            shows_losses: false,
        }
    }

    /// Takes one input; what came out of it.
    pub(crate) fn step(&mut self, input: &str) -> String {
        let words: Vec<&str> = input.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        let millis = |at: usize| NOON.after(Nanos::from_millis(number(at)));
        match words[0] {
            "at" => (self.venue, self.bench.now) = (millis(1), millis(1)),
            "local" => self.bench.now = millis(1),
            "venue" => self.venue = millis(1),
            "dump" => self.flags = Flags::NO_LOCAL_CLOCK,
            "losses" => self.shows_losses = true,
            "count" => return self.count(words[1]),
            "snapshot" => {
                self.open(Kind::Snapshot, number(1));
                self.levels(&words[2..]);
            }
            "depth" => self.depth(Kind::Depth, &words),
            "partial" => self.depth(Kind::Partial, &words),
            "quote" => {
                self.open(Kind::Quote, number(1));
                self.bench.draft.push(QuoteLine { ..bytemuck::Zeroable::zeroed() });
            }
            "mark" => {
                self.open(Kind::Mark, 0);
                self.bench.draft.push(MarkLine { ..bytemuck::Zeroable::zeroed() });
            }
            "foreign" => {
                self.open(Kind::Trade, number(1));
                self.bench.draft.head.flags = self.flags.with(Flags::FOREIGN);
            }
            "trade" => self.trade(number(1), words[2]),
            "audit" => {
                self.open(Kind::Audit, 0);
                let equal = u8::from(words[1] == "equal");
                self.bench.draft.push(AuditLine { equal, ..bytemuck::Zeroable::zeroed() });
                self.bench.draft.push::<BookLine>(bytemuck::Zeroable::zeroed());
                self.bench.draft.push::<BookLine>(bytemuck::Zeroable::zeroed());
            }
            "connection" => self.connection(words[1], words[2]),
            "lag" => {
                let cause = LagCause::ALL.iter().find(|cause| cause.text() == words[1]);
                let cause = cause.expect("a cause").code();
                self.bench.draft.open(Kind::Lag, InstrumentId::NONE);
                self.bench.draft.push(LagLine { cause, ..bytemuck::Zeroable::zeroed() });
            }
            "tick" => self.bench.draft.open(Kind::Tick, InstrumentId::NONE),
            "grid" => self.grid(words[1]),
            other => panic!("no such input: {other}"),
        }
        if ["at", "local", "venue", "dump", "losses"].contains(&words[0]) {
            return String::new();
        }
        let seen = self.bench.take();
        let told = |seen: &&Seen| match seen.kind() {
            Kind::Drain => self.shows_losses,
            Kind::DepthRows => false,
            _ => true,
        };
        let seen: Vec<String> = seen.iter().filter(told).map(render).collect();
        if seen.is_empty() { "-".into() } else { seen.join("; ") }
    }

    fn open(&mut self, kind: Kind, id: u64) {
        self.bench.draft.open(kind, ID);
        self.bench.draft.head.id = id;
        self.bench.draft.head.time_match = self.venue;
        self.bench.draft.head.flags = self.flags;
    }

    fn depth(&mut self, kind: Kind, words: &[&str]) {
        let (ids, before) = words[1].split_once('<').unwrap_or((words[1], "0"));
        let (first, last) = ids.split_once('-').expect("U-u");
        let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
        self.open(kind, last);
        self.bench.draft.head.id_span = u32::try_from(last - first).expect("a span");
        self.bench.draft.head.id_prev = before.parse().expect("pu");
        self.levels(&words[2..]);
    }

    fn levels(&mut self, words: &[&str]) {
        for word in words {
            let (side, rest) = match word.split_at(1) {
                ("b", rest) => (Side::Buy, rest),
                (_, rest) => (Side::Sell, rest),
            };
            let (price, lots) = rest.split_once(':').expect("price:lots");
            let value = model::decimal(price.as_bytes()).expect("a decimal");
            let price = match value.steps(Fine::ONE) {
                Ok(ticks) => LevelPrice::Tick(Price(ticks)),
                Err(_) => LevelPrice::Fine(value.fine().expect("fine")),
            };
            let lots = Lots(lots.parse().expect("lots"));
            assert!(self.bench.draft.push_level(Level { side, price, lots }));
        }
    }

    fn trade(&mut self, id: u64, text: &str) {
        let at = text.find(['+', '-']).expect("a side");
        let side = if text[at..].starts_with('+') { Side::Buy } else { Side::Sell };
        let lots = Lots(text[at + 1..].parse().expect("lots"));
        self.open(Kind::Trade, id);
        self.bench.draft.push(TradeLine {
            price: Price(text[..at].parse().expect("a price")),
            lots,
            lots_normal: lots,
            first: id * 10,
            last: id * 10 + 1,
            side: side.code(),
            reserved: [0; 23],
        });
    }

    fn connection(&mut self, route: &str, state: &str) {
        let route = Route::ALL.iter().find(|one| one.text() == route).expect("a route");
        let state = ConnectionState::ALL.iter().find(|one| one.text() == state).expect("a state");
        self.bench.draft.open(Kind::Connection, InstrumentId::NONE);
        self.bench.draft.push(ConnectionLine {
            route: route.code(),
            state: state.code(),
            ..bytemuck::Zeroable::zeroed()
        });
    }

    fn grid(&mut self, tick: &str) {
        self.open(Kind::Instrument, 0);
        self.bench.draft.head.time_match = Nanos::NONE;
        let symbol = self.bench.stage.instrument(ID).expect("the bench's own").symbol;
        let zero = InstrumentLine { symbol, ..bytemuck::Zeroable::zeroed() };
        let tick = Fine(tick.parse::<i64>().expect("a tick") * Fine::ONE.0);
        self.bench.draft.push(InstrumentLine { tick, lot: Fine::ONE, ..zero });
        self.bench.draft.push::<InstrumentMoreLine>(bytemuck::Zeroable::zeroed());
    }

    pub(crate) fn count(&self, name: &str) -> String {
        let full = format!("book_{name}_total");
        let counter = BookCounter::ALL.iter().find(|counter| counter.name() == full);
        self.bench.count(*counter.expect("a counter")).to_string()
    }
}

/// A message in a few words.
fn render(seen: &Seen) -> String {
    let mut text = match seen.kind() {
        Kind::Book => render_book(seen),
        Kind::Bar => render_bar(seen),
        Kind::Drain => render_losses(seen),
        Kind::Trade => format!("trade {}", seen.head.id),
        other => other.text().into(),
    };
    for (bit, name) in [
        (Flags::GAP, " gap"),
        (Flags::UNSTABLE, " unstable"),
        (Flags::LATE, " late"),
        (Flags::JUMP, " jump"),
    ] {
        if seen.head.flags.has(bit) {
            text.push_str(name);
        }
    }
    text
}

fn render_book(seen: &Seen) -> String {
    let line = seen.book().expect("a book");
    let stale = if line.stale == 1 { " stale" } else { "" };
    let stale = format!("{stale}{}", if line.uncovered == 1 { " uncovered" } else { "" });
    let id = seen.head.id;
    match line.state() {
        BookState::Unsynced => format!("unsynced {id}{stale}"),
        BookState::Syncing => format!("syncing {id}{stale}"),
        BookState::Trusted => format!(
            "trusted {id} {}:{}/{}:{} sums {}:{}/{}:{}{stale}",
            line.bid.0,
            line.bid_lots.0,
            line.ask.0,
            line.ask_lots.0,
            line.bid_levels,
            line.bid_depth.0,
            line.ask_levels,
            line.ask_depth.0,
        ),
    }
}

/// Milliseconds after noon of the event before, and who lost how much.
fn render_losses(seen: &Seen) -> String {
    let line: &DrainLine = seen.body[0].view();
    let mut text = format!("lost after {}:", line.time_before.since(NOON).0 / 1_000_000);
    for level in seen.body[1..].iter().flat_map(Level::all).filter(|level| level.lots.0 != 0) {
        let LevelPrice::Tick(price) = level.price else { panic!("off the grid") };
        let side = if level.side == Side::Buy { "b" } else { "a" };
        let _ = write!(text, " {side}{}:{}", price.0, level.lots.0);
    }
    if line.cut != 0 {
        let _ = write!(text, " cut {}", line.cut);
    }
    text
}

/// Seconds after noon, prices, what was bought and sold, delta's extremes, records and fills.
fn render_bar(seen: &Seen) -> String {
    let (bar, sums) = seen.bar().expect("a bar");
    let seconds = bar.time_open.since(NOON).0 / 1_000_000_000;
    let unstable = if bar.unstable == 1 { " unstable" } else { "" };
    let run = if bar.run == 1 { String::new() } else { format!(" x{}", bar.run) };
    let prices = format!("{}/{}/{}/{}", bar.open.0, bar.high.0, bar.low.0, bar.close.0);
    if sums.trades == 0 {
        let zero = sums.buys.0 | sums.sells.0 | sums.delta_min.0 | sums.delta_max.0;
        assert!(zero == 0 && sums.notional.0 == 0 && sums.fills == 0, "an empty bar is empty");
        return format!("{}@{seconds} {prices}{run}{unstable}", bar.interval().text());
    }
    format!(
        "{}@{seconds} {prices} +{} -{} {}..{} n{} f{}{run}{unstable}",
        bar.interval().text(),
        sums.buys.0,
        sums.sells.0,
        sums.delta_min.0,
        sums.delta_max.0,
        sums.trades,
        sums.fills,
    )
}

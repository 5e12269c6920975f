//! What is shown of a running engine: a picture of the replica's stages, made a few times a second.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::Receiver;

use engine::{Inline, Observer};
use model::{
    AuditLine, BarLine, BarSumsLine, Body, BookState, ConnectionFault, ConnectionLine,
    ConnectionState, Insight, Instrument, InstrumentId, Interval, Kind, LagCause, LagLine,
    LevelDecision, LevelFlags, LevelPrice, Lots, Message, Nanos, Price, Refusal, RefusedLine,
    Route, ServerTimeLine, Side, SignalDecision, StateDecision, TradeLine, Trust, Window,
};

use super::auditor::Auditor;
use crate::analyze::show::GONE;

/// Levels a side that are shown.
pub const LEVELS: usize = 10;
/// Samples of the small pictures.
pub const SAMPLES: usize = 120;
/// Notes and bars that are kept.
const KEPT: usize = 16;

/// The whole picture.
#[derive(Clone, Default, Debug)]
pub struct View {
    /// Sequence of the last message taken.
    pub sequence: u64,
    /// Its receive time, by the engine's clock.
    pub time_local: Nanos,
    /// Messages by kind.
    pub kinds: Vec<(&'static str, u64)>,
    /// What went wrong, by name.
    pub faults: BTreeMap<String, u64>,
    /// The last things worth a word, newest last.
    pub notes: VecDeque<Note>,
    /// The venue's clock less ours in nanoseconds, once known.
    pub clock_offset: Option<i64>,
    /// Books compared with a shadow made anew, and those that differed.
    pub audits: (u64, u64),
    /// Digests compared with the hot side's, and those that differed.
    pub checks: (u64, u64),
    /// What may be traded; `None` before strategy said anything of it.
    pub trading: Option<StateDecision>,
    /// One for each instrument.
    pub instruments: Vec<Picture>,
}

/// Something worth a word.
#[derive(Clone, Debug)]
pub struct Note {
    /// When it entered.
    pub time_local: Nanos,
    /// What it was.
    pub text: String,
}

/// One instrument.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The grid.
    pub instrument: Instrument,
    /// The venue clock.
    pub time_venue: Nanos,
    /// The book's state.
    pub state: BookState,
    /// Whether the book is stale.
    pub stale: bool,
    /// Update id of the book.
    pub update_id: u64,
    /// Best bids, best first.
    pub bids: Vec<(LevelPrice, Lots)>,
    /// Best asks, best first.
    pub asks: Vec<(LevelPrice, Lots)>,
    /// Best bid and ask on the grid.
    pub best: [Option<Price>; 2],
    /// Levels a side.
    pub levels: [usize; 2],
    /// The last trade.
    pub last: Option<(Price, Side, Lots)>,
    /// The profile that is shown.
    pub profile: Option<ProfileView>,
    /// Cumulative delta: now, lowest, highest.
    pub cvd: [Lots; 3],
    /// Trades counted into it.
    pub trades: u64,
    /// Whether no trade is missing underneath.
    pub cvd_sound: bool,
    /// Book imbalance, where there is one, and its z.
    pub obi: Option<(f64, Option<f64>)>,
    /// Closed one-minute bars, newest last.
    pub bars: VecDeque<(BarLine, BarSumsLine)>,
    /// The open one-minute bar.
    pub open: Option<(BarLine, BarSumsLine)>,
    /// Price of the last trade, one a sample.
    pub prices: VecDeque<Price>,
    /// Imbalance, one a sample.
    pub obis: VecDeque<f64>,
    /// Delta, one a sample.
    pub cvds: VecDeque<i64>,
    /// The nearest level that may have a signal or has one: below the last price, above it.
    pub near: [Option<LevelDecision>; 2],
    /// The last step of a signal.
    pub signal: Option<SignalDecision>,
}

/// A volume profile.
#[derive(Clone, Debug)]
pub struct ProfileView {
    /// Its window.
    pub window: Window,
    /// Low edge of the POC's bin.
    pub poc: Option<Price>,
    /// Low edge of the lowest and top edge of the highest bin of the value area.
    pub area: Option<(Price, Price)>,
    /// Lots in it.
    pub volume: Lots,
    /// Width of a bin.
    pub bin_ticks: i64,
    /// Low edge, buys, sells.
    pub bins: Vec<(Price, Lots, Lots)>,
    /// How far it is to be trusted.
    pub trust: Trust,
}

impl Picture {
    /// The book's state in a word.
    #[must_use]
    pub const fn state_text(&self) -> &'static str {
        match self.state {
            BookState::Trusted if self.stale => "stale",
            BookState::Trusted => "trusted",
            BookState::Syncing => "syncing",
            BookState::Unsynced => "unsynced",
        }
    }
}

/// What the onlooker keeps of one instrument between two pictures.
#[derive(Default, Debug)]
struct Seen {
    last: Option<(Price, Side, Lots)>,
    bars: VecDeque<(BarLine, BarSumsLine)>,
    prices: VecDeque<Price>,
    obis: VecDeque<f64>,
    cvds: VecDeque<i64>,
    state: Option<BookState>,
    levels: BTreeMap<u64, LevelDecision>,
    signal: Option<SignalDecision>,
}

impl Seen {
    /// The nearest level on each side of the last price that may have a signal or has one.
    fn near(&self) -> [Option<LevelDecision>; 2] {
        let Some((last, _, _)) = self.last else { return [None; 2] };
        let counts = |level: &&LevelDecision| {
            level.flags.has(LevelFlags::LIVE) || level.flags.has(LevelFlags::FROZEN)
        };
        let levels = || self.levels.values().filter(counts);
        let below = levels().filter(|level| level.price < last).max_by_key(|level| level.price);
        let above = levels().filter(|level| level.price > last).min_by_key(|level| level.price);
        [below.copied(), above.copied()]
    }
}

/// Who looks on at the replica.
pub(super) type Eyes = (Looker, Auditor);

/// Keeps what a picture shows.
#[derive(Default, Debug)]
pub(super) struct Looker {
    sequence: u64,
    time_local: Nanos,
    kinds: BTreeMap<u16, u64>,
    faults: BTreeMap<String, u64>,
    notes: VecDeque<Note>,
    clock_offset: Option<i64>,
    audits: (u64, u64),
    trading: Option<StateDecision>,
    seen: Vec<Seen>,
    // Faults of cold threads, which leave nothing in the log: name and detail.
    told: Option<Receiver<Fault>>,
}

/// A fault that a cold thread tells: its name, and what was there.
pub(super) type Fault = (&'static str, String);

impl Observer for Looker {
    fn event(&mut self, message: Message<'_>) {
        let head = message.head;
        self.sequence = head.sequence;
        self.time_local = head.time_local;
        *self.kinds.entry(head.kind).or_default() += 1;
        match head.kind() {
            Some(Kind::Trade) => {
                if let Some(line) = message.body.view::<TradeLine>(0) {
                    self.at(head.instrument).last = Some((line.price, line.side(), line.lots));
                }
            }
            Some(Kind::Connection) => self.connection(message),
            Some(Kind::Lag) => self.lag(message),
            Some(Kind::Refused) => {
                if let Some(line) = message.body.view::<RefusedLine>(0) {
                    let reason = Refusal::from_number(line.reason).map_or("unknown", Refusal::text);
                    self.fault(format!("refused {reason}"), format!("{} bytes", line.length));
                }
            }
            Some(Kind::Audit) => {
                if let Some(line) = message.body.view::<AuditLine>(0) {
                    self.audits.0 += 1;
                    if line.equal == 0 {
                        self.audits.1 += 1;
                        self.fault("audit differs".into(), format!("at update {}", head.id));
                    }
                }
            }
            Some(Kind::ServerTime) => {
                if let Some(line) = message.body.view::<ServerTimeLine>(0) {
                    self.clock_offset = Some(line.offset);
                }
            }
            _ => {}
        }
    }

    fn market(&mut self, message: Message<'_>) {
        let head = message.head;
        match head.kind() {
            Some(Kind::Bar) => {
                let lines = message.body.view::<BarLine>(0).zip(message.body.view(1));
                if let Some((bar, sums)) =
                    lines.filter(|(bar, _)| bar.interval() == Interval::Minute1)
                {
                    let bars = &mut self.at(head.instrument).bars;
                    push(bars, (*bar, *sums), KEPT);
                }
            }
            Some(Kind::Book) => {
                if let Some(line) = message.body.view::<model::BookLine>(0) {
                    self.book(head.instrument, line.state());
                }
            }
            _ => {}
        }
    }

    fn decision(&mut self, decision: &Insight, _body: Body<'_>) {
        let kind = decision.kind();
        if kind == Some(Kind::StateDecision) {
            self.trading = Some(*decision.view());
            return;
        }
        let seen = self.at(decision.instrument);
        match kind {
            Some(Kind::LevelDecision) => {
                let level: &LevelDecision = decision.view();
                if level.fate == GONE {
                    seen.levels.remove(&level.level);
                } else {
                    seen.levels.insert(level.level, *level);
                }
            }
            Some(Kind::SignalDecision) => seen.signal = Some(*decision.view()),
            _ => {}
        }
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(item);
}

impl Looker {
    /// One that hears of faults also from a cold thread.
    pub(super) fn hearing(told: Receiver<Fault>) -> Self {
        Self { told: Some(told), ..Self::default() }
    }

    /// Takes what cold threads have told since the last picture.
    fn listen(&mut self) {
        while let Some(Ok((name, detail))) = self.told.as_ref().map(Receiver::try_recv) {
            self.fault(name.into(), detail);
        }
    }

    fn at(&mut self, id: InstrumentId) -> &mut Seen {
        if self.seen.len() <= id.index() {
            self.seen.resize_with(id.index() + 1, Seen::default);
        }
        &mut self.seen[id.index()]
    }

    fn note(&mut self, text: String) {
        push(&mut self.notes, Note { time_local: self.time_local, text }, KEPT);
    }

    fn fault(&mut self, name: String, detail: String) {
        self.note(format!("{name}: {detail}"));
        *self.faults.entry(name).or_default() += 1;
    }

    fn book(&mut self, id: InstrumentId, state: BookState) {
        let before = self.at(id).state.replace(state);
        if before == Some(BookState::Trusted) && state != BookState::Trusted {
            self.fault("book untrusted".into(), format!("{state:?}"));
        } else if before.is_some_and(|before| before != state) {
            self.note(format!("book {state:?}"));
        }
    }

    fn connection(&mut self, message: Message<'_>) {
        let Some(line) = message.body.view::<ConnectionLine>(0) else { return };
        let route = Route::from_code(line.route).map_or("?", Route::text);
        let state = ConnectionState::from_code(line.state);
        let text = state.map_or("?", ConnectionState::text);
        let fault = ConnectionFault::from_code(line.fault);
        let detail = format!("{route} socket {} {text}", line.socket);
        match fault {
            // Our own end of the run is no fault.
            Some(fault) => self.fault(format!("{} {text}", fault.text()), detail),
            None => self.note(detail),
        }
    }

    fn lag(&mut self, message: Message<'_>) {
        let Some(line) = message.body.view::<LagLine>(0) else { return };
        let cause = LagCause::from_code(line.cause).map_or("?", LagCause::text);
        self.fault(format!("lag {cause}"), format!("{} ms", line.span.0 / 1_000_000));
    }
}

/// A picture of the replica as it stands. Takes a sample for the small pictures.
pub(super) fn picture(inline: &mut Inline<Eyes>, window: Window) -> View {
    let ids: Vec<(InstrumentId, Instrument)> =
        inline.instruments().iter().map(|(id, one)| (id, *one)).collect();
    let mut instruments = Vec::with_capacity(ids.len());
    for (id, instrument) in ids {
        let obi = inline.analytics().obi(id).map(|obi| *obi.reading());
        let obi = obi.filter(|obi| !obi.trust.has(Trust::MISSING)).map(|obi| (obi.obi, obi.z));
        let cvd = inline.analytics().cvd(id).value.0;
        let seen = inline.observer().0.at(id);
        push(&mut seen.cvds, cvd, SAMPLES);
        push(&mut seen.obis, obi.map_or(0.0, |obi| obi.0), SAMPLES);
        if let Some((price, _, _)) = seen.last {
            push(&mut seen.prices, price, SAMPLES);
        }
        let decided = (seen.near(), seen.signal);
        let seen = Seen {
            last: seen.last,
            bars: seen.bars.clone(),
            prices: seen.prices.clone(),
            obis: seen.obis.clone(),
            cvds: seen.cvds.clone(),
            ..Seen::default()
        };
        let mut picture = one(inline, id, instrument, window, seen, obi);
        (picture.near, picture.signal) = decided;
        instruments.push(picture);
    }
    let looker = &mut inline.observer().0;
    looker.listen();
    let name = |(&kind, &count): (&u16, &u64)| {
        (Kind::from_number(kind).map_or("unknown", Kind::text), count)
    };
    View {
        sequence: looker.sequence,
        time_local: looker.time_local,
        kinds: looker.kinds.iter().map(name).collect(),
        faults: looker.faults.clone(),
        notes: looker.notes.clone(),
        clock_offset: looker.clock_offset,
        audits: looker.audits,
        checks: (0, 0),
        trading: looker.trading,
        instruments,
    }
}

fn one(
    inline: &Inline<Eyes>,
    id: InstrumentId,
    instrument: Instrument,
    window: Window,
    seen: Seen,
    obi: Option<(f64, Option<f64>)>,
) -> Picture {
    let (stage, analytics) = (inline.book(), inline.analytics());
    let book = stage.book(id);
    let side = |side: Side| {
        let mut levels = Vec::with_capacity(LEVELS);
        if let Some(book) = book {
            book.top(side, LEVELS, |price, lots| levels.push((price, lots)));
        }
        levels
    };
    let best = |side: Side| book.and_then(|book| book.best(side)).map(|best| best.0);
    let count = |side: Side| book.map_or(0, |book| book.level_count(side));
    let cvd = analytics.cvd(id);
    let profile = analytics.profile(id, window).map(|profile| ProfileView {
        window,
        poc: profile.poc(),
        area: profile.value_area(),
        volume: profile.volume(),
        bin_ticks: profile.bin_ticks(),
        bins: profile.bins().filter(|bin| bin.1.0 != 0 || bin.2.0 != 0).collect(),
        trust: analytics.trust(id, window).unwrap_or(Trust::MISSING),
    });
    Picture {
        instrument,
        time_venue: stage.clock(id),
        state: book.map_or(BookState::Unsynced, book::OrderBook::state),
        stale: book.is_some_and(book::OrderBook::stale),
        update_id: book.map_or(0, book::OrderBook::update_id),
        bids: side(Side::Buy),
        asks: side(Side::Sell),
        best: [best(Side::Buy), best(Side::Sell)],
        levels: [count(Side::Buy), count(Side::Sell)],
        last: seen.last,
        profile,
        cvd: [cvd.value, cvd.min, cvd.max],
        trades: cvd.trades,
        cvd_sound: cvd.stable,
        obi,
        bars: seen.bars,
        open: stage.bars(id).and_then(|bars| bars.open(Interval::Minute1)),
        prices: seen.prices,
        obis: seen.obis,
        cvds: seen.cvds,
        near: [None; 2],
        signal: None,
    }
}

//! Hand-made records: a level, a signal that arms and is stopped, and what confirmed it.

use bytemuck::Zeroable as _;
use engine::Observer;
use model::{
    AnswerDecision, Body, CloseDecision, CloseLine, DivergenceInsight, DivergenceLine,
    FeaturesLine, FeaturesMoreLine, FillDecision, FillLine, Fine, FootprintFacts, FootprintInsight,
    FootprintMarksLine, FootprintRow, FootprintRowsLine, FootprintSumsLine, Insight, Instrument,
    InstrumentId, IntentDecision, Kind, LevelDecision, LevelFlags, LevelLine, Line, Lots, Nanos,
    NodeLine, NodesInsight, OrderLine, Price, ReasonPart, ReasonsLine, RefusalDecision, Side,
    SignalDecision, SignalLine, StateDecision, SwingFlags, SwingInsight, SwingLine, TermsLine,
    Window, missing,
};
use strategy::Refused;
use strategy::exits::{ClientId, Role, TargetKind, Why};
use strategy::hypotheses::{Causes, Confirmations, Inputs, Reasons, State};
use strategy::levels::Kinds;
use strategy::risk::{Cause, Refusal, TradingState};
use strategy::terms::{Hypothesis, LevelId, LevelKind};

use crate::analyze::show::Kept;

/// 2024-07-19T12:00:00Z: the run's first venue second.
const START: u64 = 1_721_390_400;
const RUN: u64 = START << 32;

/// So many seconds into the run.
pub(super) fn at(seconds: u64) -> Nanos {
    Nanos((START + seconds) * 1_000_000_000)
}

pub(super) fn btc() -> Instrument {
    Instrument::parse("BTCUSDT:0.1:0.001").expect("a grid")
}

fn kept(
    kind: Kind,
    window: Window,
    seconds: u64,
    mut head: impl FnMut(&mut Insight),
    body: Vec<Line>,
) -> Kept {
    let mut insight = Insight::zeroed();
    insight.kind = kind as u16;
    insight.instrument = InstrumentId(0);
    insight.window = window as u8;
    insight.time_venue = at(seconds);
    insight.lines = u16::try_from(body.len()).expect("few lines");
    head(&mut insight);
    Kept { insight, body }
}

/// A record of its kind over the head that all share.
fn fill_in<T: bytemuck::Pod>(insight: &mut Insight, with: impl FnOnce(&mut T)) {
    with(bytemuck::must_cast_mut(insight));
}

/// Shows a record to an onlooker as a run would.
pub(super) fn show(observer: &mut impl Observer, record: &Kept) {
    let body = Body { front: &record.body, back: &[] };
    if record.insight.kind().is_some_and(Kind::is_decision) {
        observer.decision(&record.insight, body);
    } else {
        observer.insight(&record.insight, body);
    }
}

fn terms() -> TermsLine {
    TermsLine {
        score: 5.559,
        lvn: 1.2,
        confluence: 4.0,
        naked: 0.0,
        shape: 0.6,
        distance: 0.909,
        age: 0.632,
        avwap: 0.6,
    }
}

/// A low-volume node of the last 24 hours as a short, touched once.
pub(super) fn level(seconds: u64) -> Kept {
    let line = LevelLine {
        node_low: Price(642_000),
        node_high: Price(642_200),
        time_born: at(10),
        time_touched: at(60),
        decay: 0.7,
        touches: 1,
        absorbed: 2,
        confluence: Kinds::AREA_EDGE.with(Kinds::SWING).0,
        reserved: [0; 15],
    };
    let vah = ReasonPart {
        price: Price(642_080),
        score: 3.25,
        what: LevelKind::Vah.code(),
        window: Window::Day as u8,
        completed: 1,
        reserved: 0,
    };
    let parts = [vah, ReasonPart::default(), ReasonPart::default(), ReasonPart::default()];
    let body = vec![Line::of(line), Line::of(terms()), Line::of(ReasonsLine { parts })];
    let head = |insight: &mut Insight| {
        fill_in(insight, |level: &mut LevelDecision| {
            level.level = RUN | 12;
            (level.price, level.zone_low, level.zone_high) =
                (Price(642_000), Price(641_037), Price(642_963));
            (level.what, level.side, level.fate) = (LevelKind::Lvn.code(), Side::Sell.code(), 1);
            level.flags = LevelFlags::TRADABLE.with(LevelFlags::LIVE, true);
            level.version = 3;
        });
    };
    kept(Kind::LevelDecision, Window::Hours24, seconds, head, body)
}

/// A level below price that a signal holds and that absorbed nothing.
pub(super) fn below() -> Kept {
    let mut record = level(20);
    fill_in(&mut record.insight, |level: &mut LevelDecision| {
        level.level = RUN | 13;
        (level.price, level.zone_low, level.zone_high) =
            (Price(630_000), Price(629_055), Price(630_945));
        (level.what, level.side) = (LevelKind::NakedPoc.code(), Side::Buy.code());
        level.flags = LevelFlags::FROZEN.with(LevelFlags::COMPLETED, true);
        level.window = Window::Day as u8;
    });
    let line: &mut LevelLine = record.body[0].view_mut();
    (line.absorbed, line.confluence, line.touches, line.decay) = (0, 0, 0, 1.0);
    record.body.truncate(2);
    record
}

/// That level, gone.
pub(super) fn gone() -> Kept {
    let mut record = level(30);
    fill_in(&mut record.insight, |level: &mut LevelDecision| level.fate = 2);
    (record.insight.lines, record.body) = (0, Vec::new());
    record
}

/// The nodes that it is one of.
pub(super) fn nodes() -> Kept {
    let node = NodeLine {
        level: Price(642_110),
        low: Price(642_000),
        high: Price(642_200),
        width: 2.0,
        prominence: 60_000,
        smooth: 120_000,
        share: 0.4,
        kind: 2,
        reserved: [0; 7],
    };
    let other = NodeLine { level: Price(645_000), kind: 1, ..node };
    let head = |insight: &mut Insight| {
        fill_in(insight, |nodes: &mut NodesInsight| {
            (nodes.volume, nodes.bin_ticks, nodes.bins) = (Lots(1_000_000), 128, 400);
            (nodes.time_row, nodes.found) = (at(5), 2);
        });
    };
    let body = vec![Line::of(other), Line::of(node)];
    kept(Kind::NodesInsight, Window::Hours24, 6, head, body)
}

/// A step of signal 3.
pub(super) fn turn(
    seconds: u64,
    (from, to): (State, State),
    reasons: Reasons,
    confirmations: Confirmations,
) -> Kept {
    let line = SignalLine {
        price: Price(642_000),
        zone_low: Price(641_037),
        zone_high: Price(642_963),
        node_low: Price(642_000),
        node_high: Price(642_200),
        target: Price(missing::WHOLE),
        time_touch: if seconds > 100 { at(105) } else { Nanos::NONE },
        version: 3,
        abstaining: Inputs::INTEREST.0,
        reserved: 0,
    };
    let known = FeaturesLine {
        bid: Price(641_000),
        ask: Price(641_001),
        last: Price(641_000),
        cvd_change: Lots(12_500),
        interest_change: Lots(missing::WHOLE),
        obi_z: -2.25,
        volatility_short: 0.41,
        volatility_long: 0.38,
    };
    let more = FeaturesMoreLine {
        atr: 5_120.0,
        rsi: 71.25,
        funding: 0.0001,
        time_funding: at(14_400),
        time_born: at(10),
        reserved: [0; 3],
    };
    let body = vec![Line::of(line), Line::of(terms()), Line::of(known), Line::of(more)];
    let head = |insight: &mut Insight| {
        fill_in(insight, |signal: &mut SignalDecision| {
            (signal.signal, signal.level, signal.entry) = (RUN | 3, RUN | 12, Price(642_000));
            (signal.from, signal.to) = (from.code(), to.code());
            (signal.hypothesis, signal.side) = (Hypothesis::Rejection.code(), Side::Sell.code());
            signal.what = LevelKind::Lvn.code();
            signal.reasons = reasons.0;
            signal.confirmations = confirmations.0;
            signal.halves = u8::try_from(2 * confirmations.0.count_ones()).expect("few");
        });
    };
    kept(Kind::SignalDecision, Window::Hours24, seconds, head, body)
}

pub(super) fn client(role: Role) -> ClientId {
    ClientId { level: LevelId(RUN | 12), attempt: 1, instrument: InstrumentId(0), role }
}

fn order() -> Line {
    Line::of(OrderLine {
        client: client(Role::Entry).text().0,
        stop: Price(645_523),
        target: Price(636_700),
        equity: Fine(100_000 * Fine::ONE.0),
        target_kind: TargetKind::Multiple.code(),
        hypothesis: Hypothesis::Rejection.code(),
        reserved: [0; 6],
    })
}

/// The entry as it passed the gate.
pub(super) fn intent() -> Kept {
    let head = |insight: &mut Insight| {
        fill_in(insight, |intent: &mut IntentDecision| {
            (intent.signal, intent.level) = (RUN | 3, RUN | 12);
            (intent.price, intent.lots) = (Price(642_000), Lots(31));
            (intent.role, intent.action) = (Role::Entry.code(), 1);
            (intent.why, intent.side, intent.attempt) = (Why::Signal.code(), Side::Sell.code(), 1);
        });
    };
    kept(Kind::IntentDecision, Window::Hours24, 140, head, vec![order()])
}

/// The stop follows the trail.
pub(super) fn trail(seconds: u64, price: i64) -> Kept {
    let mut record = intent();
    fill_in(&mut record.insight, |of: &mut IntentDecision| {
        (of.time_venue, of.price) = (at(seconds), Price(price));
        (of.role, of.action) = (Role::Stop.code(), 5);
        (of.why, of.side) = (Why::Trail.code(), Side::Buy.code());
    });
    record
}

/// A second one that it did not let pass.
pub(super) fn refusal() -> Kept {
    let (by, code) = Refused::Gate(Refusal::Mark).codes();
    let head = |insight: &mut Insight| {
        fill_in(insight, |refusal: &mut RefusalDecision| {
            (refusal.signal, refusal.level) = (RUN | 3, RUN | 12);
            (refusal.price, refusal.lots) = (Price(642_000), Lots(31));
            (refusal.role, refusal.action, refusal.why) =
                (Role::Entry.code(), 1, Why::Signal.code());
            (refusal.side, refusal.by, refusal.refusal) = (Side::Sell.code(), by, code);
            refusal.state = TradingState::Trading.code();
        });
    };
    kept(Kind::RefusalDecision, Window::Hours24, 141, head, vec![order()])
}

/// It stands at the venue.
pub(super) fn answer(seconds: u64, role: Role) -> Kept {
    let head = |insight: &mut Insight| {
        fill_in(insight, |answer: &mut AnswerDecision| {
            (answer.signal, answer.level, answer.answer) = (RUN | 3, RUN | 12, 1);
            (answer.role, answer.attempt) = (role.code(), 1);
        });
    };
    kept(Kind::AnswerDecision, Window::Hours24, seconds, head, Vec::new())
}

pub(super) fn fill() -> Kept {
    let line = FillLine { fee: Fine(39_804_000), held: Lots(-31), number: 1, reserved: [0; 5] };
    let head = |insight: &mut Insight| {
        fill_in(insight, |fill: &mut FillDecision| {
            (fill.signal, fill.level) = (RUN | 3, RUN | 12);
            (fill.price, fill.lots) = (Price(642_000), Lots(31));
            (fill.role, fill.side) = (Role::Entry.code(), Side::Sell.code());
            (fill.maker, fill.attempt) = (1, 1);
        });
    };
    kept(Kind::FillDecision, Window::Hours24, 150, head, vec![Line::of(line)])
}

pub(super) fn close() -> Kept {
    let line = CloseLine {
        entry: Fine(64_200 * Fine::ONE.0),
        exit: Fine(6_455_230_000_000),
        fees: Fine(139_860_000),
        time_open: at(150),
        stop: Price(645_523),
        target: Price(636_700),
        reserved: [0; 2],
    };
    let head = |insight: &mut Insight| {
        fill_in(insight, |close: &mut CloseDecision| {
            (close.signal, close.level) = (RUN | 3, RUN | 12);
            (close.result, close.lots) = (Fine(-1_231_990_000), Lots(31));
            (close.role, close.why) = (Role::Stop.code(), Why::Protect.code());
            (close.side, close.hypothesis) = (Side::Sell.code(), Hypothesis::Rejection.code());
        });
    };
    kept(Kind::CloseDecision, Window::Hours24, 400, head, vec![Line::of(line)])
}

/// The trading state with or without the daily loss.
pub(super) fn state(seconds: u64, is_lost: bool) -> Kept {
    let head = |insight: &mut Insight| {
        fill_in(insight, |state: &mut StateDecision| {
            let (trading, halted) = (TradingState::Trading.code(), TradingState::Halted.code());
            (state.before, state.state) =
                if is_lost { (trading, halted) } else { (trading, trading) };
            state.causes = if is_lost { 1 << Cause::DailyLoss as u64 } else { 0 };
            state.contamination = u64::from(Causes::LAG.0);
            state.abstaining = u64::from(Inputs::INTEREST.0);
            state.equity = Fine(98_000 * Fine::ONE.0);
        });
    };
    kept(Kind::StateDecision, Window::All, seconds, head, Vec::new())
}

/// RSI did not follow the later high.
pub(super) fn divergence(seconds: u64, price: i64) -> Kept {
    let line = DivergenceLine {
        x_one: 71.5,
        x_two: 64.25,
        delta: 3.0,
        range: missing::RATIO,
        obi_z: -2.25,
        flags: SwingFlags::HIGH.with(SwingFlags::BEYOND, true).0,
        number: 8,
        indicator: 0,
        classic: 0,
        running: 1,
        reserved: [0; 5],
    };
    let head = |insight: &mut Insight| {
        fill_in(insight, |of: &mut DivergenceInsight| {
            (of.price_one, of.time_one) = (Price(640_500), at(20));
            (of.price_two, of.time_two) = (Price(price), at(110));
            (of.time_bar, of.window) = (at(60), model::Interval::Minute1 as u8);
        });
    };
    kept(Kind::DivergenceInsight, Window::All, seconds, head, vec![Line::of(line)])
}

/// The book leans against the new high.
pub(super) fn extreme() -> Kept {
    let line = SwingLine {
        rsi: 64.25,
        obi_z: -2.4,
        cvd: Lots(1_000),
        interest: Lots(5_000),
        interest_change: Lots(-40),
        price_same: Price(640_500),
        time_same: at(20),
        number: 8,
    };
    let flags = SwingFlags::HIGH
        .with(SwingFlags::BEYOND, true)
        .with(SwingFlags::OBI_AGAINST, true)
        .with(SwingFlags::OI_NONE_NEW, true);
    let head = |insight: &mut Insight| {
        fill_in(insight, |swing: &mut SwingInsight| {
            (swing.price, swing.time, swing.flags) = (Price(641_900), at(110), flags.0);
        });
    };
    kept(Kind::SwingInsight, Window::All, 110, head, vec![Line::of(line)])
}

/// Buyers were absorbed in the rows below the high.
pub(super) fn absorption() -> Kept {
    let sums = FootprintSumsLine {
        buys: Lots(900),
        sells: Lots(400),
        delta_min: Lots(0),
        delta_max: Lots(500),
        delta_percent: 38.46,
        mean_side: 50.0,
        top_share: 0.975,
        bottom_share: 0.2,
    };
    let marks = FootprintMarksLine::default();
    let row = |ask: i64| FootprintRow { bid: Lots(10), ask: Lots(ask) };
    let rows = FootprintRowsLine { rows: [row(5), row(60), row(800), row(30)] };
    let head = |insight: &mut Insight| {
        fill_in(insight, |of: &mut FootprintInsight| {
            (of.time_open, of.low, of.row_ticks) = (at(60), Price(641_700), 50);
            (of.rows, of.facts) = (4, FootprintFacts::ABSORPTION_BEARISH);
        });
    };
    let body = vec![Line::of(sums), Line::of(marks), Line::of(rows)];
    kept(Kind::FootprintInsight, Window::All, 121, head, body)
}

/// Signal 3 from near to flat, with what it stands on, in the order of the run.
pub(super) fn run() -> Vec<Kept> {
    let none = Confirmations::NONE;
    let both = Confirmations::RSI.with(Confirmations::OBI);
    vec![
        nodes(),
        level(10),
        turn(100, (State::Inactive, State::Monitored), Reasons::NEAR, none),
        extreme(),
        divergence(120, 641_900),
        absorption(),
        turn(140, (State::Monitored, State::Armed), Reasons::CONFIRMED, both),
        intent(),
        refusal(),
        fill(),
        turn(150, (State::Armed, State::Filled), Reasons::FILLED, both),
        close(),
        turn(1_200, (State::Filled, State::Inactive), Reasons::COOLED, both),
    ]
}

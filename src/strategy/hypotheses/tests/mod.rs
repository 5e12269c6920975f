//! Scenario tables: `time in ms, what comes | what goes out`, and a property over random orders.
//!
//! `level ID KIND SIDE LOW PRICE HIGH [NODE_LOW NODE_HIGH [SCORE]]` offers a level beside those
//! there; `answer` answers the last order that was placed. What goes out: `from>to why+why`,
//! `post PRICE`, `post PRICE half`, `stop PRICE`, `withdraw`, `close`; other levels than 1 with
//! their number before it, a break-through with a `b`.

mod breaks;
mod causes;
mod confirm;
mod entry;
mod fades;
mod neighbours;
mod orders;
mod property;
mod types;
mod units;

use model::{Indicator, Lots, MINUTE, Nanos, Price, Side, Trust, Window};

use super::{
    AbsorptionFact, Answer, Ask, Audit, Causes, DivergenceFact, ExtremeFact, Fact, HypothesisPlan,
    OrderKey, Outcome, Poll, Signals,
};
use crate::terms::{Hypothesis, Level, LevelId, LevelKind, Zone};

/// A level of a number, kind and side with its zone.
fn level(id: u64, kind: LevelKind, side: Side, [low, price, high]: [i64; 3]) -> Level {
    Level {
        id: LevelId(id),
        version: 1,
        kind,
        window: Window::Day,
        side,
        price: Price(price),
        zone: Zone { low: Price(low), high: Price(high) },
        node: Zone { low: Price(price), high: Price(price) },
        score: 1.0,
        time_born: Nanos(1),
    }
}

/// Plays a script under the default plan.
fn check(script: &str) {
    check_with(HypothesisPlan::default(), script);
}

/// Plays a script; every line's outcomes must be what its margin says.
fn check_with(plan: HypothesisPlan, script: &str) {
    let mut lab = Lab::new(plan);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (input, expected) = line.split_once('|').expect("every line has a margin");
        let spoken = lab.play(input);
        assert_eq!(spoken, expected.trim(), "after: {line}");
    }
}

/// Signals, the levels offered, and the last order.
struct Lab {
    signals: Signals,
    levels: Vec<Level>,
    order: Option<OrderKey>,
}

impl Lab {
    fn new(plan: HypothesisPlan) -> Self {
        let signals = Signals::new(plan).expect("a sound plan");
        Self { signals, levels: Vec::new(), order: None }
    }

    fn play(&mut self, input: &str) -> String {
        let words: Vec<&str> = input.split_whitespace().collect();
        let now = Nanos::from_millis(words[0].parse().expect("a time"));
        let mut out = Vec::new();
        self.call(now, words[1], &words[2..], &mut |outcome| out.push(outcome));
        for outcome in &out {
            if let Outcome::Ask(key, ask) = outcome
                && ask.opens()
            {
                self.order = Some(*key);
            }
        }
        out.iter().map(render).collect::<Vec<_>>().join(", ")
    }

    fn call(&mut self, now: Nanos, what: &str, rest: &[&str], sink: &mut dyn FnMut(Outcome)) {
        let number = |place: usize| rest[place].parse::<i64>().expect("a number");
        let whole = |place: usize| rest[place].parse::<i64>().ok();
        let ratio = |place: usize| rest[place].parse::<f64>().ok();
        let is_on = || rest[0] == "on";
        let signals = &mut self.signals;
        match what {
            "level" => {
                self.offer(rest);
                self.signals.refresh(now, &self.levels, sink);
            }
            "drop" => {
                let id = LevelId(rest[0].parse().expect("an id"));
                self.levels.retain(|level| level.id != id);
                signals.refresh(now, &self.levels, sink);
            }
            "trade" => signals.trade(now, Price(number(0)), sink),
            "book" if rest[0] == "none" => signals.book(now, None, sink),
            "book" => signals.book(now, Some((Price(number(0)), Price(number(1)))), sink),
            "tick" => signals.tick(now, sink),
            "vol" => {
                signals.figures.volatility_short = ratio(0);
                signals.figures.volatility_long = ratio(1);
                signals.tick(now, sink);
            }
            "obi" => {
                signals.figures.obi_z = ratio(0);
                signals.tick(now, sink);
            }
            "cvd" => {
                signals.figures.cvd_change = whole(0).map(Lots);
                signals.tick(now, sink);
            }
            "oi" => {
                signals.figures.interest_change = whole(0).map(Lots);
                signals.tick(now, sink);
            }
            "funding" => {
                signals.figures.time_funding = rest[0].parse().ok().map(Nanos::from_millis);
                signals.tick(now, sink);
            }
            "lag" => signals.cause(now, Causes::LAG, is_on(), sink),
            "unstable" => signals.cause(now, Causes::CVD, is_on(), sink),
            "skew" => signals.skew(now, Nanos::from_millis(number(0).unsigned_abs()), sink),
            "poll" => {
                let poll = if rest[0] == "oi" { Poll::Interest } else { Poll::Funding };
                signals.poll(now, poll, rest[1] == "ok", sink);
            }
            "audit" => {
                let (depth_off, depth) = (Lots(number(2)), Lots(number(3)));
                let audit = Audit { bid_ticks: number(0), ask_ticks: number(1), depth_off, depth };
                signals.audit(now, &audit, sink);
            }
            "answer" => {
                let key = self.order.expect("an order was placed");
                signals.answer(now, key, answer(rest[0]), sink);
            }
            _ => signals.fact(now, &fact(what, rest), sink),
        }
    }

    fn offer(&mut self, rest: &[&str]) {
        let number = |place: usize| rest[place].parse::<i64>().expect("a number");
        let id: u64 = rest[0].parse().expect("an id");
        let zone = [number(3), number(4), number(5)];
        let mut offered = level(id, kind(rest[1]), side(rest[2]), zone);
        if rest.len() > 7 {
            offered.node = Zone { low: Price(number(6)), high: Price(number(7)) };
        }
        if rest.len() > 8 {
            offered.score = rest[8].parse().expect("a score");
        }
        self.levels.retain(|level| level.id != offered.id);
        self.levels.push(offered);
    }
}

/// `div SIDE INDICATOR PRICE T2 MINUTES`, `ext SIDE PRICE T2 Z OI`, `abs SIDE LOW HIGH`, each
/// with a `!` behind the side when the record is contaminated.
fn fact(what: &str, rest: &[&str]) -> Fact {
    let number = |place: usize| rest[place].parse::<i64>().expect("a number");
    let time = |place: usize| Nanos::from_millis(number(place).unsigned_abs());
    let trust = if rest[0].ends_with('!') { Trust::CONTAMINATED } else { Trust::SOUND };
    let side = side(rest[0].trim_end_matches('!'));
    match what {
        "div" => Fact::Divergence(DivergenceFact {
            side,
            indicator: indicator(rest[1]),
            price: Price(number(2)),
            time: time(3),
            bar: Nanos(MINUTE.0 * number(4).unsigned_abs()),
            trust,
        }),
        "ext" | "ext-" => Fact::Extreme(ExtremeFact {
            side,
            is_beyond: what == "ext",
            price: Price(number(1)),
            time: time(2),
            obi_z: rest[3].parse().ok(),
            interest_change: rest[4].parse().ok().map(Lots),
            trust,
        }),
        "abs" => {
            let (low, high) = (Price(number(1)), Price(number(2)));
            Fact::Absorption(AbsorptionFact { side, low, high, trust })
        }
        other => panic!("no such word: {other}"),
    }
}

fn kind(word: &str) -> LevelKind {
    match word {
        "lvn" => LevelKind::Lvn,
        "hvn" => LevelKind::Hvn,
        "poc" => LevelKind::Poc,
        "naked" => LevelKind::NakedPoc,
        "val" => LevelKind::Val,
        "vah" => LevelKind::Vah,
        "cliff" => LevelKind::Cliff,
        "avwap" => LevelKind::Avwap,
        "band" => LevelKind::AvwapBand,
        other => panic!("no such kind: {other}"),
    }
}

fn side(word: &str) -> Side {
    if word == "buy" { Side::Buy } else { Side::Sell }
}

fn indicator(word: &str) -> Indicator {
    *Indicator::ALL.iter().find(|known| known.text() == word).expect("an indicator")
}

fn answer(word: &str) -> Answer {
    match word {
        "standing" => Answer::Standing,
        "taker" => Answer::WouldTake,
        "refused" => Answer::Refused,
        "fill" => Answer::Fill { is_complete: true },
        "part" => Answer::Fill { is_complete: false },
        "gone" => Answer::Gone,
        "flat" => Answer::Flat,
        other => panic!("no such answer: {other}"),
    }
}

fn render(outcome: &Outcome) -> String {
    let (id, hypothesis, text) = match outcome {
        Outcome::Turn(turn) => {
            let why: Vec<_> = turn.reasons.words().collect();
            let (from, to) = (format!("{:?}", turn.from), format!("{:?}", turn.to));
            let text = format!("{from}>{to} {}", why.join("+")).to_lowercase();
            (turn.setup.level.id, turn.setup.hypothesis, text)
        }
        Outcome::Ask(key, ask) => {
            let text = match ask {
                Ask::Post { price, is_half: false } => format!("post {}", price.0),
                Ask::Post { price, is_half: true } => format!("post {} half", price.0),
                Ask::Stop { price } => format!("stop {}", price.0),
                Ask::Withdraw => "withdraw".into(),
                Ask::Close => "close".into(),
            };
            (key.level, key.hypothesis, text)
        }
    };
    let whose = if id == LevelId(1) { String::new() } else { format!("{} ", id.0) };
    let what = if hypothesis == Hypothesis::BreakThrough { "b " } else { "" };
    format!("{whose}{what}{text}")
}

//! How levels and signals are written: the level with its score part by part, each step of a
//! signal with what was known then.

use model::{FeaturesLine, FeaturesMoreLine};
use model::{
    Fine, Instrument, Kind, LevelDecision, LevelFlags, LevelLine, Line, Lots, Nanos, Price,
    ReasonPart, ReasonsLine, Side, SignalDecision, SignalLine, TermsLine, Window, in_run, missing,
};
use strategy::hypotheses::{Causes, Confirmations, Inputs, Reasons, State};
use strategy::levels::Kinds;
use strategy::terms::{Hypothesis, LevelKind};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::{Cell, Record};

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    Shown {
        emit: Emit::Levels,
        kind: Kind::LevelDecision,
        name: "level",
        form: Form::Standing,
        by: By::Session,
        write: level,
    },
    Shown {
        emit: Emit::Signals,
        kind: Kind::SignalDecision,
        name: "signal",
        form: Form::Each,
        by: By::Session,
        write: signal,
    },
];

/// Words of a set, in its order.
pub(super) fn words(set: impl Iterator<Item = &'static str>) -> String {
    set.collect::<Vec<_>>().join(" ")
}

/// The side of a byte.
pub(super) fn side(code: u8) -> Option<&'static str> {
    Side::from_code(code).map(|side| if side == Side::Buy { "buy" } else { "sell" })
}

/// A price that may be missing.
pub(super) fn price(instrument: &Instrument, price: Price) -> Option<model::Shown> {
    missing::whole(price.0).map(|ticks| instrument.price(Price(ticks)))
}

/// An instant that may not have come.
pub(super) fn come(time: Nanos) -> Option<Nanos> {
    Some(time).filter(|&time| time != Nanos::NONE)
}

/// The run that a number belongs to, by its first venue second.
pub(super) const fn run(number: u64) -> u64 {
    number >> 32
}

/// What makes the confluence of a level.
pub(crate) const CONFLUENCE: [(Kinds, &str); 5] = [
    (Kinds::AREA_EDGE, "value_area_edge"),
    (Kinds::SWING, "swing"),
    (Kinds::ROUND, "round_number"),
    (Kinds::NODE, "node_of_another_window"),
    (Kinds::EXTREME, "session_extreme"),
];

fn confluence(bits: u8) -> String {
    let here = CONFLUENCE.iter().filter(|(kind, _)| Kinds(bits).has(*kind));
    words(here.map(|(_, word)| *word))
}

/// The reasons of a level, best first.
pub(crate) fn reasons(lines: &[Line]) -> impl Iterator<Item = &ReasonPart> {
    let lines = lines.iter().map(Line::view::<ReasonsLine>);
    lines.flat_map(|line| &line.parts).filter(|part| part.what != 0)
}

fn level(record: &mut Record, said: &Said<'_>) {
    let (of, on): (&LevelDecision, _) = (said.insight.view(), said.instrument);
    let line = said.body.first().map(Line::view::<LevelLine>);
    record
        .number("level", in_run(of.level))
        .number("run", run(of.level))
        .exact("fate", if of.fate == 2 { "gone" } else { "published" })
        .number("version", of.version)
        .maybe("side", side(of.side))
        .maybe("what", LevelKind::from_code(of.what).map(LevelKind::word))
        .number("completed", of.flags.has(LevelFlags::COMPLETED))
        .exact("price", on.price(of.price))
        .exact("zone_low", on.price(of.zone_low))
        .exact("zone_high", on.price(of.zone_high))
        .maybe("node_low", line.map(|line| on.price(line.node_low)))
        .maybe("node_high", line.map(|line| on.price(line.node_high)));
    terms(record, said.body.get(1).map(Line::view));
    record
        .ratio("decay", line.map(|line| line.decay))
        .count("touches", line.map(|line| i64::from(line.touches)))
        .number("tradable", of.flags.has(LevelFlags::TRADABLE))
        .number("live", of.flags.has(LevelFlags::LIVE))
        .number("frozen", of.flags.has(LevelFlags::FROZEN))
        .time_maybe("time_born", line.map(|line| line.time_born))
        .time_maybe("time_touched", line.and_then(|line| come(line.time_touched)))
        .maybe("confluence_of", line.map(|line| confluence(line.confluence)))
        .count("absorbed", line.map(|line| i64::from(line.absorbed)))
        .rows(
            "reasons",
            ["what", "window", "completed", "price", "score"],
            reasons(said.body.get(2..).unwrap_or_default()).map(|part| {
                let what = LevelKind::from_code(part.what).map_or("?", LevelKind::word);
                let window = Window::ALL.get(usize::from(part.window));
                [
                    Cell::exact(what),
                    Cell::exact(window.map_or("?", |window| window.text())),
                    Cell::Whole(i64::from(part.completed)),
                    Cell::exact(on.price(part.price)),
                    Cell::ratio(f64::from(part.score)),
                ]
            }),
        );
}

/// The score and its seven parts.
fn terms(record: &mut Record, terms: Option<&TermsLine>) {
    let part = |pick: fn(&TermsLine) -> f64| terms.map(pick).and_then(missing::ratio);
    record
        .ratio("score", part(|terms| terms.score))
        .ratio("lvn", part(|terms| terms.lvn))
        .ratio("confluence", part(|terms| terms.confluence))
        .ratio("naked", part(|terms| terms.naked))
        .ratio("shape", part(|terms| terms.shape))
        .ratio("distance", part(|terms| terms.distance))
        .ratio("age", part(|terms| terms.age))
        .ratio("avwap", part(|terms| terms.avwap));
}

fn signal(record: &mut Record, said: &Said<'_>) {
    let (of, on): (&SignalDecision, _) = (said.insight.view(), said.instrument);
    let line = said.body.first().map(Line::view::<SignalLine>);
    let state = |code| State::from_code(code).map(State::word);
    record
        .number("signal", in_run(of.signal))
        .number("run", run(of.signal))
        .number("level", in_run(of.level))
        .count("version", line.map(|line| i64::from(line.version)))
        .maybe("side", side(of.side))
        .maybe("what", LevelKind::from_code(of.what).map(LevelKind::word))
        .maybe("hypothesis", Hypothesis::from_code(of.hypothesis).map(Hypothesis::word))
        .maybe("from", state(of.from))
        .maybe("to", state(of.to))
        .text("reasons", &words(Reasons(of.reasons).words()))
        .text("confirmations", &words(Confirmations(of.confirmations).words()))
        .number("weight", f64::from(of.halves) / 2.0)
        .text("contamination", &words(Causes(of.causes).words()))
        .number("levels_frozen", of.frozen == 1)
        .maybe("missing_inputs", line.map(|line| words(Inputs(line.abstaining).words())))
        .maybe("price", line.map(|line| on.price(line.price)))
        .maybe("zone_low", line.map(|line| on.price(line.zone_low)))
        .maybe("zone_high", line.map(|line| on.price(line.zone_high)))
        .maybe("node_low", line.map(|line| on.price(line.node_low)))
        .maybe("node_high", line.map(|line| on.price(line.node_high)))
        .maybe("entry", price(on, of.entry))
        .maybe("target", line.and_then(|line| price(on, line.target)))
        .time_maybe("time_touch", line.and_then(|line| come(line.time_touch)));
    terms(record, said.body.get(1).map(Line::view));
    features(record, said);
}

/// Ticks or lots as quote or base units.
pub(crate) fn units(value: f64, Fine(step): Fine) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "steps of a grid are short")]
    missing::ratio(value).map(|value| value * step as f64 / Fine::ONE.0 as f64)
}

/// What was known at the step.
fn features(record: &mut Record, said: &Said<'_>) {
    let on = said.instrument;
    let known = said.body.get(2).map(Line::view::<FeaturesLine>);
    let more = said.body.get(3).map(Line::view::<FeaturesMoreLine>);
    let at = |pick: fn(&FeaturesLine) -> Price| known.map(pick).and_then(|at| price(on, at));
    let lots = |pick: fn(&FeaturesLine) -> Lots| {
        let lots = known.map(pick).and_then(|lots| missing::whole(lots.0));
        lots.map(|lots| on.lots(Lots(lots)))
    };
    let ratio = |pick: fn(&FeaturesLine) -> f64| known.map(pick).and_then(missing::ratio);
    let further = |pick: fn(&FeaturesMoreLine) -> f64| more.map(pick).and_then(missing::ratio);
    record
        .maybe("bid", at(|known| known.bid))
        .maybe("ask", at(|known| known.ask))
        .maybe("last", at(|known| known.last))
        .maybe("cvd_change", lots(|known| known.cvd_change))
        .maybe("oi_change", lots(|known| known.interest_change))
        .ratio("obi_z", ratio(|known| known.obi_z))
        .ratio("volatility_5m", ratio(|known| known.volatility_short))
        .ratio("volatility_24h", ratio(|known| known.volatility_long))
        .ratio("atr", more.and_then(|more| units(more.atr, on.tick)))
        .ratio("rsi", further(|more| more.rsi))
        .ratio("funding", further(|more| more.funding))
        .time_maybe("time_funding", more.and_then(|more| come(more.time_funding)))
        .time_maybe("time_born", more.and_then(|more| come(more.time_born)));
}

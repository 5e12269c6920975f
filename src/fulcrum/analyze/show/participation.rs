//! How participation and its clusters are written.

use bytemuck::Pod;
use model::{
    ClusterLine, ClustersInsight, EffortLine, Kind, MomentumLine, ParticipationInsight, Price,
    Shown as Decimal, TimeframesInsight, UrgencyLine, WallsLine, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::{Cell, Record};

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    shown(Emit::Participation, Kind::ParticipationInsight, "participation", participation),
    shown(Emit::Participation, Kind::TimeframesInsight, "timeframes", timeframes),
    shown(Emit::Vcp, Kind::ClustersInsight, "vcp", clusters),
];

const fn shown(
    emit: Emit,
    kind: Kind,
    name: &'static str,
    write: fn(&mut Record, &Said<'_>),
) -> Shown {
    Shown { emit, kind, name, form: Form::Each, by: By::Interval, write }
}

// Zero, the first word, is missing: it is written as null.
const STATES: [&str; 6] = ["", "ACCELERATING", "DECELERATING", "TRENDING", "DRIFTING", "FLAT"];
const URGENCIES: [&str; 5] = ["", "AGGRESSIVE", "ELEVATED", "PATIENT", "PASSIVE"];
const ANSWERS: [&str; 3] = ["", "yes", "no"];
const DIRECTIONS: [&str; 4] = ["", "down", "none", "up"];
const ACCORDS: [&str; 4] = ["", "STRONG", "LEAN", "MIXED"];
const CLUSTER: [&str; 9] =
    ["low", "high", "volume", "z", "bias", "book", "distance", "difficulty", "score"];
const SIGNALS: [&str; 13] = [
    "",
    "STRONG_MOMENTUM_LONG",
    "STRONG_MOMENTUM_SHORT",
    "FADE_EXHAUSTION_SHORT",
    "FADE_EXHAUSTION_LONG",
    "CONFIRMED_BOUNCE_LONG",
    "CONFIRMED_BOUNCE_SHORT",
    "CLEAN_TREND_LONG",
    "CLEAN_TREND_SHORT",
    "DIVERGENCE_WARNING",
    "ACCUMULATION",
    "DISTRIBUTION",
    "NO_SIGNAL",
];

fn word(words: &[&'static str], at: u8) -> Option<&'static str> {
    let word = words.get(usize::from(at)).copied().unwrap_or("?");
    Some(word).filter(|word| !word.is_empty())
}

fn line<T: Pod>(said: &Said<'_>, at: usize) -> Option<T> {
    said.body.get(at).map(|line| *line.view::<T>())
}

fn ratios<const N: usize>(record: &mut Record, ratios: [(&str, f64); N]) {
    for (key, value) in ratios {
        record.ratio(key, missing::ratio(value));
    }
}

fn participation(record: &mut Record, said: &Said<'_>) {
    let bar: &ParticipationInsight = said.insight.view();
    let (labels, instrument) = (bar.labels, said.instrument);
    record
        .time("time_open", bar.time_open)
        .exact("close", Decimal::price(bar.close, instrument.tick))
        .exact("volume", Decimal::lots(bar.volume, instrument.lot))
        .exact("delta", Decimal::lots(bar.delta, instrument.lot))
        .maybe("signal", word(&SIGNALS, labels.signal))
        .maybe("state", word(&STATES, labels.state))
        .maybe("urgency_class", word(&URGENCIES, labels.urgency))
        .maybe("x_factor", word(&ANSWERS, labels.x_factor))
        .maybe("flow", word(&DIRECTIONS, labels.flow))
        .number("lacks", labels.lacks);
    if let Some(EffortLine {
        efficiency,
        wick,
        flow_quality,
        amplifier,
        raw,
        inst_proxy,
        accumulation,
        expansion,
    }) = line(said, 0)
    {
        ratios(
            record,
            [
                ("efficiency", efficiency),
                ("wick", wick),
                ("flow_quality", flow_quality),
                ("amplifier", amplifier),
                ("raw", raw),
                ("inst_proxy", inst_proxy),
                ("accumulation", accumulation),
                ("expansion", expansion),
            ],
        );
    }
    if let Some(MomentumLine {
        atr,
        slope,
        accel,
        context,
        agreement,
        validated,
        exhaustion,
        lambda,
    }) = line(said, 1)
    {
        ratios(
            record,
            [
                ("atr_ticks", atr),
                ("slope", slope),
                ("accel", accel),
                ("context", context),
                ("agreement", agreement),
                ("vm", validated),
                ("exhaustion", exhaustion),
                ("lambda", lambda),
            ],
        );
    }
    if let Some(UrgencyLine {
        strength,
        intensity,
        pressure,
        direction,
        urgency,
        confidence,
        size,
        trail,
    }) = line(said, 2)
    {
        ratios(
            record,
            [
                ("momentum_strength", strength),
                ("tick_intensity", intensity),
                ("flow_pressure", pressure),
                ("direction_agreement", direction),
                ("urgency", urgency),
                ("confidence", confidence),
                ("size_factor", size),
                ("trail_factor", trail),
            ],
        );
    }
}

fn clusters(record: &mut Record, said: &Said<'_>) {
    let head: &ClustersInsight = said.insight.view();
    let instrument = said.instrument;
    record
        .time("time_open", head.time_open)
        .exact("close", Decimal::price(head.close, instrument.tick))
        .number("bin_ticks", head.bin_ticks)
        .exact("volume", Decimal::lots(head.volume, instrument.lot))
        .number("bars", head.counts.bars)
        .number("rows", head.counts.rows)
        .number("found", head.counts.found)
        .number("lacks", head.counts.lacks);
    if let Some(WallsLine {
        support,
        resistance,
        structural_bias,
        runway_up,
        runway_down,
        combined,
        interest,
        effort,
    }) = line(said, 0)
    {
        ratios(
            record,
            [
                ("support", support),
                ("resistance", resistance),
                ("structural_bias", structural_bias),
                ("runway_up", runway_up),
                ("runway_down", runway_down),
                ("vcp_combined", combined),
                ("oi_factor", interest),
                ("mean_effort", effort),
            ],
        );
    }
    let rows = said.body.iter().skip(1).map(|line| row(line.view(), said, head.bin_ticks));
    record.rows("clusters", CLUSTER, rows);
}

fn row(of: &ClusterLine, said: &Said<'_>, bin_ticks: i64) -> [Cell; 9] {
    let price = |price| Cell::exact(Decimal::price(price, said.instrument.tick));
    [
        price(of.low),
        price(Price(of.low.0 + bin_ticks)),
        Cell::exact(Decimal::lots(of.lots, said.instrument.lot)),
        Cell::ratio(of.z),
        Cell::ratio(of.bias),
        Cell::ratio(of.book),
        Cell::ratio(of.distance),
        Cell::ratio(of.difficulty),
        Cell::ratio(of.score),
    ]
}

fn timeframes(record: &mut Record, said: &Said<'_>) {
    let of: &TimeframesInsight = said.insight.view();
    let accords = of.accords;
    record
        .time("time_open", of.time_open)
        .maybe("direction", word(&DIRECTIONS, accords.direction))
        .maybe("accord", word(&ACCORDS, accords.accord))
        .maybe("exhaustion_confirmed", word(&ANSWERS, accords.exhausted))
        .maybe("5m", word(&DIRECTIONS, accords.five))
        .maybe("15m", word(&DIRECTIONS, accords.fifteen))
        .maybe("30m", word(&DIRECTIONS, accords.thirty));
    ratios(record, [("confidence", of.confidence), ("size_factor", of.size)]);
}

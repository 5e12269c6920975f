//! How participation and its clusters are written.

use bytemuck::Pod;
use model::{
    ClusterLine, ClustersInsight, EffortLine, Kind, MomentumLine, ParticipationInsight, Price,
    Shown as Decimal, TimeframesInsight, UrgencyLine, WallsLine, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

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

const STATES: [&str; 6] =
    ["missing", "ACCELERATING", "DECELERATING", "TRENDING", "DRIFTING", "FLAT"];
const URGENCIES: [&str; 5] = ["missing", "AGGRESSIVE", "ELEVATED", "PATIENT", "PASSIVE"];
const ANSWERS: [&str; 3] = ["missing", "yes", "no"];
const DIRECTIONS: [&str; 4] = ["missing", "down", "none", "up"];
const ACCORDS: [&str; 4] = ["missing", "STRONG", "LEAN", "MIXED"];
const SIGNALS: [&str; 13] = [
    "missing",
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

fn word(words: &[&'static str], at: u8) -> &'static str {
    words.get(usize::from(at)).copied().unwrap_or("?")
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
        .exact("signal", word(&SIGNALS, labels.signal))
        .exact("state", word(&STATES, labels.state))
        .exact("pressure_class", word(&URGENCIES, labels.urgency))
        .exact("x_factor", word(&ANSWERS, labels.x_factor))
        .exact("flow", word(&DIRECTIONS, labels.flow))
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
    record.rows("clusters", rows);
}

/// Low edge, high edge, volume, z, bias, book factor, distance, difficulty, score; empty is missing.
fn row(of: &ClusterLine, said: &Said<'_>, bin_ticks: i64) -> [String; 9] {
    let ratio = |value| missing::ratio(value).map_or_else(String::new, |value| value.to_string());
    let price = |price| Decimal::price(price, said.instrument.tick).to_string();
    [
        price(of.low),
        price(Price(of.low.0 + bin_ticks)),
        Decimal::lots(of.lots, said.instrument.lot).to_string(),
        ratio(of.z),
        ratio(of.bias),
        ratio(of.book),
        ratio(of.distance),
        ratio(of.difficulty),
        ratio(of.score),
    ]
}

fn timeframes(record: &mut Record, said: &Said<'_>) {
    let of: &TimeframesInsight = said.insight.view();
    let accords = of.accords;
    record
        .time("time_open", of.time_open)
        .exact("direction", word(&DIRECTIONS, accords.direction))
        .exact("accord", word(&ACCORDS, accords.accord))
        .exact("exhaustion_confirmed", word(&ANSWERS, accords.exhausted))
        .exact("5m", word(&DIRECTIONS, accords.five))
        .exact("15m", word(&DIRECTIONS, accords.fifteen))
        .exact("30m", word(&DIRECTIONS, accords.thirty));
    ratios(record, [("confidence", of.confidence), ("size_factor", of.size)]);
}

//! How market structure and liquidation clusters are written.

use model::{
    HeatInsight, HeatLine, Instrument, KillzoneInsight, Kind, Line, StructureInsight,
    StructureStep, StructureWhat, killzone,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    Shown {
        emit: Emit::Structure,
        kind: Kind::StructureInsight,
        name: "structure",
        form: Form::Each,
        by: By::Interval,
        write: fact,
    },
    Shown {
        emit: Emit::Structure,
        kind: Kind::KillzoneInsight,
        name: "killzone",
        form: Form::Each,
        by: By::Nothing,
        write: zones,
    },
    Shown {
        emit: Emit::Clusters,
        kind: Kind::HeatInsight,
        name: "clusters",
        form: Form::Last,
        by: By::Nothing,
        write: clusters,
    },
];

fn fact(record: &mut Record, said: &Said<'_>) {
    let (fact, instrument) = (said.insight.view::<StructureInsight>(), said.instrument);
    let what = StructureWhat::from_code(fact.what).map_or("?", StructureWhat::text);
    let step = StructureStep::from_code(fact.step).map_or("?", StructureStep::text);
    record
        .text("what", what)
        .text("step", step)
        .text("side", if fact.up == 1 { "up" } else { "down" })
        .exact("top", instrument.price(fact.top))
        .exact("bottom", instrument.price(fact.bottom))
        .time("time", fact.time)
        .ratio("share", model::missing::ratio(fact.share));
}

fn zones(record: &mut Record, said: &Said<'_>) {
    let said: &KillzoneInsight = said.insight.view();
    let names = [
        (killzone::ASIA, "asia"),
        (killzone::LONDON, "london"),
        (killzone::NEW_YORK, "new_york"),
        (killzone::OVERLAP, "overlap"),
    ];
    let open = |zones: u64| {
        let open = names.iter().filter(|(bit, _)| zones & u64::from(*bit) != 0);
        open.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
    };
    record
        .text("open", &open(said.zones))
        .text("before", &open(said.before))
        .time("time_next", said.time_next);
}

/// Ticks × lots of a model in quote units.
fn quote(instrument: &Instrument, value: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^53")]
    let unit = (instrument.tick.0 as f64 / 1e8) * (instrument.lot.0 as f64 / 1e8);
    value * unit
}

fn clusters(record: &mut Record, said: &Said<'_>) {
    let (head, instrument) = (said.insight.view::<HeatInsight>(), said.instrument);
    #[expect(clippy::cast_precision_loss, reason = "a step is far below 2^53")]
    let lot = instrument.lot.0 as f64 / 1e8;
    let lines = || said.body.iter().map(Line::view::<HeatLine>);
    record
        .text("source", if head.window == 1 { "coinglass" } else { "own" })
        .number("up", quote(instrument, head.up))
        .number("down", quote(instrument, head.down))
        .exact("mark", instrument.price(head.mark))
        .number("by_trades", head.by_trades)
        .rows(
            "clusters",
            lines().map(|line| {
                [
                    instrument.price(line.low).to_string(),
                    instrument.price(line.high).to_string(),
                    (line.longs * lot).to_string(),
                    (line.shorts * lot).to_string(),
                    quote(instrument, line.notional).to_string(),
                    line.distance.to_string(),
                ]
            }),
        );
}

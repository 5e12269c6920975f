//! How market structure and liquidation clusters are written.

use model::{
    HeatInsight, HeatLine, Instrument, KillzoneInsight, Kind, Line, StructureInsight,
    StructureStep, StructureWhat, killzone,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::{Cell, Record};

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
    let thing = StructureWhat::from_code(fact.what);
    let what = thing.map_or("?", StructureWhat::text);
    // "Everything was forgotten" is about no price.
    let price = |price| (thing != Some(StructureWhat::All)).then(|| instrument.price(price));
    let number = model::missing::ratio(fact.share);
    let (gap, equal) = (Some(StructureWhat::Gap), Some(StructureWhat::Equal));
    let step = StructureStep::from_code(fact.step).map_or("?", StructureStep::text);
    record
        .text("what", what)
        .text("step", step)
        .text("side", if fact.up == 1 { "up" } else { "down" })
        .maybe("top", price(fact.top))
        .maybe("bottom", price(fact.bottom))
        .time("time", fact.time)
        .ratio("share", number.filter(|_| thing == gap))
        .ratio("count", number.filter(|_| thing == equal));
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
        // The first record is about no change.
        .maybe("before", (said.before != said.zones).then(|| open(said.before)))
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
        .ratio("up", said.ratio(head.up).map(|up| quote(instrument, up)))
        .ratio("down", said.ratio(head.down).map(|down| quote(instrument, down)))
        .maybe("mark", said.price(head.mark))
        .number("by_trades", head.by_trades == 1)
        .rows(
            "clusters",
            ["low", "high", "longs", "shorts", "notional", "distance"],
            lines().map(|line| {
                [
                    Cell::exact(instrument.price(line.low)),
                    Cell::exact(instrument.price(line.high)),
                    Cell::ratio(line.longs * lot),
                    Cell::ratio(line.shorts * lot),
                    Cell::ratio(quote(instrument, line.notional)),
                    Cell::ratio(line.distance),
                ]
            }),
        );
}

//! How nodes, shape, naked POCs, TPO are written.

use model::{
    BalanceInsight, Instrument, Kind, Line, NakedInsight, NodeLine, NodesInsight, Price,
    ShapeInsight, Ticks, TpoInsight, TpoLine, Trust, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    Shown {
        emit: Emit::Nodes,
        kind: Kind::NodesInsight,
        name: "nodes",
        form: Form::Last,
        by: By::Window,
        write: nodes,
    },
    Shown {
        emit: Emit::Nodes,
        kind: Kind::ShapeInsight,
        name: "shape",
        form: Form::Last,
        by: By::Window,
        write: shape,
    },
    Shown {
        emit: Emit::Naked,
        kind: Kind::NakedInsight,
        name: "naked",
        form: Form::Each,
        by: By::Window,
        write: naked,
    },
    Shown {
        emit: Emit::Tpo,
        kind: Kind::TpoInsight,
        name: "tpo",
        form: Form::Each,
        by: By::Nothing,
        write: tpo,
    },
    Shown {
        emit: Emit::Tpo,
        kind: Kind::BalanceInsight,
        name: "balance",
        form: Form::Each,
        by: By::Nothing,
        write: balance,
    },
];

/// A price of a record that may be missing.
fn maybe(record: &mut Record, key: &str, price: Price, instrument: &Instrument) {
    let price = missing::whole(price.0).map(|ticks| instrument.price(Price(ticks)));
    record.maybe(key, price);
}

fn nodes(record: &mut Record, said: &Said<'_>) {
    let nodes: &NodesInsight = said.insight.view();
    let instrument = said.instrument;
    record
        .number("version", nodes.version)
        .time("time_row", nodes.time_row)
        .exact("volume", instrument.lots(nodes.volume))
        .exact("bin_width", instrument.price(Price(nodes.bin_ticks)))
        .number("bins", nodes.bins)
        .number("found", nodes.found)
        .number("completed", nodes.completed != 0);
    let row = |line: &Line| {
        let node: &NodeLine = line.view();
        [
            node.text().to_string(),
            instrument.price(node.level).to_string(),
            instrument.price(node.low).to_string(),
            instrument.price(node.high).to_string(),
            node.width.to_string(),
            node.prominence.to_string(),
            node.smooth.to_string(),
            missing::ratio(node.share).map_or_else(String::new, |share| share.to_string()),
        ]
    };
    record.rows("nodes", said.body.iter().map(row));
}

fn shape(record: &mut Record, said: &Said<'_>) {
    let shape: &ShapeInsight = said.insight.view();
    let class = |code: u8| Some(ShapeInsight::text(code)).filter(|text| !text.is_empty());
    record
        .maybe("class", class(shape.class))
        .maybe("now", class(shape.now))
        .number("closes", shape.closes)
        .number("completed", shape.completed != 0);
    // A window without a histogram has zeros for values that do not exist.
    let real =
        |value: f64| missing::ratio(value).filter(|_| !said.insight.trust.has(Trust::MISSING));
    record
        .ratio("bias", real(shape.bias))
        .ratio("poc_place", real(shape.place))
        .exact("volume_upper", said.instrument.lots(shape.upper))
        .exact("volume_lower", said.instrument.lots(shape.lower));
}

fn naked(record: &mut Record, said: &Said<'_>) {
    let naked: &NakedInsight = said.insight.view();
    record
        .exact("event", naked.text())
        .exact("poc", said.instrument.price(naked.poc))
        .exact("bin_width", said.instrument.price(Price(naked.bin_ticks)))
        .time("time_open", naked.time_open)
        .time("time_end", naked.time_end)
        .number("standing", naked.standing);
}

fn tpo(record: &mut Record, said: &Said<'_>) {
    let tpo: &TpoInsight = said.insight.view();
    let instrument = said.instrument;
    record
        .number("brackets", tpo.brackets)
        .number("completed", tpo.completed != 0)
        .exact("poc", instrument.price(tpo.poc))
        .exact("vah", instrument.price(tpo.vah))
        .exact("val", instrument.price(tpo.val))
        .exact("bin_width", instrument.price(Price(tpo.bin_ticks)))
        .number("letters", tpo.letters)
        .number("singles_found", tpo.singles);
    let lines = || said.body.iter().map(Line::view::<TpoLine>);
    let brackets = lines().filter(|line| line.kind == 1).map(|line| {
        [
            char::from(line.letter).to_string(),
            instrument.price(line.low).to_string(),
            instrument.price(line.high).to_string(),
            instrument.price(line.low_traded).to_string(),
            instrument.price(line.high_traded).to_string(),
        ]
    });
    record.rows("letters_from_to", brackets);
    let singles = lines()
        .filter(|line| line.kind == 2)
        .map(|line| [instrument.price(line.low), instrument.price(line.high)]);
    record.rows("singles", singles);
}

fn balance(record: &mut Record, said: &Said<'_>) {
    let balance: &BalanceInsight = said.insight.view();
    let instrument = said.instrument;
    let far = |Ticks(ticks): Ticks| Price(ticks);
    record.number("brackets", balance.brackets).number("completed", balance.completed != 0);
    maybe(record, "low", balance.low, instrument);
    maybe(record, "high", balance.high, instrument);
    maybe(record, "extension_below", far(balance.below), instrument);
    maybe(record, "extension_above", far(balance.above), instrument);
}

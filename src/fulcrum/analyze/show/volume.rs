//! How nodes, shape, naked POCs, TPO are written.

use model::{
    BalanceInsight, Instrument, Kind, Line, NakedInsight, NodeLine, NodesInsight, Price,
    ShapeInsight, Ticks, TpoInsight, TpoLine, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::{Cell, Record};

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
        by: By::Session,
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

const NODE: [&str; 8] = ["node", "level", "low", "high", "width", "prominence", "smooth", "share"];

fn nodes(record: &mut Record, said: &Said<'_>) {
    let nodes: &NodesInsight = said.insight.view();
    let instrument = said.instrument;
    record
        .number("version", nodes.version)
        .time("time_row", nodes.time_row)
        .maybe("volume", said.lots(nodes.volume))
        .maybe("bin_width", said.price(Price(nodes.bin_ticks)))
        .number("bins", nodes.bins)
        .number("found", nodes.found)
        .number("completed", nodes.completed != 0);
    let row = |line: &Line| {
        let node: &NodeLine = line.view();
        [
            Cell::exact(node.text()),
            Cell::exact(instrument.price(node.level)),
            Cell::exact(instrument.price(node.low)),
            Cell::exact(instrument.price(node.high)),
            Cell::ratio(node.width),
            Cell::Whole(node.prominence),
            Cell::Whole(node.smooth),
            Cell::ratio(node.share),
        ]
    };
    record.rows("nodes", NODE, said.body.iter().map(row));
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
    record
        .ratio("bias", said.ratio(shape.bias))
        .ratio("poc_place", said.ratio(shape.place))
        .maybe("volume_upper", said.lots(shape.upper))
        .maybe("volume_lower", said.lots(shape.lower));
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
            Cell::exact(char::from(line.letter)),
            Cell::exact(instrument.price(line.low)),
            Cell::exact(instrument.price(line.high)),
            Cell::exact(instrument.price(line.low_traded)),
            Cell::exact(instrument.price(line.high_traded)),
        ]
    });
    let columns = ["letter", "low", "high", "low_traded", "high_traded"];
    record.rows("letters_from_to", columns, brackets);
    let singles = lines()
        .filter(|line| line.kind == 2)
        .map(|line| [line.low, line.high].map(|price| Cell::exact(instrument.price(price))));
    record.rows("singles", ["low", "high"], singles);
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

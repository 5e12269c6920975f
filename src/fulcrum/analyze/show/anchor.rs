//! How anchors are written: which was set, and which gave way. The averages themselves are read
//! from the stage, exact at the instant that is asked for.

use model::{AnchorInsight, Kind, missing};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[Shown {
    emit: Emit::Avwap,
    kind: Kind::AnchorInsight,
    name: "anchor",
    form: Form::Each,
    by: By::Anchor,
    write: anchor,
}];

fn anchor(record: &mut Record, said: &Said<'_>) {
    let anchor: &AnchorInsight = said.insight.view();
    let window = model::Window::ALL.get(usize::from(anchor.window));
    let price = missing::whole(anchor.price.0).map(model::Price);
    record
        .exact("anchor", window.map_or("?", |window| window.text()))
        .exact("fate", if anchor.fate == 1 { "set" } else { "gone" })
        .time("time_anchor", anchor.time_anchor)
        .maybe("price", price.map(|price| said.instrument.price(price)));
}

//! How findings are said: the records of `model`.

use bytemuck::Zeroable;
use model::{Kind, NodeLine, Price, ShapeInsight, Sink, Ticks, TpoLine, Trust, missing};

use super::brackets::{BRACKETS, Brackets, letter};
use super::memory::Row;
use super::naked::{Fate, Poc};
use super::shape::Held;
use super::study::{NODES_MAX, Node, NodeKind, Study};
use super::tpo::{Letters, SINGLES_MAX};
use crate::figures::Voice;

/// Lines of a study: nodes and shape.
pub(super) const STUDY_MAX: usize = 1 + NODES_MAX + 1;
/// Lines of a TPO: brackets, single prints, balance.
pub(super) const LETTERS_MAX: usize = 1 + BRACKETS + SINGLES_MAX + 1;

/// The centre of a bin on the tick: the mean of its ticks, half up.
pub(super) const fn centre(low: Price, bin_ticks: i64) -> Price {
    Price(low.0 + bin_ticks / 2)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio or a width; exact below 2^53")]
const fn float(value: i64) -> f64 {
    value as f64
}

/// A place in bins as a price: a whole number is a bin's centre. Nearest tick, half up.
#[expect(clippy::cast_possible_truncation, reason = "within the traded range")]
fn on_tick(row: &Row, place: f64) -> Price {
    Price(row.low.0 + libm::floor((place + 0.5) * float(row.bin_ticks) + 0.5) as i64)
}

fn line(row: &Row, node: &Node, poc_smooth: i64) -> NodeLine {
    let bin = i64::try_from(node.bin).unwrap_or(0);
    let share = float(node.prominence) / float(poc_smooth);
    NodeLine {
        level: centre(Price(row.low.0 + bin * row.bin_ticks), row.bin_ticks),
        low: on_tick(row, node.left),
        high: on_tick(row, node.right),
        width: if node.kind == NodeKind::Cliff { 0.0 } else { node.right - node.left },
        prominence: node.prominence,
        smooth: node.smooth,
        share: if poc_smooth > 0 { share } else { missing::RATIO },
        kind: node.kind as u8,
        reserved: [0; 7],
    }
}

/// Nodes of a window. `lines`: room for [`NODES_MAX`].
pub(super) fn nodes<S: Sink>(
    voice: &mut Voice<'_, S>,
    row: &Row,
    study: &Study,
    lines: &mut Vec<NodeLine>,
) {
    lines.clear();
    lines.extend(study.nodes().iter().map(|node| line(row, node, study.poc_smooth())));
    let bins = study.form().bins as u64;
    let found = (study.found() as u64).min(u64::from(u16::MAX));
    let last = bins | found << 32 | u64::from(row.completed) << 48;
    let values = [
        row.version,
        row.time.0,
        row.volume.0.cast_unsigned(),
        row.bin_ticks.cast_unsigned(),
        last,
    ];
    voice.tell(Kind::NodesInsight, row.window as u8, row.trust, values, lines);
}

/// A window without a histogram, or with one that is too heavy.
pub(super) fn no_nodes<S: Sink>(voice: &mut Voice<'_, S>, row: &Row) {
    voice.say(Kind::NodesInsight, row.window as u8, row.trust, [0; 5]);
    voice.say(Kind::ShapeInsight, row.window as u8, row.trust, [0; 5]);
}

/// The shape of a window.
pub(super) fn shape<S: Sink>(voice: &mut Voice<'_, S>, row: &Row, study: &Study, held: Held) {
    let (form, class) = (study.form(), study.class());
    let number = |class: Option<super::Class>| class.map_or(0, |class| class as u8);
    let codes =
        [number(held.counts), number(class), held.closes, u8::from(row.completed), 0, 0, 0, 0];
    let bias = class.map_or(missing::RATIO, |class| form.bias(class));
    let values = [
        u64::from_le_bytes(codes),
        bias.to_bits(),
        form.place().unwrap_or(missing::RATIO).to_bits(),
        form.thirds[2].cast_unsigned(),
        form.thirds[0].cast_unsigned(),
    ];
    voice.say(Kind::ShapeInsight, row.window as u8, row.trust, values);
}

/// What befell a naked POC.
pub(super) fn naked<S: Sink>(voice: &mut Voice<'_, S>, poc: &Poc, fate: Fate, standing: u8) {
    let values = [
        poc.level.0.cast_unsigned(),
        poc.bin_ticks.cast_unsigned(),
        poc.end.0,
        poc.open.0,
        u64::from_le_bytes([fate as u8, standing, 0, 0, 0, 0, 0, 0]),
    ];
    voice.say(Kind::NakedInsight, poc.window as u8, poc.trust, values);
}

/// The day's Market Profile and its balance.
pub(super) fn letters<S: Sink>(
    voice: &mut Voice<'_, S>,
    letters: &Letters,
    completed: bool,
    trust: Trust,
) {
    let mut lines = [TpoLine::zeroed(); BRACKETS + SINGLES_MAX];
    let mut count = 0;
    let width = letters.bin_ticks;
    for (at, range) in letters.ranges.iter().enumerate() {
        let Some((low, high)) = *range else { continue };
        lines[count] = TpoLine {
            low: Price(low.0.div_euclid(width) * width),
            high: Price((high.0.div_euclid(width) + 1) * width),
            low_traded: low,
            high_traded: high,
            kind: 1,
            letter: letter(at),
            ..TpoLine::zeroed()
        };
        count += 1;
    }
    for (low, high) in letters.singles() {
        lines[count] = TpoLine { low, high, kind: 2, ..TpoLine::zeroed() };
        count += 1;
    }
    let (val, vah) = letters.value_area();
    let over = letters.over as u64;
    let singles = (letters.found as u64).min(u64::from(u16::MAX));
    let last = letters.total.cast_unsigned() & u64::from(u32::MAX)
        | over << 32
        | u64::from(completed) << 40
        | singles << 48;
    let values = [letters.poc().0, vah.0, val.0, width].map(i64::cast_unsigned);
    let [poc, vah, val, width] = values;
    let window = model::Window::Day as u8;
    voice.tell(Kind::TpoInsight, window, trust, [poc, vah, val, width, last], &lines[..count]);
    let [low, high, below, above] = balance(letters);
    let last = over | u64::from(completed) << 8;
    let values = [low, high, below, above].map(i64::cast_unsigned);
    let [low, high, below, above] = values;
    voice.say(Kind::BalanceInsight, window, trust, [low, high, below, above, last]);
}

/// Initial balance, and how far the day went below and above it.
fn balance(letters: &Letters) -> [i64; 4] {
    let first = if letters.over >= 2 { Brackets::span(&letters.ranges[..2]) } else { None };
    let Some(((low, high), (day_low, day_high))) = first.zip(Brackets::span(&letters.ranges))
    else {
        return [missing::WHOLE; 4];
    };
    let (Ticks(below), Ticks(above)) = (low - day_low, day_high - high);
    [low.0, high.0, below, above]
}

const _: () = assert!(size_of::<ShapeInsight>() == 64);

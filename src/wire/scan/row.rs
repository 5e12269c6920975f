//! Shapes of trade rows in dumps: the same templates, with commas instead of keys.

use model::{Draft, Flags, Instrument, InstrumentId, Kind};
use runtime::simd::Window;

use super::shape::{Shape, Shapes, says, slot};
use crate::dump::truth;
use crate::grid::{Digits, Grid};

/// Which rows a shape is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RowKey {
    /// Single trades, not aggregates.
    pub(crate) single: bool,
    pub(crate) instrument: InstrumentId,
}

impl RowKey {
    /// The key of rows of this length. Unlike a stream's hash it has its upper half empty but
    /// for a mark, so that rows and frames rarely meet in one set.
    #[inline(always)]
    pub(crate) fn hash(self, length: usize) -> u64 {
        let table = if self.single { 1 << 62 } else { 1 << 61 };
        Shapes::key(table | u64::from(self.instrument.0) << 32, length)
    }
}

/// What a column of a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Id(usize),
    Price,
    Lots,
    Time,
    Maker,
    /// A number without meaning for us.
    Spare,
    /// A boolean without meaning for us.
    Text,
}

const AGGREGATE: [Column; 8] = [
    Column::Id(slot::ID),
    Column::Price,
    Column::Lots,
    Column::Id(slot::FIRST),
    Column::Id(slot::LAST),
    Column::Time,
    Column::Maker,
    Column::Text,
];

const SINGLE: [Column; 7] = [
    Column::Id(slot::ID),
    Column::Price,
    Column::Lots,
    Column::Spare,
    Column::Time,
    Column::Maker,
    Column::Text,
];

/// Leaves the shape of a trade row that is strictly laid out.
pub(crate) fn row_shape(
    row: &[u8],
    key: RowKey,
    instrument: &Instrument,
    shape: &mut Shape,
) -> Option<()> {
    *shape = Shape { kind: Kind::Trade, instrument: key.instrument, ..Shape::EMPTY };
    shape.fix(row)?;
    shape.says |= if key.single { says::SINGLE } else { 0 };
    let columns: &[Column] = if key.single { &SINGLE } else { &AGGREGATE };
    let mut end = 0;
    let mut count = 0;
    for (text, column) in row.split(|&byte| byte == b',').zip(columns) {
        end += text.len();
        hole(shape, text, end, *column, instrument)?;
        end += 1;
        count += 1;
    }
    // The last column is there only in spot's.
    let whole = end == row.len() + 1;
    (whole && columns.len() <= count + 1).then_some(())
}

fn hole(
    shape: &mut Shape,
    text: &[u8],
    end: usize,
    column: Column,
    instrument: &Instrument,
) -> Option<()> {
    let (tick, lot) = (u64::try_from(instrument.tick.0), u64::try_from(instrument.lot.0));
    match column {
        Column::Id(slot) => shape.open_hole(slot, end, Digits::whole(text)?, true),
        Column::Price => shape.open_hole(slot::PRICE, end, Digits::new(text, tick.ok()?)?, false),
        Column::Lots => shape.open_hole(slot::LOTS, end, Digits::new(text, lot.ok()?)?, false),
        Column::Time => {
            shape.open_hole(slot::MATCH, end, Digits::whole(text)?, true)?;
            shape.grids[slot::MATCH] = match text.len() {
                13 => Grid::times(1_000_000),
                16 => Grid::times(1_000),
                _ => return None,
            };
            Some(())
        }
        Column::Maker => {
            shape.says |= if truth(text)? { says::SELL } else { 0 };
            Some(())
        }
        Column::Spare => shape.open_hole(slot::NORMAL, end, Digits::new(text, 1)?, false),
        Column::Text => truth(text).map(drop),
    }
}

impl Shape {
    /// Reads a row that fits into the draft; `None` sends it the checked way.
    #[inline(always)]
    pub(crate) fn read_row(
        &self,
        window: Window<'_>,
        start: usize,
        draft: &mut Draft,
    ) -> Option<()> {
        let numbers = self.numbers(window, start)?;
        draft.open(Kind::Trade, self.instrument);
        self.trade(&numbers, draft)?;
        draft.head.flags = Flags::NO_LOCAL_CLOCK;
        draft.head.time_local = draft.head.time_match;
        draft.head.time_event = draft.head.time_match;
        Some(())
    }
}

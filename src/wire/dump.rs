//! Rows of the venue's public dumps (CSV): aggTrades, trades, klines, bookTicker.
//!
//! Rows of one file look alike, so trades take the scanner's way: a template by length. Times are
//! milliseconds, or microseconds above 10¹⁴ (spot since 2025). Dumps have no receive time: the
//! venue's stands in for it, and the head says so (`Flags::NO_LOCAL_CLOCK`).

use model::{Draft, Flags, Instrument, InstrumentId, Interval, Kind, KlineLine, KlineSumsLine};
use model::{Lots, Nanos, Price, QuoteLine, Refusal, Side, TradeLine};
use runtime::simd::Window;

use crate::Decoder;
use crate::frame::pad;
use crate::number;
use crate::payload::{notional, place};
use crate::scan::{RowKey, row_shape};

/// What the rows of a dump are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// id, price, quantity, first, last, time, buyer is maker[, best match].
    AggTrades,
    /// id, price, quantity, quote quantity, time, buyer is maker[, best match].
    Trades,
    /// Opening time, open, high, low, close, volume, closing time, quote volume, trades,
    /// taker-buy volume, taker-buy quote volume[, ignored].
    Klines,
    /// Update id, bid, quantity, ask, quantity, match time, event time.
    BookTicker,
}

/// What a file's first row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FirstRow {
    /// What the rows are.
    pub table: Table,
    /// Whether the row names the columns, and is no data.
    pub header: bool,
}

impl Table {
    /// What a file is by its first row: names of columns, or the look of the data.
    #[must_use]
    pub fn recognise(row: &[u8]) -> Option<FirstRow> {
        let columns = Columns::split(row)?;
        let first = columns.get(0)?;
        let header = !first.iter().all(u8::is_ascii_digit);
        let table = if header { Self::by_header(&columns)? } else { Self::by_data(&columns)? };
        Some(FirstRow { table, header })
    }

    fn by_header(columns: &Columns<'_>) -> Option<Self> {
        let name = |at: usize| columns.get(at).map(<[u8]>::to_ascii_lowercase);
        match (name(0)?.as_slice(), name(1)?.as_slice()) {
            (b"agg_trade_id", _) => Some(Self::AggTrades),
            (b"id" | b"trade_id", b"price") => Some(Self::Trades),
            (b"open_time", b"open") => Some(Self::Klines),
            (b"update_id", _) => Some(Self::BookTicker),
            _ => None,
        }
    }

    fn by_data(columns: &Columns<'_>) -> Option<Self> {
        let boolean = |at: usize| columns.get(at).and_then(truth).is_some();
        match columns.count {
            7 | 8 if boolean(6) && !boolean(5) => Some(Self::AggTrades),
            6 | 7 if boolean(5) => Some(Self::Trades),
            7 if !boolean(6) => Some(Self::BookTicker),
            11 | 12 => Some(Self::Klines),
            _ => None,
        }
    }
}

/// Most columns a row of ours has.
const COLUMNS_MAX: usize = 12;

/// A row's columns; no quotes, because numbers need none.
struct Columns<'r> {
    list: [&'r [u8]; COLUMNS_MAX],
    count: usize,
}

impl<'r> Columns<'r> {
    fn split(row: &'r [u8]) -> Option<Self> {
        let mut columns = Self { list: [&[]; COLUMNS_MAX], count: 0 };
        for column in row.split(|&byte| byte == b',') {
            *columns.list.get_mut(columns.count)? = column;
            columns.count += 1;
        }
        Some(columns)
    }

    fn get(&self, at: usize) -> Option<&'r [u8]> {
        self.list[..self.count].get(at).copied()
    }

    fn must(&self, at: usize) -> Result<&'r [u8], Refusal> {
        self.get(at).ok_or(Refusal::BadRow)
    }

    fn whole(&self, at: usize) -> Result<u64, Refusal> {
        let value = number::plain(self.must(at)?)?;
        let whole = if value.places == 0 { Some(value.mantissa) } else { None };
        u64::try_from(whole.ok_or(Refusal::BadNumber)?).map_err(|_| Refusal::OutOfRange)
    }

    fn time(&self, at: usize) -> Result<Nanos, Refusal> {
        match self.whole(at)? {
            0 => Err(Refusal::BadTime),
            value if MICROS_FROM < value => {
                value.checked_mul(1_000).map(Nanos).ok_or(Refusal::BadTime)
            }
            value => number::millis(value),
        }
    }

    fn boolean(&self, at: usize) -> Result<bool, Refusal> {
        truth(self.must(at)?).ok_or(Refusal::BadRow)
    }
}

/// Times above this are microseconds: as milliseconds it lies in the year 5138.
const MICROS_FROM: u64 = 100_000_000_000_000;

/// A boolean as dumps write it.
pub(crate) fn truth(text: &[u8]) -> Option<bool> {
    match text {
        b"True" | b"true" => Some(true),
        b"False" | b"false" => Some(false),
        _ => None,
    }
}

impl Decoder {
    /// Decodes a row of a dump, without its line end.
    ///
    /// # Errors
    /// A [`Refusal`], counted.
    #[inline]
    pub fn row(
        &mut self,
        table: Table,
        instrument: InstrumentId,
        row: &[u8],
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        if matches!(table, Table::AggTrades | Table::Trades) {
            let mut scratch = std::mem::take(&mut self.scratch);
            let (start, end) = pad(&mut scratch, row);
            let scanned = self.scan_row(table, instrument, &scratch, (start, end), draft);
            self.scratch = scratch;
            if scanned.is_some() {
                return Ok(());
            }
        }
        self.row_checked(table, instrument, row, draft)
    }

    fn scan_row(
        &mut self,
        table: Table,
        instrument: InstrumentId,
        buffer: &[u8],
        (start, end): (usize, usize),
        draft: &mut Draft,
    ) -> Option<()> {
        let window = Window::new(buffer)?;
        let key = RowKey { single: table == Table::Trades, instrument };
        let by_length = key.hash(end - start);
        let shape = match self.shapes.find(by_length, window, start, end) {
            Some(shape) => shape,
            None => {
                let grid = self.instruments.get(instrument)?;
                row_shape(&buffer[start..end], key, grid, &mut self.lesson)?;
                self.counts.learnt += 1;
                self.shapes.keep(by_length, &self.lesson);
                &*self.lesson
            }
        };
        shape.read_row(window, start, draft)?;
        self.counts.scan(Kind::Trade as u16);
        Some(())
    }

    /// The same by the checked way alone.
    ///
    /// # Errors
    /// A [`Refusal`], counted.
    #[cold]
    #[inline(never)]
    pub fn row_checked(
        &mut self,
        table: Table,
        instrument: InstrumentId,
        row: &[u8],
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let done = read(table, instrument, row, &self.instruments, draft);
        match done {
            Ok(()) => self.counts.fallback(draft.head.kind),
            Err(reason) => self.counts.refuse(reason),
        }
        done
    }
}

fn read(
    table: Table,
    id: InstrumentId,
    row: &[u8],
    instruments: &model::Instruments,
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let columns = Columns::split(row).ok_or(Refusal::BadRow)?;
    let instrument = instruments.get(id).ok_or(Refusal::UnknownSymbol)?;
    match table {
        Table::AggTrades if matches!(columns.count, 7 | 8) => {
            let ids = [columns.whole(0)?, columns.whole(3)?, columns.whole(4)?];
            trade(&columns, ids, (columns.time(5)?, columns.boolean(6)?), (id, instrument), draft)
        }
        Table::Trades if matches!(columns.count, 6 | 7) => {
            let ids = [columns.whole(0)?; 3];
            trade(&columns, ids, (columns.time(4)?, columns.boolean(5)?), (id, instrument), draft)
        }
        Table::Klines if matches!(columns.count, 11 | 12) => {
            kline(&columns, (id, instrument), draft)
        }
        Table::BookTicker if columns.count == 7 => quote(&columns, (id, instrument), draft),
        _ => Err(Refusal::BadRow),
    }
}

fn put<T: bytemuck::Pod>(draft: &mut Draft, line: T) -> Result<(), Refusal> {
    draft.push(line).then_some(()).ok_or(Refusal::TooManyLevels)
}

/// Sets what every row's head has: the venue's time for all three.
fn open(draft: &mut Draft, kind: Kind, id: InstrumentId, time_event: Nanos) {
    draft.open(kind, id);
    draft.head.flags = Flags::NO_LOCAL_CLOCK;
    draft.head.time_local = time_event;
    draft.head.time_event = time_event;
}

fn trade(
    columns: &Columns<'_>,
    [id, first, last]: [u64; 3],
    (time, maker): (Nanos, bool),
    (whose, instrument): (InstrumentId, &Instrument),
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let price = number::price(columns.must(1)?, instrument)?;
    let lots = number::lots(columns.must(2)?, instrument)?;
    if last < first {
        return Err(Refusal::BadOrder);
    }
    if price == Price(0) || lots == Lots(0) {
        return Err(Refusal::OutOfRange);
    }
    open(draft, Kind::Trade, whose, time);
    draft.head.time_match = time;
    draft.head.id = id;
    let side = if maker { Side::Sell } else { Side::Buy }.code();
    put(draft, TradeLine { price, lots, lots_normal: lots, first, last, side, reserved: [0; 23] })
}

fn quote(
    columns: &Columns<'_>,
    (id, instrument): (InstrumentId, &Instrument),
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let tick = instrument.tick.0;
    let bid_fine = number::fine(columns.must(1)?)?;
    let ask_fine = number::fine(columns.must(3)?)?;
    open(draft, Kind::Quote, id, columns.time(6)?);
    draft.head.id = columns.whole(0)?;
    draft.head.time_match = columns.time(5)?;
    let line = QuoteLine {
        bid: Price(bid_fine.0.div_euclid(tick)),
        bid_lots: number::lots(columns.must(2)?, instrument)?,
        ask: Price(ask_fine.0.div_euclid(tick) + i64::from(ask_fine.0 % tick != 0)),
        ask_lots: number::lots(columns.must(4)?, instrument)?,
        bid_fine,
        ask_fine,
        reserved: [0; 2],
    };
    put(draft, line)
}

fn kline(
    columns: &Columns<'_>,
    (id, instrument): (InstrumentId, &Instrument),
    draft: &mut Draft,
) -> Result<(), Refusal> {
    let price = |at: usize| number::price(columns.must(at)?, instrument);
    let (opened, closed) = (columns.time(0)?, columns.time(6)?);
    // The closing time is the last unit before the next bar: a millisecond or a microsecond.
    let length = closed.since(opened).0.div_ceil(1_000_000) * 1_000_000;
    let interval = Interval::ALL.into_iter().find(|own| own.length().0 == length.max(1));
    let near = Interval::ALL.into_iter().find(|own| own.length().0 == length + 1_000_000);
    open(draft, Kind::Kline, id, closed);
    let line = KlineLine {
        time_open: opened,
        open: price(1)?,
        high: price(2)?,
        low: price(3)?,
        close: price(4)?,
        // A dump's candle names no trades.
        first: u64::MAX,
        last: u64::MAX,
        interval: near.or(interval).map_or(255, place),
        closed: 1,
        reserved: [0; 6],
    };
    if line.high < line.low || closed < opened {
        return Err(Refusal::BadOrder);
    }
    put(draft, line)?;
    let sums = KlineSumsLine {
        notional: notional(columns.must(7)?, instrument)?,
        buy_notional: notional(columns.must(10)?, instrument)?,
        lots: number::lots(columns.must(5)?, instrument)?,
        buy_lots: number::lots(columns.must(9)?, instrument)?,
        trades: columns.whole(8)?,
        reserved: 0,
    };
    put(draft, sums)
}

//! How figures from the tape are written.

use model::{
    Fine, FootprintFacts, FootprintInsight, FootprintMarksLine, FootprintRow, FootprintRowsLine,
    FootprintSumsLine, Instrument, Kind, KyleInsight, Line, Lots, MarkoutInsight, Price, SizesLine,
    TapeInsight, TapeRanksLine, VolatilityInsight, VpinInsight, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::{Cell, Record};

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    shown(Emit::Footprint, Kind::FootprintInsight, "footprint", Form::Each, footprint),
    Shown {
        emit: Emit::Kyle,
        kind: Kind::KyleInsight,
        name: "kyle",
        form: Form::Each,
        by: By::Interval,
        write: kyle,
    },
    shown(Emit::Vpin, Kind::VpinInsight, "vpin", Form::Each, vpin),
    shown(Emit::Volatility, Kind::VolatilityInsight, "volatility", Form::Last, volatility),
    shown(Emit::Tape, Kind::TapeInsight, "tape", Form::Last, tape),
    shown(Emit::Markouts, Kind::MarkoutInsight, "markouts", Form::Each, markouts),
];

const fn shown(
    emit: Emit,
    kind: Kind,
    name: &'static str,
    form: Form,
    write: fn(&mut Record, &Said<'_>),
) -> Shown {
    Shown { emit, kind, name, form, by: By::Nothing, write }
}

/// What the window bytes of these kinds stand for.
const VPIN_CAUSES: [&str; 2] = ["bucket", "minute"];
const VOLATILITY_WINDOWS: [&str; 3] = ["5m", "1h", "24h"];
const HORIZONS: [&str; 3] = ["1s", "10s", "60s"];
const CLASSES: [&str; 4] = ["small", "medium", "large", "huge"];

fn name_of(names: &[&'static str], byte: u8) -> &'static str {
    names.get(usize::from(byte)).copied().unwrap_or("?")
}

fn line<T: bytemuck::Pod>(said: &Said<'_>, at: usize) -> Option<T> {
    said.body.get(at).map(|line: &Line| *line.view::<T>())
}

fn footprint(record: &mut Record, said: &Said<'_>) {
    let (head, instrument): (&FootprintInsight, _) = (said.insight.view(), said.instrument);
    let sums: Option<FootprintSumsLine> = line(said, 0);
    let marks: FootprintMarksLine = line(said, 1).unwrap_or_default();
    let Some(sums) = sums else { return };
    record
        .time("time_open", head.time_open)
        .exact("row_height", instrument.price(Price(head.row_ticks)))
        .maybe("poc", said.price(head.poc))
        .exact("volume", instrument.lots(sums.buys + sums.sells))
        .exact("buy", instrument.lots(sums.buys))
        .exact("sell", instrument.lots(sums.sells))
        .exact("delta", instrument.lots(sums.buys - sums.sells))
        .ratio("delta_percent", missing::ratio(sums.delta_percent))
        .exact("delta_min", instrument.lots(sums.delta_min))
        .exact("delta_max", instrument.lots(sums.delta_max))
        .ratio("mean_side", missing::ratio(sums.mean_side).map(|lots| lots * lot(instrument)))
        .ratio("top_share", missing::ratio(sums.top_share))
        .ratio("bottom_share", missing::ratio(sums.bottom_share))
        .number("buy_run", marks.buy_run)
        .number("sell_run", marks.sell_run);
    for (fact, name) in [
        (FootprintFacts::STACKED_BUY, "stacked_buy"),
        (FootprintFacts::STACKED_SELL, "stacked_sell"),
        (FootprintFacts::ABSORPTION_BEARISH, "absorption_bearish"),
        (FootprintFacts::ABSORPTION_BULLISH, "absorption_bullish"),
        (FootprintFacts::UNFINISHED_HIGH, "unfinished_high"),
        (FootprintFacts::UNFINISHED_LOW, "unfinished_low"),
        (FootprintFacts::WIDENED, "widened"),
        (FootprintFacts::MISMATCH, "mismatch"),
    ] {
        record.number(name, head.facts.has(fact));
    }
    let rows = (0..head.rows as usize).rev().map(|at| {
        let lines: FootprintRowsLine =
            line(said, 2 + at / FootprintRowsLine::ROWS).unwrap_or_default();
        let row = lines.rows[at % FootprintRowsLine::ROWS];
        let up = i64::try_from(at).unwrap_or(0).saturating_mul(head.row_ticks);
        let bit =
            |words: [u64; 3]| words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
        [
            Cell::exact(instrument.price(Price(head.low.0.saturating_add(up)))),
            Cell::exact(instrument.lots(row.bid)),
            Cell::exact(instrument.lots(row.ask)),
            Cell::exact(instrument.lots(row.delta())),
            percent(row),
            mark(bit(marks.buy_imbalances), bit(marks.sell_imbalances)),
        ]
    });
    // Highest first, as a chart has it.
    record.rows("rows", ["low", "bid", "ask", "delta", "delta_percent", "imbalance"], rows);
}

/// 100 × delta/volume of a row; nothing where nothing traded.
#[expect(clippy::cast_precision_loss, reason = "a ratio")]
fn percent(row: FootprintRow) -> Cell {
    match row.volume() {
        Lots(0) => Cell::Missing,
        Lots(volume) => Cell::Ratio(100.0 * row.delta().0 as f64 / volume as f64),
    }
}

fn mark(buys: bool, sells: bool) -> Cell {
    Cell::exact(match (buys, sells) {
        (true, true) => "both",
        (true, false) => "buy",
        (false, true) => "sell",
        (false, false) => "none",
    })
}

/// A lot in units of the coin.
#[expect(clippy::cast_precision_loss, reason = "a lot's size")]
fn lot(instrument: &Instrument) -> f64 {
    instrument.lot.0 as f64 / Fine::ONE.0 as f64
}

fn kyle(record: &mut Record, said: &Said<'_>) {
    let kyle: &KyleInsight = said.insight.view();
    let lambda = missing::ratio(kyle.lambda);
    record
        .time("time_open", kyle.time_open)
        .ratio("lambda_ticks_per_lot", lambda)
        .ratio("lambda_plus", lambda.map(|lambda| lambda.max(0.0)))
        .ratio("intercept_ticks", missing::ratio(kyle.intercept))
        .ratio("percentile", missing::ratio(kyle.percentile))
        .number("bars", kyle.bars);
}

fn vpin(record: &mut Record, said: &Said<'_>) {
    let vpin: &VpinInsight = said.insight.view();
    // Without a size of a bucket none fills.
    let lots = |lots| (vpin.bucket_lots.0 > 0).then(|| said.instrument.lots(lots));
    record
        .exact("of", name_of(&VPIN_CAUSES, vpin.window))
        .ratio("vpin", missing::ratio(vpin.vpin))
        .ratio("imbalance", missing::ratio(vpin.imbalance))
        .maybe("bucket", lots(vpin.bucket_lots))
        .maybe("filled", lots(vpin.filled))
        .number("buckets", vpin.buckets);
}

fn volatility(record: &mut Record, said: &Said<'_>) {
    let volatility: &VolatilityInsight = said.insight.view();
    record
        .exact("over", name_of(&VOLATILITY_WINDOWS, volatility.window))
        .time("time_end", volatility.time_end)
        .ratio("volatility", missing::ratio(volatility.volatility))
        .ratio("variance", said.ratio(volatility.variance))
        .number("returns", volatility.returns)
        .exact("close", said.instrument.price(volatility.close));
}

fn tape(record: &mut Record, said: &Said<'_>) {
    let (tape, instrument): (&TapeInsight, _) = (said.insight.view(), said.instrument);
    let Some(ranks) = line::<TapeRanksLine>(said, 0) else { return };
    record
        .time("time_end", ranks.time_end)
        .number("trades", tape.trades)
        .exact("lots", instrument.lots(tape.lots))
        .number("trades_10s", tape.trades_10s)
        .exact("lots_10s", instrument.lots(tape.lots_10s))
        .ratio("pace", missing::ratio(tape.pace))
        .ratio("trades_percentile", missing::ratio(ranks.trades))
        .ratio("lots_percentile", missing::ratio(ranks.lots))
        .ratio("trades_10s_percentile", missing::ratio(ranks.trades_10s))
        .ratio("lots_10s_percentile", missing::ratio(ranks.lots_10s))
        .count("trades_p95", missing::whole(ranks.trades_p95))
        .number("samples", ranks.samples);
}

fn markouts(record: &mut Record, said: &Said<'_>) {
    let worth: &MarkoutInsight = said.insight.view();
    record
        .exact("after", name_of(&HORIZONS, worth.window))
        .time("time_open", worth.time_open)
        .ratio("markout_bp", missing::ratio(worth.markout))
        .exact("lots", said.instrument.lots(worth.lots))
        .exact("missed", said.instrument.lots(worth.missed))
        .number("mid_was_last_trade", worth.flags & 1 == 1);
}

/// Buys, sells and delta by class: the table that `sizes` prints.
pub(in crate::analyze) fn sizes(record: &mut Record, sums: &SizesLine, instrument: &Instrument) {
    let rows = (0..CLASSES.len()).map(|at| {
        let (buys, sells) = (sums.buys[at], sums.sells[at]);
        let [buys, sells, delta] = [buys, sells, buys - sells].map(|lots| instrument.lots(lots));
        [Cell::exact(CLASSES[at]), Cell::exact(buys), Cell::exact(sells), Cell::exact(delta)]
    });
    record.rows("classes", ["class", "buy", "sell", "delta"], rows);
}

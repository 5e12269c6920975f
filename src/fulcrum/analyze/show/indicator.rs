//! How indicators, swings, divergences are written: prices and quantities as decimals, what was
//! computed from them in the same units.

use model::{
    AccumulationInsight, AtrInsight, AverageInsight, DivergenceInsight, DivergenceLine, Fine,
    Indicator, Instrument, Kind, Lots, Nanos, OscillatorInsight, Price, SwingFlags, SwingInsight,
    SwingLine, missing,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

const fn bars(kind: Kind, name: &'static str, write: fn(&mut Record, &Said<'_>)) -> Shown {
    Shown { emit: Emit::Indicators, kind, name, form: Form::Each, by: By::Interval, write }
}

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    bars(Kind::OscillatorInsight, "oscillators", oscillators),
    bars(Kind::AtrInsight, "atr", atr),
    bars(Kind::AccumulationInsight, "accumulation", accumulation),
    bars(Kind::AverageInsight, "averages", averages),
    Shown {
        emit: Emit::Swings,
        kind: Kind::SwingInsight,
        name: "swings",
        form: Form::Each,
        by: By::Nothing,
        write: swing,
    },
    Shown {
        emit: Emit::Divergences,
        kind: Kind::DivergenceInsight,
        name: "divergences",
        form: Form::Each,
        by: By::Interval,
        write: divergence,
    },
];

/// Ticks or lots as quote or base units; none when missing.
fn units(value: f64, Fine(step): Fine) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "steps of a grid are short")]
    missing::ratio(value).map(|value| value * step as f64 / Fine::ONE.0 as f64)
}

fn lots(instrument: &Instrument, lots: Lots) -> Option<model::Shown> {
    missing::whole(lots.0).map(|_| instrument.lots(lots))
}

fn price(instrument: &Instrument, price: Price) -> Option<model::Shown> {
    missing::whole(price.0).map(|_| instrument.price(price))
}

fn oscillators(record: &mut Record, said: &Said<'_>) {
    let of: &OscillatorInsight = said.insight.view();
    let tick = said.instrument.tick;
    record
        .time("time_open", of.time_open())
        .ratio("rsi", missing::ratio(of.rsi))
        .ratio("macd", units(of.macd, tick))
        .ratio("signal", units(of.signal, tick))
        .ratio("histogram", units(of.histogram, tick))
        .exact(
            "price",
            match of.source {
                0 => "mark",
                1 => "trades_for_want_of_marks",
                _ => "trades",
            },
        );
}

fn atr(record: &mut Record, said: &Said<'_>) {
    let of: &AtrInsight = said.insight.view();
    let tick = said.instrument.tick;
    record
        .time("time_open", of.time_open())
        .ratio("atr", units(of.atr, tick))
        .ratio("true_range", units(of.true_range, tick))
        .ratio("percent", missing::ratio(of.percent))
        .exact("close", said.instrument.price(of.close))
        .number("chosen", of.flags & 1 == 1);
}

fn accumulation(record: &mut Record, said: &Said<'_>) {
    let of: &AccumulationInsight = said.insight.view();
    record
        .time("time_open", of.time_open())
        .exact("obv", said.instrument.lots(of.obv))
        .ratio("ad", units(of.ad, said.instrument.lot))
        .number("bars", of.bars)
        .exact("close", said.instrument.price(of.close))
        .exact("volume", said.instrument.lots(of.volume));
}

fn averages(record: &mut Record, said: &Said<'_>) {
    let of: &AverageInsight = said.insight.view();
    let tick = said.instrument.tick;
    record
        .time("time_open", of.time_open)
        .ratio("ema", units(of.ema, tick))
        .ratio("mean", units(of.mean, tick))
        .ratio("deviation", units(of.deviation, tick))
        .exact("close", said.instrument.price(of.close));
}

/// What two bits of a rule say: agrees, is contrary, or abstains.
const fn rule(flags: SwingFlags, yes: SwingFlags, no: SwingFlags) -> &'static str {
    if flags.has(yes) {
        "agrees"
    } else if flags.has(no) {
        "contrary"
    } else {
        "abstains"
    }
}

/// OBI check and OI filter.
fn checks(record: &mut Record, flags: SwingFlags) {
    record
        .exact("obi_check", rule(flags, SwingFlags::OBI_AGAINST, SwingFlags::OBI_NOT))
        .number("obi_void", flags.has(SwingFlags::OBI_VOID))
        .exact("oi_no_new_positions", rule(flags, SwingFlags::OI_NONE_NEW, SwingFlags::OI_NEW))
        .exact(
            "oi_as_written",
            rule(flags, SwingFlags::OI_AS_WRITTEN, SwingFlags::OI_NOT_AS_WRITTEN),
        );
}

/// An instant that came.
fn come(time: Nanos) -> Option<Nanos> {
    Some(time).filter(|&time| time != Nanos::NONE)
}

fn side(flags: SwingFlags) -> &'static str {
    if flags.has(SwingFlags::HIGH) { "high" } else { "low" }
}

fn swing(record: &mut Record, said: &Said<'_>) {
    let of: &SwingInsight = said.insight.view();
    let Some(line) = said.body.first() else { return };
    let line: &SwingLine = line.view();
    let (flags, instrument) = (SwingFlags(of.flags), said.instrument);
    record
        .number("number", line.number)
        .exact("side", side(flags))
        .exact("price", instrument.price(of.price))
        .time("time", of.time)
        .time_maybe("time_confirmed", come(of.time_confirmed))
        .maybe("price_before", price(instrument, of.price_before))
        .maybe("price_same_side", price(instrument, line.price_same))
        .time_maybe("time_same_side", come(line.time_same))
        .number("beyond", flags.has(SwingFlags::BEYOND))
        .ratio("rsi", missing::ratio(line.rsi))
        .maybe("cvd", lots(instrument, line.cvd))
        .ratio("obi_z", missing::ratio(line.obi_z))
        .maybe("oi", lots(instrument, line.interest))
        .maybe("oi_change", lots(instrument, line.interest_change));
    checks(record, flags);
}

fn divergence(record: &mut Record, said: &Said<'_>) {
    let of: &DivergenceInsight = said.insight.view();
    let Some(line) = said.body.first() else { return };
    let line: &DivergenceLine = line.view();
    let (flags, instrument) = (SwingFlags(line.flags), said.instrument);
    let indicator = Indicator::ALL.get(usize::from(line.indicator)).copied();
    let step = match indicator {
        Some(Indicator::MacdHistogram) => instrument.tick,
        Some(Indicator::Rsi) | None => Fine::ONE,
        Some(_) => instrument.lot,
    };
    record
        .exact("indicator", indicator.map_or("?", Indicator::text))
        .number("classic", line.classic == 1)
        .exact("side", side(flags))
        .number("number", line.number)
        .number("running", line.running == 1)
        .time("time_bar", of.time_bar)
        .time("time_one", of.time_one)
        .exact("price_one", instrument.price(of.price_one))
        .ratio("x_one", units(line.x_one, step))
        .time("time_two", of.time_two)
        .exact("price_two", instrument.price(of.price_two))
        .ratio("x_two", units(line.x_two, step))
        .ratio("delta", units(line.delta, step))
        .ratio("range", units(line.range, step))
        .ratio("obi_z", missing::ratio(line.obi_z));
    checks(record, flags);
}

//! How the figures become records.

use model::{
    DivergenceLine, Indicator, Interval, Kind, Lots, Nanos, Sink, SwingLine, Trust, missing,
    with_opening,
};

use super::bars::{Oscillation, Volume};
use super::divergence::Found;
use super::extremes::Extreme;
use crate::figures::{Bar, Voice};

/// A ratio that may be missing, as a word.
fn word(value: Option<f64>) -> u64 {
    value.unwrap_or(missing::RATIO).to_bits()
}

fn trust(dirty: bool, is_missing: bool) -> Trust {
    let trust = if dirty { Trust::CONTAMINATED } else { Trust::SOUND };
    if is_missing { trust.with(Trust::MISSING) } else { trust }
}

pub(super) fn oscillators<S: Sink>(
    voice: &mut Voice<'_, S>,
    interval: Interval,
    said: &Oscillation,
    unit: f64,
    (source, time_open): (u32, Nanos),
) {
    let trust = trust(said.dirty, said.rsi.is_none() && said.macd.is_none());
    let macd = said.macd;
    let values = [
        word(said.rsi),
        word(macd.map(|macd| macd.macd / unit)),
        word(macd.map(|macd| macd.signal / unit)),
        word(macd.map(|macd| macd.histogram() / unit)),
        with_opening(source, time_open),
    ];
    voice.say(Kind::OscillatorInsight, interval as u8, trust, values);
}

pub(super) fn atr<S: Sink>(
    voice: &mut Voice<'_, S>,
    bar: &Bar<'_>,
    atr: Option<f64>,
    range: Option<f64>,
    chosen: bool,
    dirty: bool,
) {
    let close = bar.line.close;
    let percent = atr.map(|atr| 100.0 * atr / super::sums::float(close.0));
    let last = with_opening(u32::from(chosen), bar.time);
    let values = [word(atr), word(range), word(percent), close.0.cast_unsigned(), last];
    voice.say(Kind::AtrInsight, bar.interval as u8, trust(dirty, atr.is_none()), values);
}

/// OBV with A/D, and the means.
pub(super) fn volume<S: Sink>(voice: &mut Voice<'_, S>, bar: &Bar<'_>, volume: &Volume, bars: u64) {
    let close = bar.line.close.0.cast_unsigned();
    let lots = bar.sums.volume().0.cast_unsigned();
    let bars = with_opening(u32::try_from(bars).unwrap_or(u32::MAX), bar.time);
    let values = [volume.obv.0.cast_unsigned(), volume.ad.to_bits(), bars, close, lots];
    let at = bar.interval as u8;
    voice.say(Kind::AccumulationInsight, at, trust(volume.sums_dirty, false), values);
    let moments = volume.moments;
    let values = [
        word(volume.ema),
        word(moments.map(|moments| moments.mean)),
        word(moments.map(|moments| moments.deviation)),
        close,
        bar.time.0,
    ];
    let none = volume.ema.is_none() && moments.is_none();
    voice.say(Kind::AverageInsight, at, trust(volume.means_dirty, none), values);
}

/// An extreme; confirmed by a trade at a time, or running.
pub(super) fn swing<S: Sink>(
    voice: &mut Voice<'_, S>,
    extreme: &Extreme,
    confirmed: Option<Nanos>,
) {
    let swing = &extreme.swing;
    let seen = &swing.seen;
    let trust = extreme.trust();
    let trust = if confirmed.is_none() { trust.with(Trust::PROVISIONAL) } else { trust };
    let values = [
        swing.price.0.cast_unsigned(),
        swing.time.0,
        confirmed.unwrap_or(Nanos::NONE).0,
        extreme.before.map_or(missing::WHOLE, |price| price.0).cast_unsigned(),
        extreme.flags().0,
    ];
    let line = SwingLine {
        rsi: seen.rsi,
        obi_z: seen.obi_z,
        cvd: if seen.cvd_stable { seen.cvd } else { Lots(missing::WHOLE) },
        interest: seen.interest,
        interest_change: seen.interest_change,
        price_same: extreme.same.map_or(model::Price(missing::WHOLE), |(price, _)| price),
        time_same: extreme.same.map_or(Nanos::NONE, |(_, time)| time),
        number: swing.number,
    };
    voice.tell(Kind::SwingInsight, 0, trust, values, &[line]);
}

/// A divergence found at the close of the bar that opened at `time_bar`.
pub(super) fn divergence<S: Sink>(
    voice: &mut Voice<'_, S>,
    interval: Interval,
    time_bar: Nanos,
    of: Indicator,
    found: &Found,
) {
    let turn = &found.turn;
    let values = [
        found.price_one.0.cast_unsigned(),
        found.time_one.0,
        turn.price.0.cast_unsigned(),
        turn.time.0,
        time_bar.0,
    ];
    let line = DivergenceLine {
        x_one: found.x_one,
        x_two: found.x_two,
        delta: found.delta,
        range: found.range.unwrap_or(missing::RATIO),
        obi_z: turn.obi_z,
        flags: turn.flags,
        number: turn.number,
        indicator: of as u8,
        classic: u8::from(of.is_classic()),
        running: u8::from(turn.running),
        reserved: [0; 5],
    };
    // The first extreme of the input could have been another.
    let trust = trust(found.dirty, false);
    let trust = if turn.number == 3 { trust.with(Trust::UNCOVERED) } else { trust };
    voice.tell(Kind::DivergenceInsight, interval as u8, trust, values, &[line]);
}

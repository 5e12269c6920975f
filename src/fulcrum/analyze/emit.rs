//! Figures to records, in the shapes that scripts rely on.

use std::io::{self, Write};

use engine::{Inline, Observer};
use model::{
    BarLine, BarSumsLine, BookState, Fine, Instrument, InstrumentId, Interval, LevelPrice, Lots,
    Nanos, Notional, Price, Shown, Side, Trust, Window,
};

use crate::cli::{Analyze, Emit};
use crate::intake::Account;
use crate::record::{Cell, Record, Style};

use super::show::Kept;

/// Columns of the book's levels.
const LEVEL: [&str; 2] = ["price", "lots"];

/// Bands of an average as records name them.
const BANDS: [(&str, i64); 6] = [
    ("lower_3", -3),
    ("lower_2", -2),
    ("lower_1", -1),
    ("upper_1", 1),
    ("upper_2", 2),
    ("upper_3", 3),
];

/// Writes records.
#[derive(Debug)]
pub(crate) struct Emitter<W> {
    record: Record,
    out: W,
    kinds: Vec<Emit>,
    windows: Vec<Window>,
    // Empty: every one that has an anchor.
    averages: Vec<Window>,
    // As the plan's `extra`.
    extra: Vec<(Window, i64)>,
    intervals: Vec<Interval>,
    depth: usize,
    // Figures that were asked for and have said nothing so far.
    silent: Vec<Emit>,
}

const fn state_text(state: BookState) -> &'static str {
    match state {
        BookState::Trusted => "trusted",
        BookState::Unsynced | BookState::Syncing => "untrusted",
    }
}

/// A price wherever it rests.
fn level_price(instrument: &Instrument, price: LevelPrice) -> Shown {
    match price {
        LevelPrice::Tick(price) => instrument.price(price),
        LevelPrice::Fine(fine) => Shown::fine(fine),
    }
}

/// Notional over volume, cut to eight decimals.
fn vwap(instrument: &Instrument, notional: Notional, volume: Lots) -> Option<Shown> {
    if volume.0 <= 0 {
        return None;
    }
    // Ticks × lots over lots are ticks; a tick is so many 10⁻⁸.
    let fine = notional.0 * i128::from(instrument.tick.0) / i128::from(volume.0);
    i64::try_from(fine).ok().map(|fine| Shown::fine(Fine(fine)))
}

impl<W: Write> Emitter<W> {
    pub(crate) fn new(record: Record, out: W, asked: &Analyze) -> Self {
        let mut kinds = Vec::new();
        for &kind in &asked.emit {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let silent = kinds.iter().copied().filter(|&kind| super::show::may_be_silent(kind));
        Self {
            record,
            out,
            silent: silent.collect(),
            kinds,
            windows: asked.windows(),
            averages: asked.window.clone(),
            extra: super::extra(asked),
            intervals: asked.bar_intervals(),
            depth: asked.depth,
        }
    }

    /// One record a kind, as things stand at `time`.
    pub(crate) fn records<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        time: Nanos,
    ) -> io::Result<()> {
        let Some(instrument) = inline.instruments().get(id) else { return Ok(()) };
        for at in 0..self.kinds.len() {
            match self.kinds[at] {
                Emit::Book => self.book(inline, id, instrument, time)?,
                Emit::Top => self.top(inline, id, instrument, time)?,
                Emit::Cvd => self.cvd(inline, id, instrument, time)?,
                Emit::Obi => self.obi(inline, id, instrument, time)?,
                Emit::Profile => self.profiles(inline, id, instrument, time)?,
                Emit::Avwap => self.averages(inline, id, instrument, time)?,
                Emit::Sizes => self.sizes(inline, id, instrument, time)?,
                // Bars come as they close, insights as they are said.
                _ => {}
            }
        }
        Ok(())
    }

    fn book<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let Some(book) = inline.book().book(id) else { return Ok(()) };
        let top = |side: Side| {
            let mut rows = Vec::with_capacity(self.depth.min(1000));
            book.top(side, self.depth, |price, lots| {
                rows.push([
                    Cell::exact(level_price(instrument, price)),
                    Cell::exact(instrument.lots(lots)),
                ]);
            });
            rows.into_iter()
        };
        let sides = [Side::Buy, Side::Sell];
        self.record
            .open("book")
            .exact("symbol", instrument.symbol)
            .time("time_venue", time)
            .number("update_id", book.update_id())
            .exact("state", state_text(book.state()))
            .rows("bids", LEVEL, top(Side::Buy))
            .rows("asks", LEVEL, top(Side::Sell))
            .numbers("levels", sides.map(|side| book.level_count(side)))
            .pair("lots", sides.map(|side| instrument.lots(book.lots(side))))
            .end(&mut self.out)
    }

    fn top<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let Some(book) = inline.book().book(id) else { return Ok(()) };
        // What an untrusted book holds is no market.
        let best = |side| match book.best(side).filter(|_| book.state() == BookState::Trusted) {
            Some((price, lots)) => {
                [instrument.price(price).to_string(), instrument.lots(lots).to_string()]
            }
            None => [String::new(), String::new()],
        };
        self.record
            .open("top")
            .exact("symbol", instrument.symbol)
            .time("time_venue", time)
            .number("update_id", book.update_id())
            .pair("bid", best(Side::Buy))
            .pair("ask", best(Side::Sell))
            .exact("state", state_text(book.state()))
            .end(&mut self.out)
    }

    fn cvd<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let cvd = inline.analytics().cvd(id);
        self.record
            .open("cvd")
            .exact("symbol", instrument.symbol)
            .time("time_venue", time)
            .exact("cvd", instrument.lots(cvd.value))
            .exact("min", instrument.lots(cvd.min))
            .exact("max", instrument.lots(cvd.max))
            .number("trades", cvd.trades)
            .exact("notional", instrument.notional(cvd.notional))
            .number("stable", cvd.stable)
            .end(&mut self.out)
    }

    /// CVD's parts, of the same trades as CVD.
    fn sizes<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let analytics = inline.analytics();
        let Some(sums) = analytics.sizes(id) else { return Ok(()) };
        let cvd = analytics.cvd(id);
        self.record.open("sizes").exact("symbol", instrument.symbol).time("time_venue", time);
        super::show::trust(&mut self.record, cvd.trust());
        self.record.number("trades", cvd.trades);
        super::show::sizes(&mut self.record, sums, instrument);
        self.record.end(&mut self.out)
    }

    fn obi<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let Some(obi) = inline.analytics().obi(id) else { return Ok(()) };
        let reading = obi.reading();
        let missing = reading.trust.has(Trust::MISSING);
        let lots = |lots| (!missing).then(|| instrument.lots(lots));
        self.record
            .open("obi")
            .exact("symbol", instrument.symbol)
            .time("time_venue", time)
            .ratio("obi", (!missing).then_some(reading.obi))
            .ratio("z", reading.z)
            .maybe("bid_lots", lots(reading.bid_depth))
            .maybe("ask_lots", lots(reading.ask_depth))
            .number("suppressed", reading.trust.has(Trust::SUPPRESSED))
            .number("contaminated", reading.trust.has(Trust::CONTAMINATED))
            .end(&mut self.out)
    }

    fn profiles<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let analytics = inline.analytics();
        for at in 0..self.windows.len() {
            let window = self.windows[at];
            let trust = analytics.trust(id, window).unwrap_or(Trust::SOUND);
            let idle = trust.has(Trust::MISSING);
            let steady = Window::STEADY.contains(&window);
            // An event that has not happened has no profile, not an empty one.
            if let Some(profile) = analytics.profile(id, window).filter(|_| steady || !idle) {
                self.profile(instrument, window, trust, profile, time)?;
            }
        }
        for at in 0..self.extra.len() {
            if let Some(profile) = analytics.extra(id, at) {
                let window = self.extra[at].0;
                let trust = analytics.trust(id, window).unwrap_or(Trust::SOUND);
                self.profile(instrument, window, trust, profile, time)?;
            }
        }
        Ok(())
    }

    /// Every average that has an anchor, of the windows that were asked for by name.
    fn averages<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
        instrument: &Instrument,
        time: Nanos,
    ) -> io::Result<()> {
        let analytics = inline.analytics();
        let Some(last) = analytics.last(id) else { return Ok(()) };
        #[expect(clippy::cast_precision_loss, reason = "a mean is no price on the grid")]
        let tick = instrument.tick.0 as f64 / Fine::ONE.0 as f64;
        for window in Window::ALL {
            if !self.averages.is_empty() && !self.averages.contains(&window) {
                continue;
            }
            let Some(anchored) = analytics.anchored(id, window) else { continue };
            let average = anchored.average;
            let price = |price: Price| instrument.price(price);
            let (percent, sigmas) = average.distance(last);
            self.record
                .open("avwap")
                .exact("symbol", instrument.symbol)
                .exact("anchor", window.text())
                .time("time_venue", time);
            super::show::trust(&mut self.record, anchored.trust);
            self.record
                .time("time_anchor", anchored.time)
                .exact("avwap", price(average.price()))
                .ratio("exact", Some(average.mean() * tick))
                .ratio("sigma", Some(average.sigma() * tick));
            for (name, sigmas) in BANDS {
                self.record.exact(name, price(average.band(sigmas)));
            }
            self.record
                .number("distance_ticks", (last - average.price()).0)
                .ratio("distance_percent", Some(percent))
                .ratio("distance_sigmas", sigmas)
                .end(&mut self.out)?;
        }
        Ok(())
    }

    fn profile(
        &mut self,
        instrument: &Instrument,
        window: Window,
        trust: Trust,
        profile: &analytics::Profile,
        time: Nanos,
    ) -> io::Result<()> {
        let price = |price: Price| instrument.price(price);
        let area = profile.value_area();
        let sum = |pick: fn((Price, Lots, Lots)) -> Lots| {
            let total = profile.bins().map(pick).fold(Lots(0), |sum, lots| sum + lots);
            instrument.lots(total)
        };
        self.record
            .open("profile")
            .exact("symbol", instrument.symbol)
            .exact("window", window.text())
            .time("time_venue", time);
        super::show::trust(&mut self.record, trust);
        self.record
            .number("bin_ticks", profile.bin_ticks())
            .maybe("poc", profile.poc().map(price))
            .maybe("vah", area.map(|(_, high)| price(high)))
            .maybe("val", area.map(|(low, _)| price(low)))
            .exact("volume", instrument.lots(profile.volume()))
            .exact("buy", sum(|(_, buys, _)| buys))
            .exact("sell", sum(|(_, _, sells)| sells))
            .rows(
                "bins",
                ["low", "buy", "sell"],
                profile.bins().map(|(low, buys, sells)| {
                    let [buys, sells] = [buys, sells].map(|lots| instrument.lots(lots));
                    [Cell::exact(price(low)), Cell::exact(buys), Cell::exact(sells)]
                }),
            )
            .end(&mut self.out)
    }

    /// Every bar that a bar line stands for: empty ones are joined there.
    pub(crate) fn bars(
        &mut self,
        instrument: &Instrument,
        bar: &BarLine,
        sums: &BarSumsLine,
        open: bool,
    ) -> io::Result<()> {
        for run in 0..bar.run {
            let length = bar.interval().length();
            let time = Nanos(bar.time_open.0.saturating_add(run.saturating_mul(length.0)));
            self.bar(instrument, time, bar, sums, open)?;
        }
        Ok(())
    }

    fn bar(
        &mut self,
        instrument: &Instrument,
        time: Nanos,
        bar: &BarLine,
        sums: &BarSumsLine,
        open: bool,
    ) -> io::Result<()> {
        let (price, lots) = (|price| instrument.price(price), |lots| instrument.lots(lots));
        let record = self
            .record
            .open("bars")
            .exact("symbol", instrument.symbol)
            .exact("interval", bar.interval().text())
            .time("time_venue", time)
            .exact("open", price(bar.open))
            .exact("high", price(bar.high))
            .exact("low", price(bar.low))
            .exact("close", price(bar.close))
            .exact("volume", lots(sums.volume()))
            .exact("buy", lots(sums.buys))
            .exact("sell", lots(sums.sells))
            .exact("delta", lots(sums.delta()))
            .exact("delta_min", lots(sums.delta_min))
            .exact("delta_max", lots(sums.delta_max))
            .number("trades", sums.trades)
            .number("fills", sums.fills)
            .exact("notional", instrument.notional(sums.notional))
            .maybe("vwap", vwap(instrument, sums.notional, sums.volume()))
            .flag("open_bar", open);
        record.end(&mut self.out)
    }

    /// What was asked for and never said.
    pub(crate) fn silent(&self) -> &[Emit] {
        &self.silent
    }

    /// An insight as a record.
    pub(crate) fn said(&mut self, instrument: &Instrument, kept: &Kept) -> io::Result<()> {
        if let Some(emit) = kept.write(instrument, &mut self.record) {
            if !self.silent.is_empty() {
                self.silent.retain(|&silent| silent != emit);
            }
            self.record.end(&mut self.out)?;
        }
        Ok(())
    }

    /// The bars that the end of the input finds open.
    pub(crate) fn open_bars<O: Observer>(
        &mut self,
        inline: &Inline<O>,
        id: InstrumentId,
    ) -> io::Result<()> {
        let (Some(instrument), Some(bars)) = (inline.instruments().get(id), inline.book().bars(id))
        else {
            return Ok(());
        };
        if !self.kinds.contains(&Emit::Bars) {
            return Ok(());
        }
        for at in 0..self.intervals.len() {
            if let Some((bar, sums)) = bars.open(self.intervals[at]) {
                self.bars(instrument, &bar, &sums, true)?;
            }
        }
        Ok(())
    }

    /// The last record: what became of the lines.
    pub(crate) fn account(&mut self, account: &Account) -> io::Result<()> {
        if self.record.style() == Style::Csv {
            // A table ends with its last row; what was refused is said on stderr.
            return self.out.flush();
        }
        self.record
            .open("input")
            .number("lines", account.lines)
            .counts("refused", account.refused.reasons())
            .end(&mut self.out)?;
        self.out.flush()
    }
}

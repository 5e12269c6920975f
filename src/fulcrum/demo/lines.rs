//! The demo where stdout is no terminal: a record an instrument and second.

use std::io::Write;
use std::time::{Duration, Instant};

use model::Side;

use super::{Watch, decided};
use crate::cli::Demo;
use crate::exit::{Exit, Stop};
use crate::live::{Engine, Picture, Times, View, Vitals};
use crate::record::{Record, Style};
use crate::signals::Signals;
use crate::simulated::Served;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

pub(super) fn show(
    engine: &Engine,
    served: &Served,
    asked: &Demo,
    signals: &Signals,
    out: &mut impl Write,
) -> Result<Exit, Stop> {
    let mut watch = Watch::new(engine, served, asked, signals);
    let mut record = Record::new(if asked.json { Style::Json } else { Style::Plain });
    let mut due = Instant::now() + Duration::from_secs(1);
    let mut before = 0;
    loop {
        if let Some(exit) = watch.over() {
            return Ok(exit);
        }
        if Instant::now() >= due {
            due += Duration::from_secs(1);
            let (view, vitals) = (engine.view(), engine.vitals());
            let frames = vitals.count("feed_frames_total");
            for picture in &view.instruments {
                one(&mut record, picture, &view, &vitals);
                record.number("frames_per_second", frames.saturating_sub(before));
                record.number("lag", engine.lag()).end(out)?;
            }
            out.flush()?;
            before = frames;
        }
        std::thread::sleep(LOOK);
    }
}

fn one(record: &mut Record, picture: &Picture, view: &View, vitals: &Vitals) {
    let grid = &picture.instrument;
    let price = |price| grid.price(price);
    let profile = picture.profile.as_ref();
    let area = profile.and_then(|profile| profile.area);
    record
        .open("live")
        .text("symbol", grid.symbol.text())
        .time("time_venue", picture.time_venue)
        .text("state", picture.state_text())
        .maybe("price", picture.last.map(|last| price(last.0)))
        .maybe("side", picture.last.map(|last| if last.1 == Side::Buy { "buy" } else { "sell" }))
        .maybe("bid", picture.best[0].map(price))
        .maybe("ask", picture.best[1].map(price))
        .maybe("poc", profile.and_then(|profile| profile.poc).map(price))
        .maybe("vah", area.map(|area| price(area.1)))
        .maybe("val", area.map(|area| price(area.0)))
        .exact("cvd", grid.lots(picture.cvd[0]))
        .ratio("obi", picture.obi.map(|obi| obi.0))
        .maybe("level_below", picture.near[0].map(|level| price(level.price)))
        .maybe("level_above", picture.near[1].map(|level| price(level.price)))
        .maybe("signal", picture.signal.as_ref().map(decided::signal))
        .maybe("trading", view.trading.as_ref().map(decided::trading))
        .number("trades", picture.trades)
        .number("sequence", view.sequence)
        .number("journal", vitals.count("journal_synced_sequence"))
        .number("faults", view.faults.values().sum::<u64>());
}

/// Times of a stretch, in nanoseconds.
pub(super) fn times<'a>(record: &'a mut Record, times: &Times) -> &'a mut Record {
    record
        .open("times")
        .text("stretch", times.role)
        .number("count", times.count)
        .number("p50_ns", times.p50)
        .number("p99_ns", times.p99)
        .number("p999_ns", times.p999)
        .number("max_ns", times.max)
}

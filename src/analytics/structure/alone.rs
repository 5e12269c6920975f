//! The group's calculators by themselves, over the day's minutes (a bar is a bar, and minutes
//! give the most); liquidation clusters over the imagined day, which has open interest.

use std::hint::black_box;
use std::rc::Rc;

use model::{Interval, Trust};

use super::blocks::Blocks;
use super::breaks::Breaks;
use super::candle::{Candle, Fact};
use super::clusters::{Clusters, Minute};
use super::gaps::Gaps;
use super::plan::StructurePlan;
use super::pools::Pools;
use super::sessions::{Sessions, killzones, killzones_next};
use super::swings::Swings;
use super::track::Track;
use crate::alone::{ClosedBar, Figure, Heard, Input, Moment, figure, figure_of};

/// Gaps, blocks and pools that are kept.
const SLOTS: usize = 64;
const MINUTE: &str = "closed minute";

/// Thrown away, but made.
fn silent() -> impl FnMut(Fact) {
    |fact| {
        black_box(fact);
    }
}

/// A bar with the swings that it makes known and the break that it is.
type Judged = (Candle, [Option<Fact>; 2], Option<Fact>);

pub(crate) fn figures(day: &Input, imagined: &Input) -> Vec<Figure> {
    let judged = judged(day);
    vec![
        figure("fair value gaps", MINUTE, &judged, || {
            let mut gaps = Gaps::new(SLOTS);
            move |(bar, ..): &Judged| gaps.close(bar, &mut silent())
        }),
        figure("swings of five bars a side", MINUTE, &judged, || {
            let mut swings = Swings::default();
            move |(bar, ..): &Judged| swings.close(bar)
        }),
        figure("BOS and CHoCH", MINUTE, &judged, || {
            let mut breaks = Breaks::default();
            move |(bar, swings, _): &Judged| {
                let broke = breaks.close(bar);
                swings.iter().flatten().for_each(|swing| breaks.learn(swing));
                broke
            }
        }),
        figure("order blocks", MINUTE, &judged, || {
            let mut blocks = Blocks::new(SLOTS);
            move |(bar, _, broke): &Judged| blocks.close(bar, broke.as_ref(), &mut silent())
        }),
        figure("pools and their sweeps", MINUTE, &judged, || {
            let mut pools = Pools::new(SLOTS);
            move |(bar, swings, _): &Judged| {
                pools.close(bar, &mut silent());
                swings.iter().flatten().for_each(|swing| pools.learn(swing, &mut silent()));
            }
        }),
        figure("extremes of days, weeks, sessions", MINUTE, &judged, || {
            let mut sessions = Sessions::default();
            let length = Interval::Minute1.length();
            move |(bar, ..): &Judged| sessions.close(bar, length, &mut silent())
        }),
        figure("killzones", "boundary asked for", &judged, || {
            |(bar, ..): &Judged| (killzones(bar.time), killzones_next(bar.time))
        }),
        touched(day),
        clusters(imagined),
    ]
}

fn candle(ClosedBar { line, .. }: &ClosedBar) -> Candle {
    let [open, high, low, close] = [line.open, line.high, line.low, line.close].map(|of| of.0);
    Candle { time: line.time_open, open, high, low, close, trust: Trust::SOUND }
}

fn judged(day: &Input) -> Rc<[Judged]> {
    let (mut swings, mut breaks) = (Swings::default(), Breaks::default());
    let judge = |bar: &ClosedBar| {
        let bar = candle(bar);
        let broke = breaks.close(&bar);
        let found = swings.close(&bar);
        found.iter().flatten().for_each(|swing| breaks.learn(swing));
        (bar, found, broke)
    };
    day.bars(Interval::Minute1).iter().map(judge).collect()
}

/// Gaps and blocks of 5 m bars between two comparisons a trade.
fn touched(day: &Input) -> Figure {
    let moments = day.moments(|of| of.is_trade() || of.is_bar(Interval::Minute5));
    let name = "gaps and blocks, touched and filled";
    figure_of(name, "trade", &moments, Moment::is_trade, || {
        let mut track = Track::new(Interval::Minute5, SLOTS);
        let mut edges = (i64::MIN, i64::MAX);
        move |moment: &Moment| match &moment.heard {
            Heard::Trade(print) => {
                let price = print.price.0;
                if price <= edges.0 || price >= edges.1 {
                    track.reach(price, price, Trust::SOUND, &mut silent());
                    edges = track.edges();
                }
            }
            Heard::Bar(bar) => {
                track.close(&candle(bar), &mut silent());
                edges = track.edges();
            }
            _ => {}
        }
    })
}

/// A minute: its marks, its polls, its close, the clusters read.
fn clusters(imagined: &Input) -> Figure {
    let is_minute = |of: &Moment| of.is_bar(Interval::Minute1);
    let moments = imagined.moments(|of| {
        matches!(of.heard, Heard::Mark(_) | Heard::Interest(_)) || of.is_bar(Interval::Minute1)
    });
    let tick = imagined.instrument.tick.0;
    figure_of("liquidation clusters", "minute of marks and polls", &moments, is_minute, move || {
        let mut clusters = Clusters::new(&StructurePlan::default().tiers);
        move |moment: &Moment| match &moment.heard {
            Heard::Mark(mark) => clusters.marked(mark.mark.0.div_euclid(tick)),
            Heard::Interest(lots) => clusters.interest(lots.0),
            Heard::Bar(bar) => {
                let ClosedBar { line, sums } = &**bar;
                clusters.close(&Minute {
                    notional: sums.notional.0,
                    lots: sums.volume().0,
                    close: line.close.0,
                    high: line.high.0,
                    low: line.low.0,
                });
                black_box(clusters.read());
            }
            _ => {}
        }
    })
}

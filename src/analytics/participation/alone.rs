//! The group's calculators by themselves, over the day's 5 m bars. A spot day has no book: delta
//! over volume stands for the flows of it, so that every formula is computed whole.

use std::rc::Rc;

use model::Interval;

use super::bars::{Bars, Closed};
use super::candle::Candle;
use super::clusters::{Cluster, Structure};
use super::effort::{Body, Flows, flow_quality, sign};
use super::frame::{Inputs, Reading, Timeframe};
use super::fusion::Vote;
use super::momentum::{Exhaustion, Momentum, Tiring, thins};
use super::reading::{delta_share, facts};
use super::rows::BarRows;
use super::urgency::{Parts, Pressure, x_factor};
use crate::Atr;
use crate::alone::{ClosedBar, Figure, Heard, Input, Moment, figure, figure_of};

/// Rows of 2^10 ticks, 0.024 % of the price.
const SHIFT: u32 = 10;
/// Bars of the histogram.
const SPAN: u64 = 96;
const OF: Interval = Interval::Minute5;
const BAR: &str = "closed bar";

/// A bar, what it is judged with, where it traded.
type Taken = (Closed, Inputs, BarRows);
/// What was said of a bar, with its clusters.
type Said = (Reading, Vec<Cluster>);

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let taken: Rc<[Taken]> = taken(day).into();
    let said = said(&taken);
    let mut all = vec![
        rows(day),
        histogram(&taken),
        gaussian(day),
        figure("a timeframe, all of it", BAR, &taken, || {
            let mut frame = Timeframe::new(OF, SPAN, false);
            let mut scratch = BarRows::new(SHIFT);
            move |(bar, inputs, rows): &Taken| {
                scratch.clone_from(rows);
                frame.close(*bar, inputs, &mut scratch, SHIFT, true);
                frame.finish()
            }
        }),
    ];
    all.extend(formulas(&said));
    all
}

fn rows(day: &Input) -> Figure {
    let moments = day.moments(|of| of.is_trade() || of.is_bar(OF));
    figure_of("tick histogram of the open bar", "trade", &moments, Moment::is_trade, || {
        let mut rows = BarRows::new(SHIFT);
        move |moment: &Moment| match &moment.heard {
            Heard::Trade(print) => rows.add(print.price.0, print.lots.0),
            _ => rows.clear(SHIFT),
        }
    })
}

fn histogram(taken: &Rc<[Taken]>) -> Figure {
    figure("histogram: a bar enters, one leaves", BAR, taken, || {
        let mut bars = Bars::new(OF.length(), SPAN);
        move |(bar, _, rows): &Taken| {
            let next = bars.next();
            (next.bar, next.wished) = (*bar, SHIFT);
            next.rows.clone_from(rows);
            bars.turn()
        }
    })
}

fn gaussian(day: &Input) -> Figure {
    figure("histogram of a candle alone (Gaussian)", BAR, &day.bars(OF), || {
        let mut rows = BarRows::new(SHIFT);
        move |ClosedBar { line, sums }: &ClosedBar| {
            let candle = Candle {
                open: line.open,
                high: line.high,
                low: line.low,
                close: line.close,
                volume: sums.volume(),
                buys: sums.buys,
                notional: sums.notional,
            };
            candle.lay(SHIFT, &mut rows);
        }
    })
}

fn formulas(said: &Rc<[Said]>) -> Vec<Figure> {
    let said_of =
        |name: &str, make: fn(&Said) -> Option<f64>| figure(name, BAR, said, move || make);
    vec![
        figure("clusters: weights, support, runway", BAR, said, || {
            let mut own = Vec::with_capacity(64);
            move |(reading, clusters): &Said| {
                own.clone_from(clusters);
                for cluster in &mut own {
                    cluster.measure(&reading.ground, reading.bin_ticks);
                }
                Structure::of(&own)
            }
        }),
        said_of("efficiency", |(reading, _)| Body::of(&reading.bar).efficiency()),
        said_of("flow quality", |(Reading { bar, inputs, .. }, _)| {
            let flows = Flows { delta: bar.delta.0, ofi: inputs.ofi, obi: inputs.obi };
            let alignment = flows.alignment(sign((bar.close - bar.open).0));
            flow_quality(alignment, delta_share(bar), [inputs.ofi_percentile, inputs.obi])
        }),
        said_of("momentum", |(reading, _)| {
            let moved = Some((reading.bar.close - reading.bar.open).0);
            Momentum::of(moved, reading.inputs.atr, reading.figures.momentum.slope, false).context
        }),
        said_of("exhaustion", |(Reading { bar, figures, .. }, _)| {
            let tiring = Tiring {
                fades: figures.momentum.context.map(|context| context < 0.8),
                thins: Some(thins(bar.volume.0, bar.delta.0)),
                wicks: Body::of(bar).is_wicked(),
                slows: Some(false),
            };
            Exhaustion::of(tiring, figures.momentum.slope?).map(|tired| tired.value)
        }),
        said_of("urgency", |(Reading { figures, .. }, _)| {
            let parts = Parts {
                expansion: figures.expansion,
                strength: figures.strength,
                intensity: figures.intensity,
                quality: figures.quality,
                momentum: figures.validated,
            };
            let urgency = parts.urgency()?;
            Some(f64::from(Pressure::of(urgency) as u8))
        }),
        said_of("X-factor", |(Reading { figures, .. }, _)| {
            let reached = |of: Option<f64>, least: f64| of.map(|of| of >= least);
            let met = x_factor([
                reached(figures.expansion, 0.65),
                reached(figures.efficiency, 0.35),
                reached(figures.pressure, 0.6),
                reached(figures.direction, 0.75),
                reached(figures.momentum.slope, 0.5),
            ]);
            met.map(f64::from)
        }),
        figure("fused word and vote", BAR, said, || {
            |(reading, _): &Said| {
                let facts = facts(&reading.bar, &reading.figures, &reading.structure);
                Vote::of(&facts, reading.confidence, None)
            }
        }),
    ]
}

/// Every 5 m bar with its rows and its ATR.
fn taken(day: &Input) -> Vec<Taken> {
    let (mut rows, mut atr, mut taken) = (BarRows::new(SHIFT), Atr::new(14), Vec::new());
    for moment in day.moments(|of| of.is_trade() || of.is_bar(OF)).iter() {
        match &moment.heard {
            Heard::Trade(print) => rows.add(print.price.0, print.lots.0),
            Heard::Bar(bar) => {
                let closed = closed(bar);
                taken.push((closed, inputs(&closed, &mut atr), rows.clone()));
                rows.clear(SHIFT);
            }
            _ => {}
        }
    }
    taken
}

fn closed(ClosedBar { line, sums }: &ClosedBar) -> Closed {
    Closed {
        time: line.time_open,
        open: line.open,
        high: line.high,
        low: line.low,
        close: line.close,
        volume: sums.volume(),
        delta: sums.delta(),
        ..Closed::default()
    }
}

#[expect(clippy::cast_precision_loss, reason = "prices < 2^48: exact")]
fn inputs(bar: &Closed, atr: &mut Atr) -> Inputs {
    let share = delta_share(bar);
    let [high, low, close] = [bar.high, bar.low, bar.close].map(|price| price.0 as f64);
    Inputs {
        ofi: share,
        ofi_percentile: share.map(f64::abs),
        obi: share,
        atr: atr.push(high, low, close).filter(|&atr| atr > 0.0),
        lambda: share.map(f64::abs),
        lambda_percentile: share.map(f64::abs),
        pace: Some(1.0),
        interest: None,
    }
}

/// What the timeframe says of each bar.
fn said(taken: &[Taken]) -> Rc<[Said]> {
    let mut frame = Timeframe::new(OF, SPAN, false);
    let say = |(bar, inputs, rows): &Taken| {
        frame.close(*bar, inputs, &mut rows.clone(), SHIFT, true);
        let reading = frame.finish()?;
        Some((reading, frame.found().kept().to_vec()))
    };
    taken.iter().filter_map(say).collect()
}

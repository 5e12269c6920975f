//! The group's calculators by themselves, over the tape and its bars.

use std::hint::black_box;
use std::rc::Rc;

use model::{Interval, Price};

use super::PrintsPlan;
use super::auction::{self, Baseline};
use super::footprint::Footprint;
use super::kyle::Kyle;
use super::markout::Markouts;
use super::pace::Pace;
use super::sizes::Sizes;
use super::volatility::Volatility;
use super::vpin::Vpin;
use crate::alone::{ClosedBar, Figure, Heard, Input, Moment, figure, figure_of};
use crate::figures::Print;

/// Numbers that one second can leave to the messages after it.
const STEPS: usize = 8;

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let plan = PrintsPlan::default();
    let (instrument, prints) = (day.instrument, day.prints());
    let mut all = vec![footprint(day, plan), absorption(day, plan)];
    all.push(figure("delta by size", "trade", &prints, move || {
        let mut sizes = Sizes::new(&instrument, plan.size_edges);
        move |print: &Print| sizes.add(print.price, print.side, print.lots)
    }));
    all.push(figure("Kyle's λ", "closed minute", &day.bars(Interval::Minute1), || {
        let mut kyle = Kyle::new(Interval::Minute1);
        move |bar: &ClosedBar| {
            let (close, delta) = (bar.line.close.0, bar.sums.delta().0);
            kyle.take(close, delta, false, bar.line.time_open)
        }
    }));
    all.push(vpin(&prints));
    all.extend(seconds(day));
    all.push(figure("markouts after 1, 10, 60 s", "trade", &prints, move || {
        let mut markouts = Markouts::new(plan.markout_slots);
        move |print: &Print| {
            markouts.add(print.time, print.price, print.side, print.lots);
            if markouts.is_due(print.time) {
                markouts.settle(print.time, |worth| {
                    black_box(worth);
                });
            }
            markouts.keep(print.time, Some(2 * print.price.0), true);
        }
    }));
    all
}

fn footprint(day: &Input, plan: PrintsPlan) -> Figure {
    let moments = day.moments(|moment| moment.is_trade() || moment.is_bar(Interval::Minute1));
    figure_of("footprint", "trade", &moments, Moment::is_trade, move || {
        let mut footprint = Footprint::new(plan.footprint_rows);
        move |moment: &Moment| match &moment.heard {
            Heard::Trade(print) => footprint.add(print.price, print.side, print.lots),
            _ => footprint.clear(),
        }
    })
}

/// Every closed minute's footprint, judged against the hour before.
fn absorption(day: &Input, plan: PrintsPlan) -> Figure {
    let mut open = Footprint::new(plan.footprint_rows);
    let mut closed: Vec<(Footprint, Price)> = Vec::new();
    for moment in day.moments(|of| of.is_trade() || of.is_bar(Interval::Minute1)).iter() {
        match &moment.heard {
            Heard::Trade(print) => open.add(print.price, print.side, print.lots),
            Heard::Bar(bar) if !open.is_empty() => {
                closed.push((open.clone(), bar.line.close));
                open.clear();
            }
            _ => {}
        }
    }
    let name = "absorption, stacks, unfinished auction";
    figure(name, "closed minute", &Rc::from(closed), move || {
        let mut baseline = Baseline::new();
        move |(footprint, close): &(Footprint, Price)| {
            let auction = auction::judge(footprint, *close, &baseline, &plan);
            baseline.push(footprint, false);
            auction
        }
    })
}

fn vpin(prints: &Rc<[Print]>) -> Figure {
    let daily = prints.iter().map(|print| print.lots.0).sum();
    figure("VPIN", "trade", prints, move || {
        let mut vpin = Vpin::new(daily);
        move |print: &Print| vpin.add(print.side, print.lots).then(|| vpin.value())
    })
}

fn seconds(day: &Input) -> [Figure; 2] {
    let bars = day.bars(Interval::Second1);
    let volatility = figure("realised volatility, 3 windows", "closed second", &bars, || {
        let mut volatility = Volatility::new();
        move |bar: &ClosedBar| {
            let first = bar.line.time_open.after(Interval::Second1.length());
            volatility.take((first, bar.bar().end()), bar.line.close.0, false);
            [0, 1, 2].map(|window| volatility.read(window))
        }
    });
    let speed = figure("tape speed with its ranks", "closed second", &bars, || {
        let mut pace = Pace::new();
        move |bar: &ClosedBar| {
            let first = bar.line.time_open.after(Interval::Second1.length());
            let trades = i64::try_from(bar.sums.trades).unwrap_or(i64::MAX >> 8);
            let reading = if trades == 0 {
                pace.empty(first, bar.line.run, false)
            } else {
                pace.second(first, trades, bar.sums.volume().0, false)
            };
            (0..STEPS).for_each(|_| pace.work());
            reading
        }
    });
    [volatility, speed]
}

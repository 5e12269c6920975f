//! The group's calculators by themselves, over closed minutes; the swings over every trade.

use std::rc::Rc;

use model::{Interval, Lots, Nanos, Price, missing};

use super::IndicatorPlan;
use super::divergence::{Delta, Series, TURNS_MAX, Turns};
use super::extremes::{Extremes, Seen};
use super::filters::{Atr, Ema, Macd, Rsi};
use super::sums::{AccumulationDistribution, Obv, Rolling, float};
use crate::Cvd;
use crate::alone::{ClosedBar, Figure, Heard, Input, Moment, figure};

pub(crate) fn figures(day: &Input) -> Vec<Figure> {
    let plan = IndicatorPlan::default();
    let minutes = day.bars(Interval::Minute1);
    let minute = "closed minute";
    let close = |bar: &ClosedBar| float(bar.line.close.0);
    vec![
        figure("RSI", minute, &minutes, move || {
            let mut rsi = Rsi::new(plan.rsi_bars);
            move |bar: &ClosedBar| rsi.push(close(bar))
        }),
        figure("MACD", minute, &minutes, move || {
            let mut macd =
                Macd::new(plan.macd_fast_bars, plan.macd_slow_bars, plan.macd_signal_bars);
            move |bar: &ClosedBar| macd.push(close(bar))
        }),
        figure("OBV", minute, &minutes, || {
            let mut obv = Obv::default();
            move |bar: &ClosedBar| obv.push(bar.line.close, bar.sums.volume())
        }),
        figure("accumulation/distribution", minute, &minutes, || {
            let mut sum = AccumulationDistribution::default();
            move |ClosedBar { line, sums }: &ClosedBar| {
                sum.push(line.high, line.low, line.close, sums.volume())
            }
        }),
        figure("ATR", minute, &minutes, move || {
            let mut atr = Atr::new(plan.atr_bars);
            move |ClosedBar { line, .. }: &ClosedBar| {
                atr.push(float(line.high.0), float(line.low.0), float(line.close.0))
            }
        }),
        figure("EMA", minute, &minutes, move || {
            let mut ema = Ema::new(plan.ema_bars);
            move |bar: &ClosedBar| ema.push(close(bar))
        }),
        figure("rolling mean and deviation", minute, &minutes, move || {
            let mut rolling = Rolling::new(plan.rolling_bars);
            move |bar: &ClosedBar| rolling.push(bar.line.close)
        }),
        swings(day, plan),
        divergences(day, plan),
    ]
}

/// A trade with the delta after it.
type Traded = (Moment, Price, Lots);

fn traded(day: &Input) -> Rc<[Traded]> {
    let mut cvd = Cvd::ZERO;
    let with_delta = |moment: &Moment| {
        let Heard::Trade(print) = moment.heard else { return None };
        cvd.add(print.price, print.side, print.lots);
        Some((moment.clone(), print.price, cvd.value))
    };
    day.moments(Moment::is_trade).iter().filter_map(with_delta).collect()
}

fn hear(extremes: &mut Extremes, (moment, price, cvd): &Traded) {
    if extremes.hear(*price, *cvd) {
        let (now, trades) = (moment.now(), extremes.trades());
        let seen =
            Seen { cvd: *cvd, ..Seen::new(&now, [None; 2], missing::RATIO, trades, Nanos(1)) };
        extremes.take(*price, moment.time, seen);
    }
}

fn swings(day: &Input, plan: IndicatorPlan) -> Figure {
    figure("swings (ZigZag)", "trade", &traded(day), move || {
        let mut extremes = Extremes::new(plan.swing_bp);
        move |trade: &Traded| hear(&mut extremes, trade)
    })
}

/// RSI at the extremes of every closed minute.
fn divergences(day: &Input, plan: IndicatorPlan) -> Figure {
    let mut extremes = Extremes::new(plan.swing_bp);
    let (mut since, mut closed) = (0, Vec::new());
    let traded = traded(day);
    let (mut rsi, mut trades) = (Rsi::new(plan.rsi_bars), traded.iter().peekable());
    for bar in day.bars(Interval::Minute1).iter() {
        let end = bar.bar().end();
        while let Some(trade) = trades.next_if(|(moment, ..)| moment.time < end) {
            hear(&mut extremes, trade);
        }
        closed.push((rsi.push(float(bar.line.close.0)), extremes.turns(since)));
        since = extremes.trades();
    }
    let closed: Rc<[(Option<f64>, Turns)]> = closed.into();
    figure("divergences of one indicator", "closed minute", &closed, move || {
        let delta = Delta::Tenths(plan.divergence_rsi_tenths);
        let mut series = Series::new(delta, plan.divergence_bp, plan.sync_bars);
        move |(x, turns): &(Option<f64>, Turns)| {
            series.push(*x, false);
            let mut found = [false; TURNS_MAX];
            for (found, turn) in found.iter_mut().zip(turns) {
                *found = turn.is_some_and(|turn| series.judge(turn).is_some());
            }
            found
        }
    })
}

//! Warm-up, contamination, restart and the choice between mark and trades, through the stage.

use model::{
    AccumulationInsight, AtrInsight, AverageInsight, DivergenceLine, Flags, Interval, Kind, MINUTE,
    OscillatorInsight, SwingInsight, SwingLine, Trust, missing,
};

use super::feed::{Feed, START};
use crate::{IndicatorPlan, Plan, RsiPrice};

/// A close that goes up and down.
fn close(at: u64) -> i64 {
    600_000 + i64::try_from((at * 7_919) % 1_009).expect("small")
}

#[test]
fn each_figure_is_missing_until_its_minimum() {
    let mut feed = Feed::new(Plan::default());
    for at in 0..40 {
        feed.mark_bar(Interval::Minute1, at, close(at) * 10_000_000 + 1, false);
        feed.bar(Interval::Minute1, at, close(at), false);
    }
    let first = |has: &dyn Fn(usize) -> bool| (0..40).find(|&at| has(at)).expect("at some bar");
    let oscillators = feed.of(Kind::OscillatorInsight);
    let of = |at: usize| oscillators[at].0.view::<OscillatorInsight>();
    assert_eq!(oscillators.len(), 40);
    assert_eq!(first(&|at| !of(at).rsi.is_nan()), 14);
    assert_eq!(first(&|at| !of(at).macd.is_nan()), 33);
    assert!((0..40).all(|at| of(at).macd.is_nan() == of(at).histogram.is_nan()));
    assert!((0..40).all(|at| of(at).trust.has(Trust::MISSING) == (at < 14)), "by trust");
    assert!((0..40).all(|at| of(at).source == 0), "the mark price");
    let ranges = feed.of(Kind::AtrInsight);
    let of = |at: usize| ranges[at].0.view::<AtrInsight>();
    assert_eq!(
        (first(&|at| !of(at).true_range.is_nan()), first(&|at| !of(at).atr.is_nan())),
        (1, 14)
    );
    let means = feed.of(Kind::AverageInsight);
    let of = |at: usize| means[at].0.view::<AverageInsight>();
    assert_eq!((first(&|at| !of(at).ema.is_nan()), first(&|at| !of(at).mean.is_nan())), (19, 19));
    // RSI of a price that never moves: 0/0.
    let mut feed = Feed::new(Plan::default());
    for at in 0..40 {
        feed.mark_bar(Interval::Minute1, at, 6_000_000_000_000, false);
    }
    assert!(
        feed.of(Kind::OscillatorInsight)
            .iter()
            .all(|(insight, _)| { insight.view::<OscillatorInsight>().rsi.is_nan() })
    );
}

#[test]
fn an_unstable_bar_contaminates_as_long_as_stated() {
    let mut feed = Feed::new(Plan::default());
    for at in 0..150 {
        feed.mark_bar(Interval::Minute1, at, close(at) * 10_000_000, at == 50);
        feed.bar(Interval::Minute1, at, close(at), at == 40);
        feed.bar(Interval::Minute5, at, close(at), at == 30);
    }
    let dirty = |kind, interval: Interval| -> Vec<usize> {
        let all = feed.of(kind);
        let mut of = all.iter().filter(|(insight, _)| insight.window == interval as u8);
        let bits: Vec<bool> =
            of.by_ref().map(|(insight, _)| insight.trust.has(Trust::CONTAMINATED)).collect();
        (0..bits.len()).filter(|&at| bits[at]).collect()
    };
    let minute = Interval::Minute1;
    assert_eq!(dirty(Kind::OscillatorInsight, minute), (50..114).collect::<Vec<_>>());
    assert_eq!(dirty(Kind::AverageInsight, minute), (40..104).collect::<Vec<_>>());
    assert_eq!(dirty(Kind::AtrInsight, minute), (40..104).collect::<Vec<_>>());
    assert_eq!(dirty(Kind::AtrInsight, Interval::Minute5), (30..94).collect::<Vec<_>>());
    assert_eq!(dirty(Kind::AccumulationInsight, minute), (40..150).collect::<Vec<_>>());
}

#[test]
fn a_jump_restarts_everything() {
    let mut feed = Feed::new(Plan::default());
    for at in 0..30 {
        feed.bar(Interval::Minute1, at, close(at), at == 3);
    }
    feed.jump(100);
    feed.said.clear();
    feed.bar(Interval::Minute1, 100, close(0), false);
    let sums = feed.of(Kind::AccumulationInsight)[0].0;
    assert_eq!(sums.view::<AccumulationInsight>().bars, 1);
    assert_eq!(sums.view::<AccumulationInsight>().obv.0, 8);
    assert_eq!(sums.trust, Trust::SOUND, "OBV begins anew");
    assert!(feed.of(Kind::OscillatorInsight)[0].0.trust.has(Trust::MISSING));
    assert!(feed.of(Kind::AtrInsight)[0].0.trust.has(Trust::MISSING));
}

#[test]
fn rsi_is_of_trades_where_no_mark_came_and_begins_anew_with_one() {
    let source = |feed: &Feed| -> Vec<(u32, bool)> {
        let all = feed.of(Kind::OscillatorInsight);
        let of = all.iter().map(|(insight, _)| insight.view::<OscillatorInsight>());
        of.map(|said| (said.source, said.rsi.is_nan())).collect()
    };
    let mut feed = Feed::new(Plan::default());
    for at in 0..20 {
        feed.bar(Interval::Minute1, at, close(at), false);
    }
    assert_eq!(source(&feed)[13..16], [(1, true), (1, false), (1, false)]);
    feed.said.clear();
    for at in 20..36 {
        feed.mark_bar(Interval::Minute1, at, close(at) * 10_000_000, false);
        feed.bar(Interval::Minute1, at, close(at), false);
    }
    let got = source(&feed);
    assert_eq!(got.len(), 16, "one a minute");
    assert!(got.iter().enumerate().all(|(at, &said)| said == (0, at < 14)));
    // A second of marks before the first minute ends is enough.
    let mut feed = Feed::new(Plan::default());
    feed.mark_bar(Interval::Second1, 30, close(0) * 10_000_000, false);
    feed.bar(Interval::Minute1, 0, close(0), false);
    assert_eq!(source(&feed), []);
    // The plan's word stands whatever comes.
    let indicators = IndicatorPlan { rsi_price: RsiPrice::Trade, ..IndicatorPlan::default() };
    let mut feed = Feed::new(Plan { indicators, ..Plan::default() });
    feed.mark_bar(Interval::Minute1, 0, close(0) * 10_000_000, false);
    feed.bar(Interval::Minute1, 0, close(0), false);
    assert_eq!(source(&feed), [(2, true)]);
}

/// Up 2 %, down 1 %, then higher on selling: the price makes a higher high, CVD a lower one.
fn diverge(hole: bool) -> Feed {
    let mut feed = Feed::new(Plan::default());
    let mut price = 600_000_i64;
    let mut time = START;
    for at in 0..60_u64 {
        let (step, lots) = match at {
            0..20 => (600, 9),
            20..30 => (-600, -9),
            _ => (400, -5),
        };
        for trade in 0..5 {
            price += step / 5;
            time = START + at * MINUTE.0 + trade;
            let flags = if hole && (at, trade) == (35, 2) { Flags::GAP } else { Flags::default() };
            feed.trade(time, price, lots, flags);
        }
        feed.bar(Interval::Minute1, at, price, hole && at == 35);
    }
    feed.trade(time + MINUTE.0, price - 6_000, 1, Flags::default());
    feed
}

#[test]
fn a_higher_high_on_selling_diverges_from_the_delta() {
    let feed = diverge(false);
    let swings = feed.of(Kind::SwingInsight);
    let confirmed: Vec<_> = swings
        .iter()
        .filter(|(insight, _)| !insight.trust.has(Trust::PROVISIONAL))
        .map(|(insight, body)| (insight.view::<SwingInsight>(), body[0].view::<SwingLine>()))
        .collect();
    let prices: Vec<i64> = confirmed.iter().map(|(swing, _)| swing.price.0).collect();
    assert_eq!(prices, [600_120, 612_000, 606_000, 618_000]);
    let (last, line) = confirmed[3];
    assert_eq!((line.price_same.0, line.cvd.0), (612_000, 100 * 9 - 50 * 9 - 150 * 5));
    assert_eq!(last.price_before.0, 606_000);
    assert_eq!(line.interest.0, missing::WHOLE);
    assert!(confirmed[0].0.trust.has(Trust::UNCOVERED) && confirmed[3].0.trust == Trust::SOUND);
    let all = feed.of(Kind::DivergenceInsight);
    let cvd: Vec<_> = all
        .iter()
        .map(|(insight, body)| (insight, body[0].view::<DivergenceLine>()))
        .filter(|(_, line)| line.indicator == 1)
        .collect();
    // From 612 000 on by 5 bp the running high is one, at the close of every minute: 45 … 59.
    assert_eq!(cvd.len(), 15);
    let (head, line) = cvd[14];
    assert_eq!((line.x_one, line.running, line.number), (900.0, 1, 4));
    // The highest of six minutes that end with the last: 25 lots a minute are sold.
    assert_eq!(line.x_two, -300.0 + 5.0 * 25.0);
    assert_eq!((line.range, line.delta), (1_200.0, 120.0));
    assert_eq!(head.trust, Trust::SOUND);
    assert!(all.iter().all(|(_, body)| {
        let line = body[0].view::<DivergenceLine>();
        (line.classic == 1) == (line.indicator > 1)
    }));
}

#[test]
fn a_hole_between_the_highs_contaminates_the_divergence_and_its_swings() {
    let feed = diverge(true);
    let all = feed.of(Kind::DivergenceInsight);
    assert!(all.iter().any(|(_, body)| body[0].view::<DivergenceLine>().indicator == 1));
    assert!(all.iter().all(|(insight, _)| insight.trust.has(Trust::CONTAMINATED)));
    let swings = feed.of(Kind::SwingInsight);
    let dirty: Vec<bool> = swings
        .iter()
        .filter(|(insight, _)| !insight.trust.has(Trust::PROVISIONAL))
        .map(|(insight, _)| insight.trust.has(Trust::CONTAMINATED))
        .collect();
    // The low ran at the hole: it is confirmed one minute later.
    assert_eq!(dirty, [false, false, true, true]);
}

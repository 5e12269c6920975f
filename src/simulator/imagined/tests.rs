//! What an imagined market promises: a whole chain, no memory where it is driftless, and turns
//! where it planted them.

use model::{
    DAY, Digest, Draft, HOUR, Kind, Level, LevelPrice, Line, Nanos, QuoteLine, Side, TradeLine,
};

use super::{Imagined, ImaginedPlan, Meeting, Temper};

const PLANTED: Temper = Temper::Planted { share: 0.6 };

fn market(seed: u64, days: u32, temper: Temper) -> Imagined {
    Imagined::new(seed, ImaginedPlan::btcusdt(days, temper))
}

/// Every message of a market up to an instant after its start.
fn each(mut market: Imagined, span: Nanos, mut take: impl FnMut(&Draft)) -> Imagined {
    let end = market.plan().time_start.after(span);
    let mut draft = Draft::default();
    while market.draw(&mut draft) && draft.head.time_event < end {
        take(&draft);
    }
    market
}

#[test]
fn ids_are_in_chain_and_times_ascend() {
    let (mut trade, mut fill, mut update, mut time) = (0, 0, None, Nanos(0));
    let mut kinds = std::collections::BTreeMap::new();
    each(market(1, 1, PLANTED), Nanos(2 * HOUR.0), |draft| {
        let head = &draft.head;
        assert!(time < head.time_local, "{head:?}");
        time = head.time_local;
        *kinds.entry(head.kind).or_insert(0) += 1;
        match head.kind() {
            Some(Kind::Trade) => {
                let line: &TradeLine = draft.message().body.view(0).expect("a line");
                assert_eq!((head.id, line.first), (trade + 1, fill + 1));
                assert!(line.lots.0 > 0 && line.first <= line.last);
                (trade, fill) = (head.id, line.last);
            }
            Some(Kind::Depth) => {
                assert!(update.is_none_or(|update| update == head.id_prev));
                assert_eq!(head.id_first(), head.id_prev + 1);
                update = Some(head.id);
            }
            // A snapshot is of the last update: what follows leads on from it.
            Some(Kind::Snapshot) => assert_eq!(update, Some(head.id)),
            _ => {}
        }
    });
    let count = |kind: Kind| kinds.get(&(kind as u16)).copied().unwrap_or(0);
    assert_eq!(
        [count(Kind::Depth), count(Kind::Quote), count(Kind::Mark)],
        [14_400, 14_400, 7_200]
    );
    assert_eq!([count(Kind::Snapshot), count(Kind::OpenInterest)], [120, 480]);
    // 1 to 5 a second.
    assert!((7_200..36_000).contains(&count(Kind::Trade)), "{kinds:?}");
}

#[test]
fn trades_print_at_the_best_of_a_book_that_is_one_tick_wide() {
    let mut book = [std::collections::BTreeMap::new(), std::collections::BTreeMap::new()];
    let (mut wide, mut quotes) = (0, 0);
    each(market(2, 1, Temper::Driftless), HOUR, |draft| {
        let best = (book[0].last_key_value(), book[1].first_key_value());
        let best = |side| if side == Side::Buy { best.1 } else { best.0 };
        match draft.head.kind() {
            Some(Kind::Depth) => {
                for level in draft.body().iter().flat_map(Level::all) {
                    let LevelPrice::Tick(price) = level.price else { panic!("on the grid") };
                    let half = &mut book[usize::from(level.side == Side::Sell)];
                    match level.lots.0 {
                        0 => drop(half.remove(&price)),
                        lots => drop(half.insert(price, lots)),
                    }
                }
            }
            Some(Kind::Trade) => {
                let line: &TradeLine = draft.message().body.view(0).expect("a line");
                assert_eq!(best(line.side()).map(|(price, _)| *price), Some(line.price));
            }
            Some(Kind::Quote) => {
                let line: &QuoteLine = draft.message().body.view(0).expect("a line");
                assert_eq!(best(Side::Sell), Some((&line.bid, &line.bid_lots.0)));
                assert_eq!(best(Side::Buy), Some((&line.ask, &line.ask_lots.0)));
                quotes += 1;
                wide += u32::from((line.ask - line.bid).0 > 1);
            }
            _ => {}
        }
    });
    assert!(0 < wide && wide * 10 < quotes, "{wide} of {quotes}");
}

#[test]
fn one_seed_is_one_market() {
    let digest = |seed, temper| {
        let mut digest = Digest::default();
        each(market(seed, 1, temper), Nanos(HOUR.0 / 4), |draft| {
            digest.line(&Line::of(draft.head));
            draft.body().iter().for_each(|line| digest.line(line));
        });
        digest
    };
    for temper in [Temper::Driftless, PLANTED] {
        assert_eq!(digest(7, temper), digest(7, temper));
        assert_ne!(digest(7, temper), digest(8, temper));
    }
}

/// What a step looks like from outside: where the quote stands and what was seen before the next.
#[derive(Clone, Copy)]
struct Step {
    mid_doubled: i64,
    imbalance: f64,
    /// Buys less sells, counted.
    delta: i64,
}

fn steps(market: Imagined, span: Nanos) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    each(market, span, |draft| match draft.head.kind() {
        Some(Kind::Quote) => {
            let line: &QuoteLine = draft.message().body.view(0).expect("a line");
            let (bid, ask) = (line.bid_lots.0 as f64, line.ask_lots.0 as f64);
            let mid_doubled = line.bid.0 + line.ask.0;
            steps.push(Step { mid_doubled, imbalance: (bid - ask) / (bid + ask), delta: 0 });
        }
        Some(Kind::Trade) => {
            let line: &TradeLine = draft.message().body.view(0).expect("a line");
            let last = steps.last_mut().expect("quotes come first");
            last.delta += line.side().sign();
        }
        _ => {}
    });
    steps
}

/// Correlation of two series.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = pairs.clone().count() as f64;
    let (sx, sy) = pairs.clone().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mx, my) = (sx / n, sy / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        (xx, yy) = (xx + (x - mx).powi(2), yy + (y - my).powi(2));
        xy += (x - mx) * (y - my);
    }
    xy / (xx * yy).sqrt()
}

#[test]
fn nothing_that_was_seen_foretells_a_driftless_move() {
    let mut moves = Vec::new();
    let mut seen = Vec::new();
    let mut ranges = Vec::new();
    for seed in 0..4 {
        let steps = steps(market(seed, 1, Temper::Driftless), DAY);
        assert_eq!(steps.len(), 172_800);
        let mids = steps.iter().map(|step| step.mid_doubled);
        let (low, high) = (mids.clone().min().expect("some"), mids.max().expect("some"));
        ranges.push((high - low) as f64 / 1_200_000.0);
        moves.extend(
            steps.windows(2).map(|pair| (pair[1].mid_doubled - pair[0].mid_doubled) as f64),
        );
        seen.extend(
            steps[..steps.len() - 1].iter().map(|step| (step.imbalance, step.delta as f64)),
        );
    }
    let n = moves.len() as f64;
    let mean = moves.iter().sum::<f64>() / n;
    let deviation = (moves.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    // Four deviations of chance each: with these seeds it holds for good.
    let beyond = 4.0 / n.sqrt();
    assert!((mean / deviation).abs() < beyond, "mean {mean}, deviation {deviation}");
    for lag in [1, 2, 3, 5, 20, 120] {
        let pairs = moves.iter().copied().zip(moves[lag..].iter().copied());
        let found = correlation(pairs);
        assert!(found.abs() < beyond, "lag {lag}: {found}");
    }
    let by_imbalance = correlation(seen.iter().map(|seen| seen.0).zip(moves.iter().copied()));
    let by_delta = correlation(seen.iter().map(|seen| seen.1).zip(moves.iter().copied()));
    assert!(by_imbalance.abs() < beyond && by_delta.abs() < beyond, "{by_imbalance} {by_delta}");
    // What has moved is followed by flow: otherwise there would be nothing to be fooled by.
    let after = correlation(moves.iter().copied().zip(seen[1..].iter().map(|seen| seen.1)));
    assert!(after > 0.05, "{after}");
    // A day's range is a few percent.
    assert!(ranges.iter().all(|range| (0.008..0.09).contains(range)), "{ranges:?}");
}

fn meetings(seeds: u64, days: u32, share: f64) -> Vec<Meeting> {
    let mut all = Vec::new();
    for seed in 0..seeds {
        let plan = Temper::Planted { share };
        let days_span = Nanos(DAY.0 * u64::from(days));
        let end = each(market(seed, days, plan), days_span, |_| {});
        all.extend_from_slice(end.meetings());
    }
    all
}

#[test]
fn turns_are_as_frequent_as_was_planted_and_stand_at_their_levels() {
    for (share, seeds) in [(0.0, 1), (0.6, 4), (1.0, 1)] {
        let all = meetings(seeds, 4, share);
        let (n, turned) = (all.len() as f64, all.iter().filter(|met| met.turned).count() as f64);
        let chance = 3.5 * (n * share * (1.0 - share)).sqrt();
        assert!((turned - n * share).abs() <= chance, "{turned} of {n}");
        // Three days of levels each.
        assert!(n >= 6.0 * seeds as f64, "{n} meetings");
        for met in &all {
            let beyond = met.side.sign() * (met.level - met.price).0;
            let bp = beyond as f64 / met.level.0 as f64 * 10_000.0;
            if met.turned {
                assert!((-6.0..15.0).contains(&bp), "{met:?}: {bp} bp beyond");
            }
        }
    }
}

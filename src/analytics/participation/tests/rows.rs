//! Rows, candles and histograms against plain recomputes.

use std::collections::BTreeMap;

use model::{Interval, Lots, MINUTE, Nanos, Notional, Price};
use proptest::prelude::{Strategy, prop, prop_assert_eq, proptest};

use crate::participation::candle::Candle;
use crate::participation::frame::{Closed, Inputs, Timeframe};
use crate::participation::histogram::Moments;
use crate::participation::rows::{BAR_ROWS, BarRows};

fn all(rows: &BarRows, shift: u32) -> BTreeMap<i64, i64> {
    let mut all = BTreeMap::new();
    rows.each(shift, |row, lots| *all.entry(row).or_default() += lots);
    all
}

/// A bar that is remembered: number, its shift, its rows at the wide shift, that shift, its volume.
type Kept = (u64, u32, BTreeMap<i64, i64>, i64, i64);

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// Whatever is traded where: no lot is lost, each lies in its row, and a bar that had too many
    /// rows says so by wider ones.
    #[test]
    fn rows_hold_every_lot(
        trades in prop::collection::vec((600_000..600_000 + 40_000_i64, 1..50_i64), 1..200),
        shift in 4..9_u32,
    ) {
        let mut rows = BarRows::new(shift);
        for &(price, lots) in &trades {
            rows.add(price, lots);
        }
        let (mut want, width) = (BTreeMap::new(), rows.shift());
        for &(price, lots) in &trades {
            *want.entry(price >> width).or_insert(0) += lots;
        }
        prop_assert_eq!(all(&rows, width), want.clone());
        let (first, last) = rows.range().expect("trades");
        prop_assert_eq!((first, last), (*want.keys().next().unwrap(), *want.keys().last().unwrap()));
        assert!(last - first < i64::try_from(BAR_ROWS).expect("small"));
        // One step finer would not have fitted.
        let finest = |shift: u32| {
            let prices = trades.iter().map(|trade| trade.0 >> shift);
            prices.clone().max().unwrap() - prices.min().unwrap()
        };
        assert!(width == shift || finest(width - 1) >= i64::try_from(BAR_ROWS).expect("small"));
        // Spread over narrower rows, or gathered in wider ones, it is the same volume, and `at`
        // says what `each` gives.
        for other in [width - 1, width, width + 2] {
            let spread = all(&rows, other);
            prop_assert_eq!(spread.values().sum::<i64>(), trades.iter().map(|t| t.1).sum::<i64>());
            let (low, high) = rows.range_at(other).expect("trades");
            for row in low - 1..=high + 1 {
                prop_assert_eq!(rows.at(other, row), spread.get(&row).copied().unwrap_or(0));
            }
        }
    }

    /// Three bars one after the other are the longer bar.
    #[test]
    fn merged_rows_are_those_of_the_longer_bar(
        parts in prop::collection::vec(
            prop::collection::vec((600_000..620_000_i64, 1..50_i64), 0..60), 3),
    ) {
        let (mut merged, mut whole) = (BarRows::new(7), BarRows::new(7));
        for part in &parts {
            let mut rows = BarRows::new(7);
            for &(price, lots) in part {
                rows.add(price, lots);
                whole.add(price, lots);
            }
            merged.merge(&rows);
        }
        prop_assert_eq!(all(&merged, merged.shift()), all(&whole, merged.shift()));
    }

    /// A candle's bell holds its volume to the lot, inside its range.
    #[test]
    fn a_candle_is_laid_out_to_the_lot(
        low in 1..2_000_000_i64, up in 0..60_000_i64, o in 0.0..1.0, c in 0.0..1.0,
        at in 0.0..1.0, volume in 0..1_000_000_000_i64, shift in 0..9_u32,
    ) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a test")]
        let part = |share: f64| low + (up as f64 * share) as i64;
        let candle = Candle {
            open: Price(part(o)), close: Price(part(c)), low: Price(low), high: Price(low + up),
            volume: Lots(volume), buys: Lots(volume / 3),
            notional: Notional(i128::from(part(at)) * i128::from(volume)),
        };
        let mut rows = BarRows::new(0);
        candle.lay(shift, &mut rows);
        let laid = all(&rows, rows.shift());
        prop_assert_eq!(laid.values().sum::<i64>(), volume);
        let width = rows.shift();
        let inside = |row: &i64| (low >> width..=(low + up) >> width).contains(row);
        assert!(laid.keys().all(inside) && laid.values().all(|&lots| lots > 0));
    }

    /// The histogram after every bar is the sum of the last 24, whatever the price did: gaps,
    /// widths that change, ranges that fold it.
    #[test]
    fn the_histogram_is_the_sum_of_its_bars(steps in steps()) {
        let mut frame = Timeframe::new(Interval::Minute5, 24, false);
        let mut kept: Vec<Kept> = Vec::new();
        let (mut price, mut at) = (600_000_i64, 1_000_u64);
        for (factor, skip, shift, trades) in steps {
            price = (price * factor / 1_000).clamp(20_000, 40_000_000);
            at += skip;
            let mut rows = BarRows::new(shift);
            let prices: Vec<(i64, i64)> =
                trades.iter().map(|&(off, lots)| (price + off, lots)).collect();
            for &(price, lots) in &prices {
                rows.add(price, lots);
            }
            let (low, high) = (prices.iter().map(|p| p.0).min(), prices.iter().map(|p| p.0).max());
            let (low, high) = (low.unwrap_or(price), high.unwrap_or(price));
            let volume: i64 = prices.iter().map(|p| p.1).sum();
            let time = Nanos(at * 5 * MINUTE.0);
            let bar = Closed {
                time, open: Price(low), close: Price(high), high: Price(high), low: Price(low),
                volume: Lots(volume), ..Closed::default()
            };
            let wide = rows.shift();
            kept.push((at, shift, all(&rows, wide), i64::from(wide), volume));
            frame.close(bar, &Inputs::default(), &mut rows, shift, at % 3 != 0);
            let reading = frame.finish();
            let held: Vec<_> = kept.iter().filter(|one| one.0 + 24 > at).collect();
            prop_assert_eq!(frame.held(), held.len() as u64);
            let Some(reading) = reading else { continue };
            prop_assert_eq!(reading.moments.sum, held.iter().map(|one| one.4).sum::<i64>());
            let wished = held.iter().map(|one| one.1).max().unwrap();
            assert!(reading.bin_ticks >= 1 << wished && reading.moments.rows <= 2_048);
            prop_assert_eq!(reading.moments, moments(&held, reading.bin_ticks.trailing_zeros()));
        }
    }
}

type Held<'a> = Vec<&'a (u64, u32, BTreeMap<i64, i64>, i64, i64)>;

/// Σv and Σv² over every row of the range, the plain way.
fn moments(held: &Held<'_>, shift: u32) -> Moments {
    let mut rows: BTreeMap<i64, i64> = BTreeMap::new();
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for (_, _, bar, wide, _) in held {
        let wide = u32::try_from(*wide).expect("a shift");
        let mut put = |row: i64, lots: i64| {
            *rows.entry(row).or_default() += lots;
            (low, high) = (low.min(row), high.max(row));
        };
        for (&row, &lots) in bar {
            if wide <= shift {
                put(row >> (shift - wide), lots);
                continue;
            }
            let parts = 1_i64 << (wide - shift);
            for part in 0..parts {
                put(row * parts + part, lots / parts + i64::from(part < lots % parts));
            }
        }
    }
    if rows.is_empty() {
        return Moments::default();
    }
    let squares = rows.values().map(|&lots| i128::from(lots) * i128::from(lots)).sum();
    Moments { rows: high - low + 1, sum: rows.values().sum(), squares }
}

#[expect(clippy::type_complexity, reason = "factor, bars skipped, shift, trades")]
fn steps() -> impl Strategy<Value = Vec<(i64, u64, u32, Vec<(i64, i64)>)>> {
    let factor = (0..10_u8, 990..1_011_i64).prop_map(|(dice, small)| match dice {
        0 => 1_500,
        1 => 700,
        _ => small,
    });
    let skip = (0..12_u8, 2..40_u64).prop_map(|(dice, far)| if dice == 0 { far } else { 1 });
    let trades = prop::collection::vec((-3_000..3_000_i64, 1..40_i64), 0..12);
    prop::collection::vec((factor, skip, 5..8_u32, trades), 1..60)
}

#[test]
fn a_row_stands_out_above_one_and_a_half_deviations() {
    // Rows 0, 0, 0, 0, 0, 0, 0, 0, 0, v: μ = v/10, σ = 3v/10, and z is 3 whatever v is.
    let lone = |v: i64| Moments { rows: 10, sum: v, squares: i128::from(v) * i128::from(v) };
    assert!(lone(10).stands_out(10) && (lone(10).z(10) - 3.0).abs() < 1e-15);
    assert!(lone(1 << 58).stands_out(1 << 58), "beyond what integers compare");
    // Ten rows of 1: no deviation, nothing stands out.
    let flat = Moments { rows: 10, sum: 10, squares: 10 };
    assert!(!flat.has_deviation() && !flat.stands_out(1));
    // Nine rows of 0 and four of 13: μ = 4, σ = 6, and 13 is the threshold exactly.
    let edge = Moments { rows: 13, sum: 52, squares: 4 * 169 };
    assert_eq!(edge.z(13).to_bits(), 1.5_f64.to_bits());
    assert!(!edge.stands_out(13) && edge.stands_out(14));
}

#[test]
fn a_candle_leans_to_its_close() {
    let candle = |open, close| Candle {
        open: Price(open),
        close: Price(close),
        low: Price(1_000),
        high: Price(1_255),
        volume: Lots(1_000_000),
        buys: Lots(500_000),
        notional: Notional(1_127_500_000),
    };
    let mut rows = BarRows::new(0);
    candle(1_127, 1_127).lay(0, &mut rows);
    assert!((rows.get(1_127) - rows.get(1_128)).abs() <= 1, "a doji is symmetric");
    assert!((rows.get(1_000) - rows.get(1_255)).abs() <= 1);
    candle(1_000, 1_255).lay(0, &mut rows);
    // 1.5 : 0.5 at the ends of the range.
    let (low, high) = (rows.get(1_000), rows.get(1_255));
    assert!((3 * low - high).abs() <= 4, "{low} {high}");
    for absurd in [
        Candle { low: Price(0), ..candle(1_000, 1_100) },
        Candle { high: Price(900), ..candle(1_000, 1_100) },
        Candle { close: Price(2_000), ..candle(1_000, 1_100) },
        Candle { volume: Lots(-1), ..candle(1_000, 1_100) },
        Candle { buys: Lots(1_000_001), ..candle(1_000, 1_100) },
    ] {
        assert!(!absurd.is_sound(), "{absurd:?}");
    }
}

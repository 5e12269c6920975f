//! What the strategy's levels are held against: as many levels for as long, elsewhere.

use model::Side;
use simulator::dice::Dice;

use super::pivots::{Stood, Zone};

/// What a round number is a multiple of: 500 USDT in ticks of 0.1.
pub(crate) const ROUND: i64 = 5_000;

/// The same level somewhere else.
fn moved(level: &Stood, price: i64) -> Stood {
    let by = price - level.price;
    let zones = level.zones.iter();
    let zones = zones.map(|zone| Zone { low: zone.low + by, high: zone.high + by, ..*zone });
    Stood { price, zones: zones.collect(), ..level.clone() }
}

/// For each level one of the same side, zone and life, at the distance from the market that
/// another level of that side had when it was published: the same count, the same distances.
pub(crate) fn random(levels: &[Stood], seed: u64) -> Vec<Stood> {
    let mut dice = Dice::new(seed);
    let pool =
        |side: Side| -> Vec<&Stood> { levels.iter().filter(|level| level.side == side).collect() };
    let pools = [pool(Side::Buy), pool(Side::Sell)];
    let rivals = levels.iter().map(|level| {
        let pool = &pools[usize::from(level.side == Side::Sell)];
        let pick = usize::try_from(dice.below(pool.len() as u64)).unwrap_or(0);
        let other = pool[pick];
        // In proportion: a day moves the market by percents. 128 bits, so that nothing is cut.
        let distance = i128::from(other.price - other.market) * i128::from(level.market);
        let distance = distance / i128::from(other.market.max(1));
        moved(level, level.market + i64::try_from(distance).unwrap_or(0))
    });
    rivals.collect()
}

/// For each level the round number nearest to it on its side of the market; those that stood at
/// one number at one time are one.
pub(crate) fn round(levels: &[Stood]) -> Vec<Stood> {
    let mut rivals: Vec<Stood> = levels
        .iter()
        .map(|level| {
            let nearest = (level.price + ROUND / 2).div_euclid(ROUND) * ROUND;
            let price = match level.side {
                Side::Buy if nearest > level.market => nearest - ROUND,
                Side::Sell if nearest < level.market => nearest + ROUND,
                _ => nearest,
            };
            moved(level, price)
        })
        .collect();
    rivals.sort_by_key(|level| (level.side, level.price, level.from(), level.to));
    rivals.dedup_by(|next, kept| {
        let same = (next.side, next.price) == (kept.side, kept.price) && next.from() <= kept.to;
        if same {
            kept.to = kept.to.max(next.to);
        }
        same
    });
    rivals
}

#[cfg(test)]
mod tests {
    use model::{Nanos, Side};

    use super::{ROUND, random, round};
    use crate::trial::pivots::{Stood, Zone};

    fn level(side: Side, price: i64, market: i64, from: u64, to: u64) -> Stood {
        let zones = vec![Zone { from: Nanos(from), low: price - 100, high: price + 100 }];
        Stood { side, price, market, zones, to: Nanos(to) }
    }

    #[test]
    fn random_levels_have_the_distances_lives_and_widths_of_the_real_ones() {
        let levels: Vec<Stood> = (0..400)
            .map(|at| {
                let side = if at % 2 == 0 { Side::Buy } else { Side::Sell };
                let away = 100 * (1 + at % 7);
                level(side, 600_000 - side.sign() * away, 600_000, 7 * at.unsigned_abs(), 9_999)
            })
            .collect();
        let rivals = random(&levels, 1);
        assert_eq!(rivals.len(), levels.len());
        let mut moved = 0;
        for (rival, level) in rivals.iter().zip(&levels) {
            assert_eq!((rival.side, rival.from(), rival.to), (level.side, level.from(), level.to));
            assert_eq!(rival.zones[0].high - rival.zones[0].low, 200);
            assert_eq!(rival.zones[0].low + 100, rival.price);
            let away = rival.side.sign() * (rival.market - rival.price);
            assert!(away % 100 == 0 && (100..=700).contains(&away), "{away}");
            moved += i64::from(rival.price != level.price);
        }
        assert!(moved > 300, "{moved}");
        // Every distance as often as among the levels, within four deviations of 400 tosses.
        for away in 1..=7 {
            let of = |levels: &[Stood]| {
                let is = |level: &&Stood| (level.market - level.price).abs() == 100 * away;
                levels.iter().filter(is).count()
            };
            assert!(of(&rivals).abs_diff(of(&levels)) < 30, "{away}");
        }
        assert_eq!(random(&levels, 1), rivals);
        assert_ne!(random(&levels, 2), rivals);
    }

    #[test]
    fn round_numbers_by_table() {
        for (side, price, market, want) in [
            (Side::Buy, 598_000, 603_000, 600_000),
            (Side::Buy, 602_499, 602_900, 600_000),
            (Side::Buy, 602_500, 602_900, 600_000),
            (Side::Buy, 597_499, 603_000, 595_000),
            (Side::Sell, 603_000, 601_000, 605_000),
            (Side::Sell, 602_000, 601_000, 605_000),
            (Side::Sell, 608_000, 601_000, 610_000),
        ] {
            let rivals = round(&[level(side, price, market, 1, 9)]);
            assert_eq!((rivals.len(), rivals[0].price), (1, want), "{side} {price}");
            assert_eq!((rivals[0].zones[0].low, want % ROUND), (want - 100, 0));
        }
    }

    #[test]
    fn levels_at_one_round_number_are_one_while_they_stand_together() {
        let one = level(Side::Buy, 600_100, 602_000, 1, 10);
        let two = level(Side::Buy, 599_900, 602_000, 5, 20);
        let later = level(Side::Buy, 599_900, 602_000, 21, 30);
        let short = level(Side::Sell, 600_100, 599_000, 1, 10);
        let rivals = round(&[one, two, later, short]);
        let lives: Vec<(Side, u64, u64)> =
            rivals.iter().map(|level| (level.side, level.from().0, level.to.0)).collect();
        assert_eq!(lives, [(Side::Buy, 1, 20), (Side::Buy, 21, 30), (Side::Sell, 1, 10)]);
    }
}

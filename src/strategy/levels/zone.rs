//! Where price counts as being at a level: [L − h, L + h].

use model::{Price, Ticks};

use super::input::{Candidate, Facts};
use super::plan::{LevelPlan, ZoneBase};
use crate::terms::{LevelKind, Zone};

/// Hundredths of a percent in one, times two: half widths are halves of ticks.
const HALF_BP: i128 = 20_000;

/// One in the fixed point of the volatility factor.
const UNIT: i128 = 1 << 32;

/// How wide zones are now: the same for all levels of a refresh.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Width {
    /// clamp(rv₅ₘ/rv₂₄ₕ, 1, most) × 2³².
    factor: i128,
    /// Half a zone in ticks before the factor, × 2³²; where it comes from ATR and ATR is there.
    atr: Option<i128>,
}

impl Width {
    pub(super) fn of(facts: &Facts, plan: &LevelPlan) -> Self {
        let most = f64::from(plan.zone_volatility_percent_max) / 100.0;
        let ratio = facts.volatility_5m / facts.volatility_24h;
        let known = facts.volatility_5m >= 0.0 && facts.volatility_24h > 0.0 && ratio.is_finite();
        let factor = if known { ratio.clamp(1.0, most) } else { 1.0 };
        // Beyond 2⁴⁰ ticks an ATR is absurd.
        let sound = (0.0..1e12).contains(&facts.atr_4h);
        let share = f64::from(plan.zone_atr_percent) / 100.0;
        let atr = (plan.zone == ZoneBase::Atr && sound).then(|| fixed(facts.atr_4h * share));
        Self { factor: fixed(factor), atr }
    }

    /// h: at least a tick, at most half the level, nearest tick, half up.
    pub(super) fn half(&self, candidate: &Candidate, plan: &LevelPlan) -> Ticks {
        let price = i128::from(candidate.price.0);
        let (above, below) = match self.atr {
            Some(base) => (base, UNIT * UNIT),
            None => (percent_base(candidate, plan), HALF_BP * UNIT),
        };
        let half = (2 * above * self.factor + below) / (2 * below);
        let half = half.clamp(1, (price / 2).max(1));
        Ticks(i64::try_from(half).unwrap_or(i64::MAX))
    }
}

/// Half a zone before the factor, in ticks × 20 000: a part of the price, of an LVN half its
/// width within limits.
fn percent_base(candidate: &Candidate, plan: &LevelPlan) -> i128 {
    let price = i128::from(candidate.price.0);
    let part = |bp: u32| 2 * i128::from(bp) * price;
    if candidate.kind == LevelKind::Lvn {
        let width = i128::from(candidate.node.high.0) - i128::from(candidate.node.low.0);
        let half_width = width * (HALF_BP / 2);
        half_width.clamp(part(plan.lvn_zone_bp_min), part(plan.lvn_zone_bp_max))
    } else {
        part(plan.zone_bp)
    }
}

/// [L − h, L + h].
pub(super) fn around(price: Price, half: Ticks) -> Zone {
    Zone { low: price - half, high: price + half }
}

/// The node of a level: a POC's is its bin widened by h (spec § 9), a line's is the line.
pub(super) fn node_of(candidate: &Candidate, half: Ticks) -> Zone {
    match candidate.kind {
        LevelKind::Poc | LevelKind::NakedPoc => {
            let low = candidate.node.low - half;
            Zone { low: Price(low.0.max(1)), high: candidate.node.high + half }
        }
        _ => candidate.node,
    }
}

/// Whether two zones share a price.
pub(super) fn overlap(a: &Zone, b: &Zone) -> bool {
    a.low <= b.high && b.low <= a.high
}

/// A number of 0..10¹² in the fixed point, nearest.
#[expect(clippy::cast_possible_truncation, reason = "0..2⁷²: fits an i128, and `as` saturates")]
#[expect(clippy::cast_precision_loss, reason = "2³² is exact")]
fn fixed(value: f64) -> i128 {
    libm::floor(value * UNIT as f64 + 0.5) as i128
}

#[cfg(test)]
mod tests {
    use model::{Nanos, Price, Ticks, Trust, Window};

    use super::{Width, around, node_of, overlap};
    use crate::levels::{Candidate, Facts, LevelPlan, Shape, Source, ZoneBase};
    use crate::terms::{LevelKind, Zone};

    fn candidate(kind: LevelKind, price: i64, low: i64, high: i64) -> Candidate {
        let source = Source {
            window: Window::Hours24,
            completed: false,
            time_open: Nanos::NONE,
            bins: 100,
            bin: Ticks(128),
            shape: Shape::NONE,
        };
        let node = Zone { low: Price(low), high: Price(high) };
        Candidate { kind, source, price: Price(price), node, share: 0.5, trust: Trust::SOUND }
    }

    fn facts(volatility_5m: f64, volatility_24h: f64, atr_4h: f64) -> Facts {
        let (time, price, day) = (Nanos(1), Price(1_000_000), Shape::NONE);
        Facts { time, price, volatility_5m, volatility_24h, atr_4h, day }
    }

    #[test]
    fn half_widths() {
        use LevelKind::{Avwap, Hvn, Lvn};
        use ZoneBase::{Atr, Percent};
        let missing = f64::NAN;
        let most = 1e308;
        for (kind, price, width, zone, fast, slow, atr, want) in [
            (Hvn, 1_000_000, 9_000, Percent, 1.0, 1.0, missing, 1_500),
            (Avwap, 1_000_000, 0, Percent, 0.4, 1.0, missing, 1_500),
            (Hvn, 1_000_000, 0, Percent, 1.5, 1.0, missing, 2_250),
            (Hvn, 1_000_000, 0, Percent, 2.0, 1.0, missing, 3_000),
            (Hvn, 1_000_000, 0, Percent, 2.001, 1.0, missing, 3_000),
            (Hvn, 1_000_000, 0, Percent, most, 1e-300, missing, 1_500),
            (Hvn, 1_000_000, 0, Percent, missing, 1.0, missing, 1_500),
            (Hvn, 1_000_000, 0, Percent, 1.0, 0.0, missing, 1_500),
            (Hvn, 1_000_000, 0, Percent, -3.0, 1.0, missing, 1_500),
            // An LVN: half its width, from 0.05 % to 0.15 %.
            (Lvn, 1_000_000, 999, Percent, 1.0, 1.0, missing, 500),
            (Lvn, 1_000_000, 1_000, Percent, 1.0, 1.0, missing, 500),
            (Lvn, 1_000_000, 1_001, Percent, 1.0, 1.0, missing, 501),
            (Lvn, 1_000_000, 2_999, Percent, 1.0, 1.0, missing, 1_500),
            (Lvn, 1_000_000, 3_001, Percent, 1.0, 1.0, missing, 1_500),
            (Lvn, 1_000_000, 2_000, Percent, 1.5, 1.0, missing, 1_500),
            (Lvn, 1_000_000, 9_000, Percent, 9.0, 1.0, missing, 3_000),
            // 0.15 % of 1 000 is one and a half: half up.
            (Hvn, 1_000, 0, Percent, 1.0, 1.0, missing, 2),
            (Hvn, 999, 0, Percent, 1.0, 1.0, missing, 1),
            (Hvn, 10, 0, Percent, 1.0, 1.0, missing, 1),
            (Hvn, 1, 0, Percent, 1.0, 1.0, missing, 1),
            // ATR: 0.15 of it; missing, absurd or not asked for: by percent.
            (Hvn, 1_000_000, 0, Atr, 1.0, 1.0, 4_000.0, 600),
            (Lvn, 1_000_000, 9_000, Atr, 1.5, 1.0, 4_000.0, 900),
            (Hvn, 1_000_000, 0, Atr, 1.0, 1.0, 0.0, 1),
            (Hvn, 1_000_000, 0, Atr, 1.0, 1.0, missing, 1_500),
            (Hvn, 1_000_000, 0, Atr, 1.0, 1.0, -1.0, 1_500),
            (Hvn, 1_000_000, 0, Atr, 1.0, 1.0, f64::INFINITY, 1_500),
            (Hvn, 1_000_000, 0, Percent, 1.0, 1.0, 4_000.0, 1_500),
            // An ATR many times the price: the zone keeps to half of it.
            (Hvn, 1_000_000, 0, Atr, 2.0, 1.0, 9e11, 500_000),
            (Lvn, 1 << 48, 1 << 47, Percent, 2.0, 1.0, missing, 844_424_930_132),
        ] {
            let plan = LevelPlan { zone, ..LevelPlan::default() };
            let level = candidate(kind, price, (price - width).max(1), price);
            let level =
                Candidate { node: Zone { low: Price(price - width), ..level.node }, ..level };
            let half = Width::of(&facts(fast, slow, atr), &plan).half(&level, &plan);
            assert_eq!(half.0, want, "{kind:?} {price} {width} {zone:?} {fast}/{slow} {atr}");
        }
    }

    #[test]
    fn zones_that_share_an_edge_overlap() {
        let zone = around(Price(100), Ticks(5));
        assert_eq!(zone, Zone { low: Price(95), high: Price(105) });
        assert!(overlap(&zone, &around(Price(110), Ticks(5))));
        assert!(overlap(&zone, &around(Price(90), Ticks(5))));
        assert!(!overlap(&zone, &around(Price(111), Ticks(5))));
        assert!(!overlap(&zone, &around(Price(89), Ticks(5))));
        assert!(overlap(&zone, &around(Price(100), Ticks(50))));
    }

    #[test]
    fn a_poc_has_its_bin_and_the_zone_as_node() {
        let naked = candidate(LevelKind::NakedPoc, 1_000, 936, 1_064);
        let wide = Zone { low: Price(926), high: Price(1_074) };
        assert_eq!(node_of(&naked, Ticks(10)), wide);
        let low = candidate(LevelKind::Poc, 5, 1, 9);
        assert_eq!(node_of(&low, Ticks(3)), Zone { low: Price(1), high: Price(12) });
        let lvn = candidate(LevelKind::Lvn, 1_000, 936, 1_064);
        assert_eq!(node_of(&lvn, Ticks(10)), lvn.node);
    }
}

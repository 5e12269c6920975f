//! How large, where the stop and where the target: the rules of § 10 with their numbers.

use model::{
    FeaturesMoreLine, Fine, Instrument, IntentDecision, Kind, LevelDecision, Line, Lots, OrderLine,
    Price, RefusalDecision, Side, missing,
};
use strategy::exits::{EQUITY_SHARE, Reach, Share, SizePlan, TargetKind, mul_div};
use strategy::terms::Hypothesis;

use super::super::tell;
use super::Step;
use super::chain::Scene;
use crate::analyze::show::{Kept, fine, units};

/// What an entry asks.
struct Entry<'a> {
    price: Price,
    lots: Lots,
    line: &'a OrderLine,
}

fn entry(kept: &Kept) -> Option<Entry<'_>> {
    let line: &OrderLine = kept.body.first().map(Line::view)?;
    let (price, lots) = match kept.insight.kind()? {
        Kind::IntentDecision => {
            let of: &IntentDecision = kept.insight.view();
            (of.price, of.lots)
        }
        Kind::RefusalDecision => {
            let of: &RefusalDecision = kept.insight.view();
            (of.price, of.lots)
        }
        _ => return None,
    };
    Some(Entry { price, lots, line })
}

/// Size, stop and target of an entry that was asked for; `known` is the step that asked.
pub(super) fn steps(scene: &Scene<'_>, kept: &Kept, known: Option<&Kept>) -> Vec<Step> {
    let Some(entry) = entry(kept) else { return Vec::new() };
    let atr = known.and_then(|known| known.body.get(3)).map(Line::view::<FeaturesMoreLine>);
    let atr = atr.and_then(|more| missing::ratio(more.atr));
    let texts = [
        ("size", size(scene, &entry, atr)),
        ("stop", stop(scene, &entry, atr)),
        ("target", target(scene, &entry)),
    ];
    let time = kept.insight.time_venue;
    let texts = texts.into_iter();
    texts.filter_map(|(name, text)| text.map(|text| Step::new(time, name, text))).collect()
}

/// A share as a percentage.
fn percent(share: Share) -> String {
    format!("{} %", model::shown(i128::from(share.0), 4, 0))
}

/// What a value buys at a price; value · scale is in 10⁻¹⁶ of quote, as price · tick · lot is.
fn buys(on: &Instrument, price: Price, value: i64, scale: u128) -> Option<Lots> {
    let positive = |number: i64| u128::try_from(number).ok().filter(|&number| number > 0);
    let lot =
        positive(price.0)?.checked_mul(positive(on.tick.0)?)?.checked_mul(positive(on.lot.0)?)?;
    let lots = mul_div(positive(value)?, scale, lot)?;
    i64::try_from(lots).ok().map(Lots)
}

/// The bounds of a size, each by itself.
fn bounds(
    on: &Instrument,
    plan: &SizePlan,
    entry: &Entry<'_>,
    atr: Option<f64>,
) -> Vec<(String, Lots)> {
    let equity = entry.line.equity.0;
    let share = |share: Share| buys(on, entry.price, equity, u128::from(share.0) * 100);
    // Equity 10⁻⁸ × share 10⁻⁶ over a lot's loss in 10⁻⁶ × 10⁻¹⁶, times `atr_mult` in 10⁻⁶.
    let at_risk = atr.and_then(Reach::of).and_then(|atr| {
        let loss = Price(atr.0.checked_mul(i64::from(plan.atr_mult.0))?);
        buys(on, loss, equity, u128::from(plan.risk_per_trade.0) * 100_000_000_000_000)
    });
    let rows = [
        (format!("{} of equity", percent(EQUITY_SHARE)), share(EQUITY_SHARE)),
        (
            format!("{} a trade", fine(plan.max_notional)),
            buys(on, entry.price, plan.max_notional.0, u128::from(Fine::ONE.0.unsigned_abs())),
        ),
        (format!("notional_cap {}", percent(plan.notional_cap)), share(plan.notional_cap)),
        (format!("a risk of {} over one ATR", percent(plan.risk_per_trade)), at_risk),
    ];
    rows.into_iter().filter_map(|(name, lots)| lots.map(|lots| (name, lots))).collect()
}

fn size(scene: &Scene<'_>, entry: &Entry<'_>, atr: Option<f64>) -> Option<String> {
    let on = scene.on;
    if entry.line.equity.0 <= 0 {
        return None;
    }
    let bounds = bounds(on, &scene.plan.size, entry, atr);
    let least = bounds.iter().map(|(_, lots)| *lots).min()?;
    let list: Vec<String> =
        bounds.iter().map(|(name, lots)| format!("{} by {name}", on.lots(*lots))).collect();
    let mut text = format!(
        "Size {}: of equity {} the least of {}",
        on.lots(entry.lots),
        fine(entry.line.equity),
        list.join(", ")
    );
    if entry.lots < least {
        text += ", cut by half size, funding or the venue's largest order";
    }
    Some(text + ".")
}

fn stop(scene: &Scene<'_>, entry: &Entry<'_>, atr: Option<f64>) -> Option<String> {
    let stop = tell::price(scene.on, entry.line.stop)?;
    let (on, line) = (scene.on, scene.line);
    let half = |low: Price, high: Price| {
        model::shown(i128::from((high - low).0) * i128::from(on.tick.0) * 5, 9, 1).to_string()
    };
    let mut rules = Vec::new();
    if let Some(atr) = atr.and_then(|atr| units(atr, on.tick)) {
        rules.push(format!("half an ATR ({:.2})", atr / 2.0));
    }
    if strategy::terms::LevelKind::from_code(scene.head.what)
        == Some(strategy::terms::LevelKind::Lvn)
    {
        rules.push(format!("half the node's width ({})", half(line.node_low, line.node_high)));
    }
    if let Some(kept) = &scene.story.level {
        let level: &LevelDecision = kept.insight.view();
        rules.push(format!("half the zone ({})", half(level.zone_low, level.zone_high)));
    }
    let beyond = match Side::from_code(scene.head.side) {
        Some(Side::Buy) => "below the zone's lower edge",
        _ => "above the zone's upper edge",
    };
    Some(format!("Stop {stop}: {beyond} by the greatest of {}.", rules.join(", ")))
}

fn target(scene: &Scene<'_>, entry: &Entry<'_>) -> Option<String> {
    let target = tell::price(scene.on, entry.line.target)?;
    let rule = TargetKind::from_code(entry.line.target_kind).map_or("?", tell::target);
    let risk = (entry.price - entry.line.stop).0.abs();
    let reward = (entry.line.target - entry.price).0.abs();
    #[expect(clippy::cast_precision_loss, reason = "a ratio for the eye")]
    let ratio = if risk > 0 { reward as f64 / risk as f64 } else { 0.0 };
    let half = match Hypothesis::from_code(entry.line.hypothesis) {
        Some(Hypothesis::Magnet) => "the middle that price is drawn to",
        _ => "half is taken there",
    };
    Some(format!("Target {target}, {ratio:.2} times the risk: {rule}; {half}."))
}

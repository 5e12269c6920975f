//! What confirmed a signal, with its own numbers: found among the insights between touch and arm by
//! the rule that the strategy applies (spec § 7).

use model::{
    DivergenceInsight, DivergenceLine, Fine, FootprintFacts, FootprintInsight, FootprintRow,
    FootprintRowsLine, FootprintSumsLine, Indicator, Interval, Kind, Line, Lots, MINUTE, Nanos,
    Price, Side, SignalDecision, SwingFlags, SwingInsight, SwingLine, missing,
};
use strategy::hypotheses::Confirmations;

use super::Step;
use super::chain::{Scene, turns};
use crate::analyze::show::{Kept, units};
use crate::when::Utc;

/// A fact that speaks for the signal.
struct Found {
    kinds: Confirmations,
    name: &'static str,
    text: String,
}

/// The facts that spoke for it, the first of each kind, and what open interest said.
pub(super) fn steps(scene: &Scene<'_>) -> Vec<Step> {
    if scene.line.time_touch == Nanos::NONE {
        return Vec::new();
    }
    let counted = turns(scene.story).fold(Confirmations::NONE, |all, kept| {
        all.with(Confirmations(kept.insight.view::<SignalDecision>().confirmations))
    });
    let until = scene.line.time_touch.after(confirm(scene));
    let mut told = Confirmations::NONE;
    let mut steps = Vec::new();
    for kept in &scene.story.facts {
        if kept.insight.time_venue > until {
            continue;
        }
        let Some(found) = found(scene, kept) else { continue };
        if told.has(found.kinds) {
            continue;
        }
        told = told.with(found.kinds);
        let opening = if counted.has(found.kinds) { "Confirmed by" } else { "Spoke for it:" };
        let before = kept.insight.time_venue < scene.line.time_touch;
        let early =
            if before { " It was found before the touch and counts from there on." } else { "" };
        steps.push(Step::of(kept, found.name, format!("{opening} {}{early}", found.text)));
        steps.extend(interest(scene, kept));
    }
    let silent = counted.without(told);
    if !silent.is_empty() {
        let list = super::super::words::list(silent.words());
        let text = format!("Also confirmed by {list}; the record of it lies before this input.");
        steps.push(Step::new(scene.line.time_touch, "confirmation", text));
    }
    steps
}

fn confirm(scene: &Scene<'_>) -> Nanos {
    Nanos(scene.plan.hypotheses.confirm_ms.saturating_mul(model::MILLISECOND.0))
}

fn found(scene: &Scene<'_>, kept: &Kept) -> Option<Found> {
    match kept.insight.kind()? {
        Kind::DivergenceInsight => divergence(scene, kept),
        Kind::SwingInsight => extreme(scene, kept),
        Kind::FootprintInsight => absorption(scene, kept),
        _ => None,
    }
}

fn side_of(flags: SwingFlags) -> Side {
    if flags.has(SwingFlags::HIGH) { Side::Sell } else { Side::Buy }
}

/// Whether an extreme is on the signal's side, in the zone or beyond, and not too early.
fn counts(scene: &Scene<'_>, side: Side, at: Price, time: Nanos, bar: Nanos) -> bool {
    let is_there = match side {
        Side::Sell => scene.line.zone_low <= at,
        Side::Buy => at <= scene.line.zone_high,
    };
    let bars = u64::from(scene.plan.hypotheses.sync_bars);
    let early = Nanos(scene.line.time_touch.0.saturating_sub(bar.0.saturating_mul(bars)));
    Side::from_code(scene.head.side) == Some(side) && is_there && early <= time
}

fn divergence(scene: &Scene<'_>, kept: &Kept) -> Option<Found> {
    let of: &DivergenceInsight = kept.insight.view();
    let line: &DivergenceLine = kept.body.first().map(Line::view)?;
    let indicator = *Indicator::ALL.get(usize::from(line.indicator))?;
    let interval = *Interval::ALL.get(usize::from(of.window))?;
    let side = side_of(SwingFlags(line.flags));
    let may_count = scene.plan.hypotheses.confirm_classic || !indicator.is_classic();
    if !may_count || !counts(scene, side, of.price_two, of.time_two, interval.length()) {
        return None;
    }
    let on = scene.on;
    let (kinds, name, step) = match indicator {
        Indicator::Rsi => (Confirmations::RSI, "RSI", Fine::ONE),
        Indicator::Cvd => (Confirmations::CVD, "CVD", on.lot),
        Indicator::MacdHistogram => (Confirmations::MACD, "MACD's histogram", on.tick),
        Indicator::Obv => (Confirmations::OBV, "OBV", on.lot),
        Indicator::AccumulationDistribution => (Confirmations::ACCUMULATION, "A/D", on.lot),
    };
    let extreme = if side == Side::Sell { "high" } else { "low" };
    let [one, two, least] =
        [line.x_one, line.x_two, line.delta].map(|value| units(value, step).unwrap_or(0.0));
    let text = format!(
        "{name} on {} bars, which did not follow: {extreme} {} at {} with {one:.3}, then {} at {} \
         with {two:.3}; they differ by {:.3}, at least {least:.3} is asked.",
        interval.text(),
        on.price(of.price_one),
        Utc(of.time_one),
        on.price(of.price_two),
        Utc(of.time_two),
        (two - one).abs()
    );
    Some(Found { kinds, name: "divergence", text })
}

fn extreme(scene: &Scene<'_>, kept: &Kept) -> Option<Found> {
    let of: &SwingInsight = kept.insight.view();
    let line: &SwingLine = kept.body.first().map(Line::view)?;
    let flags = SwingFlags(of.flags);
    let side = side_of(flags);
    let z = missing::ratio(line.obi_z)?;
    let leans = flags.has(SwingFlags::OBI_AGAINST);
    if !leans || !counts(scene, side, of.price, of.time, MINUTE) {
        return None;
    }
    let extreme = if side == Side::Sell { "high" } else { "low" };
    let text = format!(
        "the order book: at the new {extreme} {} at {} OBI's z was {z:.2}, against it by {:.1} or \
         more.",
        scene.on.price(of.price),
        Utc(of.time),
        scene.plan.hypotheses.obi_z
    );
    Some(Found { kinds: Confirmations::OBI, name: "obi", text })
}

/// What open interest did at the same extreme.
fn interest(scene: &Scene<'_>, kept: &Kept) -> Option<Step> {
    if kept.insight.kind() != Some(Kind::SwingInsight) {
        return None;
    }
    let line: &SwingLine = kept.body.first().map(Line::view)?;
    let text = match missing::whole(line.interest_change.0) {
        None => "Open interest at that extreme is missing: its filter abstains.".into(),
        Some(change) => {
            let what = if change <= 0 { "no new positions" } else { "new positions" };
            let change = scene.on.lots(Lots(change));
            format!("Open interest changed by {change} over 5 min up to it: {what}.")
        }
    };
    Some(Step::new(kept.insight.time_venue, "open_interest", text))
}

fn absorption(scene: &Scene<'_>, kept: &Kept) -> Option<Found> {
    let of: &FootprintInsight = kept.insight.view();
    let sums: &FootprintSumsLine = kept.body.first().map(Line::view)?;
    let side = Side::from_code(scene.head.side)?;
    let (bit, first, share) = match side {
        Side::Sell => {
            let first = of.rows.saturating_sub(2);
            (FootprintFacts::ABSORPTION_BEARISH, first, sums.top_share)
        }
        Side::Buy => (FootprintFacts::ABSORPTION_BULLISH, 0, sums.bottom_share),
    };
    let count = i64::from(of.rows.min(2));
    let low = Price(of.low.0 + i64::from(first) * of.row_ticks);
    let high = Price(low.0 + count * of.row_ticks);
    let meets = low <= scene.line.zone_high && scene.line.zone_low <= high;
    let after = scene.line.time_touch <= kept.insight.time_venue;
    if !of.facts.has(bit) || !meets || !after {
        return None;
    }
    let lots = larger(kept, side, first, of.rows)?;
    let text = match side {
        Side::Sell => ("bought", "the two highest rows", "below"),
        Side::Buy => ("sold", "the two lowest rows", "above"),
    };
    let text = format!(
        "absorption in the minute from {}: {} was {} in one of {} ({} – {}), more than in {:.1} % of \
         an hour's row sides, and the bar closed {} them.",
        Utc(of.time_open),
        scene.on.lots(lots),
        text.0,
        text.1,
        scene.on.price(low),
        scene.on.price(high),
        100.0 * missing::ratio(share).unwrap_or(0.0),
        text.2
    );
    Some(Found { kinds: Confirmations::ABSORPTION, name: "absorption", text })
}

/// The larger aggressor side of the two rows from `first` on.
fn larger(kept: &Kept, side: Side, first: u32, rows: u32) -> Option<Lots> {
    let row = |at: u32| -> Option<&FootprintRow> {
        let at = usize::try_from(at).ok()?;
        let line = kept.body.get(2 + at / FootprintRowsLine::ROWS)?;
        line.view::<FootprintRowsLine>().rows.get(at % FootprintRowsLine::ROWS)
    };
    let lots = |row: &FootprintRow| if side == Side::Sell { row.ask } else { row.bid };
    (first..rows.min(first + 2)).filter_map(row).map(lots).max()
}

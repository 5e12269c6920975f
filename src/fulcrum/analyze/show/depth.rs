//! How figures from the book and beside it are written.

use model::{
    Fine, FundingInsight, InterestInsight, Kind, LiquidationsInsight, LiquidityInsight, Lots,
    OfiInsight, RegimeInsight, SpikeInsight, missing, shown,
};

use super::{By, Form, Said, Shown};
use crate::cli::Emit;
use crate::record::Record;

/// The kinds of this group.
pub(super) const KINDS: &[Shown] = &[
    said(Emit::Ofi, Kind::OfiInsight, "ofi", By::Interval, ofi),
    said(Emit::Obi, Kind::RegimeInsight, "obi_regime", By::Interval, regime),
    said(Emit::Oi, Kind::InterestInsight, "oi", By::Nothing, interest),
    said(Emit::Funding, Kind::FundingInsight, "funding", By::Nothing, funding),
    said(Emit::Liquidations, Kind::LiquidationsInsight, "liquidations", By::Nothing, liquidations),
    said(Emit::Liquidations, Kind::SpikeInsight, "liquidation_spike", By::Nothing, spike),
    said(Emit::Liquidity, Kind::LiquidityInsight, "liquidity", By::Nothing, liquidity),
];

const fn said(
    emit: Emit,
    kind: Kind,
    name: &'static str,
    by: By,
    write: fn(&mut Record, &Said<'_>),
) -> Shown {
    Shown { emit, kind, name, form: Form::Each, by, write }
}

fn quote_units(value: Fine) -> model::Shown {
    shown(i128::from(value.0), 8, 2)
}

/// A rate in 10⁻⁸.
fn rate(value: i64) -> model::Shown {
    shown(i128::from(value), 8, 8)
}

fn ofi(record: &mut Record, said: &Said<'_>) {
    let ofi: &OfiInsight = said.insight.view();
    record
        .time("time_open", ofi.time_open)
        .maybe("sum", said.lots(ofi.sum))
        .maybe("absolute", said.lots(ofi.absolute))
        .ratio("ofi", said.ratio(ofi.ratio))
        .ratio("percentile", said.ratio(ofi.percentile));
}

fn regime(record: &mut Record, said: &Said<'_>) {
    let regime: &RegimeInsight = said.insight.view();
    let seconds = regime.samples + regime.suppressed;
    #[expect(clippy::cast_precision_loss, reason = "seconds of a minute")]
    let share = (seconds > 0).then(|| regime.suppressed as f64 / seconds as f64);
    record
        .time("time_open", regime.time_open)
        .ratio("mean", missing::ratio(regime.mean))
        .ratio("deviation", missing::ratio(regime.deviation))
        .ratio("suppressed_share", share)
        .number("samples", regime.samples)
        .number("suppressed_samples", regime.suppressed);
}

fn interest(record: &mut Record, said: &Said<'_>) {
    let interest: &InterestInsight = said.insight.view();
    // A slope is a ratio already: lots a second times the lot's size.
    #[expect(clippy::cast_precision_loss, reason = "a lot's size")]
    let lot = said.instrument.lot.0 as f64 / Fine::ONE.0 as f64;
    record
        .time_maybe("time_poll", said.has_value().then_some(interest.time_poll))
        .maybe("oi", said.lots(interest.lots))
        .maybe("change", said.lots(interest.change))
        .ratio("slope", said.ratio(interest.slope).map(|slope| slope * lot))
        .number("polls", interest.polls);
}

fn funding(record: &mut Record, said: &Said<'_>) {
    let funding: &FundingInsight = said.insight.view();
    record
        .exact("rate", rate(funding.rate))
        .exact("rate_8h", rate(funding.rate_8h))
        .number("sign", funding.rate.signum())
        .time("time_funding", funding.time_funding)
        .number("time_to_next", funding.time_funding.since(funding.time_venue).0)
        .number("interval", funding.interval.0)
        .number("extreme", funding.extreme == 1);
}

fn liquidations(record: &mut Record, said: &Said<'_>) {
    let minute: &LiquidationsInsight = said.insight.view();
    record
        .time("time_open", minute.time_open)
        .exact("longs", quote_units(minute.longs))
        .exact("shorts", quote_units(minute.shorts))
        .number("orders", minute.orders)
        .maybe("mean", missing::whole(minute.mean).map(|mean| quote_units(Fine(mean))));
}

fn spike(record: &mut Record, said: &Said<'_>) {
    let spike: &SpikeInsight = said.insight.view();
    record
        .time("time_open", spike.time_open)
        .exact("longs", quote_units(spike.longs))
        .exact("shorts", quote_units(spike.shorts))
        .exact("threshold", quote_units(spike.threshold))
        .number("anchors", spike.anchors == 1);
}

fn liquidity(record: &mut Record, said: &Said<'_>) {
    let fate: &LiquidityInsight = said.insight.view();
    record
        .text("levels", if fate.window == 0 { "near" } else { "all" })
        .time("time_open", fate.time_open)
        .maybe("bid_traded", said.lots(fate.bid_traded))
        .maybe("bid_pulled", said.lots(fate.bid_pulled))
        .ratio("bid_pulled_share", share(fate.bid_pulled, fate.bid_traded))
        .maybe("ask_traded", said.lots(fate.ask_traded))
        .maybe("ask_pulled", said.lots(fate.ask_pulled))
        .ratio("ask_pulled_share", share(fate.ask_pulled, fate.ask_traded));
}

/// The first over both; none where nothing was lost.
fn share(part: Lots, rest: Lots) -> Option<f64> {
    let all = part.0.saturating_add(rest.0);
    #[expect(clippy::cast_precision_loss, reason = "a share: here float begins")]
    let share = part.0 as f64 / all as f64;
    (all > 0).then_some(share)
}

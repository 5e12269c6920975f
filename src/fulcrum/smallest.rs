//! Whether an account can send anything at all: the smallest order against what an entry may be
//! worth (spec § 10), for `check` and `doctor`.

use std::path::Path;

use model::{Fine, Instrument, Price, Symbol, decimal, shown};
use strategy::Plan;
use strategy::exits::SizeRefusal;

use crate::config::Config;
use crate::intake::built_in;

/// What was found of one instrument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Finding {
    /// An order can be sent.
    Bought(String),
    /// The price is not known; up to here it can.
    UpTo(String),
    /// None can.
    Nothing(String),
}

/// Judges an instrument by the paper wallet; without a price by what holds at any.
pub(crate) fn judge(plan: &Plan, on: &Instrument, price: Option<Price>) -> Finding {
    let equity = plan.paper.equity;
    let worth = plan.size.value_max(equity);
    let budget = format!(
        "an entry is worth {} at most (equity {}, shares 0.02 and notional_cap {}, max_notional {})",
        quote(worth),
        quote(equity),
        quote(Fine(i64::from(plan.size.notional_cap.0) * 100)),
        quote(plan.size.max_notional),
    );
    let least = on.lots(model::Lots(on.lots_min.0.max(1)));
    let refused = |refusal: SizeRefusal, at: String| {
        let wanted = match refusal {
            SizeRefusal::BelowNotional => {
                format!("the venue's smallest value is {}", quote(on.notional_min))
            }
            SizeRefusal::BelowLot => format!("the smallest order is {least}"),
            other => other.to_string(),
        };
        Finding::Nothing(format!("nothing can be bought{at}: {budget}, {wanted}"))
    };
    let Some(price) = price else {
        let highest = plan.size.price_most(equity, on);
        return match highest {
            _ if worth < on.notional_min => {
                refused(SizeRefusal::BelowNotional, " at any price".to_owned())
            }
            Some(price) => Finding::UpTo(format!(
                "{least} can be bought up to a price of {}: {budget}",
                on.price(price)
            )),
            None => refused(SizeRefusal::BelowLot, " at any price".to_owned()),
        };
    };
    let at = format!(" at {}", on.price(price));
    match plan.size.smallest(equity, price, on) {
        Ok(lots) => Finding::Bought(format!("{} can be bought{at}: {budget}", on.lots(lots))),
        Err(refusal) => refused(refusal, at),
    }
}

fn quote(value: Fine) -> String {
    shown(i128::from(value.0), 8, 0).to_string()
}

/// What is known of an instrument without asking the venue: what it said before the last run, else
/// the configuration, else the two built in.
pub(crate) fn known(config: &Config, symbol: &str) -> Option<Instrument> {
    let cache = Path::new(config.text("live.journal_dir")).join("exchange_info.json");
    let cached = std::fs::read(cache).ok().and_then(|bytes| wire::exchange_info(&bytes).ok());
    let named = |instrument: &Instrument| instrument.symbol.text() == symbol;
    let cached = cached.and_then(|list| list.into_iter().find(named));
    cached.or_else(|| config.instruments().into_iter().find(named)).or_else(|| built_in(symbol))
}

/// `SYMBOL:PRICE` of the command line.
pub(crate) fn price(text: &str) -> Result<(Symbol, Fine), String> {
    let read = || {
        let (symbol, price) = text.split_once(':')?;
        let price = decimal(price.as_bytes()).ok()?.fine().ok().filter(|price| price.0 > 0)?;
        Some((Symbol::new(symbol)?, price))
    };
    read().ok_or_else(|| format!("{text:?} is not SYMBOL:PRICE, such as BTCUSDT:64000"))
}

/// A price on the instrument's grid, the tick at or below.
pub(crate) const fn on_grid(price: Fine, on: &Instrument) -> Price {
    Price(price.0.div_euclid(on.tick.0))
}

#[cfg(test)]
mod tests {
    use model::{Fine, Instrument, Lots, Price};
    use strategy::Plan;

    use super::{Finding, judge};

    #[test]
    fn an_account_by_table() {
        let btc = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        let strict = Instrument { notional_min: Fine(100 * Fine::ONE.0), ..btc };
        let ten = Instrument { lots_min: Lots(10), ..btc };
        for (equity, on, price, want) in [
            (
                10_000,
                btc,
                Some(640_000),
                "Bought 0.003 can be bought at 64000.0: an entry is worth 200",
            ),
            (3_000, btc, Some(640_000), "Nothing nothing can be bought at 64000.0"),
            (3_200, btc, Some(640_000), "Bought 0.001 can"),
            (5_000, strict, Some(640_000), "Nothing nothing can be bought at 64000.0"),
            (5_000, strict, Some(500_000), "Bought 0.002 can"),
            (5_000, strict, None, "UpTo 0.001 can be bought up to a price of 100000.0"),
            (4_999, strict, None, "Nothing nothing can be bought at any price"),
            (4_999, ten, None, "UpTo 0.010 can be bought up to a price of 9998.0"),
            (0, btc, None, "Nothing nothing can be bought at any price"),
        ] {
            let mut plan = Plan::demonstration();
            plan.paper.equity = Fine(equity * Fine::ONE.0);
            let found = match judge(&plan, &on, price.map(Price)) {
                Finding::Bought(text) => format!("Bought {text}"),
                Finding::UpTo(text) => format!("UpTo {text}"),
                Finding::Nothing(text) => format!("Nothing {text}"),
            };
            assert!(found.starts_with(want), "{equity} {price:?}: {found}");
        }
    }
}

//! Entries and what became of them: one holding for each order that opens, from the ask to the day
//! it is flat again.
//!
//! | event | what follows |
//! |---|---|
//! | entry filled | a stop for what was filled, a profit order for half of it |
//! | profit filled | the stop shrinks to what is left |
//! | a minute closed | the stop follows the average since the extreme, if that is nearer and earned |
//! | held for the longest time, or asked to be closed | a market order, the stop stays until it fills |
//! | flat | what is left of stop and profit is withdrawn, the result is said |

use model::{Fine, Instrument, Lots, Nanos, Price, Side};

use super::purse::Fill;
use crate::exits::{ClientId, Trail};
use crate::hypotheses::OrderKey;

/// Holdings of one instrument at a time: more entries than any limit lets live.
pub(super) const HOLDINGS_MAX: usize = 64;

/// An entry with its exits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holding {
    pub key: OrderKey,
    pub signal: u64,
    /// The entry order while it may still fill.
    pub entry: Option<ClientId>,
    /// The protective stop that stands or is on its way.
    pub stop_order: Option<ClientId>,
    /// The stop that it replaces, until that is gone.
    pub stop_before: Option<ClientId>,
    pub profit_order: Option<ClientId>,
    pub close_order: Option<ClientId>,
    /// Where the stop stands first.
    pub stop: Price,
    pub target: Price,
    pub target_kind: u8,
    pub time_touch: Nanos,
    pub time_filled: Nanos,
    pub trail: Option<Trail>,
    /// Lots held now.
    pub held: Lots,
    /// Lots filled by the entry.
    pub bought: Lots,
    /// Σ price × lots of the entry, in ticks and lots.
    paid: i128,
    /// Σ price × lots of the exits.
    got: i128,
    pub fees: Fine,
    /// What was refused is asked again from here on.
    pub time_again: Nanos,
    /// Nothing may be opened for it any more: it is closed as soon as it is filled.
    pub is_given_up: bool,
}

impl Holding {
    pub(super) const fn new(key: OrderKey, signal: u64, time_touch: Nanos) -> Self {
        Self {
            key,
            signal,
            entry: None,
            stop_order: None,
            stop_before: None,
            profit_order: None,
            close_order: None,
            stop: Price(0),
            target: Price(0),
            target_kind: 0,
            time_touch,
            time_filled: Nanos::NONE,
            trail: None,
            held: Lots(0),
            bought: Lots(0),
            paid: 0,
            got: 0,
            fees: Fine(0),
            time_again: Nanos::NONE,
            is_given_up: false,
        }
    }

    /// The side that its exits are on.
    pub(super) const fn exit_side(&self) -> Side {
        self.key.side.opposite()
    }

    /// Whether something of it may still happen.
    pub(super) fn is_alive(&self) -> bool {
        self.held.0 > 0 || self.orders().iter().any(Option::is_some)
    }

    /// Takes in a fill of its entry.
    pub(super) fn bought(&mut self, fill: &Fill, fee: Fine, now: Nanos) {
        if self.bought.0 == 0 {
            self.time_filled = now;
        }
        self.held += fill.lots;
        self.bought += fill.lots;
        self.paid += i128::from(fill.price.0) * i128::from(fill.lots.0);
        self.fees = Fine(self.fees.0.saturating_add(fee.0));
    }

    /// Takes in a fill of one of its exits, at most what is held.
    pub(super) fn sold(&mut self, fill: &Fill, fee: Fine) {
        self.held -= fill.lots;
        self.got += i128::from(fill.price.0) * i128::from(fill.lots.0);
        self.fees = Fine(self.fees.0.saturating_add(fee.0));
    }

    /// The mean price of the entry, to the tick towards the loss.
    pub(super) fn entry_price(&self) -> Price {
        let lots = i128::from(self.bought.0.max(1));
        let mean = match self.key.side {
            Side::Buy => (self.paid + lots - 1).div_euclid(lots),
            Side::Sell => self.paid.div_euclid(lots),
        };
        Price(i64::try_from(mean).unwrap_or(i64::MAX))
    }

    /// Result after fees, mean entry and mean exit, in quote units of 10⁻⁸: the result rounded down,
    /// the means cut.
    pub(super) fn outcome(&self, on: &Instrument) -> (Fine, Fine, Fine) {
        let lots = i128::from(self.bought.0.max(1));
        // Ticks × lots × tick × lot is in 10⁻¹⁶.
        let steps = i128::from(on.tick.0) * i128::from(on.lot.0);
        let gained = i128::from(self.key.side.sign()) * (self.got - self.paid) * steps;
        let result = gained.div_euclid(i128::from(Fine::ONE.0)) - i128::from(self.fees.0);
        let mean = |sum: i128| fine(sum * i128::from(on.tick.0) / lots);
        (fine(result), mean(self.paid), mean(self.got))
    }

    const fn orders(&self) -> [Option<ClientId>; 5] {
        let Self { entry, stop_order, stop_before, profit_order, close_order, .. } = *self;
        [entry, stop_order, stop_before, profit_order, close_order]
    }

    /// An order will do nothing more.
    pub(super) fn forget(&mut self, client: ClientId) {
        for place in [
            &mut self.entry,
            &mut self.stop_order,
            &mut self.stop_before,
            &mut self.profit_order,
            &mut self.close_order,
        ] {
            if *place == Some(client) {
                *place = None;
            }
        }
    }

    /// Whether an order is one of its own.
    pub(super) fn owns(&self, client: ClientId) -> bool {
        self.orders().contains(&Some(client))
    }
}

fn fine(value: i128) -> Fine {
    Fine(i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests {
    use model::{Fine, Instrument, Lots, Nanos, Price, Side};

    use super::{Fill, Holding};
    use crate::hypotheses::OrderKey;
    use crate::terms::{Hypothesis, LevelId};

    fn holding(side: Side) -> Holding {
        let hypothesis = Hypothesis::Rejection;
        Holding::new(OrderKey { ticket: 1, level: LevelId(1), side, hypothesis }, 1, Nanos(0))
    }

    #[test]
    fn a_result_is_what_came_in_less_what_went_out_less_fees() {
        let on = Instrument::new("BTCUSDT", "0.1", "0.001").expect("a grid");
        for (side, entry, exits, fees, want) in [
            // 0.01 BTC: + 50.0 on half, − 20.0 on half of it: 0.25 − 0.10 − 0.05.
            (Side::Buy, 600_000, [600_500, 599_800], 5_000_000, 10_000_000),
            (Side::Sell, 600_000, [600_500, 599_800], 5_000_000, -20_000_000),
        ] {
            let mut held = holding(side);
            let fill = |price, lots, side| Fill {
                price: Price(price),
                lots: Lots(lots),
                side,
                maker: true,
            };
            held.bought(&fill(entry, 10, side), Fine(0), Nanos(5));
            for exit in exits {
                held.sold(&fill(exit, 5, side.opposite()), Fine(fees / 2));
            }
            assert_eq!(held.held, Lots(0));
            let (result, bought, sold) = held.outcome(&on);
            assert_eq!(result, Fine(want));
            assert_eq!((bought, sold), (Fine(6_000_000_000_000), Fine(6_001_500_000_000)));
        }
    }

    #[test]
    fn a_mean_entry_is_rounded_towards_the_loss() {
        for (side, want) in [(Side::Buy, 1_001), (Side::Sell, 1_000)] {
            let mut held = holding(side);
            for price in [1_000, 1_001] {
                let fill = Fill { price: Price(price), lots: Lots(1), side, maker: true };
                held.bought(&fill, Fine(0), Nanos(5));
            }
            assert_eq!(held.entry_price(), Price(want));
        }
    }
}

//! A position at average cost: what it holds, what it cost, what it has earned.

use model::{Fine, Instrument, Lots, Nanos, Price, Side};

use super::money::{Money, value, value_fine};
use crate::exits::mul_div;

/// One instrument's position. `realised + running == cash flow + lots × mark`, to the unit: what a
/// partial close takes off the cost is rounded, but what it takes there it gives here.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Position {
    /// Signed: above zero is long.
    pub lots: Lots,
    /// What the lots cost; signed as they are.
    pub cost: Money,
    /// Result of what was closed, before fees.
    pub realised: Money,
    /// The last mark price.
    pub mark: Option<Fine>,
    /// When it was said, by the venue's clock.
    pub time_mark: Nanos,
}

impl Position {
    /// Folds a fill; `None`, and nothing changed, when its numbers are absurd.
    #[must_use]
    pub fn filled(&self, on: &Instrument, side: Side, price: Price, lots: Lots) -> Option<Self> {
        if lots.0 <= 0 || lots.0 > LOTS_MAX || price.0 <= 0 {
            return None;
        }
        let held = self.lots.0;
        let sign = side.sign();
        let closing = if held.signum() * sign < 0 { lots.0.min(held.abs()) } else { 0 };
        let mut next = *self;
        if closing > 0 {
            let released = part(self.cost, closing, held)?;
            next.realised -= value(on, price, Lots(sign * closing))? + released;
            next.cost -= released;
        }
        next.cost += value(on, price, Lots(sign * (lots.0 - closing)))?;
        next.lots = Lots(held + sign * lots.0);
        (next.lots.0.abs() <= LOTS_MAX).then_some(next)
    }

    /// What closing everything at the mark would earn; `None` without a mark while lots are held.
    #[must_use]
    pub fn running(&self, on: &Instrument) -> Option<Money> {
        if self.lots.0 == 0 {
            return Some(Money(0));
        }
        Some(value_fine(on, self.mark?, self.lots)? - self.cost)
    }

    /// Its value at the mark, without sign.
    #[must_use]
    pub fn value(&self, on: &Instrument) -> Option<Money> {
        if self.lots.0 == 0 {
            return Some(Money(0));
        }
        value_fine(on, self.mark?, Lots(self.lots.0.abs()))
    }

    /// The side that holds it.
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        match self.lots.0 {
            0 => None,
            1.. => Some(Side::Buy),
            _ => Some(Side::Sell),
        }
    }
}

/// More lots are no position.
const LOTS_MAX: i64 = 1 << 48;

/// cost · closing/|held|, towards zero.
fn part(cost: Money, closing: i64, held: i64) -> Option<Money> {
    let (closing, held) = (closing.unsigned_abs(), held.unsigned_abs());
    let part = mul_div(cost.0.unsigned_abs(), u128::from(closing), u128::from(held))?;
    let part = i128::try_from(part).ok()?;
    Some(Money(if cost.0 < 0 { -part } else { part }))
}

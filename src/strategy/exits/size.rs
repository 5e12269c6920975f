//! How many lots an entry may have (spec § 10).

use std::fmt;

use model::{Fine, Instrument, Lots, Price, Side};

use super::measure::common;
use super::{Reach, Share, mul_div};

/// equity · 0.02/P: the first bound of a size.
pub const EQUITY_SHARE: Share = Share(20_000);

/// The bounds of a size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizePlan {
    /// `max_notional`: the most that one entry is worth, in quote units.
    pub max_notional: Fine,
    /// `notional_cap`: the same as a share of equity. The specification names no default.
    pub notional_cap: Share,
    /// `risk_per_trade`: the share of equity that a move of ATR · `atr_mult` may cost.
    pub risk_per_trade: Share,
    /// `atr_mult`.
    pub atr_mult: Share,
}

/// Factors of § 11 on a size; neutral until participation and confidence give them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modifiers {
    /// By the state of momentum: 0.5 to 1.2.
    pub momentum: Share,
    /// By the agreement of flow: 0.8 to 1.1.
    pub agreement: Share,
    /// By the timeframes: 0.5 when they are mixed.
    pub timeframes: Share,
}

impl Default for Modifiers {
    fn default() -> Self {
        Self { momentum: Share::ONE, agreement: Share::ONE, timeframes: Share::ONE }
    }
}

/// What is known of funding when an entry is sized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Funding {
    /// Rate of the next settlement; only its sign matters: above zero, longs pay.
    pub rate: i64,
    /// |8 h rate| ≥ 0.0005, as `FundingInsight::extreme` says.
    pub extreme: bool,
}

impl Funding {
    /// Whether it is extreme and this side pays.
    #[must_use]
    pub const fn against(self, side: Side) -> bool {
        self.extreme
            && match side {
                Side::Buy => self.rate > 0,
                Side::Sell => self.rate < 0,
            }
    }
}

/// One entry to be sized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Equity in quote units, as `Account::equity` gives it, rounded down.
    pub equity: Fine,
    /// Where the entry would stand.
    pub price: Price,
    /// Its side.
    pub side: Side,
    /// The frozen ATR.
    pub atr: Reach,
    /// Funding; `None` where the source has none: it abstains.
    pub funding: Option<Funding>,
    /// Half size: a break-through, or placement `"ahead"`.
    pub half: bool,
    /// Factors of § 11.
    pub modifiers: Modifiers,
}

/// Why there is no size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SizeRefusal {
    /// Equity is zero or less.
    NoEquity,
    /// Price, ATR, tick, lot or a parameter is zero, negative, or too large to compute with.
    Absurd,
    /// Less than a lot, or than the instrument's smallest order.
    BelowLot,
    /// Less than the instrument's smallest order value.
    BelowNotional,
}

impl fmt::Display for SizeRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoEquity => "no equity",
            Self::Absurd => "a price, ATR, step or parameter out of range",
            Self::BelowLot => "less than a lot or the smallest order",
            Self::BelowNotional => "less than the minimum notional",
        })
    }
}

/// A factor as a fraction in lowest terms.
#[derive(Clone, Copy)]
struct Ratio(u128, u128);

impl Ratio {
    const ONE: Self = Self(1, 1);

    fn times(self, top: u128, bottom: u128) -> Option<Self> {
        let (top, bottom) = (self.0.checked_mul(top)?, self.1.checked_mul(bottom)?);
        let by = common(top, bottom).max(1);
        Some(Self(top / by, bottom / by))
    }

    fn share(self, share: Share) -> Option<Self> {
        self.times(u128::from(share.0), u128::from(Share::ONE.0))
    }
}

impl SizePlan {
    /// The specification's numbers with a `notional_cap` from the configuration.
    #[must_use]
    pub const fn with_cap(notional_cap: Share) -> Self {
        Self {
            max_notional: Fine(5_000 * Fine::ONE.0),
            notional_cap,
            risk_per_trade: Share(5_000),
            atr_mult: Share::ONE,
        }
    }

    /// q in lots: the smallest of the four bounds, times the factors, rounded down once at the end.
    /// Flooring is monotone, so ⌊min(…)·m⌋ = min(⌊…·m⌋) and every bound is exact by itself.
    /// An order of more lots than the instrument takes is cut to that.
    ///
    /// # Errors
    /// [`SizeRefusal`] by name.
    pub fn size(&self, ask: &Ask, instrument: &Instrument) -> Result<Lots, SizeRefusal> {
        let equity = positive(ask.equity.0).ok_or(SizeRefusal::NoEquity)?;
        let factor = factor(ask).ok_or(SizeRefusal::Absurd)?;
        let lots = self.bound(equity, ask, factor, instrument).ok_or(SizeRefusal::Absurd)?;
        fitting(lots, ask.price, instrument)
    }

    fn bound(&self, equity: u128, ask: &Ask, by: Ratio, on: &Instrument) -> Option<u128> {
        let share = EQUITY_SHARE.min(self.notional_cap);
        let by_equity = value_lots(equity * u128::from(share.0), 100, ask.price, by, on)?;
        let most = positive(self.max_notional.0)?;
        let by_notional = value_lots(most, 100_000_000, ask.price, by, on)?;
        let by_risk = self.risk_lots(equity, ask.atr, by, on)?;
        Some(by_equity.min(by_notional).min(by_risk))
    }

    /// What the bounds that need no ATR leave at this price: what `check` and `doctor` ask before
    /// the start. When equity · 0.02 (or `notional_cap`, or `max_notional`) buys less than the venue
    /// takes, nothing is ever sent.
    ///
    /// # Errors
    /// [`SizeRefusal`] by name.
    pub fn smallest(
        &self,
        equity: Fine,
        price: Price,
        on: &Instrument,
    ) -> Result<Lots, SizeRefusal> {
        let equity = positive(equity.0).ok_or(SizeRefusal::NoEquity)?;
        let lots =
            self.worth(equity).and_then(|worth| value_lots(worth, 100, price, Ratio::ONE, on));
        fitting(lots.ok_or(SizeRefusal::Absurd)?, price, on)
    }

    /// The highest price at which those bounds still buy the smallest order: a lot, or what the
    /// instrument asks at least. `None`: nothing is bought at any price, or a number is absurd.
    #[must_use]
    pub fn price_most(&self, equity: Fine, on: &Instrument) -> Option<Price> {
        let worth = self.worth(positive(equity.0)?)?;
        let least = positive(on.lots_min.0.max(1))?;
        let tick_value =
            least.checked_mul(positive(on.tick.0)?)?.checked_mul(positive(on.lot.0)?)?;
        let ticks = mul_div(worth, 100, tick_value)?;
        i64::try_from(ticks).ok().filter(|&ticks| ticks > 0).map(Price)
    }

    /// The most that an entry may be worth whatever its risk, in quote units, rounded down.
    #[must_use]
    pub fn value_max(&self, equity: Fine) -> Fine {
        let worth = positive(equity.0).and_then(|equity| self.worth(equity)).unwrap_or(0);
        Fine(i64::try_from(worth / 1_000_000).unwrap_or(i64::MAX))
    }

    /// The same in 10⁻¹⁴ quote units.
    fn worth(&self, equity: u128) -> Option<u128> {
        let share = EQUITY_SHARE.min(self.notional_cap);
        Some((equity * u128::from(share.0)).min(positive(self.max_notional.0)? * 1_000_000))
    }

    /// equity·risk/(ATR·mult) in lots. Equity 10⁻⁸ × share 10⁻⁶ over parts 10⁻⁶ × tick 10⁻⁸ ×
    /// mult 10⁻⁶ × lot 10⁻⁸ leaves 10¹⁴.
    fn risk_lots(&self, equity: u128, atr: Reach, by: Ratio, on: &Instrument) -> Option<u128> {
        let risk = equity * u128::from(self.risk_per_trade.0);
        let lot_at_risk = positive(atr.0)?
            .checked_mul(positive(on.tick.0)?)?
            .checked_mul(u128::from(self.atr_mult.0))?
            .checked_mul(positive(on.lot.0)?)?;
        let top = 100_000_000_000_000_u128.checked_mul(by.0)?;
        mul_div(risk, top, lot_at_risk.checked_mul(by.1)?)
    }
}

/// What target 1 takes of a filled entry: half, rounded up, so that one lot is taken whole.
#[must_use]
pub const fn half(filled: Lots) -> Lots {
    Lots(filled.0 / 2 + filled.0 % 2)
}

fn factor(ask: &Ask) -> Option<Ratio> {
    let halves = u32::from(ask.half)
        + u32::from(ask.funding.is_some_and(|funding| funding.against(ask.side)));
    Ratio::ONE
        .times(1, 1 << halves)?
        .share(ask.modifiers.momentum)?
        .share(ask.modifiers.agreement)?
        .share(ask.modifiers.timeframes)
}

/// Lots that a value buys; value · scale is in 10⁻¹⁶ quote units, as price · tick · lot is.
fn value_lots(value: u128, scale: u128, price: Price, by: Ratio, on: &Instrument) -> Option<u128> {
    let lot_value = positive(price.0)?
        .checked_mul(positive(on.tick.0)?)?
        .checked_mul(positive(on.lot.0)?)?
        .checked_mul(by.1)?;
    mul_div(value, scale.checked_mul(by.0)?, lot_value)
}

fn fitting(lots: u128, price: Price, on: &Instrument) -> Result<Lots, SizeRefusal> {
    let most = if on.lots_max.0 > 0 { on.lots_max.0 } else { i64::MAX };
    let lots = i64::try_from(lots).unwrap_or(i64::MAX).min(most);
    if lots < on.lots_min.0.max(1) {
        return Err(SizeRefusal::BelowLot);
    }
    let steps = i128::from(on.tick.0) * i128::from(on.lot.0);
    let value = (price * Lots(lots)).0.checked_mul(steps).ok_or(SizeRefusal::Absurd)?;
    if value < i128::from(on.notional_min.0) * i128::from(Fine::ONE.0) {
        return Err(SizeRefusal::BelowNotional);
    }
    Ok(Lots(lots))
}

fn positive(number: i64) -> Option<u128> {
    u128::try_from(number).ok().filter(|&number| number > 0)
}

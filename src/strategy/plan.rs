//! What stage 4 is to do: concluded at the edge, nothing in it can be wrong.

use std::fmt;

use model::{Fine, MILLISECOND, Nanos, Symbol};

use crate::exits::{HoldPlan, Share, SizePlan};
use crate::hypotheses::{HypothesisPlan, PlanError};
use crate::levels::{LevelPlan, LevelPlanError};
use crate::risk::{Limits, LimitsDraft};

/// The stage's plan.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plan {
    /// The level book; [`Plan::levels_of`] gives an instrument its own.
    pub levels: LevelPlan,
    /// Whose round numbers are known by name.
    pub rounds: Rounds,
    /// Hypotheses and what confirms them.
    pub hypotheses: HypothesisPlan,
    /// How much.
    pub size: SizePlan,
    /// How long.
    pub hold: HoldPlan,
    /// What may never be exceeded.
    pub limits: Limits,
    /// What the venue takes of every fill.
    pub fees: Fees,
    /// How orders are filled in process.
    pub paper: PaperPlan,
}

/// Most instruments whose round numbers are named.
pub const ROUNDS_MAX: usize = 16;

/// What a round number is a multiple of, by instrument (`round_steps`), in the quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounds([Option<(Symbol, [Fine; 2])>; ROUNDS_MAX]);

impl Rounds {
    /// A table of these; `None` when there are too many.
    #[must_use]
    pub fn of(rows: &[(Symbol, [Fine; 2])]) -> Option<Self> {
        let mut table = [None; ROUNDS_MAX];
        for (place, row) in table.get_mut(..rows.len())?.iter_mut().zip(rows) {
            *place = Some(*row);
        }
        Some(Self(table))
    }

    /// The steps of a symbol.
    #[must_use]
    pub fn find(&self, symbol: Symbol) -> Option<[Fine; 2]> {
        self.rows().find(|(name, _)| *name == symbol).map(|(_, steps)| steps)
    }

    fn rows(&self) -> impl Iterator<Item = (Symbol, [Fine; 2])> {
        self.0.iter().flatten().copied()
    }
}

impl Default for Rounds {
    /// The specification's: 500 and 1 000 of BTCUSDT.
    fn default() -> Self {
        let steps = [500, 1_000].map(|step| Fine(step * Fine::ONE.0));
        let named = Symbol::new("BTCUSDT").map(|symbol| (symbol, steps));
        let mut table = [None; ROUNDS_MAX];
        table[0] = named;
        Self(table)
    }
}

/// Fees as shares of a fill's value, in millionths (`maker_ppm`, `taker_ppm`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fees {
    /// Of an order that made liquidity.
    pub maker: Share,
    /// Of one that took it.
    pub taker: Share,
}

impl Default for Fees {
    /// The venue's for an account without a discount: 0.02 % and 0.05 %.
    fn default() -> Self {
        Self { maker: Share(200), taker: Share(500) }
    }
}

impl Fees {
    /// An entry that makes and an exit that takes, in millionths of the price.
    #[must_use]
    pub const fn round_trip_ppm(self) -> u32 {
        self.maker.0 + self.taker.0
    }
}

/// The model that fills orders in process: touch-through. A resting order fills only when price
/// trades *beyond* it; whatever takes pays the worse of the trade and the touch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaperPlan {
    /// The wallet at the start, in quote units (`equity`).
    pub equity: Fine,
    /// How long an order, a withdrawal or an answer is under way (`paper_latency_ms`).
    pub latency: Nanos,
    /// What a market order pays beyond the touch, in ticks (`paper_slippage_ticks`).
    pub slippage_ticks: u32,
}

impl Default for PaperPlan {
    /// 100 000 of quote, 10 ms each way, a tick of slippage.
    fn default() -> Self {
        Self {
            equity: Fine(100_000 * Fine::ONE.0),
            latency: Nanos(10 * MILLISECOND.0),
            slippage_ticks: 1,
        }
    }
}

/// Why a plan is refused.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Unsound {
    /// A parameter of the level book.
    Levels(LevelPlanError),
    /// A parameter of the hypotheses.
    Hypotheses(PlanError),
    /// The key and what is wrong with it.
    Key(&'static str, &'static str),
}

impl fmt::Display for Unsound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Levels(error) => error.fmt(out),
            Self::Hypotheses(error) => error.fmt(out),
            Self::Key(key, what) => write!(out, "{key} {what}"),
        }
    }
}

impl std::error::Error for Unsound {}

impl Plan {
    /// The specification's parameters with these limits, sized by this share of equity at most
    /// (`notional_cap`, for which the specification names no default).
    #[must_use]
    pub fn with_limits(limits: Limits, notional_cap: Share) -> Self {
        Self {
            levels: LevelPlan::default(),
            rounds: Rounds::default(),
            hypotheses: HypothesisPlan::default(),
            size: SizePlan::with_cap(notional_cap),
            hold: HoldPlan::default(),
            limits,
            fees: Fees::default(),
            paper: PaperPlan::default(),
        }
    }

    /// The level book's parameters for an instrument: with its own round numbers, where they are
    /// named.
    #[must_use]
    pub fn levels_of(&self, symbol: Symbol) -> LevelPlan {
        let round_steps = self.rounds.find(symbol).unwrap_or(self.levels.round_steps);
        LevelPlan { round_steps, ..self.levels }
    }

    /// A plan for experiments and demonstrations without money: generous limits around the size
    /// that [`PaperPlan::default`]'s equity buys. A configuration for a venue states its own.
    ///
    /// # Panics
    /// Never: the limits are constants, held by a test.
    #[must_use]
    pub fn demonstration() -> Self {
        let draft = LimitsDraft {
            collar_mark: Some(0.01),
            collar_touch: Some(0.01),
            collar_stop: Some(0.1),
            mark_seconds: Some(10.0),
            order_value: Some(5_000.0),
            order_quantity: Some(1_000_000.0),
            position_value: Some(20_000.0),
            position_quantity: Some(4_000_000.0),
            level_value: Some(5_000.0),
            total_value: Some(40_000.0),
            orders_side: Some(8.0),
            orders_10s: Some(60.0),
            orders_1m: Some(240.0),
            messages_10s: Some(120.0),
            reserve: Some(0.5),
            executions: Some(16.0),
            executions_minutes: Some(60.0),
            daily_loss: Some(2_000.0),
            draw_down: Some(10_000.0),
            unknown: Some(2.0),
        };
        let limits = draft.conclude().expect("constants that a test holds");
        Self::with_limits(limits, Share(20_000))
    }

    /// Takes the round trip's fees into what a magnet must be worth, and refuses what cannot be
    /// meant.
    ///
    /// # Errors
    /// The first parameter outside its range.
    pub fn conclude(mut self) -> Result<Self, Unsound> {
        self.hypotheses.round_trip_ppm = self.fees.round_trip_ppm();
        self.levels.check().map_err(Unsound::Levels)?;
        for (symbol, _) in self.rounds.rows() {
            self.levels_of(symbol).check().map_err(Unsound::Levels)?;
        }
        self.hypotheses = self.hypotheses.check().map_err(Unsound::Hypotheses)?;
        let within = |share: Share, most: u32| share.0 > 0 && share.0 <= most;
        let wrong = [
            (!within(self.size.notional_cap, 1_000_000), "notional_cap", "must be in 0..=1"),
            (!within(self.size.risk_per_trade, 100_000), "risk_per_trade", "must be in 0..=0.1"),
            (!within(self.size.atr_mult, 100_000_000), "atr_mult", "must be in 0..=100"),
            (self.size.max_notional.0 <= 0, "max_notional", "must be above 0"),
            (self.hold.hold_max.0 == 0, "max_hold_minutes", "must be above 0"),
            (self.fees.maker.0 > 10_000 || self.fees.taker.0 > 10_000, "fees", "must be ≤ 1 %"),
            (self.paper.equity.0 <= 0, "equity", "must be above 0"),
            (self.paper.latency.0 > 10_000_000_000, "paper_latency_ms", "must be ≤ 10 000"),
            (self.paper.slippage_ticks > 10_000, "paper_slippage_ticks", "must be ≤ 10 000"),
        ];
        match wrong.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, key, what)) => Err(Unsound::Key(key, what)),
            None => Ok(self),
        }
    }
}

/// The share of a value that is a fee, in 10⁻⁸ quote units, rounded up: never less than is taken.
#[must_use]
pub fn fee(value: i128, share: Share) -> Fine {
    // Value in 10⁻¹⁶, share in 10⁻⁶.
    let whole = i128::from(Share::ONE.0) * i128::from(Fine::ONE.0);
    let fee = (value.saturating_mul(i128::from(share.0)) + whole - 1).div_euclid(whole);
    Fine(i64::try_from(fee).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use model::{Fine, Symbol};

    use super::{Plan, ROUNDS_MAX, Rounds, Unsound, fee};
    use crate::exits::Share;

    #[test]
    fn the_demonstration_is_sound() {
        let plan = Plan::demonstration().conclude().expect("sound");
        assert_eq!(plan.hypotheses.round_trip_ppm, 700);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        type Change = fn(&mut Plan);
        let btc = Symbol::new("BTCUSDT").expect("a symbol");
        assert_eq!(Rounds::of(&[(btc, [Fine(1); 2]); ROUNDS_MAX + 1]), None);
        let table: [(Change, &str); 8] = [
            (
                |plan| {
                    let symbol = Symbol::new("ETHUSDT").expect("a symbol");
                    plan.rounds = Rounds::of(&[(symbol, [Fine(-1); 2])]).expect("one row");
                },
                "round_steps",
            ),
            (|plan| plan.size.notional_cap = Share(0), "notional_cap"),
            (|plan| plan.size.risk_per_trade = Share(100_001), "risk_per_trade"),
            (|plan| plan.size.max_notional = Fine(-1), "max_notional"),
            (|plan| plan.fees.taker = Share(10_001), "fees"),
            (|plan| plan.paper.equity = Fine(0), "equity"),
            (|plan| plan.levels.side_levels = 0, "side_levels"),
            (|plan| plan.hypotheses.obi_z = f64::NAN, "obi_z"),
        ];
        for (change, key) in table {
            let mut plan = Plan::demonstration();
            change(&mut plan);
            let error = plan.conclude().expect_err(key);
            assert!(error.to_string().contains(key), "{error}");
            assert!(!matches!(error, Unsound::Key("", _)));
        }
    }

    #[test]
    fn round_numbers_are_those_of_the_instrument() {
        let mut plan = Plan::demonstration();
        let of = |plan: &Plan, name| {
            let symbol = Symbol::new(name).expect("a symbol");
            plan.levels_of(symbol).round_steps.map(|step| step.0 / Fine::ONE.0)
        };
        assert_eq!(of(&plan, "BTCUSDT"), [500, 1_000], "the specification's");
        assert_eq!(of(&plan, "ETHUSDT"), [0, 0], "by the price");
        let symbol = Symbol::new("ETHUSDT").expect("a symbol");
        plan.rounds = Rounds::of(&[(symbol, [Fine(Fine::ONE.0 * 50); 2])]).expect("one row");
        assert_eq!((of(&plan, "BTCUSDT"), of(&plan, "ETHUSDT")), ([0, 0], [50, 50]));
    }

    #[test]
    fn a_fee_is_rounded_up() {
        // 5 000 of quote at 0.05 % is 2.5; a millionth of that more rounds up.
        let value = 5_000 * 10_i128.pow(16);
        assert_eq!(fee(value, Share(500)), Fine(250_000_000));
        assert_eq!(fee(value + 1, Share(500)), Fine(250_000_001));
        assert_eq!(fee(0, Share(500)), Fine(0));
    }
}

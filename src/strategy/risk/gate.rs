//! The gate: every intent, every limit, before a byte leaves.

mod open;
mod reduce;

use model::{Fine, Instrument, InstrumentId, Lots, Nanos, Price, Side};

use super::limits::Limits;
use super::money::Money;
use super::orders::ORDERS_MAX;
use super::rate::Rates;
use super::watch::Watch;
use super::{Account, Cause, Causes, Refusal, ReleaseRefusal, TradingState};
use crate::exits::{Action, Intent, Share};

/// Best bid and best ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touch {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
}

impl Touch {
    /// Where an order of this side would rest.
    #[must_use]
    pub const fn own(self, side: Side) -> Price {
        match side {
            Side::Buy => self.bid,
            Side::Sell => self.ask,
        }
    }

    /// What an order of this side would meet.
    #[must_use]
    pub const fn other(self, side: Side) -> Price {
        self.own(side.opposite())
    }

    const fn sane(self) -> bool {
        0 < self.bid.0 && self.bid.0 < self.ask.0
    }
}

/// What the gate must know besides the account: of the intent's instrument, at its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scene {
    /// Now, by the venue's clock: the event's time.
    pub now: Nanos,
    /// The touch of a trusted book; `None` without one.
    pub touch: Option<Touch>,
    /// The next settlement; `None` where the source has none: it abstains.
    pub time_funding: Option<Nanos>,
    /// Whether the instrument's microstructure is contaminated (spec § 9): then nothing opens in it.
    /// What contaminates everything is [`Cause::Contaminated`].
    pub contaminated: bool,
}

/// Everything the rules of one intent look at.
struct Case<'a> {
    limits: &'a Limits,
    account: &'a Account,
    intent: &'a Intent,
    scene: &'a Scene,
    id: InstrumentId,
    on: &'a Instrument,
    state: TradingState,
}

/// The risk gate of one account.
#[derive(Clone, Debug)]
pub struct Gate {
    limits: Limits,
    rates: Rates,
    watch: Watch,
}

impl Gate {
    /// A gate that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, rates: Rates::new(&limits), watch: Watch::new() }
    }

    /// The limits it holds.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Looks at the account after something changed; sets the latches that are due.
    pub fn observe(&mut self, account: &Account, now: Nanos) {
        self.watch.observe(account, &self.limits, now);
    }

    /// A condition from outside begins. Latches may be raised too; derived causes are not ours to set.
    pub fn raise(&mut self, cause: Cause) {
        if !cause.derived() {
            self.watch.set(cause);
        }
    }

    /// A condition ends. Says whether it did: a latch stays.
    pub fn clear(&mut self, cause: Cause) -> bool {
        let lifts = !cause.latches() && !cause.derived();
        if lifts {
            self.watch.lift(cause);
        }
        lifts
    }

    /// A person's command releases a latch.
    ///
    /// # Errors
    /// [`ReleaseRefusal`] by name.
    pub fn release(&mut self, cause: Cause) -> Result<(), ReleaseRefusal> {
        self.watch.release(cause, &self.limits)
    }

    /// Every cause that stands, the derived ones too; `Causes::state` is the trading state.
    #[must_use]
    pub fn causes(&self, account: &Account) -> Causes {
        let mut causes = self.watch.causes();
        if account.unknown() >= self.limits.unknown as usize {
            causes = causes.with(Cause::Unknown);
        }
        if !account.all_protected() {
            causes = causes.with(Cause::Unprotected);
        }
        causes
    }

    /// The loss of this UTC day so far; below zero is a gain.
    #[must_use]
    pub fn loss(&self) -> Money {
        self.watch.loss()
    }

    /// The fall of equity from its peak.
    #[must_use]
    pub fn fall(&self) -> Money {
        self.watch.fall()
    }

    /// Judges an intent. When it passes, it already counts: in the account as in flight, in the rates
    /// as sent. When it does not, nothing has changed but what `observe` and the windows' time change.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn pass(
        &mut self,
        account: &mut Account,
        intent: &Intent,
        scene: &Scene,
    ) -> Result<(), Refusal> {
        self.observe(account, scene.now);
        self.judge(account, intent, scene)?;
        self.rates.take(scene.now, is_order(intent));
        account.sent(intent);
        Ok(())
    }

    fn judge(&mut self, account: &Account, intent: &Intent, scene: &Scene) -> Result<(), Refusal> {
        let id = intent.client.instrument;
        let on = account.instrument(id).ok_or(Refusal::Instrument)?;
        let state = self.causes(account).state();
        let case = Case { limits: &self.limits, account, intent, scene, id, on, state };
        case.identity()?;
        if intent.opens() {
            case.opens()?;
            let entered = self.watch.recent(&self.limits, scene.now) + case.pending();
            refuse(entered >= self.limits.executions as usize, Refusal::Repeated)?;
        } else {
            case.reduces()?;
        }
        let essential = case.essential();
        let order = is_order(intent);
        let room = self.rates.room(scene.now, order, intent.opens());
        let flooded = order && self.rates.flooded(scene.now);
        refuse(flooded || !(essential || room), Refusal::Rate)
    }
}

impl Case<'_> {
    fn identity(&self) -> Result<(), Refusal> {
        refuse(self.intent.client.role != self.intent.role(), Refusal::Role)?;
        refuse(self.account.orders.knows(self.intent.client), Refusal::Duplicate)?;
        let full = is_order(self.intent) && self.account.orders().len() >= ORDERS_MAX;
        refuse(full, Refusal::Full)
    }

    /// Signed lots held.
    fn held(&self) -> Lots {
        self.account.position(self.id).map_or(Lots(0), |position| position.lots)
    }

    fn mark(&self) -> Option<Fine> {
        self.account.position(self.id).and_then(|position| position.mark)
    }

    fn touch(&self) -> Option<Touch> {
        self.scene.touch.filter(|touch| touch.sane())
    }

    /// What the venue's filters take; zero means unknown.
    fn fits(&self, price: Option<Price>, lots: Lots, most: Lots) -> Result<(), Refusal> {
        let over = most.0 > 0 && lots > most;
        let outside = price.is_some_and(|price| {
            price < self.on.price_min || self.on.price_max.0 > 0 && price > self.on.price_max
        });
        refuse(over || outside, Refusal::Filter)
    }
}

const fn is_order(intent: &Intent) -> bool {
    !matches!(intent.action, Action::Cancel { .. })
}

fn refuse(wrong: bool, refusal: Refusal) -> Result<(), Refusal> {
    if wrong { Err(refusal) } else { Ok(()) }
}

/// Whether two prices, in one unit, lie apart by at most a share of the second.
fn near(price: i128, reference: i128, share: Share) -> bool {
    let apart = (price - reference).abs().saturating_mul(i128::from(Share::ONE.0));
    apart <= reference.saturating_mul(i128::from(share.0))
}

/// A price on the grid in 10⁻⁸, without a bound.
fn fine(on: &Instrument, price: Price) -> i128 {
    i128::from(price.0) * i128::from(on.tick.0)
}

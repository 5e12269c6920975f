//! Losses, repeated executions and the causes that stand: what latches.

use std::fmt;

use model::{DAY, Nanos};

use super::limits::Limits;
use super::money::Money;
use super::{Account, Cause, Causes};

/// Executions whose times are kept; no limit is larger.
pub(super) const EXECUTIONS_MAX: usize = 64;

/// Why a latch stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleaseRefusal {
    /// It is not set.
    NotSet,
    /// It is not a latch: it leaves when its reason does.
    NoLatch,
    /// The day whose loss it is has not ended.
    LossStands,
}

impl fmt::Display for ReleaseRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotSet => "it is not set",
            Self::NoLatch => "it leaves by itself when its reason does",
            Self::LossStands => "the loss of this UTC day stands until the day ends",
        })
    }
}

/// What the gate remembers between intents.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    causes: Causes,
    day: u64,
    /// Result at the begin of the day: the last one seen on the day before.
    day_begin: Option<Money>,
    last: Option<Money>,
    peak: Option<Money>,
    /// Times of the last executions; a ring.
    times: [Nanos; EXECUTIONS_MAX],
    executions: u64,
    strangers: u64,
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self {
            causes: Causes(0),
            day: 0,
            day_begin: None,
            last: None,
            peak: None,
            times: [Nanos(0); EXECUTIONS_MAX],
            executions: 0,
            strangers: 0,
        }
    }

    pub(super) const fn causes(&self) -> Causes {
        self.causes
    }

    pub(super) fn set(&mut self, cause: Cause) {
        self.causes = self.causes.with(cause);
    }

    pub(super) fn lift(&mut self, cause: Cause) {
        self.causes = self.causes.without(cause);
    }

    /// Looks at the account after something changed.
    pub(super) fn observe(&mut self, account: &Account, limits: &Limits, now: Nanos) {
        self.executed(account, limits, now);
        if account.strangers > self.strangers {
            self.strangers = account.strangers;
            self.set(Cause::Mismatch);
        }
        // Transfers are no result.
        if let Some(equity) = account.equity() {
            self.result(equity - account.transferred, limits, now);
        }
    }

    fn result(&mut self, result: Money, limits: &Limits, now: Nanos) {
        let day = now.0 / DAY.0;
        if self.day_begin.is_none() || day > self.day {
            // What was lost between the last look of a day and the first of the next belongs to the
            // next: no loss falls between two days.
            self.day_begin = Some(self.last.unwrap_or(result));
            self.day = day;
        }
        self.last = Some(result);
        let peak = self.peak.map_or(result, |peak| peak.max(result));
        self.peak = Some(peak);
        if self.day_begin.is_some_and(|begin| begin - result >= limits.daily_loss) {
            self.set(Cause::DailyLoss);
        }
        if peak - result >= limits.draw_down {
            self.set(Cause::DrawDown);
        }
    }

    fn executed(&mut self, account: &Account, limits: &Limits, now: Nanos) {
        let new = account.executions.saturating_sub(self.executions);
        for _ in 0..new.min(EXECUTIONS_MAX as u64) {
            self.times.rotate_right(1);
            self.times[0] = now;
        }
        self.executions = account.executions;
        if new > 0 && self.recent(limits, now) >= limits.executions as usize {
            self.set(Cause::Repeated);
        }
    }

    /// Executions in the window that ends now: (now − window, now].
    pub(super) fn recent(&self, limits: &Limits, now: Nanos) -> usize {
        let fresh = |time: &&Nanos| time.0 > 0 && now.since(**time) < limits.executions_minutes;
        self.times.iter().filter(fresh).count()
    }

    /// A person's command. A daily loss can be released only after its day; a draw-down counts from
    /// here on; executions so far are forgiven.
    pub(super) fn release(&mut self, cause: Cause, limits: &Limits) -> Result<(), ReleaseRefusal> {
        if !cause.latches() {
            return Err(ReleaseRefusal::NoLatch);
        }
        if !self.causes.holds(cause) {
            return Err(ReleaseRefusal::NotSet);
        }
        match cause {
            Cause::DailyLoss if self.loss() >= limits.daily_loss => {
                return Err(ReleaseRefusal::LossStands);
            }
            Cause::DrawDown => self.peak = self.last,
            Cause::Repeated => self.times = [Nanos(0); EXECUTIONS_MAX],
            _ => {}
        }
        self.lift(cause);
        Ok(())
    }

    /// Loss of the day so far; below zero is a gain.
    pub(super) fn loss(&self) -> Money {
        match (self.day_begin, self.last) {
            (Some(begin), Some(last)) => begin - last,
            _ => Money(0),
        }
    }

    /// Fall from the peak.
    pub(super) fn fall(&self) -> Money {
        match (self.peak, self.last) {
            (Some(peak), Some(last)) => peak - last,
            _ => Money(0),
        }
    }
}

//! The funding rate, brought to eight hours.

use model::{HOUR, MarkLine, Nanos};

/// What rates are compared for, and the interval that is assumed until two settlements were seen.
const EIGHT_HOURS: Nanos = Nanos(8 * HOUR.0);
/// 0.0005 in 10⁻⁸: from here on the rate for 8 h is extreme.
const EXTREME: i128 = 50_000;

/// The funding of one instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Funding {
    pub(super) rate: i64,
    pub(super) time_next: Nanos,
    pub(super) interval: Nanos,
}

impl Funding {
    pub(super) const fn new() -> Self {
        Self { rate: 0, time_next: Nanos::NONE, interval: EIGHT_HOURS }
    }

    /// A mark price with its funding; whether anything changed.
    #[inline]
    pub(super) fn take(&mut self, mark: &MarkLine) -> bool {
        if mark.has_rate != 1 || mark.time_funding == Nanos::NONE {
            return false;
        }
        let before = *self;
        if self.time_next != Nanos::NONE && mark.time_funding > self.time_next {
            let apart = mark.time_funding.since(self.time_next);
            // Settlements lie 1, 2, 4 or 8 hours apart; anything else is a hole between two.
            if apart.0.is_multiple_of(HOUR.0) && EIGHT_HOURS.0.is_multiple_of(apart.0) {
                self.interval = apart;
            }
        }
        (self.rate, self.time_next) = (mark.rate, mark.time_funding);
        before != *self
    }

    /// The rate for eight hours in 10⁻⁸: exact, because the interval divides them.
    pub(super) fn rate_8h(&self) -> i64 {
        let times = EIGHT_HOURS.0 / self.interval.0;
        self.rate.saturating_mul(i64::try_from(times).expect("1 to 8"))
    }

    pub(super) fn is_extreme(&self) -> bool {
        i128::from(self.rate_8h()).abs() >= EXTREME
    }

    pub(super) fn values(&self) -> [u64; 5] {
        let extreme = u64::from(self.is_extreme());
        let (rate, rate_8h) = (self.rate.cast_unsigned(), self.rate_8h().cast_unsigned());
        [rate, rate_8h, self.time_next.0, self.interval.0, extreme]
    }
}

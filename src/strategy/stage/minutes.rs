//! The last minutes of trades with running sums: what a trailing stop's average is made of.

use model::{Lots, MINUTE, Nanos, Price, Side};

use crate::exits::{Micro, Reach};

/// Minutes that are kept: the longest hold by default and as much again.
const MINUTES: usize = 512;

/// Σ lots, Σ price × lots, Σ price² × lots in ticks and lots; exact.
#[derive(Clone, Copy, Default, Debug)]
struct Sums {
    lots: i128,
    value: i128,
    square: i128,
}

#[derive(Clone, Copy, Debug)]
struct Minute {
    number: u64,
    low: Price,
    high: Price,
    /// The sums before its first trade.
    before: Sums,
}

/// Minutes in which something traded, the last [`MINUTES`] of them.
#[derive(Clone, Debug)]
pub(super) struct Minutes {
    ring: Vec<Minute>,
    next: usize,
    total: Sums,
}

impl Minutes {
    pub(super) fn new() -> Self {
        Self { ring: Vec::with_capacity(MINUTES), next: 0, total: Sums::default() }
    }

    /// A trade; whether it opened a minute.
    pub(super) fn trade(&mut self, time: Nanos, price: Price, lots: Lots) -> bool {
        let number = time.0 / MINUTE.0;
        let opens = self.newest().is_none_or(|minute| minute.number < number);
        if opens {
            let minute = Minute { number, low: price, high: price, before: self.total };
            if self.ring.len() < MINUTES {
                self.ring.push(minute);
            } else {
                self.ring[self.next] = minute;
            }
            self.next = (self.next + 1) % MINUTES;
        } else {
            let last = (self.next + MINUTES - 1) % MINUTES;
            let minute = &mut self.ring[last];
            (minute.low, minute.high) = (minute.low.min(price), minute.high.max(price));
        }
        let (price, lots) = (i128::from(price.0), i128::from(lots.0));
        self.total.lots += lots;
        self.total.value += price * lots;
        self.total.square += price * price * lots;
        opens
    }

    fn newest(&self) -> Option<&Minute> {
        self.ring.get((self.next + MINUTES - 1) % MINUTES)
    }

    /// AVWAP and σ from the minute that holds the extreme since a touch: the lowest low of a long,
    /// the highest high of a short, of equals the first. `None` without a trade since, or when the
    /// touch lies before what is kept.
    pub(super) fn average_since_extreme(&self, touch: Nanos, side: Side) -> Option<(Micro, Reach)> {
        let from = touch.0 / MINUTE.0;
        let (newer, older) = self.ring.split_at(self.next.min(self.ring.len()));
        let since = older.iter().chain(newer).filter(|minute| minute.number >= from);
        let extreme = since.min_by_key(|minute| match side {
            Side::Buy => minute.low.0,
            Side::Sell => -minute.high.0,
        })?;
        let Sums { lots, value, square } = extreme.before;
        average(Sums {
            lots: self.total.lots - lots,
            value: self.total.value - value,
            square: self.total.square - square,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio")]
fn average(sums: Sums) -> Option<(Micro, Reach)> {
    if sums.lots <= 0 {
        return None;
    }
    // σ² = (Σv·Σp²v − (Σpv)²)/(Σv)²: the difference is exact, so a narrow band is no noise.
    let spread = sums.lots.checked_mul(sums.square)? - sums.value.checked_mul(sums.value)?;
    let lots = sums.lots as f64;
    let sigma = libm::sqrt(spread.max(0) as f64) / lots;
    Some((Micro::of(sums.value as f64 / lots)?, Reach::of(sigma)?))
}

#[cfg(test)]
mod tests {
    use model::{Lots, MINUTE, Nanos, Price, Side};

    use super::{MINUTES, Minutes};
    use crate::exits::{Micro, Reach};

    #[test]
    fn the_average_begins_at_the_bar_of_the_extreme() {
        let mut minutes = Minutes::new();
        let at = |minute: u64| Nanos((100 + minute) * MINUTE.0 + 7);
        for (minute, price, lots, opens) in
            [(0, 1_000, 5, true), (1, 990, 1, true), (1, 1_010, 3, false), (2, 1_020, 2, true)]
        {
            assert_eq!(minutes.trade(at(minute), Price(price), Lots(lots)), opens);
        }
        // Long: from minute 1, whose low is 990: (990 + 3 030 + 2 040)/6 = 1 010, σ = √(600/6) = 10.
        let long = minutes.average_since_extreme(at(0), Side::Buy);
        assert_eq!(long, Some((Micro(1_010_000_000), Reach(10_000_000))));
        // Short: minute 2 alone.
        let short = minutes.average_since_extreme(at(0), Side::Sell);
        assert_eq!(short, Some((Micro(1_020_000_000), Reach(0))));
        assert_eq!(minutes.average_since_extreme(at(3), Side::Buy), None);
    }

    #[test]
    fn what_is_no_longer_kept_is_not_looked_at() {
        let mut minutes = Minutes::new();
        for minute in 0..2 * MINUTES as u64 {
            let price = i64::try_from(minute).expect("small") + 1;
            minutes.trade(Nanos(minute * MINUTE.0), Price(price), Lots(1));
        }
        // The lowest that is kept opens the last MINUTES; the average is the middle of them.
        let (average, _) = minutes.average_since_extreme(Nanos(0), Side::Buy).expect("some");
        let kept = MINUTES as f64;
        assert_eq!(Some(average), Micro::of(kept + f64::midpoint(1.0, kept)));
    }
}
